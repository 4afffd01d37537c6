"""What readers of mesh files find, checked, distributed and named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from dolfinx.graph import adjacencylist
from dolfinx.io.utils import distribute_entity_data
from dolfinx.mesh import exterior_facet_indices, meshtags_from_entities
from mpi4py import MPI

from fem_ssb.errors import InputError, number, raise_on_all
from fem_ssb.mesh.distribute import check_ranks, distribute
from fem_ssb.mesh.named import NamedMesh
from fem_ssb.mesh.session import gmsh_session

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass
class Loaded:
    """A mesh on one rank.

    Attributes:
        nodes: coordinates in the file's unit, shape (n, dim).
        cells: node indices, shape (m, dim + 1).
        regions: names.
        region: region of each cell, shape (m,); or with `region_of_grain` the grain of each cell.
        facets: node indices of the facets of each named boundary, shape (k, dim); None: the faces of the box.
        region_of_grain: region of each grain; None: each region is one grain.
        orientations: of the grains, shape (n_grains, 3, 3); None: identity.
        node_tags, region_tags: numbers of the nodes and of the regions in the file, where it has any.
        told: keywords of `NamedMesh` that the file tells: `closing`, those of `facets` that are cracks which close,
            inside the mesh; `ends`, `periodic`, `porosity`.
    """

    nodes: FloatArray
    cells: IntArray
    regions: list[str]
    region: npt.NDArray[np.integer]
    facets: dict[str, IntArray] | None = field(default_factory=dict)
    region_of_grain: IntArray | None = None
    orientations: FloatArray | None = None
    node_tags: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    region_tags: list[int] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)


def named_mesh(
    comm: MPI.Comm,
    load: Callable[[], Loaded],
    what: str,
    scale: float,
    materials: Mapping[str, Any] | None,
    more: Mapping[str, Any],
) -> NamedMesh:
    """Load on rank 0 inside a Gmsh session, check, distribute and name. Collective.

    Args:
        comm: MPI communicator.
        load: reads the file.
        what: it does, for errors: "read stack.msh".
        scale: metres in a length of 1 of the file.
        materials: material of each region.
        more: keywords of `NamedMesh`.

    Raises:
        InputError: on all ranks.
    """
    scale = number(scale, "scale (m)", above=0.0)
    content: Loaded | None = None
    error: Exception | None = None
    with gmsh_session() if comm.rank == 0 else nullcontext():
        if comm.rank == 0:
            try:
                content = load()
                _check(content)
                check_ranks(len(content.cells), comm.size)
            except Exception as problem:
                error = problem
                if not isinstance(problem, InputError):
                    error = InputError(f"cannot {what}: {problem}; make it again")
    raise_on_all(comm, error)
    plan: tuple[Any, ...] | None = None
    if content is not None:
        groups = None if content.facets is None else list(content.facets)
        plan = (content.nodes.shape[1], content.regions, content.region, groups, content.region_of_grain)
        plan = (*plan, content.orientations, content.told)
    dim, regions, label, groups, region_of_grain, orientations, told = comm.bcast(plan)
    nodes = content.nodes * scale if content is not None else None
    domain = distribute(comm, content.cells if content is not None else None, nodes, dim)
    topology = domain.topology
    topology.create_connectivity(dim - 1, dim)
    topology.create_connectivity(dim - 1, 0)
    exterior = exterior_facet_indices(topology)
    owned = np.arange(topology.index_map(dim - 1).size_local, dtype=np.int32)
    boundaries: dict[str, npt.NDArray[np.int32]] | None = None if groups is None else {}
    for name in groups or ():
        given = content.facets[name] if content is not None and content.facets else np.zeros((0, dim), dtype=np.int64)
        entities, values = distribute_entity_data(domain, dim - 1, given, np.ones(len(given), dtype=np.int32))
        tags = meshtags_from_entities(domain, dim - 1, adjacencylist(entities), values.astype(np.int32))
        facets = np.intersect1d(tags.indices, owned if name in told.get("closing", ()) else exterior).astype(np.int32)
        if boundaries is not None and comm.allreduce(len(facets)) > 0:
            boundaries[name] = facets
    label_of_cell = label[topology.original_cell_index]
    return NamedMesh.from_cells(
        domain,
        regions,
        label_of_cell if region_of_grain is None else region_of_grain[label_of_cell],
        grain_of_cell=None if region_of_grain is None else label_of_cell,
        region_of_grain=region_of_grain,
        orientations=orientations,
        boundaries=boundaries,
        materials=materials,
        **(told | dict(more)),
    )


def flat_nodes(x: FloatArray, dim: int, path: str) -> FloatArray:
    """Coordinates of shape (n, dim) from those of shape (n, 2 or 3).

    Raises:
        InputError: for a surface that is not in a plane z = constant.
    """
    if dim == 2 and x.shape[1] == 3 and np.ptp(x[:, 2]) > 1e-9 * np.ptp(x, axis=0).max():
        raise InputError(f"the surface in {path} is not flat: 2D meshes lie in a plane z = constant")
    return x[:, :dim]


def _check(content: Loaded) -> None:
    """Refuse what is no mesh: no cells, cells without volume, facets that more than two cells share."""
    if not len(content.cells):
        raise InputError("there are no cells: was the file written before meshing?")
    if not np.isfinite(content.nodes).all():
        raise InputError("the mesh has nodes whose coordinates are no numbers: it may be cut short; write it again")
    x = content.nodes[content.cells]
    edges = x[:, 1:] - x[:, :1]
    dim = x.shape[2]
    flat = np.abs(np.linalg.det(edges)) <= 1e-12 * np.linalg.norm(edges, axis=2).max(axis=1) ** dim
    if flat.any():
        raise InputError(f"{flat.sum()} of {len(flat)} cells of the mesh are flat: repair it where it was made")
    facets = np.sort(np.concatenate([np.delete(content.cells, k, axis=1) for k in range(dim + 1)]), axis=1)
    order = np.lexsort(facets.T)
    same = (facets[order[1:]] == facets[order[:-1]]).all(axis=1)
    crowded = int((same[1:] & same[:-1]).sum())
    if crowded:
        raise InputError(
            f"the mesh is not manifold: more than two cells share a facet in {crowded} places; "
            "cells are there twice or overlap, remove them where the mesh was made"
        )
