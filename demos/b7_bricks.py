"""B7: lithium in a crack of a brick-and-mortar electrolyte: weak mortar turns it aside, and it crosses by the joints.

    python3 demos/b7_bricks.py                                       results/b7_bricks/, two minutes
    python3 demos/b7_bricks.py --set mortar=0.5                      tougher mortar

A wall of LATP, 6 × 3.75 µm, a filament every 6 µm of a wide separator: its sides are planes of symmetry, foot and top
slide on the electrodes. Bricks lie in a mortar of their own toughness, and of 0.2 of it; a notch at the foot is full of
lithium. The energy of the crack is prescribed, the pressure follows. Printed when the crack is through: its length over
the height of the wall, and its energy per height beside the toughness of the bricks. Yuan et al. report that bricks
divert filaments; a joint at right angles deflects a crack up to 0.26 of the bricks' toughness (He and Hutchinson).
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.analysis import crack_path
from fem_ssb.units import MPa, um

p = ssb.parameters(
    width=6 * um, height=3.75 * um, notch=0.7 * um, place=3.3 * um, mortar=0.2, toughness=10.0, length=0.2 * um,
)  # fmt: skip
foot = (p.place, 0.0)


def latp(share):
    """LATP of a share of its toughness."""
    return ssb.Material("LATP", toughness=share * p.toughness)


def crossed(share):
    """(way to 95 % of the height (n, 2) [m], energy of the crack [J/m], largest pressure [Pa]) with such mortar."""
    bricks, mortar = ssb.Phase("bricks", latp(1.0)), ssb.Phase("mortar", latp(share))
    wall = ssb.Bricks(bricks, mortar, length=1.7 * um, thickness=0.95 * um, joint=0.3 * um, overlap=0.3)
    stack = ssb.Stack(width=p.width)
    stack.layer("wall", wall, thickness=p.height)
    fracture = ssb.Fracture(p.length, mesh_corrected=True, initial=ssb.Slit([foot, (p.place, p.notch)]))
    physics = [ssb.Elasticity(degree=1, residual_stiffness=1e-6), fracture, ssb.CrackPressure(lambda x, t: t)]
    mesh = stack.mesh(MPI.COMM_WORLD, size=p.length / 2)
    model = ssb.Model(mesh, physics, damage_tolerance=1e-2, largest_sweeps=150)
    for side, axis in (("left", 0), ("right", 0), ("bottom", 1), ("top", 1)):
        model.apply(ssb.Fixed("displacement", side, 0.0, component=axis))
    control, largest = ssb.CrackControl(model, 1 * MPa), 0.0
    first = control.work
    for pressure in control.follow(first + 2 * p.toughness * p.height, largest=p.toughness * p.length):
        points, largest = crack_path(model.state, foot, p.length, toward=(0, 1)).points, max(largest, pressure)
        through = points[:, 1] > 0.95 * p.height
        if through.any():
            return points[: np.argmax(through) + 1], control.work - first, largest
    raise RuntimeError("the crack has not come through, of which it had twice the energy: see where it goes")


for share, colour in ((1.0, "C0"), (p.mortar, "C3")):
    way, energy, pressure = crossed(share)
    if MPI.COMM_WORLD.rank == 0:
        height = np.ptp(way[:, 1])
        tortuosity, cost = np.hypot(*np.diff(way, axis=0).T).sum() / height, energy / (height - p.notch)
        print(f"mortar {share:g} as tough: way over height {tortuosity:.2f}, largest pressure {pressure / MPa:.0f} MPa")
        print(f"   {cost:.1f} J/m² of height, toughness of the bricks {p.toughness:.1f} J/m²")
        plt.plot(*(way.T / um), colour, label=f"mortar {share:g} as tough")
if MPI.COMM_WORLD.rank == 0:
    for level in np.arange(4) * 1.25:  # middles of the joints: beds, and heads that every row shifts by 0.6 µm
        plt.axhline(level, color="0.8", zorder=0)
        heads = (0.6 * level / 1.25 + 2 * np.arange(4)) % 6
        plt.vlines(heads, level, min(level + 1.25, p.height / um), color="0.8", zorder=0)
    plt.gca().set(aspect="equal", xlabel="µm", ylabel="µm", xlim=(0, p.width / um), ylim=(0, p.height / um))
    plt.legend()
    folder = Path(p.output or "results/b7_bricks")
    folder.mkdir(parents=True, exist_ok=True)
    plt.savefig(folder / "ways.png", dpi=150)
