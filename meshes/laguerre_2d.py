"""Grains of a log-normal size distribution between two electrodes.

    ./fenicsx python3 meshes/laguerre_2d.py            meshes/laguerre_2d.png and the numbers

Mean equivalent diameter 4 µm, spread (standard deviation over mean) 0.45: the count follows from both.
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import um


def stack():
    """The layers."""
    width, thickness, spread = 30 * um, 40 * um, 0.45
    count = ssb.grain_count(4 * um, spread, width * thickness, dim=2)
    s = ssb.Stack(width=width)
    s.layer("anode", "Li", thickness=8 * um)
    s.layer("separator", "LLZO", thickness=thickness, grains=ssb.Laguerre(count, seed=3, spread=spread))
    s.layer("counter", "Li", thickness=8 * um)
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=0.8 * um)


if __name__ == "__main__":
    stack().plot("meshes/laguerre_2d.png")
    for name, layer in stack().summary(0.8 * um)["layers"].items():
        print(name, {key: value for key, value in layer.items() if key != "diameters"})
    print(mesh(MPI.COMM_WORLD).summary()["quality"])
