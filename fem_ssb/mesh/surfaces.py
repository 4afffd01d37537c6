"""Triangles between the parts of a tetrahedral mesh, and how well shaped they are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

FACES = np.array([[1, 2, 3], [0, 3, 2], [0, 1, 3], [0, 2, 1]])
"""Corners of the faces of a positively oriented tetrahedron, seen from outside counterclockwise."""


def faces(cells: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """All triangles of a mesh.

    Args:
        cells: positively oriented tetrahedra, shape (m, 4).

    Returns:
        corners (k, 3), outwards of the first cell; the first cell; the second cell, or −1 where there is none.
    """
    corners = cells[:, FACES].reshape(-1, 3)
    n = np.int64(cells.max()) + 1
    a, b, c = np.sort(corners, axis=1).T
    order = np.lexsort((c, a * n + b))
    a, b, c = a[order], b[order], c[order]
    new = np.append(True, (a[1:] != a[:-1]) | (b[1:] != b[:-1]) | (c[1:] != c[:-1]))
    start = np.flatnonzero(new)
    double = np.diff(start, append=len(order)) == 2
    first = order[start]
    second = np.where(double, order[np.minimum(start + 1, len(order) - 1)] // 4, -1)
    return corners[first], first // 4, second


def vector_areas(x: FloatArray) -> FloatArray:
    """Area times unit normal of triangles x (…, 3, 3)."""
    return np.asarray(np.cross(x[..., 1, :] - x[..., 0, :], x[..., 2, :] - x[..., 0, :]) / 2)


def shapeliness(x: FloatArray) -> FloatArray:
    """Gmsh's gamma of triangles x (…, 3, 3) in space, see `fem_ssb.mesh.quality`: 16 S²/((a + b + c) abc)."""
    area = np.linalg.norm(vector_areas(x), axis=-1)
    a, b, c = (np.linalg.norm(x[..., j, :] - x[..., i, :], axis=-1) for i, j in ((0, 1), (1, 2), (2, 0)))
    return np.asarray(16 * area**2 / np.maximum((a + b + c) * a * b * c, 1e-300))
