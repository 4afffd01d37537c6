r"""Effective properties of periodic cells against closed forms; polycrystals that go through the faces of their box.

Laminate of layers with shares f, normal n: conductivity Σ f σ along, 1/Σ(f/σ) across; with a resistance R at each of m
interfaces in the height H, H/(Σ f H/σ + m R). Stiffness of isotropic layers, M = λ + 2μ, means ⟨·⟩ (Backus, J.
Geophys. Res. 67 (1962) 4427): C_nn = 1/⟨1/M⟩, C_tn = ⟨λ/M⟩ C_nn, C_tt = ⟨M − λ²/M⟩ + ⟨λ/M⟩² C_nn,
C_ts = ⟨λ − λ²/M⟩ + ⟨λ/M⟩² C_nn, shear 1/⟨1/μ⟩ with the normal, ⟨μ⟩ in the layers.

Two-dimensional polycrystal of one crystal, σ₁ and σ₂ along its axes: det σ_eff = σ₁σ₂ exactly, whatever the grains
(Dykhne, Sov. Phys. JETP 32 (1971) 63; Mendelson, J. Appl. Phys. 46 (1975) 4740), and √(σ₁σ₂) when isotropic.
"""

import numpy as np
import pytest
from cells import box, midpoints

import fem_ssb as ssb
from fem_ssb.analysis import BoundaryFlux, effective_conductivity, effective_stiffness
from fem_ssb.materials import Anisotropic, Constant, IsotropicStiffness
from fem_ssb.units import um

SIGMA = (0.05, 0.2)
SHARE = 0.25
LAME = ((1.0, 0.7), (4.0, 2.5))


def laminate(comm, dim, materials, grains=False, **more):
    """Layers along the last axis, the first one in the middle; its faces are inside the second."""
    domain = box(comm, (1.0,) * dim, (3, 8) if dim == 2 else (2, 2, 8))
    inner = np.abs(midpoints(domain)[:, dim - 1] - 0.5) < SHARE / 2
    layer = np.where(inner, 0, 1).astype(np.int32)
    if grains:
        return ssb.NamedMesh.from_cells(
            domain, ["a"], 0 * layer, layer, [0, 0], materials={"a": materials[0]}, periodic=range(dim), **more
        )
    return ssb.NamedMesh.from_cells(
        domain, ["a", "b"], layer, materials=dict(zip("ab", materials, strict=True)), periodic=range(dim), **more
    )


@pytest.mark.parametrize("dim", [2, 3])
def test_conductivity_of_a_laminate(verify, comm, dim):
    materials = [ssb.Material("LLZO", ionic_conductivity=s) for s in SIGMA]
    found = effective_conductivity(laminate(comm, dim, materials), boundary="periodic")
    shares = np.array([SHARE, 1 - SHARE])
    exact = np.diag([*[shares @ SIGMA] * (dim - 1), 1 / (shares @ (1 / np.array(SIGMA)))])
    verify.below(
        np.abs(found / exact.max() - exact / exact.max()).max(), 1e-9, what=f"{dim}D laminate: σ", source="layers"
    )


@pytest.mark.parallel
def test_resistance_of_boundaries_in_a_periodic_cell(verify, comm):
    resistance = 7.0
    mesh = laminate(
        comm, 2, [ssb.Material("LLZO", ionic_conductivity=SIGMA[0])], grains=True,
        grain_boundaries={"a": ssb.GrainBoundaries(resistance=resistance)},
    )  # fmt: skip
    found = effective_conductivity(mesh, boundary="periodic")
    verify(found[0, 0], SIGMA[0], rtol=1e-9, what="periodic grains in layers: σ along", source="layers")
    exact = 1 / (1 / SIGMA[0] + 2 * resistance)
    verify(found[1, 1], exact, rtol=1e-9, what="periodic grains in layers: σ across", source="H/(H/σ + 2R)")


def backus(dim):
    """Stiffness of the laminate, Voigt, layers normal to the last axis."""
    shares, lam, mu = np.array([SHARE, 1 - SHARE]), *np.array(LAME).T
    m = lam + 2 * mu
    nn = 1 / (shares @ (1 / m))
    tn = shares @ (lam / m) * nn
    tt = shares @ (m - lam**2 / m) + (shares @ (lam / m)) ** 2 * nn
    ts = shares @ (lam - lam**2 / m) + (shares @ (lam / m)) ** 2 * nn
    across, along = 1 / (shares @ (1 / mu)), shares @ mu
    if dim == 2:
        return np.array([[tt, tn, 0], [tn, nn, 0], [0, 0, across]])
    C = np.diag([tt, tt, nn, across, across, along])
    C[0, 1] = C[1, 0] = ts
    C[[0, 1, 2, 2], [2, 2, 0, 1]] = tn
    return C


@pytest.mark.parallel
@pytest.mark.parametrize("dim", [2, 3])
def test_stiffness_of_a_laminate(verify, comm, dim):
    materials = []
    for lam, mu in LAME:
        poisson = lam / (2 * (lam + mu))
        stiffness = IsotropicStiffness(2 * mu * (1 + poisson), poisson)
        materials.append(ssb.Material.custom("x", kind="electrolyte", stiffness=stiffness, thermal_expansion=0.0))
    found, exact = effective_stiffness(laminate(comm, dim, materials), degree=1), backus(dim)
    verify.below(
        np.abs(found - exact).max() / exact.max(), 1e-8, what=f"{dim}D laminate: stiffness", source="Backus (1962)"
    )


def polycrystal(comm, count, seed, size, ratio=10.0):
    angle = np.random.default_rng([seed, 9]).random(count) * np.pi
    c, s, o = np.cos(angle), np.sin(angle), np.zeros(count)
    turn = np.array([[c, -s, o], [s, c, o], [o, o, o + 1]]).transpose(2, 0, 1)
    stack = ssb.Stack(width=10 * um, periodic=("x", "y"))
    material = ssb.Material("LLZO", ionic_conductivity=Anisotropic(Constant(1.0), (1.0, ratio, 1.0)))
    grains, perfect = ssb.Voronoi(count, seed=seed, texture=turn), ssb.GrainBoundaries(resistance=0.0)
    stack.layer("a", material, thickness=10 * um, grains=grains, grain_boundaries=perfect)
    return stack.mesh(comm, size=size * um)


def test_determinant_of_a_polycrystal(verify, comm):
    errors = []
    for size in (1.0, 0.5, 0.25):
        found = effective_conductivity(polycrystal(comm, 12, 3, size), boundary="periodic", degree=2)
        errors.append(abs(np.linalg.det(found) / 10.0 - 1))
        eigen = np.linalg.eigvalsh(found)
        verify.below(
            eigen.max(), 5.5, what="periodic polycrystal: largest σ, below Wiener's (σ₁ + σ₂)/2", source="Wiener"
        )
        verify.below(1 / eigen.min(), 0.55, what="periodic polycrystal: 1/σ, below the mean of 1/σ", source="Wiener")
    verify.below(errors[-1], 5e-3, what="2D polycrystal: det σ_eff/(σ₁σ₂) − 1", source="Dykhne (1971)")
    verify.trend(errors, "falling", what="2D polycrystal: error of det σ_eff, h = 1, ½, ¼ µm", source="h → 0")


@pytest.mark.slow
def test_more_grains_are_more_isotropic(verify, comm):
    """Mean of σ_max/σ_min over seeds falls towards 1 with the number of grains."""
    mean = []
    for count, size in ((8, 0.8), (32, 0.5), (128, 0.3)):
        ratios = []
        for seed in range(4):
            eigen = np.linalg.eigvalsh(
                effective_conductivity(polycrystal(comm, count, seed, size), boundary="periodic")
            )
            ratios.append(eigen[1] / eigen[0])
        mean.append(float(np.mean(ratios)))
    verify.trend(mean, "falling", what="periodic polycrystals: σ_max/σ_min, 8, 32, 128 grains", source="isotropy")


def test_where_the_faces_are_does_not_matter(verify, comm):
    """The same periodic grains with the faces of the box elsewhere: the same resistance between the plates."""
    seeds = np.random.default_rng(5).random((20, 2))
    found = []
    for shift in (0.0, 0.37, 0.71):
        moved = np.column_stack([(seeds[:, 0] + shift) % 1.0, seeds[:, 1]])
        stack = ssb.Stack(width=10 * um, periodic=("x",))
        grains = ssb.Voronoi(20, seeds=moved, relax=0, texture=None)
        material = ssb.Material("LLZO", ionic_conductivity=SIGMA[0])
        boundaries = ssb.GrainBoundaries(resistance=10 * um / SIGMA[0])
        stack.layer("a", material, thickness=10 * um, grains=grains, grain_boundaries=boundaries)
        mesh = stack.mesh(comm, size=0.3 * um)
        found.append(effective_conductivity(mesh, boundary="faces", degree=2)[1, 1])
    for other in found[1:]:
        verify(other, found[0], rtol=0.01, what="periodic sides moved along: σ between plates", source="translation")


@pytest.mark.parallel
def test_pressed_stack_with_periodic_sides(verify, comm):
    """Oedometer: periodic sides keep the mean lateral strain at zero, so that ε_yy = −p/M in every uniform body."""
    stack = ssb.Stack(width=2.0, periodic=("x",))
    young, poisson, pressure = 10.0, 0.3, 0.1
    stiffness = IsotropicStiffness(young, poisson)
    body = ssb.Material.custom("x", kind="electrolyte", stiffness=stiffness, thermal_expansion=0.0)
    stack.layer("a", body, thickness=1.0, grains=ssb.Voronoi(5, seed=1))
    mesh = stack.mesh(comm, size=0.5)
    model = ssb.Model(mesh, [ssb.Elasticity(degree=1)])
    model.apply(ssb.StackPressure(pressure))
    state = model.solve()
    space = state.spaces["displacement"]
    dofs = space.dofs(mesh.boundary("top"))
    owned = dofs[dofs < space.V.dofmap.index_map.size_local]
    u = state["displacement"].x.array.reshape(-1, 2)
    top = np.concatenate(comm.allgather(u[owned]))
    modulus = young * (1 - poisson) / ((1 + poisson) * (1 - 2 * poisson))
    verify(float(top[:, 1].min()), -pressure / modulus, rtol=1e-9, what="pressed, periodic sides: u_y", source="p/M")
    verify(float(top[:, 1].max()), -pressure / modulus, rtol=1e-9, what="the same, highest place", source="p/M")
    verify.below(np.abs(top[:, 0]).max(), 1e-9, what="pressed, periodic sides: u_x", source="translation held")


@pytest.mark.parallel
def test_flux_through_periodic_nodes(verify, comm):
    """A uniform current is uniform at the nodes of the periodic faces too."""
    stack = ssb.Stack(width=10 * um, periodic=("x",))
    stack.layer("a", ssb.Material("LLZO", ionic_conductivity=SIGMA[0]), thickness=10 * um)
    model = ssb.Model(stack.mesh(comm, size=3 * um), [ssb.Conduction()])
    model.ground("bottom").apply(ssb.Voltage(0.1, at="top"))
    model.solve()
    flux = BoundaryFlux(model, "ionic_potential")
    flux.evaluate()
    found = flux.at("top")
    for which in ("min", "max"):
        verify(
            found[which], SIGMA[0] * 0.1 / (10 * um), rtol=1e-9, what=f"periodic sides: {which} current", source="σV/H"
        )
