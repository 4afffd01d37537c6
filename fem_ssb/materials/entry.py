"""One property of one material with where it is from, read from a library file or given by the user.

A library file has `name`, `aliases`, `kind`, `carrier` and `title` (a pair: `between` and `title`) and one table a
property, such as::

    [ionic_conductivity]
    law = "arrhenius"
    value = 0.46
    unit = "mS/cm"
    activation_energy = { value = 0.34, unit = "eV" }
    scaled = "value*T"
    source = "authors, journal volume (year) page"
    doi = "10.…"
    checked = true
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..errors import InputError, number, unknown
from .creep import PowerLawCreep
from .laws import VTF, Anisotropic, Arrhenius, Constant, Curve, Interpolated, Law, Polynomial, Varied
from .properties import Property
from .quantities import factor, quantity
from .relaxation import PronySeries
from .stiffness import CubicStiffness, HexagonalStiffness, IsotropicStiffness, Stiffness

_OWN = ""  # parameter in the unit of the property, stated once for the whole table

#: Laws of the library files: class and, for each parameter, the SI unit it is in (`_OWN`, a unit, or None for plain).
LAWS: dict[str, tuple[Callable[..., Law], dict[str, str | None]]] = {
    "constant": (Constant, {"value": _OWN}),
    "arrhenius": (
        Arrhenius,
        {"value": _OWN, "activation_energy": "J/mol", "reference_temperature": None, "scaled": None},
    ),
    "vtf": (
        VTF,
        {
            "value": _OWN,
            "activation_energy": "J/mol",
            "vogel_temperature": None,
            "reference_temperature": None,
            "power": None,
            "melting_temperature": None,
            "melting_energy": "J/mol",
        },
    ),
    "polynomial": (Polynomial, {"coefficients": _OWN, "low": None, "high": None}),
    "curve": (Curve, {"constant": _OWN, "slope": _OWN, "tanh": _OWN, "exp": _OWN}),
    "table": (Interpolated, {"points": _OWN, "scale": None}),
    "isotropic": (IsotropicStiffness, {"young": _OWN, "poisson": None}),
    "cubic": (CubicStiffness, dict.fromkeys(("c11", "c12", "c44"), _OWN)),
    "hexagonal": (HexagonalStiffness, dict.fromkeys(("c11", "c12", "c13", "c33", "c44"), _OWN)),
    "general": (Stiffness, {"matrix": _OWN}),
    "power_law_creep": (PowerLawCreep, {"A": _OWN, "Q": "J/mol", "m": None, "reference_stress": "Pa"}),
}

_COMMON = {
    "law",
    "unit",
    "factors",
    "temperature_range",
    "source",
    "doi",
    "checked",
    "estimate",
    "estimated",
    "reason",
    "note",
}
#: Arguments at which a law must give a value within the bounds of its property.
TYPICAL = {"temperature": 298.15, "fraction": 0.5, "concentration": 1000.0}
_FORMS: dict[str, type[Law]] = {"stiffness": Stiffness, "creep": PowerLawCreep, "relaxation": PronySeries}


class Row(NamedTuple):
    """One line of a table of values.

    Attributes:
        property: name of the property.
        value: the law in one line, SI units.
        unit: SI unit.
        source: reference, or the reason of an estimate.
        is_estimate: whether the number is an estimate.
        is_checked: whether the number was compared with its source, or with a text that quotes it.
    """

    property: str
    value: str
    unit: str
    source: str
    is_estimate: bool
    is_checked: bool


@dataclass(frozen=True)
class Entry:
    """A law with its provenance.

    Attributes:
        law: the law, SI units.
        source: reference in words with DOI, or the reason of an estimate, or "given by the user".
        estimate: whether it is an estimate.
        checked: whether the number was compared with its source, or with a text that quotes it.
        temperature_range: (lowest, highest) temperature in K for which it is known, or None.
        note: what else to know about it.
    """

    law: Law
    source: str
    estimate: bool = False
    checked: bool = True
    temperature_range: tuple[float, float] | None = None
    note: str = ""

    def row(self, name: str, unit: str) -> Row:
        """The entry as a line of a table."""
        return Row(name, self.law.describe(), unit, self.source, self.estimate, self.checked)


def read_entry(name: str, table: Mapping[str, Any], prop: Property) -> Entry:
    """The entry of a library file.

    Args:
        name: "material.property", for messages.
        table: what stands in the file; every entry has a `law` (default `constant`) with its parameters, a `unit`, and
            either `source` and `checked`, or `estimate = true` and `reason`. `estimated` lists those parameters of a
            sourced entry that are not in the source.
        prop: the property.

    Raises:
        InputError: for unknown laws, units or keys, and for an entry without source or estimate mark.
    """
    if not isinstance(table, Mapping):
        raise InputError(f"{name} must be a table with value, unit and source, not {table!r}")
    law_name = table.get("law", "constant")
    if law_name not in LAWS:
        raise unknown(f"law of {name}", law_name, LAWS)
    make, parameters = LAWS[law_name]
    for key in table:
        if key not in _COMMON and key not in parameters:
            raise unknown(f"key of {name}", key, [*parameters, *_COMMON])
    if "unit" not in table:
        raise InputError(f"{name} has no unit")
    scale = factor(table["unit"], prop.unit)
    try:
        law = make(**{key: _parameter(table[key], si, scale, key) for key, si in parameters.items() if key in table})
        if "factors" in table:
            law = Anisotropic(law, table["factors"])
    except (InputError, TypeError) as error:
        raise InputError(f"{name}: {error}") from None
    check(name, law, prop)
    for key in table.get("estimated", ()):
        if key not in table:
            raise unknown(f"estimated parameter of {name}", key, parameters)
    return Entry(law, **_provenance(name, table))


def _parameter(value: Any, si: str | None, scale: float, key: str) -> Any:
    if si is None:
        return value
    if si != _OWN:
        return quantity(value, si, key)
    if key == "points":
        return [[number(x, "argument"), number(y, "property") * scale] for x, y in value]
    if key == "coefficients":
        return [number(a, key) * scale for a in value]
    if key in ("tanh", "exp"):
        return [[number(row[0], key) * scale, *row[1:]] for row in value]
    if key == "matrix":
        return [[number(c, "stiffness") * scale for c in row] for row in value]
    return number(value, key) * scale


def _provenance(name: str, table: Mapping[str, Any]) -> dict[str, Any]:
    estimate, source, reason = table.get("estimate", False), table.get("source", ""), table.get("reason", "")
    if estimate and not reason:
        raise InputError(f"{name} is an estimate without a reason")
    if not estimate and not source:
        raise InputError(f"{name} has neither a source nor the mark estimate = true")
    if not estimate and not isinstance(table.get("checked"), bool):
        raise InputError(f"{name} must say whether its number was checked against the source (checked = true or false)")
    words = [source] if source else []
    words += [f"doi:{table['doi']}"] if "doi" in table else []
    words += [f"estimate: {reason}"] if estimate else []
    words += [f"but {' and '.join(table['estimated'])} estimated"] if "estimated" in table else []
    limits = table.get("temperature_range")
    if limits is not None:
        low, high = (number(T, f"temperature_range of {name} [K]", above=0.0) for T in limits)
        if low > high:
            raise InputError(f"the temperature_range of {name} must ascend")
        limits = (low, high)
    return {
        "source": ", ".join(words),
        "estimate": bool(estimate),
        "checked": bool(table.get("checked", False)),
        "temperature_range": limits,
        "note": table.get("note", ""),
    }


def check(name: str, law: Law, prop: Property) -> None:
    """Refuse a law that does not fit the property: wrong form, or a value out of bounds at a typical argument.

    Raises:
        InputError: naming the property.
    """
    form = _FORMS.get(prop.form)
    if form is not None:
        if not isinstance(law, form):
            raise InputError(f"{name} needs a {form.__name__}, not {law!r}")
        return
    if isinstance(law, Stiffness | PowerLawCreep | PronySeries):
        raise InputError(f"{name} is a scalar; a {type(law).__name__} does not fit")
    if isinstance(law, Anisotropic):
        if not prop.tensor:
            raise InputError(f"{name} has no direction; give a scalar law")
        law = law.law
    if isinstance(law, Varied) and not prop.tensor:
        raise InputError(f"{name} cannot vary from place to place: only conductivities and diffusivities can")
    try:
        found = law(TYPICAL[prop.argument])
    except TypeError as error:
        raise InputError(
            f"{name} must be a function of one argument ({error}); what varies from place to place is "
            "Varied(law, factor)"
        ) from None
    value = number(found, f"{name} [{prop.unit}]")
    lowest = {"least": -float("inf")} if prop.signed else {"above" if prop.positive else "least": 0.0}
    number(value, f"{name} [{prop.unit}]", **lowest)
