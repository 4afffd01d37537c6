"""Which facets of an interface have a quantity below a bound in the mean."""

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
