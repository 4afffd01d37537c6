"""Insulating cracks in a conductor: no current crosses them, so few of them across the field lower its conductivity by

    2D, slits of half-length a:  1 − σ_eff/σ = π a² n,        3D, pennies of radius a:  (8/3) a³ n,

n of them per area or volume. The potential jumps by 2E√(a² − x²) across a slit and by (4/π)E√(a² − r²) across a penny
(potential flow past a plate and a disc: Lamb, Hydrodynamics, 6th ed. (1932), §§71, 108); the loss is its integral over
the crack, ∫⟦φ⟧ dS/(E V). The cell is periodic, so that the next order is about the loss itself.
"""

import numpy as np
import pytest

import fem_ssb as ssb
from fem_ssb.analysis import effective_conductivity

SIGMA = 0.05


def loss(comm, shape, dim, tip_size, size):
    """1 − σ_eff/σ of a unit cell along its axes."""
    stack = ssb.Stack(width=1.0, dim=dim, periodic=("x", "y", "z")[:dim])
    stack.layer("a", ssb.Material("LLZO", ionic_conductivity=SIGMA), thickness=1.0)
    stack.crack("crack", shape, tip_size=tip_size)
    found = effective_conductivity(stack.mesh(comm, size=size), boundary="periodic", degree=2)
    return 1 - np.diag(found) / SIGMA


@pytest.mark.parallel
def test_slit(verify, comm):
    a = 0.05
    shape = ssb.Slit([(0.5 - a, 0.5), (0.5 + a, 0.5)])
    along, across = zip(*(loss(comm, shape, 2, a * share, 0.1) for share in (0.2, 0.1, 0.05)), strict=True)
    exact = np.pi * a**2
    verify(across[-1], exact, rtol=0.02, what="slit across the current: (1 − σ_eff/σ)/n", source="πa²")
    verify.trend([abs(v - exact) for v in across], "falling", what="the same, tip a/5, a/10, a/20", source="h → 0")
    verify.below(abs(along[-1]), 1e-9, what="slit along the current: loss", source="nothing in the way")


def test_turned_slit(verify, comm):
    """At 30° to the field the loss is that of its part across, cos²: half-way between in the trace."""
    a, turn = 0.05, np.radians(30)
    c, s = a * np.cos(turn), a * np.sin(turn)
    found = loss(comm, ssb.Slit([(0.5 - c, 0.5 - s), (0.5 + c, 0.5 + s)]), 2, a / 20, 0.1)
    for value, share, axis in zip(found, (np.sin(turn) ** 2, np.cos(turn) ** 2), "xy", strict=True):
        verify(value, share * np.pi * a**2, rtol=0.02, what=f"slit at 30°: loss along {axis}", source="πa² cos²")


@pytest.mark.slow
def test_penny(verify, comm):
    a = 0.1
    found = [loss(comm, ssb.Penny((0.5, 0.5, 0.5), a), 3, a * share, 0.25)[2] for share in (0.28, 0.14, 0.07)]
    exact = 8 / 3 * a**3
    verify(found[-1], exact, rtol=0.03, what="penny across the current: (1 − σ_eff/σ)/n", source="8a³/3")
    verify.trend([abs(v - exact) for v in found], "falling", what="the same, front 0.28a, 0.14a, 0.07a", source="h → 0")
