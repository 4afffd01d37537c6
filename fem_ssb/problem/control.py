"""Following a crack where the body snaps back: the energy that cracks take is prescribed, the load is found.

A body that is longer than its interface is tough breaks at once when its ends are moved: the energy that it stores is
more than the crack takes. Between the peak and the broken body lies a branch of equilibria on which force and
displacement of the ends fall together. There the load factor λ is an unknown, and what grows is the work of separation

    W(u) = ∫ (stored + dissipated) dS        over all cohesive interfaces,

which rises from the first load on, with every opening, until nothing holds any more (of dissipated energy alone nothing
could be prescribed before the strength is reached). The loads are functions of λ in place of the time. At each point of
the branch, stable or not, stored + dissipated energy is the work that the load has done.

Sources: Gutiérrez, Commun. Numer. Methods Eng. 20 (2004) 19; Verhoosel, Remmers & Gutiérrez, Int. J. Numer. Methods
Eng. 77 (2009) 1290.
"""

from __future__ import annotations

import numpy as np
from dolfinx import fem

from fem_ssb.errors import ConvergenceError, InputError, number
from fem_ssb.physics.elasticity import Elasticity
from fem_ssb.problem.model import Model
from fem_ssb.solvers.bordered import BorderedNewton


class SeparationControl:
    """Prescribes the work of separation [J, in 2D J/m] of a model with cohesive interfaces.

    Args:
        model: of displacement alone, with loads in proportion to `t`, which stands for the load factor λ.
        start: a first λ, in the elastic range; solved and accepted at once.

    Raises:
        InputError: a model that solves more than displacement, has no cohesive interface, or is not loaded by λ.

    Attributes:
        factor: present λ; also the state's time.
        work: present work of separation [J, in 2D J/m].
    """

    def __init__(self, model: Model, start: float):
        state, self.model = model.state, model
        if list(state.fields) != ["displacement"]:
            others = ", ".join(name for name in state.fields if name != "displacement")
            raise InputError(
                f"SeparationControl follows displacement alone, the model also solves {others or 'nothing of it'}: "
                "leave that out, or load in small steps"
            )
        works = [p.separation(state) for p in model.physics if isinstance(p, Elasticity)]
        if len(works) != 1 or works[0] is None:
            raise InputError("SeparationControl needs cohesive interfaces: Elasticity(cohesive={'a|b': Cohesive(…)})")
        self.factor = number(start, "first load factor", above=0.0)
        self._newton = BorderedNewton(model._solvers[0], works[0], self._load)
        self._broken = self._newton.value()  # taken before any load, by what is broken from the start
        self._load(self.factor)
        model.solve()
        self.work = self._newton.value()
        if not self.work > self._broken:
            raise InputError(
                f"the loads open no interface at the load factor {start:g}: give loads such as lambda t: …"
            )
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
        state, u = self.model.state, self.model.state["displacement"]
        # Square of λ while nothing is lost.
        root, now_root, old_root = (np.sqrt(w - self._broken) for w in (work, self.work, self._old[1]))
        onward = (root - now_root) / (now_root - old_root)
        now = self.factor, self.work, u.x.array.copy()
        u.x.array[:] += onward * (now[2] - self._before.x.array)
        try:
            self.factor = self._newton.solve(work, self.factor + onward * (self.factor - self._old[0]))
        except ConvergenceError:
            state.reject()
            self._load(self.factor)
            raise
        self._before.x.array[:], self._old, self.work = now[2], now[:2], work
        self.model.accept()
        return self.factor

    def _load(self, factor: float) -> None:
        self.model.state.time.value = factor
        self.model.boundary_conditions.update(factor)
