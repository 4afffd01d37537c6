"""Models of damage: what a crack costs, w(d), and what stiffness it leaves, g(d).

| model | w(d) | c_w | g(d) |
|---|---|---|---|
| "AT1" | d | 8/3 | (1 − d)² |
| "AT2" | d² | 2 | (1 − d)² |
| "CZM" | 2d − d² | π | (1 − d)^p/[(1 − d)^p + a₁d(1 + a₂d)] |

With a₁ = 4EG_c/πℓσ_c² a body of "CZM" is sound up to the strength σ_c in uniaxial tension (to the energy σ_c²/2E),
whatever ℓ is, and then softens as a cohesive crack, with the traction over the opening δ:

| softening | p, a₂ | traction |
|---|---|---|
| "linear" | 2, −½ | σ_c (1 − σ_cδ/2G_c) |
| "exponential" | 5/2, 2^{5/3} − 3 | about σ_c exp(−σ_cδ/G_c) |

g is convex, as it must be, for a₁ ≥ p + a₂ (its second derivative at d = 0), so for ℓ ≤ 4EG_c/πσ_c²(p + a₂).

Source: Wu, J. Mech. Phys. Solids 103 (2017) 72.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

CONSTANT = {"AT1": 8 / 3, "AT2": 2.0, "CZM": np.pi}
SOFTENING = {"linear": (2.0, -0.5), "exponential": (2.5, 2 ** (5 / 3) - 3)}
Model = Literal["AT1", "AT2", "CZM"]


def surface(model: str, d: Any) -> Any:
    """w(d)."""
    return {"AT1": d, "AT2": d**2, "CZM": 2 * d - d**2}[model]


def cohesive_share(d: Any, softening: str, a1: Any) -> Any:
    """g(d) of "CZM"; `a1` = a₁."""
    p, a2 = SOFTENING[softening]
    left = (1 - d) ** (int(p) if p == int(p) else p)
    return left / (left + a1 * d * (1 + a2 * d))


def cohesive_slope(length: float, young: float, toughness: Any, strength: Any) -> Any:
    """a₁ = 4EG_c/πℓσ_c²."""
    return 4 * young * toughness / (np.pi * length * strength**2)


def largest_length(softening: str, young: float, toughness: float, strength: float) -> float:
    """Largest ℓ [m] at which "CZM" can have a strength and a toughness."""
    return 4 * young * toughness / (np.pi * strength**2 * sum(SOFTENING[softening]))
