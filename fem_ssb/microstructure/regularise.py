"""Short edges and thin facets of a tessellation removed, so that they do not spoil the mesh.

One at a time, shortest first, an edge is drawn together into a point, as Neper does (Quey, Dawson, Barbe,
Comput. Methods Appl. Mech. Engrg. 200 (2011) 1729). A facet that is left with a corner close to one of its
own edges is closed there. A step is taken only if every cell it touches stays star-shaped and, in 3D, no
facet is bent too much (`Fans.straight`); what cannot be removed safely stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from fem_ssb.microstructure.complexes import Complex
from fem_ssb.microstructure.fans import Fans
from fem_ssb.microstructure.wrap import twins

FloatArray = npt.NDArray[np.float64]

ROUNDS = 5
"""Passes over all edges and facets; the later ones find hardly anything."""


def regularise(cells: Complex, tolerance: float, planes: list[FloatArray], periodic: Sequence[int] = ()) -> Complex:
    """Remove edges and facet widths below a tolerance where that is safe.

    Args:
        cells: convex cells with planar facets.
        tolerance: length below which an edge or a facet's width is too short.
        planes: for each axis the coordinates of planes to stay on (the faces of the box).
        periodic: axes whose first and last plane carry the same facets, and will afterwards.

    Returns:
        a new complex with the same cells.
    """
    work = _Work(cells, tolerance, planes, periodic)
    for _ in range(ROUNDS):
        changes = work.collapse_edges()
        if cells.dim == 3:
            changes += work.close_facets()
        if not changes:
            break
    return work.result()


class _Work:
    """The complex in the making: facets may vanish (None) or split, points may move."""

    def __init__(
        self, cells: Complex, tolerance: float, planes: list[FloatArray], periodic: Sequence[int] = ()
    ) -> None:
        self.dim, self.tolerance = cells.dim, tolerance
        self.points = cells.points.copy()
        self.pinned = np.stack([np.isin(self.points[:, i], planes[i]) for i in range(self.dim)], axis=1)
        self.loops: list[list[int]] = [list(loop) for loop in cells.facets]
        self.holes = cells.holes  # their cell is not star-shaped: no step is taken at it
        self.cells = [set(cell) for cell in cells.cells]
        self.sides: list[dict[int, float]] = [{} for _ in self.loops]
        self.facets_at: dict[int, set[int]] = {}
        for facet, loop in enumerate(self.loops):
            for point in loop:
                self.facets_at.setdefault(point, set()).add(facet)
        for cell, facets in enumerate(self.cells):
            given = sorted(facets)
            fans = Fans(self.points, [self.loops[facet] for facet in given])
            for facet, sign in zip(given, fans.sides(), strict=True):
                self.sides[facet][cell] = sign
        self.twins = {axis: _twins(self.points, axis, planes[axis]) for axis in periodic}
        self.clock = 0
        self.changed: dict[int, int] = {}
        self.refused: dict[tuple[int, ...], int] = {}

    def result(self) -> Complex:
        """The complex as it is now."""
        left = [i for i, loop in enumerate(self.loops) if loop]
        number = {facet: i for i, facet in enumerate(left)}
        used, inverse = np.unique(np.concatenate([self.loops[i] for i in left]), return_inverse=True)
        ends = np.cumsum([len(self.loops[i]) for i in left])
        facets = [part.tolist() for part in np.split(inverse, ends[:-1])]
        holes = {number[f]: [np.searchsorted(used, ring).tolist() for ring in rings] for f, rings in self.holes.items()}
        return Complex(self.points[used], facets, [sorted(number[f] for f in cell) for cell in self.cells], holes)

    def collapse_edges(self) -> int:
        """Draw short edges together, shortest first; returns how many."""
        pairs = {(min(a, b), max(a, b)) for loop in self.loops for a, b in _edges(loop)}
        if not pairs:
            return 0
        ends = np.array(sorted(pairs))
        length = np.linalg.norm(self.points[ends[:, 0]] - self.points[ends[:, 1]], axis=1)
        order = np.argsort(length, kind="stable")
        return sum(self._try(self._collapse, *ends[i].tolist()) for i in order[length[order] < self.tolerance])

    def _try(self, step: Callable[..., bool], *key: int) -> bool:
        """Take a step unless it was refused before and nothing around it has changed since."""
        points = key if len(key) > 1 else self.loops[key[0]]
        cells = {cell for point in points for facet in self.facets_at.get(point, ()) for cell in self.sides[facet]}
        if key in self.refused and all(self.changed.get(cell, 0) <= self.refused[key] for cell in cells):
            return False
        done = step(*key)
        if not done:
            self.refused[key] = self.clock
        return done

    def _collapse(self, a: int, b: int) -> bool:
        """Unite b with a, if it is safe; on periodic faces at all places that are the same."""
        if np.linalg.norm(self.points[a] - self.points[b]) >= self.tolerance:
            return False
        if (self.pinned[b] > self.pinned[a]).any():
            a, b = b, a
        pairs = self._images(a, b)
        plans = [plan for plan in (self._plan(p, q) for p, q in pairs) if plan is not None]
        if len(plans) < len(pairs):
            return False
        changed: dict[int, list[list[int]]] = {}
        for _, mine in plans:
            if changed.keys() & mine.keys():
                return False
            changed |= mine
        pins = [self.pinned[p] | self.pinned[q] for p, q in pairs]
        touched = {facet for pair in pairs for point in pair for facet in self.facets_at[point]}
        return any(
            self._change(changed, {p: x for (p, _), x in zip(pairs, places, strict=True)}, pins, touched)
            for places in zip(*(targets for targets, _ in plans), strict=True)
        )

    def _images(self, a: int, b: int) -> list[tuple[int, int]]:
        """The edge from a to b, and those that are the same on other periodic faces."""
        found = [(a, b)]
        for twin in self.twins.values():
            if all(p in twin and q in twin for p, q in found) and all(twin[p][1] == twin[q][1] for p, q in found):
                found += [(twin[p][0], twin[q][0]) for p, q in found]
        return found

    def _plan(self, a: int, b: int) -> tuple[list[FloatArray], dict[int, list[list[int]]]] | None:
        """Where a may go when b is united with it, and what becomes of the facets at b; None if it cannot be."""
        common = self.facets_at.get(a, set()) & self.facets_at.get(b, set())
        if not common:
            return None
        pin_a, pin_b = self.pinned[a], self.pinned[b]
        if (pin_a == pin_b).all():
            if (self.points[a] != self.points[b])[pin_a].any():
                return None
            middle = 0.5 * (self.points[a] + self.points[b])
            middle[pin_a] = self.points[a][pin_a]
            targets = [middle, self.points[a].copy(), self.points[b].copy()]
        elif (pin_a >= pin_b).all():
            targets = [self.points[a].copy()]
        else:
            return None
        changed: dict[int, list[list[int]]] = {}
        for facet in self.facets_at[b]:
            loop = [a if p == b else p for p in self.loops[facet]]
            loop = [p for i, p in enumerate(loop) if p != loop[i - 1]]
            if len(set(loop)) < len(loop):
                return None
            changed[facet] = [loop] if len(loop) >= self.dim else []
        return targets, changed

    def close_facets(self) -> int:
        """Close facets where a corner is close to an edge of its own facet; returns how many."""
        return sum(self._try(self._close, facet) for facet in self._narrow())

    def _narrow(self) -> list[int]:
        """Facets with a corner closer than the tolerance to the inside of one of their edges."""
        number = np.array([len(loop) for loop in self.loops])
        narrow: list[int] = []
        for n in range(3, int(number.max(initial=0)) + 1):
            some = np.flatnonzero(number == n)
            x = self.points[np.array([self.loops[i] for i in some], dtype=np.int64).reshape(-1, n)]
            distance, _ = _clearances(x)
            narrow += some[distance.min(axis=(1, 2), initial=np.inf) < self.tolerance].tolist()
        return sorted(narrow)

    def _close(self, facet: int) -> bool:
        """Put the corner of a facet that is closest to one of its edges into that edge, if it is safe."""
        loop = self.loops[facet]
        if len(loop) < 3:
            return False
        n = len(loop)
        distance, foot = (part[0] for part in _clearances(self.points[loop][None]))
        corner, edge = np.unravel_index(np.argmin(distance), distance.shape)
        if distance[corner, edge] >= self.tolerance:
            return False
        v, a, b = loop[corner], loop[edge], loop[(edge + 1) % n]
        if any(a in twin and b in twin for twin in self.twins.values()):
            return False
        pin_v, pin_edge = self.pinned[v], self.pinned[a] & self.pinned[b] & (self.points[a] == self.points[b])
        if (pin_v >= pin_edge).all():
            target = self.points[v].copy()
        elif (pin_edge >= pin_v).all():
            target = foot[corner, edge].copy()
            target[pin_edge] = self.points[a][pin_edge]
        else:
            return False
        changed: dict[int, list[list[int]]] = {}
        for other in self.facets_at[a] & self.facets_at[b]:
            pieces = _insert(self.loops[other], a, b, v, self.dim)
            if pieces is not None:
                changed[other] = pieces
        return self._change(changed, {v: target}, [pin_v | pin_edge], self.facets_at[v] | set(changed))

    def _change(
        self,
        changed: dict[int, list[list[int]]],
        moved: dict[int, FloatArray],
        pins: list[npt.NDArray[np.bool_]],
        touched: set[int],
    ) -> bool:
        """Take a step if all cells around stay sound: new loops of facets, the new places of points."""
        before = {point: self.points[point].copy() for point in moved}
        for point, target in moved.items():
            self.points[point] = target
        affected = {cell for facet in touched for cell in self.sides[facet]}
        if not all(self._sound(cell, changed, moved) for cell in affected):
            for point, place in before.items():
                self.points[point] = place
            return False
        for point, pin in zip(moved, pins, strict=True):
            self.pinned[point] = pin
        self.clock += 1
        self.changed.update(dict.fromkeys(affected, self.clock))
        for facet, pieces in changed.items():
            self._replace(facet, pieces)
        return True

    def _replace(self, facet: int, pieces: list[list[int]]) -> None:
        """Put the loops that are left of a facet in its place."""
        for p in self.loops[facet]:
            self.facets_at[p].discard(facet)
        sides = self.sides[facet]
        self.loops[facet], self.sides[facet] = [], {}
        for cell in sides:
            self.cells[cell].discard(facet)
        for i, piece in enumerate(pieces):
            new = facet if i == 0 else len(self.loops)
            if i > 0:
                self.loops.append([])
                self.sides.append({})
            self.loops[new], self.sides[new] = piece, dict(sides)
            for p in piece:
                self.facets_at.setdefault(p, set()).add(new)
            for cell in sides:
                self.cells[cell].add(new)

    def _sound(self, cell: int, changed: dict[int, list[list[int]]], points: Iterable[int]) -> bool:
        """Whether a cell with these changes is star-shaped around its centre and its facets are not bent."""
        loops, signs = [], []
        for facet in self.cells[cell]:
            for loop in changed.get(facet, [self.loops[facet]]):
                loops.append(loop)
                signs.append(self.sides[facet][cell])
        if len(loops) <= self.dim or len({frozenset(loop) for loop in loops}) < len(loops):
            return False
        fans = Fans(self.points, loops)
        if (fans.heights() * fans.spread(np.array(signs))).min() < 0.1 * self.tolerance:
            return False
        if self.dim == 2:
            return True
        moved = np.array([any(point in loop for point in points) for loop in loops])
        return bool(fans.straight(0.5 * self.tolerance)[moved].all())


def _twins(points: FloatArray, axis: int, planes: FloatArray) -> dict[int, tuple[int, bool]]:
    """For each point on a periodic face its twin on the other one, and whether it is itself on the lower one."""
    low, high = (np.flatnonzero(points[:, axis] == plane) for plane in (planes[0], planes[-1]))
    close = 1e-8 * float(np.ptp(points, axis=0).max())
    pairs = twins(np.delete(points, axis, axis=1), low, high, close).tolist()
    return {a: (b, True) for a, b in pairs} | {b: (a, False) for a, b in pairs}


def _edges(loop: list[int]) -> list[tuple[int, int]]:
    """The edges of a loop, or the one of a 2D facet."""
    return list(zip(loop, [*loop[1:], loop[0]], strict=True)) if len(loop) > 1 else []


def _insert(loop: list[int], a: int, b: int, v: int, dim: int) -> list[list[int]] | None:
    """Loops left after putting v into the edge between a and b; None if that is no edge of the loop."""
    n = len(loop)
    at = next((i for i in range(n) if {loop[i], loop[(i + 1) % n]} == {a, b}), None)
    if at is None:
        return None
    if v not in loop:
        return [[*loop[: at + 1], v, *loop[at + 1 :]]]
    turned = loop[at + 1 :] + loop[: at + 1]
    where = turned.index(v)
    return [part for part in (turned[: where + 1], turned[where:]) if len(part) >= dim]


def _clearances(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """How close the corners of loops come to their edges.

    Args:
        x: corners, shape (m, n, 3).

    Returns:
        distance of corner i from edge j, shape (m, n, n), infinite unless its foot is inside the edge and
        the corner is no end of it; and the feet, shape (m, n, n, 3).
    """
    n = x.shape[1]
    along = np.roll(x, -1, axis=1) - x
    square = np.einsum("mjk,mjk->mj", along, along)
    t = (x @ along.transpose(0, 2, 1) - np.einsum("mjk,mjk->mj", x, along)[:, None]) / square[:, None]
    foot = x[:, None] + np.clip(t, 0.0, 1.0)[..., None] * along[:, None]
    distance = np.sqrt(((x[:, :, None] - foot) ** 2).sum(axis=-1))
    distance[:, np.arange(n), np.arange(n)] = distance[:, np.arange(n), np.arange(n) - 1] = np.inf
    distance[(t <= 0.0) | (t >= 1.0)] = np.inf
    return distance, foot
