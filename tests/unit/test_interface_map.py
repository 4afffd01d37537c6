"""Where a quantity of an interface is read: at the nodes of plane parts, in the mean at edges and corners."""

import numpy as np
import pytest
import ufl
from dolfinx import mesh

import fem_ssb as ssb
from fem_ssb.analysis import InterfaceMap

NAME, WIDTH, CELLS = "anode|separator", 6.0, 6


def read(comm, dim, raised, quantity):
    """x and values at the nodes of an interface, gathered, with the nodes in the middle raised by `raised`."""
    create, size = {2: mesh.create_rectangle, 3: mesh.create_box}[dim], [WIDTH] * (dim - 1) + [2.0]
    cells = [CELLS] * (dim - 1) + [2]
    domain = create(comm, [[0.0] * dim, size], cells, ghost_mode=mesh.GhostMode.shared_facet)
    here = domain.topology.index_map(dim)
    middles = mesh.compute_midpoints(domain, dim, np.arange(here.size_local + here.num_ghosts, dtype=np.int32))
    upper = (middles[:, dim - 1] > 1.0).astype(np.int32)
    x = domain.geometry.x
    x[np.isclose(x[:, dim - 1], 1.0) & np.isclose(x[:, 0], WIDTH / 2), dim - 1] += raised
    names = {"anode": "Li", "separator": "LLZO"}
    made = ssb.NamedMesh.from_cells(domain, list(names), upper, materials=names)
    model = ssb.Model(made, [ssb.Conduction(), ssb.ButlerVolmer()]).ground("top")
    model.apply(ssb.Current(0.0, into="bottom")).build()
    state = model.state
    state.provide("made up", NAME, lambda: quantity(ufl.SpatialCoordinate(state.domain)))
    surface = InterfaceMap(state, "made up", NAME)
    extremes = surface.evaluate()
    V = surface.values.function_space
    owned = np.flatnonzero(surface._weights > 0)
    place = np.concatenate(comm.allgather(V.tabulate_dof_coordinates()[owned, 0]))
    values = np.concatenate(comm.allgather(surface.values.x.array[owned]))
    return place, values, extremes


@pytest.mark.parallel
@pytest.mark.parametrize("dim", [2, 3])
def test_plane_interfaces_are_read_at_the_nodes(comm, dim):
    """The rim included, where an average is one-sided."""
    place, values, found = read(comm, dim, 0.0, lambda x: x[0] ** 2)
    assert len(place) == (CELLS + 1) ** (dim - 1)
    np.testing.assert_allclose(values, place**2, rtol=1e-12, atol=1e-12)
    assert (found["min"], found["max"]) == pytest.approx((0.0, WIDTH**2), abs=1e-12)
    assert found["mean"] == pytest.approx(WIDTH**2 / 3, rel=1e-12)


@pytest.mark.parallel
def test_bent_interfaces_are_read_in_the_mean(comm):
    """A ridge at x = 3 bends the interface at x = 2, 3 and 4; ∫x²N/∫N on cells of 1 is x² + 1/6."""
    place, values, _ = read(comm, 2, 0.5, lambda x: x[0] ** 2)
    plane, even = np.abs(place - 3) > 2.5, np.isin(np.round(place), (1, 3, 5))
    np.testing.assert_allclose(values[plane], place[plane] ** 2, atol=1e-12)
    np.testing.assert_allclose(values[even], place[even] ** 2 + 1 / 6, rtol=1e-12)
    assert (np.abs(values[~plane] - place[~plane] ** 2) > 0.01).all()
