"""A function space and what is needed to solve on it, where some cells or dofs have no unknown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import ufl
from dolfinx import default_scalar_type, fem

from fem_ssb.spaces.exchange import shared_marks
from fem_ssb.spaces.facets import Indices, closure_dofs, facet_sides
from fem_ssb.spaces.interpolation import interpolate


@dataclass(frozen=True)
class Space:
    """A DOLFINx function space and what is needed to solve on it.

    Where the field has no unknown, dof lists refer to dummies. They are held at zero by `bcs`, and their diagonal
    has to be in the sparsity pattern, by `anchor_form`; direct and multigrid solvers fail, some silently, without.

    Attributes:
        V: the function space.
        active: cells (owned and ghost) with at least one true dof, shape (cells,).
        dummy: local dummies (block indices), owned and ghost; empty if there are none here.
        anchor: owned cells that together have every owned dummy; empty if there are none here.
        num_dofs: unknowns of all ranks together (blocks times block size), without the dummies.
        num_dummies: dummies (blocks) of all ranks together.
        true: (cell, dof) pairs with a true dof, shape (cells, dofs of a cell); None if all are.
    """

    V: fem.FunctionSpace
    active: npt.NDArray[np.bool_]
    num_dofs: int
    dummy: Indices = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    anchor: Indices = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    num_dummies: int = 0
    true: npt.NDArray[np.bool_] | None = None

    def bcs(self) -> list[fem.DirichletBC]:
        """The condition that holds the dummies at zero; an empty list if there are none on any rank."""
        return [fem.dirichletbc(fem.Function(self.V), self.dummy)] if self.num_dummies else []

    def anchor_form(self, u: Any, v: Any, dx: ufl.Measure | None = None) -> ufl.Form | int:
        """The term 0 · u · v over the anchor cells, which brings the dummies' diagonal into the pattern.

        Args:
            u: function or trial function of this space.
            v: test function of this space.
            dx: measure over exactly the cells `anchor`. DOLFINx wants one subdomain data for all ``dx`` of a form,
                so give it where the form has marked cells: add ``(id, space.anchor)`` to the list and pass
                ``dx(id)``. Without, the measure is made here.

        Returns:
            A form, or 0 if there are no dummies on any rank; add it to the residual or the bilinear form.
        """
        if not self.num_dummies:
            return 0
        domain = self.V.mesh
        if dx is None:
            dx = ufl.Measure("dx", domain=domain, subdomain_data=[(0, self.anchor)])(0)
        return fem.Constant(domain, default_scalar_type(0)) * ufl.inner(u, v) * dx

    def dofs(self, facets: npt.ArrayLike) -> Indices:
        """True dofs on facets, also those that only another rank sees there; collective.

        Args:
            facets: owned facets, shape (n,): the dofs on all their sides; or pairs (cell, facet of the cell), shape
                (n, 2): the dofs on that side.

        Returns:
            Local dofs (block indices), owned and ghost, ascending; to be used in ``fem.dirichletbc``.
        """
        facets = np.asarray(facets, dtype=np.int32)
        if facets.ndim == 2:
            cell, local = facets.T
        else:
            sides = facet_sides(self.V.mesh, facets)
            cell, local = sides.cell, sides.local
        dofmap = self.V.dofmap
        position = closure_dofs(dofmap, self.V.mesh.topology.dim - 1)[local]
        found = dofmap.list[cell[:, None], position]
        if self.true is not None:
            found = found[self.true[cell[:, None], position]]
        return np.flatnonzero(shared_marks(dofmap.index_map, found.reshape(-1))).astype(np.int32)

    def first_dof(self) -> Indices:
        """One true dof of the whole space, where this rank has it, owned or ghost (block index); collective."""
        index_map = self.V.dofmap.index_map
        free = np.setdiff1d(np.arange(index_map.size_local), self.dummy)
        first = index_map.local_range[0] + int(free[0]) if len(free) else index_map.size_global
        chosen = min(self.V.mesh.comm.allgather(first))
        every = index_map.local_to_global(np.arange(index_map.size_local + index_map.num_ghosts, dtype=np.int32))
        return np.flatnonzero(every == chosen).astype(np.int32)

    def interpolate(
        self, function: fem.Function, value: Any | Callable[..., Any], cells: npt.ArrayLike | None = None
    ) -> None:
        """Interpolate into a function on some cells and leave its other dofs as they are; collective.

        Copies of a dof outside of the cells are not touched, so that going through the regions one by one gives a
        field with jumps. Values reach dofs whose owner has none of the cells, and ghosts are up to date at the end.

        Args:
            function: function of this space.
            value: number or array (constant), callable of points x with shape (3, n), or UFL expression.
            cells: owned local cells; all active cells if None.
        """
        if cells is None:
            owned = self.V.mesh.topology.index_map(self.V.mesh.topology.dim).size_local
            cells = np.flatnonzero(self.active[:owned])
        interpolate(function, value, np.asarray(cells, dtype=np.int32), self.true)
