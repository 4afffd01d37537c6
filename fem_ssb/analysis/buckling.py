"""Linear buckling of a body that is stressed: by how much its stress may grow before it finds another shape.

    K φ + λ K_σ φ = 0,   K = ∂(∫σ:ε(w) dx)/∂u,   K_σ: ∫ σ : (∇φᵀ∇w) dx

σ is the stress of the present state, and λσ that at which the body buckles in the shape φ. K_σ is that of a stress
which grows in proportion, and of shapes that change little until then (linear buckling).

| symbol | meaning | unit |
|---|---|---|
| λ | factor of the stress; above 1 the state is stable | – |
| φ | shape, largest displacement 1 | – |

Source: Bažant & Cedolin, Stability of Structures (World Scientific, 2010), ch. 4; solved by SLEPc as
−K_σ φ = (1/λ) K φ, K positive definite, for the largest 1/λ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import ufl
from dolfinx import fem
from dolfinx.fem.petsc import assemble_matrix
from slepc4py import SLEPc

from fem_ssb.errors import ConvergenceError, InputError

if TYPE_CHECKING:
    from fem_ssb.problem.model import Model

LEAST = 1e-9  # 1/λ below which it is the rounding of a body that does not buckle


def buckling(model: Model, number: int = 1) -> tuple[np.ndarray, list[fem.Function]]:
    """Smallest factors λ > 0 by which the present stress may grow, and the shapes of the body then; collective.

    Args:
        model: solved, with a displacement as its only unknown.
        number: of factors.

    Returns:
        Factors, ascending, and shapes.

    Raises:
        InputError: the model solves for more than a displacement, or is of a body of revolution, which buckles in
            shapes that are none.
        ConvergenceError: no such factor is found: nothing is compressed.
    """
    state = model.state
    if list(state.fields) != ["displacement"]:
        raise InputError(f"buckling is that of a displacement alone; this model solves {', '.join(state.fields)}")
    if state.radius is not None:
        raise InputError("a body of revolution buckles in shapes that are none: give buckling a model in 3D")
    u, w, dim = state["displacement"], state.test("displacement"), state.dim
    v = ufl.TrialFunction(u.function_space)
    turning = ufl.dot(ufl.grad(v).T, ufl.grad(w))
    geometric = 0
    for r in state.mesh.region_names:
        stress = state.quantity("stress", r)
        geometric -= sum(stress[i, j] * turning[i, j] for i in range(dim) for j in range(dim)) * state.dx(r)
    held = model.boundary_conditions.held("displacement")
    # Held unknowns have 0 on the diagonal of one side and 1 on that of the other: 1/λ = 0.
    A = assemble_matrix(fem.form(geometric), bcs=held, diag=0.0)
    K = assemble_matrix(fem.form(ufl.derivative(model.residuals["displacement"], u, v)), bcs=held)
    for matrix in (A, K):
        matrix.assemble()
    solver = SLEPc.EPS().create(state.mesh.comm)
    solver.setOperators(A, K)
    solver.setProblemType(SLEPc.EPS.ProblemType.GHEP)
    solver.setWhichEigenpairs(SLEPc.EPS.Which.LARGEST_REAL)
    solver.setDimensions(number)
    solver.setTolerances(1e-8, 500)
    ksp = solver.getST().getKSP()
    ksp.setType("preonly")
    ksp.getPC().setType("lu")
    ksp.getPC().setFactorSolverType("mumps")
    solver.solve()
    inverse = [solver.getEigenvalue(k).real for k in range(min(number, solver.getConverged()))]
    if len(inverse) < number or min(inverse) < LEAST:
        raise ConvergenceError(f"the body has not {number} factor(s) of buckling: is anything compressed?")
    shapes = [_shape(solver, k, u.function_space) for k in range(number)]
    solver.destroy()
    return 1 / np.array(inverse), shapes


def _shape(solver: SLEPc.EPS, k: int, V: fem.FunctionSpace) -> fem.Function:
    """Eigenvector k, its largest entry 1."""
    vector = solver.getOperators()[0].createVecRight()
    solver.getEigenvector(k, vector)
    shape = fem.Function(V, name=f"shape {k + 1}")
    owned = vector.array_r
    ends = V.mesh.comm.allgather((float(owned.max(initial=0.0)), float(owned.min(initial=0.0))))
    shape.x.array[: len(owned)] = owned / max((end for pair in ends for end in pair), key=abs)
    shape.x.scatter_forward()
    return shape
