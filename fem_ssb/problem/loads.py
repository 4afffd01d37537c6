"""What is done to the cell from outside: currents, voltages, pressure, surroundings, and plain conditions.

Each load turns into `Condition`s: a value held (Dirichlet) or a flux that enters (Neumann) for one field on one
boundary. Contradictions are found on that list before anything is built.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from fem_ssb.errors import InputError, number, unknown
from fem_ssb.materials.laws import Interpolated
from fem_ssb.problem.capacity import C

Number = float | Callable[[float], float]
Scheduled = Number | Sequence[tuple[float, float]]


def checked(value: Scheduled, name: str, **limits: float) -> Number:
    """A number within its limits, or a function of time that is checked at each step.

    A list of (time, value) is the function that runs straight from point to point and stays at the last value.
    """
    if isinstance(value, list | tuple):
        try:
            points = Interpolated(value)
        except InputError as problem:
            raise InputError(f"{name} as a list is of (time [s], value): {problem}") from None
        for t, v in points.points:
            number(v, f"{name} at t = {t:g} s", **limits)
        return points
    if callable(value):
        function = value
        return lambda t: number(function(t), f"{name} at t = {t:g} s", **limits)
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
        exchange: coefficient c of a flux c (value − field), of a vector its component.
        presses: it presses the stack; its pressure is a column of the history.
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
    presses: bool = False

    @property
    def moves(self) -> bool:
        """Does it move a face along an axis, so that the force there is of interest?"""
        held = self.field == "displacement" and self.held and self.component is not None
        return held and callable(self.value) and not self.presses


class Load:
    """Base of loads."""

    def conditions(self, layout: Layout) -> list[Condition]:
        """Conditions on a mesh with these boundaries and fields."""
        raise NotImplementedError

    def described(self) -> dict[str, Any]:
        """The load as plain data for run.json."""
        values = {k: "function of time" if callable(v) else v for k, v in vars(self).items()}
        return {"load": type(self).__name__, **values}


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
    """Current density into the cell at a collector; a metal there is equipotential.

    Args:
        density: [A/m²], positive where it strips the electrode at that collector: a number, a function of time, a list
            of (time, density), or a C-rate `C(0.5)`.
        into: name of the collector: of a metal, or of a boundary such as "bottom" or "top".

    Raises:
        InputError: when the model is built, for a value that is no finite number or a place without a potential.
    """

    density: Scheduled | C
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
    """Potential held at a collector, against the ground.

    Args:
        value: [V], a number, a function of time or a list of (time, voltage).
        at: name of the collector, as in `Current`.

    Raises:
        InputError: when the model is built, for a value that is no finite number or a place without a potential.
    """

    value: Scheduled
    at: str

    def conditions(self, layout: Layout) -> list[Condition]:
        """A held potential."""
        value = checked(self.value, f"voltage at '{self.at}' [V]")
        return [Condition(layout.potential_at(self.at), self.at, value, True, source=f"Voltage at '{self.at}'")]


@dataclass(frozen=True)
class Ground(Load):
    """Potential zero at a collector.

    Args:
        at: name of the collector, as in `Current`.

    Raises:
        InputError: when the model is built, for a place without a potential.
    """

    at: str

    def conditions(self, layout: Layout) -> list[Condition]:
        """A held potential of zero."""
        return [Condition(layout.potential_at(self.at), self.at, 0.0, True, source=f"ground at '{self.at}'")]


Sides = Literal["rollers", "free"] | tuple[str, ...]


@dataclass(frozen=True)
class StackPressure(Load):
    """Dead pressure [Pa] on the top of the stack against a rigid bottom.

    Args:
        pressure: compressive positive; a number, a function of time or a list of (time, pressure).
        sides: "rollers": no displacement normal to the sides (the stack goes on beside the cut-out);
            "free": sides without traction, the bottom held in all directions; or the names of the sides with rollers.

    Raises:
        InputError: when the model is built, for a pressure below 0 or an unknown side.
    """

    pressure: Scheduled
    sides: Sides = "rollers"

    def conditions(self, layout: Layout) -> list[Condition]:
        """Traction on top, bottom held, sides held normally."""
        push = _pushing(self.pressure, "stack pressure [Pa]")
        name, axis = "StackPressure", layout.dim - 1
        top = Condition("displacement", layout.top, push, False, axis, source=name, presses=True)
        return [top, *_seat(layout, self.sides, name)]


@dataclass(frozen=True)
class Platen(Load):
    """Rigid platen bonded to the top of the stack: one displacement for the whole face, which neither slides nor tilts.

    Args:
        pressure: resultant force over the area [Pa], compressive positive.
        position: in place of the pressure, displacement [m] of the platen along the stack; below 0 it presses.
        sides: as those of `StackPressure`.

    Give pressure or position, each a number, a function of time or a list of (time, value). The history has the stack
    pressure and the platen's displacement.

    Raises:
        InputError: when the model is built, for both or neither of them, a pressure below 0 or an unknown side.
    """

    pressure: Scheduled | None = None
    position: Scheduled | None = None
    sides: Sides = "rollers"

    def conditions(self, layout: Layout) -> list[Condition]:
        """Top tied to one displacement, with a resultant force or held; bottom and sides held."""
        if (self.pressure is None) == (self.position is None):
            raise InputError("a Platen has either a pressure [Pa] or a position [m]")
        if self.position is None:
            value = _pushing(cast(Scheduled, self.pressure), "pressure of the platen [Pa]")
        else:
            value = checked(self.position, "position of the platen [m]")
        held, name, axis = self.position is not None, "Platen", layout.dim - 1
        top = Condition("displacement", layout.top, value, held, axis, uniform=True, source=name, presses=True)
        return [top, *_seat(layout, self.sides, name)]


@dataclass(frozen=True)
class Housing(Load):
    """Spring-loaded housing: a rigid platen bonded to the top, pressed by a spring against a rigid bottom.

    The pressure is p = p₀ + k u, u the displacement of the platen along the stack: a stack that grows is pressed
    harder. A soft spring keeps the pressure, a stiff one the thickness. The history has the reading p; it falls below 0
    where the stack shrinks by more than p₀/k, for a bonded platen can pull: there a true one has lost contact.

    Args:
        stiffness: k, spring constant over the area of the stack [Pa/m].
        preload: p₀ [Pa], the pressure at u = 0; a number, a function of time or a list of (time, preload).
        sides: as those of `StackPressure`.

    Raises:
        InputError: values out of range.
    """

    stiffness: float
    preload: Scheduled = 0.0
    sides: Sides = "rollers"

    def __post_init__(self) -> None:
        number(self.stiffness, "stiffness of the housing [Pa/m]", above=0.0)

    def conditions(self, layout: Layout) -> list[Condition]:
        """Traction −k (p₀/k + u) on top, tied to one displacement; bottom and sides held."""
        push, k = _pushing(self.preload, "preload of the housing [Pa]"), float(self.stiffness)
        rest = (lambda t: push(t) / k) if callable(push) else push / k
        name, axis = "Housing", layout.dim - 1
        top = Condition(
            "displacement", layout.top, rest, False, axis, uniform=True, exchange=k, source=name, presses=True
        )
        return [top, *_seat(layout, self.sides, name)]


def _pushing(pressure: Scheduled, name: str) -> Number:
    """A pressure, which cannot pull, as the force density along the stack that it is."""
    p = checked(pressure, name, least=0.0)
    return (lambda t: -p(t)) if callable(p) else -p


def _seat(layout: Layout, sides: Sides, source: str) -> list[Condition]:
    """What holds a stack that is pressed from above: the bottom, and the sides where they have rollers."""

    def held(boundary: str, axis: int | None) -> Condition:
        return Condition("displacement", boundary, 0.0, True, axis, source=source)

    axes = dict(layout.sides)
    if sides == "free":
        return [held(layout.bottom, None)]
    if sides != "rollers" and isinstance(sides, str):
        raise InputError(f"sides must be 'rollers' or 'free' or a tuple of names, not {sides!r}")
    names = tuple(axes) if sides == "rollers" else sides
    for name in names:
        if name not in axes:
            raise unknown("side", name, axes)
    return [held(layout.bottom, layout.dim - 1), *(held(name, axes[name]) for name in names)]


@dataclass(frozen=True)
class Ambient(Load):
    """Surroundings of a temperature [K], exchanging heat with both collector faces.

    Args:
        temperature: of the surroundings; also the start of the whole cell.
        coefficient: heat transfer coefficient [W/(m² K)]; the default is free convection in air (estimate), with 0 the
            temperature is that of the start alone.

    Raises:
        InputError: values out of range.
    """

    temperature: float
    coefficient: float = 10.0

    def __post_init__(self) -> None:
        number(self.temperature, "ambient temperature [K]", above=0.0)
        number(self.coefficient, "heat transfer coefficient [W/(m² K)]", least=0.0)

    def conditions(self, layout: Layout) -> list[Condition]:
        """Convection at bottom and top."""
        if self.coefficient == 0.0:
            return []
        return [
            Condition("temperature", b, self.temperature, False, exchange=self.coefficient, source="Ambient")
            for b in (layout.bottom, layout.top)
        ]


@dataclass(frozen=True)
class Convection(Load):
    """Heat exchanged with surroundings of another temperature at any boundary: flux h_c (T_surroundings − T).

    Args:
        boundary: name.
        temperature: of the surroundings [K], a number, a function of time or a list of (time, temperature).
        coefficient: heat transfer coefficient h_c [W/(m² K)].

    Raises:
        InputError: values out of range.
    """

    boundary: str
    temperature: Scheduled
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
        value: in SI: a number, a list of (time, value), a function f(t) of time, or f(x, t) of place and time with x of
            shape (3, points) [m], which returns shape (points,), or (dim, points) for all components of a vector.
        component: of a vector; None = all.

    Raises:
        InputError: when the model is built, for a field or boundary that is not there, values out of range, or a
            component with a function of place.
    """

    field: str
    boundary: str
    value: Scheduled | Callable[[Any, float], Any] = 0.0
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
        value = checked(cast(Scheduled, self.value), f"{self.field} at '{self.boundary}'", **limits)
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

    Raises:
        InputError: when the model is built, for a boundary that is not there.
    """

    boundary: str
    values: Callable[[Any, float], Any]

    def conditions(self, layout: Layout) -> list[Condition]:
        """All components held."""
        source = f"Moved '{self.boundary}'"
        return [Condition("displacement", self.boundary, 0.0, True, source=source, place=self.values)]


@dataclass(frozen=True)
class Flux(Load):
    """A flux density of any field into the body.

    Args:
        field: name.
        boundary: name.
        value: [A/m²] of a potential, [W/m²] of the temperature; of the displacement a traction [Pa]. A number, a
            function of time or a list of (time, value).
        component: of a vector, along that axis; None = of the displacement along the outward normal: a pressure p is
            `Flux("displacement", "crack", -p)`.

    Raises:
        InputError: when the model is built, for a field or boundary that is not there, or values out of range.
    """

    field: str
    boundary: str
    value: Scheduled
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
