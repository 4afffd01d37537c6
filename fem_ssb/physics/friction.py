"""Coulomb's friction between faces that press, with the slip that it remembers.

With the sliding δ_t of the faces, the slip s (δ_t less what is elastic) and the pressure p the traction is

    t = K(δ_t − s),      |t| ≤ μp,      ds ∥ t where |t| = μp, else 0.

Over a step it is returned to the bound (backward Euler) from the trial K(δ_t − s_old) along this very direction d:

    t = min(1, μp/|trial|) trial,      s = s_old + (|trial| − |t|) d/K.

Faces that part forget: s = δ_t, and stick where they meet again. A share D of an interface that is broken rubs with
D t; what broke anew stores |t|²/2K, which friction pays, for the law of the interface counts its energy as lost. The
energy that friction has taken grows by

    ΔF = ½ (D_old b₁ + D μp) |Δs| − ΔD |t|²/2K,

b₁ the bound when the slip begins: with all that changes in a straight line over the step, at the share
θ = (b_old − t_old·d)/(b_old − t_old·d + |trial| − μp) of it. So neither reversal nor the end of sticking need be met
by a step: for loads along a line F is exact while the pressure changes in a straight line.

| symbol | meaning | unit |
|---|---|---|
| K | stiffness while the faces stick | Pa/m |
| p, μ | pressure of the faces on each other, coefficient of friction | Pa, 1 |
| s, b = μp | slip, and the bound of the traction | m, Pa |
| D | share of the interface that rubs: its damage; 1 of a crack | 1 |

Sources: Simo & Laursen, Comput. Struct. 42 (1992) 97; of the share D: Alfano & Sacco, Int. J. Numer. Methods Eng. 68
(2006) 542.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ufl
from dolfinx import fem

from fem_ssb.physics.facet_memory import FacetMemory, Values

Shares = tuple[Any, Any]
AT_BOUND = 2e-9  # by which the square of what was left at the bound may be above it by rounding
WHOLE: Shares = (1.0, 1.0)


class Friction:
    """Friction on one interface.

    Args:
        points: of the interface.
        coefficient: μ.
        stiffness: K [Pa/m].
        pressure: p [Pa], UFL.
        sliding: δ_t (dim,) [m] at the beginning and at the end of the step, UFL.
        tiny: traction [Pa] that has no direction.
    """

    def __init__(
        self, points: FacetMemory, coefficient: float, stiffness: Any, pressure: Any, sliding: Shares, tiny: Any
    ):
        self.points, self.stiffness, self._tiny = points, stiffness, tiny
        self._slip = [points.function(f"slip {axis}") for axis in "xyz"[: points.state.dim]]
        self._bound, self._lost = points.function("friction bound"), points.function("friction energy")
        slip = ufl.as_vector([part("+") for part in self._slip])
        self._before, self._trial = (stiffness * (delta - slip) for delta in sliding)
        self._limit = fem.Constant(points.state.domain, coefficient) * pressure
        self._update: Callable[[], list[Values]] | None = None

    @property
    def memory(self) -> list[fem.Function]:
        """What is remembered."""
        return [*self._slip, self._bound, self._lost]

    def traction(self) -> Any:
        """t (dim,) [Pa] that resists the sliding; with the state's `ease` as hardening on the way to a solution."""
        # Newton begins with faces that stick, whether they neither press nor have slid or are at the bound: were those
        # free to slide, a load that turns would throw them far beyond the other bound, and to and fro from there.
        sticks = ufl.le(ufl.dot(self._trial, self._trial), (1 + AT_BOUND) * self._limit**2)
        ease = self.points.state.ease
        return ufl.conditional(sticks, 1.0, ease + (1 - ease) * self._limit / self._size()) * self._trial

    def stored(self) -> Any:
        """Energy [J/m²] that comes back, of faces all of which rub."""
        t = self.traction()
        return ufl.dot(t, t) / (2 * self.stiffness)

    def dissipated(self, shares: Shares = WHOLE) -> Any:
        """F [J/m²].

        Args:
            shares: D at the beginning and at the end of the step.
        """
        old, now = shares
        over = ufl.max_value(self._size() - self._limit, 0)
        spare = ufl.max_value(self._bound("+") - ufl.dot(self._before, self._trial) / self._size(), 0)
        first = self._bound("+") + spare / (spare + over + self._tiny) * (self._limit - self._bound("+"))
        rubbed = (old * first + now * self._limit) / 2 * over / self.stiffness
        return self._lost("+") + rubbed - (now - old) * self.stored()

    def advance(self, shares: Shares = WHOLE) -> None:
        """Remember slip, bound and energy at the end of the step."""
        if self._update is None:
            left = self.traction()
            slid = [part("+") + (self._trial[i] - left[i]) / self.stiffness for i, part in enumerate(self._slip)]
            self._update = self.points.reader(*slid, self._limit, self.dissipated(shares))
        for function, values in zip(self.memory, self._update(), strict=True):
            self.points.write(function, values)

    def _size(self) -> Any:
        return ufl.sqrt(ufl.dot(self._trial, self._trial) + self._tiny**2)
