r"""Binary salt between two metal electrodes: Sand's time, limiting current, kinetics, concentrated solutions.

Constant D and t₊: ∂c/∂t = D c'' with D c' = −(1 − t₊) i/F at both electrodes (the anions stay). In a half-space
c(0, t) = c₀ − 2(1 − t₊)(i/F)√(t/πD), which is zero at Sand's time τ = πD (c₀F/(2i(1 − t₊)))². In a cell of length L the
steady profile is straight, c₀ ± (1 − t₊) i L/(2FD), and touches zero at i_lim = 2FDc₀/(L(1 − t₊)). With τ_D = L²/D the
concentration at the plated electrode is

    c/c₀ = 1 − (i/i_lim) [1 − (8/π²) Σ_{odd n} exp(−n²π²t/τ_D)/n²],

whose zero, τ/τ_Sand = 1.175, 1.032, 1.002 at i/i_lim = 1.2, 1.5, 2, tends to Sand's for large i: τ ∝ i⁻².

Kinetics with i₀ ∝ √c: each electrode takes (2RT/F) asinh(i/(2i₀√(c/c₀))); at the first moment the voltage is
iL/κ(c₀) + 2(2RT/F) asinh(i/2i₀).

Concentrated, steady: D(c) c' = −(1 − t₊(c)) i/F, hence c(y) from y F/i = −∫ D/(1 − t₊) dc with the mean c₀, and between
reference electrodes Δφ = −∫ i/κ dy + (2RT/F) ∫χ(1 − t₊) d ln c.
"""

import functools

import numpy as np
import pytest
from cells import T, kinetic, layered
from dolfinx import fem
from mpi4py import MPI
from scipy.integrate import cumulative_simpson, simpson
from scipy.optimize import brentq

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.units import um

D, SHARE, C0, LENGTH, FOIL = 1e-11, 0.3, 1000.0, 50 * um, 5 * um
LIMIT = 2 * F * D * C0 / (LENGTH * (1 - SHARE))
CELLS = 80


def cell(comm, exchange=1e4, salt=None, dim=2):
    """Li | salt | Li, the current to be set by the caller; cells are finer at both ends."""
    data = {"exchange_current": exchange, "transfer_coefficient": 0.5, "film_resistance": 0.0}
    material = ssb.Material("LLZO", salt_diffusivity=D, transference_number=SHARE, ionic_conductivity=0.1)
    layers = {"anode": ("Li", FOIL, 1), "separator": (material, LENGTH, CELLS), "counter": ("Li", FOIL, 1)}
    both = {"anode|separator": data, "separator|counter": data}
    mesh = layered(comm, LENGTH / 20, layers, across=1, dim=dim, interface_data=both)
    y = mesh.domain.geometry.x[:, dim - 1]
    inside = (y > FOIL * (1 + 1e-9)) & (y < (FOIL + LENGTH) * (1 - 1e-9))
    y[inside] = FOIL + LENGTH * (1 - np.cos(np.pi * (y[inside] - FOIL) / LENGTH)) / 2
    salt = salt or ssb.Salt(C0, conductivity="dilute", degree=2, depleted=1e-4)
    return ssb.Model(mesh, [ssb.Conduction(degree=2), ssb.ButlerVolmer(), salt]).ground("top")


def sand(ratio):
    """τ [s] at i = ratio × `LIMIT`."""
    return np.pi * D * (C0 * F / (2 * ratio * LIMIT * (1 - SHARE))) ** 2


def finite(ratio):
    """The same in a cell of finite length, from the series."""
    n = np.arange(1, 400, 2)

    def left(t):
        return 1 - ratio * (1 - 8 / np.pi**2 * np.sum(np.exp(-(n**2) * np.pi**2 * t * D / LENGTH**2) / n**2))

    return brentq(left, 1e-9 * sand(ratio), 20 * LENGTH**2 / D)


@functools.cache
def depletion(ratio, dim=2):
    """Time to depletion [s] of a run that ends by it, and its result."""
    model = cell(MPI.COMM_WORLD, dim=dim).apply(ssb.Current(ratio * LIMIT, into="bottom"))
    tau = finite(ratio)
    result = model.run(1.5 * tau, quiet=True, change=0.003, first_step=tau / 4096, largest_step=tau / 48)
    assert not result.finished
    assert "Sand" in result.reason
    return model.physics[-1].depletion_time, result[f"salt separator [mol{'/m' if dim == 2 else ''}]"]


@pytest.mark.system("A1")
@pytest.mark.parametrize("ratio", [2.0, 3.0, 5.0, 10.0, 20.0])
def test_sands_time(verify, ratio):
    time, salt = depletion(ratio)
    verify(time, sand(ratio), rtol=0.01, what=f"i/i_lim = {ratio:g}: time to depletion [s]", source="Sand 1901")
    lost = np.abs(salt / salt[0] - 1).max()
    verify.below(lost, 1e-9, what=f"i/i_lim = {ratio:g}: salt lost on the way, relative", source="anions react nowhere")


@pytest.mark.system("A1")
@pytest.mark.slow
@pytest.mark.parallel
@pytest.mark.parametrize("dim", [2, 3])
def test_sands_time_in_parts(verify, dim):
    """Divided among ranks, and in three dimensions."""
    time, salt = depletion(5.0, dim)
    verify(time, sand(5.0), rtol=0.01, what=f"{dim}D, i/i_lim = 5: time to depletion [s]", source="Sand 1901")
    lost = np.abs(salt / salt[0] - 1).max()
    verify.below(lost, 1e-9, what=f"{dim}D: salt lost on the way, relative", source="anions react nowhere")


@pytest.mark.system("A1")
@pytest.mark.parametrize("ratio, printed", [(1.2, 1.175), (1.5, 1.032), (2.0, 1.002)])
def test_depletion_of_a_finite_cell(verify, ratio, printed):
    verify(finite(ratio) / sand(ratio), printed, atol=5e-4, what=f"series at {ratio:g} i_lim", source="cosine series")
    time, _ = depletion(ratio)
    what = f"i/i_lim = {ratio:g}: time to depletion over Sand's"
    verify(time / sand(ratio), finite(ratio) / sand(ratio), rtol=0.01, what=what, source="cosine series")


@pytest.mark.system("A1")
@pytest.mark.parallel
@pytest.mark.parametrize("dim, ratio", [(2, 0.5), (2, 0.99), pytest.param(3, 0.99, marks=pytest.mark.slow)])
def test_limiting_current(verify, comm, dim, ratio):
    model = cell(comm, dim=dim).apply(ssb.Current(ratio * LIMIT, into="bottom"))
    model.solve(dt=1e3 * LENGTH**2 / D)
    found = ratio * LIMIT / (1 - model.physics[-1].least(model.state) / C0)
    what = f"{dim}D: limiting current from the profile at {ratio:g} i_lim [A/m²]"
    verify(found, LIMIT, rtol=0.005, what=what, source="2FDc₀/(L(1−t₊))")


@pytest.mark.system("A3")
@pytest.mark.parallel
def test_no_depletion_with_immobile_anions(verify, comm):
    """t₊ = 1: the concentration stays, at fifty times the limiting current of t₊ = 0.3."""
    model = cell(comm, salt=ssb.Salt(C0, transference=1.0, degree=2)).apply(ssb.Current(50 * LIMIT, into="bottom"))
    model.solve(dt=LENGTH**2 / D)
    c = model.state["salt_concentration"].x.array
    inside = c[c > 0]  # not the unknowns that stand for the metals
    what = "t₊ = 1, 50 i_lim: largest change of c/c₀"
    worst = comm.allreduce(float(np.abs(inside / C0 - 1).max(initial=0.0)), op=MPI.MAX)
    verify.below(worst, 1e-9, what=what, source="N₋ = −D∇c")


@pytest.mark.system("A2")
def test_slope_and_departure(verify):
    ratios = np.array([5.0, 10.0, 20.0])
    times = [depletion(float(r))[0] for r in ratios]
    slope = np.polyfit(np.log(ratios), np.log(times), 1)[0]
    verify(slope, -2.0, atol=0.02, what="slope of log τ over log i from 5 to 20 i_lim", source="Sand 1901")
    excess = [depletion(float(r))[0] / sand(r) - 1 for r in (2.0, 1.5, 1.2)]
    what = "τ/τ_Sand − 1 at 2, 1.5, 1.2 i_lim: diffusion reaches the other electrode"
    verify.trend(excess, "rising", what=what, source="finite cell")


@pytest.mark.system("A2")
@pytest.mark.parallel
@pytest.mark.parametrize("dim", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_kinetic_branch(verify, comm, dim):
    """Slow kinetics: their overpotential rules at low current, and grows as the salt at the electrode is used up."""
    exchange, kappa = 1.0, F**2 * D * C0 / (2 * R * T * SHARE * (1 - SHARE))
    for ratio in (0.01, 0.1, 2.0):
        i = ratio * LIMIT
        model = cell(comm, exchange, dim=dim).apply(ssb.Current(i, into="bottom"))
        model.solve(dt=1e-9)
        voltage = model.boundary_conditions.mean("electronic_potential", "bottom")
        exact = i * LENGTH / kappa + 2 * kinetic(i, exchange)
        verify(
            voltage,
            exact,
            rtol=1e-4,
            what=f"{dim}D: voltage at first, {ratio:g} i_lim [V]",
            source="iL/κ + (4RT/F)asinh",
        )
    model = cell(comm, exchange, dim=dim).apply(ssb.Current(0.9 * LIMIT, into="bottom"))
    model.solve(dt=1e3 * LENGTH**2 / D)
    state = model.state
    dS, eta = state.dS("counter|separator"), state.quantity("overpotential", "counter|separator")
    found, area = state.integrate(fem.form(eta * dS), fem.form(1.0 * dS))
    c = model.physics[-1].least(state)
    exact = -kinetic(0.9 * LIMIT, exchange * np.sqrt(c / C0))
    what = f"{dim}D: overpotential where c/c₀ = {c / C0:.3f} [V]"
    verify(found / area, exact, rtol=1e-6, what=what, source="(2RT/F)asinh(i/(2i₀√(c/c₀)))")


def test_concentrated_solution(verify, comm):
    """Every coefficient depends on c; profile and voltage against quadrature of the steady equations."""

    def diffusivity(c):
        return D * (0.5 + 0.5 * c / C0)

    def transference(c):
        return 0.2 + 0.1 * c / C0

    def conductivity(c):
        return 0.1 * c / C0 * (1.4 - 0.4 * c / C0)

    def factor(c):
        return 1 + 0.3 * c / C0

    i = 0.5 * LIMIT
    salt = ssb.Salt(C0, None, diffusivity, transference, conductivity, factor, degree=2)
    model = cell(comm, salt=salt).apply(ssb.Current(i, into="bottom"))
    model.solve(dt=1e4 * LENGTH**2 / D)

    def profile(high):
        """c(y) from the stripped side, where it is `high`, as (y, c)."""
        c = np.linspace(1.0, high, 20001)
        below = cumulative_simpson(F / i * diffusivity(c) / (1 - transference(c)), x=c, initial=0)
        y = np.linspace(0, LENGTH, 4001)
        return y, np.interp(below[-1] - y, below, c)

    high = brentq(lambda h: simpson(profile(h)[1], x=profile(h)[0]) / LENGTH - C0, 1.05 * C0, 1.9 * C0)
    y, c = profile(high)
    least = salt.least(model.state)
    verify(least, c[-1], rtol=1e-3, what="concentrated: c at the plated electrode [mol/m³]", source="quadrature")
    drop = simpson(i / conductivity(c), x=y)
    drop += 2 * R * T / F * simpson(factor(c[::-1]) * (1 - transference(c[::-1])) / c[::-1], x=c[::-1])
    kinetics = sum(kinetic(i, 1e4 * np.sqrt(k / C0)) for k in (c[0], c[-1]))
    metal = 2 * i * FOIL / ssb.Material("Li")["electronic_conductivity"](T)
    voltage = model.boundary_conditions.mean("electronic_potential", "bottom")
    verify(voltage, drop + kinetics + metal, rtol=1e-3, what="concentrated: voltage [V]", source="quadrature")
