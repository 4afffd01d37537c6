"""Coatings in stacks: names, places, roughness, refusals. Runs on any number of ranks."""

import numpy as np
import pytest
from mpi4py import MPI

from fem_ssb.errors import InputError
from fem_ssb.mesh import estimated_cells, refine
from fem_ssb.mesh.measure import BOX_NAMES, box_boundaries, vertices
from fem_ssb.microstructure import Ellipse, Sinusoid, Slit, Stack, Voids, Voronoi

comm = MPI.COMM_WORLD
um, nm = 1e-6, 1e-9


def made(dim, between=None):
    stack = Stack(width=6 * um, dim=dim)
    stack.coating("foil", "Al", 20 * nm)
    stack.layer("anode", "Li", 3 * um)
    stack.coating("interlayer", "LiPON", 10 * nm)
    stack.coating("skin", "Au", 30 * nm, cells=2)
    stack.layer("separator", "LLZO", 4 * um, grains=Voronoi(6, seed=2))
    stack.coating("cap", "Cu", 5 * nm)
    return stack


@pytest.mark.parametrize("dim", [2, 3])
def test_names_and_places(dim):
    stack = made(dim)
    stack.interface("skin|interlayer", film=3.0)
    mesh = stack.mesh(comm, size=1.2 * um)
    assert mesh.region_names == ["foil", "anode", "interlayer", "skin", "separator", "cap"]
    pairs = {"foil|anode", "anode|interlayer", "interlayer|skin", "skin|separator", "separator|cap"}
    assert set(mesh.interfaces) == pairs | {"separator|separator"}
    base = (6 * um) ** (dim - 1)
    for name, thickness in (("foil", 20 * nm), ("interlayer", 10 * nm), ("skin", 30 * nm), ("cap", 5 * nm)):
        assert mesh.volume(name) == pytest.approx(base * thickness, rel=1e-9)
    assert mesh.volume() == pytest.approx(base * stack.height, rel=1e-12)
    for name in (*sorted(pairs), "foil", "cap"):
        assert mesh.area(name) == pytest.approx(base, rel=1e-9)
    assert mesh.interface_data == {"interlayer|skin": {"film": 3.0}} and mesh.materials["cap"] == "Cu"
    assert estimated_cells(stack, 1.2 * um) == pytest.approx(mesh.summary()["cells"], rel=0.4)
    assert mesh.quality(without=("foil", "interlayer", "skin", "cap"))["min"] > 0.05
    fine = refine(mesh)
    assert fine.volume("skin") == pytest.approx(mesh.volume("skin"), rel=1e-9)


def test_opposite_faces_of_a_periodic_stack_match():
    """Facets, not only nodes: the prisms of a coating are cut alike on both sides."""
    stack = Stack(width=6 * um, dim=3, periodic="xy")
    stack.layer("anode", "Li", 2 * um)
    stack.coating("interlayer", "LiPON", 10 * nm, cells=2)
    stack.layer("separator", "LLZO", 4 * um, grains=Voronoi(6, seed=2))
    mesh = stack.mesh(comm, size=1.2 * um)
    faces = box_boundaries(mesh.domain, BOX_NAMES[3])
    for axis, names in enumerate((("left", "right"), ("front", "back"))):
        sides = []
        for name in names:
            mine = np.delete(vertices(mesh.domain, 2, faces[name]).mean(axis=1), axis, axis=1) / um
            every = np.round(np.concatenate(comm.allgather(mine)), 7)
            sides.append(every[np.lexsort(every.T)])
        np.testing.assert_allclose(*sides, atol=2e-7)


def test_roughness_bends_a_coating_whole():
    stack = made(2)
    stack.roughen("interlayer|anode", Sinusoid(0.2 * um, 3 * um))
    mesh = stack.mesh(comm, size=0.3 * um)
    assert mesh.volume("skin") == pytest.approx(6 * um * 30 * nm, rel=1e-9)
    assert mesh.area("anode|interlayer") == pytest.approx(mesh.area("skin|separator"), rel=1e-9)
    assert mesh.area("foil|anode") == pytest.approx(6 * um, rel=1e-12)
    stack.roughen("skin|separator", Sinusoid(0.1 * um, 3 * um))
    with pytest.raises(InputError, match="rough already"):
        stack.mesh(comm, size=0.3 * um)


def test_voids_inclusions_and_cracks_beside_coatings():
    stack = made(2)
    stack.voids("anode|interlayer", Voids(depth=0.5 * um, strips=[(1 * um, 2 * um)]))
    stack.inclusion("separator", "needle", "Li", Ellipse((3 * um, 5 * um), radii=(0.8 * um, 0.4 * um)))
    stack.crack("crack", Slit([(0.8 * um, 4.0 * um), (1.2 * um, 6.5 * um)]), tip_size=0.2 * um)
    stack.crack("edge", Slit([(5.0 * um, 3.0 * um), (5.2 * um, 4.5 * um)]), tip_size=0.2 * um)
    mesh = stack.mesh(comm, size=0.5 * um)
    assert mesh.area("crack") == pytest.approx(2 * np.hypot(0.4, 2.5) * um, rel=1e-9)
    assert mesh.area("edge") == pytest.approx(2 * np.hypot(0.2, 1.5) * um, rel=1e-9)
    assert mesh.area("voids") == pytest.approx(3 * um, rel=1e-9)
    assert mesh.area("anode|interlayer") == pytest.approx(5 * um, rel=1e-9)
    assert mesh.area("interlayer|skin") == pytest.approx(6 * um, rel=1e-9)


def test_what_does_not_fit():
    stack = made(2)
    for call, message in (
        (lambda: stack.coating("skin", "Al", 1 * nm), "coating 'skin' already"),
        (lambda: stack.layer("skin", "Al", 1 * nm), "coating 'skin' already"),
        (lambda: stack.coating("a", "Al", 0.0), "above 0"),
        (lambda: stack.coating("a", "Al", 1 * nm, cells=1.5), "whole number"),
    ):
        with pytest.raises(InputError, match=message):
            call()
    stack.roughen("cap|separator", Sinusoid(0.2 * um, 3 * um))
    with pytest.raises(InputError, match="unknown interface"):
        stack.mesh(comm, size=1 * um)
