"""Plane shapes painted over each other become cells that share their edges.

All outlines are cut at their intersections (by GEOS, through Shapely), and each face between them belongs to the shape
painted last of those that cover it. Faces thinner than a tolerance go to a neighbour, and points that only bend an
outline next to another point are left out, so that neither spoils the mesh.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product
from math import ceil, floor
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.affinity import translate

from fem_ssb.microstructure.complexes import Complex

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

GRID = 1e-10
"""Points are rounded to multiples of this times the size of the box."""

NEAR = 0.2
"""Distance of a point from another edge, over the tolerance, below which they are taken to touch."""

ROUNDS = 4
"""Times that places where parts of one shape touch in a point only are looked for, and joined."""


def arrange(
    shapes: Sequence[Any],
    lower: FloatArray,
    upper: FloatArray,
    size: float,
    tolerance: float,
    periodic: Sequence[int] = (),
) -> tuple[Complex, IntArray]:
    """Cells of a box that shapes are painted into.

    Args:
        shapes: Shapely polygons, the last one on top; what no shape covers is a cell of its own, the first.
        lower, upper: corners of the box, beyond which nothing is kept.
        size: mesh size; edges are cut where others come nearer than that.
        tolerance: width below which faces, and distance below which points, are removed where that is safe.
        periodic: axes along which the box is repeated: what of a shape is beyond one side comes in at the other one,
            and both sides are cut at the same places.

    Returns:
        the complex, and the shape of each of its cells, in rising order; −1 is what no shape covers. A cell may have
        holes and several parts.
    """
    box = shapely.box(*lower, *upper)
    grid = GRID * float((upper - lower).max())
    period = np.where(np.isin(np.arange(2), periodic), upper - lower, 0.0)
    layers = [box, *(within(shape, box, period) for shape in shapes)]
    for _ in range(ROUNDS):
        points, edges, cells_of, there = _faces(layers, lower, upper, grid, tolerance, periodic)
        pinched = _pinched(points, edges, cells_of, NEAR * tolerance)
        if not pinched:
            break
        for layer, point in pinched:
            joint = within(shapely.Point(*points[point]).buffer(2 * tolerance, quad_segs=2), box, period)
            layers = [
                shapely.union(shape, joint) if k == layer else shapely.difference(shape, joint) if k else shape
                for k, shape in enumerate(layers)
            ]
    used, edges = np.unique(edges, return_inverse=True)
    points, edges = points[used], edges.reshape(-1, 2)
    across = np.zeros((0, 2), dtype=np.int64)
    for axis in periodic:
        points, edges, cells_of = _even(points, edges, cells_of, axis, lower, upper, 4 * grid)
    for axis in periodic:
        across = np.concatenate([across, _opposite(points, edges, axis, lower, upper)])
    points, edges, cells_of = _cut_near(points, edges, cells_of, size, across)
    row = {int(layer): i for i, layer in enumerate(there)}
    cells: list[list[int]] = [[] for _ in there]
    for facet, pair in enumerate(cells_of.tolist()):
        for shape in pair:
            if shape >= 0:
                cells[row[shape]].append(facet)
    return Complex(points, edges.tolist(), cells), there - 1


def within(shape: Any, box: Any, period: FloatArray) -> Any:
    """What of a shape and its repetitions lies in a box.

    Args:
        shape: a polygon.
        box: the box.
        period: its extent along each axis that it is repeated along, 0 along others.
    """
    if not period.any() or shape.is_empty:
        return shapely.intersection(shape, box)
    turns = []
    for i, length in enumerate(period.tolist()):
        least, most = (box.bounds[i] - shape.bounds[2 + i], box.bounds[2 + i] - shape.bounds[i])
        turns.append(range(ceil(least / length), floor(most / length) + 1) if length else [0])
    parts = [shapely.intersection(translate(shape, *(np.array(turn) * period)), box) for turn in product(*turns)]
    parts = shapely.get_parts(parts)  # a shape that only touches the box has lines and points in common with it
    return shapely.union_all(parts[shapely.area(parts) > 0.0])


def _faces(
    layers: Sequence[Any],
    lower: FloatArray,
    upper: FloatArray,
    grid: float,
    tolerance: float,
    periodic: Sequence[int],
) -> tuple[FloatArray, IntArray, IntArray, IntArray]:
    """Points, edges (n, 2) between unlike layers, the layers (n, 2) on their sides (−1: none), and which there are."""
    lines = shapely.union_all([shapely.boundary(layer) for layer in layers], grid_size=grid)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.line_merge(lines))))
    faces = faces[shapely.area(faces) > 0.0]
    face, layer = shapely.STRtree(layers).query(shapely.point_on_surface(faces), predicate="within")
    owner = np.full(len(faces), -1)
    np.maximum.at(owner, face, layer)
    faces, owner = faces[owner >= 0], owner[owner >= 0]
    points, edges, sides = _edges(faces, grid)
    owner = _without_slivers(faces, owner, points, edges, sides, tolerance)
    for plane in (lower, upper):
        points = np.where(np.abs(points - plane) < 4 * grid, plane, points)
    jump = (sides[:, 1] < 0) | (owner[sides[:, 0]] != owner[sides[:, 1]])
    edges, cells_of = edges[jump], np.where(sides[jump] < 0, -1, owner[sides[jump]])
    on = (points == lower) | (points == upper)
    fixed = np.flatnonzero(on.all(axis=1) | on[:, list(periodic)].any(axis=1))
    edges, cells_of = _straightened(points, edges, cells_of, set(fixed.tolist()), tolerance)
    return points, edges, cells_of, np.unique(owner)


def _pinched(points: FloatArray, edges: IntArray, cells_of: IntArray, near: float) -> list[tuple[int, int]]:
    """(layer, point) where parts of a layer touch, or all but touch, in a point only: to be joined there."""
    layer = np.concatenate([cells_of[:, [0, 0]], cells_of[:, [1, 1]]]).ravel()
    point = np.concatenate([edges, edges]).ravel()
    key, count = np.unique(np.stack([layer, point]), axis=1, return_counts=True)
    found: dict[int, int] = {}
    for k, p in key[:, (count > 2) & (key[0] >= 0)].T.tolist():
        found[p] = max(k, found.get(p, -1))
    used, label = np.unique(edges, return_inverse=True)
    close, _, distance, _ = approaches(points[used], label.reshape(-1, 2), near)
    for p in np.unique(used[close[distance < near]]).tolist():
        found[p] = int(layer[point == p].max())
    return [(k, p) for p, k in found.items()]


def _edges(faces: npt.NDArray[Any], grid: float) -> tuple[FloatArray, IntArray, IntArray]:
    """Points, edges (n, 2) between them, and the one or two faces (n, 2) of each edge, −1 for none."""
    rings, face_of_ring = shapely.get_rings(faces, return_index=True)
    x, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    rounded = np.rint(x / grid).astype(np.int64)
    _, first, label = np.unique(rounded, axis=0, return_index=True, return_inverse=True)
    label = label.ravel()
    ends = np.sort(np.stack([label[:-1], label[1:]], axis=1)[same], axis=1)
    face = face_of_ring[ring[1:][same]]
    edges, edge = np.unique(ends, axis=0, return_inverse=True)
    edge = edge.ravel()
    order = np.argsort(edge, kind="stable")
    start = np.searchsorted(edge[order], np.arange(len(edges)))
    count = np.bincount(edge)
    sides = np.stack([face[order[start]], np.where(count > 1, face[order[np.minimum(start + 1, len(face) - 1)]], -1)])
    return x[first], edges, sides.T


def _without_slivers(
    faces: npt.NDArray[Any], owner: IntArray, points: FloatArray, edges: IntArray, sides: IntArray, tolerance: float
) -> IntArray:
    """Owners with those of thin faces changed to that of the neighbour along the longest edge."""
    thin = np.flatnonzero(2 * shapely.area(faces) < tolerance * shapely.length(faces))
    length = np.linalg.norm(points[edges[:, 0]] - points[edges[:, 1]], axis=1)
    owner = owner.copy()
    for face in thin[np.argsort(shapely.area(faces[thin]))].tolist():
        own = (sides == face).any(axis=1) & (sides[:, 1] >= 0)
        other = np.where(sides[own, 0] == face, sides[own, 1], sides[own, 0])
        if len(other):
            shared = np.bincount(owner[other], length[own])
            owner[face] = np.argmax(shared)
    return owner


def _straightened(
    points: FloatArray, edges: IntArray, cells_of: IntArray, fixed: set[int], tolerance: float
) -> tuple[IntArray, IntArray]:
    """Edges without points that belong to two edges only, of which one is short; but for those that are fixed.

    The triangle that is cut off must have no other point in it.
    """
    tree = shapely.STRtree(shapely.points(points))
    while True:
        ends, sides = edges.tolist(), cells_of.tolist()
        at: dict[int, set[int]] = {}
        for i, pair in enumerate(ends):
            for p in pair:
                at.setdefault(p, set()).add(i)
        length = np.linalg.norm(points[edges[:, 0]] - points[edges[:, 1]], axis=1)
        gone: set[int] = set()
        for i in np.flatnonzero(length < tolerance)[np.argsort(length[length < tolerance])].tolist():
            for p in ends[i] if i not in gone else ():
                if len(at[p]) != 2 or p in fixed:
                    continue
                j = next(k for k in at[p] if k != i)
                a, b = (next(q for q in ends[k] if q != p) for k in (i, j))
                corner = shapely.polygons(points[[a, p, b]])
                others = set(tree.query(corner, predicate="intersects").tolist()) - {a, b, p}
                if a == b or any(at.get(q) for q in others) or any(b in ends[k] for k in at[a]):
                    continue
                at[b] = (at[b] - {j}) | {i}
                ends[i] = [a, b]
                gone.add(j)
                del at[p]
                break
        if not gone:
            return edges, cells_of
        kept = [i for i in range(len(ends)) if i not in gone]
        edges, cells_of = np.array([ends[i] for i in kept]), np.array([sides[i] for i in kept])


def _side(points: FloatArray, edges: IntArray, axis: int, plane: float) -> IntArray:
    """The edges on one side of a box, in their order along it."""
    on = np.flatnonzero((points[edges, axis] == plane).all(axis=1))
    return on[np.argsort(points[edges[on], 1 - axis].mean(axis=1))]


def _even(
    points: FloatArray,
    edges: IntArray,
    cells_of: IntArray,
    axis: int,
    lower: FloatArray,
    upper: FloatArray,
    near: float,
) -> tuple[FloatArray, IntArray, IntArray]:
    """Two opposite sides of a box with points at the same places: where one has none, its edge is cut there."""
    other, planes = 1 - axis, (lower[axis], upper[axis])
    places = [points[np.unique(edges[_side(points, edges, axis, plane)]), other] for plane in planes]
    for plane, theirs in zip(planes, places[::-1], strict=True):
        for e in _side(points, edges, axis, plane).tolist():
            a, b = edges[e] if points[edges[e, 0], other] < points[edges[e, 1], other] else edges[e, ::-1]
            new = np.sort(theirs[(theirs > points[a, other] + near) & (theirs < points[b, other] - near)])
            chain = [a, *(len(points) + np.arange(len(new))), b]
            x = np.full((len(new), 2), plane)
            x[:, other] = new
            points, edges[e] = np.concatenate([points, x]), chain[:2]
            edges = np.concatenate([edges, np.array(list(pairwise(chain[1:]))).reshape(-1, 2)]).astype(np.int64)
            cells_of = np.concatenate([cells_of, np.tile(cells_of[e], (len(new), 1))])
    low, high = (np.unique(edges[_side(points, edges, axis, plane)]) for plane in planes)
    low, high = (on[np.argsort(points[on, other])] for on in (low, high))
    points[high, other] = points[low, other]
    return points, edges, cells_of


def _opposite(points: FloatArray, edges: IntArray, axis: int, lower: FloatArray, upper: FloatArray) -> IntArray:
    """Pairs of edges that are across from each other, shape (n, 2); all turned the same way, in place."""
    sides = [_side(points, edges, axis, plane) for plane in (lower[axis], upper[axis])]
    for side in sides:
        order = np.argsort(points[edges[side], 1 - axis], axis=1)
        edges[side] = np.take_along_axis(edges[side], order, axis=1)
    return np.stack(sides, axis=1)


def _cut_near(
    points: FloatArray, edges: IntArray, cells_of: IntArray, size: float, across: IntArray
) -> tuple[FloatArray, IntArray, IntArray]:
    """Edges cut at the foot of each point that is nearer than the mesh size and than the next point on the edge.

    A mesh can then be fine on both sides of a narrow place. Edges `across` from each other (n, 2) are cut alike.
    """
    _, edge, distance, along = approaches(points, edges, size)
    length = np.linalg.norm(points[edges[:, 1]] - points[edges[:, 0]], axis=1)
    first = np.arange(len(edges))
    first[across[:, 1]] = across[:, 0]
    cuts: dict[int, list[float]] = {}
    for k in np.argsort(distance, kind="stable").tolist():
        e = int(first[edge[k]])
        t = along[k] * length[e]
        if all(abs(t - other) > distance[k] for other in (0.0, length[e], *cuts.get(e, ()))):
            cuts.setdefault(e, []).append(float(t))
    new, pieces, sides = [points], [], []
    count = len(points)
    for e, (a, b) in enumerate(edges.tolist()):
        chain = [a]
        for t in sorted(cuts.get(int(first[e]), ())):
            new.append((points[a] + t / length[e] * (points[b] - points[a]))[None])
            chain.append(count)
            count += 1
        chain.append(b)
        pieces += [[p, q] for p, q in pairwise(chain)]
        sides += [cells_of[e]] * (len(chain) - 1)
    return np.concatenate(new), np.array(pieces), np.array(sides)


def approaches(points: FloatArray, edges: IntArray, reach: float) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
    """Points near edges that they do not belong to: point, edge, distance, and where along the edge (0 to 1)."""
    lines = shapely.linestrings(points[edges])
    point, edge = shapely.STRtree(lines).query(shapely.points(points), predicate="dwithin", distance=reach)
    apart = (edges[edge] != point[:, None]).all(axis=1)
    point, edge = point[apart], edge[apart]
    a, d = points[edges[edge, 0]], points[edges[edge, 1]] - points[edges[edge, 0]]
    along = np.clip(((points[point] - a) * d).sum(axis=1) / (d**2).sum(axis=1), 0.0, 1.0)
    return point, edge, np.linalg.norm(points[point] - a - along[:, None] * d, axis=1), along


def clearance(points: FloatArray, edges: IntArray, reach: FloatArray) -> FloatArray:
    """Distance of each point to the nearest edge that it does not belong to, its `reach` where none is as near."""
    point, _, distance, _ = approaches(points, edges, float(reach.max()))
    found = reach.copy()
    np.minimum.at(found, point, distance)
    return found
