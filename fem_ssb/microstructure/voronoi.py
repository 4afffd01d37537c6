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

    Attributes:
        count: number of grains.
        seed: of the random numbers; the same seed gives the same grains.
        relax: number of Lloyd passes, each of which moves every seed to the centroid of its cell.
        texture: "random" for orientations uniform over all rotations, None for all crystals aligned with
            the laboratory, `FibreTexture(…)`, `OrientationFile(…)`, or rotation matrices crystal → laboratory, shape
            (count, 3, 3).
        seeds: where the seeds are instead of at random, as fractions of the layer's box from 0 to 1: an
            array of shape (count, dim) or a text file of one seed a line. Set relax=0 to leave them there.
        gradient: grain diameter at the top of the layer over that at its bottom; each Lloyd pass makes the grains
            somewhat more alike over the height, too.
        stretch: extent of the grains along the stacking axis over that across it.
        shape: "equiaxed", "columnar" for grains that go straight from the bottom to the top, or "layered" for grains
            that lie on each other, each from side to side.

    Raises:
        InputError: values out of range, an unknown shape or texture.
    """

    def _diagram(self, seeds: FloatArray, lower: FloatArray, upper: FloatArray, periodic: Sequence[int]) -> Diagram:
        cells = diagram(seeds, lower, upper, periodic=periodic)
        for _ in range(self.relax):
            seeds = self._placed(cells.moments()[1], lower, upper, periodic)
            cells = diagram(seeds, lower, upper, periodic=periodic)
        return cells
