"""Pressure of what fills a crack: lithium that is plated into it pushes its faces apart.

Where the crack is diffuse (damage d), the pressure p does the work

    W = ∫ p V dx,    V = −u·∇d     (opening of the crack per volume)

on the body, so the mechanics gets the force −p∇d and the damage the driving term −p u·∇q. Where the crack is a pair of
boundaries the same pressure acts on them as a load, `ssb.Flux("displacement", face, −p)`. Plated with the
overpotential η the metal can build up the pressure p = −Fη/Ω (`pressure_of`), which the kinetics' own coupling makes
from the other side.

| symbol | meaning | unit |
|---|---|---|
| p | pressure in the crack, times the filled fraction | Pa |
| u, d | displacement, damage | m, 1 |
| V | opening per volume; its integral is the volume of the crack | 1 |

Source: Bourdin, Chukwudozie & Yoshioka, SPE 159154 (2012); Yoshioka, Mollaali & Kolditz, Comput. Methods Appl. Mech.
Eng. 384 (2021) 113937.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ufl

from fem_ssb.constants import F
from fem_ssb.errors import InputError, number
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
    """Pressure in the cracks of a damaged region.

    Args:
        pressure: p [Pa], a number, a function of (x, t) in UFL, or a field.
        filled: share of the crack that is filled, likewise; 1 where it is full.
        region: where; None = in every region that has damage.

    Raises:
        InputError: when the model is built, without mechanics or damage.
    """

    def __init__(
        self, pressure: float | Callable[..., Any], filled: float | Callable[..., Any] = 1.0, region: str | None = None
    ):
        self.pressure, self.filled, self.region = pressure, filled, region

    def initialise(self, state: State) -> None:
        """Damage and displacement must be there."""
        for name, physics in (("displacement", "Elasticity()"), ("damage", "Fracture()")):
            if not state.solved(name):
                raise InputError(f"CrackPressure acts on {name}: add {physics} to the model")

    def residuals(self, state: State) -> dict[str, Any]:
        """−∂W/∂u and −∂W/∂d."""
        u, w, d, q = state["displacement"], state.test("displacement"), state["damage"], state.test("damage")
        pressed = [(self._pressure(state), state.dx(r)) for r in self._regions(state)]
        return {
            "displacement": sum(p * ufl.dot(w, ufl.grad(d)) * dx for p, dx in pressed),
            "damage": sum(p * ufl.dot(u, ufl.grad(q)) * dx for p, dx in pressed),
        }

    def columns(self, state: State) -> dict[str, Any]:
        """Energy ∫ p V dx."""
        opening = -ufl.dot(state["displacement"], ufl.grad(state["damage"]))
        return {"crack pressure work": sum(self._pressure(state) * opening * state.dx(r) for r in self._regions(state))}

    def volume(self, state: State) -> Any:
        """The form ∫ V dx, volume of the cracks [m³; in 2D m²]."""
        opening = -ufl.dot(state["displacement"], ufl.grad(state["damage"]))
        return sum(opening * state.dx(r) for r in self._regions(state))

    def _regions(self, state: State) -> tuple[str, ...]:
        damaged = state.fields["damage"].regions or tuple(state.mesh.region_names)
        return damaged if self.region is None else (self.region,)

    def _pressure(self, state: State) -> Any:
        return state.value(self.pressure, "crack pressure [Pa]") * state.value(self.filled, "filled fraction")
