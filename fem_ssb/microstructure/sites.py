"""Where pores on grain boundaries and at triple junctions may be centred."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

import numpy as np
import numpy.typing as npt

from fem_ssb.errors import InputError
from fem_ssb.microstructure.complexes import Complex

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

Draw = Callable[[int, float], tuple[FloatArray, IntArray]]
"""Candidates: about so many points with so much room around them, and the site of each."""


def boundary_sites(grains: Complex, rng: np.random.Generator) -> tuple[Draw, list[tuple[int, ...]], FloatArray]:
    """Points on the boundaries between two grains, uniform over their length (2D).

    Args:
        grains: the cells of one layer, 2D.
        rng: random numbers.

    Returns:
        what draws them, the two cells at each site (a boundary edge) and its unit normal. A point has room for a
        disc if this crosses no other edge of its two cells.

    Raises:
        InputError: if there are no grain boundaries.
    """
    sites = {f: cells for f, cells in _cells_of_facet(grains).items() if len(cells) == 2}
    facets = list(sites)
    if not facets:
        raise InputError("there are no grain boundaries for pores to be on: give the layer grains=Voronoi(…)")
    spaces = [_others(grains, sites[f], {f}) for f in facets]
    ends = grains.points[np.array([grains.facets[f] for f in facets])]
    length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)

    def draw(count: int, distance: float) -> tuple[FloatArray, IntArray]:
        room = np.maximum(length - 2 * distance, 0.0)
        if room.sum() == 0.0:
            return np.zeros((0, 2)), np.zeros(0, dtype=np.int64)
        owner = np.repeat(np.arange(len(facets)), rng.multinomial(count, room / room.sum()))
        along = (distance + room[owner] * rng.random(len(owner))) / length[owner]
        x = ends[owner, 0] + along[:, None] * (ends[owner, 1] - ends[owner, 0])
        free = np.ones(len(x), dtype=bool)
        for site in np.unique(owner):
            mine = np.flatnonzero(owner == site)
            free[mine] = _clear(x[mine], spaces[site], distance)
        order = rng.permutation(np.flatnonzero(free))
        return x[order], owner[order]

    along = (ends[:, 1] - ends[:, 0]) / length[:, None]
    return draw, list(sites.values()), np.stack([-along[:, 1], along[:, 0]], axis=1)


def junction_sites(grains: Complex, rng: np.random.Generator) -> tuple[Draw, list[tuple[int, ...]]]:
    """The points where three or more grains of the layer meet (2D).

    Raises:
        InputError: if there are none.
    """
    facets = _cells_of_facet(grains)
    outer = set(chain.from_iterable(grains.facets[f] for f, cells in facets.items() if len(cells) == 1))
    meeting: dict[int, set[int]] = {}
    for facet, cells in facets.items():
        for point in grains.facets[facet]:
            meeting.setdefault(point, set()).update(cells)
    sites = {p: tuple(sorted(cells)) for p, cells in meeting.items() if len(cells) >= 3 and p not in outer}
    if not sites:
        raise InputError("there are no triple junctions for pores to be at: give the layer more grains")
    x = grains.points[list(sites)]
    spaces = [
        _others(grains, cells, {f for c in cells for f in grains.cells[c] if point in grains.facets[f]})
        for point, cells in sites.items()
    ]

    def draw(count: int, distance: float) -> tuple[FloatArray, IntArray]:
        free = [_clear(x[i : i + 1], space, distance)[0] for i, space in enumerate(spaces)]
        order = rng.permutation(np.flatnonzero(free))
        return x[order], order

    return draw, list(sites.values())


def face_sites(grains: Complex, rng: np.random.Generator) -> tuple[Draw, list[tuple[int, ...]], FloatArray]:
    """Points on the faces between two grains, uniform over their area (3D).

    Args:
        grains: the cells of one layer, which fill a box.
        rng: random numbers.

    Returns:
        what draws them, the two cells at each site (a face) and its unit normal. A point has room for a ball if
        this crosses neither an edge of its face nor a face of the layer.

    Raises:
        InputError: if there are none.
    """
    sites = {f: cells for f, cells in _cells_of_facet(grains).items() if len(cells) == 2}
    if not sites:
        raise InputError("there are no grain boundaries for pores to be on: give the layer grains=Voronoi(…)")
    loops = [grains.points[grains.facets[f]] for f in sites]
    edges = [np.stack([loop, np.roll(loop, -1, axis=0)], axis=1) for loop in loops]
    fans = [
        np.concatenate([np.broadcast_to(loop.mean(axis=0), (len(loop), 1, 3)), e], axis=1)
        for loop, e in zip(loops, edges, strict=True)
    ]
    fan, face = np.concatenate(fans), np.repeat(np.arange(len(loops)), [len(loop) for loop in loops])
    cross = np.cross(fan[:, 1] - fan[:, 0], fan[:, 2] - fan[:, 0])
    area = np.linalg.norm(cross, axis=1)
    normal = np.stack([np.bincount(face, c) for c in cross.T], axis=1).astype(np.float64)
    normals = normal / np.linalg.norm(normal, axis=1)[:, None]
    low, high = _box(grains)

    def draw(count: int, distance: float) -> tuple[FloatArray, IntArray]:
        owner = np.repeat(np.arange(len(fan)), rng.multinomial(count, area / area.sum()))
        weight = rng.random((len(owner), 2))
        weight = np.where(weight.sum(axis=1, keepdims=True) > 1.0, 1.0 - weight, weight)
        x = fan[owner, 0] + np.einsum("nk,nki->ni", weight, fan[owner, 1:] - fan[owner, :1])
        free = ((x >= low + distance) & (x <= high - distance)).all(axis=1)
        for site in np.unique(face[owner]):
            mine = np.flatnonzero(free & (face[owner] == site))
            free[mine] = _clear(x[mine], edges[site], distance)
        order = rng.permutation(np.flatnonzero(free))
        return x[order], face[owner[order]]

    return draw, list(sites.values()), normals


def line_sites(grains: Complex, rng: np.random.Generator) -> tuple[Draw, list[tuple[int, ...]]]:
    """Points on the lines where three or more grains of the layer meet, uniform over their length (3D).

    A point has room for a ball if this crosses no face of the layer; it may reach beyond the end of its line.

    Raises:
        InputError: if there are none.
    """
    meeting: dict[tuple[int, int], set[int]] = {}
    for cell, facets in enumerate(grains.cells):
        for facet in facets:
            loop = grains.facets[facet]
            for a, b in zip(loop, [*loop[1:], loop[0]], strict=True):
                meeting.setdefault((min(a, b), max(a, b)), set()).add(cell)
    sites = {line: tuple(sorted(cells)) for line, cells in meeting.items() if len(cells) >= 3}
    if not sites:
        raise InputError("there are no triple junctions for pores to be at: give the layer more grains")
    ends = grains.points[np.array(list(sites))]
    length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    low, high = _box(grains)

    def draw(count: int, distance: float) -> tuple[FloatArray, IntArray]:
        owner = np.repeat(np.arange(len(ends)), rng.multinomial(count, length / length.sum()))
        x = ends[owner, 0] + rng.random((len(owner), 1)) * (ends[owner, 1] - ends[owner, 0])
        free = ((x >= low + distance) & (x <= high - distance)).all(axis=1)
        order = rng.permutation(np.flatnonzero(free))
        return x[order], owner[order]

    return draw, list(sites.values())


def _box(grains: Complex) -> tuple[FloatArray, FloatArray]:
    """Lowest and highest coordinates of the cells."""
    used = np.unique(np.concatenate([grains.facets[f] for cell in grains.cells for f in cell]))
    return grains.points[used].min(axis=0), grains.points[used].max(axis=0)


def _cells_of_facet(grains: Complex) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = {}
    for cell, facets in enumerate(grains.cells):
        for facet in facets:
            found[facet] = (*found.get(facet, ()), cell)
    return found


def _others(grains: Complex, cells: tuple[int, ...], own: set[int]) -> FloatArray:
    """Ends (n, 2, 2) of the edges of some cells without their own ones."""
    facets = sorted({f for c in cells for f in grains.cells[c]} - own)
    return grains.points[np.array([grains.facets[f] for f in facets])]


def _clear(x: FloatArray, edges: FloatArray, distance: float) -> npt.NDArray[np.bool_]:
    """Whether points (n, dim) are at least a distance away from edges (m, 2, dim)."""
    a, d = edges[:, 0], edges[:, 1] - edges[:, 0]
    t = np.clip(((x[:, None] - a) * d).sum(axis=2) / (d * d).sum(axis=1), 0.0, 1.0)
    return np.asarray((np.linalg.norm(x[:, None] - a - t[:, :, None] * d, axis=2) >= distance).all(axis=1))
