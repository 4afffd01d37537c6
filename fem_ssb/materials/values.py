"""A set of named properties, each a law with its source: what a material and a pair have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ..errors import InputError, number, unknown
from ._symbolic import is_ufl
from .entry import Entry, Row, check, read_entry
from .laws import Constant, Law, UserLaw
from .properties import Property
from .stiffness import Stiffness

_GIVEN = "given by the user"


class MissingProperty(InputError, AttributeError):
    """A property that exists, but not for this material."""


class Values:
    """Named properties of a material or a pair, read by attribute or by key; each is a `Law`.

    Args:
        name: what messages call it.
        known: the properties that it may have.
        tables: property tables of a library file.
        given: values of the user: numbers, laws, callables of the temperature, or UFL coefficients.

    Raises:
        InputError: for unknown properties (with the nearest) and values that do not fit.
    """

    def __init__(
        self, name: str, known: Mapping[str, Property], tables: Mapping[str, Any], given: Mapping[str, Any]
    ) -> None:
        self.name = name
        self._known = known
        self._entries: dict[str, Entry] = {}
        for key, table in tables.items():
            self._entries[key] = read_entry(f"{name}.{key}", table, self._property(key))
        for key, value in given.items():
            self._entries[key] = Entry(self._law(key, value), _GIVEN)

    def _property(self, key: str) -> Property:
        if key not in self._known:
            raise unknown(f"property of {self.name}", key, self._known)
        return self._known[key]

    def _law(self, key: str, value: Any) -> Law:
        prop, name = self._property(key), f"{key} of {self.name}"
        if is_ufl(value):
            if prop.form != "scalar":
                raise InputError(f"{name} cannot be a UFL expression")
            return UserLaw(lambda T: value)
        if not isinstance(value, Law):
            if prop.form == "stiffness":
                value = Stiffness(value)
            elif callable(value) and prop.form == "scalar":
                value = UserLaw(value)
            elif np.ndim(value) == 0:
                value = Constant(number(value, f"{name} [{prop.unit}]"))
        if not isinstance(value, Law):
            raise InputError(f"{name} must be a number, a law or a callable, not {value!r}")
        check(name, value, prop)
        return value

    def __getitem__(self, key: str) -> Law:
        prop = self._property(key)
        if key not in self._entries:
            example = "IsotropicStiffness(E, nu)" if prop.form == "stiffness" else "…"
            raise MissingProperty(f"{self.name} has no {key}; give it: {key}={example} [{prop.unit}], {prop.meaning}")
        return self._entries[key].law

    def __getattr__(self, key: str) -> Law:
        if key.startswith("_"):
            raise AttributeError(key)
        try:
            return self[key]
        except MissingProperty:
            raise
        except InputError as error:
            raise MissingProperty(str(error)) from None

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def get(self, key: str, default: Any = None) -> Any:
        """The law of a property, or `default` if there is none; an unknown property name is an error all the same."""
        self._property(key)
        return self[key] if key in self else default

    def entry(self, key: str) -> Entry:
        """The law of a property with its source, temperature range and note."""
        self[key]  # raises for properties that are unknown or missing
        return self._entries[key]

    def refuse_temperature(self, T: float, place: str) -> None:
        """Refuse a temperature [K] at which a law says nothing; as UFL it could not say so.

        Raises:
            InputError: naming the property, and the place where this material is.
        """
        for key, entry in self._entries.items():
            if (self._known[key].form, self._known[key].argument) == ("scalar", "temperature"):
                try:
                    entry.law(T)
                except InputError as problem:
                    raise InputError(f"{key} of '{place}' ({self.name}): {problem}") from None

    def unit(self, key: str) -> str:
        """SI unit of a property."""
        return self._property(key).unit

    def sources(self) -> list[Row]:
        """All values with unit and source, in the order of the library file."""
        return [entry.row(key, self._known[key].unit) for key, entry in self._entries.items()]
