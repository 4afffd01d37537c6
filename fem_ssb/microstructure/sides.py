"""Convex bodies in a 3D box that is repeated: cut where they reach over its sides, and brought in at the other ones.

What the bodies leave of the box is one more cell. Its sides are what their sections leave of rectangles: facets with
holes in them, the same ones on opposite sides.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from fem_ssb.errors import InputError
from fem_ssb.microstructure.complexes import Complex, box_complex
from fem_ssb.microstructure.wrap import wrap

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

CLOSE = 1e-9
"""Points nearer than this times the box's largest side are one."""

SNAP = 0.15
"""Distance from a periodic side, over the mesh size, below which a corner of a ball that it cuts is put onto it."""


def bodies_in_box(
    bodies: Sequence[tuple[FloatArray, list[list[int]]]],
    lower: FloatArray,
    upper: FloatArray,
    periodic: Sequence[int],
    near: float,
) -> tuple[Complex, IntArray]:
    """Bodies and what they leave of a box.

    Args:
        bodies: corners (n, 3) and facets (loops of these) of each; with their repetitions they are clear of each other.
        lower, upper: corners of the box.
        periodic: axes along which it is repeated.
        near: corners nearer than this to a side that cuts their body are put onto it.

    Returns:
        the cells, and the body that each is (part of); the last cell is the rest.

    Raises:
        InputError: for a body that all but touches a side.
    """
    first = np.cumsum([0, *(len(x) for x, _ in bodies)])
    count = np.cumsum([0, *(len(loops) for _, loops in bodies)])
    cells = Complex(
        np.concatenate([_snapped(x, loops, lower, upper, periodic, near) for x, loops in bodies]),
        [[int(p + start) for p in loop] for (_, loops), start in zip(bodies, first, strict=False) for loop in loops],
        [list(range(a, b)) for a, b in zip(count[:-1].tolist(), count[1:].tolist(), strict=True)],
    )
    body = np.arange(len(bodies))
    for axis in periodic:
        try:
            cells, part = wrap(cells, axis, lower, upper)
        except ValueError:
            raise InputError(
                "a body all but touches an edge of the periodic box: move it, or take a smaller mesh size"
            ) from None
        body = body[part]
    return _with_rest(cells, lower, upper), np.append(body, len(bodies))


def _snapped(
    x: FloatArray, loops: list[list[int]], lower: FloatArray, upper: FloatArray, periodic: Sequence[int], near: float
) -> FloatArray:
    """Corners of a body, those near to the sides that cut it put onto them, but for facets that would lie in one."""
    x = x.copy()
    at: list[list[list[int]]] = [[] for _ in x]
    for loop in loops:
        for p in loop:
            at[p].append(loop)
    for axis in periodic:
        length = upper[axis] - lower[axis]
        turns = (x[:, axis] - lower[axis]) / length
        for k in range(int(np.floor(turns.min())), int(np.ceil(turns.max())) + 1):
            level = upper[axis] if k == 1 else lower[axis] + k * length
            height = x[:, axis] - level
            if min(abs(height.min()), abs(height.max())) < near:
                raise InputError(
                    f"a body all but touches the side of the periodic box along {'xyz'[axis]}: move it, or take a "
                    "smaller mesh size"
                )
            if height.min() < 0.0 < height.max():
                for p in np.argsort(np.abs(height))[: int((np.abs(height) < near).sum())].tolist():
                    if not any((np.delete(height[loop], loop.index(p)) == 0.0).all() for loop in at[p]):
                        x[p, axis], height[p] = level, 0.0
    return x


def _with_rest(cells: Complex, lower: FloatArray, upper: FloatArray) -> Complex:
    """The complex with what its cells leave of a box as the last one."""
    close = CLOSE * float((upper - lower).max())
    points, facets, holes = [*cells.points], list(cells.facets), {}
    corners = box_complex(lower, upper).points
    tree, added = cKDTree(np.concatenate([cells.points, corners])), dict[int, int]()

    def index(x: FloatArray) -> list[int]:
        found = []
        for i in tree.query(x)[1].tolist():
            if i >= len(cells.points) and i not in added:
                added[i] = len(points)
                points.append(tree.data[i])
            found.append(added.get(i, i))
        return found

    skin = np.ones(len(facets), dtype=bool)
    sides = []
    for axis in range(3):
        others = [i for i in range(3) if i != axis]
        for plane in (lower[axis], upper[axis]):
            on = [i for i, loop in enumerate(cells.facets) if (cells.points[loop, axis] == plane).all()]
            skin[on] = False
            sections = [shapely.polygons(cells.points[cells.facets[i]][:, others]) for i in on]
            whole = shapely.box(*lower[others], *upper[others])
            for part in shapely.get_parts(shapely.difference(whole, shapely.union_all(sections))):
                rings = []
                for ring in (part.exterior, *part.interiors):
                    x = np.empty((len(ring.coords) - 1, 3))
                    x[:, others], x[:, axis] = shapely.get_coordinates(ring)[:-1], plane
                    rings.append(index(x))
                if part.area > close**2:
                    sides.append(len(facets))
                    facets.append(rings[0])
                    if len(rings) > 1:
                        holes[sides[-1]] = rings[1:]
    rest = [*np.flatnonzero(skin).tolist(), *sides]
    return Complex(np.array(points), facets, [*cells.cells, rest], holes)
