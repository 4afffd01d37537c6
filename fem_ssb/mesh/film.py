"""What opens between shrunk grains, filled with simplices whose corners are copies of the old nodes.

A facet between two grains a < b leaves a prism. With n₀ < n₁ < … its nodes that is cut into the simplices
(n₀a … n_k a, n_k b … b), so that neighbours agree on all diagonals. Where three or more grains meet, at a point in 2D
and along an edge in 3D, the polygon of their copies is cut into triangles, which such an edge makes prisms of, and
where edges come together in 3D the triangles that they end in are the faces of a polyhedron: one tetrahedron of four
grains, or one on each face with its tip in the middle. On a face of the box half of this polyhedron is there. Where a
grain touches a periodic face without going through it, the half on the other side is flat, and its triangles close
this one.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from fem_ssb.errors import InputError
from fem_ssb.mesh.prisms import Facets, staircases

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

MIDDLE = np.iinfo(np.int64).max
"""In place of a grain: the middle of more than four."""


class Copies:
    """The copies of doubled nodes: one in each grain, and one in the middle.

    Attributes:
        points: their places, first those in grains, then those in the middle.
        rank: order of nodes in prisms, the same on opposite faces of a periodic box.
        pairs: node and grain of each copy in a grain, ascending, shape (n, 2).
        across: for a node of a periodic face, where a grain touches this from the other side without going through it,
            the node across from it; −1 for others.
    """

    def __init__(self, doubled: BoolArray, pairs: IntArray, rank: IntArray) -> None:
        self.doubled, self.pairs, self.rank = doubled, pairs, rank
        self.points, self.across = np.zeros((0, 0)), np.full(len(doubled), -1)
        self._span = int(pairs[:, 1].max()) + 1
        self._code = pairs[:, 0] * self._span + pairs[:, 1]
        self._middle = np.cumsum(doubled) - 1 + len(doubled) + len(pairs)

    def row(self, nodes: IntArray, grain: IntArray) -> IntArray:
        """Position in `pairs` of nodes in grains, −1 for those that have no copy there."""
        wanted = nodes * self._span + grain
        at = np.minimum(np.searchsorted(self._code, wanted), len(self._code) - 1)
        return np.where(self._code[at] == wanted, at, -1)

    def number(self, nodes: IntArray, grain: IntArray) -> IntArray:
        """Copies of nodes (n, k) in the grain (n,) of each row, or in the MIDDLE; nodes not doubled themselves."""
        grain = np.broadcast_to(grain[:, None], nodes.shape)
        found = np.where(self.doubled[nodes], self._middle[nodes], nodes)
        some = self.doubled[nodes] & (grain != MIDDLE)
        found[some] = len(self.doubled) + self.row(nodes[some], grain[some])
        return found


def fill(
    facets: Facets, label: IntArray, doubled: BoolArray, mine: BoolArray, copies: Copies
) -> tuple[IntArray, IntArray]:
    """Simplices in the gaps, and the cell whose grain each belongs to: −1 for the layer's film."""
    sides = label[facets.cells]
    wide = (sides >= 0).all(axis=1) & (sides[:, 0] != sides[:, 1]) & doubled[facets.nodes].any(axis=1)
    nodes, cells, pair = facets.nodes[wide], facets.cells[wide], np.sort(sides[wide], axis=1)
    film = mine[cells].all(axis=1)
    owner = np.where(film, -1, cells[np.arange(len(cells)), np.argmin(mine[cells], axis=1)])
    parts = _prism(nodes, pair, copies)
    owners = [owner] * len(parts)
    around, triple, owner = _meetings(nodes, cells, pair, film, doubled, owner)
    if around.shape[1] == 2:
        around, triple, owner = _matched(around, triple, owner, doubled)
    parts += (meeting := _prism(around, triple, copies))
    owners += [owner] * len(meeting)
    if around.shape[1] == 2:
        corners = _corners(around, triple, doubled, copies)
        parts.append(corners)
        owners.append(np.full(len(corners), -1))
    simplices, owner = np.concatenate(parts), np.concatenate(owners)
    ordered = np.sort(simplices, axis=1)
    whole = (ordered[:, 1:] != ordered[:, :-1]).all(axis=1)
    return simplices[whole], owner[whole]


def _prism(nodes: IntArray, grains: IntArray, copies: Copies) -> list[IntArray]:
    """Simplices of the products of a simplex of nodes (n, a) and one of grains (n, b), these ascending."""
    nodes = np.take_along_axis(nodes, np.argsort(copies.rank[nodes], axis=1), axis=1)
    parts = []
    for steps in staircases(nodes.shape[1], grains.shape[1]):
        columns = [copies.number(nodes[:, i : i + 1], grains[:, j]) for i, j in steps]
        parts.append(np.concatenate(columns, axis=1))
    return parts


def _meetings(
    nodes: IntArray,
    cells: IntArray,
    pair: IntArray,
    film: BoolArray,
    doubled: BoolArray,
    owner: IntArray,
) -> tuple[IntArray, IntArray, IntArray]:
    """Where three or more grains meet: nodes (2D) or edges (3D), with the polygon of these grains in triangles.

    Args:
        nodes, cells, pair, film, owner: of the facets between grains: nodes, cells, grains, whether they are in the
            film, and where not, the cell whose grain the gap is.
        doubled: nodes on boundaries.

    Returns:
        nodes (n, dim − 1), grains (n, 3) ascending, and the cell whose grain the gap is, −1 for the film.
    """
    dim = nodes.shape[1]
    every = np.concatenate([np.delete(nodes, i, axis=1) for i in range(dim)])
    facet = np.tile(np.arange(len(nodes)), dim)
    keep = doubled[every].any(axis=1)
    every, facet = every[keep], facet[keep]
    place, index = np.unique(every, axis=0, return_inverse=True)
    index = index.ravel()
    there = np.unique(np.column_stack([np.repeat(index, 2), pair[facet].ravel()]), axis=0)
    number = np.bincount(there[:, 0], minlength=len(place))
    of_film = np.zeros(len(place), dtype=bool)
    of_film[index[film[facet]]] = True
    first = np.zeros(len(place), dtype=np.int64)
    first[index] = owner[facet]
    three = np.flatnonzero(number == 3)
    found = [(three, there[number[there[:, 0]] == 3, 1].reshape(-1, 3))]
    for i in np.flatnonzero(number > 3).tolist():
        loop = _around(pair[facet[index == i]])
        fan = np.array([[loop[0], a, b] for a, b in pairwise(loop[1:])])
        found.append((np.full(len(fan), i), np.sort(fan, axis=1)))
    at = np.concatenate([where for where, _ in found])
    return place[at], np.concatenate([grains for _, grains in found]), np.where(of_film[at], -1, first[at])


def _around(pairs: IntArray) -> list[int]:
    """Grains in order around a point or edge, from the smallest number on; an open row is closed.

    Raises:
        InputError: if one of them is there twice.
    """
    following: dict[int, set[int]] = {}
    for a, b in pairs.tolist():
        following.setdefault(a, set()).add(b)
        following.setdefault(b, set()).add(a)
    ends = [g for g, others in following.items() if len(others) == 1]
    if any(len(others) > 2 for others in following.values()) or len(ends) not in (0, 2):
        raise InputError("grains touch in a point or line only: use another seed or more Lloyd passes")
    row = [min(ends or following)]
    while len(row) < len(following):
        row.append(min(g for g in following[row[-1]] if g not in row))
    start = row.index(min(row))
    return row[start:] + row[:start]


def _matched(
    around: IntArray, triple: IntArray, owner: IntArray, doubled: BoolArray
) -> tuple[IntArray, IntArray, IntArray]:
    """Edges beside the layer where more than three grains meet take the triangles that the film ends in there."""
    edges, index, number = np.unique(around, axis=0, return_inverse=True, return_counts=True)
    index = index.ravel()
    many = (owner >= 0) & (number[index] > 1)
    if not many.any():
        return around, triple, owner
    film = owner < 0
    ends = _open_ends(around[film], triple[film], doubled)
    keep = np.ones(len(around), dtype=bool)
    more = []
    for i in np.unique(index[many]).tolist():
        rows = np.flatnonzero(index == i)
        found = ends[np.isin(ends[:, 0], edges[i][doubled[edges[i]]]), 1:]
        if np.array_equal(np.unique(found), np.unique(triple[rows])):
            keep[rows] = False
            more.append((np.tile(edges[i], (len(found), 1)), found, np.full(len(found), owner[rows[0]])))
    around, triple, owner = (
        np.concatenate([old[keep], *new]) for old, *new in zip((around, triple, owner), *more, strict=True)
    )
    return around, triple, owner


def _open_ends(around: IntArray, triple: IntArray, doubled: BoolArray) -> IntArray:
    """Nodes with the three grains of each edge that ends there and goes on in no other, in rows of four."""
    rows = np.concatenate([np.column_stack([node, triple]) for node in around.T])
    rows, count = np.unique(rows[doubled[rows[:, 0]]], axis=0, return_counts=True)
    return np.asarray(rows[count % 2 == 1])


def _corners(around: IntArray, triple: IntArray, doubled: BoolArray, copies: Copies) -> IntArray:
    """Tetrahedra between the ends of edges where grains meet, at the nodes where several of these come together."""
    rows = _open_ends(around, triple, doubled)
    half = rows[copies.across[rows[:, 0]] >= 0]
    half[:, 0] = copies.across[half[:, 0]]
    rows = np.concatenate([rows, half])
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    nodes, first, number = np.unique(rows[:, 0], return_index=True, return_counts=True)
    found = []
    for node, i, n in zip(nodes, first, number, strict=True):
        triangles = rows[i : i + n, 1:]
        grains = np.unique(triangles)
        simple = n == 4 and len(grains) == 4
        corners = grains[None] if simple else np.column_stack([triangles, np.full(n, MIDDLE)])
        at = np.full((len(corners), 1), node)
        found.append(np.concatenate([copies.number(at, grain) for grain in corners.T], axis=1))
    return np.concatenate(found) if found else np.zeros((0, 4), dtype=np.int64)
