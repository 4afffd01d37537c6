"""Platelets in rows with a thin second phase between them: brick and mortar, as in nacre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

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

    Attributes:
        bricks, mortar: the two phases; no fractions.
        length: of a brick across the stack (m); in 3D also over the depth.
        thickness: of a brick along the stack (m).
        joint: thickness m of the mortar (m), half of that at the layer's faces.
        overlap: shift of a row against the one below, over the length of a brick with its joint.
        seed: of the crystal orientations.
    """

    bricks: Phase
    mortar: Phase
    length: float
    thickness: float
    joint: float
    overlap: float = 0.5
    seed: int = 0
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
        joint = self.joint / unit
        rows = self._count(upper[-1] - lower[-1], self.thickness / unit, joint, "thickness")
        levels = _joints(lower[-1], upper[-1], rows, joint)
        across = []
        for low, high in zip(lower[:-1], upper[:-1], strict=True):
            n = self._count(high - low, self.length / unit, joint, "length")
            pitch = (high - low) / n
            across.append([_shifted(low, high, n, joint, (row * self.overlap) % 1.0 * pitch) for row in range(rows)])
        if len(lower) == 2:
            bodies = [
                shapely.box(a, levels[row, 0], b, levels[row, 1]) for row in range(rows) for a, b in across[0][row]
            ]
            cells, shape = arrange(bodies, lower, upper, size, 0.3 * joint)
            phase, rest = (shape < 0).astype(np.int64), None
        else:
            cells = self._boxes(levels, across, lower, upper)
            phase = np.append(np.zeros(len(cells.cells) - 1, dtype=np.int64), 1)
            rest = len(phase) - 1
        n = len(phase)
        return Filling(cells, phase, np.arange(n), random_rotations(n, self.seed), holed=len(lower) == 2, rest=rest)

    def _count(self, extent: float, brick: float, joint: float, name: str) -> int:
        """Number of bricks that fit best."""
        n = max(1, round(extent / (brick + joint)))
        if extent / n <= joint:
            raise InputError(f"bricks of {name} {getattr(self, name):g} m with joints of {self.joint:g} m do not fit")
        return n

    @staticmethod
    def _boxes(levels: FloatArray, across: list[list[FloatArray]], lower: FloatArray, upper: FloatArray) -> Complex:
        """Bricks, and the mortar as the last cell: beds and rows as layers of boxes, those of mortar united."""
        heights = [lower[2], *levels.ravel().tolist(), upper[2]]
        parts, brick = [], []
        for k, (low, high) in enumerate(pairwise(heights)):
            planes: list[list[float]] = [[lower[axis], upper[axis]] for axis in (0, 1)]
            solid: list[Any] = [[False], [False]]
            if k % 2:
                row = k // 2
                for axis in (0, 1):
                    planes[axis] = np.unique([lower[axis], upper[axis], *across[axis][row].ravel()]).tolist()
                    middles = np.convolve(planes[axis], [0.5, 0.5], "valid")
                    inside = (middles[:, None] > across[axis][row][:, 0]) & (middles[:, None] < across[axis][row][:, 1])
                    solid[axis] = inside.any(axis=1)
            parts.append(_grid(planes[0], planes[1], low, high))
            brick.append(np.outer(solid[0], solid[1]).ravel())
        whole = overlay(parts, np.array(heights), upper)
        is_brick = np.concatenate(brick)
        label = np.where(is_brick, np.cumsum(is_brick) - 1, is_brick.sum())
        return whole.united(label)


def _joints(low: float, high: float, n: int, joint: float) -> FloatArray:
    """Begin and end of each of n equal bricks with joints between them and half a joint at the ends, (n, 2)."""
    edges = low + (high - low) * np.arange(n + 1) / n
    return np.stack([edges[:-1] + joint / 2, edges[1:] - joint / 2], axis=1)


def _shifted(low: float, high: float, n: int, joint: float, shift: float) -> FloatArray:
    """The same, shifted to the right as if they went on at both ends, and cut there."""
    pitch = (high - low) / n
    bricks = np.concatenate([_joints(low, high, n, joint), [[low - pitch + joint / 2, low - joint / 2]]]) + shift
    bricks = np.clip(bricks[np.argsort(bricks[:, 0])], low, high)
    return bricks[bricks[:, 1] - bricks[:, 0] > 1e-9 * (high - low)]


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
