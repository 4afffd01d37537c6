"""Properties of two materials in contact: kinetics, films, adhesion."""

from __future__ import annotations

from typing import Any

from ..errors import InputError
from .library import canonical, pair_document
from .material import Material
from .properties import PAIR_PROPERTIES
from .values import Values


class Pair(Values):
    """Properties of an interface between two materials, each a `Law`; made by `pair` or `Pair.custom`.

    Attributes:
        name: "a|b".
        between: the two names.
        title: the interface in words.

    Args:
        first: one material's name in the library.
        second: the other's.
        **given: values that replace the library's, in SI units.

    Raises:
        InputError: a pair that is not in the library, values that do not fit.
    """

    between: tuple[str, str]
    title: str

    def __init__(self, first: str, second: str, **given: Any) -> None:
        header, tables = pair_document(first, second)
        self.between = tuple(header["between"])
        self.title = header["title"]
        super().__init__("|".join(self.between), PAIR_PROPERTIES, tables, given)

    @classmethod
    def custom(cls, name: str, **given: Any) -> Pair:
        """A pair that is not in the library, wholly from the user's values.

        Args:
            name: "a|b".
            **given: property values in SI units.
        """
        self = cls.__new__(cls)
        self.between = _names(name, None)
        self.title = name
        Values.__init__(self, "|".join(self.between), PAIR_PROPERTIES, {}, given)
        return self

    def __repr__(self) -> str:
        return f"Pair({self.name!r}, {len(self._entries)} properties)"


def pair(first: str | Material, second: str | Material | None = None, **given: Any) -> Pair:
    """The properties of two materials in contact; the order of the names does not matter.

    >>> pair("LLZO|Li").name
    'Li|LLZO'

    Args:
        first: "a|b", or the first material or its name.
        second: the second material or its name, if `first` is one.
        **given: values that replace the library's, SI units: number, `Law`, callable of the temperature.

    Returns:
        The pair, its names in the library's order.

    Raises:
        InputError: for a pair that is not in the library, with the nearest, or values that do not fit.
    """
    return Pair(*_names(first, second), **given)


def _names(first: str | Material, second: str | Material | None) -> tuple[str, str]:
    if second is None:
        parts = str(first).split("|") if isinstance(first, str) else []
        if len(parts) != 2 or not all(part.strip() for part in parts):
            raise InputError(f"a pair of materials is named 'a|b', not {first!r}")
        first, second = parts
    a, b = (m.name if isinstance(m, Material) else canonical(m.strip()) for m in (first, second))
    return a, b
