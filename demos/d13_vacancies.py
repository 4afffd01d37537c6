r"""How long lithium can be stripped before vacancies become voids, without creep or pressure.

    python3 demos/d13_vacancies.py                                   results/d13_vacancies/, half a minute
    python3 demos/d13_vacancies.py --set lifetime=20                 sinks: dislocations take vacancies up
    python3 demos/d13_vacancies.py --set diffusivity=1e-11           an alloy in which lithium moves faster

The diffusivity of vacancies and the excess at which voids form (1 % of the sites) are estimates: no value is agreed on.
Printed: time to the limit at the interface beside Sand's formula πD(FΔc/2i)².
"""

import numpy as np
from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.constants import F
from fem_ssb.output import output_folder
from fem_ssb.units import mA_cm2, um

p = ssb.parameters(
    diffusivity=1e-12, critical=770.0, lifetime=0.0, thickness=30 * um, size=0.4 * um, metal="Li", electrolyte="LLZO"
)  # fmt: skip
CURRENTS = np.array([0.5, 1.0, 2.0]) * mA_cm2

stack = ssb.Stack(width=2 * um)
stack.layer("counter", p.metal, thickness=5 * um)
stack.layer("separator", p.electrolyte, thickness=10 * um)
stack.layer("anode", p.metal, thickness=p.thickness)
mesh = stack.mesh(MPI.COMM_WORLD, size=p.size)

folder = output_folder(p.output or "results/d13_vacancies", mesh.comm)
figure = Figure(figsize=(5, 3.5), layout="constrained")
axes = figure.subplots()
for current in CURRENTS:
    sand = np.pi * p.diffusivity * (F * p.critical / (2 * current)) ** 2
    vacancies = ssb.Vacancies(p.diffusivity, p.critical, regions="anode", lifetime=p.lifetime or None, degree=2)
    model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer(), vacancies])
    model.ground("counter").apply(ssb.Current(float(current), into="anode"))
    result = model.run(2 * sand, first_step=sand / 512, largest_step=sand / 32, change=0.01, quiet=True)
    made = result["vacancies anode [mol/m]"] / (2 * um)
    if mesh.comm.rank == 0:
        end = f"voids after {vacancies.depletion_time:.4g} s" if result.reason else "no voids"
        print(f"{current / mA_cm2:.2g} mA/cm²: {end}; Sand's formula {sand:.4g} s")
        axes.plot(result["time [s]"] / sand, made, label=f"{current / mA_cm2:g} mA/cm²")
if mesh.comm.rank == 0:
    axes.set(xlabel="time / Sand's time", ylabel="vacancies in the electrode [mol/m²]")
    axes.legend()
    figure.savefig(folder / "vacancies.png", dpi=150)
