"""Yield strength of small metal bodies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import InputError, number
from .laws import REFERENCE_TEMPERATURE, Interpolated, Law


@dataclass(frozen=True)
class SizedYield(Law):
    """Smaller is stronger: σ_y(T) = σ_bulk(T) + σ₁(T) (d/d₁)^(−n(T)).

    Args:
        bulk: σ_bulk, law of the temperature [Pa].
        small: σ₁, strength that a body of the size d₁ has in addition, law of the temperature [Pa].
        exponent: n, law of the temperature.
        size: d, smallest dimension of the body: diameter of a filament, thickness of a film [m].
        reference_size: d₁ [m].

    Raises:
        InputError: values out of range, or what must be a law and is none.
    """

    bulk: Law
    small: Law
    exponent: Law
    size: float
    reference_size: float = 1e-6

    def __post_init__(self) -> None:
        for name in ("bulk", "small", "exponent"):
            if not isinstance(getattr(self, name), Law):
                raise InputError(f"'{name}' of a SizedYield is a law of the temperature, e.g. Constant(…)")
        for name in ("size", "reference_size"):
            object.__setattr__(self, name, number(getattr(self, name), f"{name} [m]", above=0.0))

    def __call__(self, T: Any = REFERENCE_TEMPERATURE) -> Any:
        """Yield strength [Pa] at `T` in K."""
        return self.bulk(T) + self.small(T) * (self.size / self.reference_size) ** (-self.exponent(T))

    def describe(self) -> str:
        """Size, and strength at room temperature."""
        return f"{self():.4g} Pa at {REFERENCE_TEMPERATURE:g} K for a size of {self.size:.3g} m"


def lithium_yield(size: float) -> SizedYield:
    """Yield strength of small lithium between 25 and 90 °C (constant outside).

    Args:
        size: smallest dimension of the body [m], see `SizedYield`.

    | part | 25 °C | hot | source |
    |---|---|---|---|
    | bulk | 0.77 MPa | 0.40 MPa at 75 °C | Masias et al. 2019; it falls as the ultimate strength of Tariq et al. 2003 |
    | 1 µm | 105 MPa | 35 MPa at 90 °C | single-crystal pillars, Xu et al., PNAS 114 (2017) 57 |
    | n | 0.68 | 1.00 at 90 °C | the same, doi:10.1073/pnas.1615733114 |

    That 1 µm is the size of the strongest pillars (0.98–1.39 µm) and that both parts add are choices of this law: at
    8.5 µm it gives 25 and 4.5 MPa, pillars had 16 and 5 MPa.
    """
    return SizedYield(
        bulk=Interpolated([(298.15, 0.77e6), (348.15, 0.77e6 * 0.46 / 0.89)], scale="log"),
        small=Interpolated([(298.15, 105e6), (363.15, 35e6)], scale="log"),
        exponent=Interpolated([(298.15, 0.68), (363.15, 1.00)]),
        size=size,
    )
