"""Layers of several materials: what their phases are, and what every kind of composite makes of a layer's box."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import pi
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from fem_ssb.errors import InputError, number, unknown
from fem_ssb.microstructure.boundaries import GrainBoundaries
from fem_ssb.microstructure.complexes import Complex
from fem_ssb.microstructure.laguerre import grain_count, log_normal
from fem_ssb.microstructure.shapes import Shape

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

BALL = {2: pi / 4, 3: pi / 6}
"""Area of the disc and volume of the ball of diameter 1."""

PROFILES = ("linear", "step")


@dataclass(frozen=True)
class Profile:
    """A volume fraction that changes through the thickness of a layer.

    Attributes:
        bottom, top: the fractions there.
        shape: "linear", or "step" from one to the other.
        at: where the step is, over the thickness.

    Raises:
        InputError: values out of range, an unknown shape.
    """

    bottom: float
    top: float
    shape: str = "linear"
    at: float = 0.5

    def __post_init__(self) -> None:
        for name in ("bottom", "top"):
            number(getattr(self, name), f"fraction at the {name} of a Profile", least=0.0, most=1.0)
        number(self.at, "place of the step of a Profile", above=0.0, most=1.0)
        if self.shape not in PROFILES:
            raise unknown("shape of a profile", self.shape, PROFILES)

    def __call__(self, height: FloatArray) -> FloatArray:
        """Fraction at heights from 0 to 1."""
        share = height if self.shape == "linear" else (height > self.at).astype(np.float64)
        return self.bottom + (self.top - self.bottom) * share

    @property
    def mean(self) -> float:
        """Fraction of the whole layer."""
        weight = 0.5 if self.shape == "linear" else 1.0 - self.at
        return self.bottom + (self.top - self.bottom) * weight


@dataclass(frozen=True)
class Phase:
    """One material of a composite: a region of its own, each particle or primary grain a grain of it.

    Sizes are equivalent diameters: of the ball (in 2D of the disc) of a particle's volume.

    Attributes:
        name: of the region.
        material: a name or a material object; kept as given. None: nothing, left out of the mesh as pore.
        fraction: volume of the phase over that of the layer, in a `Mixture` also a `Profile`; one phase of a
            composite may leave it out.
        diameter: mean of the particles (m).
        spread: standard deviation over mean of the diameters, which are log-normal.
        grain: mean diameter of the primary grains that particles consist of (m); default: a particle is one grain.
        grain_boundaries: properties of the boundaries inside the phase, between particles as well as between grains.

    Raises:
        InputError: values out of range.
    """

    name: str
    material: Any
    fraction: float | Profile | None = None
    diameter: float | None = None
    spread: float = 0.3
    grain: float | None = None
    grain_boundaries: GrainBoundaries | None = None

    def __post_init__(self) -> None:
        where = f"of phase '{self.name}'"
        if self.share is not None:
            number(self.share, f"fraction {where}", above=0.0, most=1.0)
        if self.diameter is not None:
            number(self.diameter, f"diameter {where} (m)", above=0.0)
        number(self.spread, f"spread {where}", least=0.0, most=1.5)
        if self.grain is not None:
            number(self.grain, f"grain {where} (m)", above=0.0)
        if self.grain_boundaries is not None and not isinstance(self.grain_boundaries, GrainBoundaries):
            raise InputError(f"grain_boundaries {where} must be GrainBoundaries(…), not {self.grain_boundaries!r}")

    @property
    def share(self) -> float | None:
        """Fraction of the whole layer."""
        return self.fraction.mean if isinstance(self.fraction, Profile) else self.fraction


@dataclass
class Filling:
    """The box of a layer as a composite fills it.

    Attributes:
        cells: the grains.
        phase: index of each cell's phase.
        particle: which particle each cell belongs to; a matrix is one.
        orientations: crystal frame → laboratory frame of each cell and after these of each body, shape (n, 3, 3).
        holed: cells may have holes, several parts and narrow places.
        grain: which grain each cell is part of, where the faces of a periodic box cut some; default: the particle.
        rest: the cell that is what the others leave of the box, if it is not star-shaped (3D).
        shelled: volume of other cells that are not star-shaped (3D).
        bodies: what is to be cut out of the cells once these are meshed, in the stack (m) (3D).
        of_body: index of the phase of each.
    """

    cells: Complex
    phase: IntArray
    particle: IntArray
    orientations: FloatArray
    holed: bool = False
    grain: IntArray | None = None
    rest: int | None = None
    shelled: dict[int, float] = field(default_factory=dict)
    bodies: Sequence[Shape] = ()
    of_body: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


class Composite(ABC):
    """Base of the materials that layers of several phases are made of: `Mixture`, `Packing`.

    Attributes:
        phases: what it consists of.
        faces_whole: in 3D, whether one cell has the whole of the bottom and of the top.
    """

    phases: Sequence[Phase]
    faces_whole: ClassVar[bool] = True

    @abstractmethod
    def fill(self, lower: FloatArray, upper: FloatArray, unit: float, size: float, tolerance: float) -> Filling:
        """Fill a box.

        Args:
            lower, upper: its corners, in lengths of `unit`.
            unit: length (m) of 1.
            size: mesh size.
            tolerance: edges shorter than this become points where that is safe.

        Raises:
            InputError: for what has no room.
        """

    def fill_periodic(
        self, lower: FloatArray, upper: FloatArray, unit: float, size: float, tolerance: float, periodic: Sequence[int]
    ) -> Filling:
        """Fill a box that is repeated along some axes: what leaves it at one face comes in at the other.

        Args:
            lower, upper, unit, size, tolerance: as in `fill`.
            periodic: the axes.

        Raises:
            InputError: for what has no room, and for a kind of composite that cannot be periodic.
        """
        raise InputError(f"a {type(self).__name__} cannot be periodic, a Mixture can: leave periodic= out")

    @abstractmethod
    def feature(self, dim: int) -> float:
        """Size of the smallest particles or grains (m), which a mesh is to resolve with two cells."""

    def detail(self) -> float:
        """Width of the thinnest part (m), finer than the mesh elsewhere; points closer than that are not united."""
        return self.feature(2)

    def crowded(self, size: float) -> float:
        """Mean edge length (m) that narrow places bring into a 2D mesh of the size asked for (m): an estimate.

        Gmsh takes the size of surfaces on into what they bound. The factors are those of meshes of 700 to 150 000
        cells, which they give within 1.5.
        """
        return self.feature(2) / 2


def particles(
    phases: Sequence[Phase], shares: Sequence[float], volume: float, unit: float, dim: int
) -> tuple[IntArray, FloatArray]:
    """Phase and volume of each particle of a layer, phase by phase; log-normal diameters.

    Args:
        phases: which have a diameter.
        shares: their fractions.
        volume: of the layer, in lengths of `unit`.
        unit: length (m) of 1.
        dim: 2 or 3.

    Raises:
        InputError: for a phase of less than half a particle.
    """
    index, volumes = [], []
    for k, (phase, share) in enumerate(zip(phases, shares, strict=True)):
        mean = (phase.diameter or 0.0) / unit
        if share * volume < 0.5 * BALL[dim] * mean**dim:
            raise InputError(
                f"fraction {share:g} of phase '{phase.name}' is less than half a particle of diameter "
                f"{phase.diameter:g} m in this layer: use smaller particles or a wider stack"
            )
        count = grain_count(mean, phase.spread, share * volume, dim)
        sizes = log_normal(count, phase.spread) ** dim
        index.append(np.full(count, k))
        volumes.append(share * volume * sizes / sizes.sum())
    return np.concatenate(index), np.concatenate(volumes)


def fractions(phases: Sequence[Phase]) -> FloatArray:
    """Volume fractions of all phases; the one that has none takes the rest.

    Raises:
        InputError: if they do not sum to 1.
    """
    given = np.array([np.nan if phase.share is None else phase.share for phase in phases])
    free, total = np.flatnonzero(np.isnan(given)).tolist(), float(np.nansum(given))
    if len(free) > 1:
        names = " and ".join(f"'{phases[k].name}'" for k in free)
        raise InputError(f"phases {names} have no fraction: one phase only may be without and takes the rest")
    if len(free) and total >= 1.0:
        raise InputError(f"the fractions sum to {total:g}: nothing is left for phase '{phases[free[0]].name}'")
    if not len(free) and abs(total - 1.0) > 1e-9:
        raise InputError(f"the fractions sum to {total:g}, not 1: leave out that of one phase, it takes the rest")
    given[free] = 1.0 - total
    return given


def check_phases(kind: str, phases: Sequence[Phase]) -> None:
    """Phases are there and named differently.

    Raises:
        InputError: if not.
    """
    if not len(phases) or not all(isinstance(phase, Phase) for phase in phases):
        raise InputError(f"{kind} needs phases: {kind}([Phase('active', …), Phase('electrolyte', …)])")
    names = [phase.name for phase in phases]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{kind} has phase '{twice}' twice: names must differ")
