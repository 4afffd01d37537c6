"""Spaces of continuous fields that may jump across chosen facets, live on some cells only, or have tied dofs.

The rule: a dof has one copy for each connected component of its cell star after cutting the broken facets. Region
labels alone cannot say this: a crack tip inside a grain has no labels, and at a triple junction some interfaces may
be broken and others not. Mesh, topology and ghosts stay those of the conforming mesh; ``dS`` integrals see the jump.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt
from dolfinx import fem
from dolfinx.mesh import Mesh
from mpi4py import MPI

from fem_ssb.errors import InputError
from fem_ssb.spaces.checks import checked_cells, checked_facets
from fem_ssb.spaces.facets import closure_dofs
from fem_ssb.spaces.make import split
from fem_ssb.spaces.periodic import PeriodicPair, identify
from fem_ssb.spaces.space import Space

MAX_TIED = 60  # one bit each


def broken_space(
    domain: Mesh,
    element: Any,
    *,
    broken: npt.ArrayLike | None = None,
    active: npt.ArrayLike | None = None,
    tied: Sequence[npt.ArrayLike] = (),
    periodic: Sequence[PeriodicPair] = (),
) -> Space:
    """A space that is continuous except across chosen facets; collective.

    Args:
        domain: simplex mesh with shared-facet ghosts.
        element: ("Lagrange", degree), ("Lagrange", degree, shape), or a Basix UFL element. Elements without dofs on
            facets (discontinuous, quadrature) have nothing to break; `active` restricts them too.
        broken: owned facets across which the field may jump.
        active: one flag for each owned and ghost cell: where the field lives (its edge is not continuous with
            anything). Active cells that meet in a vertex or an edge only have their own dofs there.
        tied: sets of owned facets; all dofs of the field on the facets of a set become one dof, also across broken
            facets. With a load this is a collector at a fixed current.
        periodic: opposite faces across which the field goes on; where it breaks at one, it breaks at the other.

    Returns:
        The space; the plain DOLFINx space if no rank breaks, restricts or ties anything.

    Raises:
        InputError: on all ranks, for facets or cells that do not exist, no active cell, an empty tied set, tied sets
            that touch, a mesh without ghosts, or faces that do not match.
    """
    cut, *ties = checked_facets(domain, [broken, *tied])
    cells = checked_cells(domain, active)
    V = fem.functionspace(domain, element)
    has_facet_dofs = closure_dofs(V.dofmap, domain.topology.dim - 1).size > 0
    if len(ties) > MAX_TIED:
        raise InputError(f"at most {MAX_TIED} tied sets, not {len(ties)}")
    if ties and not has_facet_dofs:
        raise InputError(f"tied facets need an element with dofs on facets, not {element}")
    for i, facets in enumerate(ties):
        if not domain.comm.allreduce(len(facets)):
            raise InputError(f"tied set {i} has no facet on any rank")
    if periodic and has_facet_dofs:
        V = identify(V, periodic)
    changes = bool(ties) or not cells.all() or (has_facet_dofs and len(cut) > 0)
    if not domain.comm.allreduce(changes, op=MPI.LOR):
        return Space(V, cells, V.dofmap.index_map.size_global * V.dofmap.index_map_bs)
    return split(V, cut, cells, ties, periodic=periodic)
