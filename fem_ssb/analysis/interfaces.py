"""Maps on the electrodes: interface quantities as nodal averages, with their mean, peak and focusing.

A quantity q of an interface is known at quadrature points. Its nodal value is ∫q N dS/∫N dS with the hat function
N, the average over the facets that meet in the node: no one-sided cell values, no overshoot.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import ufl
from dolfinx import fem, la
from matplotlib.figure import Figure
from mpi4py import MPI

from fem_ssb.analysis.distribution import Distribution, gathered
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
        self._integral = fem.form(value * measure)
        self.area = state.area(interface)

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

    def distribution(self) -> Distribution:
        """Percentiles and histogram of the size of the nodal averages, by area; collective, after `evaluate`."""
        on, nodal = self._weights > 0, self.values.x.array[: len(self._weights)]
        return gathered(self._state.mesh.comm, np.abs(nodal[on]), self._weights[on])

    def plot(self, path: str | Path) -> Path:
        """The quantity over its mean size as a map, along the interface or from above, and its histogram; collective.

        Args:
            path: the PNG.
        """
        comm, spread = self._state.mesh.comm, self.distribution()
        on, V = self._weights > 0, self.values.function_space
        nodes = np.column_stack([V.tabulate_dof_coordinates()[: len(on)][on], self.values.x.array[: len(on)][on]])
        whole = comm.gather(nodes)
        if comm.rank == 0:
            x = np.concatenate(whole)
            size, axes = x[:, 3] / spread.mean, np.argsort(-np.ptp(x[:, :3], axis=0))
            figure = Figure(figsize=(8, 3.2), layout="constrained")
            place, shares = figure.subplots(1, 2)
            if self._state.dim == 2:
                place.plot(x[:, axes[0]] * 1e6, size, ".", ms=3)
                place.set(xlabel=f"{'xyz'[axes[0]]} (µm)", ylabel="over the mean size")
            else:
                a, b = sorted(axes[:2])
                dots = place.scatter(x[:, a] * 1e6, x[:, b] * 1e6, c=size, s=9, cmap="magma")
                place.set(xlabel=f"{'xyz'[a]} (µm)", ylabel=f"{'xyz'[b]} (µm)", aspect="equal")
                figure.colorbar(dots, ax=place, label="over the mean size")
            edges, share = spread.histogram()
            shares.stairs(share, edges / spread.mean, fill=True)
            for percentile in (50, 95, 99):
                shares.axvline(spread.percentile(percentile) / spread.mean, color="0.6", lw=0.8)
            shares.set(xlabel="size over its mean", ylabel="share of the area", title=f"peak {spread.focusing:.3g}")
            figure.suptitle(self.values.name.replace("_", " "), fontsize=10)
            figure.savefig(path, dpi=150)
        comm.barrier()
        return Path(path)


def _assembled(form: Any) -> np.ndarray:
    """Owned entries of an assembled linear form."""
    b = fem.assemble_vector(form)
    b.scatter_reverse(la.InsertMode.add)
    return b.array[: b.index_map.size_local * b.block_size].copy()
