"""The model: physics on a mesh, loads on it, solved together or in turn, marched in time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any, Literal
from weakref import WeakKeyDictionary

import numpy as np
from petsc4py import PETSc

from fem_ssb.errors import ConvergenceError, InputError, number, unknown
from fem_ssb.mesh import NamedMesh
from fem_ssb.physics.base import Physics
from fem_ssb.problem.balance import Balances
from fem_ssb.problem.bodies import refuse_loose_bodies
from fem_ssb.problem.boundary import BoundaryConditions
from fem_ssb.problem.capacity import C
from fem_ssb.problem.loads import Ambient, Condition, Ground, Layout, Load, refuse_contradictions
from fem_ssb.problem.paths import refuse_cut_off
from fem_ssb.problem.protocol import Cycler, Step
from fem_ssb.problem.pulled import pulled_off
from fem_ssb.problem.quadrature import economical
from fem_ssb.problem.result import Result
from fem_ssb.problem.state import State
from fem_ssb.solvers import BlockNewton, BoundedNewton, MonolithicNewton, presets, reuse
from fem_ssb.solvers.monolithic import NEAR
from fem_ssb.solvers.newton import is_linear

_COUNT = count()  # models are made collectively, so the number is the same on all ranks
_BUILT: WeakKeyDictionary[Physics, str] = WeakKeyDictionary()  # prefix of the model built last with each physics
COUPLINGS = ("strong", "weak")
# Thickness and displacement meet across the stiff contact p_n = K(h − g): apart, each would see the other as a wall.
GROUPS = (
    ("ionic_potential", "electronic_potential", "reaction_current", "host_current"),
    ("temperature",),
    ("metal_thickness", "displacement"),
)


class Model:
    """A boundary value problem in words: `Model(mesh, physics)`, `ground`, `apply`, `run`.

    Args:
        mesh: named mesh, from `Stack.mesh` or read from a file.
        physics: what is solved.
        coupling: "strong" solves all fields in one Newton; "weak" solves the groups (potentials, temperature,
            thickness with displacement) in turn until nothing changes by more than `sweep_tolerance`. Damage is bounded
            and alternates with the rest in both.
        sweep_tolerance: largest change of the fields in the last sweep, in their scales.
        damage_tolerance: largest change of damage in the last sweep; forces, currents and heat then fit that damage.
        largest_sweeps: sweeps before a step counts as failed; with 1, weak coupling takes each group once a step.
        options: PETSc options that override the presets, e.g. {"ksp_type": "gmres"}.
        foresee_damage: start each step from damage and displacement that grow on as before: fewer sweeps and linear
            solves in a slow ramp, but the digits below `damage_tolerance` then depend on earlier steps, also across a
            restart.
        monolithic_finish: end the sweeps of a step, once they change damage by less than 0.01, with Newton for all
            fields and damage together: forces balance to its tolerance, whatever `damage_tolerance` is, but the tangent
            of all unknowns is factorised. Where Newton fails the sweeps go on.

    Raises:
        InputError: unknown names, contradicting loads, a missing ground, a body that is not held or pulled off its
            contact, a monolithic finish without damage, of weak coupling, or of too many unknowns in 3D.
    """

    def __init__(
        self,
        mesh: NamedMesh,
        physics: Sequence[Physics],
        *,
        coupling: Literal["strong", "weak"] = "strong",
        sweep_tolerance: float = 1e-9,
        damage_tolerance: float = 1e-5,
        largest_sweeps: int = 60,
        options: dict[str, Any] | None = None,
        foresee_damage: bool = False,
        monolithic_finish: bool = False,
    ):
        if coupling not in COUPLINGS:
            raise unknown("coupling", coupling, COUPLINGS)
        if not physics or any(not isinstance(p, Physics) for p in physics):
            raise InputError("a model needs a list of physics, each made, e.g. [Conduction(), Heat()]")
        self.mesh, self.physics = mesh, list(physics)
        self.damage_tolerance = number(damage_tolerance, "damage_tolerance", above=0.0)
        self.coupling = coupling
        self.sweep_tolerance = number(sweep_tolerance, "sweep_tolerance", above=0.0)
        self.largest_sweeps = int(number(largest_sweeps, "largest_sweeps", least=1))
        self.options = dict(options or {})
        self.foresee_damage = bool(foresee_damage)
        self.monolithic_finish = bool(monolithic_finish)
        self.loads: list[Load] = []
        self.iterations = self.linear_iterations = self.sweeps = 0
        self.residuals: dict[str, Any] = {}  # UFL by field, once built
        self._state: State | None = None
        self.prefix = f"model{next(_COUNT)}_"

    # -- loads ---------------------------------------------------------------------------------------------
    def ground(self, boundary: str) -> Model:
        """Potential zero at a collector.

        Args:
            boundary: name of the collector, as in `Current`.

        Returns:
            The model.
        """
        return self.apply(Ground(boundary))

    def apply(self, *loads: Load) -> Model:
        """Add loads; contradictions are found when the model is built.

        Args:
            loads: such as `Current`, `StackPressure`, `Fixed`, a `Cycler`.

        Returns:
            The model.

        Raises:
            InputError: what is no load, or a model that has been built.
        """
        if self._state is not None:
            raise InputError("the model is already built: apply all loads before the first solve or run")
        for load in loads:
            if not isinstance(load, Load):
                raise InputError(f"{load!r} is not a load: use Current, Voltage, StackPressure, Ambient, Fixed or Flux")
        self.loads += loads
        return self

    # -- building ------------------------------------------------------------------------------------------
    @property
    def state(self) -> State:
        """Fields and measures; built at first use."""
        self.build()
        assert self._state is not None
        return self._state

    def build(self) -> None:
        """Make the fields and what acts on them, once; no load can be added after. Collective."""
        if self._state is None:
            self._build()

    def _build(self) -> None:
        PETSc.garbage_cleanup(self.mesh.comm)  # what earlier models left, destroyed by all ranks together
        state = State(self.mesh)
        ambient = [load.temperature for load in self.loads if isinstance(load, Ambient)]
        if ambient:
            state.ambient_temperature = float(ambient[0])
            state.set_constant("temperature", state.ambient_temperature)
            for region, material in state.materials.items():
                material.refuse_temperature(state.ambient_temperature, region)
        for p in self.physics:
            p.announce(state)
        declared = [f for p in self.physics for f in p.fields(state)]
        names = {f.name for f in declared}
        conditions = self._conditions(state, names)
        for f in declared:
            ties = tuple(c.boundary for c in conditions if c.field == f.name and c.uniform)
            state.add_field(f if not ties else _with_ties(f, ties))
        state.quadrature_degree = max(
            (2 * f.degree - 2 if f.shape else 2 * f.degree for f in declared if f.trace is None), default=1
        )
        state.quadrature_degree = max(state.quadrature_degree, 1)
        for p in self.physics:
            p.initialise(state)
            _BUILT[p] = self.prefix
        for p in self.physics:
            p.provide(state)
        residuals: dict[str, Any] = {}
        for p in self.physics:
            for name, form in p.residuals(state).items():
                if name in state.fields:
                    residuals[name] = residuals.get(name, 0) + form
        conditions = [_as_density(c, state) for c in conditions]
        self.boundary_conditions = BoundaryConditions(state, [c for c in conditions if c.field in names])
        for name in state.fields:
            residual = residuals.get(name, 0) + self.boundary_conditions.fluxes(name) + state.anchored(name)
            residuals[name] = economical(residual)
        self.conditions, self.residuals = conditions, residuals
        self._refuse_loose(state)
        self._state = state
        self._solvers = [self._newton(group) for group in self._groups(state)]
        # Between groups that follow each other, damage is no function of its last value alone: no acceleration there.
        self._bounded = [
            BoundedNewton(
                f,
                state[f.name],
                state.old(f.name),
                residuals[f.name],
                self.boundary_conditions.held(f.name),
                prefix=f"{self.prefix}{f.name}_",
                options={**presets.bounded(f), **self.options},
                tolerance=self.damage_tolerance if len(self._solvers) == 1 else np.inf,
                strides=self._solvers[0].linear if self._solvers else True,  # Newton may fail beside a long stride
            )
            for f in state.fields.values()
            if f.bounds is not None
        ]
        self._monolithic = self._together() if self.monolithic_finish else None
        self.balances = Balances(state, residuals, self.boundary_conditions)

    def _conditions(self, state: State, names: set[str]) -> list[Condition]:
        mesh = self.mesh

        def potential_at(boundary: str) -> str:
            return "ionic_potential" if state.region_at(boundary) in state.electrolytes else "electronic_potential"

        faces = (("left", 0), ("right", 0)) + ((("front", 1), ("back", 1)) if mesh.dim == 3 else ())
        sides = tuple((n, a) for n, a in faces if n in mesh.boundaries)
        layout = Layout(potential_at, *mesh.ends, sides, mesh.dim)
        found = [c for load in self.loads for c in load.conditions(layout)]
        # An ambient temperature is that of a model without heat, too, and of one without boundaries.
        found = [c for c in found if c.field in names or c.source != "Ambient"]
        for c in found:
            mesh.boundary(c.boundary)
            if c.field not in names:
                raise InputError(
                    f"{c.source} acts on {c.field}, which no physics of this model solves; "
                    f"solved are: {', '.join(sorted(names))}"
                )
        refuse_contradictions(found)
        return found

    def _refuse_loose(self, state: State) -> None:
        held = self.boundary_conditions.held_names
        potentials = [n for n in ("ionic_potential", "electronic_potential") if n in state.fields]
        if potentials and not any(n in held for n in (*potentials, "electric_potential")):
            raise InputError(
                "no potential is fixed, so the voltage is undetermined: name a grounded collector, "
                f"e.g. model.ground('{state.mesh.region_names[-1]}')"
            )
        refuse_cut_off(state, self.conditions)
        if "displacement" in state.fields:
            refuse_loose_bodies(state, self.conditions)
            if pulled := pulled_off(state, self.conditions, float(state.time.value)):
                raise InputError(pulled)

    def _groups(self, state: State) -> list[list[str]]:
        free = [n for n, f in state.fields.items() if f.bounds is None]
        if self.coupling == "strong":
            return [free] if free else []
        groups = [[n for n in group if n in free] for group in GROUPS]
        rest = [[n] for n in free if not any(n in g for g in groups)]
        return [g for g in groups if g] + rest

    def _newton(self, names: list[str]) -> BlockNewton:
        state = self.state
        fields = [state.fields[n] for n in names]
        size = sum(_unknowns(state, n) for n in names)
        weakening = names == ["displacement"] and state.solved("damage") and fields[0].definite
        once = len(names) == 1 and not weakening and is_linear(self.residuals[names[0]], state[names[0]])
        if presets.is_direct(state.dim, size, linear=once):
            options = dict(reuse.SYMMETRIC if weakening else presets.DIRECT)
        elif len(names) == 1:
            options = presets.alone(fields[0])
        else:
            options = presets.coupled(fields)
        old = state.old(names[0]) if len(names) == 1 else None
        solver = self.solver_of(names, names[0], {**options, **self.options}, ease=state.ease, old=old)
        presets.attach(solver, state.mesh, [state.spaces[n].V for n in names])
        return solver

    def _together(self) -> MonolithicNewton:
        """Newton for all fields, damage last."""
        state = self.state
        if len(self._bounded) != 1 or len(self._solvers) != 1:
            raise InputError(
                "a monolithic finish is one Newton for damage and all that it acts on: "
                "give Fracture(…), displacement, and coupling='strong', or leave monolithic_finish out"
            )
        names = [f.name for f in (*self._solvers[0].fields, self._bounded[0].field)]
        size = sum(_unknowns(state, n) for n in names)
        if not presets.is_direct(state.dim, size):
            raise InputError(
                f"a monolithic finish factorises all unknowns together, in 3D at most {presets.LARGEST_DIRECT_3D}, "
                f"not {size}: leave monolithic_finish out"
            )
        options = {**presets.DIRECT, "snes_type": PETSc.SNES.Type.VINEWTONRSLS}
        return MonolithicNewton(self.solver_of(names, "finish", options), self._bounded[0])

    def solver_of(self, names: Sequence[str], label: str, options: dict[str, Any], **more: Any) -> BlockNewton:
        """A Newton for some fields together.

        Args:
            names: of the fields, in the order of the blocks.
            label: that tells its PETSc options from those of the model's other solvers.
            options: of PETSc.
            more: keywords of `BlockNewton`.

        Returns:
            The solver, which changes the fields of the model's state.
        """
        state = self.state
        return BlockNewton(
            [state.fields[n] for n in names],
            [state[n] for n in names],
            [self.residuals[n] for n in names],
            [bc for n in names for bc in self.boundary_conditions.held(n)],
            prefix=f"{self.prefix}{label}_",  # short: PETSc cuts the prefixes of a field split at 127 characters
            options=options,
            **more,
        )

    # -- a cycler's steps -------------------------------------------------------------------------------------
    @property
    def cycler(self) -> Cycler | None:
        """The cycler among the loads."""
        return next((load for load in self.loads if isinstance(load, Cycler)), None)

    @property
    def protocol(self) -> list[tuple[int, Step]]:
        """(cycle, step) of the cycler in order, C-rates as current densities of this mesh."""
        cycler = self.cycler
        if cycler is None:
            return []
        return [(k, step.resolved(lambda c: c.density(self.state, cycler.into))) for k, step in cycler.steps]

    def begin(self, step: Step, time: float = 0.0) -> None:
        """A step of the cycler's protocol begins: its current, voltage or power is prescribed from now on.

        Args:
            step: of the protocol.
            time: model time [s].
        """
        self.build()
        conditions = self.boundary_conditions
        if conditions.terminal is None:
            raise InputError("the model has no cycler: model.apply(Cycler(protocol, into=…))")
        conditions.terminal.begin(step, time)
        together = [self._monolithic.solver] if self._monolithic else []
        for solver in (*self._solvers, *together):
            solver.bcs = [bc for f in solver.fields for bc in conditions.held(f.name)]
        self.balances.refresh()

    # -- solving -------------------------------------------------------------------------------------------
    def solve(self, dt: float = 1.0) -> State:
        """Solve one step of `dt` seconds (the whole problem, where nothing depends on time).

        Raises:
            ConvergenceError: the state is then as before.
        """
        state = self.state
        self._refuse_shared()
        state.dt.value = dt
        self.boundary_conditions.update(float(state.time.value))
        try:
            self._solve_step()
        except ConvergenceError as problem:
            state.reject()
            asked = self._asked()
            why = [reason for p in self.physics if (reason := p.refuses(state, asked))]
            if pulled := pulled_off(state, self.conditions, float(state.time.value)):
                why.append(pulled)
            raise ConvergenceError("; ".join((*why, str(problem)))) from None
        return state

    def _refuse_shared(self) -> None:
        """What a physics remembers is of the model that was built last with it."""
        for p in self.physics:
            if _BUILT.get(p) not in (None, self.prefix) and p.internal():
                raise InputError(
                    f"{type(p).__name__} remembers the past of one model, and another one has been built with it: "
                    "make one for each model"
                )

    def accept(self) -> None:
        """Take the solved step as the last good state: all physics remember what they must, and time goes on."""
        for p in self.physics:
            p.advance(self.state)
        self.state.accept()

    def _asked(self) -> dict[str, float]:
        """Total current into the regions at collectors [A, in 2D A/m]: what is prescribed, and leaves at the ground."""
        conditions, state = self.boundary_conditions, self.state
        ends = [c for c in self.conditions if c.field == "electronic_potential"]
        driven = [c for c in ends if not conditions.is_held(c)]
        grounds = [c for c in ends if conditions.is_held(c)]
        asked = {
            state.region_at(c.boundary): (conditions.value(c.field, c.boundary) or 0.0) * conditions.area(c.boundary)
            for c in driven
        }
        if len(driven) == len(grounds) == 1:
            asked[state.region_at(grounds[0].boundary)] = -sum(asked.values())
        return asked

    def _solve_step(self) -> None:
        """All groups and the bounded fields in turn, until nothing changes; at the end the forces fit the damage."""
        self.iterations = self.linear_iterations = self.sweeps = 0
        for bounded in self._bounded:
            bounded.begin()
        alternating = [s for s in self._solvers if s.linear and s.reuse.factors and self.largest_sweeps > 1]
        rough = [s.reuse for s in alternating]
        for factors in rough:
            factors.tolerance, factors.error = reuse.FIRST, 0.0
        if self.foresee_damage:
            now = float(self.state.time.value), float(self.state.dt.value)
            go_on = all([bounded.foresee(*now) for bounded in self._bounded])
            for solver in alternating:
                solver.reuse.error = reuse.FIRST * solver.foresee(*now, go_on)
        finished, tried = False, False
        while not self._sweep() and self.largest_sweeps > 1:
            if self._monolithic is not None and self._damage_change <= NEAR and not tried:
                finished = self._monolithic.solve()
                self.iterations += self._monolithic.solver.iterations
                if finished:
                    break
            tried = self._damage_change <= NEAR  # where it has failed a crack is about to run: once more after that
            for factors in rough:
                factors.tolerance, factors.error = reuse.FURTHER, 0.0
            if self.sweeps >= self.largest_sweeps:
                raise ConvergenceError(
                    f"{self.sweeps} sweeps over the fields leave changes of "
                    f"{self._field_change:.2g} (fields, asked: {self.sweep_tolerance:.2g}) and "
                    f"{self._damage_change:.2g} (damage, asked: {self.damage_tolerance:.2g})"
                )
        for factors in rough:
            factors.tolerance, factors.error = None, reuse.FINISH
        if not finished and (self._damage_change > 0 or rough):
            self._solve_groups()

    def _sweep(self) -> bool:
        """Each group once, then the bounded fields; returns whether nothing changed any more."""
        several = len(self._solvers) > 1
        before = [s[n].x.array.copy() for s, n in self._unbounded()] if several or self._bounded else []
        try:
            self._solve_groups()
        except ConvergenceError:  # of damage that acceleration guessed, perhaps
            if not any([bounded.retreat() for bounded in self._bounded]):
                raise
            for (state, name), values in zip(self._unbounded(), before, strict=True):
                state[name].x.array[:] = values
            self._solve_groups()
        self._field_change = self._change(before) if several else 0.0
        self._damage_change = max((b.solve() for b in self._bounded), default=0.0)
        self.sweeps += 1
        return self._field_change <= self.sweep_tolerance and self._damage_change <= self.damage_tolerance

    def _solve_groups(self) -> None:
        for solver in self._solvers:
            solver.solve()
            self.iterations += solver.iterations
            self.linear_iterations += solver.linear_iterations

    def _unbounded(self) -> Iterable[tuple[State, str]]:
        return ((self.state, n) for n, f in self.state.fields.items() if f.bounds is None)

    def _change(self, before: list[np.ndarray]) -> float:
        largest = max(
            float(np.abs(s[n].x.array - b).max(initial=0.0)) / s.fields[n].scale
            for (s, n), b in zip(self._unbounded(), before, strict=True)
        )
        return float(max(self.mesh.comm.allgather(largest)))

    def run(self, duration: float | None = None, **options: Any) -> Result:
        """March in time; see `fem_ssb.problem.run.march` for the options.

        Args:
            duration: end of the run [s]; None with a `Cycler`, whose protocol says it.
            options: output, resume, first_step, largest_step, smallest_step, change, growth, fields_every,
                checkpoint_every, broken, each, parameters, quiet, dry_run.
        """
        from fem_ssb.problem.run import march

        return march(self, duration, **options)


def _as_density(c: Condition, state: State) -> Condition:
    """A C-rate as a current density of this mesh."""
    return replace(c, value=c.value.density(state, c.boundary)) if isinstance(c.value, C) else c


def _with_ties(field: Any, ties: tuple[str, ...]) -> Any:
    return replace(field, tied=ties)


def _unknowns(state: State, name: str) -> int:
    return state.spaces[name].num_dofs
