"""B22: lithium in a flaw of a grain that cleaves: the filament leaves the flaw and turns towards the weak plane.

    python3 demos/b22_filament.py                                    results/b22_filament/, a minute
    python3 demos/b22_filament.py --set ratio=1                      no plane: it goes straight on
    python3 demos/b22_filament.py --set flaw=35                      on the plane from the start

A flaw of half-length 1 µm in LLZO, full of lithium; the crystal's plane of cleavage is inclined by 35°, across it the
toughness is `ratio` times as high. The energy of the crack is prescribed, the pressure follows. Printed: direction of
the grown parts (from 2ℓ off the flaw on) beside that of the largest energy release over toughness, 25.5°, and the
largest pressure beside that at which a sharp flaw starts in this direction. The length ℓ of the damage, 0.08 of the
half-length, turns the crack by some 3° more, in proportion to ℓ.
"""

from itertools import pairwise
from pathlib import Path

import gmsh
import matplotlib.pyplot as plt
import numpy as np
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.analysis import crack_path
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.units import GPa, MPa, um

p = ssb.parameters(
    half=1 * um, flaw=0.0, plane=35.0, ratio=2.0, toughness=8.0, young=150 * GPa, poisson=0.26, growth=0.7,
    length=0.08, width=12.0,
)  # fmt: skip
angles = np.radians(np.linspace(-80, 80, 3201))  # from the flaw; G ∝ cos⁶(α/2) + cos⁴(α/2) sin²(α/2) there
aside = angles + np.radians(p.flaw - p.plane)
share = np.cos(angles / 2) ** 4 / np.sqrt(np.cos(aside) ** 2 + p.ratio**2 * np.sin(aside) ** 2)
turn = angles[np.argmax(share)] + np.radians(p.flaw)
flaw, onward = ((np.cos(a), np.sin(a)) for a in (np.radians(p.flaw), turn))


def draw():
    """A square, fine along the flaw and where it may go. Lengths in halves of the flaw."""
    geo, field = gmsh.model.occ, gmsh.model.mesh.field
    square = geo.addRectangle(-p.width, -p.width, 0, 2 * p.width, 2 * p.width)
    way = np.array([[*flaw], np.array(flaw) + (p.growth + 2 * p.length) * np.array(onward)])
    lines = [geo.addLine(*ends) for ends in pairwise(geo.addPoint(*x, 0) for x in (*-way[::-1], *way))]
    geo.synchronize()
    sides = gmsh.model.getBoundary([(2, square)], oriented=False)
    for name, (_, line) in zip(("bottom", "right", "top", "left"), sides, strict=True):
        gmsh.model.addPhysicalGroup(1, [line], name=name)
    gmsh.model.addPhysicalGroup(2, [square], name="grain")
    distance, size = field.add("Distance"), field.add("Threshold")
    field.setNumbers(distance, "CurvesList", lines)
    field.setNumber(distance, "Sampling", 200)
    numbers = {
        "InField": distance, "SizeMin": p.length / 3, "SizeMax": 2, "DistMin": 3 * p.length, "DistMax": p.width / 2,
    }  # fmt: skip
    for name, value in numbers.items():
        field.setNumber(size, name, value)
    field.setAsBackgroundMesh(size)
    gmsh.option.setNumber("Mesh.MeshSizeExtendFromBoundary", 0)
    gmsh.option.setNumber("Mesh.Algorithm", 5)  # Delaunay's triangles lie in no rows along which a crack would go
    gmsh.model.mesh.generate(2)


llzo = ssb.Material("LLZO", stiffness=IsotropicStiffness(p.young, p.poisson), toughness=p.toughness)
mesh = ssb.from_gmsh(MPI.COMM_WORLD, draw, scale=p.half, materials={"grain": llzo})
tip, length, plane = p.half * np.array(flaw), p.length * p.half, np.radians(p.plane)
cleavage = {"grain": ssb.Cleavage((-np.sin(plane), np.cos(plane), 0.0), p.ratio)}
fracture = ssb.Fracture(length, mesh_corrected=True, cleavage=cleavage, initial=ssb.Slit([tuple(-tip), tuple(tip)]))
physics = [ssb.Elasticity(degree=1, split="none", residual_stiffness=1e-7), fracture, ssb.CrackPressure(lambda x, t: t)]
model = ssb.Model(mesh, physics, damage_tolerance=1e-2, largest_sweeps=300)
for side, axis in (("left", 0), ("right", 0), ("bottom", 1), ("top", 1)):
    model.apply(ssb.Fixed("displacement", side, 0.0, component=axis))
critical = np.sqrt(p.young / (1 - p.poisson**2) * p.toughness / (np.pi * p.half * share.max()))
control = ssb.CrackControl(model, 0.2 * critical)
cost = 2 * p.growth * p.half * p.toughness * np.cos((turn - np.radians(p.flaw)) / 2) ** 4 / share.max()
pressures = list(control.follow(control.work + cost, largest=cost / 8))

ends = [crack_path(model.state, sign * tip, length, toward=sign * np.array(onward)) for sign in (1, -1)]
if mesh.comm.rank == 0:
    for end in ends:
        x, y = end.points[-1] - end.points[np.linalg.norm(end.points - end.points[0], axis=1) > 2 * length][0]
        print(f"filament at {np.degrees(np.arctan(y / x)):.1f}°, largest G/G_c at {np.degrees(turn):.1f}°")
        plt.plot(*(end.points.T / um), "k-")
    print(f"largest pressure {max(pressures) / MPa:.0f} MPa; sharp flaw: {critical / MPa:.0f} MPa")
    plt.plot(*(np.stack([-tip, tip], axis=1) / um), "C0-", label="flaw")
    plt.axline(tuple(tip / um), tuple(tip / um + onward), color="C2", ls="--", label="largest $G/G_c$")
    plt.axline(tuple(tip / um), tuple(tip / um + (np.cos(plane), np.sin(plane))), color="C1", ls=":", label="plane")
    plt.gca().set(aspect="equal", xlabel="µm", ylabel="µm", ylim=np.array([-1, 1]) * p.half / um)
    plt.legend()
    folder = Path(p.output or "results/b22_filament")
    folder.mkdir(parents=True, exist_ok=True)
    plt.savefig(folder / "filament.png", dpi=150)
