"""Random dense packings of discs and balls: soft ones are pushed apart until none overlap.

From random places the energy of elastic contacts, ½ Σ (r_i + r_j − d_ij)² over all pairs that overlap, is minimised
(C. S. O'Hern et al., Phys. Rev. E 68 (2003) 011306). Below the density at which they jam, 0.84 in 2D and 0.64 in 3D for
nearly equal sizes, it goes to zero; random sequential addition ends at 0.55 and 0.38.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.spatial import cKDTree

FloatArray = npt.NDArray[np.float64]

MARGIN = 1e-3
"""Pairs are driven this share further apart than they need to be, so that the minimum is reached in a finite time."""

TRIES = 3
"""Random places that are begun from before a packing is given up."""


PRESSED = 1.5
"""Distance from the bottom or the top, over its radius, below which a pressed ball comes to touch it."""


def pack(reach: FloatArray, lower: FloatArray, upper: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, bool]:
    """Places for balls in a box, inside it and clear of each other.

    Args:
        reach: radius of each, shape (n,).
        lower, upper: corners of the box.
        rng: random numbers.

    Returns:
        centres (n, dim), and whether they fit.
    """
    low, high = lower + reach[:, None], upper - reach[:, None]
    if (low > high).any():
        return np.clip((low + high) / 2, lower, upper), False
    for _ in range(TRIES):
        x = _settled(low + (high - low) * rng.random(low.shape), low, high, (1 + MARGIN) * reach)
        if not len(_overlaps(x, reach)[0]):
            return x, True
    return x, False


def press(x: FloatArray, radii: FloatArray, depth: float, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """Packed balls pressed together: those that nearly touch come to touch, and those near the bottom and top these.

    Args:
        x: centres, shape (n, dim).
        radii: shape (n,).
        depth: by which two may enter each other, over the sum of their radii; half of it is aimed at.
        lower, upper: corners of the box.
    """
    low, high = (wall + sign * (1 - depth) * radii[:, None] for wall, sign in ((lower, 1), (upper, -1)))
    touching = (1 - depth / 2) * radii
    near = (1 + 2 * depth) * radii
    at_bottom, at_top = x[:, -1] - lower[-1] < PRESSED * radii, upper[-1] - x[:, -1] < PRESSED * radii
    high[at_bottom, -1] = np.minimum(high[at_bottom, -1], lower[-1] + touching[at_bottom])
    low[at_top, -1] = np.maximum(low[at_top, -1], upper[-1] - touching[at_top])
    low = np.minimum(low, high)
    pairs = cKDTree(x).query_pairs(2 * near.max(), output_type="ndarray")
    close = np.linalg.norm(x[pairs[:, 0]] - x[pairs[:, 1]], axis=1) < near[pairs].sum(axis=1)
    return _settled(np.clip(x, low, high), low, high, (1 - depth) * radii, pairs[close], touching)


def _overlaps(x: FloatArray, reach: FloatArray) -> tuple[npt.NDArray[np.int64], FloatArray, FloatArray]:
    """Pairs (m, 2) that overlap, the unit vectors from the second to the first, and by how much they do."""
    pairs = cKDTree(x).query_pairs(2 * reach.max(), output_type="ndarray")
    away = x[pairs[:, 0]] - x[pairs[:, 1]]
    distance = np.linalg.norm(away, axis=1)
    depth = reach[pairs].sum(axis=1) - distance
    some = depth > 0
    return pairs[some], away[some] / np.maximum(distance[some], 1e-12 * reach.max())[:, None], depth[some]


def _settled(
    x: FloatArray, low: FloatArray, high: FloatArray, reach: FloatArray,
    bonds: npt.NDArray[np.int64] | None = None, held: FloatArray | None = None,
) -> FloatArray:  # fmt: skip
    """The minimum of the energy that is reached from x; centres stay between low and high.

    Bonds (m, 2) pull on pairs that are further apart than the sum of their `held` (n,).
    """
    unit = float(reach.mean())

    def energy(flat: FloatArray) -> tuple[float, FloatArray]:
        y = flat.reshape(x.shape)
        pairs, normal, depth = _overlaps(y, reach / unit)
        if bonds is not None and held is not None:
            away = y[bonds[:, 0]] - y[bonds[:, 1]]
            distance = np.linalg.norm(away, axis=1)
            stretch = np.maximum(distance - held[bonds].sum(axis=1) / unit, 0.0)
            pairs = np.concatenate([pairs, bonds])
            normal = np.concatenate([normal, -away / distance[:, None]])
            depth = np.concatenate([depth, stretch])
        push = depth[:, None] * normal
        slope = [np.bincount(pairs[:, 1], c, len(x)) - np.bincount(pairs[:, 0], c, len(x)) for c in push.T]
        return 0.5 * float(depth @ depth), np.stack(slope, axis=1).ravel()

    found = minimize(
        energy,
        x.ravel() / unit,
        jac=True,
        method="L-BFGS-B",
        bounds=np.stack([low.ravel(), high.ravel()], axis=1) / unit,
        options={"maxiter": 3000, "maxfun": 6000, "ftol": 0.0, "gtol": 1e-3 * MARGIN / len(x), "maxcor": 20},
    )
    return np.asarray(found.x).reshape(x.shape) * unit
