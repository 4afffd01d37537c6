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
            with the smaller index.
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
    domain.topology.create_connectivity(tdim, tdim - 1)
    cells_of_facet = domain.topology.connectivity(tdim - 1, tdim)
    facets_of_cell = domain.topology.connectivity(tdim, tdim - 1).array.reshape(-1, tdim + 1)
    owned = domain.topology.index_map(tdim - 1).size_local
    offsets = cells_of_facet.offsets[: owned + 1]
    facets = np.flatnonzero(np.diff(offsets) == 2)
    pairs = cells_of_facet.array[offsets[facets][:, None] + np.arange(2)]
    jump = label[pairs[:, 0]] != label[pairs[:, 1]]
    facets, pairs = facets[jump], pairs[jump]
    swap = label[pairs[:, 0]] > label[pairs[:, 1]]
    pairs[swap] = pairs[swap][:, ::-1]
    sides = [np.argmax(facets_of_cell[pairs[:, i]] == facets[:, None], axis=1) for i in range(2)]
    entities = np.stack([pairs[:, 0], sides[0], pairs[:, 1], sides[1]], axis=1).astype(np.int32)
    return facets.astype(np.int32), entities
