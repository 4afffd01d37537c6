"""Meshes of grain faces that merging points has bent: put in shape and checked before the grains are filled.

Gmsh meshes a bent polygon in a plane through some of its corners, so that inner nodes may lie far off the
others. Here each inner node is moved along the normal of that plane, to the height that the heights of the
nodes around it average to; heights of nodes on the polygon's edges stay.
"""

from __future__ import annotations

import gmsh
import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import coo_matrix, diags
from scipy.sparse.linalg import spsolve

from fem_ssb.microstructure.complexes import Complex

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


LITTLE = 0.01
"""Moves shorter than this times the median edge are not made: they would cost time only."""


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
    parts = [gmsh.model.mesh.getElementsByType(2, face)[1] for face in faces]
    counts = np.array([len(part) // 3 for part in parts])
    triangles = row[np.concatenate(parts).astype(np.int64)].reshape(-1, 3)
    facet_of = np.repeat(np.arange(len(faces)), counts)
    before = x.copy()
    if bent:
        _lift(x, triangles, facet_of, bent, [gmsh.model.getNormal(faces[i], [0.0, 0.0]) for i in bent])
        edge = np.median(np.linalg.norm(x[triangles[:, 1]] - x[triangles[:, 0]], axis=1))
        little = np.linalg.norm(x - before, axis=1) < LITTLE * edge
        x[little] = before[little]
    folded = _folded(cells, x, triangles, counts)
    flipped = [i for i in folded if counts[i] and _flip_ears(x, triangles, np.flatnonzero(facet_of == i))]
    if flipped:
        folded = _folded(cells, x, triangles, counts)
    if folded:
        raise FoldedFaces(folded)
    for i in flipped:
        gmsh.model.mesh.removeElements(2, faces[i])
        gmsh.model.mesh.addElementsByType(faces[i], 2, [], tags[triangles[facet_of == i]].ravel())
    for node in np.flatnonzero((x != before).any(axis=1)).tolist():
        gmsh.model.mesh.setNode(int(tags[node]), x[node], [])


def _flip_ears(x: FloatArray, triangles: IntArray, mine: IntArray) -> int:
    """Join corners that one triangle alone fills to the node across it, in `triangles[mine]`; returns how many.

    A sharp corner that is bent off its face is so taken up by two triangles that reach into the face.
    """
    done = 0
    owner: dict[tuple[int, int], int] = {}
    for t in mine.tolist():
        for k in range(3):
            owner[int(triangles[t, k]), int(triangles[t, (k + 1) % 3])] = t
    for t in mine.tolist():
        a, b, c = triangles[t].tolist()
        inner = [(p, q, r) for p, q, r in ((a, b, c), (b, c, a), (c, a, b)) if (q, p) in owner]
        if len(inner) != 1:
            continue
        p, q, apex = inner[0]
        other = owner[q, p]
        across = next(node for node in triangles[other].tolist() if node not in (p, q))
        new = np.array([[apex, p, across], [apex, across, q]])
        before, after = (
            np.cross(x[s[:, 1]] - x[s[:, 0]], x[s[:, 2]] - x[s[:, 0]]) for s in (triangles[[t, other]], new)
        )
        if ((after @ before.sum(axis=0)) > 0).all():
            triangles[t], triangles[other] = new
            owner |= {(apex, p): t, (p, across): t, (across, apex): t}
            owner |= {(apex, across): other, (across, q): other, (q, apex): other}
            done += 1
    return done


def _lift(x: FloatArray, triangles: IntArray, facet_of: IntArray, bent: list[int], normals: list[FloatArray]) -> None:
    """Move the inner nodes of the bent faces, in x.

    All faces are one linear system: a node that only one face has is inside it, so it falls apart into theirs.
    """
    number = np.full(int(facet_of.max(initial=0)) + 1, -1)
    number[bent] = np.arange(len(bent))
    last, shared = np.zeros(len(x), dtype=np.int64), np.zeros(len(x), dtype=bool)
    last[triangles] = facet_of[:, None]
    shared[triangles[last[triangles] != facet_of[:, None]]] = True
    corners = triangles[number[facet_of] >= 0]
    inner = np.zeros(len(x), dtype=bool)
    inner[corners] = True
    inner &= ~shared
    nodes = np.flatnonzero(inner)
    if not len(nodes):
        return
    place = np.full(len(x), -1)
    place[nodes] = np.arange(len(nodes))
    direction = np.array(normals, dtype=np.float64)[number[last[nodes]]]
    # The triangles of a face are all turned the same way: each neighbour of an inner node is once at an edge's end.
    i, j = corners[:, [0, 1, 2]].ravel(), corners[:, [1, 2, 0]].ravel()
    row, j = place[i[inner[i]]], j[inner[i]]
    unknown = inner[j]
    height = (x[j] * direction[row]).sum(axis=1)
    shape = (len(nodes), len(nodes))
    matrix = diags(np.bincount(row, minlength=len(nodes)).astype(np.float64)) - coo_matrix(
        (np.ones(unknown.sum()), (row[unknown], place[j[unknown]])), shape=shape
    )
    settled = spsolve(matrix.tocsc(), np.bincount(row[~unknown], height[~unknown], len(nodes)))
    x[nodes] += (settled - (x[nodes] * direction).sum(axis=1))[:, None] * direction


def _folded(cells: Complex, x: FloatArray, triangles: IntArray, counts: IntArray) -> list[int]:
    """Faces without a mesh, and those of cells none of whose points sees all its faces from inside.

    Where there are none, the faces of each cell enclose it and do not cross. The mean of the corners is tried
    first; where it fails, a linear programme finds the best point, if there is one.
    """
    if not counts.all():
        return np.flatnonzero(counts == 0).tolist()
    first = np.cumsum(counts) - counts
    facets = np.concatenate(cells.cells)
    centres = np.array(
        [cells.points[sorted({p for facet in cell for p in cells.facets[facet]})].mean(axis=0) for cell in cells.cells]
    )
    owner = np.repeat(np.arange(len(cells.cells)), [len(cell) for cell in cells.cells])
    number = counts[facets]
    start = np.cumsum(number) - number
    chosen = np.repeat(first[facets] - start, number) + np.arange(number.sum())
    normals = np.cross(x[triangles[:, 1]] - x[triangles[:, 0]], x[triangles[:, 2]] - x[triangles[:, 0]])
    seen = x[triangles[chosen, 0]] - np.repeat(centres[owner], number, axis=0)
    volume = np.einsum("ij,ij->i", seen, normals[chosen])
    low, high = np.minimum.reduceat(volume, start), np.maximum.reduceat(volume, start)
    outward = np.sign(np.add.reduceat(volume, start))
    failed = low * high <= 0.0
    folded: set[int] = set()
    for cell in np.unique(owner[failed]).tolist():
        mine = np.flatnonzero(owner == cell)
        faces = np.concatenate([np.arange(first[facets[i]], first[facets[i]] + counts[facets[i]]) for i in mine])
        turned = normals[faces] * np.repeat(outward[mine], number[mine])[:, None]
        if not _star_shaped(x[triangles[faces, 0]], turned):
            folded.update(facets[mine[failed[mine]]].tolist())
    return sorted(folded)


def _star_shaped(points: FloatArray, normals: FloatArray) -> bool:
    """Whether some point c is inside all planes through `points` with outward `normals`.

    The programme is: the largest s with n·(p − c) ≥ s for all unit normals n; s must be clear of 0.
    """
    size = np.linalg.norm(normals, axis=1)
    if not size.all():
        return False
    n, middle, length = normals / size[:, None], points.mean(axis=0), np.ptp(points, axis=0).max()
    given = np.column_stack([n, np.ones(len(n))])
    room = ((points - middle) * n).sum(axis=1) / length
    found = linprog([0, 0, 0, -1], A_ub=given, b_ub=room, bounds=[(None, None)] * 3 + [(None, 1.0)])
    return bool(found.success and found.x[3] > 1e-3)
