"""Balls and shells in a 3D box as polyhedra: geodesic ones, with the volume of the ball."""

from __future__ import annotations

from math import pi

import numpy as np
import numpy.typing as npt

from fem_ssb.microstructure.complexes import Complex, box_complex

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

FINEST = 4
"""Most times that the triangles of an icosahedron are cut into four."""


def geodesic(edge: float) -> tuple[FloatArray, IntArray]:
    """Corners (n, 3) and triangles (m, 3), outwards, of a polyhedron with the volume of the unit ball.

    Args:
        edge: length that sides are to have at most, over the radius.
    """
    g = (1 + 5**0.5) / 2
    x = np.array([p for a in (-1.0, 1.0) for b in (-g, g) for p in ([0, a, b], [a, b, 0], [b, 0, a])])
    near = np.linalg.norm(x[:, None] - x, axis=2) < 2.1
    loops = [
        (i, j, k)
        for i in range(12)
        for j in range(i + 1, 12)
        for k in range(j + 1, 12)
        if near[i, j] and near[j, k] and near[i, k]
    ]
    triangles = np.array([t if np.linalg.det(x[list(t)]) > 0 else (t[0], t[2], t[1]) for t in loops])
    x /= np.linalg.norm(x, axis=1)[:, None]
    for times in range(FINEST):
        if 1.2 / 2**times <= edge and times > 0:
            break
        ends = np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
        sides, label = np.unique(ends, axis=0, return_inverse=True)
        middle = x[sides].mean(axis=1)
        a, b, c = triangles.T
        ab, bc, ca = label.reshape(-1, 3).T + len(x)
        x = np.concatenate([x, middle / np.linalg.norm(middle, axis=1)[:, None]])
        triangles = np.concatenate([np.stack(t, axis=1) for t in ((a, ab, ca), (b, bc, ab), (c, ca, bc), (ab, bc, ca))])
    return x * (4 * pi / np.linalg.det(x[triangles]).sum() * 2) ** (1 / 3), triangles


def balls_in_box(
    centres: FloatArray, radii: FloatArray, coats: FloatArray, coverage: float, lower: FloatArray, upper: FloatArray,
    edge: float, rng: np.random.Generator,
) -> tuple[Complex, IntArray, dict[int, float]]:  # fmt: skip
    """Balls, coats on them, and the box around all.

    Args:
        centres, radii: of the balls.
        coats: thickness of the coat on each, 0 for none.
        coverage: share of the coated balls' surface under the coat: a cap around a random direction.
        lower, upper: corners of the box.
        edge: mesh size.
        rng: random numbers.

    Returns:
        cells, what they are (i for ball i, n + i for its coat, 2n for the rest, which comes last), and the volumes of
        those that are coats.
    """
    points: list[FloatArray] = []
    loops: list[list[int]] = []
    cells: list[list[int]] = []
    kinds: list[int] = []
    outside: list[int] = []
    volumes: dict[int, float] = {}
    for i, (centre, radius, coat) in enumerate(zip(centres, radii, coats, strict=True)):
        x, triangles = geodesic(min(edge, 2 * coat or edge) / radius if coverage < 1 else edge / radius)
        first, facet = sum(map(len, points)), len(loops)
        points.append(centre + radius * x)
        loops += (triangles + first).tolist()
        inner = np.arange(facet, facet + len(triangles))
        cells.append(inner.tolist())
        kinds.append(i)
        if coat == 0.0:
            outside += inner.tolist()
            continue
        covered = _cap(x, triangles, coverage, rng)
        points.append(centre + (radius + coat) * x)
        outer = len(loops) + np.arange(covered.sum())
        loops += (triangles[covered] + first + len(x)).tolist()
        rim = _rim(triangles[covered])
        sides = len(loops) + np.arange(len(rim))
        loops += [[a + first, b + first, b + first + len(x), a + first + len(x)] for a, b in rim]
        volumes[len(cells)] = ((radius + coat) ** 3 - radius**3) * np.linalg.det(x[triangles[covered]]).sum() / 6
        cells.append([*inner[covered].tolist(), *outer.tolist(), *sides.tolist()])
        kinds.append(len(radii) + i)
        outside += [*inner[~covered].tolist(), *outer.tolist(), *sides.tolist()]
    box = box_complex(lower, upper)
    first = sum(map(len, points))
    cells.append([*outside, *range(len(loops), len(loops) + len(box.facets))])
    loops += [[p + first for p in loop] for loop in box.facets]
    whole = Complex(np.concatenate([*points, box.points]), loops, cells)
    return whole.united(np.arange(len(cells))), np.array([*kinds, 2 * len(radii)]), volumes


def _cap(x: FloatArray, triangles: IntArray, coverage: float, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """The triangles nearest to a random direction that have a share of the area."""
    direction = rng.normal(size=3)
    corners = x[triangles]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    order = np.argsort(-corners.mean(axis=1) @ direction)
    count = max(1, int(np.argmin(np.abs(np.cumsum(areas[order]) / areas.sum() - coverage))) + 1)
    found = np.zeros(len(triangles), dtype=bool)
    found[order[:count]] = True
    return found


def _rim(triangles: IntArray) -> list[tuple[int, int]]:
    """Edges of a patch of oriented triangles that have it on one side only."""
    ends = {(int(a), int(b)) for t in triangles for a, b in zip(t, np.roll(t, -1), strict=True)}
    return sorted((a, b) for a, b in ends if (b, a) not in ends)
