"""The model from what a user says: bad input is named before anything is solved; results meet hand estimates.

Without grains and pores the cell is one-dimensional and steady but for the temperature, so by hand

    V = i (L/σ + 2l/σ_e) + 2 (2RT/F) asinh(i/2i₀),   p = stack pressure,   heat = V i,   h = ± i Ω t/F

(both metals are under the same pressure, so its shifts of the two electrodes cancel), and with the heat transfer
coefficient h_c on both faces  Σρcl dT/dt = V i − 2h_c (T − T_a): the Biot number is below 1e-7.
"""

import re

import numpy as np
import pytest
from mpi4py import MPI
from small_cells import AMBIENT, CURRENT, ELECTROLYTE, METAL, PRESSURE, cell, plain, stack

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.problem.describe import describe, resistance
from fem_ssb.problem.state import State
from fem_ssb.units import um

COMM = MPI.COMM_WORLD
LI, LLZO = ssb.Material("Li"), ssb.Material("LLZO")
EXCHANGE = float(ssb.pair("Li", "LLZO")["exchange_current"](AMBIENT))


def at(material, name):
    return float(material[name](AMBIENT))


def meshed(change=lambda made: None, size=3 * um, **more):
    made = stack(grains=0, pores=False)
    change(made)
    return made.mesh(COMM, size=size, **more)


def built(physics, *loads, change=lambda made: None):
    return ssb.Model(meshed(change), physics).apply(*loads).state


def electric(*loads, **more):
    return built([ssb.Conduction(), ssb.ButlerVolmer()], *loads, **more)


GOOD = (ssb.Ground("counter"), ssb.Current(5.0, into="anode"))
BOTH = [ssb.Conduction(), ssb.ButlerVolmer()]
BAD = {
    "material": (
        lambda: electric(*GOOD, change=lambda s: s.layer("more", "Lithum", thickness=1 * um)),
        "unknown material 'Lithum': did you mean 'Li'",
    ),
    "property": (lambda: ssb.Material("LLZO", ionic_conductivty=1.0), "did you mean 'ionic_conductivity'"),
    "negative conductivity": (lambda: ssb.Material("LLZO", ionic_conductivity=-1.0), "ionic_conductivity of LLZO"),
    "infinite conductivity": (lambda: ssb.Material("LLZO", ionic_conductivity=np.inf), "must be finite"),
    "thickness of zero": (lambda: meshed(lambda s: s.layer("more", "Li", thickness=0.0)), "thickness of layer 'more'"),
    "negative thickness": (lambda: meshed(lambda s: s.layer("more", "Li", thickness=-1.0)), "must be above 0"),
    "layer twice": (
        lambda: meshed(lambda s: s.layer("anode", "Li", thickness=1.0)),
        "there is a layer 'anode' already",
    ),
    "width": (lambda: ssb.Stack(width=np.nan), "width (m) must be finite"),
    "mesh size": (lambda: meshed(size=-1.0), "mesh size (m) must be above 0"),
    "cells": (lambda: meshed(size=0.01 * um, max_cells=1000), "more than max_cells = 1000"),
    "interface of the stack": (
        lambda: meshed(lambda s: s.interface("anod|separator", exchange_current=1.0)),
        "unknown interface 'anod|separator': did you mean 'anode|separator'",
    ),
    "property of an interface": (
        lambda: electric(*GOOD, change=lambda s: s.interface("anode|separator", exchange_curent=1.0)),
        "did you mean 'exchange_current'",
    ),
    "negative film": (
        lambda: electric(*GOOD, change=lambda s: s.interface("anode|separator", film_resistance=-1.0)),
        "film_resistance",
    ),
    "data of grain boundaries": (
        lambda: ssb.Model(with_grain_interface(), BOTH).apply(*GOOD).state,
        "give layer 'separator' grain_boundaries=",
    ),
    "negative boundary resistance": (
        lambda: ssb.Model(with_boundaries(-1.0), BOTH).apply(*GOOD).state,
        "resistance of the grain boundaries of 'separator' must be at least 0",
    ),
    "boundary of a load": (
        lambda: electric(GOOD[0], ssb.Current(5.0, into="anod")),
        "unknown boundary 'anod': did you mean 'anode'",
    ),
    "field of a load": (
        lambda: electric(*GOOD, ssb.Fixed("temprature", "anode", 300.0)),
        "acts on temprature, which no physics of this model solves",
    ),
    "field of the state": (lambda: electric(*GOOD)["ionic_potentil"], "did you mean 'ionic_potential'"),
    "region": (lambda: meshed().cells("separater"), "unknown region 'separater': did you mean 'separator'"),
    "current": (lambda: electric(GOOD[0], ssb.Current(np.inf, into="anode")), "current density into 'anode'"),
    "no ground": (lambda: electric(GOOD[1]), "name a grounded collector, e.g. model.ground('counter')"),
    "loose body": (lambda: built([ssb.Elasticity()], ssb.Ambient(300.0)), "free to move along x, y"),
    "contradiction": (lambda: electric(*GOOD, ssb.Voltage(1.0, at="anode")), "two loads contradict"),
    "kinetics alone": (lambda: built([ssb.ButlerVolmer()]), "which none of them solves"),
    "physics twice": (lambda: built([ssb.Conduction(), ssb.Conduction()], *GOOD), "give each physics once"),
    "no physics": (lambda: built([], *GOOD), "a list of physics"),
    "coupling": (lambda: ssb.Model(meshed(), BOTH, coupling="week"), "did you mean 'weak'"),
    "not a load": (lambda: electric(5.0), "5.0 is not a load"),
    "no material": (lambda: ssb.Model(without_material(), BOTH).apply(*GOOD).state, "'separator' has no material"),
}


def with_grain_interface():
    made = stack(grains=4, pores=False)
    made.interface("separator|separator", film_resistance=1.0)
    return made.mesh(COMM, size=3 * um)


def with_boundaries(resistance):
    made = ssb.Stack(width=10 * um)
    made.layer("anode", "Li", thickness=METAL)
    boundaries = ssb.GrainBoundaries(resistance=resistance)
    made.layer(
        "separator", "LLZO", thickness=ELECTROLYTE, grains=ssb.Voronoi(count=4, seed=1), grain_boundaries=boundaries
    )
    made.layer("counter", "Li", thickness=METAL)
    return made.mesh(COMM, size=3 * um)


def without_material():
    mesh = meshed()
    del mesh.materials["separator"]
    return mesh


@pytest.mark.parametrize("what", BAD)
def test_bad_input_gives_one_clear_error(what):
    make, message = BAD[what]
    with pytest.raises(ssb.InputError) as caught:
        make()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_loads_come_before_the_first_solve():
    model = plain(COMM)
    model.solve()
    with pytest.raises(ssb.InputError, match="already built"):
        model.apply(ssb.Current(1.0, into="anode"))


def test_a_failed_solve_leaves_the_state_as_it_was():
    model = plain(COMM, settings={"options": {"snes_max_it": 1}})
    before = {n: model.state[n].x.array.copy() for n in model.state.fields}
    with pytest.raises(ssb.ConvergenceError, match="ionic_potential, electronic_potential did not converge in 2"):
        model.solve()
    for name, values in before.items():
        assert np.array_equal(model.state[name].x.array, values)


# -- hand estimates -------------------------------------------------------------------------------------------


def by_hand(current=CURRENT):
    """Voltage [V] of the plain cell."""
    path = ELECTROLYTE / at(LLZO, "ionic_conductivity") + 2 * METAL / at(LI, "electronic_conductivity")
    return current * path + 4 * R * AMBIENT / F * np.arcsinh(current / (2 * EXCHANGE))


def test_voltage_pressure_heat_and_plated_thickness():
    """Half an hour at a fixed temperature; energies from the residuals."""
    duration = 1800.0
    model = plain(COMM, ("Conduction", "ButlerVolmer", "Plating", "Elasticity"))
    result = model.run(duration, quiet=True)
    assert result["voltage [V]"] == pytest.approx(by_hand(), rel=1e-8)
    for electrode in ("anode|separator", "counter|separator"):
        assert result[f"mean pressure {electrode} [Pa]"] == pytest.approx(PRESSURE, rel=1e-8)
        assert result[f"max pressure {electrode} [Pa]"] == pytest.approx(PRESSURE, rel=1e-6)
        assert result[f"current focusing {electrode} [1]"] == pytest.approx(1.0, rel=1e-6)
    heat = model.balances.heat()
    assert heat == pytest.approx(result["voltage [V]"][-1] * CURRENT * model.mesh.area("anode"), rel=1e-8)
    columns = sum(result[f"{kind} heat [W/m]"][-1] for kind in ("Joule", "reaction"))
    assert columns == pytest.approx(heat, rel=1e-8)
    plated = CURRENT * at(LI, "molar_volume") * duration / F
    assert result["max plated thickness [m]"][-1] == pytest.approx(plated, rel=1e-8)
    assert result["capacity [mAh/cm2]"][-1] == pytest.approx(0.25, rel=1e-12)


def test_temperature_follows_the_lumped_balance():
    """Backward Euler of the lumped balance over the run's own steps, and its steady end V i/(2h_c)."""
    model = plain(COMM, ("Conduction", "ButlerVolmer", "Heat"), current=10 * CURRENT)
    result = model.run(20.0, quiet=True)
    capacity = 2 * METAL * at(LI, "density") * at(LI, "specific_heat")
    capacity += ELECTROLYTE * at(LLZO, "density") * at(LLZO, "specific_heat")
    power, loss, rise, expected = result["voltage [V]"] * 10 * CURRENT, 2 * 10.0, 0.0, [0.0]
    for dt, q in zip(result["step [s]"][1:], power[1:], strict=True):
        rise = (capacity / dt * rise + q) / (capacity / dt + loss)
        expected.append(rise)
    measured = result["mean temperature [K]"] - AMBIENT
    assert measured[1:] == pytest.approx(expected[1:], rel=1e-5)
    assert measured[-1] == pytest.approx(power[-1] / loss, rel=0.01)
    assert len(measured) > 10


def test_current_and_voltage_control_are_inverse():
    voltage = by_hand()
    mesh = meshed()
    model = ssb.Model(mesh, BOTH).apply(ssb.Ground("counter"), ssb.Voltage(voltage, at="anode"))
    result = model.run(10.0, quiet=True)
    assert result["current density [A/m2]"] == pytest.approx(CURRENT, rel=1e-8)


# -- dry run --------------------------------------------------------------------------------------------------


def test_dry_run_prints_the_series_estimate_and_writes_nothing(tmp_path, capsys):
    made = ssb.Stack(width=12 * um)
    made.layer("anode", "Li", thickness=METAL)
    boundaries = ssb.GrainBoundaries(resistance=2e-4)
    grains = ssb.Voronoi(count=12, seed=1)
    made.layer("separator", "LLZO", thickness=9 * um, grains=grains, grain_boundaries=boundaries)
    made.layer("counter", "Li", thickness=METAL)
    model = ssb.Model(made.mesh(COMM, size=3 * um), BOTH).ground("counter").apply(ssb.Current(CURRENT, into="anode"))
    size = np.sqrt(12 * 9 / 12) * um  # 3 µm: two boundaries on the way
    hand = 9 * um / at(LLZO, "ionic_conductivity") + (9 * um / size - 1) * 2e-4 + 2 * R * AMBIENT / (F * EXCHANGE)
    assert resistance(model) == pytest.approx(hand, rel=1e-6)
    with pytest.raises(SystemExit) as caught:
        model.run(1800.0, output=tmp_path / "out", dry_run=True)
    assert caught.value.code == 0
    assert list(tmp_path.iterdir()) == []
    text = capsys.readouterr().out
    printed = float(re.search(r"area-specific resistance: ([0-9.]+) Ω cm²", text)[1])
    assert printed == pytest.approx(hand * 1e4, rel=1e-3)
    for word in ("ionic_conductivity", "exchange_current", "(estimate)", "cells: ", "stripped in 30 min", "plated"):
        assert word in text
    moved = CURRENT * 1800 * at(LI, "molar_volume") / F
    assert f"{moved / um:.3g} µm stripped" in text
    assert describe(model, 1800.0) in text


def test_dry_run_predicts_for_the_electrodes_of_the_cell_alone():
    """Isolated metal has no net current; a body without currents no resistance."""
    made = ssb.Stack(width=12 * um)
    for name, material, thickness in (("anode", "Li", METAL), ("separator", "LLZO", 9 * um), ("counter", "Li", METAL)):
        made.layer(name, material, thickness=thickness)
    made.inclusion("separator", "island", "Li", ssb.Disc((6 * um, METAL + 4 * um), 2 * um))
    mesh = made.mesh(COMM, size=3 * um)
    model = ssb.Model(mesh, BOTH).ground("counter").apply(ssb.Current(CURRENT, into="anode"))
    moved = re.findall(r"(\S+): \S+ µm (?:plated|stripped)", describe(model, 1800.0))
    assert moved == ["anode|separator", "counter|separator"]
    model = ssb.Model(mesh, BOTH).ground("counter").apply(ssb.Current(ssb.C(1), into="anode"))
    assert "100.0% of the layer" in describe(model, 3600.0)
    warm = ssb.Model(mesh, [ssb.Heat()]).apply(ssb.Ambient(AMBIENT))
    assert "predicted" not in describe(warm, 1.0)


def test_estimate_meets_the_solved_resistance_of_a_polycrystal():
    """Pores and the grains' shape are not in the estimate; both agree within a sixth."""
    model = cell(COMM, ("Conduction", "ButlerVolmer"), grains=8, pores=False, resistance=2e-4)
    estimate = resistance(model)
    solved = model.run(1.0, quiet=True)["area-specific resistance [ohm m2]"][-1]
    assert solved == pytest.approx(estimate, rel=1 / 6)


# -- coupling -------------------------------------------------------------------------------------------------


def warmed(coupling, steps, **settings):
    """Voltage and temperature of a cell under a large current after a quarter of a second."""
    settings = {"coupling": coupling, **settings}
    model = plain(COMM, ("Conduction", "ButlerVolmer", "Heat"), current=2e3, settings=settings)
    model.solve(1e-9)
    model.state.accept()
    for _ in range(steps):
        model.solve(0.25 / steps)
        model.state.accept()
    return np.array(
        [model.boundary_conditions.mean("electronic_potential", "anode"), model.state["temperature"].x.array.max()]
    )


def test_one_weak_sweep_lags_in_proportion_to_the_step():
    strong = {n: warmed("strong", n) for n in (4, 8, 16)}
    lag = {n: np.abs(warmed("weak", n, largest_sweeps=1) - strong[n]) for n in strong}
    assert (lag[4] > 1e-6 * strong[4]).all()
    for n in (4, 8):
        assert lag[n] / lag[2 * n] == pytest.approx(2.0, rel=0.2)
    assert warmed("weak", 4) == pytest.approx(strong[4], rel=1e-6)


def test_interface_of_a_revolved_body_is_a_disc():
    """Means over interfaces divide by it: 2πr dS is πR² over a section of the width R."""
    mesh = meshed()
    state = State(mesh)
    width = state.area("anode|separator")
    assert width == pytest.approx(mesh.area("anode|separator"), rel=1e-12)
    state.revolve()
    assert state.area("anode|separator") == pytest.approx(np.pi * width**2, rel=1e-12)
