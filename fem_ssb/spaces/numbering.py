"""A function space from the global numbers of the dofs of each cell."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from dolfinx import cpp
from dolfinx.fem import FunctionSpace

Integers = npt.NDArray[np.int64]

_TAG = 1236


def with_numbers(V: FunctionSpace, number: Integers, starts: Integers) -> tuple[FunctionSpace, npt.NDArray[np.int32]]:
    """The space whose cells have dofs of the given global numbers; collective.

    Args:
        V: the plain space, for element and layout.
        number: global number of each (cell, dof) pair.
        starts: first number of each rank, and the number of all, shape (ranks + 1,).

    Returns:
        The space, and the local number of each pair.
    """
    comm, plain = V.mesh.comm, V.dofmap
    start, end = starts[comm.rank : comm.rank + 2]
    here = (number >= start) & (number < end)
    ghosts, ghost = np.unique(number[~here], return_inverse=True)
    local = np.empty(number.shape, dtype=np.int32)
    local[here] = number[here] - start
    local[~here] = end - start + ghost
    ghost_owner = (np.searchsorted(starts, ghosts, side="right") - 1).astype(np.int32)
    index_map = cpp.common.IndexMap(comm, int(end - start), ghosts, ghost_owner, _TAG)
    adjacency = cpp.graph.AdjacencyList_int32(local)
    dofmap = cpp.fem.DofMap(plain.dof_layout, index_map, plain.index_map_bs, adjacency, plain.bs)
    cpp_space = type(V._cpp_object)(V.mesh._cpp_object, V.element._cpp_object, dofmap)
    return FunctionSpace(V.mesh, V.ufl_element(), cpp_space), local
