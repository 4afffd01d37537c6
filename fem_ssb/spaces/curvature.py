"""Curvature of an interface from its facets.

Moving node i by v changes the area of the interface by v·∫∇_s N_i dS; over a smooth surface that is v·n κ ∫N_i dS. So

    κ_i = n_i·∫∇_s N_i dS / ∫N_i dS,    n_i ∥ ∫ n N_i dS,

the sum of the principal curvatures, positive where the first side bulges (1/r for a circle, 2/r for a sphere). The area
of a surface of revolution is ∫2πr dS, which a node changes by v·∫(r∇_s N_i + e_r N_i) 2π dS. Nodes at the boundary of
the mesh, where the surface ends, and on an axis take the mean of their neighbours. In 2D it converges with the square
of the cell size; in 3D its mean over a neighbourhood does, single nodes of irregular meshes scatter by some per cent.
Source: Pinkall & Polthier, Exp. Math. 2 (1993) 15.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import ufl
from dolfinx import fem
from dolfinx.mesh import Mesh, exterior_facet_indices

from fem_ssb.spaces.assembly import assembled
from fem_ssb.spaces.trace import trace_space


def interface_curvature(
    domain: Mesh, facets: npt.NDArray[np.int32], entities: npt.NDArray[np.int32], radius: Any = None
) -> fem.Function:
    """Nodal curvature κ [1/m] on facets; collective.

    Args:
        domain: simplex mesh with shared-facet ghosts.
        facets: owned, as in `Interface`.
        entities: their cells and sides, as in `Interface`; positive where the first side bulges.
        radius: distance from the axis of a body of revolution [m], UFL; None for any other.

    Returns:
        A function that is meaningful on the facets alone.
    """
    space = trace_space(domain, ("Lagrange", 1), facets)
    V = space.V
    q, n = ufl.TestFunction(V), ufl.FacetNormal(domain)("+")
    dS = ufl.Measure("dS", domain=domain, subdomain_data=[(1, entities.reshape(-1))])(1)
    slope = ufl.grad(q)("+")
    along = slope - ufl.dot(slope, n) * n
    axes = range(domain.geometry.dim)
    r = 1.0 if radius is None else radius("+")
    weight = _assembled(r * q("+") * dS)
    normal = np.array([_assembled(n[k] * r * q("+") * dS) for k in axes])
    change = np.array([_assembled(r * along[k] * dS) for k in axes])
    if radius is not None:
        change[0] += _assembled(q("+") * dS)
    inside = weight > 0
    rim = space.dofs(exterior_facet_indices(domain.topology))
    inside[rim[rim < len(inside)]] = False
    kappa, known = fem.Function(V, name="curvature"), fem.Function(V)
    bulge = (normal[:, inside] * change[:, inside]).sum(axis=0) / np.linalg.norm(normal[:, inside], axis=0)
    _set(kappa, inside, bulge / weight[inside])
    _set(known, inside, 1.0)
    around, share = _assembled(kappa("+") * q("+") * dS), _assembled(known("+") * q("+") * dS)
    outside = (weight > 0) & ~inside & (share > 0)
    _set(kappa, outside, around[outside] / share[outside])
    return kappa


def _set(function: fem.Function, owned: npt.NDArray[np.bool_], values: Any) -> None:
    """Set some owned entries."""
    function.x.array[: len(owned)][owned] = values
    function.x.scatter_forward()


def _assembled(form: Any) -> np.ndarray:
    return assembled(fem.form(form))
