"""The worst tetrahedra of a mesh with several regions taken away: short edges collapsed, others split.

Where nodes that lie on surfaces are so close to each other that moving them along these does not help, a cell is left
badly shaped. Of all the collapses of its edges, and of the splits of those that lie inside a region, the one is made
that leaves the best shaped worst cell, if that is better than before; the cell, which has next to no volume, may be
given to a region beside it for that. A node only goes along what it lies on, so that
regions stay what they are: all the regions around the node are around the edge, no two edges of surfaces come to lie
on each other but for those of a triangle in a surface, and outer faces stay flat. (Local operations on tetrahedra:
B. M. Klingner and J. R. Shewchuk, Proc. 16th Int. Meshing Roundtable (2007) 3.)
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt

from fem_ssb.mesh.improve import DIRECTIONS, STEPS, TARGET
from fem_ssb.mesh.quality import gamma

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

MOST = 500
"""Most cells worked on, the worst ones."""

GAIN = 1e-3
"""By how much the worst cell is to get better at least."""

Change = tuple[float, IntArray, IntArray, IntArray, FloatArray | None]
"""Worst gamma after it, cells that go, those that come, their labels, and a new node if there is one."""


def mend(
    nodes: FloatArray, cells: IntArray, label: IntArray, flat: BoolArray, still: BoolArray
) -> tuple[FloatArray, IntArray, IntArray]:
    """A mesh without the worst cells.

    Args:
        nodes: shape (n, 3).
        cells: positively oriented, shape (m, 4).
        label: region of each cell, shape (m,).
        flat: coordinates that each node must keep, for it is on an outer face or one between layers, shape (n, 3).
        still: nodes that must stay, shape (n,).

    Returns:
        nodes, with new ones at the end and some that are not used any more, cells, and their labels.
    """
    quality = gamma(nodes[cells])
    bad = np.flatnonzero(quality < TARGET)
    bad = bad[np.argsort(quality[bad], kind="stable")[:MOST]]
    if not len(bad):
        return nodes, cells, label
    near = np.zeros(len(nodes), dtype=bool)
    near[cells[bad]] = True
    for _ in range(2):  # what a change looks at: the cells around the neighbours of a bad one
        near[cells[near[cells].any(axis=1)]] = True
    some = near[cells].any(axis=1)
    work = _Part(nodes, cells[some], label[some], flat, still)
    for cell in cells[bad]:
        work.mend(cell)
    return (
        work.nodes,
        np.concatenate([cells[~some], work.cells]),
        np.concatenate([label[~some], work.label]),
    )


class _Part:
    """The cells around the bad ones."""

    def __init__(self, nodes: FloatArray, cells: IntArray, label: IntArray, flat: BoolArray, still: BoolArray) -> None:
        self.nodes, self.cells, self.label, self.flat, self.still = nodes, cells, label, flat, still

    def mend(self, cell: IntArray) -> None:
        """Make the best change around a cell, if that is still there."""
        at = np.flatnonzero((self.cells == cell).all(axis=1))
        if not len(at):
            return
        own = self.label[at[0]]
        found: list[Change] = []
        for label in (int(own), *self._across(cell, int(own))):
            self.label[at[0]] = label
            for a, b in combinations(cell.tolist(), 2):
                for change in (self._collapsed(a, b), self._collapsed(b, a), self._split(a, b)):
                    if change is not None:
                        found.append(change)
        self.label[at[0]] = own
        if not found:
            return
        _, gone, new, labels, node = max(found, key=lambda change: change[0])
        if node is not None:
            self.nodes = np.concatenate([self.nodes, node[None]])
            self.flat = np.concatenate([self.flat, np.zeros((1, 3), dtype=bool)])
            self.still = np.append(self.still, False)
        kept = np.ones(len(self.cells), dtype=bool)
        kept[gone] = False
        self.cells = np.concatenate([self.cells[kept], new])
        self.label = np.concatenate([self.label[kept], labels])

    def _across(self, cell: IntArray, own: int) -> list[int]:
        """Regions that a cell may be given to: those beside it, none if it has a face that stays flat."""
        others: list[int] = []
        for face in combinations(cell.tolist(), 3):
            others += self._regions(*face) - {own}
            if self.flat[list(face)].all(axis=0).any():
                return []
        return sorted(set(others))

    def _around(self, *some: int) -> IntArray:
        """Cells with all of these nodes."""
        found = np.arange(len(self.cells))
        for node in some:
            found = found[(self.cells[found] == node).any(axis=1)]
        return found

    def _regions(self, *some: int) -> set[int]:
        return set(self.label[self._around(*some)].tolist())

    def _collapsed(self, a: int, b: int) -> Change | None:
        """b put where a is."""
        if self.still[b] or (self.flat[b] & ~self.flat[a]).any():
            return None
        star, shared = self._around(b), self._around(a, b)
        if not set(self.label[star].tolist()) <= set(self.label[shared].tolist()):
            return None
        before = self.cells[star]
        rest = star[~np.isin(star, shared)]
        new = np.where(self.cells[rest] == b, a, self.cells[rest])
        x = self.nodes[new]
        worst = float(gamma(x).min(initial=1.0))
        if worst < gamma(self.nodes[before]).min() + GAIN or not _as_large(x, self.nodes[before]):
            return None
        for c in set(self.cells[shared].ravel().tolist()) - {a, b}:
            if len(self._regions(a, c)) > 1 and len(self._regions(b, c)) > 1 and len(self._regions(a, b, c)) < 2:
                return None
        return worst, star, new, self.label[rest], None

    def _split(self, a: int, b: int) -> Change | None:
        """A node put on an edge that is inside a region, then where the worst cell around it is best."""
        shared = self._around(a, b)
        if (self.flat[a] & self.flat[b]).any() or (self.still[a] and self.still[b]):
            return None
        if len(set(self.label[shared].tolist())) > 1:
            return None
        middle, node = (self.nodes[a] + self.nodes[b]) / 2, len(self.nodes)
        before = self.cells[shared]
        new = np.concatenate([np.where(before == a, node, before), np.where(before == b, node, before)])
        length = float(np.linalg.norm(self.nodes[a] - self.nodes[b]))
        for step in STEPS:
            places = np.concatenate([middle[None], middle + step * length * DIRECTIONS])
            x = np.where((new == node)[None, :, :, None], places[:, None, None], self.nodes[np.minimum(new, node - 1)])
            middle = places[int(np.argmax(gamma(x).min(axis=1)))]
        x = np.where((new == node)[:, :, None], middle, self.nodes[np.minimum(new, node - 1)])
        worst = float(gamma(x).min())
        if worst < gamma(self.nodes[before]).min() + GAIN or not _as_large(x, self.nodes[before]):
            return None
        return worst, shared, new, np.tile(self.label[shared], 2), middle


def _as_large(x: FloatArray, y: FloatArray) -> bool:
    """Whether tetrahedra (n, 4, 3) and (m, 4, 3) have the same volume, which they lose where a bent outside is cut."""
    first, second = (float(np.linalg.det(p[:, 1:] - p[:, :1]).sum()) for p in (x, y))
    return abs(first - second) < 1e-9 * abs(second)
