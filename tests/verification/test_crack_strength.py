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


def bar(comm, kind, strain, plane="strain"):
    """A square bar, or a cylinder, stretched by the strain, a function of the model's time."""
    ceramic = ssb.Material.custom(
        "ceramic", kind="electrolyte", stiffness=IsotropicStiffness(E, 0.0), thermal_expansion=0.0, toughness=TOUGHNESS
    )
    mesh = one_region(comm, (LENGTH, LENGTH), (4, 4), ceramic)
    model = ssb.Model(mesh, [ssb.Elasticity(plane=plane), ssb.Fracture(length=ELL, model=kind)])
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
def test_strength_of_a_cylinder(verify, comm):
    """Axisymmetric, of micrometres: what is small beside a toughness per metre of depth is not small here."""
    model = bar(comm, "AT1", lambda t: t * PEAK["AT1"], "axisymmetric")
    result = model.run(1.25, first_step=1 / 32, largest_step=1 / 32, change=10.0, quiet=True)
    force, area = result["force top y [N]"], np.pi * LENGTH**2
    verify(
        force.max() / area, CRITICAL["AT1"], rtol=0.01, what="AT1: strength of a cylinder [Pa]", source="√(3G_cE/8ℓ)"
    )
    lost, damage = result["fracture energy [J]"][-1], 1 - 1.25**-2
    exact = 3 * TOUGHNESS * damage / (8 * ELL) * area * LENGTH
    verify(lost, exact, rtol=1e-6, what="AT1: energy that damage takes in a cylinder [J]", source="3G_c d/8ℓ × volume")


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
def test_a_run_shortens_its_steps_where_damage_grows(verify, comm):
    """AT1, t in critical strains: d = 1 − t⁻², so that dd = 2 dt/t³ is largest where it begins."""
    model, growth = bar(comm, "AT1", lambda t: t * PEAK["AT1"]), 0.05
    loads, damage = [0.0], [0.0]

    def read(state):
        loads.append(float(state.time.value))
        damage.append(total(comm, state["damage"] * state.dx("separator")) / LENGTH**2)

    result = model.run(2.0, first_step=1 / 64, largest_step=1 / 4, growth=growth, each=read, quiet=True)
    assert np.array_equal(loads, result["time [s]"]) and loads[-1] == 2.0
    exact, source = 1 - np.maximum(loads, 1.0) ** -2.0, "1 − (ε_c/ε)²"
    error = np.abs(damage - exact).max()
    verify.below(error, 1e-4, what="AT1, steps by the growth of damage: error of the damage", source=source)
    what = "AT1, steps by the growth of damage: largest in a step"
    verify.below(np.diff(damage).max(), growth, what=what, source="that asked for")
    ends, steps = np.array(loads[1:]), np.diff(loads)
    assert steps[(ends > 1) & (ends < 1.2)].max() < steps[ends < 1].max() / 2


def test_steps_of_a_run_are_cut_until_the_smallest_fails(comm):
    model = bar(comm, "AT1", lambda t: t * PEAK["AT1"])
    model.largest_sweeps = 2
    with pytest.raises(ssb.ConvergenceError, match="sweeps"):
        model.run(2.0, first_step=0.5, smallest_step=0.25, quiet=True)
    assert float(model.state.time.value) == 1.0
    assert not model.state["damage"].x.array.any()
    with pytest.raises(ssb.InputError, match="growth"):
        model.run(2.0, growth=0.0)
