r"""Vacancies in a stripped metal: the depletion time of Sand, sinks, lithium in an alloy.

Half-space, constant flux i/F from the start: c(0, t) − c_eq = 2(i/F)√(t/πD), which is Δc at

    τ = πD(FΔc/2i)².

In metal of thickness l the mean rises as i t/(F l) exactly (no vacancy is lost), and c(0, t) follows the cosine series,
which the half-space meets while t ≪ l²/D. With sinks the steady profile is Δc e^(−y/λ), λ = √(Dτ_s), Δc = iλ/(FD):
a current below FDΔc/λ strips for ever. In an alloy the potential follows the lithium that is left at the surface:
s_a = (RT/F) ln[1 − 2(i/F)√(t/πD)/c_L].
"""

import numpy as np
import pytest
from cells import T, kinetic, layered, voltage

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.units import um

pytestmark = pytest.mark.system("D13")
D, CRITICAL, THICKNESS, LENGTH, METAL = 1e-12, 2000.0, 50 * um, 10 * um, 1e7
SAND = "πD(FΔc/2i)²"


def cell(comm, current, exchange=1e4, diffusivity=D, **vacancies):
    """Metal above whose cells grow away from the electrolyte below it; stripped at the bottom."""
    data = {"exchange_current": exchange, "transfer_coefficient": 0.5, "film_resistance": 0.0}
    metal = ssb.Material("Li", electronic_conductivity=METAL, molar_volume=13.0e-6)
    layers = {
        "counter": (metal, 5 * um, 1),
        "separator": (ssb.Material("LLZO", ionic_conductivity=0.05), LENGTH, 1),
        "anode": (metal, THICKNESS, 60),
    }
    both = {"counter|separator": data, "separator|anode": data}
    mesh = layered(comm, 20 * um, layers, across=1, interface_data=both)
    y, low = mesh.domain.geometry.x[:, 1], 5 * um + LENGTH
    inside = y > low * (1 + 1e-9)
    y[inside] = low + THICKNESS * ((y[inside] - low) / THICKNESS) ** 2
    vacant = ssb.Vacancies(diffusivity, CRITICAL, regions="anode", degree=2, **vacancies)
    physics = [ssb.Conduction(), ssb.ButlerVolmer(), vacant]
    return ssb.Model(mesh, physics).ground("bottom").apply(ssb.Current(current, into="top"))


def test_lone_vacancies_of_the_metal(verify, comm):
    """One step Δt of D c″ = c/Δt from none, with D of the library: c(0) = (iλ/FD) coth(l/λ), λ = √(DΔt)."""
    own, current = float(ssb.Material("Li")["vacancy_diffusivity"](T)), 20.0
    model = cell(comm, current, diffusivity=None)
    model.solve(dt=THICKNESS**2 / own)
    exact = current * THICKNESS / (F * own) / np.tanh(1.0)
    found = model.physics[-1].excess(model.state)
    verify(
        found, exact, rtol=1e-5, what="lone vacancies in lithium: excess at the electrode [mol/m³]", source="iλ/FD coth"
    )


@pytest.mark.parametrize("current", [20.0, pytest.param(60.0, marks=pytest.mark.slow)])
def test_depletion_time(verify, comm, current):
    tau = np.pi * D * (F * CRITICAL / (2 * current)) ** 2
    model = cell(comm, current, equilibrium=1.0)
    result = model.run(1.5 * tau, quiet=True, change=0.006, first_step=tau / 1024, largest_step=tau / 32)
    assert not result.finished
    assert "voids form" in result.reason
    what = f"{current:g} A/m²: time to the critical excess of vacancies [s]"
    verify(model.physics[-1].depletion_time, tau, rtol=0.01, what=what, source=SAND)
    made = result["vacancies anode [mol/m]"][-1]
    exact = current * 20 * um * result["time [s]"][-1] / F
    verify(made, exact, rtol=1e-9, what=f"{current:g} A/m²: vacancies made [mol/m]", source="it/F")
    worst = np.nanmax(result["power imbalance [1]"])
    verify.below(worst, 1e-8, what=f"{current:g} A/m²: power imbalance", source="energy")


@pytest.mark.parallel
def test_plating_fills_them_again(verify, comm):
    """There and back: no vacancy is left on the whole, to rounding."""
    protocol = ssb.CC(20.0, until=50.0) >> ssb.CC(-20.0, until=50.0)
    model = cell(comm, 0.0)
    again = ssb.Model(model.mesh, [ssb.Conduction(), ssb.ButlerVolmer(), ssb.Vacancies(D, CRITICAL, regions="anode")])
    result = again.ground("bottom").apply(ssb.Cycler(protocol, into="top")).run(quiet=True)
    vacancies = result["vacancies anode [mol/m]"]
    what = "vacancies left after stripping and plating the same charge, of the most"
    verify.below(abs(vacancies[-1]) / vacancies.max(), 1e-9, what=what, source="Faraday")


@pytest.mark.parallel
def test_sinks(verify, comm):
    lifetime, current = 25.0, 20.0
    depth = np.sqrt(D * lifetime)
    model = cell(comm, current, lifetime=lifetime)
    model.solve(dt=1e9)
    exact = current * depth / (F * D)
    what = "steady excess of vacancies with sinks [mol/m³]"
    verify(model.physics[-1].excess(model.state), exact, rtol=1e-4, what=what, source="iλ/(FD)")


def test_lithium_of_an_alloy(verify, comm):
    """All but a tenth of the lithium at the surface is used up; the voltage follows what is left."""
    current, sites = 20.0, CRITICAL / 0.9
    tau = np.pi * D * (F * CRITICAL / (2 * current)) ** 2
    model = cell(comm, current, exchange=1e3, sites=sites)
    result = model.run(0.999 * tau, quiet=True, change=0.003, first_step=tau / 2048, largest_step=tau / 48)
    t = result["time [s]"][-1]
    left = 1 - 2 * current / F * np.sqrt(t / (np.pi * D)) / sites
    fixed = current * (LENGTH / 0.05 + (5 * um + THICKNESS) / METAL) + 2 * kinetic(current, 1e3)
    exact = fixed - R * T / F * np.log(left)
    verify(
        voltage(model, "top"),
        exact,
        rtol=0.01,
        what="voltage of an alloy, a tenth of its lithium left [V]",
        source="ln a",
    )
