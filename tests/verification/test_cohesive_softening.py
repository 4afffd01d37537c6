r"""How much softer cohesive interfaces make a body, told before anything is solved.

Sheet of N equal layers over the height H, or of N × N equal bricks, pulled by a uniform stress: it is uniform inside,
each of the N − 1 interfaces in line opens by σ/K, so

    1/E_eff = 1/E + (N − 1)/(K H).

Layers of two solids with one interface: 1/E_eff = (1/E_1 + 1/E_2)/2 + 1/(K H). Grains of any shape: uniform stress is
one of those in equilibrium with the load, so by the theorem of complementary energy it makes the compliance too large,
to second order in what the stress misses.
"""

import numpy as np
import pytest
from cells import layered, one_region, total

import fem_ssb as ssb
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.physics.softening import added_compliance
from fem_ssb.units import GPa, MPa, mm

STRENGTH, TOUGHNESS, YOUNG, HEIGHT = 20 * MPa, 10.0, 150 * GPa, 1 * mm
STIFFNESS = 50 * STRENGTH**2 / TOUGHNESS
pytestmark = [pytest.mark.system("B6")]


def solid(young=YOUNG):
    return ssb.Material.custom(
        "solid", kind="electrolyte", stiffness=IsotropicStiffness(young, 0.25), thermal_expansion=0.0
    )


def pulled(comm, mesh, **kind):
    """State, and mean strain over stress [1/Pa], of a sheet pulled by a uniform stress."""
    model = ssb.Model(mesh, [ssb.Elasticity(degree=1, plane="stress", **kind)])
    model.apply(*(ssb.Fixed("displacement", b, component=a) for a, b in enumerate(("left", "bottom"))))
    model.apply(ssb.Flux("displacement", "top", 1e3, component=1)).solve()
    state = model.state
    moved = total(comm, state["displacement"][1] * state.ds("top"))
    return state, moved / (1e3 * mesh.volume())


@pytest.mark.parallel
@pytest.mark.parametrize("grains", [(1, 5), (5, 5)])
def test_layers_and_bricks(verify, comm, grains):
    mesh, name = one_region(comm, (HEIGHT, HEIGHT), (5, 10), solid(), grains=grains), "separator|separator"
    state, compliance = pulled(comm, mesh, cohesive={name: ssb.Cohesive(STRENGTH, TOUGHNESS, stiffness=STIFFNESS)})
    added, what = 4 * YOUNG / (STIFFNESS * HEIGHT), f"{grains[0]} × {grains[1]} grains"
    E, estimate = added_compliance(state, name, STIFFNESS)
    verify(estimate, added, rtol=1e-10, what=f"{what}: added compliance, estimate", source="(N − 1)E/KH")
    verify(compliance * YOUNG - 1, added, rtol=1e-8, what=f"{what}: the same by elements", source="(N − 1)E/KH")
    verify(E, YOUNG, rtol=1e-12, what=f"{what}: E that it is compared with [Pa]", source="E")


@pytest.mark.slow
def test_two_solids(verify, comm):
    layers = {"soft": (solid(0.1 * YOUNG), HEIGHT / 2, 2), "hard": (solid(), HEIGHT / 2, 2)}
    law = ssb.Cohesive(STRENGTH, TOUGHNESS, stiffness=STIFFNESS)
    model = ssb.Model(layered(comm, HEIGHT, layers), [ssb.Elasticity(degree=1, cohesive={"soft|hard": law})])
    model.apply(ssb.Fixed("displacement", "bottom", 0.0))
    E, estimate = added_compliance(model.state, "soft|hard", STIFFNESS)
    verify(E, 2 * YOUNG / 11, rtol=1e-10, what="layers of two solids: E [Pa]", source="in series")
    exact = 11 / (2 * YOUNG) + 1 / (STIFFNESS * HEIGHT)
    verify((1 + estimate) / E, exact, rtol=1e-10, what="layers of two solids: compliance, estimate", source="in series")


def test_grains(verify, comm):
    """Some twenty grains of the size at which d K is ten times E."""
    size = 10 * YOUNG / STIFFNESS
    stack = ssb.Stack(width=4 * size)
    stack.layer("separator", solid(), thickness=5 * size, grains=ssb.Voronoi(count=20, seed=2))
    mesh, name = stack.mesh(comm, size=0.4 * size), "separator|separator"
    state, compliance = pulled(comm, mesh, cohesive={name: ssb.Cohesive(STRENGTH, TOUGHNESS, stiffness=STIFFNESS)})
    estimate, found = added_compliance(state, name, STIFFNESS)[1], compliance * YOUNG - 1
    what = "Voronoi grains: added compliance"
    verify.below(found, estimate, what=what, source="complementary energy")
    verify.below(-found, -0.7 * estimate, what=f"minus {what}", source="0.7 of the estimate")
    verify(estimate, 0.8 * 0.1, rtol=0.2, what=f"{what}, estimate", source="4 × 5 bricks of that size")


@pytest.mark.parametrize("times", [1, 10])
def test_the_default_stiffness_warns(comm, times):
    """With the number and the stiffness that would do, unless grains are large or the stiffness is given."""
    height = times * HEIGHT
    added = 4 * YOUNG / (STIFFNESS * height)
    mesh = one_region(comm, (height, height), (1, 5), solid(), grains=(1, 5))

    def built(law):
        model = ssb.Model(mesh, [ssb.Elasticity(degree=1, cohesive={"separator|separator": law})])
        assert model.apply(ssb.Fixed("displacement", "bottom", 0.0)).state.solved("displacement")

    default, given = (ssb.Cohesive(STRENGTH, TOUGHNESS, stiffness=K) for K in (None, STIFFNESS))
    with np.testing.assert_no_warnings():
        built(given)
        if times == 10 or comm.rank > 0:
            built(default)
    if times == 1 and comm.rank == 0:
        with pytest.warns(UserWarning, match="of the cohesive interface 'separator\\|separator'") as found:
            built(default)
        text = str(found[0].message)
        assert f"up to {100 * added:.3g} %" in text and f"stiffness={100 * added * STIFFNESS:.1e})" in text
