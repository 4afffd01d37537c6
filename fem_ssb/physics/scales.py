"""Scales that several physics share, so that rows of one kind weigh the same in Newton's line search."""

from __future__ import annotations

from fem_ssb.constants import F, R
from fem_ssb.physics.tensors import largest
from fem_ssb.problem.state import State

THERMAL_VOLTAGE = R * 298.15 / F


def current_scale(state: State) -> float:
    """Typical current of one residual row [A; in 2D A/m], for both potentials and for interface currents.

    σ V_T H^(dim−2) with the electrolyte's σ, at least a millionth of the metal's: the rounding of σ_e∇ψ, σ_e·V·eps,
    is far below that and must not drown the currents that matter. One scale for all of them: with unequal ones the
    line search refuses the very step in which a load on one potential reaches the other.
    """
    ionic = [largest(state.materials[r]["ionic_conductivity"]) for r in state.electrolytes]
    metallic = [1e-6 * largest(state.materials[r]["electronic_conductivity"]) for r in state.metals]
    sigma = max(ionic + metallic, default=1.0)
    return sigma * THERMAL_VOLTAGE * state.height ** (state.dim - 2)
