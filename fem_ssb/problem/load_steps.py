"""Load steps that choose themselves: long while nothing breaks, short where damage grows.

A step of the load ends where damage grows by about `growth` or alternation takes about `sweeps`. One that goes more
than twice as far is taken back and halved, one that does not converge too; below half of it the next step is twice as
long. At the smallest step what comes is taken: a crack that runs at a given load does so in any step. For where force
and displacement fall together see `control`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from mpi4py import MPI

from fem_ssb.errors import ConvergenceError, InputError, number
from fem_ssb.problem.model import Model

ROUNDING = 1e-9  # of a step: what is left to a stop is no step of its own


def load_steps(
    model: Model,
    stops: Sequence[float],
    first: float,
    *,
    smallest: float | None = None,
    largest: float | None = None,
    growth: float = 0.1,
    sweeps: int = 20,
) -> Iterator[float]:
    """Solve and accept steps of the load that the time stands for; yields it after each, so that results can be read.

    Args:
        model: with loads that are functions of `t`; begins at its state's present time.
        stops: loads that are met exactly, rising; the last one is the end.
        first: step.
        smallest: step; None = first/1000.
        largest: step; None = no limit.
        growth: of the damage in a step that is right.
        sweeps: of a step that is right.

    Raises:
        InputError: stops that do not rise, steps out of order.
        ConvergenceError: not even the smallest step converges; the state is the last good one.
    """
    number(first, "first load step", above=0.0)
    smallest = number(first / 1000 if smallest is None else smallest, "smallest load step", above=0.0)
    largest = np.inf if largest is None else number(largest, "largest load step", above=0.0)
    number(growth, "growth of damage in a step", above=0.0)
    number(sweeps, "sweeps of a step", least=1)
    if not smallest <= first <= largest:
        raise InputError(f"load steps: smallest {smallest:g} ≤ first {first:g} ≤ largest {largest:g} does not hold")
    marks = [float(model.state.time.value), *stops]
    if len(marks) < 2 or not all(a < b for a, b in pairwise(marks)):
        raise InputError(f"loads to stop at must rise from the present {marks[0]:g}: give such, not {list(stops)}")
    return _steps(model, [float(stop) for stop in stops], first, smallest, largest, growth, sweeps)


def _steps(
    model: Model, stops: list[float], step: float, smallest: float, largest: float, growth: float, sweeps: int
) -> Iterator[float]:
    state = model.state
    load = float(state.time.value)
    for stop in stops:
        while load < stop:
            parts = max(int(np.ceil((stop - load) / step - ROUNDING)), 1)  # equal ones: no crumb before a stop
            taken = (stop - load) / parts
            state.time.value = stop if parts == 1 else load + taken
            shorter = max(taken / 2, smallest)
            try:
                model.solve()
            except ConvergenceError:
                state.time.value = load
                if taken <= smallest * (1 + ROUNDING):
                    raise
                step = shorter
                continue
            effort = max(_grown(model) / growth, model.sweeps / sweeps)
            if effort > 2 and taken > smallest * (1 + ROUNDING):
                state.reject()
                state.time.value, step = load, shorter
                continue
            load = float(state.time.value)
            model.accept()
            yield load
            step = min(2 * taken, largest) if effort < 0.5 else shorter if effort > 1 else taken


def _grown(model: Model) -> float:
    """Largest growth of a bounded field in the step, in its scale."""
    state = model.state
    bounded = [n for n, f in state.fields.items() if f.bounds is not None]
    local = max((float((state[n].x.array - state.old(n).x.array).max(initial=0.0)) for n in bounded), default=0.0)
    return float(state.mesh.comm.allreduce(local, op=MPI.MAX))
