r"""Composite cathode of random particles: percolation of ions and electrons, coated particles (row A14).

Particles are the cells of a random tessellation that fills the cathode, each of the active material or the
electrolyte. Closed forms and published numbers:

- a phase of the fraction φ in an insulator: σ_eff ≤ σ 2φ/(3 − φ) (Hashin and Shtrikman, J. Appl. Phys. 33 (1962) 3125),
  none below the threshold of site percolation on a Voronoi tessellation, 0.145 of the cells (Jerauld, Scriven &
  Davis, J. Phys. C 17 (1984) 3429), for large bodies;
- both conductivities cross near 40 vol% of NCM83 in Li6PS5Cl (Ketter et al., Nat. Commun. (2025),
  doi:10.1038/s41467-025-56514-5, as quoted by Dandena et al., EES Batteries 1 (2025) 692); NCM83 has 5.22 mS/cm
  (Ketter's published example), Li6PS5Cl 1.95 mS/cm (the library). Neither is fitted;
- films of the resistance R between particles of the size d raise the resistance of a brick layer by 1 + Rσ/d.

Coatings (Kimura et al., Commun. Mater. 5 (2024) 125, as quoted by Dandena et al.): 10 nm of 1e-14 S/cm for electrons on
all active particles, 8 to 9 decades; half of them acceptable; 70 % strongly dependent on the arrangement; 10 nm of 1e-6
S/cm for ions on an electrolyte of 0.5 mS/cm, less than a decade. Their conductivity and size of the active material are
not stated: here 0.18 S/m and 10 µm, those of NMC811 of Chen et al. 2020, of which 70 vol%.

Coated in part: two particles that touch along a face of the width W, a share c of which insulates in one patch at the
side. Each is a strip with a contact on (1 − c)W of its end, so longer for the current by ΔL/W = (2/π) ln(1/sin(π(1 −
c)/2)) (conformal map, see `test_constriction`).

Pores: σ_i ≤ σ 2φ/(3 − φ) holds with the fraction φ of the electrolyte, whatever else is there.
"""

import functools

import numpy as np
import pytest
import ufl
from cells import one_region
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import mS_cm, nm, um

pytestmark = [pytest.mark.system("A14")]
D = 10 * um
KETTER = "Ketter et al. 2025 as quoted by Dandena et al. 2025"
KIMURA = "Kimura et al. as quoted by Dandena et al. 2025"
COAT, FILM = 10 * nm / 1e-12, 10 * nm / 1e-4  # Ω m² of a coating, to electrons on NMC and to ions on Li6PS5Cl


def cathode(phases, across=5, seed=1, contacts=None):
    """A cube of the mixture, `across` particles wide."""
    stack = ssb.Stack(width=across * D, dim=3)
    stack.layer("cathode", ssb.Mixture(phases, seed=seed), thickness=across * D)
    for name, resistance in (contacts or {}).items():
        stack.interface(name, electronic_resistance=resistance)
    return stack.mesh(MPI.COMM_WORLD, size=0.5 * D)


def phase(name, material, fraction=None, **boundaries):
    given = ssb.GrainBoundaries(**boundaries) if boundaries else None
    return ssb.Phase(name, material, fraction=fraction, diameter=D, spread=0.25, grain_boundaries=given)


def conductivity(mesh, carrier, electronic=()):
    """σ_eff [S/m] between each pair of faces."""
    found = ssb.analysis.effective_conductivity(mesh, carrier, boundary="faces", electronic=electronic)
    return np.diag(found)


@functools.cache
def both(share, across=5, seed=1):
    """σ_e and σ_i [S/m] of NCM83 in Li6PS5Cl along each axis, and whether each spans from face to face."""
    active = ssb.Material("NMC811", electronic_conductivity=5.22 * mS_cm)
    electrolyte = ssb.Material("Li6PS5Cl", ionic_conductivity=1.95 * mS_cm, gb_resistance=0.0)
    mesh = cathode([phase("active", active, share), phase("electrolyte", electrolyte)], across, seed)
    faces = (("left", "right"), ("front", "back"), ("bottom", "top"))
    spans = {
        region: [ssb.analysis.percolation(mesh, region, pair).fraction > 0 for pair in faces]
        for region in mesh.region_names
    }
    return conductivity(mesh, "electronic", ("active",)), conductivity(mesh, "ionic"), spans


@functools.cache
def coated(share, seed=1, fraction=0.7):
    """σ_e [S/m] of a cathode of which a share of the active particles is coated."""
    phases = [phase("electrolyte", ssb.Material("Li6PS5Cl", gb_resistance=0.0))]
    if share < 1:
        phases.append(phase("bare", "NMC811", fraction * (1 - share)))
    if share > 0:
        phases.append(phase("coated", "NMC811", fraction * share, electronic_resistance=2 * COAT))
    contacts = {"bare|coated": COAT} if 0 < share < 1 else None
    mesh = cathode(phases, seed=seed, contacts=contacts)
    return conductivity(mesh, "electronic", tuple(p.name for p in phases[1:]))


def decades(share, seed=1):
    """log₁₀ of the resistance over the uncoated one along each axis."""
    return np.log10(coated(0.0, seed) / coated(share, seed))


@pytest.mark.parallel
@pytest.mark.parametrize("dim, grains", [(2, (1, 4)), (3, (2, 2, 3))])
def test_electrons_across_brick_layers(verify, comm, dim, grains):
    """ψ jumps as φ does: σ_eff = σ/(1 + (N − 1)Rσ/(Nd)), and the films' heat closes the balance of power."""
    d, R = 4 * um, 1e-9
    sigma = 0.05
    material = ssb.Material.custom("NMC", kind="metal", electronic_conductivity=sigma)
    boundaries = {"separator": ssb.GrainBoundaries(electronic_resistance=R * 1e5)}
    size, cells = tuple(g * d for g in grains), tuple(2 * g for g in grains)
    mesh = one_region(comm, size, cells, material, grains=grains, grain_boundaries=boundaries)
    model = ssb.Model(mesh, [ssb.Conduction()])
    model.apply(ssb.Voltage(1.0, at="bottom"), ssb.Voltage(0.0, at="top"))
    model.solve()
    n = grains[-1]
    found = model.balances.reaction("electronic_potential", "bottom") * n * d / model.boundary_conditions.area("bottom")
    exact = sigma / (1 + (n - 1) * R * 1e5 * sigma / (n * d))
    verify(found, exact, rtol=1e-9, what=f"{dim}D bricks, electrons: σ_eff [S/m]", source="series circuit")
    assert model.balances.evaluate()["power imbalance"] < 1e-9


def test_conductivities_cross_near_forty_percent(verify, comm):
    shares = (0.3, 0.5)
    electrons, ions = (np.array([both(s)[k].mean() for s in shares]) for k in (0, 1))
    verify.trend(electrons, "rising", what="σ_e at 30 and 50 vol% [S/m]", source=KETTER)
    verify.trend(ions, "falling", what="σ_i at 30 and 50 vol% [S/m]", source=KETTER)
    ratio = np.log(electrons / ions)
    crossing = shares[0] - ratio[0] * (shares[1] - shares[0]) / (ratio[1] - ratio[0])
    verify(crossing, 0.40, atol=0.05, what="volume fraction of NCM where σ_e = σ_i", source=KETTER)
    for s, e, i in zip(shares, electrons, ions, strict=True):
        source = "Hashin and Shtrikman"
        upper = 5.22 * mS_cm * 2 * s / (3 - s)
        verify.below(e / upper, 1.0, what=f"{s:.0%}: σ_e over its upper bound", source=source)
        upper = 1.95 * mS_cm * 2 * (1 - s) / (2 + s)
        verify.below(i / upper, 1.0, what=f"{s:.0%}: σ_i over its upper bound", source=source)


def test_no_way_through_no_current(verify, comm):
    """At 10 vol%, below the threshold, and wherever the mesh says that nothing spans."""
    electrons, _, spans = both(0.1, across=4)
    verify.below(electrons.max() / (5.22 * mS_cm), 1e-9, what="10 vol%: σ_e over that of NCM", source="threshold 0.145")
    assert not any(spans["active"])


def test_coated_active_material(verify, comm):
    brick = np.log10(1 + 2 * COAT * 0.18 / D)
    full, half = decades(1.0), decades(0.5)
    verify(full.mean(), 8.5, atol=0.5, what="all active particles coated: decades of resistance", source=KIMURA)
    verify(full.mean(), brick, atol=0.3, what="the same beside the brick layer", source="1 + Rσ/d")
    verify.below(
        half.max(), 1.5, what="half of them coated: most decades along any axis", source=f"{KIMURA}: acceptable"
    )


def test_coated_electrolyte(verify, comm):
    ratios = []
    for film in (0.0, 2 * FILM):
        electrolyte = ssb.Material("Li6PS5Cl", ionic_conductivity=0.5 * mS_cm, gb_resistance=film)
        phases = [phase("active", "NMC811", 0.5), phase("electrolyte", electrolyte)]
        ratios.append(conductivity(cathode(phases, across=4), "ionic").mean())
    found = np.log10(ratios[0] / ratios[1])
    verify.below(found, 1.0, what="all electrolyte particles coated: decades of resistance", source=KIMURA)
    verify.below(-found, -0.1, what="the same, minus", source=KIMURA)


def patched(comm, share, cells, film=COAT):
    """Length for the current, beside that of bare particles over their width, of a contact coated on a share."""
    sigma, width, tall = 0.18, D, 2 * D
    bare = 1e-9 * width / sigma

    def resistance(x, t):
        return ufl.conditional(ufl.lt(x[0], (1 - share) * width), bare, 2 * film)

    boundaries = {"active": ssb.GrainBoundaries(electronic_resistance=resistance)}
    material = ssb.Material.custom("NMC", kind="metal", electronic_conductivity=sigma)
    size, numbers = (width, 2 * tall), (cells, 4 * cells)
    mesh = one_region(comm, size, numbers, material, name="active", grains=(1, 2), grain_boundaries=boundaries)
    for x, centre, length in zip(mesh.domain.geometry.x.T, ((1 - share) * width, tall), size, strict=False):
        reach = np.where(x < centre, centre, length - centre)
        x[:] = centre + (x - centre) * np.abs(x - centre) / np.where(reach > 0, reach, 1.0)  # fine at the patch's edge
    model = ssb.Model(mesh, [ssb.Conduction()])
    model.apply(ssb.Voltage(1.0, at="bottom"), ssb.Voltage(0.0, at="top")).solve()
    return sigma / model.balances.reaction("electronic_potential", "bottom") - 2 * tall / width


@pytest.mark.parallel
def test_particles_coated_in_part(verify, comm):
    source, extra = "conformal map", {}
    for share in (0.25, 0.5, 0.75):
        exact = 2 * 2 / np.pi * np.log(1 / np.sin(np.pi * (1 - share) / 2))
        found = [patched(comm, share, n) for n in (8, 16, 32)]
        extra[share], errors = found[-1], [abs(value / exact - 1) for value in found]
        verify(extra[share], exact, rtol=0.02, what=f"{share:.0%} of a contact coated: 2ΔL/W", source=source)
        verify.trend(errors, "falling", what=f"{share:.0%} coated: its error with 8, 16, 32 cells", source=source)
    half = np.log10(1 + extra[0.5] / 4)
    verify.below(half, 0.2, what="half of each contact coated: decades of resistance", source=f"{KIMURA}: acceptable")
    whole = patched(comm, 1.0, 16)
    verify(whole, 2 * COAT * 0.18 / D, rtol=1e-6, what="all of it coated: 2ΔL/W", source="series circuit")


def test_pores_take_from_the_ions(verify, comm):
    """Pores in place of electrolyte, at 40 vol% of active material."""
    active = ssb.Material("NMC811", electronic_conductivity=5.22 * mS_cm)
    electrolyte = ssb.Material("Li6PS5Cl", ionic_conductivity=1.95 * mS_cm, gb_resistance=0.0)
    found = []
    for porosity in (0.0, 0.1, 0.2):
        phases = [phase("active", active, 0.4), phase("electrolyte", electrolyte)]
        if porosity:
            phases.append(ssb.Phase("holes", None, fraction=porosity, diameter=D, spread=0.25))
        mesh = cathode(phases, across=4)
        found.append(conductivity(mesh, "ionic").mean() / (1.95 * mS_cm))
        left = 0.6 - porosity
        what = f"{porosity:.0%} of pores: σ_i over its upper bound"
        verify.below(found[-1] / (2 * left / (3 - left)), 1.0, what=what, source="Hashin and Shtrikman")
    verify.trend(found, "falling", what="σ_i/σ with 0, 10, 20 % of pores", source="less of it conducts")
    lost, taken = found[2] / found[0], 0.4 / 0.6
    verify.below(
        lost / taken, 1.0, what="20 % of pores: share of σ_i left over that of electrolyte", source="tortuosity"
    )


@pytest.mark.slow
def test_seventy_percent_depends_on_the_arrangement(verify, comm):
    found = np.concatenate([decades(0.7, seed) for seed in (1, 2, 3)])
    half = np.concatenate([decades(0.5, seed) for seed in (1, 2, 3)])
    verify.below(-np.ptp(found), -5.0, what="70 % coated, 3 cathodes, 3 axes: minus spread of decades", source=KIMURA)
    verify.below(np.ptp(half), 1.0, what="50 % coated, 3 cathodes, 3 axes: spread of decades", source=KIMURA)


@pytest.mark.slow
def test_whole_range_of_compositions(verify, comm):
    """σ_e over four and σ_i over three decades; threshold, crossing and order as in the small default test."""
    shares = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8])
    found = [both(float(s), across=6) for s in shares]
    electrons, ions = (np.array([f[k].mean() for f in found]) for k in (0, 1))
    verify.trend(electrons, "rising", what="σ_e from 10 to 80 vol% [S/m]", source=KETTER)
    verify.trend(ions, "falling", what="σ_i from 10 to 80 vol% [S/m]", source=KETTER)
    crossing = np.interp(0.0, np.log(electrons / ions), shares)
    verify(crossing, 0.40, atol=0.04, what="crossing, 6 particles across", source=KETTER)
    for s, (e, i, spans) in zip(shares, found, strict=True):
        for name, sigma in (("active", e / (5.22 * mS_cm)), ("electrolyte", i / (1.95 * mS_cm))):
            assert ((sigma > 1e-9) == np.array(spans[name])).all(), (s, name)


@pytest.mark.slow
def test_mesh_is_fine_enough(verify, comm):
    """σ_e over σ_i of one small cathode as the cells shrink from half to a quarter of a particle."""
    active = ssb.Material("NMC811", electronic_conductivity=5.22 * mS_cm)
    electrolyte = ssb.Material("Li6PS5Cl", ionic_conductivity=1.95 * mS_cm, gb_resistance=0.0)
    stack = ssb.Stack(width=4 * D, dim=3)
    phases = [phase("active", active, 0.4), phase("electrolyte", electrolyte)]
    stack.layer("cathode", ssb.Mixture(phases, seed=1), thickness=4 * D)
    ratios = []
    for size in (0.5, 0.35, 0.25):
        mesh = stack.mesh(comm, size=size * D)
        ratios.append(conductivity(mesh, "electronic", ("active",)).mean() / conductivity(mesh, "ionic").mean())
    verify(ratios[1], ratios[2], rtol=0.04, what="σ_e/σ_i, cells of 0.35 and 0.25 particles", source="refinement")
    verify(ratios[0], ratios[2], rtol=0.08, what="σ_e/σ_i, cells of 0.5 and 0.25 particles", source="refinement")
