"""Metals that strain by much: neo-Hookean, with creep and yield as at small strain.

With J = det F_e, the metric of the flow C_p⁻¹ = I − 2ε_p and b̄ = J^(−2/3) F_e C_p⁻¹ F_eᵀ the Kirchhoff stress is

    Jσ = κ ln J I + s,      s = x s_tr,      s_tr = G dev b̄_tr,      E = ½κ ln² J + ½G(tr b̄ − 3)

b̄_tr has the metric of the last step; x is that of `flow` for the stress s_tr/J, with tr b̄_tr G/3J in place of G, by
which the trial goes back as the metal flows. At the end of the step b̄ = s/G + cI, where c makes det b̄ = 1 (the volume
does not flow), so C_p⁻¹ = J^(2/3) F_e⁻¹ b̄ F_e⁻ᵀ: it is of the coordinates of the start, a metal that turns leaves it
alone. At small strain all this is `flow`, ε_p its flow strain.

| symbol | meaning | unit |
|---|---|---|
| F_e | deformation without the given strains, see `finite_strain` | – |
| κ, G | bulk and shear modulus | Pa |

Source: Simo, Comput. Methods Appl. Mech. Eng. 66 (1988) 199; Simo & Hughes, Computational Inelasticity (Springer,
1998), box 9.1.
"""

from __future__ import annotations

from typing import Any

import ufl

from fem_ssb.physics.finite_strain import FiniteStrain
from fem_ssb.physics.flow import FlowLaw
from fem_ssb.physics.solids import from_voigt, to_voigt

ITERATIONS = 3  # of c, from tr b̄_tr/3, which is it to the second order of elastic strain


class FiniteFlow(FiniteStrain):
    """Stress of a metal that flows at finite strain; see `FiniteStrain`."""

    def updated(self, gradient: Any, given: Any) -> dict[str, Any]:
        """ε_p at the end of the step, by name, six components."""
        F = self._elastic(gradient, given)
        J, deviator, mean = self._flowed(F)
        back = ufl.inv(F)
        metric = J ** (2 / 3) * back * (deviator + mean * ufl.Identity(3)) * back.T
        return {"creep strain": to_voigt(0.5 * (ufl.Identity(3) - metric))}

    def _density(self, F: Any) -> Any:
        J, _, mean = self._flowed(F)
        return 0.5 * self.law.bulk * ufl.ln(J) ** 2 + 1.5 * self.law.shear * (mean - 1)

    def _second(self, F: Any) -> Any:
        J, trial, share = self._trial(F)
        back = ufl.inv(F)
        kirchhoff = self.law.bulk * ufl.ln(J) * ufl.Identity(3) + share * self.law.shear * ufl.dev(trial)
        return back * kirchhoff * back.T

    def _trial(self, F: Any) -> tuple[Any, Any, Any]:
        """J, b̄_tr and x."""
        law: FlowLaw = self.law
        J = ufl.det(F)
        trial = J ** (-2 / 3) * F * (ufl.Identity(3) - 2 * from_voigt(law.flow_strain)) * F.T
        return J, trial, law.share(law.shear * ufl.dev(trial) / J, law.shear * ufl.tr(trial) / (3 * J))

    def _flowed(self, F: Any) -> tuple[Any, Any, Any]:
        """J, dev b̄ and c."""
        J, trial, share = self._trial(F)
        deviator, c = share * ufl.dev(trial), ufl.tr(trial) / 3
        square, det = ufl.inner(deviator, deviator), ufl.det(deviator)
        for _ in range(ITERATIONS):
            c -= (c**3 - 0.5 * square * c + det - 1) / (3 * c**2 - 0.5 * square)
        return J, deviator, c
