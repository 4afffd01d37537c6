"""Gauss points of facets, as points of integration and as nodes of an element.

What is integrated at them can be remembered at them: an unknown per point, which no other facet has. Polynomials of
degree p on a facet have as many nodes as it has Gauss points of degree 2p (two or three on an interval, three or six on
a triangle for p = 1 or 2), and so have those of degree p + dim inside the facet; their nodes are moved there.
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


def gauss_rule(dim: int, degree: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Points and weights on the reference facet, exact for products of two polynomials.

    Args:
        dim: of the cells.
        degree: of the polynomials.
    """
    points, weights = basix.make_quadrature(FACETS[dim], 2 * degree)
    return np.asarray(points), np.asarray(weights)


def gauss_element(dim: int, degree: int) -> Any:
    """A continuous Lagrange element of degree p + dim with its nodes inside facets at the points of `gauss_rule`.

    Args:
        dim: of the cells.
        degree: p.

    Raises:
        InputError: for a degree at which a triangle has more points than p + dim has nodes in it.
    """
    plain = basix.ufl.element("Lagrange", CELLS[dim], degree + dim).basix_element
    points, _ = gauss_rule(dim, degree)
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
