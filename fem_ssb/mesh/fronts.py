"""Where flat cracks in space end inside the body: their fronts as ordered points, found in the mesh.

An edge that faces of both sides of a crack share is of its front: everywhere else the nodes of the sides are doubled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from dolfinx.mesh import compute_midpoints, entities_to_geometry
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components, depth_first_order

from fem_ssb.errors import InputError
from fem_ssb.mesh.named import NamedMesh

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Front:
    """A line along which a crack ends.

    Attributes:
        points: along it, in order (m), shape (n, 3); of a closed one the last is the first.
        ahead: a vector in the plane of the crack out of it, or one a point, shape (3,) or (n, 3), of any length.
    """

    points: FloatArray
    ahead: FloatArray


def crack_fronts(mesh: NamedMesh, crack: str) -> list[Front]:
    """The fronts of a sharp crack in 3D: one of a penny, two of a sheet through a body. Collective.

    Args:
        mesh: with a crack whose faces are free of each other.
        crack: name of its faces.

    Raises:
        InputError: for a crack that closes, or a boundary without a front.
    """
    if mesh.dim != 3:
        raise InputError("a crack in two dimensions has tips, not fronts")
    if crack in mesh.closing:
        raise InputError(f"the fronts of crack '{crack}' are found where its faces are free: leave out closes=True")
    triangles, x, outward = _faces(mesh, crack)
    # Three edges of every face, each across from one of its corners; those between two nodes of the front that lead
    # across the crack have two faces on both sides.
    edges = np.sort(triangles[:, [[1, 2], [0, 2], [0, 1]]].reshape(-1, 2), axis=1)
    _, code, count = np.unique(edges, axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(code.ravel(), kind="stable")
    first, second = order[count[code.ravel()[order]] == 2].reshape(-1, 2).T
    opposite = np.einsum("ij,ij->i", outward[first // 3], outward[second // 3]) < 0
    if not opposite.any():
        raise InputError(f"'{crack}' has no front: it is no sharp crack that ends inside the body")
    return _chains(edges[first[opposite]], triangles.ravel()[first[opposite]], x)


def _faces(mesh: NamedMesh, crack: str) -> tuple[npt.NDArray[np.int64], FloatArray, FloatArray]:
    """Corners (n, 3), coordinates of the nodes and normals out of the body, of all faces, on all ranks."""
    domain, facets = mesh.domain, mesh.boundary(crack)
    domain.topology.create_connectivity(2, 3)
    cells = domain.topology.connectivity(2, 3)
    corners = entities_to_geometry(domain, 2, facets).reshape(-1, 3)
    middles = compute_midpoints(domain, 3, cells.array[cells.offsets[facets]])
    x = domain.geometry.x[corners]
    outward = np.cross(x[:, 1] - x[:, 0], x[:, 2] - x[:, 0])
    outward *= np.sign(np.einsum("ij,ij->i", outward, x.mean(axis=1) - middles))[:, None]
    nodes = domain.geometry.index_map().local_to_global(corners.ravel().astype(np.int32))
    every = mesh.comm.allgather((nodes, x.reshape(-1, 3), outward))
    nodes, x, outward = (np.concatenate(some) for some in zip(*every, strict=True))
    _, at, number = np.unique(nodes, return_index=True, return_inverse=True)
    order = np.lexsort(x[at].T[::-1])  # by place, which is the same on any number of ranks
    return np.argsort(order)[number].reshape(-1, 3), x[at][order], outward


def _chains(edges: npt.NDArray[np.int64], behind: npt.NDArray[np.int64], x: FloatArray) -> list[Front]:
    """Fronts of edges (n, 2) between nodes, each with the node `behind` it."""
    nodes, ends = np.unique(edges, return_inverse=True)
    ends, n = ends.reshape(-1, 2), len(nodes)
    away = x[edges].mean(axis=1) - x[behind]
    along = np.diff(x[edges], axis=1)[:, 0]
    away -= along * (np.einsum("ij,ij->i", away, along) / np.einsum("ij,ij->i", along, along))[:, None]
    ahead = np.zeros((n, 3))
    for side in ends.T:
        np.add.at(ahead, side, away / np.linalg.norm(away, axis=1)[:, None])
    graph = coo_matrix((np.ones(len(ends)), tuple(ends.T)), shape=(n, n)).tocsr()
    neighbours = np.bincount(ends.ravel(), minlength=n)
    count, chain = connected_components(graph, directed=False)
    found = []
    for i in range(count):
        own = np.flatnonzero(chain == i)
        start = own[neighbours[own].argmin()]
        way = depth_first_order(graph, start, directed=False, return_predecessors=False)
        if neighbours[start] > 1:
            way = np.append(way, start)
        found.append(Front(x[nodes[way]], ahead[way]))
    return found
