"""Intercalation: hosts that take up the working metal, their open-circuit curve and the diffusion within.

    c_max ∂x/∂t = ∇·(c_max D(x) ∇x),    −c_max D ∇x·n = i_n/F  at electrolyte|host,  n out of the host
    η = ψ − φ − U(x)
    i_n = i₀ √(4 x(1 − x)) [exp(α_a F η/RT) − exp(−α_c F η/RT)]

| symbol | meaning | unit |
|---|---|---|
| x | lithium (or sodium) fraction, 0 empty, 1 full | – |
| c_max | concentration of the full host | mol/m³ |
| D | diffusivity | m²/s |
| U | open-circuit potential against the metal | V |
| i_n | interface current, positive from host to electrolyte: the host is emptied | A/m² |
| i₀ | exchange current density of the pair, at half filling | A/m² |

x is continuous within touching hosts. The electrons of the host are `Conduction`'s: name it there,
`Conduction(electronic=["cathode"])`. A run ends cleanly where x at a surface leaves the range of the curve: the host is
full or empty. Where the material has a volume change V(x), elasticity gets the strain [(1 + V)/(1 + V₀)]^⅓ − 1 against
the start. Source: Doyle, Fuller & Newman, J. Electrochem. Soc. 140 (1993) 1526.
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
from fem_ssb.physics.rates import limited_exp
from fem_ssb.problem.fields import Field
from fem_ssb.problem.state import State

NEEDED = ("open_circuit_potential", "diffusivity", "maximum_concentration")
NARROW = 1e-4  # of the fraction: x(1 − x) in the exchange current is not taken below that of this distance to its ends


class Intercalation(Physics):
    """Lithium fraction x in every region whose material is a cathode (or any host) with an open-circuit curve.

    Args:
        initial: x at the start, of all hosts or by region.
        limits: (lowest, highest) x of the open-circuit curve; the run ends where a surface passes them.
        degree: Lagrange degree of x.

    Raises:
        InputError: values out of range; no host; a pair without exchange current; a film on a host's surface.
    """

    def __init__(
        self, initial: float | Mapping[str, float] = 0.5, limits: tuple[float, float] = (0.005, 0.995), degree: int = 1
    ):
        low, high = (number(v, "limit of the lithium fraction", least=0.0, most=1.0) for v in limits)
        if not low < high:
            raise InputError(f"limits of the lithium fraction are (lowest, highest), not {limits!r}")
        for value in initial.values() if isinstance(initial, Mapping) else (initial,):
            number(value, "initial lithium fraction", least=low, most=high)
        self.initial = dict(initial) if isinstance(initial, Mapping) else initial
        self.limits, self.degree = (low, high), degree

    def fields(self, state: State) -> list[Field]:
        """x [–] in the hosts."""
        hosts = self._hosts(state)
        if not hosts:
            raise InputError("Intercalation needs a region that is a host: its material must have " + ", ".join(NEEDED))
        c_max = max(float(state.materials[r]["maximum_concentration"](298.15)) for r in hosts)
        return [Field("lithium_fraction", "1", 1.0, c_max * state.height**state.dim, self.degree, regions=hosts)]

    def initialise(self, state: State) -> None:
        """x at the start; ψ of a host as if at rest, so that Newton does not begin with volts of overpotential."""
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
        """i_n [A/m²], reaction heat i_n(η + T ∂U/∂T) and the rest of i_n U, power that goes into the host [W/m²]."""
        for name in self._surfaces(state):
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
        """∫c_max(x − x_old)s + Δt c_max D ∇x·∇s dx + Δt∫ i_n/F s dS, and ∓∫ i_n v dS on both potentials."""
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
        return res

    def current(self, state: State, interface: str) -> Any:
        """i_n [A/m²]."""
        data = self._pair(state, interface)
        f = F * self.overpotential(state, interface) / (R * state["temperature"]("+"))
        i0 = state.value(data["exchange_current"], f"exchange current of {interface}")("+")
        alpha = 0.5 if data.get("transfer_coefficient") is None else float(data["transfer_coefficient"](298.15))
        x = state["lithium_fraction"]("+")
        share = ufl.sqrt(4 * ufl.max_value(x * (1 - x), NARROW * (1 - NARROW)))
        return i0 * share * (limited_exp(alpha * f) - limited_exp(-(1 - alpha) * f))

    def overpotential(self, state: State, interface: str) -> Any:
        """η = ψ − φ − U(x) [V]."""
        difference = state["electronic_potential"]("+") - state["ionic_potential"]("-")
        return difference - self._equilibrium(state, interface)

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

    def columns(self, state: State) -> dict[str, Any]:
        """Mean lithium fraction of each host."""
        x = state["lithium_fraction"]
        return {
            f"mean lithium fraction {r} [1]": x / state.mesh.volume(r) * state.dx(r) for r in self._hosts(state)
        } | {"intercalation heat": sum(state.quantity("heat", n) * state.dS(n) for n in self._surfaces(state))}

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
        return self.current(state, interface) * (self.overpotential(state, interface) + reversible)

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
        if data.get("film_resistance") is not None:
            raise InputError(f"a film on the host of '{interface}' is not modelled: leave film_resistance out")
        return data
