"""Sharp cracks full of lithium, by an integral equation: what they bear, and their way in a crystal that cleaves.

A crack along the curve z(t), |t| < 1, in an infinite plane is a row of dislocations of density g(t) = u(t)/√(1 − t²)
that gives the pressure p on its faces and closes at both ends (Savruk, Two-Dimensional Problems of Elasticity for
Bodies with Cracks, 1981):

    (1/π) ∫ [K g z' + L conj(g z')] dt = −p,    ∫ g z' dt = 0,
    K = ½[1/Δ + e/conj Δ],   L = ½[1/conj Δ − e Δ/(conj Δ)²],   Δ = z(t) − z(x),   e = conj z'(x)/z'(x),

of which Gauss and Chebyshev's points make N equations (Erdogan & Gupta, Q. Appl. Math. 29 (1972) 525). At the end
t = 1, K_I + iK_II = −√(π|z'|) u z'/|z'|.

A crack goes on where G(α)/G_c is largest (Takei et al., Phys. Rev. Lett. 110 (2013) 144301; Li et al., Int. J. Numer.
Methods Eng. 102 (2015) 711), with E'G(α) = k₁² + k₂² of a small kink and G_c(θ) = √(cos²(θ − φ) + r² sin²(θ − φ)) for
a plane at φ. Of the straight crack k = (F₁₁, F₂₁) K_I (Amestoy & Leblond). Later its turns are small, so that Nuismer's
factors do (Int. J. Fract. 11 (1975) 245), and a crack that runs on smoothly has −2K_IK_II/(K_I² + K_II²) = G_c'/G_c.
"""

import numpy as np
from test_deflection import kink_factors


def intensities(points, number=400):
    """K_I + iK_II at the last of the points (n,) complex of a crack, p = 1, in the units of its length."""
    sides = np.diff(points)
    arc = np.concatenate([[0.0], np.cumsum(np.abs(sides))])
    half = arc[-1] / 2

    def place(t):
        """z and z' at t."""
        s = (t + 1) * half
        side = np.clip(np.searchsorted(arc, s, side="right") - 1, 0, len(sides) - 1)
        slope = sides[side] / np.abs(sides[side])
        return points[side] + (s - arc[side]) * slope, half * slope

    k = np.arange(1, number + 1)
    z, dz = place(np.cos((2 * k - 1) * np.pi / (2 * number)))
    x, dx = place(np.cos(k[:-1] * np.pi / number))
    off, turn = z - x[:, None], (np.conj(dx) / dx)[:, None]
    direct = np.vstack([0.5 * (1 / off + turn / np.conj(off)) * dz, dz]) / number
    mirrored = 0.5 * (1 / np.conj(off) - turn * off / np.conj(off) ** 2) * np.conj(dz) / number
    mirrored = np.vstack([mirrored, np.zeros(number)])
    load = np.append(-np.ones(number - 1), 0.0)
    both = np.block(
        [[(direct + mirrored).real, (mirrored - direct).imag], [(direct + mirrored).imag, (direct - mirrored).real]]
    )
    u = np.linalg.solve(both, np.concatenate([load, 0 * load])).reshape(2, number)
    end = (-1.0) ** (k + 1) / np.tan((2 * k - 1) * np.pi / (4 * number)) / number @ (u[0] + 1j * u[1])
    return -np.sqrt(np.pi * half) * end * sides[-1] / abs(sides[-1])


def cost(angle, plane, ratio):
    """G_c of a crack at an angle, over that on the plane; angles in rad."""
    return np.sqrt(np.cos(angle - plane) ** 2 + ratio**2 * np.sin(angle - plane) ** 2)


def first_turn(plane, ratio):
    """α [rad] of largest G(α)/G_c of a straight crack at the angle 0."""
    angle = np.radians(np.linspace(-80, 80, 16001))
    opening, sliding = kink_factors(angle)
    return angle[np.argmax((opening**2 + sliding**2) / cost(angle, plane, ratio))]


def way(plane, ratio, growth, steps):
    """The right end's way from a flaw −1 < x < 1, in equal steps, and the pressure over that of a flaw on the plane.

    Args:
        plane: its angle to the flaw [rad].
        ratio: r.
        growth: length of the way.
        steps: how many.

    Returns:
        points (steps + 1,) complex from the tip of the flaw, pressures (steps,) at them but the first, over √(E'G_c/π).
    """
    a = np.radians(np.linspace(-30, 30, 6001))
    opening = (3 * np.cos(a / 2) + np.cos(1.5 * a)) / 4, -0.75 * (np.sin(a / 2) + np.sin(1.5 * a))
    sliding = (np.sin(a / 2) + np.sin(1.5 * a)) / 4, (np.cos(a / 2) + 3 * np.cos(1.5 * a)) / 4
    points, pressures, angle = [-1.0, 1.0 + 0j], [], first_turn(plane, ratio)
    for _ in range(steps):
        points.append(points[-1] + growth / steps * np.exp(1j * angle))
        found = intensities(np.array(points))
        pressures.append(np.sqrt(np.pi * cost(angle, plane, ratio)) / abs(found))
        k = [f[0] * found.real + f[1] * found.imag for f in (opening, sliding)]
        angle += a[np.argmax((k[0] ** 2 + k[1] ** 2) / cost(angle + a, plane, ratio))]
    return np.array(points[1:]), np.array(pressures)
