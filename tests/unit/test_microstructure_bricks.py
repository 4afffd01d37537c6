"""Brick and mortar, fibres, polyhedra in a matrix: closed forms of volume and contact area."""

import numpy as np
import pytest
from mpi4py import MPI

from fem_ssb.errors import InputError
from fem_ssb.microstructure import Bricks, Coat, FibreNetwork, Packing, Phase, Profile, Stack
from fem_ssb.microstructure.balls import geodesic
from fem_ssb.microstructure.complexes import box_complex

um = 1e-6


def layer(composite, dim, width, height=None):
    """One layer between two others."""
    stack = Stack(width=width, dim=dim)
    stack.layer("below", "LLZO", thickness=2 * um)
    stack.layer("middle", composite, thickness=height or width)
    stack.layer("above", "LLZO", thickness=1 * um)
    return stack


def bricks(**more):
    """8 × 2 µm with joints of 0.5 µm."""
    return Bricks(Phase("brick", "LLZO"), Phase("mortar", "LiPON"), 8 * um, 2 * um, 0.5 * um, **more)


@pytest.mark.parametrize("overlap", [0.0, 0.3, 0.5])
def test_bricks_2d(overlap):
    """Width 17 = 2 (8 + ½), height 10 = 4 (2 + ½): fraction (8/8.5)(2/2.5), outline 20 µm a brick; of a brick that the
    side cuts, both parts lack the cut of 2 µm of outline."""
    stack = layer(bricks(overlap=overlap), 2, 17 * um, 10 * um)
    mesh = stack.mesh(MPI.COMM_SELF, size=1 * um)
    assert mesh.volume("brick") == pytest.approx(8 * 8 * 2 * um**2, rel=1e-6)
    assert mesh.volume("brick") + mesh.volume("mortar") == pytest.approx(170 * um**2, rel=1e-9)
    assert mesh.area("brick|mortar") == pytest.approx(8 * 20 * um, rel=1e-6)
    shifts = [(row * overlap) % 1 * 8.5 for row in range(4)]
    cut = sum(1 for s in shifts if (8.25 + 8.5 + s) > 17 and (8.75 + s) < 17)
    assert len(mesh.grains("brick")) == 8 + cut
    assert mesh.quality()["min"] > 0.3


def test_bricks_3d():
    """2.8 × 2.8 × 1.8 µm with joints of 0.6 µm; the sides cut those of the second row along two axes."""
    made = Bricks(Phase("brick", "LLZO"), Phase("mortar", "LiPON"), 2.8 * um, 1.8 * um, 0.6 * um)
    stack = layer(made, 3, 6.8 * um, 4.8 * um)
    found = stack.summary(1 * um)["layers"]["middle"]["phases"]
    mesh = stack.mesh(MPI.COMM_SELF, size=1 * um)
    volume = 2 * 4 * 2.8 * 2.8 * 1.8
    assert mesh.volume("brick") == pytest.approx(volume * um**3, rel=1e-9)
    assert found["brick"]["fraction"] == pytest.approx(volume / (6.8 * 6.8 * 4.8), rel=1e-9)
    assert found["brick"]["particles"] == 4 + 9
    sides = 2 * 2.8 * 2.8 + 4 * 2.8 * 1.8
    assert mesh.area("brick|mortar") == pytest.approx(8 * sides * um**2, rel=1e-9)
    assert len(mesh.grains("mortar")) == 1 and "mortar|mortar" not in mesh.interfaces
    assert mesh.quality()["min"] > 0.1


@pytest.mark.parametrize("fraction", [0.1, 0.4])
def test_fibres(fraction):
    stack = layer(
        FibreNetwork(Phase("fibre", "LLZO", fraction), Phase("matrix", "PEO"), 8 * um, 1 * um, seed=2), 2, 20 * um
    )
    mesh = stack.mesh(MPI.COMM_SELF, size=1 * um)
    assert mesh.volume("fibre") / (20 * um) ** 2 == pytest.approx(fraction, rel=0.02)
    assert mesh.quality()["min"] > 0.05


def test_parallel_fibres_lie_along():
    """Long fibres along x that hardly meet: their area over half their outline is their width."""
    made = FibreNetwork(
        Phase("fibre", "LLZO", 0.05), Phase("matrix", "PEO"), 15 * um, 0.5 * um, angle=0, scatter=0, seed=1
    )
    found = layer(made, 2, 40 * um).summary(1 * um)
    area = found["layers"]["middle"]["phases"]["fibre"]["fraction"] * (40 * um) ** 2
    assert 2 * area / found["interfaces"]["fibre|matrix"] == pytest.approx(0.5 * um, rel=0.1)


@pytest.mark.parametrize("fraction", [0.3, 0.6])
def test_polyhedra(fraction):
    """Volumes of homothetic cells are exact."""
    made = Packing(Phase("active", "NMC811", fraction, 4 * um, 0.3), Phase("matrix", "PEO"), shape="polygonal", seed=2)
    stack = layer(made, 3, 10 * um)
    found = stack.summary(1 * um)["layers"]["middle"]["phases"]
    assert found["active"]["fraction"] == pytest.approx(fraction, rel=0.01)
    assert found["active"]["mean_diameter"] == pytest.approx(4 * um, rel=0.05)
    assert found["active"]["spread"] == pytest.approx(0.3, rel=0.05)
    if fraction < 0.5:
        mesh = stack.mesh(MPI.COMM_SELF, size=1.5 * um)
        assert mesh.volume("active") / (10 * um) ** 3 == pytest.approx(fraction, rel=0.01)
        assert "active|active" not in mesh.interfaces and mesh.quality()["min"] > 0.05


def balls(fraction=0.3, **more):
    """Balls of 3 µm in a box of 10 µm."""
    made = Packing(Phase("active", "NMC811", fraction, 3 * um, 0.2), Phase("matrix", "PEO"), seed=1, **more)
    return layer(made, 3, 10 * um)


@pytest.mark.parametrize("edge, most", [(1.0, 0.035), (0.5, 0.01), (0.25, 0.003)])
def test_geodesic_ball(edge, most):
    """Its volume is that of the ball, its area a little more, with the square of the edges."""
    x, triangles = geodesic(edge)
    corners = x[triangles]
    assert np.linalg.det(corners).sum() / 6 == pytest.approx(4 * np.pi / 3, rel=1e-12)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert 0 < np.linalg.norm(normal, axis=1).sum() / 2 / (4 * np.pi) - 1 < most


def test_balls():
    """Volume exact; contact area 4π Σ r² within 3 %, at five edges to a radius or fewer."""
    stack = balls()
    found = stack.summary(1 * um)["layers"]["middle"]["phases"]["active"]
    assert found["fraction"] == pytest.approx(0.3, rel=1e-9)
    assert found["mean_diameter"] == pytest.approx(3 * um, rel=0.05)
    mesh = stack.mesh(MPI.COMM_SELF, size=1 * um)
    assert mesh.volume("active") == pytest.approx(0.3 * (10 * um) ** 3, rel=1e-9)
    second = (1 + 0.2**2) * found["mean_diameter"] ** 2 * np.pi * found["particles"]
    assert 1.0 < mesh.area("active|matrix") / second < 1.03
    assert mesh.quality()["min"] > 0.05


@pytest.mark.parametrize("coverage", [0.4, 1.0])
def test_coated_balls(coverage):
    """The covered share of the surface, and a coat of ((r + t)³ − r³)/3 times the solid angle under it."""
    stack = balls(0.1, coat=Coat("coat", "LiNbO3", 0.5 * um, coverage), gap=0.6 * um)
    found = stack.summary(1 * um)["layers"]["middle"]["phases"]
    mesh = stack.mesh(MPI.COMM_SELF, size=1 * um)
    bare = mesh.area("active|matrix") if coverage < 1 else 0.0
    assert mesh.area("active|coat") / (mesh.area("active|coat") + bare) == pytest.approx(coverage, abs=0.01)
    assert mesh.volume("coat") == pytest.approx(found["coat"]["fraction"] * (10 * um) ** 3, rel=1e-9)
    ratio = found["coat"]["fraction"] / found["active"]["fraction"]
    radius = found["active"]["mean_diameter"] / 2
    assert ratio == pytest.approx(coverage * ((1 + 0.5 * um / radius) ** 3 - 1), rel=0.1)  # of the mean ball
    assert mesh.quality()["min"] > 0.05


def test_boxes():
    """Two boxes united have ten faces in two planes each, the common one is gone."""
    one = box_complex(np.zeros(3), np.ones(3))
    assert len(one.facets) == 6 and one.shells(0) == [[0, 1, 2, 3, 4, 5]]
    assert one.half_spaces(0)[1].max() == pytest.approx(1.0)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: layer(bricks(), 2, 17 * um, 0.4 * um).summary(), "do not fit"),
        (lambda: bricks(overlap=2.0), "overlap"),
        (lambda: Bricks(Phase("a", "A", 0.5), Phase("b", "B"), 1e-6, 1e-6, 1e-7), "given by length"),
        (lambda: FibreNetwork(Phase("a", "A"), Phase("b", "B"), 1e-5, 1e-6), "need a fraction"),
        (lambda: FibreNetwork(Phase("a", "A", 0.2), Phase("b", "B"), 1e-6, 1e-5), "length"),
        (lambda: balls(0.6).summary(), r"cannot be packed with these gaps: 0\.[2-4]"),
        (lambda: Packing(Phase("a", "A", Profile(0.1, 0.2), 1e-6), Phase("b", "B")), "a number"),
    ],
)
def test_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()
