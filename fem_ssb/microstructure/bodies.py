"""What is cut out of a 3D mesh of grains after it is made, because it may lie across them, or is curved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import pi, sqrt
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from fem_ssb.errors import InputError, unknown
from fem_ssb.microstructure.cracks import distance_to, off_plane
from fem_ssb.microstructure.grooves import Groove
from fem_ssb.microstructure.inclusions import PlacedInclusion
from fem_ssb.microstructure.pores import PlacedPores
from fem_ssb.microstructure.shapes import Ellipsoid, Shape
from fem_ssb.microstructure.voids import Voids, disc_in_box

if TYPE_CHECKING:
    from fem_ssb.microstructure.assembly import Geometry
    from fem_ssb.microstructure.cracks import Flaw
    from fem_ssb.microstructure.stack import Stack

ROUND, ROUNDER = 12, 16
"""Least number of cell edges around the least half-width of a body, and around the mean one of an inclusion.

A ball of the right volume is then 3 % and 2 % too large in area.
"""


@dataclass(frozen=True)
class Body:
    """A pore, void, groove or inclusion across grains.

    Attributes:
        name: what to call it in a message.
        shape: where it is (m).
        layer: index of the layer whose cells it takes.
        edge: mesh size on it, in the geometry's unit.
        volume: of it in the layer, in the geometry's unit.
        filled: index of the inclusion that it is, or after these of the embedded body; −1 for what is left empty.
        face: coordinate of the face that a void or groove is on, in the geometry's unit; None for others.
        contact: area of that face that it takes, in the geometry's unit; 0 for others.
        rim: length of the outline of that area, in the geometry's unit; 0 for others.
        axis: coordinate along which it goes into its layer from there.
        touching: whether it may touch others like it, and the faces of its layer.
        flaw: name of its walls, of a groove.
        part_of: the cell that a filled groove becomes part of, −1 for none.
    """

    name: str
    shape: Shape
    layer: int
    edge: float
    volume: float
    filled: int = -1
    face: float | None = None
    contact: float = 0.0
    rim: float = 0.0
    axis: int = 2
    touching: bool = False
    flaw: str = ""
    part_of: int = -1

    @property
    def hollow(self) -> bool:
        """Whether nothing is meshed in it."""
        return self.filled < 0 and self.part_of < 0


def bodies_of(stack: Stack, geometry: Geometry) -> list[Body]:
    """The pores, voids and inclusions of a 3D stack that may lie across grains, and its grooves."""
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
        for shape in void_shapes(stack, voids, level * unit):
            (x, y, _), (radius, *_), name = shape.centre, shape.radii, stack.layers[k].name
            area, height = disc_in_box(x, y, radius, stack.width, stack.depth)
            if any(
                not radius < c < side - radius
                for c, side in np.array([(x, stack.width), (y, stack.depth)])[list(stack.periodic)]
            ):
                raise InputError("voids that reach over the sides of a periodic stack: move them inside")
            volume = area * height * voids.depth / unit**3
            rim = 2 * sqrt(pi * area) / unit
            found.append(
                Body(
                    f"a void of layer '{name}'",
                    shape,
                    k,
                    edge(shape, k),
                    volume,
                    face=level,
                    contact=area / unit**2,
                    rim=rim,
                )
            )
    for flaw in stack.cracks:
        if isinstance(flaw.shape, Groove):
            layer, face, volume, mouth = _place_groove(flaw.name, flaw.shape, stack, geometry)
            _check_clear(flaw.name, flaw.shape, layer, geometry, found)
            size = edge(flaw.shape, layer)
            found.append(
                Body(
                    f"groove '{flaw.name}'",
                    flaw.shape,
                    layer,
                    size if flaw.tip_size is None else min(size, flaw.tip_size / unit),
                    volume / unit**3,
                    face=face,
                    contact=mouth / unit**2,
                    rim=flaw.shape.rim * mouth / flaw.shape.mouth / unit,
                    axis=flaw.shape.axis,
                    flaw=flaw.name,
                    part_of=_filling(flaw, stack, geometry),
                )
            )
    return found


def void_shapes(stack: Stack, voids: Voids, level: float) -> list[Ellipsoid]:
    """The ellipsoids whose halves are the voids of an interface at a level (m)."""
    discs = voids.place_discs(stack.width, stack.depth).tolist()
    return [Ellipsoid((x, y, level), (radius, radius, voids.depth)) for x, y, radius in discs]


def take_from_cracks(
    flaws: Sequence[Flaw], pores: PlacedPores, inclusions: list[PlacedInclusion], size: float, unit: float
) -> tuple[PlacedPores, list[PlacedInclusion]]:
    """Pores and inclusions inside grains that meet a flat crack marked as those to be cut out of the mesh.

    These may take their part of a crack away; all that are close to the plane of such a crack are marked with them, for
    its grain is meshed in two halves.
    """
    near = list(pores.near)
    for flaw in flaws:
        if isinstance(flaw.shape, Groove):
            continue
        corners, gap = flaw.shape.outline(0.0) / unit, 0.3 * size
        touch = distance_to(pores.centres, corners) < pores.radii + gap
        met = [
            (distance_to(x, corners) < gap).any() or (body.shape.level(unit * corners) <= 0.0).any()
            for body in inclusions
            for x in [body.shape.outline(min(body.shape.half_widths[0], gap * unit)) / unit]
        ]
        if any(met) or touch.any():
            beside = np.abs(off_plane(pores.centres, corners)) < pores.radii + gap
            near = [cells + cells[:1] if one else cells for cells, one in zip(near, beside.tolist(), strict=True)]
            inclusions = [replace(body, cell=-1) for body in inclusions]
    return replace(pores, near=near), inclusions


def grooves_in(flaws: Sequence[Flaw], low: float, high: float) -> list[Shape]:
    """The grooves that go into a layer from `low` to `high` (m)."""
    grooves = [flaw.shape for flaw in flaws if isinstance(flaw.shape, Groove)]
    return [shape for shape in grooves if low < shape.start[2] + 0.5 * shape.depth[2] < high]


def _box(geometry: Geometry, layer: int) -> npt.NDArray[np.float64]:
    """Lower and upper corner of a layer, shape (2, 3)."""
    low, high = geometry.levels[layer : layer + 2]
    return np.stack([np.append(np.zeros(2), low), np.append(geometry.upper[:2], high)])


def _place_groove(name: str, shape: Groove, stack: Stack, geometry: Geometry) -> tuple[int, float, float, float]:
    """The layer that a groove is cut into, the coordinate of the face it begins at, and its `Groove.within` there.

    Raises:
        InputError: for a groove that does not begin at a face, or does not fit into its layer.
    """
    ends = np.array([shape.start, shape.end]) / geometry.unit
    down, axis = np.asarray(shape.depth) / geometry.unit, shape.axis
    middle = ends.mean(axis=0)
    inner = np.arange(3) != axis
    if (middle[inner] < -1e-9).any() or (middle[inner] > geometry.upper[inner] + 1e-9).any():
        raise InputError(f"groove '{name}' lies outside of the stack: its line is in the stack's coordinates (m)")
    layer = int(np.clip(np.searchsorted(geometry.levels, (middle + 0.5 * down)[-1]) - 1, 0, len(geometry.levels) - 2))
    low, high = _box(geometry, layer)[:, axis]
    faces = [face for face in (low, high) if abs(face - middle[axis]) < 1e-9]
    if len(faces) != 1 or not low < (middle + down)[axis] < high:
        raise InputError(
            f"groove '{name}' must begin at a face of layer '{stack.layers[layer].name}' and go into it: that layer is "
            f"from {low * geometry.unit:g} to {high * geometry.unit:g} m along {'xyz'[axis]}"
        )
    if shape.deep / geometry.unit > 0.9 * (high - low):
        raise InputError(
            f"groove '{name}' is deeper than 0.9 of layer '{stack.layers[layer].name}': make it less deep, or the "
            "layer thicker"
        )
    for i in range(3):
        sides = np.array([0.0, geometry.upper[i]])
        if i != axis and (np.abs(ends[:, i, None] - sides) < 1e-9).all(axis=0).any():
            raise InputError(f"groove '{name}' runs along an edge of the stack: move it into the face")
        reach = ends[:, i, None] + np.array([-1, 1]) * shape.half / geometry.unit
        if i in geometry.periodic and (i == axis or reach.min() < 0.0 or reach.max() > geometry.upper[i]):
            raise InputError(f"groove '{name}' reaches over the sides of a periodic stack: move it inside")
    inside, mouth = shape.within(geometry.unit * _box(geometry, layer))
    if mouth < 0.01 * shape.mouth or inside <= 0.0:
        raise InputError(f"groove '{name}' lies outside of the stack: its line is in the stack's coordinates (m)")
    return layer, float(faces[0]), inside, mouth


def _filling(flaw: Flaw, stack: Stack, geometry: Geometry) -> int:
    """The cell that a groove becomes part of, −1 for none.

    Raises:
        InputError: for a layer that is not there, or has grains.
    """
    if flaw.fill is None:
        return -1
    names = [layer.name for layer in stack.layers]
    if flaw.fill not in names:
        raise unknown("layer", flaw.fill, names)
    own = np.flatnonzero(geometry.layer_of_cell == names.index(flaw.fill))
    if len(own) > 1:
        raise InputError(f"groove '{flaw.name}' cannot be filled with layer '{flaw.fill}', which has grains")
    return int(own[0])


def _check_clear(name: str, shape: Groove, layer: int, geometry: Geometry, others: Sequence[Body]) -> None:
    """Refuse a groove that meets another body in its layer.

    Raises:
        InputError: naming both.
    """
    box, gap = geometry.unit * _box(geometry, layer), 0.3 * shape.half_widths[0]
    around = [(body.name, body.shape) for body in others if body.layer == layer]
    around += [("an inclusion", body.shape) for body in geometry.inclusions if body.layer == layer and body.cell >= 0]
    own = shape.outline(gap)
    own = own[((own >= box[0] - gap) & (own <= box[1] + gap)).all(axis=1)]
    for what, other in around:
        theirs = other.outline(min(gap, other.half_widths[0]))
        theirs = theirs[((theirs >= box[0] - gap) & (theirs <= box[1] + gap)).all(axis=1)]
        meet = (other.level(own) <= 0.0).any() or (shape.level(theirs) <= 0.0).any()
        if meet or (len(own) and len(theirs) and cKDTree(theirs).query(own)[0].min() < gap):
            raise InputError(f"groove '{name}' meets or all but touches {what}: move them apart")
