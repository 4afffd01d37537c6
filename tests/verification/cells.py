"""Small structured meshes and models for the verification tests."""

from __future__ import annotations

import itertools

import numpy as np
from dolfinx import fem, mesh
from mpi4py import MPI

from fem_ssb import NamedMesh
from fem_ssb.constants import F, R

SHARED = mesh.GhostMode.shared_facet
T = 298.15


def box(comm, size, cells):
    """Rectangle or box [0, size] of 2 or 6 simplices a brick."""
    if len(size) == 2:
        return mesh.create_rectangle(comm, [[0.0, 0.0], list(size)], list(cells), ghost_mode=SHARED)
    return mesh.create_box(comm, [[0.0, 0.0, 0.0], list(size)], list(cells), ghost_mode=SHARED)


def midpoints(domain):
    """Midpoints of owned and ghost cells, shape (cells, 3)."""
    index_map = domain.topology.index_map(domain.topology.dim)
    cells = np.arange(index_map.size_local + index_map.num_ghosts, dtype=np.int32)
    return mesh.compute_midpoints(domain, domain.topology.dim, cells)


def one_region(comm, size, cells, material, *, name="separator", grains=None, **more):
    """A box of one region; `grains` cuts it into a grid of equal bricks, e.g. (1, 5)."""
    domain = box(comm, size, cells)
    grain = np.zeros(len(midpoints(domain)), dtype=np.int32)
    if grains is not None:
        place = midpoints(domain)[:, : len(size)] / np.asarray(size) * np.asarray(grains)
        grain = np.ravel_multi_index(tuple(place.astype(int).T), grains).astype(np.int32)
    count = 1 if grains is None else int(np.prod(grains))
    return NamedMesh.from_cells(
        domain, [name], np.zeros_like(grain), grain, np.zeros(count, dtype=np.int32), materials={name: material}, **more
    )


def layered(comm, width, layers, *, across=2, dim=2, **more):
    """Layers on top of each other: {name: (material, thickness, cells)}, bottom first; edges exact."""
    numbers = [n for _, _, n in layers.values()]
    edges = np.concatenate([[0.0], np.cumsum([t for _, t, _ in layers.values()])])
    rows = np.concatenate([[0], np.cumsum(numbers)])
    domain = box(comm, (width,) * (dim - 1) + (float(rows[-1]),), (across,) * (dim - 1) + (int(rows[-1]),))
    region = np.searchsorted(rows, midpoints(domain)[:, dim - 1]).astype(np.int32) - 1
    domain.geometry.x[:, dim - 1] = np.interp(domain.geometry.x[:, dim - 1], rows, edges)
    return NamedMesh.from_cells(
        domain, list(layers), region, materials={name: material for name, (material, _, _) in layers.items()}, **more
    )


def at_point(function, point):
    """Value of a scalar Lagrange function at one of its nodes."""
    V = function.function_space
    x = V.tabulate_dof_coordinates()[: V.dofmap.index_map.size_local]
    wanted = np.zeros(3)
    wanted[: len(point)] = point
    distance = np.linalg.norm(x - wanted, axis=1)
    near = int(np.argmin(distance)) if len(x) else -1
    mine = (float(distance[near]), float(function.x.array[near])) if len(x) else (np.inf, np.nan)
    nearest = min(V.mesh.comm.allgather(mine))
    assert nearest[0] < 1e-9 * max(np.abs(wanted).max(), 1e-30), f"no node at {point}"
    return nearest[1]


def total(comm, form):
    """Integral over all ranks."""
    return comm.allreduce(fem.assemble_scalar(fem.form(form)), op=MPI.SUM)


def voltage(model, boundary="bottom"):
    """Potential of a metal collector [V]."""
    return model.boundary_conditions.mean("electronic_potential", boundary)


def kinetic(current, exchange, temperature=T):
    """(2RT/F) asinh(i/2i₀) [V]: overpotential of Butler–Volmer with α = ½."""
    return 2 * R * temperature / F * np.arcsinh(current / (2 * exchange))


def rates(errors, ratio=2.0):
    """Observed orders between successive meshes."""
    return [float(np.log(a / b) / np.log(ratio)) for a, b in itertools.pairwise(errors)]
