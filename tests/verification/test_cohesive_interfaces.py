"""Cohesive interfaces: the law comes back out on a patch, the energy of a double cantilever beam is G_c × area.

Patch. Two stiff blocks with an interface between them, pulled apart by U (mode I), slid (mode II), or both. With the
uniform traction t the blocks lengthen by tH/E*, E* = E(1 − ν)/((1 + ν)(1 − 2ν)) between rollers at the sides, so the
opening is δ = U − tH/E* and the pair (δ, t) lies on the law. Unloaded it goes back to the origin in a straight line;
closed it carries pressure.

Double cantilever. Arms of height h and unit width, crack length a, opened by Δ at the ends: beam theory with shear and
root rotation gives P = Δ E' h³/(8 (a + χh)³) and G = 12 P²(a + χh)²/(E' h³), χ² = (E/11μ)(3 − 2(Γ/(1 + Γ))²),
Γ = 1.18 E/μ: χ = 0.65 at ν = ¼ (Williams, J. Strain Anal. 24 (1989) 207). The crack starts at
P = h^{3/2}√(E'G_c/12)/(a + χh). While it grows the work goes into G_c × area, whatever the arms do. The interface's own
compliance makes the beam about 1 % softer before.
"""

import itertools

import numpy as np
import pytest
from cells import box, midpoints, total
from cracks import Loading
from dolfinx import fem

import fem_ssb as ssb
from fem_ssb import NamedMesh
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.mesh.measure import vertices
from fem_ssb.units import GPa, MPa, mm

STRENGTH, TOUGHNESS = 20 * MPa, 10.0
pytestmark = pytest.mark.system("B6")


def solid(young, poisson):
    return ssb.Material.custom(
        "solid", kind="electrolyte", stiffness=IsotropicStiffness(young, poisson), thermal_expansion=0.0
    )


def blocks(comm, young=150 * GPa, poisson=0.25, n=2):
    """Two blocks of 1 mm × ½ mm on top of each other."""
    domain = box(comm, (1 * mm, 1 * mm), (n, 2 * n))
    region = (midpoints(domain)[:, 1] > 0.5 * mm).astype(np.int32)
    material = solid(young, poisson)
    return NamedMesh.from_cells(domain, ["lower", "upper"], region, materials={"lower": material, "upper": material})


def patch(comm, law, angle):
    """Loading of two blocks moved apart at an angle (0 opening, 90° sliding)."""
    model = ssb.Model(blocks(comm), [ssb.Elasticity(degree=1, cohesive={"lower|upper": law})])
    c, s = np.cos(angle), np.sin(angle)
    for boundary, share in (("bottom", 0.0), ("top", 1.0)):
        for axis, part in enumerate((s, c)):
            model.apply(ssb.Fixed("displacement", boundary, lambda t, p=part, f=share: f * p * t, component=axis))
    if angle == 0.0:
        model.apply(*(ssb.Fixed("displacement", side, 0.0, component=0) for side in ("left", "right")))
    return model


def law_traction(law, kappa):
    """The curve σ(κ), from its definition."""
    K = 50 * STRENGTH**2 / TOUGHNESS
    first = STRENGTH / K
    if kappa < first:
        return K * kappa
    if law.shape == "bilinear":
        last = 2 * TOUGHNESS / STRENGTH
        return STRENGTH * max(last - kappa, 0) / (last - first)
    return STRENGTH * np.exp(-(kappa - first) / (TOUGHNESS / STRENGTH - first / 2))


@pytest.mark.parallel
@pytest.mark.parametrize("shape", ["bilinear", "exponential"])
def test_opening(verify, comm, shape):
    law = ssb.Cohesive(STRENGTH, TOUGHNESS, shape=shape)
    model = patch(comm, law, 0.0)
    state = model.state
    stiff = 150 * GPa * 0.75 / (1.25 * 0.5)
    last = 2 * TOUGHNESS / STRENGTH
    found = []
    for move in np.array([0.005, 0.2, 0.5, 0.25, 0.5, 0.8, -0.1, 0.8]) * last:
        state.time.value = move
        model.solve()
        model.accept()
        stress = total(comm, state.quantity("stress", "upper")[1, 1] * state.dx("upper")) / (0.5 * mm**2)
        found.append((move - stress * 1 * mm / stiff, stress))
    for k in (0, 1, 2, 4, 5, 7):
        delta, stress = found[k]
        what = f"{shape}: traction at {delta / last:.3f} of δ_f [Pa]"
        verify(stress, law_traction(law, delta), rtol=1e-6, what=what, source="cohesive law")
    delta, stress = found[3]
    back = found[2][1] * delta / found[2][0]
    verify(stress, back, rtol=1e-6, what=f"{shape}: traction on the way back [Pa]", source="straight to the origin")
    delta, stress = found[6]
    K = 50 * STRENGTH**2 / TOUGHNESS
    verify(stress, K * delta, rtol=1e-6, what=f"{shape}: traction when closed [Pa]", source="Kδ: no damage in contact")


@pytest.mark.parametrize("angle", [np.pi / 6, np.pi / 3, np.pi / 2])
def test_mixed_mode_dissipates_the_toughness(verify, comm, angle):
    """Any proportion of opening and sliding costs G_c × area (β = 1), and shear the strength β σ_c."""
    law = ssb.Cohesive(STRENGTH, TOUGHNESS, shear=1.0)
    model = patch(comm, law, angle)
    state = model.state
    lost = fem.form(model.physics[0].columns(state)["cohesive energy"])
    values = []
    for move in np.linspace(0, 1.3, 27)[1:] * 2 * TOUGHNESS / STRENGTH:
        state.time.value = move
        model.solve()
        model.accept()
        values.append(float(state.integrate(lost)[0]))
    area = 1 * mm
    what = f"dissipated at {np.degrees(angle):.0f}° over G_c × area"
    verify(values[-1] / (TOUGHNESS * area), 1.0, rtol=1e-6, what=what, source="area under the law")
    assert all(b >= a * (1 - 1e-9) for a, b in itertools.pairwise(values)), "dissipation falls"


ARM, LENGTH, NOTCH = 1 * mm, 30 * mm, 10 * mm
STRONG = 15 * MPa
CHI = 0.65  # of isotropic arms, below


def cantilever(comm, across, shape="bilinear"):
    """Loading of the double cantilever; `across` elements over an arm."""
    domain = box(comm, (LENGTH, 2 * ARM), (30 * across, 2 * across))
    region = (midpoints(domain)[:, 1] > ARM).astype(np.int32)
    mesh = NamedMesh.from_cells(
        domain, ["lower", "upper"], region, materials=dict.fromkeys(("lower", "upper"), solid(150 * GPa, 0.25))
    )
    ends = mesh.boundaries.pop("left")
    above = vertices(domain, 1, ends)[:, :, 1].mean(axis=1) > ARM
    mesh.boundaries |= {"upper end": ends[above], "lower end": ends[~above]}
    return opened(mesh, shape)


def opened(mesh, shape="bilinear", degree=2):
    """Loading of a double cantilever of two regions by its ends."""
    law = ssb.Cohesive(STRONG, TOUGHNESS, shape=shape, initial=lambda x: NOTCH - x[0])
    model = ssb.Model(mesh, [ssb.Elasticity(degree=degree, cohesive={"lower|upper": law})])
    model.apply(
        ssb.Fixed("displacement", "upper end", lambda t: t / 2, component=1),
        ssb.Fixed("displacement", "lower end", lambda t: -t / 2, component=1),
        ssb.Fixed("displacement", "right", 0.0, component=0),
    )
    return Loading(model, "upper end", 1, 1.0)


def peeled(verify, comm, across, rtol):
    """The beam is opened to 1.8 times the opening at which the crack starts."""
    stiff = 150 * GPa / (1 - 0.25**2)
    loading = cantilever(comm, across)
    lever = NOTCH + CHI * ARM
    first = np.sqrt(stiff * TOUGHNESS * ARM**3 / 12) / lever
    start = 8 * first * lever**3 / (stiff * ARM**3)
    label = f"double cantilever, h = {1 / across:g} arm"
    openings = start * np.array([0.01, 0.3, 0.6, 0.8, 0.9, *np.arange(1.0, 1.81, 0.025)])
    for opening in openings:
        loading.step(opening)
    history = loading.history
    force, opening = np.array(history.force[1:]), np.array(history.load[1:])
    # From force and opening alone: the lever a + χh from the compliance, then G = 12P²(a + χh)²/(E'h³).
    levers = (opening * stiff * ARM**3 / (8 * force)) ** (1 / 3)
    release = 12 * (force * levers) ** 2 / (stiff * ARM**3)
    compliance = force[0] / opening[0] * 8 * lever**3 / (stiff * ARM**3)
    verify(
        compliance, 1.0, rtol=0.03, what=f"{label}: stiffness before growth over beam theory", source="Williams (1989)"
    )
    grows = opening > 1.35 * start
    verify(
        release[grows].mean() / TOUGHNESS,
        1.0,
        rtol=rtol,
        what=f"{label}: G while it grows over G_c",
        source="beam theory",
    )
    lost = np.array(history.surface[1:])[grows]
    slope = np.polyfit(levers[grows], lost, 1)[0] / TOUGHNESS
    verify(slope, 1.0, rtol=rtol, what=f"{label}: energy dissipated over G_c × area", source="G_c × area")
    total = np.array(history.elastic) + history.surface
    spent = np.cumsum(np.diff(history.load) * (np.array(history.force)[1:] + history.force[:-1]) / 2)
    at = np.flatnonzero(grows)
    lacking = np.abs((total[1:] - total[at[0] + 1]) - (spent - spent[at[0]]))[at[1:]] / spent[at[1:]]
    what = f"{label}: |stored + dissipated − work|/work while it grows"
    verify.below(lacking.max(), 1e-4, what=what, source="energy, trapezoidal rule")
    work = np.array(history.work)
    excess = (np.array(history.elastic) + history.surface - work)[1:] / (work[1:] - work[0])
    verify.below(excess.max(), 1e-4, what=f"{label}: (stored + dissipated − work)/work", source="energy")


def test_double_cantilever(verify, comm):
    peeled(verify, comm, 4, 0.02)


@pytest.mark.slow
def test_double_cantilever_on_a_fine_mesh(verify, comm):
    peeled(verify, comm, 8, 0.005)
