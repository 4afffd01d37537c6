"""A material: its kind, its mobile ion and its properties."""

from __future__ import annotations

from typing import Any

from ..errors import InputError, unknown
from .library import material_document
from .properties import KINDS, MATERIAL_PROPERTIES
from .values import Values


class Material(Values):
    """A material of the library, any value overridden inline.

    >>> llzo = Material("LLZO", ionic_conductivity=0.05)
    >>> llzo.ionic_conductivity(298.15)
    0.05

    Args:
        name: name or alias of a material of the library, see `available`.
        **given: property values in SI units: number, `Law`, callable of the temperature, or UFL coefficient.

    Raises:
        InputError: for unknown names (with the nearest) and values that do not fit.

    Attributes:
        name: the library's name.
        kind: `metal`, `electrolyte`, `interlayer` or `cathode`.
        carrier: the mobile ion's metal, "Li" or "Na"; None = whichever its neighbour gives.
        title: composition and form in words.
    """

    kind: str
    carrier: str | None
    title: str

    def __init__(self, name: str, **given: Any) -> None:
        header, tables = material_document(name)
        self.kind, self.carrier, self.title = header["kind"], header["carrier"], header["title"]
        if self.kind not in KINDS:
            raise unknown(f"kind of {header['name']}", self.kind, KINDS)
        super().__init__(header["name"], MATERIAL_PROPERTIES, tables, given)

    @classmethod
    def custom(cls, name: str, *, kind: str, carrier: str | None = None, **given: Any) -> Material:
        """A material that is not in the library, wholly from the user's values.

        Args:
            name: any name without "|".
            kind: `metal`, `electrolyte`, `interlayer` or `cathode`.
            carrier: the mobile ion's metal; None = whichever its neighbour gives.
            **given: property values in SI units.

        Raises:
            InputError: a name that is no text, an unknown kind, values that do not fit.
        """
        if not isinstance(name, str) or not name or "|" in name:
            raise InputError(f"the name of a material must be a text without '|', not {name!r}")
        if kind not in KINDS:
            raise unknown(f"kind of {name}", kind, KINDS)
        self = cls.__new__(cls)
        self.kind, self.carrier, self.title = kind, carrier, name
        Values.__init__(self, name, MATERIAL_PROPERTIES, {}, given)
        return self

    def __repr__(self) -> str:
        return f"Material({self.name!r}, kind={self.kind!r}, {len(self._entries)} properties)"
