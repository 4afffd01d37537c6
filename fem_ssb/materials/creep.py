"""Power-law creep of metals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..constants import R
from ..errors import number
from ._symbolic import absolute, exp
from .laws import REFERENCE_TEMPERATURE, Law


@dataclass(frozen=True)
class PowerLawCreep(Law):
    """Steady uniaxial creep ε̇ = A exp(−Q/RT) (σ/σ₀)^m.

    The multiaxial form is ε̇_p = (3/2)(s/σ_e) ε̇(σ_e) with the deviator s and the von Mises stress σ_e.
    A law stated as ε̇ = A' exp(−Q/RT) σ^m with A' in 1/(s Pa^m) has A = A' σ₀^m for any σ₀.

    Args:
        A: prefactor in 1/s, above 0.
        Q: activation energy in J/mol, at least 0.
        m: stress exponent, at least 1.
        reference_stress: σ₀ in Pa, above 0.

    Raises:
        InputError: values out of range.
    """

    A: float
    Q: float
    m: float
    reference_stress: float

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "A", number(self.A, "A [1/s]", above=0.0))
        set_(self, "Q", number(self.Q, "Q [J/mol]", least=0.0))
        set_(self, "m", number(self.m, "m", least=1.0))
        set_(self, "reference_stress", number(self.reference_stress, "reference_stress [Pa]", above=0.0))

    def __call__(self, T: Any = REFERENCE_TEMPERATURE) -> Any:
        """Rate at the reference stress, A exp(−Q/RT), in 1/s."""
        return self.A * exp(-self.Q / (R * absolute(T)))

    def rate(self, stress: Any, T: Any = REFERENCE_TEMPERATURE) -> Any:
        """Equivalent creep rate in 1/s under the von Mises stress `stress` ≥ 0 in Pa at `T` in K."""
        return self(T) * (stress / self.reference_stress) ** self.m

    def stress(self, rate: Any, T: Any = REFERENCE_TEMPERATURE) -> Any:
        """Flow stress in Pa at the equivalent rate `rate` ≥ 0 in 1/s and `T` in K: the inverse of `rate`."""
        return self.reference_stress * (rate / self(T)) ** (1.0 / self.m)

    def describe(self) -> str:
        """The parameters."""
        return (
            f"A = {self.A:.4g} 1/s, Q = {self.Q / 1e3:.4g} kJ/mol, m = {self.m:.4g}, "
            f"sigma0 = {self.reference_stress / 1e6:.4g} MPa"
        )
