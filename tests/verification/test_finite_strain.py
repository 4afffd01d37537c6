"""Finite strain against closed forms: uniaxial stretch with free sides, simple shear, and swelling against a wall.

Uniaxial stretch λ, lateral λ_t from S_t = 0, nominal stress P = λ S:
- St. Venant–Kirchhoff: S = E(λ² − 1)/2, λ_t² = 1 − ν(λ² − 1);
- neo-Hookean: G(λ_t² − 1) + λ_L ln(λ λ_t²) = 0, P = [G(λ² − 1) + λ_L ln J]/λ.

Simple shear F = I + γ e₁⊗e₂, J = 1:
- neo-Hookean: σ₁₂ = Gγ, σ₁₁ = Gγ², σ₂₂ = 0;
- St. Venant–Kirchhoff: E₁₂ = γ/2, E₂₂ = γ²/2, S = λ_L tr E I + 2G E, σ = F S Fᵀ.
"""

import numpy as np
import pytest
from cells import one_region, total
from scipy.optimize import brentq

import fem_ssb as ssb
from fem_ssb.materials import IsotropicStiffness

YOUNG, POISSON = 10e6, 0.4
G, LAME = YOUNG / (2 * (1 + POISSON)), YOUNG * POISSON / ((1 + POISSON) * (1 - 2 * POISSON))


def rubber():
    return ssb.Material.custom(
        "rubber", kind="electrolyte", stiffness=IsotropicStiffness(YOUNG, POISSON), thermal_expansion=0.0
    )


def cube(comm, kind, *loads, physics=(), cells=(1, 1, 1), plane="strain"):
    mesh = one_region(comm, (1.0,) * len(cells), cells, rubber(), name="body")
    model = ssb.Model(mesh, [*physics, ssb.Elasticity(degree=1, plane=plane, finite={"body": kind})])
    model.apply(*loads)
    result = model.run(1.0, first_step=1 / 8, largest_step=1 / 8, change=10.0, quiet=True)
    return model.state, result


def mean(comm, state, component):
    return total(comm, state.quantity("stress", "body")[component] * state.dx("body")) / total(
        comm, 1.0 * state.dx("body")
    )


def lateral(kind, stretch):
    """(λ_t, P) in closed form."""
    if kind == "st_venant":
        return np.sqrt(1 - POISSON * (stretch**2 - 1)), YOUNG * stretch * (stretch**2 - 1) / 2
    root = brentq(lambda t: G * (t**2 - 1) + LAME * np.log(stretch * t**2), 0.3, 3.0)
    return root, (G * (stretch**2 - 1) + LAME * np.log(stretch * root**2)) / stretch


@pytest.mark.parametrize("kind", ["st_venant", "neo_hookean"])
@pytest.mark.parametrize("stretch", [1.5, 0.8])
def test_uniaxial(verify, comm, kind, stretch):
    moved = ssb.Fixed("displacement", "top", lambda t: (stretch - 1) * t, component=2)
    held = [ssb.Fixed("displacement", b, component=a) for a, b in enumerate(("left", "front", "bottom"))]
    state, result = cube(comm, kind, moved, *held)
    across, nominal = lateral(kind, stretch)
    what = f"of a {kind} block stretched by {stretch:g}"
    found = mean(comm, state, (2, 2)) * total(comm, (1 + state["displacement"][0]) ** 2 * state.ds("right"))
    verify(found, nominal, rtol=1e-6, what=f"nominal stress {what} [Pa]", source="closed form")
    wide = 1 + total(comm, state["displacement"][0] * state.ds("right"))
    verify(wide, across, rtol=1e-8, what=f"lateral stretch {what}", source="closed form")
    steps = np.linspace(1, stretch, 2001)
    work = np.trapezoid([lateral(kind, s)[1] for s in steps], steps)
    verify(result["elastic energy [J]"][-1], work, rtol=1e-5, what=f"energy {what} [J/m³]", source="∫P dλ")


@pytest.mark.parametrize("kind", [pytest.param("st_venant", marks=pytest.mark.slow), "neo_hookean"])
def test_strip_in_plane_stress(verify, comm, kind):
    """A strip with free sides, pulled and pressed, is a bar of the same law."""
    for stretch in (1.5, 0.8):
        moved = ssb.Fixed("displacement", "top", lambda t, end=stretch - 1: end * t, component=1)
        held = [ssb.Fixed("displacement", b, component=a) for a, b in enumerate(("left", "bottom"))]
        state, result = cube(comm, kind, moved, *held, cells=(1, 1), plane="stress")
        across, nominal = lateral(kind, stretch)
        what = f"{kind} strip stretched by {stretch:g}"
        verify(result["force top y [N/m]"][-1], nominal, rtol=1e-8, what=f"{what}: P [Pa]", source="closed form")
        wide = 1 + total(comm, state["displacement"][0] * state.ds("right"))
        verify(wide, across, rtol=1e-8, what=f"{what}: lateral stretch", source="closed form")
        found, pulled = mean(comm, state, (2, 2)), mean(comm, state, (1, 1))
        verify(found / pulled, 0.0, atol=1e-8, what=f"{what}: σ_zz/σ", source="plane stress")
        verify(pulled, nominal / across**2, rtol=1e-8, what=f"{what}: σ [Pa]", source="closed form")


@pytest.mark.parametrize("kind", ["st_venant", "neo_hookean"])
def test_simple_shear(verify, comm, kind):
    gamma = 0.6
    shear = lambda x, t: np.stack([gamma * t * x[1], 0 * x[0]])  # noqa: E731
    state, _ = cube(comm, kind, *(ssb.Moved(b, shear) for b in ("left", "right", "bottom", "top")), cells=(2, 2))
    F = np.eye(3) + gamma * np.outer([1, 0, 0], [0, 1, 0])
    E = (F.T @ F - np.eye(3)) / 2
    S = LAME * np.trace(E) * np.eye(3) + 2 * G * E
    exact = F @ S @ F.T if kind == "st_venant" else G * (F @ F.T - np.eye(3))
    for i, j in ((0, 1), (0, 0), (1, 1)):
        what = f"σ_{i + 1}{j + 1} of a {kind} block sheared by {gamma:g}"
        found = mean(comm, state, (i, j))
        scale = {"atol": 1e-6 * G} if abs(exact[i, j]) < 1e-9 * G else {"rtol": 1e-8}
        verify(found, exact[i, j], **scale, what=f"{what} [Pa]", source="closed form")


@pytest.mark.slow
def test_sheet_that_swells(verify, comm):
    """Held in its plane: F_e = diag(1/(1 + s), 1/(1 + s), f), F = diag(1, 1, f(1 + s)), σ = F_e S F_eᵀ/J_e = S/f."""
    swelling = 0.2
    grown = ssb.Eigenstrain({"body": lambda x, t: swelling * t})
    held = [ssb.Fixed("displacement", b, 0.0) for b in ("left", "right", "bottom", "top")]
    state, _ = cube(comm, "neo_hookean", *held, physics=[grown], cells=(2, 2), plane="stress")
    size = 1 / (1 + swelling)
    f = brentq(lambda f: G * (f**2 - 1) + LAME * np.log(size**2 * f), 0.5, 3.0)
    exact = (G * (1 - size**-2) + LAME * np.log(size**2 * f) * size**-2) / f
    verify(mean(comm, state, (0, 0)), exact, rtol=1e-8, what="sheet that swells: σ [Pa]", source="closed form")
    verify(mean(comm, state, (2, 2)) / exact, 0.0, atol=1e-8, what="sheet that swells: σ_zz/σ", source="plane stress")


def test_swelling_against_nothing_and_against_walls(verify, comm):
    """Free: u grows as F_g, without stress. Between walls: F = I, F_e = I/(1 + s), P = σ from S(F_e), J_g of energy."""
    swelling = 0.2
    grown = ssb.Eigenstrain({"body": lambda x, t: swelling * t})
    held = [ssb.Fixed("displacement", b, component=a) for a, b in enumerate(("left", "front", "bottom"))]
    state, _ = cube(comm, "neo_hookean", *held, physics=[grown])
    top = total(comm, state["displacement"][2] * state.ds("top"))
    verify(top, swelling, rtol=1e-8, what="growth of a free body that swells by a fifth", source="F = F_g")
    walls = [ssb.Fixed("displacement", b, lambda t: 0.0, a) for a, b in enumerate(("right", "back", "top"))]
    state, result = cube(comm, "neo_hookean", *held, *walls, physics=[grown])
    e = 1 / (1 + swelling)
    exact = (G * (e**2 - 1) + 3 * LAME * np.log(e)) / e**3
    verify(
        mean(comm, state, (0, 0)),
        exact,
        rtol=1e-8,
        what="σ of a body that swells by a fifth between walls [Pa]",
        source="F_e = I/(1 + s)",
    )
    verify(result["force top z [N]"][-1], exact, rtol=1e-8, what="force of a wall on it [N]", source="P = σ")
    energy = (1 + swelling) ** 3 * (1.5 * G * (e**2 - 1) - 3 * G * np.log(e) + 4.5 * LAME * np.log(e) ** 2)
    verify(result["elastic energy [J]"][-1], energy, rtol=1e-8, what="energy that it stores [J]", source="J_g ψ(F_e)")


@pytest.mark.parametrize(
    ("kind", "message"),
    [("neo_hooke", "did you mean 'neo_hookean'"), ("st_venant", "flows: at finite strain take 'neo_hookean'")],
)
def test_refusals(comm, kind, message):
    material = ssb.Material("Li") if kind == "st_venant" else rubber()
    mesh = one_region(comm, (1.0, 1.0), (1, 1), material, name="body")
    model = ssb.Model(mesh, [ssb.Elasticity(finite={"body": kind})])
    model.apply(ssb.Fixed("displacement", "bottom"))
    with pytest.raises(ssb.InputError, match=message):
        model.solve()
