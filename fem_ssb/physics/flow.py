"""Metals that flow: power-law creep and yield, implicit and with their exact tangent.

    ε̇_p = ε̇(σ_eq) · (3/2) s/σ_eq,     ε̇ = A exp(−Q/RT) (σ_eq/σ₀)^m  while σ_eq < σ_y(T),  any rate at σ_eq = σ_y

Backward Euler gives s = x s_tr with the trial deviator s_tr = 2G(dev ε − ε_p,old) and x ∈ (0, 1]:

- creep: x + B x^m = 1, B = 3GΔt A exp(−Q/RT) σ_tr^{m−1}/σ₀^m. The left side is convex and rising, so Newton from
  x = (1 + B)^{−1/m} (never below the root) goes down to it; the iterations are part of the expression.
- yield without hardening: x = σ_y/σ_tr where that is below 1 (radial return).
- both: the smaller x. Where creep alone would leave σ_eq above σ_y, the rest of the flow is plastic and σ_eq = σ_y.

The tangent is the derivative of the expression. The volume does not flow; displacements of degree 2 do not lock.

In plane stress the strain out of the plane is the one at which σ_zz = 0, that of κ tr ε = 2a/3 with the mean in-plane
stress a = (σ_xx + σ_yy)/2 at the end of the step. With r² = (σ_xx − σ_yy)²/4 + σ_xy² the flow slows both,

    a = a_tr/(1 + ct),   r = r_tr/(1 + t),   σ_eq² = a² + 3r²,   c = 3κ/(3κ + 4G),   t = 3G Δε_p/σ_eq,

so that one number t is left. f(t) = σ_tr/σ_eq is concave:

- creep: x f(B x^{m−1}) = 1 by Newton for ln x, whose slope is between 1 and m, from the root for c = 1.
- yield: f(t) = σ_tr/σ_y by Newton from the root for c = 1, never above the root.
- both: the larger t.

| symbol | meaning | unit |
|---|---|---|
| ε_p | flow strain, creep and plastic | – |
| σ_eq, σ_tr | von Mises stress, and that of the trial | Pa |
| κ, G | bulk and shear modulus | Pa |
| σ_y | yield strength, a law of the temperature; `SizedYield` for small bodies | Pa |
| A, Q, m, σ₀ | creep law of the material | 1/s, J/mol, –, Pa |

Source of the creep law: LePage et al., J. Electrochem. Soc. 166 (2019) A89; of the update: Simo & Hughes,
Computational Inelasticity (Springer, 1998), ch. 3, in plane stress sec. 3.4.
"""

from __future__ import annotations

from typing import Any, cast

import ufl

from fem_ssb.errors import InputError
from fem_ssb.materials import PowerLawCreep
from fem_ssb.physics.solids import ElasticLaw, from_voigt, remembered, stiffness_matrix, to_voigt
from fem_ssb.problem.state import State


class FlowLaw:
    """Isotropic elasticity with creep, yield or both.

    Args:
        state: the state.
        region: whose material has the laws.
        creep: by its "creep".
        plastic: by its "yield_strength".

    Raises:
        InputError: the stiffness is not isotropic.
    """

    ITERATIONS = 5

    def __init__(self, state: State, region: str, creep: bool, plastic: bool):
        c = stiffness_matrix(state, region)
        if not ElasticLaw(state, c).isotropic:
            raise InputError(
                f"region '{region}' flows, and its stiffness is anisotropic: give the polycrystal's, "
                "stiffness.isotropic(), or creep=False and plastic=False"
            )
        self.state, self.region = state, region
        self.creep = cast(PowerLawCreep, state.materials[region]["creep"]) if creep else None
        self.strength = state.property(region, "yield_strength") if plastic else None
        self.shear, self.bulk = float(c[3, 3]), float(c[:3, :3].sum()) / 9
        self.flow_strain = remembered(state, f"creep strain of {region}")
        self.memory = {"creep strain": self.flow_strain}

    def trial(self, e: Any) -> Any:
        """Trial deviator s_tr [Pa] of an elastic + flow strain."""
        return 2 * self.shear * (ufl.dev(e) - from_voigt(self.flow_strain))

    def share(self, s_trial: Any, shear: Any = None) -> Any:
        """x = σ_eq/σ_tr.

        Args:
            s_trial: trial deviator (3, 3) [Pa].
            shear: G [Pa] at which it goes back as the metal flows; None = the metal's.
        """
        sigma = ufl.sqrt(1.5 * ufl.inner(s_trial, s_trial) + self._tiny**2)
        x = self._creeping(sigma, self.shear if shear is None else shear) if self.creep else 1
        return x if self.strength is None else ufl.min_value(x, self.strength / sigma)

    @property
    def _tiny(self) -> float:
        """Stress [Pa] that is none, so that σ_tr has a derivative everywhere."""
        return 1e-6 * (self.creep.reference_stress if self.creep else 1e-6 * self.shear)

    def _speed(self, trial: Any, shear: Any) -> tuple[Any, float]:
        """B and m."""
        assert self.creep is not None
        law, m = self.creep, self.creep.m
        sigma = trial / law.reference_stress
        B = 3 * shear / law.reference_stress * self.state.dt * law(self.state["temperature"]) * sigma ** (m - 1)
        return B, m

    def _creeping(self, trial: Any, shear: Any) -> Any:
        B, m = self._speed(trial, shear)
        x = (1 + B) ** (-1 / m)
        for _ in range(self.ITERATIONS):
            power = B * x ** (m - 1)
            x = (1 + (m - 1) * power * x) / (1 + m * power)
        return x

    def flattened(self, e: Any) -> Any:
        """Elastic + flow strain (3, 3) with the in-plane components of `e` and σ_zz = σ_yz = σ_xz = 0."""
        own = e - from_voigt(self.flow_strain)
        slowness = 3 * self.bulk / (3 * self.bulk + 4 * self.shear)
        mean = 3 * self.shear * slowness * (own[0, 0] + own[1, 1])
        turning = 3 * self.shear**2 * ((own[0, 0] - own[1, 1]) ** 2 + 4 * own[0, 1] ** 2) + self._tiny**2
        sigma = ufl.sqrt(mean**2 + turning)
        flow = self._flow(sigma, [(slowness, mean**2 / sigma**2), (1.0, turning / sigma**2)])
        out = 2 * mean / (1 + slowness * flow) / (3 * self.bulk) - e[0, 0] - e[1, 1]
        return from_voigt(ufl.as_vector([e[0, 0], e[1, 1], out, 0, 0, e[0, 1]]))

    def _flow(self, trial: Any, parts: list[tuple[float, Any]]) -> Any:
        """t in plane stress, of parts (c_i, share of σ_tr²)."""
        flows = []
        if self.creep is not None:
            B, m = self._speed(trial, self.shear)
            x = (1 + B) ** (-1 / m)
            for _ in range(self.ITERATIONS):
                t = B * x ** (m - 1)
                f, slope = _fallen(t, parts)
                x *= ufl.exp(-ufl.ln(x * f) / (1 + (m - 1) * t * slope))
            flows.append(B * x ** (m - 1))
        if self.strength is not None:
            wanted = ufl.max_value(trial / self.strength, 1)
            t = wanted - 1
            for _ in range(self.ITERATIONS):
                f, slope = _fallen(t, parts)
                t += (wanted / f - 1) / slope
            flows.append(t)
        return flows[0] if len(flows) == 1 else ufl.max_value(*flows)

    def __call__(self, e: Any) -> Any:
        """Stress (3, 3) [Pa] at the end of the step."""
        s = self.trial(e)
        return self.bulk * ufl.tr(e) * ufl.Identity(3) + self.share(s) * s

    def elastic(self, e: Any) -> Any:
        """Strain (3, 3) that the stress belongs to."""
        s = self.trial(e)
        return ufl.tr(e) / 3 * ufl.Identity(3) + self.share(s) * s / (2 * self.shear)

    def stored(self, e: Any) -> Any:
        """Energy [J/m³] that comes back when the load goes."""
        return 0.5 * ufl.inner(self(e), self.elastic(e))

    def updated(self, e: Any) -> dict[str, Any]:
        """Flow strain at the end of the step, six components."""
        s = self.trial(e)
        return {"creep strain": to_voigt(ufl.dev(e) - self.share(s) * s / (2 * self.shear))}


def _fallen(t: Any, parts: list[tuple[float, Any]]) -> tuple[Any, Any]:
    """f = σ_tr/σ_eq and d ln f/dt."""
    left = sum(share / (1 + c * t) ** 2 for c, share in parts)
    return 1 / ufl.sqrt(left), sum(c * share / (1 + c * t) ** 3 for c, share in parts) / left
