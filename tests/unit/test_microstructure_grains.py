"""Tessellations with prescribed sizes, seeds and shapes; layers of grains on each other in 3D."""

import numpy as np
import pytest

from fem_ssb.errors import InputError
from fem_ssb.microstructure import Laguerre, Stack, Voronoi, grain_count
from fem_ssb.microstructure.assembly import assemble
from fem_ssb.microstructure.complexes import Complex
from fem_ssb.microstructure.diagram import diagram
from fem_ssb.microstructure.laguerre import log_normal


def extents(cells):
    """Volume of each cell: cones from the mean of its corners over its facets."""
    out = []
    for facets in cells.cells:
        centre = cells.points[sorted({p for f in facets for p in cells.facets[f]})].mean(axis=0)
        total = 0.0
        for f in facets:
            x = cells.points[cells.facets[f]] - centre
            if cells.dim == 2:
                total += abs(np.linalg.det(x)) / 2
            else:
                fan = np.stack([np.broadcast_to(x.mean(axis=0), x.shape), x, np.roll(x, -1, axis=0)], axis=1)
                total += np.abs(np.linalg.det(fan)).sum() / 6
        out.append(total)
    return np.array(out)


def heights(cells):
    """Mean stacking coordinate of each cell's corners."""
    corners = [sorted({p for f in facets for p in cells.facets[f]}) for facets in cells.cells]
    return np.array([cells.points[c, -1].mean() for c in corners])


def both_sides(cells, upper):
    """Every facet has two cells, or one if it is in a face of the box."""
    uses = np.bincount(np.concatenate(cells.cells))
    outer = [
        any((cells.points[f, k] == c).all() for k in range(len(upper)) for c in (0, upper[k])) for f in cells.facets
    ]
    np.testing.assert_array_equal(uses, np.where(outer, 1, 2))


@pytest.mark.parametrize("dim", [2, 3])
def test_power_diagram_of_equal_weights_is_the_voronoi_diagram(dim):
    seeds = np.random.default_rng(0).random((200, dim))
    voronoi, power = (diagram(seeds, np.zeros(dim), np.ones(dim), w) for w in (None, np.full(200, 0.3)))
    for a, b in zip(voronoi.moments(), power.moments(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)
    assert voronoi.areas().sum() == pytest.approx(power.areas().sum(), rel=1e-9)


def test_two_laguerre_cells_meet_where_their_powers_are_equal():
    """Seeds at x = 1/4, 3/4 with weights w, 0: x = 1/2 + w, from (x − 1/4)² − w = (x − 3/4)²."""
    seeds = np.array([[0.25, 0.5], [0.75, 0.5]])
    for weight in (-0.2, 0.0, 0.1):
        volumes, _ = diagram(seeds, np.zeros(2), np.ones(2), np.array([weight, 0.0])).moments()
        np.testing.assert_allclose(volumes, [0.5 + weight, 0.5 - weight], rtol=1e-12)


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("spread", [0.0, 0.35, 0.7])
def test_realised_sizes(dim, spread):
    """After short edges are removed the mean is within 1 % and the spread within 5 % of the asked (or 0.01 of 0)."""
    count, upper = 150, np.array([1.0, 0.8, 1.2][:dim])
    grains = Laguerre(count, seed=4, spread=spread)
    tolerance = 0.3 * 0.2 * grains.diameter(float(np.prod(upper[:-1])), float(upper[-1]), dim)
    cells = grains.tessellate(np.zeros(dim), upper, tolerance)
    volumes = extents(cells)
    assert volumes.sum() == pytest.approx(np.prod(upper), rel=1e-12)
    both_sides(cells, upper)
    sizes, wanted = volumes ** (1 / dim), grains.diameters()
    wanted = wanted * (np.prod(upper) / (wanted**dim).sum()) ** (1 / dim)
    assert sizes.mean() == pytest.approx(wanted.mean(), rel=0.01)
    assert sizes.std() / sizes.mean() == pytest.approx(spread, rel=0.05, abs=0.01)


@pytest.mark.parametrize("dim", [2, 3])
def test_list_of_sizes(dim):
    wanted = np.linspace(1.0, 3.0, 40)
    volumes = extents(Laguerre(40, seed=2, sizes=wanted).tessellate(np.zeros(dim), np.ones(dim)))
    np.testing.assert_allclose(volumes / volumes.sum(), wanted**dim / (wanted**dim).sum(), rtol=2e-3)


def test_log_normal_quantiles_and_grain_count():
    for spread in (0.1, 0.5, 1.0):
        values = log_normal(500, spread)
        assert values.std() / values.mean() == pytest.approx(spread, rel=1e-9)
        assert np.log(values).mean() == pytest.approx(0.0, abs=1e-12)
    mean, spread, volume = 2e-6, 0.4, 1e-14
    count = grain_count(mean, spread, volume, 3)
    each = log_normal(count, spread)
    realised = (volume / (np.pi / 6 * (each**3).sum())) ** (1 / 3) * each.mean()
    assert realised == pytest.approx(mean, rel=0.02)


@pytest.mark.parametrize("kind", [Voronoi, Laguerre])
@pytest.mark.parametrize("dim", [2, 3])
def test_columns_go_through(kind, dim):
    cells = kind(25, seed=1, shape="columnar").tessellate(np.zeros(dim), np.array([1.0, 1.0, 0.7][-dim:]), 1e-3)
    top = 0.7
    for facets in cells.cells:
        z = cells.points[sorted({p for f in facets for p in cells.facets[f]}), -1]
        assert set(z.tolist()) == {0.0, top}
    assert extents(cells).sum() == pytest.approx(top, rel=1e-12)


@pytest.mark.parametrize("kind", [Voronoi, Laguerre])
@pytest.mark.parametrize("dim", [2, 3])
def test_layered_grains(kind, dim):
    """Slabs from side to side, count − 1 level boundaries; thicknesses with the spread asked, or as given."""
    upper = np.array([1.0, 0.6, 2.0])[-dim:]
    cells = kind(9, seed=1, shape="layered").tessellate(np.zeros(dim), upper, 1e-3)
    inner = np.flatnonzero(np.bincount(np.concatenate(cells.cells)) == 2)
    assert len(inner) == 8 and all(np.ptp(cells.points[cells.facets[f], -1]) < 1e-12 for f in inner)
    if kind is Laguerre:
        thickness = extents(cells) / np.prod(upper[:-1])
        assert thickness.std() / thickness.mean() == pytest.approx(0.35, rel=0.01)
        given = extents(Laguerre(3, sizes=[1.0, 2.0, 5.0], shape="layered").tessellate(np.zeros(dim), upper))
        np.testing.assert_allclose(given / np.prod(upper), [1 / 8, 2 / 8, 5 / 8], rtol=2e-3)


def test_stretched_grains():
    """Stretched threefold along the stack, a vertical line meets √3 times fewer boundaries for each across it."""
    cells = Voronoi(400, seed=1, stretch=3.0).tessellate([0, 0], [1, 1])
    ends = np.array([cells.points[f] for f in cells.facets])
    inner = np.bincount(np.concatenate(cells.cells)) == 2
    across, along = np.abs(ends[inner, 1] - ends[inner, 0]).sum(axis=0)
    assert along / across == pytest.approx(3.0, rel=0.15)
    assert extents(cells).sum() == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("stretch", [0.4, 2.5])
def test_stretched_grains_3d(stretch):
    """Of boundaries stretched along z the area seen along x grows with the stretch over that seen along z.

    In a box as stretched as they are, so that its faces, where boundaries are missing, weigh alike along all axes.
    """
    cells = Voronoi(250, seed=1, stretch=stretch).tessellate([0, 0, 0], [1, 1, stretch])
    inner = np.flatnonzero(np.bincount(np.concatenate(cells.cells)) == 2)
    seen = sum(np.abs(vector_area(cells.points[cells.facets[f]])) for f in inner)
    assert seen[:2] / seen[2] == pytest.approx(np.full(2, stretch), rel=0.06)
    assert extents(cells).sum() == pytest.approx(stretch, rel=1e-12)


def vector_area(loop):
    """Half of the sum of x × the next x around a face."""
    return np.cross(loop, np.roll(loop, -1, axis=0)).sum(axis=0) / 2


@pytest.mark.parametrize("kind", [Voronoi, Laguerre])
@pytest.mark.parametrize(("dim", "count"), [(2, 800), (3, 120)])
def test_gradient_of_the_size(kind, dim, count):
    """Diameters grow by 3 from the bottom to the top: the fit of the realised ones does so within 25 %."""
    cells = kind(count, seed=3, gradient=3.0, relax=1).tessellate(np.zeros(dim), np.ones(dim))
    slope, start = np.polyfit(heights(cells), extents(cells) ** (1 / dim), 1)
    assert (start + slope) / start == pytest.approx(3.0, rel=0.25)


def test_given_seeds(tmp_path):
    seeds = np.array([[0.25, 0.5], [0.75, 0.5]])
    np.savetxt(tmp_path / "seeds.txt", seeds)
    for given in (seeds, tmp_path / "seeds.txt"):
        cells = Voronoi(2, relax=0, seeds=given).tessellate([0, 0], [4, 1])
        (shared,) = set(cells.cells[0]) & set(cells.cells[1])
        np.testing.assert_allclose(cells.points[cells.facets[shared]][:, 0], 2.0, rtol=1e-12)
    for bad, message in (
        (seeds[:1], "shape"),
        (2 * seeds, "between 0 and 1"),
        (seeds[[0, 0]], "the same"),
        ("none.txt", "cannot read"),
    ):
        with pytest.raises(InputError, match=message):
            Voronoi(2, seeds=bad).tessellate([0, 0], [1, 1])


def test_bad_grains():
    for arguments, message in (
        ({"count": 0}, "count"),
        ({"count": 3, "spread": -1}, "spread"),
        ({"count": 3, "sizes": [1, 2]}, "shape"),
        ({"count": 3, "sizes": [1, 2, 0]}, "positive"),
        ({"count": 3, "gradient": 0}, "gradient"),
        ({"count": 3, "shape": "round"}, "'columnar'"),
        ({"count": 3, "shape": "columnar", "stretch": 2}, "stretch"),
    ):
        with pytest.raises(InputError, match=message):
            Laguerre(**arguments)
    with pytest.raises(InputError, match="more grains or a smaller spread"):
        log_normal(2, 1.4)


@pytest.mark.parametrize("seed", range(3))
def test_grains_on_grains_3d(seed):
    """The facets in the common plane cover it once, each between a cell below and one above."""
    stack = Stack(width=1.0, dim=3)
    stack.layer("a", "A", thickness=0.5, grains=Voronoi(15, seed=seed))
    stack.layer("b", "B", thickness=0.5, grains=Laguerre(25, seed=seed + 10))
    geometry = assemble(stack, 0.1, 0.3)
    cells = geometry.cells
    assert extents(cells).sum() == pytest.approx(1.0, rel=1e-12)
    both_sides(cells, geometry.upper)
    layer_of = [set() for _ in cells.facets]
    for cell, facets in enumerate(cells.cells):
        for f in facets:
            layer_of[f].add(int(geometry.layer_of_cell[cell]))
    at = [i for i, f in enumerate(cells.facets) if (cells.points[f, 2] == geometry.levels[1]).all()]
    assert all(layer_of[i] == {0, 1} for i in at)
    loops = [cells.points[cells.facets[i], :2] for i in at]
    areas = [abs(np.cross(x - x[0], np.roll(x, -1, axis=0) - x[0]).sum()) / 2 for x in map(flat3, loops)]
    assert sum(areas) == pytest.approx(1.0, rel=1e-9)
    assert len(at) > 25


def flat3(x):
    """Points of a plane with a third coordinate 0."""
    return np.column_stack([x, np.zeros(len(x))])


def test_complex_of_one_cell_is_kept_by_the_overlay():
    stack = Stack(width=1.0, dim=3)
    for name in "abc":
        stack.layer(name, name, thickness=0.5)
    cells = assemble(stack, 0.2).cells
    assert isinstance(cells, Complex) and len(cells.points) == 16 and len(cells.facets) == 16
