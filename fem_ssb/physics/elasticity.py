"""Mechanical equilibrium of anisotropic grains, creeping metal and electrodes that grow.

    ∇·σ = 0,   σ = [(1 − k)(1 − d)² + k] σ⁺ + σ⁻,   σ± from C : (ε − ε_th − ε_c)

The displacement jumps at metal|electrolyte interfaces. There the metal of thickness h that the current has plated
must fit between: with the opening g = (u₋ − u₊)·n (n out of the metal) the traction on the metal is

    p_n = K (h − g)     (compressive positive),        t_t = K (I − n⊗n)(u₋ − u₊)

with a stiffness K so large that p_n/K is a thousandth of any displacement of interest; p_n is what the kinetics
read, never the one-sided stress of a cell.

| symbol | meaning | unit |
|---|---|---|
| u | displacement | m |
| ε_th | thermal strain α (T − T₀) I | – |
| ε_c | creep strain of the metal | – |
| d | damage | – |

Only the tensile part of the energy is lost with damage: σ⁻ = κ min(tr ε, 0) I stays (volumetric–deviatoric split,
Amor, Marigo & Maurini, J. Mech. Phys. Solids 57 (2009) 1209).
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import ufl
from dolfinx import fem

from fem_ssb.errors import number
from fem_ssb.physics.base import Physics
from fem_ssb.physics.solids import CreepLaw, ElasticLaw, from_voigt, stiffness_matrix, strain
from fem_ssb.problem.fields import Field
from fem_ssb.problem.state import State


class Elasticity(Physics):
    """Displacement [m]: grains elastic in their own frame, metals with creep where their material has it.

    Args:
        degree: Lagrange degree; 2 does not lock where the metal creeps without change of volume.
        stress_free_temperature: T₀ [K]; None = the ambient temperature.
        residual_stiffness: k, share of the stiffness left in fully broken material.
        creep: let metals creep.
        contact_stiffness: K [Pa/m]; None = 1000 × the metal's Young modulus over the height of the cell.
    """

    def __init__(
        self,
        degree: int = 2,
        stress_free_temperature: float | None = None,
        residual_stiffness: float = 1e-6,
        creep: bool = True,
        contact_stiffness: float | None = None,
    ):
        if contact_stiffness is not None:
            number(contact_stiffness, "contact stiffness [Pa/m]", above=0)
        self.degree = degree
        self.stress_free_temperature = stress_free_temperature
        self.residual_stiffness = residual_stiffness
        self.creep = creep
        self.contact_stiffness = contact_stiffness
        self._laws: dict[str, ElasticLaw | CreepLaw] = {}
        self._updates: list[tuple[fem.Function, fem.Expression, Any]] = []

    def fields(self, state: State) -> list[Field]:
        """u [m], broken at metal|electrolyte interfaces."""
        modulus = max(_young(state, r) for r in state.mesh.region_names)
        scale = 1e-4 * state.height
        flux = modulus * scale * state.height ** (state.dim - 2)
        return [
            Field(
                "displacement",
                "m",
                scale,
                flux,
                self.degree,
                (state.dim,),
                breaks=state.electrodes,
                initial=(0.0,) * state.dim,
            )
        ]

    def initialise(self, state: State) -> None:
        """Stress laws with their internal variables."""
        for r in state.mesh.region_names:
            material = state.materials[r]
            creeps = self.creep and material.kind == "metal" and "creep" in material
            self._laws[r] = CreepLaw(state, r) if creeps else ElasticLaw(state, stiffness_matrix(state, r))

    def provide(self, state: State) -> None:
        """Stress [Pa], pressure at electrodes [Pa], tensile energy that drives cracks [J/m³]."""
        for r in state.mesh.region_names:
            state.provide("stress", r, partial(self.stress, state, r))
            state.provide("crack_energy", r, partial(self.tensile_energy, state, r))
        for n in state.electrodes:
            state.provide("interface_pressure", n, partial(self.pressure, state, n))

    def residuals(self, state: State) -> dict[str, Any]:
        """∫σ:ε(w) dx + ∫(t_t·⟦w⟧ − p_n ⟦w⟧·n) dS with ⟦w⟧ = w₋ − w₊."""
        w = state.test("displacement")
        res: Any = 0
        for r in state.mesh.region_names:
            res += ufl.inner(self.stress(state, r), strain(w)) * state.dx(r)
        for name in state.electrodes:
            n = ufl.FacetNormal(state.domain)("+")
            gap, jump = self._gap(state), w("-") - w("+")
            sliding = gap - ufl.dot(gap, n) * n
            K = self._stiffness(state, name)
            res += (K * ufl.inner(sliding, jump) - self.pressure(state, name) * ufl.dot(jump, n)) * state.dS(name)
        return {"displacement": res}

    def elastic_strain(self, state: State, region: str) -> Any:
        """ε − ε_th (creep strain still in it)."""
        T0 = self.stress_free_temperature or state.ambient_temperature
        thermal = state.property(region, "thermal_expansion") * (state["temperature"] - T0)
        return strain(state["displacement"]) - thermal * ufl.Identity(3)

    def stress(self, state: State, region: str) -> Any:
        """σ (3, 3) [Pa]."""
        law, e = self._laws[region], self.elastic_strain(state, region)
        sound = law(e)
        if not self._breaks(state, region):
            return sound
        kept = law.bulk * ufl.min_value(ufl.tr(e), 0) * ufl.Identity(3)
        k = self.residual_stiffness
        return ((1 - k) * (1 - state["damage"]) ** 2 + k) * (sound - kept) + kept

    def tensile_energy(self, state: State, region: str) -> Any:
        """ψ⁺ = ½ε:C:ε − ½κ min(tr ε, 0)² [J/m³] of sound material."""
        law, e = self._laws[region], self.elastic_strain(state, region)
        return 0.5 * ufl.inner(law(e), e) - 0.5 * law.bulk * ufl.min_value(ufl.tr(e), 0) ** 2

    def pressure(self, state: State, interface: str) -> Any:
        """p_n = K (h − g) [Pa], compressive positive."""
        n = ufl.FacetNormal(state.domain)("+")
        return self._stiffness(state, interface) * (state["metal_thickness"]("+") - ufl.dot(self._gap(state), n))

    def advance(self, state: State) -> None:
        """Creep strain at the end of the step."""
        if not self._updates:
            for r, law in self._laws.items():
                if isinstance(law, CreepLaw):
                    target = law.creep_strain
                    points = target.function_space.element.interpolation_points
                    expression = fem.Expression(law.updated(self.elastic_strain(state, r)), points)
                    self._updates.append((target, expression, state.mesh.cells(r)))
        for target, expression, cells in self._updates:
            target.interpolate(expression, cells0=cells)
            target.x.scatter_forward()

    def internal(self) -> dict[str, Any]:
        """Creep strains."""
        return {f"creep strain {r}": law.creep_strain for r, law in self._laws.items() if isinstance(law, CreepLaw)}

    def columns(self, state: State) -> dict[str, Any]:
        """Elastic energy that is stored."""
        return {"elastic energy": sum(self._stored(state, r) * state.dx(r) for r in state.mesh.region_names)}

    def _stored(self, state: State, region: str) -> Any:
        law, e = self._laws[region], self.elastic_strain(state, region)
        if isinstance(law, CreepLaw):
            e = e - from_voigt(law.updated(e))
        return 0.5 * ufl.inner(self.stress(state, region), e)

    def _gap(self, state: State) -> Any:
        u = state["displacement"]
        return u("-") - u("+")

    def _stiffness(self, state: State, interface: str) -> float:
        metal = interface.split("|")[0]
        return self.contact_stiffness or 1e3 * _young(state, metal) / state.height

    def _breaks(self, state: State, region: str) -> bool:
        return state.solved("damage") and region in (state.fields["damage"].regions or state.mesh.region_names)


def _young(state: State, region: str) -> float:
    """Young's modulus along a crystal axis [Pa]."""
    return float(1 / np.linalg.inv(stiffness_matrix(state, region))[0, 0])
