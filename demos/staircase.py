"""Rising currents forth and back through lithium | polycrystalline LLZO | lithium, as in a critical-current test.

    mpirun -n 2 python3 demos/staircase.py                                   results/staircase/, in about a minute
    mpirun -n 2 python3 demos/staircase.py --set hold=minute --set grains=120

Each half cycle is held, then the cell rests. Nothing shorts this cell: the voltage shows what resistance does alone,
and that what is plated is stripped again.
"""

import numpy as np
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.output import plot_history
from fem_ssb.units import mA_cm2, minute, ohm_cm2, um

p = ssb.parameters(
    lowest=0.25 * mA_cm2, stairs=4, hold=10 * minute, rest=2 * minute, grains=60, size=1.2 * um,
    metal="Li", electrolyte="LLZO",
    dry_run=False, resume=False,
)  # fmt: skip

stack = ssb.Stack(width=20 * um)
stack.layer("anode", p.metal, thickness=5 * um)
stack.layer("separator", p.electrolyte, thickness=30 * um, grains=ssb.Voronoi(count=p.grains, seed=7))
stack.layer("counter", p.metal, thickness=5 * um)
mesh = stack.mesh(MPI.COMM_WORLD, size=p.size)

model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer(), ssb.Plating()])
model.ground("counter")
densities = p.lowest * np.arange(1, p.stairs + 1)
model.apply(ssb.Cycler(ssb.staircase(densities, hold=p.hold, rest=p.rest, until=[ssb.voltage > 1.0]), into="anode"))

result = model.run(
    output=p.output or "results/staircase", resume=p.resume, dry_run=p.dry_run, parameters=p.values, fields_every=8
)
if mesh.comm.rank == 0:
    plot_history(result.folder)
    for stair, density in enumerate(densities):
        at = result["protocol step [1]"] == 4 * stair + 1
        voltage = result["voltage [V]"][at][-1]
        print(
            f"{density / mA_cm2:5.2f} mA/cm²: {voltage * 1e3:7.3f} mV, {voltage / density / ohm_cm2:6.3f} Ω cm², "
            f"plated {result['max plated thickness [m]'][at].max() / um:.3f} µm"
        )
    print(f"left at the end {result['max plated thickness [m]'][-1] / um:.1e} µm; see {result.folder}/history.png")
