"""Balls at the junctions of 40 grains, 4 % of the volume, of a log-normal size distribution.

    ./fenicsx python3 meshes/junction_pores_3d.py            meshes/junction_pores_3d.png and the numbers

The picture shows the pores' walls, shaded by height, and where grain boundaries end at them; the realised porosity is
printed beside the asked.
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import um

POROSITY = 0.04


def stack():
    """The layers."""
    s = ssb.Stack(width=10 * um, dim=3)
    pores = ssb.Pores(POROSITY, radius=0.8 * um, place="junctions", spread=0.25, seed=1)
    s.layer("separator", "LLZO", thickness=10 * um, grains=ssb.Voronoi(40, seed=3), pores=pores)
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=1.0 * um)


if __name__ == "__main__":
    from picture import draw_surfaces

    cell = mesh(MPI.COMM_SELF)
    draw_surfaces(cell, ["pores"], "meshes/junction_pores_3d.png", faint="separator|separator")
    print(f"porosity {cell.porosity['separator']:.5f}, asked {POROSITY}", cell.quality())
