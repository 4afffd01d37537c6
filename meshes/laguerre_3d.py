"""A cube of 200 grains of a log-normal size distribution.

    ./fenicsx python3 meshes/laguerre_3d.py            meshes/laguerre_3d.png and the numbers

Short edges are removed; every cell has a gamma of at least 0.1.
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import um


def stack():
    """The layers."""
    s = ssb.Stack(width=20 * um, dim=3)
    s.layer("separator", "LLZO", thickness=20 * um, grains=ssb.Laguerre(200, seed=1, spread=0.4))
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=1.2 * um)


if __name__ == "__main__":
    stack().plot("meshes/laguerre_3d.png")
    for name, layer in stack().summary(1.2 * um)["layers"].items():
        print(name, {key: value for key, value in layer.items() if key != "diameters"})
    print(mesh(MPI.COMM_WORLD).summary()["quality"])
