"""Exchange of integer rows between the ranks that share indices, and with nobody else."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType

import numpy as np
import numpy.typing as npt
from dolfinx import la
from dolfinx.common import IndexMap
from mpi4py import MPI

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Route:
    """The way rows went from here to the owners, to bring the answers back.

    Attributes:
        order: position in the caller's array of each row sent.
        sent: rows sent to each destination.
        received: rows received from each source.
        source: rank each received row came from.
    """

    order: npt.NDArray[np.intp]
    sent: npt.NDArray[np.int32]
    received: npt.NDArray[np.int32]
    source: npt.NDArray[np.int32]


class Neighbourhood:
    """Questions to the owners of shared indices, and their answers.

    A rank is joined to the owners of its ghosts and to the ranks that ghost its own indices (and to itself);
    the exchanges are MPI neighbourhood collectives on 64-bit integers. Making one and using it is collective
    over the communicator of the index map. Use it in a ``with`` block, which frees the communicators.

    Args:
        index_map: the shared indices.
    """

    def __init__(self, index_map: IndexMap):
        comm, self.rank = index_map.comm, index_map.comm.rank
        owners = np.union1d(index_map.owners, [self.rank]).tolist()
        self._out = comm.Create_dist_graph([self.rank], [len(owners)], owners)
        users, owners, _ = self._out.Get_dist_neighbors()
        self._back = comm.Create_dist_graph_adjacent(owners, users)
        self.users, self.owners = np.array(users, dtype=np.int32), np.array(owners, dtype=np.int32)

    def __enter__(self) -> Neighbourhood:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._out.Free()
        self._back.Free()

    def ask(self, rows: Integers, owner: npt.NDArray[np.integer]) -> tuple[Integers, Route]:
        """Send each row to its owner.

        Args:
            rows: shape (n, k); k is the same on all ranks.
            owner: rank each row goes to, shape (n,).

        Returns:
            The rows that came here, shape (m, k), and the route for `answer`.
        """
        sorter = np.argsort(self.owners)
        place = sorter[np.searchsorted(self.owners, owner, sorter=sorter)]
        order = np.argsort(place, kind="stable")
        sent = np.bincount(place, minlength=len(self.owners)).astype(np.int32)
        received = np.empty(len(self.users), dtype=np.int32)
        self._out.Neighbor_alltoall(sent, received)
        route = Route(order, sent, received, np.repeat(self.users, received))
        return _alltoallv(self._out, rows[order], sent, received), route

    def answer(self, replies: Integers, route: Route) -> Integers:
        """Send the reply to each row received back to where it came from.

        Args:
            replies: shape (m, k), one row for each row received by `ask`.
            route: what `ask` returned.

        Returns:
            The replies to the caller's rows, in their order, shape (n, k).
        """
        came = _alltoallv(self._back, replies, route.received, route.sent)
        result = np.empty_like(came)
        result[route.order] = came
        return result


def shared_marks(index_map: IndexMap, indices: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    """Marks on owned and ghost indices of everything that any rank marked; collective.

    Args:
        index_map: the shared indices.
        indices: local indices, owned or ghost, that this rank marks.

    Returns:
        One flag for each owned and ghost index, the same on all ranks that share it.
    """
    marks = la.vector(index_map, 1, np.int8)
    marks.array[:] = 0
    marks.array[indices] = 1
    marks.scatter_reverse(la.InsertMode.add)
    np.minimum(marks.array, 1, out=marks.array)
    marks.scatter_forward()
    return marks.array > 0


def from_owners(index_map: IndexMap, owned: npt.NDArray[np.integer]) -> Integers:
    """Values of owned indices, extended to the ghosts; collective.

    Args:
        index_map: the shared indices.
        owned: one integer for each owned index.
    """
    values = la.vector(index_map, 1, np.int64)
    values.array[:] = 0
    values.array[: index_map.size_local] = owned
    values.scatter_forward()
    return values.array.copy()


def _alltoallv(
    comm: MPI.Distgraphcomm, rows: Integers, sent: npt.NDArray[np.int32], received: npt.NDArray[np.int32]
) -> Integers:
    width = rows.shape[1]
    row = MPI.INT64_T.Create_contiguous(width).Commit()
    result = np.empty((int(received.sum()), width), dtype=np.int64)
    send = np.ascontiguousarray(rows, dtype=np.int64)
    comm.Neighbor_alltoallv([send, sent, _starts(sent), row], [result, received, _starts(received), row])
    row.Free()
    return result


def _starts(counts: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    return np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int32)
