"""Bodies of another material inside a layer: discs, ellipses, spheres, ellipsoids."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from math import pi
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from fem_ssb.errors import InputError, number

FloatArray = npt.NDArray[np.float64]


class Shape(ABC):
    """Image of the unit disc or ball: x = centre + M y with |y| ≤ 1.

    Attributes:
        dim: 2 or 3.
        centre: in the coordinates of the stack (m).
    """

    dim: int
    centre: Sequence[float]

    @abstractmethod
    def matrix(self) -> FloatArray:
        """M (m), shape (dim, dim)."""

    @property
    def volume(self) -> float:
        """In closed form: π det M (m², 2D) or 4π/3 det M (m³, 3D)."""
        return (pi if self.dim == 2 else 4 * pi / 3) * float(np.linalg.det(self.matrix()))

    def _check(self, lengths: Sequence[float]) -> None:
        kind = type(self).__name__
        if np.shape(self.centre) != (self.dim,):
            raise InputError(f"{kind} centre must be {self.dim} coordinates (m), not {self.centre!r}")
        for x in self.centre:
            number(x, f"{kind} centre (m)")
        for x in lengths:
            number(x, f"{kind} radius (m)", above=0.0)


@dataclass(frozen=True)
class Disc(Shape):
    """A disc (2D).

    Attributes:
        centre: (x, y) in the stack (m).
        radius: in m.
    """

    centre: Sequence[float]
    radius: float
    dim = 2

    def __post_init__(self) -> None:
        self._check([self.radius])

    def matrix(self) -> FloatArray:
        """See `Shape.matrix`."""
        return self.radius * np.eye(2)


@dataclass(frozen=True)
class Ellipse(Shape):
    """An ellipse (2D).

    Attributes:
        centre: (x, y) in the stack (m).
        radii: half axes (m).
        angle: from x to the first half axis, counterclockwise (degrees).
    """

    centre: Sequence[float]
    radii: Sequence[float]
    angle: float = 0.0
    dim = 2

    def __post_init__(self) -> None:
        if np.shape(self.radii) != (2,):
            raise InputError(f"Ellipse radii must be two half axes (m), not {self.radii!r}")
        self._check(self.radii)
        number(self.angle, "Ellipse angle (degrees)")

    def matrix(self) -> FloatArray:
        """See `Shape.matrix`."""
        c, s = np.cos(np.radians(self.angle)), np.sin(np.radians(self.angle))
        return np.array([[c, -s], [s, c]]) * np.asarray(self.radii, dtype=np.float64)


@dataclass(frozen=True)
class Sphere(Shape):
    """A ball (3D).

    Attributes:
        centre: (x, y, z) in the stack (m).
        radius: in m.
    """

    centre: Sequence[float]
    radius: float
    dim = 3

    def __post_init__(self) -> None:
        self._check([self.radius])

    def matrix(self) -> FloatArray:
        """See `Shape.matrix`."""
        return self.radius * np.eye(3)


@dataclass(frozen=True)
class Ellipsoid(Shape):
    """An ellipsoid (3D).

    Attributes:
        centre: (x, y, z) in the stack (m).
        radii: half axes (m).
        angles: turns about the fixed axes x, y, z, one after the other (degrees).
    """

    centre: Sequence[float]
    radii: Sequence[float]
    angles: Sequence[float] = (0.0, 0.0, 0.0)
    dim = 3

    def __post_init__(self) -> None:
        for given, what in ((self.radii, "half axes (m)"), (self.angles, "angles (degrees)")):
            if np.shape(given) != (3,):
                raise InputError(f"Ellipsoid: there must be three {what}, not {given!r}")
        self._check(self.radii)
        for angle in self.angles:
            number(angle, "Ellipsoid angle (degrees)")

    def matrix(self) -> FloatArray:
        """See `Shape.matrix`."""
        turn = Rotation.from_euler("xyz", self.angles, degrees=True).as_matrix()
        return np.asarray(turn * np.asarray(self.radii, dtype=np.float64))


@dataclass(frozen=True)
class Inclusion:
    """One body inside a layer, see `Stack.inclusion`."""

    layer: str
    name: str
    material: Any
    shape: Shape


@dataclass(frozen=True)
class PlacedInclusion:
    """Centre (dim,) and matrix (dim, dim) in lengths of the geometry's unit, mesh size on it, layer, and its cell.

    The cell is that of the complex it lies in (3D), or −1 where it may cross grains (2D).
    """

    centre: FloatArray
    matrix: FloatArray
    edge: float
    layer: int
    cell: int


def check_apart(name: str, body: PlacedInclusion, others: list[PlacedInclusion], box: FloatArray) -> None:
    """Refuse a body that leaves its layer or comes too close to a face or to another body.

    Args:
        name: of the body.
        body: what is to be checked.
        others: bodies placed before.
        box: lower and upper corner of the layer, shape (2, dim).

    Raises:
        InputError: naming the body.
    """
    extent = np.sqrt((body.matrix**2).sum(axis=1))
    gap = 0.3 * min(float(np.linalg.norm(body.matrix, 2)), float(np.diff(box, axis=0).min()))
    gap = min(gap, body.edge)
    if (body.centre - extent < box[0] + gap).any() or (body.centre + extent > box[1] - gap).any():
        raise InputError(
            f"inclusion '{name}' leaves its layer or comes too close to its faces: its centre is in the coordinates "
            "of the stack; move it or make it smaller"
        )
    outline = _outline(body)
    for other in others:
        theirs = _outline(other)
        inside = (np.linalg.norm((outline - other.centre) @ np.linalg.inv(other.matrix).T, axis=1) <= 1.0).any()
        inside |= (np.linalg.norm((theirs - body.centre) @ np.linalg.inv(body.matrix).T, axis=1) <= 1.0).any()
        distance = np.linalg.norm(outline[:, None] - theirs, axis=2).min()
        if inside or distance < gap:
            raise InputError(f"inclusion '{name}' overlaps or all but touches another one: move it or make it smaller")


def _outline(body: PlacedInclusion) -> FloatArray:
    """Points on the surface; in 3D the ends of its axes among them."""
    k = np.arange(400) + 0.5
    if len(body.centre) == 2:
        turn = 2 * pi * k / 400
        return np.asarray(body.centre + np.stack([np.cos(turn), np.sin(turn)], axis=1) @ body.matrix.T)
    z, angle = 1 - 2 * k / 400, pi * (1 + 5**0.5) * k
    spiral = np.stack([np.cos(angle) * np.sqrt(1 - z**2), np.sin(angle) * np.sqrt(1 - z**2), z], axis=1)
    return np.asarray(body.centre + np.concatenate([spiral, np.eye(3), -np.eye(3)]) @ body.matrix.T)
