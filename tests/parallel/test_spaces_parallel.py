"""The same answer on any number of ranks: each case is solved by all ranks together and by each rank alone.

Run as ``mpirun -n 1|2|3|4 python3 -m pytest tests/parallel/test_spaces_parallel.py``.
"""

import itertools

import numpy as np
import pytest
import ufl
from dolfinx import fem, mesh
from dolfinx.fem.petsc import LinearProblem
from mpi4py import MPI

from fem_ssb.spaces import broken_space, oriented_entities, split_geometry, trace_space
from fem_ssb.spaces.exchange import Neighbourhood

COMM = MPI.COMM_WORLD
LU = {"ksp_type": "preonly", "pc_type": "lu", "pc_factor_mat_solver_type": "mumps", "ksp_error_if_not_converged": True}
HYPRE = {"ksp_type": "cg", "pc_type": "hypre", "ksp_rtol": 1e-13, "ksp_error_if_not_converged": True}
SHARED = mesh.GhostMode.shared_facet
CASES = list(itertools.product([(2, 12), (3, 5)], [1, 2, 3]))

_names = (f"test_spaces_parallel_{i}_" for i in itertools.count())


class Polycrystal:
    """Unit square or cube of grains: cells by the nearest of a few seeds, so that no border is straight."""

    def __init__(self, comm, dim, n):
        make = mesh.create_unit_square if dim == 2 else mesh.create_unit_cube
        self.comm, self.dim = comm, dim
        self.domain = make(comm, *[n] * dim, ghost_mode=SHARED)
        cells = self.domain.topology.index_map(dim)
        self.owned = cells.size_local
        every = np.arange(cells.size_local + cells.num_ghosts, dtype=np.int32)
        x = mesh.compute_midpoints(self.domain, dim, every)[:, :dim]
        seeds = np.random.default_rng(5).random((7, dim))
        self.grain = np.argmin(((x[:, None] - seeds) ** 2).sum(axis=2), axis=1)
        self.facets, self.entities = oriented_entities(self.domain, self.grain)
        self.end = {value: self.facets_at(value) for value in (0.0, 1.0)}

    def facets_at(self, value):
        return mesh.locate_entities_boundary(self.domain, self.dim - 1, lambda x: np.isclose(x[0], value))

    def cells(self, flags):
        return np.flatnonzero(flags[: self.owned]).astype(np.int32)

    def dS(self, *parts):
        """Measures over parts of the grain boundaries, or over all of them."""
        data = [(i, self.entities[part].reshape(-1)) for i, part in enumerate(parts or [slice(None)])]
        every = ufl.Measure("dS", domain=self.domain, subdomain_data=data)
        return [every(i) for i in range(len(parts))] if len(parts) > 1 else every(0)

    def total(self, form):
        return self.comm.allreduce(fem.assemble_scalar(fem.form(form)))

    def solved(self, a, L, bcs, options=LU):
        return LinearProblem(a, L, bcs=bcs, petsc_options=options, petsc_options_prefix=next(_names)).solve()


def agree(case, *args):
    """Numbers of the case on all ranks together, checked against the same on one rank."""
    together, alone = case(COMM, *args), case(MPI.COMM_SELF, *args)
    assert together == pytest.approx(alone, rel=1e-10, abs=1e-13)
    assert together[0] == alone[0]
    return together


def conduction(comm, size, degree):
    """Resistive boundaries between some of the grains, the others perfectly joined."""
    p = Polycrystal(comm, *size)
    labels = p.grain[p.entities[:, [0, 2]]]
    resistive = labels.sum(axis=1) % 3 != 0
    space = broken_space(p.domain, ("Lagrange", degree), broken=p.facets[resistive])
    u, v = ufl.TrialFunction(space.V), ufl.TestFunction(space.V)
    a = ufl.inner(ufl.grad(u), ufl.grad(v)) * ufl.dx + 4 * ufl.jump(u) * ufl.jump(v) * p.dS(resistive)
    bcs = [fem.dirichletbc(value, space.dofs(f), space.V) for value, f in p.end.items()]
    uh = p.solved(a, fem.Constant(p.domain, 0.0) * v * ufl.dx, bcs)
    jump = p.total(ufl.jump(uh) ** 2 * p.dS())
    return space.num_dofs, p.total(ufl.inner(ufl.grad(uh), ufl.grad(uh)) * ufl.dx), p.total(uh**2 * ufl.dx), jump


@pytest.mark.parametrize("size, degree", CASES)
def test_conduction_through_some_resistive_boundaries(size, degree):
    _, energy, _, jump = agree(conduction, size, degree)
    assert 0.1 < energy < 1 and jump > 1e-4


def restricted(comm, size, degree):
    """A field on some grains, exchanging with what is around them by a transfer law."""
    p = Polycrystal(comm, *size)
    active = p.grain % 3 != 1
    inner = active[p.entities[:, 0]] & active[p.entities[:, 2]]
    edge = active[p.entities[:, 0]] != active[p.entities[:, 2]]
    space = broken_space(p.domain, ("Lagrange", degree), broken=p.facets[inner], active=active)
    u, v = ufl.TrialFunction(space.V), ufl.TestFunction(space.V)
    data = [(1, p.cells(active)), (9, space.anchor)]
    inside, around = p.dS(inner, edge)
    dx = ufl.Measure("dx", domain=p.domain, subdomain_data=data)
    a = ufl.inner(ufl.grad(u), ufl.grad(v)) * dx(1) + 4 * ufl.jump(u) * ufl.jump(v) * inside
    a += ufl.avg(u) * ufl.avg(v) * around + space.anchor_form(u, v, dx(9))
    x = ufl.SpatialCoordinate(p.domain)
    uh = p.solved(a, x[0] * v * dx(1), space.bcs(), HYPRE)
    return space.num_dofs, p.total(uh * dx(1)), p.total(uh**2 * dx(1)), p.total(uh("+") ** 2 * around)


@pytest.mark.parametrize("size, degree", CASES)
def test_field_on_some_grains(size, degree):
    agree(restricted, size, degree)


def collector(comm, size, degree):
    """Voltage of a polycrystal whose grains end on a collector that carries unit current."""
    p = Polycrystal(comm, *size)
    active = p.grain != int(np.argmax(np.random.default_rng(5).random((7, size[0]))[:, 1]))
    inner = active[p.entities[:, 0]] & active[p.entities[:, 2]]
    keep = [f[np.isin(f, _facets_of(p.domain, active))] for f in p.end.values()]
    space = broken_space(p.domain, ("Lagrange", degree), broken=p.facets[inner], active=active, tied=[keep[1]])
    u, v = ufl.TrialFunction(space.V), ufl.TestFunction(space.V)
    dx = ufl.Measure("dx", domain=p.domain, subdomain_data=[(1, p.cells(active)), (9, space.anchor)])
    a = ufl.inner(ufl.grad(u), ufl.grad(v)) * dx(1) + 4 * ufl.jump(u) * ufl.jump(v) * p.dS(inner)
    a += space.anchor_form(u, v, dx(9))
    tags = mesh.meshtags(p.domain, p.dim - 1, np.sort(keep[1]), np.ones(len(keep[1]), dtype=np.int32))
    ds = ufl.Measure("ds", domain=p.domain, subdomain_data=tags)(1)
    area = p.total(fem.Constant(p.domain, 1.0) * ds)
    bcs = [fem.dirichletbc(0.0, space.dofs(keep[0]), space.V), *space.bcs()]
    uh = p.solved(a, fem.Constant(p.domain, 1 / area) * v * ds, bcs)
    voltage = p.total(uh * ds) / area
    work = p.total(ufl.inner(ufl.grad(uh), ufl.grad(uh)) * dx(1)) + p.total(4 * ufl.jump(uh) ** 2 * p.dS(inner))
    assert work == pytest.approx(voltage, rel=1e-10)  # unit current: power is the voltage
    assert p.total((uh - voltage) ** 2 * ds) < 1e-20
    return space.num_dofs, voltage


def _facets_of(domain, flags):
    """Local facets of the cells."""
    tdim = domain.topology.dim
    domain.topology.create_connectivity(tdim, tdim - 1)
    return domain.topology.connectivity(tdim, tdim - 1).array.reshape(-1, tdim + 1)[flags]


@pytest.mark.parametrize("size, degree", CASES)
def test_collector_at_unit_current(size, degree):
    agree(collector, size, degree)


def elasticity(comm, size, degree):
    """Cohesive grains pulled apart and sheared."""
    p = Polycrystal(comm, *size)
    dim = p.dim
    space = broken_space(p.domain, ("Lagrange", degree, (dim,)), broken=p.facets)
    u, v = ufl.TrialFunction(space.V), ufl.TestFunction(space.V)
    strain = [ufl.sym(ufl.grad(w)) for w in (u, v)]
    a = (2 * ufl.inner(*strain) + ufl.tr(strain[0]) * ufl.tr(strain[1])) * ufl.dx
    a += 5 * ufl.inner(ufl.jump(u), ufl.jump(v)) * p.dS()
    L = ufl.inner(fem.Constant(p.domain, np.zeros(dim)), v) * ufl.dx
    bcs = [fem.dirichletbc(np.linspace(value, 0, dim), space.dofs(f), space.V) for value, f in p.end.items()]
    uh = p.solved(a, L, bcs)
    opening = p.total(ufl.inner(ufl.jump(uh), ufl.jump(uh)) * p.dS())
    return space.num_dofs, p.total(ufl.inner(ufl.sym(ufl.grad(uh)), ufl.sym(ufl.grad(uh))) * ufl.dx), opening


@pytest.mark.parametrize("size, degree", [((2, 12), 1), ((2, 12), 2), ((3, 5), 1)])
def test_cohesive_grains(size, degree):
    agree(elasticity, size, degree)


def film(comm, size, degree):
    """A film on all boundaries with a surface Laplacian, over triple lines."""
    p = Polycrystal(comm, *size)
    space = trace_space(p.domain, ("Lagrange", degree), p.facets)
    h, q = ufl.TrialFunction(space.V), ufl.TestFunction(space.V)
    n, x = ufl.FacetNormal(p.domain)("+"), ufl.SpatialCoordinate(p.domain)

    def surface(w):
        g = ufl.grad(w)("+")
        return g - ufl.inner(g, n) * n

    a = (h("+") * q("+") + 0.1 * ufl.inner(surface(h), surface(q))) * p.dS() + space.anchor_form(h, q)
    hh = p.solved(a, x[0]("+") ** 2 * q("+") * p.dS(), space.bcs())
    mass = p.total(x[0]("+") ** 2 * p.dS())
    assert p.total(hh("-") * p.dS()) == pytest.approx(mass, rel=1e-10)  # the Laplacian conserves the film
    return space.num_dofs, mass, p.total(ufl.inner(surface(hh), surface(hh)) * p.dS())


@pytest.mark.parametrize("size, degree", CASES)
def test_film_on_all_boundaries(size, degree):
    agree(film, size, degree)


def output(comm, size):
    """Points and volume of the split geometry."""
    p = Polycrystal(comm, *size)
    points, cells, _ = split_geometry(broken_space(p.domain, ("Lagrange", 1), broken=p.facets))
    corners = np.concatenate(comm.allgather(points))[cells]
    edges = (corners[:, 1:] - corners[:, :1])[:, :, : p.dim]
    moment = np.abs(np.linalg.det(edges)) @ corners.mean(axis=1)[:, 0]
    return comm.allreduce(len(points)), comm.allreduce(len(cells)), comm.allreduce(moment)


@pytest.mark.parametrize("size", [(2, 12), (3, 5)])
def test_split_geometry(size):
    agree(output, size)


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_questions_reach_the_owners_and_answers_come_back(degree):
    """Every rank asks the owner of each of its dofs for the square of the dof's number."""
    domain = mesh.create_unit_cube(COMM, 5, 5, 5, ghost_mode=SHARED)
    index_map = fem.functionspace(domain, ("Lagrange", degree)).dofmap.index_map
    number = index_map.local_to_global(np.arange(index_map.size_local + index_map.num_ghosts, dtype=np.int32))
    owner = np.concatenate([np.full(index_map.size_local, COMM.rank), index_map.owners])
    with Neighbourhood(index_map) as neighbours:
        asked, route = neighbours.ask(np.column_stack([number, np.full(len(number), COMM.rank)]), owner)
        first, end = index_map.local_range
        assert ((asked[:, 0] >= first) & (asked[:, 0] < end)).all()
        assert np.array_equal(asked[:, 1], route.source)
        answer = neighbours.answer(asked[:, :1] ** 2, route)
    assert np.array_equal(answer[:, 0], number**2)


def test_ranks_without_cells():
    """Two triangles on any number of ranks."""
    domain = mesh.create_unit_square(COMM, 1, 1, ghost_mode=SHARED)
    cells = domain.topology.index_map(2)
    labels = np.asarray(domain.topology.original_cell_index[: cells.size_local + cells.num_ghosts])
    facets, entities = oriented_entities(domain, labels)
    space = broken_space(domain, ("Lagrange", 2), broken=facets)
    assert space.num_dofs == 12
    assert broken_space(domain, ("Lagrange", 2), active=labels == 0).num_dofs == 6
    film = trace_space(domain, ("Lagrange", 2), facets)
    assert film.num_dofs == 3
    u = fem.Function(space.V)
    for label in (0, 1):
        space.interpolate(u, float(label), np.flatnonzero(labels[: cells.size_local] == label))
    dS = ufl.Measure("dS", domain=domain, subdomain_data=[(1, entities.reshape(-1))])(1)
    assert COMM.allreduce(fem.assemble_scalar(fem.form(ufl.jump(u) ** 2 * dS))) == pytest.approx(np.sqrt(2), abs=1e-13)
