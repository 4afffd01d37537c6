"""What a plane cuts out of tetrahedra: triangles and outlines that carry the fields along."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

# Nodes of a cell sorted so that those above the plane come first; by how many they are, the edges that are cut,
# in order around the polygon, and the triangles of the polygon.
CUTS = {
    1: (((0, 1), (0, 2), (0, 3)), ((0, 1, 2),)),
    2: (((0, 2), (0, 3), (1, 3), (1, 2)), ((0, 1, 2), (0, 2, 3))),
    3: (((0, 3), (1, 3), (2, 3)), ((0, 1, 2),)),
}


@dataclass
class Slice:
    """Triangles in a plane; every one has its own points, so that jumps stay.

    Attributes:
        points: shape (n, 3).
        triangles: shape (m, 3).
        cell: the tetrahedron each triangle is cut from, shape (m,).
        ends: the two nodes of the edge each point lies on, shape (n, 2).
        weight: share of the second of them, shape (n,).
    """

    points: FloatArray
    triangles: IntArray
    cell: IntArray
    ends: IntArray
    weight: FloatArray

    def at_points(self, nodal: npt.NDArray) -> npt.NDArray:
        """Linear interpolation of a nodal field, shape (nodes, …), to the points."""
        return between(nodal, self.ends, self.weight)


def slice_tetrahedra(points: FloatArray, cells: IntArray, axis: int, at: float) -> Slice:
    """Cut tetrahedra by the plane x[axis] = at.

    A plane through nodes is moved by 1e-9 of the extent, which makes every cut one through the inside of edges.

    Args:
        points: shape (n, 3).
        cells: shape (m, 4).
        axis: normal of the plane.
        at: where it lies.
    """
    height = _heights(points, axis, at)
    above = height[cells] > 0
    ends, triangles, origin, count = [], [], [], 0
    for n_above, (edges, polygon) in CUTS.items():
        cut = np.flatnonzero(above.sum(axis=1) == n_above)
        order = np.argsort(~above[cut], axis=1, kind="stable")
        nodes = np.take_along_axis(cells[cut], order, axis=1)
        ends.append(nodes[:, np.array(edges)].reshape(-1, 2))
        first = count + len(edges) * np.arange(len(cut))[:, None, None]
        triangles.append((first + np.array(polygon)).reshape(-1, 3))
        origin.append(np.repeat(cut, len(polygon)))
        count += len(edges) * len(cut)
    both = np.concatenate(ends)
    weight = _crossings(height, both)
    return Slice(between(points, both, weight), np.concatenate(triangles), np.concatenate(origin), both, weight)


def slice_triangles(points: FloatArray, triangles: IntArray, axis: int, at: float) -> tuple[IntArray, FloatArray]:
    """Segments that the plane x[axis] = at cuts out of triangles.

    Returns:
        Two nodes of the edge that each end of a segment lies on, shape (n, 2, 2), and the share of the second of
        them, shape (n, 2); `between` interpolates points and fields with these.
    """
    height = _heights(points, axis, at)
    above = height[triangles] > 0
    alone = np.where(above.sum(axis=1) == 1, 1, 0)
    cut = np.flatnonzero((above.sum(axis=1) == 1) | (above.sum(axis=1) == 2))
    tip = np.argmax(above[cut] == alone[cut, None], axis=1)
    nodes = np.take_along_axis(triangles[cut], (tip[:, None] + np.arange(3)) % 3, axis=1)
    ends = nodes[:, np.array([(0, 1), (0, 2)])]
    return ends, _crossings(height, ends)


def outline(cells: IntArray) -> IntArray:
    """Facets that belong to one cell alone: the surface, and both sides of every split interface."""
    n = cells.shape[1]
    facets = np.concatenate([np.delete(cells, i, axis=1) for i in range(n)])
    _, first, count = np.unique(np.sort(facets, axis=1), axis=0, return_index=True, return_counts=True)
    return facets[first[count == 1]]


def _heights(points: FloatArray, axis: int, at: float) -> FloatArray:
    extent = np.ptp(points[:, axis]) if len(points) else 1.0
    height = points[:, axis] - at
    return np.where(np.abs(height) < 1e-9 * extent, 1e-9 * extent, height)


def _crossings(height: FloatArray, ends: IntArray) -> FloatArray:
    one, two = height[ends[..., 0]], height[ends[..., 1]]
    return one / (one - two)


def between(nodal: npt.NDArray, ends: IntArray, weight: FloatArray) -> npt.NDArray:
    """Nodal values, shape (nodes, …), interpolated along edges: ends (…, 2), share of the second end (…)."""
    share = weight.reshape(*weight.shape, *[1] * (nodal.ndim - 1))
    return (1 - share) * nodal[ends[..., 0]] + share * nodal[ends[..., 1]]
