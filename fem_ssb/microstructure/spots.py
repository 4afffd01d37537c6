"""Where a stack is to be meshed finer than its layers: interfaces, junctions, valleys and peaks of roughness."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.ndimage import minimum_filter

from fem_ssb.errors import InputError, number, unknown

if TYPE_CHECKING:
    from fem_ssb.microstructure.roughness import Roughness
    from fem_ssb.microstructure.stack import Stack

FloatArray = npt.NDArray[np.float64]

PLACES = ("everywhere", "junctions", "valleys", "peaks")


@dataclass(frozen=True)
class Spot:
    """One place, see `Stack.refine_at`: `name` is the interface, `at` where on it, lengths in m."""

    name: str
    size: float
    at: str
    distance: float

    def __post_init__(self) -> None:
        what = f"at '{self.name}'"
        if self.name.count("|") != 1:
            raise InputError(f"an interface is named 'a|b' after its two regions, not '{self.name}'")
        number(self.size, f"mesh size {what} (m)", above=0.0)
        number(self.distance, f"distance {what} (m)", least=0.0)
        if self.at not in PLACES:
            raise unknown("place", self.at, PLACES)


@dataclass(frozen=True)
class PlacedSpot:
    """A place in lengths of the geometry's unit.

    Attributes:
        regions: the two sides, indices into the stack's regions and, after these, its inclusions.
        junctions: only where three grains or more meet on it.
        size: of the mesh there.
        distance: up to which it is as fine.
        points: of valleys or peaks, shape (n, dim); none: the interface itself is meant.
    """

    regions: tuple[int, int]
    junctions: bool
    size: float
    distance: float
    points: FloatArray


def place_spots(stack: Stack, levels: FloatArray, unit: float) -> list[PlacedSpot]:
    """What was given with `Stack.refine_at`.

    Raises:
        InputError: for an interface that the stack cannot have, or valleys of one that is not rough.
    """
    there = [*stack.regions, *(body.name for body in stack.inclusions)]
    found = []
    for spot in stack.spots:
        a, b = (part.strip() for part in spot.name.split("|"))
        for name in (a, b):
            if name in [coating.name for coating in stack.coatings]:
                raise InputError(f"'{name}' in refine_at is a coating: name the regions on its two sides instead")
            if name not in there:
                raise unknown("region", name, there)
        points = np.zeros((0, stack.dim))
        if spot.at in ("valleys", "peaks"):
            pairs = [{below.name, above.name} for below, above in pairwise(stack.layers)]
            level = 1 + pairs.index({a, b}) if {a, b} in pairs else -1
            shapes = stack.rough_levels()
            if level not in shapes:
                raise InputError(f"the interface '{spot.name}' has no {spot.at}: make it rough with stack.roughen")
            points = extremes(shapes[level], stack, spot.at) / unit
            points = np.column_stack([points, np.full(len(points), levels[level])])
        pair = sorted((there.index(a), there.index(b)))
        found.append(
            PlacedSpot((pair[0], pair[1]), spot.at == "junctions", spot.size / unit, spot.distance / unit, points)
        )
    return found


def extremes(shape: Roughness, stack: Stack, at: str) -> FloatArray:
    """Places (m) in the plane of "valleys" or "peaks": lower or higher than all around, shape (n, dim − 1)."""
    base = np.array([stack.width, stack.depth][: stack.dim - 1])
    n = 2000 if stack.dim == 2 else 100
    grid = np.stack(np.meshgrid(*[np.linspace(0.0, extent, n) for extent in base], indexing="ij"), axis=-1)
    height = (1.0 if at == "valleys" else -1.0) * shape.height(grid.reshape(-1, len(base)), base).reshape(
        grid.shape[:-1]
    )
    least = (height == minimum_filter(height, size=5)) & (height < height.mean())
    return grid[least]
