"""Composite cathode in 3D: round particles pressed together, joined by necks where they touch.

./fenicsx python3 meshes/touching_particles_3d.py    meshes/touching_particles_3d.png and the numbers
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.analysis import percolation, volume_fractions
from fem_ssb.units import um


def stack():
    """The layers."""
    s = ssb.Stack(width=9 * um, dim=3)
    active = ssb.Phase("active", "NMC811", fraction=0.5, diameter=4 * um, spread=0.2)
    cathode = ssb.Packing(active, ssb.Phase("electrolyte", "Li6PS5Cl"), contact=0.1, seed=4)
    s.layer("cathode", cathode, thickness=9 * um)
    s.layer("collector", "Al", thickness=um)
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=um)


if __name__ == "__main__":
    from picture import draw_surfaces

    cell = mesh(MPI.COMM_SELF)
    draw_surfaces(cell, ["active|electrolyte", "active|active"], "meshes/touching_particles_3d.png")
    print(volume_fractions(cell, ["active", "electrolyte"]), cell.quality())
    print("where electrons get:", percolation(cell, ("collector", "active"), "collector").fractions)
