"""B22: a notched crystal that cleaves: the crack turns to the plane, and stays on it where the others are tougher.

    python3 demos/b22_cleavage.py                                    results/b22_cleavage/, half a minute
    python3 demos/b22_cleavage.py --set ratio=4                      on the plane from the start
    python3 demos/b22_cleavage.py --set plane=90 --set ratio=6 --set load=3.2     forks: two ways are equally weak

A square of LLZO, 20 µm wide, cut halfway and pulled by its edges as a long crack in tension would (K grows with time).
Its plane of cleavage is inclined by 40°; across it the toughness is `ratio` times as high. Printed: the angle at which
the crack begins, beside that of the largest energy release over toughness (28.8° for a ratio of 2).
"""

import gmsh
import numpy as np
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.analysis import williams
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.units import GPa, um

p = ssb.parameters(
    width=20 * um, length=0.8 * um, plane=40.0, ratio=2.0, toughness=8.0, young=150 * GPa, poisson=0.26,
    load=2.0,
    dry_run=False, resume=False,
)  # fmt: skip


def draw():
    """Two halves that share the ligament; the faces of the notch are two lines. Lengths in widths."""
    geo = gmsh.model.geo
    corners = [(0, 0), (1, 0), (1, 0.5), (1, 1), (0, 1), (0, 0.5), (0.5, 0.5), (0, 0.5)]
    a, b, c, d, e, up, tip, low = (geo.addPoint(x, y, 0) for x, y in corners)
    ligament = geo.addLine(c, tip)
    bottom, right, face, left = (geo.addLine(*ends) for ends in ((a, b), (b, c), (tip, low), (low, a)))
    lower = geo.addPlaneSurface([geo.addCurveLoop([bottom, right, ligament, face, left])])
    right2, top, left, face = (geo.addLine(*ends) for ends in ((c, d), (d, e), (e, up), (up, tip)))
    upper = geo.addPlaneSurface([geo.addCurveLoop([right2, top, left, face, -ligament])])
    geo.synchronize()
    for name, lines in (("bottom", [bottom]), ("right", [right, right2]), ("top", [top])):
        gmsh.model.addPhysicalGroup(1, lines, name=name)
    gmsh.model.addPhysicalGroup(2, [lower, upper], name="crystal")
    box = gmsh.model.mesh.field.add("Box")
    size = p.length / p.width / 3
    numbers = {
        "XMin": 0.4, "XMax": 0.9, "YMin": 0.42 if p.plane < 90 else 0.1, "YMax": 0.9,
        "VIn": size, "VOut": 0.12, "Thickness": 0.3,
    }  # fmt: skip
    for name, value in numbers.items():
        gmsh.model.mesh.field.setNumber(box, name, value)
    gmsh.model.mesh.field.setAsBackgroundMesh(box)
    gmsh.option.setNumber("Mesh.MeshSizeExtendFromBoundary", 0)
    gmsh.model.mesh.generate(2)


llzo = ssb.Material("LLZO", stiffness=IsotropicStiffness(p.young, p.poisson), toughness=p.toughness)
mesh = ssb.from_gmsh(MPI.COMM_WORLD, draw, scale=p.width, materials={"crystal": llzo})
plane = np.radians(p.plane)
cleavage = ssb.Cleavage((-np.sin(plane), np.cos(plane), 0.0), p.ratio)
fracture = ssb.Fracture(p.length, "AT2", cleavage={"crystal": cleavage})
elasticity = ssb.Elasticity(degree=1, split="none")
model = ssb.Model(mesh, [elasticity, fracture], largest_sweeps=1000, damage_tolerance=1e-3)
tip, K = (p.width / 2, p.width / 2), np.sqrt(p.young / (1 - p.poisson**2) * p.toughness)
for side in ("top", "bottom", "right"):
    model.apply(ssb.Moved(side, lambda x, t: williams(x, tip, p.young, p.poisson, ((0.05 + p.load * t) * K, 0.0))))
result = model.run(
    1.0, first_step=1 / 64, largest_step=1 / 64, smallest_step=1 / 64, fields_every=4,
    output=p.output or "results/b22_cleavage", parameters=p.values, dry_run=p.dry_run, resume=p.resume,
)  # fmt: skip
result.plot()

damage = model.state["damage"]
away = damage.function_space.tabulate_dof_coordinates()[:, :2] - tip
far = np.hypot(*away.T) / p.length
broken = away[(damage.x.array > 0.9) & (away[:, 0] > 0) & (far > 1) & (far < 4)]
steep = np.abs(broken[:, 1]) > np.abs(broken[:, 0])  # nodes far off the straight way: of a fork
sides = [mesh.comm.allreduce(int(np.sum(steep & (sign * broken[:, 1] > 0)))) for sign in (1, -1)]
x, y = mesh.comm.allreduce(broken.sum(axis=0))
angles = np.linspace(-np.pi / 2, np.pi / 2, 3601)
cost = np.sqrt(np.cos(angles - plane) ** 2 + p.ratio**2 * np.sin(angles - plane) ** 2)
best = angles[np.argmax(np.cos(angles / 2) ** 4 / cost)]  # G ∝ cos⁶(α/2) + cos⁴(α/2) sin²(α/2)
if mesh.comm.rank == 0 and min(sides) > 0:
    print(f"the crack forks; largest energy release over toughness: {np.degrees(abs(best)):.1f}° to either side")
elif mesh.comm.rank == 0:
    print(f"the crack begins at {np.degrees(np.arctan2(y, x)):.0f}°, its plane lies at {p.plane:g}°")
    print(f"largest energy release over toughness: {np.degrees(best):.1f}°; see {result.folder}")
