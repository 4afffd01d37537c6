"""Conduction of ions and electrons: two electrochemical potentials, each where its carrier is mobile.

    −∇·(σ_i ∇φ) = 0 in electrolytes,    −∇·(σ_e ∇ψ) = 0 in metals,    i = −σ_i ∇φ,  i_e = −σ_e ∇ψ

σ_i and σ_e are scalars or tensors in the crystal frame of each grain. Electrolytes that are named conduct electrons as
well: ψ then goes on into them from the metals, φ − ψ is the chemical potential of the metal over F, and at zero total
current its gradient drives the ambipolar conductivity σ_iσ_e/(σ_i + σ_e) (Wagner).

across a resistive grain boundary or interface   i·n = (φ₊ − φ₋)/R,  i_e·n = (ψ₊ − ψ₋)/R_e.

| symbol | meaning | unit |
|---|---|---|
| φ | ionic potential: electrochemical potential of Li⁺ over F | V |
| ψ | electronic potential: minus that of the electron over F | V |
| σ_i, σ_e | ionic and electronic conductivity | S/m |
| R, R_e | area-specific resistance of a boundary or contact to ions and to electrons | Ω m² |

A crack stops the ions: σ_i is multiplied by (1 − k)(1 − d)² + k, k = 1e-6, with the damage d; 1/R and 1/R_e likewise
with the damage of a cohesive boundary, also where that closes again.
Source: Newman & Thomas-Alyea, Electrochemical Systems (3rd ed., Wiley, 2004), ch. 11.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import ufl

from fem_ssb.errors import InputError, number, unknown
from fem_ssb.materials import Constant
from fem_ssb.physics.base import Physics
from fem_ssb.physics.scales import THERMAL_VOLTAGE, current_scale
from fem_ssb.physics.tensors import Oriented, largest
from fem_ssb.problem.fields import Field
from fem_ssb.problem.state import State

Conductivity = Callable[[State, str], Any]
RESISTANCES = {  # of the grain boundaries of a region, and of the interface of two
    "ionic_potential": ("resistance", "film_resistance"),
    "electronic_potential": ("electronic_resistance", "electronic_resistance"),
}


class Conduction(Physics):
    """Ionic potential in electrolytes, electronic potential in metals, jumps at resistive boundaries.

    Args:
        degree: Lagrange degree of both potentials.
        residual_conductivity: share of σ_i left in fully broken material.
        electronic: regions beside the metals that conduct electrons, e.g. ("separator", "coating"); their materials
            need an electronic conductivity above 0.

    Raises:
        InputError: when the model is built, for a region in `electronic` that is not there or is a metal.
    """

    def __init__(self, degree: int = 1, residual_conductivity: float = 1e-6, electronic: Sequence[str] = ()):
        self.degree = degree
        self.residual_conductivity = residual_conductivity
        self.electronic = (electronic,) if isinstance(electronic, str) else tuple(electronic)
        self._oriented: Oriented | None = None

    def fields(self, state: State) -> list[Field]:
        """φ [V] in every region that conducts ions, ψ [V] in every metal and where else electrons are mobile."""
        self._oriented = Oriented(state)
        flux = current_scale(state)
        fields = []
        for name, regions in (
            ("ionic_potential", state.electrolytes),
            ("electronic_potential", (*state.metals, *self._leaky(state))),
        ):
            if regions:
                inside = state.interfaces_between(regions, regions)
                breaks = tuple(n for n in inside if boundary_resistance(state, n, name) is not None)
                field = Field(name, "V", THERMAL_VOLTAGE, flux, self.degree, regions=regions, breaks=breaks)
                fields.append(field)
        return fields

    def provide(self, state: State) -> None:
        """Current densities [A/m²] and Joule heat [W/m³ in regions, W/m² at interfaces]."""
        for kind, potential, conductivity in (
            ("ionic_current", "ionic_potential", self.conductivity),
            ("electronic_current", "electronic_potential", self.electronic_conductivity),
        ):
            for region in self._regions(state, potential):
                state.provide(kind, region, partial(_current, state, potential, conductivity, region))
                state.provide("heat", region, partial(_joule, state, potential, conductivity, region))
            for name in self._resistive(state, potential):
                state.provide("heat", name, partial(self._boundary_heat, state, name, potential))
        for region in self._regions(state, "ionic_potential"):
            state.provide("diffusion_current", region, partial(self._diffusion_current, state, region))

    def residuals(self, state: State) -> dict[str, Any]:
        """∫σ∇φ·∇v dx + ∫⟦φ⟧⟦v⟧/R dS, and the same for ψ."""
        res: dict[str, Any] = {}
        for potential, conductivity in (
            ("ionic_potential", self.conductivity),
            ("electronic_potential", self.electronic_conductivity),
        ):
            regions = self._regions(state, potential)
            if regions:
                phi, v = state[potential], state.test(potential)
                res[potential] = sum(
                    ufl.inner(conductivity(state, r) * _driving(state, potential, r), ufl.grad(v)) * state.dx(r)
                    for r in regions
                ) + sum(
                    ufl.jump(phi) * ufl.jump(v) / self.resistance(state, n, potential) * state.dS(n)
                    for n in self._resistive(state, potential)
                )
        return res

    def conductivity(self, state: State, region: str) -> Any:
        """σ_i(T)·[(1 − k)(1 − d)² + k] [S/m]; σ_i itself where nothing is broken."""
        sigma = self._property(region, "ionic_conductivity") * self._left(state["damage"])
        if region in state.provided("carrier_share"):  # more or fewer carriers than in the bulk: space charge
            sigma *= state.quantity("carrier_share", region)
        return sigma

    def electronic_conductivity(self, state: State, region: str) -> Any:
        """σ_e(T) [S/m]."""
        sigma = self._property(region, "electronic_conductivity")
        if region in state.provided("electron_share"):  # more in places that leak, as grain boundaries
            sigma *= state.quantity("electron_share", region)
        if region in state.provided("deposit_conductivity"):  # of lithium within the electrolyte
            added = state.quantity("deposit_conductivity", region)
            sigma = sigma + (added * ufl.Identity(state.dim) if sigma.ufl_shape else added)
        return sigma

    def _diffusion_current(self, state: State, region: str) -> Any:
        """σ_i g [A/m²]: what would flow without a potential; a part of the ionic current."""
        return self.conductivity(state, region) * state.quantity("diffusion_field", region)

    def _property(self, region: str, name: str) -> Any:
        assert self._oriented is not None, "the fields of a physics are declared first"
        return self._oriented(region, name)

    def _leaky(self, state: State) -> tuple[str, ...]:
        """Regions beside the metals that conduct electrons."""
        for region in self.electronic:
            if region not in state.materials:
                raise unknown("region that conducts electrons", region, state.materials)
            if region in state.metals:
                raise InputError(f"region '{region}' is a metal: it conducts electrons in any case")
            value = largest(state.materials[region]["electronic_conductivity"])
            number(value, f"electronic conductivity of '{region}' [S/m]", above=0.0)
        return self.electronic

    def _boundary_heat(self, state: State, interface: str, potential: str) -> Any:
        return ufl.jump(state[potential]) ** 2 / self.resistance(state, interface, potential)

    def resistance(self, state: State, interface: str, potential: str = "ionic_potential") -> Any:
        """R(T) or R_e(T) [Ω m²], on the "+" side's temperature; more where the interface is damaged."""
        sound = state.value(boundary_resistance(state, interface, potential), f"resistance of {interface}")("+")
        if interface not in state.provided("interface_damage"):
            return sound
        return sound / self._left(state.quantity("interface_damage", interface))

    def _left(self, damage: Any) -> Any:
        """(1 − k)(1 − d)² + k, the share of a conductivity that damage leaves."""
        k = self.residual_conductivity
        return (1 - k) * (1 - damage) ** 2 + k

    def columns(self, state: State) -> dict[str, Any]:
        """Joule heat of electrolytes, metals and resistive boundaries."""
        regions = {*self._regions(state, "ionic_potential"), *self._regions(state, "electronic_potential")}
        heat = [state.quantity("heat", r) * state.dx(r) for r in sorted(regions)]
        heat += [
            self._boundary_heat(state, n, potential) * state.dS(n)
            for potential in RESISTANCES
            for n in self._resistive(state, potential)
        ]
        return {"Joule heat": sum(heat)} if heat else {}

    @staticmethod
    def _regions(state: State, name: str) -> tuple[str, ...]:
        return (state.fields[name].regions or ()) if state.solved(name) else ()

    @staticmethod
    def _resistive(state: State, potential: str) -> tuple[str, ...]:
        return state.fields[potential].breaks if state.solved(potential) else ()


def boundary_resistance(state: State, interface: str, potential: str = "ionic_potential") -> Any:
    """Resistance given for the grain boundaries of a region ("a|a") or between two regions; None if none."""
    a, b = interface.split("|")
    inside, between = RESISTANCES[potential]
    given = state.boundary_value(a, inside) if a == b else state.contact_value(interface, between)
    value = given.value if isinstance(given, Constant) else given
    return None if given is None or (not callable(value) and value == 0) else given


def _current(state: State, potential: str, conductivity: Conductivity, region: str) -> Any:
    return -conductivity(state, region) * _driving(state, potential, region)


def _joule(state: State, potential: str, conductivity: Conductivity, region: str) -> Any:
    gradient = _driving(state, potential, region)
    return ufl.inner(conductivity(state, region) * gradient, gradient)


def _driving(state: State, potential: str, region: str) -> Any:
    """∇φ less what diffusion of a salt adds to the current, ∇φ − g [V/m]."""
    gradient = ufl.grad(state[potential])
    if potential == "ionic_potential" and region in state.provided("diffusion_field"):
        gradient -= state.quantity("diffusion_field", region)
    return gradient
