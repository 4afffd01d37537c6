"""Phase-field fracture: where the electrolyte's toughness is exceeded, damage d goes from 0 to 1 and never back.

    E(d) = ∫ [(1 − k) g(d) + k] ψ⁺ + (G_c/c_w) [w(d)/ℓ + ℓ ∇d·A∇d] dx        d ≥ d_old

AT1 is elastic up to σ_c = √(3 G_c E/8ℓ), AT2 damages from the first load on, CZM has a strength of its own: see
`damage` for w, c_w and g. Crystals that cleave have A = I + (r² − 1)(I − n⊗n) with the normal n of the plane on
which they break most easily: a crack whose normal m makes the angle θ with it costs G_c √(m·A m), from G_c at θ = 0 to
r G_c at 90° (the profile of d is stretched by that factor, and so is its energy).

| symbol | meaning | unit |
|---|---|---|
| d | damage, 0 sound, 1 broken | – |
| ψ⁺ | tensile elastic energy, from the mechanics | J/m³ |
| G_c | toughness (critical energy release rate) | J/m² |
| ℓ | regularisation length | m |

On a mesh of cell size h a crack is a row of broken cells, and the energy of a crack in the model is G_c (1 + h/c_w ℓ).
`mesh_corrected` divides the toughness of a region by that factor, with its cell size where the mesh is fine, so that
cracks there cost G_c.

Solved on its own with bounds (never in the Newton block) in alternation with the rest.
Sources: Bourdin, Francfort & Marigo, J. Elasticity 91 (2008) 5 (with the factor of the mesh); Pham et al., Int. J.
Damage Mech. 20 (2011) 618; Li & Maurini, J. Mech. Phys. Solids 125 (2019) 502 (toughness by direction).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import factorial
from typing import Any, Literal, cast

import numpy as np
import ufl
from dolfinx import fem

from fem_ssb.errors import InputError, number, unknown
from fem_ssb.mesh.measure import measures
from fem_ssb.physics import damage
from fem_ssb.physics.bands import touching
from fem_ssb.physics.base import Physics
from fem_ssb.physics.precrack import Initial, begin, check_initial
from fem_ssb.physics.solids import cellwise, youngs_modulus
from fem_ssb.problem.fields import Field
from fem_ssb.problem.state import State
from fem_ssb.spaces.connected import cells_at, crack_joins

BROKEN = 0.9  # damage of a cell through which a crack runs
ROOM = 298.15  # K, at which what cannot be is refused


@dataclass(frozen=True)
class Cleavage:
    """A plane on which crystals break most easily, with the toughness of the material.

    Attributes:
        normal: of the plane, in the crystal's axes.
        ratio: r, toughness across the plane over that on it, above 1.

    Raises:
        InputError: a normal of no length or with other than three components, a ratio below 1.
    """

    normal: Sequence[float]
    ratio: float

    def __post_init__(self) -> None:
        if np.shape(self.normal) != (3,) or not np.linalg.norm(np.asarray(self.normal, dtype=float)) > 0:
            raise InputError(f"the normal of a cleavage plane has three components, e.g. (1, 0, 0), not {self.normal}")
        number(self.ratio, "toughness across a cleavage plane over that on it", least=1.0)

    def metric(self, orientations: np.ndarray) -> np.ndarray:
        """A of each grain, (n_grains, 3, 3)."""
        n = orientations @ (np.asarray(self.normal, dtype=float) / np.linalg.norm(self.normal))
        return np.eye(3) + (self.ratio**2 - 1) * (np.eye(3) - n[:, :, None] * n[:, None, :])


class Fracture(Physics):
    """Damage of every region whose material has a toughness and is not a metal.

    Args:
        length: ℓ [m]; at least twice the cell size (refused otherwise). None = four times the mean cell size.
        model: "AT1", "AT2" or "CZM".
        mesh_corrected: divide the toughness by what the mesh adds to it.
        strength: σ_c [Pa] of "CZM"; None = the material's, and in cells at a grain boundary the boundary's.
        softening: of "CZM", "linear" or "exponential".
        cleavage: planes of easy fracture, by region.
        grains: toughness of each grain of a region over that of its material, in the order of the grains, by region.
        weakening: share f(x) of the toughness that is left at the lithium fraction x, UFL, by region: of a host's
            `Intercalation`, elsewhere of the lithium that `Reduction` leaves there. The ℓ of "CZM" must fit what is
            left, f times the largest that the sound material can have; that is not checked.
        initial: cracks that are there from the start, such as Slit(…) or a list of them: cells that they go through are
            broken; or a function of points x, shape (3, n) [m], that gives d, from 0 to 1. It never falls below that.
        through: two boundaries or interfaces of the damaged regions: the run ends where broken cells join them;
            `Elasticity(through=…)` counts open cohesive interfaces, too.

    Raises:
        InputError: values out of range; when the model is built, for a strength and toughness that ℓ cannot have.
    """

    def __init__(
        self,
        length: float | None = None,
        model: damage.Model = "AT1",
        mesh_corrected: bool = False,
        strength: float | None = None,
        softening: Literal["linear", "exponential"] = "linear",
        cleavage: Mapping[str, Cleavage] | None = None,
        grains: Mapping[str, Sequence[float]] | None = None,
        weakening: Mapping[str, Callable[[Any], Any]] | None = None,
        initial: Initial | None = None,
        through: tuple[str, str] | None = None,
    ):
        if length is not None:
            number(length, "fracture length ℓ [m]", above=0)
        if model not in damage.CONSTANT:
            raise unknown("fracture model", model, damage.CONSTANT)
        if softening not in damage.SOFTENING:
            raise unknown("softening", softening, damage.SOFTENING)
        if strength is not None:
            number(strength, "strength [Pa]", above=0.0)
            if model != "CZM":
                raise InputError(f"{model} has no strength of its own, ℓ sets it: take model='CZM', or leave it out")
        self.length, self._by_mesh = length, length is None
        self.model = model
        self.mesh_corrected = bool(mesh_corrected)
        self.strength, self.softening = strength, softening
        self.cleavage = dict(cleavage or {})
        self.grains = {
            r: [number(v, f"toughness of a grain of '{r}' over that of its material", above=0.0) for v in given]
            for r, given in (grains or {}).items()
        }
        self.weakening = dict(weakening or {})
        self.through = through
        check_initial(initial)
        self.initial = initial
        self._bands: dict[str, fem.Function] = {}
        self._metrics: dict[str, fem.Function] = {}
        self._shares: dict[str, fem.Function] = {}

    def fields(self, state: State) -> list[Field]:
        """d, bounded and irreversible."""
        regions = _brittle(state)
        if not regions:
            raise InputError("Fracture needs a region with a toughness: give one, e.g. Material(name, toughness=10.0)")
        size = state.mesh_size(regions)
        if self.length is None or self._by_mesh:
            self.length = 4 * size
        size = fine_size(state, regions)
        if self.length < 2 * size * (1 - 1e-9):  # equal but for rounding
            raise InputError(
                f"fracture length {self.length:.3g} m is below twice the cell size {size:.3g} m (where it is fine): "
                f"mesh with size ≤ {self.length / 2:.3g} m, or a longer ℓ"
            )
        for given, what in (
            (self.cleavage, "cleavage plane"),
            (self.grains, "toughness by grain"),
            (self.weakening, "weakening by lithium"),
        ):
            for r in given:
                if r not in regions:
                    raise unknown(f"region with a {what} and a toughness", r, regions)
        for r, values in self.grains.items():
            count = int((state.mesh.region_of_grain == state.mesh.region_index(r)).sum())
            if len(values) != count:
                raise InputError(f"region '{r}' has {count} grains: give as many toughnesses, not {len(values)}")
        for r in regions:
            self._refuse_unfit(state, r)
        flux = max(_at_room(state.materials[r]["toughness"]) for r in regions) * state.height ** (state.dim - 1)
        return [Field("damage", "1", 1.0, flux, regions=regions, bounds=(0.0, 1.0), definite=self.model != "CZM")]

    def initialise(self, state: State) -> None:
        """What is broken from the start; the places to which cracks may lead are there."""
        self._bands, self._metrics, self._shares = {}, {}, {}
        if self.initial is not None:
            begin(state, "damage", self.initial)
        for place in self.through or ():
            cells_at(state.mesh, place)

    def provide(self, state: State) -> None:
        """Share of the stiffness that damage leaves."""
        for r in _brittle(state):
            state.provide("sound_share", r, partial(self._sound, state, r, state["damage"]))

    def ended(self, state: State) -> str:
        """Broken from one place to the other?"""
        if self.through is None or not spans(state, *self.through):
            return ""
        return f"broken: a crack leads from {self.through[0]} to {self.through[1]}"

    def residuals(self, state: State) -> dict[str, Any]:
        """dE/dd."""
        d, q = state["damage"], state.test("damage")
        return {"damage": sum(self._derivative(state, r, d, q) * state.dx(r) for r in _brittle(state))}

    def columns(self, state: State) -> dict[str, Any]:
        """Energy of the cracks, and their length (in 3D area)."""
        what = "crack length [m]" if state.flat else "crack area [m2]"
        length = sum(self._length(state, r) * state.dx(r) for r in _brittle(state))
        return {"fracture energy": self.separation(state), what: length}

    def separation(self, state: State) -> Any:
        """Energy of the cracks, all of it dissipated."""
        return sum(self._surface(state, r) * state.dx(r) for r in _brittle(state))

    def _derivative(self, state: State, region: str, d: Any, q: Any) -> Any:
        scale = self.toughness(state, region) / damage.CONSTANT[self.model]
        driving = _slope(partial(self._sound, state, region), d) * state.quantity("crack_energy", region)
        slope = _slope(partial(damage.surface, self.model), d)
        spread = 2 * scale * self.length * ufl.inner(self._turned(state, region, ufl.grad(d)), ufl.grad(q))
        return (driving + scale * slope / self.length) * q + spread

    def _surface(self, state: State, region: str) -> Any:
        return self.toughness(state, region) * self._density(state, region)

    def _length(self, state: State, region: str) -> Any:
        """Length per area, so that a crack of broken cells has its own: what the mesh adds is taken out."""
        return self._density(state, region) / self._excess(state, region)

    def _density(self, state: State, region: str) -> Any:
        """[w(d)/ℓ + ℓ ∇d·A∇d]/c_w."""
        d = state["damage"]
        spread = self.length * ufl.inner(self._turned(state, region, ufl.grad(d)), ufl.grad(d))
        return (damage.surface(self.model, d) / self.length + spread) / damage.CONSTANT[self.model]

    def _sound(self, state: State, region: str, d: Any) -> Any:
        """g(d)."""
        if self.model != "CZM":
            return (1 - d) ** 2
        young, toughness, strength = (
            youngs_modulus(state, region),
            self.toughness(state, region),
            self._strength(state, region),
        )
        slope = damage.cohesive_slope(cast(float, self.length), young, toughness, strength)
        return damage.cohesive_share(d, self.softening, slope)

    def _turned(self, state: State, region: str, slope: Any) -> Any:
        """A ∇d."""
        if region not in self.cleavage:
            return slope
        if region not in self._metrics:
            metric = self.cleavage[region].metric(state.mesh.orientations)[:, : state.dim, : state.dim]
            self._metrics[region] = cellwise(state, metric, (state.dim, state.dim))
        return ufl.dot(self._metrics[region], slope)

    def _refuse_unfit(self, state: State, region: str) -> None:
        """A strength is there, and ℓ is small enough for it."""
        if self.model != "CZM":
            return
        material = state.materials[region]
        if self.strength is None and "strength" not in material:
            raise InputError(
                f"CZM needs the strength of region '{region}': Fracture(strength=…) or Material(strength=…)"
            )
        weakest = min(self.grains.get(region, (1.0,)))
        inside = [_at_room(self.strength or material["strength"]), _at_room(material["toughness"]) * weakest]
        boundary = [state.boundary_value(region, name) for name in ("strength", "toughness")]
        edge = [value if given is None else _at_room(given) for value, given in zip(inside, boundary, strict=True)]
        # G_c/(1 + h/c_wℓ) in place of G_c takes h/c_w of the length.
        taken = fine_size(state, (region,)) / damage.CONSTANT[self.model] if self.mesh_corrected else 0.0
        for where, (strength, toughness) in (("", inside), (" at its grain boundaries", edge)):
            largest = damage.largest_length(self.softening, youngs_modulus(state, region), toughness, strength) - taken
            if cast(float, self.length) > largest:
                raise InputError(
                    f"CZM with {self.softening} softening cannot have the strength {strength:.3g} Pa and the toughness "
                    f"{toughness:.3g} J/m² of region '{region}'{where} with ℓ = {self.length:.3g} m: "
                    f"take ℓ ≤ {largest:.3g} m"
                )

    def toughness(self, state: State, region: str) -> Any:
        """G_c [J/m²]: the grain's; in cells that touch a grain boundary the boundary's, where one is given."""
        return self._material(state, region) / (self._excess(state, region) if self.mesh_corrected else 1)

    def _excess(self, state: State, region: str) -> float:
        """1 + h/(c_w ℓ), the energy of a crack in the model over G_c."""
        return 1 + fine_size(state, (region,)) / (damage.CONSTANT[self.model] * cast(float, self.length))

    def _material(self, state: State, region: str) -> Any:
        grain = state.property(region, "toughness")
        if region in self.grains:
            grain = grain * self._of_grains(state, region)
        whole = self._banded(state, region, "toughness", grain)
        return whole * self.weakening[region](_lithium(state, region)) if region in self.weakening else whole

    def _of_grains(self, state: State, region: str) -> fem.Function:
        """Toughness of a cell's grain over that of the material."""
        if region not in self._shares:
            values = np.ones(len(state.mesh.region_of_grain))
            values[state.mesh.region_of_grain == state.mesh.region_index(region)] = self.grains[region]
            self._shares[region] = cellwise(state, values, ())
        return self._shares[region]

    def _strength(self, state: State, region: str) -> Any:
        if self.strength is not None:
            return self._banded(state, region, "strength", self.strength)
        return self._banded(state, region, "strength", state.property(region, "strength"))

    def _band(self, state: State, region: str) -> fem.Function:
        """1 in cells at a grain boundary, else 0."""
        if region not in self._bands:
            self._bands[region] = _along_boundaries(state, region)
        return self._bands[region]

    def _banded(self, state: State, region: str, name: str, grain: Any) -> Any:
        """The grain's value; in cells that touch a grain boundary the boundary's, where one is given."""
        given = state.boundary_value(region, name)
        if given is None:
            return grain
        band = self._band(state, region)
        return band * state.value(given, f"boundary {name} of {region}") + (1 - band) * grain


def _at_room(value: Any) -> float:
    """A number, or a law of the temperature at that of a room."""
    return float(value(ROOM)) if callable(value) else float(value)


def _brittle(state: State) -> tuple[str, ...]:
    return tuple(r for r in state.regions_with("toughness") if state.materials[r].kind != "metal")


def _lithium(state: State, region: str) -> Any:
    """Fraction of a host that is filled, of other solids that is reduced lithium."""
    if state.solved("lithium_fraction") and region in (state.fields["lithium_fraction"].regions or ()):
        return state["lithium_fraction"]
    if region not in state.provided("reduced_lithium"):
        raise InputError(f"lithium weakens '{region}', and none is there: add Intercalation() or Reduction(…)")
    return state.quantity("reduced_lithium", region)


def spans(state: State, first: str, second: str, broken: float = BROKEN) -> bool:
    """Do broken cells, joined across their facets, lead from one place to another? Collective.

    Args:
        state: with damage.
        first: boundary or interface.
        second: another.
        broken: damage from which on a cell is broken, in its middle.
    """
    return crack_joins(state.mesh, broken_cells(state, broken), np.empty(0, np.int32), first, second)


def intergranular(state: State, region: str, broken: float = BROKEN) -> float:
    """Share (by volume) of a region's broken cells that touch its grain boundaries; NaN if none is broken. Collective.

    Args:
        state: with damage.
        region: of grains.
        broken: damage from which on a cell is broken, in its middle.
    """
    band = _along_boundaries(state, region)
    crack = fem.Function(band.function_space)
    crack.x.array[:] = broken_cells(state, broken)
    along, total = state.integrate(*(fem.form(share * state.dx(region)) for share in (band * crack, crack)))
    return float(along / total) if total else float("nan")


def broken_cells(state: State, broken: float = BROKEN) -> np.ndarray:
    """Which owned and ghost cells are broken: damage in their middle is at least `broken`."""
    damaged = state["damage"]
    return np.asarray(damaged.x.array[damaged.function_space.dofmap.list].mean(axis=1) >= broken)


def _slope(function: Callable[[Any], Any], d: Any) -> Any:
    """Derivative of a function of d."""
    v = ufl.variable(d)
    return ufl.algorithms.expand_derivatives(ufl.diff(function(v), v))


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


def _along_boundaries(state: State, region: str) -> fem.Function:
    """DG0 indicator of cells with a vertex on a region's grain boundaries."""
    band = fem.Function(fem.functionspace(state.domain, ("DG", 0)))
    band.x.array[touching(state, region)] = 1.0
    return band
