"""Protocols: how they are written, what is refused, and runs of several steps that go on after a stop."""

import json

import numpy as np
import pytest
from mpi4py import MPI
from small_cells import ALL, stack
from test_run import PowerCut, assert_same

import fem_ssb as ssb
from fem_ssb.output import read_history, read_snapshot, read_times
from fem_ssb.problem.record import Recorder
from fem_ssb.problem.run import _Run
from fem_ssb.units import MPa, mAh_cm2, um

COMM = MPI.COMM_WORLD
MECHANICS = ("Conduction", "ButlerVolmer", "Plating", "Elasticity")


def model(protocol, physics=("Conduction", "ButlerVolmer"), **more):
    mesh = stack(grains=0, pores=False).mesh(COMM, size=3 * um)
    made = ssb.Model(mesh, [getattr(ssb, name)() for name in physics], **more)
    made.ground("counter").apply(ssb.Cycler(protocol, into="anode"), ssb.Ambient(298.15))
    return made.apply(ssb.StackPressure(5 * MPa)) if "Elasticity" in physics else made


def test_it_reads_like_a_lab_sheet():
    cycle = ssb.CC(5.0, until=(3600.0, ssb.voltage > 0.2)) >> ssb.Rest(600.0)
    protocol = ssb.CC(1.0, until=60.0) >> cycle * 2
    assert [(c, s.name) for c, s in protocol.steps] == [
        (1, "CC 1 A/m²"), (2, "CC 5 A/m²"), (2, "Rest"), (3, "CC 5 A/m²"), (3, "Rest")
    ]  # fmt: skip
    assert protocol.duration == 60 + 2 * 4200
    assert str(cycle.steps[0][1]) == "CC 5 A/m² for 3600 s or voltage [V] > 0.2"
    assert ssb.Sweep("voltage", 0.1, -0.1, 0.01).duration == pytest.approx(20.0)
    assert len(ssb.staircase([1, 2], hold=60.0).steps) == 4
    high = ssb.voltage > 0.2  # alone or in a sequence
    assert ssb.Sweep("current", 0, 1, 1, until=high).events == ssb.Sweep("current", 0, 1, 1, until=[high]).events
    assert ssb.staircase([1], 60.0, until=high).steps[0][1].events == (high,)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ssb.CC(5.0, until=ssb.voltage > 0.2), "needs one longest duration"),
        (lambda: ssb.CC(5.0, until=(60.0, 70.0)), "needs one longest duration"),
        (lambda: ssb.CC(float("nan"), until=60.0), "value of CC nan A/m² must be finite"),
        (lambda: ssb.Rest(0.0), "duration of Rest [s] must be above 0"),
        (lambda: ssb.Sweep("heat", 0, 1, 1), "unknown mode of a sweep 'heat'"),
        (lambda: ssb.Sweep("current", 1, 1, 1), "start and end are the same"),
        (lambda: ssb.Sweep("current", 0, 1, 0), "rate of a sweep [1/s] must be above 0"),
        (lambda: ssb.staircase([], 60.0), "at least one current density"),
        (lambda: ssb.Rest(1.0) * 0, "number of cycles must be at least 1"),
        (lambda: ssb.Rest(1.0) * 2.5, "number of cycles must be whole, not 2.5"),
        (lambda: ssb.Rest(1.0) >> 5.0, "followed by a step or a protocol, not 5.0"),
        (lambda: ssb.Cycler("CC", into="anode"), "needs a protocol"),
        (lambda: ssb.Pulse(1.0, 0.0, 1.0, until=9.0), "duration of a pulse [s] must be above 0"),
        (lambda: ssb.Pulse(1.0, 1e-6, 1e-6, until=3600.0), "periods are too many to follow"),
        (lambda: ssb.Pulse(1.0, 1.0, 1.0, until=9.0, mode="power"), "pulses are of current or voltage, not of power"),
        (lambda: ssb.AC(1.0, 0.0, until=9.0), "frequency [1/s] must be above 0"),
        (lambda: ssb.AC(ssb.C(1), 1.0, until=9.0), "amplitude of a sinusoid must be a number"),
        (lambda: ssb.CV(ssb.C(1), until=9.0), "CV 1C: a C-rate is a current; a voltage is a number in V"),
        (lambda: ssb.CP(ssb.C(1), until=9.0), "CP 1C: a C-rate is a current; a power is a number in W/m²"),
        (lambda: ssb.Pulse(ssb.C(1), 1.0, 1.0, until=9.0, mode="voltage"), "a C-rate is a current"),
        (lambda: ssb.C(1, of="anode", capacity=1.0), "of a region or of a nominal capacity"),
        (lambda: ssb.voltage > "high", "cut-off of voltage [V] must be a number"),
    ],
)
def test_bad_protocols_are_refused(make, message):
    with pytest.raises(ssb.InputError) as caught:
        make()
    assert message in str(caught.value)


def test_bad_runs_are_refused():
    step = ssb.CC(5.0, until=60.0)
    with pytest.raises(ssb.InputError, match="leave the duration out"):
        model(step).run(60.0, quiet=True)
    bare = ssb.Model(stack(grains=0, pores=False).mesh(COMM, size=3 * um), [ssb.Conduction(), ssb.ButlerVolmer()])
    bare.ground("counter").apply(ssb.Current(5.0, into="anode"))
    with pytest.raises(ssb.InputError, match="how long is the run"):
        bare.run(quiet=True)
    with pytest.raises(ssb.InputError, match="two loads contradict at boundary 'anode'"):
        model(step).apply(ssb.Current(1.0, into="anode")).run(quiet=True)
    with pytest.raises(ssb.InputError, match="has no cycler"):
        bare.begin(step)
    with pytest.raises(ssb.InputError, match=r"voltage \[V\] > 0.0001 of the first step .* is passed at its start"):
        model(ssb.CC(5.0, until=(60.0, ssb.voltage > 1e-4))).run(quiet=True)


def test_a_cut_off_of_no_column_is_refused_before_any_step():
    steps = []
    later = ssb.CC(5.0, until=60.0) >> ssb.CC(5.0, until=(60.0, ssb.column("voltag [V]") > 1e-4))
    with pytest.raises(ssb.InputError, match=r"unknown history column 'voltag \[V\]'"):
        model(later).run(quiet=True, each=steps.append)
    assert not steps


def test_a_step_that_failed_as_it_began_begins_anew(tmp_path):
    protocol = ssb.CC(5.0, until=64.0) >> ssb.CC(-5.0, until=64.0)
    options = {"quiet": True, "first_step": 16.0}
    whole = model(protocol).run(**options)
    cut = model(protocol)
    solve = cut.solve

    def fails(dt):
        if dt < 1e-9 and float(cut.state.time.value) == 64.0:
            raise ssb.ConvergenceError("not today")
        return solve(dt)

    cut.solve = fails
    with pytest.raises(ssb.ConvergenceError, match="not today"):
        cut.run(output=tmp_path, **options)
    resumed = model(protocol).run(output=tmp_path, resume=True, **options)
    assert_same(resumed.history, whole.history, 1e-8)


def test_metal_does_not_creep_once_more_where_a_step_has_ended(tmp_path):
    """Fields written after a step of the protocol, and the state of the result, are those at its end."""
    made, found = model(ssb.CC(5.0, until=64.0) >> ssb.Rest(16.0), MECHANICS), {}
    recorder = Recorder(made)

    def stress():
        return recorder.cells()["von Mises stress [Pa]"].x.array.copy()

    def keep(state):
        found[float(state.time.value)] = stress()

    made.run(output=tmp_path, quiet=True, fields_every=1000, first_step=16.0, largest_step=16.0, each=keep)
    written = read_snapshot(tmp_path / "fields.xdmf", read_times(tmp_path / "fields.xdmf").index(64.0))
    assert abs(found[64.0] / found[48.0] - 1).max() > 1e-3
    np.testing.assert_allclose(written.cell["von Mises stress [Pa]"], found[64.0], rtol=1e-8)
    np.testing.assert_allclose(stress(), found[80.0], rtol=1e-8)


def test_what_lies_past_a_cut_off_is_forgotten(tmp_path):
    """A step far past it is solved on the way to it; errors are not in units of that."""
    ramp = ssb.Sweep("current", 1.0, 1e4, 10.0, until=[ssb.voltage > 0.05])
    result = model(ramp).run(output=tmp_path, quiet=True, first_step=999.0, largest_step=999.0)
    assert result["voltage [V]"].max() == pytest.approx(0.05, rel=1e-4)
    (state,) = (tmp_path / "checkpoints").glob("*/state.json")
    assert max(json.loads(state.read_text())["state"]["ranges"].values(), default=0.0) < 0.06


def test_c_rates_of_something_that_is_not_there_are_refused():
    with pytest.raises(ssb.InputError, match="unknown region whose inventory a C-rate may be of 'separator'"):
        model(ssb.CC(ssb.C(1, of="separator"), until=60.0)).run(quiet=True)


def test_a_waveform_is_cut_where_its_duration_ends():
    train = ssb.Pulse(5.0, 2.0, 1.0, until=7.0)
    assert [(p.value, p.duration) for p in train.parts] == [(5.0, 2.0), (0.0, 1.0)] * 2 + [(5.0, 1.0)]
    assert str(train) == "pulses of 5 A/m² for 2 s and 0 A/m² for 1 s for 7 s"
    assert len(ssb.AC(1.0, 50.0, until=0.05).parts) == 3
    assert ssb.Pulse(ssb.C(2), 2.0, 1.0, until=6.0).resolved(lambda c: c.rate * 7.0).parts[2].value == 14.0


def test_a_train_of_pulses_goes_on_after_a_stop(tmp_path):
    train = ssb.Pulse(5.0, 8.0, 4.0, until=36.0)
    options = {"quiet": True, "checkpoint_every": 3, "first_step": 4.0}
    whole = model(train).run(output=tmp_path / "whole", **options)
    cut, steps = model(train), []

    def power_cut(state):
        steps.append(1)
        if len(steps) == 9:
            raise PowerCut("lights out")

    cut.physics[0].advance = power_cut
    with pytest.raises(PowerCut):
        cut.run(output=tmp_path / "cut", **options)
    resumed = model(train).run(output=tmp_path / "cut", resume=True, **options)
    assert_same(resumed.history, whole.history, 1e-8)
    assert resumed.steps == whole.steps and len(whole.steps) == 1


def test_more_power_than_the_cell_can_give_is_an_error(tmp_path):
    with pytest.raises(ssb.ConvergenceError):
        model(ssb.CC(1.0, until=60.0) >> ssb.CP(-1e3, until=60.0)).run(quiet=True, output=tmp_path)
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["status"] == "stopped"
    assert [step["by"] for step in record["protocol"]] == ["time"]
    assert read_history(tmp_path / "history.csv")["time [s]"][-1] == 60.0


def test_a_protocol_that_was_cut_off_goes_on_as_if_nothing_had_been(tmp_path):
    """Across a step that ends at a cut-off, with all physics: cut off as the second step begins, and within it."""
    q = 5.0 * 230.0
    protocol = ssb.CC(5.0, until=(600.0, ssb.charge > q)) >> ssb.CV(1e-3, until=100.0) >> ssb.CC(-5.0, until=200.0)
    options = {"quiet": True, "checkpoint_every": 3, "first_step": 20.0}
    whole = model(protocol, ALL).run(output=tmp_path / "whole", **options)
    assert whole.steps[0]["ended [s]"] == pytest.approx(230.0, rel=1e-6)
    assert abs(whole["capacity [mAh/cm2]"]).max() > q / mAh_cm2 * (1 - 1e-9)
    accepted = len(whole["time [s]"])
    assert list(whole["protocol step [1]"][[9, 10, 15]]) == [1, 2, 2]
    for last in (11, 16):
        cut, steps = model(protocol, ALL), []
        elasticity = cut.physics[3]
        advance = elasticity.advance

        def power_cut(state, advance=advance, steps=steps, last=last):
            advance(state)
            steps.append(1)
            if len(steps) == last:
                raise PowerCut("lights out")

        elasticity.advance = power_cut
        folder = tmp_path / str(last)
        with pytest.raises(PowerCut):
            cut.run(output=folder, **options)
        resumed = model(protocol, ALL).run(output=folder, resume=True, **options)
        assert_same(resumed.history, whole.history, 1e-8)
        assert len(resumed["time [s]"]) == accepted
        assert resumed.steps == whole.steps
        assert np.array_equal(read_times(folder / "fields.xdmf"), read_times(tmp_path / "whole" / "fields.xdmf"))
    with pytest.raises(ssb.InputError, match="the run to go on with was CC 5 A/m²"):
        model(ssb.Rest(60.0), ALL).run(output=folder, resume=True, **options)


class Empties(ssb.Physics):
    """Says that it is over after some steps."""

    def ended(self, state):
        return "nothing is left" if float(state.time.value) >= 40.0 else ""


def test_a_physics_may_end_the_run(tmp_path):
    made = model(ssb.CC(5.0, until=80.0) >> ssb.Rest(60.0))
    made.physics.append(Empties())
    result = made.run(output=tmp_path, quiet=True)
    assert (result.finished, result.reason) == (False, "nothing is left")
    assert 40.0 <= result["time [s]"][-1] < 80.0
    record = json.loads((tmp_path / "run.json").read_text())
    assert (record["status"], record["reason"]) == ("ended", "nothing is left")
    again = model(ssb.CC(5.0, until=80.0) >> ssb.Rest(60.0))
    again.physics.append(Empties())
    assert again.run(output=tmp_path, quiet=True, resume=True).reason == "nothing is left"


def test_a_cut_off_at_the_end_of_a_step_may_be_missed_by_rounding(monkeypatch):
    """The same step solved again is a little less past it."""
    solve, solved = _Run._try, set()

    def rounded(run, dt):
        solve(run, dt)
        run.row["capacity [mAh/cm2]"] -= 1e-12 * ((run.time, dt) in solved)
        solved.add((run.time, dt))

    monkeypatch.setattr(_Run, "_try", rounded)
    result = model(ssb.CC(5.0, until=(64.0, ssb.charge > 5.0 * 32.0))).run(quiet=True)
    assert result["time [s]"][-1] == pytest.approx(32.0, rel=1e-6)
    assert result.steps[0]["by"] == "charge [C/m2] > 160"


def test_a_waveform_is_one_line_of_the_record():
    wave = ssb.AC(1.0, 50.0, until=(10.0, ssb.voltage > 0.2))
    load = ssb.Cycler(wave >> ssb.Rest(60.0), into="anode")
    assert load.described() == {"load": "Cycler", "into": "anode", "protocol": [str(wave), "Rest for 60 s"]}
