"""Damage that is there from the start, on any number of ranks: which nodes are broken, and that they stay so."""

import numpy as np
import pytest
from dolfinx import mesh
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.materials import IsotropicStiffness

comm = MPI.COMM_WORLD
BRITTLE = ssb.Material.custom(
    "brittle", kind="electrolyte", stiffness=IsotropicStiffness(150e9, 0.26), thermal_expansion=0.0, toughness=10.0
)


def held(initial):
    domain = mesh.create_unit_square(comm, 8, 8, ghost_mode=mesh.GhostMode.shared_facet)
    cells = domain.topology.index_map(2)
    region = np.zeros(cells.size_local + cells.num_ghosts, np.int32)
    body = ssb.NamedMesh.from_cells(domain, ["body"], region, materials={"body": BRITTLE})
    model = ssb.Model(body, [ssb.Elasticity(degree=1), ssb.Fracture(length=0.5, initial=initial)])
    return model.apply(*(ssb.Fixed("displacement", b, 0.0) for b in ("left", "right", "bottom", "top")))


def broken(state, field):
    V = state.spaces["damage"].V
    owned = V.dofmap.index_map.size_local
    x = V.tabulate_dof_coordinates()[:owned, :2]
    found = np.concatenate(comm.allgather(np.round(8 * x[field.x.array[:owned] == 1.0]).astype(int)))
    return set(map(tuple, found.tolist()))


def test_nodes_of_the_cells_that_a_crack_goes_through():
    """The row of cells 1/4 ≤ x ≤ 3/4 above y = 1/2: its nodes on both sides."""
    state = held(ssb.Slit([(0.25, 0.51), (0.75, 0.51)])).state
    expected = {(i, j) for i in range(2, 7) for j in (4, 5)}
    assert broken(state, state["damage"]) == broken(state, state.old("damage")) == expected


def test_it_never_heals():
    model = held([ssb.Slit([(0.25, 0.51), (0.75, 0.51)]), ssb.Slit([(0.51, 0.25), (0.51, 0.75)])])
    before = broken(model.state, model.state["damage"])
    model.solve()
    assert len(before) == 10 + 10 - 4
    assert before <= broken(model.state, model.state["damage"])


def test_a_function_of_place():
    state = held(lambda x: np.clip(x[0], 0.0, 0.5)).state
    owned = state.spaces["damage"].V.dofmap.index_map.size_local
    x = state.spaces["damage"].V.tabulate_dof_coordinates()[:owned, 0]
    assert state["damage"].x.array[:owned] == pytest.approx(np.minimum(x, 0.5), abs=1e-12)


def test_refused():
    with pytest.raises(ssb.InputError, match="from 0 to 1"):
        held(lambda x: 2 * x[0]).solve()
    with pytest.raises(ssb.InputError, match="no whole cell"):
        held(ssb.Slit([(3.0, 0.5), (4.0, 0.5)])).solve()
    with pytest.raises(ssb.InputError, match="initial damage must be"):
        ssb.Fracture(initial="crack")
