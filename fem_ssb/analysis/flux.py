"""The flux density through boundaries where a field is held, from residuals and not from one-sided gradients.

The residual of a held unknown is ∫ q N ds with the flux density q into the body and its shape function N. With the
linear hat functions N_i the nodal averages are

    q_i = ∫ q N_i ds / ∫ N_i ds = r_i / ∫ N_i ds,

an average over the facets that meet in node i. The total is the reaction to rounding. Smooth boundaries are drawn by
flat facets, whose edges and corners spoil point values to first order in the cell size; the averages converge with its
square in 2D and to some tenths of a percent on usual meshes in 3D. Where the exact flux is infinite, they grow as the
mesh is refined.
Source: Carey, Chow & Seager, Comput. Methods Appl. Mech. Eng. 50 (1985) 107.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import ufl
from dolfinx import fem
from dolfinx.fem.petsc import interpolation_matrix
from mpi4py import MPI

from fem_ssb.errors import InputError, unknown
from fem_ssb.problem.fields import Field
from fem_ssb.problem.state import State
from fem_ssb.spaces import Space, broken_space
from fem_ssb.spaces.assembly import assembled

if TYPE_CHECKING:
    from fem_ssb.problem.model import Model


class BoundaryFlux:
    """Flux density of a scalar field into the body at all boundaries where it is held; collective.

    Args:
        model: a model, built or not.
        field: a scalar field that is held somewhere, e.g. "ionic_potential" (A/m²) or "temperature" (W/m²).

    Attributes:
        values: nodal averages, zero away from the held boundaries; brought up to date by `evaluate`.

    Raises:
        InputError: on all ranks, for a field that is not solved, is a vector or is held nowhere.
    """

    def __init__(self, model: Model, field: str):
        state = model.state
        if field not in state.fields:
            raise unknown("field", field, state.fields)
        if state.fields[field].shape:
            raise InputError(f"{field} is a vector: a boundary flux is that of a scalar field")
        held = sorted({c.boundary for c in model.conditions if c.field == field and c.held})
        if not held:
            raise InputError(f"{field} is held nowhere: its flux through the boundaries is what the loads say")
        self._model, self._field = model, field
        fine = state.spaces[field]
        self._space = fine if state.fields[field].degree == 1 else _linear(state, state.fields[field])
        self._to_fine = None if self._space is fine else interpolation_matrix(self._space.V, fine.V)
        if self._to_fine is not None:
            self._to_fine.assemble()
        self.values = fem.Function(self._space.V, name=f"flux of {field}")
        weights = assembled(fem.form(sum(ufl.TestFunction(self._space.V) * state.ds(b) for b in held)))
        self._nodes = np.flatnonzero(weights > 0)
        self._weights = weights[self._nodes]

    def evaluate(self) -> fem.Function:
        """Bring `values` up to date with the model's last solution."""
        residual = self._model.balances.residual(self._field)
        if self._to_fine is not None:
            r, coarse = self._to_fine.createVecLeft(), self._to_fine.createVecRight()
            r.array[:] = residual
            self._to_fine.multTranspose(r, coarse)
            residual = coarse.array_r.copy()
            r.destroy()
            coarse.destroy()
        self.values.x.array[:] = 0.0
        self.values.x.array[self._nodes] = residual[self._nodes] / self._weights
        self.values.x.scatter_forward()
        return self.values

    def at(self, boundary: str) -> dict[str, float]:
        """Mean over the area, and smallest and largest nodal average on a boundary: {"mean", "min", "max"}."""
        state = self._model.state
        dofs = np.intersect1d(self._space.dofs(state.mesh.boundary(boundary)), self._nodes)
        nodal: npt.NDArray[np.float64] = self.values.x.array[dofs]
        comm = state.mesh.comm
        total = float(state.integrate(fem.form(self.values * state.ds(boundary)))[0])
        return {
            "mean": total / self._model.boundary_conditions.area(boundary),
            "min": comm.allreduce(float(nodal.min(initial=np.inf)), op=MPI.MIN),
            "max": comm.allreduce(float(nodal.max(initial=-np.inf)), op=MPI.MAX),
        }


def _linear(state: State, field: Field) -> Space:
    """The linear space of a field: the same regions, jumps and tied boundaries."""
    facets = [state.mesh.interface(n).facets for n in field.jumps]
    broken = np.unique(np.concatenate(facets)).astype(np.int32) if facets else None
    active = None
    if field.regions is not None and set(field.regions) != set(state.mesh.region_names):
        active = np.isin(state.mesh.region_of_cell, [state.mesh.region_index(r) for r in field.regions])
    tied = [state.mesh.boundary(b) for b in field.tied]
    return broken_space(state.domain, ("Lagrange", 1), broken=broken, active=active, tied=tied, periodic=state.periodic)
