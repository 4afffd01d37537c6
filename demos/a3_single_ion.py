r"""A symmetric cell with a single-ion conductor: no depletion at any current, and metal that grows by Faraday's law.

    python3 demos/a3_single_ion.py                                   results/a3_single_ion/voltage.png, some seconds
    python3 demos/a3_single_ion.py --set metal=Na --set electrolyte=NZSP
    python3 demos/a3_single_ion.py --set thickness=100*um

Voltage by current over six decades around the exchange current beside iL/σ + (4RT/F) asinh(i/2i₀), and the speed at
which the metal grows beside iΩ/F: 6.3 and 3.3 A/cm² were found at the tips of dendrites that grow by 8.6 and 4.5 µm/s
(rows A3 and A9).
"""

import numpy as np
from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.output import output_folder
from fem_ssb.units import A_cm2, mA_cm2, um

p = ssb.parameters(metal="Li", electrolyte="LLZO", thickness=40 * um, temperature=298.15, currents=9)

stack = ssb.Stack(width=20 * um)
stack.layer("anode", p.metal, thickness=10 * um)
stack.layer("separator", p.electrolyte, thickness=p.thickness)
stack.layer("counter", p.metal, thickness=10 * um)
mesh = stack.mesh(MPI.COMM_WORLD, size=10 * um)

metal, sigma = ssb.Material(p.metal), ssb.Material(p.electrolyte)["ionic_conductivity"](p.temperature)
exchange = ssb.pair(p.metal, p.electrolyte)["exchange_current"](p.temperature)
faraday = metal["molar_volume"](p.temperature) / F
tips = [3.3 * A_cm2, 6.3 * A_cm2]
currents = np.concatenate([np.geomspace(1e-3, 1e3, p.currents) * exchange, tips])
voltages, speeds = [], []
for current in currents:
    model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer(), ssb.Plating()])
    model.ground("counter").apply(ssb.Current(float(current), into="anode"), ssb.Ambient(p.temperature))
    duration = 1e-8 / (faraday * current)  # until 10 nm are plated
    voltages.append(model.run(duration, quiet=True)["voltage [V]"][-1])
    local = model.state["metal_thickness"].x.array.max(initial=0.0)
    speeds.append(mesh.comm.allreduce(local, op=MPI.MAX) / duration)

folder = output_folder(p.output or "results/a3_single_ion", mesh.comm)
if mesh.comm.rank == 0:
    closed = currents * p.thickness / sigma + 4 * R * p.temperature / F * np.arcsinh(currents / (2 * exchange))
    print(f"voltage: largest deviation from the closed form {np.abs(np.array(voltages) / closed - 1).max():.1e}")
    for current, speed in zip(tips, speeds[-2:], strict=True):
        print(f"{current / A_cm2:g} A/cm²: grows by {speed / um:.3f} µm/s; iΩ/F {current * faraday / um:.3f} µm/s")
    order = np.argsort(currents)
    figure = Figure(figsize=(5, 3.5), layout="constrained")
    axes = figure.subplots()
    axes.loglog(currents[order] / mA_cm2, closed[order], label="iL/σ + (4RT/F) asinh(i/2i₀)")
    axes.loglog(currents / mA_cm2, voltages, "o", label="finite elements")
    axes.set(xlabel="current [mA/cm²]", ylabel="voltage [V]")
    axes.legend()
    figure.savefig(folder / "voltage.png", dpi=150)
