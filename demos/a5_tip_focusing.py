r"""A ridge of lithium on the anode focuses the current: twice if it is round, 1 + height/radius if it is sharper.

    python3 demos/a5_tip_focusing.py                           results/a5_tip_focusing/, some seconds
    python3 demos/a5_tip_focusing.py --set height=3            half-ellipse three times as high as wide
    python3 demos/a5_tip_focusing.py --set speed=1             real kinetics: a ridge of a micrometre hardly focuses

The ridge has the half-width 1 µm and `height` times that. The closed form is that of fast kinetics and a far counter
electrode, so the exchange current is `speed` times lithium's. tests/verification/test_tip_focusing.py does 3D tips.
"""

import gmsh
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import mA_cm2, um

p = ssb.parameters(
    current=0.5 * mA_cm2, height=1.0, speed=1e3, size=0.05 * um, width=15.0, depth=15.0, metal="Li",
    electrolyte="LLZO", dry_run=False,
)  # fmt: skip
RADIUS = 1 * um


def draw():
    """Half of the cell, in units of the radius."""
    occ = gmsh.model.occ
    anode, cell = occ.addRectangle(0, -1, 0, p.width, 1), occ.addRectangle(0, 0, 0, p.width, p.depth)
    ridge = occ.addDisk(0, 0, 0, 1, 1)
    occ.dilate([(2, ridge)], 0, 0, 0, 1, p.height, 1)
    ridge, _ = occ.intersect([(2, ridge)], [(2, cell)], removeTool=False)
    occ.fragment([(2, anode), (2, cell)], ridge)
    occ.synchronize()
    *metal, cell = sorted((tag for _, tag in gmsh.model.getEntities(2)), key=lambda tag: occ.getMass(2, tag))
    gmsh.model.addPhysicalGroup(2, metal, name="anode")
    gmsh.model.addPhysicalGroup(2, [cell], name="separator")
    for name, y in (("bottom", -1.0), ("top", p.depth)):
        lines = [t for _, t in gmsh.model.getEntities(1) if abs(occ.getCenterOfMass(1, t)[1] - y) < 1e-6]
        gmsh.model.addPhysicalGroup(1, lines, name=name)
    gmsh.model.mesh.field.add("MathEval", 1)
    away = f"Max(Sqrt(x*x + y*y) - {max(1.0, p.height)}, 0)"
    gmsh.model.mesh.field.setString(1, "F", f"{p.size / RADIUS} + 0.2*{away}")
    gmsh.model.mesh.field.setAsBackgroundMesh(1)
    gmsh.option.setNumber("Mesh.MeshSizeExtendFromBoundary", 0)
    gmsh.model.mesh.generate(2)


exchange = p.speed * ssb.pair(p.metal, p.electrolyte)["exchange_current"](298.15)
mesh = ssb.from_gmsh(
    MPI.COMM_WORLD, draw, scale=RADIUS, materials={"anode": p.metal, "separator": p.electrolyte},
    interface_data={"anode|separator": {"exchange_current": exchange}},
)  # fmt: skip
model = ssb.Model(mesh, [ssb.Conduction(degree=2), ssb.ButlerVolmer()])
model.ground("bottom").apply(ssb.Flux("ionic_potential", "top", p.current))
result = model.run(1.0, output=p.output or "results/a5_tip_focusing", dry_run=p.dry_run, parameters=p.values)
result.plot()

mean = abs(result["mean current anode|separator [A/m2]"][-1])
peak = mean * result["current focusing anode|separator [1]"][-1]
if mesh.comm.rank == 0:
    print(f"current at the tip {peak / p.current:.3f} times that far away; closed form {1 + p.height:.3f}")
