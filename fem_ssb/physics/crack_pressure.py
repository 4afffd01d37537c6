"""Pressure of what fills a crack: lithium that is plated into it pushes its faces apart.

Where the crack is diffuse (damage d), the pressure p does the work

    W = ∫ p V dx,    V = −u·∇d     (opening of the crack per volume)

on the body, so the mechanics gets the force −p∇d and the damage the driving term −p u·∇q. On a cohesive interface it
pushes both faces with p D on the share D that is broken, V = D δ_n there. Where the crack is a pair of boundaries the
same pressure acts on them as a load, `ssb.Flux("displacement", face, −p)`. Plated with the
overpotential η the metal can build up the pressure p = −Fη/Ω (`pressure_of`), which the kinetics' own coupling makes
from the other side.

| symbol | meaning | unit |
|---|---|---|
| p | pressure in the crack, times the filled fraction | Pa |
| u, d | displacement, damage | m, 1 |
| D, δ_n | damage and opening of a cohesive interface, see `cohesive` | 1, m |
| V | opening per volume, on an interface per area; its integral is the volume of the crack | 1, m |

Source: Bourdin, Chukwudozie & Yoshioka, SPE 159154 (2012); Yoshioka, Mollaali & Kolditz, Comput. Methods Appl. Mech.
Eng. 384 (2021) 113937.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ufl

from fem_ssb.constants import F
from fem_ssb.errors import InputError, number, unknown
from fem_ssb.physics.base import Physics
from fem_ssb.problem.state import State


def pressure_of(overpotential: float, molar_volume: float) -> float:
    """p = −Fη/Ω [Pa] at which plating with the overpotential η < 0 stops; 7.4 MPa/mV for lithium.

    Args:
        overpotential: η [V], negative where metal is plated.
        molar_volume: Ω [m³/mol] of the metal.
    """
    return -F * number(overpotential, "overpotential [V]") / number(molar_volume, "molar volume [m³/mol]", above=0.0)


class CrackPressure(Physics):
    """Pressure in the cracks of a damaged region, or of a cohesive interface.

    Args:
        pressure: p [Pa], a number, a function of (x, t) in UFL, or a field.
        filled: share of the crack that is filled, likewise; 1 where it is full.
        region: where; None = in every region that has damage.
        interface: cohesive interface on whose faces it acts, in place of a region.

    Raises:
        InputError: when the model is built, without mechanics or damage, or for an interface that is not cohesive.
    """

    def __init__(
        self,
        pressure: float | Callable[..., Any],
        filled: float | Callable[..., Any] = 1.0,
        region: str | None = None,
        interface: str | None = None,
    ):
        if region is not None and interface is not None:
            raise InputError("a CrackPressure acts in a region or on an interface: give one of both")
        self.pressure, self.filled, self.region, self.interface = pressure, filled, region, interface

    def initialise(self, state: State) -> None:
        """Damage and displacement must be there."""
        needed = {"displacement": "Elasticity()"} | ({} if self.interface else {"damage": "Fracture()"})
        for name, physics in needed.items():
            if not state.solved(name):
                raise InputError(f"CrackPressure acts on {name}: add {physics} to the model")

    def residuals(self, state: State) -> dict[str, Any]:
        """−∂W/∂u and −∂W/∂d."""
        u, w = state["displacement"], state.test("displacement")
        if self.interface is not None:
            name = self._cohesive(state)
            force = self._pressure(state)("+") * state.quantity("interface_damage", name)
            return {"displacement": -force * _opening(w, state) * state.dS(name)}
        d, q = state["damage"], state.test("damage")
        pressed = [(self._pressure(state), state.dx(r)) for r in self._regions(state)]
        return {
            "displacement": sum(p * ufl.dot(w, ufl.grad(d)) * dx for p, dx in pressed),
            "damage": sum(p * ufl.dot(u, ufl.grad(q)) * dx for p, dx in pressed),
        }

    def columns(self, state: State) -> dict[str, Any]:
        """Energy ∫ p V dx."""
        pressure = self._pressure(state)
        pressure = pressure if self.interface is None else pressure("+")
        return {"crack pressure work": sum(pressure * opened * measure for opened, measure in self._opened(state))}

    def volume(self, state: State) -> Any:
        """The form ∫ V dx, volume of the cracks [m³; in 2D m²]."""
        return sum(opened * measure for opened, measure in self._opened(state))

    def _opened(self, state: State) -> list[tuple[Any, Any]]:
        """V and where to integrate it."""
        u = state["displacement"]
        if self.interface is not None:
            name = self._cohesive(state)
            return [(state.quantity("interface_damage", name) * _opening(u, state), state.dS(name))]
        opened = -ufl.dot(u, ufl.grad(state["damage"]))
        return [(opened, state.dx(r)) for r in self._regions(state)]

    def _cohesive(self, state: State) -> str:
        """The interface as the mesh has it."""
        name, known = state.mesh.interface_name(str(self.interface)), state.provided("interface_damage")
        if name not in known:
            raise unknown("cohesive interface", name, known)
        return name

    def _regions(self, state: State) -> tuple[str, ...]:
        damaged = state.fields["damage"].regions or tuple(state.mesh.region_names)
        return damaged if self.region is None else (self.region,)

    def _pressure(self, state: State) -> Any:
        return state.value(self.pressure, "crack pressure [Pa]") * state.value(self.filled, "filled fraction")


def _opening(u: Any, state: State) -> Any:
    """(u₋ − u₊)·n of an interface."""
    return ufl.dot(u("-") - u("+"), ufl.FacetNormal(state.domain)("+"))
