r"""When salt runs out, by current: Sand's law, where it ends, and the kinetics that rule below the limiting current.

    python3 demos/a2_modified_sand.py                                     results/a2_modified_sand/, a minute
    python3 demos/a2_modified_sand.py --set exchange=10*mA_cm2            fast kinetics: the branch at low current sinks
    python3 demos/a2_modified_sand.py --set transference=0.6

Above the limiting current the salt at the plated electrode is used up: at high currents after Sand's time, ∝ i⁻²; near
the limit later, for diffusion reaches the other electrode. Below it the cell goes on for ever, and its overpotential is
that of the kinetics, (4RT/F) asinh(i/2i₀) at the first moment. Diffusivity, transference number and conductivity are
estimates of the order of PEO–LiTFSI at 80 °C.
"""

import numpy as np
from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.output import output_folder
from fem_ssb.units import mA_cm2, mS_cm, um

p = ssb.parameters(
    transference=0.3, diffusivity=1e-11, concentration=1000.0, exchange=0.05 * mA_cm2, size=0.3 * um, metal="Li",
    dry_run=False,
)  # fmt: skip
LENGTH, T, SIGMA = 50 * um, 298.15, 1 * mS_cm

polymer = ssb.Material.custom(
    "polymer", kind="electrolyte", ionic_conductivity=SIGMA,
    salt_diffusivity=p.diffusivity, transference_number=p.transference,
)  # fmt: skip
stack = ssb.Stack(width=1 * um)
stack.layer("anode", p.metal, thickness=5 * um)
stack.layer("separator", polymer, thickness=LENGTH)
stack.layer("counter", p.metal, thickness=5 * um)
for electrode in ("anode", "counter"):
    stack.interface(f"{electrode}|separator", exchange_current=p.exchange, transfer_coefficient=0.5)
mesh = stack.mesh(MPI.COMM_WORLD, size=p.size)
limit = 2 * F * p.diffusivity * p.concentration / (LENGTH * (1 - p.transference))


def cell(current):
    """The cell at a constant current."""
    salt = ssb.Salt(p.concentration, degree=2)
    model = ssb.Model(mesh, [ssb.Conduction(degree=2), ssb.ButlerVolmer(), salt])
    return model.ground("counter").apply(ssb.Current(float(current), into="anode"), ssb.Ambient(T)), salt


above, below = np.array([1.2, 1.5, 2.0, 6.0, 16.0]) * limit, np.array([0.01, 0.03, 0.1, 0.3, 0.9]) * limit
sand = np.pi * p.diffusivity * (p.concentration * F / (2 * above * (1 - p.transference))) ** 2
times, kinetic = [], []
for current, expected in zip(above, sand, strict=True):
    model, salt = cell(current)
    steps = {"first_step": expected / 2048, "largest_step": expected / 64, "change": 0.005}
    model.run(2 * expected, **steps, quiet=True, dry_run=p.dry_run)
    times.append(salt.depletion_time)
for current in below:
    voltage = cell(current)[0].run(1e-6, quiet=True)["voltage [V]"][-1]
    kinetic.append(voltage - current * LENGTH / SIGMA)

folder = output_folder(p.output or "results/a2_modified_sand", mesh.comm)
if mesh.comm.rank == 0:
    closed = 4 * R * T / F * np.arcsinh(below / (2 * p.exchange))
    slope = np.polyfit(np.log(above[-2:]), np.log(times[-2:]), 1)[0]
    print(f"slope of log time by log current {slope:.3f}, Sand's law −2")
    print(
        "time over Sand's at 1.2, 1.5, 2 limits:", *(f"{a / b:.3f}" for a, b in zip(times[:3], sand[:3], strict=True))
    )
    print("  of the series in a finite cell: 1.175 1.032 1.002")
    print(f"kinetic overpotential: largest deviation from asinh {np.abs(np.array(kinetic) / closed - 1).max():.1e}")
    figure = Figure(figsize=(8, 3.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.loglog(above / limit, sand, label="Sand, ∝ i⁻²")
    left.loglog(above / limit, times, "o", label="finite elements")
    left.set(xlabel="current over the limiting one", ylabel="time until the salt is gone [s]")
    right.semilogx(below / mA_cm2, closed * 1e3, label="(4RT/F) asinh(i/2i₀)")
    right.semilogx(below / mA_cm2, np.array(kinetic) * 1e3, "o", label="finite elements")
    right.set(xlabel="current [mA/cm²]", ylabel="overpotential of the kinetics [mV]")
    left.legend(), right.legend()
    figure.savefig(folder / "sand.png", dpi=150)
