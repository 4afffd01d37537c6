"""Flat cracks across the grains of a 3D complex: each grain that one goes through is cut in two by its plane.

In the plane the cut grains are a 2D complex. The outline of the crack is traced in it as any line is (see `lines`);
the faces inside it are the crack, those outside join the two halves of a grain again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import shapely
from scipy.linalg import null_space

from fem_ssb.errors import InputError
from fem_ssb.microstructure.carve import SNAP
from fem_ssb.microstructure.complexes import Complex
from fem_ssb.microstructure.cracks import UncleanCutError
from fem_ssb.microstructure.lines import CrackedPlane
from fem_ssb.microstructure.opposite import OppositeFaces

if TYPE_CHECKING:
    from fem_ssb.microstructure.assembly import Geometry

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def cut_across(geometry: Geometry) -> Geometry:
    """The geometry with its grains cut in two by the cracks that lie across them (3D).

    Raises:
        InputError: for a crack that does not cut clean, or meets something else.
    """
    for k, crack in enumerate(geometry.cracks):
        if crack.cell >= 0:
            continue
        levels = [np.array([0.0, upper]) for upper in geometry.upper[:-1]] + [geometry.levels]
        sheet = SectionedCells(
            crack.name,
            geometry.cells,
            geometry.layer_of_cell == crack.layer,
            crack.points,
            crack.size,
            levels,
            OppositeFaces(geometry.cells, geometry.upper, geometry.periodic),
        )
        halved = set(sheet.parents[len(geometry.cells.cells) :])
        if halved & {*geometry.rest, *geometry.shelled}:
            raise InputError(f"crack '{crack.name}' lies across grains of a composite: move it")
        if halved & {other.cell for other in geometry.cracks}:
            raise InputError(f"crack '{crack.name}' goes through a grain with another crack in it: move it")
        pores = geometry.pores
        height = (pores.centres - sheet.origin) @ sheet.normal
        mine = np.isin(pores.cells, list(halved)) & np.array([len(near) == 1 for near in pores.near], dtype=bool)
        if (mine & (np.abs(height) < pores.radii + 0.3 * crack.size)).any() or halved & {
            body.cell for body in geometry.inclusions
        }:
            raise InputError(f"crack '{crack.name}' meets a pore or inclusion in a grain: move it, or use another seed")
        upper = {i: n for n, i in enumerate(sheet.parents) if n >= len(geometry.cells.cells)}
        moved = [
            upper[int(c)] if own and h > 0 else int(c) for c, own, h in zip(pores.cells, mine, height, strict=True)
        ]
        cracks = [
            replace(other, facets=tuple(piece for f in other.facets for piece in sheet.halves.get(f, [f])))
            for other in geometry.cracks
        ]
        cracks[k] = replace(crack, facets=tuple(sheet.flaw))
        geometry = replace(
            geometry,
            cells=sheet.complex,
            layer_of_cell=geometry.layer_of_cell[sheet.parents],
            region_of_cell=geometry.region_of_cell[sheet.parents],
            particle=geometry.particle[sheet.parents],
            orientations=geometry.orientations[sheet.parents],
            grain=geometry.grain[sheet.parents],
            pores=replace(pores, cells=np.array(moved, dtype=np.int64)),
            cracks=cracks,
        )
    return geometry


def crossing_loops(cells: Complex) -> list[int]:
    """Facets whose loop crosses itself in its mean plane, since corners of it were moved: Gmsh never ends on them."""
    found = []
    for facet in sorted({f for cell in cells.cells for f in cell}):
        x = cells.points[cells.facets[facet]]
        if len(x) > 3:
            x = x - x.mean(axis=0)
            flat = x @ null_space(np.cross(x, np.roll(x, -1, axis=0)).sum(axis=0)[None])
            if not shapely.is_simple(shapely.linearrings(flat)):
                found.append(facet)
    return found


class SectionedCells:
    """A complex that one crack is cut into.

    Attributes:
        parents: the grain that each cell is, or is a half of.
        halves: for each facet that was cut its two halves.
        flaw: the facets of the crack.

    Args:
        name: of the crack.
        cells: the grains.
        own: which of them may be cut.
        outline: corners of a convex polygon in one plane, shape (n, 3).
        edge: mesh size along it.
        planes: for each axis the faces of the box and of the layers, which points on them stay on.
        opposite: what is across from each other on the faces of a periodic box, and is cut alike.
    """

    def __init__(
        self,
        name: str,
        cells: Complex,
        own: npt.NDArray[np.bool_],
        outline: FloatArray,
        edge: float,
        planes: Sequence[FloatArray],
        opposite: OppositeFaces,
    ) -> None:
        self.name, self.edge, self.planes = name, edge, planes
        self.points = cells.points.copy()
        self.loops, self.holes = [list(loop) for loop in cells.facets], cells.holes
        self.corners, self.origin = outline, outline.mean(axis=0)
        normal = np.cross(outline, np.roll(outline, -1, axis=0)).sum(axis=0)
        self.normal = normal / np.linalg.norm(normal)
        first = outline[0] - self.origin
        first /= np.linalg.norm(first)
        self.axes = np.stack([first, np.cross(self.normal, first)])
        self.outline = (outline - self.origin) @ self.axes.T
        self.height = (self.points - self.origin) @ self.normal
        self.height[np.abs(self.height) < 1e-9] = 0.0
        self.new: dict[tuple[int, int], int] = {}
        self.halves: dict[int, list[int]] = {}
        self.section: dict[tuple[int, int], int] = {}
        self.parents = list(range(len(cells.cells)))
        self.cells = [list(cell) for cell in cells.cells]
        self.flaw: list[int] = []
        touched = self._touched(own)
        if not touched:
            raise InputError(f"crack '{name}' lies outside of the stack: its coordinates are those of the stack (m)")
        self._flatten(touched, opposite)
        self._fan(touched)
        self._flatten(touched, opposite)
        self._cut(self._touched(own))
        self.points = opposite.cut(name, self.points, self.loops, self.cells, self.halves)

    @property
    def complex(self) -> Complex:
        """The grains with those that the crack goes through in two halves."""
        return Complex(self.points, self.loops, self.cells, self.holes)

    def _flatten(self, cells: list[int], opposite: OppositeFaces) -> None:
        """Move the corners of cells next to the plane into it, with those across from them on periodic faces."""
        some = np.unique(np.concatenate([self.loops[f] for i in cells for f in self.cells[i]]))
        for i in some[np.abs(self.height[some]) < SNAP * self.edge].tolist():
            free = np.array([not np.isin(self.points[i, axis], self.planes[axis]) for axis in range(3)])
            along = self.normal * free
            close = abs(self.height[i]) < SNAP * self.edge * np.linalg.norm(along)
            if (along @ along > 0.1 or close) and self.height[i] != 0.0:
                others = opposite.images(i)
                self.points[[i, *others]] -= self.height[i] / (along @ along) * along
                self.height[others] = (self.points[others] - self.origin) @ self.normal
                self.height[i] = 0.0

    def _fan(self, cells: list[int]) -> None:
        """Cut the bent facets of cells that go through the plane more than once into triangles, which cannot."""
        bent = []
        for facet in sorted({f for i in cells for f in self.cells[i]}):
            height = self.height[self.loops[facet]]
            if height.min() < 0.0 < height.max() and len(self._crossings(self.loops[facet])) > 2:
                bent.append(facet)
        fanned = self.complex.fanned(bent)
        self.points, self.loops, self.cells = fanned.points, fanned.facets, fanned.cells
        middles = (self.points[len(self.height) :] - self.origin) @ self.normal
        self.height = np.append(self.height, np.where(np.abs(middles) < 1e-9, 0.0, middles))

    def _touched(self, own: npt.NDArray[np.bool_]) -> list[int]:
        """Cells on both sides of the plane, with some of the crack in them or all but: these can give way to it."""
        area, found = shapely.polygons(self.outline).buffer(0.5 * self.edge), []
        for i in np.flatnonzero(own).tolist():
            loops = [self.loops[f] for f in self.cells[i]]
            height = self.height[np.unique(np.concatenate(loops))]
            if height.min() < 0.0 < height.max():
                ends = [self._crossings(loop) for loop in loops]
                x = np.array([p for some in ends for _, p in some]).reshape(-1, 3)
                hull = shapely.multipoints((x - self.origin) @ self.axes.T).convex_hull
                if shapely.area(shapely.intersection(hull, area)) > 1e-6 * self.edge**2:
                    found.append(i)
        return found

    def _crossings(self, loop: list[int]) -> list[tuple[tuple[int, int], FloatArray]]:
        """Where a loop goes through the plane: its points there (twice the same), and its edges with the place."""
        found = []
        for a, b in zip(loop, [*loop[1:], loop[0]], strict=True):
            h, g = self.height[a], self.height[b]
            if h == 0.0:
                found.append(((a, a), self.points[a]))
            elif h * g < 0.0:
                low, high = min(a, b), max(a, b)
                t = self.height[low] / (self.height[low] - self.height[high])
                x = self.points[low] + t * (self.points[high] - self.points[low])
                same = self.points[low] == self.points[high]
                found.append(((low, high), np.where(same, self.points[low], x)))
        return found

    def _point(self, key: tuple[int, int], x: FloatArray) -> int:
        """The point of a crossing."""
        if key[0] == key[1]:
            return key[0]
        if key not in self.new:
            self.new[key] = len(self.points)
            self.points = np.concatenate([self.points, x[None]])
            self.height = np.append(self.height, 0.0)
        return self.new[key]

    def _halved(self, facet: int) -> list[int]:
        """The parts of a facet below and above the plane, or the facet itself."""
        if facet not in self.halves:
            loop = self.loops[facet]
            height = self.height[loop]
            self.halves[facet] = [facet]
            if height.min() < 0.0 < height.max():
                points = {key: self._point(key, x) for key, x in self._crossings(loop)}
                whole = []
                for a, b in zip(loop, [*loop[1:], loop[0]], strict=True):
                    key = (min(a, b), max(a, b))
                    whole += [a, points[key]] if key in points else [a]
                on = [i for i, p in enumerate(whole) if self.height[p] == 0.0]
                if len(on) != 2:
                    raise UncleanCutError(
                        f"crack '{self.name}' goes through a bent face more than once: move it a little"
                    )
                turned = whole[on[0] :] + whole[: on[0]]
                at = on[1] - on[0]
                self.section.setdefault((min(turned[0], turned[at]), max(turned[0], turned[at])), len(self.section))
                self.loops[facet] = turned[: at + 1]
                self.loops.append([*turned[at:], turned[0]])
                self.halves[facet].append(len(self.loops) - 1)
        return self.halves[facet]

    def _side(self, facet: int) -> float:
        """The side of the plane that a facet is on, 0 in it."""
        height = self.height[self.loops[facet]]
        return float(np.sign(height[np.argmax(np.abs(height))]))

    def _cut(self, touched: list[int]) -> None:
        """Cut the cells, trace the outline, make faces of what it leaves of their sections."""
        if not touched:
            raise InputError(
                f"crack '{self.name}' lies outside of the stack: its coordinates are those of the stack (m)"
            )
        for facet in sorted({f for i in touched for f in self.cells[i]}):
            self._halved(facet)
        # Their facets and edges also bound cells that are not cut.
        self._put_in(list(self.new), [[point] for point in self.new.values()])
        for cell in self.cells:
            cell[:] = [piece for f in cell for piece in self.halves.get(f, [f])]
        sections = [self._section(self.cells[i]) for i in touched]
        used = np.unique(np.array([edge for section in sections for edge in section]))
        self._meet_ends(used)
        flat = (self.points[used] - self.origin) @ self.axes.T
        edges = sorted({edge for section in sections for edge in section})
        number = {edge: i for i, edge in enumerate(edges)}
        loops = [np.searchsorted(used, edge).tolist() for edge in edges]
        if (np.abs(np.diff(flat[loops], axis=1)) < 1e-9).all(axis=2).any():
            raise self._unclean()
        own = [[number[edge] for edge in section] for section in sections]
        plane = CrackedPlane(Complex(flat, loops, own), [np.zeros(0), np.zeros(0)])
        on_face = np.any([np.isin(self.points[used, axis], self.planes[axis]) for axis in range(3)], axis=0)
        plane.sizes |= dict.fromkeys(np.flatnonzero(on_face).tolist(), self.edge)
        chain = plane.trace(np.concatenate([self.outline, self.outline[:1]]), self.edge)
        chain += self._bridges(plane, chain)
        places = self.origin + plane.points @ self.axes
        old = np.arange(len(used))
        places[old] = np.where(on_face[:, None], self.points[used], places[old])
        self.points[used] = places[old]
        rows = np.concatenate([used, len(self.points) + np.arange(len(places) - len(used))])
        made = places[len(used) :]
        for axis, levels in enumerate(self.planes):
            for level in levels:
                made[np.abs(made[:, axis] - level) < 1e-9, axis] = level
        self.points = np.concatenate([self.points, made])
        self.height = np.append(self.height, np.zeros(len(made)))
        self._put_in(edges, [[rows[p] for p in plane.between(i)] for i in range(len(edges))])
        self._fill(touched, plane, chain, rows)

    def _meet_ends(self, used: IntArray) -> None:
        """Where edges on a face go through the plane close to a corner of the outline there, they go through this."""
        x = self.points[used]
        pinned = np.stack([np.isin(x[:, axis], self.planes[axis]) for axis in range(3)], axis=1)
        for corner in self.corners:
            on = np.flatnonzero(pinned.any(axis=1) & ((x == corner) | ~pinned).all(axis=1))
            distance = np.linalg.norm(x[on] - corner, axis=1)
            if distance.min(initial=np.inf) < SNAP * self.edge:
                self.points[used[on[np.argmin(distance)]]] = corner

    def _bridges(self, plane: CrackedPlane, chain: list[int]) -> list[int]:
        """Lines from an outline inside of one section to the rim of that: what is around it then has no hole."""
        made: list[int] = []
        for faces in self._faces(plane, chain):
            for face in faces:
                for hole in face.interiors:
                    if hole.distance(face.exterior) < SNAP * self.edge:
                        raise UncleanCutError(f"crack '{self.name}' all but touches another grain: move it")
                    x = np.array(hole.coords)
                    reach = np.array([2 * (face.bounds[2] - face.bounds[0]), 0.0])
                    for start, out in ((x[np.argmin(x[:, 0])], -reach), (x[np.argmax(x[:, 0])], reach)):
                        ends = shapely.get_coordinates(shapely.linestrings([start, start + out]) & face.exterior)
                        end = ends[np.argmin(np.abs(ends[:, 0] - start[0]))]
                        made += plane.trace(np.array([start, end]), self.edge)
        return made

    def _faces(self, plane: CrackedPlane, chain: list[int]) -> list[list[shapely.Polygon]]:
        """What the lines of a chain make of each cell of the plane."""
        inside, found = plane.cells_at(plane.middles(chain)).tolist(), []
        for k, cell in enumerate(plane.cells):
            bounds = set(cell)
            lines = [*bounds, *(f for f, at in zip(chain, inside, strict=True) if at == k and f not in bounds)]
            x = plane.points[np.array([plane.facets[f] for f in lines])]
            found.append(list(shapely.get_parts(shapely.polygonize(shapely.linestrings(x)))))
        return found

    def _section(self, cell: list[int]) -> list[tuple[int, int]]:
        """Edges in the plane between facets of a cell on either side of it."""
        sides: dict[tuple[int, int], set[float]] = {}
        for facet in cell:
            loop = self.loops[facet]
            for a, b in zip(loop, [*loop[1:], loop[0]], strict=True):
                if self.height[a] == 0.0 == self.height[b]:
                    sides.setdefault((min(a, b), max(a, b)), set()).add(self._side(facet))
        return [edge for edge, both in sides.items() if {-1.0, 1.0} <= both]

    def _put_in(self, edges: list[tuple[int, int]], between: list[list[int]]) -> None:
        """Put points into edges, in all loops."""
        inner = {edge: some for edge, some in zip(edges, between, strict=True) if some}
        for i, loop in enumerate(self.loops):
            if any((min(a, b), max(a, b)) in inner for a, b in zip(loop, [*loop[1:], loop[0]], strict=True)):
                new: list[int] = []
                for a, b in zip(loop, [*loop[1:], loop[0]], strict=True):
                    some = inner.get((min(a, b), max(a, b)), [])
                    new += [a, *(some if a < b else some[::-1])]
                self.loops[i] = new

    def _fill(self, touched: list[int], plane: CrackedPlane, chain: list[int], rows: IntArray) -> None:
        """Make the faces in the plane, and two cells of each cut one."""
        area = shapely.polygons(self.outline)
        index = {tuple(x): i for i, x in enumerate(plane.points.tolist())}
        for i, faces in zip(touched, self._faces(plane, chain), strict=True):
            made = []
            for face in faces:
                made.append(len(self.loops))
                self.loops.append([int(rows[index[p]]) for p in face.exterior.coords[:-1]])
                if shapely.contains(area, face.representative_point()):
                    self.flaw.append(made[-1])
            if not made:
                raise self._unclean()
            below, above = ([f for f in self.cells[i] if self._side(f) == s] for s in (-1.0, 1.0))
            self.cells[i] = below + made
            self.cells.append(above + made)
            self.parents.append(i)

    def _unclean(self) -> UncleanCutError:
        return UncleanCutError(f"crack '{self.name}' does not cut a grain clean: move it a little")
