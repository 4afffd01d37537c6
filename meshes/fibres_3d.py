"""Straight fibres in 3D, laid at random within 40° of x, joined where they cross.

./fenicsx python3 meshes/fibres_3d.py    meshes/fibres_3d.png and the numbers
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.analysis import percolation, volume_fractions
from fem_ssb.units import um


def stack():
    """The layer."""
    s = ssb.Stack(width=12 * um, dim=3)
    fibres, matrix = ssb.Phase("fibres", "carbon-binder", fraction=0.12), ssb.Phase("matrix", "Li6PS5Cl")
    s.layer("cathode", ssb.FibreNetwork(fibres, matrix, length=12 * um, width=1.6 * um, scatter=40), thickness=8 * um)
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=um)


if __name__ == "__main__":
    from picture import draw_surfaces

    cell = mesh(MPI.COMM_SELF)
    draw_surfaces(cell, ["fibres|matrix"], "meshes/fibres_3d.png")
    print(volume_fractions(cell, ["fibres", "matrix"]), cell.quality())
    print("what spans from left to right:", percolation(cell, "fibres", ("left", "right")).fraction)
