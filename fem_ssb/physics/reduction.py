"""Reduction: lithium that forms within an electrolyte whose electrons reach its ions.

    ∇·(σ_i∇φ) = a r,    ∇·(σ_e∇ψ) = −a r,    ξ̇ = Ω a r/F,    r = −i₀ [exp(α_a Fη/RT) − exp(−α_c Fη/RT)]
    η = ψ − φ − U

| symbol | meaning | unit |
|---|---|---|
| r | current of reduction per area of its sites, negative where lithium dissolves | A/m² |
| a | specific area of the sites: of the grains' interior, and of the cells that touch a grain boundary | 1/m |
| η | overpotential; −η is the supersaturation with lithium, over F | V |
| η_nuc | critical interphase overpotential: sites without lithium begin at η < −η_nuc | V |
| ξ | fraction of the volume that is reduced lithium | – |
| Ω | molar volume of the metal | m³/mol |

Lithium grows where some is (ξ > 0) or where η was below −η_nuc at the end of the last step: the gate is explicit, so
that no point opens and closes within Newton, and late by up to a step. It dissolves where some is, no more than there
is. ξ is the mean of each cell, from the same integrals as the currents: what both carriers lose is found as lithium.

Without a gate and near η = 0, η decays over λ = √(σ_amb RT/(F a i₀)), σ_amb = σ_iσ_e/(σ_i + σ_e); the mesh must resolve
that (`decay_length`). By `growth` ξ swells the place that it forms in; by `deposit` it conducts electrons, as much as
there is of it in the middle of the step at the rate of the last one (of the first one at the rate with which the load
begins), ξ + ξ̇Δt/2. So a step's currents are those of its middle and ξ, their sum as everywhere, is of second order in
the step under a load that is steady but for jumps between steps.
Sources: Han et al., Nat. Energy 4 (2019) 187 (lithium from electrons in the electrolyte); Newman & Tiedemann,
AIChE J. 21 (1975) 25 (reaction per volume).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import ufl
from dolfinx import fem, la
from mpi4py import MPI

from fem_ssb.constants import F, R
from fem_ssb.errors import InputError, number, unknown
from fem_ssb.physics.bands import touching
from fem_ssb.physics.base import Physics
from fem_ssb.physics.deposit import ConductingDeposit
from fem_ssb.physics.rates import Rate, rate_law
from fem_ssb.physics.tensors import mean
from fem_ssb.problem.state import State

FOUND = 1e-14  # fraction below which there is no lithium: rounding of what has dissolved
NO_TIME = 1e-300  # s
UNRESOLVED = 0.1  # decay length over cell size below which a failure is put down to it
BEGUN = (
    1e-3  # −Fη/RT (26 µV) up to which the first lithium grows more slowly: no kink at η = 0 where Newton would cycle
)


class Reduction(Physics):
    """Lithium reduced per volume of the electrolytes that conduct electrons, `Conduction(electronic=[…])`.

    Args:
        exchange_current: i₀ of the sites [A/m²], a number or a law of temperature.
        specific_area: a in the interior of grains [1/m].
        boundary_specific_area: a in cells that touch a grain boundary [1/m]; None = as in the interior.
        boundary_ratio: σ_e in cells that touch a grain boundary over that of the grain. They form a band of
            `band_width`, so a boundary of conductivity σ_gb and width w has σ_gb w/(σ_e band_width).
        critical_overpotential: η_nuc [V]; 0 = no gate.
        equilibrium_potential: U [V], 0 for the metal that defines the scale.
        law: of the rate, see `fem_ssb.physics.rates`.
        transfer_coefficient: α_a.
        molar_volume: Ω [m³/mol]; None = that of the model's first metal.
        regions: name or names; None = every electrolyte that conducts electrons.
        growth: share of the lithium's volume that no void takes, so that elasticity gets the strain growth × ξ/3.
        deposit: what the lithium adds to the electronic conductivity, a `ConductingDeposit`; None = nothing.

    Raises:
        InputError: values out of range; when the model is built, a region without electrons or grain boundaries.
    """

    def __init__(
        self,
        exchange_current: float | Callable[..., Any],
        specific_area: float,
        boundary_specific_area: float | None = None,
        *,
        boundary_ratio: float = 1.0,
        critical_overpotential: float = 0.0,
        equilibrium_potential: float = 0.0,
        law: str | Rate = "butler_volmer",
        transfer_coefficient: float = 0.5,
        molar_volume: float | None = None,
        regions: Sequence[str] | None = None,
        growth: float = 0.0,
        deposit: ConductingDeposit | None = None,
    ):
        if not callable(exchange_current):
            number(exchange_current, "exchange current of the reduction [A/m²]", above=0.0)
        self.exchange_current = exchange_current
        self.specific_area = number(specific_area, "specific area [1/m]", least=0.0)
        given = specific_area if boundary_specific_area is None else boundary_specific_area
        self.boundary_specific_area = number(given, "specific area at grain boundaries [1/m]", least=0.0)
        self.boundary_ratio = number(boundary_ratio, "σ_e of boundaries over that of grains", above=0.0)
        self.critical_overpotential = number(critical_overpotential, "critical overpotential [V]", least=0.0)
        self.equilibrium_potential = number(equilibrium_potential, "equilibrium potential of the reduction [V]")
        self.law_name = law if isinstance(law, str) else getattr(law, "__name__", repr(law))
        self._rate = rate_law(law)
        self.transfer_coefficient = number(transfer_coefficient, "transfer coefficient", above=0.0, most=1.0)
        self.molar_volume = None if molar_volume is None else number(molar_volume, "molar volume [m³/mol]", above=0.0)
        self.regions = (regions,) if isinstance(regions, str) else None if regions is None else tuple(regions)
        self.growth = number(growth, "growth, share of the lithium's volume", least=0.0, most=1.0)
        self.deposit = deposit
        self._leak: list[Any] | None = None
        self._lithium: fem.Function | None = None
        self._kept_rate: fem.Function | None = None
        self._band: fem.Function | None = None
        self._compiled: tuple[Any, np.ndarray] | None = None

    def initialise(self, state: State) -> None:
        """No lithium yet; the cells that touch grain boundaries."""
        V = fem.functionspace(state.domain, ("DG", 0))
        self._lithium, self._band = fem.Function(V, name="reduced lithium"), fem.Function(V, name="band")
        self._kept_rate = fem.Function(V, name="rate of reduced lithium")
        self._compiled = self._leak = None
        if self.deposit is not None and self.deposit.shorts is not None:
            state.electrodes_named([self.deposit.shorts], "a short ends")
        differs = self.boundary_ratio != 1.0 or self.boundary_specific_area != self.specific_area
        for r in self._regions(state) if differs else ():
            if f"{r}|{r}" not in state.mesh.interfaces:
                raise InputError(f"'{r}' has no grain boundaries: leave boundary_specific_area and boundary_ratio out")
            self._band.x.array[touching(state, r)] = 1.0

    def provide(self, state: State) -> None:
        """Current a r [A/m³], its heat −a r η and what goes into chemistry, −a r U [W/m³]; fraction ξ; share of σ_e."""
        for r in self._regions(state):
            state.provide("reduction_current", r, partial(self.current, state, r))
            state.provide("reduced_lithium", r, partial(self.fraction, state, r))
            state.provide("heat", r, partial(self._heat, state, r))
            if self.equilibrium_potential:
                state.provide("stored_power", r, partial(self._chemical, state, r))
            if self.boundary_ratio != 1.0:
                state.provide_factor("electron_share", r, partial(self._share, r))
            if self.deposit is not None:
                state.provide("deposit_conductivity", r, partial(self._conducting, state, self.deposit))
            if self.growth:
                state.provide("eigenstrain", r, partial(self._growth, state, r))

    def residuals(self, state: State) -> dict[str, Any]:
        """∫ a r v dx on the ions' equation, −∫ a r w dx on the electrons'."""
        v, w = state.test("ionic_potential"), state.test("electronic_potential")
        currents = [(self.current(state, r), state.dx(r)) for r in self._regions(state)]
        return {
            "ionic_potential": sum(ar * v * dx for ar, dx in currents),
            "electronic_potential": sum(-ar * w * dx for ar, dx in currents),
        }

    def current(self, state: State, region: str) -> Any:
        """a r [A/m³]: growth through the gate, dissolution of what there is."""
        f = F * self.overpotential(state, region) / (R * state["temperature"])
        i0 = state.value(self.exchange_current, "exchange current of the reduction")
        anodic = self._area() * i0 * self._rate(f, self.transfer_coefficient)
        there = ufl.max_value(self._found, 0.0) * F / (self._volume(state) * ufl.max_value(state.dt, NO_TIME))
        begun = ufl.max_value(ufl.min_value(-f / BEGUN, 1.0), 0.0)
        begun = ufl.conditional(ufl.gt(self._found, FOUND), 1.0, begun**2 * (3 - 2 * begun))
        growth = self.open(state, region) * begun * ufl.min_value(anodic, 0.0)
        return -growth - ufl.min_value(ufl.max_value(anodic, 0.0), there)

    def overpotential(self, state: State, region: str) -> Any:
        """η = ψ − φ − U [V]."""
        return state["electronic_potential"] - state["ionic_potential"] - self.equilibrium_potential

    def open(self, state: State, region: str) -> Any:
        """1 where lithium may grow in this step, else 0."""
        if self.critical_overpotential == 0.0:
            return ufl.as_ufl(1.0)
        last = state.old("electronic_potential") - state.old("ionic_potential") - self.equilibrium_potential
        nucleates = ufl.Or(ufl.lt(last, -self.critical_overpotential), ufl.gt(self._found, FOUND))
        return ufl.conditional(nucleates, 1.0, 0.0)

    def fraction(self, state: State, region: str) -> Any:
        """ξ at the end of the step being solved."""
        return self._found + state.dt * self._volume(state) / F * self.current(state, region)

    def amount(self, state: State, region: str) -> float:
        """Lithium reduced in a region up to the last accepted step [mol; in 2D mol/m]. Collective."""
        return float(state.integrate(fem.form(self._found / self._volume(state) * state.dx(region)))[0])

    def begun(self, state: State) -> bool:
        """Has any lithium formed up to the last accepted step? Collective."""
        here = bool(self._found.x.array.any() or self._rate_before.x.array.any())
        return bool(state.mesh.comm.allreduce(here, op=MPI.LOR))

    def decay_length(self, state: State, region: str) -> float:
        """λ = √(σ_amb RT/(F a i₀)) [m] at 298.15 K, the shorter of grain and boundary; infinite without sites."""
        ionic, electronic = (mean(state.materials[region][f"{k}_conductivity"]) for k in ("ionic", "electronic"))
        i0 = self.exchange_current
        i0 = float(i0(298.15)) if callable(i0) else float(i0)
        places = ((self.specific_area, 1.0), (self.boundary_specific_area, self.boundary_ratio))
        slopes = [a * i0 * F / (R * 298.15) * (1 / ionic + 1 / (q * electronic)) for a, q in places]
        return float(1 / np.sqrt(max(slopes))) if max(slopes) > 0 else np.inf

    def band_width(self, state: State, region: str) -> float:
        """Mean width [m] of the cells that touch grain boundaries: their volume over the area. Collective."""
        volume = float(state.integrate(fem.form(self._near * state.dx(region)))[0])
        return volume / state.area(f"{region}|{region}")

    def advance(self, state: State) -> None:
        """ξ grows by Ω a r Δt/F, the mean of each cell."""
        form, volumes = self._rates(state)
        self._rate_before.x.array[: len(volumes)] = fem.assemble_vector(form).array[: len(volumes)] / volumes
        self._rate_before.x.scatter_forward()
        self._found.x.array[:] += float(state.dt.value) * self._rate_before.x.array

    def ended(self, state: State) -> str:
        """Full: a cell is all lithium. Shorted: electrons carry the deposit's `share` of the current."""
        form, volumes = self._rates(state)
        now = self._found.x.array[: len(volumes)]
        now = now + float(state.dt.value) * fem.assemble_vector(form).array[: len(volumes)] / volumes
        most = float(state.mesh.comm.allreduce(float(now.max(initial=0.0)), op=MPI.MAX))
        if most > 1.0:
            return "the electrolyte is full of reduced lithium in places"
        return self._shorted(state)

    def refuses(self, state: State, asked: Mapping[str, float]) -> str:
        """Where the decay length is far below the mesh, which Newton may not get through."""
        for r in self._regions(state):
            cells = state.mesh.comm.allreduce(len(state.mesh.cells(r)))
            size, length = (state.mesh.volume(r) / cells) ** (1 / state.dim), self.decay_length(state, r)
            if length < UNRESOLVED * size:
                return (
                    f"electrons reach {length:.2g} m into '{r}' before its sites take them, cells are {size:.2g} m: "
                    "raise boundary_ratio or the electronic conductivity, take fewer sites, or refine"
                )
        return ""

    def internal(self) -> dict[str, Any]:
        """ξ, and ξ̇ of the last step; by the regions that were named, which several of a kind share out."""
        where = "".join(f" {r}" for r in self.regions or ())
        return {f"reduced lithium{where}": self._found, f"rate of reduced lithium{where}": self._rate_before}

    def columns(self, state: State) -> dict[str, Any]:
        """Lithium reduced in each region, and the current that makes it."""
        mol, ampere = ("mol/m", "A/m") if state.flat else ("mol", "A")
        found: dict[str, Any] = {}
        for r in self._regions(state):
            found[f"reduced lithium {r} [{mol}]"] = self.fraction(state, r) / self._volume(state) * state.dx(r)
            found[f"reduction current {r} [{ampere}]"] = self.current(state, r) * state.dx(r)
        return found

    @property
    def _found(self) -> fem.Function:
        assert self._lithium is not None, "a physics is initialised by its model"
        return self._lithium

    @property
    def _rate_before(self) -> fem.Function:
        assert self._kept_rate is not None, "a physics is initialised by its model"
        return self._kept_rate

    @property
    def _near(self) -> fem.Function:
        assert self._band is not None, "a physics is initialised by its model"
        return self._band

    def _area(self) -> Any:
        return self.specific_area + (self.boundary_specific_area - self.specific_area) * self._near

    def _share(self, region: str) -> Any:
        """σ_e over that of the grain's interior."""
        return 1 + (self.boundary_ratio - 1) * self._near

    def _conducting(self, state: State, deposit: ConductingDeposit) -> Any:
        """Of what there is in the middle of the step."""
        return deposit.added(self._found + state.dt / 2 * self._rate_before)

    def _shorted(self, state: State) -> str:
        """At rest, where ions go one way and electrons the other, a leak is half of all: it is no short."""
        if self.deposit is None or self.deposit.shorts is None:
            return ""
        if self._leak is None:
            self._leak = _through(state, *state.electrodes_named([self.deposit.shorts], "a short ends"))
        ions, electrons = np.abs(state.integrate(*self._leak))
        if electrons < self.deposit.share * (ions + electrons) or not electrons:
            return ""
        return f"shorted: electrons carry {electrons / (ions + electrons):.1%} of the current at {self.deposit.shorts}"

    def _growth(self, state: State, region: str) -> Any:
        return self.growth / 3 * self.fraction(state, region) * ufl.Identity(3)

    def _heat(self, state: State, region: str) -> Any:
        return -self.current(state, region) * self.overpotential(state, region)

    def _chemical(self, state: State, region: str) -> Any:
        return -self.current(state, region) * self.equilibrium_potential

    def _volume(self, state: State) -> Any:
        """Ω [m³/mol]."""
        if self.molar_volume is not None:
            return state.value(self.molar_volume, "molar volume")
        if not state.metals:
            raise InputError("which metal is reduced? The model has none: give Reduction(…, molar_volume=…)")
        return state.property(state.metals[0], "molar_volume")

    def _rates(self, state: State) -> tuple[Any, np.ndarray]:
        """Compiled integral of Ω a r/F over each cell, and the volumes of the cells."""
        if self._compiled is None:
            q = ufl.TestFunction(self._found.function_space)
            dx = [(r, state.dx(r)) for r in self._regions(state)]
            grown = sum(self._volume(state) / F * self.current(state, r) * q * measure for r, measure in dx)
            volumes = fem.assemble_vector(fem.form(sum(q * state.dx(r) for r in state.mesh.region_names))).array
            owned = state.domain.topology.index_map(state.dim).size_local
            self._compiled = fem.form(grown), volumes[:owned]
        return self._compiled

    def _regions(self, state: State) -> tuple[str, ...]:
        electronic = state.fields["electronic_potential"].regions if state.solved("electronic_potential") else None
        mixed = tuple(r for r in state.electrolytes if r in (electronic or ()))
        if not mixed:
            raise InputError("no electrolyte conducts electrons, so none is reduced: Conduction(electronic=['…'])")
        for r in self.regions or ():
            if r not in mixed:
                raise unknown("electrolyte that conducts electrons", r, mixed)
        return mixed if self.regions is None else self.regions


def _through(state: State, electrode: str) -> list[Any]:
    """Currents of ions and of electrons into the electrolyte at an electrode, as the equations have them: ∫i·∇χ dx.

    χ falls from 1 at the electrode to 0 within a cell; what is reduced in those cells is left out.
    """
    domain, region = state.domain, electrode.split("|")[1]
    chi = fem.Function(fem.functionspace(domain, ("Lagrange", 1)))
    facets = state.mesh.interface(state.mesh.interface_name(electrode)).facets
    domain.topology.create_connectivity(state.dim - 1, state.dim)
    chi.x.array[fem.locate_dofs_topological(chi.function_space, state.dim - 1, facets, remote=False)] = 1.0
    chi.x.scatter_reverse(la.InsertMode.add)
    chi.x.array[:] = np.minimum(chi.x.array, 1.0)
    chi.x.scatter_forward()
    currents = (state.quantity(f"{kind}_current", region) for kind in ("ionic", "electronic"))
    return [fem.form(ufl.dot(i, ufl.grad(chi)) * state.dx(region)) for i in currents]
