"""The cells of Gmsh's current model as arrays, spheres made as large as they should be, the worst cells improved."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import pi
from typing import TYPE_CHECKING

import gmsh
import numpy as np
import numpy.typing as npt

from fem_ssb.mesh.improve import improve
from fem_ssb.mesh.periodic import on_periodic_face
from fem_ssb.mesh.quality import gamma

if TYPE_CHECKING:
    from fem_ssb.mesh.gmsh_model import Builder

FloatArray = npt.NDArray[np.float64]


@dataclass
class RawMesh:
    """Nodes (n, dim) in lengths of the geometry's unit, cells (m, dim + 1) as node indices, grain (m,) of each.

    `parents` is for each grain the cell of the complex it is (part of), or after these the inclusion.
    `quality` is the smallest and `mean_quality` the mean of Gmsh's gamma, see `fem_ssb.mesh.quality`. `flaws` are the
    facets of cracks and notches by name, as node indices (n, dim).
    """

    nodes: FloatArray
    cells: npt.NDArray[np.int64]
    grain: npt.NDArray[np.int32]
    parents: npt.NDArray[np.int64]
    quality: float
    mean_quality: float
    flaws: dict[str, npt.NDArray[np.int64]] = field(default_factory=dict)


def extract(dim: int, entities: list[int], builder: Builder) -> RawMesh:
    """Nodes and cells of the current model, cells in the order of the entities; the worst ones improved in 3D."""
    kind = {2: 2, 3: 4}[dim]
    tags, x, _ = gmsh.model.mesh.getNodes()
    parts = [gmsh.model.mesh.getElementsByType(kind, entity) for entity in entities]
    counts = [len(part[0]) for part in parts]
    if not all(counts):
        raise RuntimeError(f"grain {counts.index(0)} got no cells")
    corners = np.concatenate([part[1] for part in parts]).astype(np.int64)
    used = np.zeros(int(tags.max()) + 1, dtype=bool)
    used[corners] = True
    row, place = np.cumsum(used) - 1, np.zeros(len(used), dtype=np.int64)
    place[tags.astype(np.int64)] = np.arange(len(tags))
    node_tags = np.flatnonzero(used)
    nodes, cells = x.reshape(-1, 3)[place[node_tags], :dim], row[corners].reshape(-1, dim + 1)
    quality = gmsh.model.mesh.getElementQualities(np.concatenate([part[0] for part in parts]), "gamma")
    if dim == 3:
        _round(builder.balls, nodes, cells, quality, row)
        quality = improve(nodes, cells, quality, _Motion(builder, node_tags))
    return RawMesh(
        nodes=nodes,
        cells=cells,
        grain=np.repeat(np.arange(len(parts), dtype=np.int32), counts),
        parents=np.array(builder.parents, dtype=np.int64),
        quality=float(np.min(quality)),
        mean_quality=float(np.mean(quality)),
        flaws={name: _facets(dim - 1, some, row) for name, some in builder.flaws.items()},
    )


def _facets(dim: int, entities: list[int], row: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Node indices of the lines or triangles of some entities."""
    parts = [gmsh.model.mesh.getElementsByType({1: 1, 2: 2}[dim], entity)[1] for entity in entities]
    return row[np.concatenate(parts).astype(np.int64)].reshape(-1, dim + 1)


def _round(
    balls: list[tuple[FloatArray, FloatArray, list[int]]],
    nodes: FloatArray,
    cells: npt.NDArray[np.int64],
    quality: FloatArray,
    row: npt.NDArray[np.int64],
) -> None:
    """Move the nodes of each ellipsoid outwards until its polyhedron has its volume, in place."""
    if not balls:
        return
    moved = np.zeros(len(nodes), dtype=bool)
    for centre, matrix, octants in balls:
        parts = [gmsh.model.mesh.getElementsByType(2, octant)[1] for octant in octants]
        triangles = row[np.concatenate(parts).astype(np.int64)].reshape(-1, 3)
        volume = np.abs(np.linalg.det(nodes[triangles] - centre)).sum() / 6
        own = np.unique(triangles)
        nodes[own] = centre + (4 * pi * np.linalg.det(matrix) / 3 / volume) ** (1 / 3) * (nodes[own] - centre)
        moved[own] = True
    changed = moved[cells].any(axis=1)
    quality[changed] = gamma(nodes[cells[changed]])


class _Motion:
    """In which directions a node of the current model may move: see `improve`."""

    def __init__(self, builder: Builder, node_tags: npt.NDArray[np.int64]) -> None:
        self.geometry, self.cells, self.tags = builder.geometry, builder.geometry.cells, node_tags
        self.facet_of = {face: i for i, face in enumerate(builder.faces)}
        self.ends = {line: ends for ends, line in builder.lines.items()}

    def __call__(self, node: int) -> FloatArray:
        _, _, dim, entity = gmsh.model.mesh.getNode(int(self.tags[node]))
        if dim == 3:
            return np.eye(3)
        if dim == 2 and entity in self.facet_of:
            x = self.cells.points[self.cells.facets[self.facet_of[entity]]]
            if on_periodic_face(self.geometry, x):
                return np.zeros((3, 3))
            normal = np.cross(x - x[0], np.roll(x, -1, axis=0) - x[0]).sum(axis=0)
            return np.eye(3) - np.outer(normal, normal) / (normal @ normal)
        if dim == 1 and entity in self.ends:
            x = self.cells.points[list(self.ends[entity])]
            if on_periodic_face(self.geometry, x):
                return np.zeros((3, 3))
            along = x[0] - x[1]
            return np.outer(along, along) / (along @ along)
        return np.zeros((3, 3))
