"""A block of creeping metal: the law's exponent and activation energy come back out of the finite elements.

Law: ε̇_c = A exp(−Q/RT)(σ_eq/σ₀)^m (3/2)s/σ_eq. A block free at its sides, pulled by σ (3D): uniaxial stress,
σ_eq = σ, s_yy = 2σ/3, so the axial rate is A exp(−Q/RT)(σ/σ₀)^m =: k(σ). At constant stress the elastic strain is
constant, so every step of backward Euler gains exactly k Δt.

Plane strain (2D), free sides: ε̇_zz = 0 without elastic rate means s_zz = 0, σ_zz = σ/2, σ_eq = (√3/2)σ,
s_yy = σ/2 and the axial rate is (3/2)(σ/2)/σ_eq k(σ_eq) = (√3/2) k(σ_eq).

Relaxation in shear at a fixed strain: σ_eq = √3 τ, τ̇ = −2G ε̇_c,xy = −2G (3/2)(τ/σ_eq) k(σ_eq) = −√3 G k(√3τ), so with
y = √3 τ: ẏ = −3G k(y), y^{1−m} = y₀^{1−m} + (m − 1) 3G A exp(−Q/RT) σ₀^{−m} t. Backward Euler is first order.
"""

import numpy as np
import pytest
from cells import T, one_region, total
from dolfinx import fem
from scipy.optimize import brentq

import fem_ssb as ssb
from fem_ssb.constants import R
from fem_ssb.materials import PowerLawCreep
from fem_ssb.units import MPa

A, Q, M, SIGMA0 = 4.25e4, 37.0e3, 6.67, 0.95 * MPa
LAW = PowerLawCreep(A=A, Q=Q, m=M, reference_stress=SIGMA0)
SHEAR = 7.82e9 / (2 * 1.381)
pytestmark = [pytest.mark.system("B9"), pytest.mark.parallel]


def lithium():
    return ssb.Material("Li", creep=LAW)


def rate(stress, temperature=T):
    """Equivalent creep rate [1/s] in closed form, from the numbers above."""
    return A * np.exp(-Q / (R * temperature)) * (stress / SIGMA0) ** M


def relaxation(start, slope, end):
    """y [Pa] after `end` seconds of ẏ = −slope · k(y)."""
    decay = (M - 1) * slope * A * np.exp(-Q / (R * T)) * SIGMA0**-M
    return (start ** (1 - M) + decay * end) ** (1 / (1 - M))


def euler(start, slope, end, steps):
    """The same by backward Euler."""
    for _ in range(steps):
        start = brentq(lambda y, old: y + slope * rate(y) * end / steps - old, 0.0, start, (start,), rtol=1e-14)
    return start


def axial_rate(comm, dim, stress, temperature):
    """Axial rate [1/s] of a block pulled by a stress, after the step that loads it."""
    mesh = one_region(comm, (1.0,) * dim, (1,) * dim, lithium(), name="metal")
    model = ssb.Model(mesh, [ssb.Elasticity()])
    sides = ("left",) if dim == 2 else ("left", "front")
    model.apply(ssb.Ambient(temperature), ssb.Flux("displacement", "top", stress, component=dim - 1))
    model.apply(ssb.Fixed("displacement", "bottom", 0.0, component=dim - 1))
    model.apply(*(ssb.Fixed("displacement", side, 0.0, component=axis) for axis, side in enumerate(sides)))
    step = 1e-3 / rate(stress, temperature)
    heights = []
    for _ in range(8 if dim == 2 else 3):
        model.solve(step)
        model.accept()
        heights.append(total(comm, model.state["displacement"][dim - 1] * model.state.ds("top")))
    return (heights[-1] - heights[-2]) / step


@pytest.mark.parametrize("dim", [2, 3])
def test_exponent_and_activation_energy(verify, comm, dim):
    shape, factor = (1.0, 1.0) if dim == 3 else (np.sqrt(3) / 2, np.sqrt(3) / 2)
    low, high, hot = (0.4 * MPa, T), (0.9 * MPa, T), (0.4 * MPa, 353.15)
    measured = {}
    for stress, temperature in (low, high, hot):
        measured[stress, temperature] = axial_rate(comm, dim, stress, temperature)
        what = f"{dim}D creep rate at {stress / MPa:g} MPa, {temperature:g} K [1/s]"
        exact = factor * rate(shape * stress, temperature)
        verify(measured[stress, temperature], exact, rtol=1e-5, what=what, source="power law")
    m = np.log(measured[high] / measured[low]) / np.log(high[0] / low[0])
    q = R * np.log(measured[hot] / measured[low]) / (1 / low[1] - 1 / hot[1])
    verify(m, M, rtol=0.01, what=f"{dim}D stress exponent from two stresses", source="what was put in")
    verify(q, Q, rtol=0.01, what=f"{dim}D activation energy from two temperatures [J/mol]", source="what was put in")


def relaxed(comm, strain, end, steps):
    """Shear stress [Pa], stored energy [J/m³] after `end` seconds at a shear γ = strain, all faces moving as γy e_x."""
    mesh = one_region(comm, (1.0, 1.0), (2, 2), lithium(), name="metal")
    model = ssb.Model(mesh, [ssb.Elasticity(degree=2)])
    model.apply(ssb.Fixed("displacement", "bottom", 0.0), ssb.Fixed("displacement", "top", strain, component=0))
    model.apply(ssb.Fixed("displacement", "top", 0.0, component=1))
    model.apply(
        ssb.Fixed("displacement", "left", 0.0, component=1), ssb.Fixed("displacement", "right", 0.0, component=1)
    )
    state = model.state
    stored = fem.form(state.quantity("elastic_energy", "metal") * state.dx("metal"))
    for step in [end * 1e-12] + [end / steps] * steps:
        model.solve(step)
        energy = float(state.integrate(stored)[0])
        model.accept()
    state.dt.value = 0.0  # the flow strain is that of the end of the step: nothing flows any more
    return total(comm, state.quantity("stress", "metal")[0, 1] * state.dx("metal")), energy


def test_relaxation_in_shear(verify, comm):
    """The steps are those of the scalar equation, which without a step is the closed form."""
    strain = 2.0 * MPa / (np.sqrt(3) * SHEAR)  # σ_eq of 2 MPa at the start
    end = 1.0
    (coarse, _), (fine, energy) = (relaxed(comm, strain, end, steps) for steps in (16, 32))
    stepped = euler(2.0 * MPa, 3 * SHEAR, end, 32) / np.sqrt(3)
    verify(
        fine, stepped, rtol=1e-8, what="shear stress after 32 steps of relaxation [Pa]", source="y + 3Gk(y)Δt = y_old"
    )
    verify(energy, fine**2 / (2 * SHEAR), rtol=1e-8, what="what it then stores [J/m³]", source="τ²/2G")
    exact = relaxation(2.0 * MPa, 3 * SHEAR, end) / np.sqrt(3)
    what = "shear stress after a second of relaxation, extrapolated to no step [Pa]"
    verify(2 * fine - coarse, exact, rtol=5e-3, what=what, source="ẏ = −3G k(y)")
