"""Faces of a sharp crack that press on each other where they meet, and slide freely or with Coulomb's friction.

With the jump g = u₋ − u₊ of the displacement, n out of the "+" side, the opening δ_n = g·n and the sliding
δ_t = g − δ_n n, the "+" face bears

    t = K⟨δ_n⟩₋ n + t_f,      p = −K⟨δ_n⟩₋

so that faces overlap by no more than p/K and open faces bear nothing. Coulomb's friction t_f at the pressure p, and the
slip that it remembers, are those of `friction`.

| symbol | meaning | unit |
|---|---|---|
| K | contact stiffness, that of a layer 1e-4 of a cell thick | Pa/m |
| p | pressure of the faces on each other | Pa |
| μ | coefficient of friction | 1 |

Sources: McClintock & Walsh, Proc. 4th U.S. Nat. Congr. Appl. Mech. (1962) 1015; Walsh, J. Geophys. Res. 70 (1965) 399.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import ufl
from dolfinx import fem

from fem_ssb.physics.facet_means import FacetMeans, FacetShare
from fem_ssb.physics.facet_memory import FacetMemory
from fem_ssb.physics.friction import Friction
from fem_ssb.problem.state import State

THIN = 1e-4  # thickness over that of a cell of the layer whose stiffness the contact has
# Share of K with which faces stick: they give by a millionth of a cell then, at stresses of E/10⁴, while with all of K
# Newton goes to and fro where many points begin to slide back at once.
STICKS = 1e-2
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
        self.size = ufl.avg(ufl.CellDiameter(state.domain))
        self._shut: FacetMeans | None = None
        self.stiffness = modulus / (THIN * self.size) if stiffness is None else ufl.as_ufl(stiffness)
        self.friction = self._rubbing(friction) if friction else None

    def _rubbing(self, coefficient: float) -> Friction:
        points = FacetMemory(self.state, self.crack)
        sliding = self._sliding(self.state.old("displacement")), self._sliding(self.state["displacement"])
        tiny = STICKS * self.stiffness * SLID * self.size
        return Friction(points, coefficient, STICKS * self.stiffness, self.pressure(), sliding, tiny)

    def measure(self) -> Any:
        """dS at the points where the traction is read."""
        return self.state.dS(self.crack) if self.friction is None else self.friction.points.measure()

    def traction(self) -> Any:
        """t (dim,) [Pa] that resists the jump u₋ − u₊, at the points of `measure`."""
        n, opening = ufl.FacetNormal(self.state.domain)("+"), self.opening()
        # At an opening of exactly 0, as at the start, the tangent is K: the faces touch.
        held = self.stiffness * ufl.conditional(ufl.le(opening, 0), opening, 0.0) * n
        return held if self.friction is None else held + self.friction.traction()

    def share_of_friction(self) -> FacetShare:
        """Friction over pressure, as each facet has it as a whole."""
        assert self.friction is not None
        return FacetShare(self.state, self.friction.traction(), self.pressure(), self.measure())

    def pressure(self) -> Any:
        """p [Pa]."""
        return -self.stiffness * ufl.min_value(self.opening(), 0)

    def opening(self) -> Any:
        """δ_n [m]."""
        return ufl.dot(self._jump(self.state["displacement"]), ufl.FacetNormal(self.state.domain)("+"))

    def stored(self) -> Any:
        """Energy [J/m²] of faces that press, and of what sticks."""
        pressing = 0.5 * self.stiffness * ufl.min_value(self.opening(), 0) ** 2
        return pressing if self.friction is None else pressing + self.friction.stored()

    def rubbed(self) -> Any:
        """Energy [J/m²] that friction has taken; None without friction."""
        return None if self.friction is None else self.friction.dissipated()

    def advance(self) -> None:
        """Remember the slip."""
        if self.friction is not None:
            self.friction.advance()

    def internal(self) -> dict[str, fem.Function]:
        """What is remembered."""
        return {} if self.friction is None else {f.name: f for f in self.friction.memory}

    def shut(self) -> Any:
        """1 where the faces press, else 0."""
        return ufl.conditional(ufl.le(self.opening(), 0), 1.0, 0.0)

    def open(self) -> np.ndarray:
        """Owned facets more than half of which is open."""
        if self._shut is None:
            self._shut = FacetMeans(self.state, self.crack, self.shut(), self.state.dS(self.crack))
        return self._shut.below(0.5)

    def _jump(self, u: Any) -> Any:
        return u("-") - u("+")

    def _sliding(self, u: Any) -> Any:
        """δ_t (dim,) [m]."""
        jump, n = self._jump(u), ufl.FacetNormal(self.state.domain)("+")
        return jump - ufl.dot(jump, n) * n
