"""What shifts the equilibrium of a metal electrode beside its potentials: pressures, curvature, activity.

    s = Ω (p_m + γκ)/F + s_a               φ the electrochemical potential of the ion over F
    s = [Ω (p_m + γκ) − V₊ p_e]/F + s_a    φ the electrostatic potential, with Ohm's law on it

| symbol | meaning | unit |
|---|---|---|
| s | shift, a part of the overpotential η = ψ − φ − U + s − i_n R | V |
| Ω, V₊ | molar volume of the metal; partial molar volume of the ion in the electrolyte | m³/mol |
| s_a | by the activity of the metal, where a physics provides it (`Vacancies`) | V |
| p_m | compressive normal traction on the metal, or its pressure −tr σ/3 | Pa |
| p_e | pressure −tr σ/3 of the electrolyte | Pa |
| γ | surface energy of the metal against the electrolyte | J/m² |
| κ | sum of the principal curvatures, positive where the metal bulges (2/r for a sphere) | 1/m |

The two forms are the same physics in other words where V₊ is the ion's: F φ = F φ_el + V₊ p_e; they differ where a
model says that the current follows ∇φ_el and not ∇φ. Sources: Monroe & Newman, J. Electrochem. Soc. 151 (2004) A880;
152 (2005) A396.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from weakref import WeakKeyDictionary

import ufl

from fem_ssb.constants import F
from fem_ssb.errors import InputError, number, unknown
from fem_ssb.problem.state import State
from fem_ssb.spaces import interface_curvature

Curvature = float | Callable[..., Any] | Literal["mesh"]
POTENTIALS = ("electrochemical", "electrostatic")
PRESSURES = ("normal", "hydrostatic")


@dataclass(frozen=True)
class Shift:
    """The shift s of every metal|electrolyte interface; see `ButlerVolmer` for the arguments."""

    pressure: bool = True
    metal_pressure: Literal["normal", "hydrostatic"] = "normal"
    potential: Literal["electrochemical", "electrostatic"] = "electrochemical"
    ion_volume: float | None = None
    curvature: Curvature | Mapping[str, Curvature] | None = None
    _meshed: WeakKeyDictionary[State, dict[str, Any]] = field(
        default_factory=WeakKeyDictionary, compare=False, repr=False
    )  # by model

    def __post_init__(self) -> None:
        if self.potential not in POTENTIALS:
            raise unknown("potential of the ions", self.potential, POTENTIALS)
        if self.metal_pressure not in PRESSURES:
            raise unknown("pressure of the metal", self.metal_pressure, PRESSURES)
        if self.ion_volume is not None:
            number(self.ion_volume, "partial molar volume of the ion [m³/mol]")
            if self.potential == "electrochemical":
                raise InputError(
                    "the electrochemical potential of the ion has its partial molar volume in it: "
                    "give potential='electrostatic' with ion_volume=…, or leave it out"
                )
        for given in self.curvature.values() if isinstance(self.curvature, Mapping) else (self.curvature,):
            if isinstance(given, str) and given != "mesh":
                raise InputError(f"a curvature is a number [1/m], a function, or 'mesh', not {given!r}")
            if isinstance(given, int | float):
                number(given, "curvature [1/m]")

    def voltage(self, state: State, interface: str) -> Any:
        """s [V]; None where nothing shifts."""
        metal, electrolyte = interface.split("|")
        terms = []
        if self.pressure and state.provided("interface_pressure"):
            hydrostatic = self.metal_pressure == "hydrostatic"
            p = _pressure(state, metal, "+") if hydrostatic else state.quantity("interface_pressure", interface)
            terms.append(state.property(metal, "molar_volume")("+") * p / F)
            if self.potential == "electrostatic":
                terms.append(-self._ion(state, electrolyte) * _pressure(state, electrolyte, "-") / F)
        kappa = self._curvature(state, interface)
        if kappa is not None:
            volume, energy = (state.property(metal, name)("+") for name in ("molar_volume", "surface_energy"))
            terms.append(volume * energy * kappa / F)
        if interface in state.provided("activity_shift"):
            terms.append(state.quantity("activity_shift", interface))
        return sum(terms[1:], terms[0]) if terms else None

    def _ion(self, state: State, electrolyte: str) -> float:
        """V₊ [m³/mol]: the user's, else the material's."""
        if self.ion_volume is not None:
            return self.ion_volume
        material = state.materials[electrolyte]
        if "ion_molar_volume" not in material:
            raise InputError(f"{material.name} has no ion_molar_volume: give ButlerVolmer(…, ion_volume=…)")
        return float(material["ion_molar_volume"](298.15))

    def _curvature(self, state: State, interface: str) -> Any:
        given = self.curvature
        if isinstance(given, Mapping):
            names = (interface, "|".join(reversed(interface.split("|"))))
            for name in given:
                state.mesh.interface_name(name)
            given = next((given[n] for n in names if n in given), None)
        if given is None:
            return None
        if given == "mesh":
            known = self._meshed.setdefault(state, {})
            if interface not in known:
                where = state.mesh.interface(interface)
                known[interface] = interface_curvature(state.domain, where.facets, where.entities, state.radius)
            return known[interface]("+")
        return state.value(given, f"curvature of {interface}")("+")


def _pressure(state: State, region: str, side: str) -> Any:
    """−tr σ/3 [Pa] of a region at an interface."""
    return -ufl.tr(state.quantity("stress", region))(side) / 3
