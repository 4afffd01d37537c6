"""Faraday's law at an electrode: how fast metal grows under a current.

One mole of metal takes the charge F and the volume Ω, so a layer grows by dh/dt = iΩ/F. With Ω = 13.148e-6 m³/mol,
as the dendrite study (source S3 of docs/systems.md, eq. 1) has it, 8.6 and 4.5 µm/s are 6.3 and 3.3 A/cm²; with
13.0e-6 m³/mol of lithium, 1 mAh/cm² is 36000·13.0e-6/F = 4.85 µm; with 23.8e-6 of sodium it is 8.88 µm.
"""

import pytest
from cells import layered

import fem_ssb as ssb
from fem_ssb.analysis.interfaces import InterfaceMap
from fem_ssb.constants import F
from fem_ssb.units import A_cm2, hour, mA_cm2, mAh_cm2, um

pytestmark = pytest.mark.parallel


def cell(comm, current, metal, electrolyte, dim=2):
    """Metal | electrolyte | metal; a positive current plates at the counter electrode on top."""
    layers = {"anode": (metal, 10 * um, 1), "separator": (electrolyte, 40 * um, 2), "counter": (metal, 10 * um, 1)}
    model = ssb.Model(layered(comm, 30 * um, layers, dim=dim), [ssb.Conduction(), ssb.ButlerVolmer(), ssb.Plating()])
    model.ground("top")
    return model.apply(ssb.Current(current, into="bottom"))


def thickness(model, interface):
    """Mean of h over an interface [m]; it is uniform here, which is checked."""
    model.state.provide("plated", interface, lambda: model.state["metal_thickness"]("+"))
    values = InterfaceMap(model.state, "plated", interface).evaluate()
    assert abs(values["max"] - values["min"]) < 1e-9 * abs(values["mean"])
    return values["mean"]


@pytest.mark.system("A9")
@pytest.mark.parametrize("rate, density", [(8.6, 6.3), (4.5, 3.3)])
def test_growth_rate_of_a_dendrite_tip(verify, comm, rate, density):
    volume, current = 13.148e-6, density * A_cm2
    model = cell(comm, current, ssb.Material("Li", molar_volume=volume), ssb.Material("LLZO", ionic_conductivity=10.0))
    step = 0.1
    model.solve(step)
    plated, stripped = thickness(model, "separator|counter"), thickness(model, "anode|separator")
    what = f"plated at {density} A/cm² [m/s]"
    verify(plated / step, current * volume / F, rtol=1e-9, what=what, source="iΩ/F")
    verify(-stripped / step, current * volume / F, rtol=1e-9, what=what.replace("plated", "stripped"), source="iΩ/F")
    source = "S3, two digits"
    verify(plated / step / um, rate, rtol=0.01, what=f"tip growth at {density} A/cm² [µm/s]", source=source)
    verify(
        rate * um * F / volume / A_cm2, density, rtol=0.01, what=f"tip current at {rate} µm/s [A/cm²]", source=source
    )


@pytest.mark.system("A9")
@pytest.mark.parametrize(
    "dim, metal, electrolyte, volume, expected",
    [
        (2, "Li", "LLZO", 13.0e-6, 4.85),
        (2, "Na", "NZSP", 23.8e-6, 8.88),
        (3, "Na", "NZSP", 23.8e-6, 8.88),
    ],
)
def test_thickness_of_a_capacity(verify, comm, dim, metal, electrolyte, volume, expected):
    model = cell(comm, 1.0 * mA_cm2, ssb.Material(metal, molar_volume=volume), ssb.Material(electrolyte), dim)
    result = model.run(1 * hour, quiet=True)
    plated = thickness(model, "separator|counter")
    exact = mAh_cm2 * volume / F
    verify(result["capacity [mAh/cm2]"][-1], 1.0, rtol=1e-9, what=f"{metal}: capacity [mAh/cm²]", source="i·t")
    verify(plated, exact, rtol=1e-8, what=f"{metal}: thickness of 1 mAh/cm² [m]", source="QΩ/F")
    verify(
        plated / um, expected, atol=0.01, what=f"{metal}: thickness of 1 mAh/cm² [µm]", source="three digits, by hand"
    )
