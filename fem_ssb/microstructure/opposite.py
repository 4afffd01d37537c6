"""Opposite faces of a periodic box, kept alike when a crack cuts the grains at one of them (3D).

A corner on a periodic face has images: the corners at the same place of the opposite faces, up to seven of them where
all axes are periodic. What is done to it is done to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from fem_ssb.microstructure.complexes import Complex
from fem_ssb.microstructure.cracks import UncleanCutError
from fem_ssb.microstructure.wrap import twins

FloatArray = npt.NDArray[np.float64]
Edge = tuple[int, int]
Lists = list[list[int]]

CLOSE = 1e-8
"""Places nearer than this, in lengths of the geometry's unit, are the same."""


class OppositeFaces:
    """Which points and facets of a complex are across from each other.

    Attributes:
        image: for each axis the point across from each one on its faces.
        facets: (axis, facet, facet across from it), both ways.

    Args:
        cells: the grains, before they are cut.
        upper: the box is from 0 to here.
        periodic: axes.
    """

    def __init__(self, cells: Complex, upper: FloatArray, periodic: Sequence[int]) -> None:
        self.loops = [list(loop) for loop in cells.facets]
        self.planes = {axis: (0.0, float(upper[axis])) for axis in periodic}
        self.image: dict[int, dict[int, int]] = {}
        self.facets: list[tuple[int, int, int]] = []
        middles = np.array([cells.points[loop].mean(axis=0) for loop in cells.facets])
        used = np.unique(np.concatenate(cells.facets))
        for axis, planes in self.planes.items():
            on = [{float(x) for x in cells.points[loop, axis]} for loop in cells.facets]
            low, high = (np.array([i for i, found in enumerate(on) if found == {plane}]) for plane in planes)
            for a, b in twins(np.delete(middles, axis, axis=1), low, high, CLOSE).tolist():
                self.facets += [(axis, a, b), (axis, b, a)]
            low, high = (used[cells.points[used, axis] == plane] for plane in planes)
            pairs = twins(np.delete(cells.points, axis, axis=1), low, high, CLOSE).tolist()
            self.image[axis] = dict(pairs) | {b: a for a, b in pairs}

    def images(self, point: int) -> list[int]:
        """All images of a point."""
        found = [point]
        for p in found:
            found += [q for image in self.image.values() if (q := image.get(p, p)) not in found]
        return found[1:]

    def cut(
        self, name: str, points: FloatArray, loops: Lists, cells: Lists, halves: dict[int, list[int]]
    ) -> FloatArray:
        """Cut the facets across from those that a crack has cut; returns the points with the new ones.

        Args:
            name: of the crack.
            points: of the complex that it is cut into.
            loops, cells: of it, changed in place.
            halves: for each facet that was cut its two halves; those that are cut here are added.

        Raises:
            UncleanCutError: for opposite facets that are cut unlike.
        """
        self.name, self.points = name, [*points]
        between: dict[Edge, list[int]] = {}
        for _, facet, _ in self.facets:
            between |= _between(self.loops[facet], [loops[f] for f in halves.get(facet, [facet])])
        found = dict(between)
        for _ in range(len(self.planes)):  # an edge where periodic faces meet goes on to all of these
            for axis, facet, _ in self.facets:
                loop = self.loops[facet]
                for a, b in zip(loop, [*loop[1:], loop[0]], strict=True):
                    inner = found.get((a, b), [])
                    if inner:
                        self._agree(axis, found, (a, b), inner)
        new = {edge: inner for edge, inner in found.items() if edge not in between}
        for i, loop in enumerate(loops):
            pairs = list(zip(loop, [*loop[1:], loop[0]], strict=True))
            if any(pair in new for pair in pairs):
                loops[i] = [p for a, b in pairs for p in (a, *new.get((a, b), []))]
        for axis, facet, other in self.facets:
            parts = halves.get(facet, [facet])
            if len(parts) == 1:
                continue
            across = [[self._across(axis, p) for p in loops[f]] for f in parts]
            there = halves.get(other, [other])
            if len(there) == 1:
                loops[other] = across[0]
                loops.append(across[1])
                halves[other] = [other, len(loops) - 1]
                for cell in cells:
                    if other in cell:
                        cell.append(len(loops) - 1)
            elif {frozenset(loop) for loop in across} != {frozenset(loops[f]) for f in there}:
                raise self._unlike()
        return np.array(self.points)

    def _agree(self, axis: int, found: dict[Edge, list[int]], edge: Edge, inner: list[int]) -> None:
        """Put the points inside an edge into the one across from it, or find them there."""
        a, b = (self.image[axis][p] for p in edge)
        there = found.get((a, b), [])
        if not there:
            across = [self._across(axis, p) for p in inner]
            found[a, b], found[b, a] = across, across[::-1]
            return
        if len(there) != len(inner):
            raise self._unlike()
        for p, q in zip(inner, there, strict=True):
            if np.abs(np.delete(self.points[p] - self.points[q], axis)).max() > CLOSE:
                raise self._unlike()
            self.points[q] = self._place(axis, p)
            self.image[axis] |= {p: q, q: p}

    def _place(self, axis: int, point: int) -> FloatArray:
        """The place across from that of a point."""
        x = self.points[point].copy()
        low, high = self.planes[axis]
        x[axis] = high if x[axis] == low else low
        return x

    def _across(self, axis: int, point: int) -> int:
        """The point across from one, made if there is none."""
        image = self.image[axis]
        if point not in image:
            image |= {point: len(self.points), len(self.points): point}
            self.points.append(self._place(axis, point))
        return image[point]

    def _unlike(self) -> UncleanCutError:
        return UncleanCutError(
            f"crack '{self.name}' would cut what is across from each other on periodic faces unlike: move it, "
            "or use another seed"
        )


def _between(loop: list[int], parts: list[list[int]]) -> Mapping[Edge, list[int]]:
    """Points that have been put into the edges of a loop, which is in several parts now, for both of their senses."""
    after = {(a, b) for part in parts for a, b in zip(part, [*part[1:], part[0]], strict=True)}
    following = {a: b for a, b in after if (b, a) not in after}
    found: dict[Edge, list[int]] = {}
    for a, b in zip(loop, [*loop[1:], loop[0]], strict=True):
        chain = [following[a]]
        while chain[-1] != b:
            chain.append(following[chain[-1]])
        if len(chain) > 1:
            found[a, b], found[b, a] = chain[:-1], chain[-2::-1]
    return found
