"""Pores of a log-normal size distribution inside grains.

    ./fenicsx python3 meshes/porous_2d.py            meshes/porous_2d.png and the numbers

The realised porosity is the asked one within 1 %.
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import um


def stack():
    """The layers."""
    s = ssb.Stack(width=30 * um)
    pores = ssb.Pores(fraction=0.08, radius=0.6 * um, spread=0.35, seed=2, smallest=0.2 * um)
    s.layer("separator", "LLZO", thickness=30 * um, grains=ssb.Voronoi(60, seed=2), pores=pores)
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=0.6 * um)


if __name__ == "__main__":
    stack().plot("meshes/porous_2d.png")
    for name, layer in stack().summary(0.6 * um)["layers"].items():
        print(name, {key: value for key, value in layer.items() if key != "diameters"})
    print(mesh(MPI.COMM_WORLD).summary()["quality"])
