"""Vacancies in the metal: stripping leaves them at the interface, diffusion takes them away, or they become voids.

    ∂c/∂t = ∇·(D ∇c) − (c − c_eq)/τ_s,    D ∇c·n = i_n/F  at the electrolyte,  n out of the metal
    s_a = (RT/F) ln[1 − (c − c_eq)/c_L]

| symbol | meaning | unit |
|---|---|---|
| c, c_eq | concentration of vacancies, and in equilibrium | mol/m³ |
| D | their diffusivity | m²/s |
| τ_s | time in which dislocations and boundaries take vacancies up; infinite without such sinks | s |
| c_L | concentration of the working metal in the electrode, 1/Ω of a pure one | mol/m³ |
| s_a | part of the overpotential: the metal's activity falls with its concentration | V |

Where a current strips for longer than τ = πD(FΔc/2i)², c passes c_eq + Δc at the interface: voids form, and the run
ends there. In an alloy that gives lithium off and keeps its host (Li–Mg) c − c_eq is the lithium that is missing, D the
chemical diffusivity, c_L the lithium of the alloy; all of it is gone at Δc = c_L. A host with an open-circuit curve is
`Intercalation`'s. Creep that closes voids is `Elasticity`'s. Source: Krauskopf, Mogwitz, Rosenbach, Zeier & Janek, Adv.
Energy Mater. 9 (2019) 1902568.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import ufl
from mpi4py import MPI

from fem_ssb.constants import F, R
from fem_ssb.errors import InputError, number, unknown
from fem_ssb.physics.base import Physics
from fem_ssb.problem.fields import Field
from fem_ssb.problem.state import State

LEAST = 1e-6  # of c_L: a bad guess that takes more than all metal does not end in a nan


class Vacancies(Physics):
    """Concentration c [mol/m³] of vacancies in metals, backward Euler in time.

    Args:
        diffusivity: D [m²/s]; None = that of lone vacancies in the metal, which trapping and scarcity slow down.
        critical: Δc above equilibrium at which voids form and the run ends [mol/m³].
        equilibrium: c_eq [mol/m³], also the start.
        regions: metals; None = all.
        sites: c_L [mol/m³]; None = 1/Ω of the metal.
        lifetime: τ_s [s]; None = no sinks.
        degree: Lagrange degree.

    Raises:
        InputError: values out of range; when the model is built, a region that is no metal, or no metal at all, or one
            whose vacancies have no diffusivity.

    Attributes:
        depletion_time: when c passed its limit in the last run [s], between the last two steps; NaN without.
    """

    def __init__(
        self,
        diffusivity: float | None,
        critical: float,
        equilibrium: float = 0.0,
        regions: Sequence[str] | None = None,
        sites: float | None = None,
        lifetime: float | None = None,
        degree: int = 1,
    ):
        self.diffusivity = None
        if diffusivity is not None:
            self.diffusivity = number(diffusivity, "diffusivity of vacancies [m²/s]", above=0.0)
        self.critical = number(critical, "excess of vacancies at which voids form [mol/m³]", above=0.0)
        self.equilibrium = number(equilibrium, "vacancies in equilibrium [mol/m³]", least=0.0)
        self.regions = (regions,) if isinstance(regions, str) else None if regions is None else tuple(regions)
        self.sites = None if sites is None else number(sites, "metal of the electrode [mol/m³]", least=self.critical)
        self.lifetime = None if lifetime is None else number(lifetime, "lifetime of vacancies [s]", above=0.0)
        self.degree = degree
        self.depletion_time = float("nan")

    def announce(self, state: State) -> None:
        """s_a [V] at the electrodes of these metals."""
        for name in self._electrodes(state):
            state.provide("activity_shift", name, partial(self._activity, state, name))

    def fields(self, state: State) -> list[Field]:
        """c [mol/m³] in the metals."""
        regions = self._metals(state)
        if not regions:
            raise InputError("vacancies need a metal: no region of this mesh is one")
        D = self.diffusivity or max(self._own_diffusivity(state, r) for r in regions)
        flux = D * self.critical * state.height ** (state.dim - 2)
        c = self.equilibrium
        return [Field("vacancy_concentration", "mol/m3", self.critical, flux, self.degree, regions=regions, initial=c)]

    def residuals(self, state: State) -> dict[str, Any]:
        """∫[(c − c_old)/Δt + (c − c_eq)/τ_s] q + D∇c·∇q dx − ∫ i_n/F q dS."""
        name = "vacancy_concentration"
        c, old, q = state[name], state.old(name), state.test(name)
        res: Any = 0
        for r in self._metals(state):
            rate = (c - old) / state.dt
            if self.lifetime is not None:
                rate += (c - self.equilibrium) / self.lifetime
            D = state.property(r, "vacancy_diffusivity") if self.diffusivity is None else self.diffusivity
            res += (rate * q + D * ufl.inner(ufl.grad(c), ufl.grad(q))) * state.dx(r)
        for n in self._electrodes(state):
            res -= state.quantity("reaction_current", n) / F * q("+") * state.dS(n)
        return {name: res}

    def ended(self, state: State) -> str:
        """When there are too many vacancies at an electrode."""
        excess = self.excess(state)
        self.depletion_time = float("nan")
        if excess < self.critical:
            return ""
        last = self._excess(state.old("vacancy_concentration"), state)
        share = (self.critical - last) / (excess - last) if excess > last else 1.0
        self.depletion_time = float(state.time.value) - (1 - share) * float(state.dt.value)
        return f"voids form: too many vacancies at an electrode at {self.depletion_time:.6g} s"

    def excess(self, state: State) -> float:
        """Largest c − c_eq [mol/m³] at the electrodes; collective."""
        return self._excess(state["vacancy_concentration"], state)

    def _excess(self, concentration: Any, state: State) -> float:
        space, values = state.spaces["vacancy_concentration"], concentration.x.array
        here = -np.inf
        for n in self._electrodes(state):
            dofs = space.dofs(state.mesh.interface(n).entities[:, :2])
            here = max(here, float(values[dofs].max(initial=-np.inf)))
        return float(state.mesh.comm.allreduce(here, op=MPI.MAX)) - self.equilibrium

    def columns(self, state: State) -> dict[str, Any]:
        """Vacancies by region above equilibrium."""
        unit = "mol/m" if state.flat else "mol"
        c = state["vacancy_concentration"]
        return {f"vacancies {r} [{unit}]": (c - self.equilibrium) * state.dx(r) for r in self._metals(state)}

    def parameters(self) -> dict[str, Any]:
        """What the user set."""
        return {k: v for k, v in super().parameters().items() if k != "depletion_time"}

    def _own_diffusivity(self, state: State, region: str) -> float:
        """D [m²/s] of the metal at 298.15 K."""
        metal = state.materials[region]
        if "vacancy_diffusivity" not in metal:
            raise InputError(f"{metal.name} has no vacancy_diffusivity: give Vacancies(diffusivity, …)")
        return float(metal["vacancy_diffusivity"](298.15))

    def _metals(self, state: State) -> tuple[str, ...]:
        for r in self.regions or ():
            if r not in state.metals:
                raise unknown("metal", r, state.metals)
        return self.regions or state.metals

    def _electrodes(self, state: State) -> tuple[str, ...]:
        metals = self._metals(state)
        return tuple(n for n in state.electrodes if n.split("|")[0] in metals)

    def _activity(self, state: State, interface: str) -> Any:
        sites = self.sites
        if sites is None:
            sites = 1 / float(state.materials[interface.split("|")[0]]["molar_volume"](298.15))
        left = 1 - (state["vacancy_concentration"]("+") - self.equilibrium) / sites
        return R * state["temperature"]("+") / F * ufl.ln(ufl.max_value(left, LEAST))
