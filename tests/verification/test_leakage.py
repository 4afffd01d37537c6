r"""Leakage, self-discharge and polarisation with a blocking electrode, in one dimension.

Lithium | mixed conductor | host at U(x), at rest, fast kinetics: i_i = −i_e = −σ_iφ′, so both potentials are straight,
i_leak = σ_iσ_e/(σ_i + σ_e) U/L and V = U σ_i/(σ_i + σ_e). The host fills up: F c_max l dx/dt = i_leak(U(x)) where
diffusion within it is fast, integrated here by a Runge–Kutta method, and a charge q is lost when x has risen by
q/(F c_max l).

Hebb–Wagner. Lithium | mixed conductor | inert metal, V between them: no ion crosses the inert contact, φ is uniform and
−σ_e(ψ)ψ′ = i. With σ_e = σ_e°(n e^(−u) + p e^u) the integral over L gives

    i = (RT/F)(σ_e°/L)[n(1 − e^(−U)) + p(e^U − 1)],    U = FV/RT;

for a σ_e that does not follow u it is Ohm's law.

Both electrodes inert, double layers C: V at once on a mixed conductor drives (σ_i + σ_e)V/L; the ions charge C/2
through L/σ_i, so their share goes with e^(−t/τ), τ = CL/(2σ_i), after n steps h of backward Euler with (1 + h/τ)^(−n),
and the electrons' σ_e V/L is left. Nothing within the conductor turns ions into electrons, so of two layers in series
the L/σ_i add up, and the L/σ_e, whatever they are to each other.
"""

import numpy as np
import pytest
from cells import T, layered, one_region
from scipy.integrate import solve_ivp

import fem_ssb as ssb
from fem_ssb.analysis import effective_conductivity, leakage
from fem_ssb.constants import F, R
from fem_ssb.units import hour, nm, um

IONIC, ELECTRONIC, LENGTH, SLAB, C_MAX, FAST = 1e-3, 1e-6, 10 * um, 100 * nm, 63104.0, 1e3
SLOW = pytest.mark.slow
METAL = 10.0  # S/m: still equipotential, and the rounding of σ_e ψ is small beside the leak


def battery(comm, x):
    """Li | mixed conductor | thin NMC811 at the fraction x, at rest."""
    metal = ssb.Material("Li", electronic_conductivity=METAL)
    host = ssb.Material("NMC811", electronic_conductivity=METAL, diffusivity=1e-12, maximum_concentration=C_MAX)
    mixed = ssb.Material("LLZO", ionic_conductivity=IONIC, electronic_conductivity=ELECTRONIC)
    layers = {"anode": (metal, um, 1), "separator": (mixed, LENGTH, 4), "cathode": (host, SLAB, 2)}
    data = {"exchange_current": FAST, "transfer_coefficient": 0.5, "film_resistance": 0.0}
    interfaces = {"anode|separator": data, "separator|cathode": {"exchange_current": FAST}}
    mesh = layered(comm, 5 * um, layers, across=1, interface_data=interfaces)
    physics = [ssb.Conduction(electronic=["separator", "cathode"]), ssb.ButlerVolmer(), ssb.Intercalation(x)]
    return ssb.Model(mesh, physics).ground("bottom").apply(ssb.Current(0.0, into="top"))


@pytest.mark.system("A11")
def test_self_discharge(verify, comm):
    start, end = 0.4, 0.45
    host = ssb.Material("NMC811")
    ambipolar = IONIC * ELECTRONIC / (IONIC + ELECTRONIC)

    def leak(x):
        return ambipolar * host.open_circuit_potential(x) / LENGTH

    model = battery(comm, start)
    model.solve(dt=1e-6)
    found = leakage(model, "anode|separator")
    verify(found.current, leak(start), rtol=1e-4, what="leak of a charged cell at rest [A/m²]", source="σ_amb U/L")
    exact = host.open_circuit_potential(start) * IONIC / (IONIC + ELECTRONIC)
    verify(found.voltage, exact, rtol=1e-4, what="its voltage [V]", source="U σ_i/(σ_i + σ_e)")
    charge = F * C_MAX * SLAB * (end - start)
    full = F * C_MAX * SLAB
    ode = {"events": lambda t, x: x[0] - end, "rtol": 1e-9, "atol": 1e-12}
    exact = solve_ivp(lambda t, x: leak(x) / full, (0, 10 * hour), [start], **ode).t_events[0][0]
    result = battery(comm, start).run(1.2 * exact, quiet=True, first_step=exact / 64, largest_step=exact / 16)
    lost = np.interp(end, result["mean lithium fraction cathode [1]"], result["time [s]"])
    what = f"time to lose {charge:.3g} C/m², of the whole run [s]"
    verify(lost, exact, rtol=1e-3, what=what, source="F c_max l dx/dt = i_leak(U(x))")
    verify(found.time_to_lose(charge), exact, rtol=0.05, what=f"{what}, at the first leak", source="q/i_leak")
    assert abs(result["capacity [mAh/cm2]"][-1]) < 1e-15, "nothing has gone through the collector"


@pytest.mark.system("A6")
@pytest.mark.parallel
@pytest.mark.parametrize(
    "electrons, holes", [pytest.param(1.0, 0.0, marks=SLOW), pytest.param(0.0, 1.0, marks=SLOW), (1.0, 1e-3)]
)
def test_hebb_wagner(verify, comm, electrons, holes):
    for volts in (-0.02, 0.05, 0.15):
        found = blocked(comm, volts, [ssb.DefectElectrons(electrons, holes)])
        U = F * volts / (R * T)
        exact = R * T / F * ELECTRONIC / LENGTH * (electrons * -np.expm1(-U) + holes * np.expm1(U))
        what = f"current of electrons at {volts:g} V, n = {electrons:g}, p = {holes:g} [A/m²]"
        verify(found, exact, rtol=5e-3, what=what, source="Hebb–Wagner")


@pytest.mark.system("A6")
@pytest.mark.parallel
def test_polarisation_of_an_ohmic_leak(verify, comm):
    volts = 0.1
    found = blocked(comm, volts, [])
    verify(
        found, ELECTRONIC * volts / LENGTH, rtol=1e-8, what="ohmic leak at 0.1 V, ions blocked [A/m²]", source="σ_e V/L"
    )
    mixed = ssb.Material("LLZO", ionic_conductivity=IONIC, electronic_conductivity=ELECTRONIC)
    mesh = one_region(comm, (5 * um, LENGTH), (1, 4), mixed)
    sigma = effective_conductivity(mesh, "electronic", electronic=("separator",))[1, 1]
    verify(found * LENGTH / volts, sigma, rtol=1e-7, what="σ_e by polarisation [S/m]", source="effective_conductivity")


@pytest.mark.system("A6")
@pytest.mark.parallel
@pytest.mark.parametrize("dim", [2, 3])
def test_polarisation_between_blocking_electrodes(verify, comm, dim):
    """Two layers of different σ_i/σ_e: both conductivities of the pellet from one polarisation."""
    C, volts = 0.05, 0.01
    ionic, electronic = (1e-3, 4e-3), (2e-4, 5e-5)
    metal = ssb.Material("Li", electronic_conductivity=1e4)
    data = {"exchange_current": 1e-30, "transfer_coefficient": 0.5, "film_resistance": 0.0}
    layers = {"lower": (metal, um, 1)}
    for name, i, e in zip(("first", "second"), ionic, electronic, strict=True):
        layers[name] = (ssb.Material("LLZO", ionic_conductivity=i, electronic_conductivity=e), LENGTH, 3)
    layers["upper"] = (metal, um, 1)
    interfaces = {"lower|first": data, "first|second": {"film_resistance": 0.0}, "second|upper": data}
    mesh = layered(comm, 5 * um, layers, across=1, dim=dim, interface_data=interfaces)
    physics = [ssb.Conduction(electronic=["first", "second"]), ssb.ButlerVolmer(), ssb.Capacitance(electrode=C)]
    model = ssb.Model(mesh, physics).ground("top").apply(ssb.Voltage(volts, at="bottom"))
    series = {name: sum(LENGTH / s for s in pair) for name, pair in (("ionic", ionic), ("electronic", electronic))}
    tau = C / 2 * series["ionic"]
    step = tau / 20

    def current():
        return model.balances.reaction("electronic_potential", "bottom") / model.boundary_conditions.area("bottom")

    found = []
    for dt in (1e-9 * tau, *[step] * 20, 1e9 * tau):
        model.solve(dt=dt)
        found.append(current() / volts)
        model.accept()
    what, source = f"{dim}D, polarised between inert electrodes: ", "RC circuit"
    exact = 1 / series["electronic"] + (1 + step / tau) ** -20.0 / series["ionic"]
    verify(found[0], sum(1 / r for r in series.values()), rtol=1e-6, what=what + "1/R at once [S/m²]", source=source)
    verify(found[20], exact, rtol=1e-6, what=what + "1/R after τ [S/m²]", source=source)
    verify(found[-1], 1 / series["electronic"], rtol=1e-6, what=what + "1/R at last [S/m²]", source="electrons alone")


def blocked(comm, volts, more):
    """Current of electrons [A/m²] through Li | mixed conductor | inert contact; metal below, ψ held on top."""
    metal = ssb.Material("Li", electronic_conductivity=METAL)
    mixed = ssb.Material("LLZO", ionic_conductivity=IONIC, electronic_conductivity=ELECTRONIC)
    data = {"exchange_current": FAST, "transfer_coefficient": 0.5, "film_resistance": 0.0}
    layers = {"anode": (metal, um, 1), "separator": (mixed, LENGTH, 60)}
    mesh = layered(comm, um, layers, across=1, interface_data={"anode|separator": data})
    physics = [ssb.Conduction(degree=2, electronic=["separator"]), ssb.ButlerVolmer(), *more]
    model = ssb.Model(mesh, physics).ground("bottom")
    model.apply(ssb.Fixed("electronic_potential", "top", lambda t: t * volts))
    for share in (0.5, 0.75, 1.0):  # holes rise by e⁶ at 150 mV: Newton does not cross that at once
        model.state.time.value = share
        model.solve()
    return model.balances.reaction("electronic_potential", "top") / model.boundary_conditions.area("top")
