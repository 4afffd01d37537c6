"""Where results go: checked before anything starts, and files that are replaced whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from mpi4py import MPI

from fem_ssb.errors import InputError, raise_on_all

T = TypeVar("T")


def on_root(comm: MPI.Intracomm, action: Callable[[], T]) -> T:
    """Collective: run `action` on rank 0 and give its result, or its error, to all ranks."""
    result, error = None, None
    if comm.rank == 0:
        try:
            result = action()
        except Exception as problem:
            error = problem
    raise_on_all(comm, error)
    return comm.bcast(result)


def output_folder(path: str | os.PathLike[str], comm: MPI.Intracomm = MPI.COMM_WORLD) -> Path:
    """Make a folder for results and prove that every rank can write in it. Collective.

    Args:
        path: the folder; parents are made too.
        comm: communicator of the run.

    Returns:
        The folder as an absolute path.

    Raises:
        InputError: on all ranks, when the folder cannot be made or some rank cannot write in it.
    """
    folder = Path(path).expanduser().absolute()

    def make() -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise InputError(
                f"the output folder '{folder}' cannot be made: {problem.strerror}. Give another output=…"
            ) from None

    on_root(comm, make)
    error = None
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"fem_ssb")
    except OSError as problem:
        error = InputError(
            f"rank {comm.rank} cannot write in the output folder '{folder}': {problem.strerror}. "
            "Give a folder that all processes share, with room and write permission"
        )
    raise_on_all(comm, error)
    return folder


def replace_text(path: Path, text: str) -> None:
    """Write a file so that readers see the old or the new text, whatever happens in between. One process."""
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
