r"""Argyrodite powder coated by atomic layer deposition: a blocking film and a conducting skin on the grains (row A15).

Grains σ, on each a skin of sheet conductance κ, between two of them a film R; S_v the boundary area by volume.

    1/σ_eff = 1/(σ + 2κ S_v⟨1 − n_x²⟩) + R S_v⟨n_x²⟩

- Bounds: φ = −E x without jumps gives σ_eff ≤ σ + 2κ S_v⟨1 − n_x²⟩ (Dirichlet), the uniform current in the grains
  alone 1/σ_eff ≤ 1/σ + R S_v⟨n_x²⟩ (Thomson). Both are reached to first order, in κ and in R.
- Hashin: a sphere of radius a, σ, with a skin acts as one of σ + 2κ/a, and behind its half of the film, R/2, as one of
  1/(1/(σ + 2κ/a) + R/2a). Space filled by such spheres of all sizes with κ and R in proportion to a has this
  conductivity exactly. With d = 2a it is 1/(1/(σ + 4κ/d) + R/d), which the isotropic polycrystal (S_v = 3/d) and the
  brick layer have too.

The pellet, n cycles: κ = k n and R = r n, film and skin grow alike. Independent: σ = 0.9 mS/cm and 0.31 eV of the
uncoated pellet, 0.11 nm of film a cycle (alumina from TMA and water), the polycrystal. Fitted, on the closed form: k
and r to 10 and 100 cycles, their activation energies to those of 10 and 100 cycles. Not fitted: conductivity and
activation energy after 1 cycle, the place of the optimum, the polycrystal's own answer.
"""

import functools

import numpy as np
import pytest
import ufl
from cells import total
from mpi4py import MPI
from scipy.optimize import fsolve

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.units import um

pytestmark = [pytest.mark.system("A15")]
SIGMA = 0.09
CONDUCTIVITY = {0: 0.09, 1: 0.12, 10: 0.17, 100: 0.027}  # S/m, each ± 0.005
ENERGY = {0: 0.31, 1: 0.30, 10: 0.28, 100: 0.29}  # eV, each ± 0.02 (uncoated ± 0.03)
HOOD = "Hood et al., Adv. Mater. 35 (2023) 2300673"
T0 = 298.15


@functools.cache
def polycrystal(dim=2):
    """Voronoi grains in a box, and S_v⟨n_k²⟩ [1/m] of each axis."""
    stack = ssb.Stack(width=10 * um, dim=dim)
    boundaries = ssb.GrainBoundaries(resistance=1.0)
    grains = ssb.Voronoi(count=60, seed=3)
    stack.layer("pellet", "Li6PS5Cl", thickness=10 * um, grains=grains, grain_boundaries=boundaries)
    mesh = stack.mesh(MPI.COMM_WORLD, size=0.2 * um if dim == 2 else 0.8 * um)
    entities = mesh.interface("pellet|pellet").entities.reshape(-1)
    measure = ufl.Measure("dS", domain=mesh.domain, subdomain_data=[(1, entities)])(1)
    n = ufl.FacetNormal(mesh.domain)("+")
    return mesh, np.array([total(mesh.comm, n[k] ** 2 * measure) for k in range(dim)]) / mesh.volume()


def effective(conductivity, skin, film, temperature=T0, dim=2):
    """σ_eff [S/m] along each axis."""
    mesh, _ = polycrystal(dim)
    mesh.materials["pellet"] = ssb.Material("Li6PS5Cl", ionic_conductivity=conductivity)
    mesh.grain_boundaries["pellet"] = ssb.GrainBoundaries(resistance=film)
    sheet = ssb.SheetConduction(skin, on="pellet|pellet", skins=True)
    found = ssb.analysis.effective_conductivity(mesh, boundary="faces", temperature=temperature, sheets=[sheet])
    return np.diag(found)


def closed(sigma, skin, film, along, across):
    """1/(1/(σ + 2κ S_v⟨1 − n²⟩) + R S_v⟨n²⟩)."""
    return 1 / (1 / (sigma + 2 * skin * along) + film * across)


def moments(dim=2):
    """S_v⟨1 − n²⟩ and S_v⟨n²⟩, mean over the axes."""
    across = polycrystal(dim)[1]
    return across.sum() * (1 - 1 / dim), across.mean()


def fitted(dim=2):
    """k [S a cycle], r [Ω m² a cycle] and their activation energies [eV], on the closed form."""
    along, across = moments(dim)

    def misfit(x):
        model = [closed(SIGMA, x[0] * n, x[1] * n, along, across) for n in (10, 100)]
        return np.array(model) / [CONDUCTIVITY[n] for n in (10, 100)] - 1

    scale = np.array([1e-8, 1e-7])
    k, r = scale * fsolve(lambda x: misfit(scale * x), np.array([1.0, 1.0]))

    def energies(x):
        return [weighted(n, k, r, *x, along, across) - ENERGY[n] for n in (10, 100)]

    return k, r, *fsolve(energies, [0.3, 0.3])


def weighted(n, k, r, skin, film, along, across):
    """−d ln σ_eff/d(1/k_BT) [eV] of the closed form: each part counts by its share of the resistance."""
    grain, side = SIGMA, 2 * k * n * along
    through = r * n * across
    total_resistance = 1 / (grain + side) + through
    inside = (grain * ENERGY[0] + side * skin) / (grain + side)
    return (inside / (grain + side) + film * through) / total_resistance


@pytest.mark.parametrize("dim", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_bounds_and_slopes(verify, comm, dim):
    _, across = polycrystal(dim)
    along = across.sum() - across
    length = 1 / across.mean()
    for level in (1e-3, 1.0, 10.0):
        skin, film = level * SIGMA * length, level * length / SIGMA
        upper, lower = SIGMA + 2 * skin * along, 1 / (1 / SIGMA + film * across)
        found = effective(SIGMA, skin, film, dim=dim)
        what = f"{dim}D, κ/σd = Rσ/d = {level:g}"
        verify.below((found / upper).max(), 1 + 1e-9, what=f"{what}: σ_eff over its upper bound", source="Dirichlet")
        verify.below((lower / found).max(), 1 + 1e-9, what=f"{what}: its lower bound over σ_eff", source="Thomson")
    small = 1e-3
    skin = small * SIGMA * length
    slope = (effective(SIGMA, skin, 1e-6 * length / SIGMA, dim=dim) - SIGMA) / (2 * skin * along)
    for k, s in enumerate(slope):
        what = f"{dim}D, axis {k}: (σ_eff − σ)/(2κ S_v⟨1 − n²⟩) as κ → 0"
        verify(s, 1.0, rtol=0.02, what=what, source="first order in κ")


@pytest.mark.parametrize("dim", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_pellet_after_cycles_of_deposition(verify, comm, dim):
    k, r, *_ = fitted(dim)
    along, across = moments(dim)
    predicted = closed(SIGMA, k, r, along, across)
    verify(predicted, CONDUCTIVITY[1], atol=0.005, what=f"{dim}D: σ after 1 cycle, closed form [S/m]", source=HOOD)
    found = {n: effective(SIGMA, k * n, max(r * n, 1e-9), dim=dim).mean() for n in CONDUCTIVITY}
    for n, published in CONDUCTIVITY.items():
        what = f"{dim}D: σ after {n} cycles, polycrystal [S/m]"
        verify(found[n], published, rtol=0.12, what=what, source=f"{HOOD}: ± 0.005 S/m; estimate to first order")
    verify.trend([found[n] for n in (0, 1, 10)], "rising", what=f"{dim}D: σ after 0, 1, 10 cycles", source=HOOD)
    verify.below(found[100], found[0], what=f"{dim}D: σ after 100 cycles below uncoated [S/m]", source=HOOD)


@pytest.mark.parallel
def test_optimum_is_one_to_two_nanometres(verify, comm):
    k, r, *_ = fitted()
    n = np.arange(1, 41)
    best = int(n[np.argmax(closed(SIGMA, k * n, r * n, *moments()))])
    verify(2 * 0.11 * best, 1.5, atol=0.5, what="film between grains at the optimum [nm]", source=f"{HOOD}: 1 to 2 nm")
    near = [effective(SIGMA, k * m, r * m).mean() for m in (1, best, 5 * best)]
    verify.below(max(near[0], near[2]), near[1], what="polycrystal: best beside 1 and five times as many", source=HOOD)


def test_activation_energies(verify, comm):
    """Arrhenius fit from 25 to 65 °C on the polycrystal."""
    k, r, skin, film = fitted()

    def activated(value, energy):
        return lambda T: value * ufl.exp(-energy * F / R * (1 / T - 1 / T0))

    T = np.array([298.15, 318.15, 338.15])
    for n, published in ENERGY.items():
        sigma = [
            effective(
                ssb.materials.Arrhenius(SIGMA, ENERGY[0] * F),
                activated(k * n, skin),
                activated(max(r * n, 1e-9), -film),
                t,
            ).mean()
            for t in T
        ]
        energy = -np.polyfit(1 / T, np.log(sigma), 1)[0] * R / F
        given = "fitted" if n > 1 else "input" if n == 0 else "not fitted"
        tolerance = 1e-4 if n == 0 else 0.01
        what = f"activation energy after {n} cycles, polycrystal [eV] ({given})"
        verify(energy, published, atol=tolerance, what=what, source=f"{HOOD}: ± 0.02 eV")
    assert 0.2 < skin < 0.31 and 0.2 < film < 0.35
