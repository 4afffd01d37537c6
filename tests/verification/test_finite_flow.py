"""Lithium that strains by much: ductile rupture in creep, yield under a large stretch, a metal that turns.

A bar that creeps under a dead load P per area of the start thins as it lengthens, σ = Pλ, so that with
λ̇/λ = A exp(−Q/RT)(Pλ/σ₀)^m its stretch is (Hoff, J. Appl. Mech. 20 (1953) 105)

    λ = (1 − t/t_r)^(−1/m),    1/t_r = m A exp(−Q/RT)(P/σ₀)^m

and it breaks at t_r; at small strain it would lengthen at a constant rate. One that yields bears σ_y per area as it is,
whose size is J/λ, ln J = Jσ_y/3κ; with the elastic b̄ = diag(1/√a, 1/√a, a), G(a − 1/√a) = Jσ_y, it stores
½κ ln² J + ½G(a + 2/√a − 3). A metal that turns as a whole takes its stress with it, σ' = RσRᵀ.
"""

import numpy as np
import pytest
from cells import T, one_region, total
from scipy.optimize import brentq

import fem_ssb as ssb
from fem_ssb.constants import R
from fem_ssb.units import MPa

pytestmark = pytest.mark.system("B9")
LITHIUM = ssb.Material("Li")


def block(comm, dim, *loads, **kind):
    mesh = one_region(comm, (1.0,) * dim, (1,) * dim, LITHIUM, name="metal")
    model = ssb.Model(mesh, [ssb.Elasticity(degree=1, finite={"metal": "neo_hookean"}, **kind)])
    model.apply(*loads)
    return model


def free(dim):
    """The faces at x, y and z = 0 stay in their planes."""
    return [ssb.Fixed("displacement", b, component=a) for a, b in enumerate(("left", "front", "bottom")[-dim:])]


def stretched(comm, load, end, steps):
    """Stretch under a dead load after a time."""
    model = block(comm, 3, *free(3), ssb.Flux("displacement", "top", load, component=2))
    for _ in range(steps):
        model.solve(end / steps)
        model.accept()
    return 1 + total(comm, model.state["displacement"][2] * model.state.ds("top"))


@pytest.mark.parallel
def test_ductile_rupture(verify, comm):
    law, load = LITHIUM["creep"], 0.4 * MPa
    rupture = 1 / (law.m * law.A * np.exp(-law.Q / (R * T)) * (load / law.reference_stress) ** law.m)
    exact = 0.3 ** (-1 / law.m)
    coarse, fine = (stretched(comm, load, 0.7 * rupture, steps) for steps in (20, 40))
    source = "Hoff (1953)"
    verify(fine, exact, rtol=0.01, what="stretch at 0.7 of the time of rupture", source=source)
    verify(2 * fine - coarse, exact, rtol=2e-3, what="the same, extrapolated to no step", source=source)


@pytest.mark.parallel
def test_yield_under_a_large_stretch(verify, comm):
    moved = ssb.Fixed("displacement", "top", lambda t: 0.5 * t, component=2)
    model = block(comm, 3, *free(3), moved, creep=False, plastic=True)
    result = model.run(1.0, first_step=1 / 16, largest_step=1 / 16, change=10.0, quiet=True)
    strength, bulk = float(LITHIUM["yield_strength"](T)), model.physics[0]._laws["metal"].bulk
    area = (1 + strength / (3 * bulk)) / 1.5
    found = result["force top z [N]"][-1]
    verify(found, strength * area, rtol=1e-6, what="force on a block that yields at a stretch of 1.5 [N]", source="σ_y")
    wide = (1 + total(comm, model.state["displacement"][0] * model.state.ds("right"))) ** 2
    verify(wide, area, rtol=1e-6, what="its cross section over that of the start", source="no volume flows")
    shear, J = model.physics[0]._laws["metal"].shear, 1 + strength / (3 * bulk)
    a = brentq(lambda a: shear * (a - a**-0.5) - J * strength, 1.0, 1.5)
    energy = bulk * np.log(J) ** 2 / 2 + shear * (a + 2 * a**-0.5 - 3) / 2
    verify(result["elastic energy [J]"][-1], energy, rtol=1e-3, what="what it stores [J]", source="neo-Hookean")


def test_a_metal_that_turns(verify, comm):
    angle, long = np.pi / 3, 1.02

    def moved(x, t):
        turn, stretch = angle * max(t - 1, 0), 1 + (long - 1) * min(t, 1)
        a, b = x[0] / stretch, x[1] * stretch
        return np.array([np.cos(turn) * a - np.sin(turn) * b - x[0], np.sin(turn) * a + np.cos(turn) * b - x[1]])

    model = block(
        comm, 2, *(ssb.Moved(b, moved) for b in ("left", "right", "bottom", "top")), creep=False, plastic=True
    )
    found = []
    for steps in (4, 6):
        start = len(found)
        for k in range(steps):
            model.state.time.value = start + (k + 1) / steps
            model.solve()
            model.accept()
        s = model.state.quantity("stress", "metal")
        dx = model.state.dx("metal")
        found.append(np.array([[total(comm, s[i, j] * dx) for j in range(2)] for i in range(2)]))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    strength = float(LITHIUM["yield_strength"](T))
    verify(found[0][1, 1] - found[0][0, 0], 2 / np.sqrt(3) * strength, rtol=1e-3, what="σ₂ − σ₁ in plane strain [Pa]",
           source="2σ_y/√3")  # fmt: skip
    off = np.abs(found[1] - turn @ found[0] @ turn.T).max() / strength
    verify.below(off, 1e-6, what="metal turned by 60°: |σ' − RσRᵀ|/σ_y", source="RσRᵀ")
