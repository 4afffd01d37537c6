"""Composite cathode: active particles pressed together, half of their free surface coated, carbon in the necks.

    ./fenicsx python3 meshes/composite_cathode_2d.py     meshes/composite_cathode_2d.png and the numbers

Electrons reach the active material through particles that touch, ions through the electrolyte that is not cut off.
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.analysis import percolation, volume_fractions
from fem_ssb.units import nm, um


def stack():
    """The layers."""
    s = ssb.Stack(width=25 * um)
    s.layer("separator", "Li6PS5Cl", thickness=4 * um)
    cathode = ssb.Packing(
        ssb.Phase("active", "NMC811", fraction=0.5, diameter=4 * um, spread=0.25),
        ssb.Phase("electrolyte", "Li6PS5Cl"),
        contact=0.06,
        coat=ssb.Coat("coat", "LiNbO3", thickness=200 * nm, coverage=0.5),
        binder=ssb.Binder("carbon", "carbon-binder", fraction=0.03),
        seed=5,
    )
    s.layer("cathode", cathode, thickness=25 * um)
    s.layer("collector", "Al", thickness=2 * um)
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=0.8 * um)


if __name__ == "__main__":
    from picture import draw

    cell = mesh(MPI.COMM_SELF)
    draw(cell, "meshes/composite_cathode_2d.png")
    print(volume_fractions(cell, ["active", "electrolyte", "coat", "carbon"]), cell.quality())
    print("where electrons get:", percolation(cell, ("collector", "active", "carbon"), "collector").fractions)
    print("where ions get:", percolation(cell, ("separator", "electrolyte"), "separator").fractions)
