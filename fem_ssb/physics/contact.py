"""Contact of a metal with its electrolyte that can be lost: unilateral, with or without adhesion, over a gap.

With the opening g = (u₋ − u₊)·n (n out of the metal), the metal h that the current has plated and a gap g₀ from the
start, the faces are apart by

    s = g + g₀ − h,        p_n = K⟨−s⟩₊ − t(s)

t is the traction of an adhesion (a `Cohesive` law of s, irreversible), else nothing pulls. Faces without adhesion slide
freely. What the electrochemistry sees is the contact fraction of each place,

    θ = max(1 − D, clip(1 − s/r, 0, 1)),

D the damage of the adhesion (1 without), r a reach that only makes the end of contact smooth. Roughness too fine for
the mesh is told by a law θ(p_n), `RoughContact`, in place of the number of `ButlerVolmer(contact_fraction=…)`.

| symbol | meaning | unit |
|---|---|---|
| s, g₀ | separation, and that of the bodies before any load | m |
| p_n | compressive normal traction on the metal | Pa |
| K | contact stiffness | Pa/m |
| H | indentation hardness of the metal, about three times its yield strength | Pa |

Source of θ(p): Pullen & Williamson, Proc. R. Soc. A 327 (1972) 159.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ufl

from fem_ssb.errors import InputError, number
from fem_ssb.physics.cohesive import Cohesive
from fem_ssb.physics.lagging import cohesive_interface
from fem_ssb.physics.plating import inserted
from fem_ssb.problem.state import State


@dataclass(frozen=True)
class Contact:
    """Contact that may open.

    Attributes:
        adhesion: law of what pulls, by default with the pair's work of adhesion as its toughness; None = nothing.
        gap: g₀ [m], a number or a function of the UFL coordinates x.
        reach: r [m], over which the reaction fades as the faces part; its default is small against any roughness.
        stiffness: K [Pa/m]; None = that of the `Elasticity`, with adhesion that of its law.

    Raises:
        InputError: values out of range, a stiffness beside that of an adhesion.
    """

    adhesion: Cohesive | None = None
    gap: float | Callable[[Any], Any] = 0.0
    reach: float = 1e-8
    stiffness: float | None = None

    def __post_init__(self) -> None:
        if self.adhesion is not None and not isinstance(self.adhesion, Cohesive):
            raise InputError(f"the adhesion of a Contact is a Cohesive(strength, toughness), not {self.adhesion!r}")
        if not callable(self.gap):
            number(self.gap, "gap of a Contact [m]", least=0.0)
        number(self.reach, "reach of a Contact [m]", above=0.0)
        if self.stiffness is not None:
            number(self.stiffness, "stiffness of a Contact [Pa/m]", above=0.0)
            if self.adhesion is not None:
                raise InputError("faces that stick press with the stiffness of their law: give Cohesive(stiffness=…)")


class ContactInterface:
    """Contact at one electrode.

    Args:
        state: the state.
        interface: "metal|electrolyte".
        law: what the user gave.
        stiffness: K [Pa/m].
    """

    def __init__(self, state: State, interface: str, law: Contact, stiffness: float):
        self.state, self.interface, self.law = state, interface, law
        self.stiffness = law.stiffness or stiffness
        gap = law.gap(ufl.SpatialCoordinate(state.domain)) if callable(law.gap) else ufl.as_ufl(float(law.gap))
        self.closed = inserted(state, interface) - gap
        self.adhesion = (
            None if law.adhesion is None else cohesive_interface(state, interface, law.adhesion, closed=self.closed)
        )

    def separation(self) -> Any:
        """s [m]; below 0 the faces press."""
        u, n = self.state["displacement"], ufl.FacetNormal(self.state.domain)("+")
        return ufl.dot(u("-") - u("+"), n) - self.closed

    def measure(self) -> Any:
        """dS at the points where the traction is read."""
        return self.state.dS(self.interface) if self.adhesion is None else self.adhesion.measure()

    def traction(self) -> Any:
        """t (dim,) [Pa] that resists the jump u₋ − u₊, at the points of `measure`."""
        if self.adhesion is not None:
            return self.adhesion.traction()
        n, apart = ufl.FacetNormal(self.state.domain)("+"), self.separation()
        # At a separation of exactly 0, as at the start, the tangent is K: the faces touch.
        return self.stiffness * ufl.conditional(ufl.le(apart, 0), apart, 0.0) * n

    def pressure(self) -> Any:
        """p_n [Pa], compressive positive."""
        traction = self.traction() if self.adhesion is None else self.adhesion.traction(self.adhesion.seen)
        return -ufl.dot(traction, ufl.FacetNormal(self.state.domain)("+"))

    def fraction(self) -> Any:
        """θ [–]."""
        near = ufl.max_value(ufl.min_value(1 - self.separation() / self.law.reach, 1), 0)
        return near if self.adhesion is None else ufl.max_value(near, 1 - self.adhesion.damage(self.adhesion.seen))


@dataclass(frozen=True)
class RoughContact:
    """Share of a rough surface in true contact, θ = (p/H)/(1 + p/H): asperities yield, and fill up in the end.

    Args:
        hardness: H [Pa], about three times the yield strength.
        least: θ without pressure, at which the reaction does not stop.

    Raises:
        InputError: values out of range.
    """

    hardness: float
    least: float = 1e-3

    def __post_init__(self) -> None:
        number(self.hardness, "hardness of a RoughContact [Pa]", above=0.0)
        number(self.least, "least contact fraction", above=0.0, most=1.0)

    def __call__(self, pressure: Any) -> Any:
        """θ [–] at a compressive normal traction [Pa], as UFL."""
        p = ufl.max_value(pressure, 0) / self.hardness
        return ufl.max_value(p / (1 + p), self.least)
