"""A linear field on a periodic cell: a given mean gradient and a periodic fluctuation, and the energy of such fields.

    a(G·x + ũ, v) = 0 for all periodic v,    ũ periodic

By Hill's lemma a(u_j, u_k)/V are the coefficients of the effective tensor.
"""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt
import ufl
from dolfinx import fem
from dolfinx.fem.petsc import LinearProblem

from fem_ssb.errors import ConvergenceError, InputError
from fem_ssb.mesh import NamedMesh
from fem_ssb.problem.state import State
from fem_ssb.solvers import presets
from fem_ssb.solvers.multigrid import rigid_modes

_COUNT = count()


def refuse_not_periodic(mesh: NamedMesh) -> None:
    """Effective properties of a periodic cell need opposite faces with the same mesh along all axes.

    Raises:
        InputError: if they are not.
    """
    if set(mesh.periodic) != set(range(mesh.dim)):
        axes = "(" + ", ".join(f"'{a}'" for a in "xyz"[: mesh.dim]) + ")"
        raise InputError(f"the mesh is not periodic along all axes: make it with Stack(…, periodic={axes})")


class PeriodicCell:
    """Fields of one linear physics on a periodic cell.

    Args:
        state: with the field, on a periodic mesh.
        name: of the field.
        form: its residual, linear in it.
        pin: UFL term of (trial, test) that fixes what is loose beside translations of the whole cell; 0 for none.
    """

    def __init__(self, state: State, name: str, form: Any, pin: Any = 0):
        self.state, self.name = state, name
        space, shape = state.spaces[name], state.fields[name].shape
        V, x = space.V, ufl.SpatialCoordinate(state.domain)
        trial, test = ufl.TrialFunction(V), state.test(name)
        bilinear = ufl.derivative(form, state[name], trial)
        self._gradients = [fem.Constant(state.domain, np.zeros((*shape, state.dim))) for _ in range(2)]
        self._functions = [fem.Function(V) for _ in range(2)]
        a, b = (ufl.dot(g, x) + u for g, u in zip(self._gradients, self._functions, strict=True))
        self._energy = fem.form(ufl.replace(bilinear, {trial: a, test: b}))
        self._volume = float(np.prod(state.extent))
        if presets.is_direct(state.dim, space.num_dofs, linear=True):
            options = dict(presets.DIRECT)
        else:
            options = {**(presets.VECTOR if shape else presets.SCALAR), "ksp_type": "cg", "ksp_rtol": 1e-10}
        self._problem = LinearProblem(
            bilinear + pin,
            -ufl.replace(bilinear, {trial: ufl.dot(self._gradients[0], x)}),
            bcs=[*space.bcs(), fem.dirichletbc(fem.Function(V), space.first_dof())],
            petsc_options_prefix=f"cell{next(_COUNT)}_",
            petsc_options=options,
        )
        if shape:
            modes = rigid_modes(V)
            self._problem.A.setNearNullSpace(modes)
            modes.destroy()

    def tensor(self, gradients: list[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
        """a(u_j, u_k)/V of the fields of some mean gradients G_j, shape (n, n).

        Raises:
            ConvergenceError: the linear solver fails.
        """
        fluctuations = []
        for gradient in gradients:
            self._gradients[0].value[...] = gradient
            found = self._problem.solve()
            if self._problem.solver.getConvergedReason() <= 0:
                raise ConvergenceError(f"the {self.name} of a periodic cell did not converge")
            fluctuations.append(found.x.array.copy())
        values = np.zeros((len(gradients), len(gradients)))
        for j, k in np.ndindex(values.shape):
            for place, i in enumerate((j, k)):
                self._gradients[place].value[...] = gradients[i]
                self._functions[place].x.array[:] = fluctuations[i]
            values[j, k] = float(self.state.integrate(self._energy)[0]) / self._volume
        return values
