"""A stack's geometry as one complex: layers tessellated one by one, then joined at their common faces."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fem_ssb.errors import InputError
from fem_ssb.microstructure.complexes import Complex, FacetTable, merge_points, relabel, toggle
from fem_ssb.microstructure.pores import PlacedPores
from fem_ssb.microstructure.voronoi import Voronoi

if TYPE_CHECKING:
    from fem_ssb.microstructure.stack import Layer, Stack

FloatArray = npt.NDArray[np.float64]


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
        orientations: crystal frame → laboratory frame of each grain, shape (n_grains, 3, 3).
        pores: where they are.
    """

    unit: float
    upper: FloatArray
    levels: FloatArray
    sizes: FloatArray
    cells: Complex
    layer_of_cell: npt.NDArray[np.int32]
    orientations: FloatArray
    pores: PlacedPores


def layer_size(stack: Stack, layer: Layer, size: float) -> float:
    """Mesh size in a layer (m): at least two cells over its thickness and over the mean grain."""
    sizes = [size, layer.thickness / 2]
    if layer.size is not None:
        sizes.append(layer.size)
    if layer.grains is not None:
        base = stack.width if stack.dim == 2 else stack.width * stack.depth
        sizes.append((base * layer.thickness / layer.grains.count) ** (1 / stack.dim) / 2)
    return min(sizes)


def assemble(stack: Stack, size: float, merge: float = 0.15) -> Geometry:
    """Tessellate and join the layers of a stack.

    Args:
        stack: the layers.
        size: mesh size (m).
        merge: points closer than this times the local mesh size become one.

    Raises:
        InputError: for grains or pores that do not fit, and in 3D for two layers with grains that touch.
    """
    if stack.dim == 3:
        for below, above in pairwise(stack.layers):
            if _grains(below) and _grains(above):
                raise InputError(
                    f"layers '{below.name}' and '{above.name}' both have grains and touch: that cannot be meshed in 3D "
                    "yet; put a thin layer without grains between them, or use dim=2"
                )
    base = [stack.width] if stack.dim == 2 else [stack.width, stack.depth]
    unit = max(*base, stack.height)
    levels = np.concatenate([[0.0], np.cumsum([layer.thickness for layer in stack.layers])]) / unit
    upper = np.array([*(np.array(base) / unit), levels[-1]])
    sizes = np.array([layer_size(stack, layer, size) for layer in stack.layers]) / unit
    parts, pores, orientations = [], [], []
    for k, layer in enumerate(stack.layers):
        low, high = np.zeros(stack.dim), upper.copy()
        low[-1], high[-1] = levels[k], levels[k + 1]
        grains = layer.grains or Voronoi(count=1, relax=0, texture=None)
        orientations.append(grains.orientations())
        try:
            parts.append(grains.tessellate(low, high, merge * sizes[k]))
            if layer.pores is not None:
                pores.append((k, layer.pores.place(parts[-1], float(np.prod(high - low)), unit)))
        except InputError as error:
            raise InputError(f"layer '{layer.name}': {error}") from None
    cells = _join(parts, levels, upper, merge * sizes)
    first = np.concatenate([[0], np.cumsum([len(part.cells) for part in parts])])
    return Geometry(
        unit=unit,
        upper=upper,
        levels=levels,
        sizes=sizes,
        cells=cells,
        layer_of_cell=np.repeat(np.arange(len(parts), dtype=np.int32), np.diff(first)),
        orientations=np.concatenate(orientations),
        pores=PlacedPores(
            np.concatenate([np.zeros((0, stack.dim)), *(p.centres for _, p in pores)]),
            np.concatenate([np.zeros(0), *(p.radii for _, p in pores)]),
            np.concatenate([np.zeros(0, dtype=np.int64), *(p.cells + first[k] for k, p in pores)]),
        ),
    )


def _grains(layer: Layer) -> bool:
    return layer.grains is not None and layer.grains.count > 1


def _join(parts: list[Complex], levels: FloatArray, upper: FloatArray, tolerance: FloatArray) -> Complex:
    """One complex whose layers share the points and facets of their common faces.

    Points on each common face are united over the two layers. Then an edge that lies in such a face and, in
    3D, in a side of the box is cut at the points on it. In 3D the one facet of a layer without grains is
    replaced by all facets of its neighbour in that face.
    """
    dim = len(upper)
    points = np.concatenate([part.points for part in parts])
    layer_of_point = np.repeat(np.arange(len(parts)), [len(part.points) for part in parts])
    starts = np.concatenate([[0], np.cumsum([len(part.points) for part in parts])])
    planes = [np.array([0.0, upper[axis]]) for axis in range(dim - 1)]
    label = np.arange(len(points))
    for k in range(1, len(parts)):
        on = np.flatnonzero((points[:, -1] == levels[k]) & np.isin(layer_of_point, (k - 1, k)))
        flat, new = merge_points(points[on, :-1], min(tolerance[k - 1], tolerance[k]), planes)
        points[on, :-1] = flat[new]
        label[on] = on[np.unique(new, return_index=True)[1]][new]
    used, label = np.unique(label, return_inverse=True)
    points = points[used]
    cut = _Cutter(points, levels, upper)
    table = FacetTable()
    cells: list[list[int]] = []
    loops = [
        [
            [piece for whole in relabel([p + start for p in facet], label, dim) for piece in cut(whole)]
            for facet in part.facets
        ]
        for part, start in zip(parts, starts, strict=False)
    ]
    for k, part in enumerate(parts):
        for cell in part.cells:
            new_cell: list[int] = []
            for facet in cell:
                pieces = loops[k][facet]
                if dim == 3 and len(part.cells) == 1:
                    pieces = _shared(points, levels, k, pieces, loops, parts)
                for piece in pieces:
                    toggle(new_cell, table.add(piece))
            cells.append(new_cell)
    return Complex(points, table.facets, cells)


def _shared(
    points: FloatArray,
    levels: FloatArray,
    k: int,
    pieces: list[list[int]],
    loops: list[list[list[list[int]]]],
    parts: list[Complex],
) -> list[list[int]]:
    """The facets in place of a 3D layer's whole bottom or top: those of its neighbour with grains, if it has one."""
    for level, other in ((k, k - 1), (k + 1, k + 1)):
        if (
            0 <= other < len(parts)
            and len(parts[other].cells) > 1
            and all((points[piece, -1] == levels[level]).all() for piece in pieces)
        ):
            return [piece for facet in loops[other] for piece in facet if (points[piece, -1] == levels[level]).all()]
    return pieces


class _Cutter:
    """Cuts edges at the points that lie on them, where layers meet: lines of the box along a common face."""

    def __init__(self, points: FloatArray, levels: FloatArray, upper: FloatArray) -> None:
        self.points = points
        self.dim = points.shape[1]
        self.lines: dict[tuple[int, float, float], npt.NDArray[np.intp]] = {}
        self.axis: dict[tuple[int, float, float], int] = {}
        for level in levels:
            on = points[:, -1] == level
            if self.dim == 2:
                self._line((-1, 0.0, level), np.flatnonzero(on), 0)
                continue
            for across, along in ((0, 1), (1, 0)):
                for side in (0.0, upper[across]):
                    self._line((across, side, level), np.flatnonzero(on & (points[:, across] == side)), along)

    def _line(self, key: tuple[int, float, float], members: npt.NDArray[np.intp], along: int) -> None:
        self.lines[key] = members[np.argsort(self.points[members, along])]
        self.axis[key] = along

    def _edge(self, a: int, b: int) -> list[int]:
        """Points from a to b on their common line, b left out."""
        x, y = self.points[a], self.points[b]
        keys = [(-1, 0.0, x[-1])] if self.dim == 2 else [(i, x[i], x[-1]) for i in (0, 1) if x[i] == y[i]]
        for key in keys:
            if x[-1] == y[-1] and key in self.lines:
                line = self.lines[key]
                t, low, high = self.points[line, self.axis[key]], x[self.axis[key]], y[self.axis[key]]
                between = line[(t > min(low, high)) & (t < max(low, high))].tolist()
                return [a, *(between if low < high else between[::-1])]
        return [a]

    def __call__(self, loop: list[int]) -> list[list[int]]:
        if self.dim == 2:
            chain = [*self._edge(loop[0], loop[1]), loop[1]]
            return [[a, b] for a, b in pairwise(chain)]
        return [[p for i, a in enumerate(loop) for p in self._edge(a, loop[(i + 1) % len(loop)])]]
