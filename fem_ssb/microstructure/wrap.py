"""Cells that reach over a periodic box cut at its faces, and what is outside brought back in from the other side."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fem_ssb.microstructure.complexes import Complex, FacetTable, merge_points

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

CLOSE = 1e-9
"""Points closer than this times the box's largest side are one."""


def wrap(cells: Complex, axis: int, lower: FloatArray, upper: FloatArray) -> tuple[Complex, IntArray]:
    """All cells brought into the box along one axis, so that opposite faces carry the same facets.

    Args:
        cells: convex cells that with their repetitions fill space.
        axis: along which they are repeated.
        lower, upper: corners of the box.

    Returns:
        the pieces of the cells inside the box, and the cell that each is part of.
    """
    close = CLOSE * float((upper - lower).max())
    length = upper[axis] - lower[axis]
    parent = np.arange(len(cells.cells))
    first, last = (round(float(f((cells.points[:, axis] - lower[axis]) / length))) for f in (_floor, _ceil))
    for k in range(first, last + 1):
        cells, part = cut(cells, axis, float(upper[axis] if k == 1 else lower[axis] + k * length), close)
        parent = parent[part]
    points, loops = [cells.points], [list(loop) for loop in cells.facets]
    copies: dict[tuple[int, int], int] = {}
    moved: list[list[int]] = []
    total = len(cells.points)
    for cell in cells.cells:
        own = sorted({p for facet in cell for p in cells.facets[facet]})
        turn = int(np.floor((cells.points[own, axis].mean() - lower[axis]) / length))
        facets = []
        for facet in cell:
            loop = []
            for p in cells.facets[facet]:
                if turn != 0 and (p, turn) not in copies:
                    x = cells.points[p].copy()
                    x[axis] -= turn * length
                    points.append(x[None])
                    copies[p, turn] = total
                    total += 1
                loop.append(copies[p, turn] if turn != 0 else p)
            facets.append(len(loops))
            loops.append(loop)
        moved.append(facets)
    x = np.concatenate(points)
    for plane in (lower[axis], upper[axis]):
        x[np.abs(x[:, axis] - plane) < close, axis] = plane
    planes = [np.array([lower[i], upper[i]]) for i in range(len(lower))]
    used = np.unique([p for facets in moved for facet in facets for p in loops[facet]])
    x, label = merge_points(x[used], close, planes)
    name = np.full(total, -1)
    name[used] = label
    table = FacetTable()
    found = [[table.add(name[loops[facet]].tolist()) for facet in facets] for facets in moved]
    return Complex(_matched(x, axis, lower, upper, close), table.facets, found), parent


def _floor(x: FloatArray) -> float:
    return np.floor(x.min() + CLOSE)


def _ceil(x: FloatArray) -> float:
    return np.ceil(x.max() - CLOSE)


def _matched(x: FloatArray, axis: int, lower: FloatArray, upper: FloatArray, close: float) -> FloatArray:
    """Points with those on the upper face exactly across from those on the lower one."""
    low, high = (np.flatnonzero(x[:, axis] == plane) for plane in (lower[axis], upper[axis]))
    others = [i for i in range(x.shape[1]) if i != axis]
    for a, b in twins(x[:, others], low, high, 10 * close):
        x[b, others] = x[a, others]
    return x


def twins(x: FloatArray, low: IntArray, high: IntArray, close: float) -> IntArray:
    """Pairs of the points of two faces that are at the same places of them, shape (n, 2).

    Args:
        x: places in the faces.
        low, high: indices of the points of each.
        close: largest distance.

    Raises:
        ValueError: if some have no counterpart.
    """
    from scipy.spatial import cKDTree

    if not len(low) and not len(high):
        return np.zeros((0, 2), dtype=np.int64)
    if len(low) == len(high):
        distance, nearest = cKDTree(x[high]).query(x[low])
        if distance.max() <= close and len(np.unique(nearest)) == len(nearest):
            return np.column_stack([low, high[nearest]])
    raise ValueError("opposite faces of the box do not match")


def cut(cells: Complex, axis: int, level: float, close: float) -> tuple[Complex, IntArray]:
    """Convex cells cut by the plane x_axis = level, with a facet between the parts.

    Args:
        cells: to be cut.
        axis: normal of the plane.
        level: where it is.
        close: points nearer to it than this lie in it.

    Returns:
        the parts, and the cell that each is part of.
    """
    points = cells.points.copy()
    height = points[:, axis] - level
    near = np.abs(height) < close
    points[near, axis], height[near] = level, 0.0
    extra: list[FloatArray] = []
    crossings: dict[tuple[int, int], int] = {}

    def crossing(a: int, b: int) -> int:
        key = (min(a, b), max(a, b))
        if key not in crossings:
            p, q = key
            x = points[p] + (points[q] - points[p]) * height[p] / (height[p] - height[q])
            x[axis] = level
            crossings[key] = len(points) + len(extra)
            extra.append(x)
        return crossings[key]

    facets: list[list[int]] = []
    sides: list[tuple[int, int]] = []  # of each old facet what is below and above, −1 for nothing
    flat: list[list[int]] = []  # its points in the plane
    for loop in cells.facets:
        h = height[loop]
        if (h <= 0).all() or (h >= 0).all():
            facets.append(loop)
            new = len(facets) - 1
            sides.append((new if (h <= 0).all() else -1, new if (h >= 0).all() else -1))
            flat.append([p for p in loop if height[p] == 0.0])
            continue
        below, above, on = [], [], []
        for i, p in enumerate(loop):
            q = loop[(i + 1) % len(loop)]
            if height[p] <= 0:
                below.append(p)
            if height[p] >= 0:
                above.append(p)
            if height[p] == 0:
                on.append(p)
            if height[p] * height[q] < 0 and (len(loop) > 2 or i == 0):
                new = crossing(p, q)
                below.append(new)
                above.append(new)
                on.append(new)
        facets += [below, above]
        sides.append((len(facets) - 2, len(facets) - 1))
        flat.append(on)
    parts: list[list[int]] = []
    parent: list[int] = []
    for number, cell in enumerate(cells.cells):
        low = [sides[f][0] for f in cell if sides[f][0] >= 0 and sides[f][0] != sides[f][1]]
        high = [sides[f][1] for f in cell if sides[f][1] >= 0 and sides[f][0] != sides[f][1]]
        level_facets = [sides[f][0] for f in cell if sides[f][0] == sides[f][1]]
        if low and high:
            every = np.concatenate([points, np.array(extra).reshape(-1, points.shape[1])])
            facets.append(_around(sorted({p for f in cell for p in flat[f]}), every, axis))
            level_facets = [len(facets) - 1]
        for half in (low, high):
            if half:
                parts.append(half + level_facets)
                parent.append(number)
    whole = np.concatenate([points, np.array(extra).reshape(-1, points.shape[1])])
    return Complex(whole, facets, parts), np.array(parent, dtype=np.int64)


def _around(found: list[int], points: FloatArray, axis: int) -> list[int]:
    """Points in a plane in order around their middle."""
    if points.shape[1] == 2:
        return found
    x = np.delete(points[found], axis, axis=1)
    x = x - x.mean(axis=0)
    return [found[i] for i in np.argsort(np.arctan2(x[:, 1], x[:, 0]))]
