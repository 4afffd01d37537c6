"""The pressure of a metal shifts its potential: an open-circuit cell whose electrodes are stressed unequally.

Li⁺ + e⁻ ⇌ Li is at equilibrium where η = ψ − φ + Ωp/F = 0. Without current φ is uniform, so two electrodes under the
pressures p_b and p_t differ by V = ψ_b − ψ_t = −Ω(p_b − p_t)/F: the more compressed one is the more negative, 134.7
mV/GPa for lithium (Ω = 13.0e-6 m³/mol) and 246.7 for sodium (23.8e-6).

The stress: the stack is held on rollers at the bottom and the sides and pressed with p_t on top; a body force b
along the stack in the electrolyte (a clamp that takes up load) is balanced by p_b = p_t − b L, whatever the moduli
are, because a one-dimensional stack is statically determinate.

With a current the same shift stands in both interfaces: V = iL/σ + 2(2RT/F)asinh(i/2i₀) − Ω(p_b − p_t)/F. At a given
voltage that drives plating at the top, compression of that electrode lowers the current and tension raises it.
"""

import numpy as np
import pytest
import scipy.optimize
from cells import kinetic, layered, voltage

import fem_ssb as ssb
from fem_ssb.analysis.interfaces import InterfaceMap
from fem_ssb.constants import F
from fem_ssb.units import GPa, MPa, mV, um

LENGTH, SIGMA, EXCHANGE = 20 * um, 0.05, 100.0
pytestmark = [pytest.mark.system("D1"), pytest.mark.parallel]


class BodyForce(ssb.Physics):
    """A force density along the stack in one region."""

    def __init__(self, region, density):
        self.region, self.density = region, density

    def residuals(self, state):
        w = state.test("displacement")
        return {"displacement": -state.value(self.density) * w[state.dim - 1] * state.dx(self.region)}


def cell(comm, metal, electrolyte, difference, pressure, load):
    """Metal | electrolyte | metal with p_top − p_bottom = difference."""
    data = {"exchange_current": EXCHANGE, "transfer_coefficient": 0.5}
    layers = {
        "anode": (metal, 5 * um, 2),
        "separator": (ssb.Material(electrolyte, ionic_conductivity=SIGMA), LENGTH, 3),
        "counter": (metal, 5 * um, 2),
    }
    mesh = layered(comm, 10 * um, layers, interface_data={"anode|separator": data, "separator|counter": data})
    physics = [
        ssb.Conduction(),
        ssb.ButlerVolmer(),
        ssb.Elasticity(creep=False),
        BodyForce("separator", difference / LENGTH),
    ]
    model = ssb.Model(mesh, physics)
    model.ground("top")
    model.apply(load, ssb.StackPressure(pressure))
    model.solve()
    return model


def pressures(model):
    return [InterfaceMap(model.state, "interface_pressure", n).evaluate()["mean"] for n in model.state.electrodes]


@pytest.mark.parametrize(
    "metal, electrolyte, volume, shift", [("Li", "LLZO", 13.0e-6, 134.7), ("Na", "NZSP", 23.8e-6, 246.7)]
)
def test_open_circuit_voltage_of_unequal_stress(verify, comm, metal, electrolyte, volume, shift):
    for difference in (1.0 * GPa, -0.2 * GPa):
        model = cell(
            comm,
            ssb.Material(metal, molar_volume=volume),
            electrolyte,
            difference,
            1.5 * GPa,
            ssb.Current(0.0, into="bottom"),
        )
        bottom, top = pressures(model)
        given = f"{metal}, Δp = {difference / GPa:g} GPa"
        verify(top, 1.5 * GPa, rtol=1e-8, what=f"{given}: pressure of the top electrode [Pa]", source="statics")
        verify(
            bottom, 1.5 * GPa - difference, rtol=1e-8, what=f"{given}: of the bottom electrode [Pa]", source="statics"
        )
        verify(
            voltage(model),
            volume * difference / F,
            rtol=1e-8,
            what=f"{given}: open-circuit voltage [V]",
            source="ΩΔp/F",
        )
        slope = voltage(model) / mV / (difference / GPa)
        verify(slope, shift, atol=0.05, what=f"{given}: shift [mV/GPa]", source="row D1, Ω/F")


def test_compression_hinders_plating(verify, comm):
    """Current at 20 mV against the root of the closed form, for an electrode on top in tension, at rest, compressed."""
    volume, given, currents = 13.0e-6, 20 * mV, []
    differences = (-100 * MPa, 0.0, 100 * MPa)
    for difference in differences:
        pressure = max(difference, 0.0)  # the lower electrode stays free of pressure or takes the load
        lithium = ssb.Material("Li", molar_volume=volume)
        model = cell(comm, lithium, "LLZO", difference, pressure, ssb.Voltage(given, at="bottom"))
        current = model.balances.reaction("electronic_potential", "bottom") / model.boundary_conditions.area("bottom")

        def misfit(i, shift=volume * difference / F):
            return i * (LENGTH / SIGMA + 10 * um / 1.08e7) + 2 * kinetic(i, EXCHANGE) + shift - given

        exact = scipy.optimize.brentq(misfit, -1e4, 1e4, xtol=1e-12, rtol=1e-14)
        what = f"plating current at 20 mV, p_top − p_bottom = {difference / MPa:g} MPa [A/m²]"
        verify(current, exact, rtol=1e-7, what=what, source="iL/σ + (4RT/F)asinh(i/2i₀) + ΩΔp/F = V")
        currents.append(current)
    what = "plating current as its electrode goes from tension to compression [A/m²]"
    verify.trend(np.array(currents), "falling", what=what, source="Monroe & Newman 2005")
