"""What importing fem_ssb sets for runs on several ranks.

An error that nobody catches ends all ranks: no run hangs because one rank waits for another that is gone.

Importing fem_ssb on several ranks sets `sys.excepthook`. An error that all ranks have is told once, by rank 0; one
that a single rank has is told by that rank. Errors of the input or of a solve are told in words with the line of the
user's script, all others with their traceback. Then the whole run is aborted with exit code 1.
"""

from __future__ import annotations

import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from mpi4py import MPI

from fem_ssb.errors import ConvergenceError, InputError

GRACE = 3.0  # seconds in which rank 0 may tell of an error first, and end this rank
PACKAGE = Path(__file__).parent


def end_all_ranks(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Tell of an uncaught error and abort all ranks, as `sys.excepthook`."""
    rank = MPI.COMM_WORLD.rank
    try:
        with suppress(OSError):  # a pipe that is shut, a disk that is full
            sys.stdout.flush()
        if rank:
            time.sleep(GRACE)
        sys.stderr.write(f"rank {rank}: {message(kind, error, trace)}")
        sys.stderr.flush()
    finally:
        MPI.COMM_WORLD.Abort(1)


def message(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> str:
    """Text of an error: in words for those that users cause, else the traceback."""
    if not issubclass(kind, InputError | ConvergenceError):
        return "".join(traceback.format_exception(kind, error, trace))
    frames = [f for f in traceback.extract_tb(trace) if not Path(f.filename).is_relative_to(PACKAGE)]
    return "".join([f"{kind.__name__}: {error}\n", *traceback.format_list(frames[-1:])])


def install() -> None:
    """Set the hook where there are several ranks and nobody has set another."""
    if MPI.COMM_WORLD.size > 1 and sys.excepthook is sys.__excepthook__:
        sys.excepthook = end_all_ranks
