"""Round and lens-shaped pores inside grains, on grain boundaries and at triple junctions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from fem_ssb.errors import InputError, number, unknown
from fem_ssb.microstructure.complexes import Complex
from fem_ssb.microstructure.laguerre import log_normal
from fem_ssb.microstructure.shapes import Disc, Lens, Shape, Sphere, lens_volume
from fem_ssb.microstructure.sites import Draw, boundary_sites, face_sites, junction_sites, line_sites

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

CLASSES = 12
"""Most sizes that a distribution of radii is made of."""

AROUND = {2: 12, 3: 10}
"""Least number of cell edges around a pore or inclusion."""

PLACES = ("grains", "boundaries", "junctions")
"""What pores may be centred on."""


@dataclass(frozen=True)
class Pores:
    """Discs (2D) or spheres (3D), clear of each other and of the grain faces that they are not placed on.

    They may be centred on grain boundaries, at triple points (2D) or on triple lines (3D) instead of inside grains.
    On boundaries they may be lenses that meet them at the angle of rest.

    A pore is meshed as a polygon or polyhedron of exactly its area or volume. Where a whole number of pores
    misses the fraction by more than 1 %, all are made somewhat larger or smaller. The realised fraction is in
    `NamedMesh.porosity`.

    Attributes:
        fraction: pore volume over layer volume.
        radius: of the pores, in the mean (m).
        seed: of the random numbers; the same seed gives the same pores.
        clearance: least distance of a pore's surface from grain faces and other pores (m);
            default 0.3 radius.
        smallest: where the pores do not fit, they may shrink to this radius (m); default: they may not.
        spread: standard deviation over mean of the radii, which are log-normal; in up to `CLASSES` sizes.
        place: "grains" (inside them), "boundaries" or "junctions": what the pores are centred on.
        dihedral: angle inside a pore on a boundary where that meets it (degrees): lenses of this angle, whose rims
            have the radii asked for; None or 180: balls or discs.

    Raises:
        InputError: values out of range.
    """

    fraction: float
    radius: float
    seed: int = 0
    clearance: float | None = None
    smallest: float | None = None
    spread: float = 0.0
    place: str = "grains"
    dihedral: float | None = None

    def __post_init__(self) -> None:
        number(self.fraction, "Pores fraction", above=0.0, most=0.9)
        number(self.radius, "Pores radius (m)", above=0.0)
        number(self.seed, "Pores seed", least=0)
        number(self.spread, "Pores spread", least=0.0, most=1.0)
        if self.clearance is not None:
            number(self.clearance, "Pores clearance (m)", above=0.0)
        if self.smallest is not None:
            number(self.smallest, "Pores smallest (m)", above=0.0, most=self.radius)
        if self.place not in PLACES:
            raise unknown("place of pores", self.place, PLACES)
        if self.dihedral is not None:
            number(self.dihedral, "Pores dihedral (degrees)", least=60.0, most=180.0)
            if self.place != "boundaries":
                raise InputError("Pores with a dihedral angle lie on boundaries: add place='boundaries'")

    def unit_volume(self, dim: int) -> float:
        """Volume (2D: area) of a pore of radius 1."""
        return lens_volume(self.dihedral or 180.0, dim)

    def pack(self, grains: Complex, volume: float, unit: float, obstacles: Sequence[Shape] = ()) -> PlacedPores:
        """Find room for the pores by random sequential addition.

        Candidates are drawn uniformly in the grains whose inscribed ball has room for a pore, as densely as
        the room each has, or on boundaries and junctions; of those that fit, as many as possible are kept.

        Args:
            grains: the cells of the layer, in lengths of `unit`.
            volume: volume of the layer in the same lengths.
            unit: length (m) by which the complex is scaled.
            obstacles: bodies that the pores are to be clear of (m).

        Raises:
            InputError: if the fraction cannot be reached; it says how far it got.
        """
        dim = grains.dim
        ball = self.unit_volume(dim)
        radius = self.radius / unit
        least = math.inf if self.smallest is None else self.smallest / unit
        gap = 0.3 * radius if self.clearance is None else self.clearance / unit
        missing = self.fraction * volume
        if missing < 0.5 * ball * min(least, radius) ** dim:
            raise InputError(
                f"porosity {self.fraction:g} is less than half a pore of radius {self.radius:g} m in this layer: "
                "use a smaller radius or a larger fraction"
            )
        rng = np.random.default_rng([self.seed, 2])
        draw, near, normals = self._sites(grains, rng)
        if obstacles:
            draw = _clear_of(draw, obstacles, unit)
        placed = _Found(np.zeros((0, dim)), np.zeros(0), np.zeros(0, dtype=np.int64))
        for size, share in self._sizes(radius, missing / ball, dim):
            shrunk = size
            target = ball * (placed.radii**dim).sum() + share * missing
            while True:
                count = round((target - ball * (placed.radii**dim).sum()) / (ball * shrunk**dim))
                placed = _fill(placed, count, shrunk, gap, draw)
                if target - ball * (placed.radii**dim).sum() < 0.5 * ball * shrunk**dim:
                    break
                if shrunk <= least:
                    reached = ball * (placed.radii**dim).sum() / volume
                    raise InputError(
                        f"porosity {self.fraction:g} of radius {self.radius:g} m cannot be packed: reached "
                        f"{reached:.3g}; use a smaller radius or fraction, or let the pores shrink (smallest=…)"
                    )
                shrunk = max(0.8 * shrunk, least)
        cells = [near[site] for site in placed.cells.tolist()]
        first = np.array([some[0] for some in cells], dtype=np.int64)
        return PlacedPores(
            placed.centres,
            placed.radii,
            first,
            cells,
            normals[placed.cells],
            ball * placed.radii**dim,
            np.full(len(first), self.dihedral or 180.0),
        )

    def _sites(self, grains: Complex, rng: np.random.Generator) -> tuple[Draw, list[tuple[int, ...]], FloatArray]:
        """What draws candidates, the cells that a pore at each site cuts, and the normal of the boundary there."""
        if self.place == "boundaries":
            return (boundary_sites if grains.dim == 2 else face_sites)(grains, rng)
        if self.place == "junctions":
            at, near = (junction_sites if grains.dim == 2 else line_sites)(grains, rng)
            return at, near, np.zeros((len(near), grains.dim))
        spaces = [grains.half_spaces(cell) for cell in range(len(grains.cells))]
        boxes = [grains.points[np.concatenate([grains.facets[f] for f in cell])] for cell in grains.cells]

        def draw(count: int, distance: float) -> tuple[FloatArray, IntArray]:
            return _candidates(count, distance, spaces, boxes, rng)

        return draw, [(cell,) for cell in range(len(grains.cells))], np.zeros((len(grains.cells), grains.dim))

    def _sizes(self, radius: float, total: float, dim: int) -> list[tuple[float, float]]:
        """Radii, the largest first, and their shares of the pore volume: whole numbers of pores within 1 %."""
        if self.spread == 0.0:
            count = max(1, round(total / radius**dim))
            sizes, counts = np.ones(1), np.array([count])
        else:
            each = (1 + self.spread**2) ** (dim * (dim - 1) / 2)
            count = max(1, round(total / (each * radius**dim)))
            parts = (
                np.array_split(log_normal(count, self.spread)[::-1], min(count, CLASSES)) if count > 1 else [np.ones(1)]
            )
            sizes, counts = np.array([part.mean() for part in parts]), np.array([len(part) for part in parts])
            sizes /= (sizes * counts).sum() / count
        factor = float((total / (counts * (sizes * radius) ** dim).sum()) ** (1 / dim))
        if abs(factor**dim - 1.0) <= 0.01:
            factor = 1.0
        shares = counts * sizes**dim / (counts * sizes**dim).sum()
        return list(zip((sizes * radius * factor).tolist(), shares.tolist(), strict=True))


@dataclass(frozen=True)
class PlacedPores:
    """Where the pores are.

    Attributes:
        centres: shape (n, dim).
        radii: of discs, balls, or the rims of lenses, shape (n,).
        cells: a cell of the complex that each is in, shape (n,).
        near: all the cells that each is in.
        normals: of the boundary that each is on, or 0, shape (n, dim).
        volumes: of each, shape (n,).
        dihedrals: angle of each lens (degrees), 180 for discs and balls, shape (n,).
    """

    centres: FloatArray
    radii: FloatArray
    cells: IntArray
    near: list[tuple[int, ...]]
    normals: FloatArray
    volumes: FloatArray
    dihedrals: FloatArray

    def shape(self, i: int, unit: float) -> Shape:
        """One pore (m), where all this is in lengths of a unit (m)."""
        centre, radius = (self.centres[i] * unit).tolist(), float(self.radii[i] * unit)
        if self.dihedrals[i] < 180.0:
            return Lens(centre, radius, float(self.dihedrals[i]), self.normals[i].tolist())
        return (Disc if len(centre) == 2 else Sphere)(centre, radius)


@dataclass(frozen=True)
class _Found:
    """Centres (n, dim), radii (n,) and sites (n,) of pores while they are packed."""

    centres: FloatArray
    radii: FloatArray
    cells: IntArray


def _fill(
    placed: _Found,
    wanted: int,
    radius: float,
    gap: float,
    draw: Draw,
) -> _Found:
    """Add up to `wanted` pores of one radius; stops early when 20 rounds of candidates in a row find no room."""
    barren = 0
    centres, radii, cells = placed.centres, placed.radii, placed.cells
    while wanted > 0 and barren < 20:
        points, owner = draw(max(4 * wanted, 2000), radius + gap)
        if len(points) == 0:
            break
        for there in np.unique(radii):
            nearest, _ = cKDTree(centres[radii == there]).query(points)
            free = nearest >= radius + gap + there
            points, owner = points[free], owner[free]
        keep = _apart(points, 2 * radius + gap)[:wanted]
        barren = 0 if len(keep) else barren + 1
        wanted -= len(keep)
        centres = np.concatenate([centres, points[keep]])
        radii = np.concatenate([radii, np.full(len(keep), radius)])
        cells = np.concatenate([cells, owner[keep]])
    return _Found(centres, radii, cells)


def _clear_of(draw: Draw, obstacles: Sequence[Shape], unit: float) -> Draw:
    """The candidates that keep the distance from some bodies as well."""

    def clear(count: int, distance: float) -> tuple[FloatArray, IntArray]:
        points, owner = draw(count, distance)
        free = np.ones(len(points), dtype=bool)
        for shape in obstacles:
            outline = shape.outline(min(shape.half_widths[0], distance * unit) / 2) / unit
            free &= (shape.level(points * unit) > 0.0) & (cKDTree(outline).query(points)[0] >= distance)
        return points[free], owner[free]

    return clear


def _candidates(
    count: int,
    distance: float,
    spaces: list[tuple[FloatArray, FloatArray]],
    boxes: list[FloatArray],
    rng: np.random.Generator,
) -> tuple[FloatArray, IntArray]:
    """About `count` random points at least `distance` inside their cell, in random order, and their cells."""
    extents = [(box.min(axis=0) + distance, box.max(axis=0) - distance) for box in boxes]
    room = np.array([np.prod(np.maximum(high - low, 0.0)) for low, high in extents])
    if room.sum() == 0.0:
        return np.zeros((0, boxes[0].shape[1])), np.zeros(0, dtype=np.int64)
    points, owner = [], []
    for cell, n in enumerate(rng.multinomial(count, room / room.sum())):
        if n:
            low, high = extents[cell]
            normals, offsets = spaces[cell]
            x = low + (high - low) * rng.random((n, len(low)))
            x = x[(x @ normals.T <= offsets - distance).all(axis=1)]
            points.append(x)
            owner.append(np.full(len(x), cell))
    order = rng.permutation(sum(map(len, owner)))
    return np.concatenate(points)[order], np.concatenate(owner)[order]


def _apart(points: FloatArray, distance: float) -> IntArray:
    """Indices of points kept when each, in order, is dropped if it is too close to one kept before."""
    near = cKDTree(points).query_ball_point(points, distance) if len(points) else []
    dropped = np.zeros(len(points), dtype=bool)
    keep = []
    for i, others in enumerate(near):
        if not dropped[i]:
            keep.append(i)
            dropped[others] = True
    return np.array(keep, dtype=np.int64)
