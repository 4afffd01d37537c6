"""Metal | single-ion conductor | metal: the voltage of a symmetric cell in closed form.

One-dimensional and steady: the current density i is the same everywhere. Each metal of thickness l drops i l/σ_e,
the electrolyte of thickness L drops i L/σ (t₊ = 1: no concentration, so no depletion, at any current), each
interface drops η with i = i₀[exp(Fη/2RT) − exp(−Fη/2RT)] = 2i₀ sinh(Fη/2RT), so η = (2RT/F) asinh(i/2i₀). A film
of resistance R_f adds i R_f to each interface, because η is what is left of ψ − φ after i R_f. Hence

    V = i L/σ + 2 i l/σ_e + 2 (2RT/F) asinh(i/2i₀) + 2 i R_f

and dV/di → L/σ + 2RT/(F i₀) for small i.
"""

import pytest
from cells import T, kinetic, layered, one_region, voltage

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.units import um

SIGMA, METAL, EXCHANGE, FILM = 0.05, 1.08e7, 50.0, 3e-4
LENGTH, FOIL = 40 * um, 10 * um
pytestmark = pytest.mark.parallel


def cell(comm, film=0.0):
    """Li | LLZO | Li with given numbers; the current follows the model's time (so that one model serves all)."""
    data = {"exchange_current": EXCHANGE, "transfer_coefficient": 0.5, "film_resistance": film}
    metal = ssb.Material("Li", electronic_conductivity=METAL)
    mesh = layered(
        comm,
        30 * um,
        {
            "anode": (metal, FOIL, 1),
            "separator": (ssb.Material("LLZO", ionic_conductivity=SIGMA), LENGTH, 3),
            "counter": (metal, FOIL, 1),
        },
        interface_data={"anode|separator": data, "separator|counter": data},
    )
    model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer()])
    model.ground("top")
    return model.apply(ssb.Current(lambda i: i, into="bottom"))


def at(model, current):
    """Voltage at a current, Newton started from zero."""
    model.state.reject()
    model.state.time.value = current
    model.solve()
    return voltage(model)


def closed_form(i, film=0.0):
    return i * (LENGTH / SIGMA + 2 * FOIL / METAL + 2 * film) + 2 * kinetic(i, EXCHANGE)


@pytest.mark.system("A3")
def test_no_depletion_in_a_single_ion_conductor(verify, comm):
    """−σφ' = i gives V = iL/σ at every current; linear elements hold it exactly."""
    material = ssb.Material("LLZO", ionic_conductivity=SIGMA)
    for degree in (1, 2):
        model = ssb.Model(one_region(comm, (30 * um, LENGTH), (3, 5), material), [ssb.Conduction(degree=degree)])
        model.apply(ssb.Fixed("ionic_potential", "top"), ssb.Flux("ionic_potential", "bottom", lambda i: i))
        for current in (1e-3, 1e1, 1e3, 1e6):
            model.state.time.value = current
            model.solve()
            drop = model.boundary_conditions.mean("ionic_potential", "bottom")
            what = f"ohmic drop at {current:g} A/m², P{degree} [V]"
            verify(drop, current * LENGTH / SIGMA, rtol=1e-10, what=what, source="iL/σ")


@pytest.mark.system("A3")
def test_voltage_of_the_symmetric_cell(verify, comm):
    """At 1000 i₀ the voltage less both overpotentials is still iL/σ: no limiting current."""
    model = cell(comm)
    for ratio in (1e-3, 0.1, 1.0, 10.0, 100.0, 1000.0):
        i = ratio * EXCHANGE
        what = f"symmetric cell at i/i₀ = {ratio:g} [V]"
        verify(at(model, i), closed_form(i), rtol=1e-8, what=what, source="iL/σ + 2(2RT/F)asinh(i/2i₀)")
    i = 1000 * EXCHANGE
    ohmic = at(model, i) - 2 * kinetic(i, EXCHANGE)
    path = i * (LENGTH / SIGMA + 2 * FOIL / METAL)
    verify(ohmic, path, rtol=1e-8, what="ohmic part at i/i₀ = 1000 [V]", source="iL/σ, t₊ = 1")


def test_small_signal_charge_transfer_resistance(verify, comm):
    """asinh(x) = x − x³/6 + …: at i/i₀ = 1e-4 the secant is the slope to 4e-10."""
    i = 1e-4 * EXCHANGE
    resistance = (at(cell(comm), i) / i - LENGTH / SIGMA - 2 * FOIL / METAL) / 2
    verify(resistance, R * T / (F * EXCHANGE), rtol=1e-6, what="charge-transfer resistance [Ω m²]", source="RT/(F i₀)")


def test_film_adds_its_resistance(verify, comm):
    """The voltage grows by 2 i R_f at every current, beside the kinetics."""
    bare, filmed = cell(comm), cell(comm, FILM)
    for ratio in (0.01, 1.0, 100.0, 1000.0):
        i = ratio * EXCHANGE
        gain = at(filmed, i) - at(bare, i)
        verify(gain, 2 * i * FILM, rtol=1e-6, what=f"voltage of two films at i/i₀ = {ratio:g} [V]", source="2iR_film")
