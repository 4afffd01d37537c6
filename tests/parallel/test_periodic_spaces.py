"""Periodic spaces: dof counts, exact periodic fields, jumps that go through the faces; on any number of ranks."""

import numpy as np
import pytest
import ufl
from dolfinx import fem, mesh
from dolfinx.fem.petsc import LinearProblem
from mpi4py import MPI

from fem_ssb.errors import InputError
from fem_ssb.mesh.measure import BOX_NAMES, box_boundaries
from fem_ssb.spaces import PeriodicPair, broken_space, trace_space

comm = MPI.COMM_WORLD
SHARED = mesh.GhostMode.shared_facet


def box(dim, n):
    if dim == 2:
        return mesh.create_unit_square(comm, *n, ghost_mode=SHARED)
    return mesh.create_unit_cube(comm, *n, ghost_mode=SHARED)


def pairs(domain, axes):
    dim = domain.topology.dim
    faces = box_boundaries(domain, BOX_NAMES[dim])
    return [PeriodicPair(*(faces[name] for name in BOX_NAMES[dim][a]), np.eye(dim)[a]) for a in axes]


@pytest.mark.parametrize("degree", [1, 2, 3])
@pytest.mark.parametrize(("dim", "axes"), [(2, (0,)), (2, (0, 1)), (3, (0,)), (3, (0, 1)), (3, (0, 1, 2))])
def test_number_of_dofs(dim, axes, degree):
    n = (3, 4, 2)[:dim]
    domain = box(dim, n)
    space = broken_space(domain, ("Lagrange", degree), periodic=pairs(domain, axes))
    expected = np.prod([degree * k + (a not in axes) for a, k in enumerate(n)])
    assert space.num_dofs == space.V.dofmap.index_map.size_global == expected


@pytest.mark.parametrize("shape", [(), (2,)])
def test_periodic_poisson_is_exact(shape):
    """−Δu + u = f with u = sin 2πx cos 2πy on a doubly periodic square: error O(h³) of P2, and no boundary term."""
    errors = []
    for n in (8, 16):
        domain = box(2, (n, n))
        space = broken_space(
            domain, ("Lagrange", 2, shape) if shape else ("Lagrange", 2), periodic=pairs(domain, (0, 1))
        )
        x = ufl.SpatialCoordinate(domain)
        exact = ufl.sin(2 * ufl.pi * x[0]) * ufl.cos(2 * ufl.pi * (x[1] - 0.1))
        exact = ufl.as_vector([0.6 * exact, 0.8 * exact]) if shape else exact
        u, v = ufl.TrialFunction(space.V), ufl.TestFunction(space.V)
        a = (ufl.inner(ufl.grad(u), ufl.grad(v)) + ufl.inner(u, v)) * ufl.dx
        load = (1 + 8 * ufl.pi**2) * ufl.inner(exact, v) * ufl.dx
        solver = {"ksp_type": "preonly", "pc_type": "lu", "pc_factor_mat_solver_type": "mumps"}
        found = LinearProblem(a, load, petsc_options_prefix="periodic_", petsc_options=solver).solve()
        square = ufl.inner(found - exact, found - exact) * ufl.dx
        errors.append(np.sqrt(comm.allreduce(fem.assemble_scalar(fem.form(square)))))
    assert errors[1] < 1e-3 and errors[0] / errors[1] > 7


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("degree", [1, 2])
def test_jumps_go_through_the_faces(dim, degree):
    """A plane of facets that ends at periodic faces on all its sides: two dofs at every place on it."""
    n = (4, 3, 2)[:dim]
    domain = box(dim, n)
    cut = mesh.locate_entities(domain, dim - 1, lambda x: np.isclose(x[0], 0.5))
    cut = cut[cut < domain.topology.index_map(dim - 1).size_local]
    space = broken_space(domain, ("Lagrange", degree), broken=cut, periodic=pairs(domain, range(dim)))
    assert space.num_dofs == np.prod([degree * k for k in n]) + np.prod([degree * k for k in n[1:]])


def test_restricted_and_tied_fields_are_periodic_too():
    domain = box(2, (4, 6))
    cells = domain.topology.index_map(2)
    middle = mesh.compute_midpoints(domain, 2, np.arange(cells.size_local + cells.num_ghosts, dtype=np.int32))
    lower = middle[:, 1] < 0.5
    faces = box_boundaries(domain, BOX_NAMES[2])
    space = broken_space(domain, ("Lagrange", 1), active=lower, tied=[faces["bottom"]], periodic=pairs(domain, (0,)))
    assert space.num_dofs == 4 * 3 + 1


def test_trace_is_periodic():
    domain = box(2, (4, 6))
    cut = mesh.locate_entities(domain, 1, lambda x: np.isclose(x[1], 0.5))
    cut = cut[cut < domain.topology.index_map(1).size_local]
    assert trace_space(domain, ("Lagrange", 1), cut, periodic=pairs(domain, (0,))).num_dofs == 4


def test_faces_that_do_not_match_are_refused():
    domain = box(2, (4, 4))
    x = domain.geometry.x
    x[np.isclose(x[:, 0], 1.0) & np.isclose(x[:, 1], 0.5), 1] += 0.05
    with pytest.raises(InputError, match="not periodic"):
        broken_space(domain, ("Lagrange", 1), periodic=pairs(domain, (0,)))
