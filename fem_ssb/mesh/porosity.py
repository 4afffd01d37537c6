"""Realised porosity: what of a layer is neither meshed nor in a notch or groove."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import shapely

from fem_ssb.microstructure.assembly import Geometry

if TYPE_CHECKING:
    from fem_ssb.mesh.named import NamedMesh
    from fem_ssb.microstructure.stack import Stack

FloatArray = npt.NDArray[np.float64]


def taken(geometry: Geometry) -> FloatArray:
    """What notches and grooves take from each layer, less what they add to the one that fills them.

    Returns:
        volumes in closed form (m³; in 2D m²), shape (n_layers,). The part of a pore in a notch counts as notch.
    """
    found = np.zeros(len(geometry.levels) - 1)
    for notch in geometry.cracks:
        if notch.hollow:
            for k, (low, high) in enumerate(zip(geometry.levels[:-1], geometry.levels[1:], strict=True)):
                area = shapely.Polygon(notch.points).intersection(shapely.box(0.0, low, geometry.upper[0], high)).area
                found[k] += area
                if notch.fill >= 0:
                    found[geometry.layer_of_cell[notch.fill]] -= area
    for body in geometry.bodies:
        if body.flaw:
            found[body.layer] += body.volume
            if body.part_of >= 0:
                found[geometry.layer_of_cell[body.part_of]] -= body.volume
    return found * geometry.unit ** len(geometry.upper)


def porosity(mesh: NamedMesh, stack: Stack, taken: FloatArray) -> dict[str, float]:
    """Volume fraction of the pores in each layer that has any. Collective.

    Args:
        mesh: of the stack.
        stack: it was made from.
        taken: from each layer by notches and grooves, see `taken` (m³; in 2D m²).
    """
    base = stack.width if stack.dim == 2 else stack.width * stack.depth
    found = {}
    for layer, lost in zip(stack.layers, taken.tolist(), strict=True):
        if layer.pores:
            parts = [layer.name, *(body.name for body in stack.inclusions if body.layer == layer.name)]
            parts += [layer.film.name] if layer.film else []
            found[layer.name] = 1.0 - (sum(map(mesh.volume, parts)) + lost) / (base * layer.thickness)
    return found
