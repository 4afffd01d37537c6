"""The state of a run on disk, to go on from with another number of ranks.

Fields are stored with io4dolfinx' checkpoint on the input mesh, whose key is the index a cell had in the input, so
that the mesh made again by the same script serves on any partition. Each field is carried by a cell-wise constant with
as many components as the field has unknowns a cell. Written directly, restricted and trace spaces do not come back:
their dummy unknowns are one a rank, so their size depends on the number of ranks, and io4dolfinx, which finds unknowns
by global index, fails. Cell-wise values serve every element without oriented unknowns alike: Lagrange of any degree,
broken, restricted, trace and tied spaces, quadrature elements. The price is at most twice the file, since the
cell-wise list of unknowns is stored in any case.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import io4dolfinx
from dolfinx import fem

from fem_ssb.errors import InputError, raise_on_all, unknown
from fem_ssb.mesh import NamedMesh
from fem_ssb.output.fingerprint import difference, mesh_fingerprint
from fem_ssb.output.folder import on_root, output_folder, replace_text
from fem_ssb.output.heavy import file_ends_up_on_disk, has_parallel_hdf5
from fem_ssb.output.plain import plain

NAME = re.compile(r"checkpoint-(\d+)")


def write_checkpoint(
    folder: str | os.PathLike[str],
    mesh: NamedMesh,
    functions: Mapping[str, fem.Function],
    state: Mapping[str, Any],
    *,
    keep: int = 1,
) -> Path:
    """Write a new checkpoint; the last one stays until the new one is complete. Collective.

    Args:
        folder: where checkpoints of this run are gathered.
        mesh: mesh that all functions live on.
        functions: fields by name; all of them come back to the last bit.
        state: time, step, counters … as JSON holds them (numpy values are converted).
        keep: how many of the newest checkpoints stay.

    Returns:
        The folder of the new checkpoint.

    Raises:
        InputError: on all ranks, for a function of another mesh or an element with oriented unknowns, a folder that
            cannot be written, or an h5py without MPI on several ranks.
    """
    comm = mesh.comm
    names = list(functions)
    raise_on_all(comm, _problem(mesh, functions))
    root = output_folder(folder, comm)
    record = {
        "state": plain(state),
        "mesh": mesh_fingerprint(mesh),
        "fields": {name: str(functions[name].function_space.ufl_element()) for name in names},
    }

    def start() -> Path:
        for left_over in root.glob(".part-*"):
            shutil.rmtree(left_over)
        number = max((n for n, _ in _complete(root)), default=0) + 1
        part = root / f".part-{number:06d}"
        part.mkdir()
        return part

    def finish() -> Path:
        if names:
            file_ends_up_on_disk(part / "fields.h5")
        replace_text(part / "state.json", json.dumps(record, indent=1))
        final = root / part.name.replace(".part", "checkpoint")
        os.replace(part, final)
        for _, old in _complete(root)[: -max(keep, 1)]:
            shutil.rmtree(old)
        return final

    part = on_root(comm, start)
    for i, name in enumerate(names):
        io4dolfinx.write_function_on_input_mesh(
            part / "fields.h5", _carried(functions[name]), name=f"field_{i}", backend="h5py"
        )
    return on_root(comm, finish)


def read_checkpoint(
    folder: str | os.PathLike[str], mesh: NamedMesh, functions: Mapping[str, fem.Function]
) -> dict[str, Any]:
    """Fill functions from a checkpoint and return its state. Collective.

    Args:
        folder: a checkpoint, or the folder where they are gathered (the newest is taken).
        mesh: the mesh, made again by the same script on any number of ranks.
        functions: fields to fill, by the names they were written with; others in the checkpoint are left alone.

    Returns:
        The state as it was written.

    Raises:
        InputError: on all ranks, when there is no checkpoint, the mesh is another one, a field is not in it or was
            written from another element. No function has been changed then.
    """
    comm = mesh.comm
    raise_on_all(comm, _problem(mesh, functions))
    here = mesh_fingerprint(mesh)

    def open_record() -> tuple[Path, dict[str, Any]]:
        path = Path(folder).absolute()
        if not (path / "state.json").exists():
            newest = latest_checkpoint(path)
            if newest is None:
                raise InputError(f"there is no checkpoint in '{path}'")
            path = newest
        record = json.loads((path / "state.json").read_text(encoding="utf-8"))
        if (what := difference(record["mesh"], here)) is not None:
            raise InputError(
                f"the checkpoint '{path}' was written on another mesh ({what}): "
                "make the mesh with the same script, sizes, seeds and Gmsh version"
            )
        for name, u in functions.items():
            if name not in record["fields"]:
                raise unknown("field in the checkpoint", name, record["fields"])
            element = str(u.function_space.ufl_element())
            if record["fields"][name] != element:
                raise InputError(f"the field '{name}' was written from {record['fields'][name]}, not from {element}")
        return path, record

    path, record = on_root(comm, open_record)
    places = {name: f"field_{i}" for i, name in enumerate(record["fields"])}
    for name, u in functions.items():
        carrier = fem.Function(_carrier_space(u))
        io4dolfinx.read_function(path / "fields.h5", carrier, name=places[name], backend="h5py")
        dofs = u.function_space.dofmap
        cells = _owned_cells(u)
        carried = carrier.function_space.dofmap
        rows = carrier.x.array.reshape(-1, carried.bs)[carried.list[:cells, 0]]
        u.x.array.reshape(-1, dofs.bs)[dofs.list[:cells]] = rows.reshape(cells, -1, dofs.bs)
        u.x.scatter_forward()
    return record["state"]


def latest_checkpoint(folder: str | os.PathLike[str]) -> Path | None:
    """The newest complete checkpoint in a folder, None when there is none. Not collective."""
    found = _complete(Path(folder).absolute())
    return found[-1][1] if found else None


def _complete(root: Path) -> list[tuple[int, Path]]:
    if not root.is_dir():
        return []
    named = [(NAME.fullmatch(path.name), path) for path in root.iterdir() if (path / "state.json").exists()]
    return sorted((int(match[1]), path) for match, path in named if match)


def _problem(mesh: NamedMesh, functions: Mapping[str, fem.Function]) -> InputError | None:
    if mesh.comm.size > 1 and not has_parallel_hdf5():
        return InputError("checkpoints on several ranks need an h5py built with MPI")
    for name, u in functions.items():
        if u.function_space.mesh.topology != mesh.domain.topology:
            return InputError(f"the field '{name}' lives on another mesh than the checkpoint")
        if u.function_space.element.needs_dof_transformations:
            return InputError(f"the field '{name}' has oriented unknowns, which a checkpoint does not hold")
    return None


def _owned_cells(u: fem.Function) -> int:
    topology = u.function_space.mesh.topology
    return topology.index_map(topology.dim).size_local


def _carrier_space(u: fem.Function) -> fem.FunctionSpace:
    """Cell-wise constants with as many components as `u` has unknowns a cell."""
    dofs = u.function_space.dofmap
    return fem.functionspace(u.function_space.mesh, ("DG", 0, (dofs.list.shape[1] * dofs.bs,)))


def _carried(u: fem.Function) -> fem.Function:
    """Values of `u` cell by cell."""
    carrier = fem.Function(_carrier_space(u))
    dofs = u.function_space.dofmap
    rows = carrier.x.array.reshape(-1, carrier.function_space.dofmap.bs)
    rows[carrier.function_space.dofmap.list[:, 0]] = u.x.array.reshape(-1, dofs.bs)[dofs.list].reshape(len(rows), -1)
    return carrier
