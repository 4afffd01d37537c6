"""Bodies of another material inside a layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from fem_ssb.errors import InputError
from fem_ssb.microstructure.shapes import Oval, Shape

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Inclusion:
    """One body inside a layer, see `Stack.inclusion`."""

    layer: str
    name: str
    material: Any
    shape: Shape


@dataclass(frozen=True)
class PlacedInclusion:
    """One body inside a layer, placed.

    Attributes:
        shape: where it is (m).
        edge: mesh size on it, in the geometry's unit.
        layer: index of its layer.
        cell: of the complex it lies in, if Gmsh is to draw it there (3D); −1 where it may cross grains.
    """

    shape: Shape
    edge: float
    layer: int
    cell: int

    def drawn(self, unit: float) -> tuple[FloatArray, FloatArray]:
        """Centre and matrix, see `Oval`, in lengths of a unit (m)."""
        assert isinstance(self.shape, Oval)
        return np.asarray(self.shape.centre) / unit, self.shape.matrix() / unit


def check_apart(name: str, shape: Shape, others: list[Shape], box: FloatArray, edge: float) -> None:
    """Refuse a body that leaves its layer or comes too close to a face or to another body.

    Args:
        name: of the body.
        shape: what is to be checked.
        others: bodies placed before.
        box: lower and upper corner of the layer (m), shape (2, dim).
        edge: mesh size on it (m).

    Raises:
        InputError: naming the body.
    """
    gap = 0.3 * min(shape.half_widths[1], float(np.diff(box, axis=0).min()))
    gap = min(gap, edge)
    outline = shape.outline(edge / 2)
    if (outline < box[0] + gap).any() or (outline > box[1] - gap).any():
        raise InputError(
            f"inclusion '{name}' leaves its layer or comes too close to its faces: its centre is in the coordinates "
            "of the stack; move it or make it smaller"
        )
    for other in others:
        theirs = other.outline(edge / 2)
        inside = (other.level(outline) <= 0.0).any() or (shape.level(theirs) <= 0.0).any()
        if inside or cKDTree(theirs).query(outline)[0].min() < gap:
            raise InputError(f"inclusion '{name}' overlaps or all but touches another one: move it or make it smaller")
