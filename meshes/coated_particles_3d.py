"""Composite cathode in 3D: particles that touch, with a coat of finite thickness and binder in the narrowest gaps.

./fenicsx python3 meshes/coated_particles_3d.py    meshes/coated_particles_3d.png and the numbers
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.analysis import volume_fractions
from fem_ssb.units import nm, um

COATINGS = ("coat",)
LEAST = 0.03  # gamma: what ends a coat in the matrix and the binder is as thin as it, 0.06 of their edges


def stack():
    """The layers."""
    s = ssb.Stack(width=6 * um, dim=3)
    cathode = ssb.Packing(
        ssb.Phase("active", "NMC811", fraction=0.4, diameter=3 * um, spread=0.2),
        ssb.Phase("electrolyte", "Li6PS5Cl"),
        contact=0.1,
        coat=ssb.Coat("coat", "LiNbO3", thickness=60 * nm, coverage=0.7),
        binder=ssb.Binder("carbon", "carbon-binder", fraction=0.04),
        seed=1,
    )
    s.layer("cathode", cathode, thickness=6 * um)
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=um)


if __name__ == "__main__":
    from picture import draw_surfaces

    cell = mesh(MPI.COMM_SELF)
    names = ["active|electrolyte", "active|coat", "electrolyte|carbon"]
    found = [name for name in cell.interfaces if {*name.split("|")} in [{*n.split("|")} for n in names]]
    draw_surfaces(cell, found, "meshes/coated_particles_3d.png")
    print(volume_fractions(cell, ["active", "electrolyte", "coat", "carbon"]), cell.quality(without=COATINGS))
