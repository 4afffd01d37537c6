"""Tessellations, pores and stacks, without a mesh."""

import ast
from math import pi
from pathlib import Path

import numpy as np
import pytest

import fem_ssb.microstructure
from fem_ssb.errors import InputError
from fem_ssb.microstructure import GrainBoundaries, Pores, Stack, Voronoi
from fem_ssb.microstructure.assembly import assemble

um = 1e-6


def cell_volume(cells, cell):
    """Volume of a cell as the sum of cones from its centre over its facets (absolute values: star-shaped)."""
    corners = sorted({p for facet in cells.cells[cell] for p in cells.facets[facet]})
    centre = cells.points[corners].mean(axis=0)
    total = 0.0
    for facet in cells.cells[cell]:
        x = cells.points[cells.facets[facet]] - centre
        if cells.dim == 2:
            total += abs(np.linalg.det(x)) / 2
        else:
            fan = np.stack([np.broadcast_to(x.mean(axis=0), x.shape), x, np.roll(x, -1, axis=0)], axis=1)
            total += np.abs(np.linalg.det(fan)).sum() / 6
    return total


def edge_lengths(cells):
    pairs = {tuple(sorted(e)) for f in cells.facets for e in zip(f, [*f[1:], f[0]], strict=True)}
    ends = np.array(sorted(pairs))
    return np.linalg.norm(cells.points[ends[:, 0]] - cells.points[ends[:, 1]], axis=1)


def test_imports_neither_mpi_nor_dolfinx_nor_gmsh():
    folder = Path(fem_ssb.microstructure.__file__).parent
    for path in folder.glob("*.py"):
        for node in ast.parse(path.read_text()).body:
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.split(".")[0] not in ("mpi4py", "dolfinx", "gmsh", "petsc4py", "ufl", "basix")
                assert not name.startswith("fem_ssb.mesh")


@pytest.mark.parametrize("tolerance", [0.0, 0.03])
@pytest.mark.parametrize(("count", "upper"), [(1, (2.0, 1.0)), (150, (2.0, 1.0)), (1, (1, 1, 1)), (80, (1, 2, 0.5))])
def test_cells_fill_the_box(count, upper, tolerance):
    cells = Voronoi(count, seed=3, relax=1).tessellate(np.zeros(len(upper)), upper, tolerance)
    volumes = [cell_volume(cells, i) for i in range(len(cells.cells))]
    assert len(volumes) == count
    assert sum(volumes) == pytest.approx(np.prod(upper), rel=1e-12)
    uses = np.bincount(np.concatenate(cells.cells))
    outer = [
        any((cells.points[f, k] == c).all() for k in range(len(upper)) for c in (0, upper[k])) for f in cells.facets
    ]
    np.testing.assert_array_equal(uses, np.where(outer, 1, 2))


def test_two_grains_meet_on_the_bisector_of_their_seeds():
    voronoi = Voronoi(2, seed=5, relax=0)
    a, b = np.random.default_rng([5, 0]).random((2, 2))
    cells = voronoi.tessellate([0, 0], [1, 1])
    shared = set(cells.cells[0]) & set(cells.cells[1])
    assert len(shared) == 1
    ends = cells.points[cells.facets[shared.pop()]]
    np.testing.assert_allclose(np.linalg.norm(ends - a, axis=1), np.linalg.norm(ends - b, axis=1), rtol=1e-12)


def test_lloyd_passes_reach_two_squares():
    """Two seeds in a 2 × 1 box end at the centres of its halves: the boundary is x = 1, of length 1."""
    cells = Voronoi(2, seed=1, relax=300).tessellate([0, 0], [2, 1])
    (shared,) = set(cells.cells[0]) & set(cells.cells[1])
    ends = cells.points[cells.facets[shared]]
    np.testing.assert_allclose(ends[:, 0], 1.0, atol=1e-6)
    assert np.linalg.norm(ends[0] - ends[1]) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_short_edges_go_unless_a_grain_would_go_with_them(seed):
    """In 2D an edge below the tolerance may stay only as a side of a triangle, which would vanish with it."""
    sharp = Voronoi(400, seed=seed, relax=0).tessellate([0, 0], [1, 1])
    smooth = Voronoi(400, seed=seed, relax=0).tessellate([0, 0], [1, 1], tolerance=0.01)
    assert np.count_nonzero(edge_lengths(sharp) < 0.01) > 100
    triangles = {f for cell in smooth.cells if len(cell) == 3 for f in cell}
    lengths = [np.linalg.norm(np.diff(smooth.points[f], axis=0)) for f in smooth.facets]
    assert {i for i, length in enumerate(lengths) if length < 0.01} <= triangles


def test_short_edges_go_in_3d():
    """In 3D a few steps are refused because they would bend a facet; here at most 2 of some 540 edges are left."""
    sharp = Voronoi(60, seed=2, relax=3).tessellate([0, 0, 0], [1, 1, 1])
    solid = Voronoi(60, seed=2, relax=3).tessellate([0, 0, 0], [1, 1, 1], tolerance=0.02)
    assert np.count_nonzero(edge_lengths(sharp) < 0.02) > 30
    assert np.count_nonzero(edge_lengths(solid) < 0.02) <= 2


def test_fans_keep_the_volume():
    cells = Voronoi(5, seed=1).tessellate([0, 0, 0], [1, 1, 1])
    large = [i for i, f in enumerate(cells.facets) if len(f) > 3]
    fanned = cells.fanned(large)
    assert all(len(f) == 3 for f in fanned.facets)
    volumes = [cell_volume(fanned, i) for i in range(5)]
    np.testing.assert_allclose(volumes, [cell_volume(cells, i) for i in range(5)], rtol=1e-12)


def test_orientations():
    voronoi = Voronoi(4000, seed=9, relax=0)
    matrices = voronoi.orientations()
    np.testing.assert_allclose(matrices @ matrices.transpose(0, 2, 1), np.tile(np.eye(3), (4000, 1, 1)), atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(matrices), 1.0, atol=1e-12)
    # uniform over SO(3): <R> = 0 and <R_ij²> = 1/3; four standard errors for 4000 samples
    assert np.abs(matrices.mean(axis=0)).max() < 4 * np.sqrt(1 / 3 / 4000)
    assert np.abs((matrices**2).mean(axis=0) - 1 / 3).max() < 4 * np.sqrt(4 / 45 / 4000)
    np.testing.assert_array_equal(matrices, Voronoi(4000, seed=9, relax=0).orientations())
    assert not np.array_equal(matrices, Voronoi(4000, seed=8, relax=0).orientations())
    np.testing.assert_array_equal(Voronoi(3, texture=None).orientations(), np.tile(np.eye(3), (3, 1, 1)))
    given = matrices[:2]
    np.testing.assert_array_equal(Voronoi(2, texture=given).orientations(), given)


@pytest.mark.parametrize("dim", [2, 3])
def test_pores_are_clear_of_faces_and_each_other(dim):
    cells = Voronoi(20, seed=1).tessellate(np.zeros(dim), np.ones(dim))
    radius, gap = 0.02, 0.01
    placed = Pores(fraction=0.05, radius=radius, seed=4, clearance=gap).pack(cells, 1.0, 1.0)
    ball = pi * radius**2 if dim == 2 else 4 / 3 * pi * radius**3
    assert len(placed.radii) == round(0.05 / ball)
    for centre, cell in zip(placed.centres, placed.cells, strict=True):
        normals, offsets = cells.half_spaces(cell)
        assert (normals @ centre <= offsets - radius - gap + 1e-12).all()
    distance = np.linalg.norm(placed.centres[:, None] - placed.centres, axis=2) + np.eye(len(placed.radii))
    assert distance.min() >= 2 * radius + gap - 1e-12


def test_pores_that_do_not_fit():
    cells = Voronoi(20, seed=1).tessellate([0, 0], [1, 1])
    with pytest.raises(InputError, match=r"porosity 0.6 of radius 0.05 m cannot be packed: reached 0\.\d+"):
        Pores(0.6, 0.05).pack(cells, 1.0, 1.0)
    with pytest.raises(InputError, match="cannot be packed: reached 0"):
        Pores(0.6, 0.3).pack(cells, 1.0, 1.0)
    with pytest.raises(InputError, match="less than half a pore"):
        Pores(0.01, 0.2).pack(cells, 1.0, 1.0)
    placed = Pores(0.4, 0.05, smallest=0.005).pack(cells, 1.0, 1.0)
    assert pi * (placed.radii**2).sum() == pytest.approx(0.4, abs=pi * 0.01**2)
    assert placed.radii.max() == 0.05 and placed.radii.min() >= 0.005


def test_layers_of_unlike_grains_share_their_points():
    stack = Stack(width=2.0)
    stack.layer("a", "A", thickness=1.0, grains=Voronoi(30, seed=1))
    stack.layer("b", "B", thickness=1.0, grains=Voronoi(20, seed=2))
    geometry = assemble(stack, 0.1)
    cells = geometry.cells
    at_face = [i for i, f in enumerate(cells.facets) if (cells.points[f, 1] == geometry.levels[1]).all()]
    uses = np.bincount(np.concatenate(cells.cells))
    assert len(at_face) > 6 and (uses[at_face] == 2).all()
    lengths = [abs(np.diff(cells.points[cells.facets[i], 0])[0]) for i in at_face]
    assert sum(lengths) * geometry.unit == pytest.approx(2.0, rel=1e-12)


def test_stack_keeps_what_was_given():
    stack = Stack(width=3 * um)
    boundaries = GrainBoundaries(resistance=lambda T: 1e-3 * T, toughness=4.0)
    layer = stack.layer("a", "A", 2 * um, grains=Voronoi(5), grain_boundaries=boundaries)
    stack.layer("b", "B", thickness=1 * um)
    assert stack.layers[0] is layer and layer.grain_boundaries is boundaries and layer.grains.count == 5
    assert stack.height == pytest.approx(3 * um)
    stack.interface("b|a", film_resistance=1.0)
    stack.interface("a|b", exchange_current=2.0)
    stack.interface("a|a", film=3.0)
    assert stack.interface_data() == {"a|b": {"film_resistance": 1.0, "exchange_current": 2.0}, "a|a": {"film": 3.0}}


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf"), "wide", None])
def test_lengths_must_be_positive_and_finite(value):
    with pytest.raises(InputError, match="width"):
        Stack(width=value)
    with pytest.raises(InputError, match="thickness of layer 'a'"):
        Stack(width=1.0).layer("a", "A", thickness=value)
    with pytest.raises(InputError, match="radius"):
        Pores(0.1, value)
    with pytest.raises(InputError, match="count"):
        Voronoi(value)


def test_bad_input():
    stack = Stack(width=1.0)
    stack.layer("a", "A", thickness=1.0)
    stack.layer("b", "B", thickness=1.0)
    stack.layer("c", "C", thickness=1.0)
    with pytest.raises(InputError, match="already"):
        stack.layer("a", "A", thickness=1.0)
    with pytest.raises(InputError, match=r"\|"):
        stack.layer("a|b", "A", thickness=1.0)
    with pytest.raises(InputError, match="boundary"):
        stack.layer("left", "A", thickness=1.0)
    with pytest.raises(InputError, match="grains"):
        stack.layer("d", "A", thickness=1.0, grains=12)
    with pytest.raises(InputError, match="no grains"):
        stack.layer("d", "A", thickness=1.0, grain_boundaries=GrainBoundaries(resistance=1.0))
    with pytest.raises(InputError, match=r"named 'a\|b'"):
        stack.interface("ab", film=1)
    for name in ("a|z", "a|c", "a|a"):
        with pytest.raises(InputError, match="unknown interface"):
            bad = Stack(width=1.0)
            bad.layers = list(stack.layers)
            bad.interface(name, film=1)
            bad.interface_data()
    with pytest.raises(InputError, match="dim"):
        Stack(width=1.0, dim=1)
    with pytest.raises(InputError, match="depth"):
        Stack(width=1.0, dim=2, depth=1.0)
    with pytest.raises(InputError, match="whole"):
        Voronoi(2.5)
    with pytest.raises(InputError, match="texture"):
        Voronoi(2, texture="cube")
    with pytest.raises(InputError, match="rotation"):
        Voronoi(1, texture=-np.eye(3)[None])
