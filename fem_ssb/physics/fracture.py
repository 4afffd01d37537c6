"""Phase-field fracture: where the electrolyte's toughness is exceeded, damage d goes from 0 to 1 and never back.

    E(d) = ∫ [(1 − d)² + k] ψ⁺ + (G_c/c_w) [w(d)/ℓ + ℓ |∇d|²] dx        d ≥ d_old

AT1: w = d, c_w = 8/3 (elastic up to σ_c = √(3 G_c E/8ℓ));   AT2: w = d², c_w = 2 (damage from the first load on).

| symbol | meaning | unit |
|---|---|---|
| d | damage, 0 sound, 1 broken | – |
| ψ⁺ | tensile elastic energy, from the mechanics | J/m³ |
| G_c | toughness (critical energy release rate) | J/m² |
| ℓ | regularisation length | m |

On a mesh of cell size h a crack is a row of broken cells, and the energy of a crack in the model is G_c (1 + 3h/8ℓ)
(AT1) or G_c (1 + h/2ℓ) (AT2). `mesh_corrected` divides the toughness of a region by that factor, with its cell size
where the mesh is fine, so that cracks there cost G_c.

Solved on its own with bounds (never in the Newton block) in alternation with the rest.
Sources: Bourdin, Francfort & Marigo, J. Elasticity 91 (2008) 5 (with the factor of the mesh); Pham et al., Int. J.
Damage Mech. 20 (2011) 618.
"""

from __future__ import annotations

from math import factorial
from typing import Any, Literal, cast

import numpy as np
import ufl
from dolfinx import fem

from fem_ssb.errors import InputError, number, unknown
from fem_ssb.mesh.measure import measures
from fem_ssb.physics.base import Physics
from fem_ssb.problem.fields import Field
from fem_ssb.problem.state import State

CONSTANT = {"AT1": 8 / 3, "AT2": 2.0}


class Fracture(Physics):
    """Damage of every region whose material has a toughness and is not a metal.

    Args:
        length: ℓ [m]; at least twice the cell size (refused otherwise). None = four times the mean cell size.
        model: "AT1" or "AT2".
        mesh_corrected: divide the toughness by what the mesh adds to it.
    """

    def __init__(self, length: float | None = None, model: Literal["AT1", "AT2"] = "AT1", mesh_corrected: bool = False):
        if length is not None:
            number(length, "fracture length ℓ [m]", above=0)
        if model not in CONSTANT:
            raise unknown("fracture model", model, CONSTANT)
        self.length = length
        self.model = model
        self.mesh_corrected = bool(mesh_corrected)
        self._bands: dict[str, fem.Function] = {}

    def fields(self, state: State) -> list[Field]:
        """d, bounded and irreversible."""
        regions = _brittle(state)
        if not regions:
            raise InputError("Fracture needs a region with a toughness: give one, e.g. Material(name, toughness=10.0)")
        size = state.mesh_size(regions)
        if self.length is None:
            self.length = 4 * size
        size = fine_size(state, regions)
        if self.length < 2 * size:
            raise InputError(
                f"fracture length {self.length:.3g} m is below twice the cell size {size:.3g} m (where it is fine): "
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
        return self._material(state, region) / (self._excess(state, region) if self.mesh_corrected else 1)

    def _excess(self, state: State, region: str) -> float:
        """1 + h/(c_w ℓ), the energy of a crack in the model over G_c."""
        return 1 + fine_size(state, (region,)) / (CONSTANT[self.model] * cast(float, self.length))

    def _material(self, state: State, region: str) -> Any:
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


def fine_size(state: State, regions: tuple[str, ...]) -> float:
    """Cell size [m] where a graded mesh is fine and cracks will run: mean over the cells below the mean.

    The size of a cell is the edge h of the right-angled simplex of its volume, hᵈⁱᵐ/dim!.
    """
    comm, dim = state.mesh.comm, state.dim
    cells = np.concatenate([state.mesh.cells(r) for r in regions]).astype(np.int32)
    h = np.sort((factorial(dim) * measures(state.domain, dim, cells)) ** (1 / dim))

    def mean(values: np.ndarray) -> float:
        total, count = comm.allreduce(np.array([values.sum(), len(values)]))
        return float(total / count)

    return mean(h[h <= mean(h) * (1 + 1e-9)])


def _touching(state: State, interface: str) -> fem.Function:
    """DG0 indicator of cells with a vertex on an interface."""
    V = fem.functionspace(state.domain, ("Lagrange", 1))
    on = fem.Function(V)
    on.x.array[fem.locate_dofs_topological(V, state.dim - 1, state.mesh.interface(interface).facets)] = 1.0
    on.x.scatter_forward()
    band = fem.Function(fem.functionspace(state.domain, ("DG", 0)))
    band.x.array[: len(V.dofmap.list)] = np.max(on.x.array[V.dofmap.list], axis=1)
    return band
