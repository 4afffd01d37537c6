"""Grains that grow from 1 to 4 times their diameter through the thickness.

    ./fenicsx python3 meshes/gradient_2d.py            meshes/gradient_2d.png and the numbers

As after sintering with a hot side; stretch=0.5 would flatten them as well.
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import um


def stack():
    """The layers."""
    s = ssb.Stack(width=20 * um)
    s.layer("separator", "LLZO", thickness=30 * um, grains=ssb.Laguerre(250, seed=5, spread=0.25, gradient=4.0))
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=0.6 * um)


if __name__ == "__main__":
    stack().plot("meshes/gradient_2d.png")
    for name, layer in stack().summary(0.6 * um)["layers"].items():
        print(name, {key: value for key, value in layer.items() if key != "diameters"})
    print(mesh(MPI.COMM_WORLD).summary()["quality"])
