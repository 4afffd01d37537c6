"""Volume fractions and specific contact areas of a mesh, without a solver."""

from __future__ import annotations

from collections.abc import Sequence

from fem_ssb.mesh import NamedMesh


def volume_fractions(mesh: NamedMesh, regions: Sequence[str] | None = None) -> dict[str, float]:
    """Volume of each region over that of all of them. Collective.

    Args:
        mesh: the mesh.
        regions: which count, such as the phases of one layer; default: all.

    Raises:
        InputError: for a region that the mesh does not have.
    """
    volumes = {region: mesh.volume(region) for region in (mesh.region_names if regions is None else regions)}
    whole = sum(volumes.values())
    return {region: volume / whole for region, volume in volumes.items()}


def specific_area(mesh: NamedMesh, interface: str, regions: str | Sequence[str] | None = None) -> float:
    """Area of an interface over a volume [1/m]. Collective.

    Args:
        mesh: the mesh.
        interface: name, such as "active|electrolyte".
        regions: whose volume it is related to, such as "active"; default: the whole mesh.

    Raises:
        InputError: for names that the mesh does not have.
    """
    regions = (regions,) if isinstance(regions, str) else regions
    volume = mesh.volume() if regions is None else sum(mesh.volume(region) for region in regions)
    return mesh.area(interface) / volume
