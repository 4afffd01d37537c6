"""Powders pressed to one dense body: polygonal particles of several phases that fill a layer.

Particles are the cells of one Laguerre tessellation. Their volumes are prescribed: log-normal equivalent diameters for
each phase, their sum the phase's share of the layer. Which particle lies where is random, so that a phase percolates,
or does not, as its fraction has it (site percolation on the neighbours of a random tessellation).

Secondary particles are groups of the cells of a finer tessellation, whose volumes sum to the particle's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import shapely

from fem_ssb.errors import InputError, number, unknown
from fem_ssb.microstructure.arrangement import arrange
from fem_ssb.microstructure.complexes import Complex
from fem_ssb.microstructure.composite import (
    BALL,
    Composite,
    Filling,
    Phase,
    Profile,
    check_phases,
    fractions,
    particles,
)
from fem_ssb.microstructure.grains import random_rotations, wrapped_complex
from fem_ssb.microstructure.laguerre import relaxed
from fem_ssb.microstructure.outlines import strips
from fem_ssb.microstructure.packed import Coat

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

DRAWS = 200_000
"""Random points that are drawn at a time to find the places of primary grains."""


@dataclass(frozen=True)
class Mixture(Composite):
    """Particles of several phases that touch everywhere, as after pressing; in 2D and 3D.

    Attributes:
        phases: each with its mean diameter; all but one with a fraction.
        seed: of the random numbers; the same seed gives the same mixture.
        relax: number of Lloyd passes that round the particles.
        coat: inside the particles of one phase, where they meet other phases; that phase's fraction counts it.

    Raises:
        InputError: no phases, the same name twice, fractions that do not sum to 1, values out of range.
    """

    phases: Sequence[Phase]
    seed: int = 0
    relax: int = 3
    coat: Coat | None = None
    faces_whole = False
    binder: ClassVar[None] = None
    dressed_coat: ClassVar[bool] = True
    """In 3D the coat is put into the finished mesh, see `fem_ssb.mesh.dress`."""

    def __post_init__(self) -> None:
        check_phases("Mixture", self.phases)
        for phase in self.phases:
            if phase.diameter is None:
                raise InputError(f"phase '{phase.name}' of a Mixture needs the mean diameter of its particles")
        if self.coat is not None:
            names = [phase.name for phase in self.phases]
            if self.coat.on is not None and self.coat.on not in names:
                raise unknown("coated phase", self.coat.on, names)
            object.__setattr__(self, "phases", (*self.phases, Phase(self.coat.name, self.coat.material)))
            check_phases("Mixture", self.phases)
        fractions(self._given)
        self._profiles()
        for name in ("seed", "relax"):
            object.__setattr__(self, name, int(number(getattr(self, name), f"Mixture {name}", least=0)))

    @property
    def _given(self) -> Sequence[Phase]:
        """The phases without the coat."""
        return self.phases if self.coat is None else self.phases[:-1]

    @property
    def coated_phase(self) -> str:
        """Name of the phase that has the coat."""
        return self._given[self._coated_index].name

    @property
    def host_phase(self) -> str:
        """Name of the phase whose volume a coat in 3D is taken from."""
        return self.coated_phase

    @property
    def _coated_index(self) -> int:
        on = None if self.coat is None else self.coat.on
        return 0 if on is None else [phase.name for phase in self._given].index(on)

    def detail(self) -> float:
        """See `Composite.detail`."""
        return self.feature(2) if self.coat is None else self.coat.thickness

    def crowded(self, size: float) -> float:
        """See `Composite.crowded`."""
        return self.feature(2) / 2 if self.coat is None else 0.7 * self.coat.thickness / self.coat.coverage**0.5

    def feature(self, dim: int) -> float:
        """See `Composite.feature`."""
        return min(min(phase.diameter or np.inf, phase.grain or np.inf) for phase in self.phases)

    def fill(self, lower: FloatArray, upper: FloatArray, unit: float, size: float, tolerance: float) -> Filling:
        """See `Composite.fill`."""
        return self.fill_periodic(lower, upper, unit, size, tolerance, ())

    def fill_periodic(
        self, lower: FloatArray, upper: FloatArray, unit: float, size: float, tolerance: float, periodic: Sequence[int]
    ) -> Filling:
        """See `Composite.fill_periodic`."""
        if len(periodic) and self.coat is not None:
            raise InputError("the coat of a Mixture cannot be periodic: give the interface a film_resistance instead")
        along, span = np.isin(np.arange(len(lower)), periodic), upper - lower

        def place(x: FloatArray) -> FloatArray:
            return np.asarray(np.where(along, lower + (x - lower) % span, x))

        rng = np.random.default_rng([self.seed, 4])
        volume = float(np.prod(upper - lower))
        phase, volumes = particles(self._given, fractions(self._given).tolist(), volume, unit, len(lower))
        order = rng.permutation(len(phase))
        phase, volumes = phase[order], volumes[order]
        places = rng.random((len(phase), len(lower)))
        for k, density in enumerate(self._profiles()):
            if density is not None:
                places[phase == k, -1] = _heights(density, int((phase == k).sum()), rng)
        seeds = lower + (upper - lower) * places
        diagram, weights = relaxed(seeds, volumes, lower, upper, self.relax, place, periodic)
        particle = np.arange(len(phase))
        grains = self._primary(phase, volumes, unit, len(lower))
        if grains.max() > 1:
            particle = np.repeat(particle, grains)
            seeds = _inside(diagram.seeds, weights, grains, lower, upper, rng, np.where(along, span, np.inf))
            diagram, _ = relaxed(seeds, (volumes / grains)[particle], lower, upper, self.relax, place, periodic)
        cells, grain = wrapped_complex(diagram, lower, upper, periodic, tolerance, self.seed)
        particle, turns = particle[grain], random_rotations(len(particle), self.seed)[grain]
        if self.coat is not None and len(lower) == 2:
            return self._coated(cells, phase[particle], particle, lower, upper, unit, size, rng)
        return Filling(cells, phase[particle], particle, turns, grain=grain)

    def _coated(
        self, cells: Complex, phase: IntArray, particle: IntArray, lower: FloatArray, upper: FloatArray, unit: float,
        size: float, rng: np.random.Generator,
    ) -> Filling:  # fmt: skip
        """The particles with the coat painted onto their rims."""
        coat = self.coat
        assert coat is not None
        on = self._coated_index
        sides: list[list[int]] = [[] for _ in cells.facets]
        for cell, facets in enumerate(cells.cells):
            for facet in facets:
                sides[facet].append(cell)
        bodies = [shapely.polygons(cells.points[cells.polygon(i)]) for i in range(len(cells.cells))]
        skins = []
        for i in np.flatnonzero(phase == on).tolist():
            rim = [f for f in cells.cells[i] if len(sides[f]) == 2 and (phase[sides[f]] != on).any()]
            if rim:
                free = shapely.line_merge(shapely.multilinestrings([cells.points[cells.facets[f]] for f in rim]))
                strip = strips(free, coat.thickness / unit, coat.coverage, coat.patches, rng)
                skins.append(shapely.intersection(strip, bodies[i]))
        painted, shape = arrange([*bodies, shapely.union_all(skins)], lower, upper, size, 0.3 * coat.thickness / unit)
        turns = random_rotations(len(shape), self.seed)
        of_shape = np.append(phase, len(self._given))
        owner = np.append(particle, particle.max() + 1)
        return Filling(painted, of_shape[shape], owner[shape], turns, holed=True)

    def _profiles(self) -> list[Callable[[FloatArray], FloatArray] | None]:
        """Fraction of each phase over the height, None where it is uniform; the phase without one takes the rest."""
        graded = [phase.fraction for phase in self._given if isinstance(phase.fraction, Profile)]
        uniform = sum(phase.fraction for phase in self._given if isinstance(phase.fraction, float | int))

        def rest(height: FloatArray) -> FloatArray:
            return np.asarray(1.0 - uniform - sum(profile(height) for profile in graded))

        least = float(rest(np.linspace(0.0, 1.0, 201)).min()) if graded else 0.0
        if least < -1e-9:
            raise InputError(f"the fractions sum to {1.0 - least:g} somewhere in the layer: at most 1 is possible")
        found: list[Callable[[FloatArray], FloatArray] | None] = []
        for phase in self._given:
            own = phase.fraction if isinstance(phase.fraction, Profile) else None
            found.append(rest if phase.fraction is None and graded else own)
        return found

    def _primary(self, phase: IntArray, volumes: FloatArray, unit: float, dim: int) -> IntArray:
        """Number of primary grains of each particle."""
        sizes = np.array([np.inf if p.grain is None else p.grain / unit for p in self.phases])
        return np.maximum(1, np.rint(volumes / (BALL[dim] * sizes[phase] ** dim))).astype(np.int64)


def _heights(density: Callable[[FloatArray], FloatArray], count: int, rng: np.random.Generator) -> FloatArray:
    """Heights between 0 and 1, as dense as a function of them: one in each of so many parts of equal content."""
    z = np.linspace(0.0, 1.0, 2001)
    content = np.concatenate([[0.0], np.cumsum(np.maximum(density(0.5 * (z[1:] + z[:-1])), 0.0))])
    return rng.permutation(np.interp((np.arange(count) + rng.random(count)) / count, content / content[-1], z))


def _inside(
    seeds: FloatArray, weights: FloatArray, counts: IntArray, lower: FloatArray, upper: FloatArray,
    rng: np.random.Generator, period: FloatArray,
) -> FloatArray:  # fmt: skip
    """So many random points in each cell of a power diagram, cell by cell: (sum of counts, dim)."""
    found: list[list[FloatArray]] = [[] for _ in seeds]
    chunk = max(1, DRAWS // len(seeds))
    missing = counts.copy()
    while missing.any():
        x = lower + (upper - lower) * rng.random((chunk, len(lower)))
        off = np.abs(x[:, None] - seeds)
        owner = np.argmin((np.minimum(off, period - off) ** 2).sum(axis=2) - weights, axis=1)
        for cell in np.unique(owner[missing[owner] > 0]):
            mine = x[owner == cell][: missing[cell]]
            found[cell].append(mine)
            missing[cell] -= len(mine)
    return np.concatenate([part for parts in found for part in parts])
