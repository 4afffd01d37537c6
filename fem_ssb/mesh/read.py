"""Gmsh files and Gmsh scripts with named physical groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gmsh
import numpy as np
import numpy.typing as npt
from mpi4py import MPI

from fem_ssb.errors import InputError
from fem_ssb.mesh.loaded import Loaded, flat_nodes, named_mesh
from fem_ssb.mesh.named import NamedMesh

SIMPLEX = {1: 1, 2: 2, 3: 4}
"""Gmsh's type number of the straight simplex of each dimension."""

ORIENTATIONS = "GrainOrientations"
"""Section of a Gmsh file that says that entities of cells are grains: a rotation matrix a line, row by row."""

CLOSING = "ClosingCracks"
"""Section that names the groups of facets inside the mesh that are cracks which close, one a line."""

PERIODIC = "RepeatedAxes"
"""Section with the axes along which opposite faces have the same mesh and fields go on across them, one a line.

A name that begins with "Periodic" would be taken for a section of Gmsh's own.
"""

ENDS = "StackEnds"
"""Section with the names of the boundaries at the bottom and top of the stack."""

POROSITY = "Porosity"
"""Section with the porosities of regions: a number and a name a line."""


def read_msh(
    comm: MPI.Comm, path: str | Path, scale: float = 1.0, materials: Mapping[str, Any] | None = None, **more: Any
) -> NamedMesh:
    """Mesh from a Gmsh file: each group of cells is a region, each group of facets a boundary. Collective.

    Regions are in the order of their physical tags; a group without a name is called "group 7" after its
    tag. A region is one grain, but in files of `write_mesh` each entity is a grain with its orientation, and
    `periodic`, `ends` and `porosity` are as they were. Facets inside the mesh are left out of the boundaries, but
    for cracks that close; interfaces follow from regions.

    Args:
        comm: MPI communicator; the file is read on rank 0.
        path: of a .msh file with straight triangles (in a plane z = constant) or tetrahedra.
        scale: metres in a length of 1 of the file, such as 1e-6.
        materials: material of each region.
        more: `grain_boundaries`, `interface_data` and others as in `NamedMesh`.

    Returns:
        The mesh, distributed over the ranks.

    Raises:
        InputError: on all ranks, for a file that is not there or does not fit.
    """
    return named_mesh(comm, lambda: load_msh(Path(path)), f"read {path}", scale, materials, more)


def from_gmsh(
    comm: MPI.Comm,
    draw: Callable[[], None],
    scale: float = 1.0,
    materials: Mapping[str, Any] | None = None,
    **more: Any,
) -> NamedMesh:
    """Mesh of a shape drawn with Gmsh's Python interface, for what no microstructure describes. Collective.

    Args:
        comm: MPI communicator; the shape is drawn on rank 0 alone.
        draw: makes the model with `gmsh.model`, its physical groups and its mesh (`gmsh.model.mesh.generate`);
            called inside a Gmsh session of its own.
        scale: metres in a length of 1 of the drawing; Gmsh's geometry works best with lengths around 1.
        materials: material of each region.
        more: `grain_boundaries`, `interface_data` as in `NamedMesh`.

    Returns:
        The mesh, distributed over the ranks.

    Raises:
        InputError: on all ranks, for a drawing that fails or does not fit; regions and boundaries as in `read_msh`.

    Example:
        >>> def draw():
        ...     gmsh.model.occ.addDisk(0, 0, 0, 1, 1)
        ...     gmsh.model.occ.synchronize()
        ...     gmsh.model.addPhysicalGroup(2, [1], name="disc")
        ...     gmsh.model.mesh.generate(2)
        >>> disc = from_gmsh(comm, draw, scale=1e-6, materials={"disc": "LLZO"})
    """

    def drawn() -> Loaded:
        draw()
        return _content("the drawing")

    return named_mesh(comm, drawn, "draw the mesh", scale, materials, more)


def load_msh(path: Path) -> Loaded:
    """Content of a Gmsh file, on one rank, inside a Gmsh session."""
    if not path.is_file():
        raise InputError(f"there is no mesh file {path}")
    gmsh.merge(str(path))
    return _content(str(path))


def _content(path: str) -> Loaded:
    """The model that is open in Gmsh; `path` says in errors where it comes from."""
    groups = gmsh.model.getPhysicalGroups()
    dim = max((d for d, _ in groups), default=0)
    if dim not in (2, 3):
        raise InputError(f"{path} has no physical group of surfaces (2D) or volumes (3D): name the regions in Gmsh")
    tags, x, _ = gmsh.model.mesh.getNodes()
    x = flat_nodes(x.reshape(-1, 3), dim, path)
    regions: list[str] = []
    region_tags: list[int] = []
    parts: list[npt.NDArray[np.int64]] = []
    members: list[list[int]] = []
    facets: dict[str, npt.NDArray[np.int64]] = {}
    seen: set[int] = set()
    for d, tag in groups:
        if d < dim - 1:
            continue
        entities = gmsh.model.getEntitiesForPhysicalGroup(d, tag).tolist()
        name = gmsh.model.getPhysicalName(d, tag) or f"group {tag}"
        elements = [_simplices(path, d, entity) for entity in entities]
        if d == dim - 1:
            facets[name] = np.concatenate(elements)
            continue
        if seen & set(entities):
            raise InputError(f"cells in {path} are in more than one physical group, among them '{name}'")
        if not sum(len(part) for part in elements):
            raise InputError(f"region '{name}' in {path} has no cells: mesh it, or take its physical group away")
        seen |= set(entities)
        regions.append(name)
        region_tags.append(tag)
        parts += elements
        members.append(entities)
    orientations, region_of_grain, label = _grains(path, members)
    order = np.argsort(tags)
    used, cells = np.unique(np.concatenate(parts), return_inverse=True)
    facets = {name: f[np.isin(f, used).all(axis=1)] for name, f in facets.items()}
    return Loaded(
        regions=regions,
        region=np.repeat(label, [len(part) for part in parts]),
        region_of_grain=region_of_grain,
        orientations=orientations,
        nodes=x[order[np.searchsorted(tags, used, sorter=order)]],
        cells=cells.reshape(-1, dim + 1),
        facets={name: np.searchsorted(used, f) for name, f in facets.items()},
        node_tags=used,
        region_tags=region_tags,
        told=_told(path, facets),
    )


def _grains(
    path: str, members: list[list[int]]
) -> tuple[npt.NDArray[np.float64] | None, npt.NDArray[np.int64] | None, npt.NDArray[np.int32]]:
    """Orientations and region of the grains, both None where regions are grains; label of each entity of `members`."""
    region = np.repeat(np.arange(len(members)), [len(m) for m in members])
    if ORIENTATIONS not in gmsh.model.getAttributeNames():
        return None, None, region.astype(np.int32)
    rows = np.array([line.split() for line in gmsh.model.getAttribute(ORIENTATIONS)], dtype=np.float64)
    label = np.concatenate(members).astype(np.int32) - 1
    if rows.shape != (len(label), 9) or not np.array_equal(np.sort(label), np.arange(len(label))):
        raise InputError(f"{path} has {len(rows)} orientations for {len(label)} grains: write it again")
    region_of_grain = np.empty(len(label), dtype=np.int64)
    region_of_grain[label] = region
    return rows.reshape(-1, 3, 3), region_of_grain, label


def _told(path: str, facets: Mapping[str, npt.NDArray[np.int64]]) -> dict[str, Any]:
    """What the sections of `write_mesh` say beside the grains, as keywords of `NamedMesh`."""
    there = set(gmsh.model.getAttributeNames())
    closing, axes, ends, pores = (
        gmsh.model.getAttribute(name) if name in there else [] for name in (CLOSING, PERIODIC, ENDS, POROSITY)
    )
    for name in closing:
        if name not in facets:
            raise InputError(f"{path} says that crack '{name}' closes, but has no such group of facets: write it again")
    parts = [line.split(maxsplit=1) for line in pores]
    return {
        "closing": tuple(closing),
        "periodic": tuple(int(axis) for axis in axes),
        "ends": tuple(ends) or None,
        "porosity": {name: float(share) for share, name in parts},
    }


def _simplices(path: str, dim: int, entity: int) -> npt.NDArray[np.int64]:
    """Node tags of an entity's elements, shape (n, dim + 1)."""
    kinds, _, nodes = gmsh.model.mesh.getElements(dim, entity)
    if any(kind != SIMPLEX[dim] for kind in kinds):
        raise InputError(f"{path} holds other cells than straight triangles or tetrahedra: use order 1")
    return np.concatenate([np.zeros(0), *nodes]).astype(np.int64).reshape(-1, dim + 1)
