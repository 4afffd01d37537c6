"""Grooves in 3D: volumes, mouths and walls against closed forms, empty or filled; refusals. For any number of ranks."""

import numpy as np
import pytest
from mpi4py import MPI

from fem_ssb.errors import InputError
from fem_ssb.microstructure import Groove, Pores, Stack, Voronoi

comm = MPI.COMM_WORLD
BLOCK = np.array([[0.0, 0.0, 1.0], [4.0, 4.0, 4.0]])


def block(grains=None, pores=None):
    """A metal of thickness 1 below an electrolyte of thickness 3, 4 by 4 wide."""
    stack = Stack(width=4.0, dim=3)
    stack.layer("metal", "Li", thickness=1.0)
    stack.layer("block", "LLZO", thickness=3.0, grains=grains, pores=pores)
    return stack


def test_closed_forms():
    """Inside the box all of it, half of it where a side of the box cuts it in its middle."""
    volumes = {"round": np.pi * 0.3 * 0.5 / 2 * 1.6 + 2 / 3 * np.pi * 0.09 * 0.5, "sharp": 0.24 + 0.015 * np.pi}
    for tip, volume in volumes.items():
        shape = Groove((1.2, 2.0, 1.0), (2.8, 2.0, 1.0), 0.6, (0.0, 0.0, 0.5), tip)
        assert shape.volume == pytest.approx(volume, rel=1e-12)
        mouth = 0.6 * 1.6 + np.pi * 0.09
        assert shape.within(BLOCK) == pytest.approx((volume, mouth), rel=1e-3)
        for axis in (0, 1):
            half = BLOCK.copy()
            half[1, axis] = 2.0
            assert shape.within(half) == pytest.approx((volume / 2, mouth / 2), rel=2e-3)
        x = shape.outline(0.05)
        assert np.abs(shape.level(x)).max() < 1e-12 and (shape.level(shape.spine()[0]) < 0).all()


@pytest.mark.parallel
@pytest.mark.parametrize("tip", ["round", "sharp"])
def test_scratch_along_an_interface(tip):
    """Its walls and the bare metal across its mouth are the boundary; nothing else changes."""
    stack = block(Voronoi(10, seed=1))
    shape = Groove((1.2, 2.0, 1.0), (2.8, 2.4, 1.0), 0.6, (0.0, 0.0, 0.5), tip)
    stack.crack("scratch", shape)
    mesh = stack.mesh(comm, size=0.6)
    assert 48.0 - mesh.volume("block") == pytest.approx(shape.volume, rel=5e-3)
    assert mesh.volume("metal") == pytest.approx(16.0, rel=1e-12)
    assert 16.0 - mesh.area("metal|block") == pytest.approx(shape.mouth, rel=5e-3)
    assert mesh.area("scratch") > 2 * shape.mouth
    assert set(mesh.boundaries) == {"left", "right", "front", "back", "metal", "block", "scratch"}
    assert len(mesh.region_of_grain) == 11
    assert mesh.quality()["min"] > 0.1


@pytest.mark.parametrize("tip", ["round", "sharp"])
def test_walls_of_grooves_from_face_to_face(tip):
    """π b L of half a cylinder, 2L √(b² + d²) of a wedge: too much of the one, for the mesh is not quite even on it

    (a ball of twelve edges around is 3 % too large), too little of the other, whose tip it rounds; less when finer.
    """
    wall, area = {"round": (np.pi * 0.4, np.pi / 2 * 0.16), "sharp": (0.8 * 2**0.5, 0.16)}[tip]
    off = []
    for size in (0.2, 0.05):
        stack = Stack(width=2.0, depth=0.8, dim=3)
        stack.layer("block", "LLZO", thickness=1.0)
        stack.crack("notch", Groove((1.0, 0.0, 1.0), (1.0, 0.8, 1.0), 0.8, (0.0, 0.0, -0.4), tip), tip_size=size)
        mesh = stack.mesh(comm, size=0.8)
        assert mesh.area("top") == pytest.approx(1.6 - 0.64, rel=1e-3)
        assert 1.6 - mesh.volume() == pytest.approx(0.8 * area, rel=5e-3)
        off.append(abs(mesh.area("notch") / (0.8 * wall) - 1))
    assert off[0] < 0.04 and off[1] < 0.5 * off[0]
    assert 2.0 - mesh.area("front") == pytest.approx(area, rel=0.02)


@pytest.mark.parallel
def test_filled_groove_is_part_of_the_metal():
    stack = block(Voronoi(10, seed=1))
    shape = Groove((1.2, 2.0, 1.0), (2.8, 2.4, 1.0), 0.6, (0.0, 0.0, 0.5), "sharp")
    stack.crack("filled", shape, fill="metal")
    mesh = stack.mesh(comm, size=0.6)
    assert mesh.volume() == pytest.approx(64.0, rel=1e-12)
    assert mesh.volume("metal") == pytest.approx(16.0 + shape.volume, rel=2e-3)
    assert "metal|metal" not in mesh.interfaces and len(mesh.region_of_grain) == 11
    assert "filled" not in mesh.boundaries


def test_grooves_in_side_faces_among_pores():
    """On a face of the box the mouth is open; pores stay those that were asked for."""
    stack = block(Voronoi(8, seed=3), Pores(0.01, 0.25, place="boundaries", seed=1))
    shape = Groove((0.0, 1.2, 2.0), (0.0, 2.8, 2.5), 0.6, (0.5, 0.0, 0.0))
    stack.crack("notch", shape)
    mesh = stack.mesh(comm, size=0.6)
    assert mesh.area("left") == pytest.approx(16.0 - shape.mouth, rel=5e-3)
    assert 48.0 - mesh.volume("block") == pytest.approx(0.48 + shape.volume, rel=0.02)
    assert {"notch", "pores"} <= set(mesh.boundaries)


def test_grooves_are_no_pores():
    """The porosity of the layer that one is cut into and of the one that fills it is what was asked: pores alone."""
    stack = Stack(width=4.0, dim=3)
    stack.layer("metal", "Li", thickness=1.0, pores=Pores(0.02, 0.2, seed=2))
    stack.layer("block", "LLZO", thickness=3.0, grains=Voronoi(8, seed=3), pores=Pores(0.01, 0.25, seed=1))
    stack.crack("groove", Groove((1.2, 2.0, 1.0), (2.8, 2.4, 1.0), 0.6, (0.0, 0.0, 0.5)), fill="metal")
    mesh = stack.mesh(comm, size=0.6)
    assert mesh.porosity == {"metal": pytest.approx(0.02, rel=0.01), "block": pytest.approx(0.01, rel=0.01)}


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"start": (1.0, 2.0, 1.3), "end": (2.0, 2.0, 1.3)}, "begin at a face"),
        ({"depth": (0.0, 0.0, 2.8)}, "deeper than 0.9"),
        ({"start": (0.0, 0.0, 1.0), "end": (0.0, 4.0, 1.0)}, "along an edge"),
        ({"start": (9.0, 0.0, 1.0), "end": (9.0, 4.0, 1.0)}, "outside of the stack"),
    ],
)
def test_refused(more, word):
    stack = block()
    stack.crack("scratch", Groove(**{"start": (1, 2, 1), "end": (2, 2, 1), "width": 0.4, "depth": (0, 0, 0.4)} | more))
    with pytest.raises(InputError, match=word):
        stack.mesh(comm, size=0.8)


def test_refused_where_two_meet_and_at_once():
    stack = block()
    for name, y in (("one", 2.0), ("two", 2.3)):
        stack.crack(name, Groove((1, 2, 1), (3, y, 1), 0.4, (0, 0, 0.4)))
    with pytest.raises(InputError, match="all but touches"):
        stack.mesh(comm, size=0.8)
    with pytest.raises(InputError, match="upright"):
        Groove((0, 0, 0), (1, 0, 0), 0.1, (0, 0.1, 0.1))
    with pytest.raises(InputError, match="same depth"):
        Groove((0, 0, 0), (1, 0, 0.5), 0.1, (0, 0, 0.1))
    with pytest.raises(InputError, match="tip"):
        Groove((0, 0, 0), (1, 0, 0), 0.1, (0, 0, 0.1), "flat")
