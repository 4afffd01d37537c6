"""Fields that go on across opposite faces of a periodic cell: dofs of both faces are one and the same dof.

The dofs of the high face are replaced in the dofmap by those at the same places of the low face; edges and corners that
are on several faces follow. Facets of the two faces are joined as if they were one facet between their cells, so that
what breaks there (a grain boundary that goes through the face) breaks on both sides alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from dolfinx.fem import FunctionSpace
from dolfinx.mesh import Mesh, compute_midpoints
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from fem_ssb.errors import InputError
from fem_ssb.spaces.exchange import from_owners, shared_marks
from fem_ssb.spaces.facets import Indices, closure_dofs, facet_sides
from fem_ssb.spaces.numbering import with_numbers

FloatArray = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

CLOSE = 1e-6
"""Places nearer than this times the smallest shift are the same."""


@dataclass(frozen=True)
class PeriodicPair:
    """Two opposite faces.

    Attributes:
        low: owned exterior facets of one face.
        high: of the other.
        shift: from the low face to the high one, shape (dim,) (m); along one axis.
    """

    low: Indices
    high: Indices
    shift: FloatArray


def identify(V: FunctionSpace, pairs: Sequence[PeriodicPair]) -> FunctionSpace:
    """The plain space with the dofs of opposite faces united; collective.

    Args:
        V: a space with dofs on facets.
        pairs: the faces.

    Raises:
        InputError: on all ranks, if a dof of one face has no counterpart on the other.
    """
    comm, dof_map, dofs = V.mesh.comm, V.dofmap.index_map, V.dofmap.list
    closure = closure_dofs(V.dofmap, V.mesh.topology.dim - 1)
    x = V.tabulate_dof_coordinates()[: dof_map.size_local, : V.mesh.geometry.dim].copy()
    there = np.zeros(dof_map.size_local, dtype=bool)
    for pair in pairs:
        for facets, shift in ((pair.low, 0.0), (pair.high, pair.shift)):
            sides = facet_sides(V.mesh, facets)
            on = shared_marks(dof_map, dofs[sides.cell[:, None], closure[sides.local]].reshape(-1))
            on = on[: dof_map.size_local]
            x[on] -= shift
            there |= on
    mine = np.flatnonzero(there)
    place = np.concatenate(comm.allgather(x[mine]))
    name = np.concatenate(comm.allgather(mine + dof_map.local_range[0]))
    group = _groups(place, _tolerance(pairs))
    count = np.bincount(group)
    if len(count) and count.min() < 2:
        raise InputError(
            "the mesh is not periodic: "
            f"{int((count < 2).sum())} places on its faces have no counterpart on the opposite ones"
        )
    first = np.full(len(count), np.iinfo(np.int64).max)
    np.minimum.at(first, group, name)
    master = first[group]

    start = dof_map.local_range[0]
    local = (name >= start) & (name < dof_map.local_range[1])
    kept = np.ones(dof_map.size_local, dtype=bool)
    kept[name[local & (name != master)] - start] = False
    starts = np.concatenate([[0], np.cumsum(comm.allgather(int(kept.sum())))])
    number = np.full(dof_map.size_local, -1, dtype=np.int64)
    number[kept] = starts[comm.rank] + np.arange(kept.sum())
    masters = np.unique(master)
    own = (masters >= start) & (masters < dof_map.local_range[1])
    new = np.zeros(len(masters), dtype=np.int64)
    new[own] = number[masters[own] - start]
    new = np.sum(comm.allgather(new), axis=0)
    number[name[local] - start] = new[np.searchsorted(masters, master[local])]
    return with_numbers(V, from_owners(dof_map, number)[dofs], starts)[0]


def facet_joins(
    V: FunctionSpace, hot: npt.NDArray[np.bool_], active: npt.NDArray[np.bool_], pairs: Sequence[PeriodicPair]
) -> Integers:
    """Dofs in which the two cells at a periodic facet stay joined: local dof, global cells, shape (n, 3); collective.

    Args:
        V: the space with united dofs.
        hot: one flag for each owned and ghost dof: whether it may be split.
        active: one flag for each owned and ghost cell.
        pairs: the faces.
    """
    domain = V.mesh
    cell_map = domain.topology.index_map(domain.topology.dim)
    closure = closure_dofs(V.dofmap, domain.topology.dim - 1)
    rows = [np.zeros((0, 3), dtype=np.int64)]
    for pair in pairs:
        low, high = (facet_sides(domain, facets) for facets in (pair.low, pair.high))
        middle = _middles(domain, pair.high)[high.facet] - pair.shift
        at = np.concatenate(domain.comm.allgather(middle))
        cell = np.where(active[high.cell], cell_map.local_to_global(high.cell), -1)
        cells = np.concatenate(domain.comm.allgather(cell))
        if not len(low.cell):
            continue
        _, nearest = cKDTree(at).query(_middles(domain, pair.low)[low.facet])
        dofs = V.dofmap.list[low.cell[:, None], closure[low.local]]
        keep = hot[dofs] & (active[low.cell] & (cells[nearest] >= 0))[:, None]
        shape = dofs.shape
        mine = np.broadcast_to(cell_map.local_to_global(low.cell)[:, None], shape)
        theirs = np.broadcast_to(cells[nearest][:, None], shape)
        rows.append(np.column_stack([dofs[keep], mine[keep], theirs[keep]]))
    return np.concatenate(rows)


def _middles(domain: Mesh, facets: Indices) -> FloatArray:
    middles = compute_midpoints(domain, domain.topology.dim - 1, np.asarray(facets, dtype=np.int32))
    return np.asarray(middles).reshape(-1, 3)[:, : domain.geometry.dim]


def _tolerance(pairs: Sequence[PeriodicPair]) -> float:
    return CLOSE * min(float(np.linalg.norm(pair.shift)) for pair in pairs)


def _groups(place: FloatArray, tolerance: float) -> npt.NDArray[np.integer]:
    """For each place the number of its group: places closer than the tolerance."""
    if not len(place):
        return np.zeros(0, dtype=np.int64)
    near = cKDTree(place).query_pairs(tolerance, output_type="ndarray")
    graph = coo_matrix((np.ones(len(near), dtype=np.int8), near.T), shape=(len(place), len(place)))
    return np.asarray(connected_components(graph, directed=False)[1])
