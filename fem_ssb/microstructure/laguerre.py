"""Laguerre polycrystals: grains of prescribed sizes that fill a box.

The weights of the power diagram are those for which each cell has its prescribed volume V*: the unique solution
of semi-discrete optimal transport, found by the damped Newton method of J. Kitagawa, Q. Mérigot and B. Thibert,
J. Eur. Math. Soc. 21 (2019) 2603. The derivative of the volumes is a graph Laplacian,

    ∂V_i/∂w_j = −A_ij / (2 |x_i − x_j|),    ∂V_i/∂w_i = Σ_j A_ij / (2 |x_i − x_j|),

with the area A_ij between cells i and j. Moving the seeds to the centroids in between keeps the volumes and rounds
the grains (D. P. Bourne et al., Phil. Mag. 100 (2020) 2677).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import pi

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.sparse import coo_matrix, diags
from scipy.sparse.linalg import spsolve
from scipy.special import ndtri

from fem_ssb.errors import ConvergenceError, InputError, number
from fem_ssb.microstructure.diagram import Diagram, diagram
from fem_ssb.microstructure.grains import Grains

FloatArray = npt.NDArray[np.float64]

ACCURACY = 1e-3
"""Largest relative error of a grain's volume before short edges are removed."""


@dataclass(frozen=True)
class Laguerre(Grains):
    """Grains of prescribed sizes.

    Sizes are equivalent diameters: of the ball (in 2D of the disc) of the grain's volume. As the grains fill
    their layer, count and volume fix the mean; only proportions are given. `grain_count` finds the count for
    a mean diameter.

    Attributes:
        spread: standard deviation over mean of the equivalent diameters, which are log-normal; each
            realisation has exactly this spread.
        sizes: the proportions of the equivalent diameters instead, shape (count,).

    The others are those of `Voronoi`: count, seed, relax, texture, seeds, gradient, stretch, shape.

    Raises:
        InputError: values out of range, sizes of another number than the grains; when the stack is meshed, a spread
            that so few grains cannot have.
    """

    spread: float = 0.35
    sizes: npt.ArrayLike | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        number(self.spread, "Laguerre spread", least=0.0, most=1.5)
        if self.sizes is not None:
            sizes = np.asarray(self.sizes, dtype=np.float64)
            if sizes.shape != (self.count,):
                raise InputError(f"Laguerre sizes must have shape ({self.count},): one a grain; not {sizes.shape}")
            if not (np.isfinite(sizes) & (sizes > 0)).all():
                raise InputError("Laguerre sizes must all be positive and finite")

    def diameters(self) -> FloatArray:
        """Proportions of the equivalent diameters, of mean 1, shape (count,); before any gradient."""
        if self.sizes is not None:
            sizes = np.asarray(self.sizes, dtype=np.float64)
        else:
            sizes = log_normal(self.count, self.spread)
            sizes = np.random.default_rng([self.seed, 3]).permutation(sizes)
        return sizes / sizes.mean()

    def _diagram(self, seeds: FloatArray, lower: FloatArray, upper: FloatArray, periodic: Sequence[int]) -> Diagram:
        height = (seeds[:, -1] - lower[-1]) / (upper[-1] - lower[-1])
        sizes = self.diameters() * (1.0 + (self.gradient - 1.0) * height)
        extent = sizes ** self._extents(len(lower))
        volumes = extent / extent.sum() * float(np.prod(upper - lower))

        def place(x: FloatArray) -> FloatArray:
            return self._placed(x, lower, upper, periodic)

        return relaxed(seeds, volumes, lower, upper, self.relax, place, periodic)[0]


def log_normal(count: int, spread: float) -> FloatArray:
    """Quantiles of a log-normal distribution, their standard deviation over their mean exactly `spread`."""
    if count == 1 or spread == 0.0:
        return np.ones(count)
    normal = ndtri((np.arange(count) + 0.5) / count)

    def excess(sigma: float) -> float:
        values = np.exp(sigma * normal)
        return float(values.std() / values.mean()) - spread

    if excess(5.0) < 0.0:
        raise InputError(f"{count} grains cannot have a spread of {spread:g}: use more grains or a smaller spread")
    return np.exp(brentq(excess, 0.0, 5.0, xtol=1e-12) * normal)


def grain_count(mean: float, spread: float, volume: float, dim: int) -> int:
    """Number of grains of a mean equivalent diameter that fill a volume.

    Args:
        mean: mean equivalent diameter (m).
        spread: standard deviation over mean of the diameters, log-normal.
        volume: of the layer (m³; in 2D its area, m²).
        dim: 2 or 3.

    Returns:
        The count, at least 1.

    From ⟨d^k⟩ = ⟨d⟩^k (1 + spread²)^(k(k−1)/2), the moments of the log-normal distribution.
    """
    mean, spread = number(mean, "mean diameter (m)", above=0.0), number(spread, "spread", least=0.0)
    each = (pi / 4 if dim == 2 else pi / 6) * mean**dim * (1 + spread**2) ** (dim * (dim - 1) / 2)
    return max(1, round(number(volume, "volume", above=0.0) / each))


def relaxed(
    seeds: FloatArray, volumes: FloatArray, lower: FloatArray, upper: FloatArray, passes: int,
    place: Callable[[FloatArray], FloatArray] = lambda x: x, periodic: Sequence[int] = (),
) -> tuple[Diagram, FloatArray]:  # fmt: skip
    """Cells of prescribed volumes, as `fit_volumes`, after so many Lloyd passes; `place` puts each new seed."""
    cells, weights = fit_volumes(seeds, volumes, lower, upper, np.zeros(len(seeds)), periodic)
    for _ in range(passes):
        cells, weights = fit_volumes(place(cells.moments()[1]), volumes, lower, upper, weights, periodic)
    return cells, weights


def fit_volumes(
    seeds: FloatArray,
    volumes: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    weights: FloatArray,
    periodic: Sequence[int] = (),
) -> tuple[Diagram, FloatArray]:
    """Power diagram whose cells have prescribed volumes, and its weights.

    Args:
        seeds: shape (count, dim).
        volumes: shape (count,), with the box's volume as their sum.
        lower, upper: corners of the box.
        weights: first guess; the Voronoi diagram is taken instead where it leaves a cell empty.
        periodic: axes along which seeds are repeated.

    Raises:
        ConvergenceError: if Newton's method does not converge.
    """
    cells = diagram(seeds, lower, upper, weights, periodic)
    now = cells.moments()[0]
    if now.min() < 0.1 * volumes.min():
        weights = np.zeros(len(seeds))
        cells = diagram(seeds, lower, upper, weights, periodic)
        now = cells.moments()[0]
    least = 0.5 * min(now.min(), volumes.min())
    for _ in range(100):
        error = volumes - now
        if (np.abs(error) < ACCURACY * volumes).all():
            return cells, weights
        step = _newton_step(cells, error)
        size = 1.0
        while True:
            trial = weights + size * step
            found = diagram(seeds, lower, upper, trial - trial.mean(), periodic)
            then = found.moments()[0]
            if then.min() > least and np.linalg.norm(volumes - then) <= (1 - 0.5 * size) * np.linalg.norm(error):
                break
            size *= 0.5
            if size < 1e-6:
                raise ConvergenceError("no grains of these sizes were found: use another seed or a smaller spread")
        cells, weights, now = found, trial - trial.mean(), then
    raise ConvergenceError("no grains of these sizes were found in 100 steps: use another seed or a smaller spread")


def _newton_step(cells: Diagram, error: FloatArray) -> FloatArray:
    """Change of the weights that mends the volumes to first order; the last weight stays."""
    count = len(cells.seeds)
    i, j = cells.pairs.T
    slope = cells.areas() / (2 * np.linalg.norm(cells.sites[i] - cells.sites[j], axis=1))
    other = cells.repeated[j]
    once, twice = (j >= count) & (other >= 0) & (other != i), j < count  # a ridge with a repeated seed is there twice
    off = coo_matrix((slope[twice], (i[twice], j[twice])), shape=(count, count)).tocsr()
    off = off + off.T + coo_matrix((slope[once], (i[once], other[once])), shape=(count, count)).tocsr()
    matrix = (diags(np.asarray(off.sum(axis=1)).ravel()) - off).tocsc()
    step = np.zeros(count)
    step[:-1] = spsolve(matrix[:-1, :-1], error[:-1])
    return step
