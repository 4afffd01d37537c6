"""Maps on the electrodes: interface quantities as nodal averages, with their mean, peak and focusing.

A quantity q of an interface is known at quadrature points. Its nodal value is ∫q N dS/∫N dS with the hat function
N, the average over the facets that meet in the node: no one-sided cell values, no overshoot.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import ufl
from dolfinx import fem, la
from mpi4py import MPI

from fem_ssb.problem.state import State
from fem_ssb.spaces import trace_space


class InterfaceMap:
    """Nodal averages of one quantity on one interface.

    Args:
        state: the state.
        quantity: name under which a physics provides it.
        interface: name of the interface.
    """

    def __init__(self, state: State, quantity: str, interface: str):
        facets = state.mesh.interface(interface).facets
        V = trace_space(state.domain, ("Lagrange", 1), facets, periodic=state.periodic).V
        q, measure = ufl.TestFunction(V), state.dS(interface)
        value = state.quantity(quantity, interface)
        self.values = fem.Function(V, name=f"{quantity} {interface}")
        self._form = fem.form(value * q("+") * measure)
        self._weights = _assembled(fem.form(q("+") * measure))
        self._state = state
        self._area, self._integral = fem.form(1.0 * measure), fem.form(value * measure)
        self.area = float(state.integrate(self._area)[0])

    def evaluate(self) -> dict[str, float]:
        """Update `values`; returns mean, min and max over the interface."""
        on = self._weights > 0
        self.values.x.array[:] = 0.0
        self.values.x.array[: len(on)][on] = _assembled(self._form)[on] / self._weights[on]
        self.values.x.scatter_forward()
        nodal = self.values.x.array[: len(on)][on]
        comm = self._state.mesh.comm
        low = comm.allreduce(float(nodal.min(initial=np.inf)), op=MPI.MIN)
        high = comm.allreduce(float(nodal.max(initial=-np.inf)), op=MPI.MAX)
        return {"mean": float(self._state.integrate(self._integral)[0]) / self.area, "min": low, "max": high}


def _assembled(form: Any) -> np.ndarray:
    """Owned entries of an assembled linear form."""
    b = fem.assemble_vector(form)
    b.scatter_reverse(la.InsertMode.add)
    return b.array[: b.index_map.size_local * b.block_size].copy()
