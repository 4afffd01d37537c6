"""Impedance of lithium | polycrystalline LLZO | lithium: grains, their boundaries and the electrodes as three arcs.

    mpirun -n 2 python3 demos/a10_impedance.py                    results/a10_impedance/impedance.png, in half a minute
    mpirun -n 2 python3 demos/a10_impedance.py --set grains=200 --set resistance=10*ohm_cm2 --set exponent=0.85

Printed: the resistance of each part beside the series estimate of the same numbers (row A10).
"""

import numpy as np
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.output.folder import output_folder
from fem_ssb.units import mA_cm2, ohm_cm2, um

p = ssb.parameters(
    grains=60, size=1.2 * um, resistance=5 * ohm_cm2, boundary=1e-4, electrode=0.1, permittivity=50.0, exponent=1.0,
    metal="Li", electrolyte="LLZO",
    exchange=5 * mA_cm2, frequencies=60, lowest=0.1, highest=1e9,
)  # fmt: skip

stack = ssb.Stack(width=20 * um)
stack.layer("anode", p.metal, thickness=5 * um)
boundaries = ssb.GrainBoundaries(resistance=p.resistance)
grains = ssb.Voronoi(count=p.grains, seed=7)
stack.layer("separator", p.electrolyte, thickness=40 * um, grains=grains, grain_boundaries=boundaries)
stack.layer("counter", p.metal, thickness=5 * um)
for interface in ("anode|separator", "separator|counter"):
    stack.interface(interface, exchange_current=p.exchange, film_resistance=0.0)
mesh = stack.mesh(MPI.COMM_WORLD, size=p.size)

double_layer = p.electrode if p.exponent == 1.0 else ssb.CPE(p.electrode, p.exponent)
capacitance = ssb.Capacitance(electrode=double_layer, boundary=p.boundary, permittivity=p.permittivity)
model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer(), capacitance])
model.ground("counter").apply(ssb.Current(0.0, into="anode"))
model.solve()

spectrum = ssb.impedance(model, np.logspace(np.log10(p.highest), np.log10(p.lowest), p.frequencies))
folder = output_folder(p.output or "results/a10_impedance", mesh.comm)
tau, r = spectrum.relaxation_times()
if mesh.comm.rank == 0:
    np.savetxt(
        folder / "impedance.csv",
        np.column_stack([spectrum.frequency, spectrum.impedance.real, spectrum.impedance.imag]),
        delimiter=",", header="frequency [Hz],real part [ohm m2],imaginary part [ohm m2]", comments="",
    )  # fmt: skip
    spectrum.plot(folder / "impedance.png")
    across = 40 * um / np.sqrt(20 * um * 40 * um / p.grains) - 1
    transfer = R * 298.15 / F / p.exchange  # of one electrode [Ω m²]
    slow = tau > np.sqrt(transfer * p.electrode * p.resistance * p.boundary)  # between the two time constants R C
    print(f"boundaries: {r[~slow].sum() / ohm_cm2:.3g} Ω cm², {across * p.resistance / ohm_cm2:.3g} in series")
    print(f"electrodes: {r[slow].sum() / ohm_cm2:.3g} Ω cm², {2 * transfer / ohm_cm2:.3g} in series")
    print(f"whole: {spectrum.impedance[-1].real / ohm_cm2:.4g} Ω cm²; see {folder}/impedance.png")
