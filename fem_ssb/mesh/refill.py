"""Parts of a tetrahedral mesh filled anew by Gmsh between the triangles that bound them."""

from __future__ import annotations

import gmsh
import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from fem_ssb.mesh.session import gmsh_session
from fem_ssb.mesh.surfaces import faces

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def components(cells: IntArray, label: IntArray, more: IntArray | None = None) -> tuple[IntArray, IntArray]:
    """The connected parts of each label.

    Args:
        cells: tetrahedra, shape (m, 4).
        label: of each cell.
        more: pairs of cells that touch beside those that share a face, shape (n, 2).

    Returns:
        the part of each cell, and the label of each part.
    """
    _, first, second = faces(cells)
    pairs = np.stack([first, second], axis=1)[second >= 0]
    pairs = pairs if more is None else np.concatenate([pairs, more])
    pairs = pairs[label[pairs[:, 0]] == label[pairs[:, 1]]]
    graph = coo_matrix((np.ones(len(pairs)), tuple(pairs.T)), shape=(len(cells),) * 2)
    count, part = connected_components(graph, directed=False)
    of_part = np.zeros(count, dtype=np.int64)
    of_part[part] = label
    return part.astype(np.int64), of_part


def refill(
    nodes: FloatArray, cells: IntArray, label: IntArray, empty: IntArray, ring: IntArray
) -> tuple[FloatArray, IntArray, IntArray]:
    """New tetrahedra between the triangles that separate labels, or are on the outside.

    Args:
        nodes: shape (n, 3).
        cells: positively oriented, shape (m, 4).
        label: of each cell.
        empty: labels that are not filled.
        ring: tetrahedra on the other side of what is kept.

    Returns:
        the nodes with new ones after them, new cells, and their labels. Nodes inside the parts are not used any more.

    Raises:
        RuntimeError: if Gmsh cannot fill a part.
    """
    part, of_part = components(cells, label)
    corners, sides = _between(cells, part, ring)
    pairs, at = np.unique(np.sort(sides, axis=1), axis=0, return_inverse=True)
    at = at.ravel()
    order = np.argsort(at, kind="stable")
    groups = np.split(corners[order], np.cumsum(np.bincount(at))[:-1])
    used = np.unique(corners)
    with gmsh_session({"Mesh.Renumber": 0}):
        for tag in range(1, len(pairs) + 1):
            gmsh.model.addDiscreteEntity(2, tag)
        gmsh.model.mesh.addNodes(2, 1, used + 1, nodes[used].ravel())
        for tag, group in enumerate(groups, start=1):
            gmsh.model.mesh.addElementsByType(tag, 2, [], group.ravel() + 1)
        around: list[list[int]] = [[] for _ in of_part]
        for tag, pair in enumerate(pairs.tolist(), start=1):
            for side in pair:
                if side >= 0:
                    around[side].append(tag)
        solid = np.flatnonzero(~np.isin(of_part, empty))
        volumes = [gmsh.model.geo.addVolume([gmsh.model.geo.addSurfaceLoop(around[p])]) for p in solid]
        gmsh.model.geo.synchronize()
        gmsh.model.mesh.generate(3)
        tags, x, _ = gmsh.model.mesh.getNodes()
        found = [gmsh.model.mesh.getElementsByType(4, volume)[1].astype(np.int64) for volume in volumes]
    if not all(map(len, found)):
        raise RuntimeError("a part of the mesh could not be filled")
    tags, x = tags.astype(np.int64), x.reshape(-1, 3)
    row = np.full(int(tags.max()) + 1, -1, dtype=np.int64)
    old = np.isin(tags, used + 1)
    row[tags[old]] = tags[old] - 1
    row[tags[~old]] = len(nodes) + np.arange((~old).sum())
    new = row[np.concatenate(found)].reshape(-1, 4)
    return (
        np.concatenate([nodes, x[~old]]),
        new,
        np.repeat(of_part[solid], [len(some) // 4 for some in found]),
    )


def _between(cells: IntArray, part: IntArray, ring: IntArray) -> tuple[IntArray, IntArray]:
    """Triangles between parts and around them, and the parts on their sides, the second negative outside.

    HXT knows each volume, also one that is left empty, by the set of its surfaces. So each hole, and each connected
    part of what is kept around, has a number of its own.
    """
    count = len(cells)
    corners, first, second = faces(np.concatenate([cells, ring]))
    mine = first < count
    corners, first, second = corners[mine], first[mine], second[mine]
    around, _ = components(ring, np.zeros(len(ring), dtype=np.int64)) if len(ring) else (np.zeros(1, dtype=np.int64), 0)
    kept, single = second >= count, second < 0
    other = np.where(kept | single, 0, part[np.where(kept | single, 0, second)])
    other[kept] = -1 - around[second[kept] - count]
    outer = corners[single]
    graph = coo_matrix(
        (np.ones(2 * len(outer)), (outer[:, [0, 0]].ravel(), outer[:, [1, 2]].ravel())), shape=(corners.max() + 1,) * 2
    )
    shell = connected_components(graph, directed=False)[1]
    other[single] = -2 - around.max() - shell[outer[:, 0]]
    between = part[first] != other
    return corners[between], np.stack([part[first], other], axis=1)[between]
