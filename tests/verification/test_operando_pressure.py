"""Pressure of a cell in its housing while it is cycled: a cathode that breathes against an electrode that does not.

LTO does not change its volume, the layered oxide shrinks as it is charged. A column between rollers: layer i has the
oedometric stiffness M_i/L_i, M = E(1 − ν)/((1 + ν)(1 − 2ν)); the free growth of the cathode is g = L s (1 + ν)/(1 − ν)
with s = [(1 + V(x))/(1 + V(x₀))]^⅓ − 1. In series with a housing p = p₀ + k u,

    u = (K g − p₀)/(K + k),   1/K = Σ L_i/M_i,   Δp = k K g/(k + K)

and x = x₀ ∓ it/(F c_max L) as long as the diffusion is fast.
"""

import numpy as np
import pytest
from cells import layered

import fem_ssb as ssb
from fem_ssb import CC, Cycler, Rest
from fem_ssb.constants import F
from fem_ssb.materials import IsotropicStiffness, UserLaw
from fem_ssb.units import MPa, um

pytestmark = pytest.mark.system("B18")
WIDTH, C_MAX, CURRENT, TIME, START = 10 * um, 5e4, 10.0, 3000.0, 0.9
THICK = {"counter": 10 * um, "separator": 20 * um, "cathode": 20 * um}
YOUNG, POISSON = {"counter": 140e9, "separator": 22e9, "cathode": 140e9}, 0.3


def breathing(x):
    """Volume change of the oxide, 2 % from empty to full, a plain line (estimate: layered oxides 2 to 8 %)."""
    return 0.02 * x


def host(name, volume, open_circuit):
    return ssb.Material.custom(
        name,
        kind="cathode",
        stiffness=IsotropicStiffness(YOUNG["cathode"], POISSON),
        thermal_expansion=0.0,
        electronic_conductivity=10.0,
        open_circuit_potential=UserLaw(lambda x: open_circuit - 0.2 * x),
        diffusivity=1e-12,
        maximum_concentration=C_MAX,
        volume_change=UserLaw(volume),
    )


def cycled(comm, stiffness, preload=10 * MPa):
    """History of a charge, a rest and a discharge."""
    electrolyte = ssb.Material.custom(
        "glass",
        kind="electrolyte",
        stiffness=IsotropicStiffness(YOUNG["separator"], POISSON),
        thermal_expansion=0.0,
        ionic_conductivity=0.5,
    )
    materials = {"counter": host("LTO", lambda x: 0.0 * x, 1.6), "separator": electrolyte}
    materials["cathode"] = host("oxide", breathing, 4.0)
    layers = {name: (materials[name], THICK[name], 4) for name in THICK}
    electrodes = {n: {"exchange_current": 10.0} for n in ("counter|separator", "separator|cathode")}
    mesh = layered(comm, WIDTH, layers, interface_data=electrodes)
    hosts = ssb.Intercalation(initial={"counter": 0.1, "cathode": START})
    model = ssb.Model(mesh, [ssb.Conduction(electronic=["counter", "cathode"]), hosts, ssb.Elasticity()])
    model.ground("bottom").apply(ssb.Housing(stiffness, preload))
    model.apply(Cycler(CC(CURRENT, until=TIME) >> Rest(TIME / 4) >> CC(-CURRENT, until=TIME), into="top"))
    return model.run(first_step=TIME / 8, largest_step=TIME / 8, change=1.0, quiet=True)


def test_pressure_falls_on_charge_and_rises_on_discharge(verify, comm):
    oedometer = {n: E * (1 - POISSON) / ((1 + POISSON) * (1 - 2 * POISSON)) for n, E in YOUNG.items()}
    column = 1 / sum(THICK[n] / oedometer[n] for n in THICK)
    left = START - CURRENT * TIME / (F * C_MAX * THICK["cathode"])
    grown = ((1 + breathing(left)) / (1 + breathing(START))) ** (1 / 3) - 1
    growth = THICK["cathode"] * grown * (1 + POISSON) / (1 - POISSON)
    falls = {}
    for share in (0.01, 1.0, 100.0):
        stiffness = share * column
        result = cycled(comm, stiffness)
        pressure, capacity = result["stack pressure [Pa]"], result["capacity [mAh/cm2]"]
        start = 10 * MPa * column / (column + stiffness)
        top = int(np.argmax(capacity))
        exact = stiffness * column * growth / (stiffness + column)
        falls[share] = pressure[top] - start
        what = f"change of the pressure in a charge, housing {share:g} of the column's stiffness [Pa]"
        verify(falls[share], exact, rtol=2e-3, what=what, source="layers and spring in series")
        charge, discharge = np.diff(pressure[1 : top + 1]), np.diff(pressure[top:])
        verify.below(charge[np.abs(charge) > 1].max(), 0, what="steps of pressure on charge [Pa]", source="falls")
        verify.below(-discharge[np.abs(discharge) > 1].min(), 0, what="minus those on discharge [Pa]", source="rises")
        verify(pressure[-1], start, rtol=1e-3, what="pressure after the cycle [Pa]", source="reversible")
    verify.trend(
        [-f for f in falls.values()], "rising", what="amplitude with the housing's stiffness", source="row B18"
    )


def test_a_polycrystal_whose_boundaries_part_shows_less(verify, comm):
    """Randomly turned grains shrink along c: where their boundaries may part, gaps take up a part of it."""
    oxide = ssb.Material.custom(
        "oxide", kind="cathode", stiffness=IsotropicStiffness(140e9, 0.3), thermal_expansion=0.0
    )

    def amplitude(cohesive):
        stack = ssb.Stack(width=20 * um)
        stack.layer("cathode", oxide, thickness=20 * um, grains=ssb.Voronoi(count=8, seed=2))
        shrinking = ssb.Eigenstrain({"cathode": ssb.AlongAxes((0.0, 0.0, -0.01), share=lambda x, t: t)})
        model = ssb.Model(stack.mesh(comm, size=2.5 * um), [shrinking, ssb.Elasticity(cohesive=cohesive)])
        model.apply(ssb.Housing(1e13, 20 * MPa))
        result = model.run(1.0, first_step=1 / 16, largest_step=1 / 16, change=10.0, quiet=True)
        pressure = result["stack pressure [Pa]"]
        return pressure[0] - pressure[-1]

    weak = {"cathode|cathode": ssb.Cohesive(20 * MPa, 0.5, stiffness=1.3e18)}  # 1 % softer while they hold
    found = [amplitude(None), amplitude(weak)]
    verify.below(-found[1], 0.0, what="minus the amplitude with boundaries that part [Pa]", source="falls on charge")
    verify.trend(found, "falling", what="amplitude [Pa], held and parting", source="row B18: polycrystal below crystal")
