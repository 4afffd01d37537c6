"""Rates of the electrode reaction: current density over exchange current density as a function of f = Fη/RT.

| law | i_n/i₀ |
|---|---|
| `butler_volmer` | exp(α_a f) − exp(−α_c f) |
| `linear` | f |
| `tafel_anodic`, `tafel_cathodic` | exp(α_a f), −exp(−α_c f): one direction only, for abs(f) ≫ 1 |
| `MarcusHushChidsey` | electron transfer from a metal with a finite reorganisation energy: levels off at large f |

Any function of (f, α_a) that returns UFL serves as well. All but Tafel's have the slope 1 at f = 0 (α_a + α_c = 1), so
that i₀ means the same: RT/(F i₀) is the charge-transfer resistance.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ufl

from fem_ssb.constants import R
from fem_ssb.errors import InputError, number, unknown

LARGEST_EXPONENT = 20.0  # 5e8 i₀ is far above any current of a cell; beyond it the law goes on as its tangent

STEP, POINTS = 1.5, 40  # of the trapezoidal rule for Marcus, Hush and Chidsey
LARGEST_DRIVE = 45.0

Rate = Callable[[Any, float], Any]


def limited_exp(x: Any) -> Any:
    """exp(x), continued by its tangent above `LARGEST_EXPONENT`, so that a bad guess does not overflow."""
    top = ufl.exp(LARGEST_EXPONENT)
    return ufl.conditional(
        ufl.lt(x, LARGEST_EXPONENT), ufl.exp(ufl.min_value(x, LARGEST_EXPONENT)), top * (1 + x - LARGEST_EXPONENT)
    )


def butler_volmer(f: Any, anodic: float) -> Any:
    """exp(α_a f) − exp(−(1 − α_a) f)."""
    return limited_exp(anodic * f) - limited_exp(-(1 - anodic) * f)


def linear(f: Any, anodic: float) -> Any:
    """The slope of Butler and Volmer's law at rest."""
    return f


def tafel_anodic(f: Any, anodic: float) -> Any:
    """exp(α_a f): dissolution that is not reversed."""
    return limited_exp(anodic * f)


def tafel_cathodic(f: Any, anodic: float) -> Any:
    """−exp(−(1 − α_a) f): deposition that is not reversed."""
    return -limited_exp(-(1 - anodic) * f)


@dataclass(frozen=True)
class MarcusHushChidsey:
    """Marcus–Hush–Chidsey kinetics, symmetric: electron transfer to all levels of a metal, Fermi-weighted.

    The rates in the two directions, with the reduced reorganisation energy Λ = λ/RT,

        k± = ∫ exp[−(x − Λ ± f)²/4Λ]/(1 + eˣ) dx

    add up, after completing the square, to

        i_n/i₀ ∝ k₋ − k₊ = e^(−Λ/4) sinh(f/2) ∫ exp[−(x − f)²/4Λ]/cosh(x/2) dx.

    The integrand is analytic in a strip of half-width π, so the trapezoidal rule of step 1.5 is good to 4e-5.
    The current levels off beyond f = Λ; it is constant beyond abs(f) = 45 (1.2 V). A cell cannot carry more than that
    `largest` i_n/i₀: 84 at 0.3 eV, 716 at 0.5 eV.

    Args:
        reorganisation_energy: λ [J/mol]; 0.3 eV an electron are 28.9 kJ/mol.
        temperature: at which Λ is taken [K].

    Raises:
        InputError: values out of range.

    Source: Chidsey, Science 251 (1991) 919, eq. 4; Zeng et al., J. Electroanal. Chem. 735 (2014) 77.
    """

    reorganisation_energy: float
    temperature: float = 298.15

    def __post_init__(self) -> None:
        number(self.reorganisation_energy, "reorganisation energy [J/mol]", above=0.0)
        number(self.temperature, "temperature of the reorganisation energy [K]", above=0.0)

    @property
    def largest(self) -> float:
        """The largest i_n/i₀."""
        return float(self._sum(LARGEST_DRIVE, math.exp))

    def __call__(self, f: Any, anodic: float) -> Any:
        """i_n/i₀; the transfer coefficient has no place in it."""
        return self._sum(ufl.max_value(ufl.min_value(f, LARGEST_DRIVE), -LARGEST_DRIVE), ufl.exp)

    def _sum(self, f: Any, exp: Callable[[Any], Any]) -> Any:
        size = self.reorganisation_energy / (R * self.temperature)
        total: Any = 0
        slope = 0.0
        for k in range(-POINTS, POINTS + 1):
            x = STEP * k
            weight = 1 / (1 + math.exp(-abs(x)))  # with the exponentials below: 1/(2 cosh(x/2)), free of overflow
            common = -abs(x) / 2 - (x - f) ** 2 / (4 * size)
            total += weight * (exp(common + f / 2) - exp(common - f / 2))
            slope += weight * math.exp(-abs(x) / 2 - x**2 / (4 * size))
        return total / slope


RATES: dict[str, Rate] = {
    "butler_volmer": butler_volmer,
    "linear": linear,
    "tafel_anodic": tafel_anodic,
    "tafel_cathodic": tafel_cathodic,
}


def rate_law(law: str | Rate) -> Rate:
    """A law by its name, or the user's function as it is.

    Raises:
        InputError: neither.
    """
    if isinstance(law, str):
        if law not in RATES:
            raise unknown("rate law", law, RATES)
        return RATES[law]
    if not callable(law):
        raise InputError(f"a rate law is a name or a function of (f, α_a), not {law!r}")
    return law


def eased(rate: Rate, f: Any, anodic: float, ease: Any) -> Any:
    """i_n/i₀; a law that may level off gets the slope `ease` on Newton's way, and none at last."""
    i = rate(f, anodic)
    return i if rate in RATES.values() else i + ease * f


def extremes(rate: Rate) -> tuple[float, float]:
    """Least and largest i_n/i₀ of a law; infinite for a function of the user's, of which nothing is known."""
    if isinstance(rate, MarcusHushChidsey):
        return -rate.largest, rate.largest
    return 0.0 if rate is tafel_anodic else -math.inf, 0.0 if rate is tafel_cathodic else math.inf
