"""Points inside the facets of an interface at which a law is read, and where it remembers what was before.

Each point is of one facet alone: facets that meet in a line share nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import ufl
from dolfinx import fem

from fem_ssb.problem.state import State
from fem_ssb.spaces import trace_space
from fem_ssb.spaces.assembly import assembled
from fem_ssb.spaces.facet_points import facet_element, facet_rule

Values = npt.NDArray[np.float64]


class FacetMemory:
    """As many points in each facet as its displacement has nodes on it.

    Args:
        state: the state.
        interface: name of the interface, or of a crack that closes.
        gauss: the Gauss points of products of two displacements; see `facet_rule`.
    """

    def __init__(self, state: State, interface: str, gauss: bool = True):
        self.state, self.interface = state, interface
        self._degree, self._gauss = state.fields["displacement"].degree, gauss
        element = facet_element(state.dim, self._degree, gauss)
        self._V = trace_space(state.domain, element, state.mesh.interface(interface).facets).V
        weights = assembled(self._form(fem.Constant(state.domain, 1.0)))
        self._on = weights > 0
        self._weights = weights[self._on]

    def function(self, name: str) -> fem.Function:
        """Something to remember, 0 at first."""
        return fem.Function(self._V, name=f"{name} {self.interface}")

    def measure(self) -> Any:
        """dS at the points."""
        points, weights = facet_rule(self.state.dim, self._degree, self._gauss)
        rule = {"quadrature_rule": "custom", "quadrature_points": points, "quadrature_weights": weights}
        return self.state.dS(self.interface).reconstruct(metadata={"quadrature_degree": 2 * self._degree, **rule})

    def reader(self, *quantities: Any) -> Callable[[], list[Values]]:
        """What computes UFL quantities at the owned points; compiled once."""
        forms = [self._form(f) for f in quantities]
        return lambda: [assembled(form)[self._on] / self._weights for form in forms]

    def read(self, function: fem.Function) -> Values:
        """What is remembered at the owned points, a copy."""
        return np.asarray(function.x.array[: len(self._on)][self._on])

    def write(self, function: fem.Function, values: Values) -> None:
        """Remember values at the owned points."""
        function.x.array[: len(self._on)][self._on] = values
        function.x.scatter_forward()

    def _form(self, quantity: Any) -> fem.Form:
        return fem.form(quantity * ufl.TestFunction(self._V)("+") * self.measure())
