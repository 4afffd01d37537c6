"""Is this the mesh of before? A fingerprint that does not depend on how the mesh is spread over ranks."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from mpi4py import MPI

from fem_ssb.compat import geometry_dofmap
from fem_ssb.mesh import NamedMesh

Words = npt.NDArray[np.uint64]


def mesh_fingerprint(mesh: NamedMesh) -> dict[str, Any]:
    """Fingerprint of a mesh, ready for JSON. Collective.

    Each cell is hashed with its input index, its input nodes in order, its region and grain; the hashes are added
    modulo 2⁶⁴, so that neither the partition nor the order of cells counts. Coordinates enter through the sum of the
    cells' midpoints, each weighted by a number in [0, 1) from the hash: a node that moves is seen, rounding is not.

    Returns:
        Number of cells, checksum, region names, weighted midpoint (m) and size of the bounding box (m).
    """
    domain = mesh.domain
    cells = domain.topology.index_map(domain.topology.dim)
    n = cells.size_local
    nodes = geometry_dofmap(domain)[:n]
    columns = [
        domain.topology.original_cell_index[:n],
        *domain.geometry.input_global_indices[nodes].T,
        mesh.region_of_cell[:n],
        mesh.grain_of_cell[:n],
    ]
    words = np.zeros(n, dtype=np.uint64)
    for column in columns:
        words = _mixed(words ^ column.astype(np.uint64))
    checksum = np.array([words.sum(dtype=np.uint64)], dtype=np.uint64)
    mesh.comm.Allreduce(MPI.IN_PLACE, checksum, op=MPI.SUM)
    weights = (words >> np.uint64(11)).astype(np.float64) * 2.0**-53
    x = domain.geometry.x[:, : mesh.dim]
    moment = weights @ x[nodes].mean(axis=1) / max(cells.size_global, 1)
    mesh.comm.Allreduce(MPI.IN_PLACE, moment, op=MPI.SUM)
    return {
        "cells": int(cells.size_global),
        "checksum": f"{int(checksum[0]):016x}",
        "regions": mesh.region_names,
        "midpoint [m]": moment.tolist(),
        "size [m]": (mesh.upper - mesh.lower).tolist(),
    }


def difference(one: dict[str, Any], other: dict[str, Any]) -> str | None:
    """What tells two meshes apart by their fingerprints, or None when they are the same."""
    for key in ("cells", "regions", "checksum"):
        if one[key] != other[key]:
            return f"{key} {one[key]} and {other[key]}"
    length = max(one["size [m]"])
    for key in ("size [m]", "midpoint [m]"):
        if not np.allclose(one[key], other[key], rtol=0.0, atol=1e-9 * length):
            return f"{key} {one[key]} and {other[key]}"
    return None


def _mixed(words: Words) -> Words:
    """The mixing function of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014, doi:10.1145/2660193.2660195)."""
    words = words + np.uint64(0x9E3779B97F4A7C15)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
