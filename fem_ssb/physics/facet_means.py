"""What a law gives on each facet of an interface as a whole: which means are below a bound, shares of one another."""

from __future__ import annotations

from typing import Any

import numpy as np
import ufl
from dolfinx import fem, la

from fem_ssb.problem.state import State


class FacetMeans:
    """Means of a quantity over the facets of an interface (over all that the cell on the "+" side has).

    Args:
        state: the state.
        interface: name of the interface, or of a crack that closes.
        quantity: UFL, at the present state.
        measure: dS at the points where it is read.
    """

    def __init__(self, state: State, interface: str, quantity: Any, measure: Any):
        q = ufl.TestFunction(fem.functionspace(state.domain, ("DG", 0)))("+")
        self._interface = state.mesh.interface(interface)
        self._bound = fem.Constant(state.domain, 0.0)
        self._form = fem.form((quantity - self._bound) * q * measure)

    def below(self, bound: float) -> np.ndarray:
        """Owned facets where the mean is below a bound. Collective."""
        self._bound.value = bound
        excess = fem.assemble_vector(self._form)
        excess.scatter_reverse(la.InsertMode.add)
        excess.scatter_forward()
        return self._interface.facets[excess.array[self._interface.entities[:, 0]] < 0]


class FacetShare:
    """Integral of a vector over that of a scalar on each facet of an interface, to be read on its "+" side.

    Args:
        state: the state.
        vector: UFL (dim,), at the present state.
        scalar: UFL; where it is nowhere above 0 on a facet, its share is 0.
        measure: dS of the interface at the points where both are read.
    """

    def __init__(self, state: State, vector: Any, scalar: Any, measure: Any):
        V = fem.functionspace(state.domain, ("DG", 0, (state.dim,)))
        q = ufl.TestFunction(V)("+")
        self.function = fem.Function(V)
        parts = ufl.dot(vector, q), scalar * sum(q[i] for i in range(state.dim))
        self._forms = [fem.form(part * measure) for part in parts]

    def refresh(self) -> None:
        """Take the shares of the present state. Collective."""
        above, below = (fem.assemble_vector(form) for form in self._forms)
        for b in (above, below):
            b.scatter_reverse(la.InsertMode.add)
            b.scatter_forward()
        self.function.x.array[:] = np.where(below.array > 0, above.array / np.where(below.array > 0, below.array, 1), 0)
