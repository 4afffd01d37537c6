"""Nucleation of metal on a collector: critical radius, barrier, density of nuclei, and when they close to a layer.

    r* = 2γΩ/(F η),    ΔG* = (16π/3) γ³ Ω²/(F η)² f(θ),    f(θ) = (2 + cos θ)(1 − cos θ)²/4
    N = q Ω/(F V*),    V* = (4π/3) r*³ f(θ)
    h = N (4π/3) R³ f(θ) where caps of radius R touch, their width 2R (θ ≥ 90°) or 2R sin θ being 1/√N

| symbol | meaning | unit |
|---|---|---|
| η | overpotential of deposition, without sign | V |
| γ, Ω | surface energy and molar volume of the metal | J/m², m³/mol |
| θ | contact angle of the cap on the collector; 180° = a free sphere, 90° = a half-ball | ° |
| q | charge that went into nuclei, an area of collector | C/m² |
| N | nuclei an area of collector | 1/m² |
| h | mean thickness of metal at which nuclei on a square grid touch | m |

N goes with η³: with η ∝ i at small overpotentials the density is proportional to the cube of the current and the radius
to its inverse. Source: Pei, Zheng, Shi, Li & Cui, Nano Lett. 17 (2017) 1132; Volmer & Weber for the barrier.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fem_ssb.constants import F, k_B
from fem_ssb.errors import InputError, number
from fem_ssb.materials import Material


@dataclass(frozen=True)
class Nucleation:
    """Classical nucleation of a metal on a collector.

    Args:
        metal: with its surface energy and molar volume.
        contact_angle: θ [°], above 0, at most 180.
        temperature: [K].

    Raises:
        InputError: values out of range, a metal without surface energy.
    """

    metal: Material
    contact_angle: float = 90.0
    temperature: float = 298.15

    def __post_init__(self) -> None:
        number(self.contact_angle, "contact angle [°]", above=0.0, most=180.0)
        number(self.temperature, "temperature [K]", above=0.0)
        for name in ("surface_energy", "molar_volume"):
            if name not in self.metal:
                raise InputError(f"{self.metal.name} has no {name}: give Material('{self.metal.name}', {name}=…)")

    @property
    def share(self) -> float:
        """f(θ): volume of the cap over that of its sphere."""
        cosine = math.cos(math.radians(self.contact_angle))
        return (2 + cosine) * (1 - cosine) ** 2 / 4

    @property
    def energy(self) -> float:
        """γ [J/m²]."""
        return float(self.metal["surface_energy"](self.temperature))

    @property
    def volume(self) -> float:
        """Ω [m³/mol]."""
        return float(self.metal["molar_volume"](self.temperature))

    def radius(self, overpotential: float) -> float:
        """r* [m] at a deposition overpotential [V]."""
        eta = number(abs(overpotential), "overpotential of nucleation [V]", above=0.0)
        return 2 * self.energy * self.volume / (F * eta)

    def barrier(self, overpotential: float) -> float:
        """ΔG* [J] of one nucleus at a deposition overpotential [V]."""
        return 4 * math.pi / 3 * self.energy * self.radius(overpotential) ** 2 * self.share

    def rate(self, overpotential: float, reference: float) -> float:
        """Rate of nucleation over that at a reference overpotential, exp[(ΔG*(reference) − ΔG*)/k_BT]."""
        difference = self.barrier(reference) - self.barrier(overpotential)
        return float(np.exp(np.clip(difference / (k_B * self.temperature), -700.0, 700.0)))

    def density(self, overpotential: float, charge: float) -> float:
        """N [1/m²] at a deposition overpotential [V], if the charge [C/m²] is in nuclei of the critical size."""
        number(charge, "charge in nuclei [C/m²]", above=0.0)
        cap = 4 * math.pi / 3 * self.radius(overpotential) ** 3 * self.share
        return charge * self.volume / (F * cap)

    def closed(self, density: float) -> float:
        """h [m] at which nuclei of a density [1/m²], grown as caps of their angle, touch."""
        number(density, "density of nuclei [1/m²]", above=0.0)
        angle = math.radians(min(self.contact_angle, 90.0))
        sphere = 1 / (2 * math.sqrt(density)) / math.sin(angle)
        return 4 * math.pi / 3 * sphere**3 * self.share * density
