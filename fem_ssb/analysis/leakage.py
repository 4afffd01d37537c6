"""Leakage of a cell at rest: ions that cross the electrolyte with electrons beside them, and the charge that is lost.

Without current outside, the electrodes react all the same where the electrolyte conducts electrons: i_leak = σ_amb U/L
in one layer, σ_amb = σ_iσ_e/(σ_i + σ_e) (Wagner). A charge q is lost after q/i_leak at that state of charge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dolfinx import fem

from fem_ssb.errors import InputError, number
from fem_ssb.problem.boundary import POTENTIALS

if TYPE_CHECKING:
    from fem_ssb.problem.model import Model

AT_REST = 1e-9  # of the leak, above which a current outside is none of rounding


@dataclass(frozen=True)
class Leakage:
    """What a cell at rest loses.

    Attributes:
        current: i_leak [A/m²] of collector.
        voltage: of the collector against the ground [V].
    """

    current: float
    voltage: float

    def time_to_lose(self, charge: float) -> float:
        """Time [s] in which a charge [C/m²] is lost, at this state of charge."""
        return number(charge, "charge [C/m²]", above=0.0) / self.current


def leakage(model: Model, electrode: str) -> Leakage:
    """Leak through a solved cell at rest, as the reaction at one of its electrodes; collective.

    Args:
        model: solved, with no current at its collector.
        electrode: interface, such as "anode|separator".

    Raises:
        InputError: no collector, one through which a current flows, no reaction at the interface.
    """
    state, conditions = model.state, model.boundary_conditions
    collectors = [c for c in model.conditions if c.field in POTENTIALS and not c.source.startswith("ground")]
    if len(collectors) != 1 or conditions.is_held(collectors[0]):
        raise InputError("a cell at rest has one collector whose current is prescribed: Current(0.0, into=…)")
    name = electrode if electrode in state.provided("reaction_current") else "|".join(reversed(electrode.split("|")))
    if name not in state.provided("reaction_current"):
        raise InputError(
            f"no reaction is solved at '{electrode}'; there are {', '.join(state.provided('reaction_current'))}"
        )
    boundary, field = collectors[0].boundary, collectors[0].field
    area = conditions.area(boundary)
    reaction = fem.form(state.quantity("reaction_current", name) * state.dS(name))
    leak = abs(float(state.integrate(reaction)[0])) / area
    outside = conditions.value(field, boundary) or 0.0
    if abs(outside) > AT_REST * leak:
        raise InputError(f"{outside:g} A/m² flow through the collector '{boundary}': leakage is that of a cell at rest")
    return Leakage(leak, conditions.mean(field, boundary))
