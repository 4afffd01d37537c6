"""What is cut out of a 2D geometry before it is meshed: inclusions, voids on faces, pores on grain boundaries."""

from __future__ import annotations

import numpy as np

from fem_ssb.mesh.estimate import pore_size
from fem_ssb.microstructure.assembly import Geometry
from fem_ssb.microstructure.carve import Plane


def is_cut(geometry: Geometry) -> bool:
    """Whether anything but pores inside grains is cut out of the complex."""
    return bool(geometry.voids or geometry.inclusions) or any(len(cells) > 1 for cells in geometry.pores.near)


def cut_plane(geometry: Geometry) -> Plane:
    """The complex with everything cut out; the cells of inclusions come last, in their order.

    Raises:
        InputError: for what does not cut clean.
    """
    plane, pores = Plane(geometry.cells), geometry.pores
    layers = geometry.layer_of_cell
    for body in geometry.inclusions:
        layer = np.flatnonzero(layers == body.layer).tolist()
        plane.cut_ring(body.centre, body.matrix, body.edge, layer, fill=True)
    for centre, radius, near in zip(pores.centres, pores.radii, pores.near, strict=True):
        if len(near) > 1:
            edge = pore_size(float(radius), float(geometry.sizes[layers[near[0]]]), 2)
            plane.cut_ring(centre, radius * np.eye(2), edge, near)
    for voids in geometry.voids:
        plane.cut_slot(voids, float(geometry.sizes[layers[voids.cell]]))
    return plane
