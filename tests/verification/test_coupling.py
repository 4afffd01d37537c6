"""Strong and weak coupling are two ways to the same solution of all fields."""

import numpy as np
import pytest
from cells import layered, voltage

import fem_ssb as ssb
from fem_ssb.units import MPa, mA_cm2, um

TOUGHNESS = 3e-3  # J/m², so low that the stack pressure damages the electrolyte


def solved(mesh, coupling):
    """Potentials, plating, displacement with creep, temperature and damage of a small cell after 16 seconds."""
    physics = [ssb.Conduction(), ssb.ButlerVolmer(), ssb.Plating(), ssb.Elasticity(), ssb.Fracture(), ssb.Heat()]
    model = ssb.Model(mesh, physics, coupling=coupling, damage_tolerance=1e-7, largest_sweeps=200)
    model.ground("top")
    model.apply(ssb.Current(2 * mA_cm2, into="bottom"), ssb.StackPressure(5 * MPa), ssb.Ambient(298.15))
    for step in (1.0, 5.0, 10.0):
        model.solve(step)
        model.accept()
    return model


def cell(comm):
    data = {"film_resistance": 1e-3}
    layers = {
        "anode": ("Li", 10 * um, 3),
        "separator": (ssb.Material("LLZO", toughness=TOUGHNESS), 30 * um, 8),
        "counter": ("Li", 10 * um, 3),
    }
    return layered(comm, 20 * um, layers, across=5, interface_data={"anode|separator": data})


@pytest.mark.system("E4")
@pytest.mark.parallel
def test_strong_and_weak_coupling_agree(verify, comm):
    mesh = cell(comm)  # one mesh: two of them need not be cut alike
    strong, weak = solved(mesh, "strong"), solved(mesh, "weak")
    assert weak.sweeps > 1, "the weak coupling did not iterate"
    verify(voltage(weak), voltage(strong), rtol=1e-6, what="weak: voltage [V]", source="strong coupling")
    damage = max(comm.allgather(float(strong.state["damage"].x.array.max(initial=0.0))))
    verify.below(0.01, damage, what="0.01 is less than the damage of the cell", source="the case is not trivial")
    for name in strong.state.fields:
        a, b = strong.state[name].x.array, weak.state[name].x.array
        offset = 298.15 if name == "temperature" else 0.0
        size = max(comm.allgather(float(np.abs(a - offset).max(initial=0.0))))
        gap = max(comm.allgather(float(np.abs(a - b).max(initial=0.0))))
        verify.below(gap, 1e-6 * size, what=f"weak − strong: {name}", source="1e-6 of the largest value")
