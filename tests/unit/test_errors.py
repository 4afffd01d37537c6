"""Numbers and names that are refused, with what to do instead."""

import io
import pickle
from contextlib import suppress
from types import SimpleNamespace

import numpy as np
import pytest

from fem_ssb import parallel
from fem_ssb.errors import InputError, number, raise_on_all, unknown


@pytest.mark.parametrize("value", ["5", b"5", True, False, None, [1.0], 1j, object()])
def test_what_is_no_number(value):
    with pytest.raises(InputError, match=r"thickness \(m\) must be a number"):
        number(value, "thickness (m)")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite(value):
    with pytest.raises(InputError, match="must be finite"):
        number(value, "thickness (m)")


def test_bounds():
    assert number(np.float32(2.0), "x", above=1, least=2, most=2) == 2.0
    assert isinstance(number(3, "x"), float)
    for limits, word in (({"above": 2}, "above 2"), ({"least": 3}, "at least 3"), ({"most": 1}, "at most 1")):
        with pytest.raises(InputError, match=word):
            number(2, "x", **limits)


def test_nearest_name():
    assert "did you mean 'anode'" in str(unknown("region", "anodes", ["anode", "counter"]))


class Holding(Exception):
    """Holds what cannot be sent."""

    def __init__(self, text):
        super().__init__(text)
        self.held = lambda: text


class Ranks:
    """This rank, which sends what can be sent, and another one without an error."""

    def allgather(self, error):
        return [None, pickle.loads(pickle.dumps(error))]


def test_an_error_that_cannot_be_sent_reaches_the_others_in_words(monkeypatch):
    with pytest.raises(Holding, match="mine"):
        raise_on_all(Ranks(), Holding("mine"))
    sent = []
    monkeypatch.setattr(Ranks, "allgather", lambda self, error: sent.append(error) or [error])
    with pytest.raises(Holding):
        raise_on_all(Ranks(), Holding("mine"))
    assert [str(error) for error in sent] == ["Holding: mine"]


@pytest.mark.parametrize("shut", [("stdout",), ("stdout", "stderr")])
def test_all_ranks_end_where_nothing_can_be_written(monkeypatch, shut):
    """A pipe that is shut, a full disk: what waits for this rank would wait for ever."""

    class Shut(io.StringIO):
        def flush(self):
            raise BrokenPipeError

    ended = []
    world = SimpleNamespace(rank=0, Abort=ended.append)
    monkeypatch.setattr(parallel, "MPI", SimpleNamespace(COMM_WORLD=world))
    for name in shut:
        monkeypatch.setattr(parallel.sys, name, Shut())
    with suppress(BrokenPipeError):
        parallel.end_all_ranks(ValueError, ValueError("lost"), None)
    assert ended == [1]
