"""Every body must be held along every axis, or where it is would be anything.

Bodies are found on the mesh before anything is solved: cells that share nodes. A crack that is open from one side to
the other has its nodes twice and cuts a body in two; interfaces and cracks that close have them once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from fem_ssb.errors import InputError
from fem_ssb.mesh import NamedMesh
from fem_ssb.mesh.measure import vertices
from fem_ssb.problem.loads import Condition
from fem_ssb.problem.state import State
from fem_ssb.spaces.connected import connected_cells, parts_at


def refuse_loose_bodies(state: State, conditions: Sequence[Condition]) -> None:
    """Refuse bodies that are neither held nor pressed by a spring along some axis. Collective.

    Raises:
        InputError: naming the body and the axes.
    """
    mesh = state.mesh
    needed = set(range(state.dim))
    if state.radius is not None:
        needed.discard(0)  # the hoop strain holds a body of revolution radially
    part, count = _of_regions(mesh) if mesh.periodic else _bodies(mesh)
    if count == 1:
        needed -= set(mesh.periodic)  # it may only glide as a whole, which `BoundaryConditions` prevents
    held = np.zeros((count, state.dim), dtype=bool)
    for c in conditions:
        if c.field == "displacement" and (c.held or c.exchange):
            there = parts_at(mesh, part, count, c.boundary)
            held[there] |= np.isin(np.arange(state.dim), range(state.dim) if c.component is None else c.component)
    free = [(body, axes) for body in range(count) if (axes := [a for a in sorted(needed) if not held[body, a]])]
    if not free:
        return
    body, axes = free[0]
    name = "the body" if count == 1 else _named(mesh, part, body)
    raise InputError(
        f"{name} is free to move along {', '.join('xyz'[a] for a in axes)}: "
        "apply StackPressure(…) or Fixed('displacement', boundary, 0.0)"
    )


def _of_regions(mesh: NamedMesh) -> tuple[npt.NDArray[np.int64], int]:
    """Body of each cell by the regions that touch: what goes on across periodic faces shares no nodes."""
    n = len(mesh.region_names)
    touching = [[mesh.region_index(r) for r in name.split("|")] for name in mesh.interfaces if name not in mesh.closing]
    a, b = np.array(touching, dtype=int).reshape(-1, 2).T
    count, body = connected_components(coo_matrix((np.ones(len(a)), (a, b)), shape=(n, n)), directed=False)
    return body.astype(np.int64)[mesh.region_of_cell], int(count)


def _bodies(mesh: NamedMesh) -> tuple[npt.NDArray[np.int64], int]:
    """Body of each owned and ghost cell, and their number on all ranks: parts of the mesh that share no node."""
    part, count = connected_cells(mesh, np.ones(len(mesh.region_of_cell), dtype=bool), np.empty(0, np.int32))
    if count == 1:
        return part, count
    topology, comm = mesh.domain.topology, mesh.comm
    topology.create_connectivity(mesh.dim, 0)
    local = topology.connectivity(mesh.dim, 0).array
    node, of = topology.index_map(0).local_to_global(local), np.repeat(part, mesh.dim + 1)
    sizes = comm.allreduce(np.bincount(part, minlength=count))
    few = np.unique(np.concatenate(comm.allgather(np.unique(node[of != np.argmax(sizes)]))))
    there = np.isin(node, few)
    links = np.unique(
        np.concatenate(comm.allgather(np.unique(np.column_stack([node[there], of[there]]), axis=0))), axis=0
    )
    into = np.column_stack([np.searchsorted(few, links[:, 0]), len(few) + links[:, 1]])
    n = len(few) + count
    graph = coo_matrix((np.ones(len(into)), (into[:, 0], into[:, 1])), shape=(n, n))
    _, body = np.unique(connected_components(graph, directed=False)[1][len(few) :], return_inverse=True)
    return body[part].astype(np.int64), int(body.max()) + 1


def _named(mesh: NamedMesh, part: npt.NDArray[np.int64], body: int) -> str:
    """A body by its regions where they are whole, else by a place in it."""
    owned = mesh.domain.topology.index_map(mesh.dim).size_local
    here, region = part[:owned] == body, mesh.region_of_cell[:owned]
    count = len(mesh.region_names)
    inside, outside = (mesh.comm.allreduce(np.bincount(region[w], minlength=count)) > 0 for w in (here, ~here))
    names = ", ".join(r for r, there in zip(mesh.region_names, inside, strict=True) if there)
    if not (inside & outside).any():
        return f"the body '{names}', which touches no other,"
    first = np.flatnonzero(here)[:1].astype(np.int32)
    places = vertices(mesh.domain, mesh.dim, first).mean(axis=1)
    place = next(x for rank in mesh.comm.allgather(list(places)) for x in rank)
    return f"the part of '{names}' near ({', '.join(f'{v:.3g}' for v in place)}) m, which a crack or a gap cuts off,"
