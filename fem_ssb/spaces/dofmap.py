"""The dofmap of a split space: copies of dofs, tied dofs, dummies, and the index map that goes with them.

Owned dofs come in the order of the plain dofs they are copies of (so that the numbering keeps its locality),
then the tied dofs, then the dummies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from dolfinx.fem import FunctionSpace
from mpi4py import MPI

from fem_ssb.spaces.cuts import OWNED, Cuts
from fem_ssb.spaces.dummies import number_dummies
from fem_ssb.spaces.exchange import Neighbourhood, from_owners
from fem_ssb.spaces.numbering import with_numbers
from fem_ssb.spaces.star import TIED, dof_owners, star_components

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """A split space.

    Attributes:
        V: the space.
        true: pairs with a true dof, shape (owned and ghost cells, dofs of a cell).
        dummy: local dummies, owned and ghost.
        anchor: owned cells that together have every owned dummy.
        num_true: true dofs (blocks) of all ranks together.
    """

    V: FunctionSpace
    true: npt.NDArray[np.bool_]
    dummy: npt.NDArray[np.int32]
    anchor: npt.NDArray[np.int32]
    num_true: int


def split_space(V: FunctionSpace, cuts: Cuts) -> Split:
    """Give a plain space the dofmap that `cuts` asks for; collective.

    Args:
        V: the plain space.
        cuts: where it has dofs, where they are split, which are tied.

    Raises:
        InputError: on all ranks, if two tied sets have a dof in common.
    """
    comm, topology, dof_map, dofs = V.mesh.comm, V.mesh.topology, V.dofmap.index_map, V.dofmap.list
    cell_map = topology.index_map(topology.dim)
    owned_cells = cell_map.size_local

    with Neighbourhood(dof_map) as neighbours:
        # What there is here: uncut dofs, copies of cut ones, tied dofs, dummies.
        component, owner = star_components(V, cuts, neighbours)
        uncut = cuts.wanted & ~cuts.hot[dofs]
        kept = np.flatnonzero(_mentioned(dofs[uncut], len(cuts.hot))[: dof_map.size_local])
        copies = _copies(V, dofs.reshape(-1)[cuts.items], component, owner)
        mine = np.flatnonzero(copies.owner == comm.rank)
        tied_set = TIED - owner
        is_tied = tied_set >= 0
        tied_owner = _tied_owners(comm, cuts.num_tied, tied_set[is_tied & (cuts.bits >> OWNED & 1 == 1)])
        tied_mine = np.flatnonzero(tied_owner == comm.rank)
        true = uncut.copy()
        true.reshape(-1)[cuts.items] = copies.items | is_tied
        dummy, anchor = number_dummies(true[:owned_cells], cuts.near[:owned_cells])

        # Global numbers: the owner's, in the order of the plain dofs, then known to all.
        num_free = len(kept) + len(mine)
        num_true = num_free + len(tied_mine)
        starts = np.concatenate([[0], np.cumsum(comm.allgather(num_true + len(anchor)))])
        start = starts[comm.rank]
        free = np.empty(num_free, dtype=np.int64)
        free[np.argsort(np.concatenate([kept, copies.dof[mine]]), kind="stable")] = start + np.arange(num_free)
        kept_number = np.full(dof_map.size_local, -1, dtype=np.int64)
        kept_number[kept] = free[: len(kept)]
        copy_number = np.full(len(copies.dof), -1, dtype=np.int64)
        copy_number[mine] = free[len(kept) :]
        copy_number = _known_to_all(V, neighbours, copies, copy_number)
        tied_number = np.full(cuts.num_tied, -1, dtype=np.int64)
        tied_number[tied_mine] = start + num_free + np.arange(len(tied_mine))
        comm.Allreduce(MPI.IN_PLACE, tied_number, MPI.MAX)

    number = np.where(uncut, from_owners(dof_map, kept_number)[dofs], -1)
    number.reshape(-1)[cuts.items[copies.items]] = copy_number[copies.of_item]
    number.reshape(-1)[cuts.items[is_tied]] = tied_number[tied_set[is_tied]]
    dummy_number = from_owners(cell_map, np.where(dummy < 0, -1, start + num_true + dummy))
    number = np.where(true, number, dummy_number[:, None])
    split, local = with_numbers(V, number, starts)
    return Split(split, true, np.unique(local[~true]), anchor, comm.allreduce(num_true))


class _Copies(NamedTuple):
    """Copies of cut dofs that this rank has, owned or ghost.

    Attributes:
        dof: local plain dof of each.
        component: component of the dof's star.
        owner: owning rank.
        items: which of the items refer to a copy.
        of_item: the copy that each of those refers to.
    """

    dof: npt.NDArray[np.int32]
    component: Integers
    owner: Integers
    items: npt.NDArray[np.bool_]
    of_item: npt.NDArray[np.intp]


def _copies(V: FunctionSpace, dof: npt.NDArray[np.int32], component: Integers, owner: Integers) -> _Copies:
    """The different pairs of dof and component among the items."""
    items = owner >= 0
    dof, component, owner = dof[items], component[items], owner[items]
    code = dof * np.int64(V.mesh.topology.index_map(V.mesh.topology.dim).size_global) + component
    _, first, copy = np.unique(code, return_index=True, return_inverse=True)
    return _Copies(dof[first], component[first], owner[first], items, copy)


def _mentioned(indices: npt.NDArray[np.int32], size: int) -> npt.NDArray[np.bool_]:
    flags = np.zeros(size, dtype=bool)
    flags[indices] = True
    return flags


def _tied_owners(comm: MPI.Comm, num_tied: int, sets_here: Integers) -> npt.NDArray[np.int32]:
    """The first rank that owns a cell at each tied set; collective."""
    owner = np.full(num_tied, comm.size, dtype=np.int32)
    owner[sets_here] = comm.rank
    comm.Allreduce(MPI.IN_PLACE, owner, MPI.MIN)
    return owner


def _known_to_all(V: FunctionSpace, neighbours: Neighbourhood, copies: _Copies, number: Integers) -> Integers:
    """Global numbers of copies on every rank that has them, by way of the plain dofs' owners; collective.

    Args:
        V: the plain space.
        neighbours: of the plain dofs.
        copies: the copies here.
        number: their global numbers where they are owned here, else -1.
    """
    dof_map, cell_map = V.dofmap.index_map, V.mesh.topology.index_map(V.mesh.topology.dim)
    rows = np.column_stack([dof_map.local_to_global(copies.dof), copies.component, number])
    asked, route = neighbours.ask(rows, dof_owners(V)[copies.dof])
    code = (asked[:, 0] - dof_map.local_range[0]) * np.int64(cell_map.size_global) + asked[:, 1]
    codes, copy = np.unique(code, return_inverse=True)
    known = np.full(len(codes), -1, dtype=np.int64)
    np.maximum.at(known, copy, asked[:, 2])
    return neighbours.answer(known[copy][:, None], route)[:, 0]
