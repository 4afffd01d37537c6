"""Strength of a homogeneous bar with phase-field damage, in closed form; damage never heals.

Uniaxial strain ε, Poisson ratio 0, damage d the same everywhere: stress (1 − d)²Eε, energy ψ⁺ = ½Eε².
Stationarity in d: (1 − d)Eε² = G_c w'(d)/(c_w ℓ).

AT1 (w = d, c_w = 8/3): d = 0 until Eε² = 3G_c/8ℓ, then 1 − d = 3G_c/(8ℓEε²), so the stress (1 − d)²Eε ∝ ε⁻³ falls:
σ_c = √(3G_cE/8ℓ).
AT2 (w = d², c_w = 2): d = Eε²/(G_c/ℓ + Eε²); with s = Eε²ℓ/G_c the stress is √(EG_c/ℓ) √s/(1 + s)², largest
at s = 1/3 (d = 1/4): σ_max = (3√3/16)√(EG_c/ℓ).
"""

import numpy as np
import pytest
from cells import one_region, total

import fem_ssb as ssb
from fem_ssb.materials import IsotropicStiffness

E, TOUGHNESS, LENGTH = 150e9, 2.0, 4e-6
ELL = 4e-6  # ℓ as long as the bar: the homogeneous state is stable
pytestmark = pytest.mark.system("B4")

CRITICAL = {"AT1": np.sqrt(3 * TOUGHNESS * E / (8 * ELL)), "AT2": 3 * np.sqrt(3) / 16 * np.sqrt(E * TOUGHNESS / ELL)}
PEAK = {"AT1": np.sqrt(3 * TOUGHNESS / (8 * ELL * E)), "AT2": np.sqrt(TOUGHNESS / (3 * ELL * E))}


def bar(comm, kind, strain):
    """A square bar stretched by the strain, a function of the model's time."""
    ceramic = ssb.Material.custom(
        "ceramic", kind="electrolyte", stiffness=IsotropicStiffness(E, 0.0), thermal_expansion=0.0, toughness=TOUGHNESS
    )
    mesh = one_region(comm, (LENGTH, LENGTH), (4, 4), ceramic)
    model = ssb.Model(mesh, [ssb.Elasticity(), ssb.Fracture(length=ELL, model=kind)])
    model.apply(
        ssb.Fixed("displacement", "bottom", 0.0, component=1), ssb.Fixed("displacement", "left", 0.0, component=0)
    )
    return model.apply(ssb.Fixed("displacement", "top", lambda t: strain(t) * LENGTH, component=1))


def step(model, time):
    """Stress [Pa] and mean damage at a time."""
    state = model.state
    state.time.value = time
    model.solve()
    state.accept()
    area = LENGTH**2
    stress = total(state.mesh.comm, state.quantity("stress", "separator")[1, 1] * state.dx("separator")) / area
    return stress, total(state.mesh.comm, state["damage"] * state.dx("separator")) / area


@pytest.mark.parallel
@pytest.mark.parametrize("kind", ["AT1", "AT2"])
def test_strength_of_a_homogeneous_bar(verify, comm, kind):
    model = bar(comm, kind, lambda t: t * PEAK[kind])
    times = [0.5, 0.8, 0.9, 0.95, 0.98, 0.995, 1.0, 1.005, 1.02, 1.05, 1.1]
    found = [step(model, t) for t in times]
    strength = max(stress for stress, _ in found)
    source = {"AT1": "√(3G_cE/8ℓ)", "AT2": "(3√3/16)√(EG_c/ℓ)"}[kind]
    verify(strength, CRITICAL[kind], rtol=0.01, what=f"{kind}: strength of a bar [Pa]", source=source)
    s = (times[-1] * PEAK[kind]) ** 2 * E * ELL / TOUGHNESS
    damage = {"AT1": 1 - 3 / (8 * s), "AT2": s / (1 + s)}[kind]
    verify(
        found[-1][1], damage, rtol=1e-4, what=f"{kind}: damage at 1.1 of the strain at the peak", source="stationarity"
    )


@pytest.mark.parallel
@pytest.mark.parametrize("kind", ["AT1", "AT2"])
def test_damage_does_not_heal(verify, comm, kind):
    """Unloaded to half the strain the damage stays and the stress is half; reloaded it is as before."""
    model = bar(comm, kind, lambda t: (1.1, 0.55, 0.0, 1.1)[round(t)] * PEAK[kind])
    loaded, unloaded, free, again = (step(model, float(n)) for n in range(4))
    verify(unloaded[1], loaded[1], rtol=1e-9, what=f"{kind}: damage when unloaded", source="d ≥ d_old")
    verify(unloaded[0], loaded[0] / 2, rtol=1e-5, what=f"{kind}: stress at half the strain [Pa]", source="(1 − d)²Eε")
    verify(
        free[0] / CRITICAL[kind],
        0.0,
        atol=1e-9,
        what=f"{kind}: stress without strain over strength",
        source="(1 − d)²Eε",
    )
    verify(again[0], loaded[0], rtol=1e-5, what=f"{kind}: stress when loaded again [Pa]", source="(1 − d)²Eε")


@pytest.mark.parallel
def test_load_steps_choose_themselves(verify, comm):
    """AT1, t in critical strains: d = 1 − t⁻², in steps that shorten where it begins, to given loads."""
    model = bar(comm, "AT1", lambda t: t * PEAK["AT1"])
    stops, growth = [0.7, 1.5, 2.0], 0.05
    loads, damage = [0.0], [0.0]
    for load in ssb.load_steps(model, stops, 0.01, largest=0.2, growth=growth):
        assert float(model.state.time.value) == load
        loads.append(load)
        damage.append(total(comm, model.state["damage"] * model.state.dx("separator")) / LENGTH**2)
    assert set(stops) < set(loads) and loads[-1] == stops[-1]
    exact = 1 - np.maximum(loads, 1.0) ** -2.0
    source = "1 − (ε_c/ε)²"
    verify.below(
        np.abs(damage - exact).max(), 1e-4, what="AT1, automatic load steps: error of the damage", source=source
    )
    what = "AT1, automatic load steps: largest growth of damage in a step"
    verify.below(np.diff(damage).max(), 2 * growth, what=what, source="twice that asked for")
    ends, steps = np.array(loads[1:]), np.diff(loads)
    assert steps[(ends > 1) & (ends < 1.2)].max() < steps[ends < 1].max() / 2  # dd = 2 dt/t³ ≤ 0.1


def test_load_steps_are_cut_until_the_smallest_fails(comm):
    model = bar(comm, "AT1", lambda t: t * PEAK["AT1"])
    list(ssb.load_steps(model, [1.0], 0.5))
    model.largest_sweeps = 2
    before = model.state["damage"].x.array.copy()
    with pytest.raises(ssb.ConvergenceError, match="sweeps"):
        list(ssb.load_steps(model, [2.0], 0.5, smallest=0.2))
    assert float(model.state.time.value) == 1.0
    assert np.array_equal(model.state["damage"].x.array, before)
    model.largest_sweeps = 60
    assert list(ssb.load_steps(model, [2.0], 0.5, smallest=0.01, growth=1.0, sweeps=60))[-1] == 2.0


def test_load_steps_refused(comm):
    model = bar(comm, "AT1", lambda t: t)
    with pytest.raises(ssb.InputError, match="rise"):
        ssb.load_steps(model, [1.0, 0.5], 0.1)
    with pytest.raises(ssb.InputError, match="does not hold"):
        ssb.load_steps(model, [1.0], 0.1, smallest=0.2)
