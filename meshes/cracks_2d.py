"""Cracks in a polycrystal: a slit through a pore, an edge crack, a notch, a scratch that lithium fills.

    ./fenicsx python3 meshes/cracks_2d.py            meshes/cracks_2d.png and the numbers

Both faces of each crack are the boundary of its name; the cells are fine at their tips.
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import um


def stack():
    """The layers."""
    s = ssb.Stack(width=20 * um)
    pores = ssb.Pores(0.03, radius=0.7 * um)
    s.layer("anode", "Li", thickness=6 * um)
    s.layer("separator", "LLZO", thickness=14 * um, grains=ssb.Voronoi(40, seed=3), pores=pores)
    s.crack("slit", ssb.Slit([(4 * um, 10 * um), (9 * um, 13 * um), (11 * um, 12 * um)]), tip_size=0.05 * um)
    s.crack("edge", ssb.Slit([(20 * um, 15 * um), (16 * um, 14 * um)]), tip_size=0.05 * um)
    s.crack("notch", ssb.Notch((0, 17 * um), (4 * um, 17.5 * um), width=0.8 * um, tip="round"))
    s.crack("scratch", ssb.Notch((10 * um, 6 * um), (10.5 * um, 9 * um), 0.6 * um, tip="sharp"), fill="anode")
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=0.6 * um)


if __name__ == "__main__":
    from picture import draw

    cell = mesh(MPI.COMM_SELF)
    draw(cell, "meshes/cracks_2d.png")
    print({name: cell.area(name) / um for name in ("slit", "edge", "notch")}, cell.quality())
