"""Capacitance: charge stored in double layers, at grain boundaries and in the dielectric.

    electrode   i_n = i_F + C_dl ∂(ψ − φ)/∂t         boundary   i_n = ⟦φ⟧/R + C_gb ∂⟦φ⟧/∂t
    bulk        i = −σ ∇φ − ε ∇(∂φ/∂t)

| symbol | meaning | unit |
|---|---|---|
| C_dl | double-layer capacitance of an electrode, metal or host, in parallel to kinetics and film | F/m² |
| C_gb | capacitance of a resistive grain boundary or contact, in parallel to it | F/m² |
| ε | permittivity, relative × ε₀ | F/m |

A constant-phase element has the admittance Q (jω)^a in place of jωC; it exists in the frequency domain alone
(`fem_ssb.analysis.impedance`). Sources: Newman & Thomas-Alyea (2004), ch. 7 (double layer); Irvine, Sinclair & West,
Adv. Mater. 2 (1990) 132 (bulk and boundaries); Brug et al., J. Electroanal. Chem. 176 (1984) 275 (constant phase).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import ufl

from fem_ssb.constants import eps_0
from fem_ssb.errors import InputError, number
from fem_ssb.physics.base import Physics
from fem_ssb.problem.state import State


@dataclass(frozen=True)
class CPE:
    """Constant-phase element Q (jω)^a.

    Args:
        Q: [F s^(a−1)/m²].
        a: exponent, above 0 and at most 1 (a capacitor).

    Raises:
        InputError: values out of range.
    """

    Q: float
    a: float

    def __post_init__(self) -> None:
        number(self.Q, "Q of a constant-phase element [F s^(a−1)/m²]", above=0.0)
        number(self.a, "exponent of a constant-phase element", above=0.0, most=1.0)


class Capacitance(Physics):
    """Storage of charge beside the currents of `Conduction` and `ButlerVolmer`.

    Args:
        electrode: C_dl [F/m²] of every metal|electrolyte and host|electrolyte interface, a `CPE`, or "pair" for the
            library's value of each at its temperature; None = none.
        boundary: C_gb [F/m²] of every resistive boundary and contact, or a `CPE`; None = none.
        permittivity: relative, of all electrolytes; None = none.

    Raises:
        InputError: negative values, a pair without a double-layer capacitance.
    """

    def __init__(
        self,
        electrode: float | CPE | str | None = None,
        boundary: float | CPE | None = None,
        permittivity: float | None = None,
    ):
        if isinstance(electrode, str) and electrode != "pair":
            raise InputError(f"the electrode's capacitance is a number [F/m²], a CPE or 'pair', not '{electrode}'")
        for name, value in (("electrode", electrode), ("boundary", boundary)):
            if isinstance(value, int | float):
                number(value, f"capacitance of the {name} [F/m²]", least=0.0)
        if permittivity is not None:
            number(permittivity, "relative permittivity", above=0.0)
        self.electrode, self.boundary, self.permittivity = electrode, boundary, permittivity

    def provide(self, state: State) -> None:
        """Power that goes into storage [W/m³ in regions, W/m² at interfaces]."""
        for name, C in self._capacitors(state):
            if not isinstance(C, CPE):
                state.provide("stored_power", name, partial(self._power, state, name, C))
        for r in self._dielectrics(state):
            state.provide("stored_power", r, partial(self._polarised, state, r))

    def residuals(self, state: State) -> dict[str, Any]:
        """C/Δt ∫(Δ − Δ_old) ⟦v⟧ dS on the rows of both sides, and ε/Δt ∫∇(φ − φ_old)·∇v dx."""
        res: dict[str, Any] = {}
        for name, C in self._capacitors(state):
            if not isinstance(C, CPE):
                for row, form in self.across(state, name, C / state.dt, self._rise(state, name)).items():
                    res[row] = res.get(row, 0) + form
        for r in self._dielectrics(state):
            rise = state["ionic_potential"] - state.old("ionic_potential")
            form = self._eps * ufl.inner(ufl.grad(rise), ufl.grad(state.test("ionic_potential"))) / state.dt
            res["ionic_potential"] = res.get("ionic_potential", 0) + form * state.dx(r)
        return res

    def advance(self, state: State) -> None:
        """A run in time has no constant-phase elements."""
        if self.constant_phase(state):
            raise InputError("a constant-phase element exists in the frequency domain alone: give a capacitance [F/m²]")

    def constant_phase(self, state: State) -> list[tuple[float, dict[str, Any]]]:
        """(a, forms by row) of each constant-phase element: Q ∫Δ ⟦v⟧ dS, to be weighted with (jω)^a."""
        return [
            (C.a, self.across(state, name, C.Q, self._jump(state, name)))
            for name, C in self._capacitors(state)
            if isinstance(C, CPE)
        ]

    @staticmethod
    def across(state: State, interface: str, factor: Any, rise: Any) -> dict[str, Any]:
        """A current factor × rise from "+" to "−" on the rows that it leaves and enters."""
        phi = state.test("ionic_potential")
        current = factor * rise
        if interface in state.surfaces:
            psi = state.test("electronic_potential")
            return {
                "electronic_potential": current * psi("+") * state.dS(interface),
                "ionic_potential": -current * phi("-") * state.dS(interface),
            }
        return {"ionic_potential": current * ufl.jump(phi) * state.dS(interface)}

    @property
    def _eps(self) -> float:
        return eps_0 * (self.permittivity or 0.0)

    def _capacitors(self, state: State) -> list[tuple[str, Any]]:
        """(interface, capacitance) of electrodes and of boundaries that the ionic potential jumps across."""
        found: list[tuple[str, Any]] = []
        if self.electrode is not None:
            found += [(n, self._double_layer(state, n)) for n in state.surfaces]
        if self.boundary is not None:
            found += [(n, self.boundary) for n in state.fields["ionic_potential"].breaks]
        return found

    def _double_layer(self, state: State, interface: str) -> Any:
        if not isinstance(self.electrode, str):
            assert self.electrode is not None
            return self.electrode
        given = state.pair(interface).get("double_layer_capacitance")
        if given is None:
            raise InputError(
                f"'{interface}' has no double-layer capacitance: give stack.interface('{interface}', "
                "double_layer_capacitance=…) or Capacitance(electrode=…)"
            )
        return state.value(given, f"double-layer capacitance of {interface}")("+")

    def _dielectrics(self, state: State) -> tuple[str, ...]:
        return state.electrolytes if self.permittivity is not None else ()

    def _jump(self, state: State, interface: str, old: bool = False) -> Any:
        """ψ₊ − φ₋ at an electrode, φ₊ − φ₋ at a boundary."""
        read = state.old if old else state.__getitem__
        plus = "electronic_potential" if interface in state.surfaces else "ionic_potential"
        return read(plus)("+") - read("ionic_potential")("-")

    def _rise(self, state: State, interface: str) -> Any:
        return self._jump(state, interface) - self._jump(state, interface, old=True)

    def _power(self, state: State, interface: str, C: Any) -> Any:
        return C / state.dt * self._rise(state, interface) * self._jump(state, interface)

    def _polarised(self, state: State, region: str) -> Any:
        rise = ufl.grad(state["ionic_potential"] - state.old("ionic_potential"))
        return self._eps * ufl.inner(rise, ufl.grad(state["ionic_potential"])) / state.dt
