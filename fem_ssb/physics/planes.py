"""What a two-dimensional mesh stands for: plane strain, plane stress, or a body of revolution.

| plane | strain out of the plane | mesh coordinates |
|---|---|---|
| "strain" | 0 | x, y; one metre deep |
| "stress" | such that σ_zz = σ_yz = σ_xz = 0 | x, y; one metre thick |
| "axisymmetric" | hoop strain u_r/r, as the third direction | r, z; the whole circumference |

In an axisymmetric model every integral carries 2πr (see `State.revolve`), so forces are newtons and energies joules.
"""

from __future__ import annotations

from typing import Any

import ufl

from fem_ssb.errors import InputError, unknown
from fem_ssb.problem.state import State

PLANES = ("strain", "stress", "axisymmetric")


def check_plane(plane: str, dim: int | None = None) -> str:
    """The name of a plane state that fits the mesh.

    Raises:
        InputError: an unknown name, or anything but "strain" in 3D.
    """
    if plane not in PLANES:
        raise unknown("plane state", plane, PLANES)
    if dim == 3 and plane != "strain":
        raise InputError(f"plane='{plane}' is for two-dimensional meshes: leave it out in 3D")
    return plane


def gradient(u: Any, plane: str = "strain", radius: Any = None) -> Any:
    """Displacement gradient (3, 3); in plane stress without its part out of the plane.

    Args:
        u: displacement in 2D or 3D.
        plane: one of `PLANES`.
        radius: distance from the axis [m], for "axisymmetric".
    """
    g = ufl.grad(u)
    if g.ufl_shape == (3, 3):
        return g
    zero = ufl.as_ufl(0.0)
    hoop = u[0] / radius if plane == "axisymmetric" else zero
    return ufl.as_tensor([[g[0, 0], g[0, 1], zero], [g[1, 0], g[1, 1], zero], [zero, zero, hoop]])


def strain(u: Any, plane: str = "strain", radius: Any = None) -> Any:
    """Small strain (3, 3) of a displacement, the symmetric part of its `gradient`."""
    return ufl.sym(gradient(u, plane, radius))


def refuse_below_axis(state: State) -> None:
    """A body of revolution lies at r ≥ 0.

    Raises:
        InputError: the mesh reaches to x < 0.
    """
    if state.mesh.lower[0] < -1e-12 * state.height:
        raise InputError(
            f"an axisymmetric mesh has its axis at x = 0, this one begins at x = {state.mesh.lower[0]:.3g} m: shift it"
        )
