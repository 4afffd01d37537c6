"""A lithium needle, a bent filament and a ball of another electrolyte across the grains of a polycrystal.

    ./fenicsx python3 meshes/inclusions_2d.py            meshes/inclusions_2d.png and the numbers

Areas are those of the ellipse, the disc and the strip to rounding.
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import um


def stack():
    """The layers."""
    s = ssb.Stack(width=20 * um)
    s.layer("anode", "Li", thickness=4 * um)
    s.layer("separator", "LLZO", thickness=16 * um, grains=ssb.Voronoi(60, seed=3))
    s.inclusion("separator", "needle", "Li", ssb.Ellipse((6 * um, 12 * um), radii=(5 * um, 0.8 * um), angle=60))
    s.inclusion("separator", "ball", "LPSCl", ssb.Disc((14 * um, 14 * um), radius=3 * um))
    bent = [(11 * um, 5 * um), (12 * um, 8 * um), (15 * um, 9.5 * um), (18 * um, 8 * um)]
    s.inclusion("separator", "filament", "Li", ssb.Filament(bent, radius=0.3 * um))
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=0.4 * um)


if __name__ == "__main__":
    from picture import draw

    cell = mesh(MPI.COMM_SELF)
    draw(cell, "meshes/inclusions_2d.png")
    for body in stack().inclusions:
        print(body.name, cell.volume(body.name) / body.shape.volume - 1, cell.quality())
