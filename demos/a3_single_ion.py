r"""A symmetric cell with a single-ion conductor: no depletion at any current.

    python3 demos/a3_single_ion.py                                   results/a3_single_ion/voltage.png, some seconds
    python3 demos/a3_single_ion.py --set metal=Na --set electrolyte=NZSP
    python3 demos/a3_single_ion.py --set thickness=100*um

Voltage by current over six decades around the exchange current beside iL/σ + (4RT/F) asinh(i/2i₀).
"""

import numpy as np
from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.output import output_folder
from fem_ssb.units import mA_cm2, um

p = ssb.parameters(metal="Li", electrolyte="LLZO", thickness=40 * um, temperature=298.15, currents=9, dry_run=False)

stack = ssb.Stack(width=20 * um)
stack.layer("anode", p.metal, thickness=10 * um)
stack.layer("separator", p.electrolyte, thickness=p.thickness)
stack.layer("counter", p.metal, thickness=10 * um)
mesh = stack.mesh(MPI.COMM_WORLD, size=10 * um)

sigma = ssb.Material(p.electrolyte)["ionic_conductivity"](p.temperature)
exchange = ssb.pair(p.metal, p.electrolyte)["exchange_current"](p.temperature)
currents = np.geomspace(1e-3, 1e3, p.currents) * exchange
voltages = []
for current in currents:
    model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer()])
    model.ground("counter").apply(ssb.Current(float(current), into="anode"), ssb.Ambient(p.temperature))
    voltages.append(model.run(1.0, quiet=True, dry_run=p.dry_run)["voltage [V]"][-1])

folder = output_folder(p.output or "results/a3_single_ion", mesh.comm)
if mesh.comm.rank == 0:
    closed = currents * p.thickness / sigma + 4 * R * p.temperature / F * np.arcsinh(currents / (2 * exchange))
    print(f"voltage: largest deviation from the closed form {np.abs(np.array(voltages) / closed - 1).max():.1e}")
    figure = Figure(figsize=(5, 3.5), layout="constrained")
    axes = figure.subplots()
    axes.loglog(currents / mA_cm2, closed, label="iL/σ + (4RT/F) asinh(i/2i₀)")
    axes.loglog(currents / mA_cm2, voltages, "o", label="finite elements")
    axes.set(xlabel="current [mA/cm²]", ylabel="voltage [V]")
    axes.legend()
    figure.savefig(folder / "voltage.png", dpi=150)
