"""Components of the cell stars of dofs after cutting: the copies a dof gets, and the rank that owns each.

The star of a dof is the set of cells that contain it. Two cells of it are joined by a facet between them that
contains the dof and is not cut. The owner of the plain dof collects its star (cells from all ranks that see them,
joining facets from their owners), finds the connected components, and answers every rank.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from dolfinx.fem import FunctionSpace
from mpi4py import MPI
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from fem_ssb.errors import InputError
from fem_ssb.spaces.cuts import FIRST_TIED, MARKED, OWNED, Cuts
from fem_ssb.spaces.exchange import Neighbourhood

DROPPED = -1  # in place of the owner of a component: it has no true dof
TIED = -2  # it is the dof of tied set 0; TIED - i for set i

Integers = npt.NDArray[np.int64]


def star_components(V: FunctionSpace, cuts: Cuts, neighbours: Neighbourhood) -> tuple[Integers, Integers]:
    """The component of every item and its owner; collective.

    Args:
        V: the plain space.
        cuts: what is cut.
        neighbours: of the plain dofs.

    Returns:
        The component (its smallest global cell, unique for the dof) and the owning rank of each item of `cuts`;
        DROPPED or TIED - i stand in place of a rank. The owner of a component owns at least one cell of it.

    Raises:
        InputError: on all ranks, if two tied sets have a dof in common.
    """
    topology, dofmap = V.mesh.topology, V.dofmap
    cell_map, dof_map = topology.index_map(topology.dim), dofmap.index_map
    start = dof_map.local_range[0]
    count = np.int64(cell_map.size_global)
    cells = cell_map.local_to_global(np.arange(len(dofmap.list), dtype=np.int32))

    dof = dofmap.list.reshape(-1)[cuts.items]
    rows = [dof_map.local_to_global(dof), cells[cuts.items // dofmap.list.shape[1]], cuts.bits]
    asked, route = neighbours.ask(np.column_stack(rows), dof_owners(V)[dof])
    join, first, second = cuts.joins.T
    join = join.astype(np.int32)
    rows = [dof_map.local_to_global(join), first, second]
    edges, _ = neighbours.ask(np.column_stack(rows), dof_owners(V)[join])

    code = (asked[:, 0] - start) * count + asked[:, 1]
    nodes, node = np.unique(code, return_inverse=True)
    ends = [np.searchsorted(nodes, (edges[:, 0] - start) * count + edges[:, i]) for i in (1, 2)]
    component, first_node = _components(len(nodes), *ends)
    component = component[node]

    bits = np.zeros(len(first_node), dtype=np.int64)
    np.bitwise_or.at(bits, component, asked[:, 2])
    owner = np.full(len(first_node), V.mesh.comm.size, dtype=np.int64)
    has_cell = asked[:, 2] >> OWNED & 1 == 1
    np.minimum.at(owner, component[has_cell], route.source[has_cell])
    owner[component[has_cell & (route.source == neighbours.rank)]] = neighbours.rank
    if cuts.only_marked:
        owner[bits >> MARKED & 1 == 0] = DROPPED
    tied = bits >> FIRST_TIED
    _refuse_common_ties(V.mesh.comm, tied)
    owner[tied > 0] = TIED + 1 - np.frexp(tied[tied > 0])[1]

    reply = np.column_stack([nodes[first_node] % count, owner])[component]
    return tuple(neighbours.answer(reply, route).T)


def dof_owners(V: FunctionSpace) -> npt.NDArray[np.int32]:
    """Owning rank of each owned and ghost dof of a space."""
    dof_map = V.dofmap.index_map
    return np.concatenate([np.full(dof_map.size_local, dof_map.comm.rank, dtype=np.int32), dof_map.owners])


def _components(
    size: int, first: npt.NDArray[np.intp], second: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.integer], npt.NDArray[np.intp]]:
    """Component of each node of a graph, and the smallest node of each component."""
    if not size:
        return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
    graph = coo_matrix((np.ones(len(first), dtype=np.int8), (first, second)), shape=(size, size))
    component = connected_components(graph, directed=False)[1]
    return component, np.unique(component, return_index=True)[1]


def _refuse_common_ties(comm: MPI.Comm, tied: Integers) -> None:
    several = int(np.bitwise_or.reduce(tied[tied & (tied - 1) > 0], initial=0))
    several = comm.allreduce(several, op=MPI.BOR)
    if several:
        sets = [str(i) for i in range(several.bit_length()) if several >> i & 1]
        raise InputError(f"tied sets {', '.join(sets)} touch each other: give them as one set, or leave facets between")
