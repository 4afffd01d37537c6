"""A picture of a 2D mesh on one process: regions in colours, cells and grain boundaries as lines."""

import numpy as np
from matplotlib.figure import Figure

from fem_ssb.mesh.measure import vertices


def draw(mesh, path):
    """Write the picture of a `NamedMesh`."""
    cells = np.arange(len(mesh.region_of_cell), dtype=np.int32)
    x = vertices(mesh.domain, 2, cells) * 1e6
    figure = Figure(figsize=(6.0, 6.0), layout="constrained")
    axes = figure.add_subplot()
    triangles = np.arange(3 * len(cells)).reshape(-1, 3)
    colours = 0.3 + 0.5 * mesh.region_of_cell / max(1, len(mesh.region_names) - 1)
    axes.tripcolor(
        *x.reshape(-1, 2).T,
        triangles,
        facecolors=colours,
        edgecolors="white",
        linewidth=0.15,
        cmap="cividis",
        vmin=0,
        vmax=1,
    )
    for name in mesh.interfaces:
        ends = vertices(mesh.domain, 1, mesh.interface(name).facets) * 1e6
        axes.plot(*ends.transpose(2, 1, 0), color="black", linewidth=0.6)
    for name in set(mesh.boundaries) - {"left", "right", *mesh.ends}:
        ends = vertices(mesh.domain, 1, mesh.boundary(name)) * 1e6
        axes.plot(*ends.transpose(2, 1, 0), color="crimson", linewidth=0.9)
    axes.set(aspect="equal", xlabel="x (µm)", ylabel="y (µm)")
    figure.savefig(path, dpi=110)
