"""Growing together of plated metal: refusals, plating and stripping in turn, restart, several ranks."""

import numpy as np
import pytest
from small_cells import plain

import fem_ssb as ssb
from fem_ssb.errors import InputError

PHYSICS = ("Conduction", "ButlerVolmer", "Plating")


def cell(comm, current, **more):
    coverage = ssb.Coverage(1e12, 1.0, **more)
    model = plain(comm, PHYSICS, current=current)
    return ssb.Model(model.mesh, [*model.physics, coverage]).apply(*model.loads), coverage


def covered(result):
    return result["mean coverage anode|separator [1]"]


@pytest.mark.parallel
def test_plating_covers_and_stripping_does_not(comm):
    result = cell(comm, lambda t: -5.0 if t <= 10.0 else 5.0, on=["anode|separator"])[0].run(20.0, quiet=True)
    theta, plating = covered(result), result["time [s]"] <= 10.0
    assert theta[0] == pytest.approx(0.05, rel=1e-9)
    assert (np.diff(theta[plating]) > 0).all()
    assert theta[plating][-1] > 0.06
    np.testing.assert_allclose(theta[~plating], theta[-1], rtol=1e-9)


def test_balances_close_and_a_restart_goes_on(comm, tmp_path):
    path = comm.bcast(str(tmp_path))
    whole = cell(comm, -5.0)[0].run(20.0, quiet=True)
    assert whole["power imbalance [1]"][1:].max() < 1e-8
    cell(comm, -5.0)[0].run(20.0, quiet=True, output=path, checkpoint_every=5)
    again = cell(comm, -5.0)[0].run(20.0, quiet=True, output=path, resume=True)
    assert covered(again)[-1] == pytest.approx(covered(whole)[-1], rel=1e-8)


@pytest.mark.parametrize(
    "arguments, problem",
    [
        ({"density": 0.0}, "nuclei an area"),
        ({"reference_current": -1.0}, "current at that density"),
        ({"exponent": -1.0}, "exponent"),
        ({"initial": 0.0}, "coverage at the start"),
        ({"initial": 1.0}, "coverage at the start"),
    ],
)
def test_values_out_of_range(arguments, problem):
    with pytest.raises(InputError, match=problem):
        ssb.Coverage(**{"density": 1e12, "reference_current": 1.0, **arguments})


def test_interfaces_are_checked(comm):
    with pytest.raises(InputError, match=r"'separator\|collector' is not"):
        cell(comm, -5.0, on="separator|collector")[0].solve()
