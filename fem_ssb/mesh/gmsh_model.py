"""A complex of cells as a Gmsh model: neighbours share their faces, nothing is intersected."""

from __future__ import annotations

from math import ceil, pi, sin

import gmsh
import numpy as np
import numpy.typing as npt

from fem_ssb.mesh.estimate import GRADING, pore_size, size_at
from fem_ssb.mesh.extract import RawMesh, extract
from fem_ssb.mesh.faces import settle_faces
from fem_ssb.mesh.session import gmsh_session
from fem_ssb.microstructure.assembly import Geometry
from fem_ssb.microstructure.complexes import Complex

FloatArray = npt.NDArray[np.float64]


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
        builder = Builder(geometry)
        entities = builder.build()
        gmsh.model.geo.synchronize()
        if graded:
            _size_field(geometry)
        gmsh.model.mesh.generate(2)
        if geometry.cells.dim == 3:
            settle_faces(geometry.cells, builder.faces, builder.bent)
            gmsh.model.mesh.generate(3)
        return extract(geometry.cells.dim, entities, builder)


class Builder:
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
        self.balls: list[tuple[FloatArray, float, list[int]]] = []
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
        flat, starts = _facet_planes(cells)
        self.bent = np.flatnonzero(~flat).tolist()
        for loop, start in zip(cells.facets, starts.tolist(), strict=True):
            self.faces.append(self.geo.addPlaneSurface([self._loop(loop[start:] + loop[:start])]))
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
        self.balls.append((centre, radius, octants))
        return self.geo.addSurfaceLoop(octants)


def _facet_planes(cells: Complex) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """For each 3D facet whether its points lie in one plane, to rounding, and with which of them to begin it.

    Gmsh takes the plane of the first three points: they are to span the mean plane as well as any.
    """
    number = np.array([len(loop) for loop in cells.facets])
    flat, starts = np.ones(len(number), dtype=bool), np.zeros(len(number), dtype=np.int64)
    for n in np.unique(number):
        some = np.flatnonzero(number == n)
        x = cells.points[np.array([cells.facets[i] for i in some])]
        x = x - x.mean(axis=1)[:, None]
        if n > 3:
            singular = np.linalg.svd(x, compute_uv=False)
            flat[some] = singular[:, 2] <= 1e-9 * singular[:, 0]
        edges = np.roll(x, -1, axis=1) - x
        corners = np.cross(edges, np.roll(edges, -1, axis=1))
        mean = np.cross(x, edges).sum(axis=1)
        mean /= np.linalg.norm(mean, axis=1)[:, None]
        cosine = np.abs((corners @ mean[:, :, None])[..., 0]) / np.maximum(np.linalg.norm(corners, axis=2), 1e-300)
        starts[some] = np.argmax(np.round(cosine, 12), axis=1)
    return flat, starts


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
