"""A complex of cells as a Gmsh model: neighbours share their faces, nothing is intersected."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, pi, sin

import gmsh
import numpy as np
import numpy.typing as npt

from fem_ssb.mesh.estimate import GRADING, pore_size, size_at
from fem_ssb.mesh.faces import settle_faces
from fem_ssb.mesh.session import gmsh_session
from fem_ssb.microstructure.assembly import Geometry
from fem_ssb.microstructure.complexes import Complex

FloatArray = npt.NDArray[np.float64]


@dataclass
class RawMesh:
    """Nodes (n, dim) in lengths of the geometry's unit, cells (m, dim + 1) as node indices, grain (m,) of each.

    `quality` is the smallest of Gmsh's gamma, the ratio of inscribed to circumscribed radius (1 for the
    regular simplex).
    """

    nodes: FloatArray
    cells: npt.NDArray[np.int64]
    grain: npt.NDArray[np.int32]
    quality: float


def mesh_geometry(geometry: Geometry) -> RawMesh:
    """Mesh a geometry; on one rank.

    Raises:
        Exception: Gmsh's, if it cannot.
    """
    graded = np.ptp(geometry.sizes) > 1e-9 * geometry.sizes.max()
    options = {
        "Mesh.MeshSizeMax": float(geometry.sizes.max()),
        "Mesh.MeshSizeExtendFromBoundary": float(not graded or len(geometry.pores.radii) > 0),
    }
    with gmsh_session(options):
        builder = _Builder(geometry)
        entities = builder.build()
        gmsh.model.geo.synchronize()
        if graded:
            _size_field(geometry)
        gmsh.model.mesh.generate(2)
        if geometry.cells.dim == 3:
            settle_faces(geometry.cells, builder.faces, builder.bent)
            gmsh.model.mesh.generate(3)
        return _extract(geometry.cells.dim, entities)


class _Builder:
    """Points, lines, faces and volumes of a geometry, each made once."""

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        self.geo = gmsh.model.geo
        self.dim = geometry.cells.dim
        points = geometry.cells.points
        size = size_at(points[:, -1], geometry.levels, geometry.sizes)
        self.points = [self._point(x, h) for x, h in zip(points, size, strict=True)]
        self.lines: dict[tuple[int, int], int] = {}
        self.faces: list[int] = []
        self.bent: list[int] = []

    def build(self) -> list[int]:
        """Make everything; returns the Gmsh entity of each cell."""
        cells, pores = self.geometry.cells, self.geometry.pores
        holes: dict[int, list[int]] = {}
        sizes = size_at(pores.centres[:, -1], self.geometry.levels, self.geometry.sizes)
        for cell, centre, radius, size in zip(pores.cells, pores.centres, pores.radii, sizes, strict=True):
            hole = self._disc(centre, radius, size) if self.dim == 2 else self._ball(centre, radius, size)
            holes.setdefault(int(cell), []).append(hole)
        if self.dim == 2:
            return [
                self.geo.addPlaneSurface([self._loop(cells.polygon(i)), *holes.get(i, [])])
                for i in range(len(cells.cells))
            ]
        for facet, loop in enumerate(cells.facets):
            if not _flat(cells, loop):
                self.bent.append(facet)
            self.faces.append(self.geo.addPlaneSurface([self._loop(_best_start(cells, loop))]))
        return [
            self.geo.addVolume([self.geo.addSurfaceLoop([self.faces[f] for f in cell]), *holes.get(i, [])])
            for i, cell in enumerate(cells.cells)
        ]

    def _point(self, x: FloatArray, size: float) -> int:
        return self.geo.addPoint(x[0], x[1], x[2] if self.dim == 3 else 0.0, size)

    def _line(self, a: int, b: int) -> int:
        """The line from a to b, negative if it was made from b to a."""
        if (b, a) in self.lines:
            return -self.lines[b, a]
        if (a, b) not in self.lines:
            self.lines[a, b] = self.geo.addLine(self.points[a], self.points[b])
        return self.lines[a, b]

    def _loop(self, loop: list[int]) -> int:
        return self.geo.addCurveLoop([self._line(a, b) for a, b in zip(loop, [*loop[1:], loop[0]], strict=True)])

    def _disc(self, centre: FloatArray, radius: float, size: float) -> int:
        """Curve loop of the regular polygon of area πr², one cell edge a side."""
        n = ceil(2 * pi * radius / pore_size(radius, size, 2) - 1e-9)
        corner = radius * np.sqrt(2 * pi / (n * sin(2 * pi / n)))
        angle = 2 * pi * np.arange(n) / n
        corners = centre + corner * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        points = [self._point(x, 2 * pi * radius / n) for x in corners]
        lines = [self.geo.addLine(a, b) for a, b in zip(points, [*points[1:], points[0]], strict=True)]
        for line in lines:
            self.geo.mesh.setTransfiniteCurve(line, 2)
        return self.geo.addCurveLoop(lines)

    def _ball(self, centre: FloatArray, radius: float, size: float) -> int:
        """Surface loop of a sphere of eight octants, finely enough meshed to be round."""
        size = pore_size(radius, size, 3)
        middle = self._point(centre, size)
        poles = {
            (axis, sign): self._point(centre + sign * radius * np.eye(3)[axis], size)
            for axis in range(3)
            for sign in (-1, 1)
        }
        arcs = {(a, b): self.geo.addCircleArc(poles[a], middle, poles[b]) for a in poles for b in poles if a[0] < b[0]}
        octants = []
        for signs in np.ndindex(2, 2, 2):
            x, y, z = ((axis, 2 * s - 1) for axis, s in enumerate(signs))
            loop = self.geo.addCurveLoop([arcs[x, y], arcs[y, z], -arcs[x, z]])
            octants.append(self.geo.addSurfaceFilling([loop], sphereCenterTag=middle))
        return self.geo.addSurfaceLoop(octants)


def _flat(cells: Complex, loop: list[int]) -> bool:
    """Whether the points of a loop lie in one plane, to rounding."""
    x = cells.points[loop]
    singular = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)
    return bool(len(loop) == 3 or singular[2] <= 1e-9 * singular[0])


def _best_start(cells: Complex, loop: list[int]) -> list[int]:
    """The loop turned so that its first three points, whose plane Gmsh takes, span its mean plane best."""
    x = cells.points[loop]
    edges = np.roll(x, -1, axis=0) - x
    corners = np.cross(edges, np.roll(edges, -1, axis=0))
    mean = np.cross(x - x.mean(axis=0), edges).sum(axis=0)
    cosine = np.abs(corners @ mean) / np.maximum(np.linalg.norm(corners, axis=1), 1e-300)
    start = int(np.argmax(np.round(cosine / np.linalg.norm(mean), 12)))
    return loop[start:] + loop[:start]


def _size_field(geometry: Geometry) -> None:
    """Background mesh size of layers of unlike sizes, as in `size_at`."""
    field, boxes = gmsh.model.mesh.field, []
    largest = float(geometry.sizes.max())
    axis = "XYZ"[geometry.cells.dim - 1]
    for size, low, high in zip(geometry.sizes, geometry.levels[:-1], geometry.levels[1:], strict=True):
        box = field.add("Box")
        for other in "XYZ":
            field.setNumber(box, f"{other}Min", -10.0)
            field.setNumber(box, f"{other}Max", 10.0)
        field.setNumber(box, f"{axis}Min", low)
        field.setNumber(box, f"{axis}Max", high)
        field.setNumber(box, "VIn", size)
        field.setNumber(box, "VOut", largest)
        field.setNumber(box, "Thickness", (largest - size) / GRADING)
        boxes.append(box)
    least = field.add("Min")
    field.setNumbers(least, "FieldsList", boxes)
    field.setAsBackgroundMesh(least)


def _extract(dim: int, entities: list[int]) -> RawMesh:
    """Nodes and cells of the current model, cells in the order of the entities."""
    kind = {2: 2, 3: 4}[dim]
    tags, x, _ = gmsh.model.mesh.getNodes()
    parts = [gmsh.model.mesh.getElementsByType(kind, entity) for entity in entities]
    nodes = np.concatenate([part[1] for part in parts]).astype(np.int64)
    order = np.argsort(tags)
    rows = order[np.searchsorted(tags, nodes, sorter=order)]
    used, cells = np.unique(rows, return_inverse=True)
    counts = [len(part[0]) for part in parts]
    if not all(counts):
        raise RuntimeError(f"grain {counts.index(0)} got no cells")
    quality = gmsh.model.mesh.getElementQualities(np.concatenate([part[0] for part in parts]), "gamma")
    return RawMesh(
        nodes=x.reshape(-1, 3)[used, :dim],
        cells=cells.reshape(-1, dim + 1),
        grain=np.repeat(np.arange(len(parts), dtype=np.int32), counts),
        quality=float(np.min(quality)),
    )
