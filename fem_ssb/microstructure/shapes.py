"""Shapes of bodies inside a layer: discs, ellipses, spheres, ellipsoids, spheroids, filaments, lenses."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, pi
from typing import Any, ClassVar, cast

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from fem_ssb.errors import InputError, number

FloatArray = npt.NDArray[np.float64]


class Shape(ABC):
    """A closed body, in the coordinates of the stack (m).

    Attributes:
        dim: 2 or 3.
        place: name of what says where it is.
    """

    dim: int
    place: ClassVar[str] = "centre"

    def moved(self, by: FloatArray) -> Shape:
        """The same body, moved (m)."""
        at = np.asarray(getattr(self, self.place)) + by
        return cast(Shape, replace(cast(Any, self), **{self.place: at.tolist()}))

    @property
    @abstractmethod
    def volume(self) -> float:
        """In closed form (m³; 2D: m²)."""

    @property
    @abstractmethod
    def half_widths(self) -> tuple[float, float]:
        """Half of its least width, and the radius of a disc or ball of about its surface (m)."""

    @abstractmethod
    def level(self, x: FloatArray) -> FloatArray:
        """Distance from the surface, to first order near it, negative inside, at points (n, dim) (m)."""

    @abstractmethod
    def outline(self, step: float) -> FloatArray:
        """Points on the surface, no further than about `step` (m) from each other, shape (n, dim)."""

    @abstractmethod
    def spine(self) -> tuple[FloatArray, float]:
        """Points inside (n, dim) and a distance from them (m) that about reaches the surface everywhere."""

    def _check(self, lengths: Sequence[float], centre: Sequence[float]) -> None:
        kind = type(self).__name__
        if np.shape(centre) != (self.dim,):
            raise InputError(f"{kind} centre must be {self.dim} coordinates (m), not {centre!r}")
        for x in centre:
            number(x, f"{kind} centre (m)")
        for x in lengths:
            number(x, f"{kind} radius (m)", above=0.0)


class Oval(Shape):
    """Image of the unit disc or ball: x = centre + M y with |y| ≤ 1.

    Attributes:
        centre: in the coordinates of the stack (m).
    """

    centre: Sequence[float]

    @abstractmethod
    def matrix(self) -> FloatArray:
        """M (m), shape (dim, dim)."""

    @property
    def volume(self) -> float:
        """π det M (m², 2D) or 4π/3 det M (m³, 3D)."""
        return (pi if self.dim == 2 else 4 * pi / 3) * float(np.linalg.det(self.matrix()))

    @property
    def half_widths(self) -> tuple[float, float]:
        """See `Shape.half_widths`."""
        radii = np.linalg.norm(self.matrix(), axis=0)
        return float(radii.min()), float(radii.mean())

    def level(self, x: FloatArray) -> FloatArray:
        """See `Shape.level`: |y| (|y| − 1) / |M⁻ᵀy|."""
        inverse = np.linalg.inv(self.matrix())
        y = (x - np.asarray(self.centre)) @ inverse.T
        far = np.linalg.norm(y, axis=1)
        slope = np.linalg.norm(y @ inverse, axis=1)
        least = self.half_widths[0]
        return np.asarray(np.where(far > 1e-9, far * (far - 1.0) / np.maximum(slope, 1e-300), -least))

    def outline(self, step: float) -> FloatArray:
        """See `Shape.outline`; in 3D the ends of its axes are among them."""
        matrix = self.matrix()
        radii = np.linalg.norm(matrix, axis=0)
        if self.dim == 2:
            count = max(16, ceil(2 * pi * radii.max() / step))
            turn = 2 * pi * np.arange(count) / count
            return np.asarray(self.centre + np.stack([np.cos(turn), np.sin(turn)], axis=1) @ matrix.T)
        count = max(50, ceil(4 * pi * float(np.sort(radii)[1:].prod()) / step**2))
        return np.asarray(self.centre + np.concatenate([spiral(count), np.eye(3), -np.eye(3)]) @ matrix.T)

    def spine(self) -> tuple[FloatArray, float]:
        """See `Shape.spine`: a grid over its flat or long middle."""
        return _flat(np.asarray(self.centre), self.matrix())


def _flat(centre: FloatArray, matrix: FloatArray) -> tuple[FloatArray, float]:
    """`Shape.spine` of the image of the unit disc or ball."""
    radii = np.linalg.norm(matrix, axis=0)
    least = float(radii.min())
    inner = np.maximum(1.0 - least / radii, 0.0)
    counts = [1 + 2 * ceil(i * r / least) for i, r in zip(inner, radii, strict=True)]
    grid = np.stack(np.meshgrid(*(np.linspace(-1, 1, n) if n > 1 else [0.0] for n in counts), indexing="ij"), axis=-1)
    grid = grid.reshape(-1, len(radii))
    grid = grid[np.linalg.norm(grid, axis=1) <= 1.0 + 1e-9] * inner
    return np.asarray(centre + grid @ matrix.T), least


def spiral(count: int) -> FloatArray:
    """Points spread evenly over the unit sphere."""
    k = np.arange(count) + 0.5
    z, angle = 1 - 2 * k / count, pi * (1 + 5**0.5) * k
    return np.stack([np.cos(angle) * np.sqrt(1 - z**2), np.sin(angle) * np.sqrt(1 - z**2), z], axis=1)


@dataclass(frozen=True)
class Disc(Oval):
    """A disc (2D).

    Attributes:
        centre: (x, y) in the stack (m).
        radius: in m.

    Raises:
        InputError: values out of range.
    """

    centre: Sequence[float]
    radius: float
    dim = 2

    def __post_init__(self) -> None:
        self._check([self.radius], self.centre)

    def matrix(self) -> FloatArray:
        """See `Oval.matrix`."""
        return self.radius * np.eye(2)


@dataclass(frozen=True)
class Ellipse(Oval):
    """An ellipse (2D).

    Attributes:
        centre: (x, y) in the stack (m).
        radii: half axes (m).
        angle: from x to the first half axis, counterclockwise (degrees).

    Raises:
        InputError: values out of range.
    """

    centre: Sequence[float]
    radii: Sequence[float]
    angle: float = 0.0
    dim = 2

    def __post_init__(self) -> None:
        if np.shape(self.radii) != (2,):
            raise InputError(f"Ellipse radii must be two half axes (m), not {self.radii!r}")
        self._check(self.radii, self.centre)
        number(self.angle, "Ellipse angle (degrees)")

    def matrix(self) -> FloatArray:
        """See `Oval.matrix`."""
        c, s = np.cos(np.radians(self.angle)), np.sin(np.radians(self.angle))
        return np.array([[c, -s], [s, c]]) * np.asarray(self.radii, dtype=np.float64)


@dataclass(frozen=True)
class Sphere(Oval):
    """A ball (3D).

    Attributes:
        centre: (x, y, z) in the stack (m).
        radius: in m.

    Raises:
        InputError: values out of range.
    """

    centre: Sequence[float]
    radius: float
    dim = 3

    def __post_init__(self) -> None:
        self._check([self.radius], self.centre)

    def matrix(self) -> FloatArray:
        """See `Oval.matrix`."""
        return self.radius * np.eye(3)


@dataclass(frozen=True)
class Ellipsoid(Oval):
    """An ellipsoid (3D).

    Attributes:
        centre: (x, y, z) in the stack (m).
        radii: half axes (m).
        angles: turns about the fixed axes x, y, z, one after the other (degrees).

    Raises:
        InputError: values out of range.
    """

    centre: Sequence[float]
    radii: Sequence[float]
    angles: Sequence[float] = (0.0, 0.0, 0.0)
    dim = 3

    def __post_init__(self) -> None:
        for given, what in ((self.radii, "half axes (m)"), (self.angles, "angles (degrees)")):
            if np.shape(given) != (3,):
                raise InputError(f"Ellipsoid: there must be three {what}, not {given!r}")
        self._check(self.radii, self.centre)
        for angle in self.angles:
            number(angle, "Ellipsoid angle (degrees)")

    def matrix(self) -> FloatArray:
        """See `Oval.matrix`."""
        turn = Rotation.from_euler("xyz", self.angles, degrees=True).as_matrix()
        return np.asarray(turn * np.asarray(self.radii, dtype=np.float64))


@dataclass(frozen=True)
class Spheroid(Oval):
    """An ellipsoid of revolution by its axis (3D), such as a body shaped like a penny.

    Attributes:
        centre: (x, y, z) in the stack (m).
        radius: across its axis (m).
        thickness: along its axis, in the middle (m).
        normal: its axis; of any length.

    Raises:
        InputError: values out of range.
    """

    centre: Sequence[float]
    radius: float
    thickness: float
    normal: Sequence[float] = (0.0, 0.0, 1.0)
    dim = 3

    def __post_init__(self) -> None:
        self._check([self.radius, self.thickness], self.centre)
        check_normal("Spheroid", self.normal)

    def matrix(self) -> FloatArray:
        """See `Oval.matrix`."""
        return frame(self.normal) * np.array([self.radius, self.radius, self.thickness / 2])


@dataclass(frozen=True)
class Filament(Shape):
    """A wire along a polyline, with round ends and joints: round across in 3D, a strip in 2D.

    Attributes:
        points: of the polyline, in the stack (m), shape (n, dim), n ≥ 2.
        radius: half of its width (m).

    Raises:
        InputError: values out of range, a line that bends too sharply for its radius or meets itself.
    """

    points: Sequence[Sequence[float]]
    radius: float
    place = "points"

    def __post_init__(self) -> None:
        given = np.array(self.points, dtype=np.float64)
        if given.ndim != 2 or given.shape[1] not in (2, 3) or len(given) < 2 or not np.isfinite(given).all():
            raise InputError(f"Filament points must be two or more (x, y) or (x, y, z) in m, not {self.points!r}")
        self._check([self.radius], given[0].tolist())
        length, bends = self._polyline()
        need = self.radius * np.tan(np.minimum(bends, 3.0) / 2)
        if (length <= np.append(need, 0.0) + np.insert(need, 0, 0.0)).any():
            raise InputError("Filament bends too sharply for its radius: take longer pieces or a smaller radius")
        if self._meets_itself():
            raise InputError("Filament meets itself: lead it further around, or take a smaller radius")

    @property
    def dim(self) -> int:  # type: ignore[override]
        """2 or 3."""
        return len(self.points[0])

    def _polyline(self) -> tuple[FloatArray, FloatArray]:
        """Lengths of the pieces, and the angles by which the line turns between them."""
        along = np.diff(np.array(self.points, dtype=np.float64), axis=0)
        length = np.linalg.norm(along, axis=1)
        unit = along / np.maximum(length, 1e-300)[:, None]
        return length, np.arccos(np.clip((unit[1:] * unit[:-1]).sum(axis=1), -1.0, 1.0))

    def _meets_itself(self) -> bool:
        """Whether pieces that do not follow each other, more than half a turn apart, are closer than its width."""
        pieces = [self._straight(i, self.radius / 4) for i in range(len(self.points) - 1)]
        x, piece = np.concatenate(pieces), np.repeat(np.arange(len(pieces)), [len(part) for part in pieces])
        along = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(x, axis=0), axis=1)))
        i, j = cKDTree(x).query_pairs(1.95 * self.radius, output_type="ndarray").T
        return bool((np.abs(piece[i] - piece[j]) > 1)[np.abs(along[i] - along[j]) > pi * self.radius].any())

    @property
    def volume(self) -> float:
        """πr²L + 4/3 πr³ + r³ Σ (2/3 β − 4/3 tan β/2) over the joints, where the line turns by β (m³).

        The wedge of a ball closes each joint outside; inside, the cylinders share what lies beyond the plane
        that halves the joint. In 2D, with sectors and kites, 2rL + πr² + r² Σ (β/2 − tan β/2) (m²).
        """
        length, bends = self._polyline()
        r, whole = self.radius, length.sum()
        if self.dim == 2:
            return float(2 * r * whole + pi * r**2 + r**2 * (bends / 2 - np.tan(bends / 2)).sum())
        return float(pi * r**2 * whole + 4 / 3 * pi * r**3 + r**3 * (2 / 3 * bends - 4 / 3 * np.tan(bends / 2)).sum())

    @property
    def half_widths(self) -> tuple[float, float]:
        """See `Shape.half_widths`."""
        whole = self._polyline()[0].sum()
        if self.dim == 2:
            return self.radius, float(self.radius + whole / pi)
        return self.radius, float(np.sqrt(self.radius * (self.radius + whole / 2)))

    def level(self, x: FloatArray) -> FloatArray:
        """See `Shape.level`: the distance from the polyline, less the radius."""
        a = np.array(self.points, dtype=np.float64)
        found = np.full(len(x), np.inf)
        for start, along in zip(a[:-1], np.diff(a, axis=0), strict=True):
            t = np.clip((x - start) @ along / (along @ along), 0.0, 1.0)
            found = np.minimum(found, np.linalg.norm(x - start - t[:, None] * along, axis=1))
        return found - self.radius

    def outline(self, step: float) -> FloatArray:
        """See `Shape.outline`: in 2D a polygon of its area; in 3D balls along it, less what lies inside others."""
        if self.dim == 2:
            return self._polygon(step)
        middle = self._along(min(step, self.radius))
        ball = self.radius * spiral(max(50, ceil(4 * pi * (self.radius / step) ** 2)))
        x = (middle[:, None] + ball).reshape(-1, 3)
        return np.asarray(x[self.level(x) > -0.05 * self.radius])

    def _polygon(self, step: float) -> FloatArray:
        """Corners of a polygon of the strip's area, counterclockwise, about a step apart."""
        step, wanted = min(step / self.radius, 1.0), self.volume / self.radius**2
        strip = shapely.buffer(shapely.linestrings(np.array(self.points) / self.radius), 1.0, quad_segs=ceil(4 / step))
        ring = shapely.segmentize(shapely.simplify(shapely.normalize(strip), step**2 / 16).exterior, step)
        x = shapely.get_coordinates(ring)[-2::-1]
        along = np.roll(x, -1, axis=0) - np.roll(x, 1, axis=0)
        outward = np.stack([along[:, 1], -along[:, 0]], axis=1) / np.linalg.norm(along, axis=1)[:, None]
        for _ in range(5):
            x += (wanted - shapely.polygons(x).area) / ring.length * outward
        return self.radius * x

    def spine(self) -> tuple[FloatArray, float]:
        """See `Shape.spine`."""
        return self._along(self.radius / 2), self.radius

    def _along(self, step: float) -> FloatArray:
        """Points on the line about `step` apart."""
        return np.unique(np.concatenate([self._straight(i, step) for i in range(len(self.points) - 1)]), axis=0)

    def _straight(self, piece: int, step: float) -> FloatArray:
        """Points on one of its straight pieces, about `step` apart."""
        p, q = np.array(self.points[piece : piece + 2], dtype=np.float64)
        return np.linspace(p, q, 2 + ceil(np.linalg.norm(q - p) / step))


@dataclass(frozen=True)
class Lens(Shape):
    """Two equal caps on either side of a plane (3D) or line (2D): a pore on a boundary that has come to rest.

    With the radius a of the rim and half the dihedral angle θ, half the thickness is t = a tan(θ/2).

    Attributes:
        centre: of the rim (m).
        radius: of the rim, a (m).
        dihedral: angle inside the lens at its rim, 2θ (degrees); 180 is a ball or disc.
        normal: of the plane or line.
    """

    centre: Sequence[float]
    radius: float
    dihedral: float
    normal: Sequence[float]

    @property
    def dim(self) -> int:  # type: ignore[override]
        """2 or 3."""
        return len(self.centre)

    @property
    def volume(self) -> float:
        """πt (3a² + t²)/3 (m³); 2D: R² (2θ − sin 2θ) with R = a/sin θ (m²)."""
        return lens_volume(self.dihedral, self.dim) * self.radius**self.dim

    @property
    def half_widths(self) -> tuple[float, float]:
        """See `Shape.half_widths`."""
        return self.radius * float(np.tan(np.radians(self.dihedral) / 4)), self.radius

    def level(self, x: FloatArray) -> FloatArray:
        """See `Shape.level`: the larger one of the levels of the two balls that it is common to."""
        theta = np.radians(self.dihedral) / 2
        big, normal = self.radius / np.sin(theta), np.asarray(self.normal) / np.linalg.norm(self.normal)
        shift = self.radius / np.tan(theta) * normal
        centre = np.asarray(self.centre)
        return np.maximum(*(np.linalg.norm(x - centre - side * shift, axis=1) - big for side in (-1, 1)))

    def outline(self, step: float) -> FloatArray:
        """See `Shape.outline`: the ball of the rim, pressed together."""
        turn = frame(self.normal)
        if self.dim == 2:
            count = max(16, ceil(2 * pi * self.radius / step))
            angle = 2 * pi * np.arange(count) / count
            x = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        else:
            x = spiral(max(50, ceil(4 * pi * (self.radius / step) ** 2)))
        theta = np.radians(self.dihedral) / 2
        wide = np.linalg.norm(x[:, :-1], axis=1)
        high = (np.sqrt(np.maximum(1 - (wide * np.sin(theta)) ** 2, 0.0)) - np.cos(theta)) / np.sin(theta)
        x = np.column_stack([x[:, :-1], np.sign(x[:, -1]) * high])
        return np.asarray(self.centre + self.radius * x @ turn.T)

    def spine(self) -> tuple[FloatArray, float]:
        """See `Shape.spine`."""
        axes = np.full(self.dim, self.radius)
        axes[-1] = self.half_widths[0]
        return _flat(np.asarray(self.centre), frame(self.normal) * axes)


def lens_volume(dihedral: float, dim: int) -> float:
    """Volume (2D: area) of a `Lens` whose rim has the radius 1."""
    theta = np.radians(dihedral) / 2
    if dim == 2:
        return float((2 * theta - np.sin(2 * theta)) / np.sin(theta) ** 2)
    t = np.tan(theta / 2)
    return float(pi * t * (3 + t**2) / 3)


def check_normal(kind: str, normal: Sequence[float]) -> None:
    """Refuse a normal that is not three numbers, or all zero.

    Raises:
        InputError: naming the kind of body.
    """
    given = np.array(normal, dtype=np.float64)
    if given.shape != (3,) or not np.isfinite(given).all() or not given.any():
        raise InputError(f"{kind} normal must be three numbers, not all zero, not {normal!r}")


def frame(normal: Sequence[float]) -> FloatArray:
    """Rotation whose last column is along a normal, shape (dim, dim)."""
    n = np.asarray(normal, dtype=np.float64) / np.linalg.norm(normal)
    if len(n) == 2:
        return np.array([[n[1], n[0]], [-n[0], n[1]]])
    first = np.cross(np.eye(3)[np.argmin(np.abs(n))], n)
    first /= np.linalg.norm(first)
    return np.stack([first, np.cross(n, first), n], axis=1)
