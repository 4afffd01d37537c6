"""A labelled 3D image as a mesh with smooth interfaces: random blobs instead of a tomogram of a porous host.

    ./fenicsx python3 meshes/tomogram_3d.py            meshes/tomogram_3d.png and the numbers

Read your own with `ssb.from_image(comm, "tomogram.tif", spacing, smooth=20)`. Left the faces between voxels, right the
same after smoothing.
"""

import numpy as np
from mpi4py import MPI
from scipy.ndimage import gaussian_filter

import fem_ssb as ssb
from fem_ssb.units import um

NAMES = {0: "electrolyte", 1: "metal"}


def image():
    """Whole numbers, 28 × 28 × 28 voxels."""
    noise = gaussian_filter(np.random.default_rng(4).normal(size=(28, 28, 28)), 3.5, mode="reflect")
    return np.digitize(noise, [np.quantile(noise, 0.7)])


def mesh(comm, smooth=20):
    """The mesh."""
    return ssb.from_image(comm, image(), 0.25 * um, names=NAMES, smooth=smooth)


if __name__ == "__main__":
    from matplotlib.figure import Figure
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    from fem_ssb.mesh.measure import vertices

    figure = Figure(figsize=(10.0, 5.0))
    for k, smooth in enumerate((0, 20), start=1):
        cell = mesh(MPI.COMM_SELF, smooth)
        interface = cell.interface("metal|electrolyte")
        triangles = vertices(cell.domain, 2, interface.facets) / um
        inside = vertices(cell.domain, 3, interface.entities[:, 0]).mean(axis=1) / um
        turned = np.linalg.det(triangles - inside[:, None]) < 0
        triangles[turned] = triangles[turned, ::-1]
        axes = figure.add_subplot(1, 2, k, projection="3d")
        axes.add_collection3d(
            Poly3DCollection(triangles, facecolors="tab:olive", edgecolors="black", linewidth=0.1, shade=True)
        )
        axes.set(xlim=(0, 7), ylim=(0, 7), zlim=(0, 7), xlabel="x (µm)", ylabel="y (µm)", zlabel="z (µm)")
        axes.set_aspect("equal")
        fraction, asked = cell.volume("metal") / cell.volume(), np.mean(image())
        area = cell.area("electrolyte|metal") / um**2
        print(f"smooth={smooth}: metal {fraction:.4f}, of the voxels {asked:.4f}; interface {area:.1f} µm²", end="; ")
        print(f"{cell.summary()['cells']} cells, {cell.quality()}")
    figure.savefig("meshes/tomogram_3d.png", dpi=100)
