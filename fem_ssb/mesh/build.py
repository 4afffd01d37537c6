"""A stack of layers → Gmsh → a distributed mesh with names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from dolfinx.mesh import Mesh
from mpi4py import MPI

from fem_ssb.errors import InputError, number, raise_on_all
from fem_ssb.mesh.carving import carve
from fem_ssb.mesh.coat import coat
from fem_ssb.mesh.cracks import find_cracks, inner_facets, name_faces, open_cracks
from fem_ssb.mesh.distribute import check_ranks, distribute
from fem_ssb.mesh.dress import dress
from fem_ssb.mesh.estimate import check_cells
from fem_ssb.mesh.extract import RawMesh
from fem_ssb.mesh.faces import FoldedFaces
from fem_ssb.mesh.gmsh_model import mesh_geometry
from fem_ssb.mesh.measure import box_boundaries, vertices
from fem_ssb.mesh.named import NamedMesh
from fem_ssb.mesh.periodic import unite_grains
from fem_ssb.mesh.porosity import porosity, taken
from fem_ssb.mesh.roughen import roughen
from fem_ssb.mesh.thicken import thicken
from fem_ssb.microstructure.assembly import Geometry, assemble
from fem_ssb.microstructure.coatings import ThinLayer
from fem_ssb.microstructure.cracks import UncleanCutError
from fem_ssb.microstructure.mixture import Mixture
from fem_ssb.microstructure.packed import Packing
from fem_ssb.microstructure.sheets import crossing_loops
from fem_ssb.microstructure.stack import Stack

MERGES = (0.3, 0.45, 0.15, 0.05, 0.0)
"""Lengths, over the mesh size, below which edges of the tessellation are removed: the next is tried if need be.

So it is where boundaries of finite thickness find no room at a short edge, or at a grain that all but touches a face.
"""

MORE = (0.2, 0.1, 0.3, 0.15, 0.3)
"""More of these lengths, with boundaries of finite thickness."""

FINER = 0.92
"""Factor on the mesh size at each further try, where particles that touch are cut out, or periodic faces cut bodies.

And at the tries after `MERGES`, for the corners of grains that cracks in 3D move into their planes, and those that are
left on periodic faces, are others then.
"""

GOOD, FAIR = 0.1, 0.02
"""Worst cell quality (Gmsh's gamma) that stops the search at once, and after the first two tries.

With cracks every try is for the first: what spoils those meshes changes with the edges that are removed; and so with
particles that touch, or that periodic faces cut, where it changes with the mesh size. A filled notch among pores is
refused below the second.
"""

EVEN = 0.05
"""Worst cell quality below which a mesh with boundaries of finite thickness is refused, and above which none is sought.

That of their film is over that of an even one. What spoils these meshes are corners of grains on periodic faces, which
change with the edges that are removed and with the mesh size.
"""

FLAT = 1e-4
"""Worst cell quality below which a mesh with cracks is refused."""


@dataclass
class _Plan:
    """What every rank must know of the geometry."""

    unit: float
    upper: npt.NDArray[np.float64]
    levels: npt.NDArray[np.float64]
    region_of_grain: npt.NDArray[np.int32]
    orientations: npt.NDArray[np.float64]
    grain: npt.NDArray[np.int32]
    voids: list[npt.NDArray[np.float64]]
    flaws: dict[str, npt.NDArray[np.int64]]
    taken: npt.NDArray[np.float64]


def mesh_stack(stack: Stack, comm: MPI.Comm, size: float, max_cells: float = 5_000_000) -> NamedMesh:
    """Mesh a stack on rank 0 and distribute it, see `Stack.mesh`. Collective."""
    size = number(size, "mesh size (m)", above=0.0)
    max_cells = number(max_cells, "max_cells", least=1)
    if not stack.layers:
        raise InputError("the stack has no layers: add one with stack.layer(name, material, thickness=…)")
    interface_data, rough = stack.interface_data(), stack.rough_levels()
    stack.void_levels()
    check_cells(stack, size, max_cells)
    coatings = [part for part in stack.order if isinstance(part, ThinLayer)]
    thick = stack.thick_boundaries()
    dressed = {
        k: made
        for k, layer in enumerate(stack.layers)
        if stack.dim == 3 and isinstance(made := layer.material, Packing | Mixture) and (made.coat or made.binder)
    }
    added = [f"{stack.layers[k].name} boundaries" for k in thick]
    raw: RawMesh | None = None
    plan: _Plan | None = None
    error: Exception | None = None
    if comm.rank == 0:
        try:
            geometry, raw = make_mesh(stack, size)
            for k, made in dressed.items():
                raw, names = dress(raw, geometry, k, made)
                added += names
            raw, levels = coat(raw, geometry.levels, geometry.unit, coatings)
            added += [coating.name for coating in coatings]
            check_ranks(len(raw.cells), comm.size)
            bodies = len(geometry.inclusions)
            regions = np.concatenate(
                [
                    geometry.region_of_cell,
                    len(geometry.regions) + np.arange(bodies, dtype=np.int32),
                    np.array([body.region for body in geometry.embedded], dtype=np.int32),
                ]
            )
            own = np.array([body.orientation for body in geometry.embedded]).reshape(-1, 3, 3)
            turns = np.concatenate([geometry.orientations, np.tile(np.eye(3), (bodies, 1, 1)), own])
            plan = _Plan(
                geometry.unit,
                geometry.upper,
                levels,
                np.append(regions[raw.parents], [geometry.regions.index(name) for name in added]),
                np.concatenate([turns[raw.parents], np.tile(np.eye(3), (len(added), 1, 1))]),
                raw.grain,
                _void_boxes(geometry, levels),
                raw.flaws,
                taken(geometry),
            )
        except Exception as problem:
            error = problem
    raise_on_all(comm, error)
    plan = comm.bcast(plan)
    cells, nodes = (raw.cells, raw.nodes) if raw is not None else (None, None)
    domain = distribute(comm, cells, nodes, len(plan.upper))
    _to_metres(domain, plan)
    grain_of_cell = plan.grain[domain.topology.original_cell_index].astype(np.int32)
    names = [layer.name for layer in stack.order]
    across = [("left", "right"), ("front", "back")][: stack.dim - 1]
    ends = (names[0], names[-1]) if len(names) > 1 else ("bottom", "top")
    phases = stack.regions
    boundaries = _name_voids(domain, box_boundaries(domain, [*across, ends], rest="pores"), plan)
    closing = {crack.name: plan.flaws[crack.name] for crack in stack.cracks if crack.closes}
    name_faces(domain, boundaries, {name: facets for name, facets in plan.flaws.items() if name not in closing})
    for axis in stack.periodic:
        for name in (*across, ends)[axis]:
            del boundaries[name]
    mesh = NamedMesh(
        domain,
        region_names=[*phases, *(body.name for body in stack.inclusions)],
        region_of_cell=plan.region_of_grain[grain_of_cell],
        grain_of_cell=grain_of_cell,
        region_of_grain=plan.region_of_grain,
        orientations=plan.orientations,
        boundaries=boundaries | inner_facets(domain, closing),
        closing=tuple(closing),
        materials={name: phase.material for name, phase in phases.items()}
        | {body.name: body.material for body in stack.inclusions},
        grain_boundaries={name: phase.grain_boundaries for name, phase in phases.items() if phase.grain_boundaries},
        ends=ends,
        periodic=stack.periodic,
    )
    for name, data in interface_data.items():  # phases of a composite may happen not to meet
        if {name, "|".join(reversed(name.split("|")))} & set(mesh.interfaces):
            mesh.interface_data.setdefault(mesh.interface_name(name), {}).update(data)
    mesh.porosity = porosity(mesh, stack, plan.taken)
    if rough:
        roughen(mesh, plan.unit * plan.levels, rough, [coating.name for coating in coatings])
    return mesh


def make_mesh(stack: Stack, size: float) -> tuple[Geometry, RawMesh]:
    """Geometry and mesh of a stack on one rank: the first mesh that is good, or else the best Gmsh could make.

    Args:
        stack: the layers.
        size: mesh size (m).

    Raises:
        InputError: if there is none.
    """
    best: tuple[Geometry, RawMesh] | None = None
    failure: Exception | None = None
    closing = [crack.name for crack in stack.cracks if crack.closes]
    thick = stack.thick_boundaries()
    more = MORE if thick else 2 * MERGES[:1] if stack.cracks and stack.dim == 3 else ()
    finer = 1.0
    for i, merge in enumerate(MERGES + more):
        try:
            geometry = assemble(stack, size, merge, finer)
        except UncleanCutError as problem:
            failure = problem
            continue
        except InputError:
            if best is None:
                raise
            break  # what has room at one mesh size may graze a periodic face at another
        cut = bool(geometry.embedded or (geometry.rest and geometry.periodic))
        if cut or i + 1 >= len(MERGES):  # not short edges spoil the mesh: the next try cuts another one
            finer *= FINER
        try:
            geometry, raw = _mesh_with_fans(geometry, closing)
            raw = thicken(raw, geometry, {k: t / geometry.unit for k, t in thick.items()})
        except Exception as problem:
            failure = problem
            continue
        if best is None or raw.quality > best[1].quality:
            best = geometry, raw
        enough = EVEN if thick else GOOD if i == 0 or stack.cracks or cut else FAIR
        if best[1].quality >= enough:
            break
    if best is None:
        if isinstance(failure, InputError):
            raise failure
        raise InputError(
            f"Gmsh could not mesh the stack ({failure}): try another mesh size, another seed or more Lloyd passes"
        ) from failure
    _check_quality(stack, best[1].quality)
    return best


def _check_quality(stack: Stack, quality: float) -> None:
    """Refuse what even the best mesh spoils.

    Raises:
        InputError: naming what it is.
    """
    if stack.thick_boundaries() and quality < EVEN:
        raise InputError(
            "grain boundaries of finite thickness have slivers where corners of grains are narrow: use another seed, "
            "more Lloyd passes, a smaller mesh size or thickness, or leave periodic= out"
        )
    filled = [crack.name for crack in stack.cracks if crack.fill is not None and stack.dim == 2]
    if filled and quality < FAIR and any(layer.pores for layer in stack.layers):
        raise InputError(
            f"a wall of notch '{filled[0]}' all but touches pores, or cuts them at a sharp angle: move the notch, or "
            "use another seed of the pores"
        )
    if stack.cracks and quality < FLAT:
        raise InputError(
            "cracks, notches or grain boundaries lie on each other but for a sliver: move one or use another seed"
        )


def _mesh_with_fans(geometry: Geometry, closing: list[str]) -> tuple[Geometry, RawMesh]:
    """Mesh a geometry; bent faces whose loops cross or whose meshes fold over are cut into flat triangles first."""
    if geometry.cracks and geometry.cells.dim == 3:
        geometry = replace(geometry, cells=geometry.cells.fanned(crossing_loops(geometry.cells)))
    for _ in range(3):
        try:
            return geometry, _carved(geometry, closing)
        except FoldedFaces as folded:
            facets = [facet for facet in folded.facets if len(geometry.cells.facets[facet]) > 3]
            geometry = replace(geometry, cells=geometry.cells.fanned(facets))
    return geometry, _carved(geometry, closing)


def _carved(geometry: Geometry, closing: list[str]) -> RawMesh:
    """Mesh a geometry, what lies across grains included, with cracks of which some close."""
    raw = mesh_geometry(geometry)
    if geometry.bodies:
        raw = find_cracks(carve(geometry, raw), geometry)
    if geometry.cracks and geometry.cells.dim == 3:
        raw = unite_grains(raw, geometry)
    return open_cracks(raw, closing)


def _name_voids(domain: Mesh, boundaries: dict[str, npt.NDArray[np.int32]], plan: _Plan) -> dict[str, Any]:
    """The exterior facets in slots called "voids" instead of "pores". Collective."""
    if not plan.voids:
        return boundaries
    facets = boundaries.pop("pores")
    x = vertices(domain, domain.topology.dim - 1, facets).mean(axis=1) / plan.unit
    boxes = np.concatenate(plan.voids)
    low, high = np.split(boxes, 2, axis=1)
    inside = ((x[:, None] >= low - 1e-9) & (x[:, None] <= high + 1e-9)).all(axis=2).any(axis=1)
    boundaries["voids"] = facets[inside]
    if domain.comm.allreduce(int((~inside).sum())) > 0:
        boundaries["pores"] = facets[~inside]
    return boundaries


def _void_boxes(geometry: Geometry, levels: npt.NDArray[np.float64]) -> list[npt.NDArray[np.float64]]:
    """Lower and upper corners in a row, of each slot (2D) or of the layers that have voids but no pores (3D)."""
    boxes = [
        np.array([[a, min(v.level, v.bottom), b, max(v.level, v.bottom)] for a, b in v.strips])
        + _lift(geometry.levels, levels, 0.5 * (v.level + v.bottom)) * np.array([0, 1, 0, 1])
        for v in geometry.voids
    ]
    for layer in sorted({body.layer for body in geometry.bodies if body.face is not None and not body.flaw}):
        low, high = geometry.levels[layer : layer + 2]
        lift = _lift(geometry.levels, levels, 0.5 * (low + high))
        boxes.append(np.array([[0.0, 0.0, low + lift, *geometry.upper[:-1], high + lift]]))
    return boxes


def _lift(before: npt.NDArray[np.float64], now: npt.NDArray[np.float64], z: float) -> float:
    """How far coatings have moved what was at z, inside a layer, upwards."""
    layer = int(np.searchsorted(before, z)) - 1
    return float(now[layer, 1] - before[layer])


def _to_metres(domain: Mesh, plan: _Plan) -> None:
    """Scale the coordinates; nodes on the faces of the layers and of the box get exactly their coordinate."""
    x = domain.geometry.x
    dim = len(plan.upper)
    planes: list[Any] = [*([0.0, upper] for upper in plan.upper[:-1]), plan.levels.ravel()]
    for axis in range(dim):
        for plane in planes[axis]:
            x[np.abs(x[:, axis] - plane) < 1e-9, axis] = plane
    x *= plan.unit
