r"""Thermoelectricity of ions: a difference of temperature drives them, and they carry heat.

    i = −σ_i (∇φ + α ∇T),    q = −k ∇T + α T i

| symbol | meaning | unit |
|---|---|---|
| α | ionic Seebeck coefficient: without current ∇φ = −α ∇T, so the hot side is the more negative for α > 0 | V/K |
| αT | Peltier coefficient Π, by Onsager's (Kelvin's) relation | V |
| q | heat flux | W/m² |

The electrical power −i·∇φ becomes heat as i²/σ + α i·∇T; with −∇·(αT i) this is Joule's, Thomson's and, where α ends
at an electrode, Peltier's heat. Twenty kelvin at 1 mV/K are as much as an overpotential. The entropy of the electrode
reaction itself is not in α. Source: de Groot & Mazur, Non-Equilibrium Thermodynamics (1962), ch. XIII.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import ufl

from fem_ssb.errors import InputError, number, unknown
from fem_ssb.physics.base import Physics
from fem_ssb.problem.state import State

Coefficient = float | Callable[..., Any]


class Seebeck(Physics):
    """The ionic Seebeck and Peltier effects beside `Conduction` and `Heat`.

    Args:
        coefficient: α [V/K] of all electrolytes, or by region: a number or a law of temperature.

    Raises:
        InputError: a coefficient that is no number; when the model is built, an unknown region, no ionic potential, no
            temperature.
    """

    def __init__(self, coefficient: Coefficient | Mapping[str, Coefficient]):
        for given in coefficient.values() if isinstance(coefficient, Mapping) else (coefficient,):
            if not callable(given):
                number(given, "ionic Seebeck coefficient [V/K]")
        self.coefficient = dict(coefficient) if isinstance(coefficient, Mapping) else coefficient

    def provide(self, state: State) -> None:
        """−α∇T beside ∇φ [V/m]; α i·∇T [W/m³]; αT i [W/m²]."""
        if not state.solved("ionic_potential"):
            raise InputError(
                "the ionic Seebeck effect needs a physics that solves the ionic potential: add Conduction()"
            )
        if not state.solved("temperature"):
            raise InputError(
                "the ionic Seebeck effect needs a temperature that differs from place to place: add Heat()"
            )
        for r in self._regions(state):
            state.provide("diffusion_field", r, partial(self._field, state, r))
            state.provide("heat", r, partial(self._power, state, r))
            state.provide("carried_heat", r, partial(self._carried, state, r))

    def _regions(self, state: State) -> tuple[str, ...]:
        if not isinstance(self.coefficient, dict):
            return state.electrolytes
        for r in self.coefficient:
            if r not in state.electrolytes:
                raise unknown("region that conducts ions", r, state.electrolytes)
        return tuple(self.coefficient)

    def _alpha(self, state: State, region: str) -> Any:
        given = self.coefficient[region] if isinstance(self.coefficient, dict) else self.coefficient
        return state.value(given, f"ionic Seebeck coefficient of {region}")

    def _field(self, state: State, region: str) -> Any:
        return -self._alpha(state, region) * ufl.grad(state["temperature"])

    def _power(self, state: State, region: str) -> Any:
        return -ufl.inner(state.quantity("ionic_current", region), self._field(state, region))

    def _carried(self, state: State, region: str) -> Any:
        return self._alpha(state, region) * state["temperature"] * state.quantity("ionic_current", region)
