"""B5: a crack in LLZO under the pressure of the lithium in it, wholly or partly filled, against Sneddon and Griffith.

    python3 demos/b5_lithium_filled_crack.py                         results/b5_lithium_filled_crack/
    python3 demos/b5_lithium_filled_crack.py --set overpotential=-20e-3 --set filled=0.5

A crack of half-length 5 µm in the damage of a large plate (half of it is meshed). Lithium plated with an overpotential
η builds up the pressure −Fη/Ω in its inner part, the rest is empty. Printed: volume of the crack, energy release rate.
For a crack filled to the share f, K_I = (2/π) arcsin(f) p√(πa).
"""

import gmsh
import numpy as np
import ufl
from dolfinx import fem
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.physics.crack_pressure import pressure_of
from fem_ssb.units import um

p = ssb.parameters(
    overpotential=-5e-3, filled=1.0, half=5 * um, length=0.025, width=20.0, toughness=100.0, metal="Li",
    dry_run=False, resume=False,
)  # fmt: skip
cell = p.length / 4


def draw():
    """Rectangle 0 … width, −width … width in half-lengths, fine along the crack."""
    surface = gmsh.model.occ.addRectangle(0, -p.width, 0, p.width, 2 * p.width)
    gmsh.model.occ.synchronize()
    sides = zip(("bottom", "right", "top", "left"), gmsh.model.getBoundary([(2, surface)], oriented=False), strict=True)
    for name, (_, line) in sides:
        gmsh.model.addPhysicalGroup(1, [line], name=name)
    gmsh.model.addPhysicalGroup(2, [surface], name="plate")
    band = 2.5 * p.length
    box = gmsh.model.mesh.field.add("Box")
    numbers = {"XMax": 1.2, "YMin": -band, "YMax": band, "VIn": cell, "VOut": 1.0, "Thickness": 3.0}
    for name, value in numbers.items():
        gmsh.model.mesh.field.setNumber(box, name, value)
    gmsh.model.mesh.field.setAsBackgroundMesh(box)
    gmsh.option.setNumber("Mesh.MeshSizeExtendFromBoundary", 0)
    gmsh.model.mesh.generate(2)


llzo = ssb.Material("LLZO", stiffness=ssb.Material("LLZO")["stiffness"].isotropic(), toughness=p.toughness)
mesh = ssb.from_gmsh(MPI.COMM_WORLD, draw, scale=p.half, materials={"plate": llzo})
pressure = pressure_of(p.overpotential, ssb.Material(p.metal)["molar_volume"](298.15))
lithium = ssb.CrackPressure(
    pressure, filled=lambda x, t: ufl.conditional(ufl.lt(x[0], p.filled * p.half + 1e-9 * t), 1.0, 0.0)
)
crack = ssb.Slit([(0.0, 0.0), (p.half, 0.0)])
fracture = ssb.Fracture(p.length * p.half, "AT1", mesh_corrected=True, initial=crack)
model = ssb.Model(mesh, [ssb.Elasticity(degree=1, split="none"), fracture, lithium], damage_tolerance=1e-4)
model.apply(ssb.Fixed("displacement", "left", 0.0, component=0), ssb.Fixed("displacement", "right", 0.0, component=1))

result = model.run(
    1.0, first_step=1.0, largest_step=1.0, output=p.output or "results/b5_lithium_filled_crack",
    parameters=p.values, dry_run=p.dry_run, resume=p.resume,
)  # fmt: skip
result.plot()

volume = 2 * float(model.state.integrate(fem.form(lithium.volume(model.state)))[0])
stiffness = llzo["stiffness"]
plane = stiffness.young / (1 - stiffness.poisson**2)
share = 2 / np.pi * np.arcsin(min(p.filled, 1.0))
critical = np.sqrt(plane * p.toughness / (np.pi * p.half)) / share
if mesh.comm.rank == 0:
    print(f"pressure {pressure / 1e6:.2f} MPa at {1e3 * p.overpotential:g} mV, filled to {p.filled:g}")
    print(f"volume {volume:.5g} m²; Sneddon, when full: {2 * np.pi * pressure * p.half**2 / plane:.5g} m²")
    print(f"critical pressure by Griffith {critical / 1e6:.1f} MPa; see {result.folder}")
