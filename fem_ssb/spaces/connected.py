"""Which cells and facets hang together: connected parts of a mesh, on any number of ranks.

Cells are joined across the facets they share; a point or an edge in common joins nothing, as no current flows
through it. Facets are joined likewise along the edges they share (in 2D in the points), with each other and with cells.
"""

from __future__ import annotations

from math import comb

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
    joins = np.diff(cells_of_facet.offsets)[:own] == 2
    for facets in (closed, *(mesh.boundary(crack) for crack in mesh.closing)):
        joins[facets[facets < own]] = False
    start = cells_of_facet.offsets[:own][joins]
    a, b = cells_of_facet.array[start], cells_of_facet.array[start + 1]
    if not conducts.all():
        both = conducts[a] & conducts[b]
        a, b = a[both], b[both]
    label = _components(len(conducts), a, b)
    used, part = np.zeros(len(conducts), dtype=bool), np.full(len(conducts), -1, dtype=np.int64)
    used[label[conducts]] = True
    part[conducts] = (np.cumsum(used) - 1)[label[conducts]]
    counts = comm.allgather(int(used.sum()))
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


def parts_at(mesh: NamedMesh, part: IntArray, count: int, boundary: str) -> npt.NDArray[np.bool_]:
    """Which parts reach a boundary, the same on all ranks; cells of no part are −1."""
    here = part[cells_at(mesh, boundary)]
    there = np.zeros(count, dtype=bool)
    there[np.concatenate(mesh.comm.allgather(np.unique(here[here >= 0])))] = True
    return there


def _components(n: int, a: npt.NDArray[np.int32], b: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Component of each of n cells, of which `a` are joined with `b`.

    Each cell first points to a neighbour with a smaller number, where it has one, and on to where that one points,
    until all point to roots. Cells near each other have near numbers, so few roots are left for the graph.
    """
    root = np.arange(n, dtype=np.int32)
    root[np.maximum(a, b)] = np.minimum(a, b)
    while not np.array_equal(further := root[root], root):
        root = further
    roots = np.flatnonzero(root == np.arange(n))
    number = np.zeros(n, dtype=np.int32)
    number[roots] = np.arange(len(roots))
    a, b = root[a], root[b]
    apart = a != b
    pairs = number[a[apart]], number[b[apart]]
    graph = coo_matrix((np.ones(len(pairs[0])), pairs), shape=(len(roots), len(roots)))
    label: npt.NDArray[np.int32] = connected_components(graph, directed=False)[1]
    return label[number[root]]


def crack_joins(
    mesh: NamedMesh, cells: npt.NDArray[np.bool_], facets: npt.NDArray[np.int32], first: str, second: str
) -> bool:
    """Do broken cells and open facets lead from one place to another? Collective.

    Cells go on in open facets where they share an edge (in 2D a point), as a crack does that comes to a boundary in one
    grain, runs along it, and leaves it in another.

    Args:
        mesh: the mesh.
        cells: which owned and ghost cells are broken.
        facets: open ones, owned, as few as a crack has: each rank looks at all of them.
        first: boundary or interface.
        second: another.

    Raises:
        InputError: for names that the mesh does not have.
    """
    topology, comm, edge = mesh.domain.topology, mesh.comm, mesh.dim - 2
    part, count = connected_cells(mesh, cells, np.empty(0, np.int32))

    def edges(dim: int, of: npt.NDArray[np.integer]) -> IntArray:
        """Global edges of entities, (n, edges of each)."""
        topology.create_connectivity(dim, edge)
        edges_of, each = topology.connectivity(dim, edge), comb(dim + 1, edge + 1)
        local = edges_of.array[edges_of.offsets[of][:, None] + np.arange(each)]
        return topology.index_map(edge).local_to_global(local.ravel()).reshape(-1, each)

    used, nodes = np.unique(np.concatenate(comm.allgather(edges(mesh.dim - 1, facets))), return_inverse=True)
    nodes = nodes.reshape(-1, mesh.dim)
    along = np.column_stack([np.repeat(nodes[:, 0], mesh.dim - 1), nodes[:, 1:].ravel()])
    broken = np.flatnonzero(cells)
    ends = edges(mesh.dim, broken)
    meet = np.isin(ends, used)
    of_cell = len(used) + np.repeat(part[broken], meet.sum(axis=1))
    into = np.column_stack([np.searchsorted(used, ends[meet]), of_cell])
    links = np.concatenate([along, *comm.allgather(into)])
    n = len(used) + count
    graph = coo_matrix((np.ones(len(links)), (links[:, 0], links[:, 1])), shape=(n, n))
    crack = connected_components(graph, directed=False)[1] if n else np.empty(0, np.int32)
    reached = []
    for place in (first, second):
        at = cells_at(mesh, place)
        here = np.zeros(n, dtype=bool)
        here[: len(used)] = np.isin(used, edges(mesh.dim - 1, facets_at(mesh, place)))
        here[len(used) + part[at[cells[at]]]] = True
        reached.append(crack[np.any(comm.allgather(here), axis=0)])
    return bool(np.isin(reached[0], reached[1]).any())
