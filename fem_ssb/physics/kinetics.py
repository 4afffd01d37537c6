"""Butler–Volmer kinetics at every interface of a metal with an electrolyte, shifted by the metal's pressure.

    η = ψ − φ − U + Ω p_n/F − i_n R_film
    i_n = i₀(T) [exp(α_a F η/RT) − exp(−α_c F η/RT)]

| symbol | meaning | unit |
|---|---|---|
| i_n | interface current, positive from metal to electrolyte (stripping) | A/m² |
| η | overpotential | V |
| U | equilibrium potential of the metal against itself, 0 for the lithium that defines the scale | V |
| Ω | molar volume of the metal | m³/mol |
| p_n | compressive normal traction on the metal | Pa |
| i₀ | exchange current density of the pair | A/m² |
| α_a, α_c | transfer coefficients | – |

Compression of the metal raises η and so opposes plating; tension promotes it: 134.7 mV/GPa for lithium.
Where the film resistance is not zero, i_n is an unknown of the interface, solved with the rest.
Sources: Newman & Thomas-Alyea (2004), ch. 8; Monroe & Newman, J. Electrochem. Soc. 152 (2005) A396.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import ufl

from fem_ssb.constants import F, R
from fem_ssb.physics.base import Physics
from fem_ssb.physics.scales import current_scale
from fem_ssb.problem.fields import Field
from fem_ssb.problem.state import State

LARGEST_EXPONENT = 20.0  # 5e8 i₀ is far above any current of a cell; beyond it the law goes on as its tangent


class ButlerVolmer(Physics):
    """One reaction Li⁺ + e⁻ ⇌ Li at all metal|electrolyte interfaces, with data of the pair of materials.

    Args:
        equilibrium_potential: U [V].
        pressure_shift: include Ω p_n/F.
    """

    def __init__(self, equilibrium_potential: float = 0.0, pressure_shift: bool = True):
        self.equilibrium_potential = equilibrium_potential
        self.pressure_shift = pressure_shift

    def fields(self, state: State) -> list[Field]:
        """The current i_n [A/m²] as an interface unknown where a film resists it."""
        filmed = tuple(n for n in state.electrodes if self._filmed(state, n))
        if not filmed:
            return []
        i0 = float(state.pair(filmed[0])["exchange_current"](298.15))
        return [Field("reaction_current", "A/m2", i0, current_scale(state), trace=filmed)]

    def provide(self, state: State) -> None:
        """i_n [A/m²], η [V], reaction heat i_n(η + i_n R_film) [W/m²]."""
        for name in state.electrodes:
            state.provide("overpotential", name, partial(self.overpotential, state, name))
            state.provide("reaction_current", name, partial(self.current, state, name))
            state.provide("heat", name, partial(self._heat, state, name))

    def residuals(self, state: State) -> dict[str, Any]:
        """∓∫ i_n v dS on the two sides, and i_n − f(η) where i_n is an unknown."""
        names = state.electrodes
        v, w = state.test("ionic_potential"), state.test("electronic_potential")
        res = {
            "ionic_potential": sum(-self.current(state, n) * v("-") * state.dS(n) for n in names),
            "electronic_potential": sum(self.current(state, n) * w("+") * state.dS(n) for n in names),
        }
        if state.solved("reaction_current"):
            q = state.test("reaction_current")
            res["reaction_current"] = sum(
                (self.current(state, n) - self.law(state, n)) * q("+") * state.dS(n)
                for n in state.fields["reaction_current"].trace or ()
            )
        return res

    def current(self, state: State, interface: str) -> Any:
        """i_n [A/m²]: the unknown where a film resists, the law elsewhere."""
        if state.solved("reaction_current") and interface in (state.fields["reaction_current"].trace or ()):
            return state["reaction_current"]("+")
        return self.law(state, interface)

    def law(self, state: State, interface: str) -> Any:
        """i₀ [exp(α_a f) − exp(−α_c f)], f = Fη/RT."""
        data = state.pair(interface)
        f = F * self.overpotential(state, interface) / (R * state["temperature"]("+"))
        i0 = state.value(data["exchange_current"], f"exchange current of {interface}")("+")
        anodic = float(data["transfer_coefficient"](298.15))
        return i0 * (limited_exp(anodic * f) - limited_exp(-(1 - anodic) * f))

    def overpotential(self, state: State, interface: str) -> Any:
        """η = ψ − φ − U + Ω p_n/F − i_n R_film [V]."""
        eta = state["electronic_potential"]("+") - state["ionic_potential"]("-") - self.equilibrium_potential
        if self.pressure_shift:
            eta += self._shift(state, interface)
        film = self._film(state, interface)
        if film is not None:
            eta -= self.current(state, interface) * film
        return eta

    def columns(self, state: State) -> dict[str, Any]:
        """Heat of reaction."""
        return {"reaction heat": sum(state.quantity("heat", n) * state.dS(n) for n in state.electrodes)}

    def _shift(self, state: State, interface: str) -> Any:
        metal = interface.split("|")[0]
        return state.property(metal, "molar_volume") * state.quantity("interface_pressure", interface) / F

    def _heat(self, state: State, interface: str) -> Any:
        return self.current(state, interface) * self._dissipated(state, interface)

    def _dissipated(self, state: State, interface: str) -> Any:
        film = self._film(state, interface)
        eta = self.overpotential(state, interface)
        return eta if film is None else eta + self.current(state, interface) * film

    def _filmed(self, state: State, interface: str) -> bool:
        """Is there a film, or one that grows?"""
        given = state.pair(interface).get("film_resistance")
        return interface in state.provided("film_resistance") or (given is not None and float(given(298.15)) != 0.0)

    def _film(self, state: State, interface: str) -> Any:
        """Film resistance [Ω m²]; None without a film."""
        given = state.pair(interface).get("film_resistance")
        film = None
        if given is not None and float(given(298.15)) != 0.0:
            film = state.value(given, f"film resistance of {interface}")("+")
        if interface in state.provided("film_resistance"):  # a film that grows
            grown = state.quantity("film_resistance", interface)
            film = grown if film is None else film + grown
        return film


def limited_exp(x: Any) -> Any:
    """exp(x), continued by its tangent above `LARGEST_EXPONENT`, so that a bad guess does not overflow."""
    top = ufl.exp(LARGEST_EXPONENT)
    return ufl.conditional(
        ufl.lt(x, LARGEST_EXPONENT), ufl.exp(ufl.min_value(x, LARGEST_EXPONENT)), top * (1 + x - LARGEST_EXPONENT)
    )
