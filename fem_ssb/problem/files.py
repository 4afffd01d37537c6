"""What a run leaves on disk as it goes: fields, history, checkpoints and the record of the run."""

from __future__ import annotations

import json
import os
import shutil
import time as clock
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fem_ssb.errors import ConvergenceError, InputError
from fem_ssb.output import FieldSeries, History, read_checkpoint, read_history, write_checkpoint, write_run_record
from fem_ssb.output.folder import on_root
from fem_ssb.problem.record import Recorder
from fem_ssb.spaces import broken_space

if TYPE_CHECKING:
    from fem_ssb.problem.model import Model


class RunFiles:
    """The output folder of a run; without a folder only the rows of the history are kept, in memory.

    Args:
        model: built.
        folder: made and writable, or None.
        parameters: what the user's script was given, and the duration.
    """

    def __init__(self, model: Model, folder: Path | None, parameters: Mapping[str, Any]):
        self.began = clock.perf_counter()
        self.model, self.folder, self.parameters = model, folder, dict(parameters)
        self.recorder = Recorder(model)
        self.built = clock.perf_counter() - self.began
        self.rows: list[dict[str, float]] = []
        self._series: FieldSeries | None = None
        self._history: History | None = None
        self._kept: int | None = None
        self.count = 0  # rows of the history

    def clear(self) -> None:
        """Nothing of an earlier run in the folder may be taken for this one's."""
        if self.folder is None:
            return
        folder = self.folder

        def remove() -> None:
            shutil.rmtree(folder / "checkpoints", ignore_errors=True)
            for name in ("history.csv", "overview.png", "run.json"):
                (folder / name).unlink(missing_ok=True)

        on_root(self.model.mesh.comm, remove)

    def open(self, after: float | None = None, rows: int | None = None) -> None:
        """Begin the series of fields and the history; with a time [s] and a number of rows, go on after them."""
        self._kept, self.count = rows, rows or 0
        if self.folder is None:
            return
        mesh = self.model.mesh
        facets = [mesh.interface(n).facets for n in (*mesh.interfaces, *mesh.closing)]
        broken = np.unique(np.concatenate(facets)).astype(np.int32) if facets else None
        split = broken_space(mesh.domain, ("Lagrange", 1), broken=broken)
        self._series = FieldSeries(self.folder / "fields.xdmf", mesh, split, append_after=after)

    def append(self, row: dict[str, float]) -> None:
        """A row of the history, on disk when this returns."""
        self.recorder.accept(row)
        self.rows.append(row)
        self.count += 1
        if self.folder is None:
            return
        if self._history is None:
            path, comm = self.folder / "history.csv", self.model.mesh.comm
            self._history = History(path, list(row), comm=comm, keep_rows=self._kept)
        self._history.append(row)

    def fields(self, time: float) -> None:
        """The fields at a time [s], once."""
        if self._series is not None and time not in self._series.times:
            self._series.write(time, nodal=self.recorder.nodal(), cell=self.recorder.cells())

    def checkpoint(self, functions: dict[str, Any], saved: dict[str, Any]) -> None:
        """All that a restart needs."""
        if self.folder is not None:
            saved = {**saved, "rows": self.count, "recorder": self.recorder.saved()}
            write_checkpoint(self.folder / "checkpoints", self.model.mesh, functions, saved)

    def restore(self, functions: dict[str, Any]) -> dict[str, Any]:
        """Functions and saved values of the last checkpoint."""
        assert self.folder is not None
        saved = read_checkpoint(self.folder / "checkpoints", self.model.mesh, functions)
        self.recorder.restore(saved["recorder"])
        return saved

    def record(self, status: str, solver: Mapping[str, Any], reason: str = "", **more: Any) -> None:
        """run.json, replaced as a whole."""
        if self.folder is None:
            return
        model = self.model
        write_run_record(
            self.folder / "run.json",
            model.mesh,
            parameters={
                **self.parameters,
                "coupling": model.coupling,
                "physics": {type(p).__name__: p.parameters() for p in model.physics},
                "loads": [load.described() for load in model.loads],
                "materials": {r: _sources(m) for r, m in model.state.materials.items()},
            },
            timing={"building and compiling": self.built, "total": clock.perf_counter() - self.began},
            solver=solver,
            status=status,
            reason=reason,
            **more,
        )

    def columns(self) -> dict[str, np.ndarray]:
        """The whole history by column, what was before a restart included."""
        if self.folder is not None:
            path = self.folder / "history.csv"
            return on_root(self.model.mesh.comm, lambda: read_history(path))
        return {name: np.array([row.get(name, np.nan) for row in self.rows]) for name in self.rows[-1]}

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


def _sources(material: Any) -> dict[str, Any]:
    return {"name": material.name, "values": [str(row) for row in material.sources()]}
