"""Lithium plated into a flaw that it leaves through the mouth alone: does it creep out, or crack the electrolyte?

A flaw of the depth a and the opening h (plane strain, walls hold the metal) takes the plating speed v = iΩ/F on each of
its n walls. The flow n v x at the distance x from the tip shears the metal, ε̇ = k(σ/σ₀)^m, as in a slit, so that

    |dp/dx| = (2/√3)(σ₀/h) [2(m + 2) n v x/(√3 k h²)]^{1/m}

and the pressure falls from the tip to the mouth as

    p(x) − p_mouth = p₀ [1 − (x/a)^{1 + 1/m}],   p₀ = (m/(m + 1)) a |dp/dx|(a) ∝ i^{1/m}.

As an edge crack the flaw has (weight function of Tada, Paris and Irwin, ξ = 1 − x/a from the mouth)

    K = 2√(a/π) ∫₀¹ p (1.3 − 0.3 ξ^{5/4})/√(1 − ξ²) dξ

and cracks the electrolyte where K reaches K_IC, at the current i_c ∝ K_IC^m. A flaw that is a closed crack is opened by
what is in it: the mean opening of an edge crack at K_IC under a uniform pressure is 1.12 K_IC √(πa)/E', which follows
from ½ p h a = ∫ K²/E' da (`crack_opening`).

| symbol | meaning | unit |
|---|---|---|
| a, h | depth of the flaw, mean opening | m |
| v, i | speed of plating on a wall, its local current density | m/s, A/m² |
| p₀ | pressure at the tip over that at the mouth | Pa |
| k | A exp(−Q/RT) of the creep law | 1/s |

What it leaves out: the strength of small lithium, which is more than that of the creep law, kinetics that slow down
under pressure, other ways out. i_c goes with K_IC, h and a to powers near m: an order only.
Sources: creep as in `physics.flow`; Tada, Paris & Irwin, The Stress Analysis of Cracks Handbook (3rd ed., 2000), § 8.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fem_ssb.constants import F
from fem_ssb.errors import number
from fem_ssb.materials import PowerLawCreep


def edge_weight(depth: Any) -> Any:
    """1.3 − 0.3 ξ^{5/4}, by which pressure at the share ξ of an edge crack's depth counts beside an inner crack's."""
    return 1.3 - 0.3 * depth**1.25


def edge_intensity(pressure: Callable[[Any], Any], depth: float) -> float:
    """K [Pa √m] of an edge crack.

    Args:
        pressure: p(x) [Pa] on its faces, x [m] from the tip.
        depth: a [m].
    """

    points, weights = np.polynomial.legendre.leggauss(64)
    depths = np.sin(np.pi / 4 * (1 + points))  # ξ = sin t
    values = np.broadcast_to(pressure(depth * (1 - depths)), depths.shape) * edge_weight(depths)
    return float(np.sqrt(np.pi * depth) / 2 * np.dot(weights, values))


UNIFORM = edge_intensity(lambda x: 1.0, 1.0) / np.sqrt(np.pi)  # 1.12


def crack_opening(depth: float, toughness: float, modulus: float) -> float:
    """Mean opening [m] of an edge crack under the uniform pressure at which it grows.

    Args:
        depth: a [m].
        toughness: K_IC [Pa √m].
        modulus: E' = E/(1 − ν²) [Pa].
    """
    return float(UNIFORM * toughness * np.sqrt(np.pi * depth) / modulus)


@dataclass(frozen=True)
class FilledFlaw:
    """A flaw in an electrolyte's surface into which metal is plated.

    Attributes:
        creep: law of the metal.
        molar_volume: Ω [m³/mol].
        depth: a [m].
        opening: h [m].
        walls: n, on how many of its two walls metal is plated.

    Raises:
        InputError: values out of range.
    """

    creep: PowerLawCreep
    molar_volume: float
    depth: float
    opening: float
    walls: int = 2

    def __post_init__(self) -> None:
        for name in ("molar_volume", "depth", "opening"):
            number(getattr(self, name), f"{name.replace('_', ' ')} of a filled flaw", above=0.0)
        number(self.walls, "walls on which metal is plated", least=1, most=2)

    def pressure(self, current: float, x: Any = 0.0, T: float = 298.15) -> Any:
        """p(x) − p_mouth [Pa].

        Args:
            current: local current density [A/m²].
            x: distance from the tip [m].
            T: temperature [K].
        """
        m = self.creep.m
        flow = self.walls * number(current, "plating current density [A/m²]", least=0.0) * self.molar_volume / F
        shear = 2 * (m + 2) * flow * self.depth / (np.sqrt(3) * self.creep(T) * self.opening**2)
        slope = 2 / np.sqrt(3) * self.creep.reference_stress / self.opening * shear ** (1 / m)
        return m / (m + 1) * self.depth * slope * (1 - (x / self.depth) ** (1 + 1 / m))

    def intensity(self, current: float, mouth: float = 0.0, T: float = 298.15) -> float:
        """K [Pa √m].

        Args:
            current: local current density [A/m²].
            mouth: pressure at the mouth [Pa].
            T: temperature [K].
        """
        return edge_intensity(lambda x: mouth + self.pressure(current, x, T), self.depth)

    def critical_current(self, toughness: float, mouth: float = 0.0, T: float = 298.15) -> float:
        """i_c [A/m²] at which K = K_IC; 0 where the pressure at the mouth alone is enough.

        Args:
            toughness: K_IC [Pa √m].
            mouth: pressure at the mouth [Pa].
            T: temperature [K].
        """
        left = toughness - self.intensity(0.0, mouth, T)
        return float((max(left, 0.0) / self.intensity(1.0, T=T)) ** self.creep.m)
