"""Maps on the electrodes: interface quantities at the nodes, with their mean, peak and focusing.

Where an interface is plane a quantity q is read at the node itself. Where it is bent, within a facet of the node, it is
∫q N dS/∫N dS with the hat function N, an average over the facets that meet there: the corners of the flat facets that
draw a smooth surface spoil what happens there (by a fifth at h = 0.2 a on a disc of radius a with σR_ct/a = 1e-3). At
the rim of an interface an average is one-sided and of first order: 12 % low at h = 0.4 σR_ct, the node 0.2 %.

What depends on the displacement (tractions of stiff faces) or is known at quadrature points alone is averaged
everywhere. There are no one-sided cell values and no overshoot.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import ufl
from dolfinx import fem
from matplotlib.figure import Figure
from mpi4py import MPI

from fem_ssb.analysis.distribution import Distribution, gathered
from fem_ssb.problem.state import State
from fem_ssb.spaces import trace_space
from fem_ssb.spaces.assembly import assembled


class InterfaceMap:
    """One quantity on one interface, by nodes.

    Args:
        state: the state.
        quantity: name under which a physics provides it.
        interface: name of the interface.

    Attributes:
        values: the quantity at the nodes; brought up to date by `evaluate`.
        area: of the interface [m²; in 2D m].
    """

    def __init__(self, state: State, quantity: str, interface: str):
        facets = state.mesh.interface(interface).facets
        V = trace_space(state.domain, ("Lagrange", 1), facets, periodic=state.periodic).V
        q, measure = ufl.TestFunction(V)("+"), state.dS(interface)
        corners = measure.reconstruct(metadata={"quadrature_rule": "vertex", "quadrature_degree": 1})
        value = state.quantity(quantity, interface)
        self.values = fem.Function(V, name=f"{quantity} {interface}")
        self._weights = assembled(fem.form(q * measure))
        self._state = state
        self._integral = fem.form(value * measure)
        self.area = state.area(interface)
        on = self._weights > 0
        at_corners = assembled(fem.form(q * corners))
        read = on & (at_corners > 0) & _even(state, V, measure, self._weights)  # no weight on an axis of revolution
        if _known_in_the_mean(state, value):
            read[:] = False
        readings = ((read, corners, at_corners), (on & ~read, measure, self._weights))
        self._readings = [
            (nodes, fem.form(value * q * dS), weights[nodes])
            for nodes, dS, weights in readings
            if state.mesh.comm.allreduce(bool(nodes.any()), op=MPI.LOR)
        ]

    def evaluate(self) -> dict[str, float]:
        """Update `values`; returns mean, min and max over the interface."""
        on = self._weights > 0
        self.values.x.array[:] = 0.0
        for nodes, form, weights in self._readings:
            self.values.x.array[: len(on)][nodes] = assembled(form)[nodes] / weights
        self.values.x.scatter_forward()
        nodal = self.values.x.array[: len(on)][on]
        comm = self._state.mesh.comm
        low = comm.allreduce(float(nodal.min(initial=np.inf)), op=MPI.MIN)
        high = comm.allreduce(float(nodal.max(initial=-np.inf)), op=MPI.MAX)
        return {"mean": float(self._state.integrate(self._integral)[0]) / self.area, "min": low, "max": high}

    def distribution(self) -> Distribution:
        """Percentiles and histogram of the size at the nodes, by area; collective, after `evaluate`."""
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


def _even(state: State, V: fem.FunctionSpace, measure: Any, weights: np.ndarray) -> np.ndarray:
    """Owned nodes where all facets have one normal to 1e-3, and have so at their other nodes.

    The average of unit vectors is as long as 1 where they are one. At the rim the neighbours tell whether the few
    facets there are part of a bent surface.
    """
    along, q = fem.Constant(state.domain, np.zeros(state.dim)), ufl.TestFunction(V)("+")
    form = fem.form(ufl.dot(ufl.FacetNormal(state.domain)("+"), along) * q * measure)
    squared = np.zeros_like(weights)
    for axis in np.eye(state.dim):
        along.value[:] = axis
        squared += assembled(form) ** 2
    bent = fem.Function(V)
    bent.x.array[: len(weights)] = squared < (1 - 1e-6) * weights**2
    bent.x.scatter_forward()
    return np.asarray(assembled(fem.form(bent("+") * q * measure)) <= 1e-9 * weights)


def _known_in_the_mean(state: State, value: Any) -> bool:
    """Does a quantity follow the displacement, or is part of it known at quadrature points alone?"""
    parts = ufl.algorithms.extract_coefficients(value)
    moved = state["displacement"] if state.solved("displacement") else None
    return any(part is moved or part.ufl_element().has_custom_quadrature for part in parts)
