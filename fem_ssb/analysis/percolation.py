"""What of a phase is connected to a place: percolated and isolated volume, from the mesh alone.

Cells of the regions that conduct are joined across the facets they share; a point or an edge in common joins nothing,
as no current flows through it. A component that touches each of the places percolates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fem_ssb.errors import InputError
from fem_ssb.mesh import NamedMesh
from fem_ssb.mesh.measure import measures
from fem_ssb.spaces.connected import cells_at, connected_cells


@dataclass(frozen=True)
class Percolation:
    """How some regions hang together, the same on all ranks.

    Attributes:
        fraction: volume connected to all the places over the volume of the regions.
        fractions: the same for each region alone.
        components: number of connected parts of the regions.
        cells: the owned and ghost cells of this rank that are connected, shape (n_cells,).
    """

    fraction: float
    fractions: dict[str, float]
    components: int
    cells: npt.NDArray[np.bool_]

    @property
    def isolated(self) -> float:
        """Volume that is not connected to all the places over the volume of the regions."""
        return 1.0 - self.fraction


def percolation(
    mesh: NamedMesh, regions: str | Sequence[str], places: str | Sequence[str], blocked: Sequence[str] = ()
) -> Percolation:
    """Find what of some regions is connected to one place, or to several at once. Collective.

    Args:
        mesh: the mesh.
        regions: that conduct, such as "active" or ("separator", "electrolyte").
        places: boundaries or interfaces of these regions, such as "active|collector", or ("bottom", "top"): with two,
            what spans from one to the other. Nothing is connected to a place that none of the regions touches.
        blocked: interfaces that join nothing, such as "active|active" for particles without contact.

    Raises:
        InputError: for names that the mesh does not have.
    """
    regions = (regions,) if isinstance(regions, str) else tuple(regions)
    places = (places,) if isinstance(places, str) else tuple(places)
    if not regions or not places:
        raise InputError("percolation needs at least one region and one place")
    indices = [mesh.region_index(region) for region in regions]
    conducts = np.isin(mesh.region_of_cell, indices)
    touched = [np.zeros(0, dtype=np.int64) if _apart(mesh, place) else cells_at(mesh, place) for place in places]
    closed = np.concatenate([np.zeros(0, dtype=np.int32), *(mesh.interface(name).facets for name in blocked)])
    part, count = connected_cells(mesh, conducts, closed)
    reached = np.ones(count, dtype=bool)
    for cells in touched:
        mine = np.unique(part[cells[conducts[cells]]])
        there = np.zeros(count, dtype=bool)
        there[np.concatenate(mesh.comm.allgather(mine))] = True
        reached &= there
    connected = np.zeros(len(conducts), dtype=bool)
    connected[conducts] = reached[part[conducts]]
    volumes = []
    for region in regions:
        own = mesh.cells(region)
        size = measures(mesh.domain, mesh.dim, own)
        volumes.append(mesh.comm.allreduce(np.array([size[connected[own]].sum(), size.sum()])))
    within, whole = np.array(volumes).T
    fractions = {region: float(a / b) for region, (a, b) in zip(regions, volumes, strict=True)}
    return Percolation(float(within.sum() / whole.sum()), fractions, count, connected)


def _apart(mesh: NamedMesh, place: str) -> bool:
    """Whether it is an interface of two regions that happen not to meet."""
    names = [name.strip() for name in place.split("|")]
    known = len(names) == 2 and set(names) <= set(mesh.region_names)
    return known and not {"|".join(names), "|".join(reversed(names))} & set(mesh.interfaces)
