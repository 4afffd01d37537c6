"""Cracks and flaws, where they are: slits and notches in the plane, flat cracks in space."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, pi, sin
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from fem_ssb.errors import InputError, number, unknown
from fem_ssb.microstructure.complexes import Complex
from fem_ssb.microstructure.rings import corner_radius, inside
from fem_ssb.microstructure.shapes import Shape

if TYPE_CHECKING:
    from fem_ssb.microstructure.stack import Layer

FloatArray = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

TIPS = ("flat", "round", "sharp")

TURNS, FAIR = (0.0, 0.5, 0.25, 0.75, 0.125, 0.375, 0.625, 0.875), 0.25
"""Turns of a penny's polygon, in its sides, tried until no face cuts one closer to a corner than `FAIR` mesh sizes."""

CROSSING, STEEP = 2.0, 0.3
"""Least length of the line in which flat cracks cross, over the mesh size there, and sine of their angle."""


class UncleanCutError(InputError):
    """A crack that does not cut the grains clean; once other short edges are removed from these, it may."""


class Crack(ABC):
    """Base of the shapes of cracks; coordinates are those of the stack (m).

    Attributes:
        dim: 2 or 3.
    """

    dim: int

    @abstractmethod
    def outline(self, edge: float) -> FloatArray:
        """Its corners (m), shape (n, dim): of a line from end to end, else of a closed polygon.

        Args:
            edge: longest side of what is round (m).
        """

    def tips(self) -> FloatArray:
        """Where stress is singular (m): ends of a line or notch; shape (0, 3) in space, where it is the outline."""
        return np.zeros((0, 3))

    @abstractmethod
    def cut(self, x: FloatArray) -> Flags:
        """Which simplices it goes through, shape (m,); what damage begins with.

        Those at its ends or its rim are left out: damage falls from 1 at their inner corners to 0 over them, and with
        this its integral over the crack is the length or area of that.

        Args:
            x: their corners (m), shape (m, dim + 1, dim).
        """


@dataclass(frozen=True)
class Slit(Crack):
    """A sharp crack along straight lines (2D).

    An end on a face of the stack, or in a pore, makes it an edge crack; on an interface between layers it stops there.

    Attributes:
        points: (x, y) of its ends, with corners between them if there are any (m).
    """

    points: Sequence[Sequence[float]]
    dim = 2

    def __post_init__(self) -> None:
        _corners(self.points, "Slit points", 2, 2)

    def outline(self, edge: float) -> FloatArray:
        """See `Crack.outline`."""
        return np.array(self.points, dtype=np.float64)

    def tips(self) -> FloatArray:
        """See `Crack.tips`."""
        return self.outline(0.0)[[0, -1]]

    def cut(self, x: FloatArray) -> Flags:
        """See `Crack.cut`."""
        found = np.zeros(len(x), dtype=bool)
        points = self.outline(0.0)
        for a, b in pairwise(points):
            length = np.linalg.norm(b - a)
            along = (b - a) / length
            s, n = (x - a) @ along, (x - a) @ np.array([-along[1], along[0]])
            slack = 1e-9 * length
            inside = (s.min(axis=1) >= -slack) & (s.max(axis=1) <= length + slack)
            found |= inside & (n.min(axis=1) <= slack) & (n.max(axis=1) > slack)
        return found


@dataclass(frozen=True)
class Notch(Crack):
    """A notch or scratch of finite width (2D); its walls are a boundary, or another layer's material fills it.

    Attributes:
        start: (x, y) of the middle of its mouth, on a face of the stack, on an interface or inside (m).
        end: of its end (m).
        width: at the mouth (m).
        tip: "flat", "round" (a half circle), or "sharp": a wedge that ends in a point.

    Raises:
        InputError: values out of range, an unknown tip, a round one that does not fit.
    """

    start: Sequence[float]
    end: Sequence[float]
    width: float
    tip: str = "flat"
    dim = 2

    def __post_init__(self) -> None:
        a, b = _corners([self.start, self.end], "Notch start and end", 2, 2)
        number(self.width, "Notch width (m)", above=0.0)
        if self.tip not in TIPS:
            raise InputError(f"Notch tip must be {', '.join(map(repr, TIPS))}, not {self.tip!r}")
        if self.tip == "round" and np.linalg.norm(b - a) <= 0.5 * self.width:
            raise InputError("Notch: half its width does not fit into its length, so its tip cannot be round")

    def outline(self, edge: float) -> FloatArray:
        """See `Crack.outline`; counterclockwise. The polygon of a round tip has the area of the half circle."""
        a, b = np.asarray(self.start, dtype=np.float64), np.asarray(self.end, dtype=np.float64)
        along = (b - a) / np.linalg.norm(b - a)
        side = 0.5 * self.width * np.array([along[1], -along[0]])
        if self.tip == "sharp":
            return np.array([a + side, b, a - side])
        if self.tip == "flat":
            return np.array([a + side, b + side, b - side, a - side])
        r = 0.5 * self.width
        n = max(4, ceil(pi * r / edge - 1e-9)) if edge > 0 else 8
        angle = pi * np.arange(1, n) / n
        reach = _round_reach(n)
        inner = np.outer(np.cos(angle), side) + np.outer(np.sin(angle), r * along)
        centre = b - r * along
        return np.concatenate([[a + side, centre + side], centre + reach * inner, [centre - side, a - side]])

    def tips(self) -> FloatArray:
        """See `Crack.tips`."""
        return np.array([self.end], dtype=np.float64)

    def cut(self, x: FloatArray) -> Flags:
        """See `Crack.cut`: simplices whose middle lies in it."""
        corners = self.outline(0.0)
        return inside(x.mean(axis=1), np.stack([corners, np.roll(corners, -1, axis=0)], axis=1))


@dataclass(frozen=True)
class Penny(Crack):
    """A sharp circular crack (3D); where its centre is on a face, half of it.

    Attributes:
        centre: (x, y, z) in the stack (m).
        radius: in m.
        angles: turns of a disc in the plane z = 0 about the fixed axes x, y, z, one after the other (degrees).

    Raises:
        InputError: values out of range.
    """

    centre: Sequence[float]
    radius: float
    angles: Sequence[float] = (0.0, 0.0, 0.0)
    dim = 3

    def __post_init__(self) -> None:
        for given, what in ((self.centre, "coordinates of its centre (m)"), (self.angles, "angles (degrees)")):
            if np.shape(given) != (3,) or not np.isfinite(np.asarray(given, dtype=np.float64)).all():
                raise InputError(f"Penny: there must be three {what}, not {given!r}")
        number(self.radius, "Penny radius (m)", above=0.0)

    def _turn(self) -> FloatArray:
        return np.asarray(Rotation.from_euler("xyz", self.angles, degrees=True).as_matrix())

    def outline(self, edge: float, turn: float = 0.0) -> FloatArray:
        """See `Crack.outline`: a regular polygon of exactly the disc's area, turned by a part of its side."""
        n = 4 * ceil(max(12, 2 * pi * self.radius / edge) / 4) if edge > 0 else 12
        angle = 2 * pi * (np.arange(n) + turn) / n
        disc = np.stack([np.cos(angle), np.sin(angle), np.zeros(n)], axis=1)
        return np.asarray(self.centre + self.radius * corner_radius(n) * disc @ self._turn().T)

    def cut(self, x: FloatArray) -> Flags:
        """See `Crack.cut`."""
        y = (x - np.asarray(self.centre)) @ self._turn()
        slack = 1e-9 * self.radius
        near = np.linalg.norm(y[..., :2], axis=2).max(axis=1) <= self.radius + slack
        return np.asarray(near & (y[..., 2].min(axis=1) <= slack) & (y[..., 2].max(axis=1) > slack))


@dataclass(frozen=True)
class Sheet(Crack):
    """A sharp flat crack with straight edges (3D); what sticks out of its layer is left off.

    Attributes:
        corners: (x, y, z) of at least three corners of a convex polygon in one plane, in order (m).

    Raises:
        InputError: corners that are not those of a flat convex polygon, in order.
    """

    corners: Sequence[Sequence[float]]
    dim = 3

    def __post_init__(self) -> None:
        x = _corners(self.corners, "Sheet corners", 3, 3)
        flat = x - x.mean(axis=0)
        size = np.linalg.svd(flat, compute_uv=False)
        if size[1] < 1e-6 * size[0] or (len(size) > 2 and size[2] > 1e-6 * size[0]):
            raise InputError("Sheet corners must lie in one plane, and not on one line")
        edges = np.roll(x, -1, axis=0) - x
        turns = np.cross(edges, np.roll(edges, -1, axis=0))
        if (turns @ turns.sum(axis=0) <= 0).any():
            raise InputError("Sheet corners must be those of a convex polygon, in order around it")

    def outline(self, edge: float) -> FloatArray:
        """See `Crack.outline`."""
        return np.array(self.corners, dtype=np.float64)

    def cut(self, x: FloatArray) -> Flags:
        """See `Crack.cut`."""
        corners = self.outline(0.0)
        height, slack = off_plane(x, corners), 1e-9 * float(np.ptp(corners, axis=0).max())
        within = within_outline(x.reshape(-1, 3), corners, slack).reshape(-1, 4).all(axis=1)
        return np.asarray(within & (height.min(axis=1) <= slack) & (height.max(axis=1) > slack))


@dataclass(frozen=True)
class Flaw:
    """One crack of a stack, see `Stack.crack`."""

    name: str
    shape: Crack
    tip_size: float | None = None
    fill: str | None = None
    layer: str | Sequence[str] | None = None
    closes: bool = False


@dataclass(frozen=True)
class PlacedCrack:
    """A crack in lengths of the geometry's unit.

    Attributes:
        name: of its faces.
        points: corners, shape (n, dim); in space those that are left of it inside its cell.
        tips: points around which the mesh is fine, shape (m, dim).
        tip_size: mesh size there; in space, on the whole crack.
        size: mesh size elsewhere along it.
        hollow: a notch.
        fill: the cell that a notch becomes part of, −1 for none.
        cell: that it lies in (3D); −1 across grains of a layer.
        layer: that it lies in (3D).
        facets: of the complex that it is made of, where it lies across grains (3D).
        faces: for each side of the polygon the facet of the cell that it lies in, −1 for none (3D).
    """

    name: str
    points: FloatArray
    tips: FloatArray
    tip_size: float
    size: float
    hollow: bool = False
    fill: int = -1
    cell: int = -1
    faces: tuple[int, ...] = ()
    layer: int = -1
    facets: tuple[int, ...] = ()


def place_cracks(
    flaws: Sequence[Flaw],
    layers: Sequence[Layer],
    cells: Complex,
    layer_of_cell: npt.NDArray[np.int32],
    levels: FloatArray,
    upper: FloatArray,
    sizes: FloatArray,
    unit: float,
    carved: bool = False,
    periodic: Sequence[int] = (),
) -> list[PlacedCrack]:
    """The cracks of a stack, checked against its box and its grains.

    Args:
        flaws: what the user asked for.
        layers: of the stack.
        cells: the grains, in lengths of `unit`.
        layer_of_cell: the layer of each grain.
        levels: stacking coordinate of the layers' faces.
        upper: the box is from 0 to here.
        sizes: mesh size in each layer.
        unit: length (m) of 1.
        carved: bodies are to be cut out of the mesh: flat cracks are then made of faces of the grains, which these may
            take a part of (3D).
        periodic: axes; flat cracks must be clear of the faces of these.

    Raises:
        InputError: naming the crack.
    """
    names = [layer.name for layer in layers]
    found: list[PlacedCrack] = []
    for flaw in flaws:
        if isinstance(flaw.shape, Shape):  # cut out of the mesh later
            continue
        rough = flaw.shape.outline(0.0) / unit
        size = float(sizes[np.clip(np.searchsorted(levels, rough.mean(axis=0)[-1]) - 1, 0, len(sizes) - 1)])
        extent = float(np.linalg.norm(np.ptp(rough, axis=0)))
        hollow, fill = isinstance(flaw.shape, Notch), -1
        along = min(size, (flaw.shape.width / unit / 2) if isinstance(flaw.shape, Notch) else extent / 8)
        tip_size = along if flaw.tip_size is None else min(along, flaw.tip_size / unit)
        points = flaw.shape.outline(tip_size * unit) / unit
        if isinstance(flaw.shape, Penny):
            planes = [np.array([0.0, upper[0]]), np.array([0.0, upper[1]]), levels]
            turned = [flaw.shape.outline(tip_size * unit, turn) / unit for turn in TURNS]
            points = max(turned, key=lambda x: min(_clearance(x, planes), FAIR * tip_size))
        if cells.dim == 3:
            reach = np.minimum(points, upper - points)[:, list(periodic)]
            if (reach < 0.5 * tip_size).any():
                raise InputError(f"crack '{flaw.name}' reaches over the sides of a periodic stack: move it inside")
            asked = [flaw.layer] if isinstance(flaw.layer, str) else list(flaw.layer or [])
            for name in asked:
                if name not in names:
                    raise unknown("layer", name, names)
            if len(asked) > 1:
                found += [
                    _across(flaw.name, points, tip_size, names.index(name), upper, levels, found)
                    for name in dict.fromkeys(asked)
                ]
                continue
            own = layer_of_cell == names.index(asked[0]) if asked else np.ones(len(layer_of_cell), bool)
            found.append(
                _place_sheet(flaw.name, points, tip_size, cells, own, layer_of_cell, upper, levels, found, carved)
            )
            continue
        if not hollow and ((points < -1e-9) | (points > upper + 1e-9)).any():
            raise InputError(f"crack '{flaw.name}' leaves the stack: its points are in the stack's coordinates (m)")
        if isinstance(flaw.shape, Notch):
            _open_mouth(points, np.asarray(flaw.shape.start) / unit, [np.array([0.0, upper[0]]), levels])
        if flaw.fill is not None:
            if flaw.fill not in names:
                raise unknown("layer", flaw.fill, names)
            own = np.flatnonzero(layer_of_cell == names.index(flaw.fill))
            if len(own) > 1:
                raise InputError(f"notch '{flaw.name}' cannot be filled with layer '{flaw.fill}', which has grains")
            fill = int(own[0])
        tips = flaw.shape.tips() / unit
        on_face = np.isclose(tips[:, :1], [0.0, upper[0]], atol=1e-9).any(axis=1)
        on_face |= np.isclose(tips[:, 1:], levels, atol=1e-9).any(axis=1)
        found.append(PlacedCrack(flaw.name, points, tips[~on_face], tip_size, along, hollow, fill))
    return found


def _clearance(points: FloatArray, planes: Sequence[FloatArray]) -> float:
    """Least distance of the ends of those sides of a polygon that planes cut from the lines along which they do."""
    found, normal = np.inf, _normal(points)
    for axis, levels in enumerate(planes):
        steep = float(np.sqrt(1.0 - min(1.0, normal[axis] ** 2)))
        for level in levels.tolist():
            h = points[:, axis] - level
            g = np.roll(h, -1)
            ends = np.minimum(np.abs(h), np.abs(g))[(h * g < 0.0) & (np.minimum(np.abs(h), np.abs(g)) > 1e-9)]
            found = min(found, float(ends.min(initial=np.inf)) / max(steep, 1e-9))
    return found


def _open_mouth(points: FloatArray, start: FloatArray, planes: Sequence[FloatArray]) -> None:
    """Slide the first and last corner of a notch along its walls into the face that its mouth is on, in place."""
    for axis, levels in enumerate(planes):
        for level in levels[np.abs(levels - start[axis]) < 1e-9]:
            for corner, other in ((0, 1), (-1, -2)):
                along = points[corner] - points[other]
                if abs(along[axis]) > 0.1 * np.linalg.norm(along):
                    points[corner] += (level - points[corner, axis]) / along[axis] * along
                    points[corner, axis] = level


def _place_sheet(
    name: str,
    points: FloatArray,
    edge: float,
    cells: Complex,
    own: Flags,
    layer_of_cell: npt.NDArray[np.int32],
    upper: FloatArray,
    levels: FloatArray,
    others: Sequence[PlacedCrack],
    carved: bool,
) -> PlacedCrack:
    """A flat crack in the grain it lies in, or across the grains of a layer; what is beyond its faces is left off."""
    close = 1e-9 * float(upper.max())
    middle = points.mean(axis=0)
    spaces = [cells.half_spaces(c) for c in range(len(cells.cells))]
    room = np.array([(b - n @ middle).min() if ours else -np.inf for (n, b), ours in zip(spaces, own, strict=True)])
    cell = int(np.argmax(room))
    if np.count_nonzero(room > room[cell] - close) > 1 and abs(room[cell]) < close:
        raise InputError(f"crack '{name}' begins at an interface: say with layer= on which side of it")
    normals, offsets = spaces[cell]
    layer = int(layer_of_cell[cell])
    if carved:
        return _across(name, points, edge, layer, upper, levels, others)
    whole = points
    outer = [is_outer(cells.points[cells.facets[facet]], upper, levels) for facet in cells.cells[cell]]
    for n, b, free in zip(normals, offsets, outer, strict=True):
        height = points @ n - b
        if free and len(points) and height.max() > -close:
            points = _clipped(points, height, close)
        elif not free and height.max(initial=-1.0) > -0.3 * edge:
            return _across(name, whole, edge, layer, upper, levels, others)
    if len(points) < 3:
        raise InputError(f"crack '{name}' lies outside of the stack: its coordinates are those of the stack (m)")
    sides = zip(points, np.roll(points, -1, axis=0), strict=True)
    flush = [(np.abs(np.array([p, q]) @ normals.T - offsets) < 10 * close).all(axis=0) for p, q in sides]
    faces = tuple(cells.cells[cell][int(np.argmax(on))] if on.any() else -1 for on in flush)
    gaps = np.abs(points @ normals.T - offsets)
    if ((gaps < 0.3 * edge).sum(axis=1) > np.minimum((gaps < 10 * close).sum(axis=1), 1)).any():
        raise InputError(f"crack '{name}' all but touches a face, or meets two of them: move it, or turn it")
    placed = PlacedCrack(name, points, np.zeros((0, 3)), edge, edge, cell=cell, faces=faces, layer=layer)
    _check_apart(placed, others)
    return placed


def _across(
    name: str,
    points: FloatArray,
    edge: float,
    layer: int,
    upper: FloatArray,
    levels: FloatArray,
    others: Sequence[PlacedCrack],
) -> PlacedCrack:
    """A flat crack across the grains of a layer."""
    close = 1e-9 * float(upper.max())
    low, high = np.append(np.zeros(2), levels[layer]), np.append(upper[:2], levels[layer + 1])
    for axis in range(3):
        for height in (low[axis] - points[:, axis], points[:, axis] - high[axis]):
            if len(points) and np.abs(height).max() < 0.3 * edge:
                raise InputError(f"crack '{name}' lies in a face, or all but: move it or turn it")
        points = _clipped(points, low[axis] - points[:, axis], close)
        points = _clipped(points, points[:, axis] - high[axis], close)
        points[np.abs(points[:, axis] - low[axis]) < close, axis] = low[axis]
        points[np.abs(points[:, axis] - high[axis]) < close, axis] = high[axis]
    if len(points) < 3 or np.linalg.norm(np.ptp(points, axis=0)) < edge or _width(points) < 0.3 * edge:
        raise InputError(
            f"crack '{name}' does not reach a layer that it is to be in, or hardly: its coordinates are those of the "
            "stack (m); move it, or name other layers with layer="
        )
    placed = PlacedCrack(name, points, np.zeros((0, 3)), edge, edge, layer=layer)
    _check_apart(placed, others)
    return placed


def _check_apart(placed: PlacedCrack, others: Sequence[PlacedCrack]) -> None:
    """Flat cracks of one grain must not meet; across the grains of one layer they may cross."""
    for other in others:
        if other.layer == placed.layer and (other.cell == placed.cell or min(other.cell, placed.cell) < 0):
            step = 0.5 * max(placed.tip_size, other.tip_size)
            distance = min(
                distance_to(_along_sides(placed.points, step), other.points).min(),
                distance_to(_along_sides(other.points, step), placed.points).min(),
            )
            edge = max(placed.tip_size, other.tip_size)
            crossing = max(placed.cell, other.cell) < 0 and _common(placed.points, other.points) > CROSSING * edge
            if distance < edge and not crossing:
                raise InputError(f"cracks '{placed.name}' and '{other.name}' meet or all but touch: move them apart")


def _common(a: FloatArray, b: FloatArray) -> float:
    """Length of the line that two convex polygons have in common, 0 where they do not cross, or at a small angle."""
    along = np.cross(_normal(a), _normal(b))
    sine = float(np.linalg.norm(along))
    if sine < STEEP:
        return 0.0
    low, high = -np.inf, np.inf
    for x, other in ((a, b), (b, a)):
        h, after = off_plane(x, other), np.roll(x, -1, axis=0)
        g = np.roll(h, -1)
        cut = h * g < 0.0
        if not cut.any():
            return 0.0
        ends = (x + (h / np.where(cut, h - g, 1.0))[:, None] * (after - x))[cut] @ along / sine
        low, high = max(low, float(ends.min())), min(high, float(ends.max()))
    return max(0.0, high - low)


def is_outer(loop: FloatArray, upper: FloatArray, levels: FloatArray) -> bool:
    """Whether a facet lies in a face of the box or of a layer."""
    planes = [np.array([0.0, upper[0]]), np.array([0.0, upper[1]]), levels]
    return any(bool((loop[:, i] == level).all()) for i in range(3) for level in planes[i])


def _normal(corners: FloatArray) -> FloatArray:
    """Unit vector upright on a polygon."""
    normal = np.cross(corners, np.roll(corners, -1, axis=0)).sum(axis=0)
    return np.asarray(normal / np.linalg.norm(normal))


def off_plane(x: FloatArray, corners: FloatArray) -> FloatArray:
    """Heights of points (…, 3) above the plane of a polygon."""
    return np.asarray((x - corners.mean(axis=0)) @ _normal(corners))


def within_outline(x: FloatArray, corners: FloatArray, close: float = 0.0) -> Flags:
    """Whether points in the plane of a convex polygon are in it, or no further out than `close`."""
    edges = np.roll(corners, -1, axis=0) - corners
    inward = np.cross(np.cross(corners, np.roll(corners, -1, axis=0)).sum(axis=0), edges)
    inward /= np.linalg.norm(inward, axis=1)[:, None]
    return np.asarray((x @ inward.T - (corners * inward).sum(axis=1) >= -close).all(axis=1))


def _clipped(points: FloatArray, height: FloatArray, close: float) -> FloatArray:
    """What of a polygon is at heights ≤ 0."""
    height = np.where(np.abs(height) < close, 0.0, height)
    kept = []
    for i in range(len(points)):
        p, q, h, g = points[i], points[(i + 1) % len(points)], height[i], height[(i + 1) % len(points)]
        if h <= 0:
            kept.append(p)
        if h * g < 0:
            kept.append(p + (q - p) * (h / (h - g)))
    return np.array(kept).reshape(-1, 3)


def distance_to(x: FloatArray, corners: FloatArray) -> FloatArray:
    """Distances of points (n, 3) from a convex polygon."""
    height = off_plane(x, corners)
    a, along = corners, np.roll(corners, -1, axis=0) - corners
    t = np.clip(np.einsum("nkd,kd->nk", x[:, None] - a, along) / (along * along).sum(axis=1), 0.0, 1.0)
    beside = np.linalg.norm(x[:, None] - a - t[..., None] * along, axis=2).min(axis=1)
    return np.where(within_outline(x, corners), np.abs(height), beside)


def _width(corners: FloatArray) -> float:
    """How far apart parallel lines are at least between which a convex polygon fits, one of them along a side."""
    edges = np.roll(corners, -1, axis=0) - corners
    inward = np.cross(_normal(corners), edges / np.linalg.norm(edges, axis=1)[:, None])
    return float((corners @ inward.T - (corners * inward).sum(axis=1)).max(axis=0).min())


def _along_sides(corners: FloatArray, step: float) -> FloatArray:
    """Points on the sides of a polygon, no further than `step` from each other: two that cross are close at one."""
    sides = zip(corners, np.roll(corners, -1, axis=0), strict=True)
    return np.concatenate([np.linspace(p, q, 2 + ceil(np.linalg.norm(q - p) / step)) for p, q in sides])


def _corners(points: Any, what: str, least: int, dim: int) -> FloatArray:
    """Points checked: enough of them, finite, no two that follow each other the same."""
    x = np.array(points, dtype=np.float64)
    if x.ndim != 2 or x.shape[1] != dim or len(x) < least or not np.isfinite(x).all():
        raise InputError(f"{what} must be at least {least} points of {dim} coordinates (m), not {points!r}")
    if (np.linalg.norm(np.diff(x, axis=0), axis=1) <= 1e-9 * np.ptp(x, axis=0).max()).any():
        raise InputError(f"{what}: two that follow each other are the same")
    return x


def _round_reach(n: int) -> float:
    """Radius of inner corners over that of the two at the ends, for which a half polygon has the area π/2.

    Of n triangles with the angle π/n at the centre two have one end corner: ½ sin(π/n) (2 s + (n − 2) s²) = π/2.
    """
    need = pi / sin(pi / n)
    return float((-1 + np.sqrt(1 + (n - 2) * need)) / (n - 2))
