r"""Isolated lithium in an electrolyte is a bipolar electrode: plated on one face, dissolved on the other.

    python3 demos/a8_isolated_metal.py                          results/a8_isolated_metal/, some seconds
    python3 demos/a8_isolated_metal.py --set wagner=10          slow reaction: the island hardly takes part
    python3 demos/a8_isolated_metal.py --set length=3           needle along the current: focuses 1 + length

On charge the anode (bottom) is plated; ions come down and plate the island's upper face, toward the positive electrode,
while its lower face dissolves: the island moves up through the electrolyte. An elliptic cylinder, `length` times as
long as wide; closed form for the round one: peak 2/(1 + Wa) of the current far away, Wa = σρ_ct/a.
"""

import gmsh
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.units import mA_cm2, um

p = ssb.parameters(
    current=-0.5 * mA_cm2, wagner=0.1, length=1.0, size=0.04 * um, temperature=298.15, metal="Li", electrolyte="LLZO",
    dry_run=False,
)  # fmt: skip
RADIUS, WIDTH, HEIGHT = 1 * um, 30.0, 30.0
MIDDLE = HEIGHT / 2


def draw():
    """The cell, in units of the island's half-width."""
    occ = gmsh.model.occ
    layers = [occ.addRectangle(0, y, 0, WIDTH, h) for y, h in ((-2, 2), (0, HEIGHT), (HEIGHT, 2))]
    island = occ.addDisk(WIDTH / 2, MIDDLE, 0, 1, 1)
    occ.dilate([(2, island)], WIDTH / 2, MIDDLE, 0, 1, p.length, 1)
    occ.fragment([(2, tag) for tag in layers], [(2, island)])
    occ.synchronize()
    tags = [tag for _, tag in gmsh.model.getEntities(2)]
    island = min(tags, key=lambda tag: occ.getMass(2, tag))
    rest = sorted((tag for tag in tags if tag != island), key=lambda tag: occ.getCenterOfMass(2, tag)[1])
    for name, tag in zip(("anode", "separator", "counter", "island"), (*rest, island), strict=True):
        gmsh.model.addPhysicalGroup(2, [tag], name=name)
    for name, y in (("bottom", -2.0), ("top", HEIGHT + 2)):
        lines = [t for _, t in gmsh.model.getEntities(1) if abs(occ.getCenterOfMass(1, t)[1] - y) < 1e-6]
        gmsh.model.addPhysicalGroup(1, lines, name=name)
    gmsh.model.mesh.field.add("MathEval", 1)
    away = f"Max(Sqrt((x-{WIDTH / 2})^2 + (y-{MIDDLE})^2) - {max(1.0, p.length)}, 0)"
    gmsh.model.mesh.field.setString(1, "F", f"Min({p.size / RADIUS} + 0.2*{away}, 1.5)")
    gmsh.model.mesh.field.setAsBackgroundMesh(1)
    gmsh.option.setNumber("Mesh.MeshSizeExtendFromBoundary", 0)
    gmsh.model.mesh.generate(2)


sigma = ssb.Material(p.electrolyte)["ionic_conductivity"](p.temperature)
exchange = R * p.temperature * sigma / (F * p.wagner * RADIUS)
mesh = ssb.from_gmsh(
    MPI.COMM_WORLD, draw, scale=RADIUS,
    materials=dict.fromkeys(("anode", "counter", "island"), p.metal) | {"separator": p.electrolyte},
    interface_data={"island|separator": {"exchange_current": exchange}},
)  # fmt: skip
model = ssb.Model(mesh, [ssb.Conduction(degree=2), ssb.ButlerVolmer()])
model.ground("top").apply(ssb.Current(p.current, into="bottom"), ssb.Ambient(p.temperature))
result = model.run(1.0, output=p.output or "results/a8_isolated_metal", dry_run=p.dry_run, parameters=p.values)
result.plot()

name = next(n for n in result.state.electrodes if n.startswith("island"))
surface = ssb.analysis.InterfaceMap(result.state, "reaction_current", name)
found = surface.evaluate()
reference = 2 / (1 + p.wagner) if p.length == 1 else (1 + p.length)
note = "2/(1 + Wa)" if p.length == 1 else "1 + length, for Wa = 0"
if mesh.comm.rank == 0:
    print(f"peak {found['max'] / abs(p.current):.3f} times the current far away; closed form {reference:.3f} ({note})")
    print(f"net current over the peak {abs(found['mean']) / found['max']:.1e}; closed form 0")
