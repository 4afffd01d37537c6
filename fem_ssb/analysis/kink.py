"""Where a crack under mixed mode turns to, by the largest hoop stress.

Around a tip with K_I and K_II the hoop stress at the angle θ from the crack's direction is k(θ)/√(2πr),

    k(θ) = cos(θ/2) [K_I cos²(θ/2) − (3/2) K_II sin θ].

The crack grows where k is largest, K_I sin θ + K_II (3 cos θ − 1) = 0, and when k reaches K_IC there. Pure shear turns
it by ∓70.5° and breaks it at K_II = (√3/2) K_IC.

| symbol | meaning | unit |
|---|---|---|
| θ | angle of the kink, counter-clockwise from the crack's direction | rad |
| k | K_I of a small kink, to first order | Pa √m |

Source: Erdogan & Sih, J. Basic Eng. 85 (1963) 519.
"""

from __future__ import annotations

from math import atan, cos, sin, sqrt


def kink(k1: float, k2: float) -> tuple[float, float]:
    """(θ [rad], k(θ) [Pa √m]) of the direction in which a crack grows; 0 of k where it is closed and not sheared.

    Args:
        k1: K_I [Pa √m]; below zero where the faces are pressed together without friction.
        k2: K_II [Pa √m].
    """
    if k2 == 0:
        return 0.0, max(k1, 0.0)
    angle = 2 * atan((k1 - sqrt(k1**2 + 8 * k2**2)) / (4 * k2))
    return angle, cos(angle / 2) * (k1 * cos(angle / 2) ** 2 - 1.5 * k2 * sin(angle))
