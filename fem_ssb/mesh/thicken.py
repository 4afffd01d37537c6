"""Grain boundaries of finite thickness put into a finished mesh: grains are shrunk, what opens between them is filled.

Each node on a boundary gets one copy for each grain around it, moved inwards by half the thickness from all boundaries
of its grain there; what is left empty between the copies is filled (`film`). What is beside the layer first gets a
collar of prisms (`collar`), which belong to the grain under them: where two of these meet, a wedge of their own
material opens that ends at the collar's upper side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations, permutations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from fem_ssb.errors import InputError
from fem_ssb.mesh.collar import collared
from fem_ssb.mesh.extract import RawMesh
from fem_ssb.mesh.film import Copies, fill
from fem_ssb.mesh.prisms import Facets, across_box, exterior_facets, interior_facets, normals, volumes
from fem_ssb.mesh.quality import gamma
from fem_ssb.microstructure.assembly import Geometry

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

FLAT = 0.01
"""Share of a direction in the normals of a grain at a node below which a sharp corner is drawn back less and less."""

KEPT = 1e-3
"""Part of its volume that a cell of a grain must keep."""

EASING = 10
"""Cells that the shift of boundaries reaches into grains."""

NOTHING = 1e-10
"""Volume of a cell over its extent, as a cube, below which it is flat: that of a film of 1/1000 is 1e-6 at least."""

REGULAR = {2: 2.0, 3: 2.6}
"""Gamma of a thin film's cells over regular facets, by dimension, over its thickness in lengths of their edges."""


def thicken(raw: RawMesh, geometry: Geometry, thickness: Mapping[int, float]) -> RawMesh:
    """Put layers between the grains of some layers, each as one more grain, in their order.

    Args:
        raw: the mesh with boundaries as surfaces.
        geometry: it was made from.
        thickness: by layer, in lengths of the geometry's unit.

    Returns:
        the mesh; its `quality` is that of the grains' cells, or of those of the film over what regular facets of the
        same edge would give them.

    Raises:
        InputError: if a thickness is too large for grains or mesh.
    """
    for layer, t in thickness.items():
        raw = _thickened(raw, geometry, layer, t)
    return raw


def _thickened(raw: RawMesh, geometry: Geometry, layer: int, thickness: float) -> RawMesh:
    if raw.flaws:
        raise InputError("cracks and grain boundaries of finite thickness in one stack: leave one of them out")
    own = raw.grain < len(raw.parents)  # the film of another layer is of no cell
    parents = raw.parents[np.where(own, raw.grain, 0)]
    grains = own & (parents < len(geometry.layer_of_cell))
    mine = grains & (geometry.layer_of_cell[np.where(grains, parents, 0)] == layer)
    label = np.where(mine, raw.grain, -1).astype(np.int64)
    facets = interior_facets(raw.cells)
    on = _boundaries(facets, label)
    if not on.any():
        raise InputError("grain boundaries have a thickness, but no grains of the layer meet: give it more")
    across = across_box(raw.nodes, geometry)
    _check_faces(raw, label, across)
    doubled = np.zeros(len(raw.nodes), dtype=bool)
    doubled[facets.nodes[on]] = True
    for low, high in across:
        doubled[low] = doubled[high] = doubled[low] | doubled[high]

    raw, label = collared(raw, geometry, label, doubled, facets)
    doubled = np.append(doubled, np.zeros(len(raw.nodes) - len(doubled), dtype=bool))
    mine = np.append(mine, np.zeros(len(raw.cells) - len(mine), dtype=bool))
    near = np.asarray(doubled[raw.cells].any(axis=1))
    if (label[near] < 0).any():
        raise InputError("something touches a layer with thick grain boundaries in a point only: move it")
    facets = interior_facets(raw.cells)
    copies = _copies(raw, geometry, facets, label, mine, doubled, thickness)
    cells = raw.cells.copy()
    cells[near] = copies.number(cells[near], label[near])
    filled, owner = fill(facets, label, doubled, mine, copies)
    nodes = np.concatenate([_eased(raw, cells, copies), copies.points])
    flat = _in_face(nodes[filled], geometry)
    filled, owner = filled[~flat], owner[~flat]
    _check_volumes(nodes, raw.cells, cells, filled)
    _check_across(nodes, np.concatenate([cells, filled]), geometry)

    turned = volumes(nodes, filled) * np.sign(volumes(nodes, cells[:1])) < 0
    filled[turned, :2] = filled[turned, 1::-1]
    film = int(raw.grain.max()) + 1
    used, every = np.unique(np.concatenate([cells, filled]), return_inverse=True)
    worst = min(float(np.abs(gamma(nodes[cells[near]])).min()), float(_evenness(nodes[filled], thickness).min()))
    return replace(
        raw,
        nodes=nodes[used],
        cells=every.reshape(-1, cells.shape[1]),
        grain=np.concatenate([raw.grain, np.where(owner < 0, film, raw.grain[owner])]).astype(np.int32),
        quality=min(raw.quality, worst),
    )


def _boundaries(facets: Facets, label: IntArray) -> BoolArray:
    """Which facets are between two grains of the layer."""
    sides = label[facets.cells]
    return np.asarray((sides >= 0).all(axis=1) & (sides[:, 0] != sides[:, 1]))


def _in_face(x: FloatArray, geometry: Geometry) -> BoolArray:
    """Which simplices (n, dim + 1, dim) lie in a face of the box: where a grain ends in a line on it they are flat."""
    flat = np.zeros(len(x), dtype=bool)
    for axis, upper in enumerate(geometry.upper):
        for plane in (0.0, upper):
            flat |= np.ptp(x[:, :, axis], axis=1) + np.abs(x[:, 0, axis] - plane) < 1e-12
    return flat


def _evenness(x: FloatArray, thickness: float) -> FloatArray:
    """Gamma of a film's simplices over that of the same film on regular facets with their longest edge."""
    dim = x.shape[2]
    longest = np.max([np.linalg.norm(x[:, i] - x[:, j], axis=1) for i, j in combinations(range(dim + 1), 2)], axis=0)
    return np.asarray(np.abs(gamma(x)) / np.minimum(1.0, REGULAR[dim] * thickness / longest))


def _check_faces(raw: RawMesh, label: IntArray, across: list[tuple[IntArray, IntArray]]) -> None:
    """A grain goes on where it leaves a periodic face: of a boundary in it half would be at each of the two."""
    facets = exterior_facets(raw.cells)
    for low, high in across:
        place, side = np.full(len(raw.nodes), -1), np.zeros(len(raw.nodes), dtype=np.int64)
        place[low] = place[high] = low
        side[low], side[high] = -1, 1
        there = np.abs(side[facets.nodes].sum(axis=1)) == facets.nodes.shape[1]
        rows = np.column_stack([np.sort(place[facets.nodes[there]], axis=1), label[facets.cells[there, 0]]])
        if (np.unique(rows, axis=0, return_counts=True)[1] != 2).any():
            raise InputError(
                "a grain boundary of finite thickness lies in a periodic face, where it has no room: move the seeds"
            )


def _check_volumes(nodes: FloatArray, old: IntArray, cells: IntArray, filled: IntArray) -> None:
    """No cell of a grain is turned over, none of the film is flat, and together they fill what was there."""
    before, after, inside = volumes(nodes, old), volumes(nodes, cells), np.abs(volumes(nodes, filled))
    if (after * np.sign(before) <= KEPT * np.abs(before)).any():
        raise InputError(
            "grain boundaries are too thick: cells of the grains would vanish; use a smaller thickness, larger grains "
            "or a mesh size of at least the thickness"
        )
    if (inside < NOTHING * np.ptp(nodes[filled], axis=1).max(axis=1) ** nodes.shape[1]).any():
        raise InputError(
            "a grain touches what is beside its layer in a point or line only, where a boundary of finite thickness "
            "has no room: use another seed or more Lloyd passes"
        )
    total = np.abs(before).sum()
    if abs(np.abs(after).sum() + inside.sum() - total) > 1e-9 * total:
        raise InputError(
            "grain boundaries are too thick for the corners of the grains: use a smaller thickness, another seed or "
            "more Lloyd passes"
        )


def _check_across(nodes: FloatArray, cells: IntArray, geometry: Geometry) -> None:
    """Opposite faces of a periodic box still have the same nodes."""
    try:
        across_box(nodes[np.unique(cells)], geometry)
    except ValueError:
        raise InputError(
            "grains meet at an edge of the periodic box, where boundaries of finite thickness have no room: use "
            "another seed or more Lloyd passes"
        ) from None


def _copies(
    raw: RawMesh,
    geometry: Geometry,
    facets: Facets,
    label: IntArray,
    mine: BoolArray,
    doubled: BoolArray,
    thickness: float,
) -> Copies:
    """The copies of the doubled nodes, and where they go.

    A copy is moved by s: Σ w n nᵀ s = −½ t Σ w n over the boundary facets of its grain around the node, of normals n
    and areas w; on the faces of box and layer that its grain has there it stays. The one in the middle is at the mean
    of the others, on faces of the box at the node's old place.
    """
    nodes = raw.nodes
    own, grain = raw.cells[mine], label[mine]
    own, grain = own[doubled[own].any(axis=1)], grain[doubled[own].any(axis=1)]
    at, corner = np.nonzero(doubled[own])
    across, rank = across_box(nodes, geometry), np.arange(len(nodes))
    for low, high in across:
        rank[high] = rank[low]
    copies = Copies(doubled, np.unique(np.column_stack([own[at, corner], grain[at]]), axis=0), rank)
    matrix, right = _pushes(raw, facets, label, mine, copies, thickness)
    _share(across, copies, matrix, right)
    planes = [np.array([0.0, upper]) for upper in geometry.upper[:-1]] + [geometry.levels]
    for axis, level in ((axis, level) for axis, levels in enumerate(planes) for level in levels):
        near = np.isclose(nodes[own][:, :, axis], level, rtol=0.0, atol=1e-9)
        facet = np.count_nonzero(near, axis=1) == nodes.shape[1]
        at, corner = np.nonzero(near & facet[:, None] & doubled[own])
        held = copies.row(own[at, corner], grain[at])
        matrix[held, axis, :] = matrix[held, :, axis] = right[held, axis] = 0.0
    size = np.maximum(np.trace(matrix, axis1=1, axis2=2), np.finfo(float).tiny)
    value, vector = np.linalg.eigh(matrix / size[:, None, None])
    inverse = np.where(value > FLAT, 1.0 / np.maximum(value, FLAT), value / FLAT**2)
    along = inverse * np.einsum("nij,ni->nj", vector, right / size[:, None])
    node = copies.pairs[:, 0]
    points = nodes[node] + np.einsum("nij,nj->ni", vector, along)

    number, old = np.bincount(node, minlength=len(nodes)), nodes[doubled]
    sums = np.stack([np.bincount(node, column, len(nodes)) for column in points.T], axis=1)
    on_face = np.isclose(old, 0.0, rtol=0.0, atol=1e-9) | np.isclose(old, geometry.upper, rtol=0.0, atol=1e-9)
    stays = on_face.any(axis=1) & ~np.isin(np.flatnonzero(doubled), copies.across)
    middle = np.where(stays[:, None], old, sums[doubled] / number[doubled, None])
    copies.points = np.concatenate([points, middle])
    return copies


def _eased(raw: RawMesh, cells: IntArray, copies: Copies) -> FloatArray:
    """Nodes inside grains, and others as they were, moved with the copies beside them: by the mean of their neighbours.

    So the cells there keep their shape even where the boundaries are as thick as the cells are large.
    """
    facets, count = interior_facets(raw.cells), len(raw.nodes)
    free = np.ones(count, dtype=bool)
    free[facets.nodes[raw.grain[facets.cells[:, 0]] != raw.grain[facets.cells[:, 1]]]] = False
    free[exterior_facets(raw.cells).nodes] = False
    move = np.zeros((count + len(copies.points), raw.nodes.shape[1]))
    move[count : count + len(copies.pairs)] = copies.points[: len(copies.pairs)] - raw.nodes[copies.pairs[:, 0]]
    inside = np.flatnonzero(free)
    ends = np.concatenate([cells[:, [i, j]] for i, j in permutations(range(cells.shape[1]), 2)])
    ends = ends[free[np.minimum(ends[:, 0], count - 1)] & (ends[:, 0] < count)]
    links = csr_matrix((np.ones(len(ends)), ends.T), shape=(len(move), len(move)))[inside]
    degree = np.asarray(links.sum(axis=1))
    for _ in range(EASING):
        move[inside] = links @ move / degree
    return np.asarray(raw.nodes + move[:count])


def _pushes(
    raw: RawMesh, facets: Facets, label: IntArray, mine: BoolArray, copies: Copies, thickness: float
) -> tuple[FloatArray, FloatArray]:
    """For each copy in a grain Σ w n nᵀ, shape (k, dim, dim), and −½ t Σ w n, shape (k, dim)."""
    on = _boundaries(facets, label) & mine[facets.cells].all(axis=1)
    x, dim = raw.nodes[facets.nodes[on]], raw.nodes.shape[1]
    normal = normals(x)
    weight = np.linalg.norm(normal, axis=1)
    normal /= weight[:, None]
    matrix, right = np.zeros((len(copies.pairs), dim, dim)), np.zeros((len(copies.pairs), dim))
    for cell in facets.cells[on].T:
        outward = np.einsum("nd,nd->n", x.mean(axis=1) - raw.nodes[raw.cells[cell]].mean(axis=1), normal)
        n = normal * np.sign(outward)[:, None]
        for corner in facets.nodes[on].T:
            row = copies.row(corner, label[cell])
            np.add.at(matrix, row, weight[:, None, None] * n[:, :, None] * n[:, None, :])
            np.add.at(right, row, -0.5 * thickness * weight[:, None] * n)
    return matrix, right


def _share(across: list[tuple[IntArray, IntArray]], copies: Copies, *totals: FloatArray) -> None:
    """Copies across from each other on periodic faces are pushed alike; find those that only one side has.

    Where all grains at a node are at the one across from it too, but that has more, these touch the face without going
    through it. (Not on the edges of the box, which four nodes share.)
    """
    node, grain = copies.pairs.T
    number = np.bincount(node, minlength=len(copies.doubled))
    ends, times = np.unique(np.concatenate([node[:0], *(np.concatenate(two) for two in across)]), return_counts=True)
    for low, high in across:
        twin = np.full(len(copies.doubled), -1)
        twin[low] = high
        there = copies.row(twin[node], grain)
        here = np.flatnonzero(there >= 0)
        there = there[here]
        for total in totals:
            total[here] += total[there]
            total[there] = total[here]
        shared = np.bincount(node[here], minlength=len(copies.doubled))[low]
        once = ~np.isin(low, ends[times > 1])
        for few, many in ((low, high), (high, low)):
            some = once & (shared == number[few]) & (shared < number[many])
            copies.across[few[some]] = many[some]
