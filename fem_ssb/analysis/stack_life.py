"""What stack pressure does to a lithium electrode: voids that it closes, cracks that it fills.

Power-law creep ε̇ = k(σ/σ₀)^m, k = A exp(−Q/RT), in plane strain gives in closed form

- how fast a round void far from others closes under the pressure p (Wilkinson & Ashby, Acta Metall. 23 (1975) 1277):

      −ȧ/a = (√3/2) k (√3 p/(m σ₀))^m

- how fast lithium flows through a crack of the half-width w that is filled over a length L, driven by p at its mouth:

      v = √3 k (√3 p/σ₀)^m (w/L)^m w/(m + 2)

A state model of two numbers follows: the share f of the electrode that voids take, and the filled length L,

    ḟ = u i Ω/(F d) − f (−2ȧ/a),      L̇ = v(L),

and the electrode lives until contact is lost, f = f_c, or a crack is filled through the electrolyte, L = L_c. Low
pressure does not close voids, high pressure fills cracks; in between the life has a peak, at the critical pressure
where voids just close as fast as stripping makes them.

| symbol | meaning | unit |
|---|---|---|
| u | share of the stripped metal that leaves voids behind | – |
| d | depth of the voids | m |
| i, Ω | stripping current, molar volume of the metal | A/m², m³/mol |

What it leaves out: diffusion, the strength of small lithium, cracks that grow, voids that feed on each other. Life
falls as p^−m beyond its peak, which is sharper than measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fem_ssb.constants import F
from fem_ssb.errors import number
from fem_ssb.materials import PowerLawCreep


def void_closure(creep: PowerLawCreep, pressure: float, T: float = 298.15) -> float:
    """−ȧ/a [1/s] of a long round void of radius a, far from others.

    Args:
        creep: law of the metal.
        pressure: [Pa].
        T: temperature [K].
    """
    return float(np.sqrt(3) / 2 * creep(T) * (np.sqrt(3) * pressure / (creep.m * creep.reference_stress)) ** creep.m)


def crack_filling(creep: PowerLawCreep, pressure: float, half_width: float, length: float, T: float = 298.15) -> float:
    """Mean velocity [m/s] of lithium through a crack whose walls hold it.

    Args:
        creep: law of the metal.
        pressure: at the mouth [Pa].
        half_width: of the crack [m].
        length: over which it is filled [m].
        T: temperature [K].
    """
    shear = np.sqrt(3) * pressure * half_width / (length * creep.reference_stress)
    return float(np.sqrt(3) * creep(T) * shear**creep.m * half_width / (creep.m + 2))


@dataclass(frozen=True)
class StackLife:
    """Life of an electrode under a constant stack pressure.

    Attributes:
        creep: law of the metal.
        molar_volume: Ω [m³/mol].
        current: i [A/m²], stripping.
        unevenness: u, an estimate between 0 and 1.
        void_depth: d [m], an estimate.
        lost: f_c.
        slenderness: L_c/w, thickness of the electrolyte over the half-width of its cracks or connected pores.

    Raises:
        InputError: values out of range.
    """

    creep: PowerLawCreep
    molar_volume: float
    current: float
    unevenness: float = 0.5
    void_depth: float = 1e-6
    lost: float = 0.5
    slenderness: float = 80.0

    def __post_init__(self) -> None:
        for name in ("molar_volume", "current", "unevenness", "void_depth", "slenderness"):
            number(getattr(self, name), name.replace("_", " "), above=0.0)
        number(self.lost, "share of contact that may be lost", above=0.0, most=1.0)

    @property
    def opening(self) -> float:
        """u i Ω/(F d), rate at which stripping makes voids [1/s]."""
        return self.unevenness * self.current * self.molar_volume / (F * self.void_depth)

    def critical_pressure(self, T: float = 298.15) -> float:
        """Pressure [Pa] above which contact is never lost: voids close as fast as they form at f = f_c."""
        rate = self.opening / (2 * self.lost)
        m = self.creep.m
        share = (rate / (np.sqrt(3) / 2 * self.creep(T))) ** (1 / m)
        return float(m * self.creep.reference_stress / np.sqrt(3) * share)

    def contact_life(self, pressure: float, T: float = 298.15) -> float:
        """Time [s] of stripping until contact is lost, infinite above the critical pressure."""
        closing = 2 * void_closure(self.creep, pressure, T)
        if self.opening <= self.lost * closing:
            return float("inf")
        return float(-np.log1p(-self.lost * closing / self.opening) / closing)

    def crack_life(self, pressure: float, T: float = 298.15) -> float:
        """Time [s] until a crack is filled through: ∫dL/v from the mouth on."""
        m = self.creep.m
        at_end = crack_filling(self.creep, pressure, 1.0, self.slenderness, T)  # per half-width
        return self.slenderness / (at_end * (m + 1))

    def __call__(self, pressure: float, T: float = 298.15) -> float:
        """Life [s] under a pressure [Pa]: the shorter of both."""
        number(pressure, "stack pressure [Pa]", above=0.0)
        return min(self.contact_life(pressure, T), self.crack_life(pressure, T))
