"""Energy: what the current brings in is heat that is stored or carried away, and an adiabatic cell warms by IVt/ΣρcV.

With ∂T/∂t by backward Euler, testing the heat equation with 1 gives, per step, exactly

    Σ∫ρc (T − T_old)/Δt dx + ∫h_c (T − T_a) ds = ∫q dx + ∫q_s dS

and testing the charge equations with the potentials gives ∫q dx + ∫q_s dS = I V: Joule heat σ|∇φ|², boundary heat
⟦φ⟧²/R and reaction heat i_n(ψ − φ) (U = 0; film included). Both hold for the discrete solution, to rounding.
"""

import pytest
import ufl
from cells import layered, total, voltage

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.units import mA_cm2, um

pytestmark = [pytest.mark.system("C2"), pytest.mark.parallel]
AMBIENT, EXCHANGE_OF_HEAT = 298.15, 10.0


def flows(model):
    """(electrical power, stored, carried away) [W/m] of the last step, from the fields alone."""
    state = model.state
    capacity = {r: m["density"](AMBIENT) * m["specific_heat"](AMBIENT) for r, m in state.materials.items()}
    T, T_old, dt = state["temperature"], state.old("temperature"), float(state.dt.value)
    dx = ufl.Measure(
        "dx", domain=state.domain, subdomain_data=[(i, state.mesh.cells(r)) for i, r in enumerate(capacity)]
    )
    stored = sum(total(state.mesh.comm, c * (T - T_old) / dt * dx(i)) for i, c in enumerate(capacity.values()))
    width = model.boundary_conditions.area("bottom")
    away = sum(
        EXCHANGE_OF_HEAT * (model.boundary_conditions.mean("temperature", b) - AMBIENT) * width
        for b in ("bottom", "top")
    )
    current = model.boundary_conditions.value("electronic_potential", "bottom")
    return current * width * voltage(model), stored, away


@pytest.mark.parametrize("film", [0.0, 2e-3])
def test_energy_balance_of_a_cooled_cell(verify, comm, film):
    """Library materials, everything a function of temperature, a contact resistance, at 20 mA/cm²."""
    interfaces = {"anode|separator": {"film_resistance": film}, "separator|layer": {"film_resistance": 1e-3}}
    layers = {
        "anode": ("Li", 10 * um, 2),
        "separator": ("LLZO", 40 * um, 4),
        "layer": ("LiPON", 1 * um, 1),
        "counter": ("Li", 10 * um, 2),
    }
    mesh = layered(comm, 30 * um, layers, interface_data=interfaces)
    model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer(), ssb.Heat()])
    model.ground("top")
    model.apply(ssb.Current(20 * mA_cm2, into="bottom"), ssb.Ambient(AMBIENT, coefficient=EXCHANGE_OF_HEAT))
    given = "film" if film else "clean"
    for step in (1.0, 10.0, 1e5):
        model.solve(step)
        power, stored, away = flows(model)
        imbalance = abs(power - stored - away) / power
        verify.below(imbalance, 1e-8, what=f"energy imbalance, {given}, Δt = {step:g} s", source="I·V = stored + away")
        own = model.balances.evaluate()
        verify.below(
            own["heat imbalance"], 1e-8, what=f"heat imbalance reported, {given}, Δt = {step:g} s", source="C2"
        )
        verify.below(
            own["power imbalance"], 1e-8, what=f"power imbalance reported, {given}, Δt = {step:g} s", source="C2"
        )
        model.state.accept()


def test_adiabatic_temperature_rise(verify, comm):
    """ΔT = I V t/ΣρcV; i₀ ∝ T keeps R_ct = RT/(F i₀) constant, so V is constant, to (i/2i₀)²/6 = 4e-8."""
    sigma, exchange, current, end = 0.05, 1e4, 10.0, 3600.0
    data = {"exchange_current": lambda T: exchange * T / AMBIENT, "transfer_coefficient": 0.5}
    metal = ssb.Material("Li", electronic_conductivity=1e7)
    layers = {
        "anode": (metal, 10 * um, 1),
        "separator": (ssb.Material("LLZO", ionic_conductivity=sigma), 40 * um, 2),
        "counter": (metal, 10 * um, 1),
    }
    mesh = layered(comm, 30 * um, layers, interface_data={"anode|separator": data, "separator|counter": data})
    model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer(), ssb.Heat()])
    model.ground("top")
    model.apply(ssb.Current(current, into="bottom"), ssb.Ambient(AMBIENT, coefficient=0.0))
    result = model.run(end, quiet=True)
    volts = current * (40 * um / sigma + 20 * um / 1e7 + 2 * R * AMBIENT / (F * exchange))
    capacity = 20 * um * 534.0 * 3582.0 + 40 * um * 5130.0 * 550.0  # J/(m² K), densities and heats of the library
    rise = result["mean temperature [K]"][-1] - AMBIENT
    verify(result["voltage [V]"][-1], volts, rtol=1e-6, what="voltage at the end [V]", source="ohmic + 2RT/(Fi₀)")
    verify(rise, current * volts * end / capacity, rtol=1e-6, what="adiabatic rise in an hour [K]", source="IVt/ΣρcV")
