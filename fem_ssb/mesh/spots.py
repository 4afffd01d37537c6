"""Gmsh fields that make the mesh finer at interfaces, junctions, valleys and peaks, see `Stack.refine_at`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import gmsh
import numpy as np
import numpy.typing as npt

from fem_ssb.errors import InputError
from fem_ssb.mesh.estimate import GRADING
from fem_ssb.microstructure.spots import PlacedSpot

if TYPE_CHECKING:
    from fem_ssb.mesh.gmsh_model import Builder

IntArray = npt.NDArray[np.int64]

SAMPLES = 30
"""Points on each line or along each side of a face that distances are measured to."""


def fine_spots(builder: Builder) -> list[int]:
    """Fields of the mesh size around the spots of a geometry that is built, before it is synchronised.

    Raises:
        InputError: for an interface that is not there.
    """
    geometry, field, found = builder.geometry, gmsh.model.mesh.field, []
    largest = float(geometry.sizes.max())
    first = len(geometry.regions)
    for i, body in enumerate(geometry.bodies):  # these are cut out later, with a size of their own
        sizes = [spot.size for spot in geometry.spots if spot.regions[1] == first + body.filled >= first]
        geometry.bodies[i] = replace(body, edge=min([body.edge, *sizes]))
    cut = {first + body.filled for body in geometry.bodies if body.filled >= 0}
    for spot in geometry.spots:
        if spot.regions[1] in cut:
            continue
        kind, tags = _entities(builder, spot)
        if not tags:
            names = [*geometry.regions, *(f"inclusion {k}" for k in range(len(geometry.inclusions)))]
            a, b = (names[k] for k in spot.regions)
            raise InputError(f"there is no interface '{a}|{b}' to refine at, or no junction on it")
        distance = field.add("Distance")
        field.setNumbers(distance, kind, tags)
        field.setNumber(distance, "Sampling", SAMPLES)
        threshold = field.add("Threshold")
        for name, value in {
            "InField": distance,
            "SizeMin": spot.size,
            "SizeMax": largest,
            "DistMin": spot.distance,
            "DistMax": spot.distance + max(largest - spot.size, 1e-9) / GRADING,
        }.items():
            field.setNumber(threshold, name, value)
        found.append(threshold)
    return found


def _entities(builder: Builder, spot: PlacedSpot) -> tuple[str, list[int]]:
    """Name of Gmsh's list and the entities that distances are measured from."""
    geometry = builder.geometry
    if len(spot.points):
        return "PointsList", [builder.point(x, spot.size) for x in spot.points]
    grains = len(geometry.cells.cells)
    if builder.dim == 3 and spot.regions[1] >= len(geometry.regions):
        drawn = [k for k, body in enumerate(geometry.inclusions) if body.cell >= 0]
        at = drawn.index(spot.regions[1] - len(geometry.regions))
        return "SurfacesList", builder.balls[at - len(drawn)][2]
    source = geometry.cells if builder.plane is None else builder.plane
    facets: list[list[int]] = [list(facet) for facet in source.facets]
    facet, cell = (np.array(x, dtype=np.int64) for x in zip(*_pairs(source.cells), strict=True))
    region = np.append(geometry.region_of_cell, len(geometry.regions) + np.arange(len(source.cells) - grains))
    order = np.argsort(facet, kind="stable")
    facet, cell = facet[order], cell[order]
    twin = np.flatnonzero(facet[1:] == facet[:-1])
    sides = np.sort(np.stack([region[cell[twin]], region[cell[twin + 1]]], axis=1), axis=1)
    chosen = facet[twin[(sides == spot.regions).all(axis=1)]].tolist()
    if not spot.junctions:
        if builder.dim == 3:
            return "SurfacesList", [builder.faces[f] for f in chosen]
        return "CurvesList", [abs(builder.line(*facets[f])) for f in chosen]
    cells_at: dict[tuple[int, ...], set[int]] = {}
    for f, c in zip(facet.tolist(), cell.tolist(), strict=True):
        for part in _parts(facets[f], builder.dim):
            cells_at.setdefault(part, set()).add(c)
    parts = {part for f in chosen for part in _parts(facets[f], builder.dim) if len(cells_at[part]) > 2}
    if builder.dim == 3:
        return "CurvesList", [abs(builder.line(*part)) for part in sorted(parts)]
    return "PointsList", [builder.points[part[0]] for part in sorted(parts)]


def _pairs(cells: list[list[int]]) -> list[tuple[int, int]]:
    """(facet, cell) of all cells."""
    return [(facet, i) for i, cell in enumerate(cells) for facet in cell]


def _parts(facet: list[int], dim: int) -> list[tuple[int, ...]]:
    """Ends of an edge, or edges of a loop, as sorted point indices."""
    if dim == 2:
        return [(point,) for point in facet]
    return [(min(a, b), max(a, b)) for a, b in zip(facet, [*facet[1:], facet[0]], strict=True)]
