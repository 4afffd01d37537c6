"""Crystals that cleave: what a crack costs by its direction, and where it turns to.

With A = I + (r² − 1)(I − n⊗n) a crack whose normal m makes the angle θ with the normal n of the plane costs
G_c √(m·A m) = G_c √(cos²θ + r² sin²θ): G_c on the plane, r G_c across it. (Along a line through a flat crack the
profile of d solves the same equation with ℓ √(m·A m) for ℓ, and its energy grows by the same factor.)

Across: a straight crack in the surfing test, its plane of cleavage at right angles. On cells of size h that costs
G_c (r + h/2ℓ) in AT2: a row of broken cells with the longer ℓ r.
Turned: a crack in pure mode I turns by the angle α at which G(α)/G_c(α) is largest, with the stress intensities of a
small kink k₁ = cos³(α/2) K, k₂ = cos²(α/2) sin(α/2) K (Nuismer, Int. J. Fract. 11 (1975) 245; exact to α² and 5 % in G
at 40°), E'G = k₁² + k₂². For planes at 20° and 40° and r = 2 that is 14.9° and 28.8°.
Cells of ℓ/5; with ℓ/4, ℓ/5, ℓ/6, ℓ/7 the model turns by 13.9°, 17.8°, 17.1°, 17.5° and 31.5°, 28.2°, 29.8°, 29.4°:
at 20° by 2.6° more than the estimate for an infinitesimal kink, where the crack is measured over 2ℓ.
"""

import numpy as np
import pytest
from cracks import MM, Loading, brittle, notched_plate
from test_surfing import ELL, NU, STIFF, TOUGHNESS, E, surf

import fem_ssb as ssb
from fem_ssb.analysis import williams

pytestmark = pytest.mark.system("B22")
TIP = (0.5 * MM, 0.5 * MM)


def turning(plane, ratio):
    """α [°] of largest G(α)/G_c(α) for a plane at an angle [rad]."""
    angle = np.radians(np.linspace(-89, 89, 3561))
    released = np.cos(angle / 2) ** 6 + np.cos(angle / 2) ** 4 * np.sin(angle / 2) ** 2
    between = angle - plane
    cost = np.sqrt(np.cos(between) ** 2 + ratio**2 * np.sin(between) ** 2)
    return float(np.degrees(angle[np.argmax(released / cost)]))


def turned(comm, plane, ratio):
    """Angle [°] at which a crack begins to grow: of the middle of its outer part, 2ℓ and more from the tip."""
    draw = notched_plate(ELL / MM / 5, 0.12, (0.4, 0.85, 0.42, 0.85))
    mesh = ssb.from_gmsh(comm, draw, scale=MM, materials={"plate": brittle(E, NU, TOUGHNESS)})
    cleavage = ssb.Cleavage((-np.sin(plane), np.cos(plane), 0.0), ratio)
    fracture = ssb.Fracture(ELL, "AT2", cleavage={"plate": cleavage})
    model = ssb.Model(
        mesh, [ssb.Elasticity(degree=1, split="none"), fracture], largest_sweeps=1000, damage_tolerance=1e-3
    )
    K = np.sqrt(STIFF * TOUGHNESS)
    for side in ("top", "bottom", "right"):
        model.apply(ssb.Moved(side, lambda x, t: williams(x, TIP, E, NU, (t * K, 0.0))))
    loading = Loading(model, "right", 0, 0.0)
    state = loading.state
    away = state.spaces["damage"].V.tabulate_dof_coordinates()[:, :2] - TIP
    distance = np.hypot(*away.T)
    for load in (0.5, 1.0, 1.1, *np.arange(1.2, 2.4, 0.05)):
        loading.step(load)
        broken = (state["damage"].x.array > 0.9) & (away[:, 0] > 0)
        length = max(comm.allgather(float(distance[broken].max(initial=0.0))))
        if length > 2 * ELL:
            outer = away[broken & (distance > 0.4 * length)]
            x, y = comm.allreduce(outer.sum(axis=0))
            return float(np.degrees(np.arctan2(y, x)))
    return np.nan


def test_across_the_plane(verify, comm):
    for name, normal, ratio in (("across", (1, 0, 0), 1.5), ("along", (0, 1, 0), 1.0)):
        values, slope, size = surf(comm, "AT2", 4, corrected=False, cleavage=ssb.Cleavage(normal, 1.5))
        expected = ratio + size / 2
        what = f"surfing {name} the cleavage plane"
        verify(values.mean(), expected, rtol=0.03, what=f"{what}: J/G_c", source="√(m·A m) + h/2ℓ")
        verify(slope, expected, rtol=0.03, what=f"{what}: energy per length/G_c", source="√(m·A m) + h/2ℓ")


def test_crack_turns_to_the_plane(verify, comm):
    found = [turned(comm, np.radians(degrees), 2.0) for degrees in (20, 40)]
    what = "cleavage plane at 40°, r = 2: angle of the crack [°]"
    verify(found[1], turning(np.radians(40), 2.0), atol=2.5, what=what, source="largest G(α)/G_c(α)")
    verify.trend(found, "rising", what="planes at 20° and 40°: angle of the crack [°]", source="14.9° and 28.8°")
    verify.below(
        found[0], 20.0, what="plane at 20°: angle of the crack, not beyond the plane [°]", source="G(α)/G_c(α)"
    )


def test_the_more_it_cleaves_the_more_it_turns(verify, comm):
    angles = [turned(comm, np.radians(40), ratio) for ratio in (1.2, 2.0, 4.0)]
    verify.trend(angles, "rising", what="plane at 40°: angle of the crack [°] for r = 1.2, 2, 4", source="G(α)/G_c(α)")
