"""Cohesive interfaces whose damage is not told by the largest opening alone: mixed modes, relaxation, fatigue.

    D* = max(D(δ, G_c(B)), D_old),    D = (τ D_old + Δt D*)/(τ + Δt)                 (relaxation time τ)
    D_old += (⟨δ − fκ⟩₊² − ⟨δ_old − fκ⟩₊²)/(2κδ_Σ)    after a step in which δ grew   (fatigue; exact at a fixed κ)

so that D never falls, whatever the modes do in turn. It is remembered as the opening κ in mode I at which the curve has
the same D, which along an interface is far from as steep as D. The energy that is lost, ∫½Kδ² dD, is summed over the
steps as ½K δ₁δ ΔD with the opening δ₁ at which D began to grow: exact where D is a straight line in 1/δ, as that of the
bilinear curve is. So it is G_c(B) in the end where the modes keep their proportion. (Where G_II is given, δ₁ is the
opening of the last step, so that a step that opens anew counts for somewhat less than it takes.) Where damage relaxes,
the sum has the jumps e = ⟨δ_n⟩₊ n + β δ_t of the last step and of this one, ½K ⟨e₁·e⟩₊ ΔD: with the traction (1 − D)K e
that is exactly its work by the trapezoidal rule less what is stored, whichever way the jump turns.

Sources: Gao & Bower, Model. Simul. Mater. Sci. Eng. 12 (2004) 453 (why to relax); see also `cohesive`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import ufl
from dolfinx import fem
from scipy.special import lambertw

from fem_ssb.physics.cohesive import Cohesive, CohesiveInterface
from fem_ssb.problem.state import State

BROKEN = 1 - 1e-12  # damage of an exponential law that counts as all


def cohesive_interface(state: State, interface: str, law: Cohesive, closed: Any = None) -> CohesiveInterface:
    """An interface with what its law needs to remember."""
    simple = law.shear_toughness is None and law.relaxation == 0 and law.fatigue is None
    return (CohesiveInterface if simple else LaggingInterface)(state, interface, law, closed)


class LaggingInterface(CohesiveInterface):
    """A law on one interface with its memory: κ, opening δ or jump e, and the lost energy of the last step."""

    def __init__(self, state: State, interface: str, law: Cohesive, closed: Any = None):
        super().__init__(state, interface, law, closed)
        what = [f"jump {axis}" for axis in "xyz"[: state.dim]] if law.relaxation > 0 else ["opening"]
        self.last = [self.points.function(f"last {part}") for part in what]
        self.lost = self.points.function("lost energy")
        self.points.write(self.lost, np.where(self.points.read(self.largest) > 0, self.toughness, 0.0))

    def damage(self, memory: fem.Function | None = None) -> Any:
        """D [–] at the end of the step; see `CohesiveInterface.damage`."""
        old = self._damage((memory or self.largest)("+"))
        target = ufl.max_value(old, self._damage(self._effective(), self._mixed()))
        slow = self.law.relaxation
        return target if slow == 0 else (slow * old + self.state.dt * target) / (slow + self.state.dt)

    def dissipated(self) -> Any:
        """Energy [J/m²] that is lost, ∫½Kδ² dD over all steps."""
        first, now = self.strength / self.stiffness, self._effective()
        grown = self.damage() - self._damage(self.largest("+"))
        if self.law.relaxation > 0:
            along = sum(last("+") * e for last, e in zip(self.last, self._parts_of_jump(), strict=True))
            return self.lost("+") + self.stiffness / 2 * ufl.max_value(along, 0) * grown
        if self.law.shape == "bilinear":
            now = ufl.min_value(now, 2 * self._mixed() / self.strength)
        reached = self.largest("+") if self.law.shear_toughness is None else first
        start = ufl.min_value(now, ufl.max_value(ufl.max_value(self.last[0]("+"), first), reached))
        return self.lost("+") + self.stiffness / 2 * start * now * grown

    def _remember(self) -> None:
        """Keep κ, opening and energy; let fatigue do its part."""
        points = self.points
        if self._openings is None:
            moved = self._parts_of_jump() if self.law.relaxation > 0 else [self._effective()]
            self._openings = points.reader(self._effective(), self.damage(), self.dissipated(), *moved)
        opening, damage, lost, *moved = self._openings()
        kappa = np.maximum(points.read(self.largest), self._opening_of(damage))
        if self.law.fatigue is not None:
            before = np.linalg.norm([points.read(last) for last in self.last], axis=0)
            again = self._fatigue(opening, before, np.maximum(kappa, self.strength / self.stiffness))
            total = np.minimum(damage + again, 1.0)
            kappa = np.where(again > 0, np.maximum(kappa, self._opening_of(total)), kappa)
            lost += self.stiffness / 2 * opening**2 * (total - damage)
        for function, values in zip((self.largest, self.lost, *self.last), (kappa, lost, *moved), strict=True):
            points.write(function, values)

    def _memory(self) -> list[fem.Function]:
        return [*super()._memory(), *self.last, self.lost]

    def _parts_of_jump(self) -> list[Any]:
        """Components of e = ⟨δ_n⟩₊ n + β δ_t [m], what damage takes the traction from."""
        opening, sliding, n = self._parts()
        e = ufl.max_value(opening, 0) * n + self.law.shear * sliding
        return [e[i] for i in range(self.state.dim)]

    def _mixed(self) -> Any:
        """G_c(B) [J/m²]."""
        second = self.law.shear_toughness
        if second is None:
            return self.toughness
        _, sliding, _ = self._parts()
        share = self.law.shear**2 * ufl.dot(sliding, sliding) / self._effective() ** 2
        return self.toughness + (second - self.toughness) * ufl.max_value(share, 1e-12) ** self.law.mixity

    def _fatigue(self, opening: np.ndarray, last: np.ndarray, kappa: np.ndarray) -> np.ndarray:
        law = self.law.fatigue
        assert law is not None
        now, before = (np.maximum(x - law.limit * kappa, 0) ** 2 for x in (opening, last))
        return np.maximum(now - before, 0) / (2 * kappa * law.length)

    def _opening_of(self, damage: np.ndarray) -> np.ndarray:
        """κ [m] at which the curve of mode I has a damage (0 where there is none)."""
        first = self.strength / self.stiffness
        if self.law.shape == "bilinear":
            final = 2 * self.toughness / self.strength
            found = first * final / (final - np.minimum(damage, 1.0) * (final - first))
        else:
            scale = self.toughness / self.strength - first / 2
            left = 1 - np.minimum(damage, BROKEN)
            found = scale * lambertw(first / scale * np.exp(first / scale) / left).real
        return np.where(damage > 0, found, 0.0)
