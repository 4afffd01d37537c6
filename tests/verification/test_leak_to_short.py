r"""Lithium within a leaking electrolyte conducts electrons: it lets in more of them, until they are all of the current.

A slab between two electrodes, all drop at the plated one (resistance R, σ_i and the other one are good), so that
φ = V = (i − i_e)R. Electrons leak from electrode to electrode, ψ = V w with w = s/S, s = ∫₀ˣ dx/σ_e, S the whole; few
are taken by the reaction (L ≪ λ). η = −V(1 − w) is largest at the plated electrode. With linear kinetics, z = L − x,

    ∂σ_e/∂t = σ_Li Ω a i₀ V(1 − w)/(RT),    ∂w/∂x = 1/(σ_e S),    1 − w = 0 at z = 0

y = σ_e/σ₀ then obeys y ∂²y/∂z∂θ = 1 in the clock dθ = (V/V₀) σ₀ dt/(σ₀Sτ), with y = 1 at θ = 0 and at z = 0: it is
y = f(zθ), (p f')' = 1/f, f(0) = 1. With P = Lθ, g₀ = Rσ₀/L, τ = σ₀RT/(σ_Li Ω a i₀ V₀) all else is closed:

    σ₀S/L = f'(P),    y(0) = f(P),    i_e R/V = g₀/f'(P),    V/V₀ = (1 + g₀)/(1 + g₀/f'),
    t/τ = (f − 1 + g₀P)/(1 + g₀)

f ≈ 2√P at last, so that the leak's conductance grows for ever, and it takes the share s at f' = g₀(1 − s)/s. With
√P = s/(g₀(1 − s)) there, t = RTL/(σ_LiΩ a i₀ iR²) [1/(1 − s)² − 1] as g₀ → 0: lithium that conducts from the first of
it on makes its own way, and the time of the short depends on the first leak only where that is near the share itself.

The same holds for every law σ_e = σ₀ s(ξ): with ξ in units of σ₀/σ_Li ∂²ξ/∂z∂θ = 1/s(ξ), ξ = f(zθ), (p f')' = 1/s(f),
f(0) = 0, and t/τ = (f + g₀P)/(1 + g₀); above s(ξ) = 1 + ξ. Lithium that hangs together from ξ_c on as a random network
in space does (Kirkpatrick 1973) has s = 1 + (σ_Li/σ₀)[(ξσ₀/σ_Li − ξ_c)₊/(1 − ξ_c)]².

Lithium that hangs together from ξ_c on, then so well that σ₀ is nothing to it: in the clock dΘ = Ω a i₀V dt/(RTξ_c),
∂(ξ/ξ_c)/∂Θ = 1 − w. Until Θ = 1 nothing hangs together, w = x/L and ξ/ξ_c = zΘ/L. Then the drop is in what is left,
1 − w = z/δ for z < δ, 1 above; ξ/ξ_c = zK, K' = 1/δ, and Kδ = 1 has δ' = −δ: δ/L = exp(1 − Θ). The leak is Vσ₀/δ, it
takes the share s at δ/L = g₀(1 − s)/s, which is at the time

    t = ξ_cRT/(Ω a i₀ iR) [1/(1 − s) + ln(s/(g₀(1 − s)))],    g₀ < s/(1 − s)

Each tenfold leak saves the time ln 10 × ξ_cRT/(Ω a i₀ iR).
"""

import numpy as np
import pytest
import ufl
from cells import T, layered, midpoints
from mpi4py import MPI
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.units import um

L, WIDTH, CURRENT, VOLUME = 20 * um, 2 * um, 1.0, 13e-6
RESISTANCE, START, LITHIUM = 0.2, 1e-4, 1e3  # Ω m²; S/m of the electrolyte and of lithium
SHARE = 0.9
METAL = ssb.Material("Li", electronic_conductivity=1e4)
SOURCE, NETWORK = "y = f(zθ), (p f')' = 1/f", "ξ = f(zθ), (p f')' = 1/s(f)"
pytestmark = pytest.mark.system("A13")


def sites_of_reach(decay):
    """Specific area [1/m] of `cell`."""
    return START * R * T / (F * 1.0 * (decay * L) ** 2)


def cell(
    comm,
    cells,
    *,
    ions=10.0,
    electrons=START,
    resistance=RESISTANCE,
    decay=30.0,
    blocked=False,
    threshold=0.0,
    exponent=1.0,
    share=SHARE,
    current=-CURRENT,
):
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
    sites = sites_of_reach(decay)
    shorts = None if blocked else f"counter|{upper}"
    deposit = ssb.ConductingDeposit(LITHIUM, threshold, exponent, shorts=shorts, share=share)
    reduction = ssb.Reduction(1.0, sites, law="linear", molar_volume=VOLUME, deposit=deposit)
    physics = [ssb.Conduction(electronic=["separator"]), ssb.ButlerVolmer(law="linear"), reduction]
    model = ssb.Model(mesh, physics).ground("top").apply(ssb.Current(current, into="bottom"))
    return model, sites


def exact(sites, electrons=START, share=SHARE, threshold=0.0, exponent=1.0):
    """Functions of time [s] to V/V₀ and the leak's share, of place z/L and time to ξ; the time [s] of the short."""
    unit = electrons / LITHIUM
    g = RESISTANCE * electrons / L
    voltage = CURRENT * RESISTANCE / (1 + g)
    tau = electrons * R * T / (LITHIUM * VOLUME * sites * voltage)
    begin = 1e-4  # of q = √P, in which f has no singular slope

    def conducts(f):
        return 1 + (max(f * unit - threshold, 0.0) / (1 - threshold)) ** exponent / unit

    solved = solve_ivp(
        lambda q, y: (y[1], 4 / conducts(y[0]) - y[1] / q), (begin, 1e3), (begin**2, 2 * begin), rtol=1e-10, atol=1e-12,
        dense_output=True,
    )  # fmt: skip

    def at(q):
        f, slope = solved.sol(q)
        return f, slope / (2 * q)

    def time(q):
        return tau * (at(q)[0] + g * q**2) / (1 + g)

    def reached(t):
        return brentq(lambda q: time(q) - t, begin, 1e3)

    def course(t):
        slope = at(reached(t))[1]
        return (1 + g) / (1 + g / slope), g / (slope + g)

    def lithium(z, t):
        return unit * at(np.maximum(reached(t) * np.sqrt(z), begin))[0]

    end = brentq(lambda q: at(q)[1] - g * (1 - share) / share, begin, 1e3)
    return course, lithium, time(end)


def test_course_and_time_of_the_short(verify, comm):
    """A step shows the conductivity of its middle, and ends the run up to half of it late."""
    off = []
    for steps in (32, 64):
        model, sites = cell(comm, 24)
        course, _, short = exact(sites)
        end = 1.5 * short
        result = model.run(end, quiet=True, change=0.64 / steps, largest_step=end / steps, first_step=end / 4 / steps)
        time, voltage = result["time [s]"], result["voltage [V]"]
        leak = 1 - result["mean current counter|separator [A/m2]"] / CURRENT
        wanted = np.array([course(t) for t in (time - result["step [s]"] / 2)[1:]])
        off.append(float(np.abs([voltage[1:] / voltage[0] - wanted[:, 0], leak[1:] - wanted[:, 1]]).max()))
    verify.trend(off, "falling", what="V/V₀ and the leak's share: largest error, step halved", source=SOURCE)
    verify.below(off[-1], 1e-3, what="V/V₀ and the leak's share: largest error of the course", source=SOURCE)
    what = "time of the short over the exact one (half a step is 0.012)"
    verify(time[-1] / short, 1.0, atol=0.75 / 64, what=what, source=SOURCE)
    assert not result.finished and result.reason.startswith("shorted"), result.reason


@pytest.mark.parametrize("threshold", [pytest.param(0.0, marks=pytest.mark.slow), 1e-3])
def test_a_network_in_space(verify, comm, threshold):
    """σ_e rises with the square of what is above the threshold: profile of the lithium, voltage and leak."""
    law, off = {"threshold": threshold, "exponent": 2.0}, []
    for steps, cells in ((16, 8), (32, 16)):
        model, sites = cell(comm, cells, **law)
        course, lithium, short = exact(sites, **law)
        end = 0.9 * short
        result = model.run(end, quiet=True, change=1e9, first_step=end / steps, largest_step=end / steps)
        time, voltage = result["time [s]"], result["voltage [V]"]
        leak = 1 - result["mean current counter|separator [A/m2]"] / CURRENT
        wanted = np.array([course(t) for t in (time - result["step [s]"] / 2)[2:]])
        course_off = np.abs([voltage[2:] / voltage[0] - wanted[:, 0], leak[2:] - wanted[:, 1]]).max()
        z = 1 + (1 * um - midpoints(model.mesh.domain)[:, 1]) / L
        found = model.physics[-1].internal()["reduced lithium"].x.array
        here = (z > 0) & (z < 1)
        profile = lithium(z[here], time[-1])
        off.append(
            (float(course_off), comm.allreduce(np.abs(found[here] - profile).max() / lithium(1.0, time[-1]), MPI.MAX))
        )
    at = f"t = 2, ξ_c = {threshold:g}"
    for what, errors in zip(
        ("V/V₀ and the leak's share", "lithium along the slab"), zip(*off, strict=True), strict=True
    ):
        verify.trend(errors, "falling", what=f"{at}: {what}: largest error, steps and cells halved", source=NETWORK)
        verify.below(errors[-1], 5e-3, what=f"{at}: {what}: largest error of the course", source=NETWORK)


@pytest.mark.parametrize("jump, coarsest", [(1.0, 32), (2.0, 64)])
def test_second_order_in_the_step(verify, comm, jump, coarsest):
    """Also where the current jumps on the way: the step after it knows the rate before it, one step of all."""
    found, at = [], "" if jump == 1.0 else ", current doubled on the way"
    for steps in (coarsest, 2 * coarsest, 4 * coarsest):
        end = 0.8 / jump * exact(sites_of_reach(30.0))[2]
        model, _ = cell(comm, 8, current=lambda t, end=end: -CURRENT * (1.0 if t <= end / 2 else jump))
        result = model.run(end, quiet=True, change=1e9, first_step=end / steps, largest_step=end / steps)
        assert result.finished and len(result["time [s]"]) == steps + 1
        found.append(result["reduced lithium separator [mol/m]"][-1])
    off = np.diff(found)
    what = f"lithium at 0.8 of the time of the short: order, steps of 1/{coarsest} to 1/{4 * coarsest}{at}"
    verify(np.log2(off[0] / off[1]), 2.0, atol=0.2, what=what, source="midpoint rule, Richardson")


def time_to_short(comm, electrons, wanted, cells, threshold=0.0):
    """Run until electrons are half of the current; a reach of 300 slabs at 1e-4 S/m, so that none is short."""
    model, _ = cell(comm, cells, electrons=electrons, decay=300.0, threshold=threshold, share=0.5)
    result = model.run(1.5 * wanted, quiet=True, change=0.2, largest_step=wanted / 128, first_step=wanted / 1024)
    assert result.reason.startswith("shorted"), result.reason
    return result


def test_earlier_with_more_leak(verify, comm):
    """Each leak five times the last. The front at δ/L = g₀ passes from cell to cell: the mesh decides how well."""
    threshold, times = 1e-4, []
    unit = threshold * R * T / (VOLUME * sites_of_reach(300.0) * CURRENT * RESISTANCE)
    for electrons in (2e-6, 1e-5, 5e-5):
        wanted = 2 + np.log(L / (RESISTANCE * electrons))
        result = time_to_short(comm, electrons, wanted * unit, 96, threshold)
        times.append(result["time [s]"][-1] / unit)
        at = f"ξ_c = 1e-4, σ_e = {electrons:g} S/m"
        what = f"{at}: time of the short over ξ_cRT/(Ω a i₀ iR)"
        verify(times[-1], wanted, rtol=0.01, what=what, source="1/(1 − s) + ln(s/(g₀(1 − s)))")
        charge = np.cumsum(result["reduction current separator [A/m]"] * result["step [s]"])
        lithium = result["reduced lithium separator [mol/m]"]
        what = f"{at}: lithium found less charge lost, of the largest"
        verify.below(np.abs(lithium - charge / F).max() / lithium.max(), 1e-9, what=what, source="Faraday's law")
        worst = np.nanmax(result["power imbalance [1]"])
        verify.below(worst, 1e-8, what=f"{at}: power imbalance to the short", source="in = heat")
    verify.trend(times, "falling", what="ξ_c = 1e-4: time of the short with the leak", source="row A13")
    for k, saved in enumerate(-np.diff(times)):
        verify(saved, np.log(5), rtol=0.03, what=f"ξ_c = 1e-4: time saved, step {k + 1}", source="ln 5")
    coarse = time_to_short(comm, electrons, wanted * unit, 24, threshold)["time [s]"][-1] / unit
    errors = [abs(time / wanted - 1) for time in (coarse, times[-1])]
    verify.trend(errors, "falling", what="ξ_c = 1e-4: error of the last time, 24 and 96 cells", source="h → 0")


@pytest.mark.slow
def test_only_large_leaks_matter_without_a_threshold(verify, comm):
    """A tenth of a leak that is far from a short: the same time; one near it is earlier."""
    sites, times = sites_of_reach(300.0), []
    for electrons in (2e-7, 2e-6, 2e-5, 4e-5):
        wanted = exact(sites, electrons, 0.5)[2]
        times.append(time_to_short(comm, electrons, wanted, 24)["time [s]"][-1])
        what = f"ξ_c = 0, σ_e = {electrons:g} S/m: time of the short over the exact one"
        verify(times[-1] / wanted, 1.0, rtol=5e-3, what=what, source=SOURCE)
    limit = 3 * R * T * L / (LITHIUM * VOLUME * sites * CURRENT * RESISTANCE**2)
    verify(times[0] / limit, 1.0, rtol=0.01, what="ξ_c = 0: time of the short over its limit", source="g₀ → 0")
    verify(times[1] / times[0], 1.0, rtol=0.01, what="ξ_c = 0: the same with the leak tenfold", source="g₀ → 0")
    verify.trend(times[1:], "falling", what="ξ_c = 0: time of the short, leaks near a short [s]", source=SOURCE)


def test_never_when_blocked(verify, comm):
    model, _ = cell(comm, 6, electrons=1e-6, decay=1.0, ions=0.046, blocked=True, threshold=1e-4)
    result = model.run(2e4, quiet=True, change=0.2)
    assert result.finished
    leak = np.abs(1 - result["mean current counter|interlayer [A/m2]"] / CURRENT).max()
    verify.below(leak, 1e-8, what="share of electrons behind a layer without electrons", source="row A13: none")


@pytest.mark.parametrize("dim, threshold", [(2, 1 / 2), (3, 1 / 3)])
def test_threshold_of_an_effective_medium(verify, dim, threshold):
    """Discs or balls at random in what hardly conducts: Σ ξ_k(σ_k − σ)/(σ_k + (d − 1)σ) = 0 (Bruggeman 1935)."""
    deposit, little = ssb.ConductingDeposit(LITHIUM, threshold), 1e-9 * LITHIUM
    for fraction in (threshold - 0.1, threshold + 0.1, 0.7, 0.9):
        b = LITHIUM * (dim * fraction - 1) + little * (dim * (1 - fraction) - 1)
        medium = (b + np.sqrt(b**2 + 4 * (dim - 1) * LITHIUM * little)) / (2 * (dim - 1))
        what = f"{dim}D, σ_e of {fraction:.2f} lithium over that of lithium"
        found = float(deposit.added(ufl.as_ufl(fraction)) + little)
        verify(found / LITHIUM, medium / LITHIUM, atol=1e-7, what=what, source="Bruggeman 1935, Kirkpatrick 1973")


def test_deposits_that_cannot_be(comm):
    for wrong in ({"conductivity": 0.0}, {"threshold": 1.0}, {"exponent": 0.5}, {"share": 1.0}):
        with pytest.raises(ssb.InputError):
            ssb.ConductingDeposit(**({"conductivity": 1e7} | wrong))
    model, _ = cell(comm, 2)
    model.physics[-1].deposit = ssb.ConductingDeposit(1e7, shorts="somewhere")
    with pytest.raises(ssb.InputError, match="somewhere"):
        model.solve()
