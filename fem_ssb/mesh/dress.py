"""Coats on particles, and binder between them, put into a finished 3D mesh of a packing or mixture.

A coat of thickness t: each node of the covered facets gets a copy in the matrix, moved by the s of least squares with
n·s = t on all facets of the matrix around it, in the faces of the box where it is on these; a prism on each facet, cut
into tetrahedra from the node with the smallest number, fills the gap. Particles keep their volume; where particles that
touch are both coated the coat goes on across the neck. The coat ends upright: beside it, prisms on what is not covered
that shrink to nothing across a facet belong to the matrix. In a mixture the coat's thickness is taken from the phase
that is coated, as from the matrix of a packing; all other phases, and pores, are its particles.

Binder takes the cells of the matrix where the distance to the nearest particle and that to the next one have the
smallest sum, as many as have the volume asked: bridges around necks. Its surface is made of faces of cells.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.spatial import cKDTree

from fem_ssb.errors import InputError
from fem_ssb.mesh.extract import RawMesh
from fem_ssb.mesh.improve import improve
from fem_ssb.mesh.levelset import EDGES
from fem_ssb.mesh.mend import mend
from fem_ssb.mesh.quality import gamma
from fem_ssb.mesh.surfaces import faces, vector_areas
from fem_ssb.microstructure.assembly import Geometry
from fem_ssb.microstructure.mixture import Mixture
from fem_ssb.microstructure.packed import Binder, Packing

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

UPRIGHT = 0.5
"""Thickness over that asked that a copy must have on every facet around it."""

THIN = 0.07
"""Gamma of a matrix cell below which no copy may bring it."""

SHORTER, TRIES = 0.7, 6
"""Factor on the move of a copy that finds no room, and times that it is tried before the move is given up."""

FLAT = 0.1
"""Least volume of the third of a prism over that asked."""

RINGS, SPREAD = 2, 10
"""Cells from a coat up to which the matrix makes room for it, and passes over their nodes."""

MENDINGS = 3
"""Times that bad cells of the matrix beside a coat are mended."""

LOSS = 0.1
"""Share of a coat's volume that may be missing for want of room in the matrix."""

EXACT = 0.02
"""Most that the volume of binder may be off."""


def dress(raw: RawMesh, geometry: Geometry, layer: int, made: Packing | Mixture) -> tuple[RawMesh, list[str]]:
    """Put the coat and the binder of a composite into its mesh, each as one more grain.

    Args:
        raw: the mesh with particles and matrix; lengths in the geometry's unit.
        geometry: it was made from.
        layer: index of the composite's layer.
        made: with a coat, a binder or both.

    Returns:
        the mesh, and the names of the new grains' regions.

    Raises:
        InputError: for what has no room.
    """
    added: list[str] = []
    coated, matrix, particle = _parts(geometry, raw, layer, made)
    if made.coat is not None and made.dressed_coat:
        raw = _coated(raw, geometry, made, coated[raw.grain], matrix[raw.grain])
        added.append(made.coat.name)
    if made.binder is not None:
        base = float(np.prod(geometry.upper[:-1]) * (geometry.levels[layer + 1] - geometry.levels[layer]))
        inside = np.where(particle[raw.grain], raw.grain, -1)
        raw = _bound(raw, made.binder, matrix[raw.grain], inside, made.binder.fraction * base)
        added.append(made.binder.name)
    return raw, added


def _parts(
    geometry: Geometry, raw: RawMesh, layer: int, made: Packing | Mixture
) -> tuple[BoolArray, BoolArray, BoolArray]:
    """Which grains are under the coat, of the matrix, and of any particle of a layer; with room for one more."""
    solid, bodies = len(geometry.layer_of_cell), geometry.embedded
    first = solid + len(geometry.inclusions)
    layer_of = np.full(first + len(bodies), -1)
    layer_of[:solid] = geometry.layer_of_cell
    layer_of[first:] = [body.layer for body in bodies]
    region_of = np.full(len(layer_of), -1)
    region_of[:solid] = geometry.region_of_cell
    region_of[first:] = [body.region for body in bodies]
    added = np.full(int(raw.grain.max()) + 2 - len(raw.parents), -1)
    layers, region = (np.append(part[raw.parents], added) for part in (layer_of, region_of))
    mine = layers == layer
    matrix = mine & (region == geometry.regions.index(made.host_phase))
    if isinstance(made, Mixture):
        return mine & ~matrix, matrix, mine & ~matrix
    coated = mine & (region == geometry.regions.index(made.coated_phase))
    names = [geometry.regions.index(phase.name) for phase in made.phases[: made.kinds]]
    return coated, matrix, mine & np.isin(region, names)


def _coated(raw: RawMesh, geometry: Geometry, made: Packing | Mixture, coated: BoolArray, matrix: BoolArray) -> RawMesh:
    """The mesh with a coat."""
    coat = made.coat
    assert coat is not None
    if raw.flaws:
        raise InputError(f"coat '{coat.name}' and cracks in one stack: leave one of them out")
    nodes, t = raw.nodes, coat.thickness / geometry.unit
    triangles, inner, outer = _skin(raw, matrix, geometry.upper)
    mixed = isinstance(made, Mixture)
    under = np.flatnonzero(np.where(outer >= 0, coated[outer], mixed))
    owner = raw.grain[(inner if mixed else outer)[under]]
    covered = np.zeros(len(triangles), dtype=bool)
    covered[under] = _covered(nodes[triangles[under]], owner, coat.coverage, np.random.default_rng([made.seed, 7]))
    doubled = np.zeros(len(nodes), dtype=bool)
    doubled[triangles[covered]] = True
    near = doubled[triangles].any(axis=1)
    triangles, inner, covered = triangles[near], inner[near], covered[near]
    shift = _shift(nodes, triangles, doubled, t, geometry.upper)
    doubled &= shift.any(axis=1)
    area = np.linalg.norm(vector_areas(nodes[triangles]), axis=1)
    wanted = t * float((area * covered) @ doubled[triangles].mean(axis=1))
    room = _Room(raw, matrix, doubled)
    for k in count():
        doubled &= shift.any(axis=1)
        copy = np.arange(len(nodes))
        copy[doubled] = len(nodes) + np.arange(doubled.sum())
        points = np.concatenate([room.moved(shift), (nodes + shift)[doubled]])
        prism, facet, volume = _prisms(points, triangles, copy)
        flat = volume < FLAT * t * area[facet] / 3
        stopped = np.union1d(room.spoilt(points, copy), prism[flat])
        if not len(stopped):
            break
        shift[np.isin(copy, stopped) & doubled] *= SHORTER if k < TRIES else 0.0
    content = float(volume[covered[facet]].sum())
    if content <= 0.0 or content < (1.0 - LOSS) * wanted:
        got = 100 * content / max(wanted, 1e-300)
        raise InputError(
            f"coat '{coat.name}' of {coat.thickness:g} m has no room: {got:.0f} % of its volume fits between the "
            "particles; use a thinner one, a larger gap or a smaller mesh size, or a resistance of the interface"
        )
    cells = np.where(matrix[:, None], copy[raw.cells], raw.cells)
    points, cells, grain = _eased(points, cells, raw.grain, matrix, geometry.upper)
    return _joined(raw, points, cells, grain, prism, np.where(covered, raw.grain.max() + 1, raw.grain[inner])[facet])


def _skin(raw: RawMesh, matrix: BoolArray, upper: FloatArray) -> tuple[IntArray, IntArray, IntArray]:
    """Facets of the matrix but for those on the faces of the box.

    Returns:
        corners, seen from inside the matrix counterclockwise, and the cells inside and outside, −1 where there is none.
    """
    corners, first, second = faces(raw.cells)
    single = second < 0
    within, beyond = matrix[first], ~single & matrix[second]
    x = raw.nodes[corners]
    flat = np.stack([(x < 1e-9).all(axis=1), (x > upper - 1e-9).all(axis=1)])
    on_box = single & flat.any(axis=(0, 2))
    some = np.flatnonzero((within != beyond) & ~on_box)
    into = within[some]
    triangles = np.where(into[:, None], corners[some][:, ::-1], corners[some])
    return triangles, np.where(into, first[some], second[some]), np.where(into, second[some], first[some])


class _Room:
    """The matrix around a coat, which makes room for it: nodes inside move by the mean of their neighbours' moves."""

    def __init__(self, raw: RawMesh, matrix: BoolArray, doubled: BoolArray) -> None:
        near = doubled.copy()
        for _ in range(RINGS):
            near[raw.cells[matrix & near[raw.cells].any(axis=1)]] = True
        some = matrix & near[raw.cells].any(axis=1)
        self.nodes, self.cells, grain = raw.nodes, raw.cells[some], raw.grain[some]
        corners, first, second = faces(self.cells)
        self.loose = near & ~doubled
        self.loose[corners[(second < 0) | (grain[first] != grain[second])]] = False
        ends = self.cells[:, EDGES].reshape(-1, 2)
        links = csr_matrix((np.ones(len(ends)), ends.T), shape=(len(near), len(near)))
        self.links = links + links.T
        self.degree = np.asarray(self.links.sum(axis=1)).reshape(-1, 1)
        self.least = np.minimum(THIN, 0.9 * gamma(self.nodes[self.cells]))

    def moved(self, shift: FloatArray) -> FloatArray:
        """The nodes, those of the coat where they were, for moves of their copies."""
        found = shift.copy()
        for _ in range(SPREAD):
            found[self.loose] = (self.links @ found)[self.loose] / self.degree[self.loose]
        return self.nodes + np.where(self.loose[:, None], found, 0.0)

    def spoilt(self, points: FloatArray, copy: IntArray) -> IntArray:
        """Nodes of cells that have become worse than allowed; those of them that yielded do not any more."""
        bad = self.cells[gamma(points[copy[self.cells]]) < self.least]
        self.loose[bad] = False
        return copy[bad]


def _prisms(points: FloatArray, triangles: IntArray, copy: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Tetrahedra between facets and their copies, the facets they are on, and their volumes."""
    order = np.argsort(triangles, axis=1)
    foot = np.take_along_axis(triangles, order, axis=1)
    turn = np.linalg.det(np.eye(3)[order])
    parts, facets, volumes = [], [], []
    for k, sign in zip(range(3), (1.0, -1.0, 1.0), strict=True):
        tet = np.concatenate([foot[:, : k + 1], copy[foot[:, k:]]], axis=1)
        whole = np.flatnonzero(copy[foot[:, k]] != foot[:, k])
        x = points[tet]
        volume = (sign * turn * np.linalg.det(x[:, 1:] - x[:, :1]) / 6)[whole]
        turned = (sign * turn < 0)[whole]
        tet = tet[whole]
        tet[turned, :2] = tet[turned, 1::-1]
        parts.append(tet)
        facets.append(whole)
        volumes.append(volume)
    return np.concatenate(parts), np.concatenate(facets), np.concatenate(volumes)


def _eased(
    nodes: FloatArray, cells: IntArray, grain: npt.NDArray[np.int32], matrix: BoolArray, upper: FloatArray
) -> tuple[FloatArray, IntArray, IntArray]:
    """The cells of particles and matrix, those of the matrix mended; its surfaces stay as they are."""
    label = grain.astype(np.int64)
    held = np.zeros(len(nodes), dtype=bool)
    held[cells[~matrix]] = True
    corners, first, second = faces(cells)
    held[corners[(second < 0) | (label[first] != label[np.maximum(second, 0)])]] = True
    held |= np.asarray(((nodes < 1e-9) | (nodes > upper - 1e-9)).any(axis=1))
    count = len(nodes)
    for _ in range(MENDINGS):
        improve(nodes, cells, gamma(nodes[cells]), lambda node: np.eye(3) * (node >= count or not held[node]))
        still = np.append(held, np.zeros(len(nodes) - count, dtype=bool))
        nodes, cells, label = mend(nodes, cells, label, np.tile(still[:, None], 3), still)
    return nodes, cells, label


def _shift(nodes: FloatArray, triangles: IntArray, doubled: BoolArray, t: float, upper: FloatArray) -> FloatArray:
    """How far copies are from their nodes, 0 where there is no such place; shape of the nodes."""
    area = vector_areas(nodes[triangles])
    weight = np.linalg.norm(area, axis=1)
    normal = area / weight[:, None]
    at, facet = triangles.ravel(), np.repeat(np.arange(len(triangles)), 3)
    matrix, right = np.zeros((len(nodes), 3, 3)), np.zeros((len(nodes), 3))
    np.add.at(matrix, at, (weight[:, None, None] * normal[:, :, None] * normal[:, None, :])[facet])
    np.add.at(right, at, (t * weight[:, None] * normal)[facet])
    some = np.flatnonzero(doubled)
    loose = ~((nodes[some] < 1e-9) | (nodes[some] > upper - 1e-9))
    kept = matrix[some] * loose[:, :, None] * loose[:, None, :]
    found = np.linalg.pinv(kept, rcond=0.02, hermitian=True) @ (right[some] * loose)[:, :, None]
    shift = np.zeros_like(nodes)
    shift[some] = found[:, :, 0]
    low = np.full(len(nodes), np.inf)
    np.minimum.at(low, at, (shift[at] * normal[facet]).sum(axis=1))
    shift[low < UPRIGHT * t] = 0.0
    return shift


def _covered(x: FloatArray, owner: npt.NDArray[np.int32], coverage: float, rng: np.random.Generator) -> BoolArray:
    """Triangles under the coat: those of each particle nearest to a random direction, until they have the share."""
    if coverage == 1.0:
        return np.ones(len(x), dtype=bool)
    area, middle = np.linalg.norm(vector_areas(x), axis=1), x.mean(axis=1)
    found = np.zeros(len(x), dtype=bool)
    for particle in np.unique(owner).tolist():
        mine = np.flatnonzero(owner == particle)
        order = mine[np.argsort(-middle[mine] @ rng.normal(size=3), kind="stable")]
        share = np.cumsum(area[order]) / area[mine].sum()
        found[order[: int(np.argmin(np.abs(share - coverage))) + 1]] = True
    return found


def _bound(raw: RawMesh, binder: Binder, matrix: BoolArray, particle: IntArray, wanted: float) -> RawMesh:
    """The mesh with binder."""
    mine = np.flatnonzero(matrix)
    x = raw.nodes[raw.cells[mine]]
    middle, volume = x.mean(axis=1), np.abs(np.linalg.det(x[:, 1:] - x[:, :1])) / 6
    nearest = np.full((len(mine), 2), np.inf)
    for grain in np.unique(particle[particle >= 0]).tolist():
        own = raw.nodes[np.unique(raw.cells[particle == grain])]
        nearest = np.sort(np.column_stack([nearest, cKDTree(own).query(middle)[0]]), axis=1)[:, :2]
    order = np.argsort(nearest.sum(axis=1), kind="stable")
    order = order[np.isfinite(nearest[order].sum(axis=1))]
    total = np.cumsum(volume[order])
    if not len(order) or total[-1] < wanted:
        raise InputError(f"binder '{binder.name}' has more volume than the gaps: use a smaller fraction")
    count = int(np.argmin(np.abs(total - wanted)))
    if abs(total[count] - wanted) > EXACT * wanted:
        raise InputError(
            f"binder '{binder.name}' is less than a few cells of the mesh: use a smaller mesh size or a larger fraction"
        )
    grain = raw.grain.copy()
    grain[mine[order[: count + 1]]] = raw.grain.max() + 1
    return replace(raw, grain=grain)


def _joined(
    raw: RawMesh, nodes: FloatArray, cells: IntArray, grain: IntArray, more: IntArray, of_more: IntArray
) -> RawMesh:
    """A mesh with more cells, and the grains of these."""
    used, numbers = np.unique(np.concatenate([cells, more]), return_inverse=True)
    every = np.append(grain, of_more).astype(np.int32)
    return replace(raw, nodes=nodes[used], cells=numbers.reshape(-1, 4), grain=every)
