"""All fields and damage at once: where sweeps over them have come near a solution, Newton ends the step.

    R_u(u, d) = 0,    R_d(u, d) ≥ 0 where d = d_old,    R_d = 0 between,    R_d ≤ 0 where d = 1

A sweep (displacement at given damage, then damage at given displacement) leaves the share ρ of an error, where ρ comes
near one as a crack is about to run; Newton for both leaves its square. It is begun where a sweep changes the damage by
less than `NEAR`, and factorises the tangent of all unknowns, within the bounds of the damage.

Newton finds any equilibrium, also one that is not stable, from which sweeps move away because each lowers the energy.
What it finds is taken only where it lies on the side to which the last sweep went; else, and where it fails, the sweeps
go on.

Source: Farrell & Maurini, Int. J. Numer. Methods Eng. 109 (2017) 648.
"""

from __future__ import annotations

from typing import Any

from mpi4py import MPI
from petsc4py import PETSc

from fem_ssb.errors import ConvergenceError
from fem_ssb.solvers.bounded import BoundedNewton
from fem_ssb.solvers.newton import BlockNewton

NEAR = 1e-2  # change of damage in a sweep


class MonolithicNewton:
    """Newton for the fields of a solver and a bounded one.

    Args:
        solver: of all fields, the bounded one last; its `snes_type` keeps bounds.
        bounded: solver of the bounded field alone, which has made the last sweep.

    """

    def __init__(self, solver: BlockNewton, bounded: BoundedNewton):
        self.solver, self.bounded = solver, bounded

    def solve(self) -> bool:
        """Solve for all fields in place; returns whether that is done. If not, they are as they were."""
        before = [u.x.array.copy() for u in self.solver.functions]
        self.solver.snes.setVariableBounds(*self._bounds())
        try:
            self.solver.solve()
            found = self._goes_on()
        except ConvergenceError:
            found = False
        if not found:
            for u, values in zip(self.solver.functions, before, strict=True):
                u.x.array[:] = values
        return found

    def _bounds(self) -> tuple[PETSc.Vec, PETSc.Vec]:
        """Of all unknowns, in scales: none but for the bounded field, which never falls."""
        low, high = (self.solver.matrix.createVecRight() for _ in range(2))
        low.set(PETSc.NINFINITY)
        high.set(PETSc.INFINITY)
        field, block = self.bounded.field, self.solver.block(len(self.solver.fields) - 1)
        assert field.bounds is not None
        low.array_w[block] = self.bounded.lower.x.array[: block.stop - block.start] / field.scale
        high.array_w[block] = field.bounds[1] / field.scale
        return low, high

    def _goes_on(self) -> bool:
        """Is what Newton found on the side to which the last sweep went?"""
        start, end = self.bounded.course
        found = self.bounded.function.x.array[: len(start)]
        onward: Any = self.solver.snes.comm.tompi4py().allreduce(float((found - start) @ (end - start)), op=MPI.SUM)
        return bool(onward > 0)
