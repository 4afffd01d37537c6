"""Distributed arrays to HDF5: in parallel where h5py can, through rank 0 where it cannot."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt
from mpi4py import MPI

from fem_ssb.output.folder import on_root


def has_parallel_hdf5() -> bool:
    """Is h5py built with MPI?"""
    return bool(h5py.get_config().mpi)


def global_shape(comm: MPI.Intracomm, rows: npt.NDArray) -> tuple[int, ...]:
    """Shape of the array whose rows are spread over the ranks. Collective."""
    return (comm.allreduce(len(rows)), *rows.shape[1:])


def write_arrays(comm: MPI.Intracomm, path: Path, arrays: Mapping[str, npt.NDArray], *, mode: str = "a") -> None:
    """Write arrays whose rows are spread over the ranks, in rank order, and close the file. Collective.

    The file is open only while it is written: a run that dies between two writes leaves it whole.

    Args:
        comm: communicator of the run.
        path: the HDF5 file.
        arrays: local rows by the path of the data set inside the file; the same names, kinds and trailing shapes
            on all ranks.
        mode: "w" starts a new file, "a" adds to it.

    Raises:
        OSError: on all ranks, when the file cannot be written.
    """
    if comm.size > 1 and has_parallel_hdf5():
        _write_together(comm, path, arrays, mode)
    else:
        _write_on_root(comm, path, arrays, mode)


def _write_together(comm: MPI.Intracomm, path: Path, arrays: Mapping[str, npt.NDArray], mode: str) -> None:
    with h5py.File(path, mode, driver="mpio", comm=comm) as file:
        for name, rows in arrays.items():
            data = file.create_dataset(name, global_shape(comm, rows), dtype=rows.dtype)
            stop = comm.scan(len(rows))
            data[stop - len(rows) : stop] = rows


def _write_on_root(comm: MPI.Intracomm, path: Path, arrays: Mapping[str, npt.NDArray], mode: str) -> None:
    whole = {name: comm.gather(rows) for name, rows in arrays.items()}

    def write() -> None:
        with h5py.File(path, mode) as file:
            for name, parts in whole.items():
                file[name] = np.concatenate(parts or [])

    on_root(comm, write)


def remove_groups(path: Path, keep: set[str]) -> None:
    """Drop all groups of a file but those to keep. One process."""
    with h5py.File(path, "a") as file:
        for name in set(file) - keep:
            del file[name]


def file_ends_up_on_disk(path: Path) -> None:
    """Return when the system has written the file to the disk. One process."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
