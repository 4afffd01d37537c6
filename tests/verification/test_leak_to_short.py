r"""Lithium within a leaking electrolyte conducts electrons: it lets in more of them, until they are all of the current.

A slab between two electrodes, all drop at the plated one (resistance R, σ_i and the other one are good), so that
φ = V = (i − i_e)R. Electrons leak from electrode to electrode, ψ = V w with w = s/S, s = ∫₀ˣ dx/σ_e, S the whole; few
are taken by the reaction (L ≪ λ). η = −V(1 − w) is largest at the plated electrode. With linear kinetics, z = L − x,

    ∂σ_e/∂t = σ_Li Ω a i₀ V(1 − w)/(RT),    ∂w/∂x = 1/(σ_e S),    1 − w = 0 at z = 0

y = σ_e/σ₀ then obeys y ∂²y/∂z∂θ = 1 in the clock dθ = (V/V₀) σ₀ dt/(σ₀Sτ), with y = 1 at θ = 0 and at z = 0: it is
y = f(zθ), (p f')' = 1/f, f(0) = 1. With P = Lθ, g₀ = Rσ₀/L, τ = σ₀RT/(σ_Li Ω a i₀ V₀) all else is closed:

    σ₀S/L = f'(P),    y(0) = f(P),    i_e R/V = g₀/f'(P),    V/V₀ = (1 + g₀)/(1 + g₀/f'),
    t/τ = (f − 1 + g₀P)/(1 + g₀)

f ≈ 2√P at last, so that the leak's conductance grows for ever, and it takes the share s at f' = g₀(1 − s)/s.
"""

import numpy as np
import pytest
from cells import T, layered
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.units import um

L, WIDTH, CURRENT, VOLUME = 20 * um, 2 * um, 1.0, 13e-6
RESISTANCE, START, LITHIUM = 0.2, 1e-4, 1e3  # Ω m²; S/m of the electrolyte and of lithium
SHARE = 0.9
METAL = ssb.Material("Li", electronic_conductivity=1e4)
SOURCE = "y = f(zθ), (p f')' = 1/f"
pytestmark = pytest.mark.system("A13")


def cell(comm, cells, *, ions=10.0, electrons=START, resistance=RESISTANCE, decay=30.0, blocked=False, threshold=0.0):
    """Lithium | mixed conductor | lithium, finer toward the upper electrode; sites for λ = `decay` L at `START`."""
    slow, fast = ({"exchange_current": R * T / (F * r), "film_resistance": 0.0} for r in (resistance, 1e-7))
    mixed = ssb.Material("LLZO", ionic_conductivity=ions, electronic_conductivity=electrons)
    layers = {"anode": (METAL, 1 * um, 1), "separator": (mixed, L, cells)}
    upper = "separator"
    if blocked:
        layers["interlayer"] = (ssb.Material("LiPON", ionic_conductivity=ions), 0.1 * um, 1)
        upper = "interlayer"
    layers["counter"] = (METAL, 1 * um, 1)
    mesh = layered(comm, WIDTH, layers, across=1, interface_data={"anode|separator": slow, f"counter|{upper}": fast})
    x = mesh.domain.geometry.x
    inside = (x[:, 1] > 1 * um) & (x[:, 1] < 1 * um + L)
    x[inside, 1] = 1 * um + L * (1 - (1 - (x[inside, 1] - 1 * um) / L) ** 2)
    sites = START * R * T / (F * 1.0 * (decay * L) ** 2)
    deposit = ssb.ConductingDeposit(LITHIUM, threshold, shorts=f"counter|{upper}" if not blocked else None, share=SHARE)
    reduction = ssb.Reduction(1.0, sites, law="linear", molar_volume=VOLUME, deposit=deposit)
    physics = [ssb.Conduction(electronic=["separator"]), ssb.ButlerVolmer(law="linear"), reduction]
    model = ssb.Model(mesh, physics).ground("top").apply(ssb.Current(-CURRENT, into="bottom"))
    return model, sites


def exact(sites):
    """Function of time [s] to V/V₀ and the leak's share, and the time [s] of the short."""
    g = RESISTANCE * START / L
    voltage = CURRENT * RESISTANCE / (1 + g)
    tau = START * R * T / (LITHIUM * VOLUME * sites * voltage)
    begin = 1e-4
    solved = solve_ivp(
        lambda q, y: (y[1], 4 / y[0] - y[1] / q), (begin, 1e3), (1 + begin**2, 2 * begin), rtol=1e-10, atol=1e-12,
        dense_output=True,
    )  # fmt: skip

    def at(q):
        f, slope = solved.sol(q)
        return f, slope / (2 * q)

    def time(q):
        return tau * (at(q)[0] - 1 + g * q**2) / (1 + g)

    def course(t):
        slope = at(brentq(lambda q: time(q) - t, begin, 1e3))[1]
        return (1 + g) / (1 + g / slope), g / (slope + g)

    end = brentq(lambda q: at(q)[1] - g * (1 - SHARE) / SHARE, begin, 1e3)
    return course, time(end)


def test_course_and_time_of_the_short(verify, comm):
    """What a step shows is the conductivity at the end of the one before."""
    off = []
    for steps in (32, 64):
        model, sites = cell(comm, 24)
        course, short = exact(sites)
        end = 1.5 * short
        result = model.run(end, quiet=True, change=0.64 / steps, largest_step=end / steps, first_step=end / 64 / steps)
        time, voltage = result["time [s]"], result["voltage [V]"]
        leak = 1 - result["mean current counter|separator [A/m2]"] / CURRENT
        wanted = np.array([course(t) for t in time[1:-1]])
        off.append(float(np.abs([voltage[2:] / voltage[0] - wanted[:, 0], leak[2:] - wanted[:, 1]]).max()))
    verify.trend(off, "falling", what="V/V₀ and the leak's share: largest error, step halved", source=SOURCE)
    verify.below(off[-1], 5e-3, what="V/V₀ and the leak's share: largest error of the course", source=SOURCE)
    what = "time of the short over the exact one (a step is 0.023)"
    verify(time[-1] / short, 1.0, atol=1.5 / 64, what=what, source=SOURCE)
    assert not result.finished and result.reason.startswith("shorted"), result.reason


def test_earlier_with_more_leak_and_never_when_blocked(verify, comm):
    """Lithium that hangs together from 1e-4 on: until then the electrolyte's own electrons have to bring it about."""
    times, end = [], 2e3
    for electrons in (1e-8, 1e-7, 1e-6):
        model, _ = cell(comm, 6, electrons=electrons, decay=1.0, ions=0.046, threshold=1e-4)
        result = model.run(end, quiet=True, largest_step=end / 64, first_step=end / 64, change=0.2)
        times.append(result["time [s]"][-1])
        assert result.reason.startswith("shorted"), result.reason
        charge = np.cumsum(result["reduction current separator [A/m]"] * result["step [s]"])
        lithium = result["reduced lithium separator [mol/m]"]
        what = f"σ_e = {electrons:g} S/m: lithium found less charge lost, of the largest"
        verify.below(np.abs(lithium - charge / F).max() / lithium.max(), 1e-9, what=what, source="Faraday's law")
        worst = np.nanmax(result["power imbalance [1]"])
        verify.below(worst, 1e-8, what=f"σ_e = {electrons:g} S/m: power imbalance to the short", source="in = heat")
    verify.trend(times, "falling", what="time of the short [s] with σ_e = 1e-8, 1e-7, 1e-6 S/m", source="row A13")
    model, _ = cell(comm, 6, electrons=1e-6, decay=1.0, ions=0.046, blocked=True, threshold=1e-4)
    result = model.run(10 * end, quiet=True, change=0.2)
    assert result.finished
    leak = np.abs(1 - result["mean current counter|interlayer [A/m2]"] / CURRENT).max()
    what = "share of electrons in the current behind a layer without electrons, ten times as long"
    verify.below(leak, 1e-8, what=what, source="row A13: none when blocked")


def test_deposits_that_cannot_be(comm):
    for wrong in ({"conductivity": 0.0}, {"threshold": 1.0}, {"exponent": 0.5}, {"share": 1.0}):
        with pytest.raises(ssb.InputError):
            ssb.ConductingDeposit(**({"conductivity": 1e7} | wrong))
    model, _ = cell(comm, 2)
    model.physics[-1].deposit = ssb.ConductingDeposit(1e7, shorts="somewhere")
    with pytest.raises(ssb.InputError, match="somewhere"):
        model.solve()
