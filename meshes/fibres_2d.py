"""Ceramic fibres in a polymer, crossing each other.

./fenicsx python3 meshes/fibres_2d.py                meshes/fibres_2d.png and the numbers
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import um


def stack():
    """The layer."""
    s = ssb.Stack(width=30 * um)
    fibres, matrix = ssb.Phase("fibres", "LLZO", fraction=0.25), ssb.Phase("matrix", "PEO-LiTFSI")
    s.layer("separator", ssb.FibreNetwork(fibres, matrix, length=14 * um, width=1 * um, seed=3), thickness=30 * um)
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=1 * um)


if __name__ == "__main__":
    from picture import draw

    cell = mesh(MPI.COMM_SELF)
    draw(cell, "meshes/fibres_2d.png")
    print(cell.volume("fibres") / cell.volume(), cell.quality())
