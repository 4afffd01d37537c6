"""A filament grows on the plane on which its grain cleaves, and turns onto it: lithium fills the crack to its tips.

A straight flaw of half-length a = 1 in a large grain, under its own pressure alone; across the plane the grain is r
times as tough as on it. In the plane it grows at p = √(E'G_c/πa) (Griffith; Sneddon & Lowengrub, 1969) with the G_c of
that plane, whatever r is: with that across, r = 2, p were √2 as high. The pressure falls while it grows, so the energy
of the crack is prescribed (`CrackControl`), of which its length follows.

A flaw that lies aside of the plane begins to turn by the angle of largest G(α)/G_c(α), as in tension
(`test_cleavage`; pressure on the faces is tension on all sides, less a pressure that does nothing to a crack): 25.5° at
r = 2 and 32.7° at r = 4 for a plane at 35°. The pressure of the lithium has no direction, so that far from the flaw
nothing holds the crack aside of the plane. What is compared with the plane is the line through the nodes that have
broken farther than 2ℓ from the tip of the flaw, at either end. At r = 1 it has no direction either (no T-stress): the
way wanders by some 10° on this mesh, so that case is only the beginning of the trend.
"""

from itertools import pairwise

import gmsh
import numpy as np
import pytest
from cracks import brittle
from test_sneddon import NU, STIFF, E

import fem_ssb as ssb

PLANE, WIDTH = 35.0, 12.0
CRITICAL = np.sqrt(STIFF / np.pi)
pytestmark = [pytest.mark.system("B22"), pytest.mark.slow]


def along(degrees):
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])


def grain(comm, flaw, ratio, ell, size):
    """A model whose time is the pressure: a grain that cleaves at `PLANE`, its flaw at the angle `flaw` [°]."""
    tip, onward = along(flaw), along(PLANE if ratio > 1 else flaw)
    ends = [sign * (tip + out * onward) for sign, out in ((-1, 0.5), (-1, 0.0), (1, 0.0), (1, 0.5))]

    def draw():
        geo, field = gmsh.model.occ, gmsh.model.mesh.field
        square = geo.addRectangle(-WIDTH, -WIDTH, 0, 2 * WIDTH, 2 * WIDTH)
        points = [geo.addPoint(*x, 0) for x in ends]
        fine = [geo.addLine(a, b) for a, b in pairwise(points)]
        geo.synchronize()
        sides = gmsh.model.getBoundary([(2, square)], oriented=False)
        for name, (_, line) in zip(("bottom", "right", "top", "left"), sides, strict=True):
            gmsh.model.addPhysicalGroup(1, [line], name=name)
        gmsh.model.addPhysicalGroup(2, [square], name="grain")
        distance, threshold = field.add("Distance"), field.add("Threshold")
        field.setNumbers(distance, "CurvesList", fine)
        field.setNumber(distance, "Sampling", 100)
        numbers = {"InField": distance, "SizeMin": size, "SizeMax": 2.0, "DistMin": 2.5 * ell, "DistMax": WIDTH / 2}
        for name, value in numbers.items():
            field.setNumber(threshold, name, value)
        field.setAsBackgroundMesh(threshold)
        for option in ("ExtendFromBoundary", "FromPoints", "FromCurvature"):
            gmsh.option.setNumber(f"Mesh.MeshSize{option}", 0)
        gmsh.model.mesh.generate(2)

    mesh = ssb.from_gmsh(comm, draw, materials={"grain": brittle(E, NU, 1.0)})
    x, y = along(PLANE)
    cleavage = {"grain": ssb.Cleavage((-y, x, 0.0), ratio)}
    initial = ssb.Slit([tuple(-tip), tuple(tip)])
    fracture = ssb.Fracture(ell, "AT1", mesh_corrected=True, cleavage=cleavage, initial=initial)
    elasticity = ssb.Elasticity(degree=1, split="none", residual_stiffness=1e-7)
    lithium = ssb.CrackPressure(lambda x, t: t)
    model = ssb.Model(mesh, [elasticity, fracture, lithium], damage_tolerance=1e-2, largest_sweeps=300)
    for side, axis in (("left", 0), ("right", 0), ("bottom", 1), ("top", 1)):
        model.apply(ssb.Fixed("displacement", side, 0.0, component=axis))
    return model


def grown(model, growth, steps):
    """Pressures over Griffith's at the length of the crack then, while it grows by `growth` at each end."""
    control = ssb.CrackControl(model, 0.2 * CRITICAL)
    first = control.work
    return [
        pressure / CRITICAL * np.sqrt(1 + (control.work - first) / 2)
        for pressure in control.follow(first + 2 * growth, largest=2 * growth / steps)
    ]


def directions(state, tip, ell):
    """Direction [°] of what has broken at each end of the flaw."""
    V, comm = state.spaces["damage"].V, state.mesh.comm
    mine = V.dofmap.index_map.size_local
    broken = state["damage"].x.array[:mine] > 0.9
    nodes = np.concatenate(comm.allgather(V.tabulate_dof_coordinates()[:mine, :2][broken]))
    found = []
    for end in (tip, -tip):
        off = nodes - end
        off = off[(off @ end > 0) & (np.hypot(*off.T) > 2 * ell)]
        x, y = np.linalg.svd(off - off.mean(axis=0))[2][0]
        found.append(float(np.degrees(np.arctan(y / x))))
    return found


def test_grows_at_the_toughness_of_its_plane(verify, comm):
    pressure = grown(grain(comm, PLANE, 2.0, 0.08, 0.02), 0.1, 3)[-1]
    what = "flaw on the plane of cleavage, r = 2, ℓ = a/12, grown by a tenth: pressure"
    verify(pressure, 1.0, rtol=0.03, what=f"{what}/√(E'G_c/πa)", source="Griffith, G_c of the plane")


def test_turns_onto_the_plane(verify, comm):
    ell, means = 0.1, []
    for ratio in (1.0, 2.0, 4.0):
        model = grain(comm, 0.0, ratio, ell, ell / 3)
        grown(model, 0.5, 5)
        found = directions(model.state, along(0.0), ell)
        means.append(np.mean(found))
    for end, angle in zip(("right", "left"), found, strict=True):
        what = f"flaw at 35° to the plane, r = 4: angle of the filament [°], {end} end"
        verify(angle, PLANE, atol=3.0, what=what, source="the plane")
    what = "flaw at 35° to the plane: angle of the filament [°] for r = 1, 2, 4"
    verify.trend(means, "rising", what=what, source="the plane is weaker")
