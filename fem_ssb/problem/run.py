"""Marching in time: adaptive steps, cut when one fails, everything written as it goes, resumable."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from dolfinx import fem
from scipy.optimize import brentq

from fem_ssb.errors import ConvergenceError, InputError, number
from fem_ssb.output import Progress, output_folder
from fem_ssb.problem.describe import describe
from fem_ssb.problem.files import RunFiles
from fem_ssb.problem.protocol import Event, Step, passed, value_at
from fem_ssb.problem.result import Result
from fem_ssb.problem.stepping import DyadicSteps
from fem_ssb.problem.terminal import TINY

if TYPE_CHECKING:
    from fem_ssb.problem.model import Model
    from fem_ssb.problem.state import State

LARGEST_IMBALANCE = 1e-8
NEWTON_LIMIT = 14
INSTANT = 1e-12  # of a duration: the step that shows what new loads do before anything flows
END_TOLERANCE = 1e-3  # of the time since the protocol's step began: the last step, in which a physics ends the run
NO_VOLTAGE = 1e-6  # V, below which the sign of a voltage may be rounding
EVENT_TOLERANCE = 1e-7  # of the step in which a cut-off is met


def march(
    model: Model,
    duration: float | None = None,
    *,
    output: str | os.PathLike[str] | None = None,
    resume: bool = False,
    first_step: float | None = None,
    largest_step: float | None = None,
    smallest_step: float | None = None,
    change: float = 0.02,
    growth: float | None = None,
    fields_every: int = 1,
    checkpoint_every: int = 10,
    broken: float | None = None,
    each: Callable[[State], None] | None = None,
    parameters: dict[str, Any] | None = None,
    quiet: bool = False,
    dry_run: bool = False,
) -> Result:
    """March a model to `duration`, or through the steps of its cycler.

    Args:
        model: with its loads.
        duration: end of the run [s]; None with a `Cycler`. Where a protocol has several steps, "duration" below is
            the longest duration of the step.
        output: folder for fields.xdmf/.h5, history.csv, run.json and checkpoints; None writes nothing.
        resume: go on from the last checkpoint in `output`, on any number of ranks.
        first_step: [s], default duration/128; rounded down to duration/2^k.
        largest_step: [s], default duration/8.
        smallest_step: [s] below which a failing run stops, default first_step/2^12.
        change: largest error of a step: half the difference to linear extrapolation, in units of each field's
            range over the run. The smallest step is taken whatever its error: it crosses a jump of a load, and a
            crack that runs at a given load.
        growth: largest growth of damage in a step; None = no limit.
        fields_every: steps between field outputs (the first and the last are always written).
        checkpoint_every: steps between checkpoints; there is one after each step of a protocol.
        broken: end the run once no face that is moved along an axis (`Fixed` with a function of time) bears more than
            this share of its largest force: the load is gone.
        each: called with the state at the end of each step, for what the history does not have.
        parameters: what the user's script was given, for run.json.
        quiet: no progress.
        dry_run: print every value with its source and what to expect, and leave the script.

    Raises:
        InputError: before anything is written; or on the way, for a function of time that fails its check.
        ConvergenceError: no step down to the smallest succeeds.

    Whatever ends the run early, run.json says "stopped" with the reason. After an error of these two kinds everything
    up to the last good state is on disk with a checkpoint; after any other the last regular checkpoint is. A physics
    may end the run (`Physics.ended`): that is no error, run.json says "ended" and the result has the reason.
    """
    number(change, "change", above=0.0)
    if growth is not None:
        number(growth, "growth of damage in a step", above=0.0)
    number(fields_every, "fields_every", least=1)
    number(checkpoint_every, "checkpoint_every", least=1)
    if broken is not None:
        _check_broken(model, broken)
    steps = _steps(model, duration)

    def grid(part: Step) -> DyadicSteps:
        return _grid(part.duration, first_step, largest_step, smallest_step)

    for part in {id(part): part for _, step in steps for part in _parts(step)}.values():
        grid(part)  # refuses steps that do not fit before anything is written
    total = sum(step.duration for _, step in steps)
    if dry_run:
        text = describe(model, total)
        if model.mesh.comm.rank == 0:
            print(text)
        raise SystemExit(0)
    if resume and output is None:
        raise InputError("resume=True needs the output folder of the run to go on with")
    folder = output_folder(output, model.mesh.comm) if output is not None else None
    files = RunFiles(model, folder, {"script": parameters or {}, "duration [s]": total})
    run = _Run(model, steps, grid, files, change, growth, fields_every, checkpoint_every, broken or 0.0, each, quiet)
    if resume:
        run.resume()
    with files.watched():
        if not resume:
            run.start()
        return run.march()


def _check_broken(model: Model, share: float) -> None:
    """A share of a force that is there."""
    if not number(share, "share of the largest force that counts as broken", above=0.0) < 1:
        raise InputError(f"the share of the largest force that counts as broken is {share:g}: give less than 1")
    model.build()
    if not any(c.moves for c in model.conditions):
        raise InputError(
            "broken=… needs a face that is moved: Fixed('displacement', boundary, lambda t: …, component=…)"
        )


def _steps(model: Model, duration: float | None) -> list[tuple[int, Step]]:
    """(cycle, step): of the cycler, or one that lets the loads be as they are."""
    cycler = model.cycler
    if cycler is not None:
        if duration is not None:
            raise InputError("the cycler's protocol says how long the run is: leave the duration out")
        return model.protocol
    if duration is None:
        raise InputError("how long is the run? Give model.run(duration), or apply a Cycler with a protocol")
    return [(1, Step("current", 0.0, number(duration, "duration [s]", above=0.0), (), ""))]


def _parts(step: Step) -> tuple[Step, ...]:
    """What a step does one after the other."""
    return step.parts or (step,)


def _grid(duration: float, first: float | None, largest: float | None, smallest: float | None) -> DyadicSteps:
    first = duration / 128 if first is None else first
    largest = duration / 8 if largest is None else largest
    return DyadicSteps.between(duration, first, largest, smallest)


class _Run:
    """A run under way."""

    def __init__(
        self,
        model: Model,
        steps: list[tuple[int, Step]],
        grid: Callable[[Step], DyadicSteps],
        files: RunFiles,
        change: float,
        growth: float | None,
        fields_every: int,
        checkpoint_every: int,
        broken: float,
        each: Callable[[State], None] | None,
        quiet: bool,
    ):
        self.model, self.protocol, self.grid, self.files = model, steps, grid, files
        self.state, self.recorder = model.state, files.recorder
        self.tolerance, self.fields_every, self.checkpoint_every = change, fields_every, checkpoint_every
        self.growth, self.broken, self.each, self.quiet = growth, broken, each, quiet
        self.index = self.number = 0  # of the protocol's step, and of its part
        self.steps = grid(self.part)
        self.origin = self.charge = 0.0  # time [s] when the part, and capacity [mAh/cm²] when the step began
        self.reached = 0.0  # model time of the last good state [s]
        self.begun = False  # is the part's first row written?
        self.over = ""  # the cut-off at which the present step has ended
        self.ended = ""  # why a physics has ended the run
        self.reasons: list[dict[str, Any]] = []  # when and by what each step ended
        self.count = self.failures = self.jumps = self.newton = self.linear = 0
        self.previous = {
            n: fem.Function(self.state.spaces[n].V) for n, f in self.state.fields.items() if f.bounds is None
        }
        self.previous_step = 0.0  # 0: there is no previous state yet
        self.ranges: dict[str, float] = {}

    @property
    def part(self) -> Step:
        """The present part of the present step of the protocol."""
        return _parts(self.protocol[self.index][1])[self.number]

    @property
    def last_part(self) -> bool:
        """Is it the last of its step?"""
        return self.number + 1 == len(_parts(self.protocol[self.index][1]))

    @property
    def time(self) -> float:
        """Model time where the next solve starts [s]."""
        return self.origin + self.steps.time

    # -- beginning -----------------------------------------------------------------------------------------
    def start(self) -> None:
        """The state just after the loads are applied."""
        self.files.clear()
        self._write_record("running")
        self.files.open()
        self._begin()
        self.files.fields(0.0)

    def _begin(self) -> None:
        """A step of the protocol or a part of it begins: nothing has flowed yet, the potentials jump."""
        step = self.part
        self.steps = self.grid(step)
        self.previous_step, self.over, self.reached, self.begun = 0.0, "", self.origin, False
        if self.model.cycler is not None:
            if self.number == 0:
                self.charge = self.recorder.capacity_mAh_cm2
            if step.mode == "power":
                self._guess_power(step, 0.0)
            self.model.begin(step, self.origin)
        self.state.time.value = self.origin
        self.model.solve(dt=INSTANT * step.duration)
        self.balances = {name: float("nan") for name in self.model.balances.evaluate()}
        row = self._row(self.origin)
        if self.index == self.number == 0:
            for event in (event for _, later in self.protocol for event in later.events):
                event.excess(row, 0.0)  # refuses a column that is not there now, not hours later
        self.files.append(row)
        self.model.balances.accept()
        self.model.accept()  # what breaks or flows at once does so for good
        self.begun = True
        met = self._met(row)
        if met and self.index == self.number == 0:
            raise InputError(f"the cut-off {met[0]} of the first step ({step}) is passed at its start: nothing to do")
        if met:
            self.over = f"{met[0]} at its start" if self.number == 0 else str(met[0])

    def _guess_power(self, step: Step, elapsed: float) -> None:
        """Newton for i V = P needs a voltage to begin with: that of the current which a straight line V(i) says."""
        conditions = self.model.boundary_conditions
        terminal = conditions.terminal
        wanted = value_at(step, elapsed)
        if terminal is None or not wanted:
            return
        boundary, name = terminal.condition.boundary, terminal.condition.field
        voltages = []
        small = 1e-3 * max(f.flux for f in self.state.fields.values() if f.name == name) / conditions.area(boundary)
        for density in (0.0, small):
            self._solve_at(density, step)
            voltages.append(conditions.mean(name, boundary))
        slope = (voltages[1] - voltages[0]) / small
        root = np.sqrt(max(voltages[0] ** 2 + 4 * slope * wanted, 0.0))
        sign = -1.0 if voltages[0] < -TINY else 1.0  # a cell without a voltage of its own gets a positive one
        self._solve_at(2 * wanted / (voltages[0] + sign * root), step)

    def _solve_at(self, density: float, step: Step) -> None:
        """The instant answer to a current density [A/m²]."""
        self.model.begin(Step("current", float(density), step.duration, (), "start of constant power"), self.origin)
        self.state.time.value = self.origin
        self.model.solve(dt=INSTANT * step.duration)

    def resume(self) -> None:
        """The state of the last checkpoint."""
        saved = self.files.restore(self._functions())
        wanted = self._described()
        if saved["protocol"] != wanted:
            raise InputError(
                f"the run to go on with was {', '.join(saved['protocol'])}, not {', '.join(wanted)}: give that one"
            )
        self.index, self.number = int(saved["index"]), int(saved["part"])
        self.origin, self.charge = float(saved["origin"]), float(saved["charge"])
        self.steps = self.grid(self.part)
        self.steps.position = int(saved["position"])
        self.steps.level = max(int(saved["level"]), self.steps.coarsest)  # the largest step may be another now
        self.count, self.failures, self.jumps = (int(saved[name]) for name in ("count", "failures", "jumps"))
        self.newton, self.linear = int(saved["newton"]), int(saved["linear"])
        self.previous_step = float(saved["previous_step"])
        self.ranges = {k: float(v) for k, v in saved["ranges"].items()}
        self.model.balances.largest = {k: float(v) for k, v in saved["flows"].items()}
        self.reasons, self.over, self.ended = list(saved["reasons"]), str(saved["over"]), str(saved["ended"])
        self.reached, self.begun = float(saved["time"]), bool(saved["begun"])
        for name in self.state.fields:
            self.state[name].x.array[:] = self.state.old(name).x.array
        if self.model.cycler is not None:
            self.model.begin(self.part, self.origin)
        self._stand()
        self.files.open(self.reached, int(saved["rows"]))

    def _described(self) -> list[str]:
        if self.model.cycler is None:
            return [f"{self.part.duration:g} s"]
        return [str(step) for _, step in self.protocol]

    # -- marching ------------------------------------------------------------------------------------------
    def march(self) -> Result:
        """Step to the end."""
        comm, end = self.model.mesh.comm, sum(step.duration for _, step in self.protocol)
        with Progress(end, start=self.time, comm=comm, quiet=self.quiet) as progress:
            while True:
                try:
                    if not self.begun:
                        self._begin()
                    self._march_step(progress)
                    if self.ended or self.index + 1 == len(self.protocol):
                        break
                    self.origin, self.index, self.number = self.reached, self.index + 1, 0
                    self.begun = False
                except (ConvergenceError, InputError):  # on all ranks, and the last state is whole
                    self._keep()
                    raise
        self._checkpoint()
        self._write_record("ended" if self.ended else "finished", self.ended)
        columns, finished = self.files.columns(), not self.ended
        return Result(columns, self.state, self.files.folder, finished, self.ended, self.reasons)

    def _march_step(self, progress: Progress) -> None:
        """One step of the protocol to its end."""
        while True:
            while not (self.over or self.steps.done or self.ended):
                self._accept(*self._solve())
                row = self.files.rows[-1]
                progress.update(self.reached, voltage=row.get("voltage [V]"), iterations=self.model.iterations)
            if self.over or self.ended or self.last_part:
                break
            self.origin, self.number = self.reached, self.number + 1
            self._begin()
        cycle, step = self.protocol[self.index]
        reason = self.ended or self.over or "time"
        if self.model.cycler is not None and len(self.reasons) == self.index:
            self.reasons.append({"cycle": cycle, "step": str(step), "ended [s]": self.reached, "by": reason})
        self._stand()
        if self.index + 1 < len(self.protocol):
            self.files.fields(self.reached)
            self._checkpoint()

    def _solve(self) -> tuple[float, float]:
        """Solve the next step, cut as often as needed or at a cut-off; returns its size [s] and error."""
        state, steps = self.state, self.steps
        while True:
            dt = steps.step
            try:
                self._try(dt)
            except ConvergenceError as problem:
                self.failures += 1
                state.reject()
                steps.reject(str(problem), times=2)
                continue
            ranges, error = dict(self.ranges), self._error(dt)
            if self._ended() and dt > END_TOLERANCE * (steps.time + dt) and not steps.smallest:
                state.reject()
                steps.reject("")
                continue
            if error <= 1.0 or steps.smallest:
                met = self._met(self.row)
                if met:
                    dt = self._locate(dt, met)
                    self.ranges = ranges  # what lies past a cut-off is not of the run
                return dt, error
            state.reject()
            steps.reject("")

    def _ended(self) -> str:
        """Why a physics would end the run with the step just solved."""
        return next((reason for p in self.model.physics if (reason := p.ended(self.state))), "")

    def _parted(self) -> str:
        """Why nothing is left to be loaded after the step just written down."""
        borne = self.recorder.borne(self.row)
        return f"broken: {borne:.2g} of the largest force is left" if borne < self.broken else ""

    def _try(self, dt: float) -> None:
        """Solve a step of `dt` from the last good state, and its row of the history."""
        self._predict(dt)
        if self._without_sign():
            self._guess_power(self.part, self.steps.time + dt)
            self.model.begin(self.part, self.origin)
        self.state.time.value = self.time + dt
        self.model.solve(dt=dt)
        self._check_balances()
        self.row = self._row(self.time + dt)

    def _without_sign(self) -> bool:
        """Power is prescribed where there is no voltage yet: i V = P has a root on either side."""
        conditions = self.model.boundary_conditions
        terminal = conditions.terminal
        if terminal is None or self.part.mode != "power":
            return False
        voltage = conditions.mean(terminal.condition.field, terminal.condition.boundary)
        return abs(voltage) < NO_VOLTAGE

    def _met(self, row: dict[str, float]) -> list[Event]:
        """Cut-offs that a row is past."""
        charge = passed(row, self.charge)
        return [event for event in self.protocol[self.index][1].events if event.excess(row, charge) >= 0]

    def _locate(self, dt: float, met: list[Event]) -> float:
        """Step [s] that ends where the first of the cut-offs is met; the state is then solved there."""

        def past() -> float:
            return max(event.excess(self.row, passed(self.row, self.charge)) for event in met)

        def excess(step: float) -> float:
            self.state.reject()
            self._try(step)
            return past()

        try:
            lowest = 1e-6 * dt
            ends = {dt: past(), lowest: excess(lowest)}  # solved once: the same step again differs by rounding
            if ends[lowest] < 0:
                tolerance = EVENT_TOLERANCE * dt
                dt = float(
                    brentq(lambda s: ends[s] if s in ends else excess(s), *sorted(ends), xtol=tolerance, rtol=1e-12)
                )
            else:
                dt = lowest
            beyond = excess(dt)
            if beyond < 0:  # the root from below: the other side of the tolerance
                dt *= 1 + EVENT_TOLERANCE
                excess(dt)
        except ConvergenceError as problem:
            raise ConvergenceError(f"the step that ends at {met[0]} cannot be solved: {problem}") from problem
        self.over = str((self._met(self.row) or met)[0])  # the others are met later in the step
        return dt

    def _accept(self, dt: float, error: float) -> None:
        """Write a solved step down and make it the last state."""
        steps = self.steps
        self.reached = self.time + dt
        if not self.over:  # a cut-off lies between the points of the grid
            steps.accept(error, self.model.iterations / (NEWTON_LIMIT * max(self.model.sweeps, 1)))
            self.reached = self.time
        self.count += 1
        self.newton += self.model.iterations
        self.linear += self.model.linear_iterations
        self.files.append(self.row)
        self.model.balances.accept()
        self.ended = self._ended() or self._parted()
        last = self.over or self.ended or (steps.done and self.last_part and self.index + 1 == len(self.protocol))
        if last or self.count % self.fields_every == 0:
            self.files.fields(self.reached)
        if self.each is not None:
            self.each(self.state)
        self._remember(dt, jumped=error > 1.0)
        self.model.accept()
        if self.count % self.checkpoint_every == 0:
            self._checkpoint()
            self._write_record("running")

    def _predict(self, dt: float) -> None:
        """Start Newton from the linear extrapolation of the last two states."""
        if self.previous_step:
            for name in self.previous:
                self.state[name].x.array[:] = self._extrapolated(name, dt)

    def _extrapolated(self, name: str, dt: float) -> np.ndarray:
        old = self.state.old(name).x.array
        return old + (old - self.previous[name].x.array) * (dt / self.previous_step)

    def _error(self, dt: float) -> float:
        """Half the difference to linear extrapolation over the tolerance, 0 for the first step; growth of damage."""
        worst = self._grown() / self.growth if self.growth is not None else 0.0
        for name in self.previous:
            now = self.state[name].x.array
            self.ranges[name] = max(
                self.ranges.get(name, self.state.fields[name].scale), self._norm(now - self._reference(name))
            )
            if self.previous_step:
                difference = self._norm(now - self._extrapolated(name, dt))
                worst = max(worst, 0.5 * difference / (self.tolerance * self.ranges[name]))
        return worst

    def _grown(self) -> float:
        """Largest growth of a bounded field in the step."""
        bounded = [n for n, f in self.state.fields.items() if f.bounds is not None]
        return max((self._norm(self.state[n].x.array - self.state.old(n).x.array) for n in bounded), default=0.0)

    def _reference(self, name: str) -> float:
        return self.state.ambient_temperature if name == "temperature" else 0.0

    def _norm(self, values: np.ndarray) -> float:
        return float(max(self.model.mesh.comm.allgather(float(np.abs(values).max(initial=0.0)))))

    def _remember(self, dt: float, jumped: bool) -> None:
        """Keep the state before the step for extrapolation, unless the step crossed a jump."""
        for name, function in self.previous.items():
            function.x.array[:] = self.state.old(name).x.array
        self.jumps += jumped
        self.previous_step = 0.0 if jumped else dt

    def _check_balances(self) -> None:
        """Refuse a step that loses something."""
        self.balances = self.model.balances.evaluate()
        broken = [f"{n} of {v:.2g}" for n, v in self.balances.items() if not v <= LARGEST_IMBALANCE]
        if broken:
            raise ConvergenceError(f"{'; '.join(broken)} (allowed: {LARGEST_IMBALANCE:g})")

    # -- writing -------------------------------------------------------------------------------------------
    def _row(self, time: float) -> dict[str, float]:
        row = self.recorder.row(time, self.balances)
        if self.model.cycler is None:
            return row
        return row | {"cycle [1]": self.protocol[self.index][0], "protocol step [1]": self.index + 1}

    def _functions(self) -> dict[str, Any]:
        functions = {name: self.state.old(name) for name in self.state.fields}
        functions |= {f"previous {name}": function for name, function in self.previous.items()}
        for p in self.model.physics:
            functions |= p.internal()
        return functions

    def _checkpoint(self) -> None:
        saved = {
            "protocol": self._described(),
            "index": self.index,
            "part": self.number,
            "origin": self.origin,
            "time": self.reached,
            "charge": self.charge,
            "begun": self.begun,
            "over": self.over,
            "ended": self.ended,
            "reasons": self.reasons,
            "position": self.steps.position,
            "level": self.steps.level,
            "count": self.count,
            "failures": self.failures,
            "jumps": self.jumps,
            "newton": self.newton,
            "linear": self.linear,
            "previous_step": self.previous_step,
            "ranges": self.ranges,
            "flows": self.model.balances.largest,
        }
        self.files.checkpoint(self._functions(), saved)

    def _stand(self) -> None:
        """Internal variables are at the end of the step: what reads the state now must not let it creep once more."""
        self.state.time.value = self.reached
        self.state.dt.value = INSTANT * self.part.duration

    def _keep(self) -> None:
        """Write the last good state: its fields and a checkpoint."""
        self.state.reject()
        self._stand()
        self.files.fields(self.reached)
        self._checkpoint()
        self._write_record("running")

    def _write_record(self, status: str, reason: str = "") -> None:
        solver = {
            "steps": self.count,
            "failed steps": self.failures,
            "jumps": self.jumps,
            "Newton iterations": self.newton,
            "linear iterations": self.linear,
        }
        more = {"protocol": self.reasons} if self.model.cycler is not None else {}
        self.files.record(status, solver, reason, **more)
