r"""What happens at the surface of a host: rate laws, films, contact, double layers, diffusion, a salt. Closed forms.

Li | electrolyte | host in one dimension. At the first moment x = x₀ everywhere, so with R_film and the contact θ

    V = U(x₀) + i (Σ l/σ + R_film) + (RT/F) f(i/(θ i₀ s)) + (2RT/F) asinh(i/2i₀_Li),    s = √(4x₀(1 − x₀))

where f is the inverse of the rate law, found here by bisection; Chidsey's integral is done by quadrature.

Small signals: x follows in a slab of the thickness l, closed at the collector (Warburg's finite-space impedance):
D δx″ = jω δx with −c_max D δx′ = ±δi/F gives δU = −U′ δx_s, Z_D = −U′ l coth(√s)/(F c_max D √s), s = jωl²/D, so

    Z = Σ l/σ + 1/(1/R_Li + jωC) + 1/(jωC + 1/(RT/(F i₀ s) + R_film + Z_D)).

In a salt of the concentration c at its surface the host's exchange current is i₀√(c/c₀); in the steady state the
profile is straight, c = c₀ ± (1 − t₊) i L/(2FD).

A thin host that is filled evenly obeys F c_max l dx/dt = −i with V(x, i) as above: charged at the current i until V is
at its limit, then with i(x) from V(x, i) = limit until the current has fallen. Solved here by a Runge–Kutta method.
"""

import numpy as np
import pytest
import ufl
from cells import T, kinetic, layered, total, voltage
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from test_large_currents import butler_volmer, chidsey

import fem_ssb as ssb
from fem_ssb.analysis import impedance
from fem_ssb.analysis.interfaces import InterfaceMap
from fem_ssb.constants import F, R
from fem_ssb.physics.base import Physics
from fem_ssb.problem.state import State
from fem_ssb.units import hour, hours, mA_cm2, um

pytestmark = pytest.mark.system("electrodes")
SIGMA, METAL, HOST, C_MAX, D = 0.05, 1e2, 10.0, 63104.0, 4e-15  # metals: equipotential, and little rounding
LENGTH, SLAB, FOIL, X0, I0, I0_LI = 20 * um, 2 * um, 5 * um, 0.6, 5.0, 50.0
OHMIC = LENGTH / SIGMA + SLAB / HOST + FOIL / METAL
SHARE = np.sqrt(4 * X0 * (1 - X0))
U = ssb.Material("NMC811").open_circuit_potential
SOURCE = "series circuit, law by bisection"


def mesh(comm, dim=2, rows=4, separator=None, slab=SLAB, exchange=I0, grading=1.0, D=D, **of_host):
    """Li | electrolyte | NMC811; `grading` > 1 makes the rows of the host finer at its surface."""
    metal = ssb.Material("Li", electronic_conductivity=METAL)
    host = ssb.Material("NMC811", electronic_conductivity=HOST, diffusivity=D, maximum_concentration=C_MAX)
    separator = separator or ssb.Material("LLZO", ionic_conductivity=SIGMA)
    layers = {"anode": (metal, FOIL, 1), "separator": (separator, LENGTH, 2), "cathode": (host, slab, rows)}
    anode = {"exchange_current": I0_LI, "transfer_coefficient": 0.5, "film_resistance": 0.0}
    data = {"anode|separator": anode, "separator|cathode": {"exchange_current": exchange, **of_host}}
    made = layered(comm, 10 * um, layers, across=1, dim=dim, interface_data=data)
    y = made.domain.geometry.x[:, dim - 1]
    depth = np.maximum(y - FOIL - LENGTH, 0.0) / slab
    y[:] = np.where(depth > 0, FOIL + LENGTH + slab * depth**grading, y)
    return made


def model(made, load, physics=(), degree=1, **surface):
    host = ssb.Intercalation(X0, degree=degree, **surface)
    kinds = [ssb.Conduction(electronic=["cathode"]), ssb.ButlerVolmer(), host, *physics]
    return ssb.Model(made, kinds).ground("bottom").apply(load)


class Broken(Physics):
    """What a cohesive surface says of itself: the damage D."""

    def __init__(self, damage):
        self.damage = damage

    def provide(self, state):
        state.provide("interface_damage", "separator|cathode", lambda: ufl.as_ufl(self.damage))


LAWS = {
    "Butler–Volmer": ("butler_volmer", butler_volmer(0.3)),
    "linear": ("linear", lambda f: f),
    "Marcus–Hush–Chidsey": (ssb.MarcusHushChidsey(1.0 * F), chidsey(F / (R * T))[0]),
    "of the user": (lambda f, anodic: f + f**3, lambda f: f + f**3),
}


@pytest.mark.parallel
@pytest.mark.parametrize(
    "name, dim, film, theta, damage",
    [
        ("Butler–Volmer", 2, 2e-3, 0.4, 0.25),
        ("Butler–Volmer", 3, 2e-3, 1.0, 0.0),
        ("Marcus–Hush–Chidsey", 2, 1e-3, 0.8, 0.0),
        pytest.param("linear", 2, 0.0, 0.4, 0.0, marks=pytest.mark.slow),
        pytest.param("of the user", 2, 0.0, 1.0, 0.0, marks=pytest.mark.slow),
    ],
)
def test_voltage_at_first(verify, comm, name, dim, film, theta, damage):
    law, rate = LAWS[name]
    made = mesh(comm, dim, transfer_coefficient=0.3, film_resistance=film)
    load, given = ssb.Current(lambda i: i, into="top"), {"law": {"separator|cathode": law}, "contact_fraction": theta}
    cell = model(made, load, [Broken(damage)] if damage else [], **given)
    theta *= 1 - damage
    far = 80 if "Marcus" in name else 600  # that of a linear law
    for i in (0.01 * I0, 100 * I0, -100 * I0):
        cell.state.reject()
        cell.state.time.value = i
        cell.solve(dt=1e-9)
        f = brentq(lambda u, i=i: rate(u) - i / (theta * I0 * SHARE), -far, far, xtol=1e-12)
        exact = U(X0) + i * (OHMIC + film) + R * T / F * f + kinetic(i, I0_LI)
        what = f"{dim}D, {name}, film of {film:g} Ω m², contact {theta:g}, {i / I0:g} i₀: voltage at first [V]"
        verify(voltage(cell, "top"), exact, rtol=1e-5 if "Marcus" in name else 1e-7, what=what, source=SOURCE)
        balances = cell.balances.evaluate()
        assert max(balances["current imbalance"], balances["power imbalance"]) < 1e-9, balances


def test_library_cathode_with_its_film(verify, comm):
    """NMC811 on Li6PS5Cl has a film in the library: every value of the pair is used."""
    stack = ssb.Stack(width=10 * um)
    stack.layer("anode", "Li", thickness=FOIL)
    stack.layer("separator", "Li6PS5Cl", thickness=LENGTH)
    stack.layer("cathode", "NMC811", thickness=SLAB)
    stack.interface("anode|separator", exchange_current=I0_LI, transfer_coefficient=0.5, film_resistance=0.0)
    physics = [ssb.Conduction(electronic=["cathode"]), ssb.ButlerVolmer(), ssb.Intercalation(X0)]
    cell = ssb.Model(stack.mesh(comm, size=4 * um), physics)
    i = 1 * mA_cm2
    cell.ground("anode").apply(ssb.Current(i, into="cathode")).solve(dt=1e-9)
    data, parts = ssb.pair("NMC811", "Li6PS5Cl"), {"anode": FOIL, "cathode": SLAB}
    ohmic = sum(t / float(cell.state.materials[r]["electronic_conductivity"](T)) for r, t in parts.items())
    ohmic += LENGTH / float(ssb.Material("Li6PS5Cl")["ionic_conductivity"](T)) + float(data["film_resistance"](T))
    exact = U(X0) + i * ohmic + kinetic(i, SHARE * float(data["exchange_current"](T))) + kinetic(i, I0_LI)
    verify(
        voltage(cell, "cathode"), exact, rtol=1e-7, what="NMC811 | Li6PS5Cl | Li: voltage at first [V]", source=SOURCE
    )


@pytest.mark.parallel
def test_a_current_that_the_law_cannot_carry_is_named(comm):
    law = ssb.MarcusHushChidsey(0.3 * F)
    cell = model(mesh(comm), ssb.Current(1.1 * law.largest * SHARE * I0, into="top"), law=law)
    with pytest.raises(ssb.ConvergenceError, match=r"law of cathode\|separator carries .* asked are .*: ask for less"):
        cell.solve(dt=1e-9)
    with pytest.raises(ssb.InputError, match=r"unknown electrode interface 'anode\|separator'"):
        model(mesh(comm), ssb.Current(1.0, into="top"), law={"anode|separator": "linear"}).solve()


@pytest.mark.parallel
@pytest.mark.parametrize("film", [0.0, 2e-3])
def test_impedance(verify, comm, film):
    """Diffusion in the host, double layers on both electrodes, film: 10 µHz to 1 MHz."""
    C, f = 0.1, np.logspace(-5, 6, 34)
    made = mesh(comm, rows=24, grading=3.0, film_resistance=film, transfer_coefficient=0.5)
    cell = model(made, ssb.Current(0.0, into="top"), [ssb.Capacitance(electrode=C)], degree=2)
    cell.solve(dt=1e-6)
    cell.accept()
    Z = impedance(cell, f).impedance
    s = 2j * np.pi * f * SLAB**2 / D
    slope = (U(X0 + 1e-6) - U(X0 - 1e-6)) / 2e-6
    root = np.sqrt(s)
    diffusion = -slope * SLAB / (F * C_MAX * D) / (root * np.tanh(root))
    jC, R_ct, R_Li = 2j * np.pi * f * C, R * T / F / (I0 * SHARE), R * T / F / I0_LI
    exact = OHMIC + 1 / (1 / R_Li + jC) + 1 / (jC + 1 / (R_ct + film + diffusion))
    what = f"host with a film of {film:g} Ω m²: impedance, largest deviation over 11 decades"
    verify.below(np.abs(Z / exact - 1).max(), 1e-4, what=what, source="Warburg, finite space")


@pytest.mark.parallel
@pytest.mark.parametrize("dim", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_a_salt_multiplies_the_exchange_current(verify, comm, dim):
    """A host so large that it does not change, beside a salt at 0.9 of its limiting current, both ways."""
    c0, salt_D, t = 1000.0, 1e-11, 0.3
    polymer = ssb.Material("LLZO", salt_diffusivity=salt_D, transference_number=t, ionic_conductivity=0.1)
    metal = ssb.Material("Li", electronic_conductivity=METAL)
    host = ssb.Material("NMC811", electronic_conductivity=HOST, diffusivity=1e-6, maximum_concentration=1e14)
    layers = {"anode": (metal, FOIL, 1), "separator": (polymer, LENGTH, 16), "cathode": (host, SLAB, 2)}
    data = {"anode|separator": {"exchange_current": 1e4, "transfer_coefficient": 0.5, "film_resistance": 0.0}}
    data["separator|cathode"] = {"exchange_current": I0}
    made = layered(comm, 10 * um, layers, across=1, dim=dim, interface_data=data)
    limit = 2 * F * salt_D * c0 / (LENGTH * (1 - t))
    for sign in (1, -1):
        i = 0.9 * sign * limit
        kinds = [ssb.Conduction(electronic=["cathode"], degree=2), ssb.ButlerVolmer(), ssb.Intercalation(X0)]
        kinds.append(ssb.Salt(c0, conductivity="dilute", degree=2))
        cell = ssb.Model(made, kinds).ground("bottom").apply(ssb.Current(i, into="top"))
        cell.solve(dt=1e5 * LENGTH**2 / salt_D)
        c = 1 + 0.9 * sign
        found = InterfaceMap(cell.state, "overpotential", "cathode|separator").evaluate()["mean"]
        what = f"{dim}D: η of a host where c/c₀ = {c:g} [V]"
        verify(found, kinetic(i, I0 * SHARE * np.sqrt(c)), rtol=1e-5, what=what, source="i₀√(c/c₀)")


def course(limit, i, last, film, slab=0.2 * um, exchange=I0):
    """Times [s] at which the current begins to fall and has fallen to `last`, charge [C/m²] passed at both."""

    def V(x, j):
        ohmic = OHMIC + (slab - SLAB) / HOST + film
        return U(x) + j * ohmic + kinetic(j, exchange * np.sqrt(4 * x * (1 - x))) + kinetic(j, I0_LI)

    full = F * C_MAX * slab
    first = brentq(lambda x: V(x, i) - limit, 0.05, X0)
    start = (X0 - first) * full

    def current(x):
        return brentq(lambda j: V(x, j) - limit, 0.0, 2 * i) if U(x) < limit else 0.0

    end = brentq(lambda x: current(x) - last, 0.05, first)
    falling = {"events": lambda t, x: x[0] - end, "rtol": 1e-9, "atol": 1e-12}
    falling["events"].terminal = True
    held = solve_ivp(lambda t, x: [-current(x[0]) / full], (0, 100 * hour), [first], **falling).t_events[0][0]
    return start / i, start / i + held, start, (X0 - end) * full


@pytest.mark.parallel
@pytest.mark.parametrize("dim, steps", [(2, (16.0, 8.0)), (3, (16.0,))])
def test_charge_until_a_voltage_and_hold_it(verify, comm, dim, steps):
    """CC–CV–rest–CC in C-rates, to cut-offs of voltage, current and charge, through a film; 3D: the balances."""
    slab, limit, film = 0.2 * um, 4.0, 0.1
    made = mesh(comm, dim, 2, slab=slab, film_resistance=film, D=1e-11)
    full = F * C_MAX * slab
    i = 2 * full / hour
    t_cc, t_cv, q_cc, q_cv = course(limit, i, i / 10, film)
    charge = ssb.CC(ssb.C(2), until=(hours(1), ssb.voltage > limit))
    hold = ssb.CV(limit, until=(hours(10), ssb.current < ssb.C(0.2)))
    back = ssb.CC(-ssb.C(2), until=(hours(1), ssb.charge > q_cv))
    what, source = f"{dim}D, 2C to {limit:g} V, then held: ", "filled evenly, Runge–Kutta"
    held = []
    for step in steps:
        cell = model(made, ssb.Cycler(charge >> hold >> ssb.Rest(60.0) >> back, into="top"), [ssb.Plating()])
        result = cell.run(quiet=True, first_step=step, largest_step=step, change=1.0)
        ends, q = [s["ended [s]"] for s in result.steps], result["capacity [mAh/cm2]"] * 3.6e4
        number = result["protocol step [1]"]
        held.append(ends[1] - ends[0])
    verify(ends[0], t_cc, rtol=1e-4, what=f"{what}voltage reached [s]", source=source)
    verify(q[number == 1][-1], q_cc, rtol=1e-4, what=f"{what}charge at constant current [C/m²]", source=source)
    verify(q[number == 2][-1], q_cv, rtol=1e-4, what=f"{what}charge in all [C/m²]", source=source)
    density = result["current density [A/m2]"][number == 2][-1]
    verify(density, i / 10, rtol=1e-5, what=f"{what}current at its cut-off [A/m²]", source="C/5")
    verify(ends[3] - ends[2], q_cv / i, rtol=1e-5, what=f"{what}time to give the charge back [s]", source="q/i")
    if len(steps) > 1:
        time = 2 * held[1] - held[0]
        verify(time, t_cv - t_cc, rtol=5e-3, what=f"{what}held for, step → 0 [s]", source=source)
    state = cell.state
    x = total(comm, state["lithium_fraction"] * state.dx("cathode")) / state.mesh.volume("cathode")
    lost = abs((X0 - x) * full - q[-1]) / q_cv
    verify.below(lost, 1e-9, what=f"{what}lithium of the host less charge over a cycle", source="Faraday")
    left = total(comm, state["metal_thickness"]("+") * state.dS("anode|separator")) / state.mesh.area("anode|separator")
    lost = abs(left / float(ssb.Material("Li")["molar_volume"](T)) * F - q[-1]) / q_cv
    verify.below(lost, 1e-9, what=f"{what}metal less charge over a cycle", source="Faraday")
    assert max(np.nanmax(result[n]) for n in result.history if n.endswith("imbalance [1]")) < 1e-8


def test_mean_fraction_of_a_body_of_revolution(comm):
    """The mean of what is the same everywhere is that, whatever the mesh stands for."""
    state = State(mesh(comm))
    state.revolve()
    physics = [ssb.Conduction(electronic=["cathode"]), ssb.Intercalation(X0)]
    for field in [f for p in physics for f in p.fields(state)]:
        state.add_field(field)
    physics[1].initialise(state)
    found = total(comm, physics[1].columns(state)["mean lithium fraction cathode [1]"])
    assert found == pytest.approx(X0, rel=1e-12)
