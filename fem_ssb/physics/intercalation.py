"""Intercalation: hosts that take up the working metal, their open-circuit curve and the diffusion within.

    c_max ∂x/∂t = ∇·(c_max D(x) ∇x),    −c_max D ∇x·n = i_n/F  at electrolyte|host,  n out of the host
    η = ψ − φ − U(x) − i_n R_film
    i_n = θ i₀ √(4 x(1 − x)) [exp(α_a F η/RT) − exp(−α_c F η/RT)],    or another law of Fη/RT, see `rates`

| symbol | meaning | unit |
|---|---|---|
| x | lithium (or sodium) fraction, 0 empty, 1 full | – |
| c_max | concentration of the full host | mol/m³ |
| D | diffusivity | m²/s |
| U | open-circuit potential against the metal | V |
| i_n | interface current, positive from host to electrolyte: the host is emptied | A/m² |
| i₀ | exchange current density of the pair, at half filling; a salt multiplies it by √(c/c₀) | A/m² |
| θ | share of the surface in contact: of gaps too small for the mesh, times 1 − D of a cohesive surface | – |
| R_film | film of the pair: a coating, or what has become of the electrolyte | Ω m² |

x is continuous within touching hosts. The electrons of the host are `Conduction`'s: name it there,
`Conduction(electronic=["cathode"])`. A run ends cleanly where x at a surface leaves the range of the curve: the host is
full or empty. Where a film resists, i_n is an unknown of the surface. Where the material has a volume change V(x),
elasticity gets the strain [(1 + V)/(1 + V₀)]^⅓ − 1 against the start.
Source: Doyle, Fuller & Newman, J. Electrochem. Soc. 140 (1993) 1526.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import ufl
from mpi4py import MPI

from fem_ssb.constants import F, R
from fem_ssb.errors import InputError, number, unknown
from fem_ssb.materials import Pair, available, pair
from fem_ssb.physics import entropy
from fem_ssb.physics.base import Physics
from fem_ssb.physics.by_interface import Law, checked, laws, of, overasked, refuse_other_ions, titles
from fem_ssb.physics.rates import butler_volmer, eased
from fem_ssb.physics.scales import current_scale
from fem_ssb.problem.fields import Field
from fem_ssb.problem.state import State

NEEDED = ("open_circuit_potential", "diffusivity", "maximum_concentration")
LEFT = 1e-6  # of the contact where the surface has come off, so that the host's potential is known
NARROW = 1e-4  # of the fraction: x(1 − x) in the exchange current is not taken below that of this distance to its ends


class Intercalation(Physics):
    """Lithium fraction x in every region whose material is a cathode (or any host) with an open-circuit curve.

    Args:
        initial: x at the start, of all hosts or by region.
        limits: (lowest, highest) x of the open-circuit curve; the run ends where a surface passes them.
        degree: Lagrange degree of x.
        law: rate law, of all surfaces or by interface, {"separator|cathode": "linear"}; see `ButlerVolmer`.
        contact_fraction: θ, of all surfaces or by interface (1 where not named).

    Raises:
        InputError: values out of range, an unknown law; no host; a pair without exchange current, or of different ions;
            a host whose electrons no `Conduction` has.
    """

    def __init__(
        self,
        initial: float | Mapping[str, float] = 0.5,
        limits: tuple[float, float] = (0.005, 0.995),
        degree: int = 1,
        law: Law | Mapping[str, Law] = "butler_volmer",
        contact_fraction: float | Mapping[str, float] = 1.0,
    ):
        low, high = (number(v, "limit of the lithium fraction", least=0.0, most=1.0) for v in limits)
        if not low < high:
            raise InputError(f"limits of the lithium fraction are (lowest, highest), not {limits!r}")
        for value in initial.values() if isinstance(initial, Mapping) else (initial,):
            number(value, "initial lithium fraction", least=low, most=high)
        self.initial = dict(initial) if isinstance(initial, Mapping) else initial
        self.limits, self.degree = (low, high), degree
        self.law_name, self._rates = titles(law), laws(law)
        self.contact_fraction = checked(contact_fraction, "contact fraction", above=0.0, most=1.0)

    def fields(self, state: State) -> list[Field]:
        """x [–] in the hosts, and i_n [A/m²] as an unknown of the surfaces that a film covers."""
        hosts = self._hosts(state)
        if not hosts:
            raise InputError("Intercalation needs a region that is a host: its material must have " + ", ".join(NEEDED))
        c_max = max(float(state.materials[r]["maximum_concentration"](298.15)) for r in hosts)
        refuse_other_ions(state, self._surfaces(state))
        fields = [Field("lithium_fraction", "1", 1.0, c_max * state.height**state.dim, self.degree, regions=hosts)]
        filmed = tuple(n for n in self._surfaces(state) if self._film(state, n) is not None)
        if filmed:
            i0 = float(self._pair(state, filmed[0])["exchange_current"](298.15))
            fields.append(Field("host_current", "A/m2", i0, current_scale(state), trace=filmed))
        return fields

    def initialise(self, state: State) -> None:
        """x at the start; ψ of a host as if at rest, so that Newton does not begin with volts of overpotential."""
        carrying = state.fields["electronic_potential"].regions if state.solved("electronic_potential") else ()
        for r in self._hosts(state):
            # Without any current a host has what it has at the start.
            if state.solved("ionic_potential") and carrying is not None and r not in carrying:
                raise InputError(f"the host '{r}' has no electrons to give: Conduction(electronic=['{r}'])")
        for r in self._hosts(state):
            x = self._start(r)
            values = {"lithium_fraction": x}
            if state.solved("electronic_potential"):
                values["electronic_potential"] = float(state.materials[r]["open_circuit_potential"](x))
            for name, value in values.items():
                dofs = np.unique(state.spaces[name].V.dofmap.list[state.mesh.cells(r)])
                for function in (state[name], state.old(name)):
                    function.x.array[dofs] = value
                    function.x.scatter_forward()

    def provide(self, state: State) -> None:
        """i_n [A/m²], η [V]; heat i_n(η + i_n R_film + T ∂U/∂T), rest of i_n U, which goes into the host [W/m²]."""
        for name in self._surfaces(state):
            state.provide("overpotential", name, partial(self.overpotential, state, name))
            state.provide("reaction_current", name, partial(self.current, state, name))
            state.provide("heat", name, partial(self._heat, state, name))
            state.provide("stored_power", name, partial(self._stored, state, name))
        for r in self._hosts(state):
            if "volume_change" in state.materials[r]:
                state.provide("eigenstrain", r, partial(self.strain, state, r))

    def strain(self, state: State, region: str) -> Any:
        """Strain (3, 3) of a host against the start, the same along all axes."""
        volume = state.materials[region]["volume_change"]
        grown = (1 + volume(state["lithium_fraction"])) / (1 + float(volume(self._start(region))))
        return (grown ** (1 / 3) - 1) * ufl.Identity(3)

    def residuals(self, state: State) -> dict[str, Any]:
        """∫c_max(x − x_old)s + Δt c_max D ∇x·∇s dx + Δt∫ i_n/F s dS, ∓∫ i_n v dS on both potentials, i_n − law."""
        x, x_old, s = state["lithium_fraction"], state.old("lithium_fraction"), state.test("lithium_fraction")
        res: dict[str, Any] = {"lithium_fraction": 0}
        for r in self._hosts(state):
            c_max = state.property(r, "maximum_concentration")
            D = state.materials[r]["diffusivity"](x)
            res["lithium_fraction"] += c_max * (x - x_old) / state.dt * s * state.dx(r)
            res["lithium_fraction"] += c_max * D * ufl.inner(ufl.grad(x), ufl.grad(s)) * state.dx(r)
        for name in self._surfaces(state):
            current, dS = self.current(state, name), state.dS(name)
            res["lithium_fraction"] += current / F * s("+") * dS
            for field, side, sign in (("electronic_potential", "+", 1), ("ionic_potential", "-", -1)):
                res[field] = res.get(field, 0) + sign * current * state.test(field)(side) * dS
            if self._film(state, name) is not None:
                rest = (current - self.law(state, name)) * state.test("host_current")("+") * dS
                res["host_current"] = res.get("host_current", 0) + rest
        return res

    def current(self, state: State, interface: str) -> Any:
        """i_n [A/m²]: the unknown where a film resists, the law elsewhere."""
        return self.law(state, interface) if self._film(state, interface) is None else state["host_current"]("+")

    def law(self, state: State, interface: str) -> Any:
        """θ i₀ √(4x(1 − x)) times the rate of Fη/RT."""
        f = F * self.overpotential(state, interface) / (R * state["temperature"]("+"))
        given = self._pair(state, interface).get("transfer_coefficient")
        anodic = 0.5 if given is None else float(given(298.15))
        rate = of(self._rates, self._surfaces(state), interface, butler_volmer)
        return self._exchange(state, interface) * eased(rate, f, anodic, state.ease)

    def _exchange(self, state: State, interface: str) -> Any:
        """θ i₀ √(4x(1 − x)) [A/m²]."""
        i0 = state.value(self._pair(state, interface)["exchange_current"], f"exchange current of {interface}")("+")
        if interface in state.provided("exchange_share"):  # of a salt that is used up
            i0 *= state.quantity("exchange_share", interface)
        x = state["lithium_fraction"]("+")
        share = ufl.sqrt(4 * ufl.max_value(x * (1 - x), NARROW * (1 - NARROW)))
        return self._contact(state, interface) * i0 * share

    def _contact(self, state: State, interface: str) -> Any:
        """θ, as given and as a cohesive law of the surface has it."""
        theta = of(self.contact_fraction, self._surfaces(state), interface, 1.0)
        for name in (interface, "|".join(reversed(interface.split("|")))):
            if name in state.provided("interface_damage"):
                theta *= 1 - (1 - LEFT) * state.quantity("interface_damage", name)
        return theta

    def overpotential(self, state: State, interface: str) -> Any:
        """η = ψ − φ − U(x) − i_n R_film [V]."""
        eta = state["electronic_potential"]("+") - state["ionic_potential"]("-") - self._equilibrium(state, interface)
        film = self._film(state, interface)
        return eta if film is None else eta - self.current(state, interface) * film

    def ended(self, state: State) -> str:
        """Full or empty: x of some host's surface is past its limits."""
        V, values = state.spaces["lithium_fraction"].V, state["lithium_fraction"].x.array
        for r in self._hosts(state):
            now = values[np.unique(V.dofmap.list[state.mesh.cells(r)])]
            extremes = np.array([-now.min(initial=np.inf), now.max(initial=-np.inf)])
            state.mesh.comm.Allreduce(MPI.IN_PLACE, extremes, op=MPI.MAX)
            low, high = -extremes[0], extremes[1]
            if low < self.limits[0] or high > self.limits[1]:
                what = "empty" if low < self.limits[0] else "full"
                return f"the host '{r}' is {what} at its surface: x = {low:.4g} … {high:.4g}"
        return ""

    def refuses(self, state: State, asked: Mapping[str, float]) -> str:
        """Which host cannot carry the current that is asked through it, by its law."""
        return overasked(state, self._surfaces(state), asked, self._rates, partial(self._exchange, state))

    def columns(self, state: State) -> dict[str, Any]:
        """Mean lithium fraction of each host."""
        x = state["lithium_fraction"]
        return {f"mean lithium fraction {r} [1]": x / state.volume(r) * state.dx(r) for r in self._hosts(state)} | {
            "intercalation heat": sum(state.quantity("heat", n) * state.dS(n) for n in self._surfaces(state))
        }

    def _hosts(self, state: State) -> tuple[str, ...]:
        hosts = tuple(r for r, m in state.materials.items() if all(name in m for name in NEEDED))
        if isinstance(self.initial, dict):
            for r in self.initial:
                if r not in hosts:
                    raise unknown("host", r, hosts)
            for r in hosts:
                if r not in self.initial:
                    raise InputError(f"initial lithium fraction of '{r}' is missing")
        return hosts

    def _start(self, region: str) -> float:
        return self.initial[region] if isinstance(self.initial, dict) else self.initial

    def _surfaces(self, state: State) -> tuple[str, ...]:
        """Interfaces "host|electrolyte"."""
        return state.interfaces_between(self._hosts(state), state.electrolytes)

    def _equilibrium(self, state: State, interface: str) -> Any:
        curve = state.materials[interface.split("|")[0]]["open_circuit_potential"]
        return curve(state["lithium_fraction"]("+")) + entropy.drift(state, self._pair(state, interface))

    def _heat(self, state: State, interface: str) -> Any:
        reversible = entropy.reversible(state, self._pair(state, interface))
        eta, current = self.overpotential(state, interface), self.current(state, interface)
        film = self._film(state, interface)
        return current * (eta + reversible + (0.0 if film is None else current * film))

    def _film(self, state: State, interface: str) -> Any:
        """R_film [Ω m²]; None without a film."""
        given = self._pair(state, interface).get("film_resistance")
        if given is None or float(given(298.15)) == 0.0:
            return None
        return state.value(given, f"film resistance of {interface}")("+")

    def _stored(self, state: State, interface: str) -> Any:
        reversible = entropy.reversible(state, self._pair(state, interface))
        return self.current(state, interface) * (self._equilibrium(state, interface) - reversible)

    @staticmethod
    def _pair(state: State, interface: str) -> Pair:
        """Data of host and electrolyte: the library's, else the user's alone."""
        names = [state.materials[r].name for r in interface.split("|")]
        given = state.interface_data(interface)
        known = {"|".join(names), "|".join(names[::-1])} & set(available("pair"))
        data = pair(*names, **given) if known else Pair.custom("|".join(names), **given)
        if "exchange_current" not in data:
            raise InputError(
                f"'{interface}' needs an exchange current: stack.interface('{interface}', exchange_current=…)"
            )
        return data
