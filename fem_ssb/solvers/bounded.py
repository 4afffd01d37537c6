"""A bounded unknown (damage): reduced-space active-set Newton that keeps lower ≤ d ≤ upper.

Where the residual is affine in the unknown (AT1, AT2) its matrix is assembled once a solve, however often the active
set moves.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from dolfinx import fem
from dolfinx.fem.petsc import assemble_jacobian
from mpi4py import MPI
from petsc4py import PETSc

from fem_ssb.errors import ConvergenceError
from fem_ssb.problem.fields import Field
from fem_ssb.solvers.acceleration import Anderson
from fem_ssb.solvers.foresight import Trend
from fem_ssb.solvers.newton import JIT, Problem, is_linear, named

LARGEST_GUESS = 0.1  # growth in a step up to which it is taken to go on; a crack that begins to run is not foreseen


class BoundedNewton:
    """SNES `vinewtonrsls` for one field; the lower bound is the last accepted value (irreversible).

    Args:
        field: declaration with bounds.
        function: the unknown, changed in place.
        lower: function that holds the lower bound.
        residual: UFL residual.
        bcs: Dirichlet conditions.
        prefix: PETSc options prefix.
        options: PETSc options.
        tolerance: change of the unknown down to which a solution is improved by acceleration before others see it;
            infinite: never.
        strides: let a running crack be carried on by strides, see `Anderson`.

    Attributes:
        course: owned values of the unknown before and after the last solve, without acceleration.
    """

    def __init__(
        self,
        field: Field,
        function: fem.Function,
        lower: fem.Function,
        residual: Any,
        bcs: Sequence[fem.DirichletBC],
        *,
        prefix: str,
        options: Mapping[str, Any],
        tolerance: float = np.inf,
        strides: bool = True,
    ):
        assert field.bounds is not None
        self.field, self.function, self.lower = field, function, lower
        self.iterations, self.tolerance = 0, tolerance
        self.acceleration = Anderson(function.function_space.mesh.comm, strides=strides)
        self._linear, self._assembled, self._bcs = is_linear(residual, function), False, list(bcs)
        settings = {
            "snes_type": "vinewtonrsls",
            "snes_linesearch_type": "basic",
            "snes_rtol": 1e-9,
            "snes_atol": 1e-12 * field.flux,
            "snes_stol": 0.0,
            "snes_max_it": 60,
            "ksp_rtol": 1e-9,
            **options,
        }
        self._problem = Problem(
            residual, function, bcs=bcs, petsc_options_prefix=prefix, petsc_options=settings, jit_options=JIT
        )
        me = weakref.proxy(self)  # no cycle, see `BlockNewton`
        A = self._problem.A
        self._problem.solver.setJacobian(lambda snes, x, A, P: me._jacobian(snes, x, A), A, A)
        self._low, self._high = self._problem.x.duplicate(), self._problem.x.duplicate()
        self._high.set(field.bounds[1])
        self._solution: np.ndarray | None = None
        self.course = (np.empty(0), np.empty(0))
        self._trend = Trend(lower)

    def begin(self) -> None:
        """A step begins."""
        self.acceleration.restart()
        self._solution = None

    def retreat(self) -> bool:
        """Put the last solution in place of what acceleration made of it; returns whether that is anything else."""
        if self._solution is None:
            return False
        self.function.x.array[:] = self._solution
        self._solution = None
        self.acceleration.rest()
        return True

    def foresee(self, time: float, dt: float) -> bool:
        """Start a step from damage that goes on growing as in the last accepted step; returns whether it may.

        Args:
            time: at the end of the step [s].
            dt: its length [s].
        """
        growth = self._trend.growth(time, dt)
        largest = self._problem.solver.comm.tompi4py().allreduce(float(growth.max(initial=0.0)), op=MPI.MAX)
        if largest > LARGEST_GUESS:
            return False
        if largest > 0.0 and self.field.bounds is not None:
            old = self.lower.x.array
            self.function.x.array[:] = np.clip(old + growth, old, self.field.bounds[1])
        return True

    def solve(self) -> float:
        """Solve in place; returns the largest change of the unknown.

        While it changes by more than the tolerance, what is left in place is not the solution but an accelerated one.

        Raises:
            ConvergenceError: with PETSc's reason.
        """
        before = self.function.x.array.copy()
        self._low.array_w[:] = self.lower.x.array[: self._low.local_size]
        self._problem.solver.setVariableBounds(self._low, self._high)
        self._assembled = False
        self._problem.solve()
        self.iterations = self._problem.solver.getIterationNumber()
        reason = self._problem.solver.getConvergedReason()
        linear = self._problem.solver.getKSP().getConvergedReason()
        if reason <= 0:
            raise ConvergenceError(
                f"bounded Newton for {self.field.name} did not converge in {self.iterations} iterations "
                f"({named(PETSc.SNES, reason)}, linear solver: {named(PETSc.KSP, linear)})"
            )
        now = self.function.x.array
        local = float(np.abs(now - before).max(initial=0.0))
        change = float(self._problem.solver.comm.tompi4py().allreduce(local, op=MPI.MAX))
        size = self._low.local_size
        self.course = before[:size], now[:size].copy()
        self._solution = None
        if change > self.tolerance:
            self._solution = now.copy()
            better = self.acceleration(*self.course)
            now[:size] = np.clip(better, self._low.array_r, self._high.array_r)
            self.function.x.scatter_forward()
        return change

    def _jacobian(self, snes: PETSc.SNES, x: PETSc.Vec, A: PETSc.Mat) -> None:
        if self._linear and self._assembled:
            return
        assemble_jacobian(snes, x, A, A, self.function, self._problem.J, None, self._bcs)
        self._assembled = True
