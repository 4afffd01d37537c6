"""Outlines of plane particles and of what covers them, as Shapely polygons.

Polygons with corners on a circle are made so much larger that they have the area of the disc; discs that flatten each
other are cut along the line through the two points where their circles meet, which are corners of both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import acos, ceil, pi
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.ops import substring

from fem_ssb.microstructure.packing import pairs_within
from fem_ssb.microstructure.rings import circle, corner_radius, fill_angles

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

CORNERS = 12
"""Least number of corners of a disc."""


def discs(centres: FloatArray, radii: FloatArray, edge: float, period: Sequence[float] = (0.0, 0.0)) -> list[Any]:
    """Polygons of discs, flattened where they overlap.

    Args:
        centres: shape (n, 2).
        radii: shape (n,).
        edge: length of the polygons' sides.
        period: by how much they are repeated along each axis, 0 for not at all.
    """
    i, j, turn = pairs_within(centres, 2 * radii.max(), np.asarray(period))
    met = np.linalg.norm(centres[i] - centres[j] - turn, axis=1) < radii[i] + radii[j]
    disc, other = np.concatenate([i[met], j[met]]), np.concatenate([j[met], i[met]])
    places = centres[other] + np.concatenate([turn[met], -turn[met]])
    return [
        _flattened(centre, radius, places[disc == k], radii[other[disc == k]], edge)
        for k, (centre, radius) in enumerate(zip(centres, radii, strict=True))
    ]


def _flattened(centre: FloatArray, radius: float, others: FloatArray, reach: FloatArray, edge: float) -> Any:
    """A disc without what is nearer, by power, to other discs that overlap it."""
    if not len(others):
        n = max(CORNERS, ceil(2 * pi * radius / edge))
        return shapely.polygons(centre + radius * corner_radius(n) * circle(2 * pi * np.arange(n) / n))
    away = others - centre
    distance = np.linalg.norm(away, axis=1)
    level = (distance**2 + radius**2 - reach**2) / (2 * distance)
    half = np.array([acos(np.clip(x, -1.0, 1.0)) for x in level / radius])
    towards = np.arctan2(away[:, 1], away[:, 0])
    met = np.concatenate([towards - half, towards + half]) % (2 * pi)
    angles, _ = fill_angles(np.unique(met), radius * np.eye(2), min(edge, 2 * pi * radius / CORNERS))
    whole = shapely.polygons(centre + radius * circle(angles))
    for along, t in zip(away / distance[:, None], level, strict=True):
        whole = shapely.intersection(whole, _half_plane(centre + t * along, along, 3 * radius))
    return whole


def _half_plane(on: FloatArray, outwards: FloatArray, size: float) -> Any:
    """Square of 2 `size` a side, behind the line through a point."""
    across = size * np.array([-outwards[1], outwards[0]])
    back = -2 * size * outwards
    return shapely.polygons(np.stack([on + across, on + across + back, on - across + back, on - across]))


def coats(
    bodies: Sequence[Any], thickness: float, coverage: float, patches: int, rng: np.random.Generator
) -> list[Any]:
    """Layers around bodies, on what of their outlines touches no other body.

    Args:
        bodies: polygons.
        thickness: of the layer.
        coverage: covered share of the free outline of each body.
        patches: into which the cover of a body is divided, if it is not whole.
        rng: random numbers: where the patches are.

    Returns:
        what the bodies themselves are to be painted over; empty where nothing is free.
    """
    tree = shapely.STRtree(bodies)
    found = []
    for i, body in enumerate(bodies):
        if coverage >= 1.0:
            found.append(body.buffer(thickness, join_style="mitre"))
            continue
        near = [bodies[j] for j in tree.query(body, predicate="intersects") if j != i]
        free = shapely.line_merge(shapely.difference(body.exterior, shapely.union_all(near)))
        found.append(strips(free, thickness, coverage, patches, rng))
    return found


def strips(free: Any, thickness: float, coverage: float, patches: int, rng: np.random.Generator) -> Any:
    """Strips along a share of lines, to both sides of them; their ends are cut square."""
    parts_of = [
        substring(line, line.length * (k + start), line.length * (k + start + coverage / parts))
        for line in shapely.get_parts(free)
        for parts in [max(1, round(patches * line.length / free.length))]
        for k in np.arange(parts) / parts
        for start in [rng.random() * (1.0 - coverage) / parts]
    ]
    return shapely.union_all([s.buffer(thickness, cap_style="flat", join_style="mitre") for s in parts_of])


def closing(bodies: Sequence[Any], radius: float) -> Any:
    """Bodies, and what a disc that rolls around them cannot reach."""
    return shapely.union_all(list(bodies)).buffer(radius, quad_segs=3).buffer(-radius, quad_segs=3)


def narrow(bodies: Sequence[Any], width: float) -> Any:
    """The gaps between bodies below a width, without the corners of wider ones."""
    gaps = shapely.get_parts(shapely.difference(closing(bodies, width / 2), shapely.union_all(list(bodies))))
    return shapely.union_all(gaps[shapely.area(gaps) > width**2 / 2])


def necks(bodies: Sequence[Any], area: float, box: Any, least: float) -> Any:
    """What fills the gaps between bodies where they are narrowest, of a given area.

    It is what a disc of some radius that rolls around the bodies cannot reach, without the tips of that.

    Args:
        bodies: polygons.
        area: of all necks.
        box: that the necks stay in.
        least: width below which tips are left off.

    Returns:
        the necks; None if even the widest have less area.
    """
    solid = shapely.union_all(list(bodies))

    def between(radius: float) -> Any:
        gaps = shapely.difference(shapely.intersection(closing(bodies, radius), box), solid)
        return shapely.difference(gaps.buffer(-least / 2, quad_segs=2).buffer(least / 2, quad_segs=2), solid)

    low, high = 0.0, float(np.sqrt(box.area))
    if between(high).area < area:
        return None
    low, high = _bisected(lambda radius: between(radius).area, area, low, high)
    less, more = between(low), between(high)
    if more.area - less.area < 1e-3 * area:
        return more
    # A gap that the disc cannot reach any more closes at once: it is filled up to a level.
    left, bottom, right, top = box.bounds

    def filled(level: float) -> Any:
        return shapely.union(less, shapely.intersection(more, shapely.box(left, bottom, right, level)))

    return filled(_bisected(lambda level: filled(level).area, area, bottom, top)[1])


def _bisected(function: Callable[[float], float], value: float, low: float, high: float) -> tuple[float, float]:
    """Where a rising function passes a value, to a ten-thousandth."""
    while high - low > 1e-4 * abs(high):
        middle = (low + high) / 2
        low, high = (low, middle) if function(middle) > value else (middle, high)
    return low, high
