"""A crack is stopped and turned aside where layers of an electrolyte are joined weakly.

Three layers of 1.5 µm with two of 0.3 µm between them that are less tough, all of one stiffness (LATP): nothing but the
toughness turns the crack. The sheet, 8 µm wide, is pulled open from below like a wedge (steady growth), from a notch in
the middle. Published (Hu et al., Li₆PS₅Cl | Li₃ScCl₆ | Li₆PS₅Cl): a crack deflects at the interfaces in place of going
straight through, which makes its way longer. No number is published that applies here, so this is a trend: at the load
that drives the crack through 85 % of the uniform sheet it stands in the first weak layer, and what is broken is longer.
A layer counts as an interface of its toughness only where it is thin against ℓ; here it is two ℓ thick.

All has one ℓ, so that E'G/σ² is the same everywhere: without flaws in the layers the crack turns at lower G_i/G_c than
He and Hutchinson's energies say (`test_deflection_choice`), and at 0.2 it goes through. That is tested as well.
"""

import numpy as np
import pytest
from cracks import brittle

import fem_ssb as ssb
from fem_ssb.analysis import crack_path
from fem_ssb.units import um

WIDTH, LAYER, JOINT, ELL, NOTCH, TOUGHNESS = 8 * um, 1.5 * um, 0.3 * um, 0.15 * um, 0.7 * um, 10.0
HEIGHT, MIDDLE = 3 * LAYER + 2 * JOINT, 4 * um
LOADS = np.array([0.02, 0.025, 0.035, 0.045, 0.06]) * um
LATP = ssb.Material("LATP")["stiffness"]
SOURCE = "Hu et al.: cracks deflect at interfaces"
pytestmark = pytest.mark.system("B7")


def broken(comm, ratio, size):
    """(height, width) that the crack has come to under the last load, over the sheet's."""
    stack = ssb.Stack(width=WIDTH)
    layer, joint = (brittle(LATP.young, LATP.poisson, r * TOUGHNESS) for r in (1.0, ratio))
    stack.layer("first", layer, thickness=LAYER)
    stack.layer("lower joint", joint, thickness=JOINT)
    stack.layer("second", layer, thickness=LAYER)
    stack.layer("upper joint", joint, thickness=JOINT)
    stack.layer("third", layer, thickness=LAYER)
    fracture = ssb.Fracture(ELL, "AT1", mesh_corrected=True, initial=ssb.Slit([(MIDDLE, 0.0), (MIDDLE, NOTCH)]))
    physics = [ssb.Elasticity(degree=1, split="none"), fracture]
    model = ssb.Model(stack.mesh(comm, size=size), physics, damage_tolerance=1e-2, largest_sweeps=500)
    for side, sign in (("left", -1), ("right", 1)):
        model.apply(
            ssb.Moved(side, lambda x, t, sign=sign: np.array([sign * t * (1 - x[1] / (1.1 * HEIGHT)), 0 * x[0]]))
        )
    state = model.state
    for load in LOADS:
        state.time.value = load
        model.solve()
        state.accept()
    up, left, right = (
        crack_path(state, (MIDDLE, 0.0), ELL, toward=way).points[-1] for way in ((0, 1), (-1, 0), (1, 0))
    )
    return up[1] / HEIGHT, (right[0] - left[0]) / WIDTH


def check(verify, comm, size):
    plain, weak = (broken(comm, ratio, size) for ratio in (1.0, 0.1))
    first = (LAYER + JOINT) / HEIGHT
    label = f"h = ℓ/{ELL / size:.0f}"
    verify.below(-plain[0], -0.85, what=f"{label}, uniform: −height of the crack over the sheet's", source="control")
    verify.below(
        plain[1], 2 * ELL / WIDTH, what=f"{label}, uniform: width of the crack over the sheet's", source="control"
    )
    verify.below(
        weak[0], first, what=f"{label}, joints 0.1 as tough: height of the crack over the sheet's", source=SOURCE
    )
    verify.below(-weak[1], -0.5, what=f"{label}, joints 0.1 as tough: −width broken over the sheet's", source=SOURCE)
    ways = [plain[0] * HEIGHT / um, (weak[0] * HEIGHT + weak[1] * WIDTH) / um]
    verify.trend(ways, "rising", what=f"{label}: broken way up and across [µm], uniform and layers", source=SOURCE)


@pytest.mark.slow
def test_layers_turn_a_crack_aside(verify, comm):
    check(verify, comm, ELL / 2)


@pytest.mark.slow
def test_layers_on_a_finer_mesh(verify, comm):
    check(verify, comm, ELL / 3)


@pytest.mark.slow
def test_tough_joints_are_crossed(verify, comm):
    up, across = broken(comm, 0.2, ELL / 2)
    source = "equal E'G/σ² (`test_deflection_choice`)"
    verify.below(-up, -0.85, what="joints 0.2 as tough: −height of the crack over the sheet's", source=source)
    verify.below(across, 2 * ELL / WIDTH, what="joints 0.2 as tough: width broken over the sheet's", source=source)
