"""A microstructure in numbers, before any mesh: grains, their sizes, their boundaries, pores."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, pairwise
from math import pi
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fem_ssb.microstructure.assembly import Geometry
from fem_ssb.microstructure.carve import cell_areas
from fem_ssb.microstructure.coatings import ThinLayer
from fem_ssb.microstructure.complexes import Complex
from fem_ssb.microstructure.composite import BALL
from fem_ssb.microstructure.mixture import Mixture
from fem_ssb.microstructure.packed import Packing
from fem_ssb.microstructure.touching import Particle

if TYPE_CHECKING:
    from fem_ssb.microstructure.stack import Layer

FloatArray = npt.NDArray[np.float64]


def facet_areas(cells: Complex) -> FloatArray:
    """Length (2D) or area (3D) of each facet; bent ones as triangles from the mean of their corners."""
    if cells.dim == 2:
        ends = cells.points[np.array(cells.facets)]
        return np.asarray(np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1))
    triangles, facet_of = _fans(cells)
    normal = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    return np.asarray(np.bincount(facet_of, np.linalg.norm(normal, axis=1) / 2, len(cells.facets)), dtype=np.float64)


def cell_volumes(cells: Complex) -> FloatArray:
    """Area (2D) or volume (3D) of each cell, which in 3D must be star-shaped around the mean of its corners."""
    if cells.dim == 2:
        return cell_areas(cells)
    centres = np.array(
        [cells.points[sorted({p for f in facets for p in cells.facets[f]})].mean(axis=0) for facets in cells.cells]
    )
    simplices, facet_of = _fans(cells)
    number = np.bincount(facet_of, minlength=len(cells.facets))
    first = np.cumsum(number) - number
    volumes = np.zeros(len(cells.cells))
    for cell, facets in enumerate(cells.cells):
        mine = np.concatenate([np.arange(first[f], first[f] + number[f]) for f in facets])
        volumes[cell] = np.abs(np.linalg.det(simplices[mine] - centres[cell])).sum()
    return volumes / 6


def summary_of(geometry: Geometry, layers: Sequence[Layer], coatings: Sequence[ThinLayer] = ()) -> dict[str, Any]:
    """What each layer is made of, see `Stack.summary`.

    Args:
        geometry: of the layers, without coatings.
        layers: that it was made from.
        coatings: from the bottom to the top.
    """
    cells, dim, unit = geometry.cells, geometry.cells.dim, geometry.unit
    volumes, areas = _volumes(geometry) * unit**dim, facet_areas(cells) * unit ** (dim - 1)
    sides = np.full((2, len(cells.facets)), -1)
    for cell, facets in enumerate(cells.cells):
        sides[(sides[0, facets] >= 0).astype(int), facets] = cell
    first, second = (np.where(side < 0, -1 - i, geometry.layer_of_cell[side]) for i, side in enumerate(sides))
    base = float(np.prod(geometry.upper[:-1])) * unit ** (dim - 1)
    whole = float(volumes.sum()) + base * sum(coating.thickness for coating in coatings)
    found: dict[str, Any] = {"dim": dim, "volume": whole, "layers": {}}
    for k, layer in enumerate(layers):
        mine = np.flatnonzero(geometry.layer_of_cell == k)
        volume = float(volumes[mine].sum())
        grain = np.unique(geometry.grain[mine], return_inverse=True)[1]
        inner = np.flatnonzero((first == k) & (second == k))
        inner = inner[np.diff(geometry.grain[sides[:, inner]], axis=0)[0] != 0]
        region = np.array([body.region for body in geometry.embedded if body.layer == k], dtype=np.int64)
        cut = np.array([body.shape.volume for body in geometry.embedded if body.layer == k])
        host = mine
        if isinstance(layer.material, Packing | Mixture) and dim == 3:
            more = _dressing(geometry, k, layer.material, areas[inner], sides[:, inner])
            region, cut = np.append(region, [*more]).astype(np.int64), np.append(cut, [*more.values()])
            host = mine[geometry.region_of_cell[mine] == geometry.regions.index(layer.material.host_phase)]
        volumes[host] *= 1.0 - cut.sum() / volumes[host].sum()  # the cells that they are cut out of
        each = np.concatenate([np.bincount(grain, volumes[mine]), cut])
        sizes = (each / (pi / 4 if dim == 2 else pi / 6)) ** (1 / dim)
        some = np.isin(geometry.pores.cells, mine)
        pores, hollow = geometry.pores.radii[some] * unit, float(geometry.pores.volumes[some].sum()) * unit**dim
        edges, meeting = _edges(cells, mine)
        lengths = np.linalg.norm(np.diff(cells.points[edges], axis=1)[:, 0], axis=1) * unit
        found["layers"][layer.name] = {
            "grains": len(sizes),
            "volume": volume,
            "fraction": volume / whole,
            "mean_diameter": float(sizes.mean()),
            "spread": float(sizes.std() / sizes.mean()),
            "diameters": sizes.tolist(),
            "boundary_per_volume": float(areas[inner].sum()) / volume,
            "triple_per_volume": float(lengths[meeting >= 3].sum() if dim == 3 else (meeting >= 3).sum()) / volume,
            "pores": len(pores),
            "porosity": hollow / volume,
            "smallest_feature": float(min([lengths.min(initial=np.inf), *(2 * pores)])),
            "phases": _phases(geometry, mine, volumes, region, cut),
        }
    for coating in coatings:
        volume = base * coating.thickness
        found["layers"][coating.name] = {"thickness": coating.thickness, "volume": volume, "fraction": volume / whole}
    found["interfaces"] = _interfaces(geometry, sides, areas, coatings)
    for packing in (layer.material for layer in layers):
        if isinstance(packing, Packing | Mixture) and dim == 3:
            _cover(found["interfaces"], packing)
    for above, below in pairwise(coatings[::-1]):
        if above.below == below.below:
            found["interfaces"][f"{below.name}|{above.name}"] = base
    taken = [(body.layer, body.face, body.contact * unit**2) for body in geometry.bodies if body.face is not None]
    for voids in geometry.voids:
        k = int(geometry.layer_of_cell[voids.cell])
        taken.append((k, voids.level, float(np.diff(voids.strips, axis=1).sum()) * unit))
    for k, level, area in taken:
        at = int(np.argmin(np.abs(geometry.levels - level)))
        _take(found["interfaces"], geometry, k, at, area, [c.name for c in coatings if c.below == at])
    return found


def _dressing(
    geometry: Geometry, layer: int, made: Packing | Mixture, areas: FloatArray, sides: npt.NDArray[np.int64]
) -> dict[int, float]:
    """Volumes (m³) of the coat and the binder that a composite's mesh is dressed with, by region.

    On polyhedra a coat has the volume of a thin one, its thickness times the area (m²) of the facets that it is on.
    """
    upper, lower = geometry.upper * geometry.unit, np.zeros(3)
    lower[2], upper[2] = geometry.levels[layer : layer + 2] * geometry.unit
    coat, binder, found = made.coat, made.binder, {}
    if coat is not None and made.dressed_coat:
        region = geometry.regions.index(made.coated_phase)
        bodies = [body.shape for body in geometry.embedded if (body.layer, body.region) == (layer, region)]
        of_side = geometry.region_of_cell[sides]
        met = of_side >= (-1 if isinstance(made, Mixture) else 0)  # pores, too
        covered = ((of_side == region).sum(axis=0) == 1) & met.all(axis=0)
        volume = coat.thickness * float(areas[covered].sum())
        volume += sum(ball.skin(coat.thickness, lower, upper) for ball in bodies if isinstance(ball, Particle))
        found[geometry.regions.index(coat.name)] = coat.coverage * volume
    if binder is not None:
        found[geometry.regions.index(binder.name)] = binder.fraction * float(np.prod(upper - lower))
    return found


def _cover(interfaces: dict[str, float], made: Packing | Mixture) -> None:
    """What a coat covers taken from the interfaces of the phase that it is on with the other ones."""
    if made.coat is None or not made.dressed_coat:
        return
    names, coat = [phase.name for phase in made.phases], made.coat
    others = (
        [made.host_phase]
        if isinstance(made, Packing)
        else [n for n in names if n not in (made.coated_phase, coat.name)]
    )
    for other in others:
        name = next((n for n in interfaces if set(n.split("|")) == {made.coated_phase, other}), None)
        if name is None:
            continue
        whole = interfaces.pop(name)
        for side in [made.coated_phase] if isinstance(made, Packing) else [made.coated_phase, other]:
            own = f"{side}|{coat.name}"
            interfaces[own] = interfaces.get(own, 0.0) + coat.coverage * whole
        if coat.coverage < 1.0:
            interfaces[name] = (1.0 - coat.coverage) * whole


def _take(
    interfaces: dict[str, float], geometry: Geometry, layer: int, at: int, area: float, coatings: Sequence[str]
) -> None:
    """What voids in a layer take of its contact at a level, from each interface there in proportion to its area."""

    def regions(layer: int) -> set[str]:
        return {geometry.regions[k] for k in geometry.region_of_cell[geometry.layer_of_cell == layer] if k >= 0}

    upper = layer == at
    beside = {coatings[-1 if upper else 0]} if coatings else regions(at - 1 if upper else at)
    mine = regions(layer)
    low, high = (beside, mine) if upper else (mine, beside)
    there = [name for name in interfaces if name.split("|")[0] in low and name.split("|")[1] in high]
    whole = sum(interfaces[name] for name in there)
    for name in there:
        interfaces[name] -= area * interfaces[name] / whole


def _volumes(geometry: Geometry) -> FloatArray:
    """Volumes of all cells."""
    volumes = cell_volumes(geometry.cells)
    for cell, volume in geometry.shelled.items():
        volumes[cell] = volume
    for cell in geometry.rest:
        layer = geometry.layer_of_cell[cell]
        thickness = geometry.levels[layer + 1] - geometry.levels[layer]
        volumes[cell] = 0.0
        volumes[cell] = np.prod(geometry.upper[:-1]) * thickness - volumes[geometry.layer_of_cell == layer].sum()
    return volumes


def _phases(
    geometry: Geometry,
    mine: npt.NDArray[np.intp],
    volumes: FloatArray,
    region_of_body: npt.NDArray[np.int64],
    cut: FloatArray,
) -> dict[str, Any]:
    """Fraction and particle sizes of each region in cells and bodies; what is left out of the mesh is called ""."""
    found = {}
    dim = geometry.cells.dim
    whole = volumes[mine].sum() + cut.sum()
    for region in np.unique(np.append(geometry.region_of_cell[mine], region_of_body)):
        some, others = mine[geometry.region_of_cell[mine] == region], cut[region_of_body == region]
        particles = np.unique(geometry.particle[some], return_inverse=True)[1]
        sizes = (np.append(np.bincount(particles, volumes[some]), others) / BALL[dim]) ** (1 / dim)
        found[geometry.regions[region] if region >= 0 else ""] = {
            "fraction": float((volumes[some].sum() + others.sum()) / whole),
            "particles": len(sizes),
            "grains": len(np.unique(geometry.grain[some])) + len(others),
            "mean_diameter": float(sizes.mean()),
            "spread": float(sizes.std() / sizes.mean()),
        }
    return found


def _interfaces(
    geometry: Geometry, sides: npt.NDArray[np.int64], areas: FloatArray, coatings: Sequence[ThinLayer]
) -> dict[str, float]:
    """Area between each two regions that meet, and between coatings and regions."""
    found: dict[str, float] = {}
    coated = {c.below: [d.name for d in coatings if d.below == c.below] for c in coatings}
    level = np.full(len(areas), -1)
    for k in coated:
        on = [bool((geometry.cells.points[facet, -1] == geometry.levels[k]).all()) for facet in geometry.cells.facets]
        level[on] = k
    region = np.where(sides >= 0, geometry.region_of_cell[sides], -1)
    for k, names in coated.items():
        height = np.where(sides >= 0, geometry.layer_of_cell[sides] - k, 0)
        for part in (-1, 0):
            mine = (sides >= 0) & (region >= 0) & (level == k) & (height == part)
            for r in np.unique(region[mine]).tolist():
                own = geometry.regions[r]
                name = f"{own}|{names[0]}" if part else f"{names[-1]}|{own}"
                found[name] = float(areas[(mine & (region == r)).any(axis=0)].sum())
    inner = (sides >= 0).all(axis=0) & (level < 0)
    pairs = np.sort(geometry.region_of_cell[sides[:, inner]], axis=0)
    for a, b in np.unique(pairs[:, (pairs[0] >= 0) & (pairs[0] < pairs[1])], axis=1).T.tolist():
        area = areas[inner][(pairs[0] == a) & (pairs[1] == b)].sum()
        found[f"{geometry.regions[a]}|{geometry.regions[b]}"] = float(area)
    return found


def _edges(cells: Complex, some: npt.NDArray[np.intp]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Edges of some cells and how many of these meet at each; in 2D the meeting is counted at points, as edges p–p.

    In 2D the edges come first, with a meeting of 0.
    """
    if cells.dim == 2:
        sides = np.unique(np.concatenate([cells.cells[c] for c in some]))
        corners = [sorted(set(chain.from_iterable(cells.facets[f] for f in cells.cells[c]))) for c in some]
        meeting = np.unique(np.concatenate(corners), return_counts=True)[1]
        return np.array([cells.facets[f] for f in sides]), np.concatenate([np.zeros(len(sides), dtype=int), meeting])
    ends: list[tuple[int, int]] = []
    for cell in some:
        loops = [cells.facets[f] for f in cells.cells[cell]]
        ends += sorted({(min(p), max(p)) for loop in loops for p in zip(loop, [*loop[1:], loop[0]], strict=True)})
    pairs, meeting = np.unique(np.array(ends), axis=0, return_counts=True)
    return pairs, meeting


def _fans(cells: Complex) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Triangles (n, 3, 3) from the mean of each facet's corners over its edges, and the facet of each, in order."""
    number = np.array([len(loop) for loop in cells.facets])
    flat = np.fromiter(chain.from_iterable(cells.facets), dtype=np.int64)
    first = np.cumsum(number) - number
    following = np.arange(1, len(flat) + 1)
    following[first + number - 1] = first
    x = cells.points[flat]
    middle = np.repeat(np.add.reduceat(x, first, axis=0) / number[:, None], number, axis=0)
    return np.stack([middle, x, x[following]], axis=1), np.repeat(np.arange(len(number)), number)
