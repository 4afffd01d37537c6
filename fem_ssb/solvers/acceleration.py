"""Anderson's acceleration of a fixed-point iteration x ← f(x): what alternate minimisation of damage is.

With the residuals r_k = f(x_k) − x_k of the last iterations, the weights γ of least ‖r_k − ΔR γ‖ give the next point
x = f(x_k) − ΔF γ, ΔR and ΔF being the differences of neighbours in r and f. Near the solution this is a
quasi-Newton method.

The residual grows while a crack runs through the body, and the past says nothing: the history is dropped, and pairs
of strides x + ω r carry the front on. A part of the error that the map multiplies by ρ, from 0 (gone at once) to 1
(slow), is multiplied by 1 − ω(1 − ρ) in a stride. Two strides ω₁, ω₂ whose product of such factors is the Chebyshev
polynomial of 1 − ρ leave no part of it grow, and go as far as (ω₁ + ω₂)/2 > 3 iterations each, where one stride that is
repeated must stay below 2. Where nothing comes of it, neither a smaller residual nor more damage, plain iterations
follow, each of which lowers the energy.

Sources: Walker & Ni, SIAM J. Numer. Anal. 49 (2011) 1715; Alexiades, Amiez & Gremaud, Commun. Numer. Methods Eng. 12
(1996) 31 (strides in turn); Farrell & Maurini, Int. J. Numer. Methods Eng. 109 (2017) 648 (over-relaxed damage).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from mpi4py import MPI

FloatArray = npt.NDArray[np.float64]
DEPTH = 6
GROWTH = 1.0  # of the residual, at which the history is dropped
RELAXATION = 1.7  # of a step without history
DAMPING = 0.05
STRIDES = tuple(2 / (1 + DAMPING - (1 - DAMPING) * np.cos(np.pi * np.array([1, 3]) / 4)))
PATIENCE = 60  # points without a new least residual or more damage after which as many plain iterations follow
GAIN = 1e-4  # relative growth of the norm of x that counts as more damage
WORST = 1e-10  # relative singular value of ΔR below which a direction says nothing


class Anderson:
    """Acceleration of one distributed vector.

    Args:
        comm: communicator over which the vector is distributed.
        depth: number of earlier iterations that are used.
        strides: carry a running crack on by strides, where what follows from any damage is sure to be solvable.
    """

    def __init__(self, comm: Any, depth: int = DEPTH, strides: bool = True):
        self.comm, self.depth, self.strides = comm, depth, strides
        self.restart()

    def restart(self) -> None:
        """Forget everything."""
        self._least, self._most, self._waited, self._plain = np.inf, 0.0, 0, 0
        self._strides: list[float] = []
        self._forget()

    def _forget(self) -> None:
        self._points: list[FloatArray] = []
        self._residuals: list[FloatArray] = []

    def rest(self) -> None:
        """Plain iterations follow: what was guessed could not be gone on from."""
        self._plain, self._strides = PATIENCE, []
        self._forget()

    def __call__(self, x: FloatArray, fx: FloatArray) -> FloatArray:
        """The next point, from a point and its image; owned entries only."""
        r = fx - x
        size, damage = self._norm(r), self._norm(fx)
        onward = size < self._least or damage > (1 + GAIN) * self._most
        self._waited = 0 if onward else self._waited + 1
        self._least, self._most = min(self._least, size), max(self._most, damage)
        if self._plain or self._waited % (2 * PATIENCE) >= PATIENCE:
            self._plain = max(self._plain - 1, 0)
            self._forget()
            return fx
        if self._residuals and size > GROWTH * self._norm(self._residuals[-1]):
            self._forget()
            self._strides = list(STRIDES) if self.strides else []
        if self._strides:
            return np.asarray(x + self._strides.pop(0) * r)
        self._points, self._residuals = [*self._points, fx][-self.depth :], [*self._residuals, r][-self.depth :]
        if len(self._residuals) < 2:
            return np.asarray(x + RELAXATION * r)
        differences = np.diff(np.array(self._residuals), axis=0)
        images = np.diff(np.array(self._points), axis=0)
        local = np.concatenate([differences @ differences.T, (differences @ r)[:, None]], axis=1)
        total = np.asarray(self.comm.allreduce(local, op=MPI.SUM))
        weights = np.linalg.pinv(total[:, :-1], rcond=WORST, hermitian=True) @ total[:, -1]
        return np.asarray(fx - weights @ images)

    def _norm(self, r: FloatArray) -> float:
        return float(np.sqrt(self.comm.allreduce(float(r @ r))))
