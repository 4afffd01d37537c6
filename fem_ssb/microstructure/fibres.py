"""Random straight fibres in a matrix: capsules that may cross, joined to a net where they do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from fem_ssb.errors import InputError, number
from fem_ssb.microstructure.arrangement import arrange, within
from fem_ssb.microstructure.complexes import box_complex
from fem_ssb.microstructure.composite import Composite, Filling, Phase, Profile, check_phases
from fem_ssb.microstructure.grains import random_rotations
from fem_ssb.microstructure.shapes import frame
from fem_ssb.microstructure.touching import Net, joined

FloatArray = npt.NDArray[np.float64]

GRID, MOST = 6, 2_000_000
"""Points over the width of a fibre at which volume is counted (3D), and the most that there may be in all."""

GAP = 2.5
"""Radius of a fibre over the gap below which two are joined (3D); the mesh is to have the cells for it."""


@dataclass(frozen=True)
class FibreNetwork(Composite):
    """Fibres of one phase in a matrix of another.

    Fibres are laid one after the other, with their middles uniform over the layer and beyond its sides, until their
    fraction is reached; the last one is as long as is missing. Where they cross they are one body. What reaches out of
    the layer is cut off, and comes in again across from there where the side is periodic (2D).

    Attributes:
        fibres: phase with its fraction.
        matrix: what is between them; without a fraction.
        length: of a fibre from end to end (m).
        width: diameter of a fibre (m).
        angle: mean direction, from x towards the stacking axis (degrees).
        scatter: directions are uniform within this of the mean (degrees), in 3D over the cap of the sphere; 90: all
            alike.
        seed: of the random numbers.

    Raises:
        InputError: values out of range.
    """

    fibres: Phase
    matrix: Phase
    length: float
    width: float
    angle: float = 0.0
    scatter: float = 90.0
    seed: int = 0
    phases: Sequence[Phase] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check_phases("FibreNetwork", [self.fibres, self.matrix])
        object.__setattr__(self, "phases", (self.fibres, self.matrix))
        share = self.fibres.fraction
        if share is None or isinstance(share, Profile) or share > 0.9:
            raise InputError(f"fibres '{self.fibres.name}' need a fraction, a number of at most 0.9")
        if self.matrix.fraction is not None:
            raise InputError(f"the matrix '{self.matrix.name}' takes what the fibres leave: give it no fraction")
        number(self.width, "FibreNetwork width (m)", above=0.0)
        number(self.length, "FibreNetwork length (m)", above=self.width)
        number(self.angle, "FibreNetwork angle (degrees)")
        number(self.scatter, "FibreNetwork scatter (degrees)", least=0.0, most=90.0)
        number(self.seed, "FibreNetwork seed", least=0)

    def feature(self, dim: int) -> float:
        """See `Composite.feature`."""
        return self.width

    def detail(self) -> float:
        """See `Composite.detail`."""
        return self.width / 2

    def crowded(self, size: float) -> float:
        """See `Composite.crowded`."""
        return 0.25 * self.width

    def fill(self, lower: FloatArray, upper: FloatArray, unit: float, size: float, tolerance: float) -> Filling:
        """See `Composite.fill`."""
        return self.fill_periodic(lower, upper, unit, size, tolerance, ())

    def fill_periodic(
        self, lower: FloatArray, upper: FloatArray, unit: float, size: float, tolerance: float, periodic: Sequence[int]
    ) -> Filling:
        """See `Composite.fill_periodic`."""
        if len(lower) == 3:
            if len(periodic):
                raise InputError("a FibreNetwork in 3D cannot be periodic, a Mixture can: leave periodic= out")
            return self._wires(lower, upper, unit)
        rng = np.random.default_rng([self.seed, 6])
        box, (length, width) = shapely.box(*lower, *upper), (self.length / unit, self.width / unit)
        wanted = (self.fibres.share or 0.0) * box.area
        net: Any = shapely.Polygon()
        along_side = np.isin(np.arange(2), periodic)
        period, over = np.where(along_side, upper - lower, 0.0), np.where(along_side, 0.0, length / 2)

        def laid(start: FloatArray, end: FloatArray) -> Any:
            line = shapely.LineString([start, end])
            return shapely.union(net, within(line.buffer(width / 2, quad_segs=4), box, period))

        while True:
            middle = lower - over + (upper - lower + 2 * over) * rng.random(2)
            turn = np.radians(self.angle + self.scatter * (2 * rng.random() - 1))
            along = np.array([np.cos(turn), np.sin(turn)]) * (length - width)
            start = middle - along / 2
            more = laid(start, start + along)
            if more.area >= wanted:
                break
            net = more
        low, high = 0.0, 1.0
        while high - low > 1e-3:
            half = (low + high) / 2
            low, high = (low, half) if laid(start, start + half * along).area > wanted else (half, high)
        net = laid(start, start + high * along)
        cells, shape = arrange([net], lower, upper, size, 0.3 * self.detail() / unit, periodic)
        n = len(shape)
        turns = random_rotations(n, self.seed)
        return Filling(cells, (shape < 0).astype(np.int64), np.arange(n), turns, holed=True)

    def _wires(self, lower: FloatArray, upper: FloatArray, unit: float) -> Filling:
        """Fibres in 3D, to be cut out of a box of matrix; their volume is counted on a grid while they are laid."""
        rng = np.random.default_rng([self.seed, 6])
        low, high, radius = unit * lower, unit * upper, self.width / 2
        step = max(self.width / GRID, float(np.prod(high - low) / MOST) ** (1 / 3))
        counts = np.ceil((high - low) / step).astype(np.int64)
        axes = [a + (b - a) * (np.arange(n) + 0.5) / n for a, b, n in zip(low, high, counts, strict=True)]
        filled, wanted = np.zeros(counts, dtype=bool), (self.fibres.share or 0.0) * float(counts.prod())
        turn = np.radians(self.angle)
        towards = frame([float(np.cos(turn)), 0.0, float(np.sin(turn))])
        ends: list[tuple[FloatArray, FloatArray]] = []
        missing = wanted
        while missing > 0:
            middle = low - self.length / 2 + (high - low + self.length) * rng.random(3)
            cosine, roll = 1.0 - rng.random() * (1.0 - np.cos(np.radians(self.scatter))), 2 * np.pi * rng.random()
            across = np.array([np.cos(roll), np.sin(roll)]) * np.sqrt(1.0 - cosine**2)
            half = towards @ np.append(across, cosine) * (self.length - self.width) / 2
            inside = _within(middle - half, 2 * half, low, high)
            if inside is None:
                continue
            start, along = inside
            first, last = (f([start, start + along], axis=0) + s * radius for f, s in ((np.min, -1), (np.max, 1)))
            box = tuple(slice(*np.searchsorted(x, (a, b))) for x, a, b in zip(axes, first, last, strict=True))
            x = np.stack(np.meshgrid(*(x[part] for x, part in zip(axes, box, strict=True)), indexing="ij"), axis=-1)
            t = np.clip((x - start) @ along / max(float(along @ along), 1e-300), 0.0, 1.0)
            new = (np.linalg.norm(x - start - t[..., None] * along, axis=-1) < radius) & ~filled[box]
            if new.sum() > missing:  # the last one is as long as is missing
                end = max(float(np.sort(t[new])[int(missing)]), 1e-3)
                new &= t <= end
                along = end * along
                missing = 0.0
            if new.any():
                ends.append((start, start + along))
                filled[box] |= new
            missing = min(missing, wanted - filled.sum())
        gap = radius / GAP
        starts, tips = (np.array(some) for some in zip(*ends, strict=True))
        net = joined(starts, tips, np.full(len(ends), radius), gap, low, high)
        body = Net(net, (self.fibres.share or 0.0) * float(np.prod(high - low)))
        whole, turns = np.zeros(1, dtype=np.int64), random_rotations(2, self.seed)
        return Filling(box_complex(lower, upper), whole + 1, whole, turns, bodies=[body], of_body=whole)


def _within(
    start: FloatArray, along: FloatArray, low: FloatArray, high: FloatArray
) -> tuple[FloatArray, FloatArray] | None:
    """The part of a segment in a box, its start and what leads to its end; None if there is none.

    What is outside of the box must not be joined to its mirror image, which would be a second fibre inside.
    """
    ends = np.sort(np.stack([low - start, high - start]) / np.where(along == 0.0, 1e-300, along), axis=0)
    first, last = max(0.0, float(ends[0].max())), min(1.0, float(ends[1].min()))
    return (start + first * along, (last - first) * along) if last > first else None
