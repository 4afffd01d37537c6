"""Surfaces that were cut through a mesh put in shape: on their level set, their triangles evened out.

Each node may move where what it lies on allows it: in the plane of a grain face, along a grain edge, along the
surface of a body. There it goes towards the mean of its neighbours, then onto the surface, which is moved in or out
as a whole until it encloses its volume. Moves that would fold or flatten a triangle are not made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from fem_ssb.mesh.quality import gamma
from fem_ssb.mesh.surfaces import shapeliness, vector_areas

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

FLAT = 0.2
"""Quality of a triangle below which no move may make it worse."""

SHORT = 0.1
"""Part of a move that is tried at least, where all of it would spoil a triangle."""

THIN = 0.02
"""The same of a tetrahedron between surfaces, which keeps them from each other."""

LAST = 5
"""Passes at the end that only put nodes onto their surface."""

MOST = 0.4
"""Most that a surface is moved in or out, over the mesh size; one so small that it lacks volume then would fold."""

STEEP = 0.05
"""Squared slope of a level set below which a node is not moved along it: its surface all but touches a grain face."""

BEND = 0.03
"""Part of a node's normals that may point off one plane before it counts as on an edge."""


def directions(nodes: FloatArray, triangles: IntArray, flat: BoolArray) -> FloatArray:
    """Projection onto the directions in which nodes stay on triangles that do not move, shape (n, 3, 3).

    Args:
        nodes: shape (n, 3).
        triangles: that nodes are to stay on, shape (k, 3).
        flat: coordinates that each node must keep exactly, for it is on a face of a layer or of the box, shape (n, 3).
    """
    normal = vector_areas(nodes[triangles])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-300)
    square = (normal[:, :, None] * normal[:, None, :]).reshape(-1, 9)
    total = np.stack([np.bincount(triangles.ravel(), np.repeat(s, 3), len(nodes)) for s in square.T], axis=1)
    kept = (~flat[:, :, None] & ~flat[:, None, :]).astype(np.float64)
    values, vectors = np.linalg.eigh(total.reshape(-1, 3, 3) * kept)
    loose = (values <= BEND * values[:, 2:]) | (values <= 1e-9)
    return np.asarray(np.einsum("nik,nk,njk->nij", vectors, loose.astype(np.float64), vectors) * kept)


def settle(
    nodes: FloatArray,
    cells: IntArray,
    triangles: IntArray,
    free: FloatArray,
    on: IntArray,
    levels: Sequence[Callable[[FloatArray], FloatArray]],
    edges: FloatArray,
    missing: Callable[[FloatArray], tuple[FloatArray, FloatArray]],
    sweeps: int,
) -> tuple[FloatArray, FloatArray]:
    """Put surfaces in shape.

    Args:
        nodes: shape (n, 3).
        cells: positively oriented tetrahedra, shape (m, 4); they stay so.
        triangles: of all the surfaces, shape (k, 3).
        free: directions in which each node may move, as far as what does not move allows it, shape (n, 3, 3).
        on: the body whose surface each node is on, or −1, shape (n,).
        levels: of each body: distance from its surface, negative inside.
        edges: mesh size on each body.
        missing: for nodes, what each body's volume lacks, and how much that grows if its surface is moved outwards.
        sweeps: passes over all nodes, more than `LAST`.

    Returns:
        the new nodes, and by how much the surface of each body was moved outwards.
    """
    x = nodes.copy()
    offset = np.zeros(len(levels))
    ends = np.unique(np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1), axis=0)
    links = csr_matrix((np.ones(2 * len(ends)), np.concatenate([ends, ends[:, ::-1]]).T), shape=(len(x),) * 2)
    surface = np.zeros(len(x), dtype=bool)
    surface[triangles] = True
    cells = cells[surface[cells].all(axis=1)]
    degree = np.asarray(links.sum(axis=1)).reshape(-1, 1)
    movable = np.flatnonzero((degree[:, 0] > 0) & free.any(axis=(1, 2)))
    members = [movable[on[movable] == body] for body in range(len(levels))]
    longest = np.full(len(x), np.inf)
    longest[on >= 0] = 0.3 * edges[on[on >= 0]]
    normal = vector_areas(x[triangles])
    quality = np.concatenate([shapeliness(x[triangles]), gamma(x[cells])])
    for sweep in range(sweeps):
        goal = x.copy()
        slopes = np.zeros_like(x)
        for body, mine in enumerate(members):
            slopes[mine] = slope(levels[body], x[mine], free[mine], 1e-3 * edges[body])
        steep = (slopes * slopes).sum(axis=1, keepdims=True)
        if sweep < sweeps - LAST:
            step = np.einsum("nij,nj->ni", free[movable], ((links @ x)[movable] / degree[movable]) - x[movable])
            along = slopes[movable] / np.sqrt(np.maximum(steep[movable], 1e-300))
            goal[movable] += 0.5 * (step - (step * along).sum(axis=1, keepdims=True) * along)
        for body, mine in enumerate(members):
            off = levels[body](goal[mine])[:, None] - offset[body]
            goal[mine] -= np.where(steep[mine] > STEEP, off * slopes[mine] / np.maximum(steep[mine], STEEP), 0.0)
        step = goal - x
        step *= np.minimum(1.0, longest / np.maximum(np.linalg.norm(step, axis=1), 1e-300))[:, None]
        x, quality, normal = _moved(x, step, triangles, cells, quality, normal)
        lack, gain = missing(x)
        offset += np.clip(lack / np.maximum(gain, 1e-300), -0.2 * edges, 0.2 * edges)
        offset = np.clip(offset, -MOST * edges, MOST * edges)
    return x, offset


def slope(level: Callable[[FloatArray], FloatArray], x: FloatArray, free: FloatArray, step: float) -> FloatArray:
    """Gradient of a level set at points (n, 3) in the directions they may move in."""
    shifts = step * np.eye(3)
    gradient = np.stack([(level(x + d) - level(x - d)) / (2 * step) for d in shifts], axis=1)
    return np.asarray((free @ gradient[:, :, None])[:, :, 0])


def _moved(
    x: FloatArray, step: FloatArray, triangles: IntArray, cells: IntArray, quality: FloatArray, normal: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Nodes moved, qualities of triangles and cells, normals of triangles; who would spoil one moves less, or not."""
    part = np.where(step.any(axis=1), 1.0, 0.0)
    new, quality, normal = x + step, quality.copy(), normal.copy()
    before, upright, count = quality.copy(), normal.copy(), len(triangles)
    look = np.ones(len(x), dtype=bool)
    while True:
        some, cut = (np.flatnonzero(look[corners].any(axis=1)) for corners in (triangles, cells))
        normal[some] = vector_areas(new[triangles[some]])
        quality[some], quality[count + cut] = shapeliness(new[triangles[some]]), gamma(new[cells[cut]])
        worse = quality < before - 1e-9
        bad = worse[some] & (quality[some] < FLAT) | ((normal[some] * upright[some]).sum(axis=1) <= 0.0)
        thin = worse[count + cut] & (quality[count + cut] < THIN)
        stopped = np.union1d(triangles[some[bad]], cells[cut[thin]])
        stopped = stopped[part[stopped] > 0.0]
        if not len(stopped):
            return new, quality, normal
        part[stopped] = np.where(part[stopped] > SHORT, part[stopped] / 2, 0.0)
        new[stopped] = x[stopped] + part[stopped, None] * step[stopped]
        look[:] = False
        look[stopped] = True
