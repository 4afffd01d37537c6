"""Finer meshes at interfaces, junctions, valleys and peaks. Runs on any number of ranks."""

import numpy as np
import pytest
from mpi4py import MPI

from fem_ssb.errors import InputError
from fem_ssb.mesh.measure import measures, vertices
from fem_ssb.mesh.refine import refine
from fem_ssb.microstructure import Disc, Sinusoid, Sphere, Stack, Voronoi

comm = MPI.COMM_WORLD
um = 1e-6
FINE = {2: 0.2 * um, 3: 0.35 * um}


def made(dim):
    stack = Stack(width=8 * um, dim=dim)
    stack.layer("anode", "Li", thickness=4 * um)
    stack.layer("separator", "LLZO", thickness=5 * um, grains=Voronoi(8, seed=1))
    return stack


def edge(mesh, name):
    """Mean edge length of facets of an interface, as sides of regular ones."""
    facets = mesh.interface(name).facets
    mean = mesh.area(name) / comm.allreduce(len(facets))
    return mean if mesh.dim == 2 else np.sqrt(mean * 4 / np.sqrt(3))


@pytest.mark.parametrize("name", ["anode|separator", "separator|separator"])
@pytest.mark.parametrize("dim", [2, 3])
def test_everywhere_on_an_interface(dim, name):
    stack = made(dim)
    coarse = stack.mesh(comm, size=1 * um)
    stack.refine_at(name, FINE[dim])
    mesh = stack.mesh(comm, size=1 * um)
    assert edge(mesh, name) == pytest.approx(FINE[dim], rel=0.15)
    assert edge(coarse, name) > 2 * FINE[dim]
    far = mesh.boundary("anode")
    size = np.sqrt(measures(mesh.domain, dim - 1, far) * (4 / np.sqrt(3))) if dim == 3 else None
    longest = comm.allreduce(float((size if dim == 3 else measures(mesh.domain, 1, far)).max(initial=0.0)), op=MPI.MAX)
    assert longest > 0.8 * um
    cells = mesh.summary()["cells"]
    assert 0.5 * cells < stack.estimated_cells(1 * um) < 2.0 * cells
    assert mesh.quality()["min"] > 0.05


def test_junctions():
    """The size at a triple point, and 0.3 a length away from it."""
    stack = made(2)
    stack.refine_at("separator|separator", 0.1 * um, at="junctions", distance=0.2 * um)
    mesh = stack.mesh(comm, size=1 * um)
    owned = np.arange(mesh.domain.topology.index_map(2).size_local, dtype=np.int32)
    facets = mesh.interface("separator|separator").facets
    ends = np.concatenate(comm.allgather(vertices(mesh.domain, 1, facets).reshape(-1, 2)))
    points, times = np.unique(np.round(ends / um, 6), axis=0, return_counts=True)
    triple = points[times == 3] * um
    assert len(triple) >= 3
    x = vertices(mesh.domain, 2, owned)
    away = np.linalg.norm(x.mean(axis=1)[:, None] - triple, axis=2).min(axis=1)
    size = np.sqrt(measures(mesh.domain, 2, owned) * 4 / np.sqrt(3))
    means = [
        comm.allreduce(size[chosen].sum()) / comm.allreduce(int(chosen.sum()))
        for chosen in (away < 0.15 * um, (away > 1.2 * um) & (x.mean(axis=1)[:, 1] > 4.5 * um))
    ]
    assert means[0] == pytest.approx(0.1 * um, rel=0.25) and means[1] > 3 * means[0]


@pytest.mark.parametrize(("at", "phase"), [("valleys", 0.5), ("peaks", 0.0)])
def test_valleys_and_peaks(at, phase):
    stack = made(2)
    stack.roughen("anode|separator", Sinusoid(0.3 * um, 4 * um))
    stack.refine_at("separator|anode", 0.1 * um, at=at)
    mesh = stack.mesh(comm, size=1 * um)
    facets = mesh.interface("anode|separator").facets
    x, length = vertices(mesh.domain, 1, facets)[:, :, 0].mean(axis=1) / (4 * um), measures(mesh.domain, 1, facets)
    off = np.abs((x - phase + 0.5) % 1.0 - 0.5) * 4 * um
    near, far = off < 0.3 * um, off > 1.5 * um
    sizes = [comm.allreduce(length[chosen].sum()) / comm.allreduce(int(chosen.sum())) for chosen in (near, far)]
    assert sizes[0] < 0.2 * um and sizes[1] > 2 * sizes[0]


def test_junctions_and_valleys_3d():
    """Edges on triple lines, and facets at the lowest points of an interface, are of the size asked for."""
    stack = made(3)
    stack.roughen("anode|separator", Sinusoid(0.3 * um, 8 * um))
    stack.refine_at("separator|separator", 0.3 * um, at="junctions")
    stack.refine_at("anode|separator", 0.2 * um, at="valleys")
    mesh = stack.mesh(comm, size=1.2 * um)
    facets = mesh.interface("separator|separator").facets
    x = np.concatenate(comm.allgather(vertices(mesh.domain, 2, facets))).reshape(-1, 3)
    points, corners = np.unique(np.round(x / um, 6), axis=0, return_inverse=True)
    corners = corners.reshape(-1, 3)
    sides = np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]]), axis=1)
    edges, times = np.unique(sides, axis=0, return_counts=True)
    a, b = points[edges[times == 3].T]
    assert len(a) > 20 and np.median(np.linalg.norm(b - a, axis=1)) == pytest.approx(0.3, rel=0.2)
    facets = mesh.interface("anode|separator").facets
    corners, area = vertices(mesh.domain, 2, facets), measures(mesh.domain, 2, facets)
    lowest = corners[:, :, 2].min(axis=1) < 3.71 * um
    sizes = [
        np.sqrt(comm.allreduce(area[some].sum()) / comm.allreduce(int(some.sum())) * 4 / np.sqrt(3))
        for some in (lowest, corners[:, :, 2].min(axis=1) > 3.9 * um)
    ]
    assert sizes[0] < 0.35 * um and sizes[1] > 1.5 * sizes[0]


@pytest.mark.parametrize("dim", [2, 3])
def test_inclusions(dim):
    stack = made(dim)
    shape = Disc((4 * um, 2 * um), 1 * um) if dim == 2 else Sphere((4 * um, 4 * um, 2 * um), 1 * um)
    stack.inclusion("anode", "body", "C", shape)
    stack.refine_at("body|anode", 0.25 * um)
    mesh = stack.mesh(comm, size=1 * um)
    assert 0.15 * um < edge(mesh, "anode|body") < 0.28 * um


def test_inclusion_across_grains_in_3d():
    sizes = []
    for size in (None, 0.35 * um):
        stack = made(3)
        stack.inclusion("separator", "body", "C", Sphere((4 * um, 4 * um, 6.5 * um), 1.6 * um))
        if size:
            stack.refine_at("body|separator", size)
        sizes.append(edge(stack.mesh(comm, size=1 * um), "separator|body"))
    assert sizes[1] < 0.75 * sizes[0] and sizes[1] == pytest.approx(0.35 * um, rel=0.3)


def test_what_does_not_fit():
    stack = made(2)
    for arguments, message in (
        (("anode", 1e-7), "named 'a|b'"),
        (("a|b", 0.0), "above 0"),
        (("a|b", 1e-7, "valley"), "did you mean 'valleys'"),
        (("a|b", 1e-7, "peaks", -1.0), "at least 0"),
    ):
        with pytest.raises(InputError, match=message):
            stack.refine_at(*arguments)
    for arguments, message in (
        (("anod|separator", 1e-7), "unknown region 'anod'"),
        (("anode|anode", 1e-7), "no interface 'anode|anode'"),
        (("anode|separator", 1e-7, "valleys"), "has no valleys"),
        (("anode|separator", 5e-9), "more than max_cells"),
    ):
        stack.spots.clear()
        stack.refine_at(*arguments)
        with pytest.raises(InputError, match=message):
            stack.mesh(comm, size=1 * um, max_cells=2000)


def test_cells_get_no_worse_with_repeated_refinement():
    """Halving the edges in a smaller place each time: the pieces of a tetrahedron are of finitely many shapes.

    (A. Plaza and G. F. Carey, Appl. Numer. Math. 32 (2000) 195.) The worst gamma falls in the first two passes, to a
    third to a sixth, and then stays.
    """
    stack = Stack(width=4.0, dim=3)
    stack.layer("metal", "Li", 2.0)
    stack.layer("separator", "LLZO", 4.0, grains=Voronoi(6, seed=2))
    mesh = stack.mesh(comm, size=1.2)
    worst = [mesh.quality()["min"]]
    for level in range(4):
        mesh = refine(mesh, where=lambda x, r=1.5 / 2**level: np.linalg.norm(x - 2.0, axis=1) < r)
        worst.append(mesh.quality()["min"])
    assert worst[1] > worst[0] / 3
    assert worst[2] > worst[0] / 6
    assert min(worst[3:]) > 0.99 * worst[2]
