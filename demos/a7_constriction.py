r"""Voids between lithium and electrolyte: the current squeezes through the contacts and piles up at their edges.

    python3 demos/a7_constriction.py                           results/a7_constriction/, some seconds
    python3 demos/a7_constriction.py --set contact=0.2         contact on a fifth of the face
    python3 demos/a7_constriction.py --set speed=1             real kinetics: they spread the current over the contact

Strips of contact, half-width w = contact × W, period 2W, on one face of the electrolyte (half a period is meshed).
Closed form for fast kinetics: the voids add (2W/πσ) ln(1/sin(πw/2W)) to the area-specific resistance.
"""

import gmsh
import numpy as np
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.units import mA_cm2, ohm_cm2, um

p = ssb.parameters(
    current=0.5 * mA_cm2, contact=0.5, speed=1e3, size=0.02 * um, temperature=298.15, metal="Li", electrolyte="LLZO",
    dry_run=False,
)  # fmt: skip
W, HEIGHT, FOIL = 5 * um, 3.0, 0.5


def draw():
    """Half a period of the cell, in units of W."""
    occ = gmsh.model.occ
    metal, cell = occ.addRectangle(0, -FOIL, 0, p.contact, FOIL), occ.addRectangle(0, 0, 0, 1, HEIGHT)
    occ.fragment([(2, metal)], [(2, cell)])
    occ.synchronize()
    gmsh.model.addPhysicalGroup(2, [metal], name="anode")
    gmsh.model.addPhysicalGroup(2, [cell], name="separator")
    for name, y in (("bottom", -FOIL), ("top", HEIGHT)):
        lines = [t for _, t in gmsh.model.getEntities(1) if abs(occ.getCenterOfMass(1, t)[1] - y) < 1e-6]
        gmsh.model.addPhysicalGroup(1, lines, name=name)
    gmsh.model.mesh.field.add("MathEval", 1)
    gmsh.model.mesh.field.setString(1, "F", f"Min({p.size / W} + 0.2*Sqrt((x-{p.contact})^2 + y^2), 0.1)")
    gmsh.model.mesh.field.setAsBackgroundMesh(1)
    gmsh.option.setNumber("Mesh.MeshSizeExtendFromBoundary", 0)
    gmsh.model.mesh.generate(2)


exchange = p.speed * ssb.pair(p.metal, p.electrolyte)["exchange_current"](p.temperature)
mesh = ssb.from_gmsh(
    MPI.COMM_WORLD, draw, scale=W, materials={"anode": p.metal, "separator": p.electrolyte},
    interface_data={"anode|separator": {"exchange_current": exchange}},
)  # fmt: skip
model = ssb.Model(mesh, [ssb.Conduction(degree=2), ssb.ButlerVolmer()])
model.ground("bottom").apply(ssb.Flux("ionic_potential", "top", p.current), ssb.Ambient(p.temperature))
result = model.run(1.0, output=p.output or "results/a7_constriction", dry_run=p.dry_run, parameters=p.values)
result.plot()

sigma = ssb.Material(p.electrolyte)["ionic_conductivity"](p.temperature)
transfer = R * p.temperature / (F * exchange) / p.contact
drop = model.boundary_conditions.mean("ionic_potential", "top") / p.current - HEIGHT * W / sigma - transfer
exact = 2 * W / (np.pi * sigma) * np.log(1 / np.sin(np.pi * p.contact / 2))
if mesh.comm.rank == 0:
    peak = result["current focusing anode|separator [1]"][-1]
    print(f"constriction {drop / ohm_cm2:.4f} Ω cm²; closed form {exact / ohm_cm2:.4f} Ω cm² (fast kinetics)")
    print(f"peak over mean at the triple line {peak:.2f}")
