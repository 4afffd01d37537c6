"""Inclusions that reach over the sides of a periodic stack: cells of their layer like its grains, not cut out later.

In 2D they are painted over the grains, in 3D they are polyhedra in a layer of one grain; what is beyond a side comes in
again at the other one.
"""

from __future__ import annotations

from itertools import product
from math import ceil, pi
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import ConvexHull

from fem_ssb.errors import InputError, unknown
from fem_ssb.microstructure.arrangement import arrange
from fem_ssb.microstructure.balls import geodesic
from fem_ssb.microstructure.carve import cell_areas
from fem_ssb.microstructure.composite import Composite, Filling
from fem_ssb.microstructure.inclusions import Inclusion, check_apart
from fem_ssb.microstructure.pores import AROUND
from fem_ssb.microstructure.rings import circle, corner_radius
from fem_ssb.microstructure.shapes import Oval, Shape
from fem_ssb.microstructure.sides import SNAP, bodies_in_box

if TYPE_CHECKING:
    from fem_ssb.microstructure.stack import Layer, Stack

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

NEAR = 0.3
"""Distance from a periodic side, over the least half-width of a body, below which it is taken to reach over it."""

OFF = 0.02
"""Most that the volume of a body may be off."""

THIN = 0.05
"""Width of what is left off beside a body, over its mesh size (2D)."""


def reach_over(stack: Stack) -> bool:
    """Whether an inclusion reaches over a periodic side."""
    extent = np.array([stack.width, stack.depth, stack.height] if stack.dim == 3 else [stack.width, stack.height])
    axes = list(stack.periodic)
    for body in stack.inclusions:
        near = NEAR * body.shape.half_widths[0]
        x = body.shape.outline(near)[:, axes]
        if ((x < near) | (x > extent[axes] - near)).any():
            return True
    return False


def paint(
    stack: Stack, layer: Layer, grains: Filling, lower: FloatArray, upper: FloatArray, unit: float, size: float
) -> Filling:
    """The cells of a layer with its inclusions among them, which are its phases after the first.

    Args:
        stack: that the layer is in.
        layer: with inclusions.
        grains: the layer without them.
        lower, upper: corners of the layer, in lengths of `unit`.
        unit: length (m) of 1.
        size: mesh size.

    Raises:
        InputError: for bodies that meet, leave their layer, or cannot be cut.
    """
    bodies = [body for body in stack.inclusions if body.layer == layer.name]
    _check(stack, layer, bodies)
    edges = [min(size, 2 * pi * body.shape.half_widths[0] / unit / AROUND[stack.dim]) for body in bodies]
    _check_apart(stack, bodies, [edge * unit for edge in edges], lower * unit, upper * unit)
    target = np.array([body.shape.volume for body in bodies]) / unit**stack.dim
    if stack.dim == 2:
        cells = grains.cells
        shapes: list[Any] = [shapely.polygons(cells.points[cells.polygon(i)]) for i in range(len(cells.cells))]
        count = len(shapes)
        shapes += [_polygon(body.shape, edge, unit) for body, edge in zip(bodies, edges, strict=True)]
        cells, shape = arrange(shapes, lower, upper, size, THIN * min(edges), stack.periodic)
        extents, rest = cell_areas(cells), None
    else:
        count = 1
        solids = []
        for body, edge in zip(bodies, edges, strict=True):
            assert isinstance(body.shape, Oval)
            matrix = body.shape.matrix() / unit
            x, triangles = geodesic(edge / float(np.linalg.norm(matrix, axis=0).mean()))
            solids.append((np.asarray(body.shape.centre) / unit + x @ matrix.T, triangles.tolist()))
        try:
            cells, index = bodies_in_box(solids, lower, upper, stack.periodic, SNAP * min(edges))
        except InputError as error:
            raise InputError(f"layer '{layer.name}': {error}") from None
        shape, rest = np.where(index < len(bodies), index + 1, 0), len(index) - 1
        hulls = [ConvexHull(cells.points[sorted({p for f in cell for p in cells.facets[f]})]) for cell in cells.cells]
        extents = np.array([hull.volume for hull in hulls])
    off = np.abs(np.bincount(shape, extents, count + len(bodies))[count:] - target) / target
    if off.max() > OFF:
        raise InputError(
            f"inclusion '{bodies[int(off.argmax())].name}' is {100 * off.max():.2g} % off its size where periodic "
            "sides cut it: move it, or take a smaller mesh size"
        )
    own = grains.particle.max() + 1 + np.arange(len(bodies))
    grain = np.append(grains.particle, own)[shape]
    turns = np.concatenate([grains.orientations, np.tile(np.eye(3), (len(bodies), 1, 1))])[shape]
    return Filling(cells, np.maximum(shape - count + 1, 0), grain, turns, holed=stack.dim == 2, grain=grain, rest=rest)


def _check(stack: Stack, layer: Layer, bodies: list[Inclusion]) -> None:
    """Refuse what cannot share a layer with bodies that reach over periodic sides.

    Raises:
        InputError: naming it.
    """
    names = ", ".join(f"'{body.name}'" for body in bodies)
    others = {
        "pores": layer.pores is not None,
        "grain boundaries of a thickness": layer.film is not None,
        "voids and cracks": bool(stack.slots or stack.cracks),
        "grains (3D)": stack.dim == 3 and layer.grains is not None and layer.grains.count > 1,
        "filaments (3D)": stack.dim == 3 and any(not isinstance(body.shape, Oval) for body in bodies),
    }
    for what, there in others.items():
        if there:
            raise InputError(
                f"where inclusions reach over the sides of a periodic stack, layer '{layer.name}' with {names} can "
                f"have no {what}: move the inclusions inside"
            )


def check_layers(stack: Stack) -> None:
    """Inclusions are in layers of one material.

    Raises:
        InputError: if not.
    """
    layers = {layer.name: layer for layer in stack.layers}
    for body in stack.inclusions:
        if body.layer not in layers:
            raise unknown("layer", body.layer, list(layers))
        if isinstance(layers[body.layer].material, Composite):
            raise InputError(f"layer '{body.layer}' is a composite: inclusion '{body.name}' must be in another layer")


def _check_apart(
    stack: Stack, bodies: list[Inclusion], edges: list[float], lower: FloatArray, upper: FloatArray
) -> None:
    """Bodies and their repetitions are clear of each other and of the faces that are not periodic; lengths in m."""
    along = np.isin(np.arange(stack.dim), stack.periodic)
    period = np.where(along, upper - lower, 0.0)
    box = np.stack([np.where(along, -np.inf, lower), np.where(along, np.inf, upper)])
    turns = [np.array(turn) * period for turn in product(*((-1, 0, 1) if p else (0,) for p in period))]
    for i, (body, edge) in enumerate(zip(bodies, edges, strict=True)):
        others = [other.shape.moved(by) for other in bodies[:i] for by in turns]
        others += [body.shape.moved(by) for by in turns if by.any()]
        check_apart(body.name, body.shape, others, box, edge)


def _polygon(shape: Shape, edge: float, unit: float) -> Any:
    """Polygon of a plane body's area, with sides of a length."""
    if not isinstance(shape, Oval):
        return shapely.polygons(shape.outline(edge * unit) / unit)
    matrix = shape.matrix() / unit
    n = max(AROUND[2], ceil(2 * pi * float(np.linalg.norm(matrix, axis=0).max()) / edge))
    x = corner_radius(n) * circle(2 * pi * np.arange(n) / n) @ matrix.T
    return shapely.polygons(np.asarray(shape.centre) / unit + x)
