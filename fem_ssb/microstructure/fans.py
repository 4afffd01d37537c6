"""The faces of one cell cut into simplices: how far from its centre they are, and how much they are bent."""

from __future__ import annotations

from itertools import chain
from math import cos, radians

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

BEND = cos(radians(20.0))
"""Cosine of the largest angle between a facet's mean normal and any part of it."""

BEND_THIN = cos(radians(50.0))
"""The same where the facet stays close to its mean plane."""


class Fans:
    """Loops of points (3D), each cut into triangles from its middle over its edges, or edges (2D) as they are.

    Args:
        points: coordinates, shape (n, dim).
        loops: point indices of each facet.
    """

    def __init__(self, points: FloatArray, loops: list[list[int]]) -> None:
        flat = np.fromiter(chain.from_iterable(loops), dtype=np.int64)
        self.counts = np.array([len(loop) for loop in loops])
        self.starts = np.cumsum(self.counts) - self.counts
        self.centre = points[np.unique(flat)].mean(axis=0)
        x = points[flat] - self.centre
        if points.shape[1] == 2:
            tangent = x[1::2] - x[::2]
            self.base = x[::2]
            self.normals = np.stack([tangent[:, 1], -tangent[:, 0]], axis=1)
            self.counts, self.starts = np.ones_like(self.counts), np.arange(len(loops))
        else:
            following = np.arange(1, len(flat) + 1)
            following[self.starts + self.counts - 1] = self.starts
            self.base = x
            middle = self.spread(np.add.reduceat(x, self.starts, axis=0) / self.counts[:, None])
            self.normals = _cross(x - middle, x[following] - middle)
        self.sizes = np.sqrt((self.normals**2).sum(axis=1))

    def spread(self, values: npt.NDArray[np.float64]) -> FloatArray:
        """A value of each facet, one for each of its simplices."""
        return np.repeat(values, self.counts, axis=0)

    def heights(self) -> FloatArray:
        """Signed distance of the mean of all corners from each simplex; 0 for simplices without extent."""
        distance = (self.base * self.normals).sum(axis=1)
        return np.divide(distance, self.sizes, out=np.zeros_like(distance), where=self.sizes > 0)

    def sides(self) -> list[float]:
        """For each facet the sign of its largest height."""
        heights = self.heights()
        high, low = np.maximum.reduceat(heights, self.starts), np.minimum.reduceat(heights, self.starts)
        return np.where(high > -low, 1.0, -1.0).tolist()

    def straight(self, thin: float) -> npt.NDArray[np.bool_]:
        """For each facet whether it is bent little; one that stays within `thin` of a plane may be bent more."""
        mean = np.add.reduceat(self.normals, self.starts, axis=0)
        size = np.sqrt((mean**2).sum(axis=1))
        mean /= np.where(size > 0, size, 1.0)[:, None]
        aligned = (self.normals * self.spread(mean)).sum(axis=1) / np.where(self.sizes > 0, self.sizes, 1.0)
        cosine = np.minimum.reduceat(aligned, self.starts)
        height = (self.base * self.spread(mean)).sum(axis=1)
        range_ = np.maximum.reduceat(height, self.starts) - np.minimum.reduceat(height, self.starts)
        return (cosine >= BEND) | ((cosine >= BEND_THIN) & (range_ < thin))


def _cross(a: FloatArray, b: FloatArray) -> FloatArray:
    """Cross products of rows, without np.cross's overhead for short arrays."""
    return a[:, [1, 2, 0]] * b[:, [2, 0, 1]] - a[:, [2, 0, 1]] * b[:, [1, 2, 0]]
