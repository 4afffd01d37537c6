"""Phase-field fracture: where the electrolyte's toughness is exceeded, damage d goes from 0 to 1 and never back.

    E(d) = ∫ [(1 − d)² + k] ψ⁺ + (G_c/c_w) [w(d)/ℓ + ℓ |∇d|²] dx        d ≥ d_old

AT1: w = d, c_w = 8/3 (elastic up to σ_c = √(3 G_c E/8ℓ));   AT2: w = d², c_w = 2 (damage from the first load on).

| symbol | meaning | unit |
|---|---|---|
| d | damage, 0 sound, 1 broken | – |
| ψ⁺ | tensile elastic energy, from the mechanics | J/m³ |
| G_c | toughness (critical energy release rate) | J/m² |
| ℓ | regularisation length | m |

Solved on its own with bounds (never in the Newton block) in alternation with the rest.
Sources: Bourdin, Francfort & Marigo, J. Elasticity 91 (2008) 5; Pham et al., Int. J. Damage Mech. 20 (2011) 618.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import ufl
from dolfinx import fem

from fem_ssb.errors import InputError, number, unknown
from fem_ssb.physics.base import Physics
from fem_ssb.problem.fields import Field
from fem_ssb.problem.state import State

CONSTANT = {"AT1": 8 / 3, "AT2": 2.0}


class Fracture(Physics):
    """Damage of every region whose material has a toughness and is not a metal.

    Args:
        length: ℓ [m]; at least twice the cell size (refused otherwise). None = four times the mean cell size.
        model: "AT1" or "AT2".
    """

    def __init__(self, length: float | None = None, model: Literal["AT1", "AT2"] = "AT1"):
        if length is not None:
            number(length, "fracture length ℓ [m]", above=0)
        if model not in CONSTANT:
            raise unknown("fracture model", model, CONSTANT)
        self.length = length
        self.model = model
        self._bands: dict[str, fem.Function] = {}

    def fields(self, state: State) -> list[Field]:
        """d, bounded and irreversible."""
        regions = _brittle(state)
        if not regions:
            raise InputError("Fracture needs a region with a toughness: give one, e.g. Material(name, toughness=10.0)")
        size = state.mesh_size(regions)
        if self.length is None:
            self.length = 4 * size
        if self.length < 2 * size:
            raise InputError(
                f"fracture length {self.length:.3g} m is below twice the mean cell size {size:.3g} m: "
                f"mesh with size ≤ {self.length / 2:.3g} m, or a longer ℓ"
            )
        flux = max(float(state.materials[r]["toughness"](298.15)) for r in regions) * state.height ** (state.dim - 2)
        return [Field("damage", "1", 1.0, flux, regions=regions, bounds=(0.0, 1.0))]

    def residuals(self, state: State) -> dict[str, Any]:
        """dE/dd."""
        d, q = state["damage"], state.test("damage")
        return {"damage": sum(self._derivative(state, r, d, q) * state.dx(r) for r in _brittle(state))}

    def columns(self, state: State) -> dict[str, Any]:
        """Energy of the cracks."""
        return {"fracture energy": sum(self._surface(state, r) * state.dx(r) for r in _brittle(state))}

    def _derivative(self, state: State, region: str, d: Any, q: Any) -> Any:
        slope = 1 if self.model == "AT1" else 2 * d
        G = self.toughness(state, region) / CONSTANT[self.model]
        driving = -2 * (1 - d) * state.quantity("crack_energy", region)
        return (driving + G * slope / self.length) * q + 2 * G * self.length * ufl.inner(ufl.grad(d), ufl.grad(q))

    def _surface(self, state: State, region: str) -> Any:
        d = state["damage"]
        w = d if self.model == "AT1" else d**2
        G = self.toughness(state, region) / CONSTANT[self.model]
        return G * (w / self.length + self.length * ufl.inner(ufl.grad(d), ufl.grad(d)))

    def toughness(self, state: State, region: str) -> Any:
        """G_c [J/m²]: the grain's; in cells that touch a grain boundary the boundary's, where one is given."""
        grain = state.property(region, "toughness")
        given = state.boundary_value(region, "toughness")
        if given is None:
            return grain
        if region not in self._bands:
            self._bands[region] = _touching(state, f"{region}|{region}")
        band = self._bands[region]
        return band * state.value(given, f"boundary toughness of {region}") + (1 - band) * grain


def _brittle(state: State) -> tuple[str, ...]:
    return tuple(r for r in state.regions_with("toughness") if state.materials[r].kind != "metal")


def _touching(state: State, interface: str) -> fem.Function:
    """DG0 indicator of cells with a vertex on an interface."""
    V = fem.functionspace(state.domain, ("Lagrange", 1))
    on = fem.Function(V)
    on.x.array[fem.locate_dofs_topological(V, state.dim - 1, state.mesh.interface(interface).facets)] = 1.0
    on.x.scatter_forward()
    band = fem.Function(fem.functionspace(state.domain, ("DG", 0)))
    band.x.array[: len(V.dofmap.list)] = np.max(on.x.array[V.dofmap.list], axis=1)
    return band
