"""Newton with the load factor as one more unknown, so that a path can be followed where the load falls.

With the residual R(u, λ) and a functional C(u) that grows along the path, the next point has R = 0 and C = c:

    K a = −R,   K b = −∂R/∂λ,   Δλ = (c − C − C'·a)/(C'·b),   Δu = a + Δλ b

K may be indefinite: on a branch on which both the load and the displacement of its point of attack fall back the body
is unstable at a given load, and stable at a given C.

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
from dolfinx import fem, la
from petsc4py import PETSc

from fem_ssb.errors import ConvergenceError
from fem_ssb.solvers.newton import JIT, BlockNewton, named

LARGEST_ITERATIONS = 30
CLOSE = 1e-10  # relative error of C
PROBE = 1e-3  # relative change of λ by which ∂R/∂λ is found, exact for loads in proportion to it


class BorderedNewton:
    """Solves for one field and the load factor.

    Args:
        solver: of the field at a given load factor; lends its matrix, linear solver and scales.
        functional: UFL form C of the field.
        load: sets the load factor.
    """

    def __init__(self, solver: BlockNewton, functional: Any, load: Callable[[float], None]):
        self.solver, self.load, self.iterations = solver, load, 0
        (self._unknown,) = solver.functions
        (self._scale,) = (f.scale for f in solver.fields)
        test = ufl.TestFunction(self._unknown.function_space)
        self._value = fem.form(functional, jit_options=JIT)
        self._slope = fem.form(ufl.derivative(functional, self._unknown, test), jit_options=JIT)

    def value(self) -> float:
        """C at present."""
        comm = self._unknown.function_space.mesh.comm
        return float(comm.allreduce(fem.assemble_scalar(self._value)))

    def solve(self, wanted: float, factor: float) -> float:
        """Solve in place for C = `wanted`, from a first guess of the field and the load factor; returns the latter.

        Raises:
            ConvergenceError: the field is then the last iterate and must be reset.
        """
        comm = self._unknown.function_space.mesh.comm
        for iteration in range(LARGEST_ITERATIONS):
            missing = wanted - self.value()
            probe = PROBE * (abs(factor) or 1.0)
            self.load(factor + probe)
            pushed = self.solver.residual()
            self.load(factor)
            left = self.solver.residual()
            pushed.axpby(-1 / probe, 1 / probe, left)
            self.solver.linearise()
            back, along = self._solved(left), self._solved(pushed)
            slope = self._gradient()
            gains = comm.allreduce(np.array([slope @ back, slope @ along]))
            if not np.isfinite(gains).all() or gains[1] == 0.0:
                raise ConvergenceError("the load does not change what the cracks take: the path cannot be followed")
            more = float((missing - gains[0]) / gains[1])
            step = back + more * along
            owned = self._unknown.x.array[: len(step)]
            owned += step
            self._unknown.x.scatter_forward()
            factor, self.iterations = factor + more, iteration + 1
            self.load(factor)
            largest = max(comm.allgather(float(np.abs(step).max(initial=0.0)))) / self._scale
            if largest < self.solver.update_tolerance and abs(wanted - self.value()) <= CLOSE * abs(wanted):
                return factor
        raise ConvergenceError(
            f"Newton with the load factor leaves an update of {largest:.2g} scales after {self.iterations} iterations "
            f"at λ = {factor:.6g}: take a smaller step"
        )

    def _solved(self, right: PETSc.Vec) -> np.ndarray:
        """−K⁻¹ f in SI, owned entries; f is used up."""
        ksp, update = self.solver.snes.getKSP(), right.duplicate()
        ksp.setOperators(self.solver.matrix)
        ksp.solve(right, update)
        reason: Any = ksp.getConvergedReason()
        if reason < 0:
            raise ConvergenceError(f"linear solver beside the load factor: {named(PETSc.KSP, reason)}")
        found = -self._scale * update.array_r
        update.destroy()
        right.destroy()
        return found

    def _gradient(self) -> np.ndarray:
        """C', owned entries."""
        b = fem.assemble_vector(self._slope)
        b.scatter_reverse(la.InsertMode.add)
        return np.asarray(b.array[: b.index_map.size_local * b.block_size])
