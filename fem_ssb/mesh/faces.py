"""Meshes of grain faces that merging points has bent: put in shape and checked before the grains are filled.

Gmsh meshes a bent polygon in a plane through some of its corners, so that inner nodes may lie far off the
others. Here each inner node is moved along the normal of that plane, to the height that the heights of the
nodes around it average to; heights of nodes on the polygon's edges stay.
"""

from __future__ import annotations

import gmsh
import numpy as np
import numpy.typing as npt

from fem_ssb.microstructure.complexes import Complex

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class FoldedFaces(RuntimeError):
    """Faces whose meshes fold over; `facets` are their indices in the complex."""

    def __init__(self, facets: list[int]) -> None:
        super().__init__("the mesh of a grain face folds over")
        self.facets = facets


def settle_faces(cells: Complex, faces: list[int], bent: list[int]) -> None:
    """Lift the inner nodes of bent faces of the current model and check all faces.

    Args:
        cells: the complex that is meshed.
        faces: Gmsh surface of each facet.
        bent: indices of the facets that are bent and meshed as a plane.

    Raises:
        FoldedFaces: for faces that fold over or cut each other, which 3D meshing would not survive.
    """
    tags, x, _ = gmsh.model.mesh.getNodes()
    row = np.zeros(int(tags.max()) + 1, dtype=np.int64)
    row[tags.astype(np.int64)] = np.arange(len(tags))
    x = x.reshape(-1, 3).copy()
    triangles = [row[gmsh.model.mesh.getElementsByType(2, face)[1].astype(np.int64)].reshape(-1, 3) for face in faces]
    for facet in bent:
        normal = gmsh.model.getNormal(faces[facet], [0.0, 0.0])
        for node in _lift(x, triangles[facet], np.asarray(normal)):
            gmsh.model.mesh.setNode(int(tags[node]), x[node], [])
    _check(cells, x, triangles)


def _lift(x: FloatArray, triangles: IntArray, normal: FloatArray) -> IntArray:
    """Move the inner nodes of one face in x; returns which."""
    nodes, local = np.unique(triangles, return_inverse=True)
    local = local.reshape(-1, 3)
    n = len(nodes)
    neighbours = np.zeros((n, n))
    for i in range(3):
        np.add.at(neighbours, (local[:, i], local[:, (i + 1) % 3]), 1.0)
        np.add.at(neighbours, (local[:, (i + 1) % 3], local[:, i]), 1.0)
    inner = ~(neighbours == 1.0).any(axis=1)
    if not inner.any():
        return nodes[inner]
    graph = np.minimum(neighbours, 1.0)
    laplacian = np.diag(graph.sum(axis=1)) - graph
    height = x[nodes] @ normal
    settled = np.linalg.solve(laplacian[np.ix_(inner, inner)], -laplacian[np.ix_(inner, ~inner)] @ height[~inner])
    x[nodes[inner]] += (settled - height[inner])[:, None] * normal
    return nodes[inner]


def _check(cells: Complex, x: FloatArray, triangles: list[IntArray]) -> None:
    """Every cell's faces must be seen from one side from the mean of its corners: so they enclose it uncrossed."""
    folded: set[int] = set()
    for cell in cells.cells:
        centre = cells.points[sorted({p for facet in cell for p in cells.facets[facet]})].mean(axis=0)
        for facet in cell:
            volume = np.linalg.det(x[triangles[facet]] - centre)
            if not len(volume) or volume.min() * volume.max() <= 0.0:
                folded.add(facet)
    if folded:
        raise FoldedFaces(sorted(folded))
