r"""The current at the tip of a dendrite from the speed at which it grows.

    python3 demos/a9_tip_current.py                              results/a9_tip_current/growth.png, some seconds
    python3 demos/a9_tip_current.py --set fast=20*um --set nominal=1*mA_cm2
    python3 demos/a9_tip_current.py --set metal=Na --set electrolyte=NZSP

Metal grows by dh/dt = iΩ/F where the current density i lands. Tips were seen to grow by 8.6 and 4.5 µm/s at an average
of 0.47 mA/cm²: 6.3 and 3.3 A/cm² (row A9, lithium). These are plated here, and the speed of the metal is read off.
Last, how slender a needle on a plane electrode (half-spheroid, fast kinetics: 1/N, Stratton 1941) focuses that much.
"""

import numpy as np
from matplotlib.figure import Figure
from mpi4py import MPI
from scipy.optimize import brentq

import fem_ssb as ssb
from fem_ssb.constants import F
from fem_ssb.output import output_folder
from fem_ssb.units import A_cm2, mA_cm2, ms, um

p = ssb.parameters(
    fast=8.6 * um, slow=4.5 * um, nominal=0.47 * mA_cm2, duration=200 * ms, thickness=5 * um,
    metal="Li", electrolyte="LLZO",
    dry_run=False,
)  # fmt: skip
published = {8.6 * um: 6.3 * A_cm2, 4.5 * um: 3.3 * A_cm2} if p.metal == "Li" else {}
volume = 13.148e-6 if p.metal == "Li" else ssb.Material(p.metal).molar_volume(298.15)  # of lithium: as in the source
metal = ssb.Material(p.metal, molar_volume=volume)

stack = ssb.Stack(width=2 * um)
stack.layer("anode", metal, thickness=2 * um)
stack.layer("separator", p.electrolyte, thickness=p.thickness)
stack.layer("counter", metal, thickness=2 * um)
mesh = stack.mesh(MPI.COMM_WORLD, size=1 * um)


def plate(current):
    """Time [s] and metal plated [m] at a current density [A/m²]."""
    model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer(), ssb.Plating()])
    model.ground("counter").apply(ssb.Current(-current, into="anode"))
    step = p.duration / 8
    result = model.run(p.duration, first_step=step, largest_step=step, quiet=True, dry_run=p.dry_run)
    return result["time [s]"], result["max plated thickness [m]"]


def focusing(ratio):
    """1/N of a half-spheroid `ratio` times as high as its radius."""
    e = np.sqrt(1 - ratio**-2)
    return e**2 / ((1 - e**2) * (np.arctanh(e) / e - 1))


speeds = (p.fast, p.slow)
grown = {speed: plate(speed * F / volume) for speed in speeds}
folder = output_folder(p.output or "results/a9_tip_current", mesh.comm)
if mesh.comm.rank == 0:
    figure = Figure(figsize=(5, 3.5), layout="constrained")
    axes = figure.subplots()
    for speed, (time, height) in grown.items():
        current = speed * F / volume
        reference = f"published {published[speed] / A_cm2:.1f}" if speed in published else "vF/Ω"
        needle = brentq(lambda r, c=current: focusing(r) - c / p.nominal, 1.01, 1e5)
        print(
            f"{speed / um:4.1f} µm/s: {current / A_cm2:.2f} A/cm² ({reference}); plated with that "
            f"{height[-1] / time[-1] / um:.3f} µm/s; {current / p.nominal:.0f} times the average, "
            f"as a needle {needle:.0f} times as high as its radius"
        )
        axes.plot(time / ms, speed * time / um, "k:")
        axes.plot(time / ms, height / um, "o", label=f"plated at {current / A_cm2:.2f} A/cm²")
    axes.set(xlabel="time [ms]", ylabel="metal grown [µm]", title="dotted: growth as seen")
    axes.legend()
    figure.savefig(folder / "growth.png", dpi=150)
