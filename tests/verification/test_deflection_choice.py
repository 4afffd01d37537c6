"""Which way a crack goes at a boundary, near the limit: flaws of one length in the boundary and in the solid.

He & Hutchinson (Int. J. Solids Struct. 25 (1989) 1053) compare two small flaws of one length a at the end of a crack,
one along the boundary, one straight on: that grows first whose G/G_c is larger, so the boundary is followed where
G_i/G_c < G_d/G_p; 0.26 at 90°, in general F₁₁² + F₂₁² of a small kink (`test_deflection`). Here one crack of the length
2c has both. At its right end a cohesive boundary leads off that has lost its hold over the length a; at its left end
the damage of AT1 begins as a slit of the length a. The ends are c/a times farther apart than the flaws are long. Faces
pressed apart over abs(x) < 0.3 c give both the same K, which falls as a crack grows (2p √(c/π) asin(b/c)): growth is
stable, and what has grown by a/10 first has won.

Flaws at the same end would shield each other, and without flaws strengths count as well (Parmigiani & Thouless, J.
Mech. Phys. Solids 54 (2006) 266): a crack with cohesive paths of equal E'G/σ² both ways goes straight on from
G_i/G_c = 0.15 on.

Lengths are in c: a = 0.1, E'G_i/σ_i² = a/10 and a/20, ℓ = 0.03 and 0.02. At 0.9 of the limit the boundary must be
followed, at 1.1 it must be left. The boundary's damage follows its curve with a delay, and each load is held until
nothing changes.
"""

from itertools import pairwise

import gmsh
import numpy as np
import pytest
from cracks import brittle
from mpi4py import MPI
from test_deflection import NU, STIFF, E, kink_factors

import fem_ssb as ssb

WIDTH, FILLED, FLAW = 5.0, 0.3, 0.1
LEFT, RIGHT, HALF = -1.35, -0.9, 0.12  # where the solid may break
STIFFENING, DELAY, HOLDS = 50.0, 0.1, 60
pytestmark = [pytest.mark.system("B6"), pytest.mark.parallel]


def plate(angle, tip, fine):
    """A plate with a crack, −1 < x < 1; a boundary from its right end; cells of `tip` there, `fine` at the left end."""

    def draw():
        geo = gmsh.model.geo

        def line(*points):
            return [geo.addLine(a, b) for a, b in pairwise(points)]

        def surface(*curves):
            return geo.addPlaneSurface([geo.addCurveLoop(list(curves))])

        def back(curves):
            return [-curve for curve in reversed(curves)]

        def point(x, y):
            return geo.addPoint(x, y, 0)

        way = np.array([np.cos(angle), np.sin(angle)])
        start, end = point(-1, 0), point(1, 0)
        low, high = ([point(x, 0) for x in (RIGHT, -FILLED, 0, FILLED)] for _ in range(2))
        south, east, north, west = (point(*xy) for xy in ((0, -WIDTH), (WIDTH, 0), (0, WIDTH), (-WIDTH, 0)))
        sw, se, ne, nw = (point(x * WIDTH, y * WIDTH) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1)))
        flaw, knee, top = (point(1 + r * way[0], y) for r, y in ((FLAW, FLAW * way[1]), (1, way[1]), (1, WIDTH)))
        under, over = line(start, *low, end), line(start, *high, end)
        down, up = line(low[2], south), line(high[2], north)
        boundary, ahead = line(end, flaw, knee, top), line(end, east)
        edge = point(LEFT, 0)
        outside, ligament = line(west, edge), line(edge, start)
        lower = line(edge, point(LEFT, -HALF), point(RIGHT, -HALF), low[0])
        upper = line(edge, point(LEFT, HALF), point(RIGHT, HALF), high[0])
        southwest, southeast = line(west, sw, south), line(south, se, east)
        northeast, northwest = line(east, ne, top), line(top, north, nw, west)
        solid = [surface(*ligament, under[0], *back(lower)), surface(*ligament, over[0], *back(upper))]
        rest = [
            surface(*southwest, *back(down), *back(under[1:3]), *back(lower), *back(outside)),
            surface(*outside, *upper, *over[1:3], *up, *northwest[1:]),
            surface(*southeast, *back(ahead), *back(under[3:]), *down),
        ]
        beyond = surface(*ahead, *northeast, *back(boundary))
        grain = surface(*over[3:], *boundary, northwest[0], *back(up))
        geo.synchronize()
        gmsh.model.addPhysicalGroup(1, under[2:4] + over[2:4], name="filled")
        gmsh.model.addPhysicalGroup(1, under[:2] + under[4:] + over[:2] + over[4:], name="empty")
        gmsh.model.addPhysicalGroup(1, southwest + southeast + northeast + northwest, name="edge")
        for name, surfaces in {"solid": solid, "rest": rest, "beyond": [beyond], "grain": [grain]}.items():
            gmsh.model.addPhysicalGroup(2, surfaces, name=name)
        x, y = (1, 0) + FLAW * way
        sizes = [
            box(fine, (LEFT, RIGHT, -HALF, HALF), 2.0),
            box(0.12, (-1.2, 1.2, -0.2, 0.2), 3.0),
            box(FLAW / 8, (1 - FLAW / 4, 1 + FLAW / 4, -FLAW / 4, FLAW / 4), 1.5),
            box(tip, (x - 10 * tip, x + 10 * tip, y - 10 * tip, y + 30 * tip), 1.5),
        ]
        least = gmsh.model.mesh.field.add("Min")
        gmsh.model.mesh.field.setNumbers(least, "FieldsList", sizes)
        gmsh.model.mesh.field.setAsBackgroundMesh(least)
        for option in ("ExtendFromBoundary", "FromPoints", "FromCurvature"):
            gmsh.option.setNumber(f"Mesh.MeshSize{option}", 0)
        gmsh.model.mesh.generate(2)

    return draw


def box(size, corners, thickness):
    """Tag of a field of `size` in a box (x₀, x₁, y₀, y₁), growing to 0.5 outside."""
    tag = gmsh.model.mesh.field.add("Box")
    names = ("XMin", "XMax", "YMin", "YMax", "VIn", "VOut", "Thickness")
    for name, value in zip(names, (*corners, size, 0.5, thickness), strict=True):
        gmsh.model.mesh.field.setNumber(tag, name, value)
    return tag


def grown(comm, ratio, degrees, zone, cells, ell, loads):
    """(along the boundary, straight on) in c, by what the crack has grown when one exceeds a/10; and the load then.

    Args:
        comm: communicator.
        ratio: G_i/G_c.
        degrees: angle of the boundary to the crack.
        zone: E'G_i/σ_i² over a.
        cells: cells in that length.
        ell: ℓ of the solid's damage, three cells.
        loads: K of the crack without flaws in an infinite body over √(E'G_c), one after the other.
    """
    length = zone * FLAW
    solid = brittle(E, NU, 1.0)
    stiffness = solid["stiffness"]
    sound = ssb.Material.custom("sound", kind="electrolyte", stiffness=stiffness, thermal_expansion=0.0)
    materials = {"solid": solid} | dict.fromkeys(("rest", "beyond", "grain"), sound)
    mesh = ssb.from_gmsh(comm, plate(np.radians(degrees), length / cells, ell / 3), materials=materials)
    law = ssb.Cohesive(
        np.sqrt(STIFF * ratio / length),
        ratio,
        STIFFENING * STIFF / length,
        relaxation=DELAY,
        initial=lambda x: FLAW**2 - (x[0] - 1) ** 2 - x[1] ** 2,
    )
    elasticity = ssb.Elasticity(degree=1, split="none", cohesive={"grain|beyond": law})
    fracture = ssb.Fracture(ell, "AT1", mesh_corrected=True, initial=ssb.Slit([(-1.0, 0.0), (-1.0 - FLAW, 0.0)]))
    model = ssb.Model(mesh, [elasticity, fracture], largest_sweeps=300, damage_tolerance=1e-3)
    pressure = np.sqrt(np.pi * STIFF) / (2 * np.arcsin(FILLED))
    model.apply(ssb.Fixed("displacement", "edge", 0.0), ssb.Flux("displacement", "filled", lambda t: -pressure * t))
    state = model.state
    largest = elasticity.internal()[f"largest opening {mesh.interface_name('grain|beyond')}"]
    way = np.linalg.norm(largest.function_space.tabulate_dof_coordinates() - (1.0, 0.0, 0.0), axis=1)
    way = way[: largest.function_space.dofmap.index_map.size_local]
    last = 2 * ratio / law.strength
    x = state.spaces["damage"].V.tabulate_dof_coordinates()[:, 0]

    def lengths():
        along = way[largest.x.array[: len(way)] > 0.9 * last].max(initial=0.0) - FLAW
        straight = -1 - FLAW - x[state["damage"].x.array[: len(x)] > 0.9].min(initial=0.0)
        return tuple(comm.allreduce(float(v), op=MPI.MAX) for v in (along, straight))

    for load in loads:
        state.time.value = load
        for _ in range(HOLDS):
            before = largest.x.array.copy()
            model.solve()
            model.accept()
            along, straight = lengths()
            if max(along, straight) > FLAW / 10:
                return along, straight, load
            change = float(np.abs(largest.x.array - before).max(initial=0.0))
            if comm.allreduce(change, op=MPI.MAX) < 1e-3 * last:
                break
    raise AssertionError(f"no crack up to K = {load:g}")


CASES = {
    "coarse": (90, 0.1, 4, 0.03),
    "fine": (90, 0.05, 5, 0.02),
    "oblique": (60, 0.1, 4, 0.03),
}
NEAR = np.arange(1.17, 1.45, 0.02)
slow = pytest.mark.slow


@pytest.mark.parametrize("case", ["coarse", pytest.param("fine", marks=slow), pytest.param("oblique", marks=slow)])
def test_a_boundary_above_the_limit_is_left(verify, comm, case):
    degrees, zone, _, ell = CASES[case]
    ratio = 1.1 * np.hypot(*kink_factors(np.radians(degrees))) ** 2
    along, straight, _ = grown(comm, ratio, *CASES[case], NEAR[1::2])
    label = f"{degrees}°, zone a/{1 / zone:.0f}, ℓ = {ell:g} c, G_i/G_c = {ratio:.3f} (1.1 of the limit)"
    source = "He & Hutchinson (1989); Amestoy & Leblond (1992)"
    verify.below(along, FLAW / 20, what=f"{label}: growth along the boundary over c", source=source)
    verify.below(-straight, -FLAW / 10, what=f"{label}: −growth in the solid over c", source=source)


@slow
@pytest.mark.parametrize("case", CASES)
def test_a_boundary_below_the_limit_is_followed(verify, comm, case):
    degrees, zone, _, ell = CASES[case]
    ratio = 0.9 * np.hypot(*kink_factors(np.radians(degrees))) ** 2
    along, straight, _ = grown(comm, ratio, *CASES[case], NEAR)
    label = f"{degrees}°, zone a/{1 / zone:.0f}, ℓ = {ell:g} c, G_i/G_c = {ratio:.3f} (0.9 of the limit)"
    source = "He & Hutchinson (1989); Amestoy & Leblond (1992)"
    verify.below(straight, FLAW / 20, what=f"{label}: growth in the solid over c", source=source)
    verify.below(-along, -FLAW / 10, what=f"{label}: −growth along the boundary over c", source=source)


@slow
def test_the_ratio_of_both_loads(verify, comm):
    # A weak boundary grows at t_d ∝ √G_i, the solid at t_p: both are equal at G_i/G_c = r (t_p/t_d)².
    weak, exact = 0.05, np.hypot(*kink_factors(np.pi / 2)) ** 2
    crossed = grown(comm, 2.0, 90, 0.2, 4, 0.03, np.arange(1.25, 1.35, 0.0025))[2]
    found = []
    for zone, cells in ((0.2, 5), (0.1, 4), (0.05, 5)):
        followed = grown(comm, weak, 90, zone, cells, 0.03, np.sqrt(weak) * np.arange(2.5, 2.7, 0.005))[2]
        found.append(weak * (crossed / followed) ** 2)
    source = "Amestoy & Leblond (1992)"
    verify(found[-1], exact, rtol=0.1, what="90°, zone a/20: G_i/G_c at which both flaws grow at once", source=source)
    errors = abs(np.array(found) - exact)
    verify.trend(errors, "falling", what="the same, error for zones of a/5, a/10, a/20", source="zone → 0")
