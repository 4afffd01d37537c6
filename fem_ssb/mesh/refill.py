"""Parts of a tetrahedral mesh filled anew by Gmsh between the triangles that bound them."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import gmsh
import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from fem_ssb.mesh.session import generate, gmsh_session
from fem_ssb.mesh.surfaces import faces
from fem_ssb.mesh.swap import swap

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


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
    nodes: FloatArray, cells: IntArray, label: IntArray, empty: IntArray, ring: IntArray, flat: BoolArray
) -> tuple[FloatArray, IntArray, IntArray]:
    """New tetrahedra between the triangles that separate labels, or are on the outside.

    Args:
        nodes: shape (n, 3).
        cells: positively oriented, shape (m, 4).
        label: of each cell.
        empty: labels that are not filled.
        ring: tetrahedra on the other side of what is kept.
        flat: coordinates that each node must keep, all of one that must stay, shape (n, 3).

    Returns:
        the nodes with new ones after them, new cells, and their labels. Nodes inside the parts are not used any more.

    Raises:
        RuntimeError: if Gmsh cannot fill a part.
    """
    part, of_part = components(cells, label)
    walls = _between(cells, part, ring)
    try:
        return _filled(nodes, *swap(nodes, *walls, flat), of_part, empty)
    except Exception:  # Gmsh's own, where surfaces that are close came to meet
        return _filled(nodes, *walls, of_part, empty)


def _filled(
    nodes: FloatArray, corners: IntArray, sides: IntArray, of_part: IntArray, empty: IntArray
) -> tuple[FloatArray, IntArray, IntArray]:
    """New tetrahedra between triangles, see `refill`."""
    pairs, at = np.unique(np.sort(sides, axis=1), axis=0, return_inverse=True)
    at = at.ravel()
    used = np.unique(corners)
    with gmsh_session({"Mesh.Renumber": 0}), TemporaryDirectory() as folder:
        path = Path(folder) / "surfaces.msh"
        path.write_bytes(_msh(nodes[used], used + 1, corners + 1, at + 1))
        gmsh.merge(str(path))
        around: list[list[int]] = [[] for _ in of_part]
        for tag, pair in enumerate(pairs.tolist(), start=1):
            for side in pair:
                if side >= 0:
                    around[side].append(tag)
        solid = np.flatnonzero(~np.isin(of_part, empty))
        volumes = [gmsh.model.geo.addVolume([gmsh.model.geo.addSurfaceLoop(around[p])]) for p in solid]
        gmsh.model.geo.synchronize()
        generate(3)
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


def _msh(x: FloatArray, tags: IntArray, triangles: IntArray, surface: IntArray) -> bytes:
    """Triangles in Gmsh's binary format 2.2: given one by one, each surface would cost a search of all nodes."""
    node = np.zeros(len(x), dtype=[("tag", "<i4"), ("x", "<f8", 3)])
    node["tag"], node["x"] = tags, x
    triangle = np.zeros(len(triangles), dtype=[("tag", "<i4"), ("groups", "<i4", 2), ("nodes", "<i4", 3)])
    triangle["tag"], triangle["groups"], triangle["nodes"] = (
        np.arange(1, 1 + len(triangles)),
        surface[:, None],
        triangles,
    )
    return b"".join(
        [
            b"$MeshFormat\n2.2 1 8\n" + np.array(1, "<i4").tobytes() + b"\n$EndMeshFormat\n",
            b"$Nodes\n%d\n" % len(node) + node.tobytes() + b"\n$EndNodes\n",
            b"$Elements\n%d\n" % len(triangle) + np.array([2, len(triangle), 2], "<i4").tobytes(),
            triangle.tobytes() + b"\n$EndElements\n",
        ]
    )
