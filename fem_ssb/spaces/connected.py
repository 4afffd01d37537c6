"""Which cells and facets hang together: connected parts of a mesh, on any number of ranks.

Cells are joined across the facets they share; a point or an edge in common joins nothing, as no current flows
through it. Facets are joined likewise along the edges they share (in 2D in the points).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from fem_ssb.errors import unknown
from fem_ssb.mesh import NamedMesh
from fem_ssb.spaces.exchange import from_owners

IntArray = npt.NDArray[np.int64]


def cells_at(mesh: NamedMesh, place: str) -> IntArray:
    """Local cells at a boundary or on both sides of an interface."""
    if "|" in place:
        return mesh.interface(place).entities[:, [0, 2]].ravel().astype(np.int64)
    if place not in mesh.boundaries:
        raise unknown("boundary or interface", place, [*mesh.boundaries, *mesh.interfaces])
    mesh.domain.topology.create_connectivity(mesh.dim - 1, mesh.dim)
    cells = mesh.domain.topology.connectivity(mesh.dim - 1, mesh.dim)
    return cells.array[cells.offsets[mesh.boundary(place)]].astype(np.int64)


def facets_at(mesh: NamedMesh, place: str) -> npt.NDArray[np.int32]:
    """Owned facets of a boundary or an interface."""
    if "|" in place:
        return mesh.interface(place).facets
    if place not in mesh.boundaries:
        raise unknown("boundary or interface", place, [*mesh.boundaries, *mesh.interfaces])
    return mesh.boundary(place)


def facets_join(mesh: NamedMesh, facets: npt.NDArray[np.int32], first: str, second: str) -> bool:
    """Do facets, joined along the edges they share (in 2D in the points), lead from one place to another? Collective.

    Args:
        mesh: the mesh.
        facets: owned facets, as few as a crack has: each rank looks at all of them.
        first: boundary or interface.
        second: another.

    Raises:
        InputError: for names that the mesh does not have.
    """
    topology, edge = mesh.domain.topology, mesh.dim - 2
    topology.create_connectivity(mesh.dim - 1, edge)
    edges_of_facet, numbers = topology.connectivity(mesh.dim - 1, edge), topology.index_map(edge)

    def edges(of: npt.NDArray[np.int32]) -> IntArray:
        """Global edges of owned facets, (n_facets, 2 or 3)."""
        local = edges_of_facet.array[edges_of_facet.offsets[of][:, None] + np.arange(mesh.dim)]
        return numbers.local_to_global(local.ravel()).reshape(-1, mesh.dim)

    ends = [edges(facets_at(mesh, place)) for place in (first, second)]
    used, nodes = np.unique(np.concatenate(mesh.comm.allgather(edges(facets))), return_inverse=True)
    nodes = nodes.reshape(-1, mesh.dim)
    a, b = np.repeat(nodes[:, 0], mesh.dim - 1), nodes[:, 1:].ravel()
    graph = coo_matrix((np.ones(len(a)), (a, b)), shape=(len(used), len(used)))
    part = connected_components(graph, directed=False)[1] if len(used) else np.empty(0, np.int32)
    at = np.any(mesh.comm.allgather(np.array([np.isin(used, end) for end in ends])), axis=0)
    touched, other = (part[here] for here in at)
    return bool(np.isin(touched, other).any())


def connected_cells(
    mesh: NamedMesh, conducts: npt.NDArray[np.bool_], closed: npt.NDArray[np.int32]
) -> tuple[IntArray, int]:
    """Connected component of each conducting owned and ghost cell (others −1), and their number on all ranks.

    Each rank finds the components of its cells; those of different ranks that share a cell are then united.
    """
    topology, comm = mesh.domain.topology, mesh.comm
    topology.create_connectivity(mesh.dim - 1, mesh.dim)
    cells_of_facet = topology.connectivity(mesh.dim - 1, mesh.dim)
    own = topology.index_map(mesh.dim - 1).size_local  # each facet joins its cells on one rank, which has both
    inner = np.setdiff1d(np.flatnonzero(np.diff(cells_of_facet.offsets)[:own] == 2), closed)
    pairs = cells_of_facet.array[cells_of_facet.offsets[inner][:, None] + np.arange(2)]
    a, b = pairs[conducts[pairs].all(axis=1)].T
    n = len(conducts)
    _, label = connected_components(coo_matrix((np.ones(len(a)), (a, b)), shape=(n, n)), directed=False)
    part = np.full(n, -1, dtype=np.int64)
    used, part[conducts] = np.unique(label[conducts], return_inverse=True)
    counts = comm.allgather(len(used))
    part[conducts] += sum(counts[: comm.rank])
    owned = topology.index_map(mesh.dim).size_local
    of_owner = from_owners(topology.index_map(mesh.dim), part[:owned])
    shared = np.flatnonzero(conducts[owned:]) + owned
    links = np.concatenate(comm.allgather(np.unique(np.column_stack([part[shared], of_owner[shared]]), axis=0)))
    total = sum(counts)
    graph = coo_matrix((np.ones(len(links)), (links[:, 0], links[:, 1])), shape=(total, total))
    count, united = connected_components(graph, directed=False)
    part[conducts] = united[part[conducts]]
    return part, int(count)
