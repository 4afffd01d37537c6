"""What goes in must come out: currents, charge, heat, forces and power of a solved step, from residuals.

The residual of a field, assembled without its Dirichlet conditions and summed over the free unknowns, is the net
source that the solution leaves unaccounted for; over the held unknowns it is the reaction there. No flux is ever
taken from ∫σ∇φ·n.

A metal's single rows hold the rounding of σ_e∇ψ, which may exceed the current by far; in the sum over all rows of
the metal it cancels. So a reaction is summed over the whole region at whose boundary the potential is held, and the
imbalance over metals where it is held nowhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import ufl
from dolfinx import fem

from fem_ssb.problem.boundary import POTENTIALS, BoundaryConditions
from fem_ssb.problem.state import State
from fem_ssb.spaces.assembly import assembled

AT_REST = 1e-3  # of the largest flow so far, below which a flow counts as rest
SMALLEST_FORCE = (
    1e-3  # of the force at a strain of 1e-4, below which a force is rounding: a free body that grows has none
)
SMALLEST_CURRENT = 1e-8  # of conductance times voltage, below which a current is rounding


class Balances:
    """Relative imbalances of a step; each is at rounding for a converged solution.

    Args:
        state: the state.
        residuals: UFL residuals by field.
        conditions: for the held unknowns.
    """

    def __init__(self, state: State, residuals: dict[str, Any], conditions: BoundaryConditions):
        self.state = state
        self._forms = {n: fem.form(r) for n, r in residuals.items() if state.fields[n].bounds is None}
        self._heat = [fem.form(state.quantity("heat", w) * state.over(w)) for w in state.provided("heat")]
        self._current = [fem.form(abs(state.quantity("reaction_current", n)) * state.dS(n)) for n in state.electrodes]
        driven = [(state.quantity("diffusion_current", r), state.dx(r)) for r in state.provided("diffusion_field")]
        self._driven = [fem.form(ufl.sqrt(ufl.inner(i, i)) / state.height * dx) for i, dx in driven]
        stored = state.provided("stored_power")
        self._stored = [fem.form(state.quantity("stored_power", w) * state.over(w)) for w in stored]
        self._exchange = [
            fem.form(state.quantity("mechanical_power", n) * state.dS(n)) for n in state.provided("mechanical_power")
        ]
        self._thickness = [
            fem.form(abs(state["metal_thickness"]("+") - state.old("metal_thickness")("+")) * state.dS(n))
            for n in (state.electrodes if "metal_thickness" in self._forms else ())
        ]
        self._conditions = conditions
        self.largest: dict[str, float] = {}  # flowed in an accepted step, by name
        self._now: dict[str, float] = {}
        self.refresh()

    def refresh(self) -> None:
        """Find anew which unknowns are free: call it when a condition begins or ends to hold."""
        state, conditions = self.state, self._conditions
        self._free = {n: _free(state, n, conditions) for n in self._forms}
        self._loose = {n: _loose(state, n, conditions) for n in self._forms if n in POTENTIALS}

    def sums(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Residual of a field summed over free and over held unknowns, by component."""
        rows, free, true = self._rows(name), *self._free[name]
        local = np.concatenate([(rows * free).sum(axis=0), (rows * (true & ~free)).sum(axis=0)])
        total = np.asarray(self.state.mesh.comm.allreduce(local))
        return total[: rows.shape[1]], total[rows.shape[1] :]

    def _reactions(self, name: str) -> float:
        """Sum of the sizes of the reactions, largest component: those of opposite faces do not cancel."""
        free, true = self._free[name]
        local = np.abs(self._rows(name) * (true & ~free)).sum(axis=0)
        return float(np.asarray(self.state.mesh.comm.allreduce(local)).max())

    def _voltage(self, names: list[str]) -> float:
        """Largest size of a potential [V]."""
        local = max(float(np.abs(self.state[n].x.array).max(initial=0.0)) for n in names)
        return float(max(self.state.mesh.comm.allgather(local)))

    def _varied(self, name: str) -> tuple[float, float]:
        """Σ|current| and power where a potential is held at values that differ from place to place."""
        rows = self._rows(name).reshape(-1)
        dofs = self._conditions.varied(name)
        dofs = dofs[dofs < len(rows)]
        local = np.array([np.abs(rows[dofs]).sum(), rows[dofs] @ self.state[name].x.array[dofs]])
        return tuple(self.state.mesh.comm.allreduce(local))

    def left_over(self, name: str) -> float:
        """Net current [A, in 2D A/m] that a potential's equation leaves; zero but for rounding."""
        return float(self.state.mesh.comm.allreduce(float(self._rows(name)[self._loose[name]].sum())))

    def reaction(self, name: str, boundary: str) -> float:
        """Flux into the body where a scalar field is held at a boundary [A or W; in 2D per metre of depth]."""
        rows = self._rows(name).reshape(-1)
        counted = _in_region(self.state, name, self.state.region_at(boundary))
        for there in (False, True):
            for b, dofs in self._conditions.held_dofs(name):
                if (b == boundary) == there:
                    counted[dofs] = there
        return float(self.state.mesh.comm.allreduce(float(rows[counted[: len(rows)]].sum())))

    def force(self, boundary: str, axis: int) -> float:
        """Force [N; in 2D N/m] along an axis on the body where its displacement is held at a boundary."""
        rows, size = self._rows("displacement").reshape(-1), self.state.dim
        held = [d[d % size == axis] for b, d in self._conditions.held_dofs("displacement") if b == boundary]
        dofs = np.unique(np.concatenate(held))
        return float(self.state.mesh.comm.allreduce(float(rows[dofs[dofs < len(rows)]].sum())))

    def residual(self, name: str) -> np.ndarray:
        """Owned entries of the residual of a scalar field: the flux that enters at held unknowns, zero at free ones."""
        return self._rows(name).reshape(-1)

    def _rows(self, name: str) -> np.ndarray:
        """Owned entries of a residual, (blocks, components), without Dirichlet conditions."""
        return assembled(self._forms[name]).reshape(-1, self.state.spaces[name].V.dofmap.index_map_bs)

    def heat(self) -> float:
        """Heat released [W, in 2D W/m]."""
        return float(self.state.integrate(*self._heat).sum()) if self._heat else 0.0

    def evaluate(self) -> dict[str, float]:
        """Relative imbalance by name: current, charge, heat, momentum, power; only those that apply.

        Each is relative to what flows in this step, but at least to a thousandth of what has flowed in any accepted
        step before: at rest a share of nothing would only be rounding.
        """
        self._now = {}
        sums = {n: self.sums(n) for n in self._forms if n not in POTENTIALS}
        potentials = [n for n in POTENTIALS if n in self._forms]
        drawn = [(self.reaction(n, b), value) for n in potentials for b, value in self._conditions.held_values(n)]
        reaction = self.state.integrate(*self._current) if self._current else np.zeros(0)
        found: dict[str, float] = {}
        if potentials:
            through = max([abs(current) for current, _ in drawn] + [float(r) for r in reaction], default=0.0)
            varied = np.array([self._varied(n) for n in potentials]).sum(axis=0)
            through = max(through, varied[0] / 2)
            if self._driven:  # by salt or heat, against the potential: a cell at rest is not without flows
                through = max(through, float(self.state.integrate(*self._driven).max()))
            if through > 0:
                least = max(self.state.fields[n].flux / self.state.fields[n].scale for n in potentials)
                through = max(through, SMALLEST_CURRENT * least * self._voltage(potentials))
            found["current"] = self._relative("current", max(abs(self.left_over(n)) for n in potentials), through)
        if self._thickness:
            moved = float(self.state.integrate(*self._thickness).sum())
            found["charge"] = self._relative("charge", abs(float(sums["metal_thickness"][0][0])), moved)
        heat = self.heat()
        if "temperature" in sums:
            exchanged = max(abs(heat), self._reactions("temperature"), self._conditions.exchanged("temperature"))
            found["heat"] = self._relative("heat", abs(float(sums["temperature"][0][0])), exchanged)
        if "displacement" in sums:
            free, _ = sums["displacement"]
            least = SMALLEST_FORCE * self.state.fields["displacement"].flux
            force = max(self._reactions("displacement"), self._conditions.exchanged("displacement"), least)
            found["momentum"] = self._relative("momentum", float(np.abs(free).max()), force)
        power = self._conditions.power() + sum(current * value for current, value in drawn)
        power += varied[1] if potentials else 0.0
        if potentials and self._heat:
            gained = float(self.state.integrate(*self._exchange).sum()) if self._exchange else 0.0
            stored = float(self.state.integrate(*self._stored).sum()) if self._stored else 0.0
            carried = max(through, AT_REST * self.largest.get("current", 0.0)) * self._voltage(potentials)
            flows = max(abs(power), abs(stored), abs(heat), carried)
            found["power"] = self._relative("power", abs(power + gained - heat - stored), flows)
        return {f"{name} imbalance": value for name, value in found.items()}

    def accept(self) -> None:
        """The step last evaluated is good: remember what flowed in it."""
        for name, value in self._now.items():
            self.largest[name] = max(self.largest.get(name, 0.0), value)

    def _relative(self, name: str, lost: float, flowed: float) -> float:
        """Share that was lost; 0 where nothing has flowed at all, now or before."""
        self._now[name] = flowed
        reference = max(flowed, AT_REST * self.largest.get(name, 0.0))
        return lost / reference if reference > 0 else 0.0


def _free(state: State, name: str, conditions: BoundaryConditions) -> tuple[np.ndarray, np.ndarray]:
    """Masks (owned blocks, components): free unknowns, and unknowns that are not dummies."""
    space = state.spaces[name]
    dofmap = space.V.dofmap
    size, bs = dofmap.index_map.size_local, dofmap.index_map_bs
    true = np.ones((size, bs), dtype=bool)
    true[space.dummy[space.dummy < size]] = False
    free = true.copy().reshape(-1)
    for _, dofs in conditions.held_dofs(name):
        free[dofs[dofs < size * bs]] = False
    return free.reshape(size, bs), true


def _loose(state: State, name: str, conditions: BoundaryConditions) -> np.ndarray:
    """Mask (owned blocks): free unknowns; of the electronic potential only those of metals that are held nowhere."""
    free = _free(state, name, conditions)[0].reshape(-1)
    if name == "electronic_potential":
        held = {state.region_at(boundary) for boundary, _ in conditions.held_dofs(name)}
        for metal in held:
            free[_in_region(state, name, metal)[: len(free)]] = False
    return free


def _in_region(state: State, name: str, region: str) -> np.ndarray:
    """Mask (owned and ghost blocks): unknowns of a region."""
    dofmap = state.spaces[name].V.dofmap
    mask = np.zeros(dofmap.index_map.size_local + dofmap.index_map.num_ghosts, dtype=bool)
    mask[dofmap.list[state.mesh.region_of_cell == state.mesh.region_index(region)]] = True
    return mask
