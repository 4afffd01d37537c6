"""What of a phase is connected to a place: percolated and isolated volume, from the mesh alone.

Cells of the regions that conduct are joined across the facets they share; a point or an edge in common joins nothing,
as no current flows through it. A component that touches each of the places percolates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from fem_ssb.errors import InputError, unknown
from fem_ssb.mesh import NamedMesh
from fem_ssb.mesh.measure import measures
from fem_ssb.spaces.exchange import from_owners

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Percolation:
    """How some regions hang together, the same on all ranks.

    Attributes:
        fraction: volume connected to all the places over the volume of the regions.
        fractions: the same for each region alone.
        components: number of connected parts of the regions.
        cells: the owned and ghost cells of this rank that are connected, shape (n_cells,).
    """

    fraction: float
    fractions: dict[str, float]
    components: int
    cells: npt.NDArray[np.bool_]

    @property
    def isolated(self) -> float:
        """Volume that is not connected to all the places over the volume of the regions."""
        return 1.0 - self.fraction


def percolation(
    mesh: NamedMesh, regions: str | Sequence[str], places: str | Sequence[str], blocked: Sequence[str] = ()
) -> Percolation:
    """Find what of some regions is connected to one place, or to several at once. Collective.

    Args:
        mesh: the mesh.
        regions: that conduct, such as "active" or ("separator", "electrolyte").
        places: boundaries or interfaces, such as "collector", "active|collector" or ("bottom", "top"): with two, what
            spans from one to the other.
        blocked: interfaces that join nothing, such as "active|active" for particles without contact.

    Raises:
        InputError: for names that the mesh does not have.
    """
    regions = (regions,) if isinstance(regions, str) else tuple(regions)
    places = (places,) if isinstance(places, str) else tuple(places)
    if not regions or not places:
        raise InputError("percolation needs at least one region and one place")
    indices = [mesh.region_index(region) for region in regions]
    conducts = np.isin(mesh.region_of_cell, indices)
    touched = [_cells_at(mesh, place) for place in places]
    closed = np.concatenate([np.zeros(0, dtype=np.int32), *(mesh.interface(name).facets for name in blocked)])
    part, count = _components(mesh, conducts, closed)
    reached = np.ones(count, dtype=bool)
    for cells in touched:
        mine = np.unique(part[cells[conducts[cells]]])
        there = np.zeros(count, dtype=bool)
        there[np.concatenate(mesh.comm.allgather(mine))] = True
        reached &= there
    connected = np.zeros(len(conducts), dtype=bool)
    connected[conducts] = reached[part[conducts]]
    volumes = []
    for region in regions:
        own = mesh.cells(region)
        size = measures(mesh.domain, mesh.dim, own)
        volumes.append(mesh.comm.allreduce(np.array([size[connected[own]].sum(), size.sum()])))
    within, whole = np.array(volumes).T
    fractions = {region: float(a / b) for region, (a, b) in zip(regions, volumes, strict=True)}
    return Percolation(float(within.sum() / whole.sum()), fractions, count, connected)


def _cells_at(mesh: NamedMesh, place: str) -> IntArray:
    """Local cells at a boundary or on both sides of an interface."""
    if "|" in place:
        return mesh.interface(place).entities[:, [0, 2]].ravel().astype(np.int64)
    if place not in mesh.boundaries:
        raise unknown("boundary or interface", place, [*mesh.boundaries, *mesh.interfaces])
    mesh.domain.topology.create_connectivity(mesh.dim - 1, mesh.dim)
    cells = mesh.domain.topology.connectivity(mesh.dim - 1, mesh.dim)
    return cells.array[cells.offsets[mesh.boundary(place)]].astype(np.int64)


def _components(
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
