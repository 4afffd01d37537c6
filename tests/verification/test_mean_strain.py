r"""Mean strain of periodic cells against closed forms and against the stiffness found by unit strains.

Bar of one phase, one cohesive interface a period H (strength σ_c, toughness G_c, bilinear, first at δ₀, open at δ_f):
under the mean strain e along the normal, none across, σ = M (e − δ/H), M = λ + 2μ. Up to the peak σ = σ_c δ/δ₀, then

    σ = σ_c (δ_f − δ)/(δ_f − δ₀),   δ = (M e − σ_c δ_f/(δ_f − δ₀)) / (M/H − σ_c/(δ_f − δ₀))

and the work per area H ∫Σ de of a cell pulled apart wholly is G_c.
"""

import numpy as np
import pytest
from cells import box, midpoints
from dolfinx import fem
from test_periodic_cells import polycrystal

import fem_ssb as ssb
from fem_ssb.analysis import effective_stiffness
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.units import GPa, MPa, mm

STRENGTH, TOUGHNESS, YOUNG, POISSON = 20 * MPa, 10.0, 150 * GPa, 0.25
HEIGHT = 1 * mm


def mean_stress(model):
    """Components xx, xy, yy (or their like in 3D) [Pa]."""
    columns = {k: v for p in model.physics for k, v in p.columns(model.state).items() if k.startswith("mean stress")}
    return model.state.integrate(*(fem.form(v) for v in columns.values()))


def test_polycrystal_by_unit_strains(verify, comm):
    """Any mean strain of a polycrystal of cubic grains gives C_eff : E."""
    mesh = polycrystal(comm, 12, 3, 1.0)
    strain = np.array([[2e-4, 0.7e-4], [0.7e-4, -1e-4]])
    model = ssb.Model(mesh, [ssb.MeanStrain(strain, size=lambda x, t: 2.0), ssb.Elasticity(degree=2)])
    model.solve()
    xx, xy, yy = mean_stress(model)
    exact = effective_stiffness(mesh) @ (2 * strain[[0, 1, 0], [0, 1, 1]] * [1, 1, 2])
    error = np.abs(np.array([xx, yy, xy]) - exact).max() / np.abs(exact).max()
    verify.below(error, 1e-8, what="periodic polycrystal: mean stress of a mean strain", source="C_eff : E")


def test_grains_that_are_warmed(verify, comm):
    """Cubic crystals turned about z: held they bear −(C₁₁ + 2C₁₂)αΔT, free to grow in the plane −C₁₂αΔT there."""
    mesh, warmer, solid = polycrystal(comm, 12, 3, 1.0), 100.0, ssb.Material("LLZO")
    growth, (c11, c12, _) = float(solid["thermal_expansion"](298.15)) * warmer, solid["stiffness"].matrix()[0, :3]
    for free, stress in ((0, c11 + 2 * c12), (1, c12)):
        mean = ssb.MeanStrain(free * growth * np.eye(2))
        model = ssb.Model(mesh, [mean, ssb.Elasticity(degree=1, stress_free_temperature=298.15)])
        model.apply(ssb.Ambient(298.15 + warmer)).solve()
        error = np.abs(mean_stress(model) + growth * stress * np.array([1, 0, 1])).max() / (growth * stress)
        what = f"periodic cubic grains that are warmed, {('held', 'free in the plane')[free]}: mean stress"
        verify.below(error, 1e-9, what=what, source="uniform strain")


@pytest.mark.parametrize("dim", [pytest.param(2, marks=pytest.mark.parallel), 3])
def test_interface_that_parts(verify, comm, dim):
    """The whole of the law, and of its energy, with no boundary to pull at."""
    body = ssb.Material.custom(
        "solid", kind="electrolyte", stiffness=IsotropicStiffness(YOUNG, POISSON), thermal_expansion=0.0
    )
    domain = box(comm, (HEIGHT,) * dim, (3, 9) if dim == 2 else (2, 2, 6))
    region = np.floor(midpoints(domain)[:, dim - 1] / HEIGHT * 3).astype(np.int32)
    mesh = ssb.NamedMesh.from_cells(
        domain, ["a", "b", "c"], region, materials=dict.fromkeys("abc", body), periodic=range(dim)
    )
    E = np.zeros((dim, dim))
    E[-1, -1] = 1.0
    law = ssb.Cohesive(STRENGTH, TOUGHNESS)
    model = ssb.Model(mesh, [ssb.MeanStrain(E, lambda x, t: t), ssb.Elasticity(degree=1, cohesive={"a|b": law})])
    state, M = model.state, YOUNG * (1 - POISSON) / ((1 + POISSON) * (1 - 2 * POISSON))
    last = 2 * TOUGHNESS / STRENGTH
    first = STRENGTH / (50 * STRENGTH**2 / TOUGHNESS)
    peak = STRENGTH / M + first / HEIGHT
    columns = model.physics[1].columns(state)
    lost = fem.form(columns["cohesive energy"])
    strains = np.concatenate([[0.0, 0.5 * peak, peak], np.linspace(peak, last / HEIGHT, 9)[1:], [1.2 * last / HEIGHT]])
    found = [0.0]
    for e in strains[1:]:
        state.time.value = e
        model.solve()
        found.append(mean_stress(model)[-1])
        model.accept()
    slope = STRENGTH / (last - first)
    softened = (M * strains - slope * last) / (M / HEIGHT - slope)
    exact = np.where(strains <= peak, STRENGTH * strains / peak, np.maximum(slope * (last - softened), 0.0))
    verify.below(
        np.abs(np.array(found) - exact).max() / STRENGTH, 1e-6, what=f"{dim}D periodic bar that parts: mean stress",
        source="bilinear law in series",
    )  # fmt: skip
    work = HEIGHT * np.trapezoid(found, strains)
    verify(work, TOUGHNESS, rtol=1e-6, what=f"{dim}D periodic bar: work per area [J/m²]", source="area under the law")
    spent = float(state.integrate(lost)[0]) / HEIGHT ** (dim - 1)
    verify(spent, TOUGHNESS, rtol=1e-9, what=f"{dim}D periodic bar: dissipated [J/m²]", source="G_c")


def test_rod(verify, comm):
    """A body of revolution that goes on along its axis and is free around: E e, whatever its radius."""
    domain = box(comm, (2.0, 1.0), (2, 2))
    region = np.zeros(len(midpoints(domain)), dtype=np.int32)
    material = ssb.Material("LLZO", stiffness=IsotropicStiffness(YOUNG, POISSON))
    mesh = ssb.NamedMesh.from_cells(domain, ["a"], region, materials={"a": material}, periodic=(1,))
    model = ssb.Model(mesh, [ssb.MeanStrain([[0, 0], [0, 1e-3]]), ssb.Elasticity(degree=1, plane="axisymmetric")])
    model.apply(ssb.Fixed("displacement", "left", 0.0, component=0)).solve()
    verify(
        mean_stress(model)[2], 1e-3 * YOUNG, rtol=1e-8, what="mean stress of a rod along its axis [Pa]", source="E e"
    )


def test_refused(comm):
    domain = box(comm, (1.0, 1.0), (2, 2))
    region = np.zeros(len(midpoints(domain)), dtype=np.int32)
    mesh = ssb.NamedMesh.from_cells(domain, ["a"], region, materials={"a": ssb.Material("LLZO")}, periodic=(0,))
    with pytest.raises(ssb.InputError, match="not periodic along y"):
        ssb.Model(mesh, [ssb.MeanStrain([[0, 0], [0, 1e-3]]), ssb.Elasticity()]).solve()
    with pytest.raises(ssb.InputError, match="of dimension 2"):
        ssb.Model(mesh, [ssb.MeanStrain(np.eye(3)), ssb.Elasticity()]).solve()
    with pytest.raises(ssb.InputError, match="symmetric"):
        ssb.MeanStrain([[0, 1], [0, 0]])
