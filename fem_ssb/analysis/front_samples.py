"""Quadrature points near a front, in cells and on crack faces, with their coordinates along it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import basix
import numpy as np
import numpy.typing as npt
import ufl
from dolfinx import fem
from dolfinx.mesh import Mesh

from fem_ssb.analysis.front_frame import FrontFrame, Places
from fem_ssb.compat import geometry_dofmap
from fem_ssb.errors import InputError, raise_on_all
from fem_ssb.problem.state import State

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int32]

DEGREE, SINGULAR = 6, 12  # of the quadrature, and in cells that the front touches


@dataclass(frozen=True)
class Group:
    """Entities that have the same points.

    Attributes:
        entities: cells, or (cell, facet of the cell).
        reference: points in the reference cell or facet.
        kept: which of all the points are near.
    """

    entities: IntArray
    reference: FloatArray
    kept: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Samples:
    """Points within a radius around a front, those of this rank.

    Attributes:
        places: their coordinates.
        weights: of the quadrature [m³, on faces m²].
        side: +1 of points whose cell is above the crack, −1 below.
        domain: the mesh.
        groups: what they are in, one after the other.
    """

    places: Places
    weights: FloatArray
    side: FloatArray
    domain: Mesh
    groups: list[Group]

    def compiled(self, value: Any) -> list[fem.Expression]:
        """UFL as `evaluate` takes it."""
        return [fem.Expression(value, group.reference) for group in self.groups]

    def evaluate(self, compiled: list[fem.Expression]) -> FloatArray:
        """Values at the points, shape (n, …)."""
        shape = compiled[0].ufl_expression.ufl_shape
        values = [
            np.asarray(e.eval(self.domain, g.entities)).reshape(-1, *shape)[g.kept]
            for e, g in zip(compiled, self.groups, strict=True)
        ]
        return np.concatenate(values)


def in_cells(state: State, region: str, frame: FrontFrame, radius: float) -> Samples:
    """Points in cells around a front. Collective.

    Raises:
        InputError: on all ranks, where there is another region.
    """
    domain = state.domain
    corners = domain.geometry.x[geometry_dofmap(domain)[: domain.topology.index_map(3).size_local]]
    near, touched = _near(frame, corners, radius), _near(frame, corners, 0.0)
    parts = []
    for cells, degree in ((touched, SINGULAR), (np.setdiff1d(near, touched), DEGREE)):
        reference, share, weights = _rule(basix.CellType.tetrahedron, degree)
        own = corners[cells]
        volumes = np.abs(np.linalg.det(own[:, 1:] - own[:, :1]))
        parts.append((cells, own, share @ own, np.outer(volumes, weights), reference))
    found = _samples(domain, frame, radius, parts)
    used = [g.entities[g.kept.reshape(-1, len(g.reference)).any(axis=1)] for g in found.groups]
    foreign = bool((state.mesh.region_of_cell[np.concatenate(used)] != state.mesh.region_index(region)).any())
    problem = f"there is more than region '{region}' within {radius:.3g} m of the front: make the outer radius smaller"
    raise_on_all(state.mesh.comm, InputError(problem) if foreign else None)
    return found


def on_faces(state: State, boundary: str, frame: FrontFrame, radius: float) -> Samples:
    """Points on the faces of a crack around its front."""
    domain = state.domain
    entities = fem.compute_integration_domains(
        fem.IntegralType.exterior_facet, domain.topology, state.mesh.boundary(boundary)
    ).reshape(-1, 2)
    cells = domain.geometry.x[geometry_dofmap(domain)[entities[:, 0]]]
    near = _near(frame, cells, radius)
    entities, cells = entities[near], cells[near]
    corners = cells[np.arange(4) != entities[:, 1:]].reshape(-1, 3, 3)  # a facet lies across from its corner
    reference, _, weights = _rule(basix.CellType.triangle, DEGREE)
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    # Where the points of a facet are is asked of the expression, which may turn the reference facet.
    x = np.asarray(fem.Expression(ufl.SpatialCoordinate(domain), reference).eval(domain, entities))
    return _samples(domain, frame, radius, [(entities, cells, x, np.outer(areas, weights), reference)])


def _rule(cell: Any, degree: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Points of a quadrature, the shares that the corners have in them, weights."""
    points, weights = (np.asarray(some, dtype=float) for some in basix.make_quadrature(cell, degree))
    return points, np.column_stack([1 - points.sum(axis=1), points]), weights


def _near(frame: FrontFrame, corners: FloatArray, radius: float) -> IntArray:
    """Which cells with these corners (n, 4, 3) may reach the neighbourhood."""
    middles = corners.mean(axis=1)
    reach = np.linalg.norm(corners - middles[:, None], axis=2).max(axis=1)
    return np.flatnonzero(frame.distance(middles) < radius + reach).astype(np.int32)


def _samples(domain: Mesh, frame: FrontFrame, radius: float, parts: Sequence[tuple[Any, ...]]) -> Samples:
    """Of parts (entities, corners of their cells, points, weights, reference points)."""
    groups, places, weights, sides = [], [], [], []
    for entities, cells, x, weight, reference in parts:
        found = frame.locate(x.reshape(-1, 3))
        kept = (found.radius < radius) & (found.along >= 0) & (found.along <= frame.length)
        groups.append(Group(entities, reference, kept))
        places.append(found.only(kept))
        weights.append(weight.ravel()[kept])
        sides.append(np.repeat(np.sign(frame.height(cells.mean(axis=1))), len(reference))[kept])
    return Samples(Places.joined(places), np.concatenate(weights), np.concatenate(sides), domain, groups)
