"""Factorisations used more than once: that of an earlier matrix preconditions the next ones while it is good.

Between two sweeps of a fracture problem the stiffness changes in a few cells. Conjugate gradients with the factors of
an earlier stiffness then take a handful of iterations, each one substitution, where a new factorisation costs as
much as a dozen. When they take more than `LONG`, or fail, the next solve factorises anew.
"""

from __future__ import annotations

from typing import Any

from petsc4py import PETSc

LONG = 8  # a factorisation costs a dozen iterations
# Tolerances of the linear solve of the first sweep of a step, of further sweeps, and after the last one of the unknown
# itself: preconditioned with factors, the residual is its error.
FIRST, FURTHER, FINISH = 1e-3, 1e-2, 1e-9
SMALLEST = 1e-50
SYMMETRIC: dict[str, Any] = {
    "ksp_type": "cg",
    "ksp_max_it": 200,
    "pc_type": "cholesky",
    "pc_factor_mat_solver_type": "mumps",
    "mat_mumps_icntl_14": 60,
}
FACTORS = (PETSc.PC.Type.LU, PETSc.PC.Type.CHOLESKY)


class ReusedFactors:
    """Decides before each linear solve whether the factors of an earlier matrix are kept.

    Args:
        ksp: linear solver with its type set; one that is not iterative with a factorisation is left alone. It holds
            this object, which holds nothing of PETSc.

    Attributes:
        tolerance: of the next linear solves; None = the solver's own.
        error: that the next solves may leave, relative to `size`, whatever the tolerance.
        size: norm of the unknown at the beginning of the next solve.
        kept: linear solves with the factors of an earlier matrix.
        made: factorisations.
        active: whether this solver's factors are reused at all.
    """

    def __init__(self, ksp: PETSc.KSP):
        self.kept = self.made = 0
        self.tolerance: float | None = None
        self.error = self.size = 0.0
        self.active = self._good = False
        if ksp.getType() != PETSc.KSP.Type.PREONLY and ksp.getPC().getType() in FACTORS:
            self.active, self._own = True, ksp.getTolerances()[0]
            ksp.setPreSolve(self._before)
            ksp.setPostSolve(self._after)

    def _before(self, ksp: PETSc.KSP, b: PETSc.Vec, x: PETSc.Vec) -> None:
        rtol = self._own if self.tolerance is None else self.tolerance
        ksp.setTolerances(rtol=rtol, atol=max(self.error * self.size, SMALLEST))
        ksp.getPC().setReusePreconditioner(self._good)
        self.kept, self.made = self.kept + self._good, self.made + (not self._good)

    def _after(self, ksp: PETSc.KSP, b: PETSc.Vec, x: PETSc.Vec) -> None:
        reason: Any = ksp.getConvergedReason()
        self._good = reason > 0 and ksp.getIterationNumber() <= LONG
