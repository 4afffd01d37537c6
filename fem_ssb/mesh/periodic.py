"""Opposite faces of a periodic box with the same mesh."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import gmsh
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from fem_ssb.errors import InputError
from fem_ssb.microstructure.wrap import twins

if TYPE_CHECKING:
    from fem_ssb.mesh.extract import RawMesh
    from fem_ssb.mesh.gmsh_model import Builder
    from fem_ssb.microstructure.assembly import Geometry

FloatArray = npt.NDArray[np.float64]

CLOSE = 1e-7
"""Places nearer than this, in lengths of the geometry's unit, are the same."""


def tie_faces(builder: Builder) -> None:
    """Tell Gmsh to mesh each line or facet of a high face like that of the low face.

    Raises:
        InputError: if the faces do not match.
    """
    geometry = builder.geometry
    points = geometry.cells.points if builder.plane is None else builder.plane.points
    if geometry.cells.dim == 2:
        loops, tags = [list(ends) for ends in builder.lines], list(builder.lines.values())
    else:
        loops, tags = geometry.cells.facets, builder.faces
    for axis in geometry.periodic:
        length = float(geometry.upper[axis])
        on = [{float(x) for x in points[loop, axis]} for loop in loops]
        low, high = ([i for i, found in enumerate(on) if found == {plane}] for plane in (0.0, length))
        places = np.array([[*np.delete(points[loop].mean(axis=0), axis), _around(points[loop])] for loop in loops])
        try:
            pairs = twins(places, np.array(low), np.array(high), CLOSE)
        except ValueError:
            raise InputError(
                f"something lies on one face of the periodic box only, along {'xyz'[axis]}: keep notches, voids and "
                "inclusions clear of its faces"
            ) from None
        move = np.eye(4)
        move[axis, 3] = length
        first, second = ([tags[i] for i in side] for side in pairs.T.tolist())
        gmsh.model.mesh.setPeriodic(geometry.cells.dim - 1, second, first, move.ravel().tolist())


def _around(x: FloatArray) -> float:
    """Length of a loop: a facet and one in the hole of its middle are told apart by it."""
    return float(np.linalg.norm(np.roll(x, -1, axis=0) - x, axis=1).sum())


def even_sizes(points: FloatArray, sizes: FloatArray, geometry: Geometry) -> FloatArray:
    """Mesh sizes at points (n, dim), those on opposite faces the smaller one of both."""
    for axis in geometry.periodic:
        low, high = (np.flatnonzero(points[:, axis] == plane) for plane in (0.0, geometry.upper[axis]))
        distance, nearest = cKDTree(np.delete(points[high], axis, axis=1)).query(np.delete(points[low], axis, axis=1))
        low, high = low[distance < CLOSE], high[nearest[distance < CLOSE]]
        sizes[low] = sizes[high] = np.minimum(sizes[low], sizes[high])
    return sizes


def match_nodes(raw: RawMesh, geometry: Geometry) -> RawMesh:
    """The mesh with the nodes of each high face exactly across from those of the low one.

    Raises:
        RuntimeError: if Gmsh has meshed them differently.
    """
    nodes = raw.nodes.copy()
    for axis in geometry.periodic:
        length = geometry.upper[axis]
        low, high = (np.flatnonzero(np.abs(nodes[:, axis] - plane) < CLOSE) for plane in (0.0, length))
        others = [i for i in range(nodes.shape[1]) if i != axis]
        try:
            pairs = twins(nodes[:, others], low, high, CLOSE)
        except ValueError as error:
            raise RuntimeError(str(error)) from None
        nodes[pairs[:, 1][:, None], others] = nodes[pairs[:, 0][:, None], others]
        nodes[low, axis], nodes[high, axis] = 0.0, length
    return replace(raw, nodes=nodes)


def unite_grains(raw: RawMesh, geometry: Geometry) -> RawMesh:
    """The mesh with one grain for all cells of a grain that goes through the faces."""
    inside = raw.parents < len(geometry.grain)
    name = np.where(
        inside, geometry.grain[np.where(inside, raw.parents, 0)], raw.parents + int(geometry.grain.max()) + 1
    )
    _, first, grain = np.unique(name, return_index=True, return_inverse=True)
    return replace(raw, grain=grain.ravel()[raw.grain].astype(np.int32), parents=raw.parents[first])


def on_periodic_face(geometry: Geometry, x: FloatArray) -> bool:
    """Whether all points (n, dim) are on one periodic face."""
    return any(bool((x[:, axis] == plane).all()) for axis in geometry.periodic for plane in (0.0, geometry.upper[axis]))
