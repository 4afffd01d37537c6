"""Newton's method for several fields at once, scaled so that every field counts alike.

The unknowns are SI fields u_b. PETSc sees x_b = u_b/S_b and f_b = F_b/f_b⁰ with the scale S_b and the flux scale
f_b⁰ of each field, so that a millivolt, a kelvin and a micrometre weigh the same in norms, in the line search and
in the linear solver's tolerance.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import ufl
from dolfinx import fem, la
from dolfinx.fem.petsc import NonlinearProblem, assemble_jacobian, assemble_residual, assign
from mpi4py import MPI
from petsc4py import PETSc

from fem_ssb.errors import ConvergenceError
from fem_ssb.problem.fields import Field
from fem_ssb.solvers.foresight import Trend
from fem_ssb.solvers.reuse import ReusedPreconditioner
from fem_ssb.solvers.split import split_tangent

# Full steps first: where a current sets the potentials, a new temperature moves them far at once, and a search for
# a smaller residual would creep along the curved valley between both. Backtracking is for what overshoots.
LINE_SEARCHES = ("basic", "bt")
NOT_A_NUMBER = -4  # SNES_DIVERGED_FUNCTION_NANORINF, whose name in Python changed between PETSc versions
QUADRATIC = 1e-3  # updates [scales] below which Newton takes full steps
STALLED = 6  # iterations of full steps that must halve the residual: what softens can make them go round for ever
EASING = tuple(float(x) for x in 10.0 ** np.arange(1.0, -6.5, -0.5))
LINEAR_TOLERANCE = 1e-10  # of the only linear solve of a linear problem
INNER_TOLERANCE = 1e-5  # of a linear solve within Newton, which repeats it until the update vanishes
# Of linear solves of inexact Newton: the first, the loosest while it is still sought which points of interfaces soften,
# and the tightest. With a multigrid that is kept, 0.65 of the iterations over the fracture of a polycrystal.
FIRST, LOOSEST, TIGHTEST = 0.1, 0.3, 1e-3
# Gain of an iteration from which on it is no longer sought, so that the next update can be told within some factor, and
# share of `update_tolerance` that this next one may have: forces then balance to 1e-11.
SETTLED, FORESEEN = 0.1, 0.1
JIT = {"cffi_extra_compile_args": ["-O2"]}


class Problem(NonlinearProblem):
    """DOLFINx's problem without its `__del__`.

    That destroys PETSc objects, which all ranks must do together, at whatever time Python drops the problem on one
    rank: a traceback or a cycle is enough for two models in one script to hang. petsc4py keeps dropped objects for
    `PETSc.garbage_cleanup`, which the next model calls.
    """

    def __del__(self) -> None:
        """Leave the PETSc objects to petsc4py."""


class BlockNewton:
    """One SNES over a list of fields.

    Convergence: the last full Newton update of every field is below `update_tolerance` of its scale (its error is
    then of the order of the square), or the scaled residual is below `residual_tolerance` times its first value and
    the update below its root. Anything else is an error, never a result. A single field whose residual is affine in it
    takes one linear solve, which converges to `ksp_rtol` or is an error.

    Where interfaces soften and the linear solver is a multigrid, Newton is inexact, unless `ksp_rtol` is given: with
    the gain g = |F_k|/|F_{k−1}| the tolerance of a linear solve is g² within bounds (the second choice of Eisenstat &
    Walker, SIAM J. Sci. Comput. 17 (1996) 16), and g times the last update is the next one, which must be below a
    tenth of `update_tolerance`.

    Laws that level off leave Newton without a slope where a guess has gone too far. Where it fails and the residuals
    have the constant `ease`, the slope that those laws are given beside their own, it goes on from `EASING` to none.

    Args:
        fields: declarations, in the order of the blocks.
        functions: the unknowns, changed in place.
        residuals: UFL residual forms.
        bcs: Dirichlet conditions.
        prefix: PETSc options prefix, unique in the programme.
        options: PETSc options of the SNES, KSP and PC.
        ease: a constant of the residuals, 0 in every result.
        old: of a single field, its last accepted value, from which `foresee` goes on.
    """

    def __init__(
        self,
        fields: Sequence[Field],
        functions: Sequence[fem.Function],
        residuals: Sequence[Any],
        bcs: Sequence[fem.DirichletBC],
        *,
        prefix: str,
        options: Mapping[str, Any],
        update_tolerance: float = 1e-8,
        residual_tolerance: float = 1e-12,
        largest_iterations: int = 40,
        ease: fem.Constant | None = None,
        old: fem.Function | None = None,
    ):
        self.fields, self.functions, self.bcs = list(fields), list(functions), list(bcs)
        self.update_tolerance, self.residual_tolerance = update_tolerance, residual_tolerance
        self.iterations = self.linear_iterations = 0
        self._norms: list[float] = []  # of the residual, iteration by iteration
        self._impatient = False
        self._trend, self._foreseen = None if old is None else Trend(old), False
        self.linear = len(self.fields) == 1 and is_linear(residuals[0], self.functions[0])
        self._ease = ease if any(ease in r.constants() for r in residuals) else None
        self._problem = p = _problem(list(residuals), self.functions, self.bcs, prefix)
        single = len(self.fields) == 1
        self.split = split_tangent(residuals[0], self.functions[0], JIT) if single else None
        self.snes = p.solver
        self._blocks = p.b.getAttr("_blocks") or ((0, p.b.getLocalSize()), (0,), 0)
        self._si, self._scaled = p.x.duplicate(), p.x.duplicate()
        self._column, self._row = p.x.duplicate(), p.x.duplicate()
        for k, f in enumerate(self.fields):
            self._column.array_w[self.block(k)] = f.scale
            self._row.array_w[self.block(k)] = 1 / f.flux
        if len(self.fields) > 1:
            self._si.setAttr("_blocks", self._blocks)
        me = weakref.proxy(self)  # no cycle: solvers are freed on all ranks at once, not when a collector comes by
        self.snes.setFunction(lambda snes, x, f: me._residual(snes, x, f), p.b)
        self.snes.setJacobian(lambda snes, x, A, P: me._jacobian(snes, x, A, P), p.A, p.A)
        kind = "ksponly" if self.linear else "newtonls"
        settings = {
            "snes_type": kind,
            "snes_max_it": largest_iterations,
            "ksp_rtol": LINEAR_TOLERANCE if self.linear else INNER_TOLERANCE,
            **options,
        }
        self._options = {prefix + key: value for key, value in settings.items()}
        database: Any = PETSc.Options()
        for key, value in self._options.items():
            database[key] = value
        chosen = settings.get("snes_linesearch_type")
        self._line_searches = (chosen,) if chosen else LINE_SEARCHES
        self.snes.setFromOptions()  # the options stay in the database: inner solvers read theirs when they are set up
        self.snes.setConvergenceTest(
            lambda snes, its, norms: me._converged(snes, its, norms)
        )  # choosing a type drops it
        self.reuse = ReusedPreconditioner(self.snes.getKSP())
        self._inexact = self.reuse.multigrid and any(f.stiff for f in self.fields) and "ksp_rtol" not in options

    def __del__(self) -> None:
        database = PETSc.Options()
        for key in getattr(self, "_options", ()):
            database.delValue(key)

    @property
    def matrix(self) -> PETSc.Mat:
        """The Jacobian, scaled."""
        return self._problem.A

    def linearise(self) -> PETSc.Mat:
        """Assemble the Jacobian, scaled, at the present fields; the matrix is the solver's own."""
        assign(self._unknowns, self._si)
        self._scaled.pointwiseDivide(self._si, self._column)
        A = self.matrix
        self._jacobian(self.snes, self._scaled, A, A)
        A.assemble()
        return A

    def residual(self) -> PETSc.Vec:
        """The residual, scaled, at the present fields and boundary values; a new vector."""
        assign(self._unknowns, self._si)
        self._scaled.pointwiseDivide(self._si, self._column)
        f = self._problem.b.duplicate()
        self._residual(self.snes, self._scaled, f)
        return f

    def block(self, k: int) -> slice:
        """Owned entries of block k in the PETSc vectors of this rank."""
        return slice(self._blocks[0][k], self._blocks[0][k + 1])

    @property
    def _unknowns(self) -> Any:
        """As DOLFINx wants them: one function, or a list of blocks."""
        return self.functions if len(self.functions) > 1 else self.functions[0]

    def foresee(self, time: float, dt: float, go_on: bool) -> float:
        """Start a step from a field that goes on as in the last accepted step; returns its growth relative to it.

        Args:
            time: at the end of the step [s].
            dt: its length [s].
            go_on: False where the step is known to be unlike the last: the field stays, and 0 is returned.
        """
        assert self._trend is not None
        growth = self._trend.growth(time, dt)
        if not go_on:
            return 0.0
        x = self.functions[0].x
        x.array[:] = growth
        grown = la.norm(x)
        x.array[:] += self._trend.old.x.array
        self._foreseen = grown > 0
        return float(grown / la.norm(x)) if self._foreseen else 0.0

    def solve(self) -> None:
        """Solve in place.

        Raises:
            ConvergenceError: with PETSc's reason; the functions then hold the last iterate and must be reset.
        """
        assign(self._unknowns, self._si)
        start = self._si.copy()
        start.pointwiseDivide(start, self._column)
        self.iterations = self.linear_iterations = 0
        foreseen, self._foreseen = self._foreseen, False
        if foreseen and self._suffices(start.norm()):
            start.destroy()
            return
        solved = self._search(start, self._line_searches)
        if not solved and self._ease is not None:
            solved = self._eased(start)
        start.destroy()
        self._take(self._scaled)
        if not solved:
            reason, linear = self.snes.getConvergedReason(), self.snes.getKSP().getConvergedReason()
            raise ConvergenceError(
                f"Newton for {', '.join(f.name for f in self.fields)} did not converge in {self.iterations} iterations "
                f"({named(PETSc.SNES, reason)}, linear solver: {named(PETSc.KSP, linear)})"
            )

    def _suffices(self, size: float) -> bool:
        """Are the present fields, of this scaled norm, as exact as the linear solve would make them?"""
        residual = self.residual()
        found = self.reuse.suffices(self.snes.getKSP().getPC(), residual, size)
        residual.destroy()
        return found

    def _search(self, start: PETSc.Vec, line_searches: Sequence[str]) -> bool:
        """Newton from a start with one line search after the other, until one converges."""
        for line_search in line_searches:
            start.copy(self._scaled)
            self.reuse.size = self._scaled.norm()
            self._norms.clear()
            softens = any(f.stiff for f in self.fields)
            self._impatient = softens and line_search == "basic" and line_search != line_searches[-1]
            self.snes.getLineSearch().setType(line_search)
            self.snes.solve(None, self._scaled)
            self.iterations += self.snes.getIterationNumber()
            self.linear_iterations += self.snes.getLinearSolveIterations()
            reason: Any = self.snes.getConvergedReason()
            if reason > 0:
                return True
            self._forget_factors()
        return False

    def _forget_factors(self) -> None:
        """MUMPS does not factorise again after a singular matrix (a law that has levelled off): begin anew."""
        ksp = self.snes.getKSP()
        failed: Any = PETSc.KSP.ConvergedReason.DIVERGED_PCSETUP_FAILED
        if ksp.getConvergedReason() == failed and ksp.getPC().getType() == PETSc.PC.Type.LU:
            ksp.getPC().reset()

    def _eased(self, start: PETSc.Vec) -> bool:
        """From a start with less and less of the slope that laws which level off are given, at last with none."""
        assert self._ease is not None
        try:
            for slope in (*EASING, 0.0):
                self._ease.value = slope
                if not self._search(start, self._line_searches[::-1]):
                    return False
                self._scaled.copy(start)
        finally:
            self._ease.value = 0.0
        return True

    def _take(self, scaled: PETSc.Vec) -> None:
        self._si.pointwiseMult(scaled, self._column)
        self._si.ghostUpdate(addv=PETSc.InsertMode.INSERT, mode=PETSc.ScatterMode.FORWARD)
        assign(self._si, self._unknowns)

    def _residual(self, snes: PETSc.SNES, scaled: PETSc.Vec, f: PETSc.Vec) -> None:
        p = self._problem
        self._si.pointwiseMult(scaled, self._column)
        assemble_residual(snes, self._si, f, self._unknowns, p.F, p.J, self.bcs, p.b.getAttr("_blocks"))
        f.pointwiseMult(f, self._row)

    def _jacobian(self, snes: PETSc.SNES, scaled: PETSc.Vec, A: PETSc.Mat, _P: PETSc.Mat) -> None:
        self._si.pointwiseMult(scaled, self._column)
        if self.split is None:
            assemble_jacobian(snes, self._si, A, A, self._unknowns, self._problem.J, None, self.bcs)
        else:
            self._si.ghostUpdate(addv=PETSc.InsertMode.INSERT, mode=PETSc.ScatterMode.FORWARD)
            assign(self._si, self._unknowns)
            self.split.assemble(A, self.bcs)
        A.diagonalScale(self._row, self._column)

    def _updates(self) -> np.ndarray:
        """Largest entry of the last Newton update by block, in scales."""
        step = self.snes.getSolutionUpdate().array_r
        local = np.array([np.abs(step[self.block(k)]).max(initial=0.0) for k in range(len(self.fields))])
        self.snes.comm.tompi4py().Allreduce(MPI.IN_PLACE, local, op=MPI.MAX)
        return local

    def _converged(self, snes: PETSc.SNES, its: int, norms: tuple[float, float, float]) -> int:
        norm = norms[2]
        if not np.isfinite(norm):
            return NOT_A_NUMBER
        self._norms.append(norm)
        if norm == 0.0:
            return PETSc.SNES.ConvergedReason.CONVERGED_FNORM_ABS
        if its == 0:
            if self._inexact:
                self.reuse.tolerance = FIRST
            return 0
        linear: Any = snes.getKSP().getConvergedReason()
        if linear < 0:
            return PETSc.SNES.ConvergedReason.DIVERGED_LINEAR_SOLVE
        update = self._updates().max()
        if update < QUADRATIC:
            # Here Newton converges by itself, while the residual may be at its rounding (σ_e of a metal times the
            # last digit of its potential), where a search for a decrease would refuse the good step for ever.
            snes.getLineSearch().setType(PETSc.SNESLineSearch.Type.BASIC)
        if update < self.update_tolerance:
            return PETSc.SNES.ConvergedReason.CONVERGED_SNORM_RELATIVE
        if norm < self.residual_tolerance * self._norms[0] and update < np.sqrt(self.update_tolerance):
            return PETSc.SNES.ConvergedReason.CONVERGED_FNORM_RELATIVE
        if self._impatient and its > STALLED and norm > 0.5 * self._norms[-1 - STALLED]:
            return PETSc.SNES.ConvergedReason.DIVERGED_MAX_IT
        if self._inexact:
            gain = norm / self._norms[-2]
            if gain < SETTLED and gain * update < FORESEEN * self.update_tolerance:
                return PETSc.SNES.ConvergedReason.CONVERGED_SNORM_RELATIVE
            self.reuse.tolerance = min(max(gain**2, TIGHTEST), LOOSEST)
        return PETSc.SNES.ConvergedReason.DIVERGED_MAX_IT if its >= snes.max_it else 0


def _problem(
    residuals: list[Any], functions: list[fem.Function], bcs: list[fem.DirichletBC], prefix: str
) -> NonlinearProblem:
    """A problem of blocks; a single field is no block, so that its matrix keeps the field's block size."""
    if len(residuals) == 1:
        return Problem(residuals[0], functions[0], bcs=bcs, petsc_options_prefix=prefix, jit_options=JIT)
    return Problem(residuals, functions, bcs=bcs, kind="mpi", petsc_options_prefix=prefix, jit_options=JIT)


def is_linear(residual: Any, function: fem.Function) -> bool:
    """Is a residual affine in its unknown? Then one linear solve is the solution."""
    derivative = ufl.algorithms.expand_derivatives(ufl.derivative(residual, function))
    return function not in derivative.coefficients()


def named(kind: Any, code: int) -> str:
    """PETSc's name of a converged reason; `kind` is PETSc.SNES or PETSc.KSP."""
    names = {v: k for k, v in vars(kind.ConvergedReason).items() if isinstance(v, int)}
    return names.get(code, str(code)).lower()
