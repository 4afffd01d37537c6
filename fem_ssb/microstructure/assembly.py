"""A stack's geometry as one complex: layers tessellated one by one, then joined at their common faces."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from math import pi
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fem_ssb.errors import InputError, unknown
from fem_ssb.microstructure.bodies import Body, bodies_of, grooves_in, take_from_cracks, void_shapes
from fem_ssb.microstructure.complexes import Complex, FacetTable, merge_points, relabel, toggle
from fem_ssb.microstructure.composite import Composite, Filling
from fem_ssb.microstructure.cracks import PlacedCrack, place_cracks
from fem_ssb.microstructure.inclusions import PlacedInclusion, check_apart
from fem_ssb.microstructure.overlay import overlay
from fem_ssb.microstructure.painted import check_layers, paint, reach_over
from fem_ssb.microstructure.pores import AROUND, PlacedPores
from fem_ssb.microstructure.regularise import regularise
from fem_ssb.microstructure.shapes import Oval, Shape
from fem_ssb.microstructure.sheets import cut_across
from fem_ssb.microstructure.spots import PlacedSpot, place_spots
from fem_ssb.microstructure.voids import PlacedVoids
from fem_ssb.microstructure.voronoi import Voronoi

if TYPE_CHECKING:
    from fem_ssb.microstructure.stack import Layer, Stack

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Embedded:
    """A body of a composite that is cut out of the mesh of its layer, see `Filling.bodies`.

    Attributes:
        shape: where it is (m).
        layer: index of its layer.
        region: index into the regions of the geometry.
        orientation: crystal frame → laboratory frame, shape (3, 3).
    """

    shape: Shape
    layer: int
    region: int
    orientation: FloatArray


@dataclass
class Geometry:
    """What is to be meshed, in lengths of `unit`.

    Attributes:
        unit: length (m) of 1.
        upper: the box is from 0 to here, shape (dim,).
        levels: stacking coordinate of the layers' faces, shape (n_layers + 1,).
        sizes: mesh size in each layer.
        cells: the grains, layer by layer from the bottom.
        layer_of_cell: the layer of each grain.
        regions: names of the regions from the bottom to the top, with inclusions only where these are cells.
        region_of_cell: index into `regions` of each grain; −1 for what is left out of the mesh.
        particle: which particle of its layer each grain belongs to.
        orientations: crystal frame → laboratory frame of each grain, shape (n_grains, 3, 3).
        holed: cells may have holes, several parts and narrow places (2D).
        rest: cells that are what the others leave of their layer, with holes in them (3D).
        shelled: volume of other cells that are not star-shaped and may have holes (3D).
        pores: where they are; the cells are without them, without voids and inclusions, too.
        voids: slots in the faces of layers (2D).
        inclusions: bodies in the layers.
        embedded: bodies of composites that are cut out of the mesh (3D).
        cracks: cracks and notches.
        spots: where the mesh is to be finer.
        periodic: axes along which opposite faces of the box carry the same facets.
        grain: of each cell; on the faces of a periodic box, and along a crack, the cells of one grain are several.
        bodies: what is to be cut out of the mesh of the grains (3D): pores, voids and inclusions that may cross them.
    """

    unit: float
    upper: FloatArray
    levels: FloatArray
    sizes: FloatArray
    cells: Complex
    layer_of_cell: npt.NDArray[np.int32]
    regions: list[str]
    region_of_cell: npt.NDArray[np.int32]
    particle: npt.NDArray[np.int64]
    orientations: FloatArray
    holed: bool
    rest: list[int]
    shelled: dict[int, float]
    pores: PlacedPores
    voids: list[PlacedVoids] = field(default_factory=list)
    inclusions: list[PlacedInclusion] = field(default_factory=list)
    embedded: list[Embedded] = field(default_factory=list)
    cracks: list[PlacedCrack] = field(default_factory=list)
    spots: list[PlacedSpot] = field(default_factory=list)
    periodic: tuple[int, ...] = ()
    grain: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    bodies: list[Body] = field(default_factory=list)


def layer_size(stack: Stack, layer: Layer, size: float) -> float:
    """Mesh size in a layer (m): at least two cells over its thickness and over the mean grain."""
    sizes = [size, layer.thickness / 2]
    if layer.size is not None:
        sizes.append(layer.size)
    if isinstance(layer.material, Composite):
        sizes.append(layer.material.feature(stack.dim) / 2)
    if layer.grains is not None:
        base = stack.width if stack.dim == 2 else stack.width * stack.depth
        across = layer.grains.diameter(base, layer.thickness, stack.dim)
        sizes.append(across * min(1.0, layer.grains.stretch if layer.grains.shape == "equiaxed" else 1.0) / 2)
    return min(sizes)


def assemble(stack: Stack, size: float, merge: float = 0.15, finer: float = 1.0) -> Geometry:
    """Tessellate and join the layers of a stack.

    Args:
        stack: the layers.
        size: mesh size (m).
        merge: points closer than this times the local mesh size become one.
        finer: factor on the mesh size of all layers.

    Raises:
        InputError: for grains or pores that do not fit.
    """
    if stack.dim - 1 in stack.periodic and len(stack.layers) > 1:
        raise InputError("a stack of several layers cannot be periodic along the stacking axis: leave it out")
    touching = stack.dim == 3 and any(_grains(below) and _grains(above) for below, above in pairwise(stack.layers))
    base = [stack.width] if stack.dim == 2 else [stack.width, stack.depth]
    unit = max(*base, stack.height)
    levels = np.concatenate([[0.0], np.cumsum([layer.thickness for layer in stack.layers])]) / unit
    upper = np.array([*(np.array(base) / unit), levels[-1]])
    sizes = finer * np.array([layer_size(stack, layer, size) for layer in stack.layers]) / unit
    painted = reach_over(stack)
    if painted:
        check_layers(stack)
    parts: list[Complex] = []
    fillings: list[Filling] = []
    pores = []
    for k, layer in enumerate(stack.layers):
        low, high = np.zeros(stack.dim), upper.copy()
        low[-1], high[-1] = levels[k], levels[k + 1]
        # Where grains meet grains, short edges are removed once the layers are joined, which makes new ones.
        tolerance = 0.0 if touching else merge * sizes[k]
        if isinstance(layer.material, Composite):
            given = low, high, unit, float(sizes[k]), tolerance
            try:
                made = layer.material
                fillings.append(made.fill_periodic(*given, stack.periodic) if stack.periodic else made.fill(*given))
            except InputError as error:
                raise InputError(f"layer '{layer.name}': {error}") from None
        else:
            grains = layer.grains or Voronoi(count=1, relax=0, texture=None)
            part, each = grains.wrapped(low, high, stack.periodic, tolerance)
            filling = Filling(part, np.zeros(len(each), dtype=np.int64), each, grains.orientations()[each])
            if painted and any(body.layer == layer.name for body in stack.inclusions):
                filling = paint(stack, layer, filling, low, high, unit, float(sizes[k]))
            fillings.append(filling)
        parts.append(fillings[-1].cells)
    if stack.dim == 2:
        details = [
            p.detail() / unit if isinstance(p := layer.material, Composite) else np.inf for layer in stack.layers
        ]
        cells = _join(parts, levels, upper, np.minimum(merge * sizes, 0.3 * np.array(details)))
    else:
        cells = overlay(parts, levels, upper)
    if touching:
        planes = [np.array([0.0, upper[0]]), np.array([0.0, upper[1]]), levels]
        cells = regularise(cells, merge * float(sizes.min()), planes, stack.periodic)
    first = np.concatenate([[0], np.cumsum([len(part.cells) for part in parts])])
    inclusions = [] if painted else _inclusions(stack, cells, first, levels, upper, sizes, unit)
    for k, layer in enumerate(stack.layers):
        if layer.pores is not None:
            joined = touching or (stack.dim == 2 and layer.pores.place != "grains")
            own = Complex(cells.points, cells.facets, cells.cells[first[k] : first[k + 1]]) if joined else parts[k]
            volume = float(np.prod(upper[:-1]) * (levels[k + 1] - levels[k]))
            obstacles = [body.shape for body in inclusions if body.layer == k]
            obstacles += grooves_in(stack.cracks, unit * levels[k], unit * levels[k + 1])
            try:
                pores.append((k, layer.pores.pack(own, volume, unit, obstacles)))
            except InputError as error:
                raise InputError(f"layer '{layer.name}': {error}") from None
    regions = [*stack.regions, *(body.name for body in stack.inclusions if painted)]
    phases = [
        [*(p.name for p in layer.phases), *(b.name for b in stack.inclusions if painted and b.layer == layer.name)]
        for layer in stack.layers
    ]
    particle = np.concatenate([filling.particle for filling in fillings])
    grain = [filling.particle if filling.grain is None else filling.grain for filling in fillings]
    counts = np.cumsum([0, *(int(own.max()) + 1 for own in grain)])
    layer_of_cell = np.repeat(np.arange(len(parts), dtype=np.int32), np.diff(first))
    placed = PlacedPores(
        np.concatenate([np.zeros((0, stack.dim)), *(p.centres for _, p in pores)]),
        np.concatenate([np.zeros(0), *(p.radii for _, p in pores)]),
        np.concatenate([np.zeros(0, dtype=np.int64), *(p.cells + first[k] for k, p in pores)]),
        [tuple(int(c + first[k]) for c in some) for k, p in pores for some in p.near],
        np.concatenate([np.zeros((0, stack.dim)), *(p.normals for _, p in pores)]),
        np.concatenate([np.zeros(0), *(p.volumes for _, p in pores)]),
        np.concatenate([np.zeros(0), *(p.dihedrals for _, p in pores)]),
    )
    carved = False
    if stack.dim == 3:
        placed, inclusions = take_from_cracks(stack.cracks, placed, inclusions, float(sizes.max()), unit)
        carved = (
            bool(stack.slots)
            or any(len(near) > 1 for near in placed.near)
            or any(body.cell < 0 for body in inclusions)
            or any(filling.bodies for filling in fillings)
            or any(isinstance(flaw.shape, Shape) for flaw in stack.cracks)
        )
    geometry = Geometry(
        unit=unit,
        upper=upper,
        levels=levels,
        sizes=sizes,
        cells=cells,
        layer_of_cell=layer_of_cell,
        regions=regions,
        region_of_cell=np.concatenate(
            [
                np.array([regions.index(name) if name in regions else -1 for name in names])[filling.phase]
                for names, filling in zip(phases, fillings, strict=True)
            ]
        ).astype(np.int32),
        particle=particle,
        orientations=np.concatenate([filling.orientations[: len(filling.phase)] for filling in fillings]),
        holed=any(filling.holed for filling in fillings),
        rest=[int(first[k]) + f.rest for k, f in enumerate(fillings) if f.rest is not None],
        shelled={int(first[k]) + cell: v for k, f in enumerate(fillings) for cell, v in f.shelled.items()},
        pores=placed,
        inclusions=inclusions,
        embedded=_embedded(stack, fillings, regions),
        cracks=place_cracks(
            stack.cracks, stack.layers, cells, layer_of_cell, levels, upper, sizes, unit, carved, stack.periodic
        ),
        spots=place_spots(stack, levels, unit),
        periodic=stack.periodic,
        grain=np.concatenate(grain) + counts[layer_of_cell] if stack.periodic else np.arange(len(cells.cells)),
    )
    if stack.dim == 2:
        geometry.voids = _slots(stack, levels, first, unit)
    else:
        geometry.bodies = bodies_of(stack, geometry)
        geometry = cut_across(geometry)
    return geometry


def _embedded(stack: Stack, fillings: list[Filling], regions: list[str]) -> list[Embedded]:
    """The bodies that composites leave to be cut out of the mesh."""
    found = []
    for k, (layer, filling) in enumerate(zip(stack.layers, fillings, strict=True)):
        turns = filling.orientations[len(filling.phase) :]
        if len(filling.bodies) and layer.phases[int(filling.phase[0])].material is None:
            raise InputError(f"layer '{layer.name}': bodies that touch in 3D must lie in a material, not in pore")
        for shape, phase, turn in zip(filling.bodies, filling.of_body.tolist(), turns, strict=True):
            found.append(Embedded(shape, k, regions.index(layer.phases[phase].name), turn))
    return found


def _slots(stack: Stack, levels: FloatArray, first: npt.NDArray[np.int64], unit: float) -> list[PlacedVoids]:
    """The voids of a 2D stack."""
    return [
        PlacedVoids(
            shape.place(stack.width) / unit,
            float(levels[k + 1] if top else levels[k]),
            float(levels[k + 1] - shape.depth / unit if top else levels[k] + shape.depth / unit),
            int(first[k]),
        )
        for k, top, shape in stack.void_levels()
    ]


def _inclusions(
    stack: Stack,
    cells: Complex,
    first: npt.NDArray[np.int64],
    levels: FloatArray,
    upper: FloatArray,
    sizes: FloatArray,
    unit: float,
) -> list[PlacedInclusion]:
    """The bodies in the layers, checked to be clear of each other."""
    names = [layer.name for layer in stack.layers]
    found: list[PlacedInclusion] = []
    for body in stack.inclusions:
        if body.layer not in names:
            raise unknown("layer", body.layer, names)
        k = names.index(body.layer)
        if isinstance(stack.layers[k].material, Composite):
            raise InputError(f"layer '{body.layer}' is a composite: inclusion '{body.name}' must be in another layer")
        least, _ = body.shape.half_widths
        edge, cell = min(float(sizes[k]), 2 * pi * least / unit / AROUND[stack.dim]), -1
        if isinstance(body.shape, Oval) and stack.dim == 3:
            centre, matrix = np.asarray(body.shape.centre) / unit, body.shape.matrix() / unit
            spaces = [(c, cells.half_spaces(c)) for c in range(first[k], first[k + 1])]
            room = [(b - n @ centre - np.linalg.norm(n @ matrix, axis=1)).min() for _, (n, b) in spaces]
            if max(room) >= min(0.3 * least / unit, edge):
                cell = spaces[int(np.argmax(room))][0]
        voids = [slots for slots in stack.void_levels() if slots[0] == k]
        if voids and stack.dim == 2:
            raise InputError(
                f"layer '{body.layer}' has voids and inclusion '{body.name}': it may have one of both only"
            )
        others = [other.shape for other in found]
        others += [shape for _, top, void in voids for shape in void_shapes(stack, void, unit * levels[k + top])]
        box = np.stack([np.append(np.zeros(stack.dim - 1), levels[k]), np.append(upper[:-1], levels[k + 1])])
        check_apart(body.name, body.shape, others, unit * box, unit * edge)
        found.append(PlacedInclusion(body.shape, edge, k, cell))
    return found


def _grains(layer: Layer) -> bool:
    if isinstance(layer.material, Composite):
        return not layer.material.faces_whole
    return layer.grains is not None and layer.grains.count > 1


def _join(parts: list[Complex], levels: FloatArray, upper: FloatArray, tolerance: FloatArray) -> Complex:
    """One 2D complex whose layers share the points and edges of their common faces.

    Points on each common face are united over the two layers; then each edge in it is cut at the points on it.
    """
    points = np.concatenate([part.points for part in parts])
    layer_of_point = np.repeat(np.arange(len(parts)), [len(part.points) for part in parts])
    starts = np.concatenate([[0], np.cumsum([len(part.points) for part in parts])])
    planes = [np.array([0.0, upper[0]])]
    label = np.arange(len(points))
    for k in range(1, len(parts)):
        on = np.flatnonzero((points[:, -1] == levels[k]) & np.isin(layer_of_point, (k - 1, k)))
        flat, new = merge_points(points[on, :-1], min(tolerance[k - 1], tolerance[k]), planes)
        points[on, :-1] = flat[new]
        label[on] = on[np.unique(new, return_index=True)[1]][new]
    used, label = np.unique(label, return_inverse=True)
    points = points[used]
    lines = {}
    for level in levels:
        on = np.flatnonzero(points[:, 1] == level)
        lines[float(level)] = on[np.argsort(points[on, 0])]
    table = FacetTable()
    cells: list[list[int]] = []
    for part, start in zip(parts, starts, strict=False):
        for cell in part.cells:
            new_cell: list[int] = []
            for facet in cell:
                for whole in relabel([p + start for p in part.facets[facet]], label, 2):
                    for piece in pairwise(_chain(points, lines, *whole)):
                        toggle(new_cell, table.add(list(piece)))
            cells.append(new_cell)
    return Complex(points, table.facets, cells)


def _chain(points: FloatArray, lines: dict[float, npt.NDArray[np.intp]], a: int, b: int) -> list[int]:
    """Points from a to b, those of a line between them included if both are on it."""
    x, y = points[a], points[b]
    if x[1] != y[1] or float(x[1]) not in lines:
        return [a, b]
    line = lines[float(x[1])]
    t = points[line, 0]
    between = line[(t > min(x[0], y[0])) & (t < max(x[0], y[0]))].tolist()
    return [a, *(between if x[0] < y[0] else between[::-1]), b]
