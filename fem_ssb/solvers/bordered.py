"""Newton with the load factor as one more unknown, so that a path can be followed where the load falls.

With the residual R(u, λ) and a functional C(u) that grows along the path, the next point has R = 0 and C = c:

    K a = −R,   K b = −∂R/∂λ,   Δλ = (c − C − C'·a)/(C'·b),   Δu = a + Δλ b

K may be indefinite: on a branch on which both the load and the displacement of its point of attack fall back the body
is unstable at a given load, and stable at a given C.

u may be several fields. Where one is bounded (damage), entries that R presses against a bound are held there, their
rows of K are those of the identity, and the others are cut at the bounds. Where all are held λ goes to where the first
one is let go.

| symbol | meaning | unit |
|---|---|---|
| λ | load factor, in place of the time in the loads | – |
| C, c | functional and what it is to be | J, in 2D J/m |
| K | ∂R/∂u | – |

Sources: Batoz & Dhatt, Int. J. Numer. Methods Eng. 14 (1979) 1262 (two right-hand sides); Gutiérrez, Commun. Numer.
Methods Eng. 20 (2004) 19; Verhoosel, Remmers & Gutiérrez, Int. J. Numer. Methods Eng. 77 (2009) 1290 (energy as C).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import ufl
from dolfinx import fem
from mpi4py import MPI
from petsc4py import PETSc

from fem_ssb.errors import ConvergenceError
from fem_ssb.solvers.newton import JIT, BlockNewton, named
from fem_ssb.spaces.assembly import assembled

LARGEST_ITERATIONS = 30
CLOSE = 1e-10  # relative error of C
BEYOND = 1e-9  # of the way to where an entry is let go: as far past it
STUCK = "the load does not change what the cracks take: the path cannot be followed"
PROBE = 1e-3  # relative change of λ by which ∂R/∂λ is found, exact for loads in proportion to it


class BorderedNewton:
    """Solves for fields and the load factor.

    Args:
        solver: of the fields at a given load factor; lends its matrix, linear solver and scales.
        functional: UFL form C of the fields.
        load: sets the load factor.
        bounds: functions of the last field's least and largest values; None = there are none.
    """

    def __init__(
        self,
        solver: BlockNewton,
        functional: Any,
        load: Callable[[float], None],
        bounds: tuple[fem.Function, fem.Function] | None = None,
    ):
        self.solver, self.load, self.bounds, self.iterations = solver, load, bounds, 0
        self._blocks = [solver.block(k) for k in range(len(solver.fields))]
        self._value = fem.form(functional, jit_options=JIT)
        tests = [(u, ufl.TestFunction(u.function_space)) for u in solver.functions]
        self._slopes = [fem.form(ufl.derivative(functional, u, v), jit_options=JIT) for u, v in tests]

    def value(self) -> float:
        """C at present."""
        return float(self._comm.allreduce(fem.assemble_scalar(self._value)))

    def solve(self, wanted: float, factor: float) -> float:
        """Solve in place for C = `wanted`, from a first guess of the field and the load factor; returns the latter.

        Raises:
            ConvergenceError: the field is then the last iterate and must be reset.
        """
        comm, largest = self._comm, np.inf
        before = np.zeros(self.solver.matrix.getLocalSize()[0], dtype=bool)
        for iteration in range(LARGEST_ITERATIONS):
            probe = PROBE * (abs(factor) or 1.0)
            self.load(factor + probe)
            pushed = self.solver.residual()
            self.load(factor)
            left = self.solver.residual()
            pushed.axpby(-1 / probe, 1 / probe, left)
            held = self._held(left.array_r)
            if self.bounds is not None and not comm.allreduce(bool((~held & (pushed.array_r != 0)).any()), op=MPI.LOR):
                factor = self._let_go(factor, left.array_r, pushed.array_r)
                continue
            self.solver.linearise()
            if self.bounds is not None:
                self._hold(held)
                left.array_w[held] = pushed.array_w[held] = 0.0
            back, along = self._solved(left), self._solved(pushed)
            slope = self._gradient()
            gains = comm.allreduce(np.array([slope @ back, slope @ along]))
            if not np.isfinite(gains).all() or gains[1] == 0.0:
                raise ConvergenceError(STUCK)
            more = float((wanted - self.value() - gains[0]) / gains[1])
            if self.bounds is not None:
                more = min(max(more, -factor / 2), factor)
            local = self._move(back + more * along), float((held != before).any())
            factor, self.iterations = factor + more, iteration + 1
            self.load(factor)
            largest, moved = np.max(comm.allgather(local), axis=0)
            before = held
            if largest < self.solver.update_tolerance and not moved and self._is_close(wanted):
                return factor
        raise ConvergenceError(
            f"Newton with the load factor leaves an update of {largest:.2g} scales after {self.iterations} iterations "
            f"at λ = {factor:.6g}: take a smaller step"
        )

    @property
    def _comm(self) -> Any:
        return self.solver.functions[0].function_space.mesh.comm

    def _move(self, update: np.ndarray) -> float:
        """Add an update [SI], within the bounds; returns how far the fields have moved, in scales."""
        largest = 0.0
        for field, u, block in zip(self.solver.fields, self.solver.functions, self._blocks, strict=True):
            owned = u.x.array[: block.stop - block.start]
            last = owned.copy()
            owned += update[block]
            if self.bounds is not None and u is self.solver.functions[-1]:
                owned.clip(*(b.x.array[: len(owned)] for b in self.bounds), out=owned)
            u.x.scatter_forward()
            largest = max(largest, float(np.abs(owned - last).max(initial=0.0)) / field.scale)
        return largest

    def _is_close(self, wanted: float) -> bool:
        return abs(wanted - self.value()) <= CLOSE * abs(wanted)

    def _held(self, left: np.ndarray) -> np.ndarray:
        """Owned entries that the residual presses against a bound."""
        held = np.zeros(len(left), dtype=bool)
        if self.bounds is not None:
            block = self._blocks[-1]
            pressed, size = left[block], block.stop - block.start
            now, low, high = (f.x.array[:size] for f in (self.solver.functions[-1], *self.bounds))
            held[block] = (now <= low) & (pressed > 0) | (now >= high) & (pressed < 0)
        return held

    def _hold(self, held: np.ndarray) -> None:
        """Rows and columns of the identity in the matrix."""
        A = self.solver.matrix
        rows: Any = (np.flatnonzero(held) + A.getOwnershipRange()[0]).astype(np.int32)
        A.zeroRowsColumns(rows)

    def _let_go(self, factor: float, left: np.ndarray, pushed: np.ndarray) -> float:
        """λ at which the first of the entries held at their lower bounds is let go."""
        pulled = (left > 0) & (pushed < 0)
        ahead = self._comm.allreduce(float((left[pulled] / -pushed[pulled]).min(initial=np.inf)), op=MPI.MIN)
        if not np.isfinite(ahead):
            raise ConvergenceError(STUCK)
        return factor + ahead * (1 + BEYOND)

    def _solved(self, right: PETSc.Vec) -> np.ndarray:
        """−K⁻¹ f in SI, owned entries; f is used up."""
        ksp, update = self.solver.snes.getKSP(), right.duplicate()
        ksp.setOperators(self.solver.matrix)
        ksp.solve(right, update)
        reason: Any = ksp.getConvergedReason()
        if reason < 0:
            raise ConvergenceError(f"linear solver beside the load factor: {named(PETSc.KSP, reason)}")
        found = -update.array_r
        for field, block in zip(self.solver.fields, self._blocks, strict=True):
            found[block] *= field.scale
        update.destroy()
        right.destroy()
        return found

    def _gradient(self) -> np.ndarray:
        """C', owned entries."""
        return np.concatenate([assembled(slope) for slope in self._slopes])
