"""Points inside facets, as points of integration and as nodes of an element.

What is integrated at them can be remembered at them: an unknown per point, which no other facet has. Polynomials of
degree p on a facet have as many nodes as those of degree p + dim have inside it: two or three on an interval, three or
six on a triangle for p = 1 or 2. So many Gauss points are exact for degree 2p; the inner nodes themselves, with equal
weights, for linear polynomials, and what softens goes on more smoothly there: they are nearer to each other.
"""

from __future__ import annotations

from typing import Any

import basix
import basix.ufl
import numpy as np
import numpy.typing as npt

from fem_ssb.errors import InputError

CELLS = {2: "triangle", 3: "tetrahedron"}
FACETS = {2: basix.CellType.interval, 3: basix.CellType.triangle}


def facet_rule(dim: int, degree: int, gauss: bool) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Points and weights on the reference facet, as many as polynomials have nodes on it.

    Args:
        dim: of the cells.
        degree: of the polynomials.
        gauss: exact for products of two polynomials; else, for degree 1 only, exact for one.
    """
    if gauss:
        points, weights = basix.make_quadrature(FACETS[dim], 2 * degree)
        return np.asarray(points), np.asarray(weights)
    nodal = basix.ufl.element("Lagrange", FACETS[dim].name, degree + dim).basix_element
    points = np.asarray(nodal.points[nodal.entity_dofs[dim - 1][0]])
    return points, np.full(len(points), basix.cell.volume(FACETS[dim]) / len(points))


def facet_element(dim: int, degree: int, gauss: bool) -> Any:
    """A continuous Lagrange element of degree p + dim with its nodes inside facets at the points of `facet_rule`.

    Args:
        dim: of the cells.
        degree: p.
        gauss: which points.

    Raises:
        InputError: for a degree at which a triangle has more points than p + dim has nodes in it.
    """
    plain = basix.ufl.element("Lagrange", CELLS[dim], degree + dim).basix_element
    points, _ = facet_rule(dim, degree, gauss)
    nodes = list(plain.x)
    if len(points) != len(nodes[dim - 1][0]):
        raise InputError(
            f"no element has its nodes at the Gauss points of degree {2 * degree} in 3D: take degree 1 or 2"
        )
    corners = (basix.geometry(plain.cell_type)[facet] for facet in basix.topology(plain.cell_type)[dim - 1])
    nodes[dim - 1] = [at[0] + points @ (at[1:] - at[0]) for at in corners]
    return basix.ufl.custom_element(
        plain.cell_type,
        [],
        plain.wcoeffs,
        nodes,
        plain.M,
        plain.interpolation_nderivs,
        plain.map_type,
        plain.sobolev_space,
        plain.discontinuous,
        plain.embedded_subdegree,
        plain.embedded_superdegree,
    )
