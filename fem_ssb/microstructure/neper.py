"""Grains from a tessellation file of Neper (R. Quey, P. Dawson, F. Barbe, CMAME 200 (2011) 1729; neper.info).

The format of .tess files is that of Neper's documentation ("File and Directory Formats", format 3.5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fem_ssb.errors import InputError
from fem_ssb.microstructure.complexes import Complex
from fem_ssb.microstructure.diagram import Diagram
from fem_ssb.microstructure.grains import Grains
from fem_ssb.microstructure.regularise import regularise
from fem_ssb.microstructure.texture import rotations

FloatArray = npt.NDArray[np.float64]


class Neper(Grains):
    """The grains of a Neper tessellation, with their orientations.

    The box of the tessellation becomes that of the layer; where their proportions differ, grains are stretched.

    Args:
        path: of a .tess file in 2D or 3D whose domain is a square or cube (or box), not periodic. Files without
            orientations give crystals aligned with the laboratory.

    Raises:
        InputError: for a file that is not there, cut short, or of another kind of tessellation.

    Example:
        >>> stack.layer("separator", "LLZO", thickness=40e-6, grains=Neper("n100.tess"))
    """

    tessellation: Tessellation

    def __init__(self, path: str | Path) -> None:
        tessellation = read_tess(path)
        super().__init__(len(tessellation.cells.cells), relax=0, texture=tessellation.orientations)
        object.__setattr__(self, "tessellation", tessellation)

    def wrapped(
        self, lower: npt.ArrayLike, upper: npt.ArrayLike, periodic: Sequence[int], tolerance: float = 0.0
    ) -> tuple[Complex, npt.NDArray[np.int64]]:
        """The grains, in a box that is not periodic: see `Grains.wrapped`."""
        if len(periodic):
            raise InputError("the tessellation of a Neper file is not periodic: use Voronoi(…) or Laguerre(…)")
        lower, upper = np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
        cells = self.tessellation.cells
        if cells.dim != len(lower):
            raise InputError(f"the Neper tessellation is {cells.dim}D, the stack {len(lower)}D: they must agree")
        points = lower + cells.points * (upper - lower)
        for plane, level in ((lower, 0.0), (upper, 1.0)):
            points = np.where(cells.points == level, plane, points)
        planes = list(np.stack([lower, upper], axis=1))
        return regularise(Complex(points, cells.facets, cells.cells), tolerance, planes), np.arange(self.count)

    def _diagram(self, seeds: FloatArray, lower: FloatArray, upper: FloatArray, periodic: Sequence[int]) -> Diagram:
        raise NotImplementedError("the grains of a file are not made from seeds")


@dataclass
class Tessellation:
    """What a .tess file holds: cells in the unit box and their orientations, shape (n, 3, 3) or None."""

    cells: Complex
    orientations: FloatArray | None


def read_tess(path: str | Path) -> Tessellation:
    """Read a .tess file of Neper, see `Neper`.

    Raises:
        InputError: for what is no such file.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"there is no tessellation file {path}")
    try:
        found = _tessellation(_sections(path.read_text()))
    except InputError:
        raise
    except (ValueError, IndexError, KeyError, UnicodeDecodeError) as problem:
        raise InputError(f"cannot read {path} as a tessellation of Neper ({problem!r}): write it again") from None
    return found


def _sections(text: str) -> dict[tuple[str, str], list[str]]:
    """Words of each part of the file, by ("**vertex", "") or ("**cell", "*ori")."""
    words = text.split()
    if words[:1] != ["***tess"]:
        raise ValueError("it does not begin with ***tess")
    if words[-1] != "***end":
        raise ValueError("it is cut short: ***end is missing")
    found: dict[tuple[str, str], list[str]] = {}
    section = part = ""
    for word in words[1:-1]:
        if word.startswith("**"):
            section, part = word, ""
        elif word.startswith("*"):
            part = word
        else:
            found.setdefault((section, part), []).append(word)
    return found


def _tessellation(words: dict[tuple[str, str], list[str]]) -> Tessellation:
    """Cells in the unit box, checked to fill it."""
    dim, count = int(words["**general", ""][0]), int(words["**cell", ""][0])
    if dim not in (2, 3):
        raise InputError(f"a tessellation has dimension 2 or 3, not {dim}")
    vertices = np.array(words["**vertex", ""][1:], dtype=np.float64).reshape(int(words["**vertex", ""][0]), -1)
    points = vertices[:, 1 : 1 + dim]
    lower, size = points.min(axis=0), np.ptp(points, axis=0)
    points = (points - lower) / size
    points = np.where(np.abs(points) < 1e-9, 0.0, np.where(np.abs(points - 1.0) < 1e-9, 1.0, points))
    edges = np.array(words["**edge", ""][1:], dtype=np.int64).reshape(int(words["**edge", ""][0]), -1)[:, 1:3] - 1
    loops, around = _faces([float(word) for word in words["**face", ""]])
    if dim == 2:
        facets, cells = edges.tolist(), around
    else:
        facets, cells = loops, _polyhedra([int(word) for word in words["**polyhedron", ""]])
    if len(cells) != count:
        raise ValueError(f"there are {len(cells)} cells, not the {count} announced")
    outer = np.bincount([facet for cell in cells for facet in cell], minlength=len(facets)) == 1
    for facet in np.flatnonzero(outer).tolist():
        x = points[facets[facet]]
        if not ((x == 0.0).all(axis=0) | (x == 1.0).all(axis=0)).any():
            raise InputError("the tessellation does not fill a box: use a domain square or cube that is not periodic")
    orientations = None
    if ("**cell", "*ori") in words:
        descriptor, *values = words["**cell", "*ori"]
        orientations = rotations(descriptor, np.array(values, dtype=np.float64).reshape(count, -1))
    return Tessellation(Complex(points, facets, cells), orientations)


def _faces(words: list[float]) -> tuple[list[list[int]], list[list[int]]]:
    """Vertices and edges of each face; after them come its plane (4), state, point and the point's place (5)."""
    loops, around, at = [], [], 1
    for _ in range(int(words[0])):
        lists = []
        at += 1
        for _ in range(2):
            n = int(words[at])
            lists.append([abs(int(word)) - 1 for word in words[at + 1 : at + 1 + n]])
            at += 1 + n
        at += 9
        loops.append(lists[0])
        around.append(lists[1])
    if at != len(words):
        raise ValueError("its faces are not complete")
    return loops, around


def _polyhedra(words: list[int]) -> list[list[int]]:
    """Faces of each polyhedron."""
    found, at = [], 1
    for _ in range(words[0]):
        n = words[at + 1]
        found.append([abs(face) - 1 for face in words[at + 2 : at + 2 + n]])
        at += 2 + n
    if at != len(words):
        raise ValueError("its polyhedra are not complete")
    return found
