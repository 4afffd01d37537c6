"""Strain that is given: swelling, reaction products, implanted ions, stress that is there from the start.

    σ = C : (ε − ε_g),   ε_g = the strain at a place, or its value at a surface × v with  v − δ²∇²v = 0,  v = 1 there

v = exp(−distance/δ) behind a flat surface, the profile of what has diffused in; on curved surfaces and in corners it
follows them. v is solved once, on the whole mesh, and used in the region that the strain is given for.

| symbol | meaning | unit |
|---|---|---|
| ε_g | given strain, positive = the body would like to grow; a number s is s I | – |
| δ | depth | m |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from numbers import Real
from typing import Any

import numpy as np
import ufl
from dolfinx import fem

from fem_ssb.errors import InputError, number
from fem_ssb.physics.base import Physics
from fem_ssb.physics.solids import cellwise
from fem_ssb.problem.fields import Field
from fem_ssb.problem.state import State
from fem_ssb.solvers import BlockNewton, presets

Given = float | np.ndarray | Callable[..., Any]


@dataclass(frozen=True)
class Near:
    """A strain that decays behind a surface.

    Attributes:
        surface: name of a boundary or an interface.
        strain: at the surface, as in `Eigenstrain`.
        depth: δ [m].

    Raises:
        InputError: a depth not above 0.
    """

    surface: str
    strain: Any
    depth: float

    def __post_init__(self) -> None:
        number(self.depth, f"depth of the strain near '{self.surface}' [m]", above=0.0)


@dataclass(frozen=True)
class AlongAxes:
    """A strain along the crystal axes, turned by each grain's orientation.

    Attributes:
        principal: strains along the three axes.
        share: of them that is there: a number, a law of the temperature, or a function f(x, t) as in `Eigenstrain`.

    Raises:
        InputError: other than three numbers.
    """

    principal: tuple[float, float, float]
    share: float | Callable[..., Any] = 1.0

    def __post_init__(self) -> None:
        if len(self.principal) != 3:
            raise InputError(f"a strain along the crystal axes has three values, not {self.principal!r}")
        for value in self.principal:
            number(value, "strain along a crystal axis")


class Eigenstrain(Physics):
    """Strain ε_g by region.

    Args:
        strains: {region: strain}; a strain is a number, a symmetric (3, 3) array, a law f(T) of the temperature or a
            function f(x, t) of the UFL coordinates and the time that returns a number, `AlongAxes` of the crystal, or
            `Near` a surface.

    Raises:
        InputError: a strain of another form; when the model is built, an unknown region or surface.
    """

    def __init__(self, strains: Mapping[str, Given | AlongAxes | Near]):
        self.strains = dict(strains)
        for region, given in self.strains.items():
            _check(given.strain if isinstance(given, Near) else given, region)
        self._profiles: dict[str, fem.Function] = {}

    def initialise(self, state: State) -> None:
        """Profiles behind surfaces."""
        for region, given in self.strains.items():
            state.mesh.region_index(region)
            if isinstance(given, Near):
                self._profiles[region] = _profile(state, given)

    def provide(self, state: State) -> None:
        """ε_g (3, 3), for `Elasticity`."""
        for region in self.strains:
            state.provide("eigenstrain", region, partial(self._strain, state, region))

    def _strain(self, state: State, region: str) -> Any:
        given = self.strains[region]
        if isinstance(given, Near):
            return self._profiles[region] * _tensor(state, given.strain)
        return _tensor(state, given)


def _turned(state: State, given: AlongAxes) -> Any:
    Q = state.mesh.orientations
    tensors = np.einsum("gia,a,gja->gij", Q, np.asarray(given.principal, dtype=float), Q)
    return state.value(given.share, "share of a strain") * cellwise(state, tensors, (3, 3))


def _check(given: Any, region: str) -> None:
    if callable(given) or isinstance(given, AlongAxes):
        return
    if isinstance(given, Real):
        number(given, f"strain of region '{region}'")
        return
    matrix = np.asarray(given, dtype=float) if not isinstance(given, str) else np.empty(0)
    if matrix.shape != (3, 3) or not np.isfinite(matrix).all() or not np.allclose(matrix, matrix.T):
        raise InputError(
            f"the strain of region '{region}' must be a number, a symmetric (3, 3) array or a function of (x, t)"
        )


def _tensor(state: State, given: Any) -> Any:
    if isinstance(given, AlongAxes):
        return _turned(state, given)
    if isinstance(given, Real) or callable(given):
        return state.value(given, "strain") * ufl.Identity(3)
    return ufl.as_matrix(np.asarray(given, dtype=float).tolist())


def _profile(state: State, near: Near) -> fem.Function:
    """v of a surface; collective."""
    mesh, domain = state.mesh, state.domain
    facets = mesh.boundary(near.surface) if "|" not in near.surface else mesh.interface(near.surface).facets
    V = fem.functionspace(domain, ("Lagrange", 2))
    v, q = fem.Function(V, name=f"profile behind {near.surface}"), ufl.TestFunction(V)
    held = fem.dirichletbc(1.0, fem.locate_dofs_topological(V, domain.topology.dim - 1, facets), V)
    residual = (v * q + near.depth**2 * ufl.inner(ufl.grad(v), ufl.grad(q))) * ufl.dx(domain)
    field = Field("profile", "1", 1.0, near.depth**2 * state.height ** (state.dim - 2), degree=2)
    size = V.dofmap.index_map.size_global
    options = presets.DIRECT if presets.is_direct(state.dim, size, linear=True) else presets.alone(field)
    prefix = f"profile_{near.surface.replace('|', '_')}_"
    BlockNewton([field], [v], [residual], [held], prefix=prefix, options=options).solve()
    return v
