"""What a run gives back: where it is written, its history, its last state, its picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fem_ssb.output.folder import on_root
from fem_ssb.problem.state import State


@dataclass
class Result:
    """A finished run.

    Attributes:
        history: columns by name with unit, one entry a step.
        state: fields at the end.
        folder: where the files are, None without output.
        finished: False when a physics ended the run before its time (no salt left, cracked through).
        reason: why it did; else "".
        steps: of a cycler's protocol, when and by what each ended.
    """

    history: dict[str, np.ndarray]
    state: State
    folder: Path | None
    finished: bool = True
    reason: str = ""
    steps: list[dict[str, Any]] = field(default_factory=list)

    def plot(self) -> Path | None:
        """Write overview.png beside the fields (rank 0); returns its path."""
        if self.folder is None:
            return None
        from fem_ssb.output.overview import overview

        folder = self.folder
        return on_root(self.state.mesh.comm, lambda: overview(folder))

    def __getitem__(self, column: str) -> Any:
        from fem_ssb.errors import unknown

        if column not in self.history:
            raise unknown("history column", column, self.history)
        return self.history[column]
