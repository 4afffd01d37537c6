"""Faces of a sharp crack that press on each other where they meet, and slide freely or with Coulomb's friction.

With the jump g = u₋ − u₊ of the displacement, n out of the "+" side, the opening δ_n = g·n and the sliding
δ_t = g − δ_n n, the "+" face bears

    t = K⟨δ_n⟩₋ n + min(μp/|δ_t|, K) δ_t,      p = −K⟨δ_n⟩₋

so that faces overlap by no more than p/K and open faces bear nothing. Friction is for loads that grow: it is not
remembered which way was slid, and no column has its work.

| symbol | meaning | unit |
|---|---|---|
| K | contact stiffness, that of a layer 1e-4 of a cell thick | Pa/m |
| p | pressure of the faces on each other | Pa |
| μ | coefficient of friction | 1 |

Source: McClintock & Walsh, Proc. 4th U.S. Nat. Congr. Appl. Mech. (1962) 1015.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import ufl
from dolfinx import fem

from fem_ssb.physics.cohesive import coulomb
from fem_ssb.physics.facet_means import FacetMeans
from fem_ssb.problem.state import State

THIN = 1e-4  # thickness over that of a cell of the layer whose stiffness the contact has
SLID = 1e-9  # sliding over the size of a cell below which it has no direction


class CrackFaces:
    """Contact of the two faces of a crack.

    Args:
        state: the state.
        crack: name of a crack that closes.
        modulus: Young's modulus [Pa] of the stiffest region.
        stiffness: K [Pa/m]; None = modulus / (1e-4 × the size of the cells).
        friction: μ.
    """

    def __init__(self, state: State, crack: str, modulus: float, stiffness: float | None, friction: float):
        self.state, self.crack = state, crack
        self.friction = fem.Constant(state.domain, friction) if friction else None
        self.size = ufl.avg(ufl.CellDiameter(state.domain))
        self._shut: FacetMeans | None = None
        self.stiffness = modulus / (THIN * self.size) if stiffness is None else ufl.as_ufl(stiffness)

    def traction(self) -> Any:
        """t (dim,) [Pa] that resists the jump u₋ − u₊."""
        n, opening = ufl.FacetNormal(self.state.domain)("+"), self.opening()
        # At an opening of exactly 0, as at the start, the tangent is K: the faces touch.
        held = self.stiffness * ufl.conditional(ufl.le(opening, 0), opening, 0.0) * n
        if self.friction is None:
            return held
        sliding = self._jump() - opening * n
        return held + coulomb(self.friction, self.pressure(), sliding, self.stiffness, SLID * self.size)

    def pressure(self) -> Any:
        """p [Pa]."""
        return -self.stiffness * ufl.min_value(self.opening(), 0)

    def opening(self) -> Any:
        """δ_n [m]."""
        return ufl.dot(self._jump(), ufl.FacetNormal(self.state.domain)("+"))

    def stored(self) -> Any:
        """Energy [J/m²] of faces that press."""
        return 0.5 * self.stiffness * ufl.min_value(self.opening(), 0) ** 2

    def shut(self) -> Any:
        """1 where the faces press, else 0."""
        return ufl.conditional(ufl.le(self.opening(), 0), 1.0, 0.0)

    def open(self) -> np.ndarray:
        """Owned facets more than half of which is open."""
        if self._shut is None:
            self._shut = FacetMeans(self.state, self.crack, self.shut(), self.state.dS(self.crack))
        return self._shut.below(0.5)

    def _jump(self) -> Any:
        u = self.state["displacement"]
        return u("-") - u("+")
