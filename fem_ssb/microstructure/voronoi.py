"""Voronoi polycrystals that fill a box."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.spatial
from scipy.spatial.transform import Rotation

from fem_ssb.errors import InputError, number
from fem_ssb.microstructure.complexes import Complex, FacetTable, merge_points, relabel, toggle
from fem_ssb.microstructure.regularise import regularise

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Voronoi:
    """Grains as the Voronoi cells of random seeds.

    Seeds are mirrored at the faces of the layer's box, so that the cells of the seeds inside fill the box
    exactly. Lloyd passes move each seed to the centroid of its cell and make the grains more alike.

    Attributes:
        count: number of grains.
        seed: of the random numbers; the same seed gives the same grains.
        relax: number of Lloyd passes; 0 is the Poisson–Voronoi tessellation.
        texture: "random" for orientations uniform over all rotations, None for all crystals aligned with
            the laboratory, or rotation matrices crystal → laboratory, shape (count, 3, 3).
    """

    count: int
    seed: int = 0
    relax: int = 3
    texture: str | npt.ArrayLike | None = "random"

    def __post_init__(self) -> None:
        for name, least in (("count", 1), ("seed", 0), ("relax", 0)):
            value = number(getattr(self, name), f"Voronoi {name}", least=least)
            if value != int(value):
                raise InputError(f"Voronoi {name} must be a whole number, not {value:g}")
            object.__setattr__(self, name, int(value))
        if isinstance(self.texture, str) and self.texture != "random":
            raise InputError(f"Voronoi texture must be 'random', None or rotation matrices, not '{self.texture}'")
        self.orientations()

    def orientations(self) -> FloatArray:
        """Rotation matrices crystal frame → laboratory frame, shape (count, 3, 3)."""
        if self.texture is None:
            return np.tile(np.eye(3), (self.count, 1, 1))
        if isinstance(self.texture, str):
            quaternions = np.random.default_rng([self.seed, 1]).normal(size=(self.count, 4))
            return Rotation.from_quat(quaternions).as_matrix()
        matrices = np.asarray(self.texture, dtype=np.float64)
        if matrices.shape != (self.count, 3, 3):
            raise InputError(f"Voronoi texture must have shape ({self.count}, 3, 3), not {matrices.shape}")
        if (
            not np.allclose(matrices @ matrices.transpose(0, 2, 1), np.eye(3), atol=1e-9)
            or (np.linalg.det(matrices) < 0).any()
        ):
            raise InputError("Voronoi texture must hold rotation matrices (orthogonal, determinant +1)")
        return matrices

    def tessellate(self, lower: npt.ArrayLike, upper: npt.ArrayLike, tolerance: float = 0.0) -> Complex:
        """The grains of a box.

        Args:
            lower: corner of the box, shape (dim,), dim 2 or 3.
            upper: opposite corner.
            tolerance: edges shorter than this become points where that is safe, see `regularise`.

        Returns:
            a complex with one cell a grain; points on the box have exactly its coordinates.
        """
        lower, upper = np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
        seeds = lower + (upper - lower) * np.random.default_rng([self.seed, 0]).random((self.count, len(lower)))
        diagram = _mirrored(seeds, lower, upper)
        for _ in range(self.relax):
            seeds = _centroids(diagram, seeds)
            diagram = _mirrored(seeds, lower, upper)
        return _clean(diagram, self.count, lower, upper, tolerance)


def _mirrored(seeds: FloatArray, lower: FloatArray, upper: FloatArray) -> scipy.spatial.Voronoi:
    """Voronoi diagram of seeds and their mirror images in the faces of the box."""
    images = [seeds]
    for axis in range(seeds.shape[1]):
        for plane in (lower[axis], upper[axis]):
            image = seeds.copy()
            image[:, axis] = 2 * plane - image[:, axis]
            images.append(image)
    return scipy.spatial.Voronoi(np.concatenate(images))


def _ridges(diagram: scipy.spatial.Voronoi, count: int) -> list[tuple[int, int, list[int]]]:
    """(cell, cell, points) of the facets of the first `count` cells; of an outer facet the first cell is inside."""
    pairs = diagram.ridge_points
    return [
        (int(min(a, b)), int(max(a, b)), diagram.ridge_vertices[i])
        for i, (a, b) in enumerate(pairs)
        if min(a, b) < count
    ]


def _centroids(diagram: scipy.spatial.Voronoi, seeds: FloatArray) -> FloatArray:
    """Centroids of the cells of the seeds: each cell is cut into simplices from its seed over its facets."""
    count, dim = seeds.shape
    owner: list[int] = []
    corners: list[list[int]] = []
    for a, b, points in _ridges(diagram, count):
        fan = [points] if dim == 2 else [[points[0], points[i], points[i + 1]] for i in range(1, len(points) - 1)]
        for cell in (a, b):
            if cell < count:
                owner += [cell] * len(fan)
                corners += fan
    base, owners = diagram.vertices[corners], np.array(owner)
    apex = seeds[owners]
    volume = np.abs(np.linalg.det(base - apex[:, None]))
    middle = (base.sum(axis=1) + apex) / (dim + 1)
    total = np.bincount(owners, volume, count)
    return np.stack([np.bincount(owners, volume * middle[:, k], count) / total for k in range(dim)], axis=1)


def _clean(
    diagram: scipy.spatial.Voronoi, count: int, lower: FloatArray, upper: FloatArray, tolerance: float
) -> Complex:
    """Complex of the first `count` cells: points put on the box, close ones merged, empty facets dropped."""
    ridges = _ridges(diagram, count)
    used, inverse = np.unique(np.concatenate([r[2] for r in ridges]), return_inverse=True)
    points = diagram.vertices[used]
    span = (upper - lower).max()
    for plane in (lower, upper):
        points = np.where(np.abs(points - plane) < 1e-9 * span, plane, points)
    planes = list(np.stack([lower, upper], axis=1))
    points, label = merge_points(points, 1e-9 * span, planes)
    table = FacetTable()
    cells: list[list[int]] = [[] for _ in range(count)]
    start = 0
    for a, b, vertices in ridges:
        stop = start + len(vertices)
        for loop in relabel(inverse[start:stop].tolist(), label, len(lower)):
            facet = table.add(loop)
            for cell in (a, b):
                if cell < count:
                    toggle(cells[cell], facet)
        start = stop
    return regularise(Complex(points, table.facets, cells), tolerance, planes)
