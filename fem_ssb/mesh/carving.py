"""Bodies cut out of a mesh of grains: pores, voids and inclusions that may lie across them.

The mesh is cut along the level set of each body; the cut surfaces are put in shape; then everything near them is
filled with new tetrahedra. What is further away than a few cells stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix

from fem_ssb.errors import InputError
from fem_ssb.mesh.extract import RawMesh
from fem_ssb.mesh.improve import improve
from fem_ssb.mesh.levelset import cut, snapped
from fem_ssb.mesh.mend import mend
from fem_ssb.mesh.quality import gamma
from fem_ssb.mesh.refill import components, refill
from fem_ssb.mesh.settle import directions, settle, slope
from fem_ssb.mesh.surfaces import FACES, faces, shapeliness, vector_areas
from fem_ssb.microstructure.assembly import Geometry
from fem_ssb.microstructure.cracks import off_plane, within_outline
from fem_ssb.microstructure.touching import Particle, Touching
from fem_ssb.microstructure.wrap import twins

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Level = Callable[[FloatArray], FloatArray]

REACH = 3.0
"""Distance from a body, over its mesh size, up to which the mesh is made anew."""

FAR = 1_000_000_000
"""Added to the number of a node that is not in the part of the mesh that is made anew."""

SWEEPS = (10, 20)
"""Passes over all nodes, each time that all is cut: the first tells how far out surfaces have to be for the volumes."""

TOLERANCE, ENCLOSED = 0.02, 0.05
"""Most that a body's volume may be off, and that of a ball among others as long as that of its phase is not.

One whose surface is almost all shared cannot make up for what cutting left it: at 5 % its diameter is off by 1.7 %.
"""

FAR_POWER = 10.0
"""Power of a node to a ball that is far from it, in the square of the geometry's unit."""

CRUMB = 3.0
"""Volume, over the cube of the mesh size, below which a part of a packing is no part of its own."""

FLAT = 0.02
"""Gamma of a cell below which no node is put onto a plane."""

MENDINGS = 3
"""Times that cells which stay bad wherever their nodes are moved to are taken away."""

CLOSE = 0.2
"""Part of an edge within which a surface is taken to go through its end."""


def carve(geometry: Geometry, raw: RawMesh) -> RawMesh:
    """Cut the bodies of a geometry out of its mesh; on one rank.

    Args:
        geometry: with bodies.
        raw: mesh without them.

    Raises:
        InputError: for bodies that do not come out as large as they should.
    """
    offset, touching = np.zeros(len(geometry.bodies)), np.array([body.touching for body in geometry.bodies])
    for sweeps in SWEEPS:
        work = _Work(geometry, raw, offset)
        work.part()
        for group in work.groups():
            work.cut(group)
        work.unite()
        offset = offset + work.settle(sweeps)
        offset[touching & (work.error > TOLERANCE)] = 0.0  # its little free surface is no measure for the rest of it
    for body, error, limit in zip(geometry.bodies, work.error.tolist(), _allowed(geometry, work.lack), strict=True):
        if error > limit:
            raise InputError(
                f"{body.name} cannot be meshed to its size (it is off by {100 * error:.3g} %): it all but touches "
                "something, or is too small; move it, or take a smaller mesh size or another seed"
            )
    return work.finish()


def _allowed(geometry: Geometry, lack: FloatArray) -> list[float]:
    """Most that the volume of each body may be off, over itself, for what each lacks."""
    bodies, first = geometry.bodies, len(geometry.inclusions)
    phase = [geometry.embedded[b.filled - first].region if b.touching else -1 - k for k, b in enumerate(bodies)]
    label = np.unique(phase, return_inverse=True)[1]
    off = np.abs(np.bincount(label, lack)) / np.bincount(label, [body.volume for body in bodies])
    return [ENCLOSED if b.touching and o <= TOLERANCE else TOLERANCE for b, o in zip(bodies, off[label], strict=True)]


class _Work:
    """The part of a mesh that is made anew.

    Attributes:
        nodes, cells: of it.
        base: grain of each cell before cutting.
        owner: body that each cell is in, or −1.
        core: of the balls that touch, the one that each cell is nearest to by its power, or −1.
        on: body whose surface each node is on, or −1.
    """

    def __init__(self, geometry: Geometry, raw: RawMesh, offset: FloatArray) -> None:
        self.geometry, self.raw, self.bodies = geometry, raw, geometry.bodies
        unit = geometry.unit
        self.levels: list[Level] = [
            lambda x, s=body.shape, d=d: s.level(x * unit) / unit - d  # type: ignore[misc]
            for body, d in zip(self.bodies, offset, strict=True)
        ]
        self.edges = np.array([body.edge for body in self.bodies])
        self.longest = float(geometry.sizes.max())
        near = np.zeros(len(raw.nodes), dtype=bool)
        close: list[IntArray] = []
        for b in range(len(self.bodies)):
            there, level = self._level(b, raw.nodes)
            near[there[level < REACH * self.edges[b]]] = True
            close.append(there[level < 0.6 * self.edges[b]])
        active = near[raw.cells].any(axis=1)
        self.passive = np.flatnonzero(~active)
        self.wanted = np.unique(raw.cells[active])
        row = np.full(len(raw.nodes), -1, dtype=np.int64)
        row[self.wanted] = np.arange(len(self.wanted))
        self.nodes, self.cells = raw.nodes[self.wanted], row[raw.cells[active]]
        self.frozen = np.isin(self.wanted, raw.cells[self.passive])
        ring = raw.cells[self.passive]
        ring = ring[(row[ring] >= 0).sum(axis=1) >= 3]
        self.ring = np.where(row[ring] >= 0, row[ring], FAR + ring)
        self.base = raw.grain[active].astype(np.int64)
        self.layer = np.append(geometry.layer_of_cell, np.full(len(geometry.inclusions), -1))[raw.parents]
        self.owner = np.full(len(self.cells), -1, dtype=np.int64)
        self.core = self.owner.copy()
        self.on = np.full(len(self.nodes), -1, dtype=np.int64)
        self.close = [row[nodes] for nodes in close]

    def _level(self, b: int, nodes: FloatArray) -> tuple[IntArray, FloatArray]:
        """Nodes around a body, and its level there."""
        spine, reach = self.bodies[b].shape.spine()
        reach = 1.5 * reach / self.geometry.unit + REACH * self.edges[b] + self.longest
        low, high = spine.min(axis=0) / self.geometry.unit - reach, spine.max(axis=0) / self.geometry.unit + reach
        there = np.flatnonzero(((nodes >= low) & (nodes <= high)).all(axis=1))
        return there, self.levels[b](nodes[there])

    def groups(self) -> list[list[int]]:
        """Bodies none of which shares a cell with another of its group."""
        count = len(self.bodies)
        at = np.concatenate(self.close)
        which = np.repeat(np.arange(count), [len(some) for some in self.close])
        touched = coo_matrix((np.ones(len(at)), (at, which)), shape=(len(self.nodes), count)).tocsr()
        corner = coo_matrix(
            (np.ones(self.cells.size), (np.repeat(np.arange(len(self.cells)), 4), self.cells.ravel())),
            shape=(len(self.cells), len(self.nodes)),
        ).tocsr()
        by_cell = corner @ touched
        clash = (by_cell.T @ by_cell).tolil()
        touching = {b for b, body in enumerate(self.bodies) if body.touching}
        found: list[list[int]] = []
        for b in range(count):
            others = set(clash.rows[b]) - (touching if b in touching else set())
            free = next((group for group in found if not others.intersection(group)), None)
            if free is None:
                found.append([b])
            else:
                free.append(b)
        return found

    def cut(self, group: list[int]) -> None:
        """Cut the mesh along the surfaces of some bodies."""
        level = np.full(len(self.nodes), self.longest)
        whose = np.full(len(self.nodes), -1, dtype=np.int64)
        for b in group:
            there, value = self._level(b, self.nodes)
            lower = value < level[there]
            level[there[lower]], whose[there[lower]] = value[lower], b
        body = whose[self.cells[np.arange(len(self.cells)), np.argmin(level[self.cells], axis=1)]]
        layers = np.array([b.layer for b in self.bodies])
        mine = (self.owner < 0) & (self.layer[self.base] == layers[body]) & (body >= 0)
        open_ = np.array([*(b.face is not None or b.touching for b in self.bodies), False])
        inner = np.zeros(len(self.nodes), dtype=bool)
        inner[self.cells[mine]] = True
        shut = np.zeros(len(self.nodes), dtype=bool)
        shut[self.cells[~mine & (self.owner >= 0) | ~mine & ~open_[body]]] = True
        shut |= self._outside() & ~open_[whose]
        touched = mine & (level[self.cells] < 0.0).any(axis=1)
        level = snapped(self.cells[touched], level, shut, CLOSE)
        level[~inner] = 0.0
        sign = np.sign(level[self.cells])
        crossed = (sign.min(axis=1) < 0) & (sign.max(axis=1) > 0)
        flat = mine & (sign == 0).all(axis=1)
        some = np.flatnonzero(touched | crossed | flat)
        within = np.zeros(len(some), dtype=bool)
        for b in group:
            own = np.flatnonzero(flat[some] & (body[some] == b))
            within[own] = self._better_inside(b, self.cells[some[own]])
        on = np.flatnonzero((level == 0.0) & inner)
        self.on[on] = whose[on]
        before = len(self.nodes)
        parents, inside = self._replace(some, level, within)
        self.owner = np.where(inside & mine[parents], np.where(self.core < 0, body[parents], self.core), self.owner)
        fresh = self.cells >= before
        self.on[self.cells[fresh]] = np.repeat(body[parents], 4).reshape(-1, 4)[fresh]
        cored = (self.core >= 0) & (self.owner >= 0)
        self.on[self.cells[cored]] = self.core[cored, None]

    def _replace(self, some: IntArray, level: FloatArray, within: BoolArray) -> tuple[IntArray, BoolArray]:
        """Put the pieces of some cells in their place; returns whose piece each is, and whether it is inside."""
        before = len(self.nodes)
        self.nodes, pieces, parents, inside = cut(self.cells[some], level, within, self.nodes)
        rest = np.ones(len(self.cells), dtype=bool)
        rest[some] = False
        parents = np.concatenate([np.flatnonzero(rest), some[parents]])
        inside = np.concatenate([np.zeros(int(rest.sum()), dtype=bool), inside])
        self.cells = np.concatenate([self.cells[rest], pieces])
        self.base, self.owner, self.core = self.base[parents], self.owner[parents], self.core[parents]
        made = len(self.nodes) - before
        self.on = np.concatenate([self.on, np.full(made, -1, dtype=np.int64)])
        self.frozen = np.concatenate([self.frozen, np.zeros(made, dtype=bool)])
        return parents, inside

    def part(self) -> None:
        """Cut the mesh along the planes of equal power between balls that touch, where it is close to them."""
        layers: dict[int, list[int]] = {}
        for b, body in enumerate(self.bodies):
            if isinstance(body.shape, Particle):
                layers.setdefault(body.layer, []).append(b)
        for some in layers.values():
            self._part(some)

    def _part(self, some: list[int]) -> None:
        """One colour is cut off after the other: none of its balls is close to another of it.

        What is left is parted among the colours that are left, so that nothing stays over between two balls.
        """
        shapes = [shape for b in some if isinstance(shape := self.bodies[b].shape, Particle)]
        balls, unit = shapes[0].balls, self.geometry.unit
        near = np.zeros(len(self.nodes), dtype=bool)
        near[np.concatenate([self.close[b] for b in some])] = True
        left = near[self.cells].any(axis=1) & (self.layer[self.base] == self.bodies[some[0]].layer)
        colour = balls.colours(4 * unit * float(self.edges[some].max()))
        for c in range(int(colour.max()) + 1):
            (own, nearest), (rest, other) = (self._powers(balls, which) for which in (colour == c, colour > c))
            apart = np.where(
                (np.maximum(own, rest) < FAR_POWER)[:, None], (balls.start[other] - balls.start[nearest]) / unit, 1.0
            )
            square = (apart * apart).sum(axis=1)
            inner = np.zeros(len(self.nodes), dtype=bool)
            inner[self.cells[left]] = True
            before = np.where(inner, (own - rest) / (2 * np.sqrt(square)), 0.0)
            around = inner[self.cells].sum(axis=1) > 1
            level = snapped(self.cells[around], before, np.zeros(len(before), dtype=bool), CLOSE)
            # Nodes taken to be on a plane are put there, along the faces of layers and box that they are on.
            along = np.where(self._flat(), 0.0, apart)
            on = np.flatnonzero((level == 0.0) & (before != 0.0) & ((along * along).sum(axis=1) > 0.25 * square))
            shift = np.zeros_like(self.nodes)
            shift[on] = (before[on] * np.sqrt(square[on]) / (along[on] ** 2).sum(axis=1))[:, None] * along[on]
            self._move(shift)
            sign = np.sign(level[self.cells])
            cells = np.flatnonzero(((sign.min(axis=1) < 0) & (sign.max(axis=1) > 0)) | left)
            within = (own - rest)[self.cells[cells]].mean(axis=1) < 0.0
            first = np.take_along_axis(self.cells, np.argmin(level[self.cells], axis=1)[:, None], axis=1)[:, 0]
            core = np.where(left, np.array(some)[nearest[first]], self.core)
            parents, inside = self._replace(cells, level, within)
            mine = left[parents]
            self.core = np.where(inside & mine, core[parents], self.core)
            left = mine & ~inside

    def _move(self, shift: FloatArray) -> None:
        """Move nodes, but for those that would flatten a cell."""
        moved = np.asarray(shift.any(axis=1))
        some = self.cells[moved[self.cells].any(axis=1)]
        while True:
            x = (self.nodes - shift)[some]
            flat = some[gamma(x) < FLAT]
            if not shift[flat].any():
                break
            shift[flat] = 0.0
        self.nodes -= shift

    def _powers(self, balls: Touching, which: BoolArray) -> tuple[FloatArray, IntArray]:
        """The least power of each node to one of the balls that are named, and which: 0 far from all."""
        found, nearest = np.full(len(self.nodes), FAR_POWER), np.zeros(len(self.nodes), dtype=np.int64)
        unit = self.geometry.unit
        for i in np.flatnonzero(which).tolist():
            reach = balls.radii[i] / unit + 4 * self.longest
            there = np.flatnonzero((np.abs(self.nodes - balls.start[i] / unit) < reach).all(axis=1))
            power = balls.power(i, self.nodes[there] * unit) / unit**2
            lower = power < found[there]
            found[there[lower]], nearest[there[lower]] = power[lower], i
        return found, nearest

    def _better_inside(self, b: int, cells: IntArray) -> BoolArray:
        """Whether tetrahedra with all corners on a surface are to be inside: where their outer faces are better shaped.

        Once the corners are on it, either their outer or their inner faces are part of the surface.
        """
        x = self.nodes[cells].reshape(-1, 3)
        away = slope(self.levels[b], x, np.eye(3)[None], 1e-3 * self.edges[b])
        steep = np.maximum((away * away).sum(axis=1, keepdims=True), 1e-300)
        x = (x - self.levels[b](x)[:, None] * away / steep).reshape(-1, 4, 3)[:, FACES]
        outward = (vector_areas(x) * away.reshape(-1, 4, 3).mean(axis=1)[:, None]).sum(axis=2) > 0.0
        quality = shapeliness(x)
        outer, inner = (np.where(some, quality, 1.0).min(axis=1) for some in (outward, ~outward))
        return np.asarray(outer > inner)

    def unite(self) -> None:
        """Give crumbs of balls that touch, and of what is between them, to what they share most faces with."""
        touching = np.flatnonzero([body.touching for body in self.bodies])
        layers = [self.bodies[b].layer for b in touching]
        if not layers:
            return
        mine = np.isin(self.owner, touching) | (self.owner < 0) & np.isin(self.layer[self.base], layers)
        part, _ = components(self.cells, np.where(mine, self.owner, -2 - self.base))
        volume = np.bincount(part, np.linalg.det(self.nodes[self.cells][:, 1:] - self.nodes[self.cells][:, :1]) / 6)
        owner = np.full(len(volume), -1, dtype=np.int64)
        owner[part] = self.owner
        crumbs = np.zeros(len(volume), dtype=bool)
        crumbs[part[mine]] = True
        crumbs &= volume < CRUMB * float(self.edges[touching].max()) ** 3
        for b in touching:
            own = np.flatnonzero(owner == b)
            crumbs[own[np.argsort(volume[own])[-1:]]] = False
        _, first, second = faces(self.cells)
        sides = part[np.stack([first, second], axis=1)[second >= 0]]
        sides = np.concatenate([sides, sides[:, ::-1]])
        layer = np.zeros(len(volume), dtype=np.int64)
        layer[part] = self.layer[self.base]
        for crumb in np.flatnonzero(crumbs)[np.argsort(volume[crumbs])].tolist():
            other = sides[(sides[:, 0] == crumb) & (sides[:, 1] != crumb), 1]
            other = other[~crumbs[other] & (layer[other] == layer[crumb])]
            if len(other):
                owner[crumb] = owner[np.bincount(other).argmax()]
        self.owner = owner[part]
        self.core = np.where(self.core >= 0, np.where(self.owner >= 0, self.owner, self.core), -1)
        skin = mine & (self.owner >= 0)
        self.on[self.cells[skin]] = self.owner[skin, None]

    def _flat(self) -> BoolArray:
        """Which coordinates of the nodes are those of a face of a layer or of the box, shape (n, 3)."""
        planes = [[0.0, upper] for upper in self.geometry.upper[:-1]] + [self.geometry.levels.tolist()]
        on = [(np.abs(x[:, None] - p) < 1e-9).any(axis=1) for x, p in zip(self.nodes.T, planes, strict=True)]
        return np.stack(on, axis=1)

    def _kept(self) -> BoolArray:
        """Which coordinates each node must keep, shape (n, 3)."""
        flat = self._flat()
        axes = list(self.geometry.periodic)
        still = self.frozen | flat[:, axes].any(axis=1)
        for crack in self.geometry.cracks:
            still |= np.abs(off_plane(self.nodes, crack.points)) < 1e-9
        return np.asarray(flat | still[:, None])

    def _outside(self) -> BoolArray:
        """Nodes on the faces of the box."""
        return np.asarray(((self.nodes < 1e-9) | (self.nodes > self.geometry.upper - 1e-9)).any(axis=1))

    def _hold_cracks(self) -> None:
        """Let nodes in the plane of a crack move in it only, those on its outline not at all."""
        for crack in self.geometry.cracks:
            flat = np.flatnonzero(np.abs(off_plane(self.nodes, crack.points)) < 1e-9)
            normal = vector_areas(crack.points[[0, 1, 2]])
            across = np.eye(3) - np.outer(normal, normal) / (normal @ normal)
            self.free[flat] = across @ self.free[flat] @ across
            x = self.nodes[flat]
            rim = within_outline(x, crack.points, 1e-9) & ~within_outline(x, crack.points, -1e-9)
            self.free[flat[rim]] = 0.0

    def label(self) -> IntArray:
        """The grain of each cell, or after the grains the body it is in."""
        return np.where(self.owner >= 0, len(self.layer) + self.owner, self.base)

    def settle(self, sweeps: int) -> FloatArray:
        """Put the surfaces in shape, bodies to their volume; returns by how much they were moved outwards."""
        corners, first, second = faces(self.cells)
        label, other = self.label(), np.maximum(second, 0)
        single = second < 0
        contact = (self.owner[first] >= 0) & (self.owner[other] >= 0) & (self.owner[first] != self.owner[other])
        wall = single | contact | (self.base[first] != self.base[other])
        flat = self._flat()
        self.free = directions(self.nodes, corners[wall], flat)
        flat = flat.T
        self._hold_cracks()
        self.free[self.frozen] = 0.0
        for axis in self.geometry.periodic:
            self.free[flat[axis]] = 0.0
        empty = np.array([body.hollow for body in self.bodies])
        hollow = (self.owner >= 0) & empty[self.owner]
        kept = np.where(single, ~hollow[first], label[first] != label[other])
        kept &= ~self.frozen[corners].all(axis=1)
        skin = ~single & ~contact & (self.owner[first] != self.owner[other])
        body = np.maximum(self.owner[first], self.owner[other])
        layer = self.layer[self.base]
        across = skin & (layer[first] != layer[other])
        upright = np.array([b.axis for b in self.bodies])
        mouth = np.flatnonzero(single & (self.owner[first] >= 0))
        of_mouth = self.owner[first[mouth]]
        open_ = flat[upright[of_mouth][:, None], corners[mouth]].all(axis=1)
        mouth, of_mouth = mouth[open_], of_mouth[open_]
        self.on[~np.isin(np.arange(len(self.nodes)), corners[skin & ~across])] = -1
        face = np.array([b.face is not None for b in self.bodies])
        target = np.array([[b.volume for b in self.bodies], [b.contact for b in self.bodies]])
        count, filled = len(self.bodies), self.owner >= 0
        cells, owner = self.cells[filled], self.owner[filled]
        own = np.flatnonzero(across)
        own = own[flat[upright[body[own]][:, None], corners[own]].all(axis=1)]
        contacts, around = corners[np.concatenate([own, mouth])], corners[skin & ~across]
        of_contact, of_skin = np.concatenate([body[own], of_mouth]), body[skin & ~across]
        lengths = np.array([b.rim for b in self.bodies])

        def missing(x: FloatArray) -> tuple[FloatArray, FloatArray]:
            volume = np.bincount(owner, np.linalg.det(x[cells][:, 1:] - x[cells][:, :1]) / 6, count)
            area = np.bincount(of_skin, np.linalg.norm(vector_areas(x[around]), axis=1), count)
            flat = np.bincount(of_contact, np.linalg.norm(vector_areas(x[contacts]), axis=1), count)
            lack, gain = target - [volume, flat], np.stack([area, lengths])
            return np.where(target > 0.0, lack, 0.0).ravel(), np.where(target > 0.0, gain, 1.0).ravel()

        # The rim of a void or groove, on the face of its layer, is moved apart: its mouth has its area, the rest its
        # volume.
        rim = (self.on >= 0) & face[self.on] & flat[upright[self.on], np.arange(len(self.nodes))]
        surface = np.where(rim, self.on + count, self.on)
        self.nodes, offset = settle(
            self.nodes,
            self.cells,
            corners[kept],
            self.free,
            surface,
            2 * self.levels,
            np.tile(self.edges, 2),
            missing,
            sweeps,
        )
        error = missing(self.nodes)[0].reshape(2, -1) / np.where(target > 0.0, target, 1.0)
        self.error = np.abs(error).max(axis=0)
        self.lack = missing(self.nodes)[0][:count]
        return offset[:count]

    def _twins(self, nodes: FloatArray, cells: IntArray) -> IntArray:
        """Pairs of cells that touch across the faces of a periodic box, shape (n, 2)."""
        pairs = [np.zeros((0, 2), dtype=np.int64)]
        if self.geometry.periodic:
            corners, first, second = faces(cells)
            x, first = nodes[corners[second < 0]], first[second < 0]
            for axis in self.geometry.periodic:
                low, high = (
                    (np.abs(x[:, :, axis] - plane) < 1e-9).all(axis=1) for plane in (0.0, self.geometry.upper[axis])
                )
                middles = np.delete(x.mean(axis=1), axis, axis=1)
                pairs.append(first[twins(middles, np.flatnonzero(low), np.flatnonzero(high), 1e-8)])
        return np.concatenate(pairs)

    def finish(self) -> RawMesh:
        """Fill what was settled, improve it, and join it to the rest."""
        raw = self.raw
        empty = np.array([body.hollow for body in self.bodies])
        hollow, kept = len(self.layer) + np.flatnonzero(empty), self._kept()
        label = self.label()
        for b, body in enumerate(self.bodies):
            if body.part_of >= 0:
                label[self.owner == b] = np.flatnonzero(raw.parents == body.part_of)[0]
        nodes, cells, label = refill(self.nodes, self.cells, label, hollow, self.ring, kept)
        turned = np.linalg.det(nodes[cells][:, 1:] - nodes[cells][:, :1]) < 0.0
        cells[turned, :2] = cells[turned, 1::-1]
        old = len(self.nodes)
        free = self.free.copy()
        for b, level in enumerate(self.levels):
            mine = np.flatnonzero(self.on == b)
            along = slope(level, self.nodes[mine], free[mine], 1e-3 * self.edges[b])
            along /= np.sqrt(np.maximum((along * along).sum(axis=1, keepdims=True), 1e-300))
            free[mine] -= along[:, :, None] * along[:, None]

        def motion(node: int) -> FloatArray:
            return np.asarray(free[node] if node < old else np.eye(3))

        for _ in range(MENDINGS):
            improve(nodes, cells, gamma(nodes[cells]), motion)
            flat = np.concatenate([kept, np.zeros((len(nodes) - old, 3), dtype=bool)])
            nodes, cells, label = mend(nodes, cells, label, flat, np.asarray(flat.all(axis=1)))
        improve(nodes, cells, gamma(nodes[cells]), motion)
        place = np.concatenate([self.wanted, len(raw.nodes) + np.arange(len(nodes) - len(self.wanted))])
        everything = np.concatenate([raw.nodes, nodes[len(self.wanted) :]])
        everything[self.wanted] = nodes[: len(self.wanted)]
        every = np.concatenate([raw.cells[self.passive], place[cells]])
        labels = np.concatenate([raw.grain[self.passive].astype(np.int64), label])
        part, of_part = components(every, labels, self._twins(everything, every))
        used, every = np.unique(every, return_inverse=True)
        count = len(self.geometry.cells.cells)
        parents = np.concatenate([raw.parents, [count + b.filled for b in self.bodies]])
        order = np.argsort(of_part, kind="stable")
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        every = every.reshape(-1, 4)
        all_quality = gamma(everything[used][every])
        return RawMesh(
            nodes=everything[used],
            cells=every,
            grain=rank[part].astype(np.int32),
            parents=parents[of_part[order]].astype(np.int64),
            quality=float(all_quality.min()),
            mean_quality=float(all_quality.mean()),
        )
