"""Voids on the face of a layer: where a metal has lost contact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import pi
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from fem_ssb.errors import InputError, number, unknown

if TYPE_CHECKING:
    from fem_ssb.microstructure.stack import Layer

FloatArray = npt.NDArray[np.float64]

PUSHES = 3000
"""Times that overlapping discs are pushed apart before there is held to be no room for them."""


@dataclass(frozen=True)
class Voids:
    """Slots (2D) or flat lenses (3D) cut into a layer at its interface with the next one.

    In 2D given as `strips`, in 3D as `discs`, or in both as a random `coverage` by voids of one `width`: in 2D
    non-overlapping rods on a line, all arrangements alike, none at the ends; in 3D discs thrown on the interface and
    pushed apart until none overlap. The number of random voids is a whole one; their width is then the asked one
    within half a void in all, so that the coverage is exact. A slot has upright walls; above a disc the void is half
    of an ellipsoid.

    Attributes:
        depth: into the layer (m), in the middle.
        strips: (from, to) of each void in x (m); one that begins at 0 or ends at the width is open to the side.
        coverage: part of the interface that has lost contact, between 0 and 1.
        width: of the random voids (m), in 3D their diameter.
        seed: of the random numbers.
        gap: least contact between random voids, and beside them (m); default: a quarter of their width (2D), 0.15 of it
            (3D).
        discs: (x, y, radius) of each void in the interface (m); one may reach over the sides of the stack.

    Raises:
        InputError: values out of range.
    """

    depth: float
    strips: Sequence[tuple[float, float]] | None = None
    coverage: float | None = None
    width: float | None = None
    seed: int = 0
    gap: float | None = None
    discs: Sequence[tuple[float, float, float]] | None = None

    def __post_init__(self) -> None:
        number(self.depth, "Voids depth (m)", above=0.0)
        number(self.seed, "Voids seed", least=0)
        if sum(given is not None for given in (self.strips, self.discs, self.coverage)) != 1:
            raise InputError(
                "Voids need either strips=[(from, to), …] (2D) or discs=[(x, y, radius), …] (3D), "
                "or coverage=… and width=…"
            )
        if self.strips is not None:
            given = np.array(self.strips, dtype=np.float64)
            if given.ndim != 2 or given.shape[1] != 2 or not len(given) or not np.isfinite(given).all():
                raise InputError(f"Voids strips must be a list of (from, to) in m, not {self.strips!r}")
            if (given[:, 0] >= given[:, 1]).any():
                raise InputError("Voids strips: each must end to the right of where it begins")
            given = given[np.argsort(given[:, 0])]
            if (given[1:, 0] <= given[:-1, 1]).any():
                raise InputError("Voids strips overlap or touch: unite them to one")
        elif self.discs is not None:
            discs = np.array(self.discs, dtype=np.float64)
            if discs.ndim != 2 or discs.shape[1] != 3 or not len(discs) or not np.isfinite(discs).all():
                raise InputError(f"Voids discs must be a list of (x, y, radius) in m, not {self.discs!r}")
            if (discs[:, 2] <= 0.0).any():
                raise InputError("Voids discs: each radius must be above 0")
            if (_gaps(discs[:, :2], discs[:, 2]) < 0.1 * discs[:, 2].min()).any():
                raise InputError("Voids discs overlap or all but touch: unite them to one, or move them")
        else:
            number(self.coverage, "Voids coverage", above=0.0, most=0.99)
            if self.width is None:
                raise InputError("Voids coverage needs the width=… of a void as well")
            number(self.width, "Voids width (m)", above=0.0)
            if self.gap is not None:
                number(self.gap, "Voids gap (m)", above=0.0)

    def place(self, length: float) -> FloatArray:
        """The strips on an interface of this length (m), from left to right, shape (n, 2).

        Raises:
            InputError: for strips outside it, no contact left, or a coverage that leaves less contact than the gaps.
        """
        if self.strips is not None:
            given = np.array(sorted(self.strips), dtype=np.float64)
            for end in (0.0, length):
                given[np.abs(given - end) < 1e-9 * length] = end
            if given[0, 0] < 0.0 or given[-1, 1] > length:
                raise InputError(f"Voids strips must lie between 0 and the width of the stack, {length:g} m")
            if np.diff(given, axis=1).sum() > 0.999 * length:
                raise InputError("Voids strips leave no contact: leave some of the interface out")
            return given
        assert self.coverage is not None and self.width is not None
        lost = self.coverage * length
        count = self._count(lost, self.width)
        width = lost / count
        gap = 0.25 * width if self.gap is None else self.gap
        left = length - lost - (count + 1) * gap
        if left < 0.0:
            raise InputError(
                f"Voids coverage {self.coverage:g} by {count} voids leaves less contact than the gaps of {gap:.3g} m "
                "between them: use a smaller coverage or gap, or wider voids"
            )
        cuts = np.sort(np.random.default_rng([self.seed, 3]).random(count)) * left
        start = cuts + gap + np.arange(count) * (width + gap)
        return np.stack([start, start + width], axis=1)

    def place_discs(self, width: float, depth: float) -> FloatArray:
        """Centres and radii of the discs on an interface (m), shape (n, 3).

        Raises:
            InputError: for discs outside it, no contact left, or a coverage that finds no room.
        """
        sides = np.array([width, depth])
        if self.discs is not None:
            given = np.array(self.discs, dtype=np.float64)
            areas = np.array([disc_in_box(x, y, r, width, depth)[0] for x, y, r in given.tolist()])
            if (areas < 0.01 * pi * given[:, 2] ** 2).any():
                raise InputError(f"Voids discs must lie on the interface of {width:g} m by {depth:g} m")
            if areas.sum() > 0.99 * width * depth:
                raise InputError("Voids discs leave no contact: leave some of the interface out")
            return given
        assert self.coverage is not None and self.width is not None
        lost = self.coverage * width * depth
        count = self._count(lost, pi * self.width**2 / 4)
        radius = float(np.sqrt(lost / (count * pi)))
        gap = 0.3 * radius if self.gap is None else self.gap
        margin, rng = radius + gap, np.random.default_rng([self.seed, 3])
        if (sides > 2 * margin).all():
            x = margin + (sides - 2 * margin) * rng.random((count, 2))
            for _ in range(PUSHES):
                pairs = cKDTree(x).query_pairs(2 * radius + gap, output_type="ndarray")
                if not len(pairs):
                    return np.column_stack([x, np.full(count, radius)])
                apart = x[pairs[:, 0]] - x[pairs[:, 1]]
                distance = np.linalg.norm(apart, axis=1)[:, None]
                push = 0.51 * (1.001 * (2 * radius + gap) - distance) * apart / np.maximum(distance, 1e-300)
                np.add.at(x, pairs[:, 0], push)
                np.add.at(x, pairs[:, 1], -push)
                x = np.clip(x, margin, sides - margin)
        raise InputError(
            f"Voids coverage {self.coverage:g} by {count} voids finds no room with gaps of {gap:.3g} m: use a smaller "
            "coverage, width or gap"
        )

    def _count(self, lost: float, each: float) -> int:
        """Number of random voids, of about the given length or area each."""
        if lost < 0.5 * each:
            raise InputError(f"Voids coverage {self.coverage:g} is less than half a void: use a smaller width")
        return round(lost / each)


def disc_in_box(x: float, y: float, radius: float, width: float, depth: float) -> tuple[float, float]:
    """The part of a disc that lies in 0 … width by 0 … depth, by the midpoint rule.

    Returns:
        its area, and the mean over it of √(1 − (r/radius)²): the height of half a ball, over its radius.
    """
    angle, r = 2 * pi * (np.arange(1000) + 0.5) / 1000, np.sqrt((np.arange(1000) + 0.5) / 1000)
    at, across = x + radius * np.outer(r, np.cos(angle)), y + radius * np.outer(r, np.sin(angle))
    inside = (at > 0.0) & (at < width) & (across > 0.0) & (across < depth)
    if not inside.any():
        return 0.0, 0.0
    height = float((inside.mean(axis=1) * np.sqrt(1 - r**2)).sum() / inside.mean(axis=1).sum())
    return float(pi * radius**2 * inside.mean()), height


def _gaps(centres: FloatArray, radii: FloatArray) -> FloatArray:
    """Distances between all pairs of discs."""
    a, b = np.triu_indices(len(radii), 1)
    return np.asarray(np.linalg.norm(centres[a] - centres[b], axis=1) - radii[a] - radii[b])


@dataclass(frozen=True)
class PlacedVoids:
    """Slots in one layer: `strips` (n, 2) in x from `level` (its face) to `bottom` (in the layer), and its cell."""

    strips: FloatArray
    level: float
    bottom: float
    cell: int


def void_levels(layers: Sequence[Layer], slots: Mapping[str, Voids]) -> list[tuple[int, bool, Voids]]:
    """What was given with `Stack.voids`: the layer that is cut, whether at its top, and the voids.

    Raises:
        InputError: for an interface that is not there, or a layer that cannot be cut.
    """
    names = [layer.name for layer in layers]
    there = [f"{a}|{b}" for a, b in pairwise(names)]
    found: dict[tuple[int, bool], Voids] = {}
    for name, shape in slots.items():
        own = "|".join(part.strip() for part in str(name).split("|"))
        if own not in [*there, *("|".join(reversed(pair.split("|"))) for pair in there)]:
            raise unknown("interface", str(name), there)
        layer, other = (names.index(part) for part in own.split("|"))
        cut = layers[layer]
        if cut.pores or (cut.grains is not None and cut.grains.count > 1):
            raise InputError(
                f"voids cannot be cut into layer '{cut.name}', which has grains or pores: name the metal first "
                f"('{names[other]}|{cut.name}' cuts '{names[other]}')"
            )
        if shape.depth > 0.9 * cut.thickness:
            raise InputError(
                f"Voids depth {shape.depth:g} m is more than 0.9 of layer '{cut.name}': make it less, or the layer "
                "thicker"
            )
        found[layer, other > layer] = shape
    for layer in range(len(names)):
        if {(layer, True), (layer, False)} <= set(found):
            depth = sum(found[layer, top].depth for top in (True, False))
            if depth > 0.9 * layers[layer].thickness:
                raise InputError(f"the voids on both faces of layer '{names[layer]}' all but meet: use less depth")
    return [(layer, top, shape) for (layer, top), shape in found.items()]
