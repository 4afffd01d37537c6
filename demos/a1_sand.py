r"""Lithium | polymer with a binary salt | lithium above the limiting current: the salt runs out at Sand's time.

    python3 demos/a1_sand.py                           results/a1_sand/, some seconds
    python3 demos/a1_sand.py --set ratio=1.2           just above the limiting current: later than Sand's time
    python3 demos/a1_sand.py --set ratio=0.8           below it: never, the run goes on to its end
    python3 demos/a1_sand.py --set exchange=0.01*mA_cm2      slow kinetics on top (A2)

Salt diffusivity, transference number and conductivity are estimates of the order of PEO–LiTFSI at 80 °C.
"""

import numpy as np
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.constants import F
from fem_ssb.units import mA_cm2, mS_cm, um

p = ssb.parameters(
    ratio=5.0, transference=0.3, diffusivity=1e-11, concentration=1000.0, exchange=1.0 * mA_cm2, metal="Li",
    dry_run=False,
)  # fmt: skip
LENGTH = 50 * um

polymer = ssb.Material.custom(
    "polymer", kind="electrolyte", ionic_conductivity=1 * mS_cm,
    salt_diffusivity=p.diffusivity, transference_number=p.transference,
)  # fmt: skip
stack = ssb.Stack(width=3 * um, dim=2)
stack.layer("anode", p.metal, thickness=5 * um)
stack.layer("separator", polymer, thickness=LENGTH)
stack.layer("counter", p.metal, thickness=5 * um)
for electrode in ("anode", "counter"):
    stack.interface(f"{electrode}|separator", exchange_current=p.exchange, transfer_coefficient=0.5)
mesh = stack.mesh(MPI.COMM_WORLD, size=0.3 * um)

limit = 2 * F * p.diffusivity * p.concentration / (LENGTH * (1 - p.transference))
current = p.ratio * limit
sand = np.pi * p.diffusivity * (p.concentration * F / (2 * current * (1 - p.transference))) ** 2

salt = ssb.Salt(p.concentration, degree=2)
model = ssb.Model(mesh, [ssb.Conduction(degree=2), ssb.ButlerVolmer(), salt])
model.ground("counter").apply(ssb.Current(current, into="anode"))
result = model.run(
    2 * sand, output=p.output or "results/a1_sand", first_step=sand / 4096, largest_step=sand / 64, change=0.003,
    dry_run=p.dry_run, parameters=p.values,
)  # fmt: skip
result.plot()
if mesh.comm.rank == 0:
    print(f"{current / mA_cm2:.3g} mA/cm², {p.ratio:g} times the limiting current {limit / mA_cm2:.3g} mA/cm²")
    print(f"{result.reason or 'no depletion'}; Sand's formula {sand:.4g} s, for currents well above the limit")
