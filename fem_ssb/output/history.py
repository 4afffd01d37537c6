"""The history of a run as a table: history.csv, one row a step, units in the column names."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from mpi4py import MPI

from fem_ssb.errors import InputError, number, unknown
from fem_ssb.output.folder import on_root, output_folder, replace_text


class History:
    """Appends rows to a CSV file; each is on the disk when `append` returns on rank 0.

    Args:
        path: "results/run/history.csv".
        columns: names with units, the first is "time [s]".
        comm: communicator of the run; rank 0 writes.
        keep_rows: resume: keep so many rows of the file that is there and drop later ones; None = begin anew.

    Raises:
        InputError: on all ranks, for columns without time, or other columns than those of the file to continue.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        columns: Sequence[str],
        *,
        comm: MPI.Intracomm = MPI.COMM_WORLD,
        keep_rows: int | None = None,
    ) -> None:
        self.columns = [str(name) for name in columns]
        if self.columns[:1] != ["time [s]"] or len(set(self.columns)) != len(self.columns):
            raise InputError(f"columns must be different names that start with 'time [s]', not {self.columns}")
        self.comm = comm
        path = Path(path)
        self.path = output_folder(path.parent, comm) / path.name
        keep = None if keep_rows is None else int(number(keep_rows, "keep_rows", least=0))
        on_root(comm, lambda: self._start(keep))

    def append(self, row: Mapping[str, float] | Sequence[float]) -> None:
        """Add a row: values by column name, or in the order of the columns; a name left out becomes NaN.

        Collective, with the same row on all ranks; rank 0 writes.

        Raises:
            InputError: for an unknown column or a wrong number of values.
            OSError: on all ranks, when the file cannot be written.
        """
        if isinstance(row, Mapping):
            for name in row:
                if name not in self.columns:
                    raise unknown("column", name, self.columns)
            values = [float(row.get(name, math.nan)) for name in self.columns]
        else:
            values = [float(value) for value in row]
        if len(values) != len(self.columns):
            raise InputError(f"a row has {len(values)} values for {len(self.columns)} columns")
        on_root(self.comm, lambda: self._add(_line(values)))

    def _add(self, line: str) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def _start(self, keep: int | None) -> None:
        lines = [_line(self.columns)]
        if keep is not None and self.path.exists():
            earlier = read_history(self.path)
            if list(earlier) != self.columns:
                raise InputError(f"'{self.path}' has the columns {list(earlier)}, the run to go on has {self.columns}")
            table = np.stack(list(earlier.values()), axis=1)
            lines += [_line(row) for row in table[:keep].tolist()]
        replace_text(self.path, "".join(lines))


def read_history(path: str | os.PathLike[str]) -> dict[str, npt.NDArray[np.float64]]:
    """Columns of a history by name; a last row cut short by a killed run is left out.

    Raises:
        InputError: when the file is not there or is not a history.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as problem:
        raise InputError(f"no history at '{path}': {problem.strerror}") from None
    rows = list(csv.reader(io.StringIO(text[: text.rfind("\n") + 1])))
    if not rows:
        raise InputError(f"'{path}' is not a history: it has no column names")
    try:
        values = np.array([[float(value) for value in row] for row in rows[1:]]).reshape(len(rows) - 1, len(rows[0]))
    except ValueError as problem:
        raise InputError(f"'{path}' is not a history: {problem}") from None
    return dict(zip(rows[0], values.T.copy(), strict=True))


def _line(row: Sequence[object]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(row)
    return buffer.getvalue()
