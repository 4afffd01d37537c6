"""The worst tetrahedra of a mesh made better by moving their nodes.

Each node of a bad cell is put where the worst cell around it is best, among places in all directions it may move
in: freely inside a grain, in the plane of a grain face, along a grain edge. Volumes change only by what a bent
face moves; what is flat stays flat and on the box. (Optimisation-based smoothing, as in L. Freitag and
C. Ollivier-Gooch, Int. J. Numer. Meth. Engng 40 (1997) 3979.)
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from fem_ssb.mesh.quality import gamma

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

TARGET = 0.12
"""Gamma below which a cell is worked on."""

SWEEPS = 12
"""Most passes over the nodes of bad cells."""

MOST = 2000
"""Most cells worked on in a pass, the worst ones: a mesh with more is not mended by moving nodes."""

STEPS = (0.4, 0.2, 0.1, 0.05, 0.02)
"""Lengths of the moves tried, in mean distances to the neighbours."""

DIRECTIONS = np.array([d for d in np.ndindex(3, 3, 3) if d != (1, 1, 1)], dtype=np.float64) - 1.0
DIRECTIONS /= np.linalg.norm(DIRECTIONS, axis=1)[:, None]
"""Those of the moves: to the faces, edges and corners of a cube."""


def improve(nodes: FloatArray, cells: IntArray, quality: FloatArray, motion: Callable[[int], FloatArray]) -> FloatArray:
    """Move the nodes of bad tetrahedra, in place.

    Args:
        nodes: coordinates, shape (n, 3); changed.
        cells: shape (m, 4), positively oriented.
        quality: gamma of each cell, shape (m,); changed.
        motion: projection onto the directions in which a node may move, shape (3, 3); 0 where it may not.

    Returns:
        `quality`.
    """
    moves = np.concatenate([step * DIRECTIONS for step in STEPS])
    free: dict[int, FloatArray] = {}
    bad = np.flatnonzero(quality < TARGET)
    bad = bad[np.argsort(quality[bad], kind="stable")[:MOST]]
    # Nothing changes further away than the cells around the cells around the bad ones: the rest is left aside.
    movable = np.unique(cells[_touching(cells, cells[bad], len(nodes))])
    near = _touching(cells, movable, len(nodes))
    local, worst = cells[near], quality[near]
    for _ in range(SWEEPS):
        bad = np.flatnonzero(worst < TARGET)
        if not len(bad):
            break
        bad = bad[np.argsort(worst[bad], kind="stable")[:MOST]]
        wanted = np.intersect1d(local[bad], movable)
        moved = False
        for node in wanted[np.argsort(_worst_around(wanted, local, worst), kind="stable")].tolist():
            if node not in free:
                free[node] = motion(node)
            if free[node].any():
                star = np.flatnonzero((local == node).any(axis=1))
                moved |= _place(node, nodes, local[star], star, worst, moves @ free[node])
        if not moved:
            break
    quality[near] = worst
    return quality


def _touching(cells: IntArray, wanted: IntArray, count: int) -> IntArray:
    """Cells with at least one of the wanted nodes."""
    mask = np.zeros(count, dtype=bool)
    mask[wanted] = True
    return np.flatnonzero(mask[cells].any(axis=1))


def _worst_around(wanted: IntArray, cells: IntArray, quality: FloatArray) -> FloatArray:
    """Smallest quality of the cells around each node, shape of `wanted` (sorted)."""
    worst = np.full(len(wanted), np.inf)
    for corner in cells.T:
        at = np.searchsorted(wanted, corner)
        hit = (at < len(wanted)) & (wanted[np.minimum(at, len(wanted) - 1)] == corner)
        np.minimum.at(worst, at[hit], quality[hit])
    return worst


def _place(
    node: int, nodes: FloatArray, cells: IntArray, star: IntArray, quality: FloatArray, moves: FloatArray
) -> bool:
    """Put one node at the best of the places tried, if the worst cell around it gets better by that."""
    x = nodes[cells]
    here = cells == node
    length = np.linalg.norm(x - nodes[node], axis=2)[~here].mean()
    places = nodes[node] + length * moves
    trial = np.where(here[None, :, :, None], places[:, None, None, :], x[None])
    found = gamma(trial)
    worst = found.min(axis=1)
    best = int(np.argmax(worst))
    if worst[best] <= quality[star].min() + 1e-6:
        return False
    nodes[node] = places[best]
    quality[star] = found[best]
    return True
