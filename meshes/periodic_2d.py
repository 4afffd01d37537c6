"""Grains that go through the faces of a box, periodic in x and y.

    ./fenicsx python3 meshes/periodic_2d.py            meshes/periodic_2d.png and the numbers

What leaves the box at one face comes in at the other, and so does the mesh.
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import um


def stack():
    """One layer."""
    s = ssb.Stack(width=20 * um, periodic=("x", "y"))
    s.layer("separator", "LLZO", thickness=20 * um, grains=ssb.Laguerre(40, seed=3, spread=0.3))
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=0.7 * um)


if __name__ == "__main__":
    from picture import draw

    cell = mesh(MPI.COMM_SELF)
    draw(cell, "meshes/periodic_2d.png")
    print(f"{len(cell.grains('separator'))} grains", cell.quality())
