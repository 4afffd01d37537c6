"""Unit strings of the library files and their factors to SI."""

from __future__ import annotations

from ..constants import F
from ..errors import InputError, number, unknown

#: For each SI unit the strings that a library file may use, with the factor to SI.
UNITS: dict[str, dict[str, float]] = {
    "1": {"1": 1.0, "%": 1e-2},
    "S/m": {"S/m": 1.0, "S/cm": 100.0, "mS/cm": 0.1, "uS/cm": 1e-4},
    "ohm m2": {"ohm m2": 1.0, "ohm cm2": 1e-4, "kohm cm2": 0.1},
    "A/m2": {"A/m2": 1.0, "mA/cm2": 10.0, "A/cm2": 1e4},
    "V": {"V": 1.0, "mV": 1e-3},
    "V/K": {"V/K": 1.0, "mV/K": 1e-3},
    "F/m2": {"F/m2": 1.0, "uF/cm2": 1e-2},
    "Pa": {"Pa": 1.0, "kPa": 1e3, "MPa": 1e6, "GPa": 1e9},
    "Pa m0.5": {"Pa m0.5": 1.0, "MPa m0.5": 1e6},
    "J/m2": {"J/m2": 1.0, "mJ/m2": 1e-3},
    "J/mol": {"J/mol": 1.0, "kJ/mol": 1e3, "eV": F, "meV": 1e-3 * F},
    "K": {"K": 1.0},
    "1/K": {"1/K": 1.0, "1e-6/K": 1e-6},
    "1/s": {"1/s": 1.0},
    "s": {"s": 1.0, "min": 60.0, "h": 3600.0},
    "W/(m K)": {"W/(m K)": 1.0},
    "W/(m2 K)": {"W/(m2 K)": 1.0},
    "J/(kg K)": {"J/(kg K)": 1.0, "J/(g K)": 1e3},
    "kg/m3": {"kg/m3": 1.0, "g/cm3": 1e3},
    "m3/mol": {"m3/mol": 1.0, "cm3/mol": 1e-6},
    "mol/m3": {"mol/m3": 1.0, "mol/L": 1e3},
    "m2/s": {"m2/s": 1.0, "cm2/s": 1e-4},
    "C/kg": {"C/kg": 1.0, "mAh/g": 3600.0},
}


def factor(unit: str, si: str) -> float:
    """Factor from `unit` to the SI unit `si`, or an `InputError` if it does not measure the same.

    >>> factor("mS/cm", "S/m")
    0.1
    """
    if unit not in UNITS[si]:
        raise unknown(f"unit for a quantity in {si}", unit, UNITS[si])
    return UNITS[si][unit]


def quantity(value: object, si: str, name: str) -> float:
    """A number with its own unit, `{ value = 0.35, unit = "eV" }`, in SI."""
    if not isinstance(value, dict) or set(value) != {"value", "unit"}:
        raise InputError(f'{name} must be given as {{ value = …, unit = "…" }}, not {value!r}')
    return number(value["value"], name) * factor(value["unit"], si)
