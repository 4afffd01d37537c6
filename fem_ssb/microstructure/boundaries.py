"""What a layer's grain boundaries are like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Value = float | Callable[..., Any]


@dataclass(frozen=True)
class GrainBoundaries:
    """Properties of the boundaries between the grains of one layer; what is None is taken as perfect.

    Each may be a number or a law of temperature (a callable).

    Attributes:
        resistance: ionic area-specific resistance R in i_n = ⟦φ⟧/R (ohm m²).
        electronic_resistance: area-specific resistance to electrons (ohm m²).
        electronic_conductivity: conductivity for electrons along and across the boundary (S/m).
        toughness: fracture energy G_c (J/m²).
        strength: cohesive strength (Pa).
    """

    resistance: Value | None = None
    electronic_resistance: Value | None = None
    electronic_conductivity: Value | None = None
    toughness: Value | None = None
    strength: Value | None = None
