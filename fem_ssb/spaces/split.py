"""The geometry of a mesh split at the jumps of a space, for output."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fem_ssb.errors import InputError
from fem_ssb.spaces.space import Space


def split_geometry(space: Space) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], int]:
    """Points and cells of the mesh, with one point for each copy of a vertex; purely local.

    Block i of ``u.x.array``, for a function u of the space, is its value at owned point i.

    Args:
        space: a P1 space (scalar or blocked) on all cells of the mesh, broken or not.

    Returns:
        Owned points, shape (n, 3); owned cells by global number of their points, shape (m, dim + 1), in the order
        of the reference simplex, which is also VTK's; global number of the first owned point.

    Raises:
        InputError: the space is not P1, or some cells have no unknown.
    """
    V, dofmap = space.V, space.V.dofmap
    vertices = V.mesh.topology.dim + 1
    layout = dofmap.dof_layout
    if dofmap.list.shape[1] != vertices or any(layout.entity_dofs(0, i) != [i] for i in range(vertices)):
        raise InputError("split_geometry needs a P1 space: broken_space(domain, ('Lagrange', 1), ...)")
    if space.num_dummies:
        raise InputError("split_geometry needs a space on all cells: leave out `active`")
    owned_cells = V.mesh.topology.index_map(V.mesh.topology.dim).size_local
    points = V.tabulate_dof_coordinates()[: dofmap.index_map.size_local]
    cells = dofmap.index_map.local_to_global(np.ascontiguousarray(dofmap.list[:owned_cells]).reshape(-1))
    return points, cells.reshape(-1, vertices), int(dofmap.index_map.local_range[0])
