"""What a user gives for all interfaces at once or for each by its name "a|b", in either order of the two regions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from dolfinx import fem

from fem_ssb.errors import InputError, number, unknown
from fem_ssb.physics.rates import Rate, butler_volmer, extremes, rate_law
from fem_ssb.problem.state import State

Fraction = float | Callable[[Any], Any]
Law = str | Rate


def of(given: Any, known: Sequence[str], interface: str, otherwise: Any) -> Any:
    """The value of an interface.

    Args:
        given: a value of all, or a dictionary by interface.
        known: the interfaces that may be named.
        interface: one of them.
        otherwise: value where a dictionary does not name it.

    Raises:
        InputError: a name that is not known.
    """
    if not isinstance(given, dict):
        return given
    names = {n: "|".join(reversed(n.split("|"))) for n in known}
    for n in given:
        if n not in names and n not in names.values():
            raise unknown("electrode interface", n, names)
    return given.get(interface, given.get(names[interface], otherwise))


def checked(given: Any, name: str, functions: bool = False, **limits: float) -> Any:
    """Numbers within their limits, of all or by interface; or functions."""
    if isinstance(given, Mapping):
        return {n: checked(v, f"{name} of '{n}'", functions, **limits) for n, v in given.items()}
    return given if functions and callable(given) else number(given, name, **limits)


def laws(given: Law | Mapping[str, Law]) -> Any:
    """Rate laws, of all or by interface."""
    return {n: rate_law(v) for n, v in given.items()} if isinstance(given, Mapping) else rate_law(given)


def titles(given: Law | Mapping[str, Law]) -> Any:
    """The same for people."""
    if isinstance(given, Mapping):
        return {n: titles(v) for n, v in given.items()}
    return given if isinstance(given, str) else getattr(given, "__name__", repr(given))


def overasked(
    state: State, surfaces: Sequence[str], asked: Mapping[str, float], rates: Any, exchange: Callable[[str], Any]
) -> str:
    """Which of the surfaces "region|electrolyte" cannot carry what is asked through its region, by its rate law.

    Args:
        state: the last good one.
        surfaces: that may be named.
        asked: total current into regions at collectors [A, in 2D A/m].
        rates: of all or by interface.
        exchange: the exchange current density of a surface [A/m²], as UFL.
    """
    for region, current in asked.items():
        names = [n for n in surfaces if n.split("|")[0] == region]
        ends = [extremes(of(rates, surfaces, n, butler_volmer)) for n in names]
        if not names or np.isinf(ends).all():
            continue
        whole = state.integrate(*(fem.form(exchange(n) * state.dS(n)) for n in names))
        least, most = whole @ np.array(ends)
        if not least < current < most:
            unit = "A/m" if state.flat else "A"
            return (
                f"the rate law of {', '.join(names)} carries {least:.4g} to {most:.4g} {unit}, asked are "
                f"{current:.4g} {unit}: ask for less, or choose another exchange current or law"
            )
    return ""


def refuse_other_ions(state: State, surfaces: Sequence[str]) -> None:
    """No reaction between a metal or host of one ion and an electrolyte of another.

    Raises:
        InputError: naming both.
    """
    for name in surfaces:
        a, b = (state.materials[region] for region in name.split("|"))
        if a.carrier and b.carrier and a.carrier != b.carrier:
            raise InputError(
                f"at '{name}' {a.name} gives {a.carrier} ions, {b.name} conducts {b.carrier} ions: "
                "choose materials of one ion"
            )
