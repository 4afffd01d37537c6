"""Round bodies that touch, joined by necks as after sintering (3D).

The bodies are balls and capsules, |x − s(x)| < r with s(x) the nearest point of a segment. Those whose gap is smaller
than `gap` are joined: near both of them the solid is where the smooth minimum of their distances is negative,

    min(a, b) − max(w − |a − b|, 0)²/(4w)

a, b   distances from the two surfaces (m)
w      width of the blend (m), so large that the neck has the radius `NECK` at least, over the harmonic mean radius
g      gap, negative where they overlap: on the plane between two balls of radius r the neck ends where a = w/4, at
       the distance √(r (w/2 − g)) from the axis

so that the surface is smooth at a neck and no gap is thinner than `gap`. A body that is as near to a face of the box is
joined to its mirror image: it meets the face at a right angle. Between balls that touch is the plane of equal power,
|x − c|² − r². (Smooth minimum: I. Quilez, https://iquilezles.org/articles/smin.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from fem_ssb.microstructure.shapes import Shape, spiral

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

NECK = 0.3
"""Least radius of a neck over the harmonic mean of the radii of what it joins."""

FILLET = 0.08
"""Least width of a blend over the same."""

GRID = 28
"""Points along each side of the cube in which the volume of a ball is counted."""


PASSES, EXACT = 20, 1e-3
"""Most passes over the radii, and the error of the volumes that is left; among neighbours it halves with each pass."""


@dataclass
class Touching:
    """Bodies in a box.

    Attributes:
        start, end: ends of their segments (m), shape (n, 3); the same for a ball. Mirror images come last.
        radii: in m, shape (n,).
        count: number of bodies without mirror images.
        bonds: for each body those that it is joined to, and the widths of the blends (m).
    """

    start: FloatArray
    end: FloatArray
    radii: FloatArray
    count: int
    bonds: list[tuple[list[int], list[float]]]

    def distance(self, i: int, x: FloatArray) -> FloatArray:
        """Distance of points (n, 3) from the surface of one body."""
        along = self.end[i] - self.start[i]
        t = np.clip((x - self.start[i]) @ along / max(float(along @ along), 1e-300), 0.0, 1.0)
        return np.asarray(np.linalg.norm(x - self.start[i] - t[:, None] * along, axis=1) - self.radii[i])

    def level(self, i: int, x: FloatArray) -> FloatArray:
        """Distance of points (n, 3) from the surface of a body and its necks, to first order, negative inside."""
        own = self.distance(i, x)
        found = own
        for j, width in zip(*self.bonds[i], strict=True):
            other = self.distance(j, x)
            blend = np.maximum(width - np.abs(own - other), 0.0) ** 2 / (4 * width)
            found = np.minimum(found, np.minimum(own, other) - blend)
        return found

    def power(self, i: int, x: FloatArray) -> FloatArray:
        """Power |x − c|² − r² of points (n, 3) to one ball."""
        return np.asarray(((x - self.start[i]) ** 2).sum(axis=1) - self.radii[i] ** 2)

    def volume(self, i: int, lower: FloatArray, upper: FloatArray, skin: float = 0.0) -> float:
        """Volume in a box (m³) of one ball, with its share of necks and a skin on it (m), counted on a grid."""
        reach = 1.1 * self.radii[i] + skin
        low, high = np.maximum(self.start[i] - reach, lower), np.minimum(self.start[i] + reach, upper)
        step = (high - low) / GRID
        axes = [a + s * (np.arange(GRID) + 0.5) for a, s in zip(low, step, strict=True)]
        x = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
        inside = np.clip(0.5 - (self.level(i, x) - skin) / step.max(), 0.0, 1.0)
        own = self.power(i, x)
        for j in self.bonds[i][0]:
            if j < self.count:
                inside = np.where(self.power(j, x) < own, 0.0, inside)
        return float(inside.sum() * step.prod())

    def colours(self, gap: float) -> IntArray:
        """A number for each body such that those closer than a gap (m) have different ones, few of them."""
        pairs = _near(self.start[: self.count], self.end[: self.count], self.radii[: self.count], gap)
        close: list[list[int]] = [[] for _ in range(self.count)]
        for i, j in pairs.tolist():
            close[i].append(j)
            close[j].append(i)
        found = np.full(self.count, -1, dtype=np.int64)
        for i, others in enumerate(close):
            taken = set(found[others].tolist())
            found[i] = next(c for c in range(self.count) if c not in taken)
        return found


def joined(
    start: FloatArray, end: FloatArray, radii: FloatArray, gap: float, lower: FloatArray, upper: FloatArray
) -> Touching:
    """Join bodies that are closer to each other, or to a face of the box, than a gap.

    Args:
        start, end: ends of their segments (m), shape (n, 3).
        radii: in m, shape (n,).
        gap: that is left open (m).
        lower, upper: corners of the box (m).
    """
    count = len(radii)
    parts = [(start, end, radii)]
    pairs = [_near(start, end, radii, gap)]
    gaps = [segment_distance(*(part[p] for p in pairs[0].T for part in (start, end))) - radii[pairs[0]].sum(axis=1)]
    first = count
    for axis in range(3):
        for wall, sign in ((lower[axis], 1.0), (upper[axis], -1.0)):
            clear = np.maximum(np.minimum(sign * (start[:, axis] - wall), sign * (end[:, axis] - wall)), 0.0) - radii
            near = np.flatnonzero(clear < gap)
            images = [part[near].copy() for part in (start, end)]
            for image in images:
                image[:, axis] = 2 * wall - image[:, axis]
            parts.append((images[0], images[1], radii[near]))
            pairs.append(np.stack([near, first + np.arange(len(near))], axis=1))
            gaps.append(2 * clear[near])
            first += len(near)
    start, end, radii = (np.concatenate(some) for some in zip(*parts, strict=True))
    bonds: list[tuple[list[int], list[float]]] = [([], []) for _ in range(count)]
    for (i, j), g in zip(np.concatenate(pairs).tolist(), np.concatenate(gaps).tolist(), strict=True):
        if g < gap or j >= count:
            mean = 2 / (1 / radii[i] + 1 / radii[j])
            width = float(max(2 * g + 2 * NECK**2 * mean, FILLET * mean))
            for a, b in ((i, j), (j, i)):
                if a < count:
                    bonds[a][0].append(b)
                    bonds[a][1].append(width)
    return Touching(start, end, radii, count, bonds)


def calibrated(centres: FloatArray, volumes: FloatArray, gap: float, lower: FloatArray, upper: FloatArray) -> Touching:
    """Balls that touch, with radii such that each has its volume, necks included and flattened where they meet.

    Args:
        centres: shape (n, 3).
        volumes: of each in the box.
        gap: see `joined`.
        lower, upper: corners of the box.
    """
    radii = np.cbrt(volumes / (4 * np.pi / 3))
    for _ in range(PASSES):
        balls = joined(centres, centres, radii, gap, lower, upper)
        now = np.array([balls.volume(i, lower, upper) for i in range(len(radii))])
        radii = radii * np.cbrt(volumes / now)
        if np.abs(volumes / now - 1.0).max() < EXACT:
            break
    return joined(centres, centres, radii, gap, lower, upper)


@dataclass(frozen=True)
class Particle(Shape):
    """One of several balls that touch.

    Attributes:
        balls: all of them, in the stack (m).
        number: which one.
        content: volume that it is to have in its layer (m³).
    """

    balls: Touching
    number: int
    content: float
    dim = 3

    @property
    def volume(self) -> float:
        """See `Shape.volume`."""
        return self.content

    def skin(self, thickness: float, lower: FloatArray, upper: FloatArray) -> float:
        """Volume in a box (m³) of a layer of a thickness (m) on it, where it is free."""
        whole, own = (self.balls.volume(self.number, lower, upper, out) for out in (thickness, 0.0))
        return whole - own

    @property
    def half_widths(self) -> tuple[float, float]:
        """See `Shape.half_widths`."""
        radius = float(self.balls.radii[self.number])
        return radius, radius

    def level(self, x: FloatArray) -> FloatArray:
        """See `Shape.level`: with its necks, without the faces that it shares."""
        return self.balls.level(self.number, x)

    def outline(self, step: float) -> FloatArray:
        """See `Shape.outline`."""
        radius = self.balls.radii[self.number]
        x = self.balls.start[self.number] + radius * spiral(max(50, int(4 * np.pi * (radius / step) ** 2)))
        return np.asarray(x[self.level(x) > -0.05 * radius])

    def spine(self) -> tuple[FloatArray, float]:
        """See `Shape.spine`."""
        return self.balls.start[[self.number]], float(self.balls.radii[self.number])


@dataclass(frozen=True)
class Net(Shape):
    """Bodies that touch as one.

    Attributes:
        parts: all of them, in the stack (m).
        content: volume that they are to have in their layer (m³).
    """

    parts: Touching
    content: float
    dim = 3

    @property
    def volume(self) -> float:
        """See `Shape.volume`."""
        return self.content

    @property
    def half_widths(self) -> tuple[float, float]:
        """See `Shape.half_widths`."""
        radius = float(self.parts.radii.min())
        return radius, 2 * radius

    def level(self, x: FloatArray) -> FloatArray:
        """See `Shape.level`; where nothing is near, the distance from the points of the spine."""
        spine, reach = self.spine()
        found = np.asarray(cKDTree(spine).query(x)[0])
        close = np.flatnonzero(found < 3 * reach)
        y = x[close]
        level = np.full(len(y), 3 * reach)
        for i in range(self.parts.count):
            ends = np.stack([self.parts.start[i], self.parts.end[i]])
            low, high = ends.min(axis=0) - 3 * reach, ends.max(axis=0) + 3 * reach
            there = np.flatnonzero(((y >= low) & (y <= high)).all(axis=1))
            level[there] = np.minimum(level[there], self.parts.level(i, y[there]))
        found[close] = level
        return found

    def outline(self, step: float) -> FloatArray:
        """See `Shape.outline`."""
        spine, reach = self.spine()
        ball = reach * spiral(50)
        x = (spine[:, None] + ball).reshape(-1, 3)
        return np.asarray(x[self.level(x) > -0.05 * reach])

    def spine(self) -> tuple[FloatArray, float]:
        """See `Shape.spine`."""
        reach = float(self.parts.radii.min())
        found = []
        for a, b in zip(self.parts.start[: self.parts.count], self.parts.end[: self.parts.count], strict=True):
            count = 2 + int(2 * np.linalg.norm(b - a) / reach)
            found.append(a + np.linspace(0.0, 1.0, count)[:, None] * (b - a))
        return np.concatenate(found), reach


def _near(start: FloatArray, end: FloatArray, radii: FloatArray, gap: float) -> IntArray:
    """Pairs (m, 2) that may be closer than a gap, by the balls around them."""
    half = np.linalg.norm(end - start, axis=1) / 2
    reach = half + radii + gap / 2
    middle = (start + end) / 2
    pairs = cKDTree(middle).query_pairs(2 * float(reach.max()), output_type="ndarray")
    apart = np.linalg.norm(middle[pairs[:, 0]] - middle[pairs[:, 1]], axis=1)
    return np.asarray(pairs[apart < reach[pairs].sum(axis=1)], dtype=np.int64)


def segment_distance(a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray) -> FloatArray:
    """Distance between segments a–b and c–d, row by row (C. Ericson, Real-Time Collision Detection (2005), 5.1.9)."""
    u, v, w = b - a, d - c, a - c
    uu, vv, uv, uw, vw = ((p * q).sum(axis=1) for p, q in ((u, u), (v, v), (u, v), (u, w), (v, w)))
    flat = uu * vv - uv * uv
    s = np.clip(np.where(flat > 1e-12 * uu * vv, (uv * vw - uw * vv) / np.maximum(flat, 1e-300), 0.0), 0.0, 1.0)
    t = np.clip(np.where(vv > 0.0, (uv * s + vw) / np.maximum(vv, 1e-300), 0.0), 0.0, 1.0)
    s = np.clip(np.where(uu > 0.0, (uv * t - uw) / np.maximum(uu, 1e-300), 0.0), 0.0, 1.0)
    return np.asarray(np.linalg.norm(w + s[:, None] * u - t[:, None] * v, axis=1))
