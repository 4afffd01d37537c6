"""run.json: what was run, with what, on what mesh, how long it took and what the solvers did."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import dolfinx
import numpy as np
from petsc4py import PETSc

from fem_ssb.mesh import NamedMesh
from fem_ssb.output.folder import on_root, output_folder, replace_text
from fem_ssb.output.plain import plain


def versions() -> dict[str, str]:
    """Versions of what the numbers depend on; "unknown" where a package does not tell."""
    return {
        "fem_ssb": _version("fem_ssb"),
        "python": platform.python_version(),
        "dolfinx": dolfinx.__version__,
        "petsc": ".".join(str(n) for n in PETSc.Sys.getVersion()),
        "gmsh": _version("gmsh"),
        "numpy": np.__version__,
    }


def write_run_record(
    path: str | os.PathLike[str],
    mesh: NamedMesh,
    *,
    parameters: Mapping[str, Any],
    timing: Mapping[str, float] | None = None,
    solver: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Write (or replace as a whole) the record of a run. Collective.

    Args:
        path: "results/run/run.json".
        mesh: its summary goes into the record.
        parameters: everything the user set, SI.
        timing: wall-clock seconds by what they were spent on.
        solver: iterations, steps, failures … by solver.
        more: further sections.

    Returns:
        The record, made of plain values.

    Raises:
        InputError: on all ranks, when the folder cannot be written.
    """
    path = Path(path)
    folder = output_folder(path.parent, mesh.comm)
    record = plain(
        {
            "written": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": sys.argv,
            "ranks": mesh.comm.size,
            "machine": platform.node(),
            "versions": versions(),
            "parameters": parameters,
            "mesh": mesh.summary(),
            "timing [s]": timing or {},
            "solver": solver or {},
            **more,
        }
    )
    on_root(mesh.comm, lambda: replace_text(folder / path.name, json.dumps(record, indent=1, ensure_ascii=False)))
    return record


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        pass
    try:
        return str(getattr(import_module(package), "__version__", "unknown"))
    except ImportError:
        return "unknown"
