"""What is cut out of a 3D mesh of grains after it is made, because it may lie across them."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import TYPE_CHECKING

import numpy as np

from fem_ssb.errors import InputError
from fem_ssb.microstructure.shapes import Ellipsoid, Shape
from fem_ssb.microstructure.voids import disc_in_box

if TYPE_CHECKING:
    from fem_ssb.microstructure.assembly import Geometry
    from fem_ssb.microstructure.stack import Stack

ROUND, ROUNDER = 12, 16
"""Least number of cell edges around the least half-width of a body, and around the mean one of an inclusion.

A ball of the right volume is then 3 % and 2 % too large in area.
"""


@dataclass(frozen=True)
class Body:
    """A pore, void or inclusion across grains.

    Attributes:
        name: what to call it in a message.
        shape: where it is (m).
        layer: index of the layer whose cells it takes.
        edge: mesh size on it, in the geometry's unit.
        volume: of it in the layer, in the geometry's unit.
        filled: index of the inclusion that it is, or after these of the embedded body; −1 for what is left empty.
        face: stacking coordinate of the face that a void is on, in the geometry's unit; None for others.
        contact: area of that face that a void takes, in the geometry's unit; 0 for others.
        touching: whether it may touch others like it, and the faces of its layer.
    """

    name: str
    shape: Shape
    layer: int
    edge: float
    volume: float
    filled: int = -1
    face: float | None = None
    contact: float = 0.0
    touching: bool = False


def bodies_of(stack: Stack, geometry: Geometry) -> list[Body]:
    """The pores, voids and inclusions of a 3D stack that may lie across grains."""
    unit, pores = geometry.unit, geometry.pores
    found: list[Body] = []

    def edge(shape: Shape, layer: int, round_: int = ROUND) -> float:
        least, mean = shape.half_widths
        return min(float(geometry.sizes[layer]), 2 * pi * min(least / ROUND, mean / round_) / unit)

    for i in np.flatnonzero([len(near) > 1 for near in pores.near]).tolist():
        k = int(geometry.layer_of_cell[pores.cells[i]])
        shape = pores.shape(i, unit)
        found.append(
            Body(f"a pore of layer '{stack.layers[k].name}'", shape, k, edge(shape, k), float(pores.volumes[i]))
        )
    for i, body in enumerate(geometry.inclusions):
        if body.cell < 0:
            name, k = f"inclusion '{stack.inclusions[i].name}'", body.layer
            found.append(Body(name, body.shape, k, edge(body.shape, k, ROUNDER), body.shape.volume / unit**3, i))
    for i, embedded in enumerate(geometry.embedded, start=len(geometry.inclusions)):
        name, k = f"a body of layer '{stack.layers[embedded.layer].name}'", embedded.layer
        edge_ = edge(embedded.shape, k)
        found.append(Body(name, embedded.shape, k, edge_, embedded.shape.volume / unit**3, i, touching=True))
    for k, top, voids in stack.void_levels():
        level = float(geometry.levels[k + 1 if top else k])
        for x, y, radius in voids.place_discs(stack.width, stack.depth).tolist():
            shape, name = Ellipsoid((x, y, level * unit), (radius, radius, voids.depth)), stack.layers[k].name
            area, height = disc_in_box(x, y, radius, stack.width, stack.depth)
            if any(
                not radius < c < side - radius
                for c, side in np.array([(x, stack.width), (y, stack.depth)])[list(stack.periodic)]
            ):
                raise InputError("voids that reach over the sides of a periodic stack: move them inside")
            volume = area * height * voids.depth / unit**3
            found.append(
                Body(f"a void of layer '{name}'", shape, k, edge(shape, k), volume, face=level, contact=area / unit**2)
            )
    if found and any(crack.cell >= 0 for crack in geometry.cracks):
        raise InputError(
            f"a crack inside one grain and {found[0].name}, which is cut out of the mesh of the grains, cannot be in "
            "one stack: let the crack lie across grains"
        )
    return found
