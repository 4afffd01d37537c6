"""Marching: bad options, jumps, failures that leave a clean folder behind, and runs that go on."""

import json

import numpy as np
import pytest
from mpi4py import MPI
from small_cells import cell, plain

import fem_ssb as ssb
from fem_ssb.output import read_history, read_snapshot, read_times

COMM = MPI.COMM_WORLD
NOT_COMPARED = ("iterations", "sweeps", "imbalance")


def wave(t):
    return 5.0 * (1 + 0.5 * np.sin(t / 100))


def pushed(t):
    return 5e6 * (1 + t / 6000)


def coupled():
    """All physics, with damage that grows, creep and a current that changes."""
    return cell(COMM, current=wave, pressure=pushed, toughness=5e-4)


def record(folder):
    return json.loads((folder / "run.json").read_text())


def assert_same(found, expected, rtol):
    """All columns but counters and imbalances, relative to the largest value of each."""
    assert list(found) == list(expected)
    for name, values in expected.items():
        if not any(word in name for word in NOT_COMPARED):
            size = np.nanmax(np.abs(values)) or 1.0
            np.testing.assert_allclose(found[name], values, rtol=0, atol=rtol * size, equal_nan=True, err_msg=name)


@pytest.mark.parametrize(
    ("duration", "options", "message"),
    [
        (-1.0, {}, "duration [s] must be above 0"),
        (np.nan, {}, "duration [s] must be finite"),
        ("long", {}, "duration [s] must be a number"),
        (10.0, {"first_step": 0.0}, "first step [s] must be above 0"),
        (10.0, {"largest_step": -1.0}, "largest step [s] must be above 0"),
        (10.0, {"smallest_step": np.inf}, "smallest step [s] must be finite"),
        (10.0, {"change": 0.0}, "change must be above 0"),
        (10.0, {"fields_every": 0}, "fields_every must be at least 1"),
        (10.0, {"checkpoint_every": 0}, "checkpoint_every must be at least 1"),
        (10.0, {"resume": True}, "resume=True needs the output folder"),
    ],
)
def test_bad_options_are_refused(duration, options, message):
    with pytest.raises(ssb.InputError) as caught:
        plain(COMM).run(duration, quiet=True, **options)
    assert message in str(caught.value)


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_solved(tmp_path):
    (tmp_path / "file").write_text("mine")
    model = plain(COMM)
    with pytest.raises(ssb.InputError, match="output folder"):
        model.run(10.0, output=tmp_path / "file", quiet=True)
    assert model._state is None
    assert (tmp_path / "file").read_text() == "mine"


def test_resume_without_a_checkpoint_leaves_the_folder_alone(tmp_path):
    plain(COMM).run(10.0, output=tmp_path, quiet=True)
    before = {p.name: p.stat().st_mtime_ns for p in tmp_path.iterdir()}
    with pytest.raises(ssb.InputError, match="was 10 s, not 20 s"):
        plain(COMM).run(20.0, output=tmp_path, quiet=True, resume=True)
    assert {p.name: p.stat().st_mtime_ns for p in tmp_path.iterdir()} == before
    with pytest.raises(ssb.InputError, match="there is no checkpoint"):
        plain(COMM).run(10.0, output=tmp_path / "new", quiet=True, resume=True)


def test_a_finished_run_resumed_is_finished(tmp_path):
    first = plain(COMM).run(10.0, output=tmp_path, quiet=True)
    again = plain(COMM).run(10.0, output=tmp_path, quiet=True, resume=True)
    assert_same(again.history, first.history, 0.0)
    assert record(tmp_path)["status"] == "finished"


def test_a_new_run_takes_nothing_from_an_older_one(tmp_path):
    plain(COMM).run(10.0, output=tmp_path, quiet=True)
    with pytest.raises(ssb.ConvergenceError, match="did not converge in 2 iterations"):
        plain(COMM, settings={"options": {"snes_max_it": 1}}).run(10.0, output=tmp_path, quiet=True)
    assert record(tmp_path)["status"] == "stopped"
    assert "did not converge in 2 iterations" in record(tmp_path)["reason"]
    assert not (tmp_path / "history.csv").exists()
    assert not (tmp_path / "fields.xdmf").exists()
    assert not (tmp_path / "checkpoints").exists()


@pytest.mark.parametrize(
    ("bad", "kind", "reason"),
    [
        (float("nan"), ssb.InputError, "current density into 'anode' [A/m²] at t = 300 s must be finite, not nan"),
        (1e25, ssb.ConvergenceError, "no step of 2.34 s or more succeeds at t = 297.656 s: "),
    ],
)
def test_a_run_that_cannot_go_on_keeps_the_last_good_state(tmp_path, bad, kind, reason):
    options = {"output": tmp_path, "first_step": 600 / 16, "smallest_step": 600 / 256, "fields_every": 100}
    model = plain(COMM, current=lambda t: 5.0 if t < 300 else bad)
    with pytest.raises(kind) as caught:
        model.run(600.0, quiet=True, **options)
    assert reason in str(caught.value)
    assert (record(tmp_path)["status"], reason in record(tmp_path)["reason"]) == ("stopped", True)
    history = read_history(tmp_path / "history.csv")
    last = history["time [s]"][-1]
    assert 200 < last < 300
    assert record(tmp_path)["solver"]["steps"] == len(history["time [s]"]) - 1
    assert read_times(tmp_path / "fields.xdmf") == [0.0, last]
    potential = read_snapshot(tmp_path / "fields.xdmf").nodal["electronic potential [V]"]
    assert np.nanmax(potential) == pytest.approx(history["voltage [V]"][-1], rel=1e-10)
    assert not list(tmp_path.glob(".*"))
    options["largest_step"] = 600 / 32  # is heeded where the run goes on, too
    result = plain(COMM).run(600.0, quiet=True, resume=True, **options)
    assert result["time [s]"][len(history["time [s]"]) - 1] == last
    assert result["step [s]"][len(history["time [s]"]) :].max() == pytest.approx(600 / 32)
    assert result["time [s]"][-1] == 600.0
    assert record(tmp_path)["status"] == "finished"


def test_a_jump_of_the_current_is_crossed_with_the_smallest_step():
    model = plain(COMM, current=lambda t: 5.0 if t < 300.1 else -5.0)
    result = model.run(600.0, quiet=True, smallest_step=600 / 2**12)
    time, voltage = result["time [s]"], result["voltage [V]"]
    assert voltage[time < 300.1] == pytest.approx(voltage[0], rel=1e-8)
    assert voltage[time >= 300.1] == pytest.approx(-voltage[0], rel=1e-8)
    at = int(np.argmax(time >= 300.1))
    assert result["step [s]"][at] == 600 / 2**12
    assert len(time) < 60


class PowerCut(BaseException):
    """What no run expects."""


def test_a_run_that_was_cut_off_goes_on_as_if_nothing_had_been(tmp_path):
    """Creep strain, damage, thickness, capacity, extrapolation and step size come back to the last bit."""
    options = {"quiet": True, "checkpoint_every": 4, "largest_step": 60.0}
    whole = coupled().run(600.0, output=tmp_path / "whole", **options)
    assert 0.01 < whole["max damage [1]"][5] < whole["max damage [1]"][-1] < 1
    model, steps = coupled(), []
    elasticity = model.physics[3]
    advance = elasticity.advance

    def cut(state):
        advance(state)
        steps.append(1)
        if len(steps) == 11:
            raise PowerCut("lights out")

    elasticity.advance = cut
    with pytest.raises(PowerCut):
        model.run(600.0, output=tmp_path / "cut", **options)
    assert record(tmp_path / "cut")["status"] == "stopped"
    assert "PowerCut: lights out" in record(tmp_path / "cut")["reason"]
    assert len(read_history(tmp_path / "cut" / "history.csv")["time [s]"]) == 11
    resumed = coupled().run(600.0, output=tmp_path / "cut", resume=True, **options)
    assert_same(resumed.history, whole.history, 1e-8)
    assert read_times(tmp_path / "cut" / "fields.xdmf") == list(whole["time [s]"])
    assert record(tmp_path / "cut")["solver"]["steps"] == record(tmp_path / "whole")["solver"]["steps"]


def test_a_warm_cell_with_a_small_current_cools():
    """What its surroundings take is counted as flow, beside which the heat of the current is less than rounding."""
    model = plain(COMM, ("Conduction", "ButlerVolmer", "Heat"), current=1e-4)
    model.apply(ssb.Convection("right", 273.15, 10.0))
    state = model.state
    for temperature in (state["temperature"], state.old("temperature")):
        temperature.x.array[:] = 350.0
    model.solve(1e-3)
    assert model.boundary_conditions.mean("temperature", "right") < 349.99
    assert model.balances.evaluate()["heat imbalance"] < 1e-9


def test_times_are_the_same_whatever_is_written(tmp_path):
    free = plain(COMM).run(100.0, quiet=True)
    written = plain(COMM).run(100.0, output=tmp_path, quiet=True, fields_every=3, checkpoint_every=1)
    assert_same(written.history, free.history, 1e-14)
    assert read_times(tmp_path / "fields.xdmf")[-1] == 100.0
