"""Cells and nodes on rank 0 → a distributed mesh."""

from __future__ import annotations

import basix.ufl
import numpy as np
import numpy.typing as npt
import ufl
from dolfinx.mesh import Mesh, create_mesh
from mpi4py import MPI

from fem_ssb.compat import shared_facet_partitioner
from fem_ssb.errors import InputError


def distribute(
    comm: MPI.Comm, cells: npt.NDArray[np.int64] | None, nodes: npt.NDArray[np.float64] | None, dim: int
) -> Mesh:
    """Mesh of straight simplices with shared-facet ghosts. Collective.

    Args:
        comm: MPI communicator.
        cells: node indices of each cell on rank 0, shape (m, dim + 1); None elsewhere.
        nodes: coordinates on rank 0, shape (n, dim); None elsewhere.
        dim: 2 or 3.

    Returns:
        the mesh; its `topology.original_cell_index` counts the cells as they are in `cells`.
    """
    element = basix.ufl.element("Lagrange", {2: "triangle", 3: "tetrahedron"}[dim], 1, shape=(dim,))
    if cells is None or nodes is None:
        cells, nodes = np.zeros((0, dim + 1), dtype=np.int64), np.zeros((0, dim))
    return create_mesh(comm, cells, ufl.Mesh(element), np.ascontiguousarray(nodes), shared_facet_partitioner())


def check_ranks(cells: int, ranks: int) -> None:
    """Refuse more ranks than cells.

    Raises:
        InputError: if some rank would be left without a cell.
    """
    if cells < ranks:
        raise InputError(f"{cells} cells cannot be shared by {ranks} ranks: use fewer ranks or a finer mesh")
