"""Polygons around ellipses in the plane: where edges cross them, and where their corners go."""

from __future__ import annotations

from math import pi, sin, sqrt

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def angle(y: FloatArray) -> FloatArray:
    """Polar angle of points (n, 2), from 0 to 2π."""
    return np.asarray(np.arctan2(y[:, 1], y[:, 0]) % (2 * pi))


def circle(at: FloatArray) -> FloatArray:
    """Points (n, 2) of the unit circle."""
    return np.stack([np.cos(at), np.sin(at)], axis=-1)


def corner_radius(sides: int) -> float:
    """Distance from its centre to the corners of the regular polygon that has the area of the unit circle."""
    return sqrt(2 * pi / (sides * sin(2 * pi / sides)))


def crossings(y: FloatArray, on: npt.NDArray[np.bool_]) -> tuple[IntArray, FloatArray]:
    """Where segments y (n, 2, 2) cross the unit circle: their rows and 0 < t < 1; not where an end is on it."""
    a, d = y[:, 0], y[:, 1] - y[:, 0]
    dd, ad, aa = (d * d).sum(axis=1), (a * d).sum(axis=1), (a * a).sum(axis=1) - 1.0
    root = ad**2 - dd * aa
    with np.errstate(invalid="ignore"):
        t = (-ad[:, None] + np.sqrt(root)[:, None] * np.array([-1.0, 1.0])) / dd[:, None]
    valid = (root > 0.0)[:, None] & (t > 0.0) & (t < 1.0)
    valid &= ~(on[:, :1] & (np.abs(t) < 1e-6)) & ~(on[:, 1:] & (np.abs(1 - t) < 1e-6))
    rows, which = np.nonzero(valid)
    return rows, t[rows, which]


def fill_angles(given: FloatArray, matrix: FloatArray, edge: float) -> tuple[FloatArray, IntArray]:
    """Angles of a polygon's corners: the given ones and others about `edge` apart; index of the given, or −1."""
    table = np.linspace(0.0, 4 * pi, 4001)
    speed = np.linalg.norm(np.stack([-np.sin(table), np.cos(table)], axis=1) @ matrix.T, axis=1)
    along = np.concatenate([[0.0], np.cumsum((speed[1:] + speed[:-1]) / 2 * np.diff(table))])
    order = np.argsort(given)
    starts = given[order] if len(given) else np.zeros(1)
    begin = np.interp(starts, table, along)
    length = np.diff(begin, append=begin[0] + along[2000])
    number = np.maximum(1, np.ceil(length / edge - 1e-6)).astype(int)
    first = np.cumsum(number) - number
    step = np.arange(number.sum()) - np.repeat(first, number)
    angles = np.interp(np.repeat(begin, number) + step * np.repeat(length / number, number), along, table)
    fixed = np.full(len(angles), -1, dtype=np.int64)
    if len(given):
        fixed[first] = order
        angles[first] = starts
    return angles, fixed


def inside(x: FloatArray, edges: FloatArray) -> npt.NDArray[np.bool_]:
    """Whether points (n, 2) lie inside the closed lines that edges (m, 2, 2) make, by the even-odd rule."""
    a, b = edges[:, 0], edges[:, 1]
    spans = (a[:, 1] > x[:, 1:]) != (b[:, 1] > x[:, 1:])
    rise = np.where(b[:, 1] == a[:, 1], 1.0, b[:, 1] - a[:, 1])
    at = a[:, 0] + (x[:, 1:] - a[:, 1]) / rise * (b[:, 0] - a[:, 0])
    return np.asarray((spans & (x[:, :1] < at)).sum(axis=1) % 2 == 1)
