"""Voronoi polycrystals that fill a box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fem_ssb.microstructure.diagram import Diagram, diagram
from fem_ssb.microstructure.grains import Grains

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Voronoi(Grains):
    """Grains as the Voronoi cells of random seeds.

    Lloyd passes make the grains more alike; relax=0 is the Poisson–Voronoi tessellation. For a prescribed
    distribution of grain sizes use `Laguerre`.

    The attributes are those of `Grains`: count, seed, relax, texture, seeds, gradient, stretch, shape. With
    a gradient each Lloyd pass makes the grains somewhat more alike over the height, too.
    """

    def _diagram(self, seeds: FloatArray, lower: FloatArray, upper: FloatArray, periodic: Sequence[int]) -> Diagram:
        cells = diagram(seeds, lower, upper, periodic=periodic)
        for _ in range(self.relax):
            seeds = self._placed(cells.moments()[1], lower, upper, periodic)
            cells = diagram(seeds, lower, upper, periodic=periodic)
        return cells
