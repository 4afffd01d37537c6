"""Coatings put between the layers of a finished mesh: its upper part is lifted, prisms fill the gap.

Each facet in the plane of the coating becomes the foot of a prism (in 2D: a rectangle) which is cut into simplices
along diagonals that go up from the node that comes first by its coordinates: neighbours agree on them, and so do
opposite faces of a periodic stack. However thin the coating is, its cells are as many as the facets there; they are
stretched, but right-angled, which linear elements do not mind (I. Babuška, A. K. Aziz, SIAM J. Numer. Anal. 13 (1976)
214: what counts is the largest angle).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from fem_ssb.errors import InputError
from fem_ssb.mesh.extract import RawMesh
from fem_ssb.microstructure.coatings import ThinLayer

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

ON = 1e-9
"""Distance, over the largest extent of the stack, up to which a node is in the plane of a coating."""


def coat(raw: RawMesh, levels: FloatArray, unit: float, coatings: Sequence[ThinLayer]) -> tuple[RawMesh, FloatArray]:
    """Put coatings into a mesh, each as one more grain, in their order.

    Args:
        raw: the mesh without; lengths in `unit`.
        levels: stacking coordinate of the layers' faces, shape (n_layers + 1,).
        unit: length (m) of 1.
        coatings: from the bottom to the top.

    Returns:
        the mesh, and where the faces are now: at and above the bottom of what coats them, shape (n_layers + 1, 2).

    Raises:
        InputError: for a crack in the plane of a coating.
    """
    faces = np.stack([levels, levels], axis=1)
    for coating in coatings:
        thickness = coating.thickness / unit
        raw = _inserted(raw, float(faces[coating.below, 1]), thickness, coating.cells)
        faces[coating.below, 1] += thickness
        faces[coating.below + 1 :] += thickness
    return raw, faces


def _inserted(raw: RawMesh, level: float, thickness: float, count: int) -> RawMesh:
    """The mesh with one more grain in the plane at `level`."""
    nodes, cells, dim = raw.nodes, raw.cells, raw.nodes.shape[1]
    in_plane = np.abs(nodes[:, -1] - level) < ON
    plane = np.flatnonzero(in_plane)
    upper = nodes[cells, -1].mean(axis=1) > level
    feet = _feet(cells, in_plane[cells])
    copies = np.arange(len(nodes), len(nodes) + count * len(plane)).reshape(count, len(plane))
    above = np.arange(len(nodes))
    above[plane] = copies[-1]
    cells = np.where(upper[:, None], above[cells], cells)
    lifted = nodes.copy()
    lifted[(nodes[:, -1] > level) & ~in_plane, -1] += thickness
    layers = [lifted]
    for k in range(1, count + 1):
        layers.append(nodes[plane])
        layers[-1][:, -1] = level + thickness * k / count
    floor, ceiling = np.concatenate([plane[None], copies[:-1]]), copies
    rank = np.empty(len(plane), dtype=np.int64)
    rank[np.lexsort(np.round(nodes[plane, :-1] / ON).T)] = np.arange(len(plane))
    at = np.searchsorted(plane, feet)
    at = np.take_along_axis(at, np.argsort(rank[at], axis=1), axis=1)
    low, high = (part[:, at].reshape(-1, dim) for part in (floor, ceiling))
    filled = np.concatenate([np.concatenate([low[:, : k + 1], high[:, k:]], axis=1) for k in range(dim)])
    every = np.concatenate(layers)
    turned = np.linalg.det(every[filled[:, 1:]] - every[filled[:, :1]]) < 0
    filled[turned, :2] = filled[turned, 1::-1]
    cells = np.concatenate([cells, filled])
    used, cells = np.unique(cells, return_inverse=True)
    flaws = {}
    for name, facets in raw.flaws.items():
        z = nodes[facets, -1].mean(axis=1)
        if (np.abs(z - level) < ON).any():
            raise InputError(f"the flaw '{name}' lies in the plane of a coating: put it into a layer")
        flaws[name] = np.searchsorted(used, np.where((z > level)[:, None], above[facets], facets))
    return replace(
        raw,
        flaws=flaws,
        nodes=every[used],
        cells=cells.reshape(-1, dim + 1),
        grain=np.append(raw.grain, np.full(len(filled), raw.grain.max() + 1, dtype=np.int32)),
    )


def _feet(cells: IntArray, in_plane: npt.NDArray[np.bool_]) -> IntArray:
    """Facets in the plane, once each, nodes ascending."""
    dim = cells.shape[1] - 1
    touching = in_plane.sum(axis=1) == dim
    return np.unique(np.sort(cells[touching][in_plane[touching]].reshape(-1, dim), axis=1), axis=0)
