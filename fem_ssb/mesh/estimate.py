"""How many cells a stack will take, before anything is made."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np
import numpy.typing as npt

from fem_ssb.errors import InputError
from fem_ssb.microstructure.assembly import layer_size
from fem_ssb.microstructure.bodies import ROUND
from fem_ssb.microstructure.composite import Composite
from fem_ssb.microstructure.pores import AROUND, Pores
from fem_ssb.microstructure.spots import Spot, extremes
from fem_ssb.microstructure.stack import Stack

FloatArray = npt.NDArray[np.float64]

GRADING = 0.3
"""Growth of the mesh size per length away from a finer layer."""

CELL = {2: sqrt(3) / 4, 3: sqrt(2) / 12}
"""Area and volume of the regular simplex of edge one."""

CROWDING = {2: 1.2, 3: 1.0}
"""Cells in Gmsh's meshes of polycrystals over the volume in regular simplices."""


def size_at(z: FloatArray, levels: FloatArray, sizes: FloatArray) -> FloatArray:
    """Mesh size at stacking coordinates z, shape of z: each layer's size, growing with `GRADING` away from it."""
    below, above = levels[:-1, None], levels[1:, None]
    distance = np.maximum(np.maximum(below - z, z - above), 0.0)
    return np.minimum((sizes[:, None] + GRADING * distance).min(axis=0), sizes.max())


def estimated_cells(stack: Stack, size: float) -> float:
    """Number of cells to be expected at a mesh size (m)."""
    levels = np.concatenate([[0.0], np.cumsum([layer.thickness for layer in stack.layers])])
    sizes = np.array([layer_size(stack, layer, size) for layer in stack.layers])
    if stack.dim == 2:
        made = [layer.material for layer in stack.layers]
        sizes = np.minimum(sizes, [each.crowded(size) if isinstance(each, Composite) else np.inf for each in made])
    parts = 200
    z = (levels[:-1, None] + np.diff(levels)[:, None] * (np.arange(parts) + 0.5) / parts).ravel()
    dz = np.repeat(np.diff(levels) / parts, parts)
    base = stack.width if stack.dim == 2 else stack.width * stack.depth
    cells = base * (dz / size_at(z, levels, sizes) ** stack.dim).sum()
    cells += sum(
        _around_pores(layer.pores, base * layer.thickness, h, stack.dim)
        for layer, h in zip(stack.layers, sizes, strict=True)
        if layer.pores
    )
    cells += sum(_around(*surface, stack.dim) for surface in _surfaces(stack, sizes))
    cells += sum(_around_spot(stack, spot, sizes) for spot in stack.spots)
    cells = CROWDING[stack.dim] * cells / CELL[stack.dim]
    return float(cells) + _coatings(stack, levels, sizes) + _films(stack, base, sizes)


def _films(stack: Stack, base: float, sizes: FloatArray) -> float:
    """Cells of grain boundaries of finite thickness: `dim` simplices a facet of the boundaries.

    Their area per volume is that of Voronoi cells, 2√ρ in 2D and 2.91 ρ^(1/3) in 3D for ρ grains per volume (J. Møller,
    Lectures on Random Voronoi Tessellations, Springer (1994)).
    """
    found = 0.0
    for layer, size in zip(stack.layers, sizes, strict=True):
        if layer.film is not None and layer.grains is not None:
            volume = base * layer.thickness
            density = (layer.grains.count / volume) ** (1 / stack.dim) * (2.0 if stack.dim == 2 else 2.91)
            found += stack.dim * density * volume / (size if stack.dim == 2 else sqrt(3) / 4 * size**2)
    return found


BOUNDARY = {2: 2.0, 3: 2.91}
"""Length or area of the boundaries of Poisson–Voronoi grains per volume, times the cube root of a grain's volume."""

JUNCTION = {2: 2.0, 3: 5.83}
"""Number of triple points, or length of triple lines, per volume, times the square of that root."""

SECTION = {2: 2 / pi, 3: pi / 4}
"""Points or lines in which a plane cuts boundaries, over their length or area per volume."""


def _around_spot(stack: Stack, spot: Spot, sizes: FloatArray) -> float:
    """Volume in cells of edge one that the finer mesh at a spot adds; after mean values of Voronoi grains."""
    dim, base = stack.dim, stack.width if stack.dim == 2 else stack.width * stack.depth
    a, b = (part.strip() for part in spot.name.split("|"))
    own = [k for k, layer in enumerate(stack.layers) if {a, b} & {phase.name for phase in layer.phases}]
    coarse, codimension = float(sizes[own].max(initial=sizes.min())), 1
    room = base * sum(stack.layers[k].thickness for k in own)
    grains = [(layer, layer.grains) for layer in (stack.layers[k] for k in own) if layer.grains is not None]
    roots = [(layer, each.diameter(base, layer.thickness, dim)) for layer, each in grains]
    measure = base if a != b else sum(base * layer.thickness * BOUNDARY[dim] / d for layer, d in roots)
    if spot.at == "junctions":
        codimension = 2
        measure = sum(base * SECTION[dim] * BOUNDARY[dim] / d for _, d in roots)
        if a == b:
            measure = sum(base * layer.thickness * JUNCTION[dim] / d**2 for layer, d in roots)
    elif spot.at != "everywhere":
        codimension = dim
        measure = sum(len(extremes(shape, stack, spot.at)) for shape in stack.rough_levels().values())
    if spot.size >= coarse:
        return 0.0
    reach = spot.distance + (coarse - spot.size) / GRADING
    t = (np.arange(200) + 0.5) / 200 * reach
    shell = {1: np.full(200, 2.0), 2: 2 * pi * t, 3: 4 * pi * t**2}[codimension] * reach / 200
    shell[measure * np.cumsum(shell) > room] = 0.0
    h = spot.size + GRADING * np.maximum(t - spot.distance, 0.0)
    return float((measure * shell * (h**-dim - coarse**-dim)).sum())


def _coatings(stack: Stack, levels: FloatArray, sizes: FloatArray) -> float:
    """Cells of the coatings: each facet in the plane of one is the foot of a prism of `dim` simplices."""
    planes = levels[[coating.below for coating in stack.coatings]]
    facet = {2: 1.0, 3: sqrt(3) / 4}[stack.dim] * size_at(planes, levels, sizes) ** (stack.dim - 1)
    base = stack.width if stack.dim == 2 else stack.width * stack.depth
    prisms = base / facet * np.array([coating.cells for coating in stack.coatings])
    return float(stack.dim * prisms.sum())


def _surfaces(stack: Stack, sizes: FloatArray) -> list[tuple[float, float, float]]:
    """Radius of a disc or ball of the surface of each void and inclusion, mesh size on it and away from it."""
    found = []
    for layer, _, voids in stack.void_levels():
        size = float(sizes[layer])
        if stack.dim == 2:
            width = np.diff(voids.place(stack.width), axis=1)[:, 0]
            fine = np.minimum(size, np.minimum(width / 4, voids.depth / 1.5))
            found += [(r, h, size) for r, h in zip((width + voids.depth) / pi, fine, strict=True)]
        else:
            radius = voids.place_discs(stack.width, stack.depth)[:, 2]
            h = pore_size(min(voids.depth, float(radius.min())), size, 3)
            found += [(r / 2**0.5, h, size) for r in radius]
    names = [layer.name for layer in stack.layers]
    for body in stack.inclusions:
        if body.layer in names:
            (least, mean), size = body.shape.half_widths, float(sizes[names.index(body.layer)])
            found.append((mean, pore_size(least, size, stack.dim), size))
    for crack in stack.cracks:
        size, extent = float(sizes.max()), float(np.linalg.norm(np.ptp(crack.shape.outline(0.0), axis=0)))
        found.append((extent / (2 * pi), min(size, crack.tip_size or extent / 8), size))
    return found


def _around(radius: float, fine: float, size: float, dim: int) -> float:
    """Volume in cells of edge one that a finer mesh around one surface adds."""
    t = (np.arange(200) + 0.5) / 200 * (size - fine) / GRADING
    area = (2 * pi if dim == 2 else 4 * pi) * (radius + t) ** (dim - 1)
    return float((area * ((fine + GRADING * t) ** -dim - size**-dim)).sum() * (size - fine) / GRADING / 200)


def pore_size(radius: float, size: float, dim: int) -> float:
    """Edge length on a pore's surface: at least `AROUND` edges around it."""
    return min(size, 2 * pi * radius / AROUND[dim])


def _around_pores(pores: Pores, volume: float, size: float, dim: int) -> float:
    """Volume in cells of edge one that the finer mesh around the pores adds.

    Each is counted as the disc or ball of its surface, in its share of the layer; those that are cut out of a 3D mesh
    are as fine as `bodies_of` has it.
    """
    half = np.radians(pores.dihedral or 180.0) / 2
    least, r = pores.radius * float(np.tan(half / 2)), pores.radius
    if half < pi / 2:  # arcs of length 2θ a/sin θ each, caps of area π (a² + t²)
        r = 2 * half * r / (pi * float(np.sin(half))) if dim == 2 else sqrt((r**2 + least**2) / 2)
    cut = dim == 3 and pores.place != "grains"
    fine = min(size, 2 * pi * least / ROUND) if cut else pore_size(least, size, dim)
    ball, surface = (pi, 2 * pi) if dim == 2 else (4 * pi / 3, 4 * pi)
    count = pores.fraction * volume / (pores.unit_volume(dim) * pores.radius**dim)
    room = max((volume / (count * ball)) ** (1 / dim) - r, 0.0)
    t = (np.arange(200) + 0.5) / 200 * room
    h = np.minimum(fine + GRADING * t, size)
    return float(count * (surface * (r + t) ** (dim - 1) * (h**-dim - size**-dim)).sum() * room / 200)


def check_cells(stack: Stack, size: float, max_cells: float) -> None:
    """Refuse a mesh that is too large, naming the size that would fit.

    Raises:
        InputError: if more than `max_cells` are to be expected.
    """
    expected = estimated_cells(stack, size)
    if expected <= max_cells:
        return
    low, high = size, 2 * max(stack.width, stack.depth, stack.height)
    if estimated_cells(stack, high) > max_cells:
        advice = (
            "thin layers, coats, gaps or grains alone take more: use thicker layers, fewer grains or a larger max_cells"
        )
    else:
        for _ in range(60):
            middle = sqrt(low * high)
            low, high = (low, middle) if estimated_cells(stack, middle) <= max_cells else (middle, high)
        advice = f"size {high * 1.005:.3g} m would fit, or raise max_cells"
    raise InputError(f"size {size:g} m gives about {expected:.2g} cells, more than max_cells = {max_cells:g}: {advice}")
