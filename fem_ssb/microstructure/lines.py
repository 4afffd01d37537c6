"""Lines drawn into a 2D complex: sharp cracks inside its cells and across them, notches cut out of them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from fem_ssb.errors import InputError
from fem_ssb.microstructure.arrangement import approaches
from fem_ssb.microstructure.carve import GRAZING, SNAP, Plane
from fem_ssb.microstructure.complexes import Complex
from fem_ssb.microstructure.rings import inside

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

SAME = 1e-9
"""Points closer than this times the box are one."""

NARROW = 0.5
"""Distance over the mesh size below which cells are to be as small as the distance."""


class CrackedPlane(Plane):
    """A 2D complex with lines in it.

    Attributes:
        flaws: facets of each crack, and walls of each empty notch, by name.
        filled: walls of what a cell has been given, such as filled notches, by name.
        inner: facets that end inside a cell or cross it, by cell.
    """

    def __init__(self, cells: Complex, planes: list[FloatArray]) -> None:
        super().__init__(cells)
        self.planes = planes
        self.same = SAME * float(np.ptp(self.points, axis=0).max())
        self.flaws: dict[str, list[int]] = {}
        self.filled: dict[str, list[int]] = {}
        self.inner: dict[int, list[int]] = {}
        self.grains = len(self.cells)
        self.parts: dict[int, list[int]] = {}

    def cut_line(self, name: str, points: FloatArray, size: float) -> None:
        """A crack along a line; what of it lies in no cell (in a pore) is left off.

        Args:
            name: of the crack.
            points: corners, shape (n, 2).
            size: mesh size along it.

        Raises:
            InputError: if it lies on another one, or in no cell at all.
        """
        chain = self.trace(points, size)
        taken = {facet for facets in self.flaws.values() for facet in facets}
        if taken & set(chain):
            raise InputError(f"crack '{name}' lies along another one: make one crack of both")
        known = {facet for cell in self.cells for facet in cell}
        new = [facet for facet in chain if facet not in known]
        owner = self.cells_at(self.middles(new))
        for facet, cell in zip(new, owner.tolist(), strict=True):
            if cell >= 0:
                self.inner.setdefault(cell, []).append(facet)
        lost = {facet for facet, cell in zip(new, owner.tolist(), strict=True) if cell < 0}
        self.flaws[name] = [facet for facet in chain if facet not in lost]
        if not self.flaws[name]:
            raise InputError(f"crack '{name}' lies in no material: move it into the stack")

    def cut_polygon(self, name: str, points: FloatArray, size: float, fill: int | None = None) -> None:
        """A notch: a polygon is taken out of all cells, or given to one.

        Args:
            name: of its walls.
            points: corners, counterclockwise, shape (n, 2).
            size: mesh size along it.
            fill: the cell that it becomes part of.

        Raises:
            InputError: if it meets a crack, or lies in no cell.
        """
        chain = self.trace(np.concatenate([points, points[:1]]), size)
        polygon = np.stack([points, np.roll(points, -1, axis=0)], axis=1)
        ends = self.points[np.array([self.facets[f] for f in chain])]
        along = ends[:, 1] - ends[:, 0]
        left = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.linalg.norm(along, axis=1)[:, None]
        probes = ends.mean(axis=1) + 10 * self.same * np.stack([left, -left])
        owner = self.cells_at(np.where(inside(probes[0], polygon)[:, None], *probes))
        held = [facet for facets in self.inner.values() for facet in facets]
        if inside(self.middles(held), polygon).any() if held else False:
            raise InputError(f"notch '{name}' meets a crack: move one of them, or begin the crack at its wall")
        there = sorted({facet for cell in self.cells for facet in cell} - set(chain))
        gone = {f for f, out in zip(there, inside(self.middles(there), polygon), strict=True) if out}
        gained: set[int] = set()
        for facet, cell in zip(chain, owner.tolist(), strict=True):
            if cell >= 0 and cell != fill:
                self.cells[cell] = sorted(set(self.cells[cell]) ^ {facet})
                gained ^= {facet}
        if not gained:
            raise InputError(f"notch '{name}' lies in no material: move it into the stack")
        for i, cell in enumerate(self.cells):
            if gone & set(cell):
                gained ^= gone & set(cell)
                self.cells[i] = [facet for facet in cell if facet not in gone]
        if fill is not None:
            self.cells[fill] = sorted(set(self.cells[fill]) ^ gained)
        left_over = {facet for cell in self.cells for facet in cell}
        walls = self.flaws if fill is None else self.filled
        walls[name] = walls.get(name, []) + [facet for facet in chain if facet in left_over]

    def open_narrow(self, size: float) -> None:
        """Where cracks and walls of notches are close to what could not be moved, cells are as small as the gap.

        Args:
            size: mesh size where cutting asks for no other.
        """
        while True:
            facets, ends = self._in_use()
            walls = [facet for some in (*self.flaws.values(), *self.filled.values()) for facet in some]
            flaws = np.isin(facets, walls)
            used = np.unique(ends)
            row, edge, distance, along = approaches(self.points[used], np.searchsorted(used, ends), size)
            point = used[row]
            own = np.isin(point, ends[flaws]) | flaws[edge]
            near = own & (distance < NARROW * np.array([self.sizes.get(p, size) for p in point.tolist()]))
            for p, d in zip(point[near].tolist(), distance[near].tolist(), strict=True):
                self.sizes[p] = min(self.sizes.get(p, size), d)
            length = np.linalg.norm(np.diff(self.points[ends], axis=1)[:, 0], axis=1)[edge]
            inner = np.flatnonzero(near & (distance < along * length) & (distance < (1 - along) * length))
            if not len(inner):
                return
            i = inner[np.argmin(distance[inner])]
            a, b = self.points[ends[edge[i]]]
            foot = self._add_point(a + along[i] * (b - a))
            self.sizes[foot] = float(distance[i])
            self._split({int(facets[edge[i]]): [foot]})

    def middles(self, facets: list[int]) -> FloatArray:
        """Middle of each facet."""
        if not facets:
            return np.zeros((0, 2))
        return np.asarray(self.points[np.array([self.facets[f] for f in facets])].mean(axis=1))

    def between(self, facet: int) -> list[int]:
        """Points that have been put into a facet, from its first to its second end."""
        parts = self.parts.get(facet, [])
        found: list[int] = []
        for i, part in enumerate(parts):
            found += self.between(part) + ([self.facets[part][1]] if i < len(parts) - 1 else [])
        return found

    def cells_at(self, x: FloatArray) -> IntArray:
        """The cell that each point lies in, −1 for none."""
        found = np.full(len(x), -1, dtype=np.int64)
        for i, cell in enumerate(self.cells):
            if cell:
                edges = self.points[np.array([self.facets[f] for f in cell])]
                near = ((x >= edges.min(axis=(0, 1))) & (x <= edges.max(axis=(0, 1)))).all(axis=1)
                some = np.flatnonzero(near)
                found[some[inside(x[some], edges)]] = i
        return found

    def trace(self, points: FloatArray, size: float) -> list[int]:
        """Facets along a line of straight segments, old and new ones; old ones are split where it meets them."""
        corners: list[int] = []
        for x in points:
            corners.append(corners[0] if corners and (x == points[0]).all() else self._corner(x, SNAP * size))
            self.sizes[corners[-1]] = min(size, self.sizes.get(corners[-1], size))
        return [facet for a, b in pairwise(corners) for facet in self._segment(a, b, size)]

    def _in_use(self) -> tuple[IntArray, IntArray]:
        """Facets in use, and their points, shape (n,) and (n, 2)."""
        facets = {f for cell in self.cells for f in cell} | {f for cell in self.inner.values() for f in cell}
        facets |= {f for flaw in self.flaws.values() for f in flaw}
        found = np.array(sorted(facets), dtype=np.int64)
        return found, np.array([self.facets[f] for f in found], dtype=np.int64)

    def _pinned(self, point: int) -> npt.NDArray[np.bool_]:
        """Along which axes a point is on a face of the box or of a layer."""
        return np.array([bool(np.isin(self.points[point, i], self.planes[i])) for i in range(2)])

    def _corner(self, x: FloatArray, snap: float) -> int:
        """The point at x: there already, moved there from near by, or made, in a facet if it lies on one."""
        x = x.copy()
        for axis, levels in enumerate(self.planes):
            for level in levels:
                if abs(x[axis] - level) < self.same:
                    x[axis] = level
        facets, ends = self._in_use()
        points = np.unique(ends)
        distance = np.linalg.norm(self.points[points] - x, axis=1)
        for i in np.argsort(distance, kind="stable"):
            point = int(points[i])
            if distance[i] < self.same:
                return point
            if distance[i] >= snap:
                break
            pin = self._pinned(point)
            if point not in self.sizes and (self.points[point] == x)[pin].all():
                self.points[point] = x
                return point
        point = self._add_point(x)
        t, off = _feet(x, self.points[ends])
        within = (t > 0.0) & (t < 1.0)
        on = within & (off < self.same)
        if not on.any() and not self._pinned(point).any():
            # A boundary that passes close by is bent to here, unless that would sweep over a point.
            for i in np.argsort(off, kind="stable"):
                if off[i] >= snap:
                    break
                triangle = np.array([*self.points[ends[i]], x])
                if within[i] and self._movable(int(facets[i])) and not _holds(triangle, self.points[points]):
                    on[i] = True
                    break
        self._split({int(f): [point] for f in facets[on]})
        return point

    def _movable(self, facet: int) -> bool:
        """Whether a facet is a boundary between two grains, not on a face, around an inclusion or a crack."""
        a, b = self.facets[facet]
        on_face = (self._pinned(a) & (self.points[a] == self.points[b])).any()
        sides = [cell for cell, facets in enumerate(self.cells) if facet in facets]
        cracked = any(facet in flaw for flaw in self.flaws.values())
        return len(sides) == 2 and max(sides) < self.grains and not on_face and not cracked

    def _segment(self, a: int, b: int, size: float) -> list[int]:
        """Facets from a to b."""
        start, along = self.points[a], self.points[b] - self.points[a]
        length = float(np.linalg.norm(along))
        along = along / length
        across = np.array([-along[1], along[0]])
        self._split_grazing_line(start, along, length, size)
        facets, ends = self._in_use()
        points = np.unique(ends)
        self._snap(points[(points != a) & (points != b)], start, along, length, SNAP * size)
        s, n = (self.points - start) @ along, (self.points - start) @ across
        on = points[(np.abs(n[points]) < self.same) & (s[points] > self.same) & (s[points] < length - self.same)]
        n[[*on, a, b]] = 0.0
        low, high = n[ends].min(axis=1), n[ends].max(axis=1)
        crossing = np.flatnonzero((low < -self.same) & (high > self.same))
        p, q = ends[crossing].T
        at = s[p] + (s[q] - s[p]) * n[p] / (n[p] - n[q])
        inner = (at > self.same) & (at < length - self.same)
        cut: dict[int, list[int]] = {}
        place = {int(point): float(s[point]) for point in on}
        for facet, where in zip(facets[crossing[inner]].tolist(), at[inner].tolist(), strict=True):
            same = next((point for point, t in place.items() if abs(t - where) < self.same), None)
            point = self._add_point(start + where * along) if same is None else same
            place[point] = where
            cut[facet] = [point]
        self._split(cut)
        self.sizes |= {point: min(size, self.sizes.get(point, size)) for point in place}
        chain = [a, *sorted(place, key=lambda point: place[point]), b]
        facets, ends = self._in_use()
        known = {(min(e), max(e)): f for f, e in zip(facets.tolist(), ends.tolist(), strict=True)}
        found = []
        for pair in pairwise(chain):
            key = (min(pair), max(pair))
            found.append(known[key] if key in known else self._add([pair[0]], [pair[1]])[0])
        return found

    def _split_grazing_line(self, start: FloatArray, along: FloatArray, length: float, size: float) -> None:
        """Put points on boundaries where these are close to a segment for long: they are snapped onto it then.

        One more where a boundary gets away from the segment stays there, so that the two part at no sharp angle.
        """
        facets, ends = self._in_use()
        x = self.points[ends] - start
        n, s = x @ np.array([-along[1], along[0]]), x @ along
        cut: dict[int, list[int]] = {}
        for facet, (n0, n1), (s0, s1) in zip(facets.tolist(), n, s, strict=True):
            first, last = _within(s0, s1, SNAP * size, length - SNAP * size)
            low, high = _within(n0, n1, -SNAP * size, SNAP * size, first, last)
            whole = float(np.hypot(n1 - n0, s1 - s0))
            reach, snap = (high - low) * whole, SNAP * size / whole
            if reach > GRAZING * size and max(abs(n0), abs(n1)) > self.same and self._movable(facet):
                a, b = self.points[list(self.facets[facet])]
                count = max(1, round(reach / (0.7 * size)))
                at = low + (high - low) * (np.arange(count) + 0.5) / count
                leave = [t for t in (low, high) if max(first, snap) < t < min(last, 1.0 - snap)]
                points = {t: self._add_point(a + t * (b - a)) for t in sorted([*at, *leave])}
                self.sizes |= {points[t]: size for t in leave}
                cut[facet] = list(points.values())
        self._split(cut)

    def _snap(self, points: IntArray, start: FloatArray, along: FloatArray, length: float, snap: float) -> None:
        """Move points close to a segment onto it; those on a face stay on it, those on other curves stay.

        Nor is one moved to where another point is.
        """
        s = (self.points[points] - start) @ along
        off = np.abs((self.points[points] - start) @ np.array([-along[1], along[0]]))
        for i in np.flatnonzero((off >= self.same) & (off < snap) & (s > 0.0) & (s < length)):
            point = int(points[i])
            pin = self._pinned(point)
            if point in self.sizes or pin.all():
                continue
            target = start + s[i] * along
            if pin.any():
                axis = int(np.flatnonzero(pin)[0])
                if abs(along[axis]) < 0.3:
                    continue
                target = start + (self.points[point, axis] - start[axis]) / along[axis] * along
                target[axis] = self.points[point, axis]
            others = self.points[points[points != point]]
            free = np.linalg.norm(others - target, axis=1).min(initial=np.inf) > 0.5 * snap
            if free and snap < (target - start) @ along < length - snap:
                self.points[point] = target

    def _split(self, cut: dict[int, list[int]]) -> None:
        """Put points into facets, everywhere."""
        if not cut:
            return
        parts = {f: self._add([self.facets[f][0], *new], [*new, self.facets[f][1]]) for f, new in cut.items()}
        self.parts |= parts

        def renewed(facets: list[int]) -> list[int]:
            return [piece for f in facets for piece in parts.get(f, [f])]

        self.cells = [renewed(cell) for cell in self.cells]
        self.inner = {cell: renewed(facets) for cell, facets in self.inner.items()}
        self.flaws = {name: renewed(facets) for name, facets in self.flaws.items()}
        self.filled = {name: renewed(facets) for name, facets in self.filled.items()}


def _within(a: float, b: float, low: float, high: float, first: float = 0.0, last: float = 1.0) -> tuple[float, float]:
    """Where a + t (b − a) is between two values, for t from `first` to `last`; nowhere if the second is the less."""
    if a == b:
        return (first, last) if low < a < high else (first, first)
    t = sorted(((low - a) / (b - a), (high - a) / (b - a)))
    return max(first, t[0]), min(last, t[1])


def _holds(triangle: FloatArray, points: FloatArray) -> bool:
    """Whether any point is in a triangle or on it, its corners left out."""
    edges = np.roll(triangle, -1, axis=0) - triangle
    off = points[:, None] - triangle
    side = edges[:, 0] * off[..., 1] - edges[:, 1] * off[..., 0]
    within = (side >= 0.0).all(axis=1) | (side <= 0.0).all(axis=1)
    return bool((within & ~(off == 0.0).all(axis=2).any(axis=1)).any())


def _feet(x: FloatArray, edges: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Where on the edges (n, 2, 2) the feet of a point are, 0 to 1 if inside, and its distance from their lines."""
    d = edges[:, 1] - edges[:, 0]
    size = np.linalg.norm(d, axis=1)
    t = ((x - edges[:, 0]) * d).sum(axis=1) / size**2
    return t, np.linalg.norm(x - edges[:, 0] - t[:, None] * d, axis=1)
