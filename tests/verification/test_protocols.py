"""Protocols of a cycler on a symmetric cell, against its closed-form voltage.

Li | LLZO | Li in one dimension: V(i) = i (L/σ + 2 l/σ_e) + 2 (2RT/F) asinh(i/2i₀), odd in i, without memory. So a
constant current gives V(i), a constant voltage the i with V(i) = V, a constant power the i with i V(i) = P, a rest
nothing; a current i = r t meets a cut-off V_c at t = i(V_c)/r, and a charge q at t = √(2q/r); a current there and
back for the same time leaves the thickness of the metal where it was (Faraday: h = −Ω i t/F on the way).
"""

import numpy as np
import pytest
from cells import kinetic, layered
from scipy.optimize import brentq

import fem_ssb as ssb
from fem_ssb.constants import F
from fem_ssb.units import hour, mA_cm2, mAh_cm2, minute, um

SIGMA, METAL, EXCHANGE = 0.05, 1.08e7, 50.0
LENGTH, FOIL = 40 * um, 10 * um
pytestmark = pytest.mark.system("protocols")
SOURCE = "V(i) = iL/σ + 2(2RT/F)asinh(i/2i₀)"


def V(i):
    return i * (LENGTH / SIGMA + 2 * FOIL / METAL) + 2 * kinetic(i, EXCHANGE)


def cell(comm, protocol, plating=False, dim=2):
    data = {"exchange_current": EXCHANGE, "transfer_coefficient": 0.5, "film_resistance": 0.0}
    metal = ssb.Material("Li", electronic_conductivity=METAL)
    layers = {
        "anode": (metal, FOIL, 1),
        "separator": (ssb.Material("LLZO", ionic_conductivity=SIGMA), LENGTH, 2),
        "counter": (metal, FOIL, 1),
    }
    both = {"anode|separator": data, "separator|counter": data}
    mesh = layered(comm, 30 * um, layers, dim=dim, interface_data=both)
    physics = [ssb.Conduction(), ssb.ButlerVolmer(), *([ssb.Plating()] if plating else [])]
    return ssb.Model(mesh, physics).ground("top").apply(ssb.Cycler(protocol, into="bottom"))


def run(comm, protocol, **options):
    options.setdefault("first_step", 1e9)  # as long as the step: nothing changes within it
    return cell(comm, protocol).run(quiet=True, largest_step=1e9, **options)


def of_step(result, number, column):
    return result[column][result["protocol step [1]"] == number]


@pytest.mark.parallel
def test_current_voltage_power_and_rest(verify, comm):
    i, held, power = 1 * mA_cm2, 0.03, 5.0
    steps = ssb.CC(i, until=hour) >> ssb.CV(held, until=hour) >> ssb.CP(power, until=hour) >> ssb.Rest(10 * minute)
    result = run(comm, steps >> ssb.CC(-i, until=minute))
    wanted = brentq(lambda j: V(j) - held, 0, 1e4, xtol=1e-12)
    powered = brentq(lambda j: j * V(j) - power, 0, 1e4, xtol=1e-12)
    for number, current in enumerate([i, wanted, powered, 0.0, -i], start=1):
        found = of_step(result, number, "current density [A/m2]")[-1], of_step(result, number, "voltage [V]")[-1]
        verify(found[0], current, atol=1e-8 * i, what=f"step {number}: current density [A/m²]", source=SOURCE)
        verify(found[1], V(current), atol=1e-10, what=f"step {number}: voltage [V]", source=SOURCE)
    time = np.array([step["ended [s]"] for step in result.steps])
    verify(time[3], 3 * hour + 10 * minute, rtol=1e-14, what="end of the rest [s]", source="sum of durations")


@pytest.mark.parallel
def test_cut_offs_are_met_and_not_overshot(verify, comm):
    rate, limit = 1 * mA_cm2 / minute, 0.05
    ramp = ssb.Sweep("current", 0.0, 10 * mA_cm2, rate, until=[ssb.voltage > limit])
    result = run(comm, ramp, first_step=minute)
    exact = brentq(lambda j: V(j) - limit, 0, 1e4, xtol=1e-12) / rate
    verify(result["time [s]"][-1], exact, rtol=1e-6, what="time of a voltage cut-off [s]", source=SOURCE)
    verify(result["voltage [V]"][-1], limit, rtol=1e-6, what="voltage at its cut-off [V]", source="the cut-off")
    verify.below(result["voltage [V]"][:-1].max(), limit, what="voltage before [V]", source="the cut-off")

    i, q = 2 * mA_cm2, 0.7 * mAh_cm2
    result = run(comm, ssb.CC(i, until=(hour, ssb.charge > q)) >> ssb.Rest(minute), first_step=minute)
    verify(result.steps[0]["ended [s]"], q / i, rtol=1e-6, what="time of a charge cut-off [s]", source="q/i")
    falling = ssb.CV(lambda t: 0.1 - 1e-4 * t, until=(900.0, ssb.current < 1 * mA_cm2))
    result = run(comm, falling, first_step=10.0)
    exact = (0.1 - V(1 * mA_cm2)) / 1e-4
    verify(result["time [s]"][-1], exact, rtol=1e-6, what="time of a current cut-off at CV [s]", source=SOURCE)

    power = 0.5  # W/(m² s)
    rising = ssb.Sweep("power", 0.0, 100.0, power, until=[ssb.voltage > limit])
    result = run(comm, rising, first_step=20.0)
    at = brentq(lambda j: V(j) - limit, 0, 1e4, xtol=1e-12)
    exact = at * limit / power
    verify(result["time [s]"][-1], exact, rtol=1e-6, what="time of a voltage cut-off at power [s]", source=SOURCE)
    verify(result["current density [A/m2]"][-1], at, rtol=1e-6, what="current there [A/m²]", source=SOURCE)


def test_of_two_cut_offs_in_a_step_the_first_one_ends_it(verify, comm):
    """Both are passed within one step of time: the one of the charge later, though it stands first."""
    i, held = 1 * mA_cm2, 100.0
    limit = 0.5 * V(i)
    rising = ssb.CC(lambda t: i * t / held, until=(held, ssb.charge > 0.4 * i * held, ssb.voltage > limit))
    result = run(comm, rising)
    exact = brentq(lambda j: V(j) - limit, 0, i, xtol=1e-12) * held / i
    verify(result["time [s]"][-1], exact, rtol=1e-6, what="time of the earlier of two cut-offs [s]", source=SOURCE)
    assert result.steps[0]["by"] == f"voltage [V] > {limit:g}"


@pytest.mark.parallel
@pytest.mark.parametrize("dim", [2, 3])
def test_lithium_over_cycles(verify, comm, dim):
    """Three cycles with a rest: what was plated is stripped again, to rounding."""
    i, t = 1 * mA_cm2, 20 * minute
    model = cell(comm, (ssb.CC(i, until=t) >> ssb.Rest(minute) >> ssb.CC(-i, until=t)) * 3, plating=True, dim=dim)
    result = model.run(quiet=True)
    assert result["cycle [1]"][-1] == 3 and result["protocol step [1]"][-1] == 9
    assert [step["cycle"] for step in result.steps] == [1] * 3 + [2] * 3 + [3] * 3
    plated = 13.0e-6 * i * t / F
    what = f"{dim}D: plated, Ω of 13 cm³/mol [m]"
    verify(result["max plated thickness [m]"].max(), plated, rtol=1e-3, what=what, source="Ωit/F")
    left = abs(model.state["metal_thickness"].x.array).max(initial=0.0)
    left = max(comm.allgather(float(left)))
    what = f"{dim}D: thickness left after three cycles, of what was plated"
    verify.below(left / plated, 1e-9, what=what, source="Faraday")
    charged = abs(result["capacity [mAh/cm2]"][-1]) * mAh_cm2
    what = f"{dim}D: charge left after three cycles, of what passed"
    verify.below(charged / (i * t), 1e-9, what=what, source="Faraday")


def test_staircase_of_a_critical_current_test(verify, comm):
    limit = V(2.5 * mA_cm2)
    densities = np.array([1, 2, 3, 4]) * mA_cm2
    result = run(comm, ssb.staircase(densities, hold=600.0, rest=60.0, until=[ssb.voltage > limit]))
    assert [s["by"] for s in result.steps[:8]] == ["time"] * 8
    assert all("at its start" in s["by"] for s in result.steps if "30 A" in s["step"] and "-30" not in s["step"])
    seen = [of_step(result, 1 + 4 * k, "voltage [V]")[-1] for k in range(2)]
    for k, found in enumerate(seen):
        verify(found, V(densities[k]), rtol=1e-8, what=f"voltage of stair {k + 1} [V]", source=SOURCE)


def test_a_sine_current(verify, comm):
    """±1 mA/cm² at 1 kHz: the peak voltages are those of the closed form at the times solved."""
    i, f = 1 * mA_cm2, 1e3
    sine = ssb.CC(lambda t: i * np.sin(2 * np.pi * f * t), until=1 / f)
    result = cell(comm, sine).run(quiet=True, first_step=1 / f / 64, largest_step=1 / f / 64)
    found, exact = result["voltage [V]"], V(i * np.sin(2 * np.pi * f * result["time [s]"]))
    verify.below(np.abs(found - exact).max(), 1e-10, what="voltage under a sine [V], largest error", source=SOURCE)
    assert len(found) == 65
