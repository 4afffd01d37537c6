"""Platelets in rows with a thin second phase between them: brick and mortar, as in nacre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely

from fem_ssb.errors import InputError, number
from fem_ssb.microstructure.arrangement import arrange
from fem_ssb.microstructure.complexes import Complex, box_complex
from fem_ssb.microstructure.composite import Composite, Filling, Phase, check_phases
from fem_ssb.microstructure.grains import random_rotations
from fem_ssb.microstructure.overlay import overlay

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Bricks(Composite):
    """Bricks of one phase in a mortar of another.

    Rows lie across the stack. The mortar is as thick as asked; bricks are made so much longer and thicker that whole
    ones fit the layer, so that their fraction is L h/((L + m)(h + m)), in 3D with the joints of the depth as well.
    Those that a periodic side cuts go on at the other one; along a periodic stacking axis there are as many rows as
    close the bond: two where they overlap by half, three by a third, or a multiple of that.

    Attributes:
        bricks, mortar: the two phases; no fractions.
        length: of a brick across the stack (m); in 3D also over the depth.
        thickness: of a brick along the stack (m).
        joint: thickness m of the mortar (m), half of that at the layer's faces.
        overlap: shift of a row against the one below, over the length of a brick with its joint.
        seed: of the crystal orientations.
        start: shift of the lowest row against the layer's side, over the same: the wall is cut elsewhere.

    Raises:
        InputError: values out of range.
    """

    bricks: Phase
    mortar: Phase
    length: float
    thickness: float
    joint: float
    overlap: float = 0.5
    seed: int = 0
    start: float = 0.0
    phases: Sequence[Phase] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check_phases("Bricks", [self.bricks, self.mortar])
        for phase in (self.bricks, self.mortar):
            if phase.fraction is not None or phase.diameter is not None or phase.grain is not None:
                raise InputError(f"sizes of phase '{phase.name}' are given by length, thickness and joint of Bricks")
        object.__setattr__(self, "phases", (self.bricks, self.mortar))
        for name in ("length", "thickness", "joint"):
            number(getattr(self, name), f"Bricks {name} (m)", above=0.0)
        number(self.overlap, "Bricks overlap", least=0.0, most=1.0)
        number(self.start, "Bricks start", least=0.0, most=1.0)
        number(self.seed, "Bricks seed", least=0)

    def feature(self, dim: int) -> float:
        """See `Composite.feature`."""
        return 2 * min(self.joint, self.length, self.thickness) if dim == 3 else min(self.length, self.thickness)

    def detail(self) -> float:
        """See `Composite.detail`."""
        return self.joint

    def crowded(self, size: float) -> float:
        """See `Composite.crowded`."""
        return min(0.75 * self.joint, self.feature(2) / 2)

    def fill(self, lower: FloatArray, upper: FloatArray, unit: float, size: float, tolerance: float) -> Filling:
        """See `Composite.fill`."""
        return self.fill_periodic(lower, upper, unit, size, tolerance, ())

    def fill_periodic(
        self, lower: FloatArray, upper: FloatArray, unit: float, size: float, tolerance: float, periodic: Sequence[int]
    ) -> Filling:
        """See `Composite.fill_periodic`."""
        joint = self.joint / unit
        rows = self._count(upper[-1] - lower[-1], self.thickness / unit, joint, "thickness")
        if len(lower) - 1 in periodic:
            rows = self._closed(rows)
        levels = _joints(lower[-1], upper[-1], rows, joint)
        across = []
        for low, high in zip(lower[:-1], upper[:-1], strict=True):
            n = self._count(high - low, self.length / unit, joint, "length")
            pitch = (high - low) / n
            shifts = [(self.start + row * self.overlap) % 1.0 * pitch for row in range(rows)]
            across.append([_shifted(low, high, n, joint, shift) for shift in shifts])
        if len(lower) == 2:
            # The brick before the first is the last one, which comes in again by itself at a periodic side.
            rowed = [(row, part) for row in range(rows) for part in across[0][row][int(0 in periodic) :]]
            bodies = [shapely.box(a, levels[row, 0], b, levels[row, 1]) for row, (a, b) in rowed]
            cells, shape = arrange(bodies, lower, upper, size, 0.3 * joint, periodic)
            phase, rest, grain = (shape < 0).astype(np.int64), None, None
        else:
            cells, brick = self._boxes(levels, across, lower, upper, periodic)
            grain = np.append(brick, brick.max() + 1)
            phase = np.append(np.zeros(len(brick), dtype=np.int64), 1)
            rest = len(brick)
        n = len(phase)
        own = np.arange(n) if grain is None else grain
        turns = random_rotations(n, self.seed)[own]
        return Filling(cells, phase, own, turns, holed=len(lower) == 2, grain=grain, rest=rest)

    def _count(self, extent: float, brick: float, joint: float, name: str) -> int:
        """Number of bricks that fit best."""
        n = max(1, round(extent / (brick + joint)))
        if extent / n <= joint:
            raise InputError(f"bricks of {name} {getattr(self, name):g} m with joints of {self.joint:g} m do not fit")
        return n

    def _closed(self, rows: int) -> int:
        """The number of rows nearest to one that brings the last row back over the first."""
        for more in range(rows + 1):
            for n in (rows - more, rows + more):
                if n > 0 and abs(n * self.overlap - round(n * self.overlap)) < 1e-9:
                    return n
        raise InputError(
            f"bricks in about {rows} rows that overlap by {self.overlap:g} never come back over each other, as they "
            "have to along a periodic stacking axis: use an overlap such as 0.5, or more rows"
        )

    @staticmethod
    def _boxes(
        levels: FloatArray,
        across: list[list[FloatArray]],
        lower: FloatArray,
        upper: FloatArray,
        periodic: Sequence[int],
    ) -> tuple[Complex, IntArray]:
        """Bricks, and the mortar as the last cell: beds and rows as layers of boxes, those of mortar united.

        Also which brick each piece belongs to.
        """
        heights = [lower[2], *levels.ravel().tolist(), upper[2]]
        parts, brick = [], []
        for k, (low, high) in enumerate(pairwise(heights)):
            planes: list[list[float]] = [[lower[axis], upper[axis]] for axis in (0, 1)]
            which: list[IntArray] = [np.full(1, -1), np.full(1, -1)]
            if k % 2:
                for axis in (0, 1):
                    ends = np.clip(across[axis][k // 2], lower[axis], upper[axis])
                    planes[axis] = _apart(np.concatenate([[lower[axis], upper[axis]], ends.ravel()]))
                    middles = np.convolve(planes[axis], [0.5, 0.5], "valid")
                    inside = (middles[:, None] > ends[:, 0]) & (middles[:, None] < ends[:, 1])
                    which[axis] = np.where(inside.any(axis=1), inside.argmax(axis=1), -1)
                    if axis in periodic:  # the brick before the first is the last one
                        which[axis][which[axis] == 0] = len(ends) - 1
            parts.append(_grid(planes[0], planes[1], low, high))
            x, y = (some.ravel() for some in np.meshgrid(*which, indexing="ij"))
            count = len(across[0][0]) + len(across[1][0])
            brick.append(np.where((x < 0) | (y < 0), -1, (k * count + x) * count + y))
        whole = overlay(parts, np.array(heights), upper)
        of_box = np.concatenate(brick)
        solid = of_box >= 0
        label = np.where(solid, np.cumsum(solid) - 1, solid.sum())
        return whole.united(label), np.unique(of_box[solid], return_inverse=True)[1]


def _joints(low: float, high: float, n: int, joint: float) -> FloatArray:
    """Begin and end of each of n equal bricks with joints between them and half a joint at the ends, (n, 2)."""
    edges = low + (high - low) * np.arange(n + 1) / n
    return np.stack([edges[:-1] + joint / 2, edges[1:] - joint / 2], axis=1)


def _shifted(low: float, high: float, n: int, joint: float, shift: float) -> FloatArray:
    """The same, shifted to the right, after the one before them, (n + 1, 2)."""
    pitch = (high - low) / n
    return np.concatenate([[[low - pitch + joint / 2, low - joint / 2]], _joints(low, high, n, joint)]) + shift


def _apart(x: FloatArray) -> list[float]:
    """Places in order, those that are the same to rounding once; the ends stay as they are."""
    x = np.unique(x)
    last = x[-1]
    x = x[np.append(True, np.diff(x) > 1e-9 * np.ptp(x))]
    x[-1] = last
    return np.asarray(x).tolist()


def _grid(x: list[float], y: list[float], low: float, high: float) -> Complex:
    """Boxes between planes, x by x."""
    boxes = [box_complex(np.array([a, c, low]), np.array([b, d, high])) for a, b in pairwise(x) for c, d in pairwise(y)]
    points, label = np.unique(np.concatenate([box.points for box in boxes]), axis=0, return_inverse=True)
    table: dict[tuple[int, ...], int] = {}
    loops: list[list[int]] = []
    cells = []
    for k, box in enumerate(boxes):
        cell = []
        for loop in box.facets:
            corners = label.ravel()[8 * k + np.array(loop)].tolist()
            key = tuple(sorted(corners))
            if key not in table:
                table[key] = len(loops)
                loops.append(corners)
            cell.append(table[key])
        cells.append(cell)
    return Complex(points, loops, cells)
