r"""Ionic Seebeck and Peltier effects (thermoelectricity), one-dimensional cells in closed form.

Open circuit. i = 0: φ_t − φ_b = −∫α dT over the electrolyte, so V = ψ_b − ψ_t = ∫_b^t α dT exactly, whatever k and σ;
with α = α₀ + α₁(T − 300 K) that is α₀ΔT + α₁[(T_t − 300)² − (T_b − 300)²]/2.

Peltier. Metal | electrolyte | metal (l, L, l; k_m, k) between collectors at T₀, constant α, current i upward, no films.
In the electrolyte k T″ + i²/σ = 0 (constant α: no Thomson heat); the flux −kT′ + αT i in it meets −k_mT′ in the metal.
With T₁, T₂ at the interfaces, J = i²L/2σ and c = k/L:

    k_m (T₁ − T₀)/l = −αT₁i + c (T₂ − T₁) + J,    k_m (T₂ − T₀)/l = +αT₂i − c (T₂ − T₁) + J.

So T₂ − T₁ is that of Π = αT carried from one electrode to the other. The voltage is that of the resistances and
α(T₂ − T₁).

Entropy of the electrodes, ∂U/∂T: η = 0 at both gives V = ∫(α − ∂U/∂T) dT, and i_n T ∂U/∂T is released at the electrode
that is stripped (T₁, below) and taken up at the other: α − ∂U/∂T in place of α, everywhere.

Energy. Heat through both collectors and electrical power add up to nothing in the steady state.
"""

import numpy as np
import pytest
from cells import at_point, kinetic, layered, total, voltage

import fem_ssb as ssb
from fem_ssb.analysis import BoundaryFlux
from fem_ssb.units import mA_cm2, um

pytestmark = [pytest.mark.system("C2"), pytest.mark.parallel]
SIGMA, K, K_METAL, LENGTH, FOIL, METAL = 0.05, 1.5, 85.0, 100 * um, 10 * um, 1e7
EXCHANGE = 1e9  # A/m²: no kinetics to speak of


def cell(comm, alpha, low, high, current, entropy, dim=2):
    data = {
        "entropy_coefficient": entropy,
        "exchange_current": EXCHANGE,
        "transfer_coefficient": 0.5,
        "film_resistance": 0.0,
    }
    metal = ssb.Material("Li", electronic_conductivity=METAL, thermal_conductivity=K_METAL)
    ceramic = ssb.Material("LLZO", ionic_conductivity=SIGMA, thermal_conductivity=K)
    layers = {"anode": (metal, FOIL, 1), "separator": (ceramic, LENGTH, 3), "counter": (metal, FOIL, 1)}
    both = {"anode|separator": data, "separator|counter": data}
    mesh = layered(comm, 20 * um, layers, across=4 - dim, dim=dim, interface_data=both)
    physics = [ssb.Conduction(degree=2), ssb.ButlerVolmer(), ssb.Heat(degree=2, steady=True), ssb.Seebeck(alpha)]
    model = ssb.Model(mesh, physics).ground("top").apply(ssb.Current(current, into="bottom"))
    model.apply(ssb.Fixed("temperature", "bottom", low), ssb.Fixed("temperature", "top", high))
    model.solve()
    return model


def at_electrodes(model):
    """Temperatures [K] at the lower and the upper electrode."""
    origin = (0.0,) * (model.state.dim - 1)
    return [at_point(model.state["temperature"], (*origin, y)) for y in (FOIL, FOIL + LENGTH)]


@pytest.mark.parametrize(
    "slope, entropy, dim",
    [(0.0, 0.0, 2), (2e-5, 0.0, 2), (2e-5, 0.3e-3, 2), pytest.param(2e-5, 0.3e-3, 3, marks=pytest.mark.slow)],
)
def test_open_circuit_voltage(verify, comm, slope, entropy, dim):
    low, high, alpha = 300.0, 320.0, 1.2e-3
    model = cell(comm, lambda T: alpha + slope * (T - 300.0), low, high, 0.0, entropy, dim)
    bottom, top = at_electrodes(model)
    exact = (alpha - entropy) * (top - bottom) + slope * ((top - 300) ** 2 - (bottom - 300) ** 2) / 2
    what = f"{dim}D thermovoltage, dα/dT = {slope:g} V/K², dU/dT = {entropy:g} V/K [V]"
    verify(voltage(model), exact, rtol=1e-8, what=what, source="∫(α − dU/dT) dT")
    resistances = LENGTH / K + 2 * FOIL / K_METAL
    exact = (high - low) * LENGTH / K / resistances
    verify(
        top - bottom, exact, rtol=1e-8, what=f"{dim}D difference of temperature of the electrolyte [K]", source="series"
    )


@pytest.mark.parametrize(
    "alpha, entropy, dim", [(1e-3, 0.0, 2), pytest.param(-5e-3, 0.0, 3, marks=pytest.mark.slow), (1e-3, -2e-3, 2)]
)
def test_peltier(verify, comm, alpha, entropy, dim):
    i, T0 = 100 * mA_cm2, 300.0
    model = cell(comm, alpha, T0, T0, i, entropy, dim)
    alpha -= entropy  # the heat of the reaction stands where ions take up or leave theirs
    joule, c, m = i**2 * LENGTH / (2 * SIGMA), K / LENGTH, K_METAL / FOIL
    matrix = np.array([[m + c + alpha * i, -c], [-c, m + c - alpha * i]])
    foil = i**2 * FOIL / (2 * METAL)
    exact = np.linalg.solve(matrix, np.full(2, m * T0 + joule + foil))
    found = at_electrodes(model)
    for name, mine, right in zip(("lower", "upper"), found, exact, strict=True):
        what = f"warming of the {name} electrode at α = {alpha:g} V/K, {dim}D [K]"
        verify(mine - T0, right - T0, rtol=1e-4, what=what, source="Π = αT")
    difference = voltage(model) - i * (LENGTH / SIGMA + 2 * FOIL / METAL) - 2 * kinetic(i, EXCHANGE, T0)
    right = alpha * (exact[1] - exact[0])
    verify(
        difference, right, rtol=1e-3, what=f"voltage beside iL/σ at α = {alpha:g} V/K, {dim}D [V]", source="α(T₂ − T₁)"
    )
    balances = model.balances.evaluate()
    for name in ("heat imbalance", "power imbalance"):
        verify.below(balances[name], 1e-8, what=f"{name} at α = {alpha:g} V/K, {dim}D", source="energy")
    flux = BoundaryFlux(model, "temperature")
    flux.evaluate()
    away = -sum(flux.at(b)["mean"] for b in ("bottom", "top"))
    verify(away, i * voltage(model), rtol=1e-8, what="heat through both collectors [W/m²]", source="I·V")


def test_entropy_of_a_host(verify, comm):
    """Li | electrolyte | NMC811 at 318.15 K with −∂U/∂T of 0.2 mV/K, against the same without: U and heat."""
    slope, i, width, T = -0.2e-3, 5.0, 20 * um, 318.15
    found = []
    for given in (0.0, slope):
        metal, host = ssb.Material("Li", electronic_conductivity=METAL), ssb.Material("NMC811")
        layers = {"anode": (metal, FOIL, 1), "separator": ("LLZO", LENGTH, 1), "cathode": (host, FOIL, 4)}
        interfaces = {"separator|cathode": {"exchange_current": 5.0, "entropy_coefficient": given}}
        mesh = layered(comm, width, layers, interface_data=interfaces)
        model = ssb.Model(mesh, [ssb.Conduction(electronic=["cathode"]), ssb.ButlerVolmer(), ssb.Intercalation(0.5)])
        model.ground("bottom").apply(ssb.Current(i, into="top"), ssb.Ambient(T))
        model.solve(dt=1e-3)
        name = "cathode|separator"
        heat = total(comm, model.state.quantity("heat", name) * model.state.dS(name))
        found.append((voltage(model, "top"), heat / width))
        verify.below(
            model.balances.evaluate()["power imbalance"], 1e-8, what="power imbalance of a host", source="energy"
        )
    (V0, q0), (V, q) = found
    verify(V - V0, slope * (T - 298.15), rtol=1e-6, what="shift of a host's voltage at 318 K [V]", source="dU/dT ΔT")
    verify(q - q0, i * T * slope, rtol=1e-6, what="reversible heat of a host [W/m²]", source="i T dU/dT")
