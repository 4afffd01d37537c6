"""B7: layers of an electrolyte that are joined weakly stop a crack and turn it aside.

    python3 demos/b7_multilayer.py                                   results/b7_multilayer/, half a minute
    python3 demos/b7_multilayer.py --set joint=0.2                   tougher joints, which the crack goes through

Three layers of LATP, 1.5 µm each, with joints of 0.3 µm that have 0.1 of their toughness; the sheet is pulled open from
below like a wedge. Printed beside the sheet without weak joints: how high the crack has come under the same load, and
over what width it has spread. Hu et al. report that cracks deflect at the interfaces of layers.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.analysis import crack_path
from fem_ssb.units import um

p = ssb.parameters(width=8 * um, layer=1.5 * um, thickness=0.3 * um, joint=0.1, toughness=10.0, length=0.15 * um)
height, middle = 3 * p.layer + 2 * p.thickness, p.width / 2


def cracked(joint):
    """The state under the last load, of joints with this share of the layers' toughness."""
    stack = ssb.Stack(width=p.width)
    for k in range(3):
        stack.layer(f"layer {k}", ssb.Material("LATP", toughness=p.toughness), thickness=p.layer)
        if k < 2:
            weak = ssb.Material("LATP", toughness=joint * p.toughness)
            stack.layer(f"joint {k}", weak, thickness=p.thickness)
    notch = ssb.Slit([(middle, 0.0), (middle, 0.7 * um)])
    physics = [
        ssb.Elasticity(degree=1, split="none"),
        ssb.Fracture(p.length, "AT1", mesh_corrected=True, initial=notch),
    ]
    model = ssb.Model(stack.mesh(MPI.COMM_WORLD, size=p.length / 2), physics, damage_tolerance=1e-2, largest_sweeps=500)
    for side, sign in (("left", -1), ("right", 1)):
        model.apply(
            ssb.Moved(side, lambda x, t, sign=sign: np.array([sign * t * (1 - x[1] / (1.1 * height)), 0 * x[0]]))
        )
    for model.state.time.value in np.array([0.02, 0.025, 0.035, 0.045, 0.06]) * um:
        model.solve()
        model.state.accept()
    return model.state


figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True, layout="constrained")
for ax, joint in zip(axes, (1.0, p.joint), strict=True):
    state = cracked(joint)
    ways = [crack_path(state, (middle, 0.0), p.length, toward=way) for way in ((0, 1), (-1, 0), (1, 0))]
    up, left, right = (way.points[-1] for way in ways)
    if MPI.COMM_WORLD.rank == 0:
        print(f"joints {joint:g} as tough: {up[1] / um:.2f} µm high, {(right[0] - left[0]) / um:.2f} µm across")
    for way in ways:
        ax.plot(*(way.points.T / um), "k-")
    for k in (1, 2):
        ax.axhspan(*(np.array([k * p.layer + (k - 1) * p.thickness, k * (p.layer + p.thickness)]) / um), alpha=0.2)
    ax.set(title=f"joints {joint:g} as tough", xlabel="µm", xlim=(0, p.width / um), ylim=(0, height / um))
if MPI.COMM_WORLD.rank == 0:
    folder = Path(p.output or "results/b7_multilayer")
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "cracks.png", dpi=150)
