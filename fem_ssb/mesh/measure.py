"""Volumes, areas and box faces of straight-sided simplex meshes, from their coordinates alone."""

from __future__ import annotations

from collections.abc import Sequence
from math import factorial

import numpy as np
import numpy.typing as npt
from dolfinx.mesh import Mesh, entities_to_geometry, exterior_facet_indices
from mpi4py import MPI

from fem_ssb.compat import geometry_dofmap

IntArray = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]

BOX_NAMES = {2: (("left", "right"), ("bottom", "top")), 3: (("left", "right"), ("front", "back"), ("bottom", "top"))}
"""Names of the low and high face of a box, axis by axis; the stacking axis is the last."""


def measures(domain: Mesh, dim: int, entities: IntArray) -> FloatArray:
    """Length (m), area (m²) or volume (m³) of each entity of dimension `dim`, shape (n,).

    From the Gram determinant of the edge vectors, √det(EEᵀ)/dim!.
    """
    if len(entities) == 0:
        return np.zeros(0)
    x = vertices(domain, dim, entities)
    edges = x[:, 1:] - x[:, :1]
    if dim == domain.geometry.dim:
        return np.abs(np.linalg.det(edges)) / factorial(dim)
    return np.sqrt(np.abs(np.linalg.det(edges @ edges.transpose(0, 2, 1)))) / factorial(dim)


def vertices(domain: Mesh, dim: int, entities: IntArray) -> FloatArray:
    """Vertex coordinates of entities, shape (n, dim + 1, gdim)."""
    tdim, gdim = domain.topology.dim, domain.geometry.dim
    if len(entities) == 0:
        return np.zeros((0, dim + 1, gdim))
    if dim == tdim:
        nodes = geometry_dofmap(domain)[entities]
    else:
        domain.topology.create_connectivity(dim, tdim)
        domain.topology.create_connectivity(tdim, dim)
        nodes = entities_to_geometry(domain, dim, np.asarray(entities, dtype=np.int32))
    return domain.geometry.x[nodes][:, :, :gdim]


def bounding_box(domain: Mesh) -> tuple[FloatArray, FloatArray]:
    """Lowest and highest coordinates of the whole mesh, each of shape (gdim,). Collective."""
    gdim = domain.geometry.dim
    x = domain.geometry.x[:, :gdim]
    lower, upper = x.min(axis=0, initial=np.inf), x.max(axis=0, initial=-np.inf)
    domain.comm.Allreduce(MPI.IN_PLACE, lower, op=MPI.MIN)
    domain.comm.Allreduce(MPI.IN_PLACE, upper, op=MPI.MAX)
    return lower, upper


def box_boundaries(domain: Mesh, names: Sequence[tuple[str, str]], rest: str | None = None) -> dict[str, IntArray]:
    """Owned exterior facets on the faces of the bounding box, by name. Collective.

    Args:
        domain: the mesh.
        names: (low face, high face) for each axis.
        rest: name for exterior facets on none of the faces (pores); an empty set everywhere is left out.
    """
    tdim = domain.topology.dim
    domain.topology.create_connectivity(tdim - 1, tdim)
    facets = np.sort(exterior_facet_indices(domain.topology)).astype(np.int32)
    lower, upper = bounding_box(domain)
    x = vertices(domain, tdim - 1, facets)
    tolerance = 1e-9 * (upper - lower).max()
    left_over = np.ones(len(facets), dtype=bool)
    found: dict[str, IntArray] = {}
    for axis, pair in enumerate(names):
        for name, plane in zip(pair, (lower[axis], upper[axis]), strict=True):
            on_face = (np.abs(x[:, :, axis] - plane) <= tolerance).all(axis=1)
            found[name] = facets[on_face]
            left_over &= ~on_face
    if rest is not None and domain.comm.allreduce(int(left_over.sum())) > 0:
        found[rest] = facets[left_over]
    return found
