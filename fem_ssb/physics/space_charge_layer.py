r"""Space charge at a boundary in thin-layer treatment: its resistance, capacitance and conductance along.

A boundary whose core is charged stands at the potential ΔΦ above the neutral grains. One mobile ion against a fixed
framework has beside it, u = FΔΦ/RT, c = c₀ e^(−u(x)), and from the first integral (λ²/2) u′² = e^(−u) − 1 + u =: G(u)

    R = s (λ/σ₀) ∫₀^u (e^v − 1)/√(2G(v)) dv             what it resists more than as much grain would
    C = (ε/(s λ)) ρ⁻² ∫₀^u [e^(2v) − 1 − H(v)²/2G(v)]/√(2G(v)) dv,   H(v) = ∫₀^v √(2G) e^w dw
                                                        in parallel to it, ρ the integral in R
    C_d = (ε/(s λ)) (1 − e^(−u))/√(2G(u))               charge at the core by its potential (Gouy and Chapman)
    κ_s = s σ₀ λ √(2G(u)),  u < 0                       what it conducts more along, where ions gather

| symbol | meaning | unit |
|---|---|---|
| λ | Debye length √(εRT/F²c₀) | m |
| σ₀, c₀, ε | conductivity, mobile ions and permittivity of the neutral grain | S/m, mol/m³, F/m |
| s | layers: 2 at a boundary between grains, 1 at a contact | – |

R and C are those of small currents, exact up to the first order in ω. C: a current I drives φ₁′ = −I/σ, the perturbed
potential obeys λ²Φ₁″ = (c/c₀)(Φ₁ − φ₁) with Φ₁ = φ₁ at the core, and CR²I² = ∫ε(φ₁′Φ₁′ − I²/σ₀²) dx; u′ solves the
homogeneous equation, which leaves the integrals above. C_d, which takes all of the drop to be at the core, is 31 %, 6 %
and 0.1 % below C at u = 2, 4 and 8. For large u the ratio of the time constants R C σ₀/ε tends to e^u/(2u) (Fleig,
Rodewald & Maier, J. Appl. Phys. 87 (2000) 2372). Resolved, it is `SpaceCharge`; grains have to be wide beside λ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.integrate import quad

from fem_ssb.constants import F, R, eps_0
from fem_ssb.errors import InputError, number

NEARLY_NEUTRAL = 1e-4  # of u: below it the integrands are those of their series


@dataclass(frozen=True)
class SpaceChargeLayer:
    """The layers beside one charged boundary.

    `GrainBoundaries(resistance=layer.resistance)` with `Capacitance(boundary=layer.capacitance)`, or, where ions
    gather, `SheetConduction(layer.conductance, on="separator|separator")`.

    Args:
        potential: ΔΦ of the core above the grains [V]; positive: cations are driven away.
        concentration: c₀ of mobile ions [mol/m³].
        permittivity: relative.
        conductivity: σ₀ [S/m].
        temperature: [K].
        sides: s, 1 or 2.

    Raises:
        InputError: values out of range.
    """

    potential: float
    concentration: float
    permittivity: float
    conductivity: float
    temperature: float = 298.15
    sides: int = 2

    def __post_init__(self) -> None:
        number(self.potential, "potential of a boundary's core [V]")
        for name, unit in (
            ("concentration", "mol/m³"), ("permittivity", "–"), ("conductivity", "S/m"), ("temperature", "K")
        ):  # fmt: skip
            number(getattr(self, name), f"{name} of a space-charge layer [{unit}]", above=0.0)
        if self.sides not in (1, 2):
            raise InputError(f"a boundary has 1 or 2 space-charge layers, not {self.sides!r}")

    @property
    def reduced(self) -> float:
        """u = FΔΦ/RT."""
        return F * self.potential / (R * self.temperature)

    @property
    def debye_length(self) -> float:
        """λ [m]."""
        eps = eps_0 * self.permittivity
        return math.sqrt(eps * R * self.temperature / (F**2 * self.concentration))

    @property
    def resistance(self) -> float:
        """R [Ω m²].

        Raises:
            InputError: nothing drives the ions away, or they gather: the boundary resists no more than the grain.
        """
        if self.potential <= 0:
            raise InputError("ions gather at this boundary or it is neutral: no resistance; use its conductance along")
        integral, _ = quad(lambda v: math.expm1(v) / _slope(v), 0.0, self.reduced, epsrel=1e-10, limit=200)
        return self.sides * self.debye_length / self.conductivity * integral

    @property
    def capacitance(self) -> float:
        """C [F/m²], in parallel to the resistance.

        Raises:
            InputError: ions gather at the boundary: it has no resistance.
        """
        rho = self.resistance * self.conductivity / (self.sides * self.debye_length)

        def stored(v: float) -> float:
            H, _ = quad(lambda w: _slope(w) * math.exp(w), 0.0, v, epsrel=1e-9)
            return (math.expm1(2 * v) - (H / _slope(v)) ** 2) / _slope(v)

        integral, _ = quad(stored, 0.0, self.reduced, epsrel=1e-8, limit=200)
        return eps_0 * self.permittivity / (self.sides * self.debye_length) * integral / rho**2

    @property
    def differential_capacitance(self) -> float:
        """C_d [F/m²] of the charge at the core, as at an electrode that blocks; at either sign of the potential."""
        u = self.reduced
        share = -math.expm1(-u) / _slope(u) if abs(u) > NEARLY_NEUTRAL else 1.0
        return eps_0 * self.permittivity / (self.sides * self.debye_length) * share

    @property
    def conductance(self) -> float:
        """κ_s [S]; negative where ions are driven away."""
        return -self.sides * self.conductivity * self.debye_length * _slope(self.reduced)


def _slope(u: float) -> float:
    """λ u′ = √(2G(u)) with the sign of u."""
    if abs(u) <= NEARLY_NEUTRAL:
        return u * (1 - u / 6) or 1e-300
    return float(np.sign(u)) * math.sqrt(2 * (math.expm1(-u) + u))
