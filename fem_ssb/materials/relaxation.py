"""Stress relaxation of polymers and of hot ceramics: a Prony series of Maxwell elements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError, number
from ._symbolic import exp
from .laws import REFERENCE_TEMPERATURE, Law


@dataclass(frozen=True)
class PronySeries(Law):
    """Shear relaxation G(t) = G₀[1 − Σ g_i + Σ g_i exp(−t/(a_T τ_i))]; the bulk modulus does not relax.

    G₀ is the material's own (instantaneous) stiffness, whatever its symmetry. All times follow one shift a_T(T):

    | behaviour | shift |
    |---|---|
    | thermally activated | `Arrhenius(1.0, E, T_ref, scaled="1/value")` |
    | polymer above its glass transition | `VTF(…)` turned over: `lambda T: 1 / vtf(T)` |

    Args:
        shares: g_i, each above 0, together at most 1; with 1 the material flows like a liquid in the end.
        times: τ_i [s] at the reference temperature of the shift, each above 0.
        shift: a_T, a law or function of the temperature; None = 1.

    Raises:
        InputError: values out of range, shares of more than 1 together, a shift that is no law.
    """

    shares: Sequence[float]
    times: Sequence[float]
    shift: Any = None

    def __post_init__(self) -> None:
        shares = tuple(number(g, "share of a Prony series", above=0.0, most=1.0) for g in self.shares)
        times = tuple(number(t, "time of a Prony series [s]", above=0.0) for t in self.times)
        if not shares or len(shares) != len(times):
            raise InputError(f"a Prony series has as many shares as times, not {len(shares)} and {len(times)}")
        if sum(shares) > 1 + 1e-12:
            raise InputError(f"the shares of a Prony series are at most 1 together, not {sum(shares):g}")
        if self.shift is not None and not callable(self.shift):
            raise InputError(f"the shift of a Prony series is a law of the temperature, not {self.shift!r}")
        object.__setattr__(self, "shares", shares)
        object.__setattr__(self, "times", times)

    def factor(self, T: Any = REFERENCE_TEMPERATURE) -> Any:
        """a_T at `T` in K."""
        return 1.0 if self.shift is None else self.shift(T)

    def __call__(self, T: Any = REFERENCE_TEMPERATURE) -> Any:
        """Longest relaxation time [s] at `T` in K."""
        return max(self.times) * self.factor(T)

    def left(self, time: Any, T: Any = REFERENCE_TEMPERATURE) -> Any:
        """G(t)/G₀ after `time` in s at `T` in K."""
        kept = 1.0 - float(np.sum(self.shares))
        return kept + sum(g * exp(-time / (t * self.factor(T))) for g, t in zip(self.shares, self.times, strict=True))

    def describe(self) -> str:
        """Shares and times."""
        pairs = ", ".join(f"{g:.4g} in {t:.4g} s" for g, t in zip(self.shares, self.times, strict=True))
        return f"Prony series: {pairs}{'' if self.shift is None else ', shifted with temperature'}"
