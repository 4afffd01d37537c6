"""Pores on grain boundaries in one layer, at triple junctions in the other.

    ./fenicsx python3 meshes/boundary_pores_2d.py            meshes/boundary_pores_2d.png and the numbers

The realised porosity is the asked one within 2 %.
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import um


def stack():
    """The layers."""
    s = ssb.Stack(width=24 * um)
    for name, place in (("lower", "boundaries"), ("upper", "junctions")):
        pores = ssb.Pores(fraction=0.03, radius=0.4 * um, seed=1, place=place)
        s.layer(name, "LLZO", thickness=12 * um, grains=ssb.Voronoi(40, seed=4), pores=pores)
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=0.5 * um)


if __name__ == "__main__":
    from picture import draw

    cell = mesh(MPI.COMM_SELF)
    draw(cell, "meshes/boundary_pores_2d.png")
    print("porosity", cell.porosity, cell.quality())
