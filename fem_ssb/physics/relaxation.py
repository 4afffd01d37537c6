"""Solids whose shear stress relaxes: polymers, and ceramics above the temperature at which they soften.

    σ = C : [vol ε + (1 − Σ g_i) dev ε + Σ g_i a_i],     ȧ_i = dev ε̇ − a_i/(a_T τ_i)

a_i is the elastic strain of the Maxwell element i. Where dev ε runs straight through a step of Δt, r = Δt/(a_T τ_i),

    a_i = exp(−r) a_i,old + (1 − exp(−r))/r · (dev ε − dev ε_old)

exactly, and for r ≫ 1 this is a viscous liquid. C is the instantaneous stiffness of any symmetry, turned into the
grain's frame. The stress at the end of the step is linear in the strain, in plane stress with the moduli
C : [vol + γ dev], γ = 1 − Σ g_i + Σ g_i (1 − exp(−r_i))/r_i, so that the strain out of the plane is found at once.

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
from fem_ssb.physics.solids import OUTSIDE, ElasticLaw, from_voigt, remembered, stiffness_matrix, to_voigt
from fem_ssb.problem.state import State

SHORT = 1e-4  # Δt/τ below which (1 − exp(−r))/r is its series, 1 − r/2 + r²/6: the difference would round away
ACROSS = [from_voigt(ufl.as_vector([float(k == row) for k in range(6)])) for row in OUTSIDE]  # unit strains out of it


class RelaxingLaw:
    """Elasticity of any symmetry whose shear relaxes.

    Args:
        state: the state.
        region: whose material has the "relaxation".
    """

    def __init__(self, state: State, region: str):
        self.state = state
        self.sound = ElasticLaw(state, stiffness_matrix(state, region))
        self.bulk, self.isotropic = self.sound.bulk, self.sound.isotropic
        self.series = cast(PronySeries, state.materials[region]["relaxation"])
        self.memory = {
            f"Maxwell element {k}": remembered(state, f"Maxwell element {k} of {region}")
            for k in range(len(self.series.times))
        }
        self.memory["deviator"] = remembered(state, f"deviator of {region}")

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

    def flattened(self, e: Any) -> Any:
        """Strain (3, 3) with the in-plane components of `e` and σ_zz = σ_yz = σ_xz = 0 at the end of the step."""
        inside = from_voigt(ufl.as_vector([e[0, 0], e[1, 1], 0, 0, 0, e[0, 1]]))
        held = ufl.as_vector([to_voigt(self(inside))[row] for row in OUTSIDE])
        out = ufl.dot(self._softness(), held)
        return inside - sum(out[k] * a for k, a in enumerate(ACROSS))

    def thickening(self) -> Any:
        """Strain (3, 3) [1/Pa] by σ_zz within the step while the strain in the plane is held."""
        softness = self._softness()
        return sum(softness[k, 0] * a for k, a in enumerate(ACROSS))

    def _softness(self) -> Any:
        """Strains ε_zz, ε_yz, ε_xz by a stress out of the plane within the step, (3, 3) [1/Pa]."""
        kept = 1 - sum(self.series.shares)
        left = kept + sum(g * taken for g, (_, taken) in zip(self.series.shares, self._steps(), strict=True))
        moduli = [self.sound(ufl.tr(a) / 3 * ufl.Identity(3) + left * ufl.dev(a)) for a in ACROSS]
        return ufl.inv(ufl.as_matrix([[to_voigt(s)[row] for s in moduli] for row in OUTSIDE]))

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
        grown = ufl.dev(e) - deviator
        return [left * old + taken * grown for old, (left, taken) in zip(olds, self._steps(), strict=True)]

    def _steps(self) -> list[tuple[Any, Any]]:
        """exp(−r) and (1 − exp(−r))/r of each element."""
        found, shift = [], self.series.factor(self.state["temperature"])
        for time in self.series.times:
            r = self.state.dt / (time * shift)
            long = ufl.max_value(r, SHORT)
            taken = ufl.conditional(ufl.lt(r, SHORT), 1 - r / 2 + r**2 / 6, (1 - ufl.exp(-long)) / long)
            found.append((ufl.exp(-r), taken))
        return found
