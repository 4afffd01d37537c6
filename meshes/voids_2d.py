"""Lithium that has lost contact to a polycrystal over 45 % of the interface.

    ./fenicsx python3 meshes/voids_2d.py            meshes/voids_2d.png and the numbers

The voids' walls are the boundary "voids"; the coverage is exact.
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import um


def stack():
    """The layers."""
    s = ssb.Stack(width=20 * um)
    s.layer("anode", "Li", thickness=6 * um)
    s.layer("separator", "LLZO", thickness=14 * um, grains=ssb.Voronoi(40, seed=3))
    s.voids("anode|separator", ssb.Voids(depth=0.6 * um, coverage=0.45, width=1.5 * um, seed=1))
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=0.4 * um)


if __name__ == "__main__":
    from picture import draw

    cell = mesh(MPI.COMM_SELF)
    draw(cell, "meshes/voids_2d.png")
    print(f"contact {cell.area('anode|separator') / (20 * um):.4f} of the interface", cell.quality())
