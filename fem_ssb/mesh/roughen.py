"""Flat interfaces between layers made rough by moving the nodes of the mesh."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import numpy.typing as npt

from fem_ssb.errors import InputError
from fem_ssb.mesh.named import NamedMesh
from fem_ssb.microstructure.roughness import Roughness


def roughen(
    mesh: NamedMesh, levels: npt.NDArray[np.float64], shapes: Mapping[int, Roughness], coatings: Collection[str] = ()
) -> None:
    """Move nodes along the stacking axis by h(x) times a hat: 1 at the interface, 0 at the next ones. Collective.

    The mesh stays as it is connected, so it conforms on both sides; grains and pores near by are bent along.

    Args:
        mesh: changed in place.
        levels: heights of the layers' faces (m), below and above the coatings there, shape (n_layers + 1, 2).
        shapes: by the index of their level, from 1 to n_layers − 1.
        coatings: regions whose cells are stretched; they are moved whole.

    Raises:
        InputError: on all ranks, if an interface would cross a neighbour or cells would be turned over.
    """
    x = mesh.domain.geometry.x
    axis = mesh.dim - 1
    base = mesh.upper[:axis] - mesh.lower[:axis]
    z, shift = x[:, axis].copy(), np.zeros(len(x))
    for level, shape in shapes.items():
        hat = np.interp(z, [levels[level - 1, 1], *levels[level], levels[level + 1, 0]], [0.0, 1.0, 1.0, 0.0])
        shift += hat * shape.height(x[:, :axis] - mesh.lower[:axis], base)
    x[:, axis] += shift
    worst = mesh.quality(without=coatings)["min"]
    if worst < 0.01:
        x[:, axis] = z
        raise InputError(
            "the roughness is too steep or too high for the layers next to it: a cell would be flattened "
            f"(gamma {worst:.2g}); use a smaller amplitude, a longer wavelength or thicker layers"
        )
