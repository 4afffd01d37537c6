"""Stress intensities along fronts in 3D, by the interaction integral.

A penny of radius a in the plane z = 0, under tension σ and shear τ in x (Kassir & Sih, J. Appl. Mech. 33 (1966) 601):

    K_I = 2σ √(a/π),   K_II = 4τ/(2 − ν) √(a/π) cos φ,   K_III = −4(1 − ν)τ/(2 − ν) √(a/π) sin φ

with φ from x; t = e × n, n upward, goes against φ. A body that would grow by s x/a in all directions and is
held so that it strains in x alone, u_x = (1 + ν)/(1 − ν) s x²/2a, has σ_xx = 0, σ_zz = p₁ x/a with p₁ = −E s/(1 − ν).
On the faces of a penny that makes

    K_I = 1/(π√(πa)) ∫ p₁ (r/a) cos φ' √(a² − r²)/(a² + r² − 2ar cos(φ − φ')) dA = 4/3 p₁ √(a/π) cos φ,

for the integral over φ' is 2π (r/a) cos φ/(a² − r²).

The boundary of a cube of 12a moves as that of the body without the crack. What the crack would add to the mean strain,
16/3 (1 − ν²) (a/12a)³ σ/E, is then missing: K_I is 0.3 % low. Of cos φ the mean over a tent of m places is sinc²(π/m).
"""

import numpy as np
import pytest
from cracks import brittle

import fem_ssb as ssb
from fem_ssb.analysis import CrackFront, CrackTip
from fem_ssb.materials import CubicStiffness
from fem_ssb.mesh import Front, crack_fronts

E, NU, WIDTH, PLACES = 1.0, 0.2, 12.0, 24
TENSION, SHEAR, SWELL = 1e-3, 0.6e-3, 0.4e-3
MODES = "K_I", "K_II", "K_III"
UNIT = 2 * TENSION / np.sqrt(np.pi)
SOURCE = "Kassir, Sih (1966)"
pytestmark = pytest.mark.system("B5")


def penny(comm, size, tilt=0.0, swell=0.0):
    """State of a cube with a penny, turned about y by `tilt` degrees."""
    stack = ssb.Stack(width=WIDTH, depth=WIDTH, dim=3)
    stack.layer("body", brittle(E, NU, 1.0), thickness=WIDTH)
    stack.crack("crack", ssb.Penny((WIDTH / 2,) * 3, 1.0, (0, tilt, 0)), tip_size=size)
    model = ssb.Model(
        stack.mesh(comm, size=3.0),
        [ssb.Elasticity(degree=2), ssb.Eigenstrain({"body": lambda x, t: swell * (x[0] - WIDTH / 2)})],
    )
    c, s = np.cos(np.radians(tilt)), np.sin(np.radians(tilt))
    turn = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    stress = turn @ np.array([[0, 0, SHEAR], [0, 0, 0], [SHEAR, 0, TENSION]]) @ turn.T
    strain = (1 + NU) / E * stress - NU / E * np.trace(stress) * np.eye(3)

    def sound(x, t):
        away = x[:3] - WIDTH / 2
        u = strain @ away
        u[0] += (1 + NU) / (1 - NU) * swell / 2 * away[0] ** 2
        return u

    model.apply(*(ssb.Moved(side, sound) for side in ("left", "right", "front", "back", "bottom", "top")))
    return model.solve(), turn


def exact(along, turn, swell=0.0):
    """K_I, K_II, K_III of the places, the means over their tents."""
    mean = np.sinc(1 / PLACES) ** 2
    cos, sin = mean * along.axes[:, 0] @ turn[:, 0], -mean * along.axes[:, 2] @ turn[:, 0]
    opening = TENSION - 2 / 3 * E * swell / (1 - NU) * cos
    sheared = 2 * SHEAR / (2 - NU)
    return 2 * np.stack([opening, sheared * cos, -(1 - NU) * sheared * sin], axis=1) / np.sqrt(np.pi)


def share(found, expected):
    """Of each column of the expected one that is found, by least squares."""
    return (found * expected).sum(axis=0) / (expected**2).sum(axis=0)


@pytest.mark.parallel
def test_penny_in_tension_and_shear_that_swells(verify, comm):
    state, turn = penny(comm, 0.16, swell=SWELL)
    (front,) = crack_fronts(state.mesh, "crack")
    along = CrackFront(state, "body", front, 0.3, 0.7, places=PLACES)
    found, expected = along.k(), exact(along, turn, SWELL)
    for name, part in zip(MODES, share(found, expected), strict=True):
        verify(part, 1.0, rtol=0.02, what=f"penny, tension, shear and swelling: {name}, h = a/6", source=SOURCE)
    worst = np.abs(found - expected).max() / UNIT
    verify.below(worst, 0.05, what="the same at any place, error over K_I of tension", source=SOURCE)


def test_fronts_that_are_refused(comm):
    stack = ssb.Stack(width=4.0, depth=4.0, dim=3)
    stack.layer("body", brittle(E, NU, 1.0), thickness=2.0)
    cubic = CubicStiffness(2.0, 1.0, 1.0)
    lid = ssb.Material.custom("lid", kind="electrolyte", stiffness=cubic, thermal_expansion=0.0)
    stack.layer("lid", lid, thickness=2.0)
    stack.crack("crack", ssb.Penny((2.0, 2.0, 1.2), 1.0), tip_size=0.5)
    model = ssb.Model(stack.mesh(comm, size=1.0), [ssb.Elasticity(degree=1)])
    model.apply(*(ssb.Fixed("displacement", "body", 0.0, component=i) for i in range(3)))
    state = model.state
    (front,) = crack_fronts(state.mesh, "crack")
    for region, outer, message in (
        ("body", 1.1, "must be below it"),
        ("body", 0.85, "there is more than region"),
        ("lid", 0.5, "anisotropic"),
    ):
        with pytest.raises(ssb.InputError, match=message):
            CrackFront(state, region, front, 0.3, outer)
    with pytest.raises(ssb.InputError, match="no front"):
        crack_fronts(state.mesh, "lid")
    with pytest.raises(ssb.InputError, match="leaves its plane"):
        CrackFront(state, "body", Front(front.points + [0, 0, 1] * front.points[:, :1], front.ahead), 0.3, 0.7)
    with pytest.raises(ssb.InputError, match="must not be along it"):
        CrackFront(state, "body", Front(np.eye(3)[:2], np.array([1.0, -1.0, 0.0])), 0.3, 0.7)


@pytest.mark.slow
def test_tilted_penny_ever_finer(verify, comm):
    worst, low = [], []
    for size in (0.16, 0.1, 0.06):
        state, turn = penny(comm, size, tilt=30.0)
        (front,) = crack_fronts(state.mesh, "crack")
        near, wide = (CrackFront(state, "body", front, *radii, places=PLACES) for radii in ((0.2, 0.5), (0.3, 0.8)))
        found, expected = near.k(), exact(near, turn)
        worst.append(np.abs(found - expected).max() / UNIT)
        released = (1 - NU**2) / E * (expected[:, 0] ** 2 + expected[:, 1] ** 2) + (1 + NU) / E * expected[:, 2] ** 2
        low.append(1 - near.j().mean() / released.mean())
    verify.trend(worst[::2], "falling", what="tilted penny, worst place, front a/6, a/17", source="h → 0")
    verify.below(worst[-1], 0.02, what="tilted penny, h = a/17: error at any place over K_I", source=SOURCE)
    for name, part in zip(MODES, share(found, expected), strict=True):
        verify(part, 1.0, rtol=0.01, what=f"tilted penny, h = a/17: {name}", source=SOURCE)
    for name, part in zip(MODES, share(wide.k(), found), strict=True):
        verify(part, 1.0, rtol=0.01, what=f"tilted penny: {name} from a larger domain", source="K = K")
    verify.trend(low, "falling", what="tilted penny: what J lacks, front a/6, a/10, a/17", source="h → 0")
    verify(
        1 - low[-1], 1.0, rtol=0.03, what="tilted penny, h = a/17: mean of J", source="(K_I² + K_II²)/E' + K_III²/2μ"
    )


def plate(comm, dim, size, coarse):
    """State of a plate of 6a × 6a with a crack of length a from its left side, pulled and sheared; in 3D a deep.

    A crack that meets several faces of the stack goes across grains, which here are of one material.
    """
    stack = ssb.Stack(width=6.0, dim=dim, **({"depth": 1.0} if dim == 3 else {}))
    stack.layer("body", brittle(E, 0.3, 1.0), thickness=6.0, grains=ssb.Voronoi(40, seed=1) if dim == 3 else None)
    ends = [(0.0, 3.0), (1.0, 3.0)]
    corners = [(x, y, z) for (x, z), y in zip([*ends, *ends[::-1]], (0.0, 0.0, 1.0, 1.0), strict=True)]
    stack.crack("crack", ssb.Slit(ends) if dim == 2 else ssb.Sheet(corners), tip_size=size)
    model = ssb.Model(stack.mesh(comm, size=coarse), [ssb.Elasticity(degree=2)])
    model.apply(*(ssb.Fixed("displacement", "bottom", 0.0, component=i) for i in range(dim)))
    if dim == 3:
        model.apply(*(ssb.Fixed("displacement", side, 0.0, component=1) for side in ("front", "back")))
    model.apply(ssb.Flux("displacement", "top", TENSION, component=dim - 1))
    model.apply(ssb.Flux("displacement", "top", SHEAR, component=0))
    return model.solve()


@pytest.mark.slow
def test_through_crack_is_that_of_plane_strain(verify, comm):
    one, two = CrackTip(plate(comm, 2, 0.01, 0.3), "body", (1, 0), 0.2, 0.5).k((1.0, 3.0))
    state = plate(comm, 3, 0.06, 0.6)
    (found,) = crack_fronts(state.mesh, "crack")
    for points in (None, [(1.0, 0.0, 3.0), (1.0, 1.0, 3.0)]):
        front = found if points is None else Front(np.array(points), np.array([1.0, 0.0, 0.0]))
        k = CrackFront(state, "body", front, 0.2, 0.5, places=3).k()
        what = "through crack" if points is None else "the same, front given"
        verify(k[:, 0].mean(), one, rtol=0.02, what=f"{what}: K_I", source="plane strain, tip a/100")
        verify(k[:, 1].mean(), two, rtol=0.02, what=f"{what}: K_II", source="plane strain, tip a/100")
        verify.below(np.abs(k[:, 2]).max() / one, 0.01, what=f"{what}: K_III/K_I", source="symmetry")
        verify.below(np.ptp(k[:, :2], axis=0).max() / one, 0.02, what=f"{what}: spread of K/K_I", source="plane strain")
