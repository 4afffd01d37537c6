"""A labelled image as a mesh with smooth interfaces: here random blobs instead of a tomogram of a composite cathode.

    ./fenicsx python3 meshes/tomogram_2d.py            meshes/tomogram_2d.png and the numbers

Labels 0, 1, 2 (electrolyte, active material, carbon) by thresholds of smoothed noise; read your own with
`tifffile.imread` or `numpy.load`.
"""

import numpy as np
from mpi4py import MPI
from scipy.ndimage import gaussian_filter

import fem_ssb as ssb
from fem_ssb.units import um


def image():
    """Whole numbers, 80 × 60 pixels."""
    noise = gaussian_filter(np.random.default_rng(2).normal(size=(80, 60)), 4.0, mode="reflect")
    return np.digitize(noise, np.quantile(noise, [0.4, 0.9]))


def mesh(comm):
    """The mesh."""
    names = {0: "electrolyte", 1: "active material", 2: "carbon"}
    return ssb.from_image(comm, image(), 0.25 * um, names=names, smooth=20)


if __name__ == "__main__":
    from picture import draw

    smooth = mesh(MPI.COMM_SELF)
    draw(smooth, "meshes/tomogram_2d.png")
    for label, name in enumerate(smooth.region_names):
        asked, found = np.mean(image() == label), smooth.volume(name) / smooth.volume()
        print(f"{name}: fraction {found:.4f}, of the pixels {asked:.4f}")
    print(smooth.quality())
