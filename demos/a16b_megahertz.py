r"""Megahertz pulses in a polycrystal and in a single crystal: the boundaries' capacitance lets them through.

    python3 demos/a16b_megahertz.py                                results/a16b_megahertz/, half a minute
    python3 demos/a16b_megahertz.py --set frequency=10*kHz         slow pulses: no gain
    python3 demos/a16b_megahertz.py --set duty=0.5                 with a large mean the boundaries charge up again

Gain: drop across the electrolyte at constant current over that at the end of the pulses of the same current. A cell
that fails at a certain drop bears so much more. The published factor of six is for polycrystalline LLZTO (Reisecker et
al., Nat. Commun. 14 (2023) 2432). The boundaries' resistance (r = ΣR_gb/R_b ≈ 7) and time constant are estimates.
The closed form of two time constants in series is derived in tests/verification/test_megahertz_pulses.py.
"""

import numpy as np
from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.analysis import current_distribution
from fem_ssb.output import output_folder
from fem_ssb.units import MHz, mA_cm2, um, us

p = ssb.parameters(
    frequency=1 * MHz, duty=0.05, count=8, grains=40, time_constant=2 * us, resistance=1e-3, size=1.5 * um,
    electrolyte="LLZO",
)  # fmt: skip
SIGMA, THICKNESS, WIDTH, CURRENT = 0.05, 40 * um, 30 * um, 1 * mA_cm2


def electrolyte(resistance):
    """Grains with boundaries of a resistance [Ω m²]; with 0 a single crystal."""
    stack = ssb.Stack(width=WIDTH)
    boundaries = ssb.GrainBoundaries(resistance=resistance)
    ceramic = ssb.Material(p.electrolyte, ionic_conductivity=SIGMA)
    grains = ssb.Voronoi(count=p.grains, seed=3)
    stack.layer("separator", ceramic, thickness=THICKNESS, grains=grains, grain_boundaries=boundaries)
    return stack.mesh(MPI.COMM_WORLD, size=p.size)


def run(mesh, protocol, **options):
    """History and spread of the local current (99th percentile over mean) at the end of `protocol`."""
    storage = ssb.Capacitance(boundary=p.time_constant / p.resistance, permittivity=20.0)
    model = ssb.Model(mesh, [ssb.Conduction(), storage])
    model.ground("top").apply(ssb.Cycler(protocol, into="bottom"))
    result = model.run(quiet=True, **options)
    local = current_distribution(model, "separator")
    return result, local.percentile(99) / local.mean


on, period = p.duty / p.frequency, 1 / p.frequency
train = ssb.Pulse(CURRENT, on, period - on, until=(p.count - 1) * period) >> ssb.CC(CURRENT, until=on)
folder = output_folder(p.output or "results/a16b_megahertz", MPI.COMM_WORLD)
figure = Figure(figsize=(6, 3.5), layout="constrained")
axes = figure.subplots()
for name, resistance in (("polycrystal", p.resistance), ("single crystal", 0.0)):
    mesh = electrolyte(resistance)
    steady, wide = run(mesh, ssb.CC(CURRENT, until=1.0), first_step=1.0, largest_step=1.0)
    pulsed, narrow = run(mesh, train, first_step=on / 8, largest_step=on, change=1.0)
    constant, last = steady["voltage [V]"][-1], pulsed["voltage [V]"][-1]
    r = constant / (CURRENT * THICKNESS / SIGMA) - 1
    x = (1 - np.exp(-on / p.time_constant)) * (1 - np.exp(-p.count * period / p.time_constant))
    x /= 1 - np.exp(-period / p.time_constant)
    if mesh.comm.rank == 0:
        print(f"{name}: r = {r:.2f}, gain {constant / last:.3f}; closed form {(1 + r) / (1 + r * x):.3f}")
        print(f"  99th percentile of the local current over its mean: {wide:.3f} constant, {narrow:.3f} pulsed")
        axes.plot(pulsed["time [s]"] / us, pulsed["voltage [V]"] / constant, lw=1, label=name)
if MPI.COMM_WORLD.rank == 0:
    axes.set(xlabel="time [µs]", ylabel="drop / drop at constant current")
    axes.legend()
    figure.savefig(folder / "drop.png", dpi=150)
