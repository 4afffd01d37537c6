"""How unevenly the current flows: percentiles and histogram of the local current density, by volume."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import ufl
from dolfinx import fem

from fem_ssb.errors import unknown
from fem_ssb.mesh.measure import measures

if TYPE_CHECKING:
    from fem_ssb.problem.model import Model


@dataclass(frozen=True)
class Distribution:
    """Magnitudes over a region, one a cell, the same on all ranks.

    Attributes:
        values: ascending, shape (n,).
        weights: volume of each cell over that of the region, shape (n,).
    """

    values: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]

    def percentile(self, share: float) -> float:
        """Value that `share` per cent of the volume stay below."""
        middle = np.cumsum(self.weights) - 0.5 * self.weights
        return float(np.interp(share / 100, middle, self.values))

    @property
    def decades(self) -> float:
        """log₁₀ of the 99th over the 1st percentile."""
        return float(np.log10(self.percentile(99) / self.percentile(1)))

    @property
    def mean(self) -> float:
        """Mean by volume."""
        return float(self.values @ self.weights)


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
    V = fem.functionspace(mesh.domain, ("DG", 0, (mesh.dim,)))
    cells = mesh.cells(region)
    volume = measures(mesh.domain, mesh.dim, cells)
    b = fem.assemble_vector(fem.form(ufl.inner(state.quantity(kind, region), ufl.TestFunction(V)) * state.dx(region)))
    current = b.array.reshape(-1, mesh.dim)[V.dofmap.list[cells, 0]] / volume[:, None]
    values = np.concatenate(mesh.comm.allgather(np.linalg.norm(current, axis=1)))
    weights = np.concatenate(mesh.comm.allgather(volume))
    order = np.argsort(values, kind="stable")
    return Distribution(values[order], weights[order] / weights.sum())
