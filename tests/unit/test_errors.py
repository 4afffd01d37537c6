"""Numbers and names that are refused, with what to do instead."""

import numpy as np
import pytest

from fem_ssb.errors import InputError, number, unknown


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
