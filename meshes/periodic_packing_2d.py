"""Touching particles of a composite cathode, periodic in x and y.

    ./fenicsx python3 meshes/periodic_packing_2d.py    meshes/periodic_packing_2d.png and the numbers

What a face cuts off a particle comes in again at the opposite one; it is one grain.
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.analysis import volume_fractions
from fem_ssb.units import um


def stack():
    """One layer."""
    s = ssb.Stack(width=20 * um, periodic=("x", "y"))
    active = ssb.Phase("active", "NMC811", fraction=0.6, diameter=4 * um, spread=0.25)
    s.layer("cathode", ssb.Packing(active, ssb.Phase("electrolyte", "Li6PS5Cl"), contact=0.05, seed=2), 20 * um)
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=0.7 * um)


if __name__ == "__main__":
    from picture import draw

    cell = mesh(MPI.COMM_SELF)
    draw(cell, "meshes/periodic_packing_2d.png")
    print(len(cell.grains("active")), "particles", volume_fractions(cell, ["active", "electrolyte"]), cell.quality())
