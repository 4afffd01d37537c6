"""Closed curves and slots cut out of a 2D complex: pores on grain boundaries, voids on faces, inclusions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, pi

import numpy as np
import numpy.typing as npt

from fem_ssb.errors import InputError
from fem_ssb.microstructure.complexes import Complex
from fem_ssb.microstructure.rings import angle, circle, crossings, fill_angles, inside
from fem_ssb.microstructure.shapes import lens_volume
from fem_ssb.microstructure.voids import PlacedVoids

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

SNAP = 0.3
"""Points of the complex closer to a curve than this times its edge length are moved onto it."""

GRAZING = 0.9
"""Length over a curve's edge length for which an edge of the complex may be closer to it than that, but not longer."""

NUDGES = (0.0, 0.003, -0.003, 0.01, -0.01, 0.03, -0.03)
"""Shifts of a curve, over its edge length, tried in turn where an edge that grazes it leaves its polygon undecided."""


@dataclass(frozen=True)
class Piece:
    """One connected part of a grain: its grain, and loops of point indices, the outer one first."""

    grain: int
    loops: list[list[int]]


class Plane:
    """A 2D complex that is being cut.

    Attributes:
        points: shape (n, 2).
        sizes: mesh size wanted at points that cutting has made or moved; others are not there.
    """

    def __init__(self, cells: Complex) -> None:
        self.points = cells.points.copy()
        self.facets = [tuple(facet) for facet in cells.facets]
        self.cells = [list(cell) for cell in cells.cells]
        self.sizes: dict[int, float] = {}

    def cut_ring(
        self, centre: FloatArray, matrix: FloatArray, edge: float, near: Sequence[int] | None = None, fill: bool = False
    ) -> None:
        """Take an ellipse out of all cells: a polygon of exactly its area, with a corner where an edge crosses it.

        In coordinates y = M⁻¹(x − c) the ellipse is the unit circle and edges stay straight. A polygon with
        corners at angles θ_k on a circle of radius s has the area s²/2 Σ sin(θ_{k+1} − θ_k) = π for the right s.

        Args:
            centre: c.
            matrix: M.
            edge: length of the polygon's sides.
            near: the cells it may touch; default: all.
            fill: put a new cell there.

        Raises:
            InputError: if the curve meets a grain corner in a way that does not cut clean.
        """
        near = range(len(self.cells)) if near is None else near
        inverse = np.linalg.inv(matrix)
        self._split_grazing(centre, inverse, edge, near)
        facets = np.unique(np.concatenate([self.cells[c] for c in near if self.cells[c]])).astype(np.int64)
        ends = np.array([self.facets[f] for f in facets])
        corners = np.unique(ends)
        y = (self.points[corners] - centre) @ inverse.T
        radius = np.linalg.norm(y, axis=1)
        off = _distance(y, inverse)
        close = (off < SNAP * edge) & (radius > 0.5)
        beside = ~close & (off < 2 * edge)
        for corner, size in zip(corners[beside].tolist(), (edge + 0.5 * off[beside]).tolist(), strict=True):
            self.sizes[corner] = min(self.sizes.get(corner, np.inf), size)
        snapped, snapped_at = corners[close], angle(y[close])
        for nudge in NUDGES:
            moved = centre + nudge * edge * np.array([0.8, 0.6])
            scale = 1.0
            for _ in range(12):
                self.points[snapped] = moved + scale * circle(snapped_at) @ matrix.T
                crossed, where = crossings((self.points[ends] - moved) @ inverse.T / scale, np.isin(ends, snapped))
                x = self.points[ends[crossed]]
                x = x[:, 0] + where[:, None] * (x[:, 1] - x[:, 0])
                crossed_at = angle((x - moved) @ inverse.T)
                angles, fixed = fill_angles(np.concatenate([snapped_at, crossed_at]), matrix, edge)
                old, scale = scale, float(np.sqrt(2 * pi / np.sin(np.diff(angles, append=angles[0] + 2 * pi)).sum()))
                if abs(scale - old) < 1e-13:
                    break
            else:
                continue
            break
        else:
            raise InputError("a grain boundary all but touches a pore or inclusion: move it or use another seed")
        centre = moved
        first = len(self.points)
        names = np.where(fixed >= 0, np.concatenate([snapped, first + np.arange(len(crossed)), [0]])[fixed], -1)
        own = names < 0
        names[own] = first + len(crossed) + np.arange(own.sum())
        self.points = np.concatenate([self.points, x, centre + scale * circle(angles[own]) @ matrix.T])
        following = np.roll(names, -1)
        lengths = np.linalg.norm(self.points[following] - self.points[names], axis=1)
        self.sizes |= {int(p): float(h) for p, h in zip(names, np.maximum(lengths, np.roll(lengths, 1)), strict=True)}
        # Where a boundary lies along the ring, a side belongs to what is just outside of it.
        outward = np.roll(self.points[following] - self.points[names], 1, axis=1) * np.array([1.0, -1.0])
        middles = (self.points[names] + self.points[following]) / 2 + 0.02 * outward
        ring = self._add(names, following)
        owner = self._owners(middles, near, fixed)
        new = self._outside(facets, crossed, where, first, centre, inverse / scale)
        for cell in near:
            kept = [piece for facet in self.cells[cell] for piece in new.get(facet, [facet])]
            self.cells[cell] = kept + [ring[i] for i in np.flatnonzero(owner == cell)]
        if fill:
            self.cells.append(ring)

    def cut_lens(self, centre: FloatArray, radius: float, dihedral: float, edge: float, near: Sequence[int]) -> None:
        """Take a lens out of the two cells of an edge: two polygons of exactly its area, with their corners on arcs.

        Args:
            centre: on the edge.
            radius: half of the length of the edge that it covers.
            dihedral: angle at its tips (degrees).
            edge: length of the polygons' sides.
            near: the two cells.
        """
        shared = sorted(set(self.cells[near[0]]) & set(self.cells[near[1]]))
        ends = self.points[np.array([self.facets[f] for f in shared])]
        along = ends[:, 1] - ends[:, 0]
        length = np.linalg.norm(along, axis=1)
        at = ((centre - ends[:, 0]) * along).sum(axis=1) / length
        off = np.abs(along[:, 0] * (centre - ends[:, 0])[:, 1] - along[:, 1] * (centre - ends[:, 0])[:, 0]) / length
        fits = np.flatnonzero((off < 1e-9) & (at > radius) & (at < length - radius))
        if not len(fits):
            raise InputError("a lens-shaped pore has no room on its grain boundary: use another seed")
        facet, tangent = shared[fits[0]], along[fits[0]] / length[fits[0]]
        normal = np.array([-tangent[1], tangent[0]])
        theta = np.radians(dihedral) / 2
        count = max(2, ceil(2 * radius * theta / np.sin(theta) / edge))
        turn = theta * (2 * np.arange(1, count) / count - 1)
        x, y = np.sin(turn) / np.sin(theta), (np.cos(turn) - np.cos(theta)) / np.sin(theta)
        corners = np.concatenate([[-1.0], x, [1.0]])
        heights = np.concatenate([[0.0], y, [0.0]])
        y *= lens_volume(dihedral, 2) / 2 / float(((heights[1:] + heights[:-1]) / 2 * np.diff(corners)).sum())
        tips = [self._add_point(centre + side * radius * tangent) for side in (-1.0, 1.0)]
        self.sizes |= dict.fromkeys(tips, edge)
        a, b = self.facets[facet]
        rest = self._add([a, tips[1]], [tips[0], b])
        walls: list[tuple[int, list[int]]] = []
        for side in (-1.0, 1.0):
            arc = [
                self._add_point(centre + radius * (u * tangent + side * v * normal)) for u, v in zip(x, y, strict=True)
            ]
            self.sizes |= dict.fromkeys(arc, edge)
            chain = [tips[0], *arc, tips[1]]
            wall = self._add(chain[:-1], chain[1:])
            middle = centre + 1e-6 * radius * side * normal
            owner = next(
                cell
                for cell in near
                if inside(middle[None], self.points[np.array([self.facets[f] for f in self.cells[cell]])])[0]
            )
            walls.append((owner, wall))
        for cell in near:
            self.cells[cell] = [f for f in self.cells[cell] if f != facet] + rest
        for owner, wall in walls:
            self.cells[owner] += wall

    def _split_grazing(
        self, centre: FloatArray, inverse: npt.NDArray[np.floating], edge: float, near: Sequence[int]
    ) -> None:
        """Put points on edges where these are close to a ring for long: they are snapped onto it then.

        So no gap or overlap of the two is left that is thin for more than a cell.
        """
        for facet in sorted({f for cell in near for f in self.cells[cell]}):
            a, b = self.facets[facet]
            x, along = self.points[a], self.points[b] - self.points[a]
            length = float(np.linalg.norm(along))
            t = np.linspace(0.0, 1.0, 2 + ceil(10 * length / edge))
            y = (x + t[:, None] * along - centre) @ inverse.T
            close = np.flatnonzero((_distance(y, inverse) < SNAP * edge) & (np.linalg.norm(y, axis=1) > 0.5))
            at: list[float] = []
            for run in np.split(close, np.flatnonzero(np.diff(close) > 1) + 1):
                if len(run) and (t[run[-1]] - t[run[0]]) * length > GRAZING * edge:
                    count = max(1, round((t[run[-1]] - t[run[0]]) * length / (0.7 * edge)))
                    inner = t[run[0]] + (t[run[-1]] - t[run[0]]) * (np.arange(count) + 0.5) / count
                    at += [t[run[0] - 1]] if run[0] > 1 else []
                    at += inner.tolist()
                    at += [t[run[-1] + 1]] if run[-1] < len(t) - 2 else []
            if at:
                new = [self._add_point(x + s * along) for s in at]
                self.sizes |= dict.fromkeys(new, edge)
                pieces = self._add([a, *new], [*new, b])
                self.cells = [[p for f in c for p in (pieces if f == facet else [f])] for c in self.cells]

    def cut_slot(self, voids: PlacedVoids, size: float) -> None:
        """Take slots out of the one cell of a layer; the cells across its face keep their facets there."""
        cell, level, bottom = voids.cell, voids.level, voids.bottom
        width = float(self.points[:, 0].max())
        contact = np.diff(np.concatenate([[0.0], voids.strips.ravel(), [width]]))[::2]
        for (left, right), *beside in zip(voids.strips.tolist(), contact[:-1], contact[1:], strict=True):
            gap = min([float(x) for x in beside if x > 0.0], default=size)
            h = min(size, (right - left) / 4, abs(level - bottom) / 1.5, gap / 1.5)
            snap = SNAP * min(size, right - left, gap)
            corners = [self._on_line(1, level, x, snap) for x in (left, right)]
            feet = []
            for x, end in ((left, 0.0), (right, width)):
                foot = self._on_line(0, x, bottom, 0.0) if x == end else self._add_point(np.array([x, bottom]))
                feet.append(foot)
            self.sizes |= dict.fromkeys([*corners, *feet], h)
            walls = [(feet[0], feet[1])]
            kept = []
            for facet in self.cells[cell]:
                x, y = self.points[list(self.facets[facet])].T
                face = (y == level).all() and left <= x.mean() <= right
                side = ((x == left).all() and left == 0.0) or ((x == right).all() and right == width)
                if not face and not (side and min(bottom, level) <= y.mean() <= max(bottom, level)):
                    kept.append(facet)
            inner = (left > 0.0, right < width)
            walls += [(c, f) for c, f, wall in zip(corners, feet, inner, strict=True) if wall]
            self.cells[cell] = kept + self._add(*np.array(walls).T)

    def pieces(self) -> list[Piece]:
        """The connected parts of all cells that are left."""
        return [Piece(i, loops) for i, cell in enumerate(self.cells) if cell for loops in self._parts(cell)]

    def _add_point(self, x: FloatArray) -> int:
        self.points = np.concatenate([self.points, x[None]])
        return len(self.points) - 1

    def _add(self, a: npt.ArrayLike, b: npt.ArrayLike) -> list[int]:
        first = len(self.facets)
        self.facets += list(zip(np.asarray(a).tolist(), np.asarray(b).tolist(), strict=True))
        return list(range(first, len(self.facets)))

    def _on_line(self, axis: int, level: float, at: float, snap: float) -> int:
        """The point of coordinate `at` on the line x_axis = level: there, moved there, or made in a facet there."""
        other = 1 - axis
        on = np.flatnonzero(self.points[:, axis] == level)
        ends = self.points[on, other].min(), self.points[on, other].max()
        nearest = on[np.argmin(np.abs(self.points[on, other] - at))]
        distance = abs(self.points[nearest, other] - at)
        if distance == 0.0 or (distance < snap and self.points[nearest, other] not in ends):
            self.points[nearest, other] = at
            return int(nearest)
        there = np.unique(np.concatenate(self.cells)).astype(np.int64)
        x = self.points[np.array([self.facets[f] for f in there])]
        line = (x[:, :, axis] == level).all(axis=1)
        split = there[line & (x[:, :, other].min(axis=1) < at) & (x[:, :, other].max(axis=1) > at)]
        point = np.array([level, at]) if axis == 0 else np.array([at, level])
        new = self._add_point(point)
        for facet in split.tolist():
            a, b = self.facets[facet]
            parts = self._add([a, new], [new, b])
            for i, cell in enumerate(self.cells):
                if facet in cell:
                    self.cells[i] = [*(f for f in cell if f != facet), *parts]
        return new

    def _owners(self, x: FloatArray, near: Sequence[int], fixed: IntArray) -> IntArray:
        """The cell each side of a ring lies in, by its middle x; sides between two crossings lie in one."""
        group = np.cumsum(fixed >= 0) % max(1, int((fixed >= 0).sum()))
        found = np.full(len(x), -1, dtype=np.int64)
        for cell in near:
            if self.cells[cell]:
                found[inside(x, self.points[np.array([self.facets[f] for f in self.cells[cell]])])] = cell
        owner = np.full(len(x), -1, dtype=np.int64)
        for g in np.unique(group):
            mine = np.flatnonzero(group == g)
            owner[mine] = found[mine[len(mine) // 2]]
        if (owner < 0).any():
            raise InputError("a pore or inclusion reaches out of its layer: move it or make it smaller")
        return owner

    def _outside(
        self,
        facets: IntArray,
        crossed: IntArray,
        where: FloatArray,
        first: int,
        centre: FloatArray,
        inverse: npt.NDArray[np.floating],
    ) -> dict[int, list[int]]:
        """What is left of the facets that a ring touches: those parts with their middle outside."""
        chains = {int(f): [self.facets[f][0]] for f in facets}
        for i in np.lexsort([where, crossed]):
            chains[int(facets[crossed[i]])].append(first + int(i))
        new: dict[int, list[int]] = {}
        for facet, chain in chains.items():
            whole = [*chain, self.facets[facet][1]]
            middles = (self.points[whole[1:]] + self.points[whole[:-1]]) / 2
            out = np.linalg.norm((middles - centre) @ inverse.T, axis=1) > 1.0
            if len(whole) > 2 or not out.all():
                new[facet] = self._add(np.array(whole[:-1])[out], np.array(whole[1:])[out])
        return new

    def _parts(self, cell: list[int]) -> list[list[list[int]]]:
        """Loops of a cell, sorted into its parts: an outer one and the holes in it."""
        loops = self._loops(cell)
        if len(loops) == 1:
            return [loops]
        closed = [np.stack([x, np.roll(x, -1, axis=0)], axis=1) for x in (self.points[loop] for loop in loops)]
        middles = np.array([edges[0].mean(axis=0) for edges in closed])
        within = np.array([inside(middles, edges) for edges in closed])  # [i, j]: j in i
        np.fill_diagonal(within, False)
        depth = within.sum(axis=0)  # a hole in a part, a part in a hole, …
        return [
            [loops[i], *(loops[j] for j in np.flatnonzero(within[i] & (depth == depth[i] + 1)))]
            for i in np.flatnonzero(depth % 2 == 0)
        ]

    def _loops(self, cell: list[int]) -> list[list[int]]:
        """Points around a cell; where its parts touch in a point, each goes around its own corner there."""
        at: dict[int, list[int]] = {}
        for facet in cell:
            for point in self.facets[facet]:
                at.setdefault(point, []).append(facet)
        beside = {}
        for point, facets in at.items():
            if len(facets) > 2:
                facets = self._by_corner(point, facets, cell)
            for a, b in zip(facets[::2], facets[1::2], strict=True):
                beside[point, a], beside[point, b] = b, a
        loops, left = [], dict.fromkeys(cell)
        while left:
            facet = next(iter(left))
            point, loop = self.facets[facet][0], []
            while facet in left:
                del left[facet]
                loop.append(point)
                a, b = self.facets[facet]
                point = b if point == a else a
                facet = beside[point, facet]
            loops.append(loop)
        return loops

    def _by_corner(self, point: int, facets: list[int], cell: list[int]) -> list[int]:
        """Facets of a cell around a point of it, two by two, with the cell between those of each pair."""
        ends = np.array([self.facets[f] for f in facets])
        along = self.points[np.where(ends[:, 0] == point, ends[:, 1], ends[:, 0])] - self.points[point]
        turn = np.arctan2(along[:, 1], along[:, 0])
        order = np.argsort(turn)
        middle = (turn[order[0]] + turn[order[1]]) / 2
        probe = self.points[point] + 1e-6 * np.linalg.norm(along, axis=1).min() * np.array(
            [np.cos(middle), np.sin(middle)]
        )
        edges = self.points[np.array([self.facets[f] for f in cell])]
        if not inside(probe[None], edges)[0]:
            order = np.roll(order, -1)
        return [facets[i] for i in order]


def cell_areas(cells: Complex) -> FloatArray:
    """Area of each cell of a 2D complex, which may have holes and several parts."""
    areas = np.zeros(len(cells.cells))
    for piece in Plane(cells).pieces():
        first, *holes = (_area(cells.points[loop]) for loop in piece.loops)
        areas[piece.grain] += first - sum(holes)
    return areas


def _area(loop: FloatArray) -> float:
    """Area of a polygon."""
    x, y = loop.T
    return 0.5 * abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1)))


def _distance(y: FloatArray, inverse: npt.NDArray[np.floating]) -> FloatArray:
    """Distance of points x = c + M y from the ellipse |y| = 1, to first order, with M⁻¹."""
    radius = np.linalg.norm(y, axis=1)
    return np.asarray(radius * np.abs(radius - 1.0) / np.maximum(np.linalg.norm(y @ inverse, axis=1), 1e-300))
