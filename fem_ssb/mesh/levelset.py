"""Tetrahedra cut along the zero of a level set.

Each edge whose ends have unlike signs gets a node where the level set, linear along it, is zero. What is left of a
tetrahedron on either side is a tetrahedron, a pyramid or a prism; quadrilateral faces are cut from their corner with
the smallest number, the same on both sides, so that the pieces fit together (J. Dompierre, P. Labbé, M.-G. Vallet and
R. Camarero, How to subdivide pyramids, prisms and hexahedra into tetrahedra, 8th Int. Meshing Roundtable, 1999).

Nodes that are close to the surface along an edge are taken to be on it before, so that no piece is thinner than that.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

EDGES = np.array(list(combinations(range(4), 2)))
"""Corners of the edges of a tetrahedron."""

TURNS = np.array(
    [
        [0, 1, 2, 3, 4, 5],
        [1, 2, 0, 4, 5, 3],
        [2, 0, 1, 5, 3, 4],
        [3, 5, 4, 0, 2, 1],
        [4, 3, 5, 1, 0, 2],
        [5, 4, 3, 2, 1, 0],
    ]
)
"""For each corner of a prism the turn that puts it first."""


def snapped(cells: IntArray, level: FloatArray, fixed: BoolArray, share: float) -> FloatArray:
    """The level set with nodes close to its zero put onto it.

    Args:
        cells: tetrahedra that are to be cut, shape (m, 4).
        level: value at each node, shape (n,).
        fixed: nodes that must not come to be on the surface, shape (n,).
        share: part of an edge within which a crossing counts as at its end.
    """
    level = np.where((level == 0.0) & fixed, np.finfo(float).tiny, level)
    a, b = np.unique(np.sort(cells[:, EDGES].reshape(-1, 2), axis=1), axis=0).T
    cross = level[a] * level[b] < 0.0
    a, b = a[cross], b[cross]
    t = level[a] / (level[a] - level[b])
    on = np.concatenate([a[t < share], b[t > 1.0 - share]])
    new = level.copy()
    new[on[~fixed[on]]] = 0.0
    return new


def cut(
    cells: IntArray, level: FloatArray, inside: BoolArray, nodes: FloatArray
) -> tuple[FloatArray, IntArray, IntArray, BoolArray]:
    """Cut tetrahedra.

    Args:
        cells: shape (m, 4), positively oriented.
        level: value at each node, exactly 0 on the surface, shape (n,).
        inside: the side of tetrahedra with all four corners on the surface, shape (m,).
        nodes: shape (n, 3).

    Returns:
        nodes with those on the cut edges after them, the pieces (positively oriented), the cell each is a piece of,
        and whether it is where the level set is negative.
    """
    sign = np.sign(level)[cells].astype(int)
    crossed = (sign == -1).any(axis=1) & (sign == 1).any(axis=1)
    whole = np.flatnonzero(~crossed)
    side = np.where((sign[whole] == 0).all(axis=1), inside[whole], (sign[whole] == -1).any(axis=1))
    pieces, parents, sides = [cells[whole]], [whole], [side]
    some = np.flatnonzero(crossed)
    ends = np.sort(cells[some][:, EDGES].reshape(-1, 2), axis=1)
    ends = ends[level[ends[:, 0]] * level[ends[:, 1]] < 0.0]
    ends = np.unique(ends, axis=0)
    t = level[ends[:, 0]] / (level[ends[:, 0]] - level[ends[:, 1]])
    made = nodes[ends[:, 0]] + t[:, None] * (nodes[ends[:, 1]] - nodes[ends[:, 0]])
    n = np.int64(len(nodes))
    key = ends[:, 0] * n + ends[:, 1]

    def middle(a: IntArray, b: IntArray) -> IntArray:
        return n + np.searchsorted(key, np.minimum(a, b) * n + np.maximum(a, b))

    # Corners sorted: those inside first, then those on the surface, then those outside.
    order = np.argsort(sign[some], axis=1, kind="stable")
    corners = np.take_along_axis(cells[some], order, axis=1)
    counts = np.stack([(sign[some] == s).sum(axis=1) for s in (-1, 1)], axis=1)
    for low, high in np.unique(counts, axis=0).tolist():
        mine = (counts == (low, high)).all(axis=1)
        rows, part = some[mine], corners[mine]
        flipped = low > high
        if flipped:
            part = part[:, ::-1]
        for tets, within in _parts(part, min(low, high), max(low, high), middle):
            pieces.append(tets)
            parents.append(rows)
            sides.append(np.full(len(rows), within != flipped))
    points = np.concatenate([nodes, made])
    result = np.concatenate(pieces)
    x = points[result]
    turned = np.linalg.det(x[:, 1:] - x[:, :1]) < 0.0
    result[turned, :2] = result[turned, 1::-1]
    return points, result, np.concatenate(parents), np.concatenate(sides)


def _parts(
    corners: IntArray, few: int, many: int, middle: Callable[[IntArray, IntArray], IntArray]
) -> list[tuple[IntArray, bool]]:
    """The pieces of tetrahedra that have `few` corners, named first, on one side and `many`, last, on the other.

    Returns:
        for each piece its corners (k, 4), and whether it is on the side of the few.
    """
    a, b, c, d = corners.T
    if (few, many) == (2, 2):
        ac, ad, bc, bd = middle(a, c), middle(a, d), middle(b, c), middle(b, d)
        return _prism([a, ac, ad, b, bc, bd], True) + _prism([c, ac, bc, d, ad, bd], False)
    if many == 3:
        ab, ac, ad = middle(a, b), middle(a, c), middle(a, d)
        return [(np.stack([a, ab, ac, ad], axis=1), True), *_prism([ab, ac, ad, b, c, d], False)]
    if many == 2:
        ac, ad = middle(a, c), middle(a, d)
        return [(np.stack([a, b, ac, ad], axis=1), True), *_pyramid([ac, ad, d, c], b, False)]
    ad = middle(a, d)
    return [(np.stack([a, b, c, ad], axis=1), True), (np.stack([ad, b, c, d], axis=1), False)]


def _pyramid(base: list[IntArray], apex: IntArray, side: bool) -> list[tuple[IntArray, bool]]:
    """Two tetrahedra; the base is cut from its corner with the smallest number."""
    q = np.stack(base, axis=1)
    turn = (q[:, [0, 2]].min(axis=1) > q[:, [1, 3]].min(axis=1))[:, None]
    q = np.where(turn, np.roll(q, -1, axis=1), q)
    return [(np.column_stack([q[:, some], apex]), side) for some in ([0, 1, 2], [0, 2, 3])]


def _prism(corners: list[IntArray], side: bool) -> list[tuple[IntArray, bool]]:
    """Three tetrahedra; each quadrilateral is cut from its corner with the smallest number."""
    p = np.stack(corners, axis=1)
    p = np.take_along_axis(p, TURNS[np.argmin(p, axis=1)], axis=1)
    first = (p[:, [1, 5]].min(axis=1) < p[:, [2, 4]].min(axis=1))[:, None]
    return [
        (np.where(first, p[:, [0, 1, 2, 5]], p[:, [0, 1, 2, 4]]), side),
        (np.where(first, p[:, [0, 1, 5, 4]], p[:, [0, 4, 2, 5]]), side),
        (p[:, [0, 4, 5, 3]], side),
    ]
