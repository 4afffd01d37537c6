"""Ceramic platelets in a soft electrolyte, as in nacre.

./fenicsx python3 meshes/brick_and_mortar_2d.py      meshes/brick_and_mortar_2d.png and the numbers
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import um


def stack():
    """The layers."""
    s = ssb.Stack(width=30 * um)
    s.layer("anode", "Li", thickness=3 * um)
    bricks, mortar = ssb.Phase("bricks", "LLZO"), ssb.Phase("mortar", "PEO-LiTFSI")
    s.layer("separator", ssb.Bricks(bricks, mortar, 9 * um, 2 * um, joint=0.4 * um, overlap=0.4), thickness=20 * um)
    s.layer("counter", "Li", thickness=3 * um)
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=0.8 * um)


if __name__ == "__main__":
    from picture import draw

    cell = mesh(MPI.COMM_SELF)
    draw(cell, "meshes/brick_and_mortar_2d.png")
    print(cell.volume("bricks") / (cell.volume("bricks") + cell.volume("mortar")), cell.quality())
