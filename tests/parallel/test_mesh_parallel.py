"""The mesh does not depend on the number of ranks. Run as it is or under mpirun -n 2|3."""

import numpy as np
import pytest
from dolfinx.mesh import compute_midpoints
from mpi4py import MPI

from fem_ssb.errors import InputError
from fem_ssb.mesh import from_image, read_msh, refine
from fem_ssb.microstructure import Binder, Coat, Laguerre, Packing, Phase, Pores, RandomSurface, Stack, Voronoi

comm = MPI.COMM_WORLD
um = 1e-6


def stack_of(dim):
    stack = Stack(width=8 * um, dim=dim)
    stack.layer("anode", "Li", thickness=2 * um)
    pores = Pores(0.02, 0.5 * um) if dim == 2 else Pores(0.02, 0.8 * um, place="junctions")
    stack.layer("separator", "LLZO", thickness=8 * um, grains=Voronoi(20, seed=3), pores=pores)
    stack.layer("counter", "Li", thickness=2 * um)
    return stack


def rows(mesh, cells):
    """(midpoint, region, grain, place in Gmsh's order) of cells."""
    x = compute_midpoints(mesh.domain, mesh.dim, cells)
    original = mesh.domain.topology.original_cell_index[cells]
    return np.column_stack([original, x, mesh.region_of_cell[cells], mesh.grain_of_cell[cells]])


def ordered(table):
    return table[np.argsort(table[:, 0])]


def particles():
    """Balls that touch, in 3D."""
    stack = Stack(width=6 * um, dim=3)
    active = Phase("active", "NMC811", fraction=0.4, diameter=3 * um, spread=0.1)
    stack.layer("cathode", Packing(active, Phase("electrolyte", "Li6PS5Cl"), contact=0.1), thickness=6 * um)
    return stack


def dressed():
    """Polyhedra with a coat on half of them, and binder."""
    stack = Stack(width=6 * um, dim=3)
    active = Phase("active", "NMC811", fraction=0.6, diameter=3 * um, spread=0.2)
    dress = {"coat": Coat("coat", "LiNbO3", 0.08 * um, coverage=0.5), "binder": Binder("carbon", "C", 0.04)}
    packing = Packing(active, Phase("electrolyte", "Li6PS5Cl"), shape="polygonal", seed=1, **dress)
    stack.layer("cathode", packing, thickness=6 * um)
    return stack


@pytest.mark.parametrize("make", [lambda: stack_of(2), lambda: stack_of(3), particles], ids=["2d", "3d", "particles"])
def test_same_cells_on_any_number_of_ranks(make):
    mesh = make().mesh(comm, size=1 * um)
    alone = make().mesh(MPI.COMM_SELF, size=1 * um)
    dim = mesh.dim
    cells = mesh.domain.topology.index_map(dim)
    whole = ordered(rows(alone, np.arange(alone.domain.topology.index_map(dim).size_local, dtype=np.int32)))
    mine = rows(mesh, np.arange(cells.size_local, dtype=np.int32))
    gathered = ordered(np.concatenate(comm.allgather(mine)))
    np.testing.assert_array_equal(gathered[:, 0], np.arange(len(whole)))
    np.testing.assert_allclose(gathered, whole, rtol=1e-12, atol=1e-18)
    ghosts = np.arange(cells.size_local, cells.size_local + cells.num_ghosts, dtype=np.int32)
    there = rows(mesh, ghosts)
    np.testing.assert_allclose(there, whole[there[:, 0].astype(int)], rtol=1e-12, atol=1e-18)


@pytest.mark.parametrize("make", [lambda: stack_of(2), lambda: stack_of(3), dressed], ids=["2d", "3d", "dressed"])
def test_same_summary_on_any_number_of_ranks(make):
    here = make().mesh(comm, size=1 * um).summary()
    alone = make().mesh(MPI.COMM_SELF, size=1 * um).summary()
    assert here["cells"] == alone["cells"] and here["vertices"] == alone["vertices"]
    assert here["interfaces"].keys() == alone["interfaces"].keys()
    for kind in ("interfaces", "boundaries", "porosity"):
        assert here[kind] == pytest.approx(alone[kind], rel=1e-12)
    for region, numbers in here["regions"].items():
        assert numbers == pytest.approx(alone["regions"][region], rel=1e-12)


def test_facets_are_counted_once():
    """Each interface facet is owned by one rank, and its "+" and "-" cells are there."""
    mesh = stack_of(2).mesh(comm, size=1 * um)
    for name in mesh.interfaces:
        interface = mesh.interface(name)
        facets = mesh.domain.topology.index_map(1)
        assert (interface.facets < facets.size_local).all()
        every = np.concatenate(comm.allgather(facets.local_to_global(interface.facets)))
        assert len(np.unique(every)) == len(every)


def test_an_error_on_rank_0_is_raised_on_all():
    stack = Stack(width=1.0)
    stack.layer("a", "A", thickness=1.0, pores=Pores(0.7, 0.2))
    with pytest.raises(InputError, match="cannot be packed"):
        stack.mesh(comm, size=0.2)
    assert comm.allreduce(1) == comm.size


ONE_TRIANGLE = """$MeshFormat
2.2 0 8
$EndMeshFormat
$PhysicalNames
1
2 1 "only"
$EndPhysicalNames
$Nodes
3
1 0 0 0
2 1 0 0
3 0 1 0
$EndNodes
$Elements
1
1 2 2 1 1 1 2 3
$EndElements
"""


def test_more_ranks_than_cells_are_refused(tmp_path):
    path = comm.bcast(str(tmp_path / "one.msh"))
    if comm.rank == 0:
        with open(path, "w") as file:
            file.write(ONE_TRIANGLE)
    comm.barrier()
    if comm.size == 1:
        assert read_msh(comm, path).volume("only") == pytest.approx(0.5, rel=1e-12)
    else:
        with pytest.raises(InputError, match=f"1 cells cannot be shared by {comm.size} ranks"):
            read_msh(comm, path)


@pytest.mark.parametrize("dim", [2, 3])
def test_refined_rough_stack_is_the_same_on_any_number_of_ranks(dim):
    def made(on):
        stack = Stack(width=6 * um, dim=dim)
        stack.layer("low", "A", thickness=3 * um, grains=Laguerre(6, seed=1))
        stack.layer("high", "B", thickness=3 * um, grains=Voronoi(6, seed=2))
        stack.roughen("low|high", RandomSurface(0.2 * um, 2 * um))
        return refine(stack.mesh(on, size=1 * um)).summary()

    same(made(comm), made(MPI.COMM_SELF))


def test_image_is_the_same_on_any_number_of_ranks():
    image = np.random.default_rng(1).integers(0, 3, size=(6, 5, 4))
    names = {0: "pore", 1: "solid", 2: "solid"}
    same(*(from_image(on, image, um, names=names, smooth=5).summary() for on in (comm, MPI.COMM_SELF)))


def same(here, alone):
    """Two summaries, to rounding."""
    assert here["cells"] == alone["cells"] and here["vertices"] == alone["vertices"]
    for kind in ("interfaces", "boundaries"):
        assert here[kind] == pytest.approx(alone[kind], rel=1e-12)
    for region, numbers in here["regions"].items():
        assert numbers == pytest.approx(alone["regions"][region], rel=1e-12)
    assert here["quality"] == pytest.approx(alone["quality"], rel=1e-9)
