"""A lithium wire through a polycrystal, a penny of a second phase at an angle, and lithium that has lost contact.

    ./fenicsx python3 meshes/wire_3d.py            meshes/wire_3d.png and the numbers

The wire ends at two grains and crosses others; the grains it cuts in two are two grains. The discs on the electrode are
voids: contact is lost over 20 % of it.
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import um

COVERAGE = 0.2
WIRE = ssb.Filament([(2 * um, 2 * um, 4.5 * um), (4 * um, 4 * um, 6.5 * um), (8 * um, 5 * um, 8 * um)], 0.5 * um)
PENNY = ssb.Spheroid((3 * um, 7 * um, 6.5 * um), radius=1.8 * um, thickness=0.5 * um, normal=(1, -1, 2))


def stack():
    """The layers."""
    s = ssb.Stack(width=10 * um, dim=3)
    s.layer("anode", "Li", thickness=2 * um)
    s.layer("separator", "LLZO", thickness=8 * um, grains=ssb.Voronoi(40, seed=3))
    s.voids("anode|separator", ssb.Voids(depth=0.5 * um, coverage=COVERAGE, width=2 * um, seed=2))
    s.inclusion("separator", "wire", "Li", WIRE)
    s.inclusion("separator", "penny", "Li3PO4", PENNY)
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=1.0 * um)


if __name__ == "__main__":
    from picture import draw_surfaces

    cell = mesh(MPI.COMM_SELF)
    shown = ["separator|wire", "separator|penny", "voids"]
    draw_surfaces(cell, shown, "meshes/wire_3d.png", faint="separator|separator")
    for name, shape in (("wire", WIRE), ("penny", PENNY)):
        print(f"{name}: volume {cell.volume(name) / shape.volume - 1:+.1e} off 4π/3 abc or that of the wire")
    print(f"contact {cell.area('anode|separator') / (10 * um) ** 2:.4f} of the interface", cell.quality())
