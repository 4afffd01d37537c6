"""Snap-back: a long bar with a cohesive interface, followed all the way; its force and end displacement fall together.

A block of height H and stiffness E* = E(1 − ν)/((1 + ν)(1 − 2ν)) between rollers, with an interface across it
whose traction rises with K to σ_c at δ₀ = σ_c/K and falls in a straight line to zero at δ_f = 2G_c/σ_c. With the
opening δ the force per length of the interface is t(δ), the end moves by U = δ + t H/E*, and separation has taken

    W = ½Kδ² (δ ≤ δ₀),      W = G_c − ½ t²(δ_f − δ₀)/σ_c (beyond)

so W gives t and U: for H > E*(δ_f − δ₀)/σ_c the end moves back while the interface opens. U and t are straight in δ,
and the trapezoidal rule of the work t dU is exact.

A bar of Poisson ratio 0 with the cohesive phase field (`test_cohesive_damage`) is moved at its end by
U = σH/E + (2G_c/σ_c)(1 − σ/σ_c), straight from its strength to nothing: for H > 2EG_c/σ_c² that is a way back. On cells
of size h a crack that is through costs G_c(1 + h/πℓ).

Where such a bar has an interface across it, too, the weaker of both decides: it softens along its own line and the
other gives back what it stored, U = σ(H/E + 1/K) + (2G_c/σ_c)(1 − σ/σ_c) with the values of the weaker.
"""

from itertools import chain

import numpy as np
import pytest
from cells import box, midpoints, one_region
from cracks import Loading
from dolfinx import fem
from test_cohesive_interfaces import solid

import fem_ssb as ssb
from fem_ssb import NamedMesh
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.solvers import presets
from fem_ssb.units import GPa, MPa, mm

YOUNG, POISSON, STRENGTH, TOUGHNESS = 150 * GPa, 0.25, 20 * MPa, 0.5
STIFF = YOUNG * (1 - POISSON) / ((1 + POISSON) * (1 - 2 * POISSON))
UNIT = 1e-7  # m of the moved end at the load factor 1
WIDTH, HEIGHT = 1 * mm, 2 * mm
pytestmark = pytest.mark.system("B6")


def halves(comm, material, n=(1, 2)):
    domain = box(comm, (WIDTH, HEIGHT), n)
    region = (midpoints(domain)[:, 1] > HEIGHT / 2).astype(np.int32)
    materials = dict.fromkeys(("lower", "upper"), material)
    return NamedMesh.from_cells(domain, ["lower", "upper"], region, materials=materials)


def bar(comm):
    """Two blocks on each other; the top is moved upwards."""
    mesh = halves(comm, solid(YOUNG, POISSON))
    model = ssb.Model(mesh, [ssb.Elasticity(degree=1, cohesive={"lower|upper": ssb.Cohesive(STRENGTH, TOUGHNESS)})])
    model.apply(ssb.Fixed("displacement", "bottom", 0.0, component=1))
    model.apply(ssb.Fixed("displacement", "top", lambda t: t * UNIT, component=1))
    model.apply(*(ssb.Fixed("displacement", side, 0.0, component=0) for side in ("left", "right")))
    return model


def followed(model, start, works, largest=None):
    """Arrays of λ, force [N/m], stored, dissipated energy and work of separation [J/m] along a branch.

    The works are a list, or the last one: then the steps choose themselves.
    """
    loading = Loading(model, "top", 1, UNIT)
    control = ssb.CrackControl(model, start)
    onward = map(control.step, works) if np.ndim(works) else control.follow(works, largest=largest)
    rows = []
    for factor in chain([control.factor], onward):
        rows.append((factor, loading.force(), *model.state.integrate(*loading.forms), control.work))
    return np.array(rows).T


def imbalance(load, force, stored, lost):
    """(stored + dissipated − work)/work at each point, by the trapezoidal rule."""
    load, force = (np.concatenate([[0.0], a]) for a in (load, force))
    work = np.cumsum(np.diff(load) * (force[1:] + force[:-1]) / 2) * UNIT
    return (stored + lost - work) / work


@pytest.mark.parallel
def test_bar(verify, comm):
    K, last = 50 * STRENGTH**2 / TOUGHNESS, 2 * TOUGHNESS / STRENGTH
    first = STRENGTH / K
    assert HEIGHT > 3 * STIFF * (last - first) / STRENGTH  # a long bar
    shares = np.concatenate([[0.5 * first / last, first / last], np.linspace(0.05, 0.98, 20)])
    works = shares * TOUGHNESS * WIDTH
    load, force, stored, lost, taken = followed(bar(comm), 1.0, works)
    work = taken / WIDTH
    peak = STRENGTH * first / 2
    traction = np.where(work <= peak, np.sqrt(2 * K * work), 0.0)
    beyond = work > peak
    traction[beyond] = np.sqrt(2 * STRENGTH * (TOUGHNESS - work[beyond]) / (last - first))
    opening = np.where(beyond, last - traction * (last - first) / STRENGTH, traction / K)
    moved = opening + traction * HEIGHT / STIFF
    source = "closed form, long bar"
    for what, found, exact in (("force", force / WIDTH, traction), ("end displacement", load * UNIT, moved)):
        error = np.abs(found / exact - 1).max()
        verify.below(error, 1e-6, what=f"snap-back of a bar: relative error of the {what} on the branch", source=source)
    verify(force.max() / WIDTH, STRENGTH, rtol=1e-6, what="snap-back of a bar: peak [Pa]", source="strength")
    back = load[-1] / load.max()
    verify(back, moved[-1] / moved.max(), rtol=1e-6, what="snap-back of a bar: last over largest move", source=source)
    assert back < 0.5
    worst = np.abs(imbalance(load, force, stored, lost)).max()
    verify.below(worst, 1e-4, what="snap-back of a bar: |stored + dissipated − work|/work", source="energy")


def notched(comm):
    """A plate broken over 0.25 of its width from the start, free at the sides: it turns as it opens."""
    mesh = halves(comm, solid(YOUNG, POISSON), (8, 16))
    law = ssb.Cohesive(STRENGTH, TOUGHNESS, initial=lambda x: 0.25 * WIDTH - x[0])
    model = ssb.Model(mesh, [ssb.Elasticity(degree=1, cohesive={"lower|upper": law})])
    model.apply(ssb.Fixed("displacement", "bottom", 0.0))
    model.apply(ssb.Fixed("displacement", "top", lambda t: t * UNIT, component=1))
    return model


def test_no_energy_comes_or_goes_while_a_notched_plate_snaps_back(verify, comm):
    worst, broken = [], 0.25 * WIDTH * TOUGHNESS
    for steps in (60, 240):
        roots = np.linspace(0.02, 0.98, steps)  # of the share that is taken of what there is to break
        works = broken + 0.75 * WIDTH * TOUGHNESS * roots**2
        load, force, stored, lost, _ = followed(notched(comm), 0.1, works)
        worst.append(np.abs(imbalance(load, force, stored, lost - broken)).max())
    assert load[-1] < 0.98 * load.max(), "it snaps back"
    what = "notched plate that snaps back: |stored + dissipated − work|/work"
    verify.below(worst[-1], 1e-4, what=f"{what}, 240 steps", source="energy")
    verify.trend(worst, "falling", what=f"{what}, 60 and 240 steps", source="trapezoidal rule")


BAR = 4 * YOUNG * TOUGHNESS / STRENGTH**2


def softening(strength):
    """A ceramic that softens as a cohesive crack."""
    return ssb.Material.custom(
        "ceramic", kind="electrolyte", stiffness=IsotropicStiffness(YOUNG, 0.0), thermal_expansion=0.0,
        toughness=TOUGHNESS, strength=strength,
    )  # fmt: skip


def pulled(mesh, **interfaces):
    """Model of a bar of the length H = 4EG_c/σ_c² with ℓ = H/20 that is pulled."""
    elasticity = ssb.Elasticity(degree=1, split="none", residual_stiffness=1e-8, **interfaces)
    model = ssb.Model(mesh, [elasticity, ssb.Fracture(BAR / 20, "CZM")], largest_sweeps=500)
    model.apply(ssb.Fixed("displacement", "bottom", 0.0, component=1))
    model.apply(ssb.Fixed("displacement", "left", 0.0, component=0))
    model.apply(ssb.Fixed("displacement", "top", lambda t: t * UNIT, component=1))
    model.apply(*(ssb.Fixed("damage", end, 0.0) for end in ("bottom", "top")))
    return model


def damaged_bar(comm, cells):
    """A bar with h = ℓ/cells."""
    n = 20 * cells + 1
    return pulled(one_region(comm, (BAR / n, BAR), (1, n), softening(STRENGTH))), BAR, BAR / n


@pytest.mark.parallel
def test_damaged_bar_softens(verify, comm):
    model, height, width = damaged_bar(comm, 4)
    load, force, *_ = followed(model, 0.5, np.array([0.001, 0.005, 0.02, 0.05]) * TOUGHNESS * width)
    stress = force[-1] / width
    moved = stress * height / YOUNG + 2 * TOUGHNESS / STRENGTH * (1 - stress / STRENGTH)
    what = "snap-back of a damaged bar, beginning: end displacement [m]"
    verify(load[-1] * UNIT, moved, rtol=0.01, what=what, source="linear softening")
    assert stress < 0.97 * STRENGTH


@pytest.mark.slow
def test_damaged_bar(verify, comm):
    errors = []
    for cells in (5, 10):
        model, height, width = damaged_bar(comm, cells)
        whole = 0.8 * TOUGHNESS * width
        load, force, stored, lost, _ = followed(model, 0.5, whole, largest=whole / 10)
        stress = force[1:] / width
        moved = stress * height / YOUNG + 2 * TOUGHNESS / STRENGTH * (1 - stress / STRENGTH)
        errors.append(np.abs(load[1:] * UNIT / moved - 1).max())
    what = "snap-back of a damaged bar"
    verify.below(errors[-1], 0.01, what=f"{what}: error of the end displacement, h = ℓ/10", source="linear softening")
    verify.trend(errors, "falling", what=f"{what}: the same, h = ℓ/5 and ℓ/10", source="G_c (1 + h/πℓ)")
    verify(stress.max(), STRENGTH, rtol=0.002, what=f"{what}: peak [Pa]", source="strength")
    assert load[-1] < 0.65 * load.max()
    worst = np.abs(imbalance(load, force, stored, lost)).max()
    verify.below(worst, 1e-4, what=f"{what}: |stored + dissipated − work|/work", source="energy")


def series(comm, bulk, joint, cells=4):
    """A bar that softens as a cohesive crack, with an interface at three quarters; their strengths [Pa]."""
    n = 20 * cells + 5
    domain = box(comm, (BAR / n, BAR), (1, n))
    region = (midpoints(domain)[:, 1] > (15 * cells + 4) / n * BAR).astype(np.int32)
    mesh = NamedMesh.from_cells(
        domain, ["lower", "upper"], region, materials=dict.fromkeys(["lower", "upper"], softening(bulk))
    )
    return pulled(mesh, cohesive={"lower|upper": ssb.Cohesive(joint, TOUGHNESS)}), BAR, BAR / n


@pytest.mark.parametrize("weaker", ["bulk", pytest.param("interface", marks=pytest.mark.parallel)])
def test_the_weaker_of_both_breaks(verify, comm, weaker):
    strengths = (STRENGTH, 1.5 * STRENGTH) if weaker == "bulk" else (1.5 * STRENGTH, STRENGTH)
    model, height, width = series(comm, *strengths)
    K, whole = 50 * strengths[1] ** 2 / TOUGHNESS, 0.72 * TOUGHNESS * width
    load, force, stored, lost, _ = followed(model, 0.99, whole, largest=whole / 10)
    columns = {k: v for p in model.physics for k, v in p.columns(model.state).items()}
    broken = model.state.integrate(*(fem.form(columns[n]) for n in ("fracture energy", "cohesive energy")))
    stress = force / width
    beyond = 2 * TOUGHNESS / STRENGTH * (1 - stress / STRENGTH)
    beyond[: stress.argmax()] = 0.0
    moved = stress * (height / YOUNG + 1 / K) + beyond
    what = f"bar with an interface, the {weaker} weaker"
    verify(stress.max(), STRENGTH, rtol=0.01, what=f"{what}: peak [Pa]", source="strength")
    error = np.abs(load * UNIT / moved - 1).max()
    limit = 0.6 * 20 * width / (np.pi * height) if weaker == "bulk" else 1e-4
    verify.below(
        error, limit, what=f"{what}: error of the end displacement on the branch", source="linear softening; h/πℓ"
    )
    other = broken[1 if weaker == "bulk" else 0] / sum(broken)
    verify.below(other, 1e-6, what=f"{what}: share of the other in what is lost", source="it unloads")
    worst = np.abs(imbalance(load, force, stored, lost)).max()
    verify.below(worst, 1e-4, what=f"{what}: |stored + dissipated − work|/work", source="energy")


def test_a_step_that_fails_leaves_the_state(comm):
    model = bar(comm)
    control = ssb.CrackControl(model, 1.0)
    before, work = model.state["displacement"].x.array.copy(), control.work
    with pytest.raises(ssb.InputError, match="work of separation"):
        control.step(0.5 * work)
    with pytest.raises(ssb.ConvergenceError):
        control.step(2 * TOUGHNESS * WIDTH)  # more than there is to break
    assert np.array_equal(model.state["displacement"].x.array, before)
    assert (control.factor, float(model.state.time.value)) == (1.0, 1.0)
    assert control.step(2 * work) == pytest.approx(np.sqrt(2), rel=1e-9)
    model, _, width = damaged_bar(comm, 4)
    control = ssb.CrackControl(model, 0.5)
    model.largest_sweeps = 1
    with pytest.raises(ssb.ConvergenceError, match="1 sweeps at a given work"):
        control.step(0.001 * TOUGHNESS * width)
    assert (control.factor, control.work, float(model.state.time.value)) == (0.5, 0.0, 0.5)
    assert not model.state["damage"].x.array.any()


def test_a_branch_is_followed_to_its_end_and_no_further(comm):
    model, whole = bar(comm), TOUGHNESS * WIDTH
    control = ssb.CrackControl(model, 1.0)
    works = [control.work for _ in control.follow(0.5 * whole, largest=0.02 * whole)]
    assert works[-1] == control.work == 0.5 * whole
    assert np.diff(works).max() < 0.02 * whole * (1 + 1e-9)
    with pytest.raises(ssb.ConvergenceError):
        list(control.follow(2 * whole))
    assert 0.9999 * whole < control.work <= whole
    with pytest.raises(ssb.InputError, match="largest step"):
        control.follow(2 * whole, largest=0.0)


def test_refused(comm, monkeypatch):
    sound = ssb.Model(halves(comm, solid(YOUNG, POISSON)), [ssb.Elasticity(degree=1)])
    sound.apply(ssb.Fixed("displacement", "bottom", 0.0))
    with pytest.raises(ssb.InputError, match="needs cohesive interfaces"):
        ssb.CrackControl(sound, 1.0)
    cohesive = {"lower|upper": ssb.Cohesive(STRENGTH, TOUGHNESS)}
    warm = ssb.Model(halves(comm, "LLZO"), [ssb.Elasticity(degree=1, cohesive=cohesive), ssb.Heat()])
    warm.apply(ssb.Fixed("displacement", "bottom", 0.0), ssb.Ambient(300.0, coefficient=1.0))
    with pytest.raises(ssb.InputError, match="also solves"):
        ssb.CrackControl(warm, 1.0)
    large = bar(comm)
    large.build()
    monkeypatch.setattr(presets, "is_direct", lambda dim, size, linear=False: False)
    with pytest.raises(ssb.InputError, match="factorises all unknowns, in 3D at most 40000, not "):
        ssb.CrackControl(large, 1.0)
