"""Meshes of Neper: element sets as grains, with their orientations.

The format is that of Neper's documentation ("File and Directory Formats", mesh version 2.3): Gmsh's 2.2 with sections
of its own for boundary facets ($Fasets), orientations ($ElsetOrientations) and groups of element sets ($Groups).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from mpi4py import MPI

from fem_ssb.errors import InputError
from fem_ssb.mesh.loaded import Loaded, named_mesh
from fem_ssb.mesh.measure import BOX_NAMES
from fem_ssb.mesh.named import NamedMesh
from fem_ssb.mesh.read import load_msh
from fem_ssb.microstructure.texture import rotations


def read_neper(
    comm: MPI.Comm,
    path: str | Path,
    regions: str | Mapping[int, str] = "polycrystal",
    scale: float = 1.0,
    materials: Mapping[str, Any] | None = None,
    **more: Any,
) -> NamedMesh:
    """Mesh from Neper: each element set is a grain with its orientation. Collective.

    The faces x0, x1, … of the domain are called "left", "right", … as in a stack, others as in the file.

    Args:
        comm: MPI communicator; the file is read on rank 0.
        path: of a .msh file with straight triangles or tetrahedra, in ASCII.
        regions: name of all grains' region, or by the groups that Neper was given (-group) the region of each.
        scale: metres in a length of 1 of the file, such as 1e-6.
        materials: material of each region.
        more: `grain_boundaries`, `interface_data` as in `NamedMesh`.

    Returns:
        The mesh, distributed over the ranks.

    Raises:
        InputError: on all ranks, for a file that is not there or does not fit.

    Example:
        >>> mesh = read_neper(comm, "n100.msh", "separator", scale=40e-6, materials={"separator": "LLZO"})
    """
    return named_mesh(comm, lambda: _load(Path(path), regions), f"read {path}", scale, materials, more)


def _load(path: Path, regions: str | Mapping[int, str]) -> Loaded:
    """Content of the file, on one rank, inside a Gmsh session."""
    mesh = load_msh(path)
    text = path.read_text().splitlines()
    groups, orientations = _section(text, "Groups"), _section(text, "ElsetOrientations")
    elsets = mesh.region_tags
    mesh.region_of_grain = np.zeros(len(elsets), dtype=np.int64)
    if isinstance(regions, str):
        mesh.regions = [regions]
    else:
        group_of = {int(a): int(b) for a, b in (line.split()[:2] for line in groups[2:])}
        missing = sorted({group_of.get(elset, 0) for elset in elsets} - set(regions))
        if missing:
            raise InputError(f"{path} has grains of groups without a region, {missing}: name them in regions={{…}}")
        mesh.regions = list(dict.fromkeys(regions.values()))
        mesh.region_of_grain = np.array([mesh.regions.index(regions[group_of.get(elset, 0)]) for elset in elsets])
    if orientations:
        rows = np.array([line.split() for line in orientations[1:]], dtype=np.float64)
        row = {int(elset): i for i, elset in enumerate(rows[:, 0])}
        turns = rotations(orientations[0].split()[1], rows[:, 1:])
        mesh.orientations = turns[[row[elset] for elset in elsets]]
    mesh.facets = _fasets(_section(text, "Fasets"), mesh.node_tags, mesh.cells.shape[1] - 1)
    return mesh


def _section(lines: list[str], name: str) -> list[str]:
    """Lines between $name and $Endname, none if it is not there."""
    if f"${name}" not in lines:
        return []
    start = lines.index(f"${name}") + 1
    stop = next((i for i in range(start, len(lines)) if lines[i].startswith("$End")), None)
    if stop is None:
        raise ValueError(f"${name} has no end: the file is cut short")
    return lines[start:stop]


def _fasets(lines: list[str], tags: npt.NDArray[np.int64], dim: int) -> dict[str, npt.NDArray[np.int64]] | None:
    """Nodes of the facets of each boundary; without any, the faces of the box are taken."""
    if not lines:
        return None
    ours = {f"{axis}{side}": BOX_NAMES[dim][k][side] for k, axis in enumerate("xyz"[:dim]) for side in (0, 1)}
    found, at = {}, 1
    for _ in range(int(lines[0])):
        label, count = lines[at].strip(), int(lines[at + 1])
        rows = np.array([line.split() for line in lines[at + 2 : at + 2 + count]], dtype=np.int64)
        found[ours.get(label, label)] = np.searchsorted(tags, rows.reshape(count, -1)[:, -dim:])
        at += 2 + count
    return found
