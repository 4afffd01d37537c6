"""Help for the tests of solids: stress at a point, a temperature field that is given, quarter ellipses."""

from __future__ import annotations

import numpy as np
import ufl
from dolfinx import fem

import fem_ssb as ssb
from fem_ssb.problem.fields import Field


def stress_at(model, region, component, point):
    """Stress component [Pa] at a vertex: mean of what the cells that touch it have there."""
    state = model.state
    V = fem.functionspace(state.domain, ("DG", 1))
    value = state.quantity("stress", region)[component]
    nodal = fem.Function(V)
    nodal.interpolate(fem.Expression(value, V.element.interpolation_points))
    wanted = np.zeros(3)
    wanted[: len(point)] = point
    owned = V.dofmap.index_map.size_local
    near = np.linalg.norm(V.tabulate_dof_coordinates()[:owned] - wanted, axis=1) < 1e-9 * max(np.abs(wanted).max(), 1)
    total, count = state.mesh.comm.allreduce(np.array([nodal.x.array[:owned][near].sum(), near.sum()]))
    assert count, f"no vertex at {point}"
    return float(total / count)


class GivenTemperature(ssb.Physics):
    """A temperature field T(x) that is known: ∫(T_h − T) q dx = 0, on elements of degree 2."""

    def __init__(self, law):
        self.law = law

    def fields(self, state):
        return [Field("temperature", "K", 1.0, state.height**state.dim, degree=2, initial=state.ambient_temperature)]

    def residuals(self, state):
        x = ufl.SpatialCoordinate(state.domain)
        difference = state["temperature"] - self.law(x)
        q = state.test("temperature")
        return {"temperature": sum(difference * q * state.dx(r) for r in state.mesh.region_names)}


def quarter_ring(geo, size, at_d, z=0.0):
    """NAFEMS' elliptic membrane (LE1, LE10) in Gmsh's built-in kernel: curve tags AB, BC, CD, DA.

    A (0, 1), B (0, 2.75), C (3.25, 0), D (2, 0); inner ellipse (x/2)² + y² = 1, outer (x/3.25)² + (y/2.75)² = 1.
    """
    o, a, b = geo.addPoint(0, 0, z), geo.addPoint(0, 1, z, size), geo.addPoint(0, 2.75, z, size)
    c, d = geo.addPoint(3.25, 0, z, size), geo.addPoint(2, 0, z, at_d)
    lines = [geo.addLine(a, b), geo.addEllipseArc(b, o, c, c), geo.addLine(c, d), geo.addEllipseArc(d, o, d, a)]
    return lines, o
