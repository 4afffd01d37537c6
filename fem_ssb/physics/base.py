"""What every physics is: fields it owns, quantities it provides, residuals it adds, state it advances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fem_ssb.problem.fields import Field
from fem_ssb.problem.state import State


class Physics:
    """Base of all physics. To add one, write a file with a subclass and list it in the model.

    The model calls `announce`, `fields`, `initialise`, `provide` (register what others may read), then `residuals`;
    `advance` after each accepted step, the instant in which a load begins included. Nothing else is required.
    """

    def announce(self, state: State) -> None:
        """Register what other physics must know to declare their fields, e.g. `state.provide("film_resistance", …)`."""

    def fields(self, state: State) -> list[Field]:
        """Unknowns that this physics brings."""
        return []

    def provide(self, state: State) -> None:
        """Register quantities for others, by name: `state.provide("heat", region, recipe)`."""

    def residuals(self, state: State) -> dict[str, Any]:
        """UFL residual contributions by field name; all physics' contributions to a field are added."""
        return {}

    def initialise(self, state: State) -> None:
        """Make internal variables; called once after all fields exist."""

    def advance(self, state: State) -> None:
        """Update internal variables after an accepted step."""

    def ended(self, state: State) -> str:
        """Why an accepted step is the last one that this physics can describe (salt gone, crack through); else "".

        The run then ends cleanly, with its data. Collective: all ranks give the same answer.
        """
        return ""

    def refuses(self, state: State, asked: Mapping[str, float]) -> str:
        """Why no solution was found, where this physics can tell; else "".

        Args:
            state: the last good one.
            asked: total current into the metals at collectors whose current is prescribed [A, in 2D A/m].
        """
        return ""

    def internal(self) -> dict[str, Any]:
        """Internal variables by name, for checkpoints: DOLFINx functions."""
        return {}

    def columns(self, state: State) -> dict[str, Any]:
        """History columns: {"name [unit]": UFL scalar form}, integrated at each accepted step.

        Without a unit in the name it is an energy, or a heat if it says so.
        """
        return {}

    def separation(self, state: State) -> Any:
        """Energy that opening cracks has taken, stored and dissipated, a UFL scalar form; None where none can open."""
        return None

    def parameters(self) -> dict[str, Any]:
        """What the user set, for run.json and --dry-run."""
        return {k: v for k, v in vars(self).items() if not k.startswith("_")}
