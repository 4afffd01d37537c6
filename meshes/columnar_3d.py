"""A sputtered film: columns from the substrate to the top, on a polycrystal.

    ./fenicsx python3 meshes/columnar_3d.py            meshes/columnar_3d.png and the numbers

Two layers of grains touch: their common plane is the overlay of both tessellations.
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import um


def stack():
    """The layers."""
    s = ssb.Stack(width=8 * um, dim=3)
    s.layer("electrolyte", "LLZO", thickness=5 * um, grains=ssb.Voronoi(30, seed=4))
    s.layer("film", "LiPON", thickness=2 * um, grains=ssb.Voronoi(25, seed=2, shape="columnar"))
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=0.6 * um)


if __name__ == "__main__":
    stack().plot("meshes/columnar_3d.png")
    for name, layer in stack().summary(0.6 * um)["layers"].items():
        print(name, {key: value for key, value in layer.items() if key != "diameters"})
    print(mesh(MPI.COMM_WORLD).summary()["quality"])
