"""The tangent of one field in two parts: that of the cells, which is kept, and that of interfaces and boundaries.

    K = ∂R/∂u = K_cells + K_rest

Where the cells are linear, K_cells changes only with what its form reads (temperature, damage, stiffness of grains).
It is assembled when that has changed, and otherwise a Newton iteration assembles the interfaces alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import ufl
from dolfinx import fem
from dolfinx.fem.petsc import assemble_matrix
from mpi4py import MPI
from petsc4py import PETSc


class SplitTangent:
    """Assembles K into a matrix that has its pattern.

    Args:
        cells: UFL form of K_cells, which does not read the unknown.
        rest: UFL form of K_rest.
        jit_options: of DOLFINx.

    Attributes:
        made: how often K_cells was assembled.
    """

    def __init__(self, cells: ufl.Form, rest: ufl.Form, jit_options: dict[str, Any]):
        self._cells = fem.form(cells, jit_options=jit_options)
        self._rest = fem.form(rest, jit_options=jit_options)
        self._read = [*cells.coefficients(), *cells.constants()]
        self._seen: list[np.ndarray] = []
        self._bcs: list[fem.DirichletBC] = []
        self._kept: PETSc.Mat | None = None
        self.made = 0

    def assemble(self, A: PETSc.Mat, bcs: Sequence[fem.DirichletBC]) -> None:
        """K at present, with ones on the diagonal of held unknowns."""
        if self._kept is None:  # a matrix has its pattern once both parts have been in it
            assemble_matrix(A, self._rest, bcs)
            A.assemble(PETSc.Mat.AssemblyType.FLUSH)
            assemble_matrix(A, self._cells, bcs)
            A.assemble()
            self._kept = A.duplicate()
        if self._changed(bcs, A.comm.tompi4py()):
            self._kept.zeroEntries()
            assemble_matrix(self._kept, self._cells, bcs)
            self._kept.assemble()
            self.made += 1
        same_pattern: Any = PETSc.Mat.Structure.SAME_NONZERO_PATTERN
        self._kept.copy(A, same_pattern)
        assemble_matrix(A, self._rest, bcs)
        A.assemble()

    def cells(self) -> PETSc.Mat:
        """K_cells in a pattern of its own, in which cells on both sides of an interface know nothing of each other."""
        K = assemble_matrix(self._cells, self._bcs)
        K.assemble()
        return K

    def _changed(self, bcs: Sequence[fem.DirichletBC], comm: Any) -> bool:
        """Is anything that K_cells depends on other than when it was assembled, on any rank?"""
        now = [value.x.array if isinstance(value, fem.Function) else np.asarray(value.value) for value in self._read]
        same = len(self._seen) == len(now) and all(map(np.array_equal, self._seen, now))
        same = same and self.made > 0 and len(bcs) == len(self._bcs)
        same = same and all(a is b for a, b in zip(bcs, self._bcs, strict=True))
        if comm.allreduce(same, op=MPI.LAND):
            return False
        self._seen, self._bcs = [values.copy() for values in now], list(bcs)
        return True


def split_tangent(residual: ufl.Form, function: fem.Function, jit_options: dict[str, Any]) -> SplitTangent | None:
    """The parts of ∂R/∂u; None where there is but one of them, or where that of the cells depends on u."""
    if not isinstance(residual, ufl.Form):
        return None
    within = [i for i in residual.integrals() if i.integral_type() == "cell"]
    others = [i for i in residual.integrals() if i.integral_type() != "cell"]
    if not within or not others:
        return None
    cells, rest = (ufl.derivative(ufl.Form(part), function) for part in (within, others))
    cells = ufl.algorithms.expand_derivatives(cells)
    if cells.empty() or function in cells.coefficients() or ufl.algorithms.expand_derivatives(rest).empty():
        return None
    return SplitTangent(cells, rest, jit_options)
