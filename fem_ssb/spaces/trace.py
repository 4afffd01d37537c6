"""Spaces of fields that live on facets: on interfaces or on the boundary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt
from dolfinx import fem
from dolfinx.mesh import Mesh

from fem_ssb.errors import InputError
from fem_ssb.spaces.checks import checked_cells, checked_facets
from fem_ssb.spaces.facets import closure_dofs
from fem_ssb.spaces.make import split
from fem_ssb.spaces.periodic import PeriodicPair, identify
from fem_ssb.spaces.space import Space


def trace_space(
    domain: Mesh,
    element: Any,
    facets: npt.ArrayLike,
    *,
    broken: npt.ArrayLike | None = None,
    active: npt.ArrayLike | None = None,
    tied: Sequence[npt.ArrayLike] = (),
    periodic: Sequence[PeriodicPair] = (),
) -> Space:
    """A space of fields on facets: the thickness of a film, a contact, the damage of a cohesive face; collective.

    The unknown h is read from either side of a facet, ``h('+')`` or ``h('-')``; its gradient along the surface with
    normal n is g - (g · n) n with g = ``grad(h)('+')``, exact also where facets meet in a line. Integrals other than
    over the facets themselves are meaningless.

    Args:
        domain: simplex mesh with shared-facet ghosts.
        element: ("Lagrange", degree), ("Lagrange", degree, shape), or a Lagrange element with nodes of its own.
        facets: owned facets that carry the unknown, interior or exterior.
        broken: owned facets across which the unknown may jump. If these are facets of the trace itself, each side has
            its own unknown, and both must be in the equations (or one left out by `active`).
        active: one flag for each owned and ghost cell: sides on which the unknown can be read. A film on one side,
            with jumps at the grain boundaries that end there: that side's cells, and the boundaries as `broken`.
        tied: sets of owned facets; all dofs on the facets of a set become one dof.
        periodic: opposite faces across which the unknown goes on.

    Returns:
        The space; copies of dofs in components without one of the facets are left out.

    Raises:
        InputError: on all ranks, for facets or cells that do not exist, no facet at all, a mesh without ghosts.
    """
    trace, cut, *ties = checked_facets(domain, [facets, broken, *tied])
    cells = checked_cells(domain, active)
    if not domain.comm.allreduce(len(trace)):
        raise InputError("trace space without facets: no rank has a facet that carries the unknown")
    V = fem.functionspace(domain, element)
    if not closure_dofs(V.dofmap, domain.topology.dim - 1).size:
        raise InputError(f"a trace space needs an element with dofs on facets, not {element}")
    if periodic:
        V = identify(V, periodic)
    return split(V, cut, cells, ties, trace, periodic)
