"""Which way a crack goes at a boundary between unlike solids: energies of kinks in the field of Zak and Williams.

A crack along −x ends at the boundary x = 0, behind which it lies in solid 2; ahead is solid 1. They are told by
Dundurs' α = (E₁' − E₂')/(E₁' + E₂') and β = 0. Around the tip the stress goes with r^{−λ} (Zak & Williams, J. Appl.
Mech. 30 (1963) 142),

    cos λπ = 2(β − α)/(1 + β) (1 − λ)² + (α + β²)/(1 − β²).

A kink of the length a, straight on or along the boundary, knows no other length, so that its energy release rate goes
with a^{1 − 2λ}, and G_d/G_p does not depend on a (He & Hutchinson, Int. J. Solids Struct. 25 (1989) 1053): 0.26 for α
= 0, and more where the solid ahead is stiffer. Their curve is not at hand as numbers, and at α ≠ 0 it was corrected
later (Ahn et al., Compos. Sci. Technol. 58 (1998) 1775): there the trend is tested, and that the ratio is one, without
a.

The field is Williams's: Airy's φ = r^{s + 1}F(θ) with s = 1 − λ in each wedge, of which the coefficients are the null
vector of the conditions at the boundary and at the free faces. Its displacement is prescribed on a circle of the
radius 1. A kink disturbs it by r^{−s} a^{2s}, so the circle is felt as a^{2s}, which two lengths take out.
"""

import gmsh
import numpy as np
import pytest
from cracks import brittle
from scipy.optimize import brentq
from test_deflection import kink_factors

import fem_ssb as ssb
from fem_ssb.analysis import CrackTip

LENGTHS = (0.04, 0.02)
HALVES = (0.02, 0.01)
SOURCE = "He & Hutchinson (1989)"
pytestmark = pytest.mark.system("B6")


def solids(alpha):
    """((μ, κ) of solid 1, of solid 2), plane strain, with β = 0: μ₁(κ₂ − 1) = μ₂(κ₁ − 1), α = (κ₁ − κ₂)/(κ₁κ₂ − 1)."""
    stiffer = 3.0
    other = (stiffer + abs(alpha)) / (1 + abs(alpha) * stiffer)
    pair = tuple((kappa - 1, kappa) for kappa in (stiffer, other))
    return pair if alpha >= 0 else pair[::-1]


def exponent(alpha):
    """λ for β = 0."""
    return brentq(lambda x: np.cos(x * np.pi) + 2 * alpha * (1 - x) ** 2 - alpha, 0.01, 0.99)


def wedge(theta, s, mu, kappa):
    """(F, F', u_r, u_θ) (4, 4, …) of cos(s + 1)θ, cos(s − 1)θ, sin(s + 1)θ, sin(s − 1)θ at r = 1."""
    p, q = s + 1, s - 1
    c, d, e, f = np.cos(p * theta), np.cos(q * theta), np.sin(p * theta), np.sin(q * theta)
    moved = [-p * c, (kappa - s) * d, -p * e, (kappa - s) * f], [p * e, (kappa + s) * f, -p * c, -(kappa + s) * d]
    return np.array([[c, d, e, f], [-p * e, -q * f, p * c, q * d], *(np.array(u) / (2 * mu) for u in moved)])


def coefficients(alpha):
    """Of solid 1 and of solid 2 (4,) each, for a hoop stress r^{−λ} ahead; how near to singular the conditions are."""
    s, (one, two) = 1 - exponent(alpha), solids(alpha)
    conditions = np.zeros((6, 6))
    conditions[:4] = np.hstack([wedge(np.pi / 2, s, *one)[:, :2], -wedge(np.pi / 2, s, *two)])
    conditions[4:, 2:] = wedge(np.pi, s, *two)[:2]
    _, values, rows = np.linalg.svd(conditions)
    found = rows[-1] / (s * (s + 1) * rows[-1, :2].sum())
    return np.array([*found[:2], 0, 0]), found[2:], values[-1] / values[0]


def field(alpha, side):
    """Displacement of the points of the circle on one side of the crack: its mouth has a point on either."""
    s, (one, two) = 1 - exponent(alpha), solids(alpha)
    first, second, _ = coefficients(alpha)

    def values(x, t):
        r, theta = np.hypot(x[0], x[1]), np.arctan2(side * x[1], x[0])
        theta = np.where(theta < -np.pi / 2, np.pi, theta)
        ahead, behind = (
            np.einsum("k,mkn->mn", c, wedge(theta, s, *solid)[2:]) for c, solid in ((first, one), (second, two))
        )
        along, round_ = np.where(theta <= np.pi / 2, ahead, behind) * r**s
        cos, sin = np.cos(theta), np.sin(theta)
        return np.array([along * cos - round_ * sin, side * (along * sin + round_ * cos)])

    return values


def disc(straight, length, size):
    """A disc of radius 1 with a boundary at x = 0, cut along −x and on, straight or upwards; cells of size × length."""

    def draw():
        geo = gmsh.model.geo
        fine, coarse = size * length, 0.1
        middle, upper = (geo.addPoint(0, 0, 0, 4 * fine) for _ in range(2))
        end = geo.addPoint(*((length, 0) if straight else (0, length)), 0, fine)
        below, above = (geo.addPoint(-1, 0, 0, coarse) for _ in range(2))
        foot, right, head = (geo.addPoint(*x, 0, coarse) for x in ((0, -1), (1, 0), (0, 1)))
        arcs = [geo.addCircleArc(a, middle, b) for a, b in ((below, foot), (foot, right), (right, head), (head, above))]
        lower_face, upper_face = geo.addLine(middle, below), geo.addLine(above, upper)
        down = geo.addLine(foot, middle)
        onward, back = geo.addLine(middle, end), geo.addLine(end, upper)
        up = geo.addLine(upper if straight else end, head)
        on = geo.addLine(end if straight else middle, right)
        lower, higher = ([onward, on], [-on, back]) if straight else ([on], [-on, onward])
        loops = [
            [down, *lower, -arcs[1]],
            [*higher, up, -arcs[2]],
            [up, arcs[3], upper_face, *([] if straight else [-back])],
            [lower_face, arcs[0], down],
        ]
        surfaces = [geo.addPlaneSurface([geo.addCurveLoop(loop, reorient=True)]) for loop in loops]
        geo.synchronize()
        for name, curves in {"lower": arcs[:2], "upper": arcs[2:]}.items():
            gmsh.model.addPhysicalGroup(1, curves, name=name)
        gmsh.model.addPhysicalGroup(2, surfaces[:2], name="ahead")
        gmsh.model.addPhysicalGroup(2, surfaces[2:], name="behind")
        gmsh.model.mesh.generate(2)

    return draw


def released(comm, alpha, straight, length, size=0.1):
    """G of a kink."""
    materials = {}
    for name, (mu, kappa) in zip(("ahead", "behind"), solids(alpha), strict=True):
        poisson = (3 - kappa) / 4
        materials[name] = brittle(2 * mu * (1 + poisson), poisson, 1.0)
    mesh = ssb.from_gmsh(comm, disc(straight, length, size), materials=materials)
    model = ssb.Model(mesh, [ssb.Elasticity(degree=2)])
    model.apply(ssb.Moved("lower", field(alpha, -1)), ssb.Moved("upper", field(alpha, 1)))
    state, way = model.solve(), np.array([1.0, 0.0] if straight else [0.0, 1.0])
    regions = ("ahead",) if straight else ("ahead", "behind")
    return sum(CrackTip(state, r, way, 0.3 * length, 0.8 * length).j(length * way) for r in regions)


def limit(comm, alpha, straight, lengths=LENGTHS, size=0.1):
    """G/a^{1 − 2λ} for a → 0 from two lengths, one twice the other."""
    power = 1 - 2 * exponent(alpha)
    long, short = (released(comm, alpha, straight, a, size) / a**power for a in lengths)
    return short + (short - long) / (2 ** (1 + power) - 1)


@pytest.mark.parametrize("alpha", [pytest.param(-0.5, marks=pytest.mark.slow), 0.5])
def test_field_and_scale_of_kinks(verify, comm, alpha):
    source = "Zak & Williams (1963)"
    what = f"α = {alpha:g}: least over largest singular value of the conditions"
    verify.below(coefficients(alpha)[2], 1e-12, what=f"{what} at λ = {exponent(alpha):.4f}", source=source)
    long, short = (np.array([limit(comm, alpha, way, a) for way in (True, False)]) for a in (LENGTHS, HALVES))
    for name, one, other in zip(("G_p", "G_d"), long, short, strict=True):
        what = f"α = {alpha:g}: {name}/a^(1 − 2λ), a halved"
        verify(other / one, 1.0, rtol=0.015, what=what, source=source)
    what = f"α = {alpha:g}: G_d/G_p, a halved"
    verify(short[1] / short[0], long[1] / long[0], rtol=0.015, what=what, source="no length but a")


def test_a_stiffer_solid_ahead_deflects(verify, comm):
    ratios = [limit(comm, alpha, False) / limit(comm, alpha, True) for alpha in (0.0, 0.25, 0.5)]
    exact = np.hypot(*kink_factors(np.pi / 2)) ** 2
    verify(ratios[0], exact, rtol=0.005, what="α = 0: G_d/G_p at 90°", source="Amestoy & Leblond (1992)")
    verify(ratios[0], 0.26, rtol=0.1, what="α = 0: G_d/G_p at 90°", source=SOURCE)
    verify.trend(ratios, "rising", what="G_d/G_p at 90°, α = 0, 0.25, 0.5", source=SOURCE)
