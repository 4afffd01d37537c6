"""How far a run is: one bar on rank 0, or a line now and then where there is no terminal."""

from __future__ import annotations

import sys
import time as clock
from types import TracebackType
from typing import TextIO

from mpi4py import MPI
from tqdm import tqdm

from fem_ssb.errors import number

UNITS = ((3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))


class Progress:
    """Shows simulated time, voltage, iterations … on rank 0 and nothing on the others.

    In a terminal a bar moves; elsewhere (a batch log) a line is written when `interval` seconds have passed since
    the last one, and one at the end.

    Args:
        end: simulated time at the end (s).
        start: simulated time at the start (s), above zero for a resumed run.
        comm: communicator of the run.
        label: what is written in front.
        interval: least time between lines where there is no terminal (s).
        quiet: show nothing at all.
        stream: where to write; default: standard error.

    Example:
        >>> with Progress(3600.0) as progress:                                  # doctest: +SKIP
        ...     progress.update(12.0, voltage=0.031, iterations=14)
    """

    def __init__(
        self,
        end: float,
        *,
        start: float = 0.0,
        comm: MPI.Intracomm = MPI.COMM_WORLD,
        label: str = "",
        interval: float = 30.0,
        quiet: bool = False,
        stream: TextIO | None = None,
    ) -> None:
        self.end = number(end, "end [s]", above=0.0)
        self.time = number(start, "start [s]")
        self._scale, self._unit = next((u for u in UNITS if self.end >= u[0]), UNITS[-1])
        self._label = label
        self._interval = number(interval, "interval [s]", least=0.0)
        self._stream = stream or sys.stderr
        self._shown = comm.rank == 0 and not quiet
        self._last_line = self._began = clock.monotonic()
        self._postfix = ""
        self._pending = False
        self._bar: tqdm | None = None
        if self._shown and self._stream.isatty():
            self._bar = tqdm(
                total=self.end / self._scale,
                initial=self.time / self._scale,
                desc=label or None,
                file=self._stream,
                dynamic_ncols=True,
                bar_format="{l_bar}{bar}| {n:.4g}/{total:.4g} " + self._unit + " [{elapsed}<{remaining}{postfix}]",
            )

    def update(
        self, time: float, *, voltage: float | None = None, iterations: int | None = None, **more: object
    ) -> None:
        """Tell where the run is.

        Args:
            time: simulated time (s).
            voltage: cell voltage (V).
            iterations: of the last step.
            more: further things to show, by name.
        """
        self.time = float(time)
        if not self._shown:
            return
        shown = {"U": None if voltage is None else f"{voltage:.4g} V", "iterations": iterations, **more}
        told = {name: f"{v:.4g}" if isinstance(v, float) else v for name, v in shown.items() if v is not None}
        self._postfix = ", ".join(f"{name}={v}" for name, v in told.items())
        self._pending = True
        if self._bar is not None:
            self._bar.set_postfix_str(self._postfix, refresh=False)
            self._bar.update(min(self.time, self.end) / self._scale - self._bar.n)
        elif clock.monotonic() - self._last_line >= self._interval:
            self._line()

    def message(self, text: str) -> None:
        """Write a line without tearing the bar."""
        if self._bar is not None:
            self._bar.write(text, file=self._stream)
        elif self._shown:
            print(text, file=self._stream, flush=True)

    def close(self) -> None:
        """The run is over; a last line is written where there is no terminal."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        elif self._shown and self._pending:
            self._line()
        self._shown = False

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _line(self) -> None:
        self._last_line = clock.monotonic()
        self._pending = False
        label = f"{self._label}: " if self._label else ""
        done = f"{self.time / self._scale:.4g}/{self.end / self._scale:.4g} {self._unit} ({self.time / self.end:.0%})"
        print(f"{label}{done}, {self._last_line - self._began:.0f} s, {self._postfix}", file=self._stream, flush=True)
