"""The interfaces of a 3D image made smooth, and the space between them filled with tetrahedra.

The interfaces are the faces between voxels of unlike labels. Their corners are smoothed as a surface (G. Taubin,
SIGGRAPH 1995, 351), without regard to any cells in between, and Gmsh fills what they enclose: so smoothing is not
held back by flat cells; what volumes lose by it they get back. (The surface is that of S. F. F. Gibson, MICCAI 1998,
888, which has one node for each eight voxels, too.)
"""

from __future__ import annotations

import gmsh
import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import lsqr

from fem_ssb.errors import InputError
from fem_ssb.mesh.improve import improve
from fem_ssb.mesh.quality import gamma
from fem_ssb.mesh.session import generate, gmsh_session
from fem_ssb.mesh.surfaces import shapeliness

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

SHRINK, GROW = 0.6, -0.61
"""Factors of the two steps of Taubin's smoothing, which together keep volumes."""

SHARES = (1.0, 0.7, 0.4, 0.2)
"""Shares of the smoothing that are tried, until the surfaces do not cut each other and the cells are good."""

MOST = 0.2
"""Largest move along the normals that restores volumes, in voxels: specks of a few voxels stay smaller."""

FLAT = 0.05
"""Triangles with a smaller gamma give up their smoothing."""

LEAST, INSIDE = 0.1, 1.2
"""Gamma that no cell is to fall short of; largest edges away from the interfaces, in voxels."""


def fill_smoothed(labels: IntArray, passes: int) -> tuple[FloatArray, IntArray, IntArray]:
    """Mesh of a 3D image with smooth interfaces; on one rank.

    Args:
        labels: grain of each voxel.
        passes: of Taubin's smoothing.

    Returns:
        nodes (n, 3) in voxels, cells (m, 4), and the grain of each cell.

    Raises:
        InputError: if Gmsh finds no mesh.
    """
    part = _parts(labels)
    grain_of_part = np.zeros(int(part.max()) + 1, dtype=np.int64)
    grain_of_part[part.ravel()] = labels.ravel()
    corners, faces, sides = _faces(part)
    inner = (sides >= 0).all(axis=1)
    free = (corners > 0.0) & (corners < np.array(labels.shape))
    target = _taubin(corners, faces[inner], free, passes)
    grains = np.where(sides >= 0, grain_of_part[sides], -1)
    target = _restored(target, faces, grains, free, np.bincount(labels.ravel()).astype(np.float64))
    best: tuple[FloatArray, IntArray, IntArray, float] | None = None
    for share in SHARES:
        try:
            nodes, cells, cell_part, quality = _fill(corners, target, share, faces, sides)
        except Exception as problem:  # Gmsh's own
            failure = problem
            continue
        if best is None or quality > best[3]:
            best = nodes, cells, cell_part, quality
        if quality >= LEAST:
            break
    if best is None:
        raise InputError(
            f"Gmsh could not fill the smoothed image ({failure}): use smooth=0, or remove specks of single voxels first"
        )
    return best[0], best[1], grain_of_part[best[2]]


def _parts(labels: IntArray) -> IntArray:
    """Numbers of the parts of the image that hang together by faces of voxels of the same label."""
    index = np.arange(labels.size).reshape(labels.shape)
    pairs = []
    for axis in range(3):
        low, high = (np.delete(index, k, axis=axis) for k in (-1, 0))
        same = np.delete(labels, -1, axis=axis) == np.delete(labels, 0, axis=axis)
        pairs.append(np.stack([low[same], high[same]]))
    i, j = np.concatenate(pairs, axis=1)
    graph = coo_matrix((np.ones(len(i), dtype=bool), (i, j)), shape=(labels.size,) * 2)
    return connected_components(graph, directed=False)[1].reshape(labels.shape).astype(np.int64)


def _faces(part: IntArray) -> tuple[FloatArray, IntArray, IntArray]:
    """Corners (n, 3), faces between unlike parts (m, 4) and the parts on their low and high side (m, 2), -1 outside."""
    padded = np.pad(part, 1, constant_values=-1)
    points = np.array(part.shape) + 1
    step = np.array([points[1] * points[2], points[2], 1])
    faces, sides = [], []
    for axis in range(3):
        low, high = [slice(1, -1)] * 3, [slice(1, -1)] * 3
        low[axis], high[axis] = slice(0, -1), slice(1, None)
        pair = np.stack([padded[tuple(low)], padded[tuple(high)]], axis=-1)
        unlike = pair[..., 0] != pair[..., 1]
        first = np.argwhere(unlike) @ step
        u, v = step[(axis + 1) % 3], step[(axis + 2) % 3]
        faces.append(np.stack([first, first + u, first + u + v, first + v], axis=1))
        sides.append(pair[unlike])
    used, face = np.unique(np.concatenate(faces), return_inverse=True)
    corners = np.stack(np.unravel_index(used, points), axis=1).astype(np.float64)
    return corners, face.reshape(-1, 4), np.concatenate(sides)


def _taubin(corners: FloatArray, faces: IntArray, free: npt.NDArray[np.bool_], passes: int) -> FloatArray:
    """Corners after smoothing along the faces' edges, in the directions in which they are free."""
    n = len(corners)
    i, j = (np.concatenate([faces, np.roll(faces, turn, axis=1)]).ravel() for turn in (0, 1))
    graph = coo_matrix((np.ones(2 * len(i)), (np.append(i, j), np.append(j, i))), shape=(n, n)).tocsr()
    graph.data[:] = 1.0
    degree = np.asarray(graph.sum(axis=1))
    free = free & (degree > 0)
    x = corners.copy()
    for _ in range(passes):
        for factor in (SHRINK, GROW):
            x += np.where(free, factor * (graph @ x / np.maximum(degree, 1.0) - x), 0.0)
    return x


def _restored(
    x: FloatArray, faces: IntArray, grains: IntArray, free: npt.NDArray[np.bool_], wanted: FloatArray
) -> FloatArray:
    """Corners after moving each interface along its normals, by as little as gives all grains their volumes again.

    The volume of a grain changes by the areas A of its interfaces times their moves δ: of all δ with Σ ± A δ = ΔV
    the one of the smallest sum of squares is taken, three times over.
    """
    inner = (grains >= 0).all(axis=1) & (grains[:, 0] != grains[:, 1])
    corner = faces[inner]
    low, high = np.sort(grains[inner], axis=1).T
    turned = np.where(grains[inner, 0] == low, 1.0, -1.0)
    key, pair = np.unique(low * np.int64(len(wanted)) + high, return_inverse=True)
    ends = np.stack([key // len(wanted), key % len(wanted)], axis=1)
    # Each corner of an interface is moved along the interface's mean normal there.
    at, place = np.unique(pair[:, None] * np.int64(len(x)) + corner, return_inverse=True)
    place, own = place.reshape(-1), at // len(x)
    for _ in range(3):
        area = 0.5 * np.cross(x[faces[:, 2]] - x[faces[:, 0]], x[faces[:, 3]] - x[faces[:, 1]])
        cone = (x[faces].mean(axis=1) * area).sum(axis=1) / 3.0
        volume = np.zeros(len(wanted))
        for side, sign in ((0, 1.0), (1, -1.0)):
            there = grains[:, side] >= 0
            volume += sign * np.bincount(grains[there, side], cone[there], len(wanted))
        part = np.repeat(turned[:, None] * area[inner] / 4.0, 4, axis=0)
        normal = np.stack([np.bincount(place, part[:, axis], len(at)) for axis in range(3)], axis=1)
        size = np.linalg.norm(normal, axis=1, keepdims=True)
        normal = np.where(free[at % len(x)], normal / np.maximum(size, 1e-300), 0.0)
        gain = np.bincount(own, (normal**2).sum(axis=1) * size[:, 0], len(key))
        rows = np.concatenate([ends[:, 0], ends[:, 1]])
        columns = np.tile(np.arange(len(key)), 2)
        matrix = coo_matrix((np.append(gain, -gain), (rows, columns)), shape=(len(wanted), len(key))).tocsr()
        move = np.clip(lsqr(matrix, wanted - volume, atol=1e-10, btol=1e-10)[0], -MOST, MOST)
        step = np.zeros_like(x)
        np.add.at(step, at % len(x), move[own, None] * normal)
        x = x + step
    return x


def _fill(
    corners: FloatArray, target: FloatArray, share: float, faces: IntArray, sides: IntArray
) -> tuple[FloatArray, IntArray, IntArray, float]:
    """Nodes, cells, part of each cell and smallest gamma, with a share of the smoothing."""
    x = corners + share * (target - corners)
    for _ in range(5):
        triangles = _triangles(x, faces)
        flat = shapeliness(x[triangles]) < FLAT
        if not flat.any():
            break
        some = np.unique(triangles[flat])
        x[some] = 0.5 * (x[some] + corners[some])
    low, high = sides.min(axis=1), sides.max(axis=1)
    order = np.lexsort([high, low])
    starts = np.flatnonzero(np.diff(low[order], prepend=-2) | np.diff(high[order], prepend=-2))
    with gmsh_session({"Mesh.MeshSizeMax": INSIDE}):
        around: list[list[int]] = [[] for _ in range(int(high.max()) + 1)]
        triangles = triangles.reshape(len(faces), 2, 3)
        for group in np.split(order, starts[1:]):
            surface = gmsh.model.addDiscreteEntity(2)
            if not any(around):
                gmsh.model.mesh.addNodes(2, surface, np.arange(1, len(x) + 1), x.ravel())
            gmsh.model.mesh.addElementsByType(surface, 2, [], triangles[group].ravel() + 1)
            for part in {int(low[group[0]]), int(high[group[0]])} - {-1}:
                around[part].append(surface)
        loops = [gmsh.model.geo.addSurfaceLoop(surfaces) for surfaces in around]
        volumes = [gmsh.model.geo.addVolume([loop]) for loop in loops]
        gmsh.model.geo.synchronize()
        generate(3)
        tags, nodes, _ = gmsh.model.mesh.getNodes()
        parts = [gmsh.model.mesh.getElementsByType(4, volume)[1] for volume in volumes]
    counts = np.array([len(part) // 4 for part in parts])
    if not counts.all():
        raise RuntimeError("a part of the image got no cells")
    row = np.zeros(int(tags.max()) + 1, dtype=np.int64)
    row[tags.astype(np.int64)] = np.arange(len(tags))
    cells = row[np.concatenate(parts).astype(np.int64)].reshape(-1, 4)
    nodes = nodes.reshape(-1, 3)
    on_surface = np.zeros(len(nodes), dtype=bool)
    on_surface[row[1 : len(x) + 1]] = True
    quality = improve(
        nodes, cells, gamma(nodes[cells]), lambda node: np.zeros((3, 3)) if on_surface[node] else np.eye(3)
    )
    return nodes, cells, np.repeat(np.arange(len(parts)), counts), float(quality.min())


def _triangles(x: FloatArray, faces: IntArray) -> IntArray:
    """Each face cut along its shorter diagonal, shape (2 m, 3)."""
    first, second = (np.linalg.norm(x[faces[:, k]] - x[faces[:, k + 2]], axis=1) for k in (0, 1))
    cut = np.where((second < first)[:, None, None], faces[:, [[0, 1, 3], [1, 2, 3]]], faces[:, [[0, 1, 2], [0, 2, 3]]])
    return cut.reshape(-1, 3)
