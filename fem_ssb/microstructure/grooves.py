"""Notches and scratches in 3D: grooves along a line on a face, cut out of the mesh as a level set.

Across its line a groove is half an ellipse or a wedge, its ends are half of a half ellipsoid or of a cone. With the
distance r from the line in the plane of the mouth and the depth h below it, half the width b and the depth d,

    "round"  (r/b)² + (h/d)² = 1      volume π b d L/2 + 2π b² d/3
    "sharp"  r/b + h/d = 1            volume   b d L   +  π b² d/3

and the mouth of either has the area 2bL + πb².
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, pi

import numpy as np
import numpy.typing as npt

from fem_ssb.errors import InputError, number
from fem_ssb.microstructure.cracks import Crack
from fem_ssb.microstructure.shapes import Shape

FloatArray = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

TIPS = ("round", "sharp")

POINTS = 600
"""Points across a groove, and five times as many along it, for the part of it that lies in the box."""


@dataclass(frozen=True)
class Groove(Crack, Shape):
    """A notch or scratch along a straight line on a face or an interface (3D).

    Its walls, and the bare face across its mouth, are a boundary, or another layer's material fills it. What of it is
    beyond a face of the box is left off: with its ends there it goes right through.

    Attributes:
        start: (x, y, z) of one end of its line, on a face (m).
        end: of the other end (m).
        width: of its mouth (m).
        depth: (x, y, z) from the line to the bottom (m): into the layer that is cut, upright on the face.
        tip: "round" (half an ellipse) or "sharp" (a wedge).

    Raises:
        InputError: values out of range.
    """

    start: Sequence[float]
    end: Sequence[float]
    width: float
    depth: Sequence[float]
    tip: str = "round"
    dim = 3

    def __post_init__(self) -> None:
        for given, what in ((self.start, "start"), (self.end, "end"), (self.depth, "depth")):
            if np.shape(given) != (3,) or not np.isfinite(np.asarray(given, dtype=np.float64)).all():
                raise InputError(f"Groove {what} must be three coordinates (m), not {given!r}")
        number(self.width, "Groove width (m)", above=0.0)
        if self.tip not in TIPS:
            raise InputError(f"Groove tip must be {', '.join(map(repr, TIPS))}, not {self.tip!r}")
        along, down = np.subtract(self.end, self.start), np.asarray(self.depth, dtype=np.float64)
        if np.linalg.norm(along) <= 1e-9 * self.width:
            raise InputError("Groove start and end are the same")
        if np.count_nonzero(np.abs(down) > 1e-9 * np.linalg.norm(down)) != 1:
            raise InputError(f"Groove depth must point along x, y or z, upright on a face, not {self.depth!r}")
        if abs(along @ down) > 1e-9 * np.linalg.norm(along) * np.linalg.norm(down):
            raise InputError("Groove start and end must be at the same depth: its line lies in a face")

    @property
    def axis(self) -> int:
        """The coordinate along which it goes into its layer."""
        return int(np.argmax(np.abs(self.depth)))

    @property
    def half(self) -> float:
        """Half of the width of its mouth (m)."""
        return self.width / 2

    @property
    def deep(self) -> float:
        """Its depth (m)."""
        return float(np.linalg.norm(self.depth))

    @property
    def length(self) -> float:
        """From end to end of its line (m)."""
        return float(np.linalg.norm(np.subtract(self.end, self.start)))

    @property
    def volume(self) -> float:
        """See the head of this file (m³)."""
        b, d = self.half, self.deep
        if self.tip == "round":
            return pi * b * d * self.length / 2 + 2 * pi * b**2 * d / 3
        return b * d * self.length + pi * b**2 * d / 3

    @property
    def mouth(self) -> float:
        """Area of its mouth (m²)."""
        return 2 * self.half * self.length + pi * self.half**2

    @property
    def rim(self) -> float:
        """Length of the outline of its mouth (m)."""
        return 2 * self.length + 2 * pi * self.half

    def within(self, box: FloatArray) -> tuple[float, float]:
        """Volume (m³), and area of the mouth (m²), of what lies in a box, by the midpoint rule.

        Args:
            box: lower and upper corner of the layer (m), shape (2, 3).
        """
        b, length = self.half, self.length
        t = b * (2 * (np.arange(POINTS) + 0.5) / POINTS - 1)
        s = -b + (length + 2 * b) * (np.arange(5 * POINTS) + 0.5) / (5 * POINTS)
        frame = self._frame()
        x = np.asarray(self.start) + s[:, None, None] * frame[0] + t[None, :, None] * frame[1]
        inside = [(x[..., i] >= box[0, i]) & (x[..., i] <= box[1, i]) for i in range(3) if i != self.axis]
        r = np.hypot(t[None, :], np.maximum(np.maximum(-s, s - length), 0.0)[:, None]) / b
        here = (r < 1.0) & inside[0] & inside[1]
        height = np.where(here, np.sqrt(np.maximum(1 - r**2, 0.0)) if self.tip == "round" else 1 - r, 0.0)
        cell = (2 * b / POINTS) * (length + 2 * b) / (5 * POINTS)
        return float(height.sum() * cell * self.deep), float(here.sum() * cell)

    @property
    def half_widths(self) -> tuple[float, float]:
        """See `Shape.half_widths`."""
        return min(self.half, self.deep), float(np.sqrt(self.half * (self.half + self.length / 2)))

    def level(self, x: FloatArray) -> FloatArray:
        """See `Shape.level`; an ellipse goes on above the face, the walls of a wedge as well, up to its depth."""
        r, h = self._coordinates(x)
        b, d = self.half, self.deep
        if self.tip == "sharp":
            return np.maximum((r - b * (1 - h / d)) * d / np.hypot(d, b), -h - d)
        far = np.hypot(r / b, h / d)
        slope = np.hypot(r / b**2, h / d**2)
        return np.where(far > 1e-9, far * (far - 1.0) / np.maximum(slope, 1e-300), -min(b, d))

    def outline(self, edge: float) -> FloatArray:
        """Points on its walls no further than about `edge` from each other (m), shape (n, 3)."""
        step = edge if edge > 0 else self.half / 4
        frame = self._frame()
        turn = np.linspace(0.0, pi, 2 + ceil(pi * max(self.half, self.deep) / step))
        across, down = np.cos(turn), np.sin(turn)
        if self.tip == "sharp":
            across, down = across / (np.abs(across) + down), down / (np.abs(across) + down)
        section = np.outer(self.half * across, frame[1]) + np.outer(self.deep * down, frame[2])
        along = np.linspace(0.0, self.length, 2 + ceil(self.length / step))
        middle = np.asarray(self.start) + along[:, None, None] * frame[0] + section
        ends = []
        for angle in np.linspace(0.0, pi, 2 + ceil(pi * self.half / step))[1:-1]:
            out = np.outer(self.half * np.abs(across), np.cos(angle) * frame[1] + np.sin(angle) * frame[0])
            low = np.outer(self.deep * down, frame[2])
            ends += [np.asarray(self.end) + out + low, np.asarray(self.start) - out + low]
        return np.concatenate([middle.reshape(-1, 3), *ends])

    def spine(self) -> tuple[FloatArray, float]:
        """See `Shape.spine`: a grid over its line, and over what is wide or deep of it."""
        least, frame = min(self.half, self.deep), self._frame()
        along = np.linspace(0.0, self.length, 2 + ceil(self.length / least))
        across = np.linspace(-1, 1, 1 + 2 * ceil(self.half / least - 1)) * (self.half - least)
        down = np.linspace(0, 1, 1 + ceil(self.deep / least - 1)) * (self.deep - least)
        grid = np.stack(np.meshgrid(along, across, down, indexing="ij"), axis=-1).reshape(-1, 3)
        return np.asarray(np.asarray(self.start) + grid @ frame), least

    def cut(self, x: FloatArray) -> Flags:
        """See `Crack.cut`: simplices whose middle lies in it."""
        middle = x.mean(axis=1)
        return np.asarray((self.level(middle) < 0.0) & (self._coordinates(middle)[1] > 0.0))

    def _frame(self) -> FloatArray:
        """Unit vectors along its line, across it in the face, and into the layer, as rows."""
        along = np.subtract(self.end, self.start) / self.length
        down = np.asarray(self.depth, dtype=np.float64) / self.deep
        return np.stack([along, np.cross(down, along), down])

    def _coordinates(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Distance from the line in the plane of the mouth, and depth below it (m)."""
        along, across, down = ((x - np.asarray(self.start)) @ self._frame().T).T
        return np.hypot(across, np.maximum(np.maximum(-along, along - self.length), 0.0)), down
