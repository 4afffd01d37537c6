"""Particles in a matrix: what is packed, how large it comes out, coats and binder, what is refused."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from mpi4py import MPI

from fem_ssb.errors import InputError
from fem_ssb.microstructure import Binder, Coat, Packing, Phase, Stack
from fem_ssb.microstructure.arrangement import arrange
from fem_ssb.microstructure.carve import Plane, cell_areas
from fem_ssb.microstructure.outlines import coats, discs
from fem_ssb.microstructure.packing import pack

um = 1e-6


def cell(fraction=0.5, size=24 * um, **more):
    """Active particles of 4 µm in an electrolyte between a separator and a collector."""
    stack = Stack(width=size)
    stack.layer("separator", "Li6PS5Cl", thickness=3 * um)
    active = Phase("active", "NMC811", fraction=fraction, diameter=4 * um, spread=0.25)
    stack.layer("cathode", Packing(active, Phase("electrolyte", "Li6PS5Cl"), **{"seed": 1} | more), thickness=size)
    stack.layer("collector", "Al", thickness=2 * um)
    return stack


@pytest.mark.parametrize("dim, fraction, count", [(2, 0.6, 200), (2, 0.8, 200), (3, 0.5, 200)])
def test_balls_do_not_overlap(dim, fraction, count):
    """Equal balls at fractions that random sequential addition (0.547 in 2D, 0.384 in 3D) does not reach."""
    ball = {2: np.pi, 3: 4 * np.pi / 3}[dim]
    side = (count * ball / fraction) ** (1 / dim)
    centres, fits = pack(np.ones(count), np.zeros(dim), np.full(dim, side), np.random.default_rng(0))
    distance = np.linalg.norm(centres[:, None] - centres, axis=2) + 3 * np.eye(count)
    assert fits and distance.min() >= 2.0
    assert centres.min() >= 1.0 and centres.max() <= side - 1.0


@pytest.mark.parametrize(
    "fraction, more",
    [
        (0.4, {}),
        (0.6, {}),
        (0.4, {"contact": 0.06}),
        (0.6, {"contact": 0.06}),
        (0.6, {"shape": "polygonal"}),
        (0.4, {"binder": Binder("binder", "C", 0.04), "contact": 0.05}),
    ],
    ids=str,
)
def test_fractions_and_sizes(fraction, more):
    """Fraction within 2 %, mean size and spread within 5 %; the rest is matrix; the mesh has it, too."""
    stack = cell(fraction, **more)
    found = stack.summary(0.8 * um)["layers"]["cathode"]["phases"]
    assert found["active"]["fraction"] == pytest.approx(fraction, rel=0.02)
    assert found["active"]["mean_diameter"] == pytest.approx(4 * um, rel=0.05)
    assert found["active"]["spread"] == pytest.approx(0.25, rel=0.05)
    mesh = stack.mesh(MPI.COMM_SELF, size=0.8 * um)
    parts = {name: mesh.volume(name) / (24 * um) ** 2 for name in found}
    assert sum(parts.values()) == pytest.approx(1.0, rel=1e-9)
    assert parts["active"] == pytest.approx(fraction, rel=0.02)
    if "binder" in more:
        assert parts["binder"] == pytest.approx(0.04, rel=0.02)
    assert mesh.quality()["min"] > 0.1
    assert ("active|active" in mesh.interfaces) == ("contact" in more)
    assert len(mesh.grains("active")) == found["active"]["particles"]


def test_coats():
    """A coat of thickness t on a disc of radius r has the area π((r+t)² − r²), or its share of that."""
    (disc,) = discs(np.array([[0.0, 0.0]]), np.array([1.0]), 0.02)
    assert disc.area == pytest.approx(np.pi, rel=1e-12)
    for coverage in (0.3, 0.7, 1.0):
        (coat,) = coats([disc], 0.1, coverage, 3, np.random.default_rng(0))
        ring = shapely.difference(coat, disc)
        assert ring.area == pytest.approx(coverage * np.pi * (1.1**2 - 1), rel=2e-3)
        assert shapely.intersection(coat, disc.exterior).length == pytest.approx(coverage * 2 * np.pi, rel=1e-3)


def test_flattened_discs():
    """Two discs that overlap share the chord through the points where their circles meet, 2√(1 − d²/4) long."""
    one, other = discs(np.array([[0.0, 0.0], [1.8, 0.0]]), np.ones(2), 0.05)
    chord = shapely.intersection(one, other)
    assert chord.length == pytest.approx(2 * np.sqrt(1 - 0.9**2), rel=1e-9)
    segment = np.arccos(0.9) - 0.9 * np.sqrt(1 - 0.9**2)
    assert one.area == pytest.approx(np.pi - segment, rel=1e-3)


@pytest.mark.parametrize("coverage", [0.5, 1.0])
def test_coated_particles_in_the_mesh(coverage):
    """The coat's volume is that on free surface; with half of it covered, half of the contact is to the coat."""
    coat = Coat("coat", "LiNbO3", thickness=0.2 * um, coverage=coverage)
    mesh = cell(0.4, gap=0.6 * um, coat=coat).mesh(MPI.COMM_SELF, size=0.8 * um)
    coated = mesh.area("active|coat")
    bare = mesh.area("active|electrolyte") if coverage < 1 else 0.0
    assert coated / (coated + bare) == pytest.approx(coverage, rel=0.02)
    assert mesh.volume("coat") == pytest.approx(coated * 0.2 * um * 1.05, rel=0.02)  # 1 + t/2r
    assert mesh.quality()["min"] > 0.05
    assert not set(mesh.interfaces) & {"active|active", "active|collector"}


def test_painting():
    """Two overlapping squares in a box: the last is on top; areas and neighbours by hand."""
    shapes = [shapely.box(0.1, 0.1, 0.5, 0.5), shapely.box(0.3, 0.3, 1.5, 0.7)]
    complex_, owner = arrange(shapes, np.zeros(2), np.ones(2), size=0.01, tolerance=1e-6)
    assert owner.tolist() == [-1, 0, 1]
    corners = {tuple(x) for x in np.round(complex_.points, 9).tolist()}
    assert {(0.1, 0.1), (0.3, 0.3), (0.5, 0.3), (0.3, 0.5), (1.0, 0.3), (1.0, 0.7)} <= corners
    assert (0.5, 0.5) not in corners


def test_same_seed_same_packing():
    a, b, c = (cell(seed=seed, contact=0.05).summary()["interfaces"] for seed in (3, 3, 4))
    assert a == b
    assert a["active|electrolyte"] != c["active|electrolyte"]


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: cell(0.85, gap=0.3 * um).summary(), r"cannot be packed with these gaps: 0\.[5-7]"),
        (lambda: cell(0.6, binder=Binder("binder", "C", 0.5)).summary(), "more volume than the gaps"),
        (lambda: cell(shape="oval"), "unknown shape"),
        (lambda: cell(shape="polygonal", contact=0.05), "round"),
        (lambda: cell(coat=Coat("c", "C", 1e-8, on="activ")), "did you mean 'active'"),
        (lambda: Coat("c", "C", 1e-8, coverage=1.2), "coverage"),
        (lambda: Binder("b", "B", -0.1), "fraction"),
        (lambda: Packing(Phase("a", "A"), Phase("b", "B")), "needs a mean diameter and a fraction"),
        (lambda: Packing(Phase("a", "A", 0.5, 1e-6), Phase("b", "B", 0.5)), "takes what"),
        (lambda: Packing(Phase("a", "A", 0.5, 1e-6, grain=1e-7), Phase("b", "B")), "Mixture"),
        (lambda: Packing([Phase("a", "A", 0.5, 1e-6), Phase("c", "C", 0.5, 1e-6)], Phase("b", "B")), "less than 1"),
    ],
)
def test_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_touching_in_a_point():
    """Two squares of one shape that touch in a corner are joined there, and so are all but touching ones."""
    for shift in (0.0, 1e-4):
        squares = shapely.MultiPolygon([shapely.box(0.2, 0.2, 0.5, 0.5), shapely.box(0.5 + shift, 0.5, 0.8, 0.8)])
        cells, owner = arrange([squares], np.zeros(2), np.ones(2), size=0.1, tolerance=0.01)
        assert owner.tolist() == [-1, 0]
        assert len(Plane(cells).pieces()) == 2  # the shape and the rest
        assert cell_areas(cells)[1] == pytest.approx(0.18, rel=0.02)


COATS = st.none() | st.builds(
    Coat, st.just("coat"), st.just("LiNbO3"), st.floats(0.2e-6, 0.4e-6), coverage=st.sampled_from([0.4, 1.0])
)
KINDS = st.sampled_from([{"contact": 0.03}, {"contact": 0.1}, {"shape": "polygonal"}, {"gap": 0.2e-6}, {"gap": 0.7e-6}])


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.floats(0.2, 0.65), st.integers(0, 1000), KINDS, COATS, st.none() | st.just(Binder("binder", "C", 0.03)))
def test_any_packing_is_meshed_or_refused(fraction, seed, kind, coat, binder):
    """Every volume is in one phase, the asked fractions come out, no cell is bad; or the packing is refused."""
    try:
        mesh = cell(fraction, 16 * um, seed=seed, coat=coat, binder=binder, **kind).mesh(MPI.COMM_SELF, size=um)
    except InputError as error:
        assert "cannot be packed" in str(error) or "more volume than the gaps" in str(error)
        return
    box = (16 * um) ** 2
    phases = [name for name in mesh.region_names if name not in ("separator", "collector")]
    assert sum(mesh.volume(name) for name in phases) == pytest.approx(box, rel=1e-9)
    assert mesh.volume("active") / box == pytest.approx(fraction, rel=0.02)
    assert mesh.quality()["min"] > 0.03
