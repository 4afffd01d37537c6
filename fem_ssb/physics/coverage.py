"""Coverage: metal that is plated covers the interface by nuclei that grow together, many small ones at a high current.

N half-spheres an area that hold the volume v an area, each of radius r with v = (2π/3) N r³, would cover N π r² if they
did not meet. As they do, at random,

    θ = 1 − exp(−X^⅔),    X = (3√π/2) √N v,    ∂X/∂t = (3√π/2) √N(i) Ω i/F,    N = N_r (i/i_r)^m

| symbol | meaning | unit |
|---|---|---|
| θ | share of the interface that reacts: i₀ is multiplied by it, the resistance of charge transfer divided | 1 |
| X | extended coverage to the power 3/2, an unknown of the interface | 1 |
| N | nuclei an area, set by the plating current i | 1/m² |
| m | 3: nuclei are as dense as i³ | – |

Stripping leaves θ as it is. The charge to a given θ falls as i^(−m/2). Sources: Avrami, J. Chem. Phys. 8 (1940) 212
(growing together); Pei, Zheng, Shi, Li & Cui, Nano Lett. 17 (2017) 1132 (lithium: size with 1/i, density with i³).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import ufl

from fem_ssb.constants import F
from fem_ssb.errors import number
from fem_ssb.physics.base import Physics
from fem_ssb.problem.fields import Field
from fem_ssb.problem.state import State

SHAPE = 1.5 * np.sqrt(np.pi)  # X/(√N v) of half-spheres


class Coverage(Physics):
    """Share θ of metal|electrolyte interfaces that plated metal covers.

    Args:
        density: N_r [1/m²] at the reference current.
        reference_current: i_r [A/m²].
        exponent: m.
        initial: θ at the start, above 0 and below 1.
        on: names of the interfaces; None = every metal|electrolyte interface.

    Raises:
        InputError: values out of range; when the model is built, interfaces that are not metal|electrolyte.
    """

    def __init__(
        self,
        density: float,
        reference_current: float,
        exponent: float = 3.0,
        initial: float = 0.05,
        on: Sequence[str] | None = None,
    ):
        self.density = number(density, "nuclei an area [1/m²]", above=0.0)
        self.reference_current = number(reference_current, "current at that density of nuclei [A/m²]", above=0.0)
        self.exponent = number(exponent, "exponent of the density of nuclei", least=0.0)
        self.initial = number(initial, "coverage at the start", above=0.0, most=1 - 1e-9)
        self.on = (on,) if isinstance(on, str) else None if on is None else tuple(on)

    @property
    def start(self) -> float:
        """X of the initial coverage."""
        return float(-np.log1p(-self.initial)) ** 1.5

    def fields(self, state: State) -> list[Field]:
        """X on the interfaces."""
        names = self._interfaces(state)
        flux = state.height ** (state.dim - 1)
        return [Field("coverage_growth", "1", 1.0, flux, initial=self.start, trace=names)] if names else []

    def provide(self, state: State) -> None:
        """θ, by which the exchange current is multiplied."""
        for name in self._interfaces(state):
            state.provide("coverage", name, partial(self._covered, state))

    def residuals(self, state: State) -> dict[str, Any]:
        """∫[X − X_old − Δt (3√π/2) √N(i) Ω i/F] q dS, i the plating current."""
        if not state.solved("coverage_growth"):
            return {}
        name = "coverage_growth"
        X, old, q = (f("+") for f in (state[name], state.old(name), state.test(name)))
        res: Any = 0
        for interface in self._interfaces(state):
            plated = ufl.max_value(-state.quantity("reaction_current", interface), 0.0)
            omega = state.property(interface.split("|")[0], "molar_volume")("+")
            # One power of the current, whose slope is finite at 0 for every exponent.
            rate = (plated / self.reference_current) ** (1 + self.exponent / 2) * self.reference_current
            grown = SHAPE * np.sqrt(self.density) * rate * omega / F
            res += (X - old - state.dt * grown) * q * state.dS(interface)
        return {name: res}

    def columns(self, state: State) -> dict[str, Any]:
        """Mean θ of each interface."""
        return {
            f"mean coverage {n} [1]": self._covered(state) / state.area(n) * state.dS(n)
            for n in self._interfaces(state)
        }

    def _covered(self, state: State) -> Any:
        # Not below the start, where Newton's method may look for it: the power is steep at 0.
        X = ufl.max_value(state["coverage_growth"]("+"), self.start)
        return 1 - ufl.exp(-(X ** (2 / 3)))

    def _interfaces(self, state: State) -> tuple[str, ...]:
        return state.electrodes_named(self.on, "plated metal grows together")
