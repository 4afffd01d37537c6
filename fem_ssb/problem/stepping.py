"""Time steps on a dyadic grid: every step is the duration over a power of two and starts at a multiple of itself.

So two runs that accept the same steps have bitwise the same times, on any number of ranks and after a restart.
"""

from __future__ import annotations

from dataclasses import dataclass

from fem_ssb.errors import ConvergenceError, InputError, number

FINEST = 40  # levels; the smallest step is duration/2^FINEST


@dataclass
class DyadicSteps:
    """Chooses steps from an error estimate and from Newton's effort.

    Args:
        duration: whole time [s].
        level: first step = duration/2^level.
        coarsest: largest step = duration/2^coarsest.
        finest: smallest step allowed = duration/2^finest.
        position: time done, in units of duration/2^FINEST.
    """

    duration: float
    level: int
    coarsest: int = 0
    finest: int = 30
    position: int = 0

    @classmethod
    def between(cls, duration: float, first: float, largest: float | None, smallest: float | None) -> DyadicSteps:
        """From steps in seconds, each rounded down to the grid."""
        duration = number(duration, "duration [s]", above=0.0)

        def level(step: float, name: str) -> int:
            number(step, f"{name} [s]", above=0.0)
            found = 0
            while duration / 2**found > step * (1 + 1e-12):
                found += 1
            if found > FINEST:
                raise InputError(f"{name} of {step:g} s is below {duration / 2**FINEST:.3g} s: give a larger one")
            return found

        coarsest = 0 if largest is None else level(largest, "largest step")
        first_level = max(level(first, "first step"), coarsest)
        finest = min(first_level + 12, FINEST) if smallest is None else level(smallest, "smallest step")
        return cls(duration, first_level, coarsest, max(finest, first_level))

    @property
    def time(self) -> float:
        """Time done [s]."""
        return self.duration * (self.position / 2**FINEST)

    @property
    def step(self) -> float:
        """Next step [s]."""
        return self.duration / 2**self.level

    @property
    def done(self) -> bool:
        """Is the whole duration done?"""
        return self.position >= 2**FINEST

    @property
    def smallest(self) -> bool:
        """Is the next step the smallest allowed?"""
        return self.level >= self.finest

    def accept(self, error: float, effort: float) -> None:
        """The step is good: go on, twice as far where error and effort (1 = the limit) leave room."""
        self.position += 2 ** (FINEST - self.level)
        coarser = 2 ** (FINEST - self.level + 1)
        if error < 0.35 and effort < 0.6 and self.level > self.coarsest and self.position % coarser == 0:
            self.level -= 1

    def reject(self, reason: str, times: int = 1) -> None:
        """Halve the step.

        Raises:
            ConvergenceError: the smallest step is reached; carries the reason of the last failure.
        """
        if self.smallest:
            raise ConvergenceError(f"no step of {self.step:.3g} s or more succeeds at t = {self.time:.6g} s: {reason}")
        self.level = min(self.level + times, self.finest)
