"""A complex of cells as a Gmsh model: neighbours share their faces, nothing is intersected."""

from __future__ import annotations

from math import ceil, pi

import gmsh
import numpy as np
import numpy.typing as npt

from fem_ssb.mesh.cracks import embed_lines, embed_sheets, fine_tips
from fem_ssb.mesh.cut import carved_pores, cut_plane, is_cut
from fem_ssb.mesh.estimate import GRADING, pore_size, size_at
from fem_ssb.mesh.extract import RawMesh, extract
from fem_ssb.mesh.faces import settle_faces
from fem_ssb.mesh.periodic import even_sizes, match_nodes, tie_faces, unite_grains
from fem_ssb.mesh.session import generate, gmsh_session
from fem_ssb.mesh.spots import fine_spots
from fem_ssb.microstructure.arrangement import clearance
from fem_ssb.microstructure.assembly import Geometry
from fem_ssb.microstructure.complexes import Complex
from fem_ssb.microstructure.lines import CrackedPlane
from fem_ssb.microstructure.rings import circle, corner_radius, inside
from fem_ssb.microstructure.shapes import Shape

FloatArray = npt.NDArray[np.float64]


def mesh_geometry(geometry: Geometry) -> RawMesh:
    """Mesh a geometry; on one rank.

    Raises:
        Exception: Gmsh's, if it cannot.
    """
    fine = _fine_inside(geometry)
    graded = bool(geometry.spots or geometry.bodies or fine) or np.ptp(geometry.sizes) > 1e-9 * geometry.sizes.max()
    # Sizes of surfaces that no field is around go on into what they bound.
    bare = not fine and (len(geometry.pores.radii) > 0 or is_cut(geometry))
    options = {
        "Mesh.MeshSizeMax": float(geometry.sizes.max()),
        "Mesh.MeshSizeExtendFromBoundary": float(not graded or bare),
    }
    with gmsh_session(options):
        builder = Builder(geometry)
        entities = builder.build()
        spots = fine_spots(builder)
        gmsh.model.geo.synchronize()
        for dim, tags, inside in builder.embedded:
            gmsh.model.mesh.embed(dim, tags, dim + 1, inside)
        if graded or geometry.cracks:
            _size_field(geometry, [*fine_tips(geometry, builder.fronts), *spots, *_around(geometry, fine)])
        if geometry.periodic:
            tie_faces(builder)
        generate(2)
        if geometry.cells.dim == 3:
            _settle_balls(builder)
            settle_faces(geometry.cells, builder.faces, builder.bent)
            generate(3)
        raw = extract(geometry.cells.dim, entities, builder)
        if geometry.periodic:
            raw = match_nodes(raw, geometry)
            if geometry.cells.dim == 2 or not geometry.cracks:  # else halves of grains are told apart until these open
                raw = unite_grains(raw, geometry)
        return raw


class Builder:
    """Points, lines, faces and volumes of a geometry, each made once.

    `parents` is what each entity that `build` returns is made of: the cell of the complex, or after these the
    inclusion. A cell that is cut in two has two entities. `flaws` are the lines (2D) or faces (3D) of cracks and
    notches by name, `fronts` the lines around cracks (3D), `embedded` what lies inside something of one dimension more.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        self.geo = gmsh.model.geo
        self.dim = geometry.cells.dim
        self.parents = list(range(len(geometry.cells.cells)))
        self.plane = cut_plane(geometry) if self.dim == 2 and is_cut(geometry) else None
        points = geometry.cells.points if self.plane is None else self.plane.points
        size = size_at(points[:, -1], geometry.levels, geometry.sizes)
        if self.plane is not None:
            some = list(self.plane.sizes)
            size[some] = np.minimum(size[some], list(self.plane.sizes.values()))
            if geometry.holed:
                there = np.unique(np.concatenate(self.plane.cells)).astype(np.int64)
                size = clearance(points, np.array(self.plane.facets)[there], size)
                size = even_sizes(points, size, geometry)
        self.points = [self.point(x, h) for x, h in zip(points, size, strict=True)]
        self.lines: dict[tuple[int, int], int] = {}
        self.faces: list[int] = []
        self.balls: list[tuple[FloatArray, FloatArray, list[int]]] = []
        self.bent: list[int] = []
        self.middles: dict[int, FloatArray] = {}
        self.flaws: dict[str, list[int]] = {}
        self.fronts: dict[str, list[int]] = {}
        self.embedded: list[tuple[int, list[int], int]] = []

    def build(self) -> list[int]:
        """Make everything; returns the Gmsh entity of each cell."""
        cells, pores = self.geometry.cells, self.geometry.pores
        holes: dict[int, list[int]] = {}
        sizes = size_at(pores.centres[:, -1], self.geometry.levels, self.geometry.sizes)
        carved = carved_pores(self.geometry)
        for cell, out, centre, radius, size in zip(pores.cells, carved, pores.centres, pores.radii, sizes, strict=True):
            if out:
                continue
            hole = (
                self._disc(centre, radius, size)
                if self.dim == 2
                else self._ball(centre, radius * np.eye(3), pore_size(radius, size, 3))
            )
            holes.setdefault(int(cell), []).append(hole)
            self.middles[hole] = centre[None]
        if self.plane is not None:
            return self._pieces(self.plane, holes)
        solid = np.flatnonzero(self.geometry.region_of_cell >= 0).tolist()
        self.parents = list(solid)
        if self.dim == 2:
            return [self.geo.addPlaneSurface([self._loop(cells.polygon(i)), *holes.get(i, [])]) for i in solid]
        bodies = []
        for i, body in enumerate(self.geometry.inclusions):
            if body.cell < 0:
                continue
            self.parents.append(len(cells.cells) + i)
            bodies.append(self._ball(*body.drawn(self.geometry.unit), body.edge))
            holes.setdefault(body.cell, []).append(bodies[-1])
        flat, starts = _facet_planes(cells)
        self.bent = np.flatnonzero(~flat).tolist()
        for i, (loop, start) in enumerate(zip(cells.facets, starts.tolist(), strict=True)):
            within = [self._loop(ring) for ring in cells.holes.get(i, [])]
            self.faces.append(self.geo.addPlaneSurface([self._loop(loop[start:] + loop[:start]), *within]))
        grains = {i: self.geo.addVolume([*self._shells(cells, i), *holes.get(i, [])]) for i in solid}
        embed_sheets(self, grains)
        return [*grains.values(), *(self.geo.addVolume([body]) for body in bodies)]

    def _shells(self, cells: Complex, cell: int) -> list[int]:
        """Surface loops of a cell, the outer one first."""
        some = cell in self.geometry.rest or cell in self.geometry.shelled
        shells = cells.shells(cell) if some else [cells.cells[cell]]
        return [self.geo.addSurfaceLoop([self.faces[f] for f in shell]) for shell in shells]

    def _pieces(self, plane: CrackedPlane, holes: dict[int, list[int]]) -> list[int]:
        """The plane surfaces of what cutting has left; pores inside grains go to the piece they are in."""
        region = self.geometry.region_of_cell
        pieces = [piece for piece in plane.pieces() if piece.grain >= len(region) or region[piece.grain] >= 0]
        self.parents = [piece.grain for piece in pieces]
        surfaces = []
        for piece in pieces:
            ends = np.concatenate([np.stack([loop, np.roll(loop, -1)], axis=1) for loop in piece.loops])
            own = [hole for hole in holes.get(piece.grain, []) if inside(self.middles[hole], plane.points[ends])[0]]
            surfaces.append(self.geo.addPlaneSurface([self._loop(loop) for loop in piece.loops] + own))
        embed_lines(self, plane, pieces, surfaces)
        return surfaces

    def point(self, x: FloatArray, size: float) -> int:
        """A new point with a mesh size."""
        return self.geo.addPoint(x[0], x[1], x[2] if self.dim == 3 else 0.0, size)

    def line(self, a: int, b: int) -> int:
        """The line from a to b, negative if it was made from b to a."""
        if (b, a) in self.lines:
            return -self.lines[b, a]
        if (a, b) not in self.lines:
            self.lines[a, b] = self.geo.addLine(self.points[a], self.points[b])
        return self.lines[a, b]

    def _loop(self, loop: list[int]) -> int:
        return self.geo.addCurveLoop([self.line(a, b) for a, b in zip(loop, [*loop[1:], loop[0]], strict=True)])

    def _disc(self, centre: FloatArray, radius: float, size: float) -> int:
        """Curve loop of the regular polygon of area πr², one cell edge a side."""
        n = ceil(2 * pi * radius / pore_size(radius, size, 2) - 1e-9)
        corners = centre + radius * corner_radius(n) * circle(2 * pi * np.arange(n) / n)
        points = [self.point(x, 2 * pi * radius / n) for x in corners]
        lines = [self.geo.addLine(a, b) for a, b in zip(points, [*points[1:], points[0]], strict=True)]
        for line in lines:
            self.geo.mesh.setTransfiniteCurve(line, 2)
        return self.geo.addCurveLoop(lines)

    def _ball(self, centre: FloatArray, matrix: FloatArray, size: float) -> int:
        """Surface loop of an ellipsoid of eight octants, finely enough meshed to be round."""
        middle = self.point(centre, size)
        poles = {
            (axis, sign): self.point(centre + sign * matrix[:, axis], size) for axis in range(3) for sign in (-1, 1)
        }
        radii = np.linalg.norm(matrix, axis=0)
        sphere = bool(np.ptp(radii) <= 1e-9 * radii.max())
        arcs = {}
        for a, b in ((a, b) for a in poles for b in poles if a[0] < b[0]):
            major = poles[a if radii[a[0]] >= radii[b[0]] else b]
            arcs[a, b] = (
                self.geo.addCircleArc(poles[a], middle, poles[b])
                if sphere
                else self.geo.addEllipseArc(poles[a], middle, major, poles[b])
            )
        octants = []
        for signs in np.ndindex(2, 2, 2):
            x, y, z = ((axis, 2 * s - 1) for axis, s in enumerate(signs))
            loop = self.geo.addCurveLoop([arcs[x, y], arcs[y, z], -arcs[x, z]])
            octants.append(self.geo.addSurfaceFilling([loop], sphereCenterTag=middle if sphere else -1))
        self.balls.append((centre, matrix, octants))
        return self.geo.addSurfaceLoop(octants)


def _settle_balls(builder: Builder) -> None:
    """Move the nodes of ellipsoids onto them: Gmsh fills their octants from the edges alone."""
    for centre, matrix, octants in builder.balls:
        if np.ptp(np.linalg.norm(matrix, axis=0)) > 1e-9 * np.linalg.norm(matrix, 2):
            inverse = np.linalg.inv(matrix)
            for octant in octants:
                tags, x, _ = gmsh.model.mesh.getNodes(2, octant)
                y = (x.reshape(-1, 3) - centre) @ inverse.T
                x = centre + y / np.linalg.norm(y, axis=1)[:, None] @ matrix.T
                for tag, place in zip(tags.tolist(), x, strict=True):
                    gmsh.model.mesh.setNode(tag, place, [])


def _facet_planes(cells: Complex) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """For each 3D facet whether its points lie in one plane, to rounding, and with which of them to begin it.

    Gmsh takes the plane of the first three points: they are to span the mean plane as well as any.

    Raises:
        RuntimeError: for a facet whose points lie on one line, on which Gmsh may crash.
    """
    number = np.array([len(loop) for loop in cells.facets])
    flat, starts = np.ones(len(number), dtype=bool), np.zeros(len(number), dtype=np.int64)
    for n in np.unique(number):
        some = np.flatnonzero(number == n)
        x = cells.points[np.array([cells.facets[i] for i in some])]
        x = x - x.mean(axis=1)[:, None]
        singular = np.linalg.svd(x, compute_uv=False)
        if (singular[:, 1] <= 1e-6 * singular[:, 0]).any():
            raise RuntimeError("cuts have left a grain face without area")
        if n > 3:
            flat[some] = singular[:, 2] <= 1e-9 * singular[:, 0]
        edges = np.roll(x, -1, axis=1) - x
        corners = np.cross(edges, np.roll(edges, -1, axis=1))
        mean = np.cross(x, edges).sum(axis=1)
        mean /= np.linalg.norm(mean, axis=1)[:, None]
        cosine = np.abs((corners @ mean[:, :, None])[..., 0]) / np.maximum(np.linalg.norm(corners, axis=2), 1e-300)
        starts[some] = np.argmax(np.round(cosine, 12), axis=1)
    return flat, starts


def _size_field(geometry: Geometry, boxes: list[int]) -> None:
    """Background mesh size of layers of unlike sizes, as in `size_at`, around bodies, and of other fields."""
    field = gmsh.model.mesh.field
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


def _fine_inside(geometry: Geometry) -> list[tuple[Shape, float]]:
    """Pores and inclusions inside grains (3D) that are meshed more finely than their layer, and their edge length.

    Gmsh would be as fine on their surfaces alone: a grain face that they are close to would keep its large triangles,
    with needles between the two.
    """
    if geometry.cells.dim == 2:
        return []
    pores, drawn = geometry.pores, ~carved_pores(geometry)
    sizes = size_at(pores.centres[:, -1], geometry.levels, geometry.sizes)
    edges = np.array([pore_size(r, h, 3) for r, h in zip(pores.radii, sizes, strict=True)])
    some = np.flatnonzero(drawn & (edges < sizes)).tolist()
    bodies = [body for body in geometry.inclusions if body.cell >= 0 and body.edge < geometry.sizes[body.layer]]
    found = [(pores.shape(i, geometry.unit), float(edges[i])) for i in some]
    return found + [(body.shape, body.edge) for body in bodies]


def _around(geometry: Geometry, fine: list[tuple[Shape, float]]) -> list[int]:
    """Fields of the mesh size around these and bodies that are cut out later, those of about the same size together."""
    field, largest = gmsh.model.mesh.field, float(geometry.sizes.max())
    kinds: dict[tuple[int, int], tuple[float, float, list[FloatArray]]] = {}
    for shape, edge in [*((body.shape, body.edge) for body in geometry.bodies), *fine]:
        spine, reach = shape.spine()
        kind = round(12 * np.log2(edge)), round(12 * np.log2(reach))
        kinds.setdefault(kind, (edge, reach / geometry.unit, []))[2].append(spine / geometry.unit)
    found = []
    for edge, reach, spines in kinds.values():
        points = [gmsh.model.geo.addPoint(*x) for x in np.concatenate(spines).tolist()]
        gmsh.model.geo.synchronize()
        distance, threshold = field.add("Distance"), field.add("Threshold")
        field.setNumbers(distance, "PointsList", points)
        for name, value in (
            ("InField", distance),
            ("SizeMin", edge),
            ("SizeMax", largest),
            ("DistMin", reach + edge),
            ("DistMax", reach + edge + (largest - edge) / GRADING),
        ):
            field.setNumber(threshold, name, value)
        found.append(threshold)
    return found
