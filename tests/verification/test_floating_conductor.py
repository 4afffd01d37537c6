r"""A metal inclusion as a floating conductor, once from the model's two potentials and once as a constraint.

The model knows nothing of inclusions: in the metal there is ψ alone, −∇·(σ_m∇ψ) = 0, in the electrolyte φ alone, and
Butler–Volmer joins them. That the body floats, and at what potential, follows. The other way, written here without the
model, gives each body k one unknown ψ_k and demands that no net current leaves it:

    ∫σ∇φ·∇v dx − Σ_k ∫_k i_n(ψ_k − φ) v dS = 0,    s_k = ∫_k i_n dS = 0,    i_n = i₀[exp(Fη/2RT) − exp(−Fη/2RT)]

By Newton, J = ∂r/∂φ, g_k = ∫_k i_n' v dS, d_k = ∫_k i_n' dS: each z_k = J⁻¹g_k is what a unit of ψ_k does to φ, and
the potentials solve the small Schur system (d_k δ_kl − g_k·z_l) δψ_l = g_k·z₀ − s_k, z₀ = −J⁻¹r.

Both use one mesh, one element and one quadrature, so that they differ by the metal's own resistance alone: a body of
size a drops i a/σ_m, of the order σ/σ_m of the drop around it, and the difference falls with the first power.
"""

import gmsh
import numpy as np
import pytest
import ufl
from cells import T, rates
from dolfinx import fem, la
from dolfinx.fem import petsc
from petsc4py import PETSc
from shapes import faces_where, flat

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.units import mV, um

SIGMA, SIZE, DRIVE = 0.05, 1 * um, 400 * mV
SOURCE = "constraint: one potential, no net current"
pytestmark = pytest.mark.system("A8")
PLANE = {"island": ((3.4, 4.5), (1.0, 1.8), 0.5)}  # centre, semi-axes, turned by [rad], in units of SIZE
TWO = PLANE | {"other": ((6.7, 5.9), (1.2, 0.6), 0.0)}
SPACE = {"island": ((2.2, 1.9, 2.3), (0.7, 0.9, 1.3), 0.5)}


def drawn(bodies, size):
    """Ellipses in a square, or an ellipsoid in a cube, of electrolyte."""

    def draw():
        occ = gmsh.model.occ
        dim = len(next(iter(bodies.values()))[0])
        side = 10 if dim == 2 else 4
        whole = occ.addRectangle(0, 0, 0, side, side) if dim == 2 else occ.addBox(0, 0, 0, side, side, side)
        tools = []
        for centre, axes, turn in bodies.values():
            body = (dim, occ.addDisk(0, 0, 0, 1, 1) if dim == 2 else occ.addSphere(0, 0, 0, 1))
            occ.dilate([body], 0, 0, 0, *axes, *(1,) * (3 - dim))
            occ.rotate([body], 0, 0, 0, dim - 2, 0, 3 - dim, turn)  # about z in the plane, about x in space
            occ.translate([body], *centre, *(0,) * (3 - dim))
            tools.append(body)
        _, pieces = occ.fragment([(dim, whole)], tools)
        occ.synchronize()
        islands = [piece[0][1] for piece in pieces[1:]]
        around = [tag for _, tag in gmsh.model.getEntities(dim) if tag not in islands]
        gmsh.model.addPhysicalGroup(dim, around, name="separator")
        for name, tag in zip(bodies, islands, strict=True):
            gmsh.model.addPhysicalGroup(dim, [tag], name=name)
        for name, at in (("bottom", 0), ("top", side)):
            gmsh.model.addPhysicalGroup(dim - 1, faces_where(dim, flat(dim - 1, at)), name=name)
        gmsh.option.setNumber("Mesh.MeshSizeMax", size)
        gmsh.model.mesh.generate(dim)

    return draw


def meshed(comm, bodies, size, wagner, metallic):
    """The mesh with σRT/(F i₀ SIZE) = `wagner` on all bodies; their conductivity `metallic`."""
    exchange = R * T * SIGMA / (F * wagner * SIZE)
    metal = ssb.Material("Li", electronic_conductivity=metallic)
    materials = {"separator": ssb.Material("LLZO", ionic_conductivity=SIGMA)} | dict.fromkeys(bodies, metal)
    data = {"exchange_current": exchange, "transfer_coefficient": 0.5, "film_resistance": 0.0}
    interfaces = {f"{name}|separator": data for name in bodies}
    return ssb.from_gmsh(comm, drawn(bodies, size), scale=SIZE, materials=materials, interface_data=interfaces)


def bodies_of(mesh):
    """Names of the regions of metal."""
    return [r for r in mesh.region_names if r != "separator"]


class TwoPotentials:
    """The model, solved.

    Attributes:
        currents: i_n by body, UFL for its surface [A/m²].
        potentials: mean ψ of each body [V].
        far: current from top to bottom [A; in 2D A/m].
    """

    def __init__(self, mesh, degree):
        model = ssb.Model(mesh, [ssb.Conduction(degree=degree), ssb.ButlerVolmer()])
        model.apply(ssb.Fixed("ionic_potential", "bottom", 0.0), ssb.Fixed("ionic_potential", "top", DRIVE)).solve()
        state = self.state = model.state
        psi, bodies = state["electronic_potential"], bodies_of(mesh)
        self.potentials = [state.integrate(fem.form(psi * state.dx(b)))[0] / mesh.volume(b) for b in bodies]
        names = [f"{b}|separator" for b in bodies]
        self.surfaces = [state.dS(n) for n in names]
        self.currents = [state.quantity("reaction_current", n) for n in names]
        self.far = model.balances.reaction("ionic_potential", "top")


class Constrained:
    """The same with one unknown a body, straight on the mesh, by Newton to rounding; attributes as of the other."""

    def __init__(self, mesh, degree, wagner):
        self.comm, domain, exchange = mesh.comm, mesh.domain, R * T * SIGMA / (F * wagner * SIZE)
        V = fem.functionspace(domain, ("Lagrange", degree))
        self.phi, v = fem.Function(V), ufl.TestFunction(V)
        self.psi = [fem.Constant(domain, 0.0) for _ in bodies_of(mesh)]
        self.hold(mesh)
        sigma = fem.Function(fem.functionspace(domain, ("DG", 0)))
        sigma.x.array[:] = np.where(mesh.region_of_cell == mesh.region_index("separator"), SIGMA, 0.0)
        outflow = sigma * ufl.inner(ufl.grad(self.phi), ufl.grad(v)) * ufl.dx
        names = [mesh.interface_name(f"{b}|separator") for b in bodies_of(mesh)]
        sides = [(k, mesh.interface(n).entities.reshape(-1)) for k, n in enumerate(names)]
        surfaces = ufl.Measure("dS", domain, subdomain_data=sides, metadata={"quadrature_degree": 2 * degree + 2})
        residual, self.currents, self.net, self.pulls, self.slopes = outflow, [], [], [], []
        for k, psi in enumerate(self.psi):
            dS, half = surfaces(k), F / (2 * R * T)
            eta = psi - self.phi("+")
            current, slope = 2 * exchange * ufl.sinh(half * eta), 2 * exchange * half * ufl.cosh(half * eta)
            residual = residual - current * v("+") * dS
            self.currents.append(current)
            self.net.append(fem.form(current * dS))
            self.pulls.append(fem.form(slope * v("+") * dS))
            self.slopes.append(fem.form(slope * dS))
        self.residual, self.jacobian = fem.form(residual), fem.form(ufl.derivative(residual, self.phi))
        self.solve()
        self.potentials = [float(psi.value) for psi in self.psi]
        reactions = self.owned(fem.form(outflow))
        self.far = self.comm.allreduce(reactions[self.top].sum())

    def hold(self, mesh):
        """Both ends at their potentials, and what is not of the electrolyte at zero."""
        V, tdim = self.phi.function_space, mesh.dim
        bottom, top = (fem.locate_dofs_topological(V, tdim - 1, mesh.boundary(name)) for name in ("bottom", "top"))
        inside = fem.Function(V)
        inside.x.array[V.dofmap.list[mesh.cells("separator")]] = 1.0
        inside.x.scatter_reverse(la.InsertMode.add)  # a cell of another rank counts, also where it is no ghost here
        inside.x.scatter_forward()
        held = np.flatnonzero(inside.x.array == 0.0)
        self.bc = fem.dirichletbc(0.0, np.union1d(held, np.union1d(bottom, top)).astype(np.int32), V)
        self.phi.x.array[top] = DRIVE
        self.phi.x.scatter_forward()
        count = V.dofmap.index_map.size_local
        self.held = self.bc.dof_indices()[0][: self.bc.dof_indices()[1]]
        self.top = top[top < count]

    def owned(self, form):
        """Owned entries of an assembled vector."""
        b = fem.assemble_vector(form)
        b.scatter_reverse(la.InsertMode.add)
        return b.array[: b.index_map.size_local].copy()

    def dot(self, a, b):
        """Scalar product over all ranks."""
        return self.comm.allreduce(a @ b)

    def solve(self):
        """Newton; the potentials of the bodies from the Schur complement."""
        ksp = PETSc.KSP().create(self.comm)
        ksp.setType("preonly")
        ksp.getPC().setType("lu")
        ksp.getPC().setFactorSolverType("mumps")
        for _ in range(30):
            J = petsc.assemble_matrix(self.jacobian, bcs=[self.bc])
            J.assemble()
            ksp.setOperators(J)
            right = [-self.owned(self.residual), *(self.owned(g) for g in self.pulls)]
            answers = []
            for b in right:
                b[self.held] = 0.0
                x, given = J.createVecs()
                given.array[:] = b
                ksp.solve(given, x)
                answers.append(x.array.copy())
            pulls, (start, *basis) = right[1:], answers
            net, slopes = (
                [self.comm.allreduce(fem.assemble_scalar(f)) for f in forms] for forms in (self.net, self.slopes)
            )
            schur = np.diag(slopes) - [[self.dot(g, z) for z in basis] for g in pulls]
            change = np.linalg.solve(schur, [self.dot(g, start) - s for g, s in zip(pulls, net, strict=True)])
            step = start + sum(c * z for c, z in zip(change, basis, strict=True))
            self.phi.x.array[: len(step)] += step
            self.phi.x.scatter_forward()
            for psi, c in zip(self.psi, change, strict=True):
                psi.value = float(psi.value) + c
            largest = max(self.comm.allgather(float(np.abs(step).max(initial=0.0))))
            if largest < 1e-12 * DRIVE:
                return
        raise AssertionError("Newton's method for the constrained problem has not converged")


def compared(mesh, degree, wagner):
    """Largest difference of the potentials over `DRIVE`, of the far current, and of the local one in L2, relative."""
    model, other = TwoPotentials(mesh, degree), Constrained(mesh, degree, wagner)
    state, local = model.state, []
    for i, j, dS in zip(model.currents, other.currents, model.surfaces, strict=True):
        off, size = state.integrate(fem.form((i - j) ** 2 * dS), fem.form(j**2 * dS))
        local.append(float(np.sqrt(off / size)))
    potential = float(np.abs(np.subtract(model.potentials, other.potentials)).max()) / DRIVE
    return {"metal potential": potential, "far current": abs(model.far / other.far - 1), "local current": max(local)}


CASES = {
    "ellipse": (PLANE, 0.4, 2),
    "two ellipses": (TWO, 0.4, 2),
    "ellipsoid": (SPACE, 0.5, 1),
}


PARALLEL = [pytest.param(case, 0.1, marks=pytest.mark.parallel) for case in ("two ellipses", "ellipsoid")]
FURTHER = [pytest.param("ellipse", 2.0)]
FURTHER += [
    pytest.param(*case, marks=pytest.mark.slow)
    for case in (("ellipse", 0.1), ("two ellipses", 2.0), ("ellipsoid", 2.0))
]


@pytest.mark.parametrize("case, wagner", PARALLEL + FURTHER)
def test_both_ways_are_the_same(verify, comm, case, wagner):
    bodies, size, degree = CASES[case]
    for what, off in compared(meshed(comm, bodies, size, wagner, 1e7), degree, wagner).items():
        verify.below(off, 1e-6, what=f"{case}, Wa = {wagner:g}: {what}, difference", source=SOURCE)


@pytest.mark.parametrize("case", ["ellipsoid", pytest.param("two ellipses", marks=pytest.mark.slow)])
def test_metal_becomes_equipotential(verify, comm, case):
    """σ_m/σ from 1e2 to 1e5."""
    bodies, size, degree = CASES[case]
    found = [compared(meshed(comm, bodies, size, 0.1, ratio * SIGMA), degree, 0.1) for ratio in (1e2, 1e3, 1e4, 1e5)]
    for what in found[0]:
        orders = rates([f[what] for f in found], 10.0)
        verify(orders[-1], 1.0, atol=0.02, what=f"{case}: power of σ/σ_m in the difference, {what}", source="i a/σ_m")
