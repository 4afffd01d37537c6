"""What is cut out of a 2D geometry before it is meshed: inclusions, voids on faces, pores on grain boundaries."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fem_ssb.mesh.estimate import pore_size
from fem_ssb.microstructure.assembly import Geometry
from fem_ssb.microstructure.lines import CrackedPlane
from fem_ssb.microstructure.shapes import Lens, Oval


def is_cut(geometry: Geometry) -> bool:
    """Whether anything but pores inside grains is cut out of the complex."""
    return bool(geometry.holed or geometry.voids or geometry.inclusions or geometry.cracks) or any(
        len(cells) > 1 for cells in geometry.pores.near
    )


def carved_pores(geometry: Geometry) -> npt.NDArray[np.bool_]:
    """Which pores are cut out of the complex (2D): those across grains, and those that a crack may meet."""
    pores = geometry.pores
    carved = np.array([len(cells) > 1 for cells in pores.near], dtype=bool)
    for crack in geometry.cracks if geometry.cells.dim == 2 else []:
        low, high = crack.points.min(axis=0), crack.points.max(axis=0)
        off = np.maximum(np.maximum(low - pores.centres, pores.centres - high), 0.0)
        carved |= np.linalg.norm(off, axis=1) < 1.5 * pores.radii
    return carved


def cut_plane(geometry: Geometry) -> CrackedPlane:
    """The complex with everything cut out; the cells of inclusions come last, in their order.

    Raises:
        InputError: for what does not cut clean.
    """
    planes = [np.array([0.0, geometry.upper[0]]), geometry.levels]
    plane, pores = CrackedPlane(geometry.cells, planes), geometry.pores
    layers = geometry.layer_of_cell
    for body in geometry.inclusions:
        layer = np.flatnonzero(layers == body.layer).tolist()
        if isinstance(body.shape, Oval):
            plane.cut_ring(*body.drawn(geometry.unit), body.edge, layer, fill=True)
        else:
            plane.cells.append([])
            corners = body.shape.outline(body.edge * geometry.unit) / geometry.unit
            plane.cut_polygon("inclusion", corners, body.edge, fill=len(plane.cells) - 1)
    carved = carved_pores(geometry)
    for i in np.flatnonzero(carved).tolist():
        near, radius, shape = pores.near[i], float(pores.radii[i]), pores.shape(i, geometry.unit)
        size = float(geometry.sizes[layers[near[0]]])
        if isinstance(shape, Lens):
            edge = pore_size(shape.half_widths[0] / geometry.unit, size, 2)
            plane.cut_lens(pores.centres[i], radius, shape.dihedral, edge, near)
        else:
            plane.cut_ring(pores.centres[i], radius * np.eye(2), pore_size(radius, size, 2), near)
    for voids in geometry.voids:
        plane.cut_slot(voids, float(geometry.sizes[layers[voids.cell]]))
    for crack in sorted(geometry.cracks, key=lambda crack: not crack.hollow):
        if crack.hollow:
            plane.cut_polygon(crack.name, crack.points, crack.size, crack.fill if crack.fill >= 0 else None)
        else:
            plane.cut_line(crack.name, crack.points, crack.size)
    if geometry.cracks and not geometry.periodic:
        plane.open_narrow(float(geometry.sizes.min()))
    return plane
