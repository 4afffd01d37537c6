"""Li | single-ion conductor | host, one-dimensional, at constant current: closed form.

Fraction in a slab of thickness l with the flux j = i/F out of one face, from x₀ everywhere (Crank, The Mathematics of
Diffusion, 2nd ed., eq. 4.55, with τ = Dt/l² and ξ the distance from the closed face over l):

    x = x₀ − (j l/(D c_max)) [τ + (3ξ² − 1)/6 − (2/π²) Σ (−1)ⁿ/n² exp(−n²π²τ) cos(nπξ)]

Its mean is x₀ − jt/(c_max l) (lithium balance). The voltage of the host against lithium is

    V = U(x_s) + i L/σ + (2RT/F) asinh(i/(2 i₀√(4x_s(1 − x_s)))) + (2RT/F) asinh(i/2i₀_Li),    x_s = x at ξ = 1.
"""

import numpy as np
import pytest
from cells import kinetic, layered, rates, total

import fem_ssb as ssb
from fem_ssb.constants import F
from fem_ssb.units import mA_cm2, minute, um

pytestmark = pytest.mark.system("electrodes")
SIGMA, LENGTH, SLAB, FOIL = 0.05, 20 * um, 2 * um, 5 * um
I0, I0_LI, D, C_MAX, X0 = 5.0, 50.0, 4e-15, 63104.0, 0.6


def cell(comm, protocol, rows=16, initial=X0, limits=(0.005, 0.995), exchange=I0, heat=()):
    metal = ssb.Material("Li", electronic_conductivity=1.08e7)
    host = ssb.Material("NMC811", electronic_conductivity=1e4)
    layers = {
        "anode": (metal, FOIL, 1),
        "separator": (ssb.Material("LLZO", ionic_conductivity=SIGMA), LENGTH, 2),
        "cathode": (host, SLAB, rows),
    }
    data = {
        "anode|separator": {"exchange_current": I0_LI, "transfer_coefficient": 0.5, "film_resistance": 0.0},
        "separator|cathode": {"exchange_current": exchange} if exchange else {},
    }
    mesh = layered(comm, 10 * um, layers, across=1, interface_data=data)
    physics = [ssb.Conduction(electronic=["cathode"]), ssb.ButlerVolmer(), ssb.Intercalation(initial, limits), *heat]
    return ssb.Model(mesh, physics).ground("bottom").apply(ssb.Cycler(protocol, into="top"))


def surface(i, t, x0=X0):
    """x_s of the closed form."""
    n, tau = np.arange(1, 400), D * t / SLAB**2
    series = (np.exp(-(n**2) * np.pi**2 * tau) / n**2).sum()
    return x0 - i / F * SLAB / (D * C_MAX) * (tau + 1 / 3 - 2 / np.pi**2 * series)


def voltage(i, x):
    U = ssb.Material("NMC811").open_circuit_potential(x)
    ohmic = LENGTH / SIGMA + FOIL / 1.08e7 + SLAB / 1e4
    return U + i * ohmic + kinetic(i, I0 * np.sqrt(4 * x * (1 - x))) + kinetic(i, I0_LI)


def run(comm, i, duration, steps, rows=16, **more):
    model = cell(comm, ssb.CC(i, until=duration), rows, **more)
    return model.run(quiet=True, first_step=duration / steps, largest_step=duration / steps, change=1.0)


@pytest.mark.slow
def test_adiabatic(verify, comm):
    """A cell that loses no heat warms by what its overpotentials dissipate, Σρcl ΔT = ∫ i(V − U) dt."""
    i, duration = 0.5 * mA_cm2, 1 * minute
    result = run(comm, i, duration, 16, heat=[ssb.Heat()])
    time, U = result["time [s]"], ssb.Material("NMC811").open_circuit_potential
    power = [i * (voltage(i, x) - U(x)) for x in (surface(i, t) for t in time[1:])]
    layers = {"Li": FOIL, "LLZO": LENGTH, "NMC811": SLAB}
    capacity = sum(t * float(ssb.Material(m).density() * ssb.Material(m).specific_heat()) for m, t in layers.items())
    exact = np.dot(power, np.diff(time)) / capacity
    found = result["mean temperature [K]"][-1] - 298.15
    verify(
        found,
        exact,
        rtol=2e-3,
        what="cell with a host that loses no heat: warmer in a minute by [K]",
        source="i(V − U)t",
    )
    verify.below(np.nanmax(result["power imbalance [1]"]), 1e-8, what="with heat: power imbalance", source="energy")


@pytest.mark.parametrize("i", [0.05 * mA_cm2, -0.05 * mA_cm2])
def test_galvanostatic(verify, comm, i):
    """Charge (the host is emptied) and discharge; the step is halved with the mesh size twice."""
    duration, errors = 20 * minute, []
    exact = voltage(i, surface(i, duration))
    for rows, steps in ((16, 32), (32, 64), (64, 128)):
        result = run(comm, i, duration, steps, rows)
        errors.append(abs(result["voltage [V]"][-1] - exact))
    verify(
        result["voltage [V]"][-1], exact, rtol=1e-4, what=f"voltage at {i:+.2g} A/m² after 20 min [V]", source="series"
    )
    verify.below(-min(rates(errors)), -0.9, what="minus the order of convergence, step and mesh halved", source="1")
    mean = result["mean lithium fraction cathode [1]"]
    verify(mean[-1], X0 - i * duration / (F * C_MAX * SLAB), rtol=1e-9, what="mean fraction", source="Faraday")
    verify.below(np.nanmax(result["power imbalance [1]"]), 1e-8, what="power imbalance", source="energy")


def test_rest_is_the_open_circuit_curve(verify, comm):
    for x in (0.3, 0.6, 0.9):
        model = cell(comm, ssb.Rest(1.0), 2, initial=x)
        result = model.run(quiet=True)
        U = ssb.Material("NMC811").open_circuit_potential(x)
        verify(result["voltage [V]"][-1], U, rtol=1e-10, what=f"open-circuit voltage at x = {x} [V]", source="U(x)")


@pytest.mark.parallel
def test_lithium_over_a_cycle(verify, comm):
    i, t = 0.1 * mA_cm2, 10 * minute
    model = cell(comm, ssb.CC(i, until=t) >> ssb.Rest(minute) >> ssb.CC(-i, until=t), 8)
    result = model.run(quiet=True)
    state = model.state
    x = state["lithium_fraction"]
    mean = total(comm, x * state.dx("cathode")) / state.mesh.volume("cathode")
    moved = i * t / (F * C_MAX * SLAB)
    verify.below(abs(mean - X0) / moved, 1e-9, what="lithium lost over a cycle, of what moved", source="Faraday")
    assert result["mean lithium fraction cathode [1]"].min() < X0 - 0.9 * moved


def test_a_host_that_is_empty_ends_the_run_cleanly(verify, comm):
    """Sand's time of the host: x_s reaches the limit at the t of the closed form."""
    from scipy.optimize import brentq

    i, limit = 0.5 * mA_cm2, 0.05
    model = cell(comm, ssb.CC(i, until=3600.0), 64, limits=(limit, 0.995))
    result = model.run(quiet=True, largest_step=2.0)
    fraction = model.state["lithium_fraction"].x.array
    assert min(comm.allgather(float(np.where(fraction > 0, fraction, 1.0).min()))) > 0.9 * limit
    assert not result.finished and "the host 'cathode' is empty at its surface" in result.reason
    exact = brentq(lambda t: surface(i, t) - limit, 1.0, 3600.0)
    verify(result["time [s]"][-1], exact, rtol=0.02, what="time to an empty surface [s]", source="series")


def test_what_is_refused(comm):
    with pytest.raises(ssb.InputError, match="initial lithium fraction must be at least"):
        ssb.Intercalation(initial=-0.1)
    with pytest.raises(ssb.InputError, match=r"limits of the lithium fraction are \(lowest, highest\)"):
        ssb.Intercalation(limits=(0.9, 0.1))
    with pytest.raises(ssb.InputError, match="unknown host 'anode'"):
        cell(comm, ssb.Rest(1.0), 2, initial={"anode": 0.5}).solve()
    deaf = cell(comm, ssb.Rest(1.0), 2)
    deaf.physics[0] = ssb.Conduction()
    with pytest.raises(ssb.InputError, match=r"host 'cathode' has no electrons to give: Conduction\(electronic="):
        deaf.solve()
    with pytest.raises(ssb.InputError, match="needs an exchange current"):
        cell(comm, ssb.Rest(1.0), 2, exchange=None).solve()
