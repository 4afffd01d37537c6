"""Models from stacks on any number of ranks: closed forms, errors that all ranks have, runs that stop cleanly."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from small_cells import AMBIENT, CURRENT, ELECTROLYTE, METAL, PRESSURE, plain

import fem_ssb as ssb
from fem_ssb.constants import F, R


@pytest.fixture
def folder(comm, tmp_path):
    """One folder for all ranks."""
    return comm.bcast(tmp_path)


def error_of(action):
    """What an action raises, as text."""
    try:
        action()
    except (ssb.InputError, ssb.ConvergenceError) as problem:
        return f"{type(problem).__name__}: {problem}"
    return "none"


def test_voltage_and_pressure_of_the_plain_cell(comm):
    model = plain(comm, ("Conduction", "ButlerVolmer", "Plating", "Elasticity"))
    result = model.run(60.0, quiet=True)
    exchange = float(ssb.pair("Li", "LLZO")["exchange_current"](AMBIENT))
    ohmic = ELECTROLYTE / float(ssb.Material("LLZO")["ionic_conductivity"](AMBIENT))
    ohmic += 2 * METAL / float(ssb.Material("Li")["electronic_conductivity"](AMBIENT))
    expected = CURRENT * ohmic + 4 * R * AMBIENT / F * np.arcsinh(CURRENT / (2 * exchange))
    assert result["voltage [V]"] == pytest.approx(expected, rel=1e-8)
    assert result["mean pressure anode|separator [Pa]"] == pytest.approx(PRESSURE, rel=1e-8)


def test_current_at_a_held_voltage(comm):
    """Rounding of σ_e∇ψ in the metal does not reach the current."""
    mesh = plain(comm).mesh
    currents = []
    for voltage in (1e-3, 0.1):
        model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer()]).ground("counter")
        result = model.apply(ssb.Voltage(voltage, at="anode")).run(1.0, quiet=True)
        currents.append(result["current density [A/m2]"][-1])
        back = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer()]).ground("counter")
        result = back.apply(ssb.Current(currents[-1], into="anode")).run(1.0, quiet=True)
        assert result["voltage [V]"][-1] == pytest.approx(voltage, rel=1e-9)
    assert currents[1] > 50 * currents[0] > 0


@pytest.mark.parametrize(
    "load",
    [ssb.Current(np.nan, into="anode"), ssb.Current(1.0, into="anod"), ssb.Voltage(1.0, at="counter")],
)
def test_every_rank_has_the_same_error(comm, load):
    mesh = plain(comm).mesh
    model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer()]).ground("counter").apply(load)
    errors = comm.allgather(error_of(lambda: model.state))
    assert set(errors) == {errors[0]}
    assert errors[0].startswith("InputError: ")


@pytest.mark.parametrize("bad", [float("nan"), 1e25])
def test_a_run_that_stops_says_so_and_goes_on(comm, folder, bad):
    options = {"output": folder, "quiet": True, "first_step": 600 / 16, "smallest_step": 600 / 256}
    model = plain(comm, current=lambda t: 5.0 if t < 300 else bad)
    errors = comm.allgather(error_of(lambda: model.run(600.0, **options)))
    assert set(errors) == {errors[0]}
    record = json.loads((folder / "run.json").read_text())
    assert (record["status"], record["reason"]) == ("stopped", errors[0])
    comm.barrier()
    result = plain(comm).run(600.0, resume=True, **options)
    assert result["time [s]"][-1] == 600.0
    assert result["voltage [V]"] == pytest.approx(result["voltage [V]"][0], rel=1e-8)
