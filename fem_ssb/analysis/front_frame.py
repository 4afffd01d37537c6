"""Coordinates along the front of a flat crack: how far ahead of it a point is, how far above, and where along it.

The front is a smooth curve X(w) through given points, t its tangent, e what is ahead of it in the crack's plane, and
n = t × e the normal of that plane. It is upward: its last component that is not zero is positive. A point is at

    x = X(w) + a e(w) + b n,   dx = da e + db n + (1 + κa) |X'| dw t,   de = κ |X'| dw t,   dt = −κ |X'| dw e

where the front bends with the curvature κ, positive round a convex crack.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
from scipy.interpolate import BSpline, splprep
from scipy.spatial import cKDTree

from fem_ssb.errors import InputError
from fem_ssb.mesh.fronts import Front

FloatArray = npt.NDArray[np.float64]

FINE = 2000  # samples of a front, among which the nearest one is searched
CLOSER = 4  # Newton steps from there
SMOOTH = 0.003  # how far the curve may leave the points, over the radius of the neighbourhood


@dataclass(frozen=True)
class Places:
    """Points in the coordinates of a front.

    Attributes:
        ahead, above: a and b [m], shape (n,).
        along: w [m].
        stretch: (1 + κa) |X'|.
        bend: κ/(1 + κa) [1/m].
        axes: rows e, n, t, shape (n, 3, 3).
    """

    ahead: FloatArray
    above: FloatArray
    along: FloatArray
    stretch: FloatArray
    bend: FloatArray
    axes: FloatArray

    @property
    def radius(self) -> FloatArray:
        """Distance from the front [m]."""
        return np.hypot(self.ahead, self.above)

    def only(self, kept: npt.NDArray[np.bool_]) -> Places:
        """Some of them."""
        return Places(*(getattr(self, f.name)[kept] for f in fields(self)))

    @staticmethod
    def joined(parts: list[Places]) -> Places:
        """All of them, one after the other."""
        return Places(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Places)))

    def turned(self, tensor: FloatArray) -> FloatArray:
        """Components of tensors (n, 3, 3) along e, n, t."""
        return np.asarray(self.axes @ tensor @ self.axes.transpose(0, 2, 1))


class FrontFrame:
    """The curve of a front, and the axes that go along it.

    Args:
        front: points and what is ahead of them.
        radius: of the neighbourhood that is to have coordinates [m].

    Attributes:
        length: of the front, as points that are joined by straight lines [m]; w goes up to there.
        closed: does it come back to where it began?

    Raises:
        InputError: fewer than two points, a front that leaves its plane, or turns within the neighbourhood.
    """

    def __init__(self, front: Front, radius: float):
        points = np.asarray(front.points, dtype=float)
        if points.ndim != 2 or points.shape[1] != 3 or len(points) < 2:
            raise InputError(f"a front has points of shape (n, 3), two at least, not {points.shape}")
        ahead = np.broadcast_to(np.asarray(front.ahead, dtype=float), points.shape)
        if len(points) < 4:  # a cubic curve needs more
            ahead, points = np.tile(ahead.mean(axis=0), (5, 1)), np.linspace(points[0], points[-1], 5)
        normal = np.cross(np.gradient(points, axis=0), ahead).sum(axis=0)
        size = float(np.linalg.norm(normal))
        if not size > 1e-6 * float(np.linalg.norm(points[-1] - points[0]) + np.ptp(points)) * np.linalg.norm(ahead[0]):
            raise InputError("what is ahead of a front must not be along it")
        normal /= size
        upward = normal[np.abs(normal) > 1e-6][-1] > 0
        self._normal = normal if upward else -normal
        points = points if upward else points[::-1]
        if np.ptp(points @ normal) > 0.1 * radius:
            raise InputError("the front leaves its plane: stress intensities are those of flat cracks")
        w = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
        self.length = float(w[-1])
        self.closed = bool(np.linalg.norm(points[-1] - points[0]) < 1e-9 * self.length)
        (knots, ways, degree), _ = splprep(points.T, u=w, s=len(points) * (SMOOTH * radius) ** 2, per=self.closed)
        curve = BSpline(knots, np.stack(ways, axis=1), degree)
        self._curves = [curve, curve.derivative(1), curve.derivative(2)]
        self._step = self.length / FINE
        self._samples = cKDTree(self.at(self._step * np.arange(FINE + 1, dtype=np.float64))[0])
        turn = np.abs(self.locate(self._samples.data).bend).max()
        if turn * radius >= 1:
            raise InputError(
                f"the front bends with a radius of {1 / turn:.3g} m: the outer radius, {radius:.3g} m, must be below it"
            )

    def at(self, w: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """X, X', X'' at w, shape (n, 3); straight on beyond the ends of an open front."""
        inside = np.mod(w, self.length) if self.closed else np.clip(w, 0, self.length)
        x, first, second = (curve(inside) for curve in self._curves)
        beyond = (0 * w if self.closed else w - inside)[:, None]
        return x + beyond * first, first, np.where(beyond == 0, second, 0.0)

    def distance(self, x: FloatArray) -> FloatArray:
        """Of points (n, 3) from the front [m], to its nearest sample."""
        return np.asarray(self._samples.query(x)[0])

    def height(self, x: FloatArray) -> FloatArray:
        """Of points (n, 3) above the plane of the crack [m]."""
        return np.asarray((x - self._samples.data[0]) @ self._normal)

    def locate(self, x: FloatArray) -> Places:
        """Coordinates of points (n, 3), found from the nearest sample by Newton's method."""
        w = self._samples.query(x)[1] * self._step
        for _ in range(CLOSER):
            on, first, second = self.at(w)
            off = x - on
            w = w + dot(off, first) / (dot(first, first) - dot(off, second))
        on, first, second = self.at(w)
        speed = np.linalg.norm(first, axis=1)
        t = first / speed[:, None]
        n = np.tile(self._normal, (len(t), 1))
        e = np.cross(n, t)
        curvature, ahead = -dot(second, e) / speed**2, dot(x - on, e)
        stretch = 1 + curvature * ahead
        w = np.mod(w, self.length) if self.closed else w
        return Places(ahead, dot(x - on, n), w, stretch * speed, curvature / stretch, np.stack([e, n, t], axis=1))


def dot(a: FloatArray, b: FloatArray) -> FloatArray:
    """Products of vectors, row by row."""
    return np.asarray(np.einsum("ij,ij->i", a, b))
