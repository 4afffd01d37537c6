"""Simplices between two copies of a facet: prisms, and what they are made from."""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np
import numpy.typing as npt

from fem_ssb.microstructure.assembly import Geometry
from fem_ssb.microstructure.wrap import twins

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass
class Facets:
    """Facets with their nodes (n, dim), ascending, and the cells that they are of (n, 2) or (n, 1)."""

    nodes: IntArray
    cells: IntArray


def interior_facets(cells: IntArray) -> Facets:
    """Facets between two cells of a mesh."""
    sides, order = _sides(cells)
    same = np.flatnonzero((sides[1:] == sides[:-1]).all(axis=1))
    return Facets(sides[same], np.stack([order[same], order[same + 1]], axis=1) % len(cells))


def exterior_facets(cells: IntArray) -> Facets:
    """Facets of one cell only, shape of their cells (n, 1)."""
    sides, order = _sides(cells)
    same = np.pad((sides[1:] == sides[:-1]).all(axis=1), 1)
    single = np.flatnonzero(~same[1:] & ~same[:-1])
    return Facets(sides[single], order[single, None] % len(cells))


def _sides(cells: IntArray) -> tuple[IntArray, IntArray]:
    """All sides of cells, those with the same nodes one after the other, and of each its cell, modulo their number."""
    sides = np.concatenate([np.delete(cells, i, axis=1) for i in range(cells.shape[1])])
    sides.sort(axis=1)
    order = np.lexsort(sides.T[::-1])
    return sides[order], order


def volumes(nodes: FloatArray, cells: IntArray) -> FloatArray:
    """Signed areas or volumes."""
    x = nodes[cells]
    return np.asarray(np.linalg.det(x[:, 1:] - x[:, :1]) / factorial(nodes.shape[1]))


def normals(x: FloatArray) -> FloatArray:
    """Normals of facets (n, dim, dim), as long as they are large."""
    edges = x[:, 1:] - x[:, :1]
    if x.shape[2] == 2:
        return np.stack([edges[:, 0, 1], -edges[:, 0, 0]], axis=1)
    return np.cross(edges[:, 0], edges[:, 1])


def across_box(nodes: FloatArray, geometry: Geometry) -> list[tuple[IntArray, IntArray]]:
    """Nodes of the low and high face of each periodic axis, pair by pair."""
    found = []
    for axis in geometry.periodic:
        low, high = (np.flatnonzero(np.abs(nodes[:, axis] - plane) < 1e-9) for plane in (0.0, geometry.upper[axis]))
        pairs = twins(np.delete(nodes, axis, axis=1), low, high, 1e-8)
        found.append((pairs[:, 0], pairs[:, 1]))
    return found


def staircases(rows: int, columns: int) -> list[list[tuple[int, int]]]:
    """All paths from (0, 0) to (rows − 1, columns − 1) that go one step up in one of both."""
    paths = [[(0, 0)]]
    for _ in range(rows + columns - 2):
        paths = [
            [*path, step]
            for path in paths
            for step in ((path[-1][0] + 1, path[-1][1]), (path[-1][0], path[-1][1] + 1))
            if step[0] < rows and step[1] < columns
        ]
    return paths
