r"""A ball that would like to grow by ε* in every direction, in an infinite body of the same stiffness (Eshelby).

Inside, the strain is uniform and the same in all directions, ε_in = ε* (1 + ν)/(3(1 − ν)). Outside, the displacement is
that of a centre of dilatation, u = ε_in a³/r² in the radial direction, which is given here on the outer faces of an
octant; its other faces are planes of symmetry.

Derivation: with u = A r inside and B/r² outside, A a = B/a², and σ_rr = 3K(A − ε*) = −4μB/a³ at r = a give
A = 3Kε*/(3K + 4μ) = ε*(1 + ν)/(3(1 − ν)). Source: Eshelby, Proc. R. Soc. A 241 (1957) 376.
"""

import gmsh
import numpy as np
import pytest
from cells import total
from shapes import faces_where, flat

import fem_ssb as ssb
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.mesh.measure import BOX_NAMES
from fem_ssb.units import GPa, um

STRAIN, YOUNG, POISSON = 2e-3, 150 * GPa, 0.26
pytestmark = pytest.mark.system("B8")


def octant(comm, fine):
    """A ball of radius 1 µm at the corner of a cube of 2 µm."""

    def draw():
        occ = gmsh.model.occ
        box, ball = occ.addBox(0, 0, 0, 2, 2, 2), occ.addSphere(0, 0, 0, 1)
        inside, _ = occ.intersect([(3, box)], [(3, ball)], removeObject=False)
        parts, _ = occ.fragment([(3, box)], inside)
        occ.synchronize()
        core = [tag for d, tag in parts if gmsh.model.getBoundingBox(d, tag)[3] < 1.5]
        gmsh.model.addPhysicalGroup(3, [tag for _, tag in parts if tag not in core], name="around")
        gmsh.model.addPhysicalGroup(3, core, name="core")
        for axis, names in enumerate(BOX_NAMES[3]):
            for name, place in zip(names, (0.0, 2.0), strict=True):
                gmsh.model.addPhysicalGroup(2, faces_where(3, flat(axis, place)), name=name)
        gmsh.model.mesh.field.add("MathEval", 1)
        gmsh.model.mesh.field.setString(1, "F", f"{fine} + 0.3*Abs(Sqrt(x^2+y^2+z^2)-1)")
        gmsh.model.mesh.field.setAsBackgroundMesh(1)
        gmsh.option.setNumber("Mesh.MeshSizeExtendFromBoundary", 0)
        gmsh.model.mesh.generate(3)

    body = ssb.Material.custom(
        "body", kind="electrolyte", stiffness=IsotropicStiffness(YOUNG, POISSON), thermal_expansion=0.0
    )
    return ssb.from_gmsh(comm, draw, scale=um, materials={"around": body, "core": body})


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
