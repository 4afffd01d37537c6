"""Following a crack where the body snaps back: the energy that cracks take is prescribed, the load is found.

A body that is longer than its cracks are tough breaks at once when its ends are moved: the energy that it stores is
more than the crack takes. Between the peak and the broken body lies a branch of equilibria on which force and
displacement of the ends fall together. There the load factor λ is an unknown, and what grows is the work of separation

    W(u) = ∫ (stored + dissipated) dS        over all cohesive interfaces,
    W(d) = ∫ (G_c/c_w)[w(d)/ℓ + ℓ ∇d·A∇d] dx        of damage, or the sum of both.

On an interface it rises from the first load on, with every opening, until nothing holds any more (of dissipated energy
alone nothing could be prescribed before the strength is reached). The loads are functions of λ in place of the time.
At each point of the branch, stable or not, stored + dissipated energy is the work that the load has done.

With damage, the equilibria of a given W are where the energy E₁(d) = min_u E(u, d) at the load 1 is stationary among
all d ≥ d_old with W(d) = W; 1/λ² is the multiplier. So u and (d, λ) are found in turn: the displacement at given
damage, then the damage of the energy W and the stretch of that displacement which it takes. Either lowers E₁: the crack
goes where that much of it weakens the body most. This is to a given W what alternate minimisation is to a given load,
and is accelerated likewise. The stretched displacement is a solution where the mechanics is homogeneous in the load
(all `splits` are); else it is a guess, which is right where λ no longer changes.

With interfaces and damage, u, d and λ are found by one Newton. Where that lets damage grow, equilibria abound, most of
them of damage that is spread: there they are found in turn, as above, with the interfaces' share of W at the stretched
displacement.

A body that is sound has to choose where it cracks. A step of a large W makes it weaker in many places before one
of them wins, and damage does not heal: so `follow` begins with a hundred-thousandth of its way and doubles its steps
until they are as long as asked for. One that does not converge is taken again as four.

Sources: Gutiérrez, Commun. Numer. Methods Eng. 20 (2004) 19; Verhoosel, Remmers & Gutiérrez, Int. J. Numer. Methods
Eng. 77 (2009) 1290; of damage: Singh, Verhoosel, de Borst & van Brummelen, Finite Elem. Anal. Des. 113 (2016) 14.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from dolfinx import fem

from fem_ssb.errors import ConvergenceError, InputError, number
from fem_ssb.problem.model import Model
from fem_ssb.problem.state import State
from fem_ssb.solvers import BlockNewton, presets
from fem_ssb.solvers.acceleration import Anderson
from fem_ssb.solvers.bordered import BorderedNewton

STEADY = 1e-6  # relative change of λ in the last sweep
FIRST, SMALLEST = 1e-5, 1e-8  # steps of `follow`, of its whole way
ROUNDING = 1e-9  # of a step: what is left to the end is no step of its own


class CrackControl:
    """Prescribes the work of separation [J, in 2D J/m] of a model with cohesive interfaces, damage, or both.

    Args:
        model: of displacement, alone or with damage, with loads in proportion to `t`, which stands for the load
            factor λ.
        start: a first λ, in the elastic range; solved and accepted at once.

    Raises:
        InputError: a model that solves anything else, has neither cohesive interface nor damage, is not loaded by λ, or
            has cohesive interfaces and in 3D more unknowns than can be factorised.

    Attributes:
        factor: present λ; also the state's time.
        work: present work of separation [J, in 2D J/m].
    """

    def __init__(self, model: Model, start: float):
        state, self.model = model.state, model
        others = [name for name in state.fields if name not in ("displacement", "damage")]
        if others or not state.solved("displacement"):
            raise InputError(
                "CrackControl follows displacement, alone or with damage, the model "
                f"{'also solves ' + ', '.join(others) if others else 'has none'}: "
                "leave other physics out, or load in small steps"
            )
        works = [work for p in model.physics if (work := p.separation(state)) is not None]
        if not works:
            raise InputError(
                "CrackControl needs cohesive interfaces, Elasticity(cohesive={'a|b': Cohesive(…)}), or damage, "
                "Fracture(…), or both"
            )
        self.factor = number(start, "first load factor", above=0.0)
        whole, damaged = sum(works[1:], works[0]), state.solved("damage")
        if not damaged or len(works) > 1:
            _refuse_large(state)
            solver = _unbounded(model, ["displacement", "damage"]) if damaged else model._solvers[0]
            self._together = BorderedNewton(solver, whole, self._load, _bounds(state) if damaged else None)
        if damaged:
            self._in_turn = BorderedNewton(_unbounded(model, ["damage"]), whole, self._stretch, _bounds(state))
        self._find = self._choose if len(works) > 1 else self._alternate if damaged else self._extrapolate
        self._taken = (self._in_turn if damaged else self._together).value
        self._broken = self._taken()  # taken before any load, by what is broken from the start
        self._load(self.factor)
        model.solve()
        self.work = self._taken()
        moved = state["displacement"].x.array.any() if damaged else self.work > self._broken
        if not any(state.mesh.comm.allgather(bool(moved))):
            raise InputError(f"the loads open no crack at the load factor {start:g}: give loads such as lambda t: …")
        self._before: fem.Function = state.old("displacement").copy()  # at the point before the present one
        self._old = (0.0, self._broken)  # its λ and work
        model.accept()

    def step(self, work: float) -> float:
        """Go to the point of the branch with this work of separation and accept it; returns λ.

        Args:
            work: [J, in 2D J/m], more than the present one.

        Raises:
            InputError: no growth.
            ConvergenceError: the state is then as before.
        """
        number(work, "work of separation [J]", above=self.work)
        state = self.model.state
        now = self.factor, self.work, state["displacement"].x.array.copy()
        try:
            self.factor = self._find(work)
            if self.factor <= 0:  # faces that are pressed together store energy, too
                raise ConvergenceError(f"the load factor falls to {self.factor:.3g}: take a smaller step")
        except ConvergenceError:
            state.reject()
            self.factor = now[0]
            self._load(self.factor)
            raise
        self._before.x.array[:], self._old, self.work = now[2], now[:2], work
        self.model.accept()
        return self.factor

    def follow(self, work: float, *, largest: float | None = None) -> Iterator[float]:
        """Go along the branch up to this work of separation in steps that choose themselves; yields λ after each.

        Args:
            work: [J, in 2D J/m], more than the present one; met exactly.
            largest: step of it [J, in 2D J/m]; None = 1/20 of the way.

        Raises:
            InputError: no growth.
            ConvergenceError: not even the smallest step converges; the state is that of the last point.
        """
        whole = number(work, "work of separation [J]", above=self.work) - self.work
        largest = whole / 20 if largest is None else number(largest, "largest step of the work [J]", above=0.0)
        return self._follow(work, min(FIRST * whole, largest), SMALLEST * whole, largest)

    def _follow(self, end: float, step: float, smallest: float, largest: float) -> Iterator[float]:
        while self.work < end:
            parts = max(int(np.ceil((end - self.work) / step - ROUNDING)), 1)
            try:
                self.step(end if parts == 1 else self.work + (end - self.work) / parts)
            except ConvergenceError:
                if step <= smallest:
                    raise
                step = max(step / 4, smallest)
                continue
            yield self.factor
            step = min(2 * step, largest)

    def _choose(self, work: float) -> float:
        """λ of interfaces and damage: together, in turn where damage grows."""
        state = self.model.state
        try:
            factor = self._extrapolate(work)
        except ConvergenceError:
            state.reject()
            return self._alternate(work)
        d, old = state["damage"].x.array, state.old("damage").x.array
        grown = max(state.mesh.comm.allgather(float((d - old).max(initial=0.0))))
        if grown <= self.model.damage_tolerance:
            return factor
        state.reject()
        return self._alternate(work)

    def _extrapolate(self, work: float) -> float:
        """λ of interfaces, by Newton from where the last two points lead."""
        # Square of λ while nothing is lost.
        root, now_root, old_root = (np.sqrt(w - self._broken) for w in (work, self.work, self._old[1]))
        onward = (root - now_root) / (now_root - old_root)
        u = self.model.state["displacement"].x.array
        u += onward * (u - self._before.x.array)
        return self._together.solve(work, self.factor + onward * (self.factor - self._old[0]))

    def _alternate(self, work: float) -> float:
        """λ of damage, by sweeps."""
        model, state = self.model, self.model.state
        d, low = state["damage"].x, state.old("damage").x.array
        onward = Anderson(state.mesh.comm, strides=False)
        model.iterations = model.linear_iterations = 0
        size = d.index_map.size_local
        for sweep in range(1, model.largest_sweeps + 1):
            self._load(self.factor)
            model._solve_groups()
            self._at = self.factor, state["displacement"].x.array.copy()
            before = d.array.copy()
            stretch = np.sqrt(self._in_turn.solve(work, 1.0))
            self.factor *= stretch
            change = max(state.mesh.comm.allgather(float(np.abs(d.array - before).max(initial=0.0))))
            model.sweeps = sweep
            if change <= model.damage_tolerance and abs(stretch - 1) <= STEADY:
                self._load(self.factor)
                model._solve_groups()
                return self.factor
            d.array[:size] = np.clip(onward(before[:size], d.array[:size].copy()), low[:size], 1.0)
            d.scatter_forward()
        raise ConvergenceError(
            f"{model.sweeps} sweeps at a given work of separation leave changes of {change:.2g} in damage (asked: "
            f"{model.damage_tolerance:.2g}) and {abs(stretch - 1):.2g} in λ: take a smaller step or more largest_sweeps"
        )

    def _load(self, factor: float) -> None:
        self.model.state.time.value = factor
        self.model.boundary_conditions.update(factor)

    def _stretch(self, square: float) -> None:
        """The sweep's load and displacement times the root of `square`, in which the driving of damage is linear."""
        factor, moved = self._at
        self._load(np.sqrt(square) * factor)
        self.model.state["displacement"].x.array[:] = np.sqrt(square) * moved


def _bounds(state: State) -> tuple[fem.Function, fem.Function]:
    """Least and largest damage."""
    largest, field = fem.Function(state["damage"].function_space), state.fields["damage"]
    assert field.bounds is not None
    largest.x.array[:] = field.bounds[1]
    return state.old("damage"), largest


def _refuse_large(state: State) -> None:
    """Where interfaces soften beyond a load that falls the tangent is indefinite: no conjugate gradients."""
    size = sum(state.spaces[name].num_dofs for name in state.fields)
    if not presets.is_direct(state.dim, size):
        raise InputError(
            f"CrackControl of cohesive interfaces factorises all unknowns, in 3D at most {presets.LARGEST_DIRECT_3D}, "
            f"not {size}: load in small steps with Cohesive(…, relaxation=…) instead"
        )


def _unbounded(model: Model, names: list[str]) -> BlockNewton:
    """A solver of fields together that knows no bounds, for `BorderedNewton`."""
    state = model.state
    fields = [state.fields[n] for n in names]
    direct = presets.is_direct(state.dim, sum(state.spaces[n].num_dofs for n in names))
    alone = presets.bounded(fields[0]) if len(names) == 1 else presets.coupled(fields)
    return model.solver_of(names, "control", {**(presets.DIRECT if direct else alone), **model.options})
