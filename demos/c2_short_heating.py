"""A filament through the electrolyte heats itself; between cold electrodes lithium melts at 107 mV, sodium at 69.

    python3 demos/c2_short_heating.py                     results/c2_short_heating/short.png, half a minute
    python3 demos/c2_short_heating.py --set width=2 --set shift=0
    python3 demos/c2_short_heating.py --set metal=Na --set electrolyte=NZSP --set drop=60*mV

Where metal alone carries heat and current and conducts after Wiedemann and Franz, k/σ = L₀T, the hottest place has
T² = T₀² + V²/4L₀, whatever shape and resistance the filament has (Kohlrausch). The ceramic beside it cools it.
"""

import gmsh
import numpy as np
from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.output.folder import output_folder
from fem_ssb.units import mV, um

LORENZ, HEIGHT, FOIL, SIDE = 2.44e-8, 20.0, 2.0, 20.0  # W Ω/K²; µm
p = ssb.parameters(
    drop=100 * mV, temperature=298.15, width=1.0, shift=5.0, size=0.8,  # V, K, µm
    metal="Li", electrolyte="LLZO",
)  # fmt: skip
METAL, CERAMIC = ssb.Material(p.metal), ssb.Material(p.electrolyte)


def draw():
    """The cell in µm: a filament of a given width that goes aside by `shift` in the middle."""
    occ = gmsh.model.occ
    layers = [occ.addRectangle(0, y, 0, SIDE, h) for y, h in ((-FOIL, FOIL), (0, HEIGHT), (HEIGHT, FOIL))]
    left = [(6, 0), (6 + p.shift, HEIGHT / 2), (6, HEIGHT)]
    corners = [occ.addPoint(x, y, 0) for x, y in [*left, *((x + p.width, y) for x, y in left[::-1])]]
    lines = [occ.addLine(a, b) for a, b in zip(corners, corners[1:] + corners[:1], strict=True)]
    filament = occ.addPlaneSurface([occ.addCurveLoop(lines)])
    _, pieces = occ.fragment([(2, tag) for tag in layers], [(2, filament)])
    occ.synchronize()
    filament = pieces[3][0][1]
    rest = [[tag for _, tag in piece if tag != filament] for piece in pieces[:3]]
    for name, tags in zip(("anode", "separator", "counter", "filament"), (*rest, [filament]), strict=True):
        gmsh.model.addPhysicalGroup(2, tags, name=name)
    for name, y in (("bottom", -FOIL), ("top", HEIGHT + FOIL)):
        ends = [t for _, t in gmsh.model.getEntities(1) if abs(occ.getCenterOfMass(1, t)[1] - y) < 1e-6]
        gmsh.model.addPhysicalGroup(1, ends, name=name)
    gmsh.option.setNumber("Mesh.MeshSizeMax", p.size)
    gmsh.model.mesh.generate(2)


def solved(drop, cooling):
    """Model with `cooling` times the ceramic's own heat conductivity, and the hottest place of the filament [K]."""
    k, insulator = (float(m["thermal_conductivity"](p.temperature)) for m in (METAL, CERAMIC))
    metal = ssb.Material(p.metal, thermal_conductivity=k, electronic_conductivity=lambda T: k / (LORENZ * T))
    ceramic = ssb.Material(p.electrolyte, thermal_conductivity=cooling * insulator)
    materials = {"anode": metal, "separator": ceramic, "counter": metal, "filament": metal}
    mesh = ssb.from_gmsh(MPI.COMM_WORLD, draw, scale=um, materials=materials)
    model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer(), ssb.Heat(steady=True)]).ground("top")
    model.apply(ssb.Voltage(drop, at="bottom"))
    model.apply(*(ssb.Fixed("temperature", end, p.temperature) for end in ("bottom", "top"))).solve()
    T = model.state["temperature"]
    hottest = T.x.array[T.function_space.dofmap.list[mesh.cells("filament")]].max(initial=0.0)
    return model, max(mesh.comm.allgather(float(hottest)))


(_, bare), (model, cooled) = solved(p.drop, 1e-6), solved(p.drop, 1.0)
exact = np.sqrt(p.temperature**2 + p.drop**2 / (4 * LORENZ))
T, domain = model.state["temperature"], model.mesh.domain
own = domain.topology.index_map(2).size_local
found = domain.comm.gather(
    (domain.geometry.x[domain.geometry.dofmaps[0][:own], :2], T.x.array[T.function_space.dofmap.list[:own]])
)
folder = output_folder(p.output or "results/c2_short_heating", domain.comm)
if domain.comm.rank == 0:
    x, values = (np.concatenate(part) for part in zip(*found, strict=True))
    figure = Figure(figsize=(6, 5), layout="constrained")
    axes = figure.subplots()
    corners = x.reshape(-1, 2) / um
    image = axes.tripcolor(
        *corners.T, values.ravel(), triangles=np.arange(len(corners)).reshape(-1, 3), shading="gouraud"
    )
    figure.colorbar(image, ax=axes, label="temperature (K)")
    axes.set(aspect="equal", xlabel="x (µm)", ylabel="y (µm)", title=f"filament at {p.drop / mV:g} mV")
    figure.savefig(folder / "short.png", dpi=150)
    print(f"hottest place in a ceramic that insulates {bare:.2f} K, closed form {exact:.2f} K")
    print(f"in {p.electrolyte} {cooled:.1f} K")
    melts = float(METAL["melting_point"](p.temperature))
    melting = 2 * np.sqrt(LORENZ * (melts**2 - p.temperature**2))
    print(f"{p.metal} melts at {melts} K: from {melting / mV:.0f} mV on, if nothing else cools it")
