"""Rough interfaces between layers: how far each point of the interface is from its mean plane."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import pi

import numpy as np
import numpy.typing as npt

from fem_ssb.errors import InputError, number

FloatArray = npt.NDArray[np.float64]

WAVES = 400
"""Number of plane waves a random surface is the sum of."""


class Roughness(ABC):
    """Base of the shapes; use `Sinusoid` or `RandomSurface`."""

    @abstractmethod
    def height(self, x: FloatArray, base: FloatArray) -> FloatArray:
        """Distance above the mean plane (m), shape (n,).

        Args:
            x: points of the plane (m), shape (n, dim − 1).
            base: its extent (m), shape (dim − 1,).
        """


@dataclass(frozen=True)
class Sinusoid(Roughness):
    """h = a cos(2πx/λ), and in 3D h = a cos(2πx/λ) cos(2πy/λ).

    Attributes:
        amplitude: a (m).
        wavelength: λ (m); the mean is zero where twice the width is a whole number of them.

    Raises:
        InputError: values out of range.
    """

    amplitude: float
    wavelength: float

    def __post_init__(self) -> None:
        number(self.amplitude, "Sinusoid amplitude (m)", least=0.0)
        number(self.wavelength, "Sinusoid wavelength (m)", above=0.0)

    def height(self, x: FloatArray, base: FloatArray) -> FloatArray:
        """See `Roughness.height`."""
        return self.amplitude * np.asarray(np.cos(2 * pi * x / self.wavelength).prod(axis=1))


@dataclass(frozen=True)
class RandomSurface(Roughness):
    """A Gaussian surface: the correlation of heights at a distance r is rms² exp(−r²/ℓ²).

    A sum of plane waves with Gaussian wave vectors of standard deviation √2/ℓ and random phases; over the
    interface its mean is 0 and its root mean square is the asked one.

    Attributes:
        rms: root mean square height (m).
        correlation: correlation length ℓ (m).
        seed: of the random numbers.

    Raises:
        InputError: values out of range.
    """

    rms: float
    correlation: float
    seed: int = 0

    def __post_init__(self) -> None:
        number(self.rms, "RandomSurface rms (m)", least=0.0)
        number(self.correlation, "RandomSurface correlation (m)", above=0.0)
        if number(self.seed, "RandomSurface seed", least=0) != int(self.seed):
            raise InputError("RandomSurface seed must be a whole number")

    def height(self, x: FloatArray, base: FloatArray) -> FloatArray:
        """See `Roughness.height`."""
        n = 2000 if len(base) == 1 else 60
        grid = np.stack(np.meshgrid(*[(np.arange(n) + 0.5) / n * extent for extent in base], indexing="ij"), axis=-1)
        sample = self._waves(grid.reshape(-1, len(base)))
        return self.rms * (self._waves(x) - sample.mean()) / sample.std()

    def _waves(self, x: FloatArray) -> FloatArray:
        rng = np.random.default_rng([int(self.seed), 4])
        vectors = rng.normal(scale=np.sqrt(2) / self.correlation, size=(WAVES, x.shape[1]))
        phases = rng.uniform(0, 2 * pi, WAVES)
        total = np.zeros(len(x))
        for vector, phase in zip(vectors, phases, strict=True):
            total += np.cos(x @ vector + phase)
        return total
