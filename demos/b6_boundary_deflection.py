"""B6: when a crack follows a grain boundary: energy of a small kink along it over that of one straight on.

    python3 demos/b6_boundary_deflection.py                          results/b6_boundary_deflection/, some seconds
    python3 demos/b6_boundary_deflection.py --set kink=0.02

A square of LLZO, 20 µm wide, with a crack to its middle that has gone on by a kink of 0.05 half-widths, at angles up to
90°; its edges but the left move as a long crack in tension would. Printed: G_d/G_p, beside He and Hutchinson's 0.26 at
90° (for a kink of no length). A boundary with less than this share of the grain's toughness is followed, one with more
is crossed.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.analysis import CrackTip, williams
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.units import GPa, um

p = ssb.parameters(half=10 * um, kink=0.05, young=150 * GPa, poisson=0.26, toughness=8.0)
llzo = ssb.Material("LLZO", stiffness=IsotropicStiffness(p.young, p.poisson), toughness=p.toughness)
K = np.sqrt(p.young / (1 - p.poisson**2) * p.toughness)
middle = (p.half, p.half)


def released(angle):
    """Energy release rate [J/m²] at the end of a kink at an angle [rad], at Griffith's load of the straight crack."""
    length = p.kink * p.half
    direction = np.array([np.cos(angle), np.sin(angle)])
    end = middle + length * direction
    stack = ssb.Stack(width=2 * p.half)
    stack.layer("grain", llzo, thickness=2 * p.half)
    stack.crack("crack", ssb.Slit([(0.0, p.half), middle, tuple(end)]), tip_size=length / 24)
    model = ssb.Model(stack.mesh(MPI.COMM_WORLD, size=p.half / 10), [ssb.Elasticity(degree=2)])
    for side in ("top", "bottom", "right"):
        model.apply(ssb.Moved(side, lambda x, t: williams(x, middle, p.young, p.poisson, (K, 0.0))))
    return CrackTip(model.solve(), "grain", direction, 0.3 * length, 0.8 * length).j(end)


angles = np.radians([0, 30, 60, 90])
energies = np.array([released(angle) for angle in angles])
share = energies / energies[0]
if MPI.COMM_WORLD.rank == 0:
    for angle, value in zip(np.degrees(angles), share, strict=True):
        print(f"boundary at {angle:.0f}°: followed below G_i/G_c = {value:.3f}")
    print("He and Hutchinson at 90°, for a kink of no length: 0.26")
    plt.plot(np.degrees(angles), share, "o-", label=f"kink of {p.kink:g} half-widths")
    plt.plot(90, 0.26, "kx", label="He and Hutchinson (1989)")
    plt.xlabel("angle of the boundary to the crack / °")
    plt.ylabel("G_i/G_c below which the boundary is followed")
    plt.ylim(0, 1.05)
    plt.legend()
    folder = Path(p.output or "results/b6_boundary_deflection")
    folder.mkdir(parents=True, exist_ok=True)
    plt.savefig(folder / "deflection.png", dpi=150)
