"""Facets between two labels, oriented: which cell is "+" is our choice, not the partition's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from dolfinx.mesh import Mesh

IntArray = npt.NDArray[np.int32]


@dataclass
class Interface:
    """The facets where two regions (or two grains of one region) meet, with their sides.

    Attributes:
        name: "a|b"; "+" is on the side of a. For "a|a" (grain boundaries inside a) "+" is the grain
            with the smaller index. Or the name of a crack that closes, "+" any of its sides.
        facets: owned local facets, shape (n,).
        entities: (cell+, local facet+, cell-, local facet-) a row, shape (n, 4); flattened, it is what
            `ufl.Measure("dS", subdomain_data=[(tag, entities.ravel())])` takes.
    """

    name: str
    facets: IntArray
    entities: IntArray

    def reversed(self) -> Interface:
        """The same facets seen from the other side: "b|a"."""
        a, b = self.name.split("|")
        return Interface(f"{b}|{a}", self.facets, np.ascontiguousarray(self.entities[:, [2, 3, 0, 1]]))


def label_jumps(domain: Mesh, label: IntArray) -> tuple[IntArray, IntArray]:
    """Owned interior facets whose two cells carry different labels; "+" is the smaller label.

    Args:
        domain: simplex mesh with shared-facet ghosts.
        label: one integer a cell, owned and ghost.

    Returns:
        facets (n,) and entities (n, 4), see `Interface`.
    """
    tdim = domain.topology.dim
    domain.topology.create_connectivity(tdim - 1, tdim)
    cells_of_facet = domain.topology.connectivity(tdim - 1, tdim)
    owned = domain.topology.index_map(tdim - 1).size_local
    facets = np.flatnonzero(np.diff(cells_of_facet.offsets[: owned + 1]) == 2).astype(np.int32)
    entities = sides(domain, facets)
    first, second = label[entities[:, 0]], label[entities[:, 2]]
    swap = first > second
    entities[swap] = entities[swap][:, [2, 3, 0, 1]]
    jump = first != second
    return facets[jump], entities[jump]


def sides(domain: Mesh, facets: IntArray) -> IntArray:
    """Both sides of owned interior facets, entities (n, 4), see `Interface`."""
    tdim = domain.topology.dim
    domain.topology.create_connectivity(tdim - 1, tdim)
    domain.topology.create_connectivity(tdim, tdim - 1)
    cells_of_facet = domain.topology.connectivity(tdim - 1, tdim)
    facets_of_cell = domain.topology.connectivity(tdim, tdim - 1).array.reshape(-1, tdim + 1)
    pairs = cells_of_facet.array[cells_of_facet.offsets[facets][:, None] + np.arange(2)]
    local = [np.argmax(facets_of_cell[pairs[:, i]] == facets[:, None], axis=1) for i in range(2)]
    return np.stack([pairs[:, 0], local[0], pairs[:, 1], local[1]], axis=1).astype(np.int32)
