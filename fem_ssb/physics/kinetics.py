"""Kinetics at every interface of a metal with an electrolyte, shifted by the metal's pressure.

    η = ψ − φ − U + s − i_n R_film,    s = Ω p_n/F and more, see `driving`
    i_n = θ i₀(T) [exp(α_a F η/RT) − exp(−α_c F η/RT)],    or another law of Fη/RT, see `rates`

| symbol | meaning | unit |
|---|---|---|
| i_n | interface current, positive from metal to electrolyte (stripping) | A/m² |
| η | overpotential | V |
| U | equilibrium potential of the electrode, 0 for the metal that defines the scale; see `entropy` | V |
| θ | share of the interface in contact: of features too small for the mesh, times that of a contact that opens | – |
| Ω | molar volume of the metal | m³/mol |
| p_n | compressive normal traction on the metal | Pa |
| i₀ | exchange current density of the pair | A/m² |
| α_a, α_c | transfer coefficients | – |

Compression of the metal raises η and so opposes plating; tension promotes it: 134.7 mV/GPa for lithium.
Where the film resistance is not zero, i_n is an unknown of the interface, solved with the rest.
Sources: Newman & Thomas-Alyea (2004), ch. 8; Monroe & Newman, J. Electrochem. Soc. 152 (2005) A396.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

from fem_ssb.constants import F, R
from fem_ssb.errors import InputError
from fem_ssb.physics import entropy
from fem_ssb.physics.base import Physics
from fem_ssb.physics.by_interface import Fraction, Law, checked, laws, of, overasked, refuse_other_ions, titles
from fem_ssb.physics.driving import Curvature, Shift
from fem_ssb.physics.rates import butler_volmer, eased, limited_exp
from fem_ssb.physics.scales import current_scale
from fem_ssb.problem.fields import Field
from fem_ssb.problem.state import State

__all__ = ["ButlerVolmer", "limited_exp"]


class ButlerVolmer(Physics):
    """One reaction Li⁺ + e⁻ ⇌ Li at all metal|electrolyte interfaces, with data of the pair of materials.

    Args:
        equilibrium_potential: U [V] of all electrodes, or by interface, {"separator|cathode": 3.9} (0 where not named).
        pressure_shift: include Ω p_m/F.
        metal_pressure: p_m is the "normal" traction on the metal or its "hydrostatic" pressure.
        potential: what φ is: the "electrochemical" potential of the ion, or the "electrostatic" one, whose η has
            −V₊ p_e/F as well.
        ion_volume: V₊ of the electrostatic form [m³/mol], None = that of the electrolyte; p_e its pressure.
        curvature: κ [1/m] of all electrodes or by interface adds Ωγκ/F: a number, a function of place, or "mesh" for
            that of the facets; positive where the metal bulges.
        law: "butler_volmer", "linear", "tafel_anodic", "tafel_cathodic", a `MarcusHushChidsey`, or a function of
            (Fη/RT, α_a) that returns i_n/i₀ as UFL; of all electrodes, or by interface ("butler_volmer" where not
            named).
        contact_fraction: θ of all electrodes, or by interface (1 where not named); a number or a function of p_n as
            UFL, such as a `RoughContact`.

    Raises:
        InputError: values out of range, an unknown law; when the model is built, an interface that is not there, a
            metal and an electrolyte of different ions, a contact fraction of a pressure that nobody has.
    """

    def __init__(
        self,
        equilibrium_potential: float | Mapping[str, float] = 0.0,
        pressure_shift: bool = True,
        law: Law | Mapping[str, Law] = "butler_volmer",
        contact_fraction: Fraction | Mapping[str, Fraction] = 1.0,
        metal_pressure: Literal["normal", "hydrostatic"] = "normal",
        potential: Literal["electrochemical", "electrostatic"] = "electrochemical",
        ion_volume: float | None = None,
        curvature: Curvature | Mapping[str, Curvature] | None = None,
    ):
        self.equilibrium_potential = checked(equilibrium_potential, "equilibrium potential [V]")
        self.law_name = titles(law)
        self.contact_fraction = checked(contact_fraction, "contact fraction", functions=True, above=0.0, most=1.0)
        self.pressure_shift, self.metal_pressure = pressure_shift, metal_pressure
        self.potential, self.ion_volume, self.curvature = potential, ion_volume, curvature
        self._energies = Shift(pressure_shift, metal_pressure, potential, ion_volume, curvature)
        self._rates = laws(law)

    def fields(self, state: State) -> list[Field]:
        """The current i_n [A/m²] as an interface unknown where a film resists it."""
        refuse_other_ions(state, state.electrodes)
        filmed = tuple(n for n in state.electrodes if self._filmed(state, n))
        if not filmed:
            return []
        i0 = float(state.pair(filmed[0])["exchange_current"](298.15))
        return [Field("reaction_current", "A/m2", i0, current_scale(state), trace=filmed)]

    def provide(self, state: State) -> None:
        """i_n [A/m²], η [V]; reaction heat i_n(η + i_n R_film + T ∂U/∂T), rest of i_n U to chemistry, i_n s [W/m²]."""
        for name in state.electrodes:
            state.provide("overpotential", name, partial(self.overpotential, state, name))
            state.provide("reaction_current", name, partial(self.current, state, name))
            state.provide("heat", name, partial(self._heat, state, name))
            state.provide("mechanical_power", name, partial(self._mechanical, state, name))
            if of(self.equilibrium_potential, state.electrodes, name, 0.0) or entropy.coefficient(state.pair(name)):
                state.provide("stored_power", name, partial(self._chemical, state, name))

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
        """θ i₀ [exp(α_a f) − exp(−α_c f)] or another law of f = Fη/RT."""
        f = F * self.overpotential(state, interface) / (R * state["temperature"]("+"))
        rate = of(self._rates, state.electrodes, interface, butler_volmer)
        anodic = float(state.pair(interface)["transfer_coefficient"](298.15))
        return self._exchange(state, interface) * eased(rate, f, anodic, state.ease)

    def refuses(self, state: State, asked: Mapping[str, float]) -> str:
        """Which electrode cannot carry the current that is asked through its metal, by its law."""
        return overasked(state, state.electrodes, asked, self._rates, partial(self._exchange, state))

    def _exchange(self, state: State, interface: str) -> Any:
        """θ i₀ [A/m²]."""
        i0 = state.value(state.pair(interface)["exchange_current"], f"exchange current of {interface}")("+")
        if interface in state.provided("exchange_share"):  # of a salt that is used up
            i0 *= state.quantity("exchange_share", interface)
        if interface in state.provided("coverage"):  # of nuclei that have not yet grown together
            i0 *= state.quantity("coverage", interface)
        return self._contact(state, interface) * i0

    def _contact(self, state: State, interface: str) -> Any:
        """θ, as given and as the mechanics has it."""
        theta = of(self.contact_fraction, state.electrodes, interface, 1.0)
        if callable(theta):
            if interface not in state.provided("interface_pressure"):
                raise InputError(
                    f"the contact fraction of '{interface}' follows a pressure that no physics of this model has: "
                    "add Elasticity() and Plating(), or give a number"
                )
            theta = theta(state.quantity("interface_pressure", interface))
        if interface in state.provided("contact_fraction"):
            theta *= state.quantity("contact_fraction", interface)
        return theta

    def overpotential(self, state: State, interface: str) -> Any:
        """η = ψ − φ − U + s − i_n R_film [V]."""
        eta = state["electronic_potential"]("+") - state["ionic_potential"]("-") - self._equilibrium(state, interface)
        shift = self._energies.voltage(state, interface)
        if shift is not None:
            eta += shift
        film = self._film(state, interface)
        if film is not None:
            eta -= self.current(state, interface) * film
        return eta

    def columns(self, state: State) -> dict[str, Any]:
        """Heat of reaction."""
        return {"reaction heat": sum(state.quantity("heat", n) * state.dS(n) for n in state.electrodes)}

    def _mechanical(self, state: State, interface: str) -> Any:
        """i_n s [W/m²]: what the current gains from the pressure and the surface of the metal."""
        shift = self._energies.voltage(state, interface)
        return self.current(state, interface) * (0.0 if shift is None else shift)

    def _equilibrium(self, state: State, interface: str) -> Any:
        """U(T) [V]."""
        given = of(self.equilibrium_potential, state.electrodes, interface, 0.0)
        return given + entropy.drift(state, state.pair(interface))

    def _heat(self, state: State, interface: str) -> Any:
        released = self._dissipated(state, interface) + entropy.reversible(state, state.pair(interface))
        return self.current(state, interface) * released

    def _chemical(self, state: State, interface: str) -> Any:
        """i_n (U − T ∂U/∂T) [W/m²]: power that goes into the chemistry of an electrode."""
        reversible = entropy.reversible(state, state.pair(interface))
        return self.current(state, interface) * (self._equilibrium(state, interface) - reversible)

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
