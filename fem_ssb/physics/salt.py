"""Binary salt electrolyte: cations and anions of one salt in a polymer or liquid, concentrated or dilute.

    ∂c/∂t + ∇·N₋ = 0,   N₋ = −D ∇c − (1 − t₊) i/F,   N₋·n = 0 at every boundary
    i = −κ (∇φ − g),    g = (2RT/F) χ (1 − t₊) ∇ ln c

| symbol | meaning | unit |
|---|---|---|
| c | salt concentration (cations and anions alike: the liquid is neutral) | mol/m³ |
| φ | ionic potential: that of a reference electrode of the metal at the place | V |
| D(c), κ(c) | salt diffusivity, conductivity | m²/s, S/m |
| t₊(c) | transference number of the cation, against the solvent | – |
| χ(c) | thermodynamic factor 1 + d ln f/d ln c | – |

The equation is that of the anions, which react nowhere: the salt is conserved to rounding. The exchange current of
electrodes goes with √(c/c₀). Dilute: χ = 1 and κ = F² D c/(2RT t₊(1 − t₊)) (Nernst–Einstein).

What is not given is the material's: with a curve over c in the library (PEO-LiTFSI) its value at the temperature times
curve(c)/curve(c_ref), else the value at any c.

Where a current above the limiting one is drawn the salt is gone after Sand's time, and the run ends there.
Source: Newman & Thomas-Alyea, Electrochemical Systems (3rd ed., Wiley, 2004), ch. 11.4 and 12.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import ufl
from mpi4py import MPI

from fem_ssb.constants import F, R
from fem_ssb.errors import InputError, number
from fem_ssb.physics.base import Physics
from fem_ssb.problem.fields import Field
from fem_ssb.problem.state import State

Given = float | Callable[[Any], Any]  # a number, or a function of c [mol/m³] that returns UFL
LEAST = 1e-6  # of c₀: below it ln c, √c and κ are taken as there, so that a bad guess does not end in a nan
CURVES = {
    "ionic_conductivity": "conductivity_curve",
    "salt_diffusivity": "salt_diffusivity_curve",
    "transference_number": "transference_curve",
}


class Salt(Physics):
    """Concentration [mol/m³] of a binary salt, with the potential of `Conduction`, backward Euler in time.

    Args:
        concentration: c₀ [mol/m³], the start.
        regions: where; None = every region whose material has a salt diffusivity.
        diffusivity: D [m²/s], a number or a function of c; None = the material's.
        transference: t₊, a number or a function of c; None = the material's.
        conductivity: κ [S/m] as a function of c; "dilute" = by Nernst and Einstein; None = the material's.
        thermodynamic_factor: χ, a number or a function of c; None = the material's, or 1.
        depleted: share of c₀ at which the salt counts as gone.
        degree: Lagrange degree.

    Raises:
        InputError: values out of range; when the model is built, no region, or a transference number outside (0, 1).

    Attributes:
        depletion_time: Sand's time of the last run [s], between the last two steps by interpolation; NaN without.
    """

    def __init__(
        self,
        concentration: float,
        regions: Sequence[str] | None = None,
        diffusivity: Given | None = None,
        transference: Given | None = None,
        conductivity: Callable[[Any], Any] | str | None = None,
        thermodynamic_factor: Given | None = None,
        depleted: float = 1e-3,
        degree: int = 1,
    ):
        self.concentration = number(concentration, "salt concentration [mol/m³]", above=0.0)
        self.regions = (regions,) if isinstance(regions, str) else None if regions is None else tuple(regions)
        self.diffusivity = _checked(diffusivity, "salt diffusivity [m²/s]", above=0.0)
        self.transference = _checked(transference, "transference number", above=0.0, most=1.0)
        if isinstance(conductivity, str) and conductivity != "dilute":
            raise InputError(f"conductivity must be a function of c, 'dilute' or None, not {conductivity!r}")
        if conductivity == "dilute" and transference == 1.0:
            raise InputError("with a transference number of 1 the Nernst–Einstein conductivity is infinite: give one")
        self.conductivity = conductivity
        self.thermodynamic_factor = _checked(thermodynamic_factor, "thermodynamic factor", above=0.0)
        self.depleted = number(depleted, "share at which the salt is gone", above=0.0, most=0.5)
        self.degree = degree
        self.depletion_time = float("nan")

    def fields(self, state: State) -> list[Field]:
        """c [mol/m³] in the regions with salt."""
        regions = self.regions or tuple(r for r in state.electrolytes if "salt_diffusivity" in state.materials[r])
        if not regions:
            raise InputError("no region has a salt: give its material salt_diffusivity=…, or Salt(…, regions=…)")
        for r in regions:
            if r not in state.electrolytes:
                raise InputError(f"region '{r}' cannot hold a salt: it is a metal, not there, or conducts no ions")
        self._regions = regions
        c0 = self.concentration
        D = max(self._plain(state, r, self.diffusivity, "salt_diffusivity") for r in regions)
        flux = D * c0 * state.height ** (state.dim - 2)
        return [Field("salt_concentration", "mol/m3", c0, flux, self.degree, regions=regions, initial=c0)]

    def provide(self, state: State) -> None:
        """κ/σ of the material, g [V/m], power that diffusion takes [W/m³], √(c/c₀) at electrodes."""
        for r in self._regions:
            if self.conductivity is not None or CURVES["ionic_conductivity"] in state.materials[r]:
                state.provide_factor("carrier_share", r, partial(self._share, state, r))
            state.provide("diffusion_field", r, partial(self.diffusion_field, state, r))
            state.provide("stored_power", r, partial(self._power, state, r))
        for name in state.surfaces:
            if name.split("|")[1] in self._regions:
                state.provide("exchange_share", name, partial(self._exchange, state))

    def residuals(self, state: State) -> dict[str, Any]:
        """∫(c − c_old)/Δt q − N₋·∇q dx."""
        c, old, q = state["salt_concentration"], state.old("salt_concentration"), state.test("salt_concentration")
        res: Any = 0
        for r in self._regions:
            carried = (1 - self._at(state, r, self.transference, "transference_number")) / F
            anions = -self._at(state, r, self.diffusivity, "salt_diffusivity") * ufl.grad(c)
            anions -= carried * state.quantity("ionic_current", r)
            res += ((c - old) / state.dt * q - ufl.inner(anions, ufl.grad(q))) * state.dx(r)
        return {"salt_concentration": res}

    def diffusion_field(self, state: State, region: str) -> Any:
        """g = (2RT/F) χ (1 − t₊) ∇ ln c [V/m]."""
        t = self._at(state, region, self.transference, "transference_number")
        chi = self._factor(state, region)
        factor = 2 * R * state["temperature"] / F * chi * (1 - t)
        # As the gradient of a logarithm, not ∇c/c: that would be taken for a polynomial of low degree, and the power of
        # the residual would be integrated otherwise than the heat.
        return factor * ufl.grad(ufl.ln(self._bounded(state)))

    def ended(self, state: State) -> str:
        """Sand's time, when the salt is gone somewhere."""
        least, goal = self.least(state), self.depleted * self.concentration
        self.depletion_time = float("nan")
        if least > goal:
            return ""
        last = self._least(state.old("salt_concentration"), state)
        share = (last - goal) / (last - least) if last > least else 1.0
        self.depletion_time = float(state.time.value) - (1 - share) * float(state.dt.value)
        return f"salt depleted: Sand's time {self.depletion_time:.6g} s"

    def diffusion_time(self, state: State) -> float:
        """L²/D at the start [s], L the height of the cell: many of them lead to the steady state."""
        slowest = min(self._plain(state, r, self.diffusivity, "salt_diffusivity") for r in self._regions)
        return state.height**2 / slowest

    def least(self, state: State) -> float:
        """Least concentration [mol/m³]; collective."""
        return self._least(state["salt_concentration"], state)

    @staticmethod
    def _least(concentration: Any, state: State) -> float:
        space = state.spaces["salt_concentration"]
        size = space.V.dofmap.index_map.size_local
        true = np.ones(size, dtype=bool)
        true[space.dummy[space.dummy < size]] = False
        local = float(concentration.x.array[:size][true].min(initial=np.inf))
        return float(state.mesh.comm.allreduce(local, op=MPI.MIN))

    def columns(self, state: State) -> dict[str, Any]:
        """Salt by region."""
        unit = "mol/m" if state.flat else "mol"
        return {f"salt {r} [{unit}]": state["salt_concentration"] * state.dx(r) for r in self._regions}

    def parameters(self) -> dict[str, Any]:
        """What the user set; functions of c by name."""
        own = {k: v for k, v in super().parameters().items() if k != "depletion_time"}
        return {k: getattr(v, "__name__", "function of c") if callable(v) else v for k, v in own.items()}

    def _bounded(self, state: State) -> Any:
        return ufl.max_value(state["salt_concentration"], LEAST * self.concentration)

    def _exchange(self, state: State) -> Any:
        return ufl.sqrt(self._bounded(state)("-") / self.concentration)

    def _share(self, state: State, region: str) -> Any:
        c = self._bounded(state)
        if self.conductivity is None:
            return self._profile(state.materials[region], "ionic_conductivity", c)
        sigma = state.property(region, "ionic_conductivity")
        if callable(self.conductivity):
            return self.conductivity(c) / sigma
        D = self._at(state, region, self.diffusivity, "salt_diffusivity")
        t = self._at(state, region, self.transference, "transference_number")
        return F**2 * D * c / (2 * R * state["temperature"] * t * (1 - t)) / sigma

    def _power(self, state: State, region: str) -> Any:
        """−i·g: the power that is not Joule heat, for mixing and unmixing the salt."""
        return -ufl.inner(state.quantity("ionic_current", region), self.diffusion_field(state, region))

    def _at(self, state: State, region: str, given: Given | None, name: str) -> Any:
        """A value at the present concentration: the user's, else the material's at the present temperature."""
        c = self._bounded(state)
        if given is None:
            return state.property(region, name) * self._profile(state.materials[region], name, c)
        return given(c) if callable(given) else given

    def _factor(self, state: State, region: str) -> Any:
        """χ at the present concentration."""
        material = state.materials[region]
        if self.thermodynamic_factor is None and "thermodynamic_factor" not in material:
            return 1.0
        chi = self.thermodynamic_factor or material["thermodynamic_factor"]
        return chi(self._bounded(state)) if callable(chi) else chi

    def _plain(self, state: State, region: str, given: Given | None, name: str) -> float:
        """A value at the start."""
        if given is None:
            material = state.materials[region]
            temperature = state.ambient_temperature
            return float(material[name](temperature) * self._profile(material, name, self.concentration))
        return float(given(self.concentration) if callable(given) else given)

    @staticmethod
    def _profile(material: Any, name: str, c: Any) -> Any:
        """curve(c)/curve(c_ref) of a material's transport property; 1 for a material without that curve."""
        if CURVES[name] not in material:
            return 1.0
        curve = material[CURVES[name]]
        return curve(c) / float(curve(float(material["reference_concentration"](298.15))))


def _checked(given: Given | None, name: str, **limits: float) -> Given | None:
    return given if given is None or callable(given) else number(given, name, **limits)
