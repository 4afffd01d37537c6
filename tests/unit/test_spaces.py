"""Spaces: counts of dofs, exact jumps, restricted fields, ties, traces; in serial and under mpirun."""

import basix.ufl
import numpy as np
import pytest
import ufl
from dolfinx import fem, mesh
from dolfinx.fem.petsc import LinearProblem, NonlinearProblem
from mpi4py import MPI
from petsc4py import PETSc

from fem_ssb.errors import InputError
from fem_ssb.spaces import broken_space, oriented_entities, split_geometry, trace_space

COMM = MPI.COMM_WORLD
LU = {"ksp_type": "preonly", "pc_type": "lu", "pc_factor_mat_solver_type": "mumps", "ksp_error_if_not_converged": True}
HYPRE = {"ksp_type": "cg", "pc_type": "hypre", "ksp_rtol": 1e-12, "ksp_error_if_not_converged": True}
GAMG = {"ksp_type": "cg", "pc_type": "gamg", "ksp_rtol": 1e-12, "ksp_error_if_not_converged": True}


def box(dim, n, ghosts=mesh.GhostMode.shared_facet):
    """Unit square or cube of 2 n^2 triangles or 6 n^3 tetrahedra."""
    if dim == 2:
        return mesh.create_unit_square(COMM, n, n, ghost_mode=ghosts)
    return mesh.create_unit_cube(COMM, n, n, n, ghost_mode=ghosts)


def midpoints(domain):
    cells = domain.topology.index_map(domain.topology.dim)
    return mesh.compute_midpoints(
        domain, domain.topology.dim, np.arange(cells.size_local + cells.num_ghosts, dtype=np.int32)
    )


def owned_cells(domain, flags):
    return np.flatnonzero(flags[: domain.topology.index_map(domain.topology.dim).size_local]).astype(np.int32)


def facets_where(domain, where):
    """Owned facets all of whose vertices satisfy a condition."""
    fdim = domain.topology.dim - 1
    domain.topology.create_entities(fdim)
    found = mesh.locate_entities(domain, fdim, where)
    return found[found < domain.topology.index_map(fdim).size_local]


def boundary(domain, axis, value):
    fdim = domain.topology.dim - 1
    return mesh.locate_entities_boundary(domain, fdim, lambda x: np.isclose(x[axis], value))


def indicator(domain, values):
    """DG0 function with the given value in each cell."""
    f = fem.Function(fem.functionspace(domain, ("DG", 0)))
    f.x.array[:] = values
    return f


def total(form):
    return COMM.allreduce(fem.assemble_scalar(fem.form(form)), op=MPI.SUM)


_names = iter(f"test_spaces_{i}_" for i in range(10**6))


def solved(a, L, bcs, options=LU):
    problem = LinearProblem(a, L, bcs=bcs, petsc_options=options, petsc_options_prefix=next(_names))
    return problem.solve()


def dS(domain, entities):
    return ufl.Measure("dS", domain=domain, subdomain_data=[(1, entities.reshape(-1))])(1)


# -- counts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("degree", [1, 2, 3, 4])
@pytest.mark.parametrize("dim, n", [(2, 8), (3, 4)])
def test_crack_that_ends_inside_doubles_all_but_its_tip(dim, n, degree):
    domain = box(dim, n)
    crack = facets_where(domain, lambda x: np.isclose(x[1], 0.5) & (x[0] <= 0.5 + 1e-9))
    added = broken_space(domain, ("Lagrange", degree), broken=crack).num_dofs
    added -= broken_space(domain, ("Lagrange", degree)).num_dofs
    along = degree * n // 2
    assert added == along * (degree * n + 1) ** (dim - 2)


@pytest.mark.parametrize("degree", [1, 2, 3])
@pytest.mark.parametrize("dim, n", [(2, 8), (3, 4)])
def test_triple_junction_with_one_side_broken_stays_whole(dim, n, degree):
    """A | B broken, A | C and B | C not: the two sides are one again where C begins."""
    domain = box(dim, n)
    side = facets_where(domain, lambda x: np.isclose(x[0], 0.5) & (x[1] >= 0.5 - 1e-9))
    added = broken_space(domain, ("Lagrange", degree), broken=side).num_dofs
    added -= broken_space(domain, ("Lagrange", degree)).num_dofs
    assert added == degree * n // 2 * (degree * n + 1) ** (dim - 2)


@pytest.mark.parametrize("degree", [1, 2, 3])
@pytest.mark.parametrize("dim, n", [(2, 8), (3, 4)])
def test_four_blocks_broken_from_each_other(dim, n, degree):
    domain = box(dim, n)
    x = midpoints(domain)
    facets, _ = oriented_entities(domain, (x[:, 0] > 0.5) + 2 * (x[:, 1] > 0.5))
    space = broken_space(domain, ("Lagrange", degree), broken=facets)
    assert space.num_dofs == 4 * (degree * n // 2 + 1) ** 2 * (degree * n + 1) ** (dim - 2)
    assert space.num_dummies == 0 and space.active.all()


@pytest.mark.parametrize("shape", [(2,), (2, 2)])
def test_blocks_are_split_as_blocks(shape):
    domain = box(2, 6)
    facets = facets_where(domain, lambda x: np.isclose(x[0], 0.5))
    scalar = broken_space(domain, ("Lagrange", 2), broken=facets)
    blocked = broken_space(domain, ("Lagrange", 2, shape), broken=facets)
    assert blocked.num_dofs == int(np.prod(shape)) * scalar.num_dofs
    assert blocked.V.dofmap.index_map_bs == int(np.prod(shape))


def hashed(points, n, share):
    """A choice of facets that looks random and is the same on any number of ranks."""
    k = np.rint(points * 12 * n).astype(np.int64) @ np.array([7919, 104729, 1299709])
    return (k * 2654435761 % 2**32) / 2**32 < share


def copies_by_hand(domain, degree, broken):
    """Copies of every dof of a serial mesh, counted one by one: groups of cells joined by unbroken facets."""
    V = fem.functionspace(domain, ("Lagrange", degree))
    tdim = domain.topology.dim
    domain.topology.create_connectivity(tdim - 1, tdim)
    to_cells = domain.topology.connectivity(tdim - 1, tdim)
    pairs = [
        tuple(to_cells.links(f)) for f in range(to_cells.num_nodes) if not broken[f] and len(to_cells.links(f)) == 2
    ]
    cells = [set(V.dofmap.cell_dofs(c)) for c in range(len(V.dofmap.list))]
    star = {}
    for c, dofs in enumerate(cells):
        for d in dofs:
            star.setdefault(d, {})[c] = c
    for a, b in pairs:
        for d in cells[a] & cells[b]:
            group = star[d]
            keep, drop = group[a], group[b]
            for c in group:
                if group[c] == drop:
                    group[c] = keep
    return sum(len(set(group.values())) for group in star.values())


@pytest.mark.parametrize("share", [0.2, 0.6])
@pytest.mark.parametrize("degree", [1, 2])
@pytest.mark.parametrize("dim, n", [(2, 6), (3, 3)])
def test_any_set_of_broken_facets_as_counted_by_hand(dim, n, degree, share):
    def chosen(domain):
        domain.topology.create_connectivity(dim - 1, dim)
        facets = domain.topology.index_map(dim - 1)
        every = np.arange(facets.size_local, dtype=np.int32)
        return hashed(mesh.compute_midpoints(domain, dim - 1, every), n, share)

    make = mesh.create_unit_square if dim == 2 else mesh.create_unit_cube
    alone = make(MPI.COMM_SELF, *[n] * dim)
    domain = box(dim, n)
    space = broken_space(domain, ("Lagrange", degree), broken=np.flatnonzero(chosen(domain)).astype(np.int32))
    assert space.num_dofs == copies_by_hand(alone, degree, chosen(alone))


def test_nothing_to_do_gives_the_plain_space():
    domain = box(2, 4)
    cells = len(midpoints(domain))
    plain = fem.functionspace(domain, ("Lagrange", 2))
    for space in (
        broken_space(domain, ("Lagrange", 2)),
        broken_space(domain, ("Lagrange", 2), broken=[], active=np.ones(cells, dtype=bool)),
        broken_space(domain, ("DG", 2), broken=facets_where(domain, lambda x: np.isclose(x[0], 0.5))),
    ):
        assert space.num_dofs == space.V.dofmap.index_map.size_global
        assert space.bcs() == [] and len(space.dummy) == 0 and len(space.anchor) == 0
        assert space.anchor_form(None, None) == 0
    assert np.array_equal(broken_space(domain, ("Lagrange", 2)).V.dofmap.list, plain.dofmap.list)


# -- jumps -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("degree", [1, 2, 3, 4])
@pytest.mark.parametrize("dim, n", [(2, 8), (3, 4)])
def test_slabs_in_series_with_resistive_interfaces(dim, n, degree):
    """Four slabs, unit conductivity and voltage: i = 1 / (1 + 3 R), u = i (x + R · interfaces passed)."""
    domain, R = box(dim, n), 0.5
    slab = np.floor(4 * midpoints(domain)[:, 0])
    facets, entities = oriented_entities(domain, slab.astype(np.int32))
    space = broken_space(domain, ("Lagrange", degree), broken=facets)
    u, v = ufl.TrialFunction(space.V), ufl.TestFunction(space.V)
    a = ufl.inner(ufl.grad(u), ufl.grad(v)) * ufl.dx + 1 / R * ufl.jump(u) * ufl.jump(v) * dS(domain, entities)
    L = fem.Constant(domain, 0.0) * v * ufl.dx
    bcs = [fem.dirichletbc(value, space.dofs(boundary(domain, 0, value)), space.V) for value in (0.0, 1.0)]
    uh = solved(a, L, bcs)
    exact = (ufl.SpatialCoordinate(domain)[0] + R * indicator(domain, slab)) / (1 + 3 * R)
    assert np.sqrt(total((uh - exact) ** 2 * ufl.dx)) < 1e-12


@pytest.mark.parametrize("degree", [1, 2])
@pytest.mark.parametrize("dim, n", [(2, 6), (3, 4)])
def test_elastic_bar_with_a_cohesive_interface(dim, n, degree):
    """Springs in series, no lateral strain: E = 3, stiffness K = 2, end moved by 0.1: t = 0.1 / (1/E + 1/K)."""
    domain, E, K = box(dim, n), 3.0, 2.0
    side = midpoints(domain)[:, 0] > 0.5
    facets, entities = oriented_entities(domain, side)
    space = broken_space(domain, ("Lagrange", degree, (dim,)), broken=facets)
    u, v = ufl.TrialFunction(space.V), ufl.TestFunction(space.V)
    a = E * ufl.inner(ufl.sym(ufl.grad(u)), ufl.sym(ufl.grad(v))) * ufl.dx
    a += K * ufl.inner(ufl.jump(u), ufl.jump(v)) * dS(domain, entities)
    L = ufl.inner(fem.Constant(domain, np.zeros(dim)), v) * ufl.dx
    ends = [(0, np.zeros(dim)), (1, np.array([0.1, *[0.0] * (dim - 1)]))]
    bcs = [fem.dirichletbc(value, space.dofs(boundary(domain, 0, x)), space.V) for x, value in ends]
    uh = solved(a, L, bcs)
    traction = 0.1 / (1 / E + 1 / K)
    along = traction * (ufl.SpatialCoordinate(domain)[0] / E + indicator(domain, side) / K)
    exact = ufl.as_vector([along, *[0] * (dim - 1)])
    assert np.sqrt(total(ufl.inner(uh - exact, uh - exact) * ufl.dx)) < 1e-12


@pytest.mark.parametrize("dim, n", [(2, 8), (3, 4)])
def test_interfaces_are_oriented_from_the_smaller_label(dim, n):
    domain = box(dim, n)
    x = midpoints(domain)
    labels = np.where(x[:, 0] > 0.5, 1, 5)
    facets, entities = oriented_entities(domain, labels)
    assert (labels[entities[:, 0]] == 1).all() and (labels[entities[:, 2]] == 5).all()
    assert COMM.allreduce(len(facets)) == (n if dim == 2 else 2 * n * n)
    to_facets = domain.topology.connectivity(dim, dim - 1).array.reshape(-1, dim + 1)
    for side in (0, 2):
        assert np.array_equal(to_facets[entities[:, side], entities[:, side + 1]], facets)
    normal = ufl.FacetNormal(domain)("+")
    assert total(normal[0] * dS(domain, entities)) == pytest.approx(-1.0, abs=1e-13)


def test_dofs_of_one_side_and_of_both():
    domain = box(2, 8)
    facets, entities = oriented_entities(domain, midpoints(domain)[:, 0] > 0.5)
    space = broken_space(domain, ("Lagrange", 1), broken=facets)
    owned = space.V.dofmap.index_map.size_local

    def number(dofs):
        return COMM.allreduce(int(np.count_nonzero(dofs < owned)))

    assert number(space.dofs(facets)) == 18
    left, right = space.dofs(entities[:, :2]), space.dofs(entities[:, 2:])
    assert number(left) == number(right) == 9 and not np.intersect1d(left, right).size
    ends = space.dofs(boundary(domain, 1, 0.0))
    assert number(ends) == 10
    assert np.allclose(space.V.tabulate_dof_coordinates()[ends][:, 1], 0.0)


# -- interpolation and output --------------------------------------------------------------------------------------


def test_interpolation_keeps_jumps_and_other_regions():
    domain = box(2, 8)
    x = midpoints(domain)
    region = (x[:, 0] > 0.5) + 2 * (x[:, 1] > 0.5)
    facets, _ = oriented_entities(domain, region % 2)  # left | right broken; upper | lower continuous
    space = broken_space(domain, ("Lagrange", 2), broken=facets)
    u = fem.Function(space.V)
    for label, value in ((0, 7.0), (2, 7.0), (1, lambda x: x[0] * x[1]), (3, lambda x: x[0] * x[1])):
        space.interpolate(u, value, owned_cells(domain, region == label))
    X = ufl.SpatialCoordinate(domain)
    right = indicator(domain, region % 2)
    assert total((u - 7 * (1 - right) - X[0] * X[1] * right) ** 2 * ufl.dx) < 1e-24
    w = fem.Function(space.V)
    space.interpolate(w, 2 * u + X[1])
    assert total((w - 2 * u - X[1]) ** 2 * ufl.dx) < 1e-24


def test_interpolation_reaches_dofs_owned_elsewhere():
    """Cells of a checkerboard: every vertex is touched although its owner may have none of the cells."""
    domain = box(2, 9)
    x = np.floor(midpoints(domain)[:, :2] * 9).astype(int).sum(axis=1)
    space = broken_space(domain, ("Lagrange", 1, (2,)))
    u = fem.Function(space.V)
    u.x.array[:] = -1.0
    space.interpolate(u, [1.0, 2.0], owned_cells(domain, x % 2 == 0))
    blocks = u.x.array.reshape(-1, 2)
    corner = np.isclose(space.V.tabulate_dof_coordinates()[:, :2] @ [1, 1], 1.0)
    assert np.array_equal(blocks[~corner], np.tile([1.0, 2.0], (np.count_nonzero(~corner), 1)))


@pytest.mark.parametrize("dim, n", [(2, 6), (3, 4)])
def test_split_geometry_is_the_mesh_with_doubled_points(dim, n):
    domain = box(dim, n)
    facets, _ = oriented_entities(domain, midpoints(domain)[:, 0] > 0.5)
    space = broken_space(domain, ("Lagrange", 1), broken=facets)
    points, cells, offset = split_geometry(space)
    assert offset == COMM.allreduce(0) + space.V.dofmap.index_map.local_range[0]
    everything = np.concatenate(COMM.allgather(points))
    assert everything.shape == ((n + 1) ** dim + (n + 1) ** (dim - 1), 3)
    corners = everything[cells]
    count = domain.topology.index_map(dim).size_local
    assert np.allclose(corners.mean(axis=1), midpoints(domain)[:count])
    volume = np.abs(np.linalg.det((corners[:, 1:] - corners[:, :1])[:, :, :dim])) / (2 if dim == 2 else 6)
    assert COMM.allreduce(volume.sum()) == pytest.approx(1.0, abs=1e-12)
    sides = COMM.allgather(np.unique(cells[corners[:, :, 0].mean(axis=1) < 0.5]))
    assert len(np.unique(np.concatenate(sides))) == (n // 2 + 1) * (n + 1) ** (dim - 1)


def test_split_geometry_refuses_other_spaces():
    domain = box(2, 4)
    with pytest.raises(InputError, match="P1"):
        split_geometry(broken_space(domain, ("Lagrange", 2)))
    with pytest.raises(InputError, match="all cells"):
        split_geometry(broken_space(domain, ("Lagrange", 1), active=midpoints(domain)[:, 0] > 0.5))


# -- fields on some cells ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [LU, HYPRE, GAMG], ids=["mumps", "hypre", "gamg"])
@pytest.mark.parametrize("degree", [1, 2])
@pytest.mark.parametrize("dim, n", [(2, 8), (3, 4)])
def test_field_on_the_upper_half_with_two_grains(dim, n, degree, options):
    """As the slabs in series, where the lower half has no field and the interface ends on it."""
    domain, R = box(dim, n), 0.5
    x = midpoints(domain)
    upper, right = x[:, 1] > 0.5, x[:, 0] > 0.5
    facets, entities = oriented_entities(domain, np.where(upper, right, 0))
    inside = upper[entities[:, 0]] & upper[entities[:, 2]]
    facets, entities = facets[inside], entities[inside]
    space = broken_space(domain, ("Lagrange", degree), broken=facets, active=upper)
    assert space.num_dofs == 2 * (degree * n // 2 + 1) ** 2 * (degree * n + 1) ** (dim - 2)
    assert np.array_equal(space.active, upper)
    u, v = ufl.TrialFunction(space.V), ufl.TestFunction(space.V)
    data = [(1, owned_cells(domain, upper)), (9, space.anchor)]
    dx = ufl.Measure("dx", domain=domain, subdomain_data=data)
    a = ufl.inner(ufl.grad(u), ufl.grad(v)) * dx(1) + 1 / R * ufl.jump(u) * ufl.jump(v) * dS(domain, entities)
    a += space.anchor_form(u, v, dx(9))
    L = fem.Constant(domain, 0.0) * v * dx(1)
    ends = [fem.dirichletbc(value, space.dofs(boundary(domain, 0, value)), space.V) for value in (0.0, 1.0)]
    uh = solved(a, L, [*ends, *space.bcs()], options)
    exact = (ufl.SpatialCoordinate(domain)[0] + R * indicator(domain, right)) / (1 + R)
    assert np.sqrt(total((uh - exact) ** 2 * dx(1))) < (1e-12 if options is LU else 1e-10)
    assert np.abs(uh.x.array[space.dummy]).max(initial=0.0) < 1e-10


@pytest.mark.parametrize("options", [LU, HYPRE, GAMG], ids=["mumps", "hypre", "gamg"])
def test_interface_integrals_between_active_and_inactive_cells(options):
    """-u'' = 0 on x < 1/2, u(0) = 0, flux 3 (1 - u) at the interface: u = 6 x / 5."""
    domain = box(3, 4)
    left = midpoints(domain)[:, 0] < 0.5
    _, entities = oriented_entities(domain, ~left)
    space = broken_space(domain, ("Lagrange", 1), active=left)
    u, v = ufl.TrialFunction(space.V), ufl.TestFunction(space.V)
    dx = ufl.Measure("dx", domain=domain, subdomain_data=[(1, owned_cells(domain, left)), (9, space.anchor)])
    face = dS(domain, entities)
    a = ufl.inner(ufl.grad(u), ufl.grad(v)) * dx(1) + 3 * u("+") * v("+") * face + space.anchor_form(u, v, dx(9))
    bcs = [fem.dirichletbc(0.0, space.dofs(boundary(domain, 0, 0.0)), space.V), *space.bcs()]
    uh = solved(a, 3 * v("+") * face, bcs, options)
    assert np.sqrt(total((uh - 1.2 * ufl.SpatialCoordinate(domain)[0]) ** 2 * dx(1))) < 1e-10
    assert np.sqrt(total(uh("-") ** 2 * face)) < 1e-10


def test_rows_of_dummies_stay_short():
    """A row as long as the interface would make multigrid set-up quadratic in the interface's facets."""
    domain = box(3, 8)
    left = midpoints(domain)[:, 0] < 0.5
    facets, entities = oriented_entities(domain, ~left)
    for space in (broken_space(domain, ("Lagrange", 1), active=left), trace_space(domain, ("Lagrange", 1), facets)):
        u, v = ufl.TrialFunction(space.V), ufl.TestFunction(space.V)
        form = fem.form(ufl.avg(u) * ufl.avg(v) * dS(domain, entities) + space.anchor_form(u, v))
        A = fem.petsc.assemble_matrix(form, bcs=space.bcs())
        A.assemble()
        start, end = A.getOwnershipRange()
        owned = space.dummy[space.dummy < end - start]
        longest = max((len(A.getRow(start + int(i))[0]) for i in owned), default=0)
        assert COMM.allreduce(longest, op=MPI.MAX) <= 8 * 2 * 4
        A.destroy()


def test_anchor_form_makes_its_own_measure():
    domain = box(2, 8)
    left = midpoints(domain)[:, 0] < 0.5
    space = broken_space(domain, ("Lagrange", 1, (2,)), active=left)
    u, v = ufl.TrialFunction(space.V), ufl.TestFunction(space.V)
    A = fem.petsc.assemble_matrix(fem.form(space.anchor_form(u, v)), bcs=space.bcs())
    A.assemble()
    start = A.getOwnershipRange()[0]
    owned = space.dummy[space.dummy < space.V.dofmap.index_map.size_local]
    rows = (2 * owned[:, None] + np.arange(2)).reshape(-1)
    assert np.array_equal(A.getDiagonal().array[rows], np.ones(len(rows)))
    for row in start + rows.astype(PETSc.IntType):
        assert row in A.getRow(row)[0]
    A.destroy()


def test_active_cells_that_meet_in_a_point_are_not_joined():
    domain = box(2, 8)
    x = midpoints(domain)
    space = broken_space(domain, ("Lagrange", 1), active=(x[:, 0] > 0.5) == (x[:, 1] > 0.5))
    assert space.num_dofs == 2 * 25


def test_a_field_on_one_cell_only():
    """Ranks without active cells take part; the only rank that has any owns all dofs."""
    domain = box(2, 6)
    one = np.all(np.isclose(midpoints(domain)[:, :2], [5 / 18, 1 / 18]), axis=1)
    assert COMM.allreduce(len(owned_cells(domain, one))) == 1
    space = broken_space(domain, ("Lagrange", 3), active=one)
    assert space.num_dofs == 10
    index_map = space.V.dofmap.index_map
    true = index_map.size_local - np.count_nonzero(space.dummy < index_map.size_local)
    assert true == (10 if len(owned_cells(domain, one)) else 0)


def test_discontinuous_elements_are_restricted_too():
    domain = box(2, 4)
    left = midpoints(domain)[:, 0] < 0.5
    space = broken_space(domain, ("DG", 1), active=left)
    assert space.num_dofs == 3 * 16 and np.array_equal(space.active, left)


def test_owned_dofs_are_in_owned_cells():
    """Of anything split, restricted and tied at once: no rank owns a dof that it does not assemble."""
    domain = box(3, 4)
    x = midpoints(domain)
    facets, _ = oriented_entities(domain, (x[:, 1] > 0.5) + 2 * (x[:, 2] > 0.5))
    space = broken_space(domain, ("Lagrange", 2), broken=facets, active=x[:, 0] < 0.75, tied=[boundary(domain, 0, 0.0)])
    dofmap, count = space.V.dofmap, domain.topology.index_map(3).size_local
    used = np.unique(dofmap.list[:count])
    assert np.array_equal(used[used < dofmap.index_map.size_local], np.arange(dofmap.index_map.size_local))
    assert np.array_equal(np.unique(dofmap.list), np.arange(len(used) + len(np.setdiff1d(dofmap.list, used))))
    dummies = np.unique(dofmap.list[space.anchor])
    owned = space.dummy[space.dummy < dofmap.index_map.size_local]
    assert np.array_equal(np.intersect1d(dummies, owned), owned)


# -- ties ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [LU, HYPRE, GAMG], ids=["mumps", "hypre", "gamg"])
@pytest.mark.parametrize("dim, n", [(2, 8), (3, 4)])
def test_collector_at_fixed_current(dim, n, options):
    """Conductivity 1 + y and resistance R / (1 + y) in series: V = I (1 + R) / ∫(1 + y) dy, uniform in y."""
    domain, R, current = box(dim, n), 0.5, 0.7
    facets, entities = oriented_entities(domain, midpoints(domain)[:, 0] > 0.5)
    top, bottom = boundary(domain, 0, 1.0), boundary(domain, 0, 0.0)
    space = broken_space(domain, ("Lagrange", 1), broken=facets, tied=[top])
    tied = space.dofs(top)
    assert COMM.allreduce(int(np.count_nonzero(tied < space.V.dofmap.index_map.size_local))) == 1
    assert space.num_dofs == (n + 2) * (n + 1) ** (dim - 1) - (n + 1) ** (dim - 1) + 1
    u, v = ufl.TrialFunction(space.V), ufl.TestFunction(space.V)
    k = 1 + ufl.SpatialCoordinate(domain)[1]
    a = k * ufl.inner(ufl.grad(u), ufl.grad(v)) * ufl.dx
    a += k("+") / R * ufl.jump(u) * ufl.jump(v) * dS(domain, entities)
    tags = mesh.meshtags(domain, dim - 1, np.sort(top), np.ones(len(top), dtype=np.int32))
    ds = ufl.Measure("ds", domain=domain, subdomain_data=tags)(1)
    bcs = [fem.dirichletbc(0.0, space.dofs(bottom), space.V)]
    uh = solved(a, fem.Constant(domain, current) * v * ds, bcs, options)
    assert total(uh * ds) == pytest.approx(current * (1 + R) / 1.5, abs=1e-11)


def test_collector_as_a_global_unknown_gives_the_same_voltage():
    """Resistance that is not matched to the conductivity; a real unknown behind a contact of conductance k."""
    domain, current, k = box(2, 12), 0.7, 1e8
    facets, entities = oriented_entities(domain, midpoints(domain)[:, 0] > 0.5)
    top, bottom = boundary(domain, 0, 1.0), boundary(domain, 0, 0.0)
    tags = mesh.meshtags(domain, 1, np.sort(top), np.ones(len(top), dtype=np.int32))
    ds = ufl.Measure("ds", domain=domain, subdomain_data=tags)(1)
    y = ufl.SpatialCoordinate(domain)[1]

    def residual(space):
        u, v = fem.Function(space.V), ufl.TestFunction(space.V)
        F = (1 + y) * ufl.inner(ufl.grad(u), ufl.grad(v)) * ufl.dx
        F += 2 / (1 + y("+")) * ufl.jump(u) * ufl.jump(v) * dS(domain, entities)
        return u, v, F, [fem.dirichletbc(0.0, space.dofs(bottom), space.V)]

    u, v, F, bcs = residual(broken_space(domain, ("Lagrange", 1), broken=facets, tied=[top]))
    F -= fem.Constant(domain, current) * v * ds
    NonlinearProblem(F, u, bcs=bcs, petsc_options=LU, petsc_options_prefix=next(_names)).solve()
    tied = total(u * ds)

    u, v, F, bcs = residual(broken_space(domain, ("Lagrange", 1), broken=facets))
    R = fem.functionspace(domain, basix.ufl.real_element(domain.basix_cell(), ()))
    V, q = fem.Function(R), ufl.TestFunction(R)
    G = [F + k * (u - V) * v * ds, (k * (V - u) - current) * q * ds]
    NonlinearProblem(
        G, [u, V], bcs=bcs, petsc_options={**LU, "snes_rtol": 1e-12}, petsc_options_prefix=next(_names), kind="mpi"
    ).solve()
    real = COMM.allreduce(V.x.array[0] if len(V.x.array) else -np.inf, op=MPI.MAX)
    assert tied == pytest.approx(real, abs=2e-7)


def test_ties_across_grains_on_some_cells_only():
    """A collector on the active half joins two grains, but not the copy of a dof that only touches it."""
    domain, n = box(2, 8), 8
    x = midpoints(domain)
    left = x[:, 0] < 0.5
    facets, _ = oriented_entities(domain, np.where(left, x[:, 1] > 0.5, 2))
    space = broken_space(domain, ("Lagrange", 1), broken=facets, active=left, tied=[boundary(domain, 0, 0.0)])
    assert space.num_dofs == 2 * 25 - 10 + 1
    lower = facets_where(domain, lambda x: np.isclose(x[0], 0.0) & (x[1] <= 0.5 + 1e-9))
    space = broken_space(domain, ("Lagrange", 1), broken=facets, tied=[lower])
    assert space.num_dofs == 2 * 25 + (n // 2 + 1) * (n + 1) - 5 + 1


def test_two_collectors_stay_two():
    domain = box(2, 8)
    space = broken_space(domain, ("Lagrange", 2), tied=[boundary(domain, 0, 0.0), boundary(domain, 0, 1.0)])
    assert space.num_dofs == 15 * 17 + 2


def test_tied_vectors_move_as_one():
    domain = box(2, 4)
    space = broken_space(domain, ("Lagrange", 1, (2,)), tied=[boundary(domain, 1, 1.0)])
    assert space.num_dofs == 2 * (20 + 1)


# -- traces --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("degree", [1, 2, 3])
@pytest.mark.parametrize("dim, n", [(2, 8), (3, 4)])
@pytest.mark.parametrize("cross", [False, True], ids=["plane", "triple lines"])
def test_values_and_surface_gradients_of_a_trace(dim, n, degree, cross):
    """A polynomial of the element's degree and its tangential gradient are exact from both sides."""
    domain = box(dim, n)
    x = midpoints(domain)
    facets, entities = oriented_entities(domain, (x[:, 0] > 0.5) + (2 * (x[:, 1] > 0.5) if cross else 0))
    space = trace_space(domain, ("Lagrange", degree), facets)
    lines, depth = degree * n + 1, (degree * n + 1) ** (dim - 2)
    assert space.num_dofs == (2 * lines - 1 if cross else lines) * depth
    X = ufl.SpatialCoordinate(domain)
    exact = (1 + X[0] + 2 * X[1] + (3 * X[2] if dim == 3 else 0)) ** degree
    h = fem.Function(space.V)
    space.interpolate(h, exact)
    h.x.array[space.dummy] = 77.0
    normal = ufl.FacetNormal(domain)("+")

    def tangential(g):
        return g - ufl.inner(g, normal) * normal

    scale = total(exact("+") ** 2 * dS(domain, entities))
    for side in ("+", "-"):
        assert total((h(side) - exact(side)) ** 2 * dS(domain, entities)) < 1e-24 * scale
        error = tangential(ufl.grad(h)(side)) - tangential(ufl.grad(exact)(side))
        assert total(ufl.inner(error, error) * dS(domain, entities)) < 1e-20 * scale


@pytest.mark.parametrize("options", [LU, HYPRE, GAMG], ids=["mumps", "hypre", "gamg"])
def test_film_solved_on_an_interface(options):
    """h - D Δ_s h = cos π y on a face with no flux at its ends: h = cos π y / (1 + D π²)."""
    domain, D = box(2, 64), 0.1
    facets, entities = oriented_entities(domain, midpoints(domain)[:, 0] > 0.5)
    space = trace_space(domain, ("Lagrange", 2), facets)
    h, q = ufl.TrialFunction(space.V), ufl.TestFunction(space.V)
    normal = ufl.FacetNormal(domain)("+")

    def tangential(w):
        g = ufl.grad(w)("+")
        return g - ufl.inner(g, normal) * normal

    face = dS(domain, entities)
    wave = ufl.cos(np.pi * ufl.SpatialCoordinate(domain)[1])
    a = (h("+") * q("+") + D * ufl.inner(tangential(h), tangential(q))) * face + space.anchor_form(h, q)
    hh = solved(a, wave("+") * q("+") * face, space.bcs(), options)
    assert np.sqrt(total((hh("+") - wave("+") / (1 + D * np.pi**2)) ** 2 * face)) < 1e-6


def test_trace_with_jumps_on_one_side():
    """A film on the grains' side of a plane, with a jump where a grain boundary ends on it."""
    domain, n = box(2, 8), 8
    x = midpoints(domain)
    grains = x[:, 0] > 0.5
    plane, _ = oriented_entities(domain, grains)
    boundary_facets, _ = oriented_entities(domain, grains & (x[:, 1] > 0.5))
    between = np.setdiff1d(boundary_facets, plane)
    assert trace_space(domain, ("Lagrange", 1), plane, broken=between).num_dofs == n + 1
    assert trace_space(domain, ("Lagrange", 1), plane, broken=between, active=grains).num_dofs == n + 2


def test_trace_leaves_out_copies_without_a_facet():
    """A film on a grain boundary that ends on a broken plane: beyond the plane there is none of it."""
    domain, n = box(2, 8), 8
    x = midpoints(domain)
    plane, _ = oriented_entities(domain, x[:, 0] > 0.5)
    film = facets_where(domain, lambda x: np.isclose(x[1], 0.5) & (x[0] >= 0.5 - 1e-9))
    space = trace_space(domain, ("Lagrange", 1), film, broken=plane)
    assert space.num_dofs == n // 2 + 1
    beyond = owned_cells(domain, x[:, 0] < 0.5)
    assert not space.active[beyond].any()


def test_trace_on_the_boundary():
    domain = box(3, 4)
    space = trace_space(domain, ("Lagrange", 1), boundary(domain, 2, 1.0))
    assert space.num_dofs == 25
    h = fem.Function(space.V)
    space.interpolate(h, 2.0)
    tags = np.sort(boundary(domain, 2, 1.0))
    ds = ufl.Measure(
        "ds", domain=domain, subdomain_data=mesh.meshtags(domain, 2, tags, np.ones(len(tags), dtype=np.int32))
    )
    assert total(h * ds(1)) == pytest.approx(2.0, abs=1e-13)


# -- refusals ------------------------------------------------------------------------------------------------------


def test_errors_come_on_all_ranks():
    domain = box(2, 4)
    left = boundary(domain, 0, 0.0)
    wrong = [10**6] if COMM.rank == COMM.size - 1 else []
    with pytest.raises(InputError, match="local facets"):
        broken_space(domain, ("Lagrange", 1), broken=wrong)
    with pytest.raises(InputError, match="integers"):
        broken_space(domain, ("Lagrange", 1), broken=[0.5] if COMM.rank == 0 else [])
    with pytest.raises(InputError, match="owned and ghost"):
        broken_space(domain, ("Lagrange", 1), active=np.ones(3, dtype=bool))
    with pytest.raises(InputError, match="no active cell"):
        broken_space(domain, ("Lagrange", 1), active=np.zeros(len(midpoints(domain)), dtype=bool))
    with pytest.raises(InputError, match="tied set 1 has no facet"):
        broken_space(domain, ("Lagrange", 1), tied=[left, []])
    with pytest.raises(InputError, match="tied sets 0, 1 touch"):
        broken_space(domain, ("Lagrange", 1), tied=[left, boundary(domain, 1, 1.0)])
    with pytest.raises(InputError, match="dofs on facets"):
        broken_space(domain, ("DG", 1), tied=[left])
    with pytest.raises(InputError, match="without facets"):
        trace_space(domain, ("Lagrange", 1), [])
    with pytest.raises(InputError, match="triangles or tetrahedra"):
        broken_space(
            mesh.create_unit_square(COMM, 3, 3, mesh.CellType.quadrilateral, ghost_mode=mesh.GhostMode.shared_facet),
            ("Lagrange", 1),
        )


def test_mesh_without_ghosts_is_refused_only_where_it_matters():
    domain = box(2, 6, ghosts=mesh.GhostMode.none)
    facets = facets_where(domain, lambda x: np.isclose(x[0], 0.5))
    assert broken_space(domain, ("Lagrange", 1)).num_dofs == 49
    if COMM.size == 1:
        assert broken_space(domain, ("Lagrange", 1), broken=facets).num_dofs == 56
    else:
        with pytest.raises(InputError, match="shared_facet"):
            broken_space(domain, ("Lagrange", 1), broken=facets)
