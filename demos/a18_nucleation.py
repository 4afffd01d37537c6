r"""Sodium on NZSP without an anode: how many nuclei, how large, where first, and when they close to a layer.

    python3 demos/a18_nucleation.py                                   results/a18_nucleation/, some seconds
    python3 demos/a18_nucleation.py --set metal=Li --set electrolyte=LLZO
    python3 demos/a18_nucleation.py --set depth=2*um                  a deeper scratch in the electrolyte
    python3 demos/a18_nucleation.py --set charge=1e-2                 ten times more charge in nuclei

A collector on an electrolyte with a shallow scratch: its overpotential is solved for at each current. Radius and number
of nuclei follow from it (Pei et al., Nano Lett. 17 (2017) 1132: density ∝ i³, radius ∝ 1/i). The charge that goes into
nuclei (1e-3 C/m²) and half-balls as their shape are estimates; at 1 µm sodium was seen as islands at 0.1 mA/cm² and as
a layer at 1 mA/cm² (Ortmann et al., Adv. Energy Mater. 14 (2024) 2302729).
"""

import numpy as np
from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.analysis import InterfaceMap, Nucleation
from fem_ssb.output import output_folder
from fem_ssb.units import mA_cm2, mV, nm, um

p = ssb.parameters(
    metal="Na", electrolyte="NZSP", depth=0.5 * um, width=10 * um, charge=1e-3, plated=1 * um, size=0.3 * um
)
CURRENTS = np.array([0.01, 0.03, 0.1, 0.3, 1.0]) * mA_cm2

stack = ssb.Stack(width=p.width)
stack.layer("collector", p.metal, thickness=3 * um)
stack.layer("separator", p.electrolyte, thickness=20 * um)
stack.layer("counter", p.metal, thickness=3 * um)
stack.roughen("collector|separator", ssb.Sinusoid(amplitude=p.depth, wavelength=p.width))
mesh = stack.mesh(MPI.COMM_WORLD, size=p.size)

present = [0.0]
model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer()])
model.ground("counter").apply(ssb.Current(lambda t: -present[0], into="collector"))
surface = InterfaceMap(model.state, "overpotential", "collector|separator")
nuclei = Nucleation(ssb.Material(p.metal))
table = []
for current in CURRENTS:
    present[0] = float(current)
    model.solve()
    eta = surface.evaluate()
    density = nuclei.density(eta["mean"], p.charge)
    excess = eta["min"] / eta["mean"] - 1
    table.append((current, eta["mean"], nuclei.radius(eta["mean"]), density, nuclei.closed(density), excess))

folder = output_folder(p.output or "results/a18_nucleation", mesh.comm)
if mesh.comm.rank == 0:
    for current, eta, radius, density, closed, _ in table:
        look = "islands" if p.plated < closed else "a layer"
        print(
            f"{current / mA_cm2:5.2f} mA/cm²: {-eta / mV:6.2f} mV, r* {radius / nm:6.1f} nm, {density * um**2:8.3g} "
            f"nuclei a µm², closed at {closed / um:7.2f} µm: {look} at {p.plated / um:g} µm"
        )
    wave = 2 * np.pi / p.width
    slow = wave * np.mean(ssb.Material(p.electrolyte)["ionic_conductivity"](298.15)) * -table[0][1] / CURRENTS[0]
    print(f"overpotential in the scratch {table[0][-1]:+.3%}; closed form {wave * p.depth / (1 + slow):+.3%}")
    current, _, radius, density, *_ = (np.array(column) for column in zip(*table, strict=True))
    slope = np.diff(np.log(density[:2])) / np.diff(np.log(current[:2]))
    print(f"density goes with the current to the power {slope[0]:.3f} at the lowest currents; published 3")
    figure = Figure(figsize=(5, 3.5), layout="constrained")
    axes = figure.subplots()
    axes.loglog(current / mA_cm2, density * um**2, "o-", label="nuclei a µm²")
    axes.loglog(current / mA_cm2, density[0] * um**2 * (current / current[0]) ** 3, "k:", label="∝ i³")
    axes.loglog(current / mA_cm2, radius / nm, "s-", label="critical radius [nm]")
    axes.set(xlabel="current density [mA/cm²]", title=f"{p.metal} on {p.electrolyte}")
    axes.legend()
    figure.savefig(folder / "nucleation.png", dpi=150)
