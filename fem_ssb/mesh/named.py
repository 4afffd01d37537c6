"""A distributed mesh whose regions, grains, interfaces and boundaries have names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from dolfinx.mesh import CellType, Mesh, exterior_facet_indices
from mpi4py import MPI

from fem_ssb.compat import geometry_degree
from fem_ssb.errors import InputError, raise_on_all, unknown
from fem_ssb.mesh.interface import IntArray, Interface, label_jumps, sides
from fem_ssb.mesh.measure import BOX_NAMES, bounding_box, box_boundaries, measures, vertices
from fem_ssb.mesh.quality import gamma


class NamedMesh:
    """A simplex mesh with named regions, interfaces and boundaries; integers stay inside.

    Made by `Stack.mesh`, `read_msh` or `NamedMesh.from_cells`. Coordinates are in metres, the stacking
    axis is the last one.

    Attributes:
        domain: the DOLFINx mesh, with shared-facet ghosts.
        comm: its communicator.
        dim: 2 or 3.
        region_names: names of the regions, for a stack from bottom to top.
        region_of_cell: index into `region_names` of each owned and ghost cell.
        grain_of_cell: grain of each owned and ghost cell; unique over the mesh, a region without grains
            is one grain.
        region_of_grain: region index of each grain, shape (n_grains,).
        orientations: rotation matrices crystal frame → laboratory frame, shape (n_grains, 3, 3).
        boundaries: owned exterior facets by name; of cracks that close, facets whose two sides are its faces.
        closing: names of the cracks that close; as interfaces they go by the same names.
        interfaces: names "a|b" (a before b in `region_names`) and "a|a" (grain boundaries inside a);
            the same on all ranks.
        materials: what the user gave as each region's material.
        grain_boundaries: what the user gave as each region's grain boundary data.
        interface_data: keywords given with `stack.interface`, by the names in `interfaces`.
        porosity: realised volume fraction of the meshed pores, without notches and grooves, for regions that have
            any.
        ends: names of the boundaries at the bottom and top of the stack.
        periodic: axes along which opposite faces have the same mesh, and fields go on across them.
        lower, upper: corners of the bounding box (m), shape (dim,).
    """

    def __init__(
        self,
        domain: Mesh,
        *,
        region_names: Sequence[str],
        region_of_cell: npt.ArrayLike,
        grain_of_cell: npt.ArrayLike,
        region_of_grain: npt.ArrayLike,
        orientations: npt.ArrayLike,
        boundaries: Mapping[str, npt.ArrayLike],
        closing: Sequence[str] = (),
        materials: Mapping[str, Any] | None = None,
        grain_boundaries: Mapping[str, Any] | None = None,
        interface_data: Mapping[str, Mapping[str, Any]] | None = None,
        porosity: Mapping[str, float] | None = None,
        ends: tuple[str, str] | None = None,
        periodic: Sequence[int] = (),
    ) -> None:
        self.domain = domain
        self.comm = domain.comm
        self.dim: int = domain.topology.dim
        self.region_names = [str(name) for name in region_names]
        self.region_of_cell = np.asarray(region_of_cell, dtype=np.int32)
        self.grain_of_cell = np.asarray(grain_of_cell, dtype=np.int32)
        self.region_of_grain = np.asarray(region_of_grain, dtype=np.int32)
        self.orientations = np.asarray(orientations, dtype=np.float64)
        self.boundaries = {name: np.asarray(facets, dtype=np.int32) for name, facets in boundaries.items()}
        self.closing = tuple(closing)
        self.materials = dict(materials or {})
        self.grain_boundaries = dict(grain_boundaries or {})
        self.porosity = dict(porosity or {})
        self.periodic = tuple(periodic)
        first, last = self.region_names[:1], self.region_names[-1:]
        self.ends = ends or (
            first[0] if first and first[0] in self.boundaries else "bottom",
            last[0] if last and last[0] in self.boundaries else "top",
        )
        raise_on_all(self.comm, self._problem())
        self.lower, self.upper = bounding_box(domain)
        self._find_interfaces()
        self.interface_data: dict[str, dict[str, Any]] = {}
        for name, keywords in (interface_data or {}).items():
            self.interface_data.setdefault(self.interface_name(name), {}).update(keywords)

    @classmethod
    def from_cells(
        cls,
        domain: Mesh,
        region_names: Sequence[str],
        region_of_cell: npt.ArrayLike,
        grain_of_cell: npt.ArrayLike | None = None,
        region_of_grain: npt.ArrayLike | None = None,
        orientations: npt.ArrayLike | None = None,
        boundaries: Mapping[str, npt.ArrayLike] | None = None,
        materials: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> NamedMesh:
        """Name the parts of a DOLFINx mesh that is there already. Collective.

        Args:
            domain: triangles or tetrahedra with straight sides; on several ranks with shared-facet ghosts.
            region_names: one name a region, without "|".
            region_of_cell: index into `region_names` for owned and ghost cells.
            grain_of_cell: grain index for owned and ghost cells; default: each region is one grain.
            region_of_grain: region index of each grain; needed with `grain_of_cell`.
            orientations: rotation matrices, shape (n_grains, 3, 3); default: identity.
            boundaries: owned exterior facets by name; default: the faces of the bounding box, "left",
                "right" (x), in 3D "front", "back" (y), "bottom", "top" (last axis).
            materials: material of each region.
            more: `closing`, `grain_boundaries`, `interface_data`, `porosity`, `ends`, `periodic` as in `NamedMesh`.

        Raises:
            InputError: on all ranks, for anything that does not fit.
        """
        if grain_of_cell is None:
            grain_of_cell, region_of_grain = region_of_cell, np.arange(len(region_names))
        if region_of_grain is None:
            raise InputError("region_of_grain is missing: it gives the region index of each grain in grain_of_cell")
        if orientations is None:
            orientations = np.tile(np.eye(3), (np.size(region_of_grain), 1, 1))
        if boundaries is None:
            if domain.topology.dim not in BOX_NAMES:
                raise InputError(f"the mesh must be of dimension 2 or 3, not {domain.topology.dim}")
            boundaries = box_boundaries(domain, BOX_NAMES[domain.topology.dim])
        return cls(
            domain,
            region_names=region_names,
            region_of_cell=region_of_cell,
            grain_of_cell=grain_of_cell,
            region_of_grain=region_of_grain,
            orientations=orientations,
            boundaries=boundaries,
            materials=materials,
            **more,
        )

    def _problem(self) -> InputError | None:
        """The first thing that does not fit on this rank."""
        topology = self.domain.topology
        if topology.cell_type not in (CellType.triangle, CellType.tetrahedron) or geometry_degree(self.domain) != 1:
            return InputError("the mesh must be of straight-sided triangles or tetrahedra")
        if self.domain.geometry.dim != self.dim:
            return InputError(f"a mesh of dimension {self.dim} in {self.domain.geometry.dim}D space is not supported")
        if problem := _names_problem(self.region_names):
            return problem
        n_regions, n_grains = len(self.region_names), len(self.region_of_grain)
        cells = topology.index_map(self.dim)
        n_cells = cells.size_local + cells.num_ghosts
        for label, values in (("region_of_cell", self.region_of_cell), ("grain_of_cell", self.grain_of_cell)):
            if values.shape != (n_cells,):
                return InputError(f"{label} must have shape ({n_cells},), owned and ghost cells, not {values.shape}")
        for label, values, top in (
            ("region_of_cell", self.region_of_cell, n_regions),
            ("region_of_grain", self.region_of_grain, n_regions),
            ("grain_of_cell", self.grain_of_cell, n_grains),
        ):
            if values.size and not (0 <= values.min() and values.max() < top):
                return InputError(f"{label} must be in 0 … {top - 1}, not {values.min()} … {values.max()}")
        if not np.array_equal(self.region_of_grain[self.grain_of_cell], self.region_of_cell):
            return InputError("region_of_grain[grain_of_cell] must equal region_of_cell: a grain lies in one region")
        if self.orientations.shape != (n_grains, 3, 3):
            return InputError(f"orientations must have shape ({n_grains}, 3, 3), not {self.orientations.shape}")
        for kind, given in (("material", self.materials), ("grain boundary data", self.grain_boundaries)):
            for name in given:
                if name not in self.region_names:
                    return unknown(f"region in the {kind}", name, self.region_names)
        topology.create_connectivity(self.dim - 1, self.dim)
        owned = topology.index_map(self.dim - 1).size_local
        single = np.count_nonzero(np.diff(topology.connectivity(self.dim - 1, self.dim).offsets)[:owned] == 1)
        exterior = exterior_facet_indices(topology)
        if single != len(exterior):
            return InputError("the mesh has no shared-facet ghosts: create it with GhostMode.shared_facet")
        for name, facets in self.boundaries.items():
            outer = np.isin(facets, exterior)
            if name in self.closing:
                if outer.any() or not ((facets >= 0) & (facets < owned)).all():
                    return InputError(f"crack '{name}' closes: it must hold owned facets between two cells only")
            elif not outer.all():
                return InputError(f"boundary '{name}' must hold owned exterior facets only")
        return None

    def _find_interfaces(self) -> None:
        """Facets between grains, sorted by the pair of regions, the list of names agreed over ranks; cracks apart."""
        n = len(self.region_names)
        facets, entities = label_jumps(self.domain, self.grain_of_cell)
        cracks = [self.boundaries[name] for name in self.closing]
        joined = ~np.isin(facets, np.concatenate([np.empty(0, np.int32), *cracks]))
        facets, entities = facets[joined], entities[joined]
        regions = self.region_of_cell[entities[:, [0, 2]]].astype(np.int64)
        swap = regions[:, 0] > regions[:, 1]
        entities[swap] = entities[swap][:, [2, 3, 0, 1]]
        code = regions.min(axis=1, initial=n) * n + regions.max(axis=1, initial=0)
        codes = sorted(set().union(*self.comm.allgather(set(np.unique(code).tolist()))))
        self._found: dict[str, Interface] = {}
        for c in codes:
            name = f"{self.region_names[c // n]}|{self.region_names[c % n]}"
            self._found[name] = Interface(name, facets[code == c], np.ascontiguousarray(entities[code == c]))
        self.interfaces = list(self._found)
        for name in self.closing:
            self._found[name] = Interface(name, self.boundaries[name], sides(self.domain, self.boundaries[name]))

    def region_index(self, region: str) -> int:
        """Position of a region in `region_names`."""
        if region not in self.region_names:
            raise unknown("region", region, self.region_names)
        return self.region_names.index(region)

    def cells(self, region: str) -> IntArray:
        """Owned local cells of a region."""
        owned = self.domain.topology.index_map(self.dim).size_local
        return np.flatnonzero(self.region_of_cell[:owned] == self.region_index(region)).astype(np.int32)

    def grains(self, region: str) -> IntArray:
        """Indices of the grains of a region."""
        return np.flatnonzero(self.region_of_grain == self.region_index(region)).astype(np.int32)

    def boundary(self, name: str) -> IntArray:
        """Owned exterior facets of a boundary.

        Args:
            name: in `boundaries`.

        Raises:
            InputError: an unknown name, with the nearest.
        """
        if name not in self.boundaries:
            raise unknown("boundary", name, self.boundaries)
        return self.boundaries[name]

    def opposite_faces(self) -> list[tuple[IntArray, IntArray, npt.NDArray[np.float64]]]:
        """Owned facets of the low and high face of each periodic axis, and the shift (m) from one to the other."""
        faces = box_boundaries(self.domain, BOX_NAMES[self.dim]) if self.periodic else {}
        shifts = np.diag(self.upper - self.lower)
        return [(*(faces[name] for name in BOX_NAMES[self.dim][axis]), shifts[axis]) for axis in self.periodic]

    def interface_name(self, name: str) -> str:
        """The name as it stands in `interfaces`, for either order of its two regions."""
        parts = [part.strip() for part in str(name).split("|")]
        for candidate in ("|".join(parts), "|".join(reversed(parts))):
            if candidate in self._found:
                return candidate
        raise unknown("interface", name, self.interfaces)

    def interface(self, name: str) -> Interface:
        """The facets between two regions.

        Args:
            name: "a|b" in either order, "a|a" between the grains of a; "+" is the region named first.

        Raises:
            InputError: an unknown name, with the nearest.
        """
        own = self.interface_name(name)
        found = self._found[own]
        return found if name.split("|")[0].strip() == own.split("|")[0] else found.reversed()

    def volume(self, region: str | None = None) -> float:
        """Volume of a region (m³; in 2D its area, m²), or of the whole mesh. Collective."""
        owned = self.domain.topology.index_map(self.dim).size_local
        cells = np.arange(owned, dtype=np.int32) if region is None else self.cells(region)
        return float(self.comm.allreduce(measures(self.domain, self.dim, cells).sum()))

    def area(self, name: str) -> float:
        """Area of an interface or boundary (m²; in 2D its length, m). Collective.

        Args:
            name: in `interfaces` or `boundaries`; of a crack that closes both faces count.

        Raises:
            InputError: an unknown name, with the nearest.
        """
        if "|" in name:
            facets = self.interface(name).facets
        elif name in self.boundaries:
            facets = self.boundaries[name]
        else:
            raise unknown("interface or boundary", name, [*self.interfaces, *self.boundaries])
        faces = 2 if name in self.closing else 1
        return faces * float(self.comm.allreduce(measures(self.domain, self.dim - 1, facets).sum()))

    def summary(self) -> dict[str, Any]:
        """What the mesh is made of, in plain numbers, the same on all ranks. Collective.

        Returns:
            "dim", "cells", "vertices", "lower", "upper" (m), "regions" (name → cells, grains, volume),
            "interfaces" and "boundaries" (name → area), "porosity" (name → fraction), "quality" ("min" and
            "mean" over the cells of Gmsh's gamma, see `fem_ssb.mesh.quality`).
        """
        return {
            "dim": self.dim,
            "cells": self.domain.topology.index_map(self.dim).size_global,
            "vertices": self.domain.topology.index_map(0).size_global,
            "lower": self.lower.tolist(),
            "upper": self.upper.tolist(),
            "regions": {
                name: {
                    "cells": self.comm.allreduce(len(self.cells(name))),
                    "grains": len(self.grains(name)),
                    "volume": self.volume(name),
                }
                for name in self.region_names
            },
            "interfaces": {name: self.area(name) for name in self.interfaces},
            "boundaries": {name: self.area(name) for name in self.boundaries},
            "porosity": dict(self.porosity),
            "quality": self.quality(),
        }

    def quality(self, without: Collection[str] = ()) -> dict[str, float]:
        """Smallest and mean gamma of the cells ("min", "mean"), see `fem_ssb.mesh.quality`. Collective.

        Args:
            without: regions to leave out, such as coatings, whose cells are stretched.
        """
        owned = self.domain.topology.index_map(self.dim).size_local
        left_out = np.isin(self.region_of_cell[:owned], [self.region_index(name) for name in without])
        x = vertices(self.domain, self.dim, np.flatnonzero(~left_out).astype(np.int32))
        values = np.abs(gamma(x))
        least = self.comm.allreduce(float(values.min(initial=1.0)), op=MPI.MIN)
        mean = self.comm.allreduce(float(values.sum())) / self.comm.allreduce(len(values))
        return {"min": least, "mean": mean}


def _names_problem(names: Sequence[str]) -> InputError | None:
    """Region names must be there, unlike each other and free of the interface sign."""
    if not names:
        return InputError("a mesh needs at least one region")
    for name in names:
        if not name.strip() or "|" in name:
            return InputError(f"region name '{name}' must be text without '|': that joins the names of an interface")
        if names.count(name) > 1:
            return InputError(f"region name '{name}' is there twice")
    return None
