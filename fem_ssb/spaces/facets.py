"""The facets of a simplex mesh as arrays: their cells, their place in each cell, their dofs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from dolfinx.fem import DofMap
from dolfinx.mesh import Mesh, exterior_facet_indices
from mpi4py import MPI

from fem_ssb.errors import InputError

Indices = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Sides:
    """The sides of facets: one row for each (facet, cell) pair.

    Attributes:
        facet: position in the array of facets asked for.
        cell: local cell.
        local: which facet of the cell it is.
    """

    facet: npt.NDArray[np.intp]
    cell: Indices
    local: Indices


def facet_sides(domain: Mesh, facets: npt.NDArray[np.integer]) -> Sides:
    """All local cells at the given local facets; collective the first time on a mesh.

    Args:
        domain: simplex mesh.
        facets: local facets, shape (n,).
    """
    to_cells, to_facets = _connectivity(domain)
    facets = np.asarray(facets, dtype=np.int32)
    first, count = to_cells.offsets[facets], np.diff(to_cells.offsets)[facets]
    position = np.repeat(np.arange(len(facets)), count)
    within = np.arange(len(position)) - np.repeat(np.cumsum(count) - count, count)
    cell = to_cells.array[first[position] + within]
    local = np.argmax(to_facets[cell] == facets[position, None], axis=1).astype(np.int32)
    return Sides(position, cell, local)


def interior_facets(domain: Mesh, *, ghosts: bool = False) -> tuple[Indices, Indices, Indices]:
    """Facets between two local cells; collective the first time on a mesh.

    Args:
        domain: simplex mesh.
        ghosts: with the facets owned by other ranks that have both cells here.

    Returns:
        Facets, shape (n,); their cells, shape (n, 2); the facet's number in each cell, shape (n, 2).
    """
    to_cells, to_facets = _connectivity(domain)
    count = np.diff(to_cells.offsets)
    if not ghosts:
        count = count[: domain.topology.index_map(domain.topology.dim - 1).size_local]
    facets = np.flatnonzero(count == 2).astype(np.int32)
    first = to_cells.offsets[facets]
    cells = np.stack([to_cells.array[first], to_cells.array[first + 1]], axis=1)
    local = np.stack([np.argmax(to_facets[c] == facets[:, None], axis=1) for c in cells.T], axis=1)
    return facets, cells, local.astype(np.int32)


def oriented_entities(domain: Mesh, labels: npt.NDArray[np.integer]) -> tuple[Indices, Indices]:
    """Owned facets between cells of different labels, oriented from the smaller label to the larger.

    Args:
        domain: simplex mesh with shared-facet ghosts.
        labels: one integer for each owned and ghost cell.

    Returns:
        Facets, shape (n,), and entities for a ``dS`` integral, shape (n, 4): cell and local facet on the "+"
        side (smaller label), cell and local facet on the "-" side.
    """
    facets, cells, local = interior_facets(domain)
    labels = np.asarray(labels)[cells]
    differ = labels[:, 0] != labels[:, 1]
    facets, cells, local, labels = facets[differ], cells[differ], local[differ], labels[differ]
    plus = np.argmin(labels, axis=1)
    rows = np.arange(len(facets))
    columns = [cells[rows, plus], local[rows, plus], cells[rows, 1 - plus], local[rows, 1 - plus]]
    return facets, np.stack(columns, axis=1).astype(np.int32)


def closure_dofs(dofmap: DofMap, fdim: int) -> npt.NDArray[np.int32]:
    """Positions, in a cell's list of dofs, of the dofs on each facet; shape (facets of a cell, dofs of a facet)."""
    return np.array([dofmap.dof_layout.entity_closure_dofs(fdim, i) for i in range(fdim + 2)], dtype=np.int32)


def require_both_cells(domain: Mesh) -> None:
    """Collective check that every facet between two cells has both of them on its owner.

    Raises:
        InputError: on all ranks, if the mesh has no shared-facet ghosts.
    """
    to_cells, _ = _connectivity(domain)
    owned = domain.topology.index_map(domain.topology.dim - 1).size_local
    single = np.count_nonzero(np.diff(to_cells.offsets)[:owned] == 1)
    alone = single - len(exterior_facet_indices(domain.topology))
    if domain.comm.allreduce(alone, op=MPI.SUM):
        raise InputError(
            "mesh without ghost cells: an interior facet on a process boundary has one cell only; "
            "make it with ghost_mode=GhostMode.shared_facet (or a partitioner made with it)"
        )


def _connectivity(domain: Mesh):
    tdim = domain.topology.dim
    domain.topology.create_entities(tdim - 1)
    domain.topology.create_connectivity(tdim - 1, tdim)
    domain.topology.create_connectivity(tdim, tdim - 1)
    to_cells = domain.topology.connectivity(tdim - 1, tdim)
    return to_cells, domain.topology.connectivity(tdim, tdim - 1).array.reshape(-1, tdim + 1)
