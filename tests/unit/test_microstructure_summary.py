"""The microstructure in numbers and as a picture, without a mesh."""

import numpy as np
import pytest

from fem_ssb.errors import InputError
from fem_ssb.microstructure import Laguerre, Mixture, Phase, Pores, Stack, Voids, Voronoi

um = 1e-6


@pytest.mark.parametrize("dim", [2, 3])
def test_bricks(dim):
    """Seeds at the centres of a 4 × 4 (× 2) grid: squares (2D) or bricks with all numbers in closed form.

    Of the 2D grid's 3 inner lines each way, of length L: 6L/L² = 6/L; its 9 crossings and 12 places where an
    inner line meets the box, of which only the crossings join three grains or more. In 3D, with height H and
    2 bricks over it: inner faces 3 + 3 of LH and one of L²; lines where 4 bricks meet: 9 of length H, 6 of L;
    of length L/4 or so on the box only two meet.
    """
    size, height = 8 * um, 4 * um
    x = (np.arange(4) + 0.5) / 4
    axes = [x, x] if dim == 2 else [x, x, np.array([0.25, 0.75])]
    seeds = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, dim)
    stack = Stack(width=size, dim=dim)
    stack.layer("below", "A", thickness=1 * um)
    thickness = size if dim == 2 else height
    stack.layer("bricks", "B", thickness=thickness, grains=Voronoi(len(seeds), relax=0, seeds=seeds))
    found = stack.summary()["layers"]["bricks"]
    volume = size ** (dim - 1) * thickness
    assert found["grains"] == len(seeds)
    assert found["volume"] == pytest.approx(volume, rel=1e-12)
    assert found["spread"] == pytest.approx(0.0, abs=1e-9)
    inner = 6 * size if dim == 2 else 6 * size * height + size**2
    triple = 9 if dim == 2 else 9 * height + 6 * size
    assert found["boundary_per_volume"] == pytest.approx(inner / volume, rel=1e-9)
    assert found["triple_per_volume"] == pytest.approx(triple / volume, rel=1e-9)
    assert found["smallest_feature"] == pytest.approx(2 * um, rel=1e-9)
    ball = np.pi / 4 if dim == 2 else np.pi / 6
    assert found["mean_diameter"] == pytest.approx((volume / len(seeds) / ball) ** (1 / dim), rel=1e-9)


@pytest.mark.parametrize("dim", [2, 3])
def test_fractions_interfaces_and_porosity(dim):
    stack = Stack(width=10 * um, dim=dim)
    stack.layer("anode", "Li", thickness=2 * um)
    pores = Pores(0.04, 0.4 * um) if dim == 2 else Pores(0.02, 0.7 * um)
    stack.layer("separator", "LLZO", thickness=8 * um, grains=Laguerre(30, seed=1), pores=pores)
    found = stack.summary()
    layers = found["layers"]
    assert found["volume"] == pytest.approx((10 * um) ** dim, rel=1e-12)
    assert layers["anode"]["fraction"] == pytest.approx(0.2, rel=1e-12) and layers["anode"]["grains"] == 1
    assert layers["anode"]["boundary_per_volume"] == layers["anode"]["triple_per_volume"] == 0.0
    assert found["interfaces"] == {"anode|separator": pytest.approx((10 * um) ** (dim - 1), rel=1e-12)}
    assert layers["separator"]["porosity"] == pytest.approx(pores.fraction, rel=0.01)
    assert layers["separator"]["smallest_feature"] <= 2 * pores.radius
    assert layers["separator"]["spread"] == pytest.approx(0.35, rel=0.05)
    assert len(layers["separator"]["diameters"]) == 30


@pytest.mark.parametrize("dim", [2, 3])
def test_coatings(dim, tmp_path):
    """Two on each other beside voids, one on the end: volumes, the contact that voids leave, and lines in the picture.

    The lower side of the lower coating has lost the voids' share of contact, its upper side none.
    """
    base, coverage = (10 * um) ** (dim - 1), 0.3
    stack = Stack(width=10 * um, dim=dim)
    stack.layer("anode", "Li", thickness=4 * um)
    stack.coating("first", "LiPON", 20e-9)
    stack.coating("second", "C", 10e-9)
    stack.layer("separator", "LLZO", thickness=6 * um, grains=Voronoi(12, seed=1))
    stack.coating("last", "Au", 30e-9)
    stack.voids("anode|first", Voids(depth=0.8 * um, coverage=coverage, width=3 * um, seed=1))
    found = stack.summary()
    assert found["volume"] == pytest.approx(base * stack.height, rel=1e-12)
    assert found["layers"]["first"] == {
        "thickness": 20e-9,
        "volume": pytest.approx(20e-9 * base),
        "fraction": pytest.approx(20e-9 / stack.height),
    }
    assert sum(part["fraction"] for part in found["layers"].values()) == pytest.approx(1.0, rel=1e-12)
    contact = pytest.approx((1 - coverage) * base, rel=1e-9 if dim == 2 else 0.02)
    whole = pytest.approx(base, rel=1e-9)
    assert found["interfaces"] == {
        "anode|first": contact, "first|second": whole, "second|separator": whole, "separator|last": whole
    }  # fmt: skip
    figure = stack.plot(tmp_path / "stack.png")
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == ["last", "separator", "second", "first", "anode"]
    (axes,) = figure.axes
    heights = [float(np.ravel(line.get_data_3d()[2] if dim == 3 else line.get_ydata())[0]) for line in axes.lines]
    assert heights == pytest.approx([4.0, 4.0, 10.0])


def test_voids_beside_a_composite():
    """What voids take of the contact with two phases is their share of both."""
    phases = [Phase("active", "NMC811", fraction=0.5, diameter=3 * um), Phase("electrolyte", "LPS", diameter=3 * um)]
    stack = Stack(width=20 * um)
    stack.layer("anode", "Li", thickness=4 * um)
    stack.layer("cathode", Mixture(phases), thickness=10 * um)
    whole = stack.summary()["interfaces"]
    stack.voids("anode|cathode", Voids(depth=0.8 * um, coverage=0.25, width=2 * um))
    found = stack.summary()["interfaces"]
    for name in ("anode|active", "anode|electrolyte"):
        assert found[name] == pytest.approx(0.75 * whole[name], rel=1e-9)
    assert found["active|electrolyte"] == whole["active|electrolyte"]


@pytest.mark.parametrize("dim", [2, 3])
def test_picture(dim, tmp_path):
    stack = Stack(width=10 * um, dim=dim)
    stack.layer("anode", "Li", thickness=2 * um)
    stack.layer("separator", "LLZO", thickness=8 * um, grains=Voronoi(30, seed=1))
    figure = stack.plot(tmp_path / "stack.png")
    assert (tmp_path / "stack.png").stat().st_size > 10_000
    (axes,) = figure.axes
    assert axes.get_xlabel() == "x (µm)" and axes.get_xlim() == pytest.approx((0.0, 10.0))


def test_nothing_to_sum_up():
    with pytest.raises(InputError, match="no layers"):
        Stack(width=1.0).summary()
    with pytest.raises(InputError, match="no layers"):
        Stack(width=1.0).plot()
