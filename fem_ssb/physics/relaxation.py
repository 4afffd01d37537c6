"""Solids whose shear stress relaxes: polymers, and ceramics above the temperature at which they soften.

    σ = C : [vol ε + (1 − Σ g_i) dev ε + Σ g_i a_i],     ȧ_i = dev ε̇ − a_i/(a_T τ_i)

a_i is the elastic strain of the Maxwell element i. Where dev ε runs straight through a step of Δt, r = Δt/(a_T τ_i),

    a_i = exp(−r) a_i,old + (1 − exp(−r))/r · (dev ε − dev ε_old)

exactly, and for r ≫ 1 this is a viscous liquid. C is the instantaneous stiffness of any symmetry, turned into the
grain's frame.

| symbol | meaning | unit |
|---|---|---|
| g_i, τ_i | shares and times of the material's `PronySeries` | –, s |
| a_T | shift of the times with temperature | – |

Source: Taylor, Pister & Goudreau, Int. J. Numer. Methods Eng. 2 (1970) 45.
"""

from __future__ import annotations

from typing import Any, cast

import ufl

from fem_ssb.materials import PronySeries
from fem_ssb.physics.solids import ElasticLaw, from_voigt, remembered, stiffness_matrix, to_voigt
from fem_ssb.problem.state import State

SHORT = 1e-4  # Δt/τ below which (1 − exp(−r))/r is its series, 1 − r/2 + r²/6: the difference would round away


class RelaxingLaw:
    """Elasticity of any symmetry whose shear relaxes.

    Args:
        state: the state.
        region: whose material has the "relaxation".
    """

    def __init__(self, state: State, region: str):
        self.state = state
        self.sound = ElasticLaw(state, stiffness_matrix(state, region))
        self.bulk = self.sound.bulk
        self.series = cast(PronySeries, state.materials[region]["relaxation"])
        self.memory = {
            f"Maxwell element {k}": remembered(state, f"Maxwell element {k} of {region}")
            for k in range(len(self.series.times))
        }
        self.memory["deviator"] = remembered(state, f"deviator of {region}")  # the last: the elements need the old one

    def __call__(self, e: Any) -> Any:
        """Stress (3, 3) [Pa] at the end of the step."""
        return self.sound(self.elastic(e))

    def elastic(self, e: Any) -> Any:
        """Strain (3, 3) that the stress belongs to."""
        volume = ufl.tr(e) / 3 * ufl.Identity(3)
        kept = 1 - sum(self.series.shares)
        return (
            volume + kept * ufl.dev(e) + sum(g * a for g, a in zip(self.series.shares, self._elements(e), strict=True))
        )

    def stored(self, e: Any) -> Any:
        """Energy [J/m³] that the springs of all elements hold: ½ Σ g (vol ε + a) : C : (vol ε + a)."""
        volume = ufl.tr(e) / 3 * ufl.Identity(3)
        shares = [1 - sum(self.series.shares), *self.series.shares]
        strains = [volume + a for a in (ufl.dev(e), *self._elements(e))]
        return sum(0.5 * g * ufl.inner(self.sound(a), a) for g, a in zip(shares, strains, strict=True))

    def updated(self, e: Any) -> dict[str, Any]:
        """Elastic strains of the elements, and dev ε, at the end of the step; six components each."""
        return dict(zip(self.memory, map(to_voigt, [*self._elements(e), ufl.dev(e)]), strict=True))

    def _elements(self, e: Any) -> list[Any]:
        *olds, deviator = (from_voigt(f) for f in self.memory.values())
        grown, shift = ufl.dev(e) - deviator, self.series.factor(self.state["temperature"])
        found = []
        for time, old in zip(self.series.times, olds, strict=True):
            r = self.state.dt / (time * shift)
            long = ufl.max_value(r, SHORT)
            taken = ufl.conditional(ufl.lt(r, SHORT), 1 - r / 2 + r**2 / 6, (1 - ufl.exp(-long)) / long)
            found.append(ufl.exp(-r) * old + taken * grown)
        return found
