"""An ellipsoid of carbon at an angle in lithium under a polycrystal.

    ./fenicsx python3 meshes/inclusion_3d.py            meshes/inclusion_3d.png and the numbers

The picture shows the ellipsoid's surface mesh; its volume is 4π/3 abc to rounding.
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import um


def stack():
    """The layers."""
    s = ssb.Stack(width=10 * um, dim=3)
    s.layer("anode", "Li", thickness=5 * um)
    s.layer("separator", "LLZO", thickness=5 * um, grains=ssb.Voronoi(20, seed=3))
    body = ssb.Ellipsoid((5 * um, 5 * um, 2.5 * um), radii=(3 * um, 1.2 * um, 0.8 * um), angles=(0, 25, 40))
    s.inclusion("anode", "body", "carbon-binder", body)
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=0.8 * um)


if __name__ == "__main__":
    from matplotlib.figure import Figure
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    from fem_ssb.mesh.measure import vertices

    cell = mesh(MPI.COMM_SELF)
    triangles = vertices(cell.domain, 2, cell.interface("anode|body").facets) / um
    figure = Figure(figsize=(6.0, 5.0), layout="constrained")
    axes = figure.add_subplot(projection="3d")
    axes.add_collection3d(Poly3DCollection(triangles, facecolor="0.75", edgecolor="black", linewidth=0.4))
    axes.set(xlim=(0, 10), ylim=(0, 10), zlim=(0, 5), box_aspect=(10, 10, 5))
    axes.set(xlabel="x (µm)", ylabel="y (µm)", zlabel="z (µm)")
    figure.savefig("meshes/inclusion_3d.png", dpi=110)
    print("volume", cell.volume("body") / stack().inclusions[0].shape.volume - 1, cell.quality())
