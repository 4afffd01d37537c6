"""Which way a crack goes at a boundary: a cohesive boundary in a solid that breaks by its damage.

A crack in pure mode I ends on a boundary that leads off at 90° to one side, in a solid of the toughness G_c. It follows
a boundary of the toughness G_i if G_i/G_c lies below G_d/G_p = 0.26 (He & Hutchinson, Int. J. Solids Struct. 25 (1989)
1053), else it goes into the solid. Here it is 0.1, 0.2 and 0.4, 0.6, off the limit on either side: without flaws
strengths count as well (Parmigiani & Thouless, J. Mech. Phys. Solids 54 (2006) 266), and a solid that is sound at the
tip holds beyond Griffith's load until its damage starts. With flaws see `test_deflection_choice`.

The field of K is prescribed on a circle of radius R around the tip; E'G_i/σ_i² is R/20. Cracks jump from cell to cell,
so the boundary's damage follows its curve with a delay, and each load is held until nothing changes: K then is that of
the law without delay. A crack of length a along the boundary has G_i = G_d(a), from the sharp kink of
`test_deflection`.
"""

import gmsh
import numpy as np
import pytest
from cracks import brittle, refine
from mpi4py import MPI
from test_deflection import NU, STIFF, E, kink

import fem_ssb as ssb
from fem_ssb.analysis import williams

ELL, ZONE, DELAY = 0.03, 0.05, 0.5  # ℓ and E'G_i/σ_i² in R, delay in holds
STIFFENING = 50.0  # K G_i/σ_i² of the law
pytestmark = pytest.mark.system("B6")


def quartered(size):
    """A disc of radius 1 cut along −x to its middle, with a boundary from there along +y; fine near the middle."""

    def draw():
        geo = gmsh.model.geo
        middle = geo.addPoint(0, 0, 0)
        below, above = (geo.addPoint(-1, 0, 0) for _ in range(2))
        foot, right, top = (geo.addPoint(*xy, 0) for xy in ((0, -1), (1, 0), (0, 1)))
        lower_arcs = [geo.addCircleArc(a, middle, b) for a, b in ((below, foot), (foot, right))]
        upper_arcs = [geo.addCircleArc(a, middle, b) for a, b in ((right, top), (top, above))]
        ahead, boundary = geo.addLine(middle, right), geo.addLine(middle, top)
        low, up = geo.addLine(middle, below), geo.addLine(above, middle)
        lower = geo.addPlaneSurface([geo.addCurveLoop([*lower_arcs, -ahead, low])])
        upper = geo.addPlaneSurface([geo.addCurveLoop([upper_arcs[0], -boundary, ahead])])
        left = geo.addPlaneSurface([geo.addCurveLoop([upper_arcs[1], up, boundary])])
        geo.synchronize()
        for name, curves in {"lower": lower_arcs, "upper": upper_arcs, "lower face": [low], "upper face": [up]}.items():
            gmsh.model.addPhysicalGroup(1, curves, name=name)
        gmsh.model.addPhysicalGroup(2, [lower, upper], name="solid")
        gmsh.model.addPhysicalGroup(2, [left], name="grain")
        refine(size, 0.1, (-0.07, 0.2, -0.07, 0.2), thickness=0.5)
        gmsh.model.mesh.generate(2)

    return draw


class Tip:
    """The cracked disc with a boundary of the toughness `ratio` (G_c = 1), loaded by K/√(E'G_c)."""

    def __init__(self, comm, ratio):
        solid = brittle(E, NU, 1.0)
        mesh = ssb.from_gmsh(comm, quartered(ELL / 3), materials={"solid": solid, "grain": solid})
        law = ssb.Cohesive(np.sqrt(STIFF * ratio / ZONE), ratio, STIFFENING * STIFF / ZONE, relaxation=DELAY)
        elasticity = ssb.Elasticity(degree=1, split="none", cohesive={"solid|grain": law})
        fracture = ssb.Fracture(ELL, "AT1", mesh_corrected=True)
        self.model = ssb.Model(mesh, [elasticity, fracture], largest_sweeps=500, damage_tolerance=1e-3)

        def field(side):
            """On one side of the crack: its mouth has a point on either."""

            def values(x, t):
                height = np.where(np.abs(x[1]) < 1e-9, side * 1e-9, x[1])
                return williams(np.array([x[0], height]), (0.0, 0.0), E, NU, (t * np.sqrt(STIFF), 0.0))

            return values

        self.model.apply(ssb.Moved("lower", field(-1)), ssb.Moved("upper", field(1)))
        self.state, self.comm = self.model.state, comm
        self.largest = elasticity.internal()["largest opening solid|grain"]
        self.first = law.strength / law.stiffness
        self.last = 2 * ratio / law.strength

    def hold(self, load):
        """Solve at a load until the boundary's damage has come to rest."""
        self.state.time.value = load
        for _ in range(400):  # 246 at most were counted, at the lowest ratio
            before = self.largest.x.array.copy()
            self.model.solve()
            self.model.accept()
            change = float(np.abs(self.largest.x.array - before).max(initial=0.0))
            if self.comm.allreduce(change, op=MPI.MAX) < 0.05 * self.first:
                return
        raise AssertionError(f"the boundary does not come to rest at K = {load:g}")

    def lengths(self):
        """Of the crack along the boundary (nine tenths of the stiffness lost), and into the solid (d > 0.9)."""
        lost = 10 * self.first * self.last / (self.last + 9 * self.first)
        y = self.largest.function_space.tabulate_dof_coordinates()[:, 1]
        x = self.state.spaces["damage"].V.tabulate_dof_coordinates()[:, :2]
        along = y[self.largest.x.array[: len(y)] > lost].max(initial=0.0)
        into = np.hypot(*x[self.state["damage"].x.array[: len(x)] > 0.9].T).max(initial=0.0)
        return tuple(self.comm.allreduce(float(v), op=MPI.MAX) for v in (along, into))

    def grown(self, loads):
        """(along, into, load) when the crack is longer than 3ℓ."""
        for load in loads:
            self.hold(load)
            along, into = self.lengths()
            if max(along, into) > 3 * ELL:
                return along, into, load
        raise AssertionError(f"no crack up to K = {load:g}")


@pytest.mark.slow
@pytest.mark.parametrize("ratio", [0.6, 0.4])
def test_a_tough_boundary_is_crossed(verify, comm, ratio):
    along, into, load = Tip(comm, ratio).grown(np.arange(0.9, 1.6, 0.05))
    label, source = f"G_i/G_c = {ratio:g}", "G_i/G_c > 0.26"
    verify.below(along, ELL, what=f"{label}: crack along the boundary over R", source=source)
    verify.below(-into, -3 * ELL, what=f"{label}: −crack into the solid over R", source=source)
    verify.below(1.0, load, what=f"{label}: Griffith's K over that of the crossing", source="no crack below G_c")


@pytest.mark.slow
@pytest.mark.parametrize(("ratio", "first", "step"), [(0.1, 0.5, 0.025), (0.2, 0.85, 0.05)])
def test_a_weak_boundary_is_followed(verify, comm, ratio, first, step):
    along, into, load = Tip(comm, ratio).grown(np.arange(first, 1.6, step))
    label, source = f"G_i/G_c = {ratio:g}", "G_i/G_c < 0.26"
    verify.below(into, ELL, what=f"{label}: crack into the solid over R", source=source)
    verify.below(-along, -3 * ELL, what=f"{label}: −crack along the boundary over R", source=source)
    released = load**2 * kink(comm, np.pi / 2, along, 0.1)[2]
    verify(released, ratio, rtol=0.1, what=f"{label}: G_d/G_c of a sharp kink as long", source="G_d(a) = G_i")
