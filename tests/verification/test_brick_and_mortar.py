"""A crack takes a longer way through bricks in weak mortar than through the plain ceramic.

A wall of bricks 3.6 × 0.95 µm in joints of 0.3 µm, 8 × 5 µm, pulled open from below like a wedge (steady growth); the
notch points at the middle of a brick. All has the same stiffness (LATP), only the mortar's toughness is lower, so that
nothing but the toughness turns the crack. The published simulation (Yuan et al., brick-and-mortar electrolytes) diverts
filaments; it states no number that applies here, so this is a trend: tortuosity = shortest way through broken nodes
from the mouth of the notch to the highest, when 85 % of the height is broken, over the height between both. The joints
are two ℓ thick and no energy of a thin interface is claimed. Mortar as tough as the bricks is the control: the plain
ceramic. Mortar much weaker than this breaks along the rows from the sides of the wall, before the notch grows: that is
the loading, no toughening, and is not tested.

Under the pressure of lithium that fills the crack to its tip the same wall stands between an anode that holds its foot
(u_y = 0) and a cathode to which its top is bonded; its sides are free. A full crack runs at its pressure, so the energy
of the crack is prescribed, and the way is taken where it first passes half of the height: farther up the free sides
are nearer than the top, and a full crack that has turned into a bed joint may go on along it to the side. The way is
longer but not dearer: it costs half of the energy and bears half of the pressure of the plain wall.
"""

import numpy as np
import pytest
from cracks import brittle

import fem_ssb as ssb
from fem_ssb.analysis import crack_path
from fem_ssb.units import MPa, um

WIDTH, HEIGHT, ELL, MIDDLE, TOUGHNESS = 8 * um, 5 * um, 0.15 * um, 3 * um, 10.0
LATP = ssb.Material("LATP")["stiffness"]
pytestmark = [pytest.mark.system("B7"), pytest.mark.slow]


def wall(ratio):
    """Bricks with a mortar of `ratio` times their toughness, or the plain ceramic (None)."""
    stack = ssb.Stack(width=WIDTH)
    if ratio is None:
        stack.layer("wall", brittle(LATP.young, LATP.poisson, TOUGHNESS), thickness=HEIGHT)
        return stack
    bricks, mortar = (
        ssb.Phase(name, brittle(LATP.young, LATP.poisson, g))
        for name, g in (("bricks", TOUGHNESS), ("mortar", ratio * TOUGHNESS))
    )
    stack.layer("wall", ssb.Bricks(bricks, mortar, 3.6 * um, 0.95 * um, joint=0.3 * um), thickness=HEIGHT)
    return stack


def path(comm, ratio):
    """Tortuosity of the crack when it first passes 85 % of the height; nan where it never does."""
    fracture = ssb.Fracture(ELL, "AT1", mesh_corrected=True, initial=ssb.Slit([(MIDDLE, 0.0), (MIDDLE, 0.7 * um)]))
    physics = [ssb.Elasticity(degree=1, split="none"), fracture]
    model = ssb.Model(wall(ratio).mesh(comm, size=ELL / 2), physics, damage_tolerance=1e-2, largest_sweeps=500)
    for side, sign in (("left", -1), ("right", 1)):
        model.apply(
            ssb.Moved(side, lambda x, t, sign=sign: np.array([sign * t * (1 - x[1] / (1.1 * HEIGHT)), 0 * x[0]]))
        )
    state = model.state
    for load in np.linspace(0.01, 0.1, 19) * um:
        state.time.value = load
        model.solve()
        state.accept()
        way = crack_path(state, (MIDDLE, 0.0), ELL, toward=(0, 1))
        if way.points[-1, 1] > 0.85 * HEIGHT:
            return way.length / np.ptp(way.points[:, 1])
    return np.nan


def filament(comm, ratio, size):
    """(tortuosity, energy per height [J/m²]) of a crack full of lithium when it first passes half of the height."""
    notch = 0.7 * um
    fracture = ssb.Fracture(ELL, "AT1", mesh_corrected=True, initial=ssb.Slit([(MIDDLE, 0.0), (MIDDLE, notch)]))
    elasticity = ssb.Elasticity(degree=1, residual_stiffness=1e-6)
    physics = [elasticity, fracture, ssb.CrackPressure(lambda x, t: t)]
    model = ssb.Model(wall(ratio).mesh(comm, size=size), physics, damage_tolerance=1e-2, largest_sweeps=150)
    model.apply(ssb.Fixed("displacement", "bottom", 0.0, component=1), ssb.Fixed("displacement", "top", 0.0))
    control = ssb.CrackControl(model, 1 * MPa)
    first = control.work
    for _ in control.follow(first + 2 * TOUGHNESS * HEIGHT, largest=TOUGHNESS * ELL):
        way = crack_path(model.state, (MIDDLE, 0.0), ELL, toward=(0, 1))
        if way.points[-1, 1] > HEIGHT / 2:
            height = np.ptp(way.points[:, 1])
            return way.length / height, (control.work - first) / (height - notch)
    return np.nan, np.nan


def test_way_through_the_wall(verify, comm):
    plain, even, weak = (path(comm, ratio) for ratio in (None, 1.0, 0.2))
    source = "Yuan et al.: bricks divert"
    verify(even, plain, rtol=0.03, what="tortuosity, mortar as tough as the bricks, against plain", source="control")
    verify.trend(
        [plain, plain + 0.05, weak], "rising", what="tortuosity, plain, + 5 %, mortar 0.2 as tough", source=source
    )


def test_lithium_is_diverted(verify, comm):
    (plain, cost), (even, _), (weak, _) = (filament(comm, ratio, ELL / 2) for ratio in (None, 1.0, 0.2))
    what = "full crack: tortuosity, mortar as tough as the bricks, against plain"
    verify(even, plain, rtol=0.03, what=what, source="control")
    verify(cost, TOUGHNESS, rtol=0.15, what="full crack, plain: energy per height [J/m²]", source="G_c")
    what = "full crack: tortuosity, plain, + 5 %, mortar 0.2 as tough"
    verify.trend([plain, plain + 0.05, weak], "rising", what=what, source="Yuan et al.: bricks divert")


def test_lithium_is_diverted_on_a_finer_mesh(verify, comm):
    plain, weak = (filament(comm, ratio, ELL / 2.5)[0] for ratio in (None, 0.2))
    what = "h = ℓ/2.5, full crack: tortuosity, plain, + 5 %, mortar 0.2 as tough"
    verify.trend([plain, plain + 0.05, weak], "rising", what=what, source="Yuan et al.: bricks divert")
