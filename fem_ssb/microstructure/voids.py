"""Voids on the face of a layer: where a metal has lost contact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fem_ssb.errors import InputError, number, unknown

if TYPE_CHECKING:
    from fem_ssb.microstructure.stack import Layer

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Voids:
    """Slots cut into a layer at its interface with the next one (2D).

    Given as `strips`, or as a random `coverage` by voids of one `width`: non-overlapping rods on a line, all
    arrangements alike, none at the ends. The number of random voids is a whole one; their width is then the
    asked one within half a void in all, so that the coverage is exact.

    Attributes:
        depth: into the layer (m).
        strips: (from, to) of each void in x (m); one that begins at 0 or ends at the width is open to the side.
        coverage: part of the interface that has lost contact, between 0 and 1.
        width: of the random voids (m).
        seed: of the random numbers.
        gap: least contact between random voids, and beside them (m); default: a quarter of their width.
    """

    depth: float
    strips: Sequence[tuple[float, float]] | None = None
    coverage: float | None = None
    width: float | None = None
    seed: int = 0
    gap: float | None = None

    def __post_init__(self) -> None:
        number(self.depth, "Voids depth (m)", above=0.0)
        number(self.seed, "Voids seed", least=0)
        if (self.strips is None) == (self.coverage is None):
            raise InputError("Voids need either strips=[(from, to), …] or coverage=… and width=…")
        if self.strips is not None:
            given = np.array(self.strips, dtype=np.float64)
            if given.ndim != 2 or given.shape[1] != 2 or not len(given) or not np.isfinite(given).all():
                raise InputError(f"Voids strips must be a list of (from, to) in m, not {self.strips!r}")
            if (given[:, 0] >= given[:, 1]).any():
                raise InputError("Voids strips: each must end to the right of where it begins")
            given = given[np.argsort(given[:, 0])]
            if (given[1:, 0] <= given[:-1, 1]).any():
                raise InputError("Voids strips overlap or touch: unite them to one")
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
        if lost < 0.5 * self.width:
            raise InputError(f"Voids coverage {self.coverage:g} is less than half a void: use a smaller width")
        count = round(lost / self.width)
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
