"""Refinement keeps every name and both faces of cracks, and conforms. Run as it is or under mpirun -n 2|3."""

import numpy as np
import pytest
from mpi4py import MPI

from fem_ssb.errors import InputError
from fem_ssb.mesh import refine
from fem_ssb.mesh.measure import measures, vertices
from fem_ssb.microstructure import GrainBoundaries, Penny, Pores, Slit, Stack, Voronoi

comm = MPI.COMM_WORLD
um, nm = 1e-6, 1e-9


def made(dim):
    stack = Stack(width=6 * um, dim=dim)
    stack.layer("anode", "Li", thickness=2 * um)
    pores = Pores(0.03, 0.5 * um) if dim == 2 else None
    stack.layer("separator", "LLZO", thickness=6 * um, grains=Voronoi(8, seed=3), pores=pores)
    stack.interface("anode|separator", film=2.0)
    return stack.mesh(comm, size=1.2 * um)


def owned(mesh):
    return np.arange(mesh.domain.topology.index_map(mesh.dim).size_local, dtype=np.int32)


def same_names(coarse, fine):
    """Every region, grain, interface and boundary is as large as before: nothing lost, no hanging node."""
    a, b = coarse.summary(), fine.summary()
    for kind in ("interfaces", "boundaries"):
        assert b[kind] == pytest.approx(a[kind], rel=1e-12)
    for name in coarse.region_names:
        assert b["regions"][name]["volume"] == pytest.approx(a["regions"][name]["volume"], rel=1e-12)
    for mesh in (coarse, fine):
        size = np.abs(np.linalg.det(np.diff(vertices(mesh.domain, mesh.dim, owned(mesh)), axis=1)))
        grains = np.bincount(mesh.grain_of_cell[owned(mesh)], size, len(mesh.region_of_grain))
        mesh.grain_sizes = comm.allreduce(grains)
    np.testing.assert_allclose(fine.grain_sizes, coarse.grain_sizes, rtol=1e-12)
    assert fine.interface_data == coarse.interface_data and fine.porosity == coarse.porosity
    assert fine.materials == coarse.materials and fine.grain_boundaries == coarse.grain_boundaries


@pytest.mark.parametrize("dim", [2, 3])
def test_near_an_interface(dim):
    coarse = made(dim)
    fine = refine(refine(coarse, "anode|separator", distance=0.6 * um), "anode|separator")
    same_names(coarse, fine)
    assert fine.quality()["min"] > 0.2 * coarse.quality()["min"]  # a quarter in 3D, after which it falls no further

    def facet_size(mesh, name):
        return mesh.area(name) / comm.allreduce(
            len(mesh.interface(name).facets if "|" in name else mesh.boundaries[name])
        )

    # Each pass halves all edges at the interface, and those at the far end not at all.
    shrunk = facet_size(fine, "anode|separator") / facet_size(coarse, "anode|separator")
    assert shrunk == pytest.approx(0.25 ** (dim - 1), rel=1e-9)
    assert facet_size(fine, "separator") > 0.7 * facet_size(coarse, "separator")


@pytest.mark.parametrize("dim", [2, 3])
def test_where_a_marker_says(dim):
    coarse = made(dim)
    corner = coarse.upper

    def near(x):
        return np.linalg.norm(x - corner, axis=1) < 2 * um

    fine = refine(coarse, where=near)
    same_names(coarse, fine)
    count = int(comm.allreduce(near(vertices(coarse.domain, dim, owned(coarse)).mean(axis=1)).sum()))
    more = fine.summary()["cells"] - coarse.summary()["cells"]
    assert (2**dim - 1) * count <= more <= 6 * (2**dim - 1) * count
    marks = near(vertices(coarse.domain, dim, owned(coarse)).mean(axis=1))
    assert refine(coarse, where=marks).summary()["cells"] == fine.summary()["cells"]
    both = refine(coarse, near="separator", where=near)
    assert both.summary()["cells"] == fine.summary()["cells"]


def faces(mesh, name, origin, normal):
    """Areas (m²) of the faces of a flat crack below and above it, and the number of their facets and vertices."""
    dim, topology, facets = mesh.dim, mesh.domain.topology, mesh.boundary(name)
    topology.create_connectivity(dim - 1, 0)
    topology.create_connectivity(dim - 1, dim)
    cells, ends = topology.connectivity(dim - 1, dim), topology.connectivity(dim - 1, 0).array.reshape(-1, dim)
    middles = vertices(mesh.domain, dim, cells.array[cells.offsets[facets]]).mean(axis=1)
    area = np.bincount((middles - origin) @ normal > 0.0, measures(mesh.domain, dim - 1, facets), 2)
    number = topology.index_map(0).local_to_global(ends[facets].ravel())
    return comm.allreduce(area), comm.allreduce(len(facets)), len(set().union(*comm.allgather(set(number.tolist()))))


@pytest.mark.parametrize("dim", [2, 3])
def test_sharp_cracks_and_coats(dim):
    """Both faces stay apart up to the rim, where they share their nodes: Euler's numbers of a circle and of a ball."""
    stack = Stack(width=6 * um, dim=dim)
    stack.layer("anode", "Li", thickness=2 * um)
    stack.coating("skin", "LiPON", 20 * nm, cells=2)
    stack.layer("separator", "LLZO", thickness=4 * um, grains=Voronoi(6, seed=3))
    normal, origin = np.zeros(dim), np.full(dim, 3 * um)
    normal[-2:], origin[-1] = (-0.6, 0.8), 4 * um
    if dim == 2:
        along = 1.2 * um * np.array([0.8, 0.6])
        stack.crack("crack", Slit([tuple(origin - along), tuple(origin + along)]))
        stack.crack("edge", Slit([(6 * um, 5 * um), (4.6 * um, 4.6 * um)]))
    else:
        stack.crack(
            "crack", Penny(tuple(origin), 1.2 * um, (np.degrees(np.arctan2(0.6, 0.8)), 0.0, 0.0)), tip_size=0.5 * um
        )
    origin[-1] += 20 * nm  # the coat lifts what is above it
    coarse = stack.mesh(comm, size=1.5 * um)
    meshes = [coarse, refine(coarse), refine(coarse, where=lambda x: x[:, 0] > 3 * um)]
    counts = []
    for mesh in meshes:
        same_names(coarse, mesh)
        area, facets, nodes = faces(mesh, "crack", origin, normal)
        assert area == pytest.approx(np.full(2, coarse.area("crack") / 2), rel=1e-9)
        assert nodes == (facets if dim == 2 else facets // 2 + 2)
        counts.append(facets)
    assert counts[1] == 2 ** (dim - 1) * counts[0] and 1.2 * counts[0] < counts[2] < counts[1]


@pytest.mark.parametrize("dim", [2, 3])
def test_thick_boundaries_and_coats(dim):
    """Of boundaries with a thickness and of a coat the volumes stay, and all the areas where they meet others."""
    stack = Stack(width=6 * um, dim=dim)
    stack.layer("anode", "Li", thickness=2 * um)
    stack.coating("skin", "LiPON", 20 * nm)
    film = GrainBoundaries(thickness=30 * nm, material="LiPON")
    stack.layer("separator", "LLZO", thickness=4 * um, grains=Voronoi(4, seed=3), grain_boundaries=film)
    coarse = stack.mesh(comm, size=1.5 * um)
    assert {"separator|separator boundaries", "skin|separator boundaries"} <= set(coarse.interfaces)
    for fine in (refine(coarse), refine(coarse, "separator boundaries")):
        same_names(coarse, fine)
        cells = [comm.allreduce(len(mesh.cells("separator boundaries"))) for mesh in (coarse, fine)]
        assert cells[1] == 2**dim * cells[0]


def test_what_does_not_fit():
    mesh = made(2)
    for arguments, message in (
        ({"near": "anod"}, "did you mean 'anode'"),
        ({"near": "anode|anode"}, "unknown interface"),
        ({"near": "anode", "distance": -1.0}, "at least 0"),
        ({"where": lambda x: x[:, 0]}, "must give booleans"),
        ({"where": lambda x: x[:, 0] > 1.0}, "no cell is to be refined"),
        ({"max_cells": 10}, "more than max_cells"),
    ):
        with pytest.raises(InputError, match=message):
            refine(mesh, **arguments)

    def fails(x):
        if comm.rank == comm.size - 1:
            raise LookupError("on the last rank")
        return np.ones(len(x), dtype=bool)

    with pytest.raises(LookupError, match="on the last rank"):
        refine(mesh, where=fails)
    stack = Stack(width=4 * um, periodic="x")
    stack.layer("separator", "LLZO", thickness=4 * um, grains=Voronoi(5, seed=3))
    mesh = stack.mesh(comm, size=1 * um)
    assert refine(mesh).periodic == (0,)
    with pytest.raises(InputError, match="refine it everywhere"):
        refine(mesh, near="separator")
