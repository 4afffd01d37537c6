"""Marching in time: adaptive steps, cut when one fails, everything written as it goes, resumable."""

from __future__ import annotations

import json
import os
import shutil
import time as clock
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from dolfinx import fem

from fem_ssb.errors import ConvergenceError, InputError, number
from fem_ssb.output import (
    FieldSeries,
    History,
    Progress,
    output_folder,
    read_checkpoint,
    read_history,
    write_checkpoint,
    write_run_record,
)
from fem_ssb.output.folder import on_root
from fem_ssb.problem.describe import describe
from fem_ssb.problem.loads import described
from fem_ssb.problem.record import Recorder
from fem_ssb.problem.result import Result
from fem_ssb.problem.stepping import DyadicSteps
from fem_ssb.spaces import broken_space

if TYPE_CHECKING:
    from fem_ssb.problem.model import Model

LARGEST_IMBALANCE = 1e-8
NEWTON_LIMIT = 14


def march(
    model: Model,
    duration: float,
    *,
    output: str | os.PathLike[str] | None = None,
    resume: bool = False,
    first_step: float | None = None,
    largest_step: float | None = None,
    smallest_step: float | None = None,
    change: float = 0.02,
    fields_every: int = 1,
    checkpoint_every: int = 10,
    parameters: dict[str, Any] | None = None,
    quiet: bool = False,
    dry_run: bool = False,
) -> Result:
    """March a model to `duration`.

    Args:
        model: with its loads.
        duration: end of the run [s].
        output: folder for fields.xdmf/.h5, history.csv, run.json and checkpoints; None writes nothing.
        resume: go on from the last checkpoint in `output`, on any number of ranks.
        first_step: [s], default duration/128; rounded down to duration/2^k.
        largest_step: [s], default duration/8.
        smallest_step: [s] below which a failing run stops, default first_step/2^12.
        change: largest error of a step: half the difference to linear extrapolation, in units of each field's
            range over the run. The smallest step is taken whatever its error: it crosses a jump of a load.
        fields_every: steps between field outputs (the first and the last are always written).
        checkpoint_every: steps between checkpoints.
        parameters: what the user's script was given, for run.json.
        quiet: no progress.
        dry_run: print every value with its source and what to expect, and leave the script.

    Raises:
        InputError: before anything is written; or on the way, for a function of time that fails its check.
        ConvergenceError: no step down to the smallest succeeds.

    Whatever ends the run early, run.json says "stopped" with the reason. After an error of these two kinds everything
    up to the last good state is on disk with a checkpoint; after any other the last regular checkpoint is.
    """
    number(change, "change", above=0.0)
    number(fields_every, "fields_every", least=1)
    number(checkpoint_every, "checkpoint_every", least=1)
    duration = number(duration, "duration [s]", above=0.0)
    if dry_run:
        text = describe(model, duration)
        if model.mesh.comm.rank == 0:
            print(text)
        raise SystemExit(0)
    if resume and output is None:
        raise InputError("resume=True needs the output folder of the run to go on with")
    first = duration / 128 if first_step is None else first_step
    largest = duration / 8 if largest_step is None else largest_step
    steps = DyadicSteps.between(duration, first, largest, smallest_step)
    folder = output_folder(output, model.mesh.comm) if output is not None else None
    run = _Run(model, steps, folder, change, fields_every, checkpoint_every, parameters or {}, quiet)
    if resume:
        run.resume()
    with run.watched():
        if not resume:
            run.start()
        return run.march()


class _Run:
    """A run under way."""

    def __init__(
        self,
        model: Model,
        steps: DyadicSteps,
        folder: Path | None,
        change: float,
        fields_every: int,
        checkpoint_every: int,
        parameters: dict[str, Any],
        quiet: bool,
    ):
        self.began = clock.perf_counter()
        self.model, self.steps, self.folder = model, steps, folder
        self.state = model.state
        self.recorder = Recorder(model)
        self.tolerance, self.fields_every, self.checkpoint_every = change, fields_every, checkpoint_every
        self.parameters, self.quiet = parameters, quiet
        self.built = clock.perf_counter() - self.began
        self.rows: list[dict[str, float]] = []
        self.count = self.failures = self.jumps = self.newton = self.linear = 0
        self.previous = {
            n: fem.Function(self.state.spaces[n].V) for n, f in self.state.fields.items() if f.bounds is None
        }
        self.previous_step = 0.0  # 0: there is no previous state yet
        self.ranges: dict[str, float] = {}
        self.series: FieldSeries | None = None
        self.history: History | None = None

    # -- beginning -----------------------------------------------------------------------------------------
    def start(self) -> None:
        """The state just after the loads are applied: nothing has flowed yet."""
        self._clear()
        self._write_record("running")
        self._open(None)
        self.model.solve(dt=1e-9 * self.steps.duration)
        self.balances = {name: float("nan") for name in self.model.balances.evaluate()}  # nothing has flowed yet
        self._record(write_fields=True)
        self.state.accept()

    def resume(self) -> None:
        """The state of the last checkpoint."""
        assert self.folder is not None
        saved = read_checkpoint(self.folder / "checkpoints", self.model.mesh, self._functions())
        if saved["duration"] != self.steps.duration:
            raise InputError(
                f"the run to go on with lasts {saved['duration']:g} s, not {self.steps.duration:g} s: "
                "give that duration"
            )
        self.steps.position, self.steps.level = int(saved["position"]), int(saved["level"])
        self.count, self.failures, self.jumps = (int(saved[name]) for name in ("count", "failures", "jumps"))
        self.newton, self.linear = int(saved["newton"]), int(saved["linear"])
        self.previous_step = float(saved["previous_step"])
        self.ranges = {k: float(v) for k, v in saved["ranges"].items()}
        self.recorder.restore(saved["recorder"])
        for name in self.state.fields:
            self.state[name].x.array[:] = self.state.old(name).x.array
        self._open(self.steps.time)

    def _clear(self) -> None:
        """Nothing of an earlier run in the folder may be taken for this one's."""
        if self.folder is None:
            return
        folder = self.folder

        def remove() -> None:
            shutil.rmtree(folder / "checkpoints", ignore_errors=True)
            for name in ("history.csv", "overview.png", "run.json"):
                (folder / name).unlink(missing_ok=True)

        on_root(self.model.mesh.comm, remove)

    def _open(self, after: float | None) -> None:
        if self.folder is None:
            return
        mesh = self.model.mesh
        facets = [mesh.interface(n).facets for n in mesh.interfaces]
        broken = np.unique(np.concatenate(facets)).astype(np.int32) if facets else None
        split = broken_space(mesh.domain, ("Lagrange", 1), broken=broken)
        self.series = FieldSeries(self.folder / "fields.xdmf", mesh, split, append_after=after)
        self._after = after

    # -- marching ------------------------------------------------------------------------------------------
    def march(self) -> Result:
        """Step to the end."""
        with Progress(
            self.steps.duration, start=self.steps.time, comm=self.model.mesh.comm, quiet=self.quiet
        ) as progress:
            while not self.steps.done:
                try:
                    dt, error = self._solve()
                except (ConvergenceError, InputError):  # on all ranks, and the last state is whole
                    self._keep()
                    raise
                self._accept(dt, error)
                row = self.rows[-1]
                progress.update(self.steps.time, voltage=row.get("voltage [V]"), iterations=self.model.iterations)
        self._checkpoint()
        self._write_record("finished")
        return Result(self._columns(), self.state, self.folder)

    def _solve(self) -> tuple[float, float]:
        """Solve the next step, cut as often as needed; returns its size [s] and error."""
        state, steps = self.state, self.steps
        while True:
            dt = steps.step
            self._predict(dt)
            state.time.value = steps.time + dt
            try:
                self.model.solve(dt=dt)
                self._check_balances()
            except ConvergenceError as problem:
                self.failures += 1
                state.reject()
                steps.reject(str(problem), times=2)
                continue
            error = self._error(dt)
            if error <= 1.0 or steps.smallest:
                return dt, error
            state.reject()
            steps.reject("")

    def _accept(self, dt: float, error: float) -> None:
        """Write a solved step down and make it the last state."""
        state, steps = self.state, self.steps
        steps.accept(error, self.model.iterations / (NEWTON_LIMIT * max(self.model.sweeps, 1)))
        self.count += 1
        self.newton += self.model.iterations
        self.linear += self.model.linear_iterations
        self._record(write_fields=steps.done or self.count % self.fields_every == 0)
        for p in self.model.physics:
            p.advance(state)
        self._remember(dt, jumped=error > 1.0)
        state.accept()
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
        """Half the difference to linear extrapolation over the tolerance; 0 for the first step."""
        worst = 0.0
        for name in self.previous:
            now = self.state[name].x.array
            self.ranges[name] = max(
                self.ranges.get(name, self.state.fields[name].scale), self._norm(now - self._reference(name))
            )
            if self.previous_step:
                difference = self._norm(now - self._extrapolated(name, dt))
                worst = max(worst, 0.5 * difference / (self.tolerance * self.ranges[name]))
        return worst

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
    def _record(self, write_fields: bool) -> None:
        row = self.recorder.row(self.steps.time, self.balances)
        if self.folder is not None:
            if self.history is None:
                after = self._after
                self.history = History(
                    self.folder / "history.csv", list(row), comm=self.model.mesh.comm, append_after=after
                )
            self.history.append(row)
            if write_fields:
                self._write_fields()
        self.rows.append(row)

    def _write_fields(self) -> None:
        if self.series is not None and self.steps.time not in self.series.times:
            self.series.write(self.steps.time, nodal=self.recorder.nodal(), cell=self.recorder.cells())

    def _functions(self) -> dict[str, Any]:
        functions = {name: self.state.old(name) for name in self.state.fields}
        functions |= {f"previous {name}": function for name, function in self.previous.items()}
        for p in self.model.physics:
            functions |= p.internal()
        return functions

    def _checkpoint(self) -> None:
        if self.folder is None:
            return
        saved = {
            "duration": self.steps.duration,
            "position": self.steps.position,
            "level": self.steps.level,
            "count": self.count,
            "failures": self.failures,
            "jumps": self.jumps,
            "newton": self.newton,
            "linear": self.linear,
            "previous_step": self.previous_step,
            "ranges": self.ranges,
            "recorder": self.recorder.saved(),
        }
        write_checkpoint(self.folder / "checkpoints", self.model.mesh, self._functions(), saved)

    def _keep(self) -> None:
        """Write the last good state: its fields and a checkpoint."""
        self.state.reject()
        self.state.time.value = self.steps.time
        self.state.dt.value = 0.0  # internal variables are at the end of the step: nothing creeps any more
        self._write_fields()
        self._checkpoint()
        self._write_record("running")

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Whatever ends the run early, run.json tells; without the other ranks, which may not be there."""
        try:
            yield
        except BaseException as problem:
            on_all_ranks = isinstance(problem, ConvergenceError | InputError)
            rank = self.model.mesh.comm.rank
            if self.folder is not None and (rank == 0 or not on_all_ranks):
                path = self.folder / "run.json"
                part = path.with_name(f".run.json.{rank}.part")
                with suppress(OSError, ValueError):
                    record = json.loads(path.read_text(encoding="utf-8"))
                    record |= {"status": "stopped", "reason": f"{type(problem).__name__}: {problem}"}
                    part.write_text(json.dumps(record, indent=1, ensure_ascii=False), encoding="utf-8")
                    os.replace(part, path)
            raise

    def _write_record(self, status: str) -> None:
        if self.folder is None:
            return
        model = self.model
        write_run_record(
            self.folder / "run.json",
            model.mesh,
            parameters={
                "script": self.parameters,
                "duration [s]": self.steps.duration,
                "coupling": model.coupling,
                "physics": {type(p).__name__: p.parameters() for p in model.physics},
                "loads": [described(load) for load in model.loads],
                "materials": {r: _sources(m) for r, m in self.state.materials.items()},
            },
            timing={"building and compiling": self.built, "total": clock.perf_counter() - self.began},
            solver={
                "steps": self.count,
                "failed steps": self.failures,
                "jumps": self.jumps,
                "Newton iterations": self.newton,
                "linear iterations": self.linear,
            },
            status=status,
            reason="",
        )

    def _columns(self) -> dict[str, np.ndarray]:
        if self.folder is not None:
            path = self.folder / "history.csv"
            return on_root(self.model.mesh.comm, lambda: read_history(path))
        return {name: np.array([row.get(name, np.nan) for row in self.rows]) for name in self.rows[-1]}


def _sources(material: Any) -> dict[str, Any]:
    return {"name": material.name, "values": [str(row) for row in material.sources()]}
