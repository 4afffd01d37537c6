"""A rough interface between lithium and a polycrystal.

    ./fenicsx python3 meshes/rough_interface_2d.py            meshes/rough_interface_2d.png and the numbers

A Gaussian surface of 0.4 µm root mean square height and 3 µm correlation length; the mesh conforms on both sides.
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import um


def stack():
    """The layers."""
    s = ssb.Stack(width=20 * um)
    s.layer("anode", "Li", thickness=6 * um)
    s.layer("separator", "LLZO", thickness=14 * um, grains=ssb.Voronoi(40, seed=3))
    s.roughen("anode|separator", ssb.RandomSurface(rms=0.4 * um, correlation=3 * um, seed=1))
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=0.4 * um)


if __name__ == "__main__":
    from picture import draw

    rough = mesh(MPI.COMM_SELF)
    draw(rough, "meshes/rough_interface_2d.png")
    print(f"roughness factor {rough.area('anode|separator') / (20 * um):.3f}", rough.quality())
