"""Conduction of ions and electrons: two electrochemical potentials, each where its carrier is mobile.

    −∇·(σ_i ∇φ) = 0 in electrolytes,    −∇·(σ_e ∇ψ) = 0 in metals,    i = −σ_i ∇φ,  i_e = −σ_e ∇ψ

across a resistive grain boundary or interface   i·n = (φ₊ − φ₋)/R.

| symbol | meaning | unit |
|---|---|---|
| φ | ionic potential: electrochemical potential of Li⁺ over F | V |
| ψ | electronic potential: minus that of the electron over F | V |
| σ_i, σ_e | ionic and electronic conductivity | S/m |
| R | area-specific resistance of a boundary | Ω m² |

A crack stops the ions: σ_i is multiplied by (1 − k)(1 − d)² + k, k = 1e-6, with the damage d.
Source: Newman & Thomas-Alyea, Electrochemical Systems (3rd ed., Wiley, 2004), ch. 11.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import ufl

from fem_ssb.physics.base import Physics
from fem_ssb.physics.scales import THERMAL_VOLTAGE, current_scale
from fem_ssb.problem.fields import Field
from fem_ssb.problem.state import State

Conductivity = Callable[[State, str], Any]


class Conduction(Physics):
    """Ionic potential in electrolytes, electronic potential in metals, jumps at resistive boundaries.

    Args:
        degree: Lagrange degree of both potentials.
        residual_conductivity: share of σ_i left in fully broken material.
    """

    def __init__(self, degree: int = 1, residual_conductivity: float = 1e-6):
        self.degree = degree
        self.residual_conductivity = residual_conductivity

    def fields(self, state: State) -> list[Field]:
        """φ [V] in every region that conducts ions, ψ [V] in every metal."""
        ionic, metals = state.electrolytes, state.metals
        resistive = tuple(
            n for n in state.interfaces_between(ionic, ionic) if boundary_resistance(state, n) is not None
        )
        flux = current_scale(state)
        fields = []
        if ionic:
            fields.append(
                Field("ionic_potential", "V", THERMAL_VOLTAGE, flux, self.degree, regions=ionic, breaks=resistive)
            )
        if metals:
            fields.append(Field("electronic_potential", "V", THERMAL_VOLTAGE, flux, self.degree, regions=metals))
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
        for name in self._resistive(state):
            state.provide("heat", name, partial(self._boundary_heat, state, name))

    def residuals(self, state: State) -> dict[str, Any]:
        """∫σ∇φ·∇v dx + ∫⟦φ⟧⟦v⟧/R dS, and the same for ψ without boundaries."""
        res: dict[str, Any] = {}
        regions = self._regions(state, "ionic_potential")
        if regions:
            phi, v = state["ionic_potential"], state.test("ionic_potential")
            res["ionic_potential"] = sum(
                ufl.inner(self.conductivity(state, r) * ufl.grad(phi), ufl.grad(v)) * state.dx(r) for r in regions
            ) + sum(
                ufl.jump(phi) * ufl.jump(v) / self.resistance(state, n) * state.dS(n) for n in self._resistive(state)
            )
        regions = self._regions(state, "electronic_potential")
        if regions:
            psi, w = state["electronic_potential"], state.test("electronic_potential")
            res["electronic_potential"] = sum(
                ufl.inner(self.electronic_conductivity(state, r) * ufl.grad(psi), ufl.grad(w)) * state.dx(r)
                for r in regions
            )
        return res

    def conductivity(self, state: State, region: str) -> Any:
        """σ_i(T)·[(1 − k)(1 − d)² + k] [S/m]; σ_i itself where nothing is broken."""
        d, k = state["damage"], self.residual_conductivity
        sigma = state.property(region, "ionic_conductivity") * ((1 - k) * (1 - d) ** 2 + k)
        if region in state.provided("carrier_share"):  # more or fewer carriers than in the bulk: space charge
            sigma *= state.quantity("carrier_share", region)
        return sigma

    def electronic_conductivity(self, state: State, region: str) -> Any:
        """σ_e(T) [S/m]."""
        return state.property(region, "electronic_conductivity")

    def _boundary_heat(self, state: State, interface: str) -> Any:
        return ufl.jump(state["ionic_potential"]) ** 2 / self.resistance(state, interface)

    def resistance(self, state: State, interface: str) -> Any:
        """R(T) [Ω m²], on the "+" side's temperature."""
        return state.value(boundary_resistance(state, interface), f"resistance of {interface}")("+")

    def columns(self, state: State) -> dict[str, Any]:
        """Joule heat of electrolytes, metals and resistive boundaries."""
        regions = {*self._regions(state, "ionic_potential"), *self._regions(state, "electronic_potential")}
        heat = [state.quantity("heat", r) * state.dx(r) for r in sorted(regions)]
        heat += [state.quantity("heat", n) * state.dS(n) for n in self._resistive(state)]
        return {"Joule heat": sum(heat)} if heat else {}

    @staticmethod
    def _regions(state: State, name: str) -> tuple[str, ...]:
        return (state.fields[name].regions or ()) if state.solved(name) else ()

    @staticmethod
    def _resistive(state: State) -> tuple[str, ...]:
        return state.fields["ionic_potential"].breaks if state.solved("ionic_potential") else ()


def boundary_resistance(state: State, interface: str) -> Any:
    """Resistance given for the grain boundaries of a region ("a|a") or between two electrolytes; None if none."""
    a, b = interface.split("|")
    given = state.boundary_value(a, "resistance") if a == b else state.contact_resistance(interface)
    return None if given is None or (not callable(given) and given == 0) else given


def _current(state: State, potential: str, conductivity: Conductivity, region: str) -> Any:
    return -conductivity(state, region) * ufl.grad(state[potential])


def _joule(state: State, potential: str, conductivity: Conductivity, region: str) -> Any:
    gradient = ufl.grad(state[potential])
    return ufl.inner(conductivity(state, region) * gradient, gradient)
