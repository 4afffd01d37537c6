"""Gmsh, started and left as it was found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import chdir, contextmanager
from tempfile import TemporaryDirectory

import gmsh

OPTIONS = {
    "General.Terminal": 0,
    "General.Verbosity": 0,
    "General.NumThreads": 1,
    "Mesh.RandomSeed": 1,
    "Mesh.Algorithm": 6,
    "Mesh.Algorithm3D": 10,
    "Mesh.ElementOrder": 1,
    "Mesh.Optimize": 1,
    "Mesh.OptimizeThreshold": 0.2,
    "Mesh.Smoothing": 0,
    "Mesh.MeshSizeFromPoints": 1,
    "Mesh.MeshSizeFromCurvature": 0,
    "Mesh.MeshSizeExtendFromBoundary": 1,
    "Mesh.MeshSizeMin": 0.0,
    "Mesh.MeshSizeMax": 1e22,
    "Geometry.Tolerance": 1e-12,
}
"""Silent, one thread and a fixed seed (the same mesh every time), frontal Delaunay and HXT."""


@contextmanager
def gmsh_session(options: dict[str, float] | None = None) -> Iterator[None]:
    """An empty Gmsh model of our own, on one rank.

    If Gmsh runs already, its options and current model are put back afterwards; otherwise it is started
    without touching the signal handlers and ended again.

    Args:
        options: numbers to set beside `OPTIONS`.
    """
    running = bool(gmsh.isInitialized())
    if not running:
        gmsh.initialize(readConfigFiles=False, interruptible=False)
    wanted = {**OPTIONS, **(options or {})}
    before = {name: gmsh.option.getNumber(name) for name in wanted}
    current = gmsh.model.getCurrent() if running else ""
    try:
        for name, value in wanted.items():
            gmsh.option.setNumber(name, value)
        gmsh.model.add("fem_ssb")
        yield
    finally:
        gmsh.model.remove()
        for name, value in before.items():
            gmsh.option.setNumber(name, value)
        if current:
            gmsh.model.setCurrent(current)
        if not running:
            gmsh.finalize()


def generate(dim: int) -> None:
    """Mesh the current model up to a dimension; what Gmsh writes beside it where it fails is not kept.

    Those files (`debugr.pos`, `missingFacesOnRegion1.pos` and others) would be left in the working folder.
    """
    with TemporaryDirectory() as folder, chdir(folder):
        gmsh.model.mesh.generate(dim)
