"""Random dense packings of discs and balls: soft ones are pushed apart until none overlap.

From random places the energy of elastic contacts, ½ Σ (r_i + r_j − d_ij)² over all pairs that overlap, is minimised
(C. S. O'Hern et al., Phys. Rev. E 68 (2003) 011306). Below the density at which they jam, 0.84 in 2D and 0.64 in 3D for
nearly equal sizes, it goes to zero; random sequential addition ends at 0.55 and 0.38.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.spatial import cKDTree

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Pairs = tuple[IntArray, IntArray, FloatArray]

MARGIN = 1e-3
"""Pairs are driven this share further apart than they need to be, so that the minimum is reached in a finite time."""

TRIES, FEW = 3, 100
"""Random places that are begun from before a packing is given up, and those times the balls where these are few."""


PRESSED = 1.5
"""Distance from the bottom or the top, over its radius, below which a pressed ball comes to touch it."""


def pack(
    reach: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    rng: np.random.Generator,
    periodic: Sequence[int] = (),
    grazing: tuple[FloatArray, float] | None = None,
) -> tuple[FloatArray, bool]:
    """Places for balls in a box, inside it and clear of each other.

    Args:
        reach: radius of each, shape (n,).
        lower, upper: corners of the box.
        rng: random numbers.
        periodic: axes along which the box is repeated: there balls reach over its sides.
        grazing: radii (n,) of balls that such a side may cut, but not nearer to where it would touch them than this.

    Returns:
        centres (n, dim), and whether they fit.
    """
    along = np.isin(np.arange(len(lower)), periodic)
    inset = np.where(along, 0.0, reach[:, None])
    low, high = lower + inset, upper - inset
    period = np.where(along, upper - lower, 0.0)
    if (low > high).any():
        return np.clip((low + high) / 2, lower, upper), False
    for _ in range(max(TRIES, FEW // len(reach))):
        start = low + (high - low) * rng.random(low.shape)
        x = _settled(start, low, high, (1 + MARGIN) * reach, period, grazing=grazing)
        grazed = grazing and (np.abs(_beyond(x, grazing[0], low, period)[0]) < grazing[1]).any()
        if not grazed and not len(_overlaps(x, reach, period)[0]):
            return x, True
    return x, False


def press(
    x: FloatArray, radii: FloatArray, depth: float, lower: FloatArray, upper: FloatArray, periodic: Sequence[int] = ()
) -> FloatArray:
    """Packed balls pressed together: those that nearly touch come to touch, and those near the bottom and top these.

    Args:
        x: centres, shape (n, dim).
        radii: shape (n,).
        depth: by which two may enter each other, over the sum of their radii; half of it is aimed at.
        lower, upper: corners of the box.
        periodic: axes along which the box is repeated.
    """
    along = np.isin(np.arange(len(lower)), periodic)
    period = np.where(along, upper - lower, 0.0)
    inset = np.where(along, 0.0, (1 - depth) * radii[:, None])
    low, high = lower + inset, upper - inset
    touching = (1 - depth / 2) * radii
    near = (1 + 2 * depth) * radii
    if not along[-1]:
        at_bottom, at_top = x[:, -1] - lower[-1] < PRESSED * radii, upper[-1] - x[:, -1] < PRESSED * radii
        high[at_bottom, -1] = np.minimum(high[at_bottom, -1], lower[-1] + touching[at_bottom])
        low[at_top, -1] = np.maximum(low[at_top, -1], upper[-1] - touching[at_top])
        low = np.minimum(low, high)
    first, second, turn = pairs_within(x, 2 * near.max(), period)
    close = np.linalg.norm(x[first] - x[second] - turn, axis=1) < near[first] + near[second]
    bonds = first[close], second[close], turn[close]
    return _settled(np.clip(x, low, high), low, high, (1 - depth) * radii, period, bonds, touching)


def pairs_within(x: FloatArray, reach: float, period: FloatArray) -> Pairs:
    """Pairs of points of which one, or a repetition of it, is near the other.

    Args:
        x: places (n, dim).
        reach: distance.
        period: by how much they are repeated along each axis, 0 for not at all.

    Returns:
        first and second point of each pair (m,), and by how much the second is to be moved to be near (m, dim).
    """
    count, dim = x.shape
    turns = np.array([turn for turn in product(*((0, 1, -1) if p else (0,) for p in period))]) * period
    everywhere = (x + turns[:, None]).reshape(-1, dim)
    near = ((everywhere >= x.min(axis=0) - reach) & (everywhere <= x.max(axis=0) + reach)).all(axis=1)
    point, turn = np.tile(np.arange(count), len(turns))[near], np.repeat(turns, count, axis=0)[near]
    i, j = cKDTree(everywhere[near]).query_pairs(reach, output_type="ndarray").T
    once = (i < count) & ((j < count) | (point[i] <= point[j]))
    return i[once], point[j[once]], turn[j[once]]


def _overlaps(x: FloatArray, reach: FloatArray, period: FloatArray) -> tuple[IntArray, FloatArray, FloatArray]:
    """Pairs (m, 2) that overlap, the unit vectors from the second to the first, and by how much they do."""
    first, second, turn = pairs_within(x, 2 * reach.max(), period)
    pairs, away = np.stack([first, second], axis=1), x[first] - x[second] - turn
    distance = np.linalg.norm(away, axis=1)
    depth = reach[pairs].sum(axis=1) - distance
    some = depth > 0
    return pairs[some], away[some] / np.maximum(distance[some], 1e-12 * reach.max())[:, None], depth[some]


def _beyond(x: FloatArray, radii: FloatArray, low: FloatArray, period: FloatArray) -> tuple[FloatArray, FloatArray]:
    """How far periodic sides, edges and corners of a box are outside of balls, and the way there from their centres.

    Shapes (m, n) and (m, n, dim), of the nearest of each kind: the sides along every axis, the edges of every two of
    these, and so on.
    """
    axes, span = np.flatnonzero(period > 0.0), np.where(period > 0.0, period, 1.0)
    off = (x - low + span / 2) % span - span / 2
    kinds = [kind for count in range(1, len(axes) + 1) for kind in combinations(axes.tolist(), count)]
    way = np.stack([np.where(np.isin(np.arange(x.shape[1]), kind), off, 0.0) for kind in kinds])
    return np.linalg.norm(way, axis=2) - radii, way


def _settled(
    x: FloatArray, low: FloatArray, high: FloatArray, reach: FloatArray, period: FloatArray,
    bonds: Pairs | None = None, held: FloatArray | None = None, grazing: tuple[FloatArray, float] | None = None,
) -> FloatArray:  # fmt: skip
    """The minimum of the energy that is reached from x; centres stay between low and high, but along periodic axes.

    Bonds pull on pairs that are further apart than the sum of their `held` (n,); sides push on balls that they graze.
    """
    unit, along = float(reach.mean()), period > 0.0
    span = np.where(along, period / unit, 1.0)

    def inside(y: FloatArray) -> FloatArray:
        return np.asarray(np.where(along, (y - low / unit) % span + low / unit, y))

    def energy(flat: FloatArray) -> tuple[float, FloatArray]:
        y = flat.reshape(x.shape)
        pairs, normal, depth = _overlaps(inside(y), reach / unit, period / unit)
        if bonds is not None and held is not None:
            first, second, turn = bonds
            away = y[first] - y[second] - turn / unit
            distance = np.linalg.norm(away, axis=1)
            stretch = np.maximum(distance - (held[first] + held[second]) / unit, 0.0)
            pairs = np.concatenate([pairs, np.stack([first, second], axis=1)])
            normal = np.concatenate([normal, -away / distance[:, None]])
            depth = np.concatenate([depth, stretch])
        push = depth[:, None] * normal
        by_axis = [np.bincount(pairs[:, 1], c, len(x)) - np.bincount(pairs[:, 0], c, len(x)) for c in push.T]
        value, slope = 0.5 * float(depth @ depth), np.stack(by_axis, axis=1)
        if grazing is not None:
            beyond, way = _beyond(y, grazing[0] / unit, low / unit, period / unit)
            lack = np.maximum((1 + MARGIN) * grazing[1] / unit - np.abs(beyond), 0.0)
            value += 0.5 * float((lack**2).sum())
            away = way / np.maximum(np.linalg.norm(way, axis=2), 1e-12)[:, :, None]
            slope = slope - ((lack * np.sign(beyond))[:, :, None] * away).sum(axis=0)
        return value, slope.ravel()

    found = minimize(
        energy,
        x.ravel() / unit,
        jac=True,
        method="L-BFGS-B",
        bounds=np.stack([np.where(along, end, side).ravel() for end, side in ((-np.inf, low), (np.inf, high))], axis=1)
        / unit,
        options={"maxiter": 3000, "maxfun": 6000, "ftol": 0.0, "gtol": 1e-3 * MARGIN / len(x), "maxcor": 20},
    )
    return inside(np.asarray(found.x).reshape(x.shape)) * unit
