r"""A ball that would like to grow by ε* in every direction, in an infinite body of the same stiffness (Eshelby).

Inside, the strain is uniform and the same in all directions, ε_in = ε* (1 + ν)/(3(1 − ν)). Outside, the displacement is
that of a centre of dilatation, u = ε_in a³/r² in the radial direction, which is given here on the outer faces of an
octant; its other faces are planes of symmetry.

Derivation: with u = A r inside and B/r² outside, A a = B/a², and σ_rr = 3K(A − ε*) = −4μB/a³ at r = a give
A = 3Kε*/(3K + 4μ) = ε*(1 + ν)/(3(1 − ν)). Source: Eshelby, Proc. R. Soc. A 241 (1957) 376.
"""

import numpy as np
import pytest
from cells import total
from shapes import corner_ball

import fem_ssb as ssb
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.units import GPa, um

STRAIN, YOUNG, POISSON = 2e-3, 150 * GPa, 0.26
pytestmark = pytest.mark.system("B8")


def octant(comm, fine):
    """A ball of radius 1 µm at the corner of a cube of 2 µm."""
    body = ssb.Material.custom(
        "body", kind="electrolyte", stiffness=IsotropicStiffness(YOUNG, POISSON), thermal_expansion=0.0
    )
    return ssb.from_gmsh(
        comm, corner_ball(3, 1.0, 2.0, fine, ("core", "around")), scale=um, materials={"around": body, "core": body}
    )


def test_ball_that_swells(verify, comm):
    exact = STRAIN * (1 + POISSON) / (3 * (1 - POISSON))

    def outside(x, t):
        return exact * um**3 * x / np.maximum(np.sum(x**2, axis=0), um**2) ** 1.5

    errors = []
    for fine in (0.3, 0.15):
        mesh = octant(comm, fine)
        model = ssb.Model(mesh, [ssb.Eigenstrain({"core": STRAIN}), ssb.Elasticity(degree=2)])
        for face, axis in (("left", 0), ("front", 1), ("bottom", 2)):
            model.apply(ssb.Fixed("displacement", face, 0.0, component=axis))
        for face in ("right", "back", "top"):
            model.apply(ssb.Moved(face, outside))
        model.solve()
        state, dx = model.state, model.state.dx("core")
        stress = state.quantity("stress", "core")
        mean = [total(comm, stress[k, k] * dx) / mesh.volume("core") for k in range(3)]
        within = np.mean(mean) * (1 - 2 * POISSON) / YOUNG + STRAIN
        errors.append(abs(within / exact - 1))
    verify(within, exact, rtol=0.01, what="ball that swells in an infinite body: strain", source="Eshelby (1957)")
    verify.trend(errors, "falling", what="the same, error at h = 0.3a, 0.15a", source="h → 0")
    spread = (max(mean) - min(mean)) / abs(np.mean(mean))
    verify.below(spread, 0.01, what="the same: spread of the normal stresses", source="hydrostatic inside")
