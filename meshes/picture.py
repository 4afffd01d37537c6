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


def draw_surfaces(mesh, shown, path, faint=None):
    """Write the picture of some interfaces and boundaries of a 3D `NamedMesh`; of `faint` the cells' edges only."""
    from mpl_toolkits.mplot3d.art3d import Line3DCollection, Poly3DCollection

    figure = Figure(figsize=(6.0, 6.0), layout="constrained")
    axes = figure.add_subplot(projection="3d")
    axes.set_proj_type("ortho")
    light = np.array([0.4, -0.7, 0.6])
    for name, colour in zip(shown, ((0.85, 0.55, 0.25), (0.35, 0.55, 0.8), (0.6, 0.6, 0.62)), strict=False):
        facets = mesh.interface(name).facets if "|" in name else mesh.boundary(name)
        x = vertices(mesh.domain, 2, facets) * 1e6
        normal = np.cross(x[:, 1] - x[:, 0], x[:, 2] - x[:, 0])
        normal /= np.linalg.norm(normal, axis=1)[:, None]
        shade = 0.55 + 0.45 * np.abs(normal @ light)
        axes.add_collection3d(
            Poly3DCollection(x, facecolors=shade[:, None] * colour, edgecolor="black", linewidth=0.15)
        )
    if faint is not None:
        x = vertices(mesh.domain, 2, mesh.interface(faint).facets) * 1e6
        axes.add_collection3d(Line3DCollection(x[:, [0, 1, 2, 0]], color="0.6", linewidth=0.1))
    low, high = mesh.lower * 1e6, mesh.upper * 1e6
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), zlim=(low[2], high[2]))
    axes.set_box_aspect(high - low, zoom=0.88)
    axes.set(xlabel="x (µm)", ylabel="y (µm)", zlabel="z (µm)")
    axes.view_init(elev=20, azim=-60)
    figure.savefig(path, dpi=110)
