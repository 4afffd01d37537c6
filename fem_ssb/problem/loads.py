"""What is done to the cell from outside: currents, voltages, pressure, surroundings, and plain conditions.

Each load turns into `Condition`s: a value held (Dirichlet) or a flux that enters (Neumann) for one field on one
boundary. Contradictions are found on that list before anything is built.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, cast

from fem_ssb.errors import InputError, number
from fem_ssb.problem.capacity import C

Number = float | Callable[[float], float]


def checked(value: Number, name: str, **limits: float) -> Number:
    """A number within its limits, or a function of time that is checked at each step."""
    if callable(value):
        return lambda t: number(value(t), f"{name} at t = {t:g} s", **limits)
    return number(value, name, **limits)


@dataclass(frozen=True)
class Condition:
    """One field on one boundary: held at a value, or a flux into the body.

    Attributes:
        field: name of the field.
        boundary: name of the boundary.
        value: number or function of time, SI; of a current also a C-rate, until the model is built.
        held: True = Dirichlet, False = flux density into the body.
        component: of a vector field; None = the scalar, or every component.
        uniform: the field is one unknown on the whole boundary (an equipotential collector, a rigid platen).
        exchange: coefficient c of a flux c (value − field).
        driven: a cycler drives this collector: "current" (current or voltage) or "power" (any); "" = none does.
        source: the load it comes from, for messages.
        place: of a held vector field: its values f(x, t) of shape (dim, points), in place of `value`.
    """

    field: str
    boundary: str
    value: Number | C
    held: bool
    component: int | None = None
    uniform: bool = False
    exchange: float | None = None
    driven: Literal["", "current", "power"] = ""
    source: str = ""
    place: Callable[[Any, float], Any] | None = None


class Load:
    """Base of loads."""

    def conditions(self, layout: Layout) -> list[Condition]:
        """Conditions on a mesh with these boundaries and fields."""
        raise NotImplementedError


@dataclass(frozen=True)
class Layout:
    """What a load may need to know of the model: which potential a boundary has, which faces there are."""

    potential_at: Callable[[str], str]
    bottom: str
    top: str
    sides: tuple[tuple[str, int], ...]
    dim: int


@dataclass(frozen=True)
class Current(Load):
    """Current density [A/m²] or C-rate into the cell at a collector (positive: the electrode there is stripped)."""

    density: Number | C
    into: str

    def conditions(self, layout: Layout) -> list[Condition]:
        """A flux of the collector's potential; metal collectors are equipotential."""
        density, title = self.density, f"current density into '{self.into}' [A/m²]"
        value = density if isinstance(density, C) else checked(density, title)
        name = layout.potential_at(self.into)
        return [
            Condition(
                name,
                self.into,
                value,
                False,
                uniform=name == "electronic_potential",
                source=f"Current into '{self.into}'",
            )
        ]


@dataclass(frozen=True)
class Voltage(Load):
    """Potential [V] held at a collector, against the ground."""

    value: Number
    at: str

    def conditions(self, layout: Layout) -> list[Condition]:
        """A held potential."""
        value = checked(self.value, f"voltage at '{self.at}' [V]")
        return [Condition(layout.potential_at(self.at), self.at, value, True, source=f"Voltage at '{self.at}'")]


@dataclass(frozen=True)
class Ground(Load):
    """Potential zero at a collector."""

    at: str

    def conditions(self, layout: Layout) -> list[Condition]:
        """A held potential of zero."""
        return [Condition(layout.potential_at(self.at), self.at, 0.0, True, source=f"ground at '{self.at}'")]


@dataclass(frozen=True)
class StackPressure(Load):
    """Dead pressure [Pa] on the top of the stack against a rigid bottom.

    Args:
        pressure: compressive positive.
        sides: "rollers": no displacement normal to the sides (the stack goes on beside the cut-out);
            "free": sides without traction, the bottom held in all directions.
    """

    pressure: Number
    sides: Literal["rollers", "free"] = "rollers"

    def conditions(self, layout: Layout) -> list[Condition]:
        """Traction on top, bottom held, sides held normally."""
        if self.sides not in ("rollers", "free"):
            raise InputError(f"sides must be 'rollers' or 'free', not {self.sides!r}")
        p = checked(self.pressure, "stack pressure [Pa]", least=0.0)
        axis = layout.dim - 1
        push = (lambda t: -p(t)) if callable(p) else -p
        name = "StackPressure"
        found = [Condition("displacement", layout.top, push, False, axis, source=name)]
        if self.sides == "free":
            return [*found, Condition("displacement", layout.bottom, 0.0, True, source=name)]
        found.append(Condition("displacement", layout.bottom, 0.0, True, axis, source=name))
        return found + [Condition("displacement", side, 0.0, True, a, source=name) for side, a in layout.sides]


@dataclass(frozen=True)
class Ambient(Load):
    """Surroundings of a temperature [K], exchanging heat with both collector faces.

    Args:
        temperature: of the surroundings; also the start of the whole cell.
        coefficient: heat transfer coefficient [W/(m² K)]; the default is free convection in air (estimate).
    """

    temperature: float
    coefficient: float = 10.0

    def __post_init__(self) -> None:
        number(self.temperature, "ambient temperature [K]", above=0.0)
        number(self.coefficient, "heat transfer coefficient [W/(m² K)]", least=0.0)

    def conditions(self, layout: Layout) -> list[Condition]:
        """Convection at bottom and top."""
        return [
            Condition("temperature", b, self.temperature, False, exchange=self.coefficient, source="Ambient")
            for b in (layout.bottom, layout.top)
        ]


@dataclass(frozen=True)
class Convection(Load):
    """Heat exchanged with surroundings of another temperature at any boundary: flux h_c (T_surroundings − T).

    Args:
        boundary: name.
        temperature: of the surroundings [K], a number or a function of time.
        coefficient: heat transfer coefficient h_c [W/(m² K)].
    """

    boundary: str
    temperature: Number
    coefficient: float

    def __post_init__(self) -> None:
        number(self.coefficient, "heat transfer coefficient [W/(m² K)]", least=0.0)

    def conditions(self, layout: Layout) -> list[Condition]:
        """Convection at the boundary."""
        name = f"Convection at '{self.boundary}'"
        value = checked(self.temperature, f"temperature of the {name} [K]", above=0.0)
        return [Condition("temperature", self.boundary, value, False, exchange=self.coefficient, source=name)]


@dataclass(frozen=True)
class Fixed(Load):
    """Any field held at a value on a boundary (component of a vector, or all).

    Args:
        field: name.
        boundary: name.
        value: in SI: a number, a function f(t) of time, or f(x, t) of place and time with x of shape (3, points) [m],
            which returns shape (points,), or (dim, points) for all components of a vector.
        component: of a vector; None = all.
    """

    field: str
    boundary: str
    value: Number | Callable[[Any, float], Any] = 0.0
    component: int | None = None

    def conditions(self, layout: Layout) -> list[Condition]:
        """A held value."""
        if callable(self.value) and _arguments(self.value) == 2:
            if self.component is not None:
                raise InputError(f"{self.field} at '{self.boundary}': a function of place gives all components at once")
            source = f"Fixed {self.field} at '{self.boundary}'"
            place = cast(Callable[[Any, float], Any], self.value)
            return [Condition(self.field, self.boundary, 0.0, True, source=source, place=place)]
        limits = {"above": 0.0} if self.field == "temperature" else {}
        value = checked(cast(Number, self.value), f"{self.field} at '{self.boundary}'", **limits)
        return [
            Condition(
                self.field,
                self.boundary,
                value,
                True,
                self.component,
                source=f"Fixed {self.field} at '{self.boundary}'",
            )
        ]


@dataclass(frozen=True)
class Moved(Load):
    """Displacement [m] of a boundary that differs from place to place, such as the field around a crack tip.

    Args:
        boundary: name.
        values: f(x, t) with x of shape (3, points) [m] and the time t [s]; returns shape (dim, points).
    """

    boundary: str
    values: Callable[[Any, float], Any]

    def conditions(self, layout: Layout) -> list[Condition]:
        """All components held."""
        source = f"Moved '{self.boundary}'"
        return [Condition("displacement", self.boundary, 0.0, True, source=source, place=self.values)]


@dataclass(frozen=True)
class Flux(Load):
    """A flux density of any field into the body: A/m², W/m², or a traction in Pa."""

    field: str
    boundary: str
    value: Number
    component: int | None = None

    def conditions(self, layout: Layout) -> list[Condition]:
        """A flux that enters."""
        value = checked(self.value, f"flux of {self.field} at '{self.boundary}'")
        return [
            Condition(
                self.field,
                self.boundary,
                value,
                False,
                self.component,
                source=f"Flux of {self.field} at '{self.boundary}'",
            )
        ]


def _arguments(function: Callable[..., Any]) -> int:
    """Arguments that a function must be given."""
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    return sum(p.default is p.empty and p.kind not in kinds for p in parameters)


def refuse_contradictions(conditions: list[Condition]) -> None:
    """Two loads on the same field, boundary and direction contradict each other.

    Raises:
        InputError: names both.
    """
    for k, second in enumerate(conditions):
        for first in conditions[:k]:
            same_place = (first.field, first.boundary) == (second.field, second.boundary)
            if same_place and (first.component == second.component or None in (first.component, second.component)):
                raise InputError(
                    f"two loads contradict at boundary '{first.boundary}' for {first.field}: "
                    f"{first.source} and {second.source}; keep one"
                )


def described(load: Any) -> dict[str, Any]:
    """A load as plain data for run.json."""
    return {
        "load": type(load).__name__,
        **{k: (v if not callable(v) else "function of time") for k, v in vars(load).items()},
    }
