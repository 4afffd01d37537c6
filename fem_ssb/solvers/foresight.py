"""What a step brings if all goes on as in the last accepted one: u_old + (u_old − u_before) Δt/Δt_before."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from dolfinx import fem


class Trend:
    """Growth of a field from one accepted step to the next.

    Args:
        old: function that holds the last accepted value.
    """

    def __init__(self, old: fem.Function):
        self.old = old
        self._time, self._before = np.nan, old.x.array.copy()
        self._rate, self._step = np.zeros_like(old.x.array), 0.0

    def growth(self, time: float, dt: float) -> npt.NDArray[np.float64]:
        """What a step adds to each entry, if it goes on; called once where a step begins.

        Args:
            time: at the end of the step [s].
            dt: its length [s].
        """
        old = self.old.x.array
        if self._step and time > self._time:
            self._rate = (old - self._before) / self._step
        self._time, self._before, self._step = time, old.copy(), dt
        return np.asarray(self._rate * dt)
