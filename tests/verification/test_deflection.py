"""Which way a crack goes at a boundary: energy release rates of kinks, deflected and straight on.

A crack in pure mode I meets a boundary between equal solids at the angle ω from its line. It deflects where the
boundary costs less than G_d/G_p of what the solid costs (He & Hutchinson, Int. J. Solids Struct. 25 (1989) 1053): G_d
of a small kink along the boundary, G_p of one straight on; about 0.26 at 90°. A kink much shorter than the crack has
K_I = F₁₁ K, K_II = F₂₁ K, so G_d/G_p = F₁₁² + F₂₁², series in m = ω/π of Amestoy & Leblond (Int. J. Solids Struct. 29
(1992) 465).

The field of a unit K is prescribed on a circle of radius R around the tip from which a kink of length a leads. Its
edge is felt as a/R: two lengths give the limit a/R → 0.
"""

import gmsh
import numpy as np
import pytest
from cracks import brittle

import fem_ssb as ssb
from fem_ssb.analysis import CrackTip, williams

E, NU = 1.0, 0.25
STIFF = E / (1 - NU**2)
LENGTHS = (0.1, 0.05)
pytestmark = pytest.mark.system("B6")


def kink_factors(angle):
    """F₁₁ and F₂₁ [–] of a kink at an angle [rad] to the left: tension, and sliding that turns it back."""
    m, p = angle / np.pi, np.pi
    opening = [
        1, -3 * p**2 / 8, p**2 - 5 * p**4 / 128, p**2 / 9 - 11 * p**4 / 72 + 119 * p**6 / 15360,
        5.07790, -2.88312, -0.0925, 2.996, -4.059, 1.63, 4.1,
    ]  # fmt: skip
    sliding = [
        p / 2, -4 * p / 3 - p**3 / 48, -2 * p / 3 + 13 * p**3 / 30 - 59 * p**5 / 3840,
        -6.176023, 4.44112, -1.5340, -2.0700, 4.684, -3.95, -1.32,
    ]  # fmt: skip
    return np.polynomial.Polynomial(opening)(m**2), m * np.polynomial.Polynomial(sliding)(m**2)


def kinked(angle, length, size):
    """A disc of radius 1 cut along −x to its middle and on at an angle; cells of `size` times the kink at its ends."""

    def draw():
        geo, tip = gmsh.model.geo, length * np.array([np.cos(angle), np.sin(angle)])
        fine, coarse = size * length, 0.1
        middle = geo.addPoint(0, 0, 0, 4 * fine)
        upper = geo.addPoint(0, 0, 0, 4 * fine)
        end = geo.addPoint(*tip, 0, fine)
        below, above = (geo.addPoint(-1, 0, 0, coarse) for _ in range(2))
        foot = geo.addPoint(0, -1, 0, coarse)
        right = geo.addPoint(np.cos(angle), np.sin(angle), 0, coarse)
        half = (angle + np.pi) / 2
        left = geo.addPoint(np.cos(half), np.sin(half), 0, coarse)
        lower_arcs = [geo.addCircleArc(below, middle, foot), geo.addCircleArc(foot, middle, right)]
        upper_arcs = [geo.addCircleArc(right, middle, left), geo.addCircleArc(left, middle, above)]
        ahead = geo.addLine(right, end)
        lower_faces = [geo.addLine(end, middle), geo.addLine(middle, below)]
        upper_faces = [geo.addLine(above, upper), geo.addLine(upper, end)]
        first = geo.addPlaneSurface([geo.addCurveLoop([*lower_arcs, ahead, *lower_faces])])
        second = geo.addPlaneSurface([geo.addCurveLoop([*upper_arcs, *upper_faces, -ahead])])
        geo.synchronize()
        for name, curves in {
            "lower": lower_arcs, "upper": upper_arcs, "lower face": lower_faces, "upper face": upper_faces,
        }.items():  # fmt: skip
            gmsh.model.addPhysicalGroup(1, curves, name=name)
        gmsh.model.addPhysicalGroup(2, [first, second], name="disc")
        gmsh.model.mesh.generate(2)

    return draw


def kink(comm, angle, length, size):
    """(K_I, K_II, J E') at the end of a kink, of a unit K."""
    mesh = ssb.from_gmsh(comm, kinked(angle, length, size), materials={"disc": brittle(E, NU, 1.0)})
    model = ssb.Model(mesh, [ssb.Elasticity(degree=2)])

    def field(side):
        """On one side of the crack: its mouth has a point on either."""

        def values(x, t):
            height = np.where(np.abs(x[1]) < 1e-9, side * 1e-9, x[1])
            return williams(np.array([x[0], height]), (0.0, 0.0), E, NU)

        return values

    model.apply(ssb.Moved("lower", field(-1)), ssb.Moved("upper", field(1)))
    state = model.solve()
    direction = np.array([np.cos(angle), np.sin(angle)])
    crack = CrackTip(state, "disc", direction, 0.3 * length, 0.8 * length)
    end = length * direction
    return np.array([*crack.k(end), crack.j(end) * STIFF])


def limit(comm, angle, size):
    """(K_I, K_II, J E') for a/R → 0 from two lengths."""
    long, short = (kink(comm, angle, length, size) for length in LENGTHS)
    return short + (short - long) * LENGTHS[1] / (LENGTHS[0] - LENGTHS[1])


def test_the_end_of_a_straight_extension_meets_the_whole_field(verify, comm):
    one, two, released = limit(comm, 0.0, 0.1)
    verify(one, 1.0, rtol=0.005, what="straight on, a/R → 0: K_I/K", source="a longer crack in the same field")
    verify(two, 0.0, atol=0.005, what="straight on, a/R → 0: K_II/K", source="symmetry")
    verify(released, 1.0, rtol=0.015, what="straight on, a/R → 0: E'J/K²", source="a longer crack in the same field")


@pytest.mark.parallel
@pytest.mark.parametrize("degrees", [30, 60, 90])
def test_energy_of_a_deflected_kink(verify, comm, degrees):
    angle, source = np.radians(degrees), "Amestoy & Leblond (1992)"
    exact = kink_factors(angle)
    found, straight = limit(comm, angle, 0.1), limit(comm, 0.0, 0.1)
    for name, value, reference in zip(("K_I", "K_II"), found, exact, strict=False):
        verify(value, reference, rtol=0.015, what=f"kink at {degrees}°: {name}/K", source=source)
    ratio = found[2] / straight[2]
    verify(ratio, np.hypot(*exact) ** 2, rtol=0.02, what=f"kink at {degrees}°: G_d/G_p", source=source)
    if degrees == 90:
        what = "boundary across the crack: G_d/G_p, deflected to one side"
        verify(ratio, 0.26, rtol=0.1, what=what, source="He & Hutchinson (1989)")


def test_a_finer_mesh_is_nearer(verify, comm):
    exact = np.hypot(*kink_factors(np.pi / 2)) ** 2
    sizes = (0.2, 0.1, 0.05)
    ratios = np.array([limit(comm, np.pi / 2, size)[2] / limit(comm, 0.0, size)[2] for size in sizes])
    what = "G_d/G_p at 90°, cells of a/5, a/10, a/20 at the end: error"
    verify.trend(abs(ratios - exact), "falling", what=what, source="refinement")
    verify(ratios[-1], exact, rtol=0.005, what="G_d/G_p at 90°, cells of a/20", source="Amestoy & Leblond (1992)")
