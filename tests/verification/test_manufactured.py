"""Manufactured solutions: the order of convergence with jumps at grain boundaries and with turned anisotropic grains.

Conduction. Four (eight) grains meet in the middle of the unit square (cube). The potential is a product
φ = X(x) Y(y) [Z(z)] whose factors jump at ½:

    X = sin 2x + H(x − ½)·[r·2cos 1 + c(x − ½)²],   X'(½⁻) = X'(½⁺) = 2cos 1,   ⟦X⟧ = r X'(½)

So at the boundary x = ½ the normal current −σ X' Y is continuous and the jump is φ₊ − φ₋ (− above) = −r X' Y = R i_n
with R = r/σ; the same in y and z, so that every grain boundary obeys i_n = ⟦φ⟧/R also where the boundaries cross.
The source −σΔφ and the currents through the outer faces come in as residuals of a physics of this test;
φ = 0 at x = 0 is held. In L² linear elements are of order 2, quadratic ones of order 3.

Elasticity. Two cubic grains, each turned by its own rotation, side by side. u is smooth and zero on the whole
boundary; each grain has the body force −∇·σ(u), and the boundary the difference of the tractions that the same
strain makes in both, as a load. Plane strain, σ = C:ε with C turned as a fourth-order tensor here. Order 3 for P2.
"""

import numpy as np
import pytest
import ufl
from cells import one_region, rates, total
from dolfinx import fem
from scipy.spatial.transform import Rotation

import fem_ssb as ssb
from fem_ssb.materials import CubicStiffness

SIGMA, SHARE, CURVATURE = 0.3, 0.7, 1.5  # S/m; r = Rσ and c of the factors [m]
pytestmark = pytest.mark.parallel


def side(mesh, axis):
    """DG0 indicator of the cells above ½ along an axis."""
    grid = np.array(np.unravel_index(mesh.grain_of_cell, (2,) * mesh.dim))
    f = fem.Function(fem.functionspace(mesh.domain, ("DG", 0)))
    f.x.array[: len(mesh.grain_of_cell)] = grid[axis]
    return f


def factor(s, above):
    slope = 2 * np.cos(1.0)
    return ufl.sin(2 * s) + above * (SHARE * slope + CURVATURE * (s - 0.5) ** 2)


class Source(ssb.Physics):
    """−σΔφ in the grains and the exact current through all outer faces but the left one."""

    def __init__(self, exact):
        self.exact = exact

    def residuals(self, state):
        v, flux = state.test("ionic_potential"), SIGMA * ufl.grad(self.exact)
        n = ufl.FacetNormal(state.domain)
        outer = [state.ds(b) for b in state.mesh.boundaries if b != "left"]
        return {
            "ionic_potential": ufl.div(flux) * v * state.dx("separator")
            - sum(ufl.dot(flux, n) * v * ds for ds in outer)
        }


def conduction_error(comm, dim, degree, n):
    material = ssb.Material("LLZO", ionic_conductivity=SIGMA)
    boundaries = {"separator": ssb.GrainBoundaries(resistance=SHARE / SIGMA)}
    mesh = one_region(comm, (1.0,) * dim, (n,) * dim, material, grains=(2,) * dim, grain_boundaries=boundaries)
    x = ufl.SpatialCoordinate(mesh.domain)
    exact = factor(x[0], side(mesh, 0))
    for axis in range(1, dim):
        exact *= factor(x[axis], side(mesh, axis))
    model = ssb.Model(mesh, [ssb.Conduction(degree=degree), Source(exact)])
    model.apply(ssb.Fixed("ionic_potential", "left", 0.0))
    model.solve()
    dx = ufl.dx(metadata={"quadrature_degree": 2 * degree + 3})
    return np.sqrt(total(comm, (model.state["ionic_potential"] - exact) ** 2 * dx))


@pytest.mark.parametrize("dim, degree, sizes", [(2, 1, (8, 16, 32)), (2, 2, (4, 8, 16)), (3, 1, (6, 12, 24))])
def test_conduction_with_jumps_at_crossing_boundaries(verify, comm, dim, degree, sizes):
    errors = [conduction_error(comm, dim, degree, n) for n in sizes]
    what = f"order of φ with jumps, {dim}D P{degree}, {sizes[-2]} → {sizes[-1]} cells"
    verify(rates(errors)[-1], degree + 1, atol=0.1, what=what, source="manufactured solution")


C11, C12, C44 = 170e9, 64e9, 70e9
TURNS = Rotation.from_euler("xyz", [[20, 50, 35], [70, -15, 10]], degrees=True).as_matrix()


def turned(rotation):
    """Cubic C_ijkl [Pa] in the laboratory frame, shape (3, 3, 3, 3)."""
    d = np.eye(3)
    C = C12 * np.einsum("ij,kl->ijkl", d, d)
    C += C44 * (np.einsum("ik,jl->ijkl", d, d) + np.einsum("il,jk->ijkl", d, d))
    for a in range(3):
        C[a, a, a, a] += C11 - C12 - 2 * C44
    return np.einsum("ai,bj,ck,dl,ijkl->abcd", rotation, rotation, rotation, rotation, C)


def plane_stress_components(C, gradient):
    """The in-plane part (2, 2) of C:ε for the plane strain of a displacement gradient (2, 2)."""
    e = ufl.sym(gradient)
    return ufl.as_tensor(
        [[sum(C[i, j, k, m] * e[k, m] for k in range(2) for m in range(2)) for j in range(2)] for i in range(2)]
    )


class Loads(ssb.Physics):
    """Body forces and boundary tractions of a displacement."""

    def __init__(self, exact, first):
        self.exact, self.first = exact, first

    def residuals(self, state):
        w, n = state.test("displacement"), ufl.FacetNormal(state.domain)
        stress = [plane_stress_components(turned(Q), ufl.grad(self.exact)) for Q in TURNS]
        force = [-ufl.div(s) for s in stress]
        body = self.first * force[0] + (1 - self.first) * force[1]
        traction = ufl.dot(stress[0]("+"), n("+")) + ufl.dot(stress[1]("-"), n("-"))
        return {
            "displacement": -ufl.inner(body, w) * state.dx("separator")
            - ufl.inner(traction, w("+")) * state.dS("separator|separator")
        }


def elasticity_error(comm, n):
    material = ssb.Material.custom(
        "grain", kind="electrolyte", stiffness=CubicStiffness(C11, C12, C44), thermal_expansion=0.0
    )
    mesh = one_region(comm, (1.0, 1.0), (n, n), material, grains=(2, 1), orientations=TURNS)
    x = ufl.SpatialCoordinate(mesh.domain)
    bump = ufl.sin(ufl.pi * x[0]) * ufl.sin(ufl.pi * x[1])
    exact = 1e-3 * ufl.as_vector([bump * (1 + x[1]), bump * ufl.cos(2 * x[0] + x[1])])
    first = fem.Function(fem.functionspace(mesh.domain, ("DG", 0)))
    first.x.array[: len(mesh.grain_of_cell)] = mesh.grain_of_cell == 0
    model = ssb.Model(mesh, [ssb.Elasticity(degree=2), Loads(exact, first)])
    model.apply(*(ssb.Fixed("displacement", b, 0.0) for b in ("left", "right", "bottom", "top")))
    model.solve()
    dx = ufl.dx(metadata={"quadrature_degree": 7})
    difference = model.state["displacement"] - exact
    return np.sqrt(total(comm, ufl.inner(difference, difference) * dx))


def test_elasticity_of_turned_cubic_grains(verify, comm):
    errors = [elasticity_error(comm, n) for n in (4, 8, 16)]
    what = "order of u, two turned cubic grains, 2D P2, 8 → 16 cells"
    verify(rates(errors)[-1], 3.0, atol=0.1, what=what, source="manufactured solution")
