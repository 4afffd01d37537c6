"""What a cycler does to a cell, written like a lab sheet.

    charge = CC(0.5 * mA_cm2, until=(hours(3), voltage > 0.2)) >> CV(0.2, until=(hours(1), current < 0.05 * mA_cm2))
    model.apply(Cycler((charge >> Rest(minutes(10)) >> CC(-0.5 * mA_cm2, until=hours(2))) * 3, into="anode"))
    model.run(output="results/cycling")

Every step has a longest duration and ends early at the first cut-off it meets, in the same step of time to 1e-7 of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from fem_ssb.errors import InputError, number, unknown
from fem_ssb.problem.capacity import C
from fem_ssb.problem.loads import Condition, Layout, Load, Number
from fem_ssb.units import mAh_cm2

Mode = Literal["current", "voltage", "power"]
UNITS = {"current": "A/m²", "voltage": "V", "power": "W/m²"}
CHARGE = "charge [C/m2]"
MAGNITUDES = {"current density [A/m2]"}


@dataclass(frozen=True)
class Event:
    """A cut-off: a quantity gets above or below a value, a current also a C-rate until the model is known."""

    quantity: str
    above: bool
    value: float | C

    def resolved(self, density: Callable[[C], float]) -> Event:
        """The same with a C-rate as a current density [A/m²]."""
        return replace(self, value=abs(density(self.value))) if isinstance(self.value, C) else self

    def excess(self, row: Mapping[str, float], charge: float) -> float:
        """How far past the cut-off a row of the history is; negative before it.

        Args:
            row: of the history.
            charge: passed since the step began [C/m²], without sign.

        Raises:
            InputError: the history has no such column.
        """
        if self.quantity != CHARGE and self.quantity not in row:
            raise unknown("history column", self.quantity, row)
        now = charge if self.quantity == CHARGE else float(row[self.quantity])
        now = abs(now) if self.quantity in MAGNITUDES else now
        if isinstance(self.value, C):
            raise InputError(f"cut-off {self}: the current of a C-rate is known when the model runs it with a Cycler")
        return (now - self.value) * (1 if self.above else -1)

    def __str__(self) -> str:
        value = self.value if isinstance(self.value, C) else f"{self.value:g}"
        return f"{self.quantity} {'>' if self.above else '<'} {value}"


class Quantity:
    """Something a step can wait for; compare it with a number to get the cut-off, a current also with a C-rate.

    Args:
        column: of the history, with its unit; the cut-off is in that unit.
    """

    def __init__(self, column: str):
        self.column = column

    def __gt__(self, value: float | C) -> Event:
        return Event(self.column, True, self._value(value))

    def __lt__(self, value: float | C) -> Event:
        return Event(self.column, False, self._value(value))

    def _value(self, value: float | C) -> float | C:
        if isinstance(value, C) and self.column in MAGNITUDES:
            return value
        return number(value, f"cut-off of {self.column}")


voltage = Quantity("voltage [V]")
"""Voltage of the collector against the ground [V]."""
current = Quantity("current density [A/m2]")
"""Magnitude of the current density [A/m²]; `current < C(1 / 20)`."""
charge = Quantity(CHARGE)
"""Charge passed since the step began [C/m²], without sign; `charge > 1 * mAh_cm2`."""


def column(name: str) -> Quantity:
    """Any column of the history as something to wait for, e.g. `column("max damage [1]") > 0.99`.

    Args:
        name: of the column, with its unit.

    Returns:
        What a step can wait for.
    """
    return Quantity(name)


Until = float | Event | Sequence[float | Event]


@dataclass(frozen=True)
class Step:
    """One line of a protocol; made by `CC`, `CV`, `CP`, `Rest`, `Sweep`, `Pulse` and `AC`.

    Attributes:
        mode: what is prescribed.
        value: of it, a number or a function of the time since the step began.
        duration: longest [s].
        events: cut-offs that end it earlier.
        name: for people.
        parts: of a waveform, done one after the other in place of `value`: each begins with a jump that the time
            steps hit exactly. The cut-offs are those of the whole.
    """

    mode: Mode
    value: Number | C
    duration: float
    events: tuple[Event, ...]
    name: str
    parts: tuple[Step, ...] = ()

    def resolved(self, density: Callable[[C], float]) -> Step:
        """The same with C-rates as current densities [A/m²]."""
        if any(isinstance(event.value, C) for event in self.events):
            return replace(self, events=tuple(event.resolved(density) for event in self.events)).resolved(density)
        if self.parts:
            found = {id(part): part.resolved(density) for part in self.parts}  # few that repeat
            return replace(self, parts=tuple(found[id(part)] for part in self.parts))
        if not isinstance(self.value, C):
            return self
        value = density(self.value)
        return replace(self, value=value, name=f"{self.name} = {value:.6g} A/m²")

    def __rshift__(self, after: Step | Protocol) -> Protocol:
        """This, then that."""
        return Protocol(((self,),)) >> after

    def __mul__(self, times: int) -> Protocol:
        """This, so many times."""
        return Protocol(((self,),)) * times

    def __str__(self) -> str:
        events = "".join(f" or {event}" for event in self.events)
        return f"{self.name} for {self.duration:g} s{events}"


@dataclass(frozen=True)
class Protocol:
    """Steps by cycle, to be done one after the other."""

    cycles: tuple[tuple[Step, ...], ...]

    def __rshift__(self, after: Step | Protocol) -> Protocol:
        """This, then that; two protocols of one cycle make one cycle."""
        if not isinstance(after, Step | Protocol):
            raise InputError(f"a step is followed by a step or a protocol, not {after!r}")
        other = after if isinstance(after, Protocol) else Protocol(((after,),))
        if len(self.cycles) == len(other.cycles) == 1:
            return Protocol(((*self.cycles[0], *other.cycles[0]),))
        return Protocol((*self.cycles, *other.cycles))

    def __mul__(self, times: int) -> Protocol:
        """The same cycles so many times."""
        if number(times, "number of cycles", least=1) != int(times):
            raise InputError(f"the number of cycles must be whole, not {times:g}")
        return Protocol(self.cycles * int(times))

    @property
    def steps(self) -> list[tuple[int, Step]]:
        """(cycle from 1, step) in order."""
        return [(k + 1, step) for k, cycle in enumerate(self.cycles) for step in cycle]

    @property
    def duration(self) -> float:
        """Longest time that it takes [s]."""
        return sum(step.duration for _, step in self.steps)

    def __str__(self) -> str:
        return " >> ".join(str(step) for _, step in self.steps)


def CC(density: Number | C, until: Until) -> Step:
    """Constant current.

    Args:
        density: current density into the collector [A/m²], or a function of the time since the step began; positive
            strips the electrode at that collector. `C(0.5)` empties it in two hours.
        until: longest duration [s], alone or with cut-offs: `(hours(3), voltage > 0.2)`.

    Returns:
        The step.

    Raises:
        InputError: a value that is no finite number, no or several durations, what is no cut-off.
    """
    return _step("current", density, until, "CC")


def CV(held: Number, until: Until) -> Step:
    """Constant voltage.

    Args:
        held: voltage of the collector against the ground [V], or a function of the time since the step began.
        until: longest duration [s], alone or with cut-offs: `(hours(3), voltage > 0.2)`.

    Returns:
        The step.

    Raises:
        InputError: a value that is no finite number, no or several durations, what is no cut-off.
    """
    return _step("voltage", held, until, "CV")


def CP(density: Number, until: Until) -> Step:
    """Constant power.

    Args:
        density: power density into the cell, current density times voltage [W/m²], or a function of the time since the
            step began.
        until: longest duration [s], alone or with cut-offs: `(hours(3), voltage > 0.2)`.

    Returns:
        The step.

    Raises:
        InputError: a value that is no finite number, no or several durations, what is no cut-off.
    """
    return _step("power", density, until, "CP")


def Rest(duration: float) -> Step:
    """No current for a while.

    Args:
        duration: [s].

    Returns:
        The step.

    Raises:
        InputError: a duration not above 0.
    """
    return _step("current", 0.0, duration, "Rest")


def Sweep(mode: Mode, start: float, end: float, rate: float, until: Event | Sequence[Event] = ()) -> Step:
    """Linear ramp of current density [A/m²], voltage [V] or power density [W/m²].

    Args:
        mode: "current", "voltage" or "power".
        start: first value.
        end: last value.
        rate: change a second, without sign.
        until: cut-offs.

    Returns:
        The step.

    Raises:
        InputError: an unknown mode, values out of range, an end that is the start.
    """
    if mode not in UNITS:
        raise unknown("mode of a sweep", mode, UNITS)
    start, end = number(start, "start of a sweep"), number(end, "end of a sweep")
    rate = number(rate, "rate of a sweep [1/s]", above=0.0)
    if start == end:
        raise InputError("a sweep goes from one value to another: start and end are the same")
    slope = rate if end > start else -rate
    name = f"sweep of {mode} from {start:g} to {end:g} {UNITS[mode]}"
    duration = abs(end - start) / rate
    return _checked(Step(mode, lambda t: start + slope * t, duration, _several(until), name))


def staircase(
    densities: Sequence[float | C], hold: float, rest: float = 0.0, until: Event | Sequence[Event] = ()
) -> Protocol:
    """Critical-current test: each current density for a while, forth and back, with a rest after each.

    Args:
        densities: [A/m²], rising.
        hold: duration of each half cycle [s].
        rest: duration of each rest [s], 0 = none.
        until: cut-offs of every half cycle.

    Returns:
        The protocol, a cycle for each current density.

    Raises:
        InputError: no current density, values out of range.
    """
    if not len(densities):
        raise InputError("a staircase needs at least one current density")
    pause = (Rest(rest),) if rest else ()
    ending = (hold, *_several(until))
    return Protocol(tuple((CC(i, ending), *pause, CC(-i, ending), *pause) for i in densities))


def _step(mode: Mode, value: Number | C, until: Until, name: str) -> Step:
    duration, events = ends(until, name)
    title = name if name == "Rest" else f"{name} {shown(value, mode)}"
    return _checked(Step(mode, value, duration, events, title))


def ends(until: Until, name: str) -> tuple[float, tuple[Event, ...]]:
    """Longest duration [s] and cut-offs of a step.

    Raises:
        InputError: none or several durations.
    """
    given = _several(until)
    events = tuple(p for p in given if isinstance(p, Event))
    durations = [p for p in given if not isinstance(p, Event)]
    if len(durations) != 1:
        raise InputError(
            f"{name} needs one longest duration, alone or with cut-offs: until=(hours(2), voltage > 0.2), not {until!r}"
        )
    return durations[0], events


def _several(until: Any) -> tuple[Any, ...]:
    """What ends a step, given alone or in a sequence."""
    return tuple(until) if isinstance(until, Sequence) else (until,)


def shown(value: Number | C, mode: Mode) -> str:
    """A prescribed value for people."""
    if isinstance(value, C):
        return str(value)
    return "function of time" if callable(value) else f"{value:g} {UNITS[mode]}"


def _checked(step: Step) -> Step:
    number(step.duration, f"duration of {step.name} [s]", above=0.0)
    if isinstance(step.value, C) and step.mode != "current":
        raise InputError(f"{step.name}: a C-rate is a current; a {step.mode} is a number in {UNITS[step.mode]}")
    if not callable(step.value) and not isinstance(step.value, C):
        number(step.value, f"value of {step.name}")
    for event in step.events:
        if not isinstance(event, Event):
            raise InputError(f"{event!r} is no cut-off: compare a quantity, e.g. voltage > 0.2")
    return step


@dataclass(frozen=True)
class Cycler(Load):
    """A protocol on a collector; the other collector is the ground.

    Args:
        protocol: steps joined by `>>`, repeated by `*`.
        into: name of the collector, as in `Current`.

    Raises:
        InputError: what is no protocol.
    """

    protocol: Protocol | Step
    into: str

    def __post_init__(self) -> None:
        if not isinstance(self.protocol, Protocol | Step):
            raise InputError(
                f"a cycler needs a protocol, e.g. CC(5.0, until=hours(1)) >> Rest(600), not {self.protocol!r}"
            )

    @property
    def steps(self) -> list[tuple[int, Step]]:
        """(cycle, step) in order."""
        return (Protocol(((self.protocol,),)) if isinstance(self.protocol, Step) else self.protocol).steps

    def described(self) -> dict[str, Any]:
        """The steps as people read them: waveforms have thousands of parts."""
        return {**super().described(), "protocol": [str(step) for _, step in self.steps]}

    def conditions(self, layout: Layout) -> list[Condition]:
        """A collector whose current or potential the run switches."""
        name, source = layout.potential_at(self.into), f"Cycler into '{self.into}'"
        uniform = name == "electronic_potential"
        driven: Literal["current", "power"] = "power" if any(s.mode == "power" for _, s in self.steps) else "current"
        return [Condition(name, self.into, 0.0, False, uniform=uniform, driven=driven, source=source)]


def passed(row: Mapping[str, float], start: float) -> float:
    """Charge since a step began [C/m²], without sign; `start` is the capacity [mAh/cm²] then."""
    return abs(row.get("capacity [mAh/cm2]", 0.0) - start) * mAh_cm2


def value_at(step: Step, time: float) -> float:
    """Value of a step at a time since it began [s]."""
    value = step.value
    if isinstance(value, C):
        raise InputError(f"{step.name}: the current of a C-rate is known when the model runs it with a Cycler")
    return number(value(time), f"{step.name} at t = {time:g} s") if callable(value) else float(value)
