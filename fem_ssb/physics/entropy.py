"""Entropy of an electrode reaction: its potential follows the temperature, and some of its heat is reversible.

    U(T) = U + ∂U/∂T (T − T₀),    q_s = i_n T ∂U/∂T

| symbol | meaning | unit |
|---|---|---|
| ∂U/∂T | entropy coefficient of the pair, −ΔS/F of the anodic reaction | V/K |
| T₀ | 298.15 K, where U holds | K |
| q_s | heat that the current i_n (host to electrolyte > 0) releases or, the other way, takes up | W/m² |

What goes into the chemistry is then the enthalpy, i_n (U − T ∂U/∂T), whatever the temperature.
Source: Newman & Thomas-Alyea, Electrochemical Systems (3rd ed., Wiley, 2004), ch. 2 and 13.
"""

from __future__ import annotations

from typing import Any

from fem_ssb.materials import Pair
from fem_ssb.problem.state import State

REFERENCE = 298.15  # K


def coefficient(data: Pair) -> float:
    """∂U/∂T [V/K] of a pair; 0 where none is given."""
    given = data.get("entropy_coefficient")
    return 0.0 if given is None else float(given(REFERENCE))


def drift(state: State, data: Pair) -> Any:
    """∂U/∂T (T − T₀) [V] at an interface."""
    return coefficient(data) * (state["temperature"]("+") - REFERENCE)


def reversible(state: State, data: Pair) -> Any:
    """T ∂U/∂T [V]: what of the potential is heat."""
    return coefficient(data) * state["temperature"]("+")
