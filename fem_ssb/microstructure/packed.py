"""Particles packed in a matrix: round or polygonal, clear of each other or pressed together, coated, bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from fem_ssb.errors import InputError, number, unknown
from fem_ssb.microstructure.arrangement import arrange
from fem_ssb.microstructure.carve import cell_areas
from fem_ssb.microstructure.composite import Composite, Filling, Phase, check_phases, particles
from fem_ssb.microstructure.grains import complex_of, random_rotations
from fem_ssb.microstructure.laguerre import relaxed
from fem_ssb.microstructure.outlines import coats, discs, narrow, necks
from fem_ssb.microstructure.packing import pack

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

SHAPES = ("round", "polygonal")


@dataclass(frozen=True)
class Coating:
    """A layer on particles, a region of its own.

    Attributes:
        name: of the region.
        material: a name or a material object.
        thickness: in m.
        coverage: covered share of each particle's surface that touches no other particle.
        on: name of the phase that is coated; default: the first.
        patches: into which the cover of a particle is divided, if it is not whole.
    """

    name: str
    material: Any
    thickness: float
    coverage: float = 1.0
    on: str | None = None
    patches: int = 3

    def __post_init__(self) -> None:
        number(self.thickness, f"thickness of coating '{self.name}' (m)", above=0.0)
        number(self.coverage, f"coverage of coating '{self.name}'", above=0.0, most=1.0)
        number(self.patches, f"patches of coating '{self.name}'", least=1)


@dataclass(frozen=True)
class Binder:
    """A phase in the narrowest gaps between particles, a region of its own.

    Attributes:
        name: of the region.
        material: a name or a material object.
        fraction: volume over that of the layer.
    """

    name: str
    material: Any
    fraction: float

    def __post_init__(self) -> None:
        number(self.fraction, f"fraction of binder '{self.name}'", above=0.0, most=0.9)


@dataclass(frozen=True)
class Packing(Composite):
    """Particles in a matrix.

    Attributes:
        particles: one phase or several, each with its fraction and mean diameter; sizes are log-normal.
        matrix: what is between them; without a fraction.
        shape: "round" (discs), or "polygonal": convex, as broken or grown together, at any fraction.
        contact: depth by which round particles may flatten each other and the walls, over the sum of their radii. At 0
            they are clear of each other by `gap`.
        gap: least distance between round particles that do not touch (m); default: 3 % of the smallest mean diameter.
        coating: on the particles of one phase.
        binder: where particles are closest.
        seed: of the random numbers; the same seed gives the same packing.
    """

    particles: Phase | Sequence[Phase]
    matrix: Phase
    shape: str = "round"
    contact: float = 0.0
    gap: float | None = None
    coating: Coating | None = None
    binder: Binder | None = None
    seed: int = 0
    phases: Sequence[Phase] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        given = [self.particles] if isinstance(self.particles, Phase) else list(self.particles)
        object.__setattr__(self, "particles", tuple(given))
        extra = [Phase(part.name, part.material) for part in (self.coating, self.binder) if part is not None]
        check_phases("Packing", [*given, self.matrix, *extra])
        object.__setattr__(self, "phases", (*given, self.matrix, *extra))
        for phase in given:
            if phase.diameter is None or phase.fraction is None:
                raise InputError(f"phase '{phase.name}' of a Packing needs a fraction and a mean diameter")
            if phase.grain is not None:
                raise InputError(f"primary grains of phase '{phase.name}' are for a Mixture")
        if self.matrix.fraction is not None:
            raise InputError(f"the matrix '{self.matrix.name}' takes what the particles leave: give it no fraction")
        if self.shape not in SHAPES:
            raise unknown("shape of particles", self.shape, SHAPES)
        number(self.contact, "Packing contact", least=0.0, most=0.15)
        number(self.seed, "Packing seed", least=0)
        if self.gap is not None:
            number(self.gap, "Packing gap (m)", above=0.0)
        if self.contact and self.shape != "round":
            raise InputError("contact is for round particles: for polygonal ones that touch use Mixture([…])")
        if self.coating is not None and self.coating.on is not None:
            names = [phase.name for phase in given]
            if self.coating.on not in names:
                raise unknown("coated phase", self.coating.on, names)
        if sum(phase.fraction or 0.0 for phase in given) >= 1.0:
            raise InputError("the particles' fractions must sum to less than 1: something is left for the matrix")

    @property
    def _given(self) -> tuple[Phase, ...]:
        assert isinstance(self.particles, tuple)
        return self.particles

    @property
    def _clear(self) -> float:
        """Least gap (m)."""
        return 0.03 * self.feature() if self.gap is None else self.gap

    def feature(self) -> float:
        """See `Composite.feature`."""
        return min(phase.diameter or np.inf for phase in self._given)

    def detail(self) -> float:
        """See `Composite.detail`."""
        return min(self._clear, np.inf if self.coating is None else self.coating.thickness)

    def fill(self, lower: FloatArray, upper: FloatArray, unit: float, size: float, tolerance: float) -> Filling:
        """See `Composite.fill`."""
        rng = np.random.default_rng([self.seed, 5])
        volume = float(np.prod(upper - lower))
        shares = [phase.fraction or 0.0 for phase in self._given]
        phase, volumes = particles(self._given, shares, volume, unit, len(lower))
        order = rng.permutation(len(phase))
        phase, volumes = phase[order], volumes[order]
        if len(lower) == 3:
            raise InputError("packings are for dim=2: use Mixture([…]) in 3D")
        if self.shape == "polygonal":
            bodies = _shrunk(volumes, sum(shares), lower, upper, rng)
        else:
            bodies = self._round(volumes, lower, upper, unit, size, rng)
        return self._painted(bodies, phase, lower, upper, unit, size, rng)

    def _round(
        self, areas: FloatArray, lower: FloatArray, upper: FloatArray, unit: float, size: float,
        rng: np.random.Generator,
    ) -> list[Any]:  # fmt: skip
        """Discs of given areas; where they flatten each other, all are larger by the same factor."""
        radii = np.sqrt(areas / np.pi)
        coat = 0.0 if self.coating is None or self.contact else self.coating.thickness / unit
        margin = 0.0 if self.contact else self._clear / unit / 2
        shrink = 1.0 - self.contact

        def reach(factor: float) -> FloatArray:
            return shrink * factor * radii + coat + margin

        centres, fits = pack(reach(1.0), lower, upper, rng)
        if not fits:
            factor = 1.0
            while not fits and factor > 0.3:
                factor *= 0.97
                _, fits = pack(reach(factor), lower, upper, rng)
            total = areas.sum() / np.prod(upper - lower)
            raise InputError(
                f"a fraction of {total:.3g} of round particles cannot be packed with these gaps: "
                f"{factor**2 * total:.3g} can; use less, a smaller gap, contact=0.05, or shape='polygonal'"
            )
        box = shapely.box(*lower, *upper)
        factor = 1.0
        for _ in range(30):
            bodies = discs(centres, factor * radii, size)
            now = float(shapely.area(shapely.intersection(bodies, box)).sum())
            if abs(now - areas.sum()) < 1e-4 * areas.sum():
                break
            factor *= float(np.sqrt(areas.sum() / now))
        return bodies

    def _painted(
        self, bodies: list[Any], phase: IntArray, lower: FloatArray, upper: FloatArray, unit: float, size: float,
        rng: np.random.Generator,
    ) -> Filling:  # fmt: skip
        """Binder below coats below particles; gaps beside coats that no mesh should resolve are filled with coat."""
        matrix = len(self._given)
        box, tolerance = shapely.box(*lower, *upper), 0.3 * self.detail() / unit
        shapes, kind = list(bodies), phase.tolist()
        if self.coating is not None:
            on = 0 if self.coating.on is None else [p.name for p in self._given].index(self.coating.on)
            mine = [body for body, k in zip(bodies, phase, strict=True) if k == on]
            found = coats(mine, self.coating.thickness / unit, self.coating.coverage, self.coating.patches, rng)
            gaps = narrow([*found, *bodies], tolerance)
            shapes, kind = [shapely.union_all([gaps, *found]), *shapes], [matrix + 1, *kind]
        if self.binder is None:
            cells, shape = arrange(shapes, lower, upper, size, tolerance)
        else:
            kind = [len(self.phases) - 1, *kind]
            wanted = asked = self.binder.fraction * box.area
            for _ in range(4):  # what is too narrow for the mesh adds to the necks
                neck = necks(shapes, asked, box, max(tolerance, size / 4))
                if neck is None:
                    name = self.binder.name
                    raise InputError(f"binder '{name}' has more volume than the gaps: use a smaller fraction")
                cells, shape = arrange([neck, *shapes], lower, upper, size, tolerance)
                got = cell_areas(cells)[shape == 0].sum()
                if abs(got - wanted) < 5e-3 * wanted:
                    break
                asked *= wanted / got
        of_cell = np.append(kind, matrix)[shape]  # −1 is the matrix
        return Filling(cells, of_cell, np.arange(len(shape)), random_rotations(len(shape), self.seed), holed=True)


def _shrunk(
    volumes: FloatArray, share: float, lower: FloatArray, upper: FloatArray, rng: np.random.Generator
) -> list[Any]:
    """Cells of a tessellation drawn together to their centroids, so that they have the given areas."""
    seeds = lower + (upper - lower) * rng.random((len(volumes), len(lower)))
    diagram, _ = relaxed(seeds, volumes / share, lower, upper, 3)
    cells, centroids = complex_of(diagram, lower, upper, 0.0), diagram.moments()[1]
    scale = share ** (1 / len(lower))
    return [
        shapely.polygons(centre + scale * (cells.points[cells.polygon(i)] - centre))
        for i, centre in enumerate(centroids)
    ]
