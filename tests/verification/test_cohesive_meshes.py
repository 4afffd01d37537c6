"""A cohesive crack does not see the mesh: force and energy on unstructured meshes of two sizes and two kinds.

The double cantilever of `test_cohesive_interfaces`, followed until cracks have taken G_c on five arms more: the largest
force, and the energy dissipated at 1.8 times the opening at which the crack starts by beam theory. Triangles of Gmsh,
frontal ones of 1/6 and 1/12 arm, and Delaunay ones of another size, so that no node on the interface is the same. The
displacement is linear, so that coarse cells bend too stiffly, and once quadratic.
"""

import gmsh
import numpy as np
import pytest
from cracks import DELAUNAY, FRONTAL
from test_cohesive_interfaces import ARM, LENGTH, NOTCH, TOUGHNESS, opened, solid

import fem_ssb as ssb
from fem_ssb.units import GPa, mm

START = 0.0655 * mm  # opening at which the crack starts, by beam theory
pytestmark = [pytest.mark.system("B6"), pytest.mark.slow]


def plate(comm, size, algorithm):
    """Two arms that share a line, in cells of `size` arms."""

    def draw():
        geo, part, length = gmsh.model.geo, gmsh.model.addPhysicalGroup, LENGTH / ARM
        places = [(0, 0), (length, 0), (length, 1), (length, 2), (0, 2), (0, 1)]
        p = [geo.addPoint(x, y, 0, size) for x, y in places]
        around = [geo.addLine(p[k], p[(k + 1) % 6]) for k in range(6)]
        bottom, right_below, right_above, top, left_above, left_below = around
        middle = geo.addLine(p[2], p[5])
        lower = geo.addPlaneSurface([geo.addCurveLoop([bottom, right_below, middle, left_below])])
        upper = geo.addPlaneSurface([geo.addCurveLoop([right_above, top, left_above, -middle])])
        geo.synchronize()
        ends = {"right": [right_below, right_above], "upper end": [left_above], "lower end": [left_below]}
        for name, curves in ends.items():
            part(1, curves, name=name)
        for name, surface in {"lower": lower, "upper": upper}.items():
            part(2, [surface], name=name)
        gmsh.option.setNumber("Mesh.Algorithm", algorithm)
        gmsh.model.mesh.generate(2)

    material = solid(150 * GPa, 0.25)
    return ssb.from_gmsh(comm, draw, scale=ARM, materials={"lower": material, "upper": material})


def test_mesh_objectivity(verify, comm):
    found = []
    for size, algorithm, degree in (
        (1 / 6, FRONTAL, 1),
        (1 / 12, FRONTAL, 1),
        (0.15, DELAUNAY, 1),
        (1 / 3, FRONTAL, 2),
    ):
        loading = opened(plate(comm, size, algorithm), degree=degree)
        state, control, rows = loading.state, ssb.CrackControl(loading.model, 0.3 * START), []
        for opening in control.follow((NOTCH + 5 * ARM) * TOUGHNESS):
            rows.append((opening, loading.force(), *state.integrate(loading.forms[1])))
        opening, force, lost = np.array(rows).T
        assert opening[-1] > 1.8 * START and opening.min() > 0
        found.append((force.max(), np.interp(1.8 * START, opening, lost) - NOTCH * TOUGHNESS))
    for name, (coarse, fine, other, quadratic) in zip(("peak", "energy dissipated"), np.transpose(found), strict=True):
        what = f"double cantilever, triangles: {name}"
        verify(coarse, fine, rtol=0.03, what=f"{what} of h = arm/6 against arm/12", source="mesh objectivity")
        verify(other, coarse, rtol=0.03, what=f"{what} of another mesh against arm/6", source="mesh objectivity")
        verify(
            quadratic,
            fine,
            rtol=0.03,
            what=f"{what} of h = arm/3, quadratic, against arm/12",
            source="mesh objectivity",
        )
