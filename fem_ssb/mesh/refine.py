"""Uniform refinement on all ranks that keeps every name."""

from __future__ import annotations

import numpy as np
from dolfinx import mesh as dmesh
from dolfinx.fem import Function, functionspace

from fem_ssb.mesh.measure import IntArray, vertices
from fem_ssb.mesh.named import NamedMesh


def refine(mesh: NamedMesh) -> NamedMesh:
    """Each triangle cut into four, each tetrahedron into eight. Collective.

    Cells stay on their rank; regions, grains, orientations, boundaries, materials and interface data are carried
    over, so that a mesh larger than one process can make starts from a smaller one. Curved surfaces stay as
    faceted as they are.
    """
    coarse = mesh.domain
    tdim = mesh.dim
    coarse.topology.create_entities(1)
    fine, parents, _ = dmesh.refine(coarse, option=dmesh.RefinementOption.parent_cell)
    cells = fine.topology.index_map(tdim)
    first = mesh.comm.exscan(len(parents)) or 0
    parent = np.asarray(parents)[np.asarray(fine.topology.original_cell_index)[: cells.size_local] - first]
    label = Function(functionspace(fine, ("Discontinuous Lagrange", 0)))
    label.x.array[: cells.size_local] = mesh.grain_of_cell[parent]
    label.x.scatter_forward()
    grain = np.rint(label.x.array).astype(np.int32)
    refined = NamedMesh(
        fine,
        region_names=mesh.region_names,
        region_of_cell=mesh.region_of_grain[grain],
        grain_of_cell=grain,
        region_of_grain=mesh.region_of_grain,
        orientations=mesh.orientations,
        boundaries=_boundaries(mesh, fine, parent),
        materials=mesh.materials,
        grain_boundaries=mesh.grain_boundaries,
        interface_data=mesh.interface_data,
        porosity=mesh.porosity,
        ends=mesh.ends,
    )
    return refined


def _boundaries(mesh: NamedMesh, fine: dmesh.Mesh, parent: IntArray) -> dict[str, IntArray]:
    """Owned exterior facets of the fine mesh by name: those in the plane of a named facet of the parent cell."""
    tdim, coarse = mesh.dim, mesh.domain
    fine.topology.create_entities(tdim - 1)
    fine.topology.create_connectivity(tdim - 1, tdim)
    facets = np.sort(dmesh.exterior_facet_indices(fine.topology)).astype(np.int32)
    cell_of = fine.topology.connectivity(tdim - 1, tdim)
    cells = parent[cell_of.array[cell_of.offsets[facets]]]
    middle = vertices(fine, tdim - 1, facets).mean(axis=1)
    coarse.topology.create_connectivity(tdim, tdim - 1)
    facets_of_cell = coarse.topology.connectivity(tdim, tdim - 1).array.reshape(-1, tdim + 1)
    index = coarse.topology.index_map(tdim - 1)
    code = np.full(index.size_local + index.num_ghosts, -1)
    names = list(mesh.boundaries)
    exterior = dmesh.exterior_facet_indices(coarse.topology)
    code[exterior] = len(names)
    for number, name in enumerate(names):
        code[mesh.boundaries[name]] = number
    candidates = facets_of_cell[cells]
    x = vertices(coarse, tdim - 1, candidates.ravel().astype(np.int32)).reshape(*candidates.shape, tdim, tdim)
    lifted = np.concatenate([x, np.broadcast_to(middle[:, None, None], (*x.shape[:2], 1, tdim))], axis=2)
    height = np.abs(np.linalg.det(lifted[:, :, 1:] - lifted[:, :, :1]))
    height[code[candidates] < 0] = np.inf
    chosen = code[candidates][np.arange(len(facets)), np.argmin(height, axis=1)] if len(facets) else np.zeros(0)
    return {name: facets[chosen == number] for number, name in enumerate(names)}
