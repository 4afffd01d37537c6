"""A crack that is filled in its middle: volume, opening along its way, and how far it grows.

Line crack abs(x) < a in an infinite body, plane strain, under the pressure p on abs(x) < b alone. A pair of forces P at
ξ opens it at x by (4P/πE') arcosh(abs(a² − xξ)/(a abs(x − ξ))) (Tada, Paris & Irwin, The Stress Analysis of Cracks
Handbook), so

    w(x) = (4p/πE') ∫₋ᵦᵇ arcosh(…) dξ,    K_I = 2p √(a/π) arcsin(b/a).

The volume is the work of a unit pressure in the opening 4p√(a² − x²)/E' of the full crack (Betti):
V = (4p/E') [b √(a² − b²) + a² arcsin(b/a)]. K falls as a grows at a given b: unlike a full crack it grows stably, to
the a at which K_I = √(E'G_c).

A full crack grows at p = √(E'G_c/πa), which falls as it grows: at a given pressure it runs, with the energy of the
crack prescribed it is followed. What the pressure does, ∫p dV with the volume V of the crack, is stored or costs the
crack.

Diffuse: the damage of AT1 begins as the slit (half of the body is meshed); a = 1, b = 1/2.
"""

import numpy as np
import pytest
import ufl
from cracks import brittle
from dolfinx import fem
from scipy.integrate import quad
from scipy.optimize import brentq
from test_sneddon import NU, STIFF, E, P, rectangle

import fem_ssb as ssb
from fem_ssb.analysis import crack_path

FILLED = 0.5
SOURCE = "Tada, Paris & Irwin"
pytestmark = [pytest.mark.system("B5"), pytest.mark.parallel]


def opened(x, b):
    """w(x) E'/p of the crack with a = 1."""

    def pair(xi):
        return np.arccosh(abs((1 - x * xi) / (x - xi)))

    return 4 / np.pi * quad(pair, -b, b, points=[x] if x < b else None)[0]


def filled(comm, ell, toughness, part=FILLED):
    """A model with a crack of half-length 1 that is filled to `part`, its time the pressure; the pressure's physics."""
    mesh = ssb.from_gmsh(comm, rectangle(ell / 4, 2.5 * ell), materials={"plate": brittle(E, NU, toughness)})

    def share(x, t):
        return ufl.conditional(ufl.lt(x[0], part + 0 * t), 1.0, 0.0)

    pressure = ssb.CrackPressure(lambda x, t: t, filled=share)
    elasticity = ssb.Elasticity(degree=1, split="none", residual_stiffness=1e-7)
    fracture = ssb.Fracture(ell, "AT1", mesh_corrected=True, initial=ssb.Slit([(0.0, 0.0), (1.0, 0.0)]))
    model = ssb.Model(mesh, [elasticity, fracture, pressure], damage_tolerance=1e-4, largest_sweeps=300)
    model.apply(ssb.Fixed("displacement", "left", 0.0, component=0))
    model.apply(ssb.Fixed("displacement", "right", 0.0, component=1))
    return model, pressure


def test_forms_of_the_reference(verify):
    found = [opened(x, 1 - 1e-12) for x in (0.2, 0.7)]
    for x, value in zip((0.2, 0.7), found, strict=True):
        verify(value, 4 * np.sqrt(1 - x**2), rtol=1e-5, what=f"full crack: wE'/p at {x} a", source="Sneddon")


def test_opening_and_volume(verify, comm):
    exact = 4 * P / STIFF * (FILLED * np.sqrt(1 - FILLED**2) + np.arcsin(FILLED))
    errors = []
    for ell in (0.08, 0.04):
        model, pressure = filled(comm, ell, 1e3)
        model.state.time.value = P
        model.solve()
        volume = 2 * float(model.state.integrate(fem.form(pressure.volume(model.state)))[0])
        errors.append(abs(volume / exact - 1))
    verify(volume, exact, rtol=0.02, what="crack filled to a/2, ℓ = a/25: volume", source=f"{SOURCE}; Betti")
    verify.trend(errors, "falling", what="the same, error at ℓ = a/12 and a/25", source="ℓ → 0")
    way = crack_path(model.state, (0.0, 0.0), reach=0.04)
    s, w = way.opening(model.state, parts=5)
    verify(2 * (w * way.length / 5).sum(), volume, rtol=1e-6, what="∫w ds over the volume", source="the same integral")
    verify(way.length, 1.0, atol=0.02, what="length of the way over a", source="the slit")
    verify(way.tortuosity, 1.0, atol=0.005, what="tortuosity of the slit", source="straight")
    for at, value in zip(s[:4], w, strict=False):
        mean = quad(opened, at - 0.1, at + 0.1, args=(FILLED,), points=[FILLED], limit=200, epsabs=1e-4)[0] / 0.2
        what = f"crack filled to a/2: mean opening from {abs(at - 0.1):.1f} to {at + 0.1:.1f} a, E'w/p"
        verify(value * STIFF / P, mean, rtol=0.03, what=what, source=SOURCE)


@pytest.mark.slow
def test_stable_growth(verify, comm):
    """Up to the length at which K_I is K_IC, in two steps of the load."""
    model, _ = filled(comm, 0.03, 1.0)
    state = model.state
    x = state.spaces["damage"].V.tabulate_dof_coordinates()[:, 0]

    def toughness(a):
        return 2 * np.sqrt(a / np.pi) * np.arcsin(FILLED / a) / np.sqrt(STIFF)

    for end in (1.05, 1.15):
        state.time.value = 1 / toughness(end)
        model.solve()
        state.accept()
        tip = max(comm.allgather(float(x[state["damage"].x.array[: len(x)] > 0.9].max(initial=0.0))))
        load = brentq(lambda p, tip=tip: p * toughness(tip) - 1, 0.1, 10)
        what = f"filled to a/2, grown to {end}: pressure over that at which K_I = K_IC at its tip"
        verify(state.time.value / load, 1.0, rtol=0.03, what=what, source=f"{SOURCE}; Griffith")


@pytest.mark.slow
def test_full_crack_is_followed_as_the_pressure_falls(verify, comm):
    """E' and G_c = 1; a from the growth of the energy of the crack."""
    loss, imbalance = [], []
    for ell, steps in ((0.08, 8), (0.08, 26), (0.04, 12)):
        model, pressure = filled(comm, ell, 1.0, part=10.0)
        state, columns = model.state, {k: v for p in model.physics for k, v in p.columns(model.state).items()}
        forms = [fem.form(f) for f in (pressure.volume(state), columns["elastic energy"], columns["fracture energy"])]
        control = ssb.CrackControl(model, 0.2 * np.sqrt(STIFF / np.pi))
        first = control.work
        rows = [(0.0, 0.0, 0.0, first), (control.factor, *state.integrate(*forms))]
        for growth in np.concatenate([np.geomspace(1e-5, 0.01, steps)[:-1], np.linspace(0.01, 0.1, steps)]):
            control.step(first + growth)
            rows.append((control.factor, *state.integrate(*forms)))
        p, volume, stored, lost = np.array(rows).T
        work = np.cumsum(np.diff(volume) * (p[1:] + p[:-1]) / 2)
        imbalance.append(float(np.abs((stored + lost - first)[1:] / work - 1).max()))
        critical = np.sqrt(STIFF / (np.pi * (1 + lost - first)))
        loss.append(1 - float((p / critical)[-1]))
        assert p[-1] < 0.99 * p.max()
    source = "√(E'G_c/πa)"
    verify(
        1 - loss[-1],
        1.0,
        rtol=0.03,
        what="full crack grown by a tenth, ℓ = a/25: pressure over Griffith's",
        source=source,
    )
    verify.trend([loss[0], loss[-1]], "falling", what="the same, what is missing at ℓ = a/12 and a/25", source=source)
    what = "full crack: |stored + dissipated − ∫p dV|/∫p dV"
    verify.below(imbalance[1], 1e-4, what=f"{what}, 52 steps", source="energy")
    verify.trend(imbalance[:2], "falling", what=f"{what}, 16 and 52 steps", source="trapezoidal rule")
