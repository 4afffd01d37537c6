"""Meshes in the formats of other programmes. Runs on any number of ranks."""

from pathlib import Path

import meshio
import numpy as np
import pytest
from mpi4py import MPI

from fem_ssb.errors import InputError
from fem_ssb.mesh import read_mesh, read_msh, write_mesh
from fem_ssb.microstructure import Stack, Voronoi

comm = MPI.COMM_WORLD
um = 1e-6


@pytest.fixture
def folder(tmp_path):
    return Path(comm.bcast(str(tmp_path)))


def made(dim):
    stack = Stack(width=4 * um, dim=dim)
    stack.layer("anode", "Li", thickness=2 * um)
    stack.layer("separator", "LLZO", thickness=4 * um, grains=Voronoi(5, seed=1))
    return stack.mesh(comm, size=1 * um)


def on_rank_0(write):
    if comm.rank == 0:
        write()
    comm.barrier()


@pytest.mark.parametrize("ending", [".vtu", ".xdmf"])
@pytest.mark.parametrize("dim", [2, 3])
def test_out_and_back(dim, ending, folder):
    mesh = made(dim)
    write_mesh(mesh, folder / f"stack{ending}")
    back = read_mesh(comm, folder / f"stack{ending}", names=dict(enumerate(mesh.region_names)))
    assert back.region_names == mesh.region_names and back.interfaces == ["anode|separator"]
    for name in mesh.region_names:
        assert back.volume(name) == pytest.approx(mesh.volume(name), rel=1e-9)
    assert back.area("top") == pytest.approx(mesh.area("separator"), rel=1e-9)
    grains = read_mesh(comm, folder / f"stack{ending}", labels="grain")
    assert len(grains.region_names) == 6


SQUARES = np.array([[0, 0], [1, 0], [2, 0], [0, 1], [1, 1], [2, 1]], dtype=float)
TRIANGLES = np.array([[0, 1, 4], [0, 4, 3], [1, 2, 5], [1, 5, 4]])


def test_sets_of_abaqus_become_names(folder):
    """Regions from sets of cells, boundaries from sets of facets; an unused node is left out."""
    sets = {"Li": [[0, 1], []], "LLZO": [[2, 3], []], "collector": [[], [0]], "far": [[], [1]]}
    points = np.column_stack([np.vstack([SQUARES, [9, 9]]), np.zeros(7)])
    cells = [("triangle", TRIANGLES), ("line", np.array([[0, 3], [2, 5]]))]
    on_rank_0(lambda: meshio.Mesh(points, cells, cell_sets=sets).write(folder / "two.inp"))
    mesh = read_mesh(comm, folder / "two.inp", scale=um, materials={"LLZO": "LLZO"})
    assert mesh.region_names == ["Li", "LLZO"] and mesh.interfaces == ["Li|LLZO"]
    assert mesh.volume("LLZO") == pytest.approx(um**2) and mesh.upper == pytest.approx([2 * um, um])
    assert sorted(mesh.boundaries) == ["collector", "far"] and mesh.area("far") == pytest.approx(um)


def test_numbers_of_medit_become_regions(folder):
    cells = [("triangle", TRIANGLES)]
    data = {"medit:ref": [np.array([4, 4, 9, 9])]}
    on_rank_0(lambda: meshio.Mesh(SQUARES, cells, cell_data=data).write(folder / "two.mesh"))
    assert read_mesh(comm, folder / "two.mesh").interfaces == ["region 4|region 9"]
    with pytest.raises(InputError, match=r"without a name: \[9\]"):
        read_mesh(comm, folder / "two.mesh", names={4: "Li"})
    with pytest.raises(InputError, match="unknown cell data 'grains'"):
        read_mesh(comm, folder / "two.mesh", labels="grains")


def test_files_that_do_not_fit(folder):
    def write():
        two = {"a": [[0, 1, 2]], "b": [[2, 3]]}
        meshio.Mesh(SQUARES, [("triangle", TRIANGLES)], cell_sets=two).write(folder / "overlap.inp")
        meshio.Mesh(SQUARES, [("quad", np.array([[0, 1, 4, 3]]))]).write(folder / "quad.vtu")
        meshio.Mesh(SQUARES, [("triangle", TRIANGLES[[0, 1, 2, 3, 0]])]).write(folder / "twice.vtu")
        meshio.Mesh(SQUARES, [("triangle", np.array([[0, 1, 2]]))]).write(folder / "flat.vtu")
        bent = np.column_stack([SQUARES, SQUARES[:, 0] ** 2])
        meshio.Mesh(bent, [("triangle", TRIANGLES)]).write(folder / "bent.vtu")
        whole = (folder / "twice.vtu").read_bytes()
        (folder / "cut.vtu").write_bytes(whole[: len(whole) // 2])
        (folder / "cut.inp").write_text((folder / "overlap.inp").read_text()[:60])
        (folder / "strange.xyz").write_text("?")

    on_rank_0(write)
    for name, message in (
        ("overlap.inp", "0 cells of .* are in no set and 1 in several"),
        ("quad.vtu", "holds quad"),
        ("twice.vtu", "not manifold"),
        ("flat.vtu", "1 of 1 cells of the mesh are flat"),
        ("bent.vtu", "not flat"),
        ("cut.vtu", "cannot read the mesh"),
        ("cut.inp", "cannot read the mesh|holds nothing"),
        ("strange.xyz", "cannot read the mesh"),
        ("nowhere.vtu", "no mesh file"),
    ):
        with pytest.raises(InputError, match=message):
            read_mesh(comm, folder / name)


def test_gmsh_files_cut_short(folder):
    mesh = made(2)
    write_mesh(mesh, folder / "whole.msh")
    whole = (folder / "whole.msh").read_text()
    for part in (0.95, 0.7, 0.3, 0.02):
        on_rank_0(lambda part=part: (folder / "cut.msh").write_text(whole[: int(part * len(whole))]))
        with pytest.raises(InputError):
            read_msh(comm, folder / "cut.msh")
