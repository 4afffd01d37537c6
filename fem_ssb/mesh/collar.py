"""A collar around a layer: prisms between it and what is beside it, where grain boundaries end on their common face.

A node there is copied; what is beside the layer gets the copy, a little away from the layer, and the prisms between the
two fill the gap. Each belongs to the region on its far side and to the grain under it, so that what opens between two
grains of the layer goes on between the prisms on them, and ends at the copies.
"""

from __future__ import annotations

from dataclasses import replace
from math import factorial

import numpy as np
import numpy.typing as npt

from fem_ssb.errors import InputError
from fem_ssb.mesh.extract import RawMesh
from fem_ssb.mesh.prisms import Facets, across_box, normals, staircases, volumes
from fem_ssb.microstructure.assembly import Geometry

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

HEIGHT, LEAST = 0.3, 0.2
"""Height of a collar over what would flatten a cell, and the least share of its volume that a cell there may keep."""

HALVINGS = 30
"""Times that a collar is made half as high where it is too high for a cell."""


def collared(
    raw: RawMesh, geometry: Geometry, label: IntArray, doubled: BoolArray, facets: Facets
) -> tuple[RawMesh, IntArray]:
    """Move what is beside the layer away from the nodes on boundaries, and fill the gap.

    Args:
        raw, geometry: the mesh and what it was made from.
        label: the grain of each cell of the layer, −1 beside it.
        doubled: nodes on boundaries.
        facets: between the cells of the mesh.

    Returns:
        the mesh, and its labels: those of the prisms are of the grain that they are on.

    Raises:
        InputError: if there is no room.
    """
    nodes, dim = raw.nodes, raw.nodes.shape[1]
    sides = label[facets.cells]
    found = ((sides >= 0).sum(axis=1) == 1) & doubled[facets.nodes].any(axis=1)
    if not found.any():
        return raw, label
    across, rank = across_box(nodes, geometry), np.arange(len(nodes))
    for low, high in across:
        rank[high] = rank[low]
    feet = facets.nodes[found]
    feet = np.take_along_axis(feet, np.argsort(rank[feet], axis=1), axis=1)
    cells = np.where(sides[found, :1] >= 0, facets.cells[found], facets.cells[found, ::-1])  # of the layer first
    away = _away(nodes, feet, raw.cells[cells[:, 0]])
    lifted = np.flatnonzero(doubled & (np.bincount(feet.ravel(), minlength=len(nodes)) > 0))
    copy = np.arange(len(nodes))
    copy[lifted] = len(nodes) + np.arange(len(lifted))

    beside = np.flatnonzero((label < 0) & (copy[raw.cells] >= len(nodes)).any(axis=1))
    moved = raw.cells.copy()
    moved[beside] = copy[moved[beside]]
    before, height = volumes(nodes, raw.cells[beside]), _heights(nodes, raw.cells[beside], away)
    for _ in range(HALVINGS):
        for low, high in across:
            height[low] = height[high] = np.minimum(height[low], height[high])
        points = np.concatenate([nodes, nodes[lifted] + height[lifted, None] * away[lifted]])
        bad = beside[volumes(points, moved[beside]) / before < LEAST]
        if not len(bad):
            break
        height[np.unique(raw.cells[bad])] *= 0.5
    else:
        raise InputError("a layer beside thick grain boundaries has no room for them: use a smaller mesh size")

    steps = staircases(dim, 2)
    ends = np.stack([feet, copy[feet]], axis=2)
    prisms = np.concatenate([np.stack([ends[:, i, j] for i, j in path], axis=1) for path in steps])
    over = np.tile(np.arange(len(feet)), len(steps))
    ordered = np.sort(prisms, axis=1)
    whole = (ordered[:, 1:] != ordered[:, :-1]).all(axis=1)
    prisms, cells = prisms[whole], cells[over[whole]]
    turned = volumes(points, prisms) * np.sign(before[0]) < 0
    prisms[turned, :2] = prisms[turned, 1::-1]
    new = replace(
        raw,
        nodes=points,
        cells=np.concatenate([moved, prisms]),
        grain=np.concatenate([raw.grain, raw.grain[cells[:, 1]]]),
    )
    return new, np.concatenate([label, label[cells[:, 0]]])


def _away(nodes: FloatArray, feet: IntArray, under: IntArray) -> FloatArray:
    """Direction away from the layer at the nodes of facets on its face, from the cells under these; shape (n, dim)."""
    x = nodes[feet]
    normal = normals(x)
    outward = np.einsum("nd,nd->n", x.mean(axis=1) - nodes[under].mean(axis=1), normal)
    normal *= np.sign(outward)[:, None]
    total = np.zeros_like(nodes)
    np.add.at(total, feet.ravel(), np.repeat(normal, feet.shape[1], axis=0))
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), np.finfo(float).tiny))


def _heights(nodes: FloatArray, cells: IntArray, away: FloatArray) -> FloatArray:
    """How far each node may go: a part of where the first of the cells around would be flat, the others at rest."""
    found, before = np.full(len(nodes), np.inf), volumes(nodes, cells)
    for corner, at in enumerate(cells.T):
        x = nodes[cells]
        x[:, corner] += away[at]
        slope = np.linalg.det(x[:, 1:] - x[:, :1]) / factorial(nodes.shape[1]) / before - 1.0
        np.minimum.at(found, at, HEIGHT / np.maximum(-slope, np.finfo(float).tiny))
    return found
