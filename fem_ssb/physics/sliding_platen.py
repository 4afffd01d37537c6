"""A rigid platen that presses a face with a given force and does not hold it: the face slides on it, and may part.

With the displacement u_n of the face along the stack and the one displacement U of the platen, which does not tilt,

    t = K ⟨u_n − U⟩₊,      ∫ (p − t) ds = 0

t pushes the face back; there is no friction. A platen that is bonded to the face is a load, `Platen`, and a sliding one
whose position is given is `Fixed("displacement", face, position, component=…)`.

| symbol | meaning | unit |
|---|---|---|
| p | force of the platen over the area of the face, compressive | Pa |
| t | pressure of the contact | Pa |
| K | contact stiffness; the face and the platen overlap by t/K | Pa/m |
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ufl
from dolfinx import fem

from fem_ssb.errors import InputError, number
from fem_ssb.physics.base import Physics
from fem_ssb.physics.solids import stiffness_matrix
from fem_ssb.problem.fields import Field
from fem_ssb.problem.state import State


class SlidingPlaten(Physics):
    """A platen without friction on a face at right angles to the stack, for `Elasticity`.

    The history has the stack pressure and the platen's displacement.

    Args:
        pressure: p [Pa], a number above 0 or a function of (x, t) in UFL.
        boundary: name of the face; its outward normal is the last axis.
        stiffness: K [Pa/m]; None = 1000 × the largest modulus over the height of the stack.

    Raises:
        InputError: values out of range; when the model is built, without mechanics.
    """

    def __init__(
        self, pressure: float | Callable[..., Any], boundary: str = "top", stiffness: float | None = None
    ) -> None:
        if not callable(pressure):
            number(pressure, "pressure of a SlidingPlaten [Pa]", above=0.0)
        if stiffness is not None:
            number(stiffness, "stiffness of a SlidingPlaten [Pa/m]", above=0.0)
        self.pressure, self.boundary, self.stiffness = pressure, boundary, stiffness

    def fields(self, state: State) -> list[Field]:
        """U [m], one unknown."""
        scale = 1e-4 * state.height
        flux = self._modulus(state) * scale * state.height ** (state.dim - 2)
        return [Field("platen", "m", scale, flux, trace=(self.boundary,), tied=(self.boundary,))]

    def initialise(self, state: State) -> None:
        """The displacement must be there."""
        if not state.solved("displacement"):
            raise InputError("a SlidingPlaten presses on displacements: add Elasticity() to the model")

    def residuals(self, state: State) -> dict[str, Any]:
        """∫ t w_n ds and ∫ (p − t) V ds."""
        ds, t = state.ds(self.boundary), self._contact(state)
        p = state.value(self.pressure, "pressure of a SlidingPlaten [Pa]")
        return {
            "displacement": t * state.test("displacement")[state.dim - 1] * ds,
            "platen": (p - t) * state.test("platen") * ds,
        }

    def columns(self, state: State) -> dict[str, Any]:
        """Mean pressure of the contact and position of the platen."""
        ds = state.ds(self.boundary)
        area = float(state.integrate(fem.form(fem.Constant(state.domain, 1.0) * ds))[0])
        return {
            "stack pressure [Pa]": self._contact(state) / area * ds,
            "platen displacement [m]": state["platen"] / area * ds,
        }

    def _contact(self, state: State) -> Any:
        """t [Pa]."""
        overlap = state["displacement"][state.dim - 1] - state["platen"]
        stiffness = self.stiffness or 1e3 * self._modulus(state) / state.height
        # At an overlap of exactly 0, as at the start, the tangent is K: the faces touch.
        return stiffness * ufl.conditional(ufl.ge(overlap, 0), overlap, 0.0)

    def _modulus(self, state: State) -> float:
        """Largest stiffness along an axis [Pa]."""
        return max(float(stiffness_matrix(state, r)[:3, :3].diagonal().max()) for r in state.mesh.region_names)
