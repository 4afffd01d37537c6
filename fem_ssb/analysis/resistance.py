"""Where the resistance of a cell is: its area-specific resistance split by what dissipates the power.

The power balance of a steady step, V·I = Σ heat, divided by I²/A gives R = Σ_w heat_w A/I² over regions (conduction),
grain boundaries and contacts, and electrodes (kinetics and films). Constriction is no part of its own: it raises the
heat of the region in which the current is squeezed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dolfinx import fem

from fem_ssb.errors import InputError
from fem_ssb.problem.boundary import POTENTIALS

if TYPE_CHECKING:
    from fem_ssb.problem.model import Model


def resistance_parts(model: Model) -> dict[str, float]:
    """Area-specific resistance [Ω m²] by region, interface and boundary at the present state; collective.

    Args:
        model: solved, with a current or a voltage at one collector and the ground at the other.

    Returns:
        {"separator": …, "separator|separator": …, "anode|separator": …}; the sum is voltage over current density where
        nothing is stored.

    Raises:
        InputError: no collector is driven, or no current flows.
    """
    state, conditions = model.state, model.boundary_conditions
    driven = [c for c in model.conditions if c.field in POTENTIALS and not c.source.startswith("ground")]
    if not driven:
        raise InputError("no current or voltage is applied: model.apply(Current(…, into=…))")
    c = driven[0]
    area = conditions.area(c.boundary)
    held = conditions.is_held(c)
    density = model.balances.reaction(c.field, c.boundary) / area if held else conditions.value(c.field, c.boundary)
    if not density:
        raise InputError("no current flows, so there is no resistance to split")
    places = state.provided("heat")
    unique = list(dict.fromkeys(places))
    forms = [fem.form(state.quantity("heat", w) * state.over(w)) for w in unique]
    heat = state.integrate(*forms)
    return {w: float(q) / (density**2 * area) for w, q in zip(unique, heat, strict=True)}
