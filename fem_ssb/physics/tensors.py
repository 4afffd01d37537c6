"""Conductivities that differ along the crystal axes, grain by grain.

A tensor with the principal values s_a along the crystal axes reads σ = Q diag(s₁, s₂, s₃) Qᵀ in the laboratory frame, Q
the grain's orientation. In 2D nothing varies along the third axis; the in-plane current follows from the in-plane
block of σ, and the current out of the plane, which has no divergence, is left out.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fem_ssb.materials import Law
from fem_ssb.materials.laws import Anisotropic
from fem_ssb.physics.solids import cellwise
from fem_ssb.problem.state import State


class Oriented:
    """Properties of regions as UFL, a scalar or a tensor (dim, dim) in the laboratory frame.

    Args:
        state: for mesh, orientations and temperature.
    """

    def __init__(self, state: State):
        self._state = state
        self._frames: dict[tuple[str, str], Any] = {}

    def __call__(self, region: str, name: str) -> Any:
        """A property at the present temperature: a scalar, or σ (dim, dim) where its law is `Anisotropic`."""
        state, law = self._state, self._state.materials[region][name]
        if not isinstance(law, Anisotropic):
            return state.property(region, name)
        key = (region, name)
        if key not in self._frames:
            Q, d = state.mesh.orientations, state.dim
            tensors = np.einsum("gia,a,gja->gij", Q, np.asarray(law.factors, dtype=float), Q)[:, :d, :d]
            self._frames[key] = cellwise(state, tensors, (d, d))
        return state.value(law.law, f"{name} of {region}") * self._frames[key]


def largest(law: Law, T: float = 298.15) -> float:
    """Value of a scalar law [SI], or the largest principal value of a tensor."""
    return float(law.law(T)) * max(law.factors) if isinstance(law, Anisotropic) else float(law(T))


def mean(law: Law, T: float = 298.15) -> float:
    """Value of a scalar law [SI], or the mean of the principal values of a tensor."""
    return float(law.law(T)) * sum(law.factors) / 3 if isinstance(law, Anisotropic) else float(law(T))
