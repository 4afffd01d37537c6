"""Conduction within interfaces and surfaces: grain boundaries that leak, fast skins of grains, atmospheres on pores.

    ∇_s·(κ_s ∇_s φ) = −⟦i·n⟧       κ_s = σ w: conductance of the sheet

| symbol | meaning | unit |
|---|---|---|
| κ_s | sheet conductance | S |
| σ, w | conductivity and width of what is taken as a sheet | S/m, m |
| ∇_s | gradient along the interface, (I − n⊗n)∇ | 1/m |
| φ | potential of the carrier; where it jumps across the interface, the mean of both sides, or that of each skin | V |

A grain boundary is a surface in the mesh: the electrons that its `electronic_conductivity` (the user's
`GrainBoundaries`, else the library's `gb_electronic_conductivity`) lets pass depend on the width, which nobody has
measured together with it. So boundaries leak only where a `width` is given.

Sheets that meet in a triple line share the potential there, so the current is conserved over the network. A cylinder or
sphere of radius a in such a sheet conducts like one of σ + κ_s/a or σ + 2κ_s/a.

With `skins` there is a sheet on either side of the interface instead, each at the potential of its side: what blocks
the boundary blocks them too. Grains with such skins and a film R between them have, S_v the boundary area by volume,

    1/σ_eff = 1/(σ + 2κ_s S_v⟨1 − n_x²⟩) + R S_v⟨n_x²⟩,

exactly to first order in κ_s and in R, and for coated spheres of all sizes (4κ_s/d and R/d).

Source: Maier, Prog. Solid State Chem. 23 (1995) 171 (conduction along boundaries); Benveniste, J. Mech. Phys. Solids 54
(2006) 708 (highly conducting interfaces).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal

import ufl

from fem_ssb.errors import InputError, number, unknown
from fem_ssb.physics.base import Physics
from fem_ssb.problem.state import State

CARRIERS = {"ionic": "ionic_potential", "electronic": "electronic_potential"}


class SheetConduction(Physics):
    """Current along interfaces and boundaries beside that of `Conduction`.

    Args:
        conductance: κ_s [S], a number or a law of temperature; None with a width.
        on: an interface such as "separator|separator" (grain boundaries), a boundary such as "pores", or several.
        carrier: "ionic" or "electronic"; the potential must be solved on both sides.
        skins: a sheet of this conductance on each side of an interface instead of one within it.
        width: w of grain boundaries [m], whose own electronic conductivity then makes κ_s.

    Raises:
        InputError: unknown carrier or names, a negative conductance, a carrier that no physics solves or that a place
            is without, a width for anything but the electrons of grain boundaries, boundaries whose conductivity is
            not known.
    """

    def __init__(
        self,
        conductance: float | Callable[..., Any] | None,
        on: str | Sequence[str],
        carrier: Literal["ionic", "electronic"] = "ionic",
        skins: bool = False,
        width: float | None = None,
    ):
        if carrier not in CARRIERS:
            raise unknown("carrier", carrier, CARRIERS)
        self.conductance, self.carrier, self.skins, self.width = conductance, carrier, bool(skins), width
        self.on = (on,) if isinstance(on, str) else tuple(on)
        if width is None:
            if not callable(conductance):
                number(conductance, "conductance of a sheet [S]", least=0.0)
            return
        number(width, "width of a sheet [m]", above=0.0)
        if (
            conductance is not None
            or carrier != "electronic"
            or any(len(set(n.split("|"))) != 1 or "|" not in n for n in self.on)
        ):
            raise InputError(
                "a width is that of grain boundaries that conduct electrons: "
                "SheetConduction(None, on='separator|separator', carrier='electronic', width=1e-9)"
            )

    def provide(self, state: State) -> None:
        """Joule heat of the sheets [W/m²]."""
        for name in self._places(state):
            state.provide("heat", name, partial(self._heat, state, name))

    def residuals(self, state: State) -> dict[str, Any]:
        """∫κ_s ∇_sφ·∇_s v over interfaces and boundaries."""
        field = CARRIERS[self.carrier]
        if not state.solved(field):
            raise InputError(
                f"a sheet conducts along {', '.join(self.on)}, but no physics solves the {self.carrier} potential"
            )
        self._refuse_bare(state, state.fields[field].regions or state.mesh.region_names)
        potential, v = state[field], state.test(field)
        return {field: sum(self._density(state, n, potential, v) * state.over(n) for n in self._places(state))}

    def columns(self, state: State) -> dict[str, Any]:
        """Joule heat of sheets."""
        return {"sheet heat": sum(self._heat(state, n) * state.over(n) for n in self._places(state))}

    def _places(self, state: State) -> list[str]:
        """Interfaces by their names in the mesh, and boundaries."""
        return [state.mesh.interface_name(name) if "|" in name else name for name in self.on]

    def _refuse_bare(self, state: State, regions: Sequence[str]) -> None:
        """A potential on one side of an interface alone has no mean of both; on a boundary it must be somewhere."""
        for name in self._places(state):
            beside = name.split("|") if "|" in name else state.regions_at(name)
            there = [r for r in beside if r in regions]
            if there and (len(there) == len(beside) or "|" not in name or self.skins):
                continue
            raise InputError(
                f"a sheet on '{name}' conducts {self.carrier} current, which "
                f"{' and '.join(r for r in beside if r not in there)} does not: "
                + ("a layer on one side alone has skins=True" if there else "name another place")
            )

    def _value(self, state: State, name: str) -> Any:
        if self.width is None:
            return state.value(self.conductance, f"conductance of the sheet on {name}")
        region = name.split("|")[0]
        given = state.boundary_value(region, "electronic_conductivity")
        if given is None:
            raise InputError(
                f"the grain boundaries of '{region}' have no electronic conductivity: give layer '{region}' "
                "grain_boundaries=GrainBoundaries(electronic_conductivity=…)"
            )
        return self.width * state.value(given, f"electronic conductivity of the boundaries of {region}")

    def _density(self, state: State, name: str, a: Any, b: Any) -> Any:
        """κ_s ∇_s a·∇_s b: on an interface of the mean of both sides, or the sum of both skins."""
        normal, value = ufl.FacetNormal(state.domain), self._value(state, name)
        if "|" not in name:
            return value * ufl.inner(_along(ufl.grad(a), normal), _along(ufl.grad(b), normal))
        if self.skins:
            sides = [(ufl.grad(a)(side), ufl.grad(b)(side)) for side in ("+", "-")]
        else:
            sides = [(ufl.avg(ufl.grad(a)), ufl.avg(ufl.grad(b)))]
        n = normal("+")
        return value("+") * sum(ufl.inner(_along(f, n), _along(g, n)) for f, g in sides)

    def _heat(self, state: State, name: str) -> Any:
        potential = state[CARRIERS[self.carrier]]
        return self._density(state, name, potential, potential)


def _along(gradient: Any, normal: Any) -> Any:
    """The part of a gradient in the surface."""
    return gradient - ufl.dot(gradient, normal) * normal
