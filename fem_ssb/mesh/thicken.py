"""Grain boundaries of finite thickness put into a finished mesh: grains are shrunk, what opens between them is filled.

Each node on a boundary gets one copy for each grain around it, moved inwards by half the thickness from all
boundaries of its grain there. A facet between two grains is then two, with a prism between them; where three or more
grains meet, at a point in 2D and along an edge in 3D, their copies are the corners of triangles, and where such edges
come together of tetrahedra, with one more corner in the middle if there are more than four grains. With n₀ < n₁ < …
the nodes of a facet and a < b the grains, the prism is cut into simplices (n₀a … n_k a, n_k b … b), so that neighbours
agree on all diagonals. What is beside the layer first gets a collar: its nodes on boundaries are moved a little away
from the layer, and prisms fill the gap. Each of them belongs to the grain under it; where two of these meet, a wedge of
their own material opens that ends at the collar's upper side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from math import factorial

import numpy as np
import numpy.typing as npt

from fem_ssb.errors import InputError
from fem_ssb.mesh.extract import RawMesh
from fem_ssb.microstructure.assembly import Geometry
from fem_ssb.microstructure.wrap import twins

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

FLAT = 0.01
"""Share of a direction in the normals of a grain at a node below which a sharp corner is drawn back less and less."""

COLLAR, LEAST = 0.3, 0.2
"""Height of a collar over what would flatten a cell, and the least share of its volume that a cell there may keep."""

NOTHING = 1e-10
"""Volume of a cell over its extent, as a cube, below which it is flat: that of a film of 1/1000 is 1e-6 at least."""

MIDDLE = np.iinfo(np.int64).max
"""In place of a grain: the middle of more than four."""


@dataclass
class _Facets:
    """Facets around the nodes on boundaries, between two cells each: nodes (n, dim), ascending, and cells (n, 2)."""

    nodes: IntArray
    cells: IntArray


def thicken(raw: RawMesh, geometry: Geometry, thickness: Mapping[int, float]) -> RawMesh:
    """Put layers between the grains of some layers, each as one more grain, in their order.

    Args:
        raw: the mesh with boundaries as surfaces.
        geometry: it was made from.
        thickness: by layer, in lengths of the geometry's unit.

    Raises:
        InputError: if a thickness is too large for grains or mesh.
    """
    for layer, t in thickness.items():
        raw = _thickened(raw, geometry, layer, t)
    return raw


def _thickened(raw: RawMesh, geometry: Geometry, layer: int, thickness: float) -> RawMesh:
    dim = raw.nodes.shape[1]
    parents = raw.parents[raw.grain]
    mine = (parents < len(geometry.layer_of_cell)) & (
        geometry.layer_of_cell[np.minimum(parents, len(geometry.layer_of_cell) - 1)] == layer
    )
    label = np.where(mine, raw.grain, -1).astype(np.int64)
    facets = _interior_facets(raw.cells)
    sides = label[facets.cells]
    on = (sides >= 0).all(axis=1) & (sides[:, 0] != sides[:, 1])
    if not on.any():
        raise InputError("grain boundaries have a thickness, but no grains of the layer meet: give it more")
    if raw.flaws:
        raise InputError("cracks and grain boundaries of finite thickness in one stack: leave one of them out")
    doubled = np.zeros(len(raw.nodes), dtype=bool)
    doubled[facets.nodes[on]] = True
    raw, label = _collared(raw, geometry, label, doubled, facets)
    doubled = np.append(doubled, np.zeros(len(raw.nodes) - len(doubled), dtype=bool))
    mine = np.append(mine, np.zeros(len(raw.cells) - len(mine), dtype=bool))
    near = np.asarray(doubled[raw.cells].any(axis=1))
    if (label[near] < 0).any():
        raise InputError("something touches a layer with thick grain boundaries in a point only: move it")
    facets = _interior_facets(raw.cells)
    sides = label[facets.cells]
    on = mine[facets.cells].all(axis=1) & (sides[:, 0] != sides[:, 1])
    moved = _places(raw, geometry, facets, on, label, mine, doubled, thickness)

    cells = raw.cells.copy()
    cells[near] = moved.number(cells[near], label[near])
    filled, owner = _fill(facets, label, doubled, mine, moved)
    film = int(raw.grain.max()) + 1
    grain = np.where(owner < 0, film, raw.grain[np.maximum(owner, 0)])
    nodes = np.concatenate([raw.nodes, moved.points])
    before, after = _volumes(raw.nodes, raw.cells), _volumes(nodes, cells)
    if (after * np.sign(before) <= 1e-3 * np.abs(before)).any():
        raise InputError(
            "grain boundaries are too thick: cells of the grains would vanish; use a smaller thickness, larger grains "
            "or a mesh size of at least the thickness"
        )
    flat = _in_face(nodes[filled], geometry)
    filled, grain = filled[~flat], grain[~flat]
    inside = _volumes(nodes, filled)
    if (np.abs(inside) < NOTHING * np.ptp(nodes[filled], axis=1).max(axis=1) ** dim).any():
        raise InputError(
            "a grain touches what is beside its layer in a point or line only, where a boundary of finite thickness "
            "has no room: use another seed or more Lloyd passes"
        )
    total = np.abs(before).sum()
    if abs(np.abs(after).sum() + np.abs(inside).sum() - total) > 1e-9 * total:
        raise InputError(
            "grain boundaries are too thick for the corners of the grains: use a smaller thickness, another seed or "
            "more Lloyd passes"
        )
    turned = inside * np.sign(before[0]) < 0
    filled[turned, :2] = filled[turned, 1::-1]
    cells = np.concatenate([cells, filled])
    used, cells = np.unique(cells, return_inverse=True)
    return replace(
        raw,
        nodes=nodes[used],
        cells=cells.reshape(-1, dim + 1),
        grain=np.concatenate([raw.grain, grain]).astype(np.int32),
    )


def _in_face(x: FloatArray, geometry: Geometry) -> npt.NDArray[np.bool_]:
    """Which simplices (n, dim + 1, dim) lie in a face of the box: where a grain ends in a line on it they are flat."""
    flat = np.zeros(len(x), dtype=bool)
    for axis, upper in enumerate(geometry.upper):
        for plane in (0.0, upper):
            flat |= np.ptp(x[:, :, axis], axis=1) + np.abs(x[:, 0, axis] - plane) < 1e-12
    return flat


def _volumes(nodes: FloatArray, cells: IntArray) -> FloatArray:
    """Signed areas or volumes."""
    x = nodes[cells]
    return np.asarray(np.linalg.det(x[:, 1:] - x[:, :1]) / factorial(nodes.shape[1]))


def _interior_facets(cells: IntArray) -> _Facets:
    """Facets between two cells of a mesh."""
    sides = np.concatenate([np.delete(cells, i, axis=1) for i in range(cells.shape[1])])
    sides.sort(axis=1)
    order = np.lexsort(sides.T[::-1])
    same = np.flatnonzero((sides[order][1:] == sides[order][:-1]).all(axis=1))
    first, second = order[same], order[same + 1]
    return _Facets(sides[first], np.stack([first, second], axis=1) % len(cells))


def _collared(
    raw: RawMesh, geometry: Geometry, label: IntArray, doubled: npt.NDArray[np.bool_], facets: _Facets
) -> tuple[RawMesh, IntArray]:
    """What is beside the layer is moved away from the nodes on boundaries, prisms fill the gap.

    Args:
        raw, geometry: the mesh and what it was made from.
        label: the grain of each cell of the layer, −1 beside it.
        doubled: nodes on boundaries.
        facets: between the cells of the mesh.

    Returns:
        the mesh, and its labels: those of the prisms are of the grain that they are on.

    Raises:
        InputError: if there is no room.
    """
    nodes, dim = raw.nodes, raw.nodes.shape[1]
    across, rank, doubled = _across(nodes, geometry), np.arange(len(nodes)), doubled.copy()
    for low, high in across:
        rank[high] = rank[low]
        doubled[low] = doubled[high] = doubled[low] | doubled[high]
    sides = label[facets.cells]
    found = ((sides >= 0).sum(axis=1) == 1) & doubled[facets.nodes].any(axis=1)
    if not found.any():
        return raw, label
    feet, cells = facets.nodes[found], facets.cells[found]
    cells = np.where(sides[found, :1] >= 0, cells, cells[:, ::-1])  # of the layer first
    normal = _normals(nodes[feet])
    normal *= np.sign(np.einsum("nd,nd->n", nodes[feet[:, 0]] - nodes[raw.cells[cells[:, 0]]].mean(axis=1), normal))[
        :, None
    ]
    away = np.zeros_like(nodes)
    np.add.at(away, feet.ravel(), np.repeat(normal, dim, axis=0))
    away /= np.maximum(np.linalg.norm(away, axis=1, keepdims=True), np.finfo(float).tiny)
    lifted = np.flatnonzero(doubled & (np.bincount(feet.ravel(), minlength=len(nodes)) > 0))
    copy = np.arange(len(nodes))
    copy[lifted] = len(nodes) + np.arange(len(lifted))
    beside = np.flatnonzero((label < 0) & (copy[raw.cells] >= len(nodes)).any(axis=1))
    height = np.full(len(nodes), np.inf)
    before = _volumes(nodes, raw.cells[beside])
    for corner in range(dim + 1):
        at = raw.cells[beside, corner]
        x = nodes[raw.cells[beside]]
        x[:, corner] += away[at]
        slope = np.linalg.det(x[:, 1:] - x[:, :1]) / factorial(dim) / before - 1.0
        np.minimum.at(height, at, COLLAR / np.maximum(-slope, np.finfo(float).tiny))
    prisms = []
    feet = np.take_along_axis(feet, np.argsort(rank[feet], axis=1), axis=1)
    for steps in _staircases(dim, 2):
        prisms.append(np.stack([copy[feet[:, i]] if j else feet[:, i] for i, j in steps], axis=1))
    every = raw.cells.copy()
    every[beside] = copy[every[beside]]
    filled, over = np.concatenate(prisms), np.tile(np.arange(len(feet)), dim)
    ordered = np.sort(filled, axis=1)
    whole = (ordered[:, 1:] != ordered[:, :-1]).all(axis=1)
    filled, over = filled[whole], over[whole]
    for _ in range(30):
        for low, high in across:
            height[low] = height[high] = np.minimum(height[low], height[high])
        points = np.concatenate([nodes, nodes[lifted] + height[lifted, None] * away[lifted]])
        bad = beside[_volumes(points, every[beside]) / before < LEAST]
        if not len(bad):
            break
        height[np.unique(raw.cells[bad])] *= 0.5
    else:
        raise InputError("a layer beside thick grain boundaries has no room for them: use a smaller mesh size")
    turned = _volumes(points, filled) * np.sign(before[0]) < 0
    filled[turned, :2] = filled[turned, 1::-1]
    collared = replace(
        raw,
        nodes=points,
        cells=np.concatenate([every, filled]),
        grain=np.concatenate([raw.grain, raw.grain[cells[over, 1]]]),
    )
    return collared, np.concatenate([label, label[cells[over, 0]]])


def _normals(x: FloatArray) -> FloatArray:
    """Normals of facets (n, dim, dim), as long as they are large."""
    edges = x[:, 1:] - x[:, :1]
    if x.shape[2] == 2:
        return np.stack([edges[:, 0, 1], -edges[:, 0, 0]], axis=1)
    return np.cross(edges[:, 0], edges[:, 1])


class _Copies:
    """The copies of doubled nodes: one in each grain, and one in the middle.

    Attributes:
        points: their places, first those in grains, then those in the middle.
        rank: order of nodes in prisms, the same on opposite faces of a periodic box.
    """

    def __init__(self, doubled: npt.NDArray[np.bool_], pairs: IntArray, rank: IntArray) -> None:
        self.doubled, self.rank = doubled, rank
        self.points = np.zeros((0, 0))
        self._span = int(pairs[:, 1].max()) + 1
        self._code = pairs[:, 0] * self._span + pairs[:, 1]
        self._middle = np.cumsum(doubled) - 1 + len(doubled) + len(pairs)

    def number(self, nodes: IntArray, grain: IntArray) -> IntArray:
        """Copies of nodes (n, k) in the grain (n,) of each row, or in the MIDDLE; nodes not doubled themselves."""
        grain = np.broadcast_to(grain[:, None], nodes.shape)
        found = np.where(self.doubled[nodes], self._middle[nodes], nodes)
        some = self.doubled[nodes] & (grain != MIDDLE)
        found[some] = len(self.doubled) + np.searchsorted(self._code, nodes[some] * self._span + grain[some])
        return found


def _places(
    raw: RawMesh,
    geometry: Geometry,
    facets: _Facets,
    on: npt.NDArray[np.bool_],
    label: IntArray,
    mine: npt.NDArray[np.bool_],
    doubled: npt.NDArray[np.bool_],
    thickness: float,
) -> _Copies:
    """Where the copies go: Σ w n nᵀ s = −½ t Σ w n over the boundary facets around, on faces that a grain has there.

    The one in the middle is at the mean of the others, on faces of the box at the node's old place.
    """
    nodes, dim = raw.nodes, raw.nodes.shape[1]
    own = raw.cells[mine]
    own, grain = own[doubled[own].any(axis=1)], label[mine][doubled[own].any(axis=1)]
    at, corner = np.nonzero(doubled[own])
    pairs = np.unique(np.column_stack([own[at, corner], grain[at]]), axis=0)
    across = _across(nodes, geometry)
    rank = np.arange(len(nodes))
    for low, high in across:
        rank[high] = rank[low]
    copies = _Copies(doubled, pairs, rank)
    x = nodes[facets.nodes[on]]
    normal = _normals(x)
    weight = np.linalg.norm(normal, axis=1)
    normal /= weight[:, None]
    matrix, right = np.zeros((len(pairs), dim, dim)), np.zeros((len(pairs), dim))
    for cell in facets.cells[on].T:
        outward = np.einsum("nd,nd->n", x.mean(axis=1) - nodes[raw.cells[cell]].mean(axis=1), normal)
        n = normal * np.sign(outward)[:, None]
        rows = copies.number(facets.nodes[on], label[cell]) - len(nodes)
        for k in range(dim):
            np.add.at(matrix, rows[:, k], weight[:, None, None] * n[:, :, None] * n[:, None, :])
            np.add.at(right, rows[:, k], -0.5 * thickness * weight[:, None] * n)
    row_of = {tuple(pair): i for i, pair in enumerate(pairs.tolist())}
    for low, high in across:
        twin = dict(zip(low.tolist(), high.tolist(), strict=True))
        found = [(i, row_of[twin[p], g]) for (p, g), i in row_of.items() if p in twin and (twin[p], g) in row_of]
        here, there = np.array(found, dtype=np.int64).reshape(-1, 2).T
        for total in (matrix, right):
            total[here] += total[there]
            total[there] = total[here]
    place, faces = nodes[pairs[:, 0]], [np.array([0.0, upper]) for upper in geometry.upper[:-1]] + [geometry.levels]
    for axis, planes in enumerate(faces):
        for plane in planes:
            near = np.isclose(nodes[own][:, :, axis], plane, rtol=0.0, atol=1e-9)
            facet = np.count_nonzero(near, axis=1) == dim
            at, corner = np.nonzero(near & facet[:, None] & doubled[own])
            held = copies.number(own[at, corner][:, None], grain[at]).ravel() - len(nodes)
            matrix[held, axis, :] = matrix[held, :, axis] = right[held, axis] = 0.0
    size = np.maximum(np.trace(matrix, axis1=1, axis2=2), np.finfo(float).tiny)
    value, vector = np.linalg.eigh(matrix / size[:, None, None])
    inverse = np.where(value > FLAT, 1.0 / np.maximum(value, FLAT), value / FLAT**2)
    along = inverse * np.einsum("nij,ni->nj", vector, right / size[:, None])
    points = place + np.einsum("nij,nj->ni", vector, along)
    sums = np.stack([np.bincount(pairs[:, 0], column, len(nodes)) for column in points.T], axis=1)
    middle = sums[doubled] / np.bincount(pairs[:, 0], minlength=len(nodes))[doubled][:, None]
    old = nodes[doubled]
    near = np.isclose(old, 0.0, rtol=0.0, atol=1e-9) | np.isclose(old, geometry.upper, rtol=0.0, atol=1e-9)
    copies.points = np.concatenate([points, np.where(near.any(axis=1, keepdims=True), old, middle)])
    return copies


def _across(nodes: FloatArray, geometry: Geometry) -> list[tuple[IntArray, IntArray]]:
    """Nodes of the low and high face of each periodic axis, pair by pair."""
    found = []
    for axis in geometry.periodic:
        low, high = (np.flatnonzero(np.abs(nodes[:, axis] - plane) < 1e-9) for plane in (0.0, geometry.upper[axis]))
        pairs = twins(np.delete(nodes, axis, axis=1), low, high, 1e-8)
        found.append((pairs[:, 0], pairs[:, 1]))
    return found


def _fill(
    facets: _Facets, label: IntArray, doubled: npt.NDArray[np.bool_], mine: npt.NDArray[np.bool_], copies: _Copies
) -> tuple[IntArray, IntArray]:
    """Simplices in the gaps, and the cell whose grain each belongs to: −1 for the layer's film."""
    sides = label[facets.cells]
    wide = (sides >= 0).all(axis=1) & (sides[:, 0] != sides[:, 1]) & doubled[facets.nodes].any(axis=1)
    nodes, cells, pair = facets.nodes[wide], facets.cells[wide], np.sort(sides[wide], axis=1)
    film = mine[cells].all(axis=1)
    owner = np.where(film, -1, cells[np.arange(len(cells)), np.argmin(mine[cells], axis=1)])
    parts = _prism(nodes, pair, copies)
    owners = [owner] * len(parts)
    around, triple, owner = _meetings(nodes, cells, pair, film, doubled, owner)
    if around.shape[1] == 2:
        around, triple, owner = _matched(around, triple, owner, doubled)
    parts += (meeting := _prism(around, triple, copies))
    owners += [owner] * len(meeting)
    if around.shape[1] == 2:
        corners = _corners(around, triple, doubled, copies)
        parts.append(corners)
        owners.append(np.full(len(corners), -1))
    simplices, owner = np.concatenate(parts), np.concatenate(owners)
    ordered = np.sort(simplices, axis=1)
    whole = (ordered[:, 1:] != ordered[:, :-1]).all(axis=1)
    return simplices[whole], owner[whole]


def _prism(nodes: IntArray, grains: IntArray, copies: _Copies) -> list[IntArray]:
    """Simplices of the products of a simplex of nodes (n, a) and one of grains (n, b), these ascending."""
    nodes = np.take_along_axis(nodes, np.argsort(copies.rank[nodes], axis=1), axis=1)
    parts = []
    for steps in _staircases(nodes.shape[1], grains.shape[1]):
        columns = [copies.number(nodes[:, i : i + 1], grains[:, j]) for i, j in steps]
        parts.append(np.concatenate(columns, axis=1))
    return parts


def _staircases(rows: int, columns: int) -> list[list[tuple[int, int]]]:
    """All paths from (0, 0) to (rows − 1, columns − 1) that go one step up in one of both."""
    paths = [[(0, 0)]]
    for _ in range(rows + columns - 2):
        paths = [
            [*path, step]
            for path in paths
            for step in ((path[-1][0] + 1, path[-1][1]), (path[-1][0], path[-1][1] + 1))
            if step[0] < rows and step[1] < columns
        ]
    return paths


def _meetings(
    nodes: IntArray,
    cells: IntArray,
    pair: IntArray,
    film: npt.NDArray[np.bool_],
    doubled: npt.NDArray[np.bool_],
    owner: IntArray,
) -> tuple[IntArray, IntArray, IntArray]:
    """Where three or more grains meet: nodes (2D) or edges (3D), with the polygon of these grains in triangles.

    Args:
        nodes, cells, pair, film, owner: of the facets between grains: nodes, cells, grains, whether they are in the
            film, and where not, the cell whose grain the gap is.
        doubled: nodes on boundaries.

    Returns:
        nodes (n, dim − 1), grains (n, 3) ascending, and the cell whose grain the gap is, −1 for the film.
    """
    dim = nodes.shape[1]
    every = np.concatenate([np.delete(nodes, i, axis=1) for i in range(dim)])
    facet = np.tile(np.arange(len(nodes)), dim)
    keep = doubled[every].any(axis=1)
    every, facet = every[keep], facet[keep]
    place, index = np.unique(every, axis=0, return_inverse=True)
    index = index.ravel()
    there = np.unique(np.column_stack([np.repeat(index, 2), pair[facet].ravel()]), axis=0)
    number = np.bincount(there[:, 0], minlength=len(place))
    of_film = np.zeros(len(place), dtype=bool)
    of_film[index[film[facet]]] = True
    first = np.zeros(len(place), dtype=np.int64)
    first[index] = owner[facet]
    three = np.flatnonzero(number == 3)
    found = [(three, there[number[there[:, 0]] == 3, 1].reshape(-1, 3))]
    for i in np.flatnonzero(number > 3).tolist():
        loop = _around(pair[facet[index == i]])
        fan = np.array([[loop[0], a, b] for a, b in pairwise(loop[1:])])
        found.append((np.full(len(fan), i), np.sort(fan, axis=1)))
    at = np.concatenate([where for where, _ in found])
    return place[at], np.concatenate([grains for _, grains in found]), np.where(of_film[at], -1, first[at])


def _around(pairs: IntArray) -> list[int]:
    """Grains in order around a point or edge, from the smallest number on; an open row is closed.

    Raises:
        InputError: if one of them is there twice.
    """
    following: dict[int, set[int]] = {}
    for a, b in pairs.tolist():
        following.setdefault(a, set()).add(b)
        following.setdefault(b, set()).add(a)
    ends = [g for g, others in following.items() if len(others) == 1]
    if any(len(others) > 2 for others in following.values()) or len(ends) not in (0, 2):
        raise InputError("grains touch in a point or line only: use another seed or more Lloyd passes")
    row = [min(ends or following)]
    while len(row) < len(following):
        row.append(min(g for g in following[row[-1]] if g not in row))
    start = row.index(min(row))
    return row[start:] + row[:start]


def _matched(
    around: IntArray, triple: IntArray, owner: IntArray, doubled: npt.NDArray[np.bool_]
) -> tuple[IntArray, IntArray, IntArray]:
    """Edges beside the layer where more than three grains meet take the triangles that the film ends in there."""
    edges, index, number = np.unique(around, axis=0, return_inverse=True, return_counts=True)
    index = index.ravel()
    many = (owner >= 0) & (number[index] > 1)
    if not many.any():
        return around, triple, owner
    film = owner < 0
    ends = _open_ends(around[film], triple[film], doubled)
    keep = np.ones(len(around), dtype=bool)
    more = []
    for i in np.unique(index[many]).tolist():
        rows = np.flatnonzero(index == i)
        found = ends[np.isin(ends[:, 0], edges[i][doubled[edges[i]]]), 1:]
        if np.array_equal(np.unique(found), np.unique(triple[rows])):
            keep[rows] = False
            more.append((np.tile(edges[i], (len(found), 1)), found, np.full(len(found), owner[rows[0]])))
    around, triple, owner = (
        np.concatenate([old[keep], *new]) for old, *new in zip((around, triple, owner), *more, strict=True)
    )
    return around, triple, owner


def _open_ends(around: IntArray, triple: IntArray, doubled: npt.NDArray[np.bool_]) -> IntArray:
    """Nodes with the three grains of each edge that ends there and goes on in no other, in rows of four."""
    rows = np.concatenate([np.column_stack([node, triple]) for node in around.T])
    rows, count = np.unique(rows[doubled[rows[:, 0]]], axis=0, return_counts=True)
    return np.asarray(rows[count % 2 == 1])


def _corners(around: IntArray, triple: IntArray, doubled: npt.NDArray[np.bool_], copies: _Copies) -> IntArray:
    """Tetrahedra between the ends of edges where grains meet, at the nodes where several of these come together."""
    rows = _open_ends(around, triple, doubled)
    nodes, first, number = np.unique(rows[:, 0], return_index=True, return_counts=True)
    found = []
    for node, i, n in zip(nodes, first, number, strict=True):
        triangles = rows[i : i + n, 1:]
        grains = np.unique(triangles)
        simple = n == 4 and len(grains) == 4
        corners = grains[None] if simple else np.column_stack([triangles, np.full(n, MIDDLE)])
        at = np.full((len(corners), 1), node)
        found.append(np.concatenate([copies.number(at, grain) for grain in corners.T], axis=1))
    return np.concatenate(found) if found else np.zeros((0, 4), dtype=np.int64)
