"""A scratch in the electrolyte's face on the lithium, a notch across its other face, and a crack through both layers.

    ./fenicsx python3 meshes/flaws_3d.py            meshes/flaws_3d.png and the numbers

The picture shows the grooves' walls, with the bare lithium across the mouth of the scratch, and the crack's faces.
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import um

SCRATCH = ssb.Groove((2.5 * um, 5 * um, 2 * um), (7.5 * um, 5.5 * um, 2 * um), 1.2 * um, (0, 0, 0.8 * um))
NOTCH = ssb.Groove((5 * um, 0, 8 * um), (5 * um, 8 * um, 8 * um), 1.5 * um, (0, 0, -2 * um), tip="sharp")
CRACK = ssb.Penny((5 * um, 2 * um, 2.2 * um), 1.5 * um, angles=(70, 0, 20))


def stack():
    """The layers."""
    s = ssb.Stack(width=10 * um, depth=8 * um, dim=3)
    s.layer("anode", "Li", thickness=2 * um)
    s.layer("separator", "LLZO", thickness=6 * um, grains=ssb.Voronoi(25, seed=4))
    s.crack("scratch", SCRATCH, tip_size=0.3 * um)
    s.crack("notch", NOTCH, tip_size=0.4 * um)
    s.crack("crack", CRACK, tip_size=0.3 * um, layer=("anode", "separator"))
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=1.5 * um)


if __name__ == "__main__":
    from math import pi

    from picture import draw_surfaces

    cell = mesh(MPI.COMM_SELF)
    draw_surfaces(cell, ["scratch", "notch", "crack"], "meshes/flaws_3d.png")
    across = NOTCH.half * NOTCH.deep * NOTCH.length  # its rounded ends are outside of the stack
    print("volume of the grooves over closed form − 1:", (640 * um**3 - cell.volume()) / (across + SCRATCH.volume) - 1)
    print("area of the crack over closed form − 1:", cell.area("crack") / (2 * pi * CRACK.radius**2) - 1)
    print(cell.quality())
