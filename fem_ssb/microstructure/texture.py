"""How the crystals of grains are turned: fibres, orientations from a file.

Descriptors of orientations are those of Neper's documentation ("Rotations and Orientations"): without ":active" a
descriptor is that of the rotation of the sample's axes onto the crystal's, which is our matrix crystal frame →
laboratory frame; Euler angles are then those of Bunge that EBSD gives.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation
from scipy.stats import vonmises_fisher

from fem_ssb.errors import InputError, number, unknown

FloatArray = npt.NDArray[np.float64]

PARAMETERS = {
    "rodrigues": 3,
    "euler-bunge": 3,
    "euler-kocks": 3,
    "euler-roe": 3,
    "rotmat": 9,
    "axis-angle": 4,
    "quaternion": 4,
}
"""Orientation descriptors and how many numbers each takes; angles are in degrees, quaternions begin with the scalar."""


class Texture(ABC):
    """A distribution of orientations; use `FibreTexture` or `OrientationFile`."""

    @abstractmethod
    def draw(self, count: int, seed: int) -> FloatArray:
        """Rotation matrices crystal frame → laboratory frame, shape (count, 3, 3)."""


@dataclass(frozen=True)
class FibreTexture(Texture):
    """A fibre texture: one crystal direction along one direction of the sample, turned about it at random.

    Attributes:
        crystal: direction in the crystal frame.
        sample: direction in the laboratory frame; default: the stacking axis in 3D, z.
        spread: of the angle between both (degrees): the von Mises–Fisher distribution with concentration
            κ = 1/spread², whose mean cosine is coth κ − 1/κ; 0: none.

    Raises:
        InputError: values out of range.

    Example:
        >>> Voronoi(100, texture=FibreTexture((0, 0, 1), spread=8))
    """

    crystal: tuple[float, float, float] = (0.0, 0.0, 1.0)
    sample: tuple[float, float, float] = (0.0, 0.0, 1.0)
    spread: float = 0.0

    def __post_init__(self) -> None:
        number(self.spread, "FibreTexture spread (degrees)", least=0.0, most=90.0)
        for name in ("crystal", "sample"):
            v = np.asarray(getattr(self, name), dtype=np.float64)
            if v.shape != (3,) or not np.isfinite(v).all() or not v.any():
                raise InputError(
                    f"FibreTexture {name} must be a direction of three numbers, not {getattr(self, name)!r}"
                )

    def draw(self, count: int, seed: int) -> FloatArray:
        """See `Texture.draw`."""
        rng = np.random.default_rng([seed, 1])
        sample = np.asarray(self.sample, dtype=np.float64) / np.linalg.norm(self.sample)
        along = np.tile(sample, (count, 1))
        if self.spread > 0.0:
            along = vonmises_fisher(sample, 1.0 / np.radians(self.spread) ** 2).rvs(count, random_state=rng)
            along = along.reshape(count, 3)
        turn = Rotation.from_rotvec(rng.uniform(0.0, 2.0 * np.pi, (count, 1)) * along)
        return (turn * _onto(np.asarray(self.crystal, dtype=np.float64), along)).as_matrix()


@dataclass(frozen=True)
class OrientationFile(Texture):
    """Orientations from a text file of one a line, as measured by EBSD.

    A file of as many lines as grains gives each grain its line; of a longer one, lines are drawn at random, each once.

    Attributes:
        path: columns apart by blanks, lines beginning with # left out.
        descriptor: what the columns are, see `PARAMETERS`: "euler-bunge" (degrees), "quaternion", "rodrigues", …
    """

    path: str | Path
    descriptor: str = "euler-bunge"

    def draw(self, count: int, seed: int) -> FloatArray:
        """See `Texture.draw`."""
        try:
            found = rotations(self.descriptor, np.loadtxt(self.path, ndmin=2))
        except (OSError, ValueError) as problem:
            if isinstance(problem, InputError):
                raise
            raise InputError(f"cannot read orientations from {self.path}: {problem}") from None
        if len(found) < count:
            raise InputError(
                f"{self.path} has {len(found)} orientations for {count} grains: give more, or fewer grains"
            )
        if len(found) == count:
            return found
        return found[np.random.default_rng([seed, 1]).choice(len(found), count, replace=False)]


def rotations(descriptor: str, values: npt.ArrayLike) -> FloatArray:
    """Matrices crystal frame → laboratory frame from a descriptor as in Neper.

    Args:
        descriptor: such as "rodrigues" or "euler-bunge:active", see `PARAMETERS`.
        values: shape (n, number of parameters).

    Returns:
        shape (n, 3, 3).

    Raises:
        InputError: for a descriptor that is not known.
    """
    name, _, convention = descriptor.partition(":")
    if name not in PARAMETERS:
        raise unknown("orientation descriptor", name, PARAMETERS)
    if convention not in ("", "active", "passive"):
        raise unknown("orientation convention", convention, ("active", "passive"))
    v = np.asarray(values, dtype=np.float64)
    if v.ndim != 2 or v.shape[1] != PARAMETERS[name]:
        raise InputError(f"orientations as {name} are {PARAMETERS[name]} numbers each, not of shape {v.shape}")
    if name == "rodrigues":
        found = Rotation.from_quat(np.column_stack([v, np.ones(len(v))]))
    elif name == "quaternion":
        found = Rotation.from_quat(v[:, [1, 2, 3, 0]])
    elif name == "axis-angle":
        axis = v[:, :3] / np.linalg.norm(v[:, :3], axis=1, keepdims=True)
        found = Rotation.from_rotvec(np.radians(v[:, 3:]) * axis)
    elif name == "rotmat":
        found = Rotation.from_matrix(v.reshape(-1, 3, 3)).inv()
    else:
        turn, last = {"euler-bunge": ((0, 0), 1), "euler-kocks": ((90, 90), -1), "euler-roe": ((90, -90), 1)}[name]
        found = Rotation.from_euler("ZXZ", v * [1, 1, last] + [turn[0], 0, turn[1]], degrees=True)
    return (found.inv() if convention == "active" else found).as_matrix()


def _onto(direction: FloatArray, along: FloatArray) -> Rotation:
    """The shortest rotations of a direction onto each of others, shape (n, 3)."""
    unit = direction / np.linalg.norm(direction)
    quaternions = np.column_stack([np.cross(unit, along), 1.0 + along @ unit])
    opposite = quaternions[:, 3] < 1e-12
    if opposite.any():
        quaternions[opposite] = [*np.cross(unit, np.eye(3)[np.argmin(np.abs(unit))]), 0.0]
    return Rotation.from_quat(quaternions)
