"""A bounded unknown (damage): reduced-space active-set Newton that keeps lower ≤ d ≤ upper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from dolfinx import fem
from mpi4py import MPI
from petsc4py import PETSc

from fem_ssb.errors import ConvergenceError
from fem_ssb.problem.fields import Field
from fem_ssb.solvers.newton import JIT, Problem, named


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
    ):
        assert field.bounds is not None
        self.field, self.function, self.lower = field, function, lower
        self.iterations = 0
        settings = {
            "snes_type": "vinewtonrsls",
            "snes_linesearch_type": "basic",
            "snes_rtol": 1e-10,
            "snes_atol": 1e-12 * field.flux,
            "snes_stol": 0.0,
            "snes_max_it": 60,
            "ksp_rtol": 1e-10,
            **options,
        }
        self._problem = Problem(
            residual, function, bcs=bcs, petsc_options_prefix=prefix, petsc_options=settings, jit_options=JIT
        )
        self._low, self._high = self._problem.x.duplicate(), self._problem.x.duplicate()
        self._high.set(field.bounds[1])

    def solve(self) -> float:
        """Solve in place; returns the largest change of the unknown.

        Raises:
            ConvergenceError: with PETSc's reason.
        """
        before = self.function.x.array.copy()
        self._low.array_w[:] = self.lower.x.array[: self._low.local_size]
        self._problem.solver.setVariableBounds(self._low, self._high)
        self._problem.solve()
        self.iterations = self._problem.solver.getIterationNumber()
        reason = self._problem.solver.getConvergedReason()
        linear = self._problem.solver.getKSP().getConvergedReason()
        if reason <= 0:
            raise ConvergenceError(
                f"bounded Newton for {self.field.name} did not converge in {self.iterations} iterations "
                f"({named(PETSc.SNES, reason)}, linear solver: {named(PETSc.KSP, linear)})"
            )
        change = float(np.abs(self.function.x.array - before).max(initial=0.0))
        return float(self._problem.solver.comm.tompi4py().allreduce(change, op=MPI.MAX))
