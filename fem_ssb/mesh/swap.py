"""Badly shaped triangles of surfaces between the parts of a mesh removed: short edges collapsed, long ones swapped.

What a node lies on is kept: a node of the faces of two bodies stays on the line where these meet, one in a face of the
box there. A change is made where the worst triangle gets better by it, none turns by more than 25° or comes closer than
that to another, and no two parts come to touch that did not (link condition: T. K. Dey et al., Publ. Inst. Math. 66
(1999) 23).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fem_ssb.mesh.surfaces import shapeliness, vector_areas

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

POOR = 0.35
"""Quality of a triangle below which it is worked on."""

SHORT = 0.45
"""Part of its longest edge below which the shortest edge of a triangle is collapsed."""

TURN = 0.9
"""Cosine of the angle by which a triangle may turn."""

WEDGE = 0.9
"""Cosine of the angle between two triangles at an edge below which they are not brought."""

ROUNDS = 4
"""Passes over the poor triangles."""


def swap(nodes: FloatArray, corners: IntArray, sides: IntArray, flat: BoolArray) -> tuple[IntArray, IntArray]:
    """Better triangles on the same nodes.

    Args:
        nodes: shape (n, 3).
        corners: triangles, outwards of the first of their sides, shape (k, 3).
        sides: the parts on both sides of each, shape (k, 2).
        flat: coordinates that each node must keep, all of one that must stay, shape (n, 3).

    Returns:
        new corners and sides.
    """
    back = sides[:, 0] > sides[:, 1]
    corners = np.where(back[:, None], corners[:, ::-1], corners)
    work = _Triangles(nodes, corners, np.sort(sides, axis=1), flat)
    for _ in range(ROUNDS):
        poor = np.flatnonzero(shapeliness(nodes[work.corners]) < POOR)
        order = np.argsort(shapeliness(nodes[work.corners[poor]]), kind="stable")
        if not any([work.mend(t) for t in poor[order].tolist()]):
            break
    kept = work.alive
    return work.corners[kept], work.sides[kept]


class _Triangles:
    """Triangles, and those around each node."""

    def __init__(self, nodes: FloatArray, corners: IntArray, sides: IntArray, flat: BoolArray) -> None:
        self.nodes, self.corners, self.sides, self.flat = nodes, corners.copy(), sides, flat
        self.alive = np.ones(len(corners), dtype=bool)
        self.around: dict[int, set[int]] = {}
        for t, loop in enumerate(corners.tolist()):
            for p in loop:
                self.around.setdefault(p, set()).add(t)

    def mend(self, t: int) -> bool:
        """Collapse or swap an edge of a triangle; returns whether something was done."""
        if not self.alive[t]:
            return False
        loop = self.corners[t].tolist()
        edges = [(loop[i], loop[i - 2]) for i in range(3)]
        lengths = [float(np.linalg.norm(self.nodes[a] - self.nodes[b])) for a, b in edges]
        order = np.argsort(lengths)
        a, b = edges[order[0]]
        if lengths[order[0]] < SHORT * lengths[order[2]] and (self._collapse(a, b) or self._collapse(b, a)):
            return True
        return any(self._swap(*edges[k]) for k in order[::-1])

    def _at(self, a: int, b: int) -> set[int]:
        return self.around[a] & self.around[b]

    def _neighbours(self, a: int) -> set[int]:
        return set(self.corners[list(self.around[a])].ravel().tolist()) - {a}

    def _across(self, a: int) -> set[frozenset[int]]:
        """The edges opposite to a node."""
        return {frozenset(self.corners[t].tolist()) - {a} for t in self.around[a]}

    def _patches(self, some: set[int]) -> set[tuple[int, ...]]:
        return {tuple(self.sides[t].tolist()) for t in some}

    def _collapse(self, a: int, b: int) -> bool:
        """Put b where a is."""
        shared, mine = self._at(a, b), self._patches(self.around[b])
        if self.flat[b].all() or (self.flat[b] & ~self.flat[a]).any() or not mine <= self._patches(self.around[a]):
            return False
        if len(mine) > 1:  # along the line where faces meet, which b must be in the midst of
            ends = [p for p in self._neighbours(b) if len(self._patches(self._at(b, p))) > 1]
            if a not in ends or len(ends) != 2 or self._patches(shared) != mine:
                return False
        third = {p for t in shared for p in self.corners[t].tolist()} - {a, b}
        if self._neighbours(a) & self._neighbours(b) != third or self._across(a) & self._across(b):
            return False
        moved = sorted(self.around[b] - shared)
        before = self.corners[moved]
        after = np.where(before == b, a, before)
        if not self._better(before, after, sorted(self.around[b])):
            return False
        self.corners[moved] = after
        for t in shared:
            self.alive[t] = False
            for p in self.corners[t].tolist():
                self.around[p].discard(t)
        self.around[a] |= set(moved)
        self.around[b] = set()
        return True

    def _swap(self, a: int, b: int) -> bool:
        """Put the edge between the opposite corners in the place of a–b."""
        both = sorted(self._at(a, b))
        if len(both) != 2 or len(self._patches(set(both))) != 1 or (self.flat[a] & self.flat[b]).all():
            return False
        first = self.corners[both[0]].tolist()
        if (first.index(b) - first.index(a)) % 3 != 1:
            a, b = b, a
        c, d = (next(p for p in self.corners[t].tolist() if p not in (a, b)) for t in both)
        wall = [self.flat[p] for p in (a, b, c, d)]
        if c == d or self._at(c, d) or ((wall[0] & wall[1]) & ~(wall[2] & wall[3])).any():
            return False
        before, after = self.corners[both], np.array([[a, d, c], [d, b, c]])
        if not self._better(before, after, both):
            return False
        self.corners[both] = after
        self.around[a].discard(both[1])
        self.around[b].discard(both[0])
        self.around[c].add(both[1])
        self.around[d].add(both[0])
        return True

    def _better(self, before: IntArray, after: IntArray, every: list[int]) -> bool:
        """Whether triangles do not turn, and the worst of them is better shaped than the worst of `every`."""
        if not len(after):
            return False
        old, new = vector_areas(self.nodes[before]), vector_areas(self.nodes[after])
        size = np.linalg.norm(old, axis=1) * np.linalg.norm(new, axis=1)
        turned = (old * new).sum(axis=1) <= TURN * size
        worst = shapeliness(self.nodes[self.corners[every]]).min()
        better = not turned.any() and shapeliness(self.nodes[after]).min() > worst
        return bool(better and not self._folded(after, set(every)))

    def _folded(self, after: IntArray, gone: set[int]) -> bool:
        """Whether new triangles lie close to each other, or to another one, at an edge."""
        at: dict[frozenset[int], list[int]] = {}
        for loop in after.tolist():
            for i in range(3):
                at.setdefault(frozenset((loop[i], loop[i - 2])), []).append(loop[i - 1])
        for edge, third in at.items():
            a, b = sorted(edge)
            others = self._at(a, b) - gone
            x = self.nodes[[*third, *(p for t in others for p in self.corners[t].tolist() if p not in edge)]]
            along = self.nodes[b] - self.nodes[a]
            away = x - self.nodes[a]
            away = away - (away @ along / (along @ along))[:, None] * along
            away /= np.maximum(np.linalg.norm(away, axis=1), 1e-300)[:, None]
            cosine = away @ away.T - 2 * np.eye(len(away))
            if cosine.max() > WEDGE:
                return True
        return False
