"""Cohesive interfaces: boundaries of grains and layers that open against a traction which falls with the opening.

With the jump g = u₋ − u₊ of the displacement and n out of the "+" side, the normal opening is δ_n = g·n, the sliding
δ_t = g − δ_n n and the effective opening δ = √(⟨δ_n⟩₊² + β² |δ_t|²). Its largest value so far is κ (irreversible).

    t = (1 − D) K (⟨δ_n⟩₊ n + β² δ_t) + K ⟨δ_n⟩₋ n,      D = D(κ)

Closed faces press with the full stiffness K and do not interpenetrate by more than p/K. Where they are broken they
slide freely, or rub: D times the traction of `friction` at the pressure p = −K⟨δ_n⟩₋ comes on top. With δ₀ = σ_c/K:

| shape | traction (1 − D)Kκ beyond δ₀ | ends |
|---|---|---|
| "bilinear" | σ_c (δ_f − κ)/(δ_f − δ₀) | δ_f = 2G_c/σ_c |
| "exponential" | σ_c exp(−(κ − δ₀)/δ_c), δ_c = G_c/σ_c − δ₀/2 | never |

The area under either curve is G_c. In sliding the strength is β σ_c and the toughness the same G_c, unless
`shear_toughness` gives G_II (Benzeggagh and Kenane): with the share B = β²|δ_t|²/δ² of sliding in the energy

    G_c(B) = G_I + (G_II − G_I) B^η.

κ is kept after each accepted step; within a step the law reads max(κ, δ) point by point, at points inside each facet,
as many as its displacement has nodes (see `measure`). Each has its own κ, from which come the traction and what
is lost: facets that meet in a line heal nothing of each other, and from one step to the next no energy comes or goes.
What reads D elsewhere reads `seen`, at the vertices. Where the curve is not the only thing that says D, κ is the
opening in mode I with the same D: see `lagging`.

Sources: Camacho & Ortiz, Int. J. Solids Struct. 33 (1996) 2899; Turon et al., Mech. Mater. 38 (2006) 1072;
Benzeggagh & Kenane, Compos. Sci. Technol. 56 (1996) 439.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import ufl
from dolfinx import fem, la

from fem_ssb.errors import InputError, number, unknown
from fem_ssb.physics.facet_means import FacetMeans
from fem_ssb.physics.facet_memory import FacetMemory
from fem_ssb.physics.friction import Friction
from fem_ssb.problem.state import State
from fem_ssb.spaces import trace_space
from fem_ssb.spaces.assembly import assembled

SHAPES = ("bilinear", "exponential")
PARTED = 1e3  # opening over δ_f of what is broken from the start: so along a facet that ends at sound ones, too
TINY = 1e-9  # share of the strength, or of the opening at it, below which what slides has no direction
STIFF = 50.0  # K G_c/σ_c²: the opening at the strength is then a hundredth of that at which nothing is left


@dataclass(frozen=True)
class Fatigue:
    """Damage by repeated opening, after Roe & Siegmund (Eng. Fract. Mech. 70 (2003) 209).

    While δ grows, dD = ⟨δ/κ − f⟩ dδ/δ_Σ: the traction over that at which the curve goes on, above the limit f.

    Attributes:
        length: δ_Σ [m], opening in all of which an interface fails that is loaded to its curve; some 10 G_c/σ_c.
        limit: f, share of the strength that is borne for ever.

    Raises:
        InputError: values out of range.
    """

    length: float
    limit: float = 0.25

    def __post_init__(self) -> None:
        number(self.length, "fatigue length δ_Σ [m]", above=0.0)
        if number(self.limit, "limit of fatigue over strength", least=0.0) >= 1:
            raise InputError(f"limit of fatigue over strength is {self.limit:g}: give less than 1")


@dataclass(frozen=True)
class Cohesive:
    """Law of a cohesive interface.

    Attributes:
        strength: σ_c [Pa] in opening; None = that of the grain boundary.
        toughness: G_c [J/m²]; None = that of the grain boundary, between materials their work of adhesion.
        stiffness: K [Pa/m]; None = 50 σ_c²/G_c, with a warning where that softens small grains: see `softening`.
        shape: "bilinear" or "exponential".
        shear: β, strength in sliding over that in opening.
        shear_toughness: G_II [J/m²]; None = that in opening.
        mixity: η of Benzeggagh and Kenane.
        relaxation: time [s] by which damage follows the curve (viscous regularisation); 0 = at once.
        fatigue: damage by repeated opening.
        friction: μ of closed faces that are broken.
        initial: function of the UFL coordinates x, above 0 where the interface is broken from the start (facets by
            their middle); what these facets cost counts as dissipated.

    Raises:
        InputError: values out of range; K too small for the strength and toughness.
    """

    strength: float | None = None
    toughness: float | None = None
    stiffness: float | None = None
    shape: Literal["bilinear", "exponential"] = "bilinear"
    shear: float = 1.0
    shear_toughness: float | None = None
    mixity: float = 2.0
    relaxation: float = 0.0
    fatigue: Fatigue | None = None
    friction: float = 0.0
    initial: Callable[[Any], Any] | None = None

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise unknown("cohesive shape", self.shape, SHAPES)
        units = {"strength": "Pa", "toughness": "J/m²", "stiffness": "Pa/m", "shear_toughness": "J/m²"}
        for name, unit in units.items():
            if getattr(self, name) is not None:
                number(getattr(self, name), f"cohesive {name} [{unit}]", above=0.0)
        number(self.shear, "β, shear over tensile strength", least=0.0)
        number(self.mixity, "η of mixed modes", above=0.0)
        number(self.relaxation, "relaxation time of cohesive damage [s]", least=0.0)
        number(self.friction, "coefficient of friction", least=0.0)


class CohesiveInterface:
    """A law on one interface with its memory.

    Args:
        state: the state.
        interface: name "a|b" or "a|a".
        law: what the user gave.
        closed: normal jump [m] at which the faces of a contact touch, UFL; None = 0, and no contact.

    Raises:
        InputError: no strength or toughness anywhere, or a stiffness at which the law would snap back.
    """

    def __init__(self, state: State, interface: str, law: Cohesive, closed: Any = None):
        self.state, self.interface, self.law = state, interface, law
        self.closed = 0.0 if closed is None else closed
        self.strength = self._given("strength", law.strength)
        self.toughness = self._given("toughness", law.toughness)
        least = self.strength**2 / (2 * min(self.toughness, law.shear_toughness or np.inf))
        self.stiffness = law.stiffness or STIFF * 2 * least
        if self.stiffness <= least:
            raise InputError(
                f"cohesive stiffness {self.stiffness:.3g} Pa/m of '{interface}' is below σ_c²/2G_c = {least:.3g} Pa/m: "
                "leave it out, or take a stiffer, weaker or tougher interface"
            )
        # r makes quadratic what is multiplied by the law.
        gauss = state.fields["displacement"].degree > 1 or state.radius is not None
        self.points = FacetMemory(state, interface, gauss)
        vertices = trace_space(state.domain, ("Lagrange", 1), state.mesh.interface(interface).facets)
        self.largest = self.points.function("largest opening")
        self.seen = fem.Function(vertices.V, name=f"largest opening at vertices {interface}")
        self._openings: Any = None
        self._average: Any = None
        self._means: dict[str, FacetMeans] = {}
        if law.initial is not None:
            self._break(law.initial)
        self.friction = self._rubbing() if law.friction else None
        self._look()

    def _break(self, initial: Callable[[Any], Any]) -> None:
        """Give facets that are broken an opening at which nothing is left."""
        domain, dofmap, beyond = self.state.domain, self.largest.function_space.dofmap, self.largest.x
        cells, local = self.state.mesh.interface(self.interface).entities[:, :2].T
        middle = np.full((1, self.state.dim - 1), 1 / self.state.dim)
        value = fem.Expression(initial(ufl.SpatialCoordinate(domain)) + fem.Constant(domain, 0.0), middle)
        open_ = value.eval(domain, np.column_stack([cells, local])).ravel() > 0
        inner = np.array([dofmap.dof_layout.entity_dofs(self.state.dim - 1, k) for k in range(self.state.dim + 1)])
        nodes = dofmap.list[cells[open_, None], inner[local[open_]]]
        beyond.array[nodes] = PARTED * 2 * self.toughness / self.strength
        beyond.scatter_reverse(la.InsertMode.add)  # each facet is owned by one rank, its nodes perhaps by another
        beyond.scatter_forward()

    def _given(self, name: str, value: float | None) -> float:
        a, b = self.interface.split("|")
        if value is None and a == b:
            value = self.state.boundary_value(a, name)
        elif value is None and name == "toughness":
            value = self.state.contact_value(self.interface, "adhesion_energy")
        value = value(self.state.ambient_temperature) if callable(value) else value
        if value is None:
            raise InputError(f"the cohesive interface '{self.interface}' has no {name}: give Cohesive({name}=…)")
        return float(value)

    def measure(self) -> Any:
        """dS at the points where the law is read: inside a facet, as many as the displacement has nodes on it.

        So that none of its jumps goes unresisted, and no point is another facet's. Gauss points resist quadratic jumps
        exactly, others would so unevenly that it costs iterations. Linear jumps are read at points nearer to each
        other: with Gauss points Newton fails where a boundary softens facet by facet.
        """
        return self.points.measure()

    def traction(self, memory: fem.Function | None = None) -> Any:
        """t (dim,) [Pa] that resists the jump u₋ − u₊; with `seen` as memory, without friction, for other points."""
        opening, sliding, n = self._parts()
        damage = self.damage(memory)
        # At an opening of exactly 0 the tangent is (1 − D)K: sound faces hold, broken ones part.
        normal = ufl.conditional(ufl.ge(opening, 0), (1 - damage) * opening, opening)
        held = self.stiffness * (normal * n + (1 - damage) * self.law.shear**2 * sliding)
        return held if self.friction is None or memory else held + damage * self.friction.traction()

    def _rubbing(self) -> Friction:
        """Coulomb's friction of faces that are closed."""
        opening, sliding, _ = self._parts()
        before = self._parts(self.state.old("displacement"))[1]
        pressure, tiny = -self.stiffness * ufl.min_value(opening, 0), TINY * self.strength
        return Friction(self.points, self.law.friction, self.stiffness, pressure, (before, sliding), tiny)

    def stored(self) -> Any:
        """Energy [J/m²] that comes back when the interface is unloaded."""
        opening = self._parts()[0]
        left = 1 - self.damage()
        held = 0.5 * self.stiffness * (left * self._effective() ** 2 + ufl.min_value(opening, 0) ** 2)
        return held if self.friction is None else held + self.damage() * self.friction.stored()

    def damage(self, memory: fem.Function | None = None) -> Any:
        """D [–], share of the stiffness that is lost; with `seen` as memory for what reads it at other points."""
        return self._damage(ufl.max_value((memory or self.largest)("+"), self._effective()))

    def dissipated(self) -> Any:
        """Energy [J/m²] that is lost: the area under the curve up to κ less the triangle of unloading."""
        kappa, first = ufl.max_value(self.largest("+"), self._effective()), self.strength / self.stiffness
        beyond = ufl.max_value(kappa - first, 0)
        if self.law.shape == "bilinear":
            last = 2 * self.toughness / self.strength
            return self.toughness * ufl.min_value(beyond / (last - first), 1)
        scale = self.toughness / self.strength - first / 2
        fall = ufl.exp(-beyond / scale)
        area = self.strength * (first / 2 + scale * (1 - fall)) - 0.5 * self.strength * fall * kappa
        return ufl.conditional(ufl.gt(kappa, first), area, 0.0)

    def rubbed(self) -> Any:
        """Energy [J/m²] that friction has taken; None without friction."""
        return None if self.friction is None else self.friction.dissipated(self._shares())

    def _shares(self) -> tuple[Any, Any]:
        """D at the beginning and at the end of the step."""
        return self._damage(self.largest("+")), self.damage()

    def advance(self) -> None:
        """Remember slip and largest opening."""
        if self.friction is not None:
            self.friction.advance(self._shares())
        self._remember()
        self._look()

    def _remember(self) -> None:
        if self._openings is None:
            self._openings = self.points.reader(self._effective())
        (opening,) = self._openings()
        self.points.write(self.largest, np.maximum(self.points.read(self.largest), opening))

    def internal(self) -> dict[str, fem.Function]:
        """What is remembered."""
        return {f.name: f for f in self._memory()}

    def _memory(self) -> list[fem.Function]:
        return [self.largest, self.seen, *(self.friction.memory if self.friction is not None else ())]

    def loose(self, least: float) -> np.ndarray:
        """Owned facets whose stiffness, as far as damage has left it, is below `least` [Pa/m]."""
        return self._below("stiffness", 1 - self.damage(), least / self.stiffness)

    def broken(self, share: float) -> np.ndarray:
        """Owned facets on which the curve has come down from the strength by more than a share of it."""
        kappa = ufl.max_value(self.largest("+"), self._effective())
        borne = (1 - self.damage()) * self.stiffness * kappa / self.strength
        softened = ufl.gt(kappa, self.strength / self.stiffness)
        return self._below("traction", ufl.conditional(softened, borne, 1.0), 1 - share)

    def _below(self, name: str, quantity: Any, bound: float) -> np.ndarray:
        """Owned facets on which a quantity is below a bound in the mean."""
        if name not in self._means:
            self._means[name] = FacetMeans(self.state, self.interface, quantity, self.measure())
        return self._means[name].below(bound)

    def _look(self) -> None:
        """Average in the vertices what the facets around them remember."""
        if self._average is None:
            q = ufl.TestFunction(self.seen.function_space)("+")
            one = fem.Constant(self.state.domain, 1.0)
            self._average = [fem.form(f * q * self.measure()) for f in (self.largest("+"), one)]
        sums, weights = (assembled(form) for form in self._average)
        on = weights > 0
        self.seen.x.array[: len(on)][on] = sums[on] / weights[on]
        self.seen.x.scatter_forward()

    def _parts(self, displacement: Any = None) -> tuple[Any, Any, Any]:
        """Opening and sliding [m], n; of the present displacement by default."""
        u = self.state["displacement"] if displacement is None else displacement
        n = ufl.FacetNormal(self.state.domain)("+")
        jump = u("-") - u("+")
        normal = ufl.dot(jump, n)
        return normal - self.closed, jump - normal * n, n

    def _effective(self) -> Any:
        opening, sliding, _ = self._parts()
        tiny = TINY * self.strength / self.stiffness
        squares = ufl.max_value(opening, 0) ** 2 + self.law.shear**2 * ufl.dot(sliding, sliding)
        return ufl.sqrt(squares + tiny**2)

    def _damage(self, kappa: Any, toughness: Any = None) -> Any:
        toughness = self.toughness if toughness is None else toughness
        first = self.strength / self.stiffness
        if self.law.shape == "bilinear":
            last = 2 * toughness / self.strength
            share = ufl.max_value(last - kappa, 0) / (last - first)
        else:
            share = ufl.exp(-ufl.max_value(kappa - first, 0) / (toughness / self.strength - first / 2))
        return ufl.conditional(ufl.gt(kappa, first), 1 - first / kappa * share, 0.0)
