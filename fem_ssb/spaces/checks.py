"""Checks of what the user gives: facets and cells that exist, the same story on all ranks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from dolfinx.mesh import CellType, Mesh
from mpi4py import MPI

from fem_ssb.errors import InputError, raise_on_all
from fem_ssb.spaces.exchange import from_owners
from fem_ssb.spaces.facets import Indices

SIMPLICES = (CellType.triangle, CellType.tetrahedron)


def checked_facets(domain: Mesh, sets: Sequence[npt.ArrayLike | None]) -> list[Indices]:
    """Sets of facets as index arrays, None as the empty set; collective.

    Raises:
        InputError: on all ranks, for a mesh that is not of simplices, or facets that are not local facets.
    """
    if domain.topology.cell_type not in SIMPLICES:
        raise InputError(f"the mesh must be of triangles or tetrahedra, not of {domain.topology.cell_type.name}s")
    fdim = domain.topology.dim - 1
    domain.topology.create_entities(fdim)
    facet_map = domain.topology.index_map(fdim)
    facets, error = [], None
    try:
        facets = [_facets(s, facet_map.size_local + facet_map.num_ghosts) for s in sets]
    except InputError as e:
        error = e
    raise_on_all(domain.comm, error)
    return facets


def checked_cells(domain: Mesh, active: npt.ArrayLike | None) -> npt.NDArray[np.bool_]:
    """A flag for each owned and ghost cell, as its owner says; all True for None; collective.

    Raises:
        InputError: on all ranks, for flags of another type or number, or if no cell is active.
    """
    cell_map = domain.topology.index_map(domain.topology.dim)
    size = cell_map.size_local + cell_map.num_ghosts
    flags = np.ones(size, dtype=bool) if active is None else np.asarray(active)
    error = None
    if flags.dtype != bool or flags.shape != (size,):
        error = InputError(
            f"active must be one bool for each of the {size} owned and ghost cells, not {flags.dtype} "
            f"of shape {flags.shape}"
        )
    raise_on_all(domain.comm, error)
    flags = from_owners(cell_map, flags[: cell_map.size_local]) == 1
    if not domain.comm.allreduce(bool(flags.any()), op=MPI.LOR):
        raise InputError("no active cell on any rank")
    return flags


def _facets(facets: npt.ArrayLike | None, size: int) -> Indices:
    array = np.asarray([] if facets is None else facets)
    if not array.size:
        return np.empty(0, dtype=np.int32)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise InputError(f"facets must be a flat array of integers, not {array.dtype} of shape {array.shape}")
    if array.min() < 0 or array.max() >= size:
        raise InputError(f"facets must be local facets, 0 to {size - 1}, not {array.min()} to {array.max()}")
    return array.astype(np.int32)
