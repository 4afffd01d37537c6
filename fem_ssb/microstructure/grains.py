"""What all tessellations of a layer into grains have in common: seeds, crystal orientations, the cleaned complex."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from fem_ssb.errors import InputError, number
from fem_ssb.microstructure.complexes import Complex, FacetTable, merge_points, relabel, toggle
from fem_ssb.microstructure.diagram import Diagram
from fem_ssb.microstructure.regularise import regularise
from fem_ssb.microstructure.texture import Texture
from fem_ssb.microstructure.wrap import wrap

FloatArray = npt.NDArray[np.float64]

SHAPES = ("equiaxed", "columnar", "layered")

SHIFTS = 8
"""Places tried for the faces of a periodic box among grains: the one with the fewest short edges stays."""


@dataclass(frozen=True)
class Grains(ABC):
    """Base of the tessellations, whose attributes are told at `Voronoi`; use that or `Laguerre`."""

    count: int
    seed: int = 0
    relax: int = 3
    texture: str | Texture | npt.ArrayLike | None = "random"
    seeds: npt.ArrayLike | str | Path | None = None
    gradient: float = 1.0
    stretch: float = 1.0
    shape: str = "equiaxed"

    def __post_init__(self) -> None:
        kind = type(self).__name__
        for name, least in (("count", 1), ("seed", 0), ("relax", 0)):
            value = number(getattr(self, name), f"{kind} {name}", least=least)
            if value != int(value):
                raise InputError(f"{kind} {name} must be a whole number, not {value:g}")
            object.__setattr__(self, name, int(value))
        for name in ("gradient", "stretch"):
            number(getattr(self, name), f"{kind} {name}", least=0.05, most=20.0)
        if self.shape not in SHAPES:
            raise InputError(f"{kind} shape must be {' or '.join(map(repr, SHAPES))}, not {self.shape!r}")
        if self.shape != "equiaxed" and self.stretch != 1.0:
            raise InputError(f"{kind} stretch is for equiaxed grains: others go from one face to the other")
        if isinstance(self.texture, str) and self.texture != "random":
            raise InputError(
                f"{kind} texture must be 'random', None, FibreTexture(…) or rotation matrices, not '{self.texture}'"
            )
        self.orientations()

    def orientations(self) -> FloatArray:
        """Rotation matrices crystal frame → laboratory frame, shape (count, 3, 3)."""
        if self.texture is None:
            return np.tile(np.eye(3), (self.count, 1, 1))
        if isinstance(self.texture, str):
            return random_rotations(self.count, self.seed)
        if isinstance(self.texture, Texture):
            return self.texture.draw(self.count, self.seed)
        kind, matrices = type(self).__name__, np.asarray(self.texture, dtype=np.float64)
        if matrices.shape != (self.count, 3, 3):
            raise InputError(f"{kind} texture must have shape ({self.count}, 3, 3), not {matrices.shape}")
        if (
            not np.allclose(matrices @ matrices.transpose(0, 2, 1), np.eye(3), atol=1e-9)
            or (np.linalg.det(matrices) < 0).any()
        ):
            raise InputError(f"{kind} texture must hold rotation matrices (orthogonal, determinant +1)")
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
        return self.wrapped(lower, upper, (), tolerance)[0]

    def wrapped(
        self, lower: npt.ArrayLike, upper: npt.ArrayLike, periodic: Sequence[int], tolerance: float = 0.0
    ) -> tuple[Complex, npt.NDArray[np.int64]]:
        """The grains of a box that is repeated along some axes: what leaves it at one face comes in at the other.

        Args:
            lower: corner of the box, shape (dim,), dim 2 or 3.
            upper: opposite corner.
            periodic: the axes.
            tolerance: as in `tessellate`; points on opposite faces are moved together.

        Returns:
            a complex whose opposite faces carry the same facets, and the grain that each cell is (part of).
        """
        lower, upper = np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
        scale = np.ones(len(lower))
        scale[-1] = self.stretch
        if self.count == 1:
            periodic = ()  # the box itself
        elif self.shape == "layered":
            periodic = [axis for axis in periodic if axis == len(lower) - 1]
        found = self._diagram(self._seeds(lower, upper) / scale, lower / scale, upper / scale, periodic)
        found = replace(found, vertices=found.vertices * scale)
        seed = self.seed if self.seeds is None else None
        return wrapped_complex(found, lower, upper, periodic, tolerance, seed)

    def diameter(self, base: float, thickness: float, dim: int) -> float:
        """Mean extent of a grain across the stacking axis, in a layer of some base area (2D: width) and thickness.

        Of layered grains it is that along it.
        """
        if self.shape == "columnar":
            return float((base / self.count) ** (1 / (dim - 1)))
        if self.shape == "layered":
            return thickness / self.count
        return float((base * thickness / self.count / self.stretch) ** (1 / dim))

    @abstractmethod
    def _diagram(self, seeds: FloatArray, lower: FloatArray, upper: FloatArray, periodic: Sequence[int]) -> Diagram:
        """The cells of seeds in a box that is repeated along some axes."""

    def _seeds(self, lower: FloatArray, upper: FloatArray) -> FloatArray:
        """Where the seeds are at first."""
        dim = len(lower)
        if self.seeds is None:
            parts = np.random.default_rng([self.seed, 0]).random((self.count, dim))
            parts[:, -1] = _graded(parts[:, -1], self.gradient, self._extents(dim))
        else:
            parts = _given(self.seeds, self.count, dim)
        return self._placed(lower + (upper - lower) * parts, lower, upper, ())

    def _placed(self, seeds: FloatArray, lower: FloatArray, upper: FloatArray, periodic: Sequence[int]) -> FloatArray:
        """Seeds inside the box; those of columns at half height, so that their bisectors are upright.

        Those of layered grains are on the axis of the box, so that their bisectors are level.
        """
        for axis in periodic:
            seeds[:, axis] = lower[axis] + (seeds[:, axis] - lower[axis]) % (upper[axis] - lower[axis])
        if self.shape == "columnar":
            seeds = seeds.copy()
            seeds[:, -1] = 0.5 * (lower[-1] + upper[-1])
        elif self.shape == "layered":
            seeds = seeds.copy()
            seeds[:, :-1] = 0.5 * (lower[:-1] + upper[:-1])
        return seeds

    def _extents(self, dim: int) -> int:
        """Number of axes along which grains differ in extent: their volumes go as this power of their sizes."""
        return {"equiaxed": dim, "columnar": dim - 1, "layered": 1}[self.shape]


def wrapped_complex(
    found: Diagram,
    lower: FloatArray,
    upper: FloatArray,
    periodic: Sequence[int],
    tolerance: float,
    seed: int | None = None,
) -> tuple[Complex, npt.NDArray[np.int64]]:
    """Complex of a diagram's cells in a box that is repeated along some axes; short edges become points.

    Args:
        found: the diagram.
        lower, upper: corners of the box.
        periodic: the axes.
        tolerance: edges shorter than this become points where that is safe.
        seed: of the places tried for the faces of the box; None leaves them where they are.

    Returns:
        the complex, and the cell of the diagram that each of its cells is (part of).
    """
    shifts = [np.zeros(len(lower))]
    if len(periodic) and seed is not None:
        shifts += list(np.random.default_rng([seed, 5]).random((SHIFTS, len(lower))))
    tries = [_in_box(found, lower, upper, periodic, shift) for shift in shifts]
    short = [_short_edges(cells, tolerance, lower, upper, periodic) for cells, _ in tries]
    cells, grain = tries[short.index(min(short))]
    return regularise(cells, tolerance, list(np.stack([lower, upper], axis=1)), periodic), grain


def _in_box(
    found: Diagram, lower: FloatArray, upper: FloatArray, periodic: Sequence[int], shift: FloatArray
) -> tuple[Complex, npt.NDArray[np.int64]]:
    """The cells of a diagram that is moved along the periodic axes by parts of the box, and the grain of each."""
    move = np.where(np.isin(np.arange(len(lower)), periodic), shift * (upper - lower), 0.0)
    cells = joined(replace(found, vertices=found.vertices + move), lower, upper, periodic)
    grain = np.arange(len(found.seeds))
    for axis in periodic:
        cells, part = wrap(cells, axis, lower, upper)
        grain = grain[part]
    return cells, grain


def _short_edges(
    cells: Complex, tolerance: float, lower: FloatArray, upper: FloatArray, periodic: Sequence[int]
) -> tuple[int, float]:
    """How many edges at the periodic faces are shorter than a tolerance, and minus the shortest length of these."""
    if not len(periodic):
        return 0, 0.0
    pairs = {(min(p), max(p)) for loop in cells.facets for p in zip(loop, [*loop[1:], loop[0]], strict=True)}
    x = cells.points[np.array(sorted(pairs))]
    on = np.zeros(len(x), dtype=bool)
    for axis in periodic:
        on |= np.isin(x[:, :, axis], (lower[axis], upper[axis])).any(axis=1)
    length = np.linalg.norm(x[on, 1] - x[on, 0], axis=1)
    return int((length < tolerance).sum()), -float(length.min())


def _given(seeds: npt.ArrayLike | str | Path, count: int, dim: int) -> FloatArray:
    """Seeds from an array or a file, checked."""
    if isinstance(seeds, str | Path):
        try:
            values = np.loadtxt(seeds, ndmin=2)
        except (OSError, ValueError) as error:
            raise InputError(f"cannot read seeds from {seeds}: {error}") from None
    else:
        values = np.asarray(seeds, dtype=np.float64)
    if values.shape != (count, dim):
        raise InputError(f"seeds must have shape ({count}, {dim}): one a grain; not {values.shape}")
    if not ((values > 0.0) & (values < 1.0)).all():
        raise InputError("seeds are fractions of the layer's box: all must be between 0 and 1")
    if len(np.unique(values, axis=0)) < count:
        raise InputError("two seeds are the same: each grain needs its own")
    return values


def _graded(uniform: FloatArray, gradient: float, power: int) -> FloatArray:
    """Heights between 0 and 1 with a density ∝ d^-power, where the diameter d grows linearly from 1 to `gradient`."""
    if gradient == 1.0:
        return uniform
    t = np.linspace(0.0, 1.0, 1001)
    density = (1.0 + (gradient - 1.0) * t) ** -power
    total = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]))])
    return np.interp(uniform, total / total[-1], t)


def random_rotations(count: int, seed: int) -> FloatArray:
    """Rotation matrices uniform over all rotations, shape (count, 3, 3)."""
    quaternions = np.random.default_rng([seed, 1]).normal(size=(count, 4))
    return Rotation.from_quat(quaternions).as_matrix()


def complex_of(
    cells_of: Diagram, lower: FloatArray, upper: FloatArray, tolerance: float, periodic: Sequence[int] = ()
) -> Complex:
    """Complex of a diagram's cells; edges shorter than the tolerance become points where that is safe.

    Along periodic axes cells stay where they are, beyond the box too.
    """
    return regularise(joined(cells_of, lower, upper, periodic), tolerance, list(np.stack([lower, upper], axis=1)))


def joined(cells_of: Diagram, lower: FloatArray, upper: FloatArray, periodic: Sequence[int] = ()) -> Complex:
    """Complex of a diagram's cells: points put on the box, close ones merged, empty facets dropped.

    Along periodic axes cells stay where they are, beyond the box too.
    """
    points, count = cells_of.vertices, len(cells_of.seeds)
    span = (upper - lower).max()
    fixed = ~np.isin(np.arange(len(lower)), periodic)
    for plane in (lower, upper):
        points = np.where(fixed & (np.abs(points - plane) < 1e-9 * span), plane, points)
    planes = list(np.stack([lower, upper], axis=1))
    points, label = merge_points(points, 1e-9 * span, planes)
    table = FacetTable()
    cells: list[list[int]] = [[] for _ in range(count)]
    for (a, b), ridge in zip(cells_of.pairs.tolist(), cells_of.ridges, strict=True):
        for loop in relabel(ridge, label, len(lower)):
            facet = table.add(loop)
            for cell in (a, b):
                if cell < count:
                    toggle(cells[cell], facet)
    return Complex(points, table.facets, cells)
