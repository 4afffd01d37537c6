"""What differs between DOLFINx 0.10 and 0.11, in one place."""

from __future__ import annotations

from typing import Any

import dolfinx
import numpy as np
import numpy.typing as npt
from dolfinx.mesh import GhostMode, Mesh, create_cell_partitioner

DOLFINX = tuple(int(part) for part in dolfinx.__version__.split(".")[:2])


def shared_facet_partitioner() -> Any:
    """Cell partitioner whose ghosts make every owned interior facet see both of its cells."""
    create: Any = create_cell_partitioner
    return create(GhostMode.shared_facet, 2) if DOLFINX >= (0, 11) else create(GhostMode.shared_facet)


def geometry_degree(domain: Mesh) -> int:
    """Polynomial degree of the coordinate element of a mesh with one cell type."""
    if DOLFINX >= (0, 11):
        return domain.geometry.cmaps[0].degree
    return domain.geometry.cmap.degree


def geometry_dofmap(domain: Mesh) -> npt.NDArray[np.int32]:
    """Coordinate nodes of each owned and ghost cell, for a mesh with one cell type."""
    if DOLFINX >= (0, 11):
        return domain.geometry.dofmaps[0]
    return domain.geometry.dofmap
