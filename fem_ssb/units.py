"""Units as plain floats: multiply to come in, divide to go out.

Every argument of fem_ssb is in SI units. A script stays readable by writing what it means:

>>> from fem_ssb.units import mA_cm2, um
>>> round(0.5 * mA_cm2, 12)  # A/m²
5.0
>>> round(30e-6 / um, 12)  # µm
30.0

Temperatures have an offset: `celsius(25)`. Durations read best as `minutes(2)` and `hours(1.5)`.
"""

from __future__ import annotations

from .constants import F
from .errors import number

#: Lengths, in m.
m: float = 1.0
cm: float = 1e-2
mm: float = 1e-3
um: float = 1e-6
nm: float = 1e-9

#: Times, in s.
s: float = 1.0
ms: float = 1e-3
us: float = 1e-6
minute: float = 60.0
hour: float = 3600.0
day: float = 86400.0

#: Frequencies, in 1/s.
Hz: float = 1.0
kHz: float = 1e3
MHz: float = 1e6

#: Currents, in A, and current densities, in A/m².
A: float = 1.0
mA: float = 1e-3
A_m2: float = 1.0
mA_cm2: float = 10.0
uA_cm2: float = 1e-2
A_cm2: float = 1e4

#: Potentials, in V.
V: float = 1.0
mV: float = 1e-3

#: Conductivities, in S/m.
S_m: float = 1.0
mS_cm: float = 0.1
S_cm: float = 100.0

#: Area-specific resistances, in Ω m², and resistances, in Ω.
ohm: float = 1.0
ohm_m2: float = 1.0
ohm_cm2: float = 1e-4

#: Areal capacities, in C/m², and capacitances per area, in F/m².
mAh_cm2: float = 3.6e4
uAh_cm2: float = 36.0
uF_cm2: float = 1e-2

#: Pressures, stresses and moduli, in Pa.
Pa: float = 1.0
kPa: float = 1e3
MPa: float = 1e6
GPa: float = 1e9

#: Fracture energies, adhesion and surface energies, in J/m².
J_m2: float = 1.0
mJ_m2: float = 1e-3

#: Fracture toughness (stress intensity), in Pa √m.
MPa_sqrt_m: float = 1e6

#: Temperature differences and absolute temperatures, in K.
K: float = 1.0

#: Molar energies, in J/mol; `eV` is one electronvolt a particle, N_A e.
J_mol: float = 1.0
kJ_mol: float = 1e3
eV: float = F
meV: float = 1e-3 * F

#: Molar volumes, in m³/mol; concentrations, in mol/m³; diffusivities, in m²/s.
cm3_mol: float = 1e-6
mol_L: float = 1e3
cm2_s: float = 1e-4

#: Densities, in kg/m³.
g_cm3: float = 1e3

#: Heat: conductivity in W/(m K), transfer coefficient in W/(m² K), specific heat in J/(kg K).
W_mK: float = 1.0
W_m2K: float = 1.0
J_kgK: float = 1.0


def seconds(value: float) -> float:
    """`value` seconds as a non-negative duration in s."""
    return number(value, "a duration [s]", least=0.0)


def minutes(value: float) -> float:
    """`value` minutes as a non-negative duration in s.

    >>> minutes(2)
    120.0
    """
    return number(value, "a duration [min]", least=0.0) * minute


def hours(value: float) -> float:
    """`value` hours as a non-negative duration in s.

    >>> hours(2)
    7200.0
    """
    return number(value, "a duration [h]", least=0.0) * hour


def celsius(value: float) -> float:
    """`value` °C as an absolute temperature in K.

    >>> celsius(25)
    298.15
    """
    return number(value, "a temperature [°C]", above=-273.15) + 273.15
