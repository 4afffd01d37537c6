"""What a space asks for, cell by cell and dof by dof: where it is, where it may jump, what is tied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from dolfinx.fem import FunctionSpace

from fem_ssb.spaces.exchange import shared_marks
from fem_ssb.spaces.facets import Sides, closure_dofs, facet_sides, interior_facets
from fem_ssb.spaces.periodic import PeriodicPair, facet_joins

OWNED, MARKED, FIRST_TIED = 0, 1, 2  # bits of an item


@dataclass(frozen=True)
class Cuts:
    """How to split a plain space.

    An *item* is a (cell, dof) pair whose plain dof may get several copies, or none; every other pair keeps its
    plain dof, or has none. Pairs are counted flat: cell times dofs of a cell plus position in the cell.

    Attributes:
        wanted: pairs that may carry a true dof, shape (cells, dofs of a cell).
        hot: plain dofs that may be split, one flag for each owned and ghost dof.
        near: owned and ghost cells seen by interface integrals although not all of their dofs are true.
        items: the items, ascending, shape (n,).
        bits: what this rank knows of each item, shape (n,): bit OWNED, the cell is owned here; bit MARKED, the dof
            is on a trace facet of the cell; bit FIRST_TIED + i, it is on a facet of the cell in tied set i.
        joins: the plain dof, and the global numbers of two cells in which it stays one, shape (m, 3).
        only_marked: components without a marked item have no true dof.
        num_tied: number of tied sets.
    """

    wanted: npt.NDArray[np.bool_]
    hot: npt.NDArray[np.bool_]
    near: npt.NDArray[np.bool_]
    items: npt.NDArray[np.intp]
    bits: npt.NDArray[np.int64]
    joins: npt.NDArray[np.int64]
    only_marked: bool
    num_tied: int


def find_cuts(
    V: FunctionSpace,
    broken: npt.NDArray[np.bool_],
    active: npt.NDArray[np.bool_],
    tied: Sequence[npt.NDArray[np.int32]] = (),
    trace: npt.NDArray[np.int32] | None = None,
    periodic: Sequence[PeriodicPair] = (),
) -> Cuts:
    """Find the dofs that may be split and what joins their copies; collective.

    Args:
        V: the plain space.
        broken: one flag for each owned and ghost facet.
        active: one flag for each owned and ghost cell, the same on all ranks that share it.
        tied: facets of each tied set.
        trace: facets that carry the unknown; without, the active cells carry it.
        periodic: opposite faces whose dofs are united in V.
    """
    topology, dofs = V.mesh.topology, V.dofmap.list
    tdim, width = topology.dim, dofs.shape[1]
    facet_map, cell_map, dof_map = topology.index_map(tdim - 1), topology.index_map(tdim), V.dofmap.index_map
    closure = closure_dofs(V.dofmap, tdim - 1)
    facets, cells, local = interior_facets(V.mesh, ghosts=True)
    tied_sides = [_all_sides(V, facet_map, t) for t in tied]
    trace_sides = None if trace is None else _all_sides(V, facet_map, trace)

    wanted = np.repeat(active[:, None], width, axis=1)
    if trace_sides is not None:
        wanted &= shared_marks(dof_map, dofs[trace_sides.cell[:, None], closure[trace_sides.local]].reshape(-1))[dofs]

    near = np.zeros(len(dofs), dtype=bool)
    if trace_sides is None:
        near[cells[active[cells[:, 0]] != active[cells[:, 1]]]] = True
    else:
        near[trace_sides.cell] = True

    hot = _split_dofs(V, active, facets[broken[facets]], tied_sides)

    items = np.flatnonzero(wanted & hot[dofs])
    bits = (items // width < cell_map.size_local).astype(np.int64) << OWNED
    marks = [(MARKED, trace_sides)] if trace_sides is not None else []
    for bit, sides in [*marks, *((FIRST_TIED + i, s) for i, s in enumerate(tied_sides))]:
        pairs = (sides.cell[:, None] * np.intp(width) + closure[sides.local]).reshape(-1)
        place = np.searchsorted(items, pairs)
        found = np.append(items, -1)[place] == pairs
        bits[place[found]] |= 1 << bit

    through = (facets < facet_map.size_local) & ~broken[facets] & active[cells].all(axis=1)
    cells = cells[through]
    on = dofs[cells[:, :1], closure[local[through, 0]]]
    row, position = np.nonzero((hot[dofs] & wanted)[cells[:, :1], closure[local[through, 0]]])
    ends = cell_map.local_to_global(cells[row].reshape(-1)).reshape(-1, 2)
    joins = np.column_stack([on[row, position], ends]).astype(np.int64)
    if periodic:
        joins = np.concatenate([joins, facet_joins(V, hot, active, periodic)])
    return Cuts(wanted, hot, near, items, bits, joins, trace is not None, len(tied))


def _all_sides(V: FunctionSpace, facet_map, facets: npt.NDArray[np.int32]) -> Sides:
    return facet_sides(V.mesh, np.flatnonzero(shared_marks(facet_map, facets)))


def _split_dofs(
    V: FunctionSpace, active: npt.NDArray[np.bool_], broken: npt.NDArray[np.int32], tied: list[Sides]
) -> npt.NDArray[np.bool_]:
    """Plain dofs on broken or tied facets, and those in active as well as inactive cells."""
    dofs, dof_map = V.dofmap.list, V.dofmap.index_map
    closure = closure_dofs(V.dofmap, V.mesh.topology.dim - 1)

    def marks(places: list[npt.NDArray[np.int32]]) -> npt.NDArray[np.bool_]:
        return shared_marks(dof_map, np.concatenate([p.reshape(-1) for p in places]))

    hot = marks([dofs[s.cell[:, None], closure[s.local]] for s in [facet_sides(V.mesh, broken), *tied]])
    return hot | (marks([dofs[active]]) & marks([dofs[~active]]))
