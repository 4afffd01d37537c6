"""Where a crack in the damage runs: its way as points, how long and tortuous it is, how far it opens along it.

The way leads from a start through broken nodes, each no farther than `reach` from the last: the shortest to the node
that lies farthest off. Its opening is the volume of the crack a length of the way,

    w(s) = −∫ u·∇d dn,

of which every cell gives its share to the nearest part of the way. So ∫w ds is all of the volume (in two dimensions and
bodies of revolution the area of the section), that of branches too.

| symbol | meaning | unit |
|---|---|---|
| s | length along the way | m |
| w | opening | m |
| u, d | displacement, damage | m, 1 |

Source of w: Bourdin, Chukwudozie & Yoshioka, SPE 159154 (2012).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import ufl
from dolfinx import fem
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from fem_ssb.compat import geometry_dofmap
from fem_ssb.errors import InputError, number
from fem_ssb.problem.state import State

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CrackPath:
    """The way of a crack.

    Attributes:
        points: from its start to its end (m), shape (n, dim).
    """

    points: FloatArray

    @property
    def arc(self) -> FloatArray:
        """s of the points [m], shape (n,)."""
        return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(self.points, axis=0), axis=1))])

    @property
    def length(self) -> float:
        """Length of the way [m]."""
        return float(self.arc[-1])

    @property
    def span(self) -> float:
        """Distance of its ends [m]."""
        return float(np.linalg.norm(self.points[-1] - self.points[0]))

    @property
    def tortuosity(self) -> float:
        """Length over span; NaN of a single point."""
        return self.length / self.span if self.span else float("nan")

    def opening(self, state: State, parts: int = 20) -> tuple[FloatArray, FloatArray]:
        """(s, w) [m] in the middles of equal parts of the way, shapes (parts,). Collective.

        Args:
            state: with displacement and damage.
            parts: how many; longer ones than ℓ are smooth.

        Raises:
            InputError: for less than one part, or a way of no length.
        """
        number(parts, "parts of the way of a crack", least=1)
        if self.length == 0:
            raise InputError("a crack of one point has no opening along it: broken nodes lead nowhere from its start")
        volumes = _volumes(state)
        middles = state.domain.geometry.x[geometry_dofmap(state.domain)[: len(volumes)]].mean(axis=1)
        s = np.linspace(0, self.length, 20 * parts + 1)
        fine = np.stack([np.interp(s, self.arc, x) for x in self.points.T], axis=1)
        part = np.minimum(cKDTree(fine).query(middles[:, : state.dim])[1] // 20, parts - 1)
        total = state.mesh.comm.allreduce(np.bincount(part, volumes, parts))
        return s[10::20], total * parts / self.length


def crack_path(
    state: State, start: Sequence[float], reach: float, toward: Sequence[float] | None = None, broken: float = 0.9
) -> CrackPath:
    """The way of the crack from a place. Collective.

    Args:
        state: with damage.
        start: a point [m]; the way begins at the broken node nearest to it.
        reach: largest distance of nodes that follow each other [m], about ℓ: more cells are more directions.
        toward: direction in which its end lies farthest; None = farthest from the start.
        broken: damage from which on a node is broken.

    Raises:
        InputError: without damage, for points of another dimension, or where nothing is broken.
    """
    if not state.solved("damage"):
        raise InputError("crack_path needs damage: add Fracture() to the model")
    number(reach, "reach between broken nodes [m]", above=0.0)
    for name, given in (("start", start), ("toward", toward)):
        if given is not None and np.shape(given) != (state.dim,):
            raise InputError(f"{name} of a crack's way has {state.dim} components, not {given}")
    V = state.spaces["damage"].V
    mine = V.dofmap.index_map.size_local
    x = V.tabulate_dof_coordinates()[:mine, : state.dim]
    points = np.concatenate(state.mesh.comm.allgather(x[state["damage"].x.array[:mine] >= broken]))
    if not len(points):
        raise InputError(f"no node has a damage of {broken:g}: there is no crack whose way could be told")
    tree = cKDTree(points)
    first = int(tree.query(np.asarray(start, dtype=float))[1])
    lengths, before = dijkstra(
        tree.sparse_distance_matrix(tree, reach, output_type="coo_matrix").tocsr(),
        indices=first,
        return_predecessors=True,
    )
    off = points - points[first]
    far = np.linalg.norm(off, axis=1) if toward is None else off @ np.asarray(toward, dtype=float)
    way = [int(np.where(np.isfinite(lengths), far, -np.inf).argmax())]
    while way[-1] != first:
        way.append(int(before[way[-1]]))
    return CrackPath(points[way[::-1]])


def _volumes(state: State) -> FloatArray:
    """−∫ u·∇d dx of each owned cell, in a body of revolution of its section."""
    q = ufl.TestFunction(fem.functionspace(state.domain, ("DG", 0)))
    around = 1.0 if state.radius is None else 2 * np.pi * state.radius
    opening = -ufl.dot(state["displacement"], ufl.grad(state["damage"])) * q / around
    regions = state.fields["damage"].regions or state.mesh.region_names
    values = fem.assemble_vector(fem.form(sum(opening * state.dx(r) for r in regions))).array
    return np.asarray(values[: state.domain.topology.index_map(state.dim).size_local])
