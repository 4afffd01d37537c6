"""Layers of a 3D stack joined: where two meet, each facet is what a cell below has in common with a cell above.

The faces of the cells in a common plane are two partitions of one rectangle into polygons. Their overlay has the
intersections of all pairs as facets; its points are put into the edges they lie on, of upright facets too.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from fem_ssb.microstructure.complexes import Complex, FacetTable, merge_points, toggle

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

CLOSE = 1e-9
"""Points nearer than this times the box's largest side are one; smaller areas (squared) are none."""


def overlay(parts: list[Complex], levels: FloatArray, upper: FloatArray) -> Complex:
    """One complex of all cells, layer by layer.

    Args:
        parts: the tessellated layers. Where two with several cells meet, the faces of the upper one's cells in
            the common plane must be convex.
        levels: heights of the layers' faces, shape (n_layers + 1,); points there have exactly these heights.
        upper: the box is from 0 to here.
    """
    close = CLOSE * upper.max()
    points = [part.points for part in parts]
    starts = np.cumsum([0, *map(len, points)])
    loops = [[[p + start for p in loop] for loop in part.facets] for part, start in zip(parts, starts, strict=False)]
    pieces: list[dict[int, list[list[int]]]] = [{} for _ in parts]
    for k in range(1, len(parts)):
        below = _in_plane(parts[k - 1], levels[k])
        above = _in_plane(parts[k], levels[k])
        flipped = len(parts[k].cells) > 1 and len(parts[k - 1].cells) == 1
        subject, clip = (above, below) if flipped else (below, above)
        of_subject, of_clip = (parts[k], parts[k - 1]) if flipped else (parts[k - 1], parts[k])
        layer_s, layer_c = (k, k - 1) if flipped else (k - 1, k)
        for i, j, polygon in _intersections(of_subject, subject, of_clip, clip, close):
            first = sum(map(len, points))
            points.append(np.column_stack([polygon, np.full(len(polygon), levels[k])]))
            loop = list(range(first, first + len(polygon)))
            pieces[layer_s].setdefault(i, []).append(loop)
            pieces[layer_c].setdefault(j, []).append(loop)
    every = np.concatenate(points)
    planes = [np.array([0.0, upper[0]]), np.array([0.0, upper[1]]), np.asarray(levels)]
    for axis in range(2):
        for plane in planes[axis]:
            every[np.abs(every[:, axis] - plane) < close, axis] = plane
    united, label = merge_points(every, close, planes)
    splitter = _Splitter(united, np.asarray(levels[1:-1]), 10 * close)
    table = FacetTable()
    cells: list[list[int]] = []
    holes: dict[int, list[list[int]]] = {}
    for k, part in enumerate(parts):
        done = {
            facet: [table.add(loop) for loop in map(splitter, _relabelled(pieces[k].get(facet, [whole]), label))]
            for facet, whole in enumerate(loops[k])
        }
        for facet, rings in part.holes.items():
            holes[done[facet][0]] = [label[np.add(ring, starts[k])].tolist() for ring in rings]
        for cell in part.cells:
            new: list[int] = []
            for facet in cell:
                for piece in done[facet]:
                    toggle(new, piece)
            cells.append(new)
    used, inverse = np.unique(np.concatenate(table.facets), return_inverse=True)
    ends = np.cumsum([len(loop) for loop in table.facets])
    loops_of = [part.tolist() for part in np.split(inverse, ends[:-1])]
    within = {facet: [np.searchsorted(used, ring).tolist() for ring in rings] for facet, rings in holes.items()}
    return Complex(united[used], loops_of, cells, within)


def _in_plane(part: Complex, level: float) -> list[int]:
    """Facets of a layer that lie in the plane at a level."""
    on = part.points[:, 2] == level
    return [i for i, loop in enumerate(part.facets) if on[loop].all()]


def _relabelled(loops: list[list[int]], label: IntArray) -> list[list[int]]:
    """Loops with united points; points that follow each other are kept once, loops without area left out."""
    kept = []
    for loop in loops:
        new = label[loop].tolist()
        new = [p for i, p in enumerate(new) if p != new[i - 1]]
        if len(set(new)) == len(new) >= 3:
            kept.append(new)
    return kept


def _intersections(
    a: Complex, facets_a: list[int], b: Complex, facets_b: list[int], close: float
) -> list[tuple[int, int, FloatArray]]:
    """(facet of a, facet of b, common polygon) for all pairs that have an area in common."""
    flat_a = [a.points[a.facets[i]][:, :2] for i in facets_a]
    flat_b = [_counterclockwise(b.points[b.facets[j]][:, :2]) for j in facets_b]
    low, high = (np.array([f(x, axis=0) for x in flat_b]) for f in (np.min, np.max))
    found = []
    for i, x in zip(facets_a, flat_a, strict=True):
        near = ((low < x.max(axis=0) - close) & (high > x.min(axis=0) + close)).all(axis=1)
        for j in np.flatnonzero(near).tolist():
            common = _clipped(x, flat_b[j], close)
            if len(common) >= 3 and abs(_area(common)) > close * np.ptp(common, axis=0).max():
                found.append((i, facets_b[j], common))
    return found


def _clipped(x: FloatArray, convex: FloatArray, close: float) -> FloatArray:
    """Part of a polygon inside a convex one, after I. Sutherland and G. Hodgman, Comm. ACM 17 (1974) 32."""
    for a, b in zip(convex, np.roll(convex, -1, axis=0), strict=True):
        along = b - a
        size = np.hypot(*along)
        if size == 0.0 or not len(x):
            continue
        height = (along[0] * (x[:, 1] - a[1]) - along[1] * (x[:, 0] - a[0])) / size
        height[np.abs(height) < close] = 0.0
        if (height >= 0).all():
            continue
        kept = []
        for i in range(len(x)):
            p, q, h, g = x[i], x[(i + 1) % len(x)], height[i], height[(i + 1) % len(x)]
            if h >= 0:
                kept.append(p)
            if h * g < 0:
                kept.append(p + (q - p) * (h / (h - g)))
        x = np.array(kept).reshape(-1, 2)
    return x


def _area(x: FloatArray) -> float:
    """Signed area of a polygon."""
    y = np.roll(x, -1, axis=0)
    return float(0.5 * (x[:, 0] * y[:, 1] - x[:, 1] * y[:, 0]).sum())


def _counterclockwise(x: FloatArray) -> FloatArray:
    return x if _area(x) > 0 else x[::-1]


class _Splitter:
    """Puts the points of the common planes into the edges of loops that they lie on."""

    def __init__(self, points: FloatArray, levels: FloatArray, close: float) -> None:
        self.points, self.close = points, close
        self.members = {level: np.flatnonzero(points[:, 2] == level) for level in levels}
        self.trees = {level: cKDTree(points[on]) for level, on in self.members.items() if len(on)}
        self.known: dict[tuple[int, int], list[int]] = {}

    def __call__(self, loop: list[int]) -> list[int]:
        return [p for i, a in enumerate(loop) for p in (a, *self._between(a, loop[(i + 1) % len(loop)]))]

    def _between(self, a: int, b: int) -> list[int]:
        """Points inside the edge from a to b, in this order."""
        x, y = self.points[a], self.points[b]
        if x[2] != y[2] or x[2] not in self.trees:
            return []
        if (b, a) in self.known:
            return self.known[b, a][::-1]
        if (a, b) not in self.known:
            length = np.linalg.norm(y - x)
            on = self.members[x[2]]
            near = on[self.trees[x[2]].query_ball_point((x + y) / 2, length / 2 + self.close)]
            along = (self.points[near] - x) @ (y - x) / length
            off = np.linalg.norm(self.points[near] - x - along[:, None] * (y - x) / length, axis=1)
            inside = (off < self.close) & (along > self.close) & (along < length - self.close)
            self.known[a, b] = near[inside][np.argsort(along[inside])].tolist()
        return self.known[a, b]
