"""Random straight fibres in a matrix (2D): capsules that may cross, joined to a net where they do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from fem_ssb.errors import InputError, number
from fem_ssb.microstructure.arrangement import arrange
from fem_ssb.microstructure.composite import Composite, Filling, Phase, Profile, check_phases
from fem_ssb.microstructure.grains import random_rotations

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FibreNetwork(Composite):
    """Fibres of one phase in a matrix of another.

    Fibres are laid one after the other, with their middles uniform over the layer and beyond its sides, until their
    fraction is reached; the last one is as long as is missing. Where they cross they are one body. What reaches out of
    the layer is cut off.

    Attributes:
        fibres: phase with its fraction.
        matrix: what is between them; without a fraction.
        length: of a fibre from end to end (m).
        width: diameter of a fibre (m).
        angle: mean direction, from x counterclockwise (degrees).
        scatter: directions are uniform within this to both sides of the mean (degrees); 90: all alike.
        seed: of the random numbers.
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

    def fill(self, lower: FloatArray, upper: FloatArray, unit: float, size: float, tolerance: float) -> Filling:
        """See `Composite.fill`."""
        if len(lower) == 3:
            raise InputError("fibres are for dim=2: those that cross in 3D cannot be cut cleanly")
        rng = np.random.default_rng([self.seed, 6])
        box, (length, width) = shapely.box(*lower, *upper), (self.length / unit, self.width / unit)
        wanted = (self.fibres.share or 0.0) * box.area
        net: Any = shapely.Polygon()

        def laid(start: FloatArray, end: FloatArray) -> Any:
            line = shapely.LineString([start, end])
            return shapely.intersection(shapely.union(net, line.buffer(width / 2, quad_segs=4)), box)

        while True:
            middle = lower - length / 2 + (upper - lower + length) * rng.random(2)
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
        cells, shape = arrange([net], lower, upper, size, 0.3 * self.detail() / unit)
        n = len(shape)
        turns = random_rotations(n, self.seed)
        return Filling(cells, (shape < 0).astype(np.int64), np.arange(n), turns, holed=True)
