"""Voronoi and Laguerre (power) diagrams of seeds in a box: the cells of the seeds inside fill it exactly.

Seeds are mirrored at the faces of the box. The bisector of a seed and its mirror image of the same weight is
the face, so no cell leaves the box, and cells need no clipping. Cell i of seeds x with weights w is the set

    |x − x_i|² − w_i ≤ |x − x_j|² − w_j   for all j.

Along periodic axes seeds are repeated instead, and cells reach over the box; `wrap` brings them back into it.

Power diagrams come from the lower hull of the lifted points (x, |x|² − w): F. Aurenhammer, Power diagrams:
properties, algorithms and applications, SIAM J. Comput. 16 (1987) 78.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt
import scipy.spatial

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass
class Diagram:
    """Cells of `len(seeds)` seeds in a box.

    Attributes:
        seeds: shape (count, dim).
        vertices: corners of the cells, shape (n, dim).
        pairs: the two seeds of each ridge (facet between cells), the smaller first, shape (m, 2); a second
            one ≥ count is a mirror image: the ridge is in the box's face; or a repetition of another seed.
        ridges: indices of the corners of each ridge, in order around it.
        weighted: whether the seeds have weights.
        repeated: the seed that each site repeats, −1 for a mirror image; shape (sites,).
        sites: seeds, images and repetitions, shape (sites, dim).
    """

    seeds: FloatArray
    vertices: FloatArray
    pairs: IntArray
    ridges: list[list[int]]
    weighted: bool
    repeated: IntArray
    sites: FloatArray

    def moments(self) -> tuple[FloatArray, FloatArray]:
        """Volume (count,) and centroid (count, dim) of each cell.

        Cells are convex: each is cut into simplices over its ridges, from its seed or, where weights may put
        the seed outside, from the mean of its corners.
        """
        count, dim = self.seeds.shape
        number = np.array([len(ridge) for ridge in self.ridges])
        flat = np.concatenate(self.ridges).astype(np.int64)
        first = np.cumsum(number) - number
        if dim == 2:
            ridge = np.arange(len(self.ridges))
            corners = flat.reshape(-1, 2)
        else:
            ridge = np.repeat(np.arange(len(self.ridges)), number - 2)
            inner = np.ones(len(flat), dtype=bool)
            inner[first] = inner[first + number - 1] = False
            at = np.flatnonzero(inner)
            corners = np.stack([flat[first[ridge]], flat[at], flat[at + 1]], axis=1)
        side = np.tile([0, 1], len(ridge))
        order = np.lexsort((side, np.repeat(ridge, 2)))
        order = order[(self.pairs[ridge].ravel() < count)[order]]
        owner, base = self.pairs[ridge].ravel()[order], self.vertices[corners[order // 2]]
        if self.weighted:
            weight = np.bincount(owner, minlength=count)[:, None]
            apex = (_sums(owner, base.mean(axis=1), count) / np.maximum(weight, 1))[owner]
        else:
            apex = self.seeds[owner]
        size = np.abs(np.linalg.det(base - apex[:, None]))
        middle = (base.sum(axis=1) + apex) / (dim + 1)
        volume = np.bincount(owner, size, count)
        centroid = _sums(owner, size[:, None] * middle, count) / np.where(volume > 0, volume, 1.0)[:, None]
        return volume / (2 if dim == 2 else 6), centroid

    def areas(self) -> FloatArray:
        """Length (2D) or area (3D) of each ridge, shape (m,)."""
        number = np.array([len(ridge) for ridge in self.ridges])
        x = self.vertices[np.concatenate(self.ridges).astype(np.int64)]
        first = np.cumsum(number) - number
        if x.shape[1] == 2:
            return np.asarray(np.linalg.norm(x[1::2] - x[::2], axis=1))
        following = np.arange(1, len(x) + 1)
        following[first + number - 1] = first
        origin = np.repeat(x[first], number, axis=0)
        normal = np.add.reduceat(np.cross(x - origin, x[following] - origin), first, axis=0)
        return np.asarray(np.linalg.norm(normal, axis=1) / 2)


def diagram(
    seeds: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    weights: FloatArray | None = None,
    periodic: Sequence[int] = (),
) -> Diagram:
    """Voronoi diagram, or with weights the power diagram, of seeds in a box.

    Only seeds near a face are mirrored in it, or repeated beyond it, at first; if that turns out too few, more are.

    Args:
        seeds: shape (count, dim), inside the box.
        lower, upper: corners of the box.
        weights: shape (count,), in squared lengths; default: all the same.
        periodic: axes along which seeds are repeated.
    """
    count, dim = seeds.shape
    span = upper - lower
    spacing = (float(np.prod(span)) / count) ** (1 / dim)
    if weights is not None and np.ptp(weights) > 0:
        spacing = max(spacing, float(np.sqrt(np.ptp(weights))))
    reach = 2.0 * spacing if dim == 3 else np.inf
    mirrored = [axis for axis in range(dim) if axis not in periodic]
    while True:
        sites, origin = seeds, np.arange(count)
        for axis in periodic:
            above = np.flatnonzero(sites[:, axis] - lower[axis] <= reach)
            below = np.flatnonzero(upper[axis] - sites[:, axis] <= reach)
            shift = span * (np.arange(dim) == axis)
            sites = np.concatenate([sites, sites[above] + shift, sites[below] - shift])
            origin = np.concatenate([origin, origin[above], origin[below]])
        images, image_of = [sites], [origin]
        for axis in mirrored:
            for plane in (lower[axis], upper[axis]):
                near = np.flatnonzero(np.abs(sites[:, axis] - plane) <= reach)
                image = sites[near]
                image[:, axis] = 2 * plane - image[:, axis]
                images.append(image)
                image_of.append(origin[near])
        repeated = np.concatenate([origin, np.full(sum(map(len, image_of[1:])), -1)])
        sites, origin = np.concatenate(images), np.concatenate(image_of)
        try:
            found = (
                _voronoi(sites, seeds, repeated) if weights is None else _power(sites, weights[origin], seeds, repeated)
            )
        except scipy.spatial.QhullError:  # all sites in one plane
            found = None
        if found is not None and (reach >= span.max() or _complete(found, lower, upper, periodic, reach)):
            return found
        if reach >= span.max():
            raise ValueError("the cells do not close")
        reach *= 2.0


def _complete(found: Diagram, lower: FloatArray, upper: FloatArray, periodic: Sequence[int], reach: float) -> bool:
    """Whether no cell leaves the box but along periodic axes, and there none sees further than sites were repeated."""
    slack = 1e-9 * (upper - lower).max()
    axes = [axis for axis in range(len(lower)) if axis not in periodic]
    x = found.vertices[:, axes]
    if not ((x >= lower[axes] - slack) & (x <= upper[axes] + slack)).all():
        return False
    if not periodic:
        return True
    number = np.array([len(ridge) for ridge in found.ridges])
    owner = np.repeat(found.pairs[:, 0], number)
    far = np.linalg.norm(found.vertices[np.concatenate(found.ridges).astype(np.int64)] - found.seeds[owner], axis=1)
    return bool(2.0 * far.max() <= reach)


def _voronoi(sites: FloatArray, seeds: FloatArray, repeated: IntArray) -> Diagram | None:
    """Cells of the first sites; None if one of them is unbounded. Vertices that no cell uses are left out."""
    full = scipy.spatial.Voronoi(sites)
    pairs = np.sort(full.ridge_points, axis=1).astype(np.int64)
    mine = np.flatnonzero(pairs[:, 0] < len(seeds))
    ridges = [full.ridge_vertices[i] for i in mine]
    return _compressed(Diagram(seeds, full.vertices, pairs[mine], ridges, False, repeated, sites))


def _power(sites: FloatArray, weights: FloatArray, seeds: FloatArray, repeated: IntArray) -> Diagram | None:
    """The same for the power diagram."""
    count, dim = seeds.shape
    centre = sites.mean(axis=0)
    scale = np.abs(sites - centre).max()
    x = (sites - centre) / scale
    lifted = np.column_stack([x, (x**2).sum(axis=1) - weights / scale**2])
    hull = scipy.spatial.ConvexHull(lifted)
    below = hull.equations[:, dim] < -1e-12
    simplices, equations = hull.simplices[below].astype(np.int64), hull.equations[below]
    vertices = centre - scale * equations[:, :dim] / (2 * equations[:, dim, None])
    ends = np.array(list(combinations(range(dim + 1), 2)))
    pairs = np.sort(simplices[:, ends].reshape(-1, 2), axis=1)
    at = np.repeat(np.arange(len(simplices)), len(ends))
    mine = pairs[:, 0] < count
    pairs, at = pairs[mine], at[mine]
    pairs, ridge, number = np.unique(pairs, axis=0, return_inverse=True, return_counts=True)
    if number.min() < dim:
        return None
    ridge = ridge.ravel()
    angle = np.zeros(len(at))
    if dim == 3:
        axis = sites[pairs[:, 1]] - sites[pairs[:, 0]]
        axis /= np.linalg.norm(axis, axis=1)[:, None]
        across = np.cross(axis, np.eye(3)[np.argmin(np.abs(axis), axis=1)])
        middle = _sums(ridge, vertices[at], len(pairs)) / number[:, None]
        spoke = vertices[at] - middle[ridge]
        third = np.cross(axis, across)[ridge]
        angle = np.arctan2((spoke * third).sum(axis=1), (spoke * across[ridge]).sum(axis=1))
    order = np.lexsort((at, angle, ridge))
    ridges = [part.tolist() for part in np.split(at[order], np.cumsum(number)[:-1])]
    return _compressed(Diagram(seeds, vertices, pairs, ridges, True, repeated, sites))


def _compressed(whole: Diagram) -> Diagram | None:
    """The diagram with only the vertices that are used; None if one is at infinity."""
    used, inverse = np.unique(np.concatenate(whole.ridges).astype(np.int64), return_inverse=True)
    if used[0] < 0:
        return None
    ends = np.cumsum([len(ridge) for ridge in whole.ridges])
    ridges = [part.tolist() for part in np.split(inverse, ends[:-1])]
    return replace(whole, vertices=whole.vertices[used], ridges=ridges)


def _sums(owner: IntArray, values: FloatArray, count: int) -> FloatArray:
    """Sum of the rows of values that belong to each owner, shape (count, dim)."""
    return np.stack([np.bincount(owner, column, count) for column in values.T], axis=1)
