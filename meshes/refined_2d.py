"""A mesh that is fine where the fields are steep: junctions, peaks of a rough interface; and a coating of 20 nm.

    ./fenicsx python3 meshes/refined_2d.py            meshes/refined_2d.png and the numbers

The coating follows the roughness with two cells a facet, its thickness is a thousandth of the height.
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import nm, um

COATINGS = ["interlayer"]


def stack():
    """The layers."""
    s = ssb.Stack(width=20 * um)
    s.layer("anode", "Li", thickness=6 * um)
    s.coating("interlayer", "LiPON", thickness=20 * nm)
    s.layer("separator", "LLZO", thickness=14 * um, grains=ssb.Voronoi(25, seed=3))
    s.roughen("anode|interlayer", ssb.Sinusoid(amplitude=0.6 * um, wavelength=10 * um))
    s.refine_at("anode|separator", 0.1 * um, at="peaks", distance=0.3 * um)
    s.refine_at("separator|separator", 0.15 * um, at="junctions")
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=1.2 * um)


if __name__ == "__main__":
    from picture import draw

    cell = mesh(MPI.COMM_SELF)
    draw(cell, "meshes/refined_2d.png")
    print(f"{cell.summary()['cells']} cells, about {stack().estimated_cells(1.2 * um):.0f} expected")
    print(f"coating {cell.volume('interlayer') / cell.area('anode|interlayer'):.3g} m thick along its normal")
    print(cell.quality(without=COATINGS))
