"""Particles packed in a matrix: round or polygonal, clear of each other or pressed together, coated, bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from fem_ssb.errors import InputError, number, unknown
from fem_ssb.microstructure.arrangement import arrange, within
from fem_ssb.microstructure.balls import balls_in_box, geodesic
from fem_ssb.microstructure.carve import cell_areas
from fem_ssb.microstructure.complexes import Complex, box_complex
from fem_ssb.microstructure.composite import Composite, Filling, Phase, Profile, check_phases, particles
from fem_ssb.microstructure.grains import complex_of, random_rotations
from fem_ssb.microstructure.laguerre import relaxed
from fem_ssb.microstructure.outlines import coats, discs, narrow, necks
from fem_ssb.microstructure.packing import pack, press
from fem_ssb.microstructure.sides import SNAP, bodies_in_box
from fem_ssb.microstructure.touching import Particle, calibrated

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

SHAPES = ("round", "polygonal")

PLANES = 500
"""Places that are tried for the sides of a periodic packing."""

ACROSS = 1.3
"""Mesh size over the gap between round particles that is left open, at most (3D)."""


@dataclass(frozen=True)
class Coat:
    """A layer on the particles of a composite, a region of its own; `Stack.coating` puts one on a whole layer.

    Attributes:
        name: of the region.
        material: a name or a material object.
        thickness: in m.
        coverage: covered share of each particle's surface that touches no other particle.
        on: name of the phase that is coated; default: the first.
        patches: into which the cover of a particle is divided, if it is not whole (2D); in 3D it is a cap, which runs
            out within a cell on particles that touch and on polyhedra.

    Raises:
        InputError: values out of range.
    """

    name: str
    material: Any
    thickness: float
    coverage: float = 1.0
    on: str | None = None
    patches: int = 3

    def __post_init__(self) -> None:
        number(self.thickness, f"thickness of coat '{self.name}' (m)", above=0.0)
        number(self.coverage, f"coverage of coat '{self.name}'", above=0.0, most=1.0)
        number(self.patches, f"patches of coat '{self.name}'", least=1)


@dataclass(frozen=True)
class Binder:
    """A phase in the narrowest gaps between particles, a region of its own.

    Attributes:
        name: of the region.
        material: a name or a material object.
        fraction: volume over that of the layer.

    Raises:
        InputError: values out of range.
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
        contact: depth by which round particles may flatten each other and the walls, over the sum of their radii;
            those that nearly touch are pressed together, in 3D with a neck. At 0 they are clear of each other by `gap`.
        gap: least distance between round particles that do not touch (m); default: 3 % (2D) or 10 % (3D) of the
            smallest mean diameter.
        coat: on the particles of one phase.
        binder: where particles are closest.
        seed: of the random numbers; the same seed gives the same packing.

    Raises:
        InputError: values out of range.
    """

    particles: Phase | Sequence[Phase]
    matrix: Phase
    shape: str = "round"
    contact: float = 0.0
    gap: float | None = None
    coat: Coat | None = None
    binder: Binder | None = None
    seed: int = 0
    phases: Sequence[Phase] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        given = [self.particles] if isinstance(self.particles, Phase) else list(self.particles)
        object.__setattr__(self, "particles", tuple(given))
        extra = [Phase(part.name, part.material) for part in (self.coat, self.binder) if part is not None]
        check_phases("Packing", [*given, self.matrix, *extra])
        object.__setattr__(self, "phases", (*given, self.matrix, *extra))
        for phase in given:
            if phase.diameter is None or phase.fraction is None or isinstance(phase.fraction, Profile):
                raise InputError(f"phase '{phase.name}' of a Packing needs a mean diameter and a fraction, a number")
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
        if self.coat is not None and self.coat.on is not None:
            names = [phase.name for phase in given]
            if self.coat.on not in names:
                raise unknown("coated phase", self.coat.on, names)
        if sum(phase.share or 0.0 for phase in given) >= 1.0:
            raise InputError("the particles' fractions must sum to less than 1: something is left for the matrix")

    @property
    def _given(self) -> tuple[Phase, ...]:
        assert isinstance(self.particles, tuple)
        return self.particles

    @property
    def kinds(self) -> int:
        """Number of phases that are particles, the first ones."""
        return len(self._given)

    @property
    def dressed_coat(self) -> bool:
        """Whether in 3D the coat is put on the particles once these are meshed, see `fem_ssb.mesh.dress`."""
        return bool(self.contact) or self.shape == "polygonal"

    @property
    def coated_phase(self) -> str:
        """Name of the phase under the coat."""
        return self._given[self._coated].name

    @property
    def host_phase(self) -> str:
        """Name of the phase whose volume a coat in 3D is taken from."""
        return self.matrix.name

    def _clear(self, dim: int) -> float:
        """Least gap (m)."""
        return {2: 0.03, 3: 0.1}[dim] * self.feature(2) if self.gap is None else self.gap

    def feature(self, dim: int) -> float:
        """See `Composite.feature`."""
        least = min(phase.diameter or np.inf for phase in self._given)
        if dim == 3 and self.coat is not None and not self.dressed_coat:
            return min(least, 2 * self.coat.thickness)
        if dim == 3 and self.contact:
            return min(least, 2 * ACROSS * self._clear(3))
        if dim == 3 and self.shape == "polygonal":  # the gap is to have a cell across
            return min(least, 2 * least * (1.0 - sum(phase.share or 0.0 for phase in self._given) ** (1 / 3)))
        return least

    def detail(self) -> float:
        """See `Composite.detail`."""
        return min(self._clear(2), np.inf if self.coat is None else self.coat.thickness)

    def crowded(self, size: float) -> float:
        """See `Composite.crowded`."""
        least, share = self.feature(2), sum(phase.share or 0.0 for phase in self._given)
        if self.shape == "polygonal":
            found = min(0.57 * least * (1.0 - share**0.5), np.inf if self.binder is None else size / 5)
        else:
            found = least / 9 if self.contact else max(least * (1.0 - share) / 6, self._clear(2))
            found = found if self.binder is None else min(found, 1.2 * self._clear(2))
        return found if self.coat is None else min(found, self.coat.thickness / self.coat.coverage**0.25)

    def fill(self, lower: FloatArray, upper: FloatArray, unit: float, size: float, tolerance: float) -> Filling:
        """See `Composite.fill`."""
        return self.fill_periodic(lower, upper, unit, size, tolerance, ())

    def fill_periodic(
        self, lower: FloatArray, upper: FloatArray, unit: float, size: float, tolerance: float, periodic: Sequence[int]
    ) -> Filling:
        """See `Composite.fill_periodic`."""
        self._check_periodic(upper - lower, unit, periodic)
        rng = np.random.default_rng([self.seed, 5])
        volume = float(np.prod(upper - lower))
        shares = [phase.share or 0.0 for phase in self._given]
        phase, volumes = particles(self._given, shares, volume, unit, len(lower))
        order = rng.permutation(len(phase))
        phase, volumes = phase[order], volumes[order]
        if len(lower) == 3:
            if self.contact:
                return self._touching(phase, volumes, lower, upper, unit, rng)
            if self.shape == "round":
                return self._balls(phase, volumes, lower, upper, unit, size, rng, periodic)
            return self._polyhedra(phase, volumes, sum(shares), lower, upper, tolerance, rng, periodic)
        if self.shape == "polygonal":
            shapes = _shrunk(volumes, sum(shares), lower, upper, 0.0, rng, periodic)
            bodies = [shapely.polygons(shapes.points[shapes.polygon(i)]) for i in range(len(volumes))]
        else:
            bodies = self._round(volumes, lower, upper, unit, size, rng, periodic)
        return self._painted(bodies, phase, lower, upper, unit, size, rng, periodic)

    def _check_periodic(self, span: FloatArray, unit: float, periodic: Sequence[int]) -> None:
        """Refuse what cannot go on through periodic sides.

        Raises:
            InputError: naming it.
        """
        if not len(periodic):
            return
        if self.coat is not None or self.binder is not None:
            raise InputError(
                "the coat or binder of a Packing cannot be periodic: leave it out, or give the interface a "
                "film_resistance in place of a coat"
            )
        if len(span) == 3 and self.contact:
            raise InputError("balls that touch cannot be periodic in 3D: leave contact= out, or use a Mixture")

    def _polyhedra(
        self, phase: IntArray, volumes: FloatArray, share: float, lower: FloatArray, upper: FloatArray,
        tolerance: float, rng: np.random.Generator, periodic: Sequence[int],
    ) -> Filling:  # fmt: skip
        """Particles and the box around them as the last cell."""
        shapes = _shrunk(volumes, share, lower, upper, tolerance, rng, periodic)
        if len(periodic):
            bodies = []
            for own in shapes.cells:
                corners, label = np.unique(np.concatenate([shapes.facets[f] for f in own]), return_inverse=True)
                ends = np.cumsum([len(shapes.facets[f]) for f in own])
                bodies.append((shapes.points[corners], [part.tolist() for part in np.split(label, ends[:-1])]))
            return self._cut(bodies, phase, lower, upper, periodic, 0.0)
        box = box_complex(lower, upper)
        first, count = len(shapes.points), len(shapes.facets)
        cells = Complex(
            np.concatenate([shapes.points, box.points]),
            [*shapes.facets, *([p + first for p in loop] for loop in box.facets)],
            [*shapes.cells, [*range(count + len(box.facets))]],
        )
        n = len(cells.cells)
        of_cell = np.append(phase, len(self._given))
        return Filling(cells, of_cell, np.arange(n), random_rotations(n, self.seed), rest=n - 1)

    def _balls(
        self, phase: IntArray, volumes: FloatArray, lower: FloatArray, upper: FloatArray, unit: float, size: float,
        rng: np.random.Generator, periodic: Sequence[int],
    ) -> Filling:  # fmt: skip
        """Balls, their coats, and the box around them as the last cell."""
        radii = np.cbrt(volumes / (4 * np.pi / 3))
        if len(periodic):
            shapes = [(r, *geodesic(size / r)) for r in radii.tolist()]
            corner = max(r * float(np.linalg.norm(x, axis=1).max() - 1.0) for r, x, _ in shapes)
            centres = self._placed(radii, lower, upper, unit, rng, periodic, 1.2 * SNAP * size + 2 * corner)
            balls = [(c + r * x, t.tolist()) for c, (r, x, t) in zip(centres, shapes, strict=True)]
            return self._cut(balls, phase, lower, upper, periodic, SNAP * size)
        centres = self._placed(radii, lower, upper, unit, rng)
        skins = np.zeros(len(radii))
        if self.coat is not None:
            skins[phase == self._coated] = self.coat.thickness / unit
        coverage = 1.0 if self.coat is None else self.coat.coverage
        cells, kind, coats = balls_in_box(centres, radii, skins, coverage, lower, upper, size, rng)
        matrix, n = len(self._given), len(radii)
        of_kind = np.concatenate([phase, np.full(n, matrix + 1), [matrix]])
        turns, last = random_rotations(len(kind), self.seed), len(kind) - 1
        return Filling(cells, of_kind[kind], np.arange(len(kind)), turns, rest=last, shelled=coats)

    def _cut(
        self, bodies: list[tuple[FloatArray, list[list[int]]]], phase: IntArray, lower: FloatArray, upper: FloatArray,
        periodic: Sequence[int], near: float,
    ) -> Filling:  # fmt: skip
        """Polyhedra cut at periodic sides, and the box around them as the last cell."""
        cells, body = bodies_in_box(bodies, lower, upper, periodic, near)
        turns, last = random_rotations(len(bodies) + 1, self.seed), len(body) - 1
        return Filling(cells, np.append(phase, len(self._given))[body], body, turns[body], grain=body, rest=last)

    def _touching(
        self, phase: IntArray, volumes: FloatArray, lower: FloatArray, upper: FloatArray, unit: float,
        rng: np.random.Generator,
    ) -> Filling:  # fmt: skip
        """Balls pressed together, to be cut out of a box of matrix."""
        centres = self._placed(np.cbrt(volumes / (4 * np.pi / 3)), lower, upper, unit, rng)
        balls = calibrated(unit * centres, unit**3 * volumes, self._clear(3), unit * lower, unit * upper)
        bodies = [Particle(balls, i, v) for i, v in enumerate((unit**3 * volumes).tolist())]
        turns = random_rotations(1 + len(bodies), self.seed)
        matrix, whole = np.array([len(self._given)]), np.zeros(1, dtype=np.int64)
        return Filling(box_complex(lower, upper), matrix, whole, turns, bodies=bodies, of_body=phase)

    @property
    def _coated(self) -> int:
        """Index of the phase under the coat."""
        on = None if self.coat is None else self.coat.on
        return 0 if on is None else [phase.name for phase in self._given].index(on)

    def _placed(
        self, radii: FloatArray, lower: FloatArray, upper: FloatArray, unit: float, rng: np.random.Generator,
        periodic: Sequence[int] = (), grazing: float = 0.0,
    ) -> FloatArray:  # fmt: skip
        """Centres of round particles, (n, dim), in 3D those at which no periodic side grazes one nearer than that."""
        dim, clear = len(lower), (radii, grazing) if len(periodic) and grazing else None
        skin = 0.0 if self.coat is None or self.contact else self.coat.thickness / unit
        margin = 0.0 if self.contact else self._clear(dim) / unit / 2

        def reach(factor: float) -> FloatArray:
            return (1.0 - self.contact) * factor * radii + skin + margin

        centres, fits = pack(reach(1.0), lower, upper, rng, periodic, clear)
        if not fits:
            factor = 1.0
            while not fits and factor > 0.3:
                factor *= 0.97
                _, fits = pack(reach(factor), lower, upper, rng, periodic, clear)
            total = sum(phase.share or 0.0 for phase in self._given)
            more = "contact=0.05, or shape='polygonal'" if dim == 2 else "or shape='polygonal'"
            raise InputError(
                f"a fraction of {total:.3g} of round particles cannot be packed with these gaps: "
                f"{factor**dim * total:.3g} can; use less, a smaller gap, {more}"
            )
        if self.contact:
            centres = press(centres, radii, self.contact, lower, upper, periodic)
        for axis in periodic if dim == 2 else ():
            shift = _clear_plane(centres[:, axis], radii, upper[axis] - lower[axis])
            centres[:, axis] = lower[axis] + (centres[:, axis] - lower[axis] - shift) % (upper[axis] - lower[axis])
        return centres

    def _round(
        self, areas: FloatArray, lower: FloatArray, upper: FloatArray, unit: float, size: float,
        rng: np.random.Generator, periodic: Sequence[int],
    ) -> list[Any]:  # fmt: skip
        """Discs of given areas; where they flatten each other, all are larger by the same factor."""
        radii = np.sqrt(areas / np.pi)
        centres = self._placed(radii, lower, upper, unit, rng, periodic)
        box, period = shapely.box(*lower, *upper), np.where(np.isin([0, 1], periodic), upper - lower, 0.0)
        factor = 1.0
        for _ in range(30):
            bodies = discs(centres, factor * radii, size, period.tolist())
            now = sum(within(body, box, period).area for body in bodies)
            if abs(now - areas.sum()) < 1e-4 * areas.sum():
                break
            factor *= float(np.sqrt(areas.sum() / now))
        return bodies

    def _painted(
        self, bodies: list[Any], phase: IntArray, lower: FloatArray, upper: FloatArray, unit: float, size: float,
        rng: np.random.Generator, periodic: Sequence[int],
    ) -> Filling:  # fmt: skip
        """Binder below coats below particles; gaps beside coats that no mesh should resolve are filled with coat."""
        matrix = len(self._given)
        box, tolerance = shapely.box(*lower, *upper), 0.3 * self.detail() / unit
        shapes, kind = list(bodies), phase.tolist()
        if self.coat is not None:
            mine = [body for body, k in zip(bodies, phase, strict=True) if k == self._coated]
            found = coats(mine, self.coat.thickness / unit, self.coat.coverage, self.coat.patches, rng)
            gaps = narrow([*found, *bodies], tolerance)
            shapes, kind = [shapely.union_all([gaps, *found]), *shapes], [matrix + 1, *kind]
        if self.binder is None:
            cells, shape = arrange(shapes, lower, upper, size, tolerance, periodic)
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


def _clear_plane(x: FloatArray, radii: FloatArray, period: float) -> float:
    """Where along an axis a plane comes to least graze any ball: each is cut well inside or not at all."""
    places = period * np.arange(PLANES) / PLANES
    off = np.abs((x - places[:, None] + period / 2) % period - period / 2)
    return float(places[np.argmax(np.abs(off - radii).min(axis=1))])


def _shrunk(
    volumes: FloatArray, share: float, lower: FloatArray, upper: FloatArray, tolerance: float, rng: np.random.Generator,
    periodic: Sequence[int] = (),
) -> Complex:  # fmt: skip
    """Cells of a tessellation, drawn together to their centroids so that they have the given volumes; none touch."""
    seeds = lower + (upper - lower) * rng.random((len(volumes), len(lower)))
    along, span = np.isin(np.arange(len(lower)), periodic), upper - lower

    def place(x: FloatArray) -> FloatArray:
        return np.asarray(np.where(along, lower + (x - lower) % span, x))

    diagram, _ = relaxed(seeds, volumes / share, lower, upper, 3, place, periodic)
    cells, centroids = complex_of(diagram, lower, upper, tolerance, periodic), diagram.moments()[1]
    scale = share ** (1 / len(lower))
    points: list[FloatArray] = []
    facets: list[list[int]] = []
    own: list[list[int]] = []
    for cell, centre in zip(cells.cells, centroids, strict=True):
        corners, label = np.unique(np.concatenate([cells.facets[f] for f in cell]), return_inverse=True)
        ends = np.cumsum([len(cells.facets[f]) for f in cell])
        first = sum(map(len, points))
        own.append(list(range(len(facets), len(facets) + len(cell))))
        facets += [(part + first).tolist() for part in np.split(label, ends[:-1])]
        points.append(centre + scale * (cells.points[corners] - centre))
    found = np.concatenate(points)
    for axis in periodic:
        found[:, axis] -= _clear_plane(found[:, axis], np.zeros(len(found)), span[axis])
    return Complex(found, facets, own)
