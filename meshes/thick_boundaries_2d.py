"""Grain boundaries 0.15 µm thick: a region of their own between the grains and up to the electrode.

    ./fenicsx python3 meshes/thick_boundaries_2d.py            meshes/thick_boundaries_2d.png and the numbers

One cell across; here thick enough to be seen.
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import um


def stack():
    """The layers."""
    s = ssb.Stack(width=10 * um)
    boundaries = ssb.GrainBoundaries(thickness=0.15 * um, material="LiPON")
    s.layer("anode", "Li", thickness=2 * um)
    s.layer("separator", "LLZO", thickness=8 * um, grains=ssb.Voronoi(20, seed=3), grain_boundaries=boundaries)
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=0.4 * um)


if __name__ == "__main__":
    from picture import draw

    cell = mesh(MPI.COMM_SELF)
    draw(cell, "meshes/thick_boundaries_2d.png")
    print(f"{cell.volume('separator boundaries') / cell.volume():.4f} of the volume", cell.quality())
