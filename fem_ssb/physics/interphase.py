"""Interphase: what metal and electrolyte react to where they meet, a layer that grows and resists.

Neutral metal must cross the layer of thickness L to react at its far side, ions and electrons together (Wagner). The
reaction's voltage U_d drives it against the layer and the reaction itself,

    j = U_d / (L/κ + R_r),    κ = σ_i σ_e/(σ_i + σ_e),    ∂L/∂t = v j/F
    hence   L² + A L = 2 k t   with   k = κ v U_d/F,   A = 2 κ R_r

| symbol | meaning | unit |
|---|---|---|
| L | thickness of the layer, an unknown of the interface | m |
| U_d | voltage of the reaction: the electrolyte is reduced below it; none at or below 0 | V |
| σ_i, σ_e | ionic and electronic conductivity of the layer | S/m |
| v | volume of layer a mole of electrons makes | m³/mol |
| R_r | resistance of the reaction | Ω m² |
| H, m | metal at a place, as a thickness: at the start, now | m |
| s | swelling: volume of the layer less that of the metal and electrolyte it is made of, over its own | – |

The layer resists the cell's current by L/σ_i (film resistance of `ButlerVolmer`) and takes metal: Ω/v of thickness for
each thickness of layer (`Plating`). There it takes no more than there is: H everywhere at the start, m = H + h later.
Where m would fall below 0, L stays at what uses it up; a current that strips there ends the run. Metal does not flow
along the interface.

With `Elasticity` the layer pushes the electrode and the electrolyte apart by s(L − L₀) beside what the current plates,
so that the stack is pressed where it cannot give; the pressure does not slow the reaction. Step of time:
L²/2κ + R_r L rises by v U_d Δt/F, exact for constant coefficients.

Types (Wenzel et al., Solid State Ionics 278 (2015) 98): I no reaction, U_d ≤ 0; II mixed-conducting, κ large, the layer
never passivates; III hardly electronic, κ ≈ σ_e small. Growth law: Wagner, Z. Phys. Chem. B 21 (1933) 25; Deal & Grove,
J. Appl. Phys. 36 (1965) 3770.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import ufl
from dolfinx import fem

from fem_ssb.constants import F
from fem_ssb.errors import InputError, number
from fem_ssb.physics.base import Physics
from fem_ssb.problem.fields import Field
from fem_ssb.problem.state import State

ROUNDING = 1e-6  # of the scale of thicknesses of metal: less is none
Given = float | Callable[..., Any]


class Interphase(Physics):
    """Thickness L [m] of the reaction layer at metal|electrolyte interfaces.

    Args:
        ionic_conductivity: σ_i of the layer [S/m], a number or a law of temperature.
        electronic_conductivity: σ_e of the layer [S/m].
        voltage: U_d [V]; at or below 0 nothing grows (type I).
        molar_volume: v [m³ of layer a mole of electrons].
        reaction_resistance: R_r [Ω m²].
        initial: thickness at the start [m].
        swelling: s, at most 1: the products need more room than what they are made of; below 0 they shrink.
        on: names of the interfaces; None = every metal|electrolyte interface.
        metal: H [m], which matters with `Plating`; None = volume of the metal's region over the area of its electrodes.

    Raises:
        InputError: values out of range, or interfaces that are not metal|electrolyte.
    """

    def __init__(
        self,
        ionic_conductivity: Given,
        electronic_conductivity: Given,
        voltage: float,
        molar_volume: float,
        reaction_resistance: float = 0.0,
        initial: float = 0.0,
        swelling: float = 0.0,
        on: Sequence[str] | None = None,
        metal: float | None = None,
    ):
        for name, value in (("ionic", ionic_conductivity), ("electronic", electronic_conductivity)):
            if not callable(value):
                number(value, f"{name} conductivity of the interphase [S/m]", above=0.0)
        self.ionic_conductivity, self.electronic_conductivity = ionic_conductivity, electronic_conductivity
        self.voltage = number(voltage, "voltage of the interphase reaction [V]")
        self.molar_volume = number(molar_volume, "volume of interphase a mole of electrons [m³/mol]", above=0.0)
        self.reaction_resistance = number(reaction_resistance, "reaction resistance [Ω m²]", least=0.0)
        self.initial = number(initial, "initial thickness of the interphase [m]", least=0.0)
        self.swelling = number(swelling, "swelling of the interphase", most=1.0)
        self.metal = None if metal is None else number(metal, "metal at the start [m]", least=0.0)
        self.on = (on,) if isinstance(on, str) else None if on is None else tuple(on)
        self._at_start: dict[str, fem.Constant] = {}
        self._stripped: list[Any] | None = None
        if self.initial == self.reaction_resistance == 0.0 and self.voltage > 0:
            raise InputError(
                "an interphase without thickness and reaction resistance has an infinite rate at the start: "
                "give initial=1e-9 (m) or reaction_resistance"
            )

    @property
    def growth_constant(self) -> float:
        """k [m²/s] of L² + A L = 2kt at 298.15 K."""
        return self._at_room(_ambipolar) * self.molar_volume * max(self.voltage, 0.0) / F

    @property
    def linear_constant(self) -> float:
        """A [m] of L² + A L = 2kt at 298.15 K: below it the reaction limits, above it the layer."""
        return 2 * self._at_room(_ambipolar) * self.reaction_resistance

    def announce(self, state: State) -> None:
        """The film that the cell's current has to cross, L/σ_i [Ω m²], and what the layer pushes apart [m]."""
        for name in self._interfaces(state):
            state.provide("interface_growth", name, partial(self._growth, state, name))
            state.provide("film_resistance", name, partial(self._film, state, name))

    def fields(self, state: State) -> list[Field]:
        """L [m] on the interfaces."""
        names, scale = self._interfaces(state), 1e-7
        size = scale**2 / self.growth_constant if self.growth_constant else 1.0
        flux = size * state.height ** (state.dim - 1)
        return [Field("interphase_thickness", "m", scale, flux, initial=self.initial, trace=names)] if names else []

    def initialise(self, state: State) -> None:
        """H of each electrode."""
        self._stripped = None
        self._at_start = {n: fem.Constant(state.domain, self._thickness(state, n)) for n in self._interfaces(state)}

    def provide(self, state: State) -> None:
        """Current density j of the parasitic reaction [A/m²], mean over the step, and its charge so far [C/m²]."""
        for name in self._interfaces(state):
            state.provide("side_current", name, partial(self._current, state, name))
            state.provide("consumed_metal", name, partial(self._consumed, state))

    def residuals(self, state: State) -> dict[str, Any]:
        """∫[(L² − L_old²)/2κ + R_r(L − L_old) − v U_d Δt/F] F/(v U_d) q dS, and Ω (L − L_old)/v of the metal."""
        L, L_old, q = (f("+") for f in self._functions(state))
        res: dict[str, Any] = {"interphase_thickness": 0, "metal_thickness": 0}
        for name in self._interfaces(state):
            if self.voltage <= 0:  # type I: L stays
                res["interphase_thickness"] += (L - L_old) / state.height * q * state.dS(name)
                continue
            ionic, electronic = self._conductivities(state)
            kappa = _ambipolar(ionic, electronic)
            speed = self.molar_volume * self.voltage / F
            grown = (L**2 - L_old**2) / (2 * kappa) + self.reaction_resistance * (L - L_old)
            late = grown / speed - state.dt
            if state.solved("metal_thickness"):
                share, h = self._metal(state, name), state["metal_thickness"]("+")
                taken = share * (L - L_old)
                there = ufl.max_value(self._at_start[name] + h + taken, 0)  # before the layer takes its part
                slope = (L_old / kappa + self.reaction_resistance) / speed
                late = ufl.max_value(late, (L - L_old - there / share) * slope)
                res["metal_thickness"] += taken * state.test("metal_thickness")("+") * state.dS(name)
            res["interphase_thickness"] += late * q * _by_nodes(state, name)
        return {name: form for name, form in res.items() if not isinstance(form, int)}

    def ended(self, state: State) -> str:
        """A current strips where no metal is left."""
        if not state.solved("metal_thickness") or self.voltage <= 0:
            return ""
        scale = state.fields["metal_thickness"].scale
        if self._stripped is None:
            self._stripped = [fem.form(self._from_nothing(state, n, ROUNDING * scale)) for n in self._at_start]
        for name, stripped in zip(self._at_start, state.integrate(*self._stripped), strict=True):
            if stripped > ROUNDING * scale * state.area(name):
                return f"no metal is left in places of {name}, where the current strips it"
        return ""

    def columns(self, state: State) -> dict[str, Any]:
        """Mean thickness of each interphase [m], charge of the metal in what grew of it [C/m²], and metal left [m]."""
        columns: dict[str, Any] = {}
        for n in self._interfaces(state):
            mean = 1 / state.area(n)
            columns[f"mean interphase thickness {n} [m]"] = mean * state["interphase_thickness"]("+") * state.dS(n)
            columns[f"charge consumed by interphase {n} [C/m2]"] = mean * self._consumed(state) * state.dS(n)
            if state.solved("metal_thickness") and self.voltage > 0:
                columns[f"mean metal left {n} [m]"] = mean * self._left(state, n) * state.dS(n)
        return columns

    def _interfaces(self, state: State) -> tuple[str, ...]:
        return state.electrodes_named(self.on, "an interphase grows")

    def _functions(self, state: State) -> tuple[Any, Any, Any]:
        name = "interphase_thickness"
        return state[name], state.old(name), state.test(name)

    def _conductivities(self, state: State) -> tuple[Any, Any]:
        given = (self.ionic_conductivity, self.electronic_conductivity)
        return tuple(state.value(v, "conductivity of the interphase")("+") for v in given)  # type: ignore[return-value]

    def _film(self, state: State, interface: str) -> Any:
        return state["interphase_thickness"]("+") / self._conductivities(state)[0]

    def _metal(self, state: State, interface: str) -> Any:
        """Ω/v, metal in a thickness of layer."""
        return state.property(interface.split("|")[0], "molar_volume")("+") / self.molar_volume

    def _left(self, state: State, interface: str) -> Any:
        """m."""
        return self._at_start[interface] + state["metal_thickness"]("+")

    def _from_nothing(self, state: State, interface: str, least: float) -> Any:
        """∫Ω i_n Δt/F dS over where less than `least` [m] is left and the current strips."""
        omega = state.property(interface.split("|")[0], "molar_volume")("+")
        stripped = state.dt * omega / F * ufl.max_value(state.quantity("reaction_current", interface), 0)
        return ufl.conditional(ufl.lt(self._left(state, interface), least), stripped, 0.0) * state.dS(interface)

    def _thickness(self, state: State, interface: str) -> float:
        """H: what was given, or volume over area of the region's electrodes."""
        if self.metal is not None:
            return self.metal
        region = interface.split("|")[0]
        return state.volume(region) / sum(state.area(n) for n in state.electrodes if n.split("|")[0] == region)

    def _growth(self, state: State, interface: str) -> Any:
        """s(L − L₀), and again the metal that `Plating` has taken away: it is in the layer."""
        share: Any = self.swelling
        if state.solved("metal_thickness"):
            share = share + self._metal(state, interface)
        return share * (state["interphase_thickness"]("+") - self.initial)

    def _consumed(self, state: State) -> Any:
        """F(L − L₀)/v."""
        return F / self.molar_volume * (state["interphase_thickness"]("+") - self.initial)

    def _current(self, state: State, interface: str) -> Any:
        L, L_old, _ = self._functions(state)
        return F * (L("+") - L_old("+")) / (self.molar_volume * state.dt)

    def _at_room(self, law: Callable[[float, float], float]) -> float:
        given = (self.ionic_conductivity, self.electronic_conductivity)
        return law(*(float(v(298.15)) if callable(v) else float(v) for v in given))


def _ambipolar(ionic: Any, electronic: Any) -> Any:
    """σ_i σ_e/(σ_i + σ_e): conductivity of neutral metal."""
    return ionic * electronic / (ionic + electronic)


def _by_nodes(state: State, interface: str) -> Any:
    """dS that reads at the nodes, so that no node gives metal that it has not; plain dS where an axis has no weight."""
    plain, rule = state.dS(interface), {"quadrature_rule": "vertex", "quadrature_degree": 1}
    return plain if state.radius is not None else plain.reconstruct(metadata=rule)
