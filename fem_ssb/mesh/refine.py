"""Refinement on all ranks, everywhere or in places, that keeps every name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from dolfinx import mesh as dmesh
from dolfinx.fem import Function, functionspace
from dolfinx.la import vector
from scipy.spatial import cKDTree

from fem_ssb.errors import InputError, number, raise_on_all, unknown
from fem_ssb.mesh.measure import FloatArray, IntArray, vertices
from fem_ssb.mesh.named import NamedMesh

Marker = Callable[[FloatArray], npt.ArrayLike] | npt.ArrayLike
"""Which cells to refine: a function of their middles, shape (n, dim), that gives n booleans; or these."""


def refine(
    mesh: NamedMesh,
    near: str | None = None,
    distance: float = 0.0,
    where: Marker | None = None,
    max_cells: float = np.inf,
) -> NamedMesh:
    """Each cell, or the cells in some places, cut at the middle of all its edges. Collective.

    A triangle becomes four, a tetrahedron eight; around the places the next cells are cut in two or more so that
    the mesh conforms (A. Plaza, G. F. Carey, Appl. Numer. Math. 32 (2000) 195). Cells stay on their rank; regions,
    grains, orientations, boundaries, materials and interface data are carried over, so that a mesh larger than one
    process can make starts from a smaller one. Curved surfaces stay as faceted as they are.

    Args:
        mesh: stays as it is.
        near: region, interface "a|b" or boundary: only the cells of this region, or near these facets, are cut.
        distance: from the facets' corners and middles (m) up to which cells count as near with one of their
            corners; 0: cells that touch the facets.
        where: only these cells are cut: a function of the cells' middles, or booleans for the owned cells. With
            `near` both hold.
        max_cells: refuse a result that is larger.

    Returns:
        The finer mesh, its cells on the ranks of those that they are cut from.

    Raises:
        InputError: on all ranks, for a name that is not there, a marker that does not fit, no cell to cut, or places
            in a periodic mesh.

    Example:
        >>> fine = refine(refine(mesh, "anode|separator", 2e-6), "anode|separator", 1e-6)
        >>> fine = refine(mesh, where=lambda x: np.linalg.norm(x - tip, axis=1) < 1e-6)
    """
    coarse = mesh.domain
    tdim = mesh.dim
    coarse.topology.create_entities(1)
    edges = None if near is None and where is None else _edges(mesh, _marked(mesh, near, distance, where))
    fine, parents, _ = dmesh.refine(coarse, edges, option=dmesh.RefinementOption.parent_cell)
    total = fine.topology.index_map(tdim).size_global
    if total > max_cells:
        raise InputError(f"refinement gives {total} cells, more than max_cells = {max_cells:g}: refine fewer of them")
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
        boundaries=_boundaries(mesh, fine, parent) | _inner_facets(mesh, fine, parent),
        closing=mesh.closing,
        materials=mesh.materials,
        grain_boundaries=mesh.grain_boundaries,
        interface_data=mesh.interface_data,
        porosity=mesh.porosity,
        ends=mesh.ends,
        periodic=mesh.periodic,
    )
    return refined


def _marked(mesh: NamedMesh, near: str | None, distance: float, where: Marker | None) -> npt.NDArray[np.bool_]:
    """Which owned cells are to be cut. Collective."""
    distance = number(distance, "distance (m)", least=0.0)
    if mesh.periodic:
        raise InputError(
            "a periodic mesh refined in places would no longer match on opposite faces: refine it everywhere, or use "
            "stack.refine_at before meshing"
        )
    x = vertices(mesh.domain, mesh.dim, np.arange(mesh.domain.topology.index_map(mesh.dim).size_local, dtype=np.int32))
    marked = np.ones(len(x), dtype=bool)
    if near is not None:
        marked &= _near(mesh, near, distance, x)
    error: Exception | None = None
    if where is not None:
        try:
            marked &= _given(where, x.mean(axis=1))
        except Exception as problem:  # the function may fail on one rank alone
            error = problem
    raise_on_all(mesh.comm, error)
    if mesh.comm.allreduce(int(marked.sum())) == 0:
        raise InputError("no cell is to be refined: is the place in the mesh, in metres?")
    return marked


def _given(where: Marker, x: FloatArray) -> npt.NDArray[np.bool_]:
    """What the user says of the cells with the middles x."""
    given = np.asarray(where(x) if callable(where) else where)
    if given.shape != x.shape[:1] or given.dtype != bool:
        raise InputError(
            f"where must give booleans of shape {x.shape[:1]}, one a cell of this rank, not {given.dtype} of shape "
            f"{given.shape}"
        )
    return given


def _near(mesh: NamedMesh, name: str, distance: float, x: FloatArray) -> npt.NDArray[np.bool_]:
    """Which owned cells are in a region or near an interface or boundary; x are their corners. Collective."""
    if name in mesh.region_names:
        return mesh.region_of_cell[: len(x)] == mesh.region_index(name)
    if "|" in name:
        facets = mesh.interface(name).facets
    elif name in mesh.boundaries:
        facets = mesh.boundaries[name]
    else:
        raise unknown("region, interface or boundary", name, [*mesh.region_names, *mesh.interfaces, *mesh.boundaries])
    corners = vertices(mesh.domain, mesh.dim - 1, facets)
    mine = np.unique(np.concatenate([corners.reshape(-1, mesh.dim), corners.mean(axis=1)]), axis=0)
    places = np.concatenate(mesh.comm.allgather(mine))
    margin = 1e-9 * float((mesh.upper - mesh.lower).max())
    found, _ = cKDTree(places).query(x.reshape(-1, mesh.dim), distance_upper_bound=distance + 2 * margin)
    return (found.reshape(len(x), -1) <= distance + margin).any(axis=1)


def _edges(mesh: NamedMesh, marked: npt.NDArray[np.bool_]) -> IntArray:
    """Edges of the marked cells."""
    topology = mesh.domain.topology
    topology.create_connectivity(mesh.dim, 1)
    edges = topology.connectivity(mesh.dim, 1).array.reshape(-1, 3 * (mesh.dim - 1))
    return np.unique(edges[: len(marked)][marked]).astype(np.int32)


def _boundaries(mesh: NamedMesh, fine: dmesh.Mesh, parent: IntArray) -> dict[str, IntArray]:
    """Owned exterior facets of the fine mesh by name: those in the plane of a named facet of the parent cell."""
    names = [name for name in mesh.boundaries if name not in mesh.closing]
    code = _code(mesh, names)
    exterior = dmesh.exterior_facet_indices(mesh.domain.topology)
    code[exterior[code[exterior] < 0]] = len(names)
    fine.topology.create_entities(mesh.dim - 1)
    fine.topology.create_connectivity(mesh.dim - 1, mesh.dim)
    facets = np.sort(dmesh.exterior_facet_indices(fine.topology)).astype(np.int32)
    candidates, height = _above(mesh, fine, facets, parent)
    height[code[candidates] < 0] = np.inf
    chosen = code[candidates[np.arange(len(facets)), np.argmin(height, axis=1)]]
    return {name: facets[chosen == position] for position, name in enumerate(names)}


def _inner_facets(mesh: NamedMesh, fine: dmesh.Mesh, parent: IntArray) -> dict[str, IntArray]:
    """Owned facets of the fine mesh in those of the cracks that close, by name."""
    if not mesh.closing:
        return {}
    code = _code(mesh, mesh.closing)
    facets = np.arange(fine.topology.index_map(mesh.dim - 1).size_local, dtype=np.int32)
    candidates, height = _above(mesh, fine, facets, parent)
    on = (height < 1e-6 * height.max(axis=1, keepdims=True)) & (code[candidates] >= 0)
    row, side = np.nonzero(on)
    found = code[candidates[row, side]]
    return {name: facets[row[found == position]] for position, name in enumerate(mesh.closing)}


def _code(mesh: NamedMesh, names: Sequence[str]) -> npt.NDArray[np.int32]:
    """For each owned and ghost facet the position of its name, −1 for none. Collective."""
    topology = mesh.domain.topology
    topology.create_entities(mesh.dim - 1)
    topology.create_connectivity(mesh.dim - 1, mesh.dim)
    code = vector(topology.index_map(mesh.dim - 1), dtype=np.int32)
    code.array[:] = -1
    for position, name in enumerate(names):
        code.array[mesh.boundaries[name]] = position
    code.scatter_forward()
    return np.array(code.array)


def _above(mesh: NamedMesh, fine: dmesh.Mesh, facets: IntArray, parent: IntArray) -> tuple[IntArray, FloatArray]:
    """Facets of the parent of an owned cell of each fine facet, and how far, times their areas, it is from them."""
    tdim, coarse = mesh.dim, mesh.domain
    cell_of = fine.topology.connectivity(tdim - 1, tdim)
    first, last = cell_of.offsets[facets], cell_of.offsets[facets + 1] - 1
    cells = np.minimum(cell_of.array[first], cell_of.array[last])  # ghosts come last
    coarse.topology.create_connectivity(tdim, tdim - 1)
    candidates = coarse.topology.connectivity(tdim, tdim - 1).array.reshape(-1, tdim + 1)[parent[cells]]
    middle = vertices(fine, tdim - 1, facets).mean(axis=1)
    x = vertices(coarse, tdim - 1, candidates.ravel().astype(np.int32)).reshape(*candidates.shape, tdim, tdim)
    lifted = np.concatenate([x, np.broadcast_to(middle[:, None, None], (*x.shape[:2], 1, tdim))], axis=2)
    return candidates, np.abs(np.linalg.det(lifted[:, :, 1:] - lifted[:, :, :1]))
