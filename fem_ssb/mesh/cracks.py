"""Cracks in a mesh: embedded in what they lie in, then opened by doubling their nodes, their faces named.

A node has one copy for each connected component of the cells around it after cutting the facets of cracks: two along a
crack, one at its tip or front, several where cracks meet.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import gmsh
import numpy as np
import numpy.typing as npt
from dolfinx.mesh import Mesh, entities_to_geometry, exterior_facet_indices
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from fem_ssb.errors import InputError
from fem_ssb.mesh.estimate import GRADING
from fem_ssb.mesh.quality import gamma
from fem_ssb.mesh.surfaces import faces
from fem_ssb.microstructure.carve import Piece
from fem_ssb.microstructure.cracks import is_outer, off_plane, within_outline
from fem_ssb.microstructure.lines import CrackedPlane
from fem_ssb.microstructure.rings import inside

if TYPE_CHECKING:
    from fem_ssb.mesh.extract import RawMesh
    from fem_ssb.mesh.gmsh_model import Builder
    from fem_ssb.microstructure.assembly import Geometry

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def embed_lines(builder: Builder, plane: CrackedPlane, pieces: list[Piece], surfaces: list[int]) -> None:
    """Lines of cracks into the surfaces they lie in (2D), and the lines of all flaws by name."""
    for cell, facets in plane.inner.items():
        own = [i for i, piece in enumerate(pieces) if piece.grain == cell]
        middles = plane.points[np.array([plane.facets[f] for f in facets])].mean(axis=1)
        for i in own:
            loops = [plane.points[loop] for loop in pieces[i].loops]
            edges = np.concatenate([np.stack([x, np.roll(x, -1, axis=0)], axis=1) for x in loops])
            within = np.flatnonzero(inside(middles, edges)).tolist()
            lines = [abs(builder.line(*plane.facets[facets[j]])) for j in within]
            if lines:
                builder.embedded.append((1, lines, surfaces[i]))
    for name, facets in plane.flaws.items():
        builder.flaws[name] = [abs(builder.line(*plane.facets[f])) for f in facets]


def embed_sheets(builder: Builder, volumes: Mapping[int, int]) -> None:
    """Flat cracks into the volumes they lie in, their sides on faces of the grain into these (3D).

    Those across grains are faces of these already.
    """
    cells, levels, upper = builder.geometry.cells, builder.geometry.levels, builder.geometry.upper
    for crack in builder.geometry.cracks:
        if crack.cell < 0:
            loops = [cells.facets[f] for f in crack.facets]
            edges = [tuple(sorted(e)) for loop in loops for e in zip(loop, [*loop[1:], loop[0]], strict=True)]
            rim = [edge for edge in edges if edges.count(edge) == 1]
            front = [e for e in rim if not is_outer(cells.points[list(e)], upper, levels)]
            builder.flaws.setdefault(crack.name, []).extend(builder.faces[f] for f in crack.facets)
            builder.fronts.setdefault(crack.name, []).extend(abs(builder.line(*e)) for e in front)
            continue
        points = [builder.point(x, crack.tip_size) for x in crack.points]
        lines = [builder.geo.addLine(a, b) for a, b in zip(points, [*points[1:], points[0]], strict=True)]
        surface = builder.geo.addPlaneSurface([builder.geo.addCurveLoop(lines)])
        for facet, line in zip(crack.faces, lines, strict=True):
            if facet >= 0:
                builder.embedded.append((1, [line], builder.faces[facet]))
        builder.embedded.append((2, [surface], volumes[crack.cell]))
        builder.flaws[crack.name] = [surface]
        builder.fronts[crack.name] = [line for facet, line in zip(crack.faces, lines, strict=True) if facet < 0]


def find_cracks(raw: RawMesh, geometry: Geometry) -> RawMesh:
    """The mesh with the flat cracks that are left in it, faces between halves of grains inside the outline (3D).

    And with the grooves, outer faces that are nearest to one.
    """
    corners, first, second = faces(raw.cells)
    between = (second >= 0) & (raw.grain[first] != raw.grain[second])
    corners, middles = corners[between], raw.nodes[corners[between]].mean(axis=1)
    flaws: dict[str, IntArray] = {}
    for crack in geometry.cracks:
        near = np.abs(off_plane(raw.nodes, crack.points)) < 1e-9
        flat = np.flatnonzero(near[corners].all(axis=1))
        own = corners[flat[within_outline(middles[flat], crack.points)]]
        flaws[crack.name] = np.concatenate([flaws.get(crack.name, own[:0]), own])
    for name, some in flaws.items():
        if not len(some):
            raise InputError(f"nothing is left of crack '{name}' beside {geometry.bodies[0].name}: move it")
    return replace(raw, flaws=flaws | _walls(raw, geometry))


def _walls(raw: RawMesh, geometry: Geometry) -> dict[str, IntArray]:
    """Faces of the empty grooves, with what they lay bare across their mouths, by name."""
    hollow = [body for body in geometry.bodies if body.hollow]
    if not any(body.flaw for body in hollow):
        return {}
    corners, _, second = faces(raw.cells)
    corners = corners[second < 0]
    x = raw.nodes[corners]
    on_box = np.any(np.all((np.abs(x) < 1e-9) | (np.abs(x - geometry.upper) < 1e-9), axis=1), axis=1)
    corners, middles = corners[~on_box], x[~on_box].mean(axis=1)
    levels = np.stack([body.shape.level(middles * geometry.unit) / geometry.unit for body in hollow])
    nearest = levels.argmin(axis=0)
    edges = np.array([body.edge for body in hollow])
    nearest[levels.min(axis=0) > edges[nearest]] = -1
    return {body.flaw: corners[nearest == i] for i, body in enumerate(hollow) if body.flaw}


def fine_tips(geometry: Geometry, fronts: Mapping[str, list[int]]) -> list[int]:
    """Gmsh fields of the mesh size around tips and fronts: it grows with `GRADING` away from them."""
    field, found = gmsh.model.mesh.field, []
    largest = float(geometry.sizes.max())
    for crack in geometry.cracks:
        distance = field.add("Distance")
        if len(crack.tips):
            points = [gmsh.model.getEntitiesInBoundingBox(*_around(x), dim=0) for x in crack.tips]
            field.setNumbers(distance, "PointsList", [tag for found in points for _, tag in found])
        elif crack.name in fronts:
            field.setNumbers(distance, "CurvesList", fronts[crack.name])
            field.setNumber(distance, "Sampling", 4)
        else:
            continue
        threshold = field.add("Threshold")
        for name, value in {
            "InField": distance,
            "SizeMin": crack.tip_size,
            "SizeMax": largest,
            "DistMin": 2 * crack.tip_size,
            "DistMax": 2 * crack.tip_size + (largest - crack.tip_size) / GRADING,
        }.items():
            field.setNumber(threshold, name, value)
        found.append(threshold)
    return found


def _around(x: FloatArray) -> list[float]:
    """Bounding box of next to nothing around a point of the plane."""
    return [x[0] - 1e-9, x[1] - 1e-9, -1e-9, x[0] + 1e-9, x[1] + 1e-9, 1e-9]


def open_cracks(raw: RawMesh, closing: Collection[str] = ()) -> RawMesh:
    """The mesh with nodes doubled along the cracks in `raw.flaws`, which then hold the nodes of both faces.

    Where all nodes of a facet are on the rim of a crack nothing is doubled: an edge of such a facet that crosses the
    crack is halved first. Along cracks that are `closing` the nodes stay single: fields jump across their facets.

    Raises:
        InputError: if a facet is in two cracks, or a crack is no larger than a cell.
    """
    while raw.flaws:
        opened, closed = _opened(raw)
        if not len(closed):
            return _opened(raw, closing)[0] if closing else opened
        raw = _halved(raw, closed)
    return raw


def _opened(raw: RawMesh, closing: Collection[str] = ()) -> tuple[RawMesh, IntArray]:
    """The mesh with doubled nodes, and the facets (n, dim) that stay closed."""
    dim = raw.nodes.shape[1]
    given = np.concatenate(list(raw.flaws.values()))
    on = np.zeros(len(raw.nodes), dtype=bool)
    on[given] = True
    near = np.flatnonzero(on[raw.cells].any(axis=1))
    cells = raw.cells[near]
    corners = np.array([np.delete(np.arange(dim + 1), i) for i in range(dim + 1)])
    sides = cells[:, corners].reshape(-1, dim)
    _, code = np.unique(np.sort(np.concatenate([sides, given]), axis=1), axis=0, return_inverse=True)
    code, marked = code.ravel()[: len(sides)], code.ravel()[len(sides) :]
    if len(np.unique(marked)) < len(marked):
        raise InputError("two cracks lie on each other: make one crack of both")
    name_of = np.full(int(code.max()) + 1, -1)
    name_of[marked] = np.repeat(np.arange(len(raw.flaws)), [len(facets) for facets in raw.flaws.values()])

    # (cell, corner) pairs of a node, joined across the facets that are not cut.
    is_cut = np.array([*(name not in closing for name in raw.flaws), False])[name_of]
    order = np.argsort(code, kind="stable")
    twice = code[order][1:] == code[order][:-1]
    ends = []
    for side in (order[:-1][twice], order[1:][twice]):
        side = side[~is_cut[code[side]]]
        pairs = (side // (dim + 1) * (dim + 1))[:, None] + corners[side % (dim + 1)]
        ends.append(np.take_along_axis(pairs, np.argsort(cells.ravel()[pairs], axis=1), axis=1).ravel())
    graph = coo_matrix((np.ones(len(ends[0])), tuple(ends)), shape=(cells.size, cells.size))
    _, component = connected_components(graph, directed=False)
    touched = np.flatnonzero(on[cells.ravel()])
    copies, copy = np.unique(np.column_stack([cells.ravel()[touched], component[touched]]), axis=0, return_inverse=True)
    again = np.concatenate([[False], copies[1:, 0] == copies[:-1, 0]])
    number = copies[:, 0].copy()
    number[again] = len(raw.nodes) + np.arange(again.sum())
    new = cells.copy()
    new.ravel()[touched] = number[copy.ravel()]
    every = raw.cells.copy()
    every[near] = new
    cut = order[:-1][twice]
    closed = sides[cut[is_cut[code[cut]]]]
    closed = closed[~np.isin(closed, copies[again, 0]).any(axis=1)]
    faces = new[:, corners].reshape(-1, dim)
    opened = replace(
        raw,
        nodes=np.concatenate([raw.nodes, raw.nodes[copies[again, 0]]]),
        cells=every,
        flaws={name: faces[name_of[code] == i] for i, name in enumerate(raw.flaws)},
    )
    return opened, closed


def _halved(raw: RawMesh, closed: IntArray) -> RawMesh:
    """The mesh with an edge of each closed facet halved: in 3D one that two facets of cracks share."""
    dim = raw.nodes.shape[1]
    every = np.sort(np.concatenate(list(raw.flaws.values())), axis=1)
    shared = {(int(a), int(b)) for a, b in every} if dim == 2 else _inner_edges(every)
    nodes, cells, grain, flaws, worst = raw.nodes, raw.cells, raw.grain, dict(raw.flaws), raw.quality
    chosen = [[e for e in combinations(facet, 2) if e in shared][:1] for facet in np.sort(closed, axis=1).tolist()]
    if not all(chosen):
        raise InputError("a crack is smaller than a cell of the mesh: use a smaller tip_size")
    for edge in sorted({edge for (edge,) in chosen}):
        middle = len(nodes)
        nodes = np.concatenate([nodes, nodes[list(edge)].mean(axis=0)[None]])
        split = np.flatnonzero(np.isin(cells, edge).sum(axis=1) == 2)
        parts = [np.where(cells[split] == end, middle, cells[split]) for end in edge]
        cells = np.concatenate([np.delete(cells, split, axis=0), *parts])
        grain = np.concatenate([np.delete(grain, split), grain[split], grain[split]])
        worst = min(worst, float(np.abs(gamma(nodes[np.concatenate(parts)])).min()))
        for name, some in flaws.items():
            both = np.isin(some, edge).sum(axis=1) == 2
            halves = [np.where(some[both] == end, middle, some[both]) for end in edge]
            flaws[name] = np.concatenate([some[~both], *halves])
    return replace(raw, nodes=nodes, cells=cells, grain=grain, flaws=flaws, quality=worst)


def _inner_edges(triangles: IntArray) -> set[tuple[int, int]]:
    """Edges that two triangles (n, 3) with ascending nodes share."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [0, 2]], triangles[:, [1, 2]]])
    found, count = np.unique(edges, axis=0, return_counts=True)
    return {(int(a), int(b)) for a, b in found[count == 2]}


def name_faces(domain: Mesh, boundaries: dict[str, npt.NDArray[np.int32]], flaws: Mapping[str, IntArray]) -> None:
    """Give exterior facets the names of the flaws they belong to, in place of others. Collective.

    Args:
        domain: the distributed mesh.
        boundaries: owned exterior facets by name; changed.
        flaws: input nodes of the facets, by name, shape (n, dim); the same on all ranks.
    """
    if not flaws:
        return
    facets = np.sort(exterior_facet_indices(domain.topology)).astype(np.int32)
    name = _flaw_of(domain, facets, flaws)
    for other, some in boundaries.items():
        boundaries[other] = some[np.isin(some, facets[name < 0])]
    for i, own in enumerate(flaws):
        boundaries[own] = facets[name == i]
    if "pores" in boundaries and domain.comm.allreduce(len(boundaries["pores"])) == 0:
        del boundaries["pores"]


def inner_facets(domain: Mesh, flaws: Mapping[str, IntArray]) -> dict[str, npt.NDArray[np.int32]]:
    """Owned facets of cracks whose nodes are single, by name.

    Args:
        domain: the distributed mesh.
        flaws: input nodes of the facets, by name, shape (n, dim); the same on all ranks.
    """
    if not flaws:
        return {}
    facets = np.arange(domain.topology.index_map(domain.topology.dim - 1).size_local, dtype=np.int32)
    name = _flaw_of(domain, facets, flaws)
    return {own: facets[name == i] for i, own in enumerate(flaws)}


def _flaw_of(domain: Mesh, facets: npt.NDArray[np.int32], flaws: Mapping[str, IntArray]) -> IntArray:
    """Position of the flaw that each facet belongs to, −1 for none."""
    dim = domain.topology.dim
    domain.topology.create_connectivity(dim - 1, dim)
    domain.topology.create_connectivity(dim, dim - 1)
    nodes = entities_to_geometry(domain, dim - 1, facets).reshape(-1, dim)
    nodes = np.asarray(domain.geometry.input_global_indices, dtype=np.int64)[nodes]
    given = np.concatenate(list(flaws.values()))
    _, code = np.unique(np.sort(np.concatenate([given, nodes]), axis=1), axis=0, return_inverse=True)
    code = code.ravel()
    name_of = np.full(int(code.max(initial=0)) + 1, -1)
    name_of[code[: len(given)]] = np.repeat(np.arange(len(flaws)), [len(some) for some in flaws.values()])
    return name_of[code[len(given) :]]
