"""From a plain space and checked wishes to a `Space`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from dolfinx.fem import FunctionSpace

from fem_ssb.spaces.cuts import find_cuts
from fem_ssb.spaces.dofmap import split_space
from fem_ssb.spaces.exchange import shared_marks
from fem_ssb.spaces.facets import Indices, require_both_cells
from fem_ssb.spaces.periodic import PeriodicPair
from fem_ssb.spaces.space import Space


def split(
    V: FunctionSpace,
    broken: Indices,
    active: npt.NDArray[np.bool_],
    tied: list[Indices],
    trace: Indices | None = None,
    periodic: Sequence[PeriodicPair] = (),
) -> Space:
    """Split a plain space; collective.

    Args:
        V: the plain space.
        broken: facets across which the field may jump.
        active: one flag for each owned and ghost cell, the same on all ranks that share it.
        tied: facets of each tied set.
        trace: facets that carry the unknown; the active cells do if None.
        periodic: opposite faces whose dofs are united in V.

    Raises:
        InputError: on all ranks, for a mesh without ghosts, or tied sets that touch.
    """
    topology = V.mesh.topology
    require_both_cells(V.mesh)
    may_jump = shared_marks(topology.index_map(topology.dim - 1), broken)
    new = split_space(V, find_cuts(V, may_jump, active, tied, trace, periodic))
    index_map, block = new.V.dofmap.index_map, new.V.dofmap.index_map_bs
    dummies = index_map.size_global - new.num_true
    return Space(
        V=new.V,
        active=np.asarray(new.true.any(axis=1)),
        num_dofs=new.num_true * block,
        dummy=new.dummy,
        anchor=new.anchor,
        num_dummies=dummies,
        true=new.true if dummies else None,
    )
