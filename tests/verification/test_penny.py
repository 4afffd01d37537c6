"""A penny-shaped crack of radius a under the pressure p in an infinite body: volume 16(1 − ν²)pa³/(3E), opening.

I. N. Sneddon, Proc. R. Soc. A 187 (1946) 229: opening w = 8(1 − ν²)p/(πE) √(a² − r²). With p = 1e-3, a = 1, E = 1,
ν = 0.2: volume 5.12e-3. Half of it is meshed, its centre in the face x = 0 of symmetry, in a box of 6a around it.
"""

import numpy as np
import pytest
import ufl
from cells import total
from cracks import brittle

import fem_ssb as ssb
from fem_ssb.analysis import CrackFront, CrackTip
from fem_ssb.mesh import crack_fronts

P, E, NU, WIDTH = 1e-3, 1.0, 0.2, 6.0
RING = 0.5, 0.9
SOURCE = "Sneddon (1946)"


def pressurised(comm, size, grains=None, angles=(0.0, 0.0, 0.0)):
    """State of half a penny, its volume, area of its faces, volume of the ring 0.5a < r < 0.9a next to its front."""
    stack = ssb.Stack(width=WIDTH, depth=2 * WIDTH, dim=3)
    stack.layer("body", brittle(E, NU, 1.0), thickness=2 * WIDTH, grains=grains)
    centre = (0.0, WIDTH, WIDTH)
    stack.crack("crack", ssb.Penny(centre, 1.0, angles), tip_size=size)
    mesh = stack.mesh(comm, size=2.0)
    model = ssb.Model(mesh, [ssb.Elasticity(degree=2)])
    model.apply(ssb.Fixed("displacement", "left", 0.0, component=0))
    model.apply(ssb.Fixed("displacement", "front", 0.0, component=1))
    model.apply(ssb.Fixed("displacement", "bottom", 0.0, component=2))
    model.apply(ssb.Flux("displacement", "crack", -P))
    state = model.solve()
    u, n = state["displacement"], ufl.FacetNormal(state.domain)
    r = ufl.sqrt(sum((x - c) ** 2 for x, c in zip(ufl.SpatialCoordinate(state.domain), centre, strict=True)))
    ring = ufl.conditional(ufl.And(ufl.gt(r, RING[0]), ufl.lt(r, RING[1])), 1.0, 0.0)
    ds = state.ds("crack")
    opened, near_front = (-2 * total(comm, part * ufl.dot(u, n) * ds) for part in (1.0, ring))
    return state, opened, mesh.area("crack"), near_front


@pytest.mark.system("B5")
def test_volume_of_a_penny(verify, comm):
    found = [pressurised(comm, size)[:3] for size in (0.1, 0.06)]
    exact = 16 * (1 - NU**2) * P / (3 * E)
    for _, _, area in found:
        verify(area, np.pi, rtol=1e-12, what="area of both faces of half a penny", source="closed form")
    verify(found[-1][1], exact, rtol=0.02, what="pressurised penny, sharp: volume", source=SOURCE)
    errors = [abs(v - exact) for _, v, _ in found]
    verify.trend(errors, "falling", what="error of the penny's volume, front 0.1a, 0.06a", source="h → 0")
    state = found[-1][0]
    (front,) = crack_fronts(state.mesh, "crack")
    along = CrackFront(state, "body", front, 0.2, 0.5, places=12, faces={"crack": P})
    k, exact = along.k(), 2 * P / np.sqrt(np.pi)
    verify(k[:, 0].mean(), exact, rtol=0.01, what="pressurised penny: mean of K_I along its front", source=SOURCE)
    worst = np.abs(k - [exact, 0, 0]).max() / exact
    verify.below(worst, 0.02, what="pressurised penny: error of K at any place, K_II and K_III too", source=SOURCE)
    released = (1 - NU**2) / E * exact**2
    verify(along.j().mean(), released, rtol=0.03, what="pressurised penny: mean of J along its front", source="K_I²/E'")


@pytest.mark.system("B5")
@pytest.mark.slow
def test_penny_across_grains(verify, comm):
    """Grains of equal material do not change it; K = 2p√(a/π) scales the opening √(a² − r²) up to the front.

    Over the ring ∫ √(1 − r²) dA = 2π/3 [(1 − r²)^(3/2)], so its volume over the exact one is K over the exact one.
    """
    _, opened, area, near_front = pressurised(comm, 0.06, ssb.Voronoi(60, seed=3), angles=(20.0, 0.0, 0.0))
    exact = 16 * (1 - NU**2) * P / (3 * E)
    verify(area, np.pi, rtol=1e-12, what="area of both faces of half a penny across grains", source="closed form")
    verify(opened, exact, rtol=0.03, what="pressurised penny across grains: volume", source=SOURCE)
    share = near_front / (exact * ((1 - RING[0] ** 2) ** 1.5 - (1 - RING[1] ** 2) ** 1.5))
    exact = 2 * P / np.sqrt(np.pi)
    verify(
        share * exact, exact, rtol=0.03, what="penny across grains: K_I from the opening near its front", source=SOURCE
    )


@pytest.mark.system("B5")
@pytest.mark.parallel
def test_energy_release_of_a_penny(verify, comm):
    """As a body of revolution: K = 2p√(a/π), J = (1 − ν²)K²/E."""
    width, exact = 10.0, (1 - NU**2) / E * (2 * P * np.sqrt(1 / np.pi)) ** 2
    found = []
    for size in (0.1, 0.05):
        stack = ssb.Stack(width=width)
        stack.layer("body", brittle(E, NU, 1.0), thickness=2 * width)
        stack.crack("crack", ssb.Slit([(0.0, width), (1.0, width)]), tip_size=size)
        model = ssb.Model(stack.mesh(comm, size=2.0), [ssb.Elasticity(degree=2, plane="axisymmetric")])
        model.apply(ssb.Fixed("displacement", "bottom", component=1), ssb.Flux("displacement", "crack", -P))
        state = model.solve()
        near, tip = (CrackTip(state, "body", (1, 0), *radii, faces={"crack": P}) for radii in ((0.15, 0.4), (0.3, 0.7)))
        found.append(tip.j((1.0, width)) / exact)
    coarse, fine = found
    verify(fine, 1.0, rtol=0.01, what="J of a penny, axisymmetric, over its closed form", source=SOURCE)
    verify(2 * fine - coarse, 1.0, rtol=0.005, what="the same, extrapolated in the size at the tip", source=SOURCE)
    verify(near.j((1.0, width)) / exact, fine, rtol=1e-4, what="the same, from a smaller domain", source="J = J")
    for k, what in ((near.k((1.0, width)), "smaller domain"), (tip.k((1.0, width)), "larger one")):
        one, two = np.array(k) / (2 * P * np.sqrt(1 / np.pi))
        verify(one, 1.0, rtol=0.005, what=f"K_I of a penny, axisymmetric, {what}, over its closed form", source=SOURCE)
        verify(two, 0.0, atol=0.002, what=f"K_II of the same, {what}, over K_I", source="symmetry")


@pytest.mark.system("B5")
def test_energy_release_of_a_cone(verify, comm):
    """A crack along a cone, pulled along its axis: (K_I² + K_II²)/E' = J at its rim."""
    ratios = []
    for size in (0.1, 0.05, 0.025):
        stack = ssb.Stack(width=8.0)
        stack.layer("body", brittle(E, NU, 1.0), thickness=16.0)
        stack.crack("crack", ssb.Slit([(0.5, 7.5), (1.0, 8.0)]), tip_size=size)
        model = ssb.Model(stack.mesh(comm, size=2.0), [ssb.Elasticity(degree=2, plane="axisymmetric")])
        model.apply(ssb.Fixed("displacement", "bottom", component=1), ssb.Flux("displacement", "top", P, component=1))
        state = model.solve()
        near, tip = (CrackTip(state, "body", (1, 1), *radii) for radii in ((0.1, 0.3), (0.2, 0.5)))
        found, other = (np.array(t.k((1.0, 8.0))) for t in (tip, near))
        ratios.append((1 - NU**2) / E * (found**2).sum() / tip.j((1.0, 8.0)))
    what = "crack along a cone"
    verify(ratios[-1], 1.0, rtol=0.01, what=f"{what}: (K_I² + K_II²)/E'J, tip a/40", source="Irwin (1957)")
    extrapolated = 2 * ratios[-1] - ratios[-2]
    verify(extrapolated, 1.0, rtol=0.004, what=f"{what}: the same, extrapolated", source="Irwin (1957)")
    for one, two, mode in zip(found, other, ("K_I", "K_II"), strict=True):
        verify(two, one, rtol=1e-3, what=f"{what}: {mode} from a smaller domain", source="K = K")
