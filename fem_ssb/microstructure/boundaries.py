"""What a layer's grain boundaries are like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fem_ssb.errors import InputError, number

Value = float | Callable[..., Any]

SURFACE = ("resistance", "electronic_conductivity", "toughness", "strength")
"""What boundaries without thickness have."""


@dataclass(frozen=True)
class GrainBoundaries:
    """Properties of the boundaries between the grains of one layer; what is None is taken as perfect.

    Each may be a number or a law of temperature (a callable).

    Attributes:
        resistance: ionic area-specific resistance R in i_n = ⟦φ⟧/R (ohm m²).
        electronic_resistance: area-specific resistance to electrons (ohm m²).
        electronic_conductivity: for electrons along the boundary (S/m), read by `SheetConduction` with a width.
        toughness: fracture energy G_c (J/m²).
        strength: cohesive strength (Pa).
        thickness: of layers between the grains (m), which then are a region "… boundaries"; None: surfaces.
        material: of that region.

    Raises:
        InputError: a thickness without a material or a material without a thickness, values out of range.
    """

    resistance: Value | None = None
    electronic_resistance: Value | None = None
    electronic_conductivity: Value | None = None
    toughness: Value | None = None
    strength: Value | None = None
    thickness: float | None = None
    material: Any = None

    def __post_init__(self) -> None:
        if (self.thickness is None) != (self.material is None):
            raise InputError("GrainBoundaries of finite thickness need both thickness=… and material=…")
        if self.thickness is not None:
            number(self.thickness, "GrainBoundaries thickness (m)", above=0.0)
            given = [name for name in SURFACE if getattr(self, name) is not None]
            if given:
                raise InputError(
                    f"GrainBoundaries with a thickness are a region: give {', '.join(given)} to its material instead"
                )
