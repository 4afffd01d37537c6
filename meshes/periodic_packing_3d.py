"""Balls of a filler in a polymer, periodic in x, y and z.

./fenicsx python3 meshes/periodic_packing_3d.py    meshes/periodic_packing_3d.png and the numbers
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.analysis import volume_fractions
from fem_ssb.units import um


def stack():
    """One layer."""
    s = ssb.Stack(width=10 * um, dim=3, periodic=("x", "y", "z"))
    filler = ssb.Phase("filler", "LLZO", fraction=0.3, diameter=4 * um, spread=0.2)
    s.layer("separator", ssb.Packing(filler, ssb.Phase("polymer", "PEO-LiTFSI")), thickness=10 * um)
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=um)


if __name__ == "__main__":
    from picture import draw_surfaces

    cell = mesh(MPI.COMM_SELF)
    draw_surfaces(cell, ["filler|polymer"], "meshes/periodic_packing_3d.png")
    print(len(cell.grains("filler")), "balls", volume_fractions(cell, ["filler", "polymer"]), cell.quality())
