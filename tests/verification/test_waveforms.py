"""C-rates, pulses and alternating current, from hours to nanoseconds.

1C is the current that the inventory gives for an hour: F c_max l/(1 h) for a host of thickness l, F l/(Ω 1 h) for a
metal. A rectangular train of pulses (current I for t₁, none for t₂, T = t₁ + t₂) through a charge transfer R =
RT/(F i₀) with a double layer C in parallel, τ = RC: in the periodic state the overpotential at the end of a pulse and
at the end of a pause is

    η₁ = I R (1 − e^(−t₁/τ))/(1 − e^(−T/τ)),    η₂ = η₁ e^(−t₂/τ),

and the n-th pulse reaches η₁ (1 − e^(−nT/τ)). A sinusoid gives |Z| and arg Z of R/(1 + jωτ). Backward Euler with the
step h replaces e^(−t/τ) by (1 + h/τ)^(−t/h): errors of first order in h.
"""

import numpy as np
import pytest
from cells import T, layered
from test_intercalation import C_MAX, SLAB
from test_intercalation import cell as host_cell

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.units import hour, minute, um

pytestmark = pytest.mark.system("protocols")
SIGMA, METAL, EXCHANGE, LENGTH, FOIL = 0.05, 1.08e7, 50.0, 40 * um, 10 * um
R_CT = R * T / F / EXCHANGE
OHMIC = LENGTH / SIGMA + 2 * FOIL / METAL
SMALL = 1e-3  # A/m²: kinetics are linear to 1e-11
CIRCUIT = "R∥C circuit"


def cell(comm, protocol, capacitance):
    data = {"exchange_current": EXCHANGE, "transfer_coefficient": 0.5, "film_resistance": 0.0}
    metal = ssb.Material("Li", electronic_conductivity=METAL, molar_volume=13.0e-6)
    layers = {
        "anode": (metal, FOIL, 1),
        "separator": (ssb.Material("LLZO", ionic_conductivity=SIGMA), LENGTH, 1),
        "counter": (metal, FOIL, 1),
    }
    both = {"anode|separator": data, "separator|counter": data}
    mesh = layered(comm, 20 * um, layers, across=1, interface_data=both)
    physics = [ssb.Conduction(), ssb.ButlerVolmer(), ssb.Capacitance(electrode=capacitance)]
    return ssb.Model(mesh, physics).ground("top").apply(ssb.Cycler(protocol, into="bottom"))


def of_ends(result, times):
    """Overpotential of one electrode [V] where the stretch that ends at a time is over: its last row but one."""
    t, eta = result["time [s]"], result["voltage [V]"] - OHMIC * result["current density [A/m2]"]
    return np.array([eta[np.flatnonzero(np.isclose(t, end, rtol=1e-12, atol=0))[0]] / 2 for end in times])


@pytest.mark.parallel
def test_c_rates(verify, comm):
    model = host_cell(comm, ssb.CC(ssb.C(0.5), until=minute))
    result = model.run(quiet=True, first_step=minute, largest_step=minute)
    exact = 0.5 * F * C_MAX * SLAB / hour
    what = "0.5C of 2 µm NMC811 [A/m²]"
    verify(result["current density [A/m2]"][-1], exact, rtol=1e-12, what=what, source="F c_max l/2 h")
    lost = np.ptp(result["mean lithium fraction cathode [1]"])
    verify(lost, 0.5 * minute / hour, rtol=1e-6, what="lithium fraction given in a minute at 0.5C", source="1/120")
    found = [
        cell(comm, ssb.CC(given, until=1.0), 0.1).protocol[0][1].value
        for given in (-ssb.C(2), ssb.C(1, of="counter"), ssb.C(0.1, capacity=3.6e4))
    ]
    for value, exact, what in zip(
        found,
        (-2 * F * FOIL / 13.0e-6 / hour, F * FOIL / 13.0e-6 / hour, 1.0),
        ("−2C of 10 µm Li", "1C of the counter electrode", "0.1C of nominally 1 mAh/cm²"),
        strict=True,
    ):
        verify(value, exact, rtol=1e-10, what=f"{what} [A/m²]", source="Fl/(Ω 1 h)")
    steady = ssb.Model(model.mesh, model.physics).ground("bottom").apply(ssb.Current(ssb.C(1), into="top"))
    steady.solve()
    density = steady.boundary_conditions.value("electronic_potential", "top")
    verify(density, F * C_MAX * SLAB / hour, rtol=1e-12, what="1C as a load [A/m²]", source="F c_max l/1 h")


@pytest.mark.parametrize("tau", [pytest.param(1e-3, marks=pytest.mark.slow), 1e-7])
def test_pulses(verify, comm, tau):
    """Pulses of 0.7 τ with pauses of 0.9 τ: kHz and 6 MHz; the edges are hit, the charge is exact, errors halve."""
    on, off, count = 0.7 * tau, 0.9 * tau, 3
    ends = np.array([[k * (on + off) + on, (k + 1) * (on + off)] for k in range(count)]).ravel()
    whole = np.exp(-(on + off) / tau)
    peaks = [(1 - whole**n) * (1 - np.exp(-on / tau)) / (1 - whole) for n in range(1, count + 1)]
    exact = SMALL * R_CT * np.ravel([[p, p * np.exp(-off / tau)] for p in peaks])
    errors = []
    for pieces in (32, 64):
        train = ssb.Pulse(SMALL, on, off, until=count * (on + off))
        result = cell(comm, train, tau / R_CT).run(
            quiet=True, first_step=off / pieces, largest_step=off / pieces, change=1.0
        )
        errors.append(np.abs(of_ends(result, ends) / exact - 1).max())
    what = f"τ = {tau:g} s: error of η at all edges"
    verify.below(errors[-1], 0.015, what=f"{what}, 64 steps a pause", source=CIRCUIT)
    verify(errors[0] / errors[1], 2.0, rtol=0.05, what=f"{what}, ratio on halving the step", source="backward Euler")
    charge = result["capacity [mAh/cm2]"][-1] * 3.6e4
    verify(charge, SMALL * on * count, rtol=1e-12, what=f"τ = {tau:g} s: charge [C/m²]", source="I t₁ n")


@pytest.mark.parametrize("frequency", [pytest.param(1e3, marks=pytest.mark.slow), 1e6])
def test_alternating_current(verify, comm, frequency):
    """At ωτ = 1: amplitude and phase of the third period, extrapolated to vanishing steps."""
    tau = 1 / (2 * np.pi * frequency)
    found = []
    for pieces in (64, 128):
        wave = ssb.AC(SMALL, frequency, until=3 / frequency)
        step = 1 / frequency / pieces
        result = cell(comm, wave, tau / R_CT).run(quiet=True, first_step=step, largest_step=step, change=1.0)
        t = result["time [s]"]
        last = (t > 2 / frequency * (1 + 1e-9)) & (result["step [s]"] > 0)
        carrier = np.exp(-2j * np.pi * frequency * t[last])
        found.append((result["voltage [V]"][last] * carrier).sum() / (SMALL * (-1j) * last.sum() / 2))
    Z = 2 * found[1] - found[0]
    exact = OHMIC + 2 * R_CT / (1 + 1j)
    verify(abs(Z), abs(exact), rtol=2e-3, what=f"|Z| from a sinusoid of {frequency:g} Hz [Ω m²]", source=CIRCUIT)
    verify(np.angle(Z), np.angle(exact), rtol=5e-3, what=f"arg Z from a sinusoid of {frequency:g} Hz", source=CIRCUIT)


def test_pulses_of_voltage_that_reverse(verify, comm):
    """Each stretch lasts ten time constants τ = CR R_Ω/(R_Ω + 2R): its end is the steady current."""
    held, C = 1e-6, 0.1
    slow = 10 * C * R_CT * OHMIC / (OHMIC + 2 * R_CT)
    train = ssb.Pulse(held, slow, slow, until=2.5 * slow, base=-held, mode="voltage")
    result = cell(comm, train, C).run(quiet=True, first_step=slow / 64, largest_step=slow / 64)
    t, current = result["time [s]"], result["current density [A/m2]"]
    for end, sign in ((slow, 1), (2 * slow, -1)):
        found = current[np.flatnonzero(np.isclose(t, end, rtol=1e-12, atol=0))[0]]
        exact = sign * held / (OHMIC + 2 * R_CT)
        verify(found, exact, rtol=1e-3, what=f"current at the end of {sign:+d} µV [A/m²]", source="V/R")
    jump = current[np.flatnonzero(np.isclose(t, slow, rtol=1e-12, atol=0))[-1]]
    exact = -(held + held * 2 * R_CT / (OHMIC + 2 * R_CT)) / OHMIC
    verify(jump, exact, rtol=1e-3, what="current just after the reversal, double layers charged [A/m²]", source=CIRCUIT)
    verify(t[-1], 2.5 * slow, rtol=1e-12, what="end of a train that is cut [s]", source="until")


def test_cut_offs_are_those_of_the_whole_train(verify, comm):
    """2 s forth, 1 s back at half the current: 2.5 I have passed in all 1 s after the second pulse began."""
    train = ssb.Pulse(SMALL, 2.0, 1.0, until=(100.0, ssb.charge > 2.5 * SMALL), base=-0.5 * SMALL)
    result = cell(comm, train >> ssb.Rest(5.0), 0.1).run(quiet=True)
    verify(result.steps[0]["ended [s]"], 4.0, rtol=1e-6, what="end of a train by its net charge [s]", source="∫i dt")
    assert [step["by"] for step in result.steps] == ["charge [C/m2] > 0.0025", "time"]
    assert sorted(set(result["protocol step [1]"])) == [1, 2]
