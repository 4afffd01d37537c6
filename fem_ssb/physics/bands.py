"""Bands of cells along grain boundaries: boundary material of the width of a mesh."""

from __future__ import annotations

import numpy as np
from dolfinx import fem, la

from fem_ssb.problem.state import State


def touching(state: State, region: str) -> np.ndarray:
    """Local cells of a region, ghosts included, that share a vertex with its grain boundaries. Collective."""
    mesh, domain = state.mesh, state.domain
    V = fem.functionspace(domain, ("Lagrange", 1))
    facets = mesh.interface(f"{region}|{region}").facets
    domain.topology.create_connectivity(mesh.dim - 1, mesh.dim)
    marks = fem.Function(V)
    marks.x.array[fem.locate_dofs_topological(V, mesh.dim - 1, facets, remote=False)] = 1.0
    marks.x.scatter_reverse(la.InsertMode.add)
    marks.x.scatter_forward()
    near = (marks.x.array[V.dofmap.list] > 0).any(axis=1)
    return np.flatnonzero(near & (mesh.region_of_cell == mesh.region_index(region)))
