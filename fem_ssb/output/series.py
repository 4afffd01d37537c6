"""All fields at all times in one file pair that ParaView opens directly: fields.xdmf and fields.h5."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from dolfinx import fem

from fem_ssb.errors import InputError, number, raise_on_all
from fem_ssb.mesh import NamedMesh
from fem_ssb.output import xdmf
from fem_ssb.output.folder import on_root, output_folder, replace_text
from fem_ssb.output.heavy import global_shape, remove_groups, write_arrays
from fem_ssb.output.nodal import SplitNodes
from fem_ssb.spaces import split_geometry

if TYPE_CHECKING:
    from fem_ssb.spaces import Space


class FieldSeries:
    """Writes fields over time on a mesh that is split at its interfaces, so that jumps are seen as jumps.

    The XDMF file holds one grid a time with all fields; points, cells and fields that do not change are stored
    once and referenced. At each time the HDF5 file is opened, written and closed, and only then the XDMF file is
    replaced as a whole: a run that is killed leaves all earlier times readable.

    Args:
        path: "results/run/fields.xdmf"; the HDF5 file stands beside it. An older series there is replaced.
        mesh: the mesh with its names.
        split_space: scalar P1 space broken at all interfaces.
        static: more cell fields that do not change, by name, one row an owned (or owned and ghost) cell.
        append_after: resume: keep times up to this one (s), drop later ones, go on. The number of ranks may differ
            from before: every start stores its own mesh.

    Raises:
        InputError: on all ranks, for a place that cannot be written or a series that cannot be continued.

    Example:
        >>> series = FieldSeries("results/fields.xdmf", mesh, split)  # doctest: +SKIP
        >>> series.write(0.0, nodal={"potential [V]": (phi, space)}, cell={"current [A/m²]": i})  # doctest: +SKIP
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        mesh: NamedMesh,
        split_space: Space,
        *,
        static: Mapping[str, npt.ArrayLike] | None = None,
        append_after: float | None = None,
    ) -> None:
        path = Path(path)
        if path.suffix != ".xdmf":
            raise InputError(f"a series is written to a file that ends in .xdmf, not '{path.name}'")
        self.comm = mesh.comm
        self.path = output_folder(path.parent, self.comm) / path.name
        self._heavy = self.path.with_suffix(".h5")
        self._nodes = SplitNodes(split_space)
        topology = mesh.domain.topology
        cells = topology.index_map(topology.dim)
        self._cells, self._all_cells = cells.size_local, cells.size_local + cells.num_ghosts
        self._information = {
            "regions": "; ".join(f"{i}={name}" for i, name in enumerate(mesh.region_names)),
            "units": "SI; times in s, coordinates in m",
        }
        self._grids, starts, self._steps = on_root(self.comm, lambda: self._earlier(append_after))
        self._write_mesh(mesh, split_space, dict(static or {}), starts)

    @property
    def times(self) -> list[float]:
        """Times (s) in the series so far."""
        return [time for time, _ in self._grids]

    def write(self, time: float, nodal: Mapping[str, Any] | None = None, cell: Mapping[str, Any] | None = None) -> None:
        """Add one time with all its fields. Collective.

        Args:
            time: s, later than all before.
            nodal: fields at nodes by name with unit, "temperature [K]". A `Function` of a Lagrange element of any
                degree, a pair (Function, its `Space` or mask of active cells) – NaN where it does not live –, or
                an array with one row a split node of this rank.
            cell: fields in cells. A `Function` constant in each cell, a pair as above, or an array with one row
                an owned (or owned and ghost) cell.

        Vectors get three components, 2×2 tensors nine.

        Raises:
            InputError: on all ranks, for a time that is not later, or a field that does not fit; nothing is written.
        """
        time = number(time, "time [s]")
        if self._grids and time <= self._grids[-1][0]:
            raise InputError(f"time {time!r} s is not later than the last of the series, {self._grids[-1][0]!r} s")
        given_nodal, given_cell = dict(nodal or {}), dict(cell or {})
        sums: dict[str, npt.NDArray] = {}
        rows_in_cells: dict[str, npt.NDArray] = {}

        def local() -> None:
            sums.update({name: self._at_nodes(name, given) for name, given in given_nodal.items()})
            rows_in_cells.update({name: self._in_cells(name, given) for name, given in given_cell.items()})

        self._together(local)
        fields = {
            "nodal": {name: self._finished(given_nodal[name], rows, name) for name, rows in sums.items()},
            "cell": rows_in_cells,
        }
        group = f"/step_{self._steps:06d}"
        items = {
            kind: self._items({name: (f"{group}/{kind}_{i}", rows) for i, (name, rows) in enumerate(rows_of.items())})
            for kind, rows_of in fields.items()
        }
        arrays = {items[k][name].path: rows for k, rows_of in fields.items() for name, rows in rows_of.items()}
        if arrays:
            write_arrays(self.comm, self._heavy, arrays)
        grid = xdmf.grid(
            time, self._heavy.name, self._points, self._topology, items["nodal"], {**self._static, **items["cell"]}
        )
        self._grids.append((time, grid))
        self._steps += 1
        on_root(self.comm, self._write_light)

    def _write_light(self) -> None:
        replace_text(self.path, xdmf.document([grid for _, grid in self._grids], self._information))

    def _earlier(self, append_after: float | None) -> tuple[list[tuple[float, str]], int, int]:
        """Grids to keep, and the first free numbers of a mesh and of a step."""
        if append_after is None or not self.path.exists():
            self.path.unlink(missing_ok=True)
            self._heavy.unlink(missing_ok=True)
            return [], 0, 0
        last = number(append_after, "append_after [s]")
        grids, _ = xdmf.parse(self.path)
        kept = [(time, grid) for time, grid in grids if time <= last]  # exactly: pulses may be of nanoseconds
        self._grids = [(time, ET.tostring(grid, encoding="unicode").strip()) for time, grid in kept]
        self._write_light()
        used = {xdmf.heavy_path(item)[1].split("/")[1] for _, grid in kept for item in grid.iter("DataItem")}
        try:
            remove_groups(self._heavy, used)
        except OSError as problem:
            raise InputError(f"'{self._heavy}' cannot be continued: {problem}. Start a new output folder") from None
        numbers = {kind: [int(n.split("_")[1]) for n in used if n.startswith(kind)] for kind in ("mesh", "step")}
        return self._grids, max(numbers["mesh"], default=-1) + 1, max(numbers["step"], default=-1) + 1

    def _write_mesh(self, mesh: NamedMesh, split_space: Space, static: dict[str, npt.ArrayLike], start: int) -> None:
        points, cells, _ = split_geometry(split_space)
        group = f"/mesh_{start}"
        fields: dict[str, npt.NDArray] = {}
        given_fields = {"region": mesh.region_of_cell, "grain": mesh.grain_of_cell, **static}

        def local() -> None:
            fields.update({name: self._in_cells(name, given) for name, given in given_fields.items()})

        self._together(local)
        self._static = self._items({n: (f"{group}/cell_{i}", rows) for i, (n, rows) in enumerate(fields.items())})
        points = np.pad(points, ((0, 0), (0, 3 - points.shape[1])))
        geometry = self._items({"points": (f"{group}/points", points), "cells": (f"{group}/cells", cells)})
        self._points, self._topology = geometry["points"], geometry["cells"]
        arrays = {self._points.path: points, self._topology.path: cells}
        arrays.update({self._static[name].path: rows for name, rows in fields.items()})
        write_arrays(self.comm, self._heavy, arrays)

    def _items(self, rows_at: Mapping[str, tuple[str, npt.NDArray]]) -> dict[str, xdmf.Item]:
        return {n: xdmf.Item(path, global_shape(self.comm, rows), rows.dtype) for n, (path, rows) in rows_at.items()}

    def _together(self, local: Callable[[], None]) -> None:
        """Run what needs no other rank; an error on one is raised on all before anything collective starts."""
        error: Exception | None = None
        try:
            local()
        except Exception as problem:
            error = problem
        raise_on_all(self.comm, error)

    def _at_nodes(self, name: str, given: Any) -> npt.NDArray:
        """Checked rows of an array, or what this rank's cells add to the values of a `Function`."""
        u, where = _field_and_place(given)
        if isinstance(u, fem.Function):
            _spatial(np.empty((0, *u.ufl_shape)), name)
            return self._nodes.sums(u, where, name=name)
        rows = np.asarray(u)
        if len(rows) != self._nodes.size:
            raise InputError(f"'{name}' must have one row a split node of this rank, {self._nodes.size}")
        return _spatial(rows, name)

    def _finished(self, given: Any, rows: npt.NDArray, name: str) -> npt.NDArray:
        u, _ = _field_and_place(given)
        if isinstance(u, fem.Function):
            return _spatial(self._nodes.means(rows).reshape(-1, *u.ufl_shape), name)
        return rows

    def _in_cells(self, name: str, given: Any) -> npt.NDArray:
        u, where = _field_and_place(given)
        if isinstance(u, fem.Function):
            dofmap = u.function_space.dofmap
            if dofmap.list.shape[1] != 1:
                raise InputError(f"'{name}' must be constant in each cell (DG0), not {u.function_space.ufl_element()}")
            rows = u.x.array.reshape(-1, dofmap.bs)[dofmap.list[: self._cells, 0]].reshape(-1, *u.ufl_shape)
        else:
            rows = np.asarray(u)
            if len(rows) not in (self._cells, self._all_cells):
                raise InputError(f"'{name}' must have one row an owned cell, {self._cells}, not {len(rows)}")
            rows = rows[: self._cells]
        if where is not None:
            rows = rows.astype(np.float64)
            rows[~np.asarray(getattr(where, "active", where), dtype=bool)[: self._cells]] = np.nan
        return _spatial(rows, name)


def _field_and_place(given: Any) -> tuple[Any, Any]:
    return given if isinstance(given, tuple) else (given, None)


def _spatial(rows: npt.NDArray, name: str) -> npt.NDArray:
    """Rows with one, three or nine entries, of a kind that XDMF knows."""
    if rows.dtype.kind not in "fiub":
        raise InputError(f"'{name}' must be of real numbers, not {rows.dtype}")
    if rows.dtype.kind in "ub":
        rows = rows.astype(np.int32)
    shape = rows.shape[1:]
    if shape in ((), (1,)):
        return np.ascontiguousarray(rows.reshape(-1))
    if shape in ((2,), (3,)):
        return np.pad(rows, ((0, 0), (0, 3 - shape[0])))
    if shape in ((2, 2), (3, 3)):
        gap = (0, 3 - shape[0])
        return np.pad(rows, ((0, 0), gap, gap)).reshape(-1, 9)
    raise InputError(f"'{name}' must be a scalar, a vector or a tensor of 2 or 3 dimensions, not of shape {shape}")
