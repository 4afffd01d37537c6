"""Mean strain of a periodic cell, as if the cell were a point of a body that is strained.

    u = s E·x + ũ,   ũ periodic,   ε = s E + sym ∇ũ,   Σ = (1/V) ∫ σ dx,   work  dW = V Σ : E ds

The unknown displacement is ũ. Opposite faces move apart by s E times the period, and nothing else holds the cell, so
that grains and boundaries may deform and part anywhere (Hill's lemma makes the work of the mean fields that of the
cell).

| symbol | meaning | unit |
|---|---|---|
| E, s | mean strain, its size as a number or a function of the time | – |
| Σ | mean stress | Pa |
| V | volume of the cell, pores included | m³ |

Source: Michel, Moulinec & Suquet, Comput. Methods Appl. Mech. Engrg. 172 (1999) 109.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import ufl

from fem_ssb.errors import InputError
from fem_ssb.physics.base import Physics
from fem_ssb.problem.state import State

AXES = "xyz"


class MeanStrain(Physics):
    """Mean strain s E of a mesh that is periodic, for `Elasticity`; the history has the mean stress.

    Args:
        strain: E, symmetric, shape (dim, dim); along axes that are not periodic, zero.
        size: s, a number or a function f(x, t) of the UFL coordinates and the time.

    Raises:
        InputError: another shape; when the model is built, a strain along an axis that is not periodic.

    Example:
        >>> pulled = MeanStrain([[0, 0], [0, 1e-3]], size=lambda x, t: t / 60)
        >>> model = Model(mesh, [pulled, Elasticity(cohesive={"separator|separator": Cohesive(50e6, 2.0)})])
    """

    def __init__(self, strain: npt.ArrayLike, size: float | Callable[..., Any] = 1.0):
        self.strain = np.asarray(strain, dtype=float)
        self.size = size
        square = self.strain.ndim == 2 and self.strain.shape[0] == self.strain.shape[1]
        if not square or not np.isfinite(self.strain).all() or not np.allclose(self.strain, self.strain.T):
            raise InputError("a mean strain is a symmetric array of shape (dim, dim)")

    def provide(self, state: State) -> None:
        """s E (3, 3), for `Elasticity`."""
        dim = state.dim
        if len(self.strain) != dim:
            raise InputError(f"the mean strain has shape {self.strain.shape}, the mesh is of dimension {dim}")
        fixed = [AXES[k] for k in np.flatnonzero(self.strain.any(axis=1)) if k not in state.mesh.periodic]
        if fixed:
            raise InputError(
                f"the mesh is not periodic along {', '.join(fixed)}: a mean strain there needs Stack(periodic=…)"
            )
        for region in state.mesh.region_names:
            state.provide("mean_strain", region, partial(self._tensor, state))

    def _tensor(self, state: State) -> Any:
        E = np.zeros((3, 3))
        E[: state.dim, : state.dim] = self.strain
        return state.value(self.size, "size of the mean strain") * ufl.as_matrix(E.tolist())

    def columns(self, state: State) -> dict[str, Any]:
        """Mean stress [Pa], component by component."""
        lower, upper = state.mesh.lower, state.mesh.upper
        turned = 1.0 if state.radius is None else np.pi * (lower[0] + upper[0])  # of a tube, on the mean of its radii
        volume = float(np.prod(upper - lower)) * float(turned)
        pairs = [(i, j) for i in range(state.dim) for j in range(i, state.dim)]
        return {
            f"mean stress {AXES[i]}{AXES[j]} [Pa]": sum(
                state.quantity("stress", r)[i, j] / volume * state.dx(r) for r in state.mesh.region_names
            )
            for i, j in pairs
        }
