"""Space charge: mobile ions against a fixed framework, where electroneutrality ends (Poisson–Nernst–Planck).

    −∇·(ε ∇Φ) = F (c − c₀),    c = c₀ exp[F(φ − Φ)/RT],    ∂(F c)/∂t − ∇·(σ_i (c/c₀) ∇φ) = 0

| symbol | meaning | unit |
|---|---|---|
| Φ | electric potential | V |
| φ | ionic potential (electrochemical potential of the ion over F), 0 against neutral bulk at Φ = 0 | V |
| c, c₀ | concentration of mobile ions; of the framework's fixed counter-charge | mol/m³ |
| ε | permittivity, relative × ε₀ | F/m |
| σ_i | ionic conductivity of the neutral bulk, F² D c₀/RT | S/m |

With the ionic potential as unknown the Nernst–Planck flux is Ohm's law with a conductivity that follows the carriers,
so `Conduction` stays as it is and reads "carrier_share" c/c₀. Without `Conduction` the ions are in equilibrium at
φ = 0 (Poisson–Boltzmann). Φ is set by `Fixed("electric_potential", …)`; where it is not, no field leaves.

Layers are λ_D = √(ε R T/(F² c₀)) wide, below a nanometre in most solid electrolytes: the mesh must resolve that
(`debye_length`). Sources: Maier, Prog. Solid State Chem. 23 (1995) 171; Braun, Yada & Latz, J. Phys. Chem. C 119 (2015)
22281.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import ufl

from fem_ssb.constants import F, R, eps_0
from fem_ssb.errors import InputError, number, unknown
from fem_ssb.physics.base import Physics
from fem_ssb.physics.kinetics import limited_exp
from fem_ssb.physics.scales import THERMAL_VOLTAGE
from fem_ssb.problem.fields import Field
from fem_ssb.problem.state import State


class SpaceCharge(Physics):
    """Electric potential Φ [V] in electrolytes whose ions may leave their framework's charge uncompensated.

    Args:
        concentration: c₀ of mobile ions in the neutral bulk [mol/m³].
        permittivity: relative; None = that of the material.
        regions: names; None = every region that conducts ions.
        degree: Lagrange degree of Φ.

    Raises:
        InputError: values out of range, unknown regions, a material without permittivity.
    """

    def __init__(
        self,
        concentration: float,
        permittivity: float | None = None,
        regions: Sequence[str] | None = None,
        degree: int = 1,
    ):
        self.concentration = number(concentration, "concentration of mobile ions [mol/m³]", above=0.0)
        self.permittivity = None if permittivity is None else number(permittivity, "relative permittivity", above=0.0)
        self.regions = (regions,) if isinstance(regions, str) else None if regions is None else tuple(regions)
        self.degree = degree

    def announce(self, state: State) -> None:
        """φ is 0 where nobody solves it; the share of carriers that conduct."""
        state.set_constant("ionic_potential", 0.0)
        for r in self._regions(state):
            state.provide_factor("carrier_share", r, partial(self.share, state, r))

    def fields(self, state: State) -> list[Field]:
        """Φ [V]."""
        regions = self._regions(state)
        size = max(self._permittivity(state, r) for r in regions) / self._shortest(state) ** 2
        flux = size * THERMAL_VOLTAGE * state.height**state.dim
        return [Field("electric_potential", "V", THERMAL_VOLTAGE, flux, self.degree, regions=regions)]

    def provide(self, state: State) -> None:
        """Charge density F(c − c₀) [C/m³] and power that goes into storage [W/m³]."""
        for r in self._regions(state):
            state.provide("charge_density", r, partial(self.charge, state, r))
            if state.solved("ionic_potential"):
                state.provide("stored_power", r, partial(self._power, state, r))

    def residuals(self, state: State) -> dict[str, Any]:
        """∫ε∇Φ·∇w − F(c − c₀) w dx, and the ions' storage ∫F(c − c_old)/Δt v dx."""
        Phi, w = state["electric_potential"], state.test("electric_potential")
        res: dict[str, Any] = {"electric_potential": 0}
        for r in self._regions(state):
            eps = self._permittivity(state, r)
            res["electric_potential"] += eps * ufl.inner(ufl.grad(Phi), ufl.grad(w)) * state.dx(r)
            res["electric_potential"] -= self.charge(state, r) * w * state.dx(r)
            if state.solved("ionic_potential"):
                charging = self._charging(state, r) * state.test("ionic_potential") * state.dx(r)
                res["ionic_potential"] = res.get("ionic_potential", 0) + charging
        return res

    def share(self, state: State, region: str) -> Any:
        """c/c₀ = exp[F(φ − Φ)/RT]."""
        return limited_exp(F * (state["ionic_potential"] - state["electric_potential"]) / (R * state["temperature"]))

    def charge(self, state: State, region: str) -> Any:
        """F(c − c₀) [C/m³]."""
        return F * self.concentration * (self.share(state, region) - 1)

    def debye_length(self, state: State, region: str) -> float:
        """λ_D = √(ε R T/(F² c₀)) [m] at 298.15 K."""
        return float(np.sqrt(self._permittivity(state, region) * R * 298.15 / (F**2 * self.concentration)))

    def columns(self, state: State) -> dict[str, Any]:
        """Net charge of each region [C, in 2D C/m]."""
        unit = "C/m" if state.flat else "C"
        return {f"space charge {r} [{unit}]": self.charge(state, r) * state.dx(r) for r in self._regions(state)}

    def _charging(self, state: State, region: str) -> Any:
        """F(c − c_old)/Δt [A/m³]."""
        return F * self.concentration * (self.share(state, region) - self._share_old(state)) / state.dt

    def _power(self, state: State, region: str) -> Any:
        return self._charging(state, region) * state["ionic_potential"]

    def _share_old(self, state: State) -> Any:
        difference = state.old("ionic_potential") - state.old("electric_potential")
        return limited_exp(F * difference / (R * state.old("temperature")))

    def _regions(self, state: State) -> tuple[str, ...]:
        if self.regions is None:
            return state.electrolytes
        for r in self.regions:
            if r not in state.electrolytes:
                raise unknown("region that conducts ions", r, state.electrolytes)
        return self.regions

    def _permittivity(self, state: State, region: str) -> float:
        """ε [F/m]."""
        if self.permittivity is not None:
            return eps_0 * self.permittivity
        material = state.materials[region]
        if "permittivity" not in material:
            raise InputError(f"{material.name} has no permittivity: give SpaceCharge(…, permittivity=…)")
        return eps_0 * float(material["permittivity"](298.15))

    def _shortest(self, state: State) -> float:
        return min(self.debye_length(state, r) for r in self._regions(state))
