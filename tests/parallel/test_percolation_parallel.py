"""Percolation of lattices made by hand, on any number of ranks."""

import numpy as np
import pytest
from dolfinx.mesh import compute_midpoints
from mpi4py import MPI

from fem_ssb.analysis import percolation, specific_area, volume_fractions
from fem_ssb.errors import InputError
from fem_ssb.mesh import from_image
from fem_ssb.microstructure import Bricks, Mixture, Packing, Phase, Stack

comm = MPI.COMM_WORLD
um = 1e-6

# x conducts: a path from the bottom to the top, a stub at the bottom, three squares that touch others in points.
LATTICE = """
x.....
x..x.x
x...x.
xxx...
..x.xx
..x..x
"""


def lattice(dim):
    """The lattice above as a mesh, upright; in 3D of two such layers."""
    rows = [line for line in LATTICE.split()]
    labels = np.array([[row[i] == "x" for row in reversed(rows)] for i in range(6)], dtype=int)
    if dim == 3:
        labels = np.stack([labels, labels], axis=1)
    return from_image(comm, labels, 1 * um, names={0: "rest", 1: "path"})


@pytest.mark.parametrize("dim", [2, 3])
def test_lattice(dim):
    """By hand: 14 squares; the path has 8 of them, the corner piece 3, three more touch in points only."""
    mesh = lattice(dim)
    found = percolation(mesh, "path", "bottom")
    assert found.fraction == pytest.approx(11 / 14, rel=1e-12)
    assert found.isolated == pytest.approx(3 / 14, rel=1e-12)
    assert found.components == 5
    assert percolation(mesh, "path", "top").fraction == pytest.approx(8 / 14, rel=1e-12)
    through = percolation(mesh, "path", ("bottom", "top"))
    assert through.fraction == pytest.approx(8 / 14, rel=1e-12)
    assert percolation(mesh, "path", ("top", "bottom")).fraction == through.fraction
    owned = mesh.domain.topology.index_map(dim).size_local
    cells_a_square = {2: 2, 3: 12}[dim]
    assert comm.allreduce(int(through.cells[:owned].sum())) == 8 * cells_a_square
    assert percolation(mesh, "path", "right").fraction == pytest.approx(4 / 14, rel=1e-12)
    both = percolation(mesh, ("rest", "path"), "left")
    assert both.fractions == {"rest": pytest.approx(1.0), "path": pytest.approx(1.0)}
    assert volume_fractions(mesh) == {"rest": pytest.approx(22 / 36), "path": pytest.approx(14 / 36)}


def test_place_and_blocked_interfaces():
    """A column of squares of three regions: an interface is a place, and a blocked one ends the path."""
    mesh = from_image(comm, np.array([[0, 1, 2, 1]]), 1 * um, names={0: "a", 1: "b", 2: "c"})
    assert percolation(mesh, "b", "a|b").fraction == pytest.approx(1 / 2)
    assert percolation(mesh, ("b", "c"), "a|b").fraction == pytest.approx(1.0)
    blocked = percolation(mesh, ("b", "c"), "a|b", blocked=["b|c"])
    assert blocked.fractions == {"b": pytest.approx(1 / 2), "c": pytest.approx(0.0)}
    assert percolation(mesh, "b", "a|c").fraction == 0.0  # which do not meet
    assert specific_area(mesh, "b|c", "c") == pytest.approx(2 / um, rel=1e-12)
    assert specific_area(mesh, "b|c") == pytest.approx(2 / (4 * um), rel=1e-12)


def test_mixture_on_any_number_of_ranks():
    """The same fractions as on one rank, where scipy's graph of the whole mesh is one piece."""
    stack = Stack(width=20 * um)
    phases = [Phase("active", "A", fraction=0.5, diameter=3 * um), Phase("electrolyte", "B", diameter=3 * um)]
    stack.layer("cathode", Mixture(phases, seed=2), thickness=20 * um)
    mesh, alone = (stack.mesh(c, size=1 * um) for c in (comm, MPI.COMM_SELF))
    for region in ("active", "electrolyte"):
        for places in ("bottom", ("bottom", "top")):
            one, many = percolation(alone, region, places), percolation(mesh, region, places)
            assert many.fraction == pytest.approx(one.fraction, rel=1e-12)
            assert many.components == one.components
    assert 0.0 < percolation(mesh, "active", "bottom").fraction < 1.0


def test_refused():
    mesh = lattice(2)
    with pytest.raises(InputError, match="unknown region 'paht'"):
        percolation(mesh, "paht", "bottom")
    with pytest.raises(InputError, match="unknown boundary or interface 'botom'"):
        percolation(mesh, "path", "botom")
    with pytest.raises(InputError, match="at least one"):
        percolation(mesh, [], "bottom")


@pytest.mark.parametrize("kind", ["mixture", "packing", "bricks"])
def test_same_cells_on_any_number_of_ranks(kind):
    """The same seed gives the same mesh: cells by the place of their middles, and the region of each."""
    active, matrix = Phase("active", "A", 0.5, 3 * um), Phase("matrix", "B")
    made = {
        "mixture": Mixture([active, Phase("matrix", "B", diameter=3 * um)], seed=2),
        "packing": Packing(active, matrix, contact=0.05, seed=2),
        "bricks": Bricks(Phase("active", "A"), matrix, 4 * um, 1 * um, 0.5 * um),
    }[kind]
    stack = Stack(width=12 * um)
    stack.layer("layer", made, thickness=12 * um)
    tables = []
    for c in (comm, MPI.COMM_SELF):
        mesh = stack.mesh(c, size=1 * um)
        cells = np.arange(mesh.domain.topology.index_map(2).size_local, dtype=np.int32)
        rows = np.column_stack(
            [mesh.domain.topology.original_cell_index[cells], compute_midpoints(mesh.domain, 2, cells)]
        )
        rows = np.column_stack([rows, mesh.region_of_cell[cells], mesh.grain_of_cell[cells]])
        gathered = np.concatenate(c.allgather(rows))
        tables.append(gathered[np.argsort(gathered[:, 0])])
    np.testing.assert_allclose(tables[0], tables[1], rtol=1e-12, atol=1e-18)
