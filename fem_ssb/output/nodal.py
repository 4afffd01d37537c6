"""Fields of any Lagrange degree as values at the nodes of a mesh that is split at its interfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import basix
import numpy as np
import numpy.typing as npt
from dolfinx import fem, la

from fem_ssb.errors import InputError

if TYPE_CHECKING:
    from fem_ssb.spaces import Space

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class SplitNodes:
    """Brings fields to the nodes of a broken P1 space, cell by cell, so that jumps stay jumps.

    A split node belongs to the cells on one side of the interfaces. Its value is the mean over those of its cells
    in which the field lives; they agree for a field that is continuous there, so the mean is the value. A node
    with no such cell gets NaN.

    Args:
        space: P1 scalar space, broken at all interfaces.
    """

    def __init__(self, space: Space) -> None:
        V = space.V
        domain = V.mesh
        self._cells = domain.topology.index_map(domain.topology.dim).size_local
        self._nodes = V.dofmap.list[: self._cells]
        self._map = V.dofmap.index_map
        self._vertices = basix.geometry(domain.basix_cell())
        self._domain = domain

    @property
    def size(self) -> int:
        """Number of split nodes that this rank owns."""
        return self._map.size_local

    def values(self, u: fem.Function, where: Space | BoolArray | None = None, *, name: str = "field") -> FloatArray:
        """Values at this rank's split nodes: `means(sums(…))`. Collective.

        Args:
            u: field of a Lagrange element (scalar, vector or tensor), ghosts up to date.
            where: where the field lives: its `Space` (dummy unknowns are left out), or a mask over owned and
                ghost cells; default: everywhere.
            name: what the field is called in an error.

        Returns:
            Array of shape (size, components), NaN where the field does not live.

        Raises:
            InputError: for a field of another mesh or not of a Lagrange element.
        """
        return self.means(self.sums(u, where, name=name))

    def sums(self, u: fem.Function, where: Space | BoolArray | None = None, *, name: str = "field") -> FloatArray:
        """What this rank's cells add at its owned and ghost nodes: values, and in the last column how many cells."""
        table = self._table(u, name)
        components = u.function_space.dofmap.bs
        dofs = u.function_space.dofmap.list[: self._cells]
        at_vertices = np.einsum("vd,cdb->cvb", table, u.x.array.reshape(-1, components)[dofs])
        lives = self._lives(where, dofs, table, u.x.array.size // components)
        nodes, seen = self._nodes[lives], at_vertices[lives]
        size = self._map.size_local + self._map.num_ghosts
        columns = [np.bincount(nodes, weights=seen[:, i], minlength=size) for i in range(components)]
        return np.stack([*columns, np.bincount(nodes, minlength=size)], axis=1)

    def means(self, sums: FloatArray) -> FloatArray:
        """Values at this rank's nodes from what all ranks add there. Collective."""
        total = la.vector(self._map, sums.shape[1])
        total.array[:] = sums.reshape(-1)
        total.scatter_reverse(la.InsertMode.add)
        owned = total.array.reshape(sums.shape)[: self.size]
        with np.errstate(invalid="ignore"):
            return owned[:, :-1] / owned[:, -1:]

    def _table(self, u: fem.Function, name: str) -> FloatArray:
        """Basis functions at the vertices of the reference cell, shape (vertices, dofs of a cell)."""
        element = u.function_space.ufl_element()
        scalar = element.sub_elements[0] if element.block_size > 1 else element
        if u.function_space.mesh.topology != self._domain.topology:
            raise InputError(f"the field '{name}' lives on another mesh than the series")
        if getattr(scalar, "element_family", None) != basix.ElementFamily.P:
            raise InputError(f"the field '{name}' must be of a Lagrange element to be written at nodes, not {element}")
        table = scalar.tabulate(0, self._vertices)[0]
        return np.where(np.abs(table) < 1e-12, 0.0, table)

    def _lives(self, where: Any, dofs: npt.NDArray, table: FloatArray, n_dofs: int) -> BoolArray:
        """Mask (cells, vertices): the field has true values there."""
        lives = np.ones(self._nodes.shape, dtype=bool)
        if where is None:
            return lives
        lives &= np.asarray(getattr(where, "active", where), dtype=bool)[: self._cells, None]
        dummy = np.zeros(n_dofs, dtype=bool)
        dummy[getattr(where, "dummy", [])] = True
        return lives & ~((dummy[dofs].astype(np.int8) @ (table != 0.0).T.astype(np.int8)) > 0)
