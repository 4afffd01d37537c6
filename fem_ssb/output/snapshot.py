"""One time of a field series, read back as arrays in one process."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt

from fem_ssb.errors import InputError
from fem_ssb.output import xdmf

FloatArray = npt.NDArray[np.float64]


@dataclass
class Snapshot:
    """All fields at one time, on the mesh split at its interfaces.

    Attributes:
        time: s.
        points: m, shape (n, 3).
        cells: points of each cell, shape (m, 3) for triangles, (m, 4) for tetrahedra.
        nodal: fields at points by name, shape (n,) or (n, 3) or (n, 9); NaN where a field does not live.
        cell: fields in cells by name, likewise.
        regions: names of the regions; `cell["region"]` holds indices into them.
    """

    time: float
    points: FloatArray
    cells: npt.NDArray[np.int64]
    nodal: dict[str, npt.NDArray]
    cell: dict[str, npt.NDArray]
    regions: list[str]


def read_times(path: str | os.PathLike[str]) -> list[float]:
    """Times (s) of a series, without its data. Not collective."""
    return [time for time, _ in xdmf.parse(Path(path))[0]]


def read_snapshot(path: str | os.PathLike[str], step: int = -1) -> Snapshot:
    """One time of a series. Not collective: call it on one rank.

    Args:
        path: "results/run/fields.xdmf".
        step: which time, counted as list indices are; default: the last.

    Raises:
        InputError: when there is no such series or step.
    """
    path = Path(path)
    grids, information = xdmf.parse(path)
    if not -len(grids) <= step < len(grids):
        raise InputError(f"'{path}' has {len(grids)} times, none with index {step}")
    time, grid = grids[step]
    fields: dict[str, dict[str, npt.NDArray]] = {"Node": {}, "Cell": {}}
    with h5py.File(path.with_name(_file(grid)), "r") as file:
        for attribute in grid.iterfind("Attribute"):
            fields[str(attribute.get("Center"))][str(attribute.get("Name"))] = _read(file, attribute)
        points, cells = (_read(file, element) for element in (grid.find("Geometry"), grid.find("Topology")))
    regions = [entry.partition("=")[2] for entry in information.get("regions", "").split("; ")]
    return Snapshot(time, points, cells, fields["Node"], fields["Cell"], regions)


def _file(grid: ET.Element) -> str:
    item = grid.find("Geometry/DataItem")
    assert item is not None
    return xdmf.heavy_path(item)[0]


def _read(file: h5py.File, element: ET.Element | None) -> npt.NDArray:
    item = None if element is None else element.find("DataItem")
    assert item is not None
    return np.asarray(file[xdmf.heavy_path(item)[1]])
