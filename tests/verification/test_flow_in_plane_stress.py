r"""Sheets: metals that flow and polymers that relax with nothing that holds them out of the plane, σ_zz = 0.

Creep, ε̇ = k(σ_eq)(3/2)s/σ_eq with k(σ) = A exp(−Q/RT)(σ/σ₀)^m. At constant stress the elastic strain is constant, so
that every step of backward Euler gains exactly k Δt. Strip: ε̇ = k(σ). Both ways: σ_eq = σ, s = σ/3, ε̇ = k(σ)/2.
A sheet that is held both ways relaxes by σ̇ = −M k(σ)/2 with M = E/(1 − ν), a strip by σ̇ = −E k(σ), both

    σ^{1−m} = σ_0^{1−m} + (m − 1) b A exp(−Q/RT) σ₀^{−m} t,    b = M/2 or E;     a step:  σ + b k(σ) Δt = σ_old.

Yield: σ₁² − σ₁σ₂ + σ₂² = σ_y². A sheet that is stretched much in the ratio n₁ : n₂ flows along the normal of this
ellipse, n ∝ (2σ₁ − σ₂, 2σ₂ − σ₁), so that σ = σ_y (2n₁ + n₂, 2n₂ + n₁)/√(3(n₁² + n₁n₂ + n₂²)): in the ratio 2 : 1
where it is held across, σ_y/√3 and −σ_y/√3 in shear, n₂ = −n₁.

Standard solid, G*(s) = G(1 − g + sτ)/(1 + sτ), κ constant: by the correspondence principle the strip has
9κG*/(3κ + G*), the sheet that is held both ways 18κG*/(3κ + 4G*), both with one pole, so from a strain held from t = 0

    M(t) = M_∞ + (M_0 − M_∞) exp(−t/τ'),    τ' = τ (3κ + cG)/(3κ + cG(1 − g)),   c = 1 or 4.

The update takes dev ε as straight within a step, which that across the sheet is not: second order in Δt. A Maxwell
solid (g = 1) under a constant stress flows at the rate σ/3Gτ, straight.
"""

import numpy as np
import pytest
from cells import T, one_region
from dolfinx import fem
from test_metal_creep import M, Q, euler, lithium, rate, relaxation
from test_metal_flow import newton_order
from test_triclinic import PAIRS, TURNS, crystal, triclinic, turned

import fem_ssb as ssb
from fem_ssb.constants import R
from fem_ssb.materials import Constant, IsotropicStiffness, PronySeries
from fem_ssb.units import MPa

pytestmark = [pytest.mark.system("B9")]
YOUNG, POISSON = 7.82e9, 0.381  # of the library's lithium
STRENGTH = 0.77 * MPa


def sheet(comm, material, temperature=T, **kind):
    """A square sheet on smooth walls at its left and its bottom."""
    mesh = one_region(comm, (1.0, 1.0), (1, 1), material, name="sheet")
    model = ssb.Model(mesh, [ssb.Elasticity(degree=1, plane="stress", **kind)])
    model.apply(ssb.Ambient(temperature))
    return model.apply(*(ssb.Fixed("displacement", b, component=a) for a, b in enumerate(("left", "bottom"))))


def loads(make, values):
    """One load or displacement each, of the right and the top; None leaves the side free."""
    sides = zip(("right", "top"), values, strict=True)
    return [make("displacement", side, v, component=a) for a, (side, v) in enumerate(sides) if v is not None]


def stresses(model):
    """σ_xx, σ_yy, σ_zz [Pa] as they are at the end of the step that was accepted."""
    state = model.state
    state.dt.value = 0.0
    sigma = state.quantity("stress", "sheet")
    return np.array(state.integrate(*(fem.form(sigma[k, k] * state.dx("sheet")) for k in range(3))))


def rates(comm, stress, temperature=T, **more):
    """Rates (2,) [1/s] of a creeping sheet at the stress (2,), after the step that loads it."""
    model = sheet(comm, lithium(), temperature, **more)
    model.apply(*loads(ssb.Flux, stress))
    step = 1e-3 / rate(max(stress), temperature)
    state, sizes = model.state, []
    ends = [fem.form(state["displacement"][a] * state.ds(side)) for a, side in enumerate(("right", "top"))]
    for _ in range(3):
        model.solve(step)
        model.accept()
        sizes.append(state.integrate(*ends))
    return np.diff(sizes, axis=0)[-1] / step


@pytest.mark.parallel
def test_exponent_and_activation_energy_of_a_strip(verify, comm):
    low, high, hot = (0.4 * MPa, T), (0.9 * MPa, T), (0.4 * MPa, 353.15)
    measured = {}
    for stress, temperature in (low, high, hot):
        across, along = rates(comm, (0.0, stress), temperature)
        what = f"creep of a strip in plane stress at {stress / MPa:g} MPa, {temperature:g} K"
        exact = rate(stress, temperature)
        verify(along, exact, rtol=1e-8, what=f"{what}: rate [1/s]", source="power law")
        verify(across, -exact / 2, rtol=1e-8, what=f"{what}: rate across [1/s]", source="no change of volume")
        measured[stress, temperature] = along
    m = np.log(measured[high] / measured[low]) / np.log(high[0] / low[0])
    q = R * np.log(measured[hot] / measured[low]) / (1 / low[1] - 1 / hot[1])
    verify(m, M, rtol=0.01, what="plane stress: stress exponent from two stresses", source="what was put in")
    verify(q, Q, rtol=0.01, what="plane stress: activation energy from two temperatures", source="what was put in")


@pytest.mark.parametrize("stress", [(0.6, 0.6), (0.3, 0.9)])
def test_creep_both_ways(verify, comm, stress):
    first, second = sigma = np.array(stress) * MPa
    found = rates(comm, tuple(sigma))
    equivalent = np.sqrt(first**2 - first * second + second**2)
    exact = rate(equivalent) / (2 * equivalent) * (2 * sigma - sigma[::-1])
    for value, reference, along in zip(found, exact, "xy", strict=True):
        what = f"creep of a sheet at {stress[0]:g} and {stress[1]:g} MPa: rate along {along} [1/s]"
        verify(value, reference, rtol=1e-8, what=what, source="power law")


def relaxed(comm, start, both, end, count):
    """Stresses [Pa] after `end` seconds of a sheet held at the strain of the stress `start`, along x or both ways."""
    strain = start * ((1 - POISSON) if both else 1) / YOUNG
    model = sheet(comm, lithium()).apply(*loads(ssb.Fixed, (strain, strain if both else None)))
    for step in [1e-12 * end] + [end / count] * count:
        model.solve(step)
        model.accept()
    return stresses(model)


@pytest.mark.parametrize("both", [False, True])
def test_relaxation_of_a_metal(verify, comm, both):
    """The steps are those of the scalar equation, which without a step is the closed form."""
    start, end = 1.5 * MPa, 1.0
    b, held = (YOUNG / (1 - POISSON) / 2, "both ways") if both else (YOUNG, "along x")
    coarse, fine = (relaxed(comm, start, both, end, count) for count in (16, 32))
    what = f"lithium sheet held {held}"
    exact = euler(start, b, end, 32)
    verify(fine[0], exact, rtol=1e-8, what=f"{what}: stress after 32 steps [Pa]", source="σ + bk(σ)Δt = σ_old")
    verify(fine[2] / exact, 0.0, atol=1e-8, what=f"{what}: σ_zz over σ", source="plane stress")
    closed, what = relaxation(start, b, end), f"{what}: after a second, extrapolated to no step [Pa]"
    verify(2 * fine[0] - coarse[0], closed, rtol=5e-3, what=what, source="σ̇ = −bk(σ)")


@pytest.mark.parametrize("ratio", [(1.0, 0.0), (1.0, 1.0), (1.0, -0.5), (1.0, -1.0), (0.3, -1.0)])
def test_yield_ellipse(verify, comm, ratio):
    first, second = ratio
    model = sheet(comm, ssb.Material("Li", yield_strength=Constant(STRENGTH)), creep=False, plastic=True)
    model.apply(*loads(ssb.Fixed, [lambda t, n=n: 0.1 * n * t for n in ratio]))
    for k in range(4):
        model.state.time.value = (k + 1) / 4
        model.solve(1.0)
        model.accept()
    found = stresses(model)
    exact = STRENGTH * (2 * np.array(ratio) + ratio[::-1]) / np.sqrt(3 * (first**2 + first * second + second**2))
    for value, reference, along in zip(found[:2], exact, "xy", strict=True):
        what = f"lithium sheet stretched {first:g} : {second:g}: σ_{along}{along} [Pa]"
        verify(value, reference, atol=1e-6 * STRENGTH, what=what, source="von Mises ellipse")
    verify(found[2] / STRENGTH, 0.0, atol=1e-8, what=f"stretched {first:g} : {second:g}: σ_zz/σ_y", source="σ_zz = 0")


SHARE, TIME = 0.7, 5.0


def polymer(share):
    """A standard solid, or with the share 1 a Maxwell one."""
    return ssb.Material.custom(
        "PEO",
        kind="electrolyte",
        stiffness=IsotropicStiffness(50e6, 0.45),
        thermal_expansion=0.0,
        relaxation=PronySeries((share,), (TIME,)),
    )


SHEAR, BULK = 50e6 / 2.9, 50e6 / 0.3


@pytest.mark.parametrize("both", [False, True])
def test_relaxation_of_a_polymer(verify, comm, both):
    c, factor, held = (4, 18, "both ways") if both else (1, 9, "along x")
    strain, end = 0.01, 10.0

    def modulus(shear):
        return factor * BULK * shear / (3 * BULK + c * shear)

    def after(steps):
        """Stress [Pa] at the end."""
        model = sheet(comm, polymer(SHARE)).apply(*loads(ssb.Fixed, (strain, strain if both else None)))
        for step in [1e-9, *[end / steps] * steps]:
            model.solve(step)
            model.accept()
        return stresses(model)

    first, last = modulus(SHEAR), modulus((1 - SHARE) * SHEAR)
    time = TIME * (3 * BULK + c * SHEAR) / (3 * BULK + c * (1 - SHARE) * SHEAR)
    exact = strain * (last + (first - last) * np.exp(-end / time))
    coarse, fine = after(4), after(8)
    source = "correspondence principle"
    order = np.log2((coarse[0] - exact) / (fine[0] - exact))
    verify(order, 2.0, atol=0.1, what=f"polymer sheet held {held}: order in the step", source="straight steps")
    what = f"polymer sheet held {held}: stress, extrapolated [Pa]"
    verify((4 * fine[0] - coarse[0]) / 3, exact, rtol=1e-5, what=what, source=source)
    verify(fine[2] / exact, 0.0, atol=1e-12, what=f"polymer sheet held {held}: σ_zz over σ", source="plane stress")


def test_flow_of_a_maxwell_strip(verify, comm):
    stress, step = 1e4, 3.0
    model = sheet(comm, polymer(1.0)).apply(*loads(ssb.Flux, (stress, None)))
    state, lengths = model.state, []
    end = fem.form(state["displacement"][0] * state.ds("right"))
    for dt in (1e-9, step, step):
        model.solve(dt)
        model.accept()
        lengths += state.integrate(end)
    exact = stress / (3 * SHEAR * TIME)
    for rate_ in np.diff(lengths) / step:
        verify(rate_, exact, rtol=1e-8, what="Maxwell strip: rate [1/s]", source="σ/3Gτ")


@pytest.mark.slow
def test_crystal_that_relaxes(verify, comm):
    """Triclinic: one step of τ on a straight way has the moduli C : [vol + γ dev], γ = 1 − g + g(1 − 1/e)."""
    solid = crystal(relaxation=PronySeries((SHARE,), (TIME,)))
    mesh = one_region(comm, (1.0, 1.0), (2, 2), solid, name="sheet", orientations=TURNS[:1])
    E = np.array([[2.0, -0.7], [-0.7, -1.0]]) * 1e-4
    model = ssb.Model(mesh, [ssb.Elasticity(degree=1, plane="stress")])
    model.apply(*(ssb.Moved(b, lambda x, t: E @ x[:2]) for b in mesh.boundaries))
    state = model.solve(TIME)
    sigma = state.quantity("stress", "sheet")
    found = state.integrate(*(fem.form(sigma[i] * state.dx("sheet")) for i in PAIRS))
    volume = np.zeros((6, 6))
    volume[:3, :3] = 1 / 3
    left = 1 - SHARE + SHARE * (1 - np.exp(-1))
    compliance = np.linalg.inv(turned(triclinic(), TURNS[0]) @ (volume + left * (np.eye(6) - volume)))
    exact, inside = np.zeros(6), [0, 1, 5]
    exact[inside] = np.linalg.solve(compliance[np.ix_(inside, inside)], [E[0, 0], E[1, 1], 2 * E[0, 1]])
    error = np.abs(found - exact).max() / np.abs(exact).max()
    verify.below(error, 1e-10, what="triclinic sheet that relaxes: stress after a step", source="C'_ijkl, S'_in⁻¹")


@pytest.mark.parametrize("law", ["creep", "yield"])
def test_newton_is_of_second_order(verify, comm, law):
    """A clamped sheet that is drawn out: the condensed tangent is that of the update."""
    flows = law == "yield"
    lithium_ = ssb.Material("Li", yield_strength=Constant(STRENGTH)) if flows else lithium()
    body = one_region(comm, (1.0, 1.0), (4, 4), lithium_, name="sheet")
    model = ssb.Model(body, [ssb.Elasticity(degree=1, plane="stress", creep=not flows, plastic=flows)])
    model.apply(ssb.Fixed("displacement", "bottom", 0.0), ssb.Fixed("displacement", "top", 0.0, component=0))
    model.apply(ssb.Fixed("displacement", "top", lambda t: 1e-3 * t, component=1)).build()
    verify(
        newton_order(model, 4), 2.0, atol=0.2, what=f"order of Newton, {law}, plane stress", source="consistent tangent"
    )


def drawn(comm, dim, cells, law):
    """Forces per thickness [N/m] on a metal drawn out between clamps that let it thin, in plane stress or 3D."""
    metal = ssb.Material("Li", yield_strength=Constant(STRENGTH))
    thickness, low, high = (1.0, "bottom", "top") if dim == 2 else (0.02, "front", "back")
    body = one_region(comm, (1.0, 1.0, thickness)[:dim], (cells, cells, 1)[:dim], metal, name="metal")
    kind = {"creep": law == "creep", "plastic": law == "yield"}
    model = ssb.Model(body, [ssb.Elasticity(plane="stress" if dim == 2 else "strain", **kind)])
    model.apply(*(ssb.Fixed("displacement", b, 0.0, component=0) for b in (low, high)))
    model.apply(ssb.Fixed("displacement", low, 0.0, component=1))
    model.apply(ssb.Fixed("displacement", high, lambda t: 1e-3 * t, component=1))
    if dim == 3:
        model.apply(ssb.Fixed("displacement", "bottom", 0.0, component=2))
    result = model.run(1.0, first_step=1 / 8, largest_step=1 / 8, change=10.0, quiet=True)
    return result["force top y [N/m]"] if dim == 2 else result["force back y [N]"] / thickness


@pytest.mark.slow
@pytest.mark.parametrize("law", ["creep", "yield"])
def test_thin_slab(verify, comm, law):
    """One layer of quadratic elements with free faces.

    Its faces bend by the slope of the strain across it, which costs energy as (thickness/width)², and the strain across
    is continuous, that of the sheet is not: this falls with the size of the elements, at the corners with the first
    power.
    """
    errors = []
    for cells in (4, 8):
        sheet_, slab = (drawn(comm, dim, cells, law) for dim in (2, 3))
        errors.append(np.abs(slab - sheet_).max() / np.abs(sheet_).max())
    verify.below(errors[1], 0.01, what=f"{law}: force of a thin slab beside plane stress, 8 cells", source="free faces")
    verify.below(errors[1] / errors[0], 0.75, what=f"{law}: the same over that of 4 cells", source="first order: 0.5")
