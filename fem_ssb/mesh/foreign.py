"""Meshes in the formats that meshio reads: Abaqus, Exodus, Nastran, MED, VTU, XDMF and others."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import meshio
import numpy as np
import numpy.typing as npt
from mpi4py import MPI

from fem_ssb.errors import InputError, unknown
from fem_ssb.mesh.loaded import Loaded, flat_nodes, named_mesh
from fem_ssb.mesh.named import NamedMesh
from fem_ssb.mesh.read import read_msh

SIMPLEX = {"line": 1, "triangle": 2, "tetra": 3}
"""Dimension of meshio's straight simplices."""

LABELS = ("region", "gmsh:physical", "medit:ref", "cell_tags", "ansys:material", "material", "MaterialIds", "subdomain")
"""Names that cell data with the number of the region go by, the first one that is there is taken."""


def read_mesh(
    comm: MPI.Comm,
    path: str | Path,
    names: Mapping[int, str] | None = None,
    labels: str | None = None,
    scale: float = 1.0,
    materials: Mapping[str, Any] | None = None,
    **more: Any,
) -> NamedMesh:
    """Mesh from any file that meshio reads, with its named groups. Collective.

    Sets of cells (Abaqus, Exodus, …) are regions, sets of facets boundaries. Files without sets have numbers on
    their cells instead, which `names` gives a name. Without sets of facets the boundaries are the faces of the
    bounding box.

    Args:
        comm: MPI communicator; the file is read on rank 0.
        path: of a file with triangles (in a plane z = constant) or tetrahedra; ".msh" is left to `read_msh`.
        names: region of each number; default: the file's own names, or "region 3" for 3.
        labels: name of the cell data with the numbers; default: the first of `LABELS`.
        scale: metres in a length of 1 of the file, such as 1e-6.
        materials: material of each region.
        more: `grain_boundaries`, `interface_data` as in `NamedMesh`.

    Returns:
        The mesh, distributed over the ranks.

    Raises:
        InputError: on all ranks, for a file that is not there, cut short, not manifold, or does not fit.
    """
    path = Path(path)
    if path.suffix == ".msh":
        return read_msh(comm, path, scale, materials, **more)
    return named_mesh(comm, lambda: _load(path, names, labels), f"read {path}", scale, materials, more)


def _load(path: Path, names: Mapping[int, str] | None, labels: str | None) -> Loaded:
    """Content of the file, on one rank."""
    if not path.is_file():
        raise InputError(f"there is no mesh file {path}")
    found = _read(path)
    dim = max((SIMPLEX.get(block.type, block.dim) for block in found.cells), default=0)
    blocks = [k for k, block in enumerate(found.cells) if block.dim == dim]
    if dim not in (2, 3) or any(found.cells[k].type not in SIMPLEX for k in blocks):
        kinds = ", ".join(sorted({block.type for block in found.cells})) or "nothing"
        raise InputError(f"{path} holds {kinds}: a mesh is of straight triangles or of tetrahedra")
    cells = np.concatenate([found.cells[k].data for k in blocks]).astype(np.int64)
    regions, region = _regions(path, found, blocks, names, labels)
    used, cells = np.unique(cells, return_inverse=True)
    facets = _facets(found, dim, used)
    return Loaded(
        nodes=flat_nodes(np.asarray(found.points, dtype=np.float64), dim, str(path))[used],
        cells=cells.reshape(-1, dim + 1),
        regions=regions,
        region=region,
        facets=facets or None,
    )


def _read(path: Path) -> meshio.Mesh:
    """meshio's mesh; it prints what goes wrong and ends the process, which becomes an error here."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            return meshio.read(path)
    except (Exception, SystemExit) as problem:
        reason = str(problem) if str(problem) not in ("", "1") else " ".join(said.getvalue().split())
        raise InputError(
            f"cannot read the mesh {path} ({reason or type(problem).__name__}): it may be cut short or of a format "
            "that meshio does not know; write it again, as .msh or .vtu"
        ) from None


def _regions(
    path: Path, found: meshio.Mesh, blocks: list[int], names: Mapping[int, str] | None, labels: str | None
) -> tuple[list[str], npt.NDArray[np.int32]]:
    """Names of the regions and the region of each cell."""
    sizes = [len(found.cells[k].data) for k in blocks]
    sets = {} if labels is not None else {
        name: np.concatenate([_members(of_block[k], n) for k, n in zip(blocks, sizes, strict=True)])
        for name, of_block in found.cell_sets.items()
        if not name.startswith("gmsh:")
    }  # fmt: skip
    sets = {name: mask for name, mask in sets.items() if mask.any()}
    if sets:
        times = np.sum(list(sets.values()), axis=0)
        if (times != 1).any():
            raise InputError(
                f"{(times == 0).sum()} cells of {path} are in no set and {(times > 1).sum()} in several: regions are "
                f"sets that hold each cell once; there are {', '.join(sets)}"
            )
        return list(sets), np.argmax(list(sets.values()), axis=0).astype(np.int32)
    whole = [name for name, of_block in found.cell_data.items() if np.ndim(of_block[blocks[0]]) == 1]
    key = labels or next((name for name in LABELS if name in whole), None)
    if key is None:
        return ["region"], np.zeros(sum(sizes), dtype=np.int32)
    if key not in whole:
        raise unknown("cell data", key, whole)
    numbers = np.concatenate([np.asarray(found.cell_data[key][k]) for k in blocks])
    if (numbers != np.round(numbers)).any():
        raise InputError(
            f"cell data '{key}' of {path} are no whole numbers: labels= says which data number the regions"
        )
    there, region = np.unique(numbers.astype(np.int64), return_inverse=True)
    if names is None:
        own = {int(tag): name for name, (tag, d) in found.field_data.items() if d == found.cells[blocks[0]].dim}
        names = {int(tag): own.get(int(tag), f"region {tag}") for tag in there}
    missing = [int(tag) for tag in there if tag not in names]
    if missing:
        raise InputError(f"regions of {path} without a name: {missing[:10]}; give names={{number: region}} for all")
    regions = list(dict.fromkeys(names[int(tag)] for tag in there))
    return regions, np.array([regions.index(names[int(tag)]) for tag in there], dtype=np.int32)[region]


def _members(chosen: Any, count: int) -> npt.NDArray[np.bool_]:
    """Mask of the cells of one block in a set, which may be there as indices, or not at all."""
    mask = np.zeros(count, dtype=bool)
    if chosen is not None and len(chosen):
        mask[np.asarray(chosen, dtype=np.int64)] = True
    return mask


def _facets(found: meshio.Mesh, dim: int, used: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[np.int64]]:
    """Nodes, as positions in `used`, of the facets in each set of facets."""
    blocks = [k for k, block in enumerate(found.cells) if block.type in SIMPLEX and block.dim == dim - 1]
    groups: dict[str, npt.NDArray[np.int64]] = {}
    for name, of_block in found.cell_sets.items():
        parts = [
            np.asarray(found.cells[k].data)[np.asarray(of_block[k], dtype=np.int64)]
            for k in blocks
            if of_block[k] is not None and len(of_block[k])
        ]
        if parts and not name.startswith("gmsh:"):
            groups[name] = np.concatenate(parts).astype(np.int64)
    return {name: np.searchsorted(used, f[np.isin(f, used).all(axis=1)]) for name, f in groups.items()}
