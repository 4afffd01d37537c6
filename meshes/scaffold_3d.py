"""Metal scaffold whose porosity rises from the collector to the separator; the pores are empty.

    ./fenicsx python3 meshes/scaffold_3d.py              meshes/scaffold_3d.png and the numbers

Pore walls are the boundary "pores". What no path of metal joins to the collector is listed as loose.
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.analysis import percolation
from fem_ssb.units import um


def stack():
    """The layers."""
    s = ssb.Stack(width=15 * um, dim=3)
    s.layer("collector", "Cu", thickness=2 * um)
    phases = [
        ssb.Phase("metal", "Cu", diameter=3 * um, spread=0.2),
        ssb.Phase("pore", None, fraction=ssb.Profile(0.2, 0.7), diameter=3 * um, spread=0.2),
    ]
    s.layer("scaffold", ssb.Mixture(phases, seed=1), thickness=15 * um)
    s.layer("separator", "LLZO", thickness=2 * um)
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=1.6 * um)


if __name__ == "__main__":
    stack().plot("meshes/scaffold_3d.png", size=1.6 * um)
    cell = mesh(MPI.COMM_WORLD)
    print("porosity", 1 - cell.volume("metal") / (15 * um) ** 3, cell.quality())
    print("loose metal", percolation(cell, "metal", "collector|metal").isolated)
