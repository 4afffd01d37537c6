r"""Grains that conduct differently along their axes: tilted bicrystal exactly, laminates, polycrystals.

Bicrystal. Grain k has σ_k = Q_k diag(s₁, s₂, s₃) Q_kᵀ. The boundary is normal to the stacking axis z, the bottom is
equipotential. Then the field is (0, e_k) with σ_k,zz e_k = j the same in both grains, and each grain also carries a
current σ_k,xz e_k along the boundary, which enters and leaves through the sides. V = j Σ L_k/σ_k,zz. Linear elements
hold it exactly.

Effective tensor. One grain: σ itself. Several grains under −x_k on the rim: not exact,
but bounded, (Σ v_k σ_k⁻¹)⁻¹ ≤ σ_eff ≤ Σ v_k σ_k in the sense of quadratic forms (Wiener).

Polycrystal of randomly turned grains with two fast axes and one slow one: σ_eff lies between Wiener's bounds, and the
local current spreads over one to two decades.
"""

import numpy as np
import pytest
import ufl
from cells import one_region
from dolfinx import fem
from scipy.spatial.transform import Rotation

import fem_ssb as ssb
from fem_ssb.analysis import current_distribution, effective_conductivity
from fem_ssb.materials import Anisotropic, Constant
from fem_ssb.mesh.measure import measures
from fem_ssb.units import um

SIGMA, FACTORS = 0.05, (1.0, 0.3, 0.02)
TURNS = Rotation.from_euler("xyz", [[20, 50, 35], [70, -15, 10]], degrees=True).as_matrix()
MATERIAL = ssb.Material("LLZO", gb_resistance=0.0, ionic_conductivity=Anisotropic(Constant(SIGMA), FACTORS))
pytestmark = pytest.mark.system("A19")


def tensor(rotation, dim):
    """σ in the laboratory frame, in-plane block."""
    return (rotation @ np.diag(SIGMA * np.array(FACTORS)) @ rotation.T)[:dim, :dim]


class Sides(ssb.Physics):
    """The exact current σ_k e_k z through all faces but the bottom."""

    def __init__(self, currents):
        self.currents = currents

    def residuals(self, state):
        upper = fem.Function(fem.functionspace(state.domain, ("DG", 0)))
        upper.x.array[: len(state.mesh.grain_of_cell)] = state.mesh.grain_of_cell == 1
        low, high = (ufl.as_vector(list(c)) for c in self.currents)
        leaving = ufl.dot((1 - upper) * low + upper * high, ufl.FacetNormal(state.domain))
        faces = [b for b in state.mesh.boundaries if b != "bottom"]
        return {"ionic_potential": sum(leaving * state.test("ionic_potential") * state.ds(b) for b in faces)}


@pytest.mark.parallel
@pytest.mark.parametrize("dim, degree", [(2, 1), (2, 2), (3, 1)])
def test_tilted_bicrystal(verify, comm, dim, degree):
    length, j = 10 * um, 5.0
    grains = (1,) * (dim - 1) + (2,)
    mesh = one_region(comm, (length,) * dim, (4,) * dim, MATERIAL, grains=grains, orientations=TURNS)
    sigmas = [tensor(Q, dim) for Q in TURNS]
    currents = [s[:, -1] * (j / s[-1, -1]) for s in sigmas]
    model = ssb.Model(mesh, [ssb.Conduction(degree=degree), Sides(currents)])
    model.apply(ssb.Fixed("ionic_potential", "bottom", 0.0)).solve()
    drop = -model.boundary_conditions.mean("ionic_potential", "top")
    exact = sum(j * length / 2 / s[-1, -1] for s in sigmas)
    verify(drop, exact, rtol=1e-9, what=f"tilted bicrystal, {dim}D P{degree}: voltage [V]", source="jΣL/σ_zz")
    current = model.state.quantity("ionic_current", "separator")
    for axis in range(dim - 1):
        mean = model.state.integrate(fem.form(current[axis] * model.state.dx("separator")))[0] / length**dim
        what = f"tilted bicrystal, {dim}D P{degree}: mean current along axis {axis} [A/m²]"
        verify(mean, np.mean([c[axis] for c in currents]), rtol=1e-9, what=what, source="jσ_xz/σ_zz")


@pytest.mark.parametrize("dim", [2, 3])
def test_effective_tensor(verify, comm, dim):
    """One grain gives its own tensor; two lie between Wiener's bounds."""
    single = one_region(comm, (10 * um,) * dim, (3,) * dim, MATERIAL, orientations=TURNS[:1])
    found, exact = effective_conductivity(single), tensor(TURNS[0], dim)
    difference = np.abs(found - exact).max() / SIGMA
    verify.below(difference, 1e-9, what=f"{dim}D, one grain: |σ_eff − QσQᵀ|/σ", source="uniform field")
    leaky = ssb.Material("LLZO", electronic_conductivity=Anisotropic(Constant(1e-6), FACTORS))
    mixed = one_region(comm, (10 * um,) * dim, (3,) * dim, leaky, orientations=TURNS[:1])
    found = effective_conductivity(mixed, "electronic", electronic=("separator",)) * SIGMA / 1e-6
    difference = np.abs(found - exact).max() / SIGMA
    verify.below(difference, 1e-9, what=f"{dim}D, one grain, electrons: |σ_eff − QσQᵀ|/σ", source="uniform field")
    grains = (1,) * (dim - 1) + (2,)
    pair = one_region(comm, (10 * um,) * dim, (6,) * dim, MATERIAL, grains=grains, orientations=TURNS)
    found, parts = effective_conductivity(pair), [tensor(Q, dim) for Q in TURNS]
    upper, lower = sum(parts) / 2, np.linalg.inv(sum(np.linalg.inv(s) for s in parts) / 2)
    for low, high, name in ((found, upper, "upper"), (lower, found, "lower")):
        least = np.linalg.eigvalsh(high - low).min() / SIGMA
        verify.below(-least, 1e-9, what=f"{dim}D, two grains: −(distance to Wiener's {name} bound)/σ", source="Wiener")


def polycrystal(comm, dim, factors, size):
    stack = ssb.Stack(width=20 * um, dim=dim)
    material = ssb.Material("LLZO", gb_resistance=0.0, ionic_conductivity=Anisotropic(Constant(SIGMA), factors))
    stack.layer("separator", material, thickness=20 * um, grains=ssb.Voronoi(count=40 if dim == 2 else 30, seed=3))
    return stack.mesh(comm, size=size)


@pytest.mark.parametrize("dim, size", [(2, 0.6 * um), (3, 2.0 * um)])
def test_polycrystal(verify, comm, dim, size):
    """Two fast axes and one hundred times slower (layered conductor; the ratio is an estimate)."""
    factors = (1.0, 1.0, 0.01)
    mesh = polycrystal(comm, dim, factors, size)
    found = effective_conductivity(mesh)
    shares = np.array([mesh.comm.allreduce(_volume(mesh, g)) for g in range(len(mesh.region_of_grain))])
    shares /= shares.sum()
    parts = [(Q @ np.diag(SIGMA * np.array(factors)) @ Q.T)[:dim, :dim] for Q in mesh.orientations]
    upper = sum(w * s for w, s in zip(shares, parts, strict=True))
    lower = np.linalg.inv(sum(w * np.linalg.inv(s) for w, s in zip(shares, parts, strict=True)))
    for low, high, name in ((found, upper, "upper"), (lower, found, "lower")):
        least = np.linalg.eigvalsh(high - low).min() / SIGMA
        verify.below(-least, 0.0, what=f"{dim}D polycrystal: −(distance to Wiener's {name} bound)/σ", source="Wiener")
    model = ssb.Model(mesh, [ssb.Conduction()])
    model.apply(ssb.Fixed("ionic_potential", "bottom", 1.0), ssb.Fixed("ionic_potential", "top")).solve()
    spread = current_distribution(model, "separator")
    what = f"{dim}D polycrystal 1:1:0.01: decades from the 1st to the 99th percentile of the local current"
    verify.below(-spread.decades, -1.0, what=f"−({what})", source="one to two decades")
    verify.below(spread.decades, 2.0, what=what, source="one to two decades")
    even = polycrystal(comm, dim, (1.0, 1.0, 1.0), size)
    model = ssb.Model(even, [ssb.Conduction()])
    model.apply(ssb.Fixed("ionic_potential", "bottom", 1.0), ssb.Fixed("ionic_potential", "top")).solve()
    spread = current_distribution(model, "separator")
    verify(spread.decades, 0.0, atol=1e-6, what=f"{dim}D polycrystal 1:1:1: the same", source="uniform current")


def _volume(mesh, grain):
    cells = np.flatnonzero(mesh.grain_of_cell[: mesh.domain.topology.index_map(mesh.dim).size_local] == grain)
    return measures(mesh.domain, mesh.dim, cells.astype(np.int32)).sum()
