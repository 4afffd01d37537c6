"""A polymer relaxes as its Prony series, whatever the steps of time; and faster when warm.

Shear γ held from t = 0: τ(t) = Gγ[1 − Σg + Σ g_i exp(−t/a_T τ_i)], stored ½Gγ²[1 − Σg + Σ g_i exp(−2t/a_T τ_i)].
At a constant rate γ̇: τ = G γ̇ [(1 − Σg) t + Σ g_i a_T τ_i (1 − exp(−t/a_T τ_i))]. The update is exact for both.
"""

import numpy as np
import pytest
from cells import one_region, total

import fem_ssb as ssb
from fem_ssb.analysis import effective_stiffness
from fem_ssb.constants import R
from fem_ssb.materials import Arrhenius, IsotropicStiffness, PronySeries

YOUNG, POISSON = 50e6, 0.45
G = YOUNG / (2 * (1 + POISSON))
ACTIVATION, REFERENCE = 80e3, 333.15
SERIES = PronySeries((0.5, 0.3), (1.0, 50.0), Arrhenius(1.0, ACTIVATION, REFERENCE, scaled="1/value"))


def polymer(**more):
    """A material that relaxes."""
    stiffness = IsotropicStiffness(YOUNG, POISSON)
    solid = {"stiffness": stiffness, "thermal_expansion": 0.0, "relaxation": SERIES}
    return ssb.Material.custom("PEO", kind="electrolyte", **solid, **more)


def sheet(comm, physics, shear, temperature=REFERENCE, **more):
    """A square whose faces are moved as γ(t) y e_x."""
    model = ssb.Model(one_region(comm, (1.0, 1.0), (2, 2), polymer(**more)), physics)
    model.apply(ssb.Ambient(temperature), ssb.Fixed("displacement", "bottom", 0.0))
    model.apply(ssb.Fixed("displacement", "top", shear, component=0))
    return model.apply(*(ssb.Fixed("displacement", b, 0.0, component=1) for b in ("top", "left", "right")))


def sheared(comm, shear, steps, temperature=REFERENCE):
    """Shear stress [Pa] and stored energy [J/m³] after steps [s]."""
    model = sheet(comm, [ssb.Elasticity(degree=1)], shear, temperature)
    state, found = model.state, []
    for step in steps:
        state.time.value = float(state.time.value) + step
        model.solve(step)
        energy = total(comm, state.quantity("elastic_energy", "separator") * state.dx("separator"))
        found.append((total(comm, state.quantity("stress", "separator")[0, 1] * state.dx("separator")), energy))
        model.accept()
    return np.array(found)


@pytest.mark.parametrize("temperature", [REFERENCE, REFERENCE + 20])
def test_relaxation_at_a_held_strain(verify, comm, temperature):
    gamma, steps = 0.01, [1e-9, 0.3, 0.7, 9.0, 40.0, 150.0]
    found = sheared(comm, gamma, steps, temperature)
    shift = np.exp(ACTIVATION / R * (1 / temperature - 1 / REFERENCE))
    for time, (stress, energy) in zip(np.cumsum(steps), found, strict=True):
        decay = [(g, np.exp(-time / (t * shift))) for g, t in ((0.5, 1.0), (0.3, 50.0))]
        what = f"after {time:.3g} s at {temperature:g} K"
        exact = G * gamma * (0.2 + sum(g * d for g, d in decay))
        verify(stress, exact, rtol=1e-8, what=f"shear stress {what} [Pa]", source="Prony series")
        exact = 0.5 * G * gamma**2 * (0.2 + sum(g * d**2 for g, d in decay))
        verify(energy, exact, rtol=1e-8, what=f"stored energy {what} [J/m³]", source="Prony series")


def test_constant_rate_of_strain(verify, comm):
    rate, steps = 1e-3, [0.5, 2.0, 20.0]
    found = sheared(comm, lambda t: rate * t, steps)[:, 0]
    for time, stress in zip(np.cumsum(steps), found, strict=True):
        exact = G * rate * (0.2 * time + sum(g * t * (1 - np.exp(-time / t)) for g, t in ((0.5, 1.0), (0.3, 50.0))))
        verify(
            stress, exact, rtol=1e-8, what=f"shear stress at {time:g} s of a constant rate [Pa]", source="convolution"
        )


def test_damage_takes_what_is_stored(verify, comm):
    """AT2, one step to a shear γ in which the elements keep the shares x_i = (a_T τ_i/t)(1 − exp(−t/a_T τ_i)) of it.

    2(1 − d)ψ = G_c d/ℓ with what is stored, ψ = ½Gγ²[1 − Σg + Σ g_i x_i²], not ½τγ = ½Gγ²[1 − Σg + Σ g_i x_i].
    """
    gamma, time, ell = 0.01, 5.0, 1.0
    shares = [(g, t / time * (1 - np.exp(-time / t))) for g, t in ((0.5, 1.0), (0.3, 50.0))]
    stored = 0.5 * G * gamma**2 * (0.2 + sum(g * x**2 for g, x in shares))
    physics = [ssb.Elasticity(degree=1, residual_stiffness=0.0), ssb.Fracture(ell, "AT2")]
    state = sheet(comm, physics, gamma, toughness=2 * stored * ell).solve(time)
    energy = total(comm, state.quantity("elastic_energy", "separator") * state.dx("separator"))
    damage = total(comm, state["damage"] * state.dx("separator"))
    verify(damage, 0.5, rtol=1e-6, what="damage of a polymer with 2ψℓ = G_c", source="2(1 − d)ψ = G_c d/ℓ")
    verify(energy, stored / 4, rtol=1e-6, what="what it then stores [J/m³]", source="(1 − d)²ψ")


def test_a_strain_that_is_there_when_a_run_begins(verify, comm):
    """It relaxes from then on: a run remembers what its loads do at once. So with a physics that has served before."""
    gamma, elasticity = 0.01, ssb.Elasticity(degree=1)
    for which in ("first", "second"):
        result = sheet(comm, [elasticity], gamma).run(1.0, first_step=0.5, largest_step=0.5, change=10.0, quiet=True)
        for time, energy in zip(result["time [s]"], result["elastic energy [J/m]"], strict=True):
            exact = 0.5 * G * gamma**2 * (0.2 + sum(g * np.exp(-2 * time / t) for g, t in ((0.5, 1.0), (0.3, 50.0))))
            what = f"{which} run of a held strain, stored energy after {time:g} s [J/m³]"
            verify(energy, exact, rtol=1e-8, what=what, source="Prony series")


def test_the_effective_stiffness_is_that_of_an_instant(verify, comm):
    cell = one_region(comm, (1.0, 1.0), (2, 2), polymer(), periodic=(0, 1))
    found = effective_stiffness(cell, degree=1)[2, 2]
    verify(found, G, rtol=1e-9, what="effective shear stiffness of a polymer [Pa]", source="instantaneous")


@pytest.mark.parametrize(
    ("shares", "times", "message"),
    [((0.5, 0.6), (1, 2), "at most 1 together"), ((0.5,), (1, 2), "as many"), ((0.5,), (0,), "above 0")],
)
def test_impossible_series_are_refused(shares, times, message):
    with pytest.raises(ssb.InputError, match=message):
        PronySeries(shares, times)
