"""Thin layers between the layers of a stack, or on its faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fem_ssb.errors import InputError, number
from fem_ssb.microstructure.composite import Phase


@dataclass(frozen=True)
class ThinLayer:
    """A thin layer, see `Stack.coating`.

    Attributes:
        name: of the region.
        material: as the user gave it.
        thickness: in m.
        cells: prisms over the thickness.
        below: number of layers under it.
    """

    name: str
    material: Any
    thickness: float
    cells: int
    below: int

    def __post_init__(self) -> None:
        number(self.thickness, f"thickness of coating '{self.name}' (m)", above=0.0)
        if number(self.cells, f"cells of coating '{self.name}'", least=1, most=100) != int(self.cells):
            raise InputError(f"cells of coating '{self.name}' must be a whole number, not {self.cells:g}")

    @property
    def phases(self) -> Sequence[Phase]:
        """What it is made of."""
        return [Phase(self.name, self.material)]
