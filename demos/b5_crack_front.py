"""B5: a penny-shaped flaw in LLZO, at an angle to the tension: K_I, K_II, K_III along its front, and where it grows.

    python3 demos/b5_crack_front.py                  results/b5_crack_front/front.png, half a minute
    python3 demos/b5_crack_front.py --set angle=60   steeper (degrees; 0 is across the tension)

The front is found in the mesh, and at each place of it the interaction integral separates the three modes. In an
infinite body (Kassir & Sih, 1966) with σ_n and τ on the plane of the penny, φ from the direction of τ,

    K_I = 2σ_n √(a/π),   K_II = 4τ/(2 − ν) √(a/π) cos φ,   K_III = −4(1 − ν)τ/(2 − ν) √(a/π) sin φ.

Energy is released fastest where the shear points straight out of the penny or into it, φ = 0 and 180°. There the flaw
grows first, under σ K_IC/√(E'J).
"""

import numpy as np
from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.analysis import CrackFront
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.mesh import crack_fronts
from fem_ssb.output.folder import output_folder
from fem_ssb.units import MPa, MPa_sqrt_m, um

p = ssb.parameters(angle=30.0, radius=10 * um, tension=100 * MPa, toughness=1.0 * MPa_sqrt_m, tip=0.1, places=24)
young, poisson, a, width = 150e9, 0.26, p.radius, 12 * p.radius
llzo = ssb.Material("LLZO", stiffness=IsotropicStiffness(young, poisson))

stack = ssb.Stack(width=width, depth=width, dim=3)
stack.layer("body", llzo, thickness=width)
stack.crack("flaw", ssb.Penny((width / 2,) * 3, a, (0, p.angle, 0)), tip_size=p.tip * a)
model = ssb.Model(stack.mesh(MPI.COMM_WORLD, size=3 * a), [ssb.Elasticity(degree=2)])
model.apply(
    ssb.Fixed("displacement", "left", 0.0, component=0),
    ssb.Fixed("displacement", "front", 0.0, component=1),
    ssb.Fixed("displacement", "bottom", 0.0, component=2),
    ssb.Flux("displacement", "top", p.tension, component=2),
)
state = model.solve()
(front,) = crack_fronts(state.mesh, "flaw")
along = CrackFront(state, "body", front, inner=0.2 * a, outer=0.5 * a, places=p.places)
k, stiff = along.k(), young / (1 - poisson**2)
released = (k[:, 0] ** 2 + k[:, 1] ** 2) / stiff + k[:, 2] ** 2 * (1 + poisson) / young

turn = np.radians(p.angle)
normal, shear = p.tension * np.cos(turn) ** 2, p.tension * np.sin(turn) * np.cos(turn)
down = np.array([np.cos(turn), 0, -np.sin(turn)])  # of the penny's plane; the shear on it points the other way
cos, sin = -along.axes[:, 0] @ down, along.axes[:, 2] @ down
sheared = 4 * shear / (2 - poisson)
exact = np.stack([0 * cos + 2 * normal, sheared * cos, -(1 - poisson) * sheared * sin], axis=1) * np.sqrt(a / np.pi)
phi = np.degrees(np.arctan2(sin, cos))
order = np.argsort(phi)
folder = output_folder(p.output or "results/b5_crack_front", MPI.COMM_WORLD)
if MPI.COMM_WORLD.rank == 0:
    print("  φ [°]   K_I, exact      K_II, exact     K_III, exact [MPa√m]   J [J/m²]")
    for i in order[:: max(1, p.places // 12)]:
        pairs = "   ".join(f"{f:6.3f} {e:6.3f}" for f, e in zip(k[i] / MPa, exact[i] / MPa, strict=True))
        print(f"{phi[i]:7.0f}   {pairs}   {released[i]:15.3f}")
    bears = p.tension * p.toughness / np.sqrt(stiff * released.max())
    print(f"grows first at φ = {phi[released.argmax()]:.0f}°, under {bears / MPa:.0f} MPa")
    figure = Figure(figsize=(5.5, 3.8), layout="constrained")
    axes = figure.subplots()
    for mode, name in enumerate(("K_I", "K_II", "K_III")):
        axes.plot(phi[order], exact[order, mode] / MPa, f"C{mode}-", lw=1)
        axes.plot(phi[order], k[order, mode] / MPa, f"C{mode}o", ms=4, label=name)
    axes.set(xlabel="angle along the front (°); lines: closed form", ylabel="stress intensity (MPa√m)")
    axes.legend()
    figure.savefig(folder / "front.png", dpi=150)
