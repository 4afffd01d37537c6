"""A picture of a microstructure before any mesh."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fem_ssb.microstructure.assembly import Geometry
from fem_ssb.microstructure.carve import Plane
from fem_ssb.microstructure.coatings import ThinLayer

FloatArray = npt.NDArray[np.float64]

SCALES = ((1e-3, "mm"), (1e-6, "µm"), (1e-9, "nm"))
"""Units of length of the axes, the largest first."""


def draw(geometry: Geometry, coatings: Sequence[ThinLayer] = ()) -> Any:
    """Matplotlib figure: grains in shades of their region's colour, pores and voids white, inclusions dark (2D only).

    Coatings are lines in their own colours, those on each other around each other, not to scale.
    In 3D the faces of the box; pores, voids and inclusions as dots on their surfaces, which no grain hides.
    """
    from matplotlib.collections import PatchCollection, PolyCollection
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch, Polygon, Rectangle
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    cells, names, size = geometry.cells, geometry.regions, float(geometry.upper.max()) * geometry.unit
    metres, label = next((s for s in SCALES if size >= 2 * s[0]), SCALES[-1])
    scale = geometry.unit / metres
    base = np.array([_HUES[k % len(_HUES)] for k in range(len(names))])
    shade = np.random.default_rng(0).uniform(-0.16, 0.16, len(cells.cells))
    region = geometry.region_of_cell
    alone = np.bincount(region + 1)[region + 1] == 1
    colours = np.clip(base[region] + np.where(alone, 0.0, shade)[:, None], 0.0, 1.0)
    colours[region < 0] = 1.0
    lines = []
    for k, coating in enumerate(coatings):
        around = sum(other.below == coating.below for other in coatings[k + 1 :])
        height = scale * geometry.levels[coating.below]
        lines.append(
            (height, {"color": base[names.index(coating.name)], "linewidth": 2.5 * (1 + 2 * around), "zorder": 3})
        )
    figure = Figure(figsize=(6.0, 6.0), layout="constrained")
    if cells.dim == 2:
        axes = figure.add_subplot()
        pieces = Plane(cells).pieces()
        pieces.sort(key=lambda piece: -float(np.prod(np.ptp(cells.points[piece.loops[0]], axis=0))))  # the outer first
        loops = [scale * cells.points[piece.loops[0]] for piece in pieces]
        faces = colours[[piece.grain for piece in pieces]]
        axes.add_collection(PolyCollection(loops, facecolors=faces, edgecolors="black", linewidths=0.5))
        pores = geometry.pores
        discs = [Polygon(pores.shape(i, geometry.unit).outline(2e-3 * size) / metres) for i in range(len(pores.radii))]
        axes.add_collection(PatchCollection(discs, facecolor="white", edgecolor="black", linewidth=0.5))
        slots = [
            Rectangle((scale * a, scale * min(v.level, v.bottom)), scale * (b - a), scale * abs(v.level - v.bottom))
            for v in geometry.voids
            for a, b in v.strips
        ]
        axes.add_collection(PatchCollection(slots, facecolor="white", edgecolor="black", linewidth=0.5))
        bodies = [Polygon(body.shape.outline(1e-3 * size) / metres) for body in geometry.inclusions]
        axes.add_collection(PatchCollection(bodies, facecolor="0.25", edgecolor="black", linewidth=0.5))
        for crack in geometry.cracks:
            corners = scale * (np.concatenate([crack.points, crack.points[:1]]) if crack.hollow else crack.points)
            axes.plot(*corners.T, color="crimson", linewidth=1.2)
        for height, style in lines:
            axes.plot((0, scale * geometry.upper[0]), (height, height), clip_on=False, solid_capstyle="butt", **style)
        axes.set(xlim=(0, scale * geometry.upper[0]), ylim=(0, scale * geometry.upper[1]), aspect="equal")
        axes.set(xlabel=f"x ({label})", ylabel=f"y ({label})")
    else:
        solid = figure.add_subplot(projection="3d")
        solid.set_proj_type("ortho")
        loops, shades = [], []
        for cell, facets in enumerate(cells.cells):
            for facet in facets:
                x = cells.points[cells.facets[facet]]
                if (
                    (x[:, 0] == geometry.upper[0]).all()
                    or (x[:, 1] == 0.0).all()
                    or (x[:, 2] == geometry.upper[2]).all()
                ):
                    loops.append(scale * x)
                    shades.append(colours[cell])
        inner = _inner(geometry)
        faint = 0.25 if inner else 1.0
        solid.add_collection3d(
            Poly3DCollection(loops, facecolors=shades, edgecolors="black", linewidths=0.5 * faint, alpha=faint)
        )
        for points, colour in inner:
            solid.scatter(*scale * points.T, s=0.4, color=colour, depthshade=False)
        extent = scale * geometry.upper
        for height, style in lines:
            solid.plot((0, extent[0], extent[0]), (0, 0, extent[1]), [height] * 3, **style)
        solid.set(xlim=(0, extent[0]), ylim=(0, extent[1]), zlim=(0, extent[2]), box_aspect=tuple(extent))
        solid.set(xlabel=f"x ({label})", ylabel=f"y ({label})", zlabel=f"z ({label})")
        solid.view_init(elev=25, azim=-50)
    handles = [Patch(facecolor=base[k], edgecolor="black", label=name) for k, name in enumerate(names)]
    figure.legend(handles=handles[::-1], loc="outside right upper", frameon=False)
    return figure


def _inner(geometry: Geometry) -> list[tuple[FloatArray, str]]:
    """Points on the surfaces of what lies inside a 3D stack, in its unit, and their colours."""
    found = [(geometry.pores.shape(i, geometry.unit), "0.2", -1) for i in range(len(geometry.pores.radii))]
    found += [(body.shape, "0.2", body.layer) for body in geometry.bodies if body.face is not None]
    found += [(body.shape, "firebrick", body.layer) for body in geometry.inclusions]
    found += [(body.shape, "0.35", body.layer) for body in geometry.embedded]
    inner = []
    for shape, colour, layer in found:
        x = shape.outline(0.3 * shape.half_widths[0]) / geometry.unit
        low, high = (0.0, geometry.upper[2]) if layer < 0 else geometry.levels[layer : layer + 2]
        inside = ((x[:, :2] >= 0.0) & (x[:, :2] <= geometry.upper[:2])).all(axis=1)
        inner.append((x[inside & (x[:, 2] >= low) & (x[:, 2] <= high)], colour))
    return inner


_HUES = ((0.75, 0.75, 0.78), (0.45, 0.62, 0.80), (0.84, 0.62, 0.40), (0.52, 0.72, 0.50), (0.72, 0.52, 0.70))
