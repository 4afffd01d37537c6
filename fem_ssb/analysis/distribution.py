"""How unevenly the current flows: percentiles and histogram of the local current density, by volume or by area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import ufl
from dolfinx import fem

from fem_ssb.errors import unknown

if TYPE_CHECKING:
    from fem_ssb.problem.model import Model


@dataclass(frozen=True)
class Distribution:
    """Magnitudes over a region or an interface, one a cell or node, the same on all ranks.

    Attributes:
        values: ascending, shape (n,).
        weights: volume of each cell over that of the region, or area of each node over the interface's, shape (n,).
    """

    values: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]

    def percentile(self, share: float) -> float:
        """Value that `share` per cent of the volume or area stay below."""
        middle = np.cumsum(self.weights) - 0.5 * self.weights
        return float(np.interp(share / 100, middle, self.values))

    @property
    def decades(self) -> float:
        """log₁₀ of the 99th over the 1st percentile."""
        return float(np.log10(self.percentile(99) / self.percentile(1)))

    @property
    def mean(self) -> float:
        """Mean by volume or area."""
        return float(self.values @ self.weights)

    @property
    def focusing(self) -> float:
        """Largest value over the mean."""
        return float(self.values[-1] / self.mean)

    def histogram(self, bins: int = 40) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Edges of equal bins from 0 to the largest value, shape (bins + 1,), and the share that is in each (bins,)."""
        shares, edges = np.histogram(self.values, bins, (0.0, float(self.values[-1]) or 1.0), weights=self.weights)
        return edges, shares


def current_distribution(model: Model, region: str, kind: str = "ionic_current") -> Distribution:
    """Distribution of |i| [A/m²], the mean vector of each cell, over a region; collective.

    Args:
        model: solved.
        region: name.
        kind: "ionic_current" or "electronic_current".

    Raises:
        InputError: the region carries no such current.
    """
    state, mesh = model.state, model.mesh
    if region not in state.provided(kind):
        raise unknown(f"region with {kind}", region, state.provided(kind))
    cells = mesh.cells(region)

    def totals(value: Any, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
        V = fem.functionspace(mesh.domain, ("DG", 0, shape))
        b = fem.assemble_vector(fem.form(ufl.inner(value, ufl.TestFunction(V)) * state.dx(region)))
        return b.array.reshape(-1, *shape)[V.dofmap.list[cells, 0]]

    volume, current = totals(1.0, ()), totals(state.quantity(kind, region), (mesh.dim,))
    return gathered(mesh.comm, np.linalg.norm(current, axis=1) / volume, volume)


def gathered(comm: Any, values: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]) -> Distribution:
    """The distribution of what all ranks have; collective."""
    values, weights = (np.concatenate(comm.allgather(part)) for part in (values, weights))
    order = np.argsort(values, kind="stable")
    return Distribution(values[order], weights[order] / weights.sum())
