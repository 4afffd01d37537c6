r"""Pulses longer than the charging of the double layer, shorter than the depletion of the salt (A16a).

A polymer with t₊ = 0.3 over a ridge of lithium, plated with I. Two times bound the window:

* charging: below some C η/I the double layer takes the current. On a flat electrode C dη/dt = I(t) − 2i₀ sinh(Fη/2RT),
  integrated here by a Runge–Kutta method, gives the share of a pulse that reacts.
* depletion: Sand's time τ = πD(c₀F/(2I(1 − t₊)))² = 20 ms here, as published.

Within the window the kinetics level the current over the ridge; near depletion the ridge, which stands in richer salt,
takes what the plane no longer gets. So the peak current at the tip must rise from pulses of 2 ms over pulses of 20 ms
to a constant current of the same size, which runs out of salt, while the pulses pass more charge than that.

Sources: Qiao et al., J. Energy Storage 49 (2022) 104137; Aryanfar et al., J. Phys. Chem. Lett. 5 (2014) 1721.
"""

import numpy as np
import pytest
from cells import T, layered
from scipy.integrate import solve_ivp
from shapes import ridge

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.units import ms, um, us

pytestmark = pytest.mark.system("A16a")
D, SHARE, C0, PULSE, EXCHANGE, C_DL = 1e-11, 0.3, 1000.0, 2732.0, 300.0, 1.0
TAU = np.pi * D * (C0 * F / (2 * PULSE * (1 - SHARE))) ** 2
PAIR = {"exchange_current": EXCHANGE, "transfer_coefficient": 0.5, "film_resistance": 0.0}
BOTH = {"anode|separator": PAIR, "separator|counter": PAIR}


def polymer():
    return ssb.Material.custom(
        "polymer", kind="electrolyte", ionic_conductivity=0.1, salt_diffusivity=D, transference_number=SHARE
    )


def plated(comm, protocol, size=0.04, **options):
    """History of plating on a ridge: peak reaction current, its mean over the electrode, charge [C/m²]."""
    shape = ridge(0.2, 0.4, 1.0, 1.6, size, 0.15)
    materials = {"anode": "Li", "separator": polymer(), "counter": "Li"}
    mesh = ssb.from_gmsh(comm, shape, scale=um, materials=materials, interface_data=BOTH)
    physics = [ssb.Conduction(), ssb.ButlerVolmer(), ssb.Capacitance(electrode=C_DL)]
    model = ssb.Model(mesh, [*physics, ssb.Salt(C0, conductivity="dilute")])
    model.ground("bottom").apply(ssb.Cycler(protocol, into="top"))
    result = model.run(quiet=True, **options)
    mean = np.abs(result["mean current anode|separator [A/m2]"])
    peak = mean * np.nan_to_num(result["current focusing anode|separator [1]"])
    return result, peak, mean


def test_the_window(verify, comm):
    verify(TAU, 20 * ms, rtol=1e-3, what="Sand's time of the cell [s]", source="Aryanfar et al. 2014: about 20 ms")
    on, off = 2 * ms, 8 * ms
    steady, constant, _ = plated(comm, ssb.CC(PULSE, until=4 * TAU), first_step=10 * us, largest_step=ms)
    assert not steady.finished and "Sand" in steady.reason
    train, short, _ = plated(comm, ssb.Pulse(PULSE, on, off, until=15 * (on + off)), first_step=on / 16, change=0.1)
    assert train.finished
    _, long, _ = plated(comm, ssb.Pulse(PULSE, TAU, 4 * TAU, until=5 * TAU), first_step=TAU / 128, change=0.05)
    peaks = [p.max() / PULSE for p in (short, long, constant)]
    what = "peak current at the tip over I: pulses of 2 ms, of 20 ms, constant"
    verify.trend(peaks, "rising", what=what, source="Aryanfar et al. 2014")
    passed, lost = train["capacity [mAh/cm2]"][-1], steady["capacity [mAh/cm2]"][-1]
    what = "charge until a constant current has used up the salt, of that which the pulses pass"
    verify.below(lost / passed, 1.0, what=what, source="Aryanfar et al. 2014")


@pytest.mark.slow
def test_the_peak_does_not_depend_on_the_mesh(verify, comm):
    """After 2 ms at constant current, on meshes of half the size."""
    peaks = [
        plated(comm, ssb.CC(PULSE, until=2 * ms), size, first_step=ms / 16, change=0.1)[1][-1] / PULSE
        for size in (0.04, 0.02, 0.01)
    ]
    what = "peak current at the tip over I after 2 ms, 20 nm cells"
    verify(peaks[1], peaks[2], rtol=0.01, what=what, source="10 nm cells")
    assert abs(peaks[2] - peaks[1]) < abs(peaks[1] - peaks[0])


@pytest.mark.parametrize("on, dim", [pytest.param(4 * us, 3, marks=pytest.mark.parallel), (2 * ms, 2)])
def test_what_of_a_pulse_reacts(verify, comm, on, dim):
    """The largest reaction current of some pulses, over I, on a flat electrode."""
    off, count = 4 * on, 5 if dim == 2 else 2
    layers = {"anode": ("Li", 5 * um, 1), "separator": ("LLZO", 5 * um, 1), "counter": ("Li", 5 * um, 1)}
    mesh = layered(comm, 5 * um, layers, across=1, dim=dim, interface_data=BOTH)
    physics = [ssb.Conduction(), ssb.ButlerVolmer(), ssb.Capacitance(electrode=C_DL)]
    train = ssb.Pulse(PULSE, on, off, until=count * (on + off))
    model = ssb.Model(mesh, physics).ground("bottom").apply(ssb.Cycler(train, into="top"))
    step = min(on, 64 * us) / 64
    result = model.run(quiet=True, first_step=step, change=0.002)
    found = np.abs(result["mean current anode|separator [A/m2]"]).max() / PULSE

    def rate(eta):
        return 2 * EXCHANGE * np.sinh(F * eta / (2 * R * T))

    eta, largest = 0.0, 0.0
    for _ in range(count):
        for current, duration in ((PULSE, on), (0.0, off)):

            def charging(t, y, current=current):
                return (current - rate(y)) / C_DL

            eta = solve_ivp(charging, (0, duration), [eta], method="LSODA", rtol=1e-9, atol=1e-12).y[0, -1]
            largest = max(largest, rate(eta) / PULSE)
    what = f"{dim}D, share of a pulse of {on:g} s that reacts at most"
    verify(found, largest, rtol=0.01, what=what, source="C dη/dt = I − 2i₀ sinh(Fη/2RT)")
    if on < C_DL * 0.1 / PULSE:
        verify.below(found, 0.5, what=f"{what}: below charging", source="Qiao et al. 2022")
    else:
        verify.below(1 - found, 0.01, what=f"{what}: shortfall within the window", source="Qiao et al. 2022")
