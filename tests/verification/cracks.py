"""Help for the tests of fracture: Miehe's notched plate, load histories with forces and energies, energy balance."""

from __future__ import annotations

from dataclasses import dataclass, field

import gmsh
import numpy as np
from dolfinx import fem

import fem_ssb as ssb
from fem_ssb.materials import IsotropicStiffness

MM = 1e-3
DELAUNAY, FRONTAL = 5, 6  # Gmsh's triangulations


def brittle(young, poisson, toughness):
    return ssb.Material.custom(
        "brittle",
        kind="electrolyte",
        stiffness=IsotropicStiffness(young, poisson),
        thermal_expansion=0.0,
        toughness=toughness,
    )


def notched_plate(size, coarse, box, width=1.0, height=1.0, notch=0.5, thickness=0.3, algorithm=FRONTAL):
    """A plate cut from its left edge along the middle; cells of `size` in `box` (x₀, x₁, y₀, y₁), else `coarse`."""

    def draw():
        geo = gmsh.model.geo
        x = {
            "a": (0, 0), "b": (width, 0), "c": (width, height / 2), "d": (width, height), "e": (0, height),
            "up": (0, height / 2), "low": (0, height / 2), "tip": (notch, height / 2),
        }  # fmt: skip
        p = {name: geo.addPoint(*xy, 0) for name, xy in x.items()}

        def line(a, b):
            return geo.addLine(p[a], p[b])

        bottom, right, ligament, low, left = (
            line(*ends) for ends in (("a", "b"), ("b", "c"), ("c", "tip"), ("tip", "low"), ("low", "a"))
        )
        right2, top, left2, up = (line(*ends) for ends in (("c", "d"), ("d", "e"), ("e", "up"), ("up", "tip")))
        lower = geo.addPlaneSurface([geo.addCurveLoop([bottom, right, ligament, low, left])])
        upper = geo.addPlaneSurface([geo.addCurveLoop([right2, top, left2, up, -ligament])])
        geo.synchronize()
        for name, curves in {
            "bottom": [bottom], "top": [top], "lower left": [left], "upper left": [left2], "right": [right, right2],
            "lower face": [low], "upper face": [up],
        }.items():  # fmt: skip
            gmsh.model.addPhysicalGroup(1, curves, name=name)
        gmsh.model.addPhysicalGroup(2, [lower, upper], name="plate")
        refine(size, coarse, box, thickness)
        gmsh.option.setNumber("Mesh.Algorithm", algorithm)
        gmsh.model.mesh.generate(2)

    return draw


def refine(size, coarse, box, thickness=0.3):
    """Background field: `size` in a box (x₀, x₁, y₀, y₁), growing to `coarse` outside."""
    tag = gmsh.model.mesh.field.add("Box")
    names = ("XMin", "XMax", "YMin", "YMax", "VIn", "VOut", "Thickness")
    for name, value in zip(names, (*box, size, coarse, thickness), strict=True):
        gmsh.model.mesh.field.setNumber(tag, name, value)
    gmsh.model.mesh.field.setAsBackgroundMesh(tag)
    for option in ("ExtendFromBoundary", "FromPoints", "FromCurvature"):
        gmsh.option.setNumber(f"Mesh.MeshSize{option}", 0)


@dataclass
class History:
    """Of a load history: load factor, force on the moved boundary, energies, work of the load; one entry a step."""

    load: list = field(default_factory=list)
    force: list = field(default_factory=list)
    elastic: list = field(default_factory=list)
    surface: list = field(default_factory=list)
    work: list = field(default_factory=list)
    sweeps: list = field(default_factory=list)

    @property
    def excess(self):
        """Largest (stored + dissipated − work)/work of all steps."""
        total = np.array(self.elastic) + self.surface
        return float(((total - self.work)[1:] / np.array(self.work)[1:]).max())


class Loading:
    """A model whose boundary conditions scale with state.time (the load factor), with its force and energies.

    Work of a step: by the force that the load meets at the damage before the step, ½F(1 + λ'/λ)(λ' − λ)U with the
    force F at λ; then damage grows at fixed boundaries, without work. So stored + dissipated ≤ work for any step,
    and equal to first order in the step when damage grows stably.
    """

    def __init__(self, model, boundary, component, unit):
        self.model, self.unit = model, unit
        state = self.state = model.state
        space = state.spaces["displacement"]
        self.dofs = space.dofs(state.mesh.boundary(boundary))
        self.component = component
        columns = {k: v for p in model.physics for k, v in p.columns(state).items()}
        lost = sum(columns[n] for n in ("fracture energy", "cohesive energy") if n in columns)
        self.forms = [fem.form(columns["elastic energy"]), fem.form(lost)]
        self.history = History([0.0], [0.0], [0.0], [float(state.integrate(self.forms[1])[0])], [0.0], [0])
        self.history.work[0] = self.history.surface[0]

    def force(self):
        """Force on the boundary [N, in 2D N/m]."""
        rows = self.model.balances._rows("displacement")
        mine = self.dofs[self.dofs < len(rows)]
        return float(self.state.mesh.comm.allreduce(float(rows[mine, self.component].sum())))

    def step(self, load):
        """Solve at a load factor and accept; returns the force."""
        h, state = self.history, self.state
        state.time.value = load
        self.model.solve()
        force = self.force()
        elastic, surface = (float(v) for v in state.integrate(*self.forms))
        before, at = h.load[-1], h.force[-1]
        growth = load - before
        pushed = at * (1 + load / before) / 2 if before else force / 2
        h.work.append(h.work[-1] + pushed * growth * self.unit)
        for name, value in (("load", load), ("force", force), ("elastic", elastic), ("surface", surface)):
            getattr(h, name).append(value)
        h.sweeps.append(self.model.sweeps)
        self.model.accept()
        return force
