"""Currents that alternate: trains of pulses and sinusoids, from hours to nanoseconds.

A waveform is one step of a protocol made of parts, the stretches between its jumps (a pulse) or its periods (a
sinusoid). Each part has time steps of its own, so that every edge is hit exactly and no period is stepped over.
"""

from __future__ import annotations

import math

from fem_ssb.errors import InputError, number
from fem_ssb.problem.capacity import C
from fem_ssb.problem.protocol import CC, CV, Event, Mode, Step, Until, ends, shown

LARGEST_COUNT = 100_000  # of parts: a run of more would not end


def Pulse(value: float | C, on: float, off: float, until: Until, base: float | C = 0.0, mode: Mode = "current") -> Step:
    """Rectangular pulses: `value` for a while, `base` for a while, and so on.

    Args:
        value: current density [A/m²] or C-rate; with mode="voltage" a voltage [V].
        on: duration of a pulse [s].
        off: pause between pulses [s].
        until: longest duration of the whole [s], alone or with cut-offs.
        base: in the pauses; `-value` reverses the current.
        mode: "current" or "voltage".

    Returns:
        The step.

    Raises:
        InputError: values out of range, an unknown mode, more than 100 000 edges.
    """
    makers = {"current": CC, "voltage": CV}
    if mode not in makers:
        raise InputError(f"pulses are of current or voltage, not of {mode}")
    number(on, "duration of a pulse [s]", above=0.0)
    number(off, "pause between pulses [s]", above=0.0)
    name = f"pulses of {shown(value, mode)} for {on:g} s and {shown(base, mode)} for {off:g} s"
    duration, events = ends(until, name)
    step = makers[mode]
    pair = (step(value, on), step(base, off))  # type: ignore[arg-type]
    return _train(mode, pair, duration, events, name)


def AC(amplitude: float, frequency: float, until: Until, offset: float = 0.0, mode: Mode = "current") -> Step:
    """A sinusoid: offset + amplitude sin(2πft).

    Args:
        amplitude: current density [A/m²] or voltage [V].
        frequency: f [1/s].
        until: longest duration of the whole [s], alone or with cut-offs.
        offset: mean of a period.
        mode: "current" or "voltage".

    Returns:
        The step.

    Raises:
        InputError: values out of range, an unknown mode, more than 100 000 periods.
    """
    makers = {"current": CC, "voltage": CV}
    if mode not in makers:
        raise InputError(f"sinusoids are of current or voltage, not of {mode}")
    amplitude, offset = number(amplitude, "amplitude of a sinusoid"), number(offset, "offset of a sinusoid")
    omega = 2 * math.pi * number(frequency, "frequency [1/s]", above=0.0)
    name = f"sinusoid of {shown(amplitude, mode)} about {shown(offset, mode)} at {frequency:g} Hz"
    duration, events = ends(until, name)
    period = makers[mode](lambda t: offset + amplitude * math.sin(omega * t), 1 / frequency)
    return _train(mode, (period,), duration, events, name)


def _train(mode: Mode, period: tuple[Step, ...], duration: float, events: tuple[Event, ...], name: str) -> Step:
    """The parts of a period over and over; the last is cut where the duration ends."""
    number(duration, f"duration of {name} [s]", above=0.0)
    length = sum(part.duration for part in period)
    count = duration / length
    if count * len(period) > LARGEST_COUNT:
        raise InputError(f"{count:.3g} periods are too many to follow ({name}): run some, the rest repeats them")
    whole = math.floor(count * (1 + 1e-12))
    parts, left = list(period * whole), duration - whole * length
    for part in period:
        if left <= 1e-9 * length:
            break
        parts.append(Step(mode, part.value, min(part.duration, left), (), part.name))
        left -= part.duration
    return Step(mode, 0.0, sum(p.duration for p in parts), events, name, tuple(parts))
