"""Conditions turned into DOLFINx: Dirichlet conditions, flux forms, and their values in time."""

from __future__ import annotations

from typing import Any

import numpy as np
import ufl
from dolfinx import fem

from fem_ssb.errors import InputError, raise_on_all
from fem_ssb.problem.loads import Condition
from fem_ssb.problem.state import State
from fem_ssb.problem.terminal import Terminal

POTENTIALS = ("ionic_potential", "electronic_potential")


class BoundaryConditions:
    """All conditions of a model.

    Args:
        state: with all fields.
        conditions: checked, free of contradictions.
    """

    def __init__(self, state: State, conditions: list[Condition]):
        self.state = state
        self.conditions = conditions
        self._values = [fem.Constant(state.domain, 0.0) for _ in conditions]
        self._held: dict[str, list[fem.DirichletBC]] = {n: state.spaces[n].bcs() for n in state.fields}
        self.held_names: dict[str, set[int]] = {}
        self._held_dofs: dict[str, list[tuple[str, np.ndarray]]] = {n: [] for n in state.fields}
        self._areas: dict[str, float] = {}
        self._moved: list[tuple[Condition, fem.Function, np.ndarray]] = []
        driven = [c for c in conditions if c.driven]
        self.terminal = Terminal(state, driven[0]) if driven else None
        self._means: dict[tuple[str, str, int | None], Any] = {}
        self.update(0.0)
        for c, value in zip(conditions, self._values, strict=True):
            if c.held:
                self._hold(c, value)
        self._pin()

    def _pin(self) -> None:
        """Hold one node of a periodic body along the axes it may glide along as a whole: no force is needed for it."""
        state = self.state
        for axis in state.mesh.periodic if state.solved("displacement") else ():
            if axis not in self.held_names.get("displacement", set()):
                space = state.spaces["displacement"]
                dofs = space.first_dof() * state.dim + axis
                zero = fem.Constant(state.domain, 0.0)
                self._held["displacement"].append(fem.dirichletbc(zero, dofs, space.V.sub(axis)))

    def _hold(self, c: Condition, value: fem.Constant) -> None:
        state, V = self.state, self.state.spaces[c.field].V
        shape = state.fields[c.field].shape
        blocks = state.spaces[c.field].dofs(state.mesh.boundary(c.boundary))
        axes = [None] if not shape else [c.component] if c.component is not None else list(range(shape[0]))
        for axis in axes:
            sub = V if axis is None else V.sub(axis)
            dofs = blocks if axis is None else blocks * shape[0] + axis
            if c.place is None:
                self._held[c.field].append(fem.dirichletbc(value, dofs, sub))
            self.held_names.setdefault(c.field, set()).add(axis or 0)
            self._held_dofs[c.field].append((c.boundary, dofs))
        if c.place is not None:
            values = fem.Function(V)
            self._moved.append((c, values, blocks))
            self._held[c.field].append(fem.dirichletbc(values, blocks))

    def varied(self, field: str) -> np.ndarray:
        """Unknowns of boundaries where a field is held at values that differ from place to place, each once."""
        dofs = self.state.spaces[field].dofs
        places = {c.boundary for c in self.conditions if c.place and c.field == field}
        found = [dofs(self.state.mesh.boundary(b)) for b in sorted(places)]
        if not found:
            return np.empty(0, dtype=np.int32)
        constant = [d for b, d in self.held_dofs(field) if b not in places]
        return np.setdiff1d(np.concatenate(found), np.concatenate([np.empty(0, dtype=np.int32), *constant]))

    def held(self, field: str) -> list[fem.DirichletBC]:
        """Present Dirichlet conditions of a field, those of its dummy unknowns included."""
        terminal = self._holding(field)
        return [*self._held[field], *([terminal.bc] if terminal else [])]

    def held_dofs(self, field: str) -> list[tuple[str, np.ndarray]]:
        """(boundary, unknowns) where a field is held at present."""
        terminal = self._holding(field)
        return [*self._held_dofs[field], *([(terminal.condition.boundary, terminal.dofs)] if terminal else [])]

    def is_held(self, c: Condition) -> bool:
        """Is the value prescribed at present, not the flux?"""
        return self.terminal.held if c.driven and self.terminal else c.held

    def _holding(self, field: str) -> Terminal | None:
        terminal = self.terminal
        return terminal if terminal and terminal.held and terminal.condition.field == field else None

    def fluxes(self, field: str) -> Any:
        """−∫ flux·v ds: what the fluxes into the body add to the residual."""
        form: Any = 0
        v = self.state.test(field)
        for c, value in zip(self.conditions, self._values, strict=True):
            if c.held or c.field != field:
                continue
            if c.driven and self.terminal:
                flux = self.terminal.flux(self.state[field])
            else:
                now = self.state[field] if c.component is None else self.state[field][c.component]
                # A constant, not a number: models that differ in it share their kernels.
                flux = value if c.exchange is None else fem.Constant(self.state.domain, c.exchange) * (value - now)
            if not v.ufl_shape:
                test = v
            elif c.component is not None:
                test = v[c.component]
            else:
                test = ufl.dot(v, ufl.FacetNormal(self.state.domain))
            form -= flux * test * self.state.ds(c.boundary)
        return form

    def update(self, time: float) -> None:
        """Set all values to those of a time [s]."""
        for c, value in zip(self.conditions, self._values, strict=True):
            value.value = c.value(time) if callable(c.value) else c.value
        if self._moved:
            self._place(time)
        if self.terminal:
            self.terminal.update(time)

    def _place(self, time: float) -> None:
        """Set what is held at values that differ from place to place; what fails on one rank fails on all."""
        error: Exception | None = None
        try:
            for c, function, blocks in self._moved:
                _interpolate(c, function, time)
                values = function.x.array.reshape(-1, function.function_space.dofmap.bs)[blocks]
                if not np.isfinite(values).all():
                    raise InputError(f"{c.source} must be finite all over the boundary at t = {time:g} s")
        except Exception as problem:
            error = problem
        raise_on_all(self.state.mesh.comm, error)

    def value(self, field: str, boundary: str) -> float | None:
        """Present value of the flux condition of a field at a boundary, None without one."""
        for c, value in zip(self.conditions, self._values, strict=True):
            if (c.field, c.boundary, self.is_held(c)) == (field, boundary, False):
                return self._flux(c, value)
        return None

    def present(self, c: Condition) -> float:
        """Present value of a condition [SI]."""
        return float(self._values[self.conditions.index(c)].value)

    def _flux(self, c: Condition, value: fem.Constant) -> float:
        """Present flux density of a condition that holds nothing, the mean over its boundary."""
        if c.driven and self.terminal:
            return self.terminal.density(self.mean(c.field, c.boundary) if self.terminal.power.value else 0.0)
        if c.exchange is not None:
            return c.exchange * (float(value.value) - self.mean(c.field, c.boundary, c.component))
        return float(value.value)

    def held_values(self, field: str) -> list[tuple[str, float]]:
        """Boundaries where a scalar field is held, with the present values."""
        pairs = zip(self.conditions, self._values, strict=True)
        found = [(c.boundary, float(value.value)) for c, value in pairs if c.field == field and c.held]
        terminal = self._holding(field)
        return [*found, *([(terminal.condition.boundary, float(terminal.potential.value))] if terminal else [])]

    def exchanged(self, field: str) -> float:
        """Size of the flux of a field that loads prescribe or exchange, summed over all boundaries [SI]."""
        total = 0.0
        for c, value in zip(self.conditions, self._values, strict=True):
            if c.field == field and not self.is_held(c):
                total += abs(self._flux(c, value)) * self.area(c.boundary)
        return total

    def area(self, boundary: str) -> float:
        """Area of a boundary [m²; in 2D m per metre of depth]."""
        if boundary not in self._areas:
            one = fem.Constant(self.state.domain, 1.0)
            self._areas[boundary] = float(self.state.integrate(fem.form(one * self.state.ds(boundary)))[0])
        return self._areas[boundary]

    def mean(self, field: str, boundary: str, component: int | None = None) -> float:
        """Mean of a scalar field, or of a component of a vector, over a boundary."""
        key = (field, boundary, component)
        if key not in self._means:
            u = self.state[field] if component is None else self.state[field][component]
            self._means[key] = fem.form(u * self.state.ds(boundary))
        return float(self.state.integrate(self._means[key])[0]) / self.area(boundary)

    def power(self) -> float:
        """Electrical power that enters through prescribed currents [W, in 2D W/m]."""
        return sum(
            self._flux(c, value) * self.area(c.boundary) * self.mean(c.field, c.boundary)
            for c, value in zip(self.conditions, self._values, strict=True)
            if c.field in POTENTIALS and not self.is_held(c)
        )


def _interpolate(c: Condition, function: fem.Function, time: float) -> None:
    """Nodal values of a function of place."""
    assert c.place is not None
    place, shape = c.place, function.function_space.value_shape

    def values(x: np.ndarray) -> np.ndarray:
        found, expected = np.asarray(place(x, time), dtype=float), (*shape, x.shape[1])
        if found.shape != expected and (shape or found.shape != (1, x.shape[1])):
            raise InputError(f"{c.source}: f(x, t) must return the shape {expected}, not {found.shape}")
        return found

    function.interpolate(values)
