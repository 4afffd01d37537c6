"""The collector that a cycler drives: by its current, its voltage or their product, switched from step to step.

One equation of the collector's potential ψ decides: the flux i + P ψ/(ψ² + δ²) enters it (current, power), or its row
is a Dirichlet condition (voltage). δ = 1 nV only keeps 0/0 away.
"""

from __future__ import annotations

from typing import Any

from dolfinx import fem

from fem_ssb.problem.loads import Condition
from fem_ssb.problem.protocol import Step, value_at
from fem_ssb.problem.state import State

TINY = 1e-9  # V


class Terminal:
    """Control of one collector.

    Args:
        state: with all fields.
        condition: the driven one.
    """

    def __init__(self, state: State, condition: Condition):
        space = state.spaces[condition.field]
        self.condition = condition
        self.current, self.power, self.potential = (fem.Constant(state.domain, 0.0) for _ in range(3))
        self.dofs = space.dofs(state.mesh.boundary(condition.boundary))
        self.bc = fem.dirichletbc(self.potential, self.dofs, space.V)
        self.step: Step | None = None
        self.origin = 0.0

    @property
    def held(self) -> bool:
        """Is the voltage prescribed?"""
        return self.step is not None and self.step.mode == "voltage"

    def begin(self, step: Step, time: float) -> None:
        """A step of the protocol begins at a time [s]."""
        self.step, self.origin = step, time
        self.update(time)

    def update(self, time: float) -> None:
        """Set what is prescribed at a time [s]."""
        if self.step is None:
            return
        value = value_at(self.step, max(time - self.origin, 0.0))
        for mode in ("current", "power", "potential"):
            getattr(self, mode).value = 0.0
        getattr(self, {"voltage": "potential"}.get(self.step.mode, self.step.mode)).value = value

    def flux(self, potential: Any) -> Any:
        """Current density into the collector [A/m²], as UFL; affine where no step prescribes power."""
        if self.condition.driven == "current":
            return self.current
        return self.current + self.power * potential / (potential**2 + TINY**2)

    def density(self, voltage: float) -> float:
        """Current density [A/m²] that enters at a voltage [V], where that is not prescribed."""
        return float(self.current.value) + float(self.power.value) * voltage / (voltage**2 + TINY**2)
