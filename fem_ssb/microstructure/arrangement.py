"""Plane shapes painted over each other become cells that share their edges.

All outlines are cut at their intersections (by GEOS, through Shapely), and each face between them belongs to the shape
painted last of those that cover it. Faces thinner than a tolerance go to a neighbour, and points that only bend an
outline next to another point are left out, so that neither spoils the mesh.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from fem_ssb.microstructure.complexes import Complex

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

GRID = 1e-10
"""Points are rounded to multiples of this times the size of the box."""


def arrange(
    shapes: Sequence[Any], lower: FloatArray, upper: FloatArray, tolerance: float
) -> tuple[Complex, IntArray]:
    """Cells of a box that shapes are painted into.

    Args:
        shapes: Shapely polygons, the last one on top; what no shape covers is a cell of its own, the first.
        lower, upper: corners of the box, beyond which nothing is kept.
        tolerance: width below which faces, and distance below which points, are removed where that is safe.

    Returns:
        the complex, and the shape of each of its cells, in rising order; −1 is what no shape covers. A cell may have
        holes and several parts.
    """
    box = shapely.box(*lower, *upper)
    grid = GRID * float((upper - lower).max())
    layers = [box, *(shapely.intersection(shape, box) for shape in shapes)]
    lines = shapely.union_all([shapely.boundary(layer) for layer in layers], grid_size=grid)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.line_merge(lines))))
    faces = faces[shapely.area(faces) > 0.0]
    face, layer = shapely.STRtree(layers).query(shapely.point_on_surface(faces), predicate="within")
    owner = np.full(len(faces), -1)
    np.maximum.at(owner, face, layer)
    faces, owner = faces[owner >= 0], owner[owner >= 0]
    points, edges, sides = _edges(faces, grid)
    owner = _without_slivers(faces, owner, points, edges, sides, tolerance)
    points = _on_box(points, lower, upper, 4 * grid)
    jump = (sides[:, 1] < 0) | (owner[sides[:, 0]] != owner[sides[:, 1]])
    edges, cells_of = edges[jump], np.where(sides[jump] < 0, -1, owner[sides[jump]])
    corners = np.flatnonzero(((points == lower) | (points == upper)).all(axis=1))
    edges, cells_of = _straightened(points, edges, cells_of, set(corners.tolist()), tolerance)
    there = np.unique(owner)  # 0 is the box
    used, edges = np.unique(edges, return_inverse=True)
    row = {int(layer): i for i, layer in enumerate(there)}
    cells: list[list[int]] = [[] for _ in there]
    for facet, pair in enumerate(cells_of.tolist()):
        for shape in pair:
            if shape >= 0:
                cells[row[shape]].append(facet)
    return Complex(points[used], edges.reshape(-1, 2).tolist(), cells), there - 1


def _edges(faces: npt.NDArray[Any], grid: float) -> tuple[FloatArray, IntArray, IntArray]:
    """Points, edges (n, 2) between them, and the one or two faces (n, 2) of each edge, −1 for none."""
    rings, face_of_ring = shapely.get_rings(faces, return_index=True)
    x, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    keys, first, label = np.unique(np.rint(x / grid).astype(np.int64), axis=0, return_index=True, return_inverse=True)
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
    thin = np.flatnonzero(2 * shapely.area(faces) < tolerance * shapely.length(faces) / 2)
    length = np.linalg.norm(points[edges[:, 0]] - points[edges[:, 1]], axis=1)
    owner = owner.copy()
    for face in thin[np.argsort(shapely.area(faces[thin]))].tolist():
        own = (sides == face).any(axis=1) & (sides[:, 1] >= 0)
        other = np.where(sides[own, 0] == face, sides[own, 1], sides[own, 0])
        if len(other):
            shared = np.bincount(owner[other], length[own])
            owner[face] = np.argmax(shared)
    return owner


def _on_box(points: FloatArray, lower: FloatArray, upper: FloatArray, close: float) -> FloatArray:
    """Points with exactly the coordinates of the box's faces where they are on them."""
    for plane in (lower, upper):
        points = np.where(np.abs(points - plane) < close, plane, points)
    return points


def _straightened(
    points: FloatArray, edges: IntArray, cells_of: IntArray, fixed: set[int], tolerance: float
) -> tuple[IntArray, IntArray]:
    """Edges without points that belong to two edges only, of which one is short; but for those that are fixed.

    The triangle that is cut off must have no other point in it.
    """
    at: dict[int, set[int]] = {}
    ends = {i: (int(a), int(b)) for i, (a, b) in enumerate(edges)}
    sides = {i: tuple(pair) for i, pair in enumerate(cells_of.tolist())}
    for i, (a, b) in ends.items():
        at.setdefault(a, set()).add(i)
        at.setdefault(b, set()).add(i)
    length = np.linalg.norm(points[edges[:, 0]] - points[edges[:, 1]], axis=1)
    tree = shapely.STRtree(shapely.points(points))
    for i in np.argsort(length).tolist():
        if length[i] >= tolerance:
            break
        for p in ends.get(i, ()):
            if len(at[p]) != 2 or p in fixed:
                continue
            j = next(k for k in at[p] if k != i)
            a, b = (next(q for q in ends[k] if q != p) for k in (i, j))
            corner = shapely.polygons(points[[a, p, b]])
            others = set(tree.query(corner, predicate="intersects").tolist()) - {a, b, p}
            if a == b or any(q in at and at[q] for q in others) or any(b in ends[k] for k in at[a]):
                continue
            at[b].discard(j)
            at[b].add(i)
            ends[i] = (a, b)
            del ends[j], at[p]
            break
    kept = sorted(ends)
    return np.array([ends[i] for i in kept]), np.array([sides[i] for i in kept])
