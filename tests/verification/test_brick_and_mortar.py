"""A crack takes a longer way through bricks in weak mortar than through the plain ceramic.

A wall of bricks 3.6 × 0.95 µm in joints of 0.3 µm, 8 × 5 µm, pulled open from below like a wedge (steady growth); the
notch points at the middle of a brick. All has the same stiffness (LATP), only the mortar's toughness is lower, so that
nothing but the toughness turns the crack. The published simulation (Yuan et al., brick-and-mortar electrolytes) diverts
filaments; it states no number that applies here, so this is a trend: tortuosity = shortest way through broken nodes
from the mouth of the notch to the highest, when 85 % of the height is broken, over the height between both. The joints
are two ℓ thick and no energy of a thin interface is claimed. Mortar as tough as the bricks is the control: the plain
ceramic. Mortar much weaker than this breaks along the rows from the sides of the wall, before the notch grows: that is
the loading, no toughening, and is not tested.

Under the pressure of lithium that fills it to its tip the crack crosses a wall of three rows, 6 × 3.75 µm, of bricks
1.7 × 0.95 µm, each row shifted by 0.3 of a pitch against the one below, so that no two head joints are equally far. The
sides of the wall are planes of symmetry (a filament every 6 µm in a wide separator), its foot and top slide on anode
and cathode. With free sides, and head joints in the middle between each other, a crack in a wall 8 µm wide left it
along the second bed joint: a side was as near as the next head joint, and what lies below a bed joint that leads to a
free side is held by nothing. A full crack runs at its pressure, so its energy is prescribed, in steps of ℓG_c. Mortar
as tough as the bricks is the plain ceramic on the same mesh. In weak mortar the way lies in joints once it has left the
first brick, as He and Hutchinson have it: a boundary at right angles deflects a crack up to 0.26 of the toughness
ahead. Its energy is that of its way: a joint of half-width ℓ between solids 1/g times as tough costs, with d from 1 to
0 across it and d'' = 1/2ℓ² in either,

    G/G_c = ¾ [g ∫ (d + ℓ²d'²) dx/ℓ + y³/6],   d = 1 − cx/ℓ + x²/4ℓ²,   y = √(1/g² + 3) − 1/g,   c = (y/g + 1)/2,

0.220 for g = 0.2. The longer way is no tougher one.
"""

import numpy as np
import pytest
from cracks import brittle

import fem_ssb as ssb
from fem_ssb.analysis import crack_path
from fem_ssb.units import MPa, um

WIDTH, HEIGHT, ELL, MIDDLE, TOUGHNESS = 8 * um, 5 * um, 0.15 * um, 3 * um, 10.0
FOOT, NOTCH = 3.3 * um, 0.7 * um  # of the crack full of lithium
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


def joint(g):
    """Toughness of a joint of half-width ℓ, g times as tough as what it joins, over that of the latter."""
    y = np.sqrt(1 / g**2 + 3) - 1 / g
    d = np.polynomial.Polynomial([1.0, -(y / g + 1) / 2, 0.25])
    inner = (d + d.deriv() ** 2).integ()
    return 0.75 * (g * (inner(1.0) - inner(0.0)) + y**3 / 6)


def filament(comm, ratio, size):
    """(way (n, 2) [m] to 95 % of the height, energy [J/m]) of a crack full of lithium when it is there."""
    width, height = 6 * um, 3.75 * um
    bricks, mortar = (
        ssb.Phase(name, brittle(LATP.young, LATP.poisson, g))
        for name, g in (("bricks", TOUGHNESS), ("mortar", ratio * TOUGHNESS))
    )
    stack = ssb.Stack(width=width)
    stack.layer("wall", ssb.Bricks(bricks, mortar, 1.7 * um, 0.95 * um, joint=0.3 * um, overlap=0.3), thickness=height)
    fracture = ssb.Fracture(ELL, "AT1", mesh_corrected=True, initial=ssb.Slit([(FOOT, 0.0), (FOOT, NOTCH)]))
    elasticity = ssb.Elasticity(degree=1, residual_stiffness=1e-6)
    physics = [elasticity, fracture, ssb.CrackPressure(lambda x, t: t)]
    model = ssb.Model(stack.mesh(comm, size=size), physics, damage_tolerance=1e-2, largest_sweeps=150)
    for side, axis in (("left", 0), ("right", 0), ("bottom", 1), ("top", 1)):
        model.apply(ssb.Fixed("displacement", side, 0.0, component=axis))
    control = ssb.CrackControl(model, 1 * MPa)
    first = control.work
    for _ in control.follow(first + 2 * TOUGHNESS * height, largest=TOUGHNESS * ELL):
        points = crack_path(model.state, (FOOT, 0.0), ELL, toward=(0, 1)).points
        through = points[:, 1] > 0.95 * height
        if through.any():
            return points[: np.argmax(through) + 1], control.work - first
    raise AssertionError("the crack does not come through")


def tortuosity(way):
    """Length of a way over its height."""
    return float(np.hypot(*np.diff(way, axis=0).T).sum() / np.ptp(way[:, 1]))


def test_way_through_the_wall(verify, comm):
    plain, even, weak = (path(comm, ratio) for ratio in (None, 1.0, 0.2))
    source = "Yuan et al.: bricks divert"
    verify(even, plain, rtol=0.03, what="tortuosity, mortar as tough as the bricks, against plain", source="control")
    verify.trend(
        [plain, plain + 0.05, weak], "rising", what="tortuosity, plain, + 5 %, mortar 0.2 as tough", source=source
    )


def test_lithium_in_the_plain_wall(verify, comm):
    way, energy = filament(comm, 1.0, ELL / 2)
    height, what = np.ptp(way[:, 1]) - NOTCH, "full crack, mortar as tough as the bricks"
    verify(energy / height, TOUGHNESS, rtol=0.15, what=f"{what}: energy per height [J/m²]", source="G_c")
    verify(tortuosity(way), 1.0, rtol=0.08, what=f"{what}: tortuosity", source="straight on")


@pytest.mark.parametrize("cells", [2, 2.5])
def test_lithium_crosses_the_wall(verify, comm, cells):
    """By joints, at the energy of them."""
    way, energy = filament(comm, 0.2, ELL / cells)
    what = f"full crack, mortar 0.2 as tough, h = ℓ/{cells:g}"
    pitch, level, at = 2 * um, 1.25 * um, [FOOT]
    for row in (1, 2):
        x = way[np.abs(way[:, 1] - (row + 0.5) * level) < 0.3 * um, 0]
        first = row * 0.3 * pitch
        at.append(first + pitch * round((x.mean() - first) / pitch))
        off = np.abs(x - at[-1]).max() / um
        verify.below(off, 0.225, what=f"{what}: off a head joint of row {row + 1} [µm]", source="half a joint + ℓ/2")
    joints = way[-1, 1] - 1.1 * um + np.abs(np.diff(at)).sum()
    expected = TOUGHNESS * ((1.1 * um - NOTCH) + joint(0.2) * joints)
    verify(energy, expected, rtol=0.3, what=f"{what}: energy [J/m]", source="brick and joints")
    verify.below(-tortuosity(way), -1.13, what=f"{what}: −tortuosity", source="longer by 5 % than straight on, + 8 %")
