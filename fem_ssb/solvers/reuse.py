"""Preconditioners used more than once: that of an earlier matrix serves the next ones while it is good.

Between two sweeps of a fracture problem, and between two iterations or steps of Newton, the stiffness changes in a few
cells. Conjugate gradients with the factors of an earlier stiffness then take a handful of iterations, each one
substitution, where a new factorisation costs as much as a dozen: when they take more than `LONG`, or fail, the next
solve factorises anew. A multigrid is made anew when all the iterations that its age has cost are as many as it costs
itself: whatever comes, that is at most twice what the best choice would take. Its iterations are counted by the
logarithm of the tolerance, for it may be another in each solve.
"""

from __future__ import annotations

import math
from typing import Any

from petsc4py import PETSc

LONG = 8  # a factorisation costs a dozen iterations
AGED = 40  # iterations: a multigrid costs ten, and seventy where its spaces jump elsewhere than before
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
MULTIGRIDS = (PETSc.PC.Type.PYTHON, PETSc.PC.Type.GAMG)


class ReusedPreconditioner:
    """Decides before each linear solve whether the preconditioner of an earlier matrix is kept.

    Args:
        ksp: linear solver with its type set; one that is neither iterative with a factorisation, nor conjugate
            gradients with a multigrid, is left alone. It holds this object, which holds nothing of PETSc.

    Attributes:
        tolerance: of the next linear solves; None = the solver's own.
        error: that the next solves may leave, relative to `size`, whatever the tolerance. For factors.
        size: norm of the unknown at the beginning of the next solve.
        kept: linear solves with the preconditioner of an earlier matrix.
        made: preconditioners.
        factors: whether what is reused is a factorisation.
        multigrid: whether it is a multigrid.
    """

    def __init__(self, ksp: PETSc.KSP):
        self.kept = self.made = 0
        self.tolerance: float | None = None
        self.error = self.size = 0.0
        kind, method = ksp.getPC().getType(), ksp.getType()
        self.factors = method != PETSc.KSP.Type.PREONLY and kind in FACTORS
        self.multigrid = method == PETSc.KSP.Type.CG and kind in MULTIGRIDS
        self._good = False
        self._pace, self._aged = math.inf, 0.0  # iterations to 1/e at best; what its age has cost the multigrid since
        if self.factors or self.multigrid:
            self._own = ksp.getTolerances()[0]
            ksp.setPreSolve(self._before)
            ksp.setPostSolve(self._after)

    def suffices(self, pc: PETSc.PC, residual: PETSc.Vec, size: float) -> bool:
        """Has a guess no more than the error that the next solve may leave? By the factors of an earlier matrix.

        Args:
            pc: those factors.
            residual: of the guess.
            size: norm of the guess.
        """
        if not self._good or not self.error:
            return False
        wrong = residual.duplicate()
        pc.apply(residual, wrong)
        error: Any = wrong.norm()
        wrong.destroy()
        return bool(error <= self.error * size)

    def _before(self, ksp: PETSc.KSP, b: PETSc.Vec, x: PETSc.Vec) -> None:
        rtol = self._own if self.tolerance is None else self.tolerance
        if self.factors:
            ksp.setTolerances(rtol=rtol, atol=max(self.error * self.size, SMALLEST))
        else:
            ksp.setTolerances(rtol=rtol)
        ksp.getPC().setReusePreconditioner(self._good)
        self.kept, self.made = self.kept + self._good, self.made + (not self._good)

    def _after(self, ksp: PETSc.KSP, b: PETSc.Vec, x: PETSc.Vec) -> None:
        reason: Any = ksp.getConvergedReason()
        count = ksp.getIterationNumber()
        if self.factors:
            self._good = reason > 0 and count <= LONG
            return
        if not self._good:
            self._pace, self._aged = math.inf, 0.0
        if reason > 0:
            decay = -math.log(ksp.getTolerances()[0])
            self._pace = min(self._pace, count / decay)
            self._aged += count - self._pace * decay
        # A matrix that is found indefinite is so with any preconditioner.
        able = reason > 0 or reason == PETSc.KSP.ConvergedReason.DIVERGED_INDEFINITE_MAT
        self._good = able and self._aged < AGED
