"""B4: the notched plate in tension, with the force at which it breaks (0.70 kN/mm, Miehe et al. 2010).

    python3 demos/b4_notched_plate.py                                results/b4_notched_plate/, half a minute
    python3 demos/b4_notched_plate.py --set corrected=1              without what the mesh adds to the toughness
    python3 demos/b4_notched_plate.py --set split=spectral

1 mm square, cut halfway; damage AT2 with a length of 15 µm. The plate is drawn with Gmsh; the slit has two faces.
"""

import gmsh
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.units import GPa, mm

p = ssb.parameters(
    young=210 * GPa, poisson=0.3, toughness=2700.0, length=0.015 * mm, size=0.00375 * mm, stretch=0.006 * mm,
    corrected=0, split="none",
    dry_run=False, resume=False,
)  # fmt: skip


def draw():
    """Two halves that share the ligament; the faces of the slit are two lines."""
    geo, size = gmsh.model.geo, p.size / mm
    corners = [(0, 0), (1, 0), (1, 0.5), (1, 1), (0, 1), (0, 0.5), (0.5, 0.5), (0, 0.5)]
    a, b, c, d, e, up, tip, low = (geo.addPoint(x, y, 0) for x, y in corners)
    ligament = geo.addLine(c, tip)
    bottom, right, face, left = (geo.addLine(*ends) for ends in ((a, b), (b, c), (tip, low), (low, a)))
    lower = geo.addPlaneSurface([geo.addCurveLoop([bottom, right, ligament, face, left])])
    right, top, left, face = (geo.addLine(*ends) for ends in ((c, d), (d, e), (e, up), (up, tip)))
    upper = geo.addPlaneSurface([geo.addCurveLoop([right, top, left, face, -ligament])])
    geo.synchronize()
    gmsh.model.addPhysicalGroup(1, [bottom], name="bottom")
    gmsh.model.addPhysicalGroup(1, [top], name="top")
    gmsh.model.addPhysicalGroup(2, [lower, upper], name="plate")
    box = gmsh.model.mesh.field.add("Box")
    numbers = {"XMin": 0.48, "XMax": 1, "YMin": 0.47, "YMax": 0.53, "VIn": size, "VOut": 0.06, "Thickness": 0.3}
    for name, value in numbers.items():
        gmsh.model.mesh.field.setNumber(box, name, value)
    gmsh.model.mesh.field.setAsBackgroundMesh(box)
    gmsh.option.setNumber("Mesh.MeshSizeExtendFromBoundary", 0)
    gmsh.model.mesh.generate(2)


steel = ssb.Material.custom(
    "steel", kind="interlayer", stiffness=IsotropicStiffness(p.young, p.poisson), thermal_expansion=0.0,
    toughness=p.toughness,
)  # fmt: skip
mesh = ssb.from_gmsh(MPI.COMM_WORLD, draw, scale=mm, materials={"plate": steel})
fracture = ssb.Fracture(p.length, "AT2", mesh_corrected=bool(p.corrected))
model = ssb.Model(mesh, [ssb.Elasticity(degree=1, split=p.split), fracture], largest_sweeps=2000, damage_tolerance=1e-4)
model.apply(ssb.Fixed("displacement", "bottom", 0.0))
model.apply(ssb.Fixed("displacement", "top", lambda t: p.stretch * (t + 1e-3), component=1))  # t from 0 to 1
result = model.run(
    1.0, first_step=1 / 64, largest_step=1 / 64, smallest_step=1 / 64, output=p.output or "results/b4_notched_plate",
    parameters=p.values, dry_run=p.dry_run, resume=p.resume, fields_every=8,
)  # fmt: skip
result.plot()

# The force from the elastic energy ½Fu, that of the plate as it is at each step.
force = 2 * result["elastic energy [J/m]"] / (p.stretch * (result["time [s]"] + 1e-3))
if mesh.comm.rank == 0:
    print(f"peak {force.max() / 1e6:.3f} kN/mm at {p.stretch * result['time [s]'][force.argmax()] / mm * 1e3:.2f} µm")
    print(f"published 0.70 kN/mm at 5.6 µm; 0.67 without what the mesh adds to the toughness; see {result.folder}")
