"""Plating and stripping: the thickness of metal that the current has put at an interface.

    ∂h/∂t = −Ω i_n / F

h [m] lives on the interface alone (a trace space). Elasticity reads it as the normal jump of the displacement,
⟦u⟧·n = h: plated metal pushes its electrode and the electrolyte apart, stripped metal lets them approach.
Layers that grow there add to it (`inserted`). 1 mAh/cm² of lithium is 4.85 µm. Source: Faraday's law; Ω from the metal.
"""

from __future__ import annotations

from typing import Any

from fem_ssb.constants import F
from fem_ssb.physics.base import Physics
from fem_ssb.problem.fields import Field
from fem_ssb.problem.state import State


def inserted(state: State, interface: str) -> Any:
    """What stands between the faces of an electrode [m]: plated metal, and the growth of layers."""
    h = state["metal_thickness"]("+")
    grows = interface in state.provided("interface_growth")
    return h + state.quantity("interface_growth", interface) if grows else h


class Plating(Physics):
    """Thickness h [m] of plated (h > 0) or stripped (h < 0) metal at every metal|electrolyte interface."""

    def fields(self, state: State) -> list[Field]:
        """h [m] on the electrode interfaces."""
        names = state.electrodes
        scale = 1e-6
        return (
            [Field("metal_thickness", "m", scale, scale * state.height ** (state.dim - 1), trace=names)]
            if names
            else []
        )

    def residuals(self, state: State) -> dict[str, Any]:
        """∫(h − h_old + Δt Ω i_n/F) q dS."""
        if not state.solved("metal_thickness"):
            return {}
        h, h_old, q = state["metal_thickness"], state.old("metal_thickness"), state.test("metal_thickness")
        return {
            "metal_thickness": sum(
                (h("+") - h_old("+") + state.dt * self._rate(state, n)) * q("+") * state.dS(n) for n in state.electrodes
            )
        }

    @staticmethod
    def _rate(state: State, interface: str) -> Any:
        """Ω i_n/F: rate at which the metal is stripped [m/s]."""
        metal = interface.split("|")[0]
        return state.property(metal, "molar_volume")("+") * state.quantity("reaction_current", interface) / F
