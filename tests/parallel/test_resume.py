"""Runs that go on, what has memory of its own: plated and stripped metal, lithium that conducts, layers, coverage."""

import numpy as np
import pytest
from small_cells import plain

import fem_ssb as ssb

END, STOP, EVERY = 600.0, 5, 2  # s, steps
STEPS = {"first_step": END / 32, "largest_step": END / 4, "change": 1.0}
COUNTED = ("iterations", "sweeps", "imbalance")


class CutOff(Exception):
    """What no run expects."""


def deposit():
    """Lithium in a leaking electrolyte, until it carries some of the electrons."""
    conducts = ssb.ConductingDeposit(1e3, exponent=1.5)
    return ssb.Conduction(electronic=["separator"]), [ssb.Reduction(1.0, 1e6, law="linear", deposit=conducts)]


def layer():
    """A layer that grows and plated metal that grows together."""
    return ssb.Conduction(), [
        ssb.Interphase(1e-4, 1e-8, 1.7, 24.4e-6, initial=3e-8),
        ssb.Coverage(1e12, 1.0, exponent=1.0),
    ]


def march(comm, physics, path, **more):
    """The current plates the anode for half of the run and strips it then."""
    conduction, others = physics()
    made = plain(comm, current=lambda t: -5.0 if t <= END / 2 else 5.0)
    model = ssb.Model(made.mesh, [conduction, ssb.ButlerVolmer(), ssb.Plating(), *others]).apply(*made.loads)
    return model.run(END, quiet=True, output=path, checkpoint_every=EVERY, **STEPS, **more)


@pytest.mark.parametrize("physics", [deposit, layer])
def test_a_run_that_was_cut_off_goes_on(comm, physics, tmp_path):
    """On one rank to the last bit; written on one rank less than there are, it goes on on all of them."""
    path, steps = comm.bcast(str(tmp_path)), []

    def cut(state):
        steps.append(state)
        if len(steps) == STOP:
            raise CutOff

    whole = None
    some = comm.Split(int(comm.rank < max(comm.size - 1, 1)), comm.rank)
    if comm.rank < max(comm.size - 1, 1):
        whole = dict(march(some, physics, f"{path}/whole").history)
        with pytest.raises(CutOff):
            march(some, physics, f"{path}/cut", each=cut)
    some.Free()
    whole = comm.bcast(whole)
    again = march(comm, physics, f"{path}/cut", resume=True).history
    assert list(again) == list(whole)
    for name, values in whole.items():
        if comm.size == 1:
            np.testing.assert_array_equal(again[name], values, err_msg=name)
        elif not any(word in name for word in COUNTED):
            size = np.nanmax(np.abs(values)) or 1.0
            np.testing.assert_allclose(again[name], values, rtol=0, atol=1e-6 * size, err_msg=name)
