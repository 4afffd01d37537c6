"""A penny-shaped crack at an angle across the grains of an electrolyte, and half a one that begins at the lithium.

    ./fenicsx python3 meshes/cracks_3d.py            meshes/cracks_3d.png and the numbers

The picture shows the meshes of the cracks' faces; their areas are those of the discs to rounding.
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import um


def stack():
    """The layers."""
    s = ssb.Stack(width=10 * um, dim=3)
    s.layer("anode", "Li", thickness=3 * um)
    s.layer("separator", "LLZO", thickness=8 * um, grains=ssb.Voronoi(25, seed=4))
    s.crack("inner", ssb.Penny((6 * um, 5 * um, 8 * um), radius=2 * um, angles=(0, 35, 0)), tip_size=0.25 * um)
    half = ssb.Penny((3 * um, 5 * um, 3 * um), radius=1.5 * um, angles=(0, 90, 0))
    s.crack("flaw", half, tip_size=0.25 * um, layer="separator")
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=1.5 * um)


if __name__ == "__main__":
    from math import pi

    from matplotlib.figure import Figure
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    from fem_ssb.mesh.measure import vertices

    cell = mesh(MPI.COMM_SELF)
    figure = Figure(figsize=(6.0, 5.0), layout="constrained")
    axes = figure.add_subplot(projection="3d")
    for name, colour in (("inner", "0.8"), ("flaw", "indianred")):
        triangles = vertices(cell.domain, 2, cell.boundary(name)) / um
        axes.add_collection3d(Poly3DCollection(triangles, facecolor=colour, edgecolor="black", linewidth=0.3))
    axes.set(xlim=(0, 10), ylim=(0, 10), zlim=(0, 11), box_aspect=(10, 10, 11))
    axes.set(xlabel="x (µm)", ylabel="y (µm)", zlabel="z (µm)")
    figure.savefig("meshes/cracks_3d.png", dpi=110)
    areas = cell.area("inner") / (2 * pi * (2 * um) ** 2) - 1, cell.area("flaw") / (pi * (1.5 * um) ** 2) - 1
    print("areas over closed form − 1:", *areas, cell.quality())
