"""Images as meshes, refinement, files. Runs on any number of ranks."""

from pathlib import Path

import numpy as np
import pytest
from mpi4py import MPI

from fem_ssb.errors import InputError
from fem_ssb.mesh import from_image, read_msh, refine, write_mesh
from fem_ssb.mesh.measure import measures, vertices
from fem_ssb.microstructure import Disc, GrainBoundaries, Pores, Stack, Voronoi

comm = MPI.COMM_WORLD
um = 1e-6


def ball(dim, n, radius):
    """Pixels in a ball around the middle of n^dim pixels."""
    x = np.stack(np.meshgrid(*[np.arange(n) + 0.5] * dim, indexing="ij"), axis=-1) - n / 2
    return (np.linalg.norm(x, axis=-1) < radius).astype(np.int32)


@pytest.mark.parametrize("dim", [2, 3])
def test_pixels_are_exact(dim):
    image = np.random.default_rng(0).integers(0, 3, size=(5, 4, 3)[:dim])
    mesh = from_image(comm, image, 2 * um, names={0: "pore", 1: "solid", 2: "carbon"}, materials={"solid": "LLZO"})
    assert mesh.materials == {"solid": "LLZO"}
    for label, name in enumerate(("pore", "solid", "carbon")):
        assert mesh.volume(name) == pytest.approx((image == label).sum() * (2 * um) ** dim, rel=1e-12)
    faces = sum((np.diff(image, axis=axis) != 0).sum() for axis in range(dim))
    assert sum(mesh.area(name) for name in mesh.interfaces) == pytest.approx(faces * (2 * um) ** (dim - 1), rel=1e-12)
    np.testing.assert_allclose(mesh.upper, np.array(image.shape) * 2 * um, rtol=1e-12)


def test_labels_are_where_they_were():
    image = np.zeros((4, 3), dtype=int)
    image[3, 0] = 1
    mesh = from_image(comm, image, 1.0, names={0: "rest", 1: "corner"})
    cells = mesh.cells("corner")
    x = vertices(mesh.domain, 2, cells)
    assert comm.allreduce(len(cells)) == 2
    assert ((x[..., 0] >= 3.0) & (x[..., 1] <= 1.0)).all()


def test_labels_of_one_name_are_grains():
    image = np.repeat([[7, 7, 9, 9, 4]], 3, axis=0)
    mesh = from_image(comm, image, 1.0, names={7: "LLZO", 9: "LLZO", 4: "Li"})
    assert set(mesh.interfaces) == {"Li|LLZO", "LLZO|LLZO"}
    assert mesh.area("LLZO|LLZO") == pytest.approx(3.0) and len(mesh.grains("LLZO")) == 2


@pytest.mark.parametrize(("dim", "excess", "stepped_excess"), [(2, 0.03, 0.27), (3, 0.05, 0.5)])
def test_smooth_ball(dim, excess, stepped_excess):
    """Volume within 2 % of the pixels'; surface over 2πr or 4πr² by a few per cent, stepped by 4/π or 3/2."""
    n, radius = (40, 14.0) if dim == 2 else (20, 7.0)
    image = ball(dim, n, radius)
    surface = (2 * np.pi * radius * um) if dim == 2 else 4 * np.pi * (radius * um) ** 2
    stepped = from_image(comm, image, um, names={0: "out", 1: "in"})
    assert stepped.area("out|in") == pytest.approx((1 + stepped_excess) * surface, rel=0.05)
    mesh = from_image(comm, image, um, names={0: "out", 1: "in"}, smooth=20)
    assert mesh.volume("in") == pytest.approx(image.sum() * um**dim, rel=0.02)
    assert mesh.volume() == pytest.approx((n * um) ** dim, rel=1e-12)
    assert surface <= mesh.area("out|in") <= (1 + excess) * surface
    assert mesh.quality()["min"] >= 0.1


def test_smooth_polycrystal():
    """Grains of a 3D image: volumes within 0.5 %, boundary area within 5 % of the tessellation's."""
    n, count = 24, 10
    seeds = np.random.default_rng(5).random((count, 3))
    x = np.stack(np.meshgrid(*[np.arange(n) + 0.5] * 3, indexing="ij"), axis=-1)
    image = np.argmin(((x[..., None, :] - n * seeds) ** 2).sum(axis=-1), axis=-1)
    stack = Stack(width=n * um, dim=3)
    stack.layer("LLZO", "LLZO", n * um, grains=Voronoi(count, relax=0, seeds=seeds))
    exact = stack.summary(size=1e-3 * um)["layers"]["LLZO"]["boundary_per_volume"] * (n * um) ** 3
    mesh = from_image(comm, image, um, names=dict.fromkeys(range(count), "LLZO"), smooth=20)
    assert mesh.area("LLZO|LLZO") == pytest.approx(exact, rel=0.05)
    cells = np.arange(mesh.domain.topology.index_map(3).size_local, dtype=np.int32)
    volumes = comm.allreduce(np.bincount(mesh.grain_of_cell[cells], measures(mesh.domain, 3, cells), 10))
    np.testing.assert_allclose(volumes, np.bincount(image.ravel()) * um**3, rtol=0.005)
    assert mesh.quality()["min"] >= 0.1


def test_specks_do_not_stop_smoothing():
    """Voxels at random: the worst that an image can be."""
    image = np.random.default_rng(0).integers(0, 3, size=(8, 8, 8))
    mesh = from_image(comm, image, um, smooth=20)
    assert mesh.volume() == pytest.approx(512 * um**3, rel=1e-12) and mesh.quality()["min"] > 0.01
    for label, name in enumerate(mesh.region_names):
        assert mesh.volume(name) == pytest.approx((image == label).sum() * um**3, rel=0.02)


def test_images_that_do_not_fit():
    for image, more, message in (
        (np.zeros((3, 3), dtype=int), {}, "one label only"),
        (np.zeros((3, 3)), {}, "whole numbers"),
        (np.zeros(3, dtype=int), {}, "two or three axes"),
        (np.eye(3, dtype=int), {"names": {0: "a"}}, "without a name"),
        (np.eye(3, dtype=int), {"names": {0: "a|b", 1: "c"}}, r"\|"),
        (np.eye(30, dtype=int), {"max_cells": 100}, "more than max_cells"),
    ):
        with pytest.raises(InputError, match=message):
            from_image(comm, image, 1.0, **more)


@pytest.mark.parametrize("dim", [2, 3])
def test_refinement_keeps_every_name(dim):
    stack = Stack(width=8 * um, dim=dim)
    stack.layer("anode", "Li", thickness=2 * um)
    boundaries = GrainBoundaries(resistance=1.0)
    pores = Pores(0.02, 0.6 * um) if dim == 2 else Pores(0.01, 0.7 * um)
    stack.layer("separator", "LLZO", 6 * um, grains=Voronoi(6, seed=1), pores=pores, grain_boundaries=boundaries)
    stack.interface("anode|separator", film=2.0)
    coarse = stack.mesh(comm, size=1.5 * um)
    fine = refine(coarse)
    a, b = coarse.summary(), fine.summary()
    assert b["cells"] == 2**dim * a["cells"]
    assert fine.materials == coarse.materials and fine.interface_data == coarse.interface_data
    assert fine.grain_boundaries == coarse.grain_boundaries and fine.porosity == coarse.porosity
    np.testing.assert_array_equal(fine.orientations, coarse.orientations)
    for kind in ("interfaces", "boundaries"):
        assert b[kind] == pytest.approx(a[kind], rel=1e-12)
    for name in coarse.region_names:
        assert b["regions"][name]["volume"] == pytest.approx(a["regions"][name]["volume"], rel=1e-12)
        assert b["regions"][name]["grains"] == a["regions"][name]["grains"]


@pytest.mark.parametrize("dim", [2, 3])
def test_files(dim, tmp_path):
    folder = Path(comm.bcast(str(tmp_path)))
    stack = Stack(width=4 * um, dim=dim, periodic="x" if dim == 2 else ())
    stack.layer("anode", "Li", thickness=2 * um)
    stack.layer("separator", "LLZO", thickness=4 * um, grains=Voronoi(5, seed=1))
    if dim == 2:
        stack.inclusion("anode", "seed", "Si", Disc((2 * um, 1 * um), 0.4 * um))
    mesh = stack.mesh(comm, size={2: 1.0, 3: 1.4}[dim] * um)
    mesh.porosity = {"separator": 0.1}
    write_mesh(mesh, folder / "stack.msh")
    back = read_msh(comm, folder / "stack.msh")
    assert back.ends == mesh.ends == ("anode", "separator")
    assert back.periodic == mesh.periodic and back.porosity == mesh.porosity
    assert back.region_names == mesh.region_names and back.interfaces == mesh.interfaces
    for name in mesh.region_names:
        assert back.volume(name) == pytest.approx(mesh.volume(name), rel=1e-9)
    grains = back.summary()["regions"]["separator"]
    assert grains["grains"] == 5
    assert back.area("separator|separator") == pytest.approx(mesh.area("separator|separator"), rel=1e-9)
    np.testing.assert_array_equal(back.orientations, mesh.orientations)
    np.testing.assert_array_equal(back.region_of_grain, mesh.region_of_grain)
    assert list(back.boundaries) == list(mesh.boundaries)
    for name in mesh.boundaries:
        assert back.area(name) == pytest.approx(mesh.area(name), rel=1e-9)
    write_mesh(mesh, folder / "stack.vtu")
    if comm.rank == 0:
        import meshio

        read = meshio.read(folder / "stack.vtu")
        assert set(np.concatenate(read.cell_data["region"])) == set(range(len(mesh.region_names)))
        assert len(np.unique(np.concatenate(read.cell_data["grain"]))) == len(mesh.region_of_grain)
    with pytest.raises(InputError, match=r"\.msh, \.vtu or \.xdmf"):
        write_mesh(mesh, folder / "stack.stl")
    with pytest.raises(InputError, match="cannot write"):
        write_mesh(mesh, folder / "nowhere" / "stack.vtu")
