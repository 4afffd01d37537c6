"""A piecewise linear complex: points, flat facets between them, cells bounded by facets."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass
class Complex:
    """Cells that share their facets.

    Attributes:
        points: coordinates, shape (n, dim).
        facets: point indices of each facet: two in 2D, a loop in 3D.
        cells: facet indices of each cell.
        holes: loops around what a 3D facet is without, of those that have any.
    """

    points: FloatArray
    facets: list[list[int]]
    cells: list[list[int]] = field(default_factory=list)
    holes: dict[int, list[list[int]]] = field(default_factory=dict)

    @property
    def dim(self) -> int:
        """2 or 3."""
        return self.points.shape[1]

    def polygon(self, cell: int) -> list[int]:
        """Point indices of a 2D cell in order around it."""
        following: dict[int, list[int]] = {}
        for facet in self.cells[cell]:
            a, b = self.facets[facet]
            following.setdefault(a, []).append(b)
            following.setdefault(b, []).append(a)
        loop = [self.facets[self.cells[cell][0]][0]]
        before = -1
        while len(loop) <= len(following):
            step = next(p for p in following[loop[-1]] if p != before)
            before = loop[-1]
            if step == loop[0]:
                return loop
            loop.append(step)
        raise ValueError("the facets of the cell do not close")

    def shells(self, cell: int) -> list[list[int]]:
        """Facets of a 3D cell, sorted into those that hang together; the outer shell first."""
        facets = self.cells[cell]
        around = [np.concatenate([self.facets[f], *self.holes.get(f, [])]).astype(np.int64) for f in facets]
        points = np.concatenate(around)
        owner = np.repeat(np.arange(len(facets)), [len(loop) for loop in around])
        graph = coo_matrix((np.ones(len(points)), (owner, len(facets) + points)))
        n = len(facets) + len(self.points)
        graph.resize(n, n)
        _, label = connected_components(graph, directed=False)
        label = np.unique(label[: len(facets)], return_inverse=True)[1]
        shells = [[f for f, k in zip(facets, label, strict=True) if k == part] for part in range(label.max() + 1)]
        corners = [self.points[np.concatenate([self.facets[f] for f in shell])] for shell in shells]
        order = np.argsort([-np.prod(np.ptp(x, axis=0)) for x in corners], kind="stable")
        return [shells[i] for i in order]

    def united(self, label: IntArray) -> Complex:
        """The complex whose cell k is all cells labelled k; facets between these vanish."""
        cells: list[list[int]] = [[] for _ in range(int(label.max()) + 1)]
        for cell, k in zip(self.cells, label.tolist(), strict=True):
            for facet in cell:
                toggle(cells[k], facet)
        left = sorted({facet for cell in cells for facet in cell})
        row = {facet: i for i, facet in enumerate(left)}
        used, points = np.unique(np.concatenate([self.facets[f] for f in left]), return_inverse=True)
        ends = np.cumsum([len(self.facets[f]) for f in left])
        loops = [part.tolist() for part in np.split(points, ends[:-1])]
        return Complex(self.points[used], loops, [[row[f] for f in cell] for cell in cells])

    def fanned(self, facets: list[int]) -> Complex:
        """The complex with some 3D facets cut into triangles from their middle over their edges."""
        points, loops = [self.points], list(self.facets)
        pieces: dict[int, list[int]] = {}
        for new, facet in enumerate(facets, start=len(self.points)):
            loop = self.facets[facet]
            points.append(self.points[loop].mean(axis=0)[None])
            fan = [[new, a, b] for a, b in zip(loop, [*loop[1:], loop[0]], strict=True)]
            pieces[facet] = [facet, *range(len(loops), len(loops) + len(fan) - 1)]
            loops[facet] = fan[0]
            loops += fan[1:]
        cells = [[piece for facet in cell for piece in pieces.get(facet, [facet])] for cell in self.cells]
        return Complex(np.concatenate(points), loops, cells, self.holes)

    def half_spaces(self, cell: int) -> tuple[FloatArray, FloatArray]:
        """Outward unit normals n (m, dim) and offsets b (m,) of a cell's facets: inside is n·x ≤ b.

        The offset is that of the facet's innermost point, so that a facet which is not quite flat after
        merging points is never crossed.
        """
        loops = [self.points[self.facets[facet]] for facet in self.cells[cell]]
        centre = np.mean(np.concatenate(loops), axis=0)
        normals = np.array([_normal(loop) for loop in loops])
        outward = [np.sign(n @ (loop.mean(axis=0) - centre)) or 1.0 for n, loop in zip(normals, loops, strict=True)]
        normals *= np.array(outward)[:, None]
        return normals, np.array([(loop @ n).min() for n, loop in zip(normals, loops, strict=True)])


def _normal(loop: FloatArray) -> FloatArray:
    """Unit normal of an edge (2D) or of a loop (3D, Newell's sum of cross products)."""
    if loop.shape[1] == 2:
        tangent = loop[1] - loop[0]
        normal = np.array([tangent[1], -tangent[0]])
    else:
        normal = np.cross(loop, np.roll(loop, -1, axis=0)).sum(axis=0)
    return normal / np.linalg.norm(normal)


def merge_points(points: FloatArray, tolerance: float, planes: list[FloatArray]) -> tuple[FloatArray, IntArray]:
    """Unite points closer than a tolerance, keeping those on planes there.

    Args:
        points: shape (n, dim).
        tolerance: distance below which two points become one (chains included).
        planes: for each axis the coordinates of planes to stay on; a point counts as on a plane only if it
            has exactly its coordinate.

    Returns:
        the new points, and for each old point the index of its new one.
    """
    pairs = cKDTree(points).query_pairs(tolerance, output_type="ndarray")
    graph = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(points),) * 2)
    n, label = connected_components(graph, directed=False)
    merged = np.empty((n, points.shape[1]))
    count = np.bincount(label, minlength=n)
    for axis, levels in enumerate(planes):
        merged[:, axis] = np.bincount(label, points[:, axis], n) / count
        for level in levels:
            merged[label[points[:, axis] == level], axis] = level
    return merged, label.astype(np.int64)


def relabel(loop: list[int], label: IntArray, dim: int) -> list[list[int]]:
    """What is left of a facet after merging points: simple loops of at least `dim` points, maybe none.

    A loop that touches itself in a point is cut there; spurs vanish.
    """
    open_loop: list[int] = []
    closed: list[list[int]] = []
    for point in label[loop].tolist():
        if point in open_loop:
            at = open_loop.index(point)
            closed.append(open_loop[at:])
            del open_loop[at:]
        open_loop.append(point)
    return [part for part in (*closed, open_loop) if len(part) >= dim]


class FacetTable:
    """Facets by their points: the same points give the same facet."""

    def __init__(self) -> None:
        self.facets: list[list[int]] = []
        self._index: dict[frozenset[int], int] = {}

    def add(self, loop: list[int]) -> int:
        """Index of the facet through these points."""
        key = frozenset(loop)
        if key not in self._index:
            self._index[key] = len(self.facets)
            self.facets.append(loop)
        return self._index[key]


def toggle(cell: list[int], facet: int) -> None:
    """Add a facet to a cell; two coinciding facets of one cell enclose nothing and cancel."""
    if facet in cell:
        cell.remove(facet)
    else:
        cell.append(facet)


def box_complex(lower: FloatArray, upper: FloatArray) -> Complex:
    """A 3D box as one cell."""
    points = np.array([[(lower, upper)[(k >> axis) & 1][axis] for axis in range(3)] for k in range(8)])
    loops = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]]
    return Complex(points, loops, [list(range(6))])
