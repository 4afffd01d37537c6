"""Named meshes as files for other programmes."""

from __future__ import annotations

from pathlib import Path

import gmsh
import meshio
import numpy as np

from fem_ssb.compat import geometry_dofmap
from fem_ssb.errors import InputError, raise_on_all
from fem_ssb.mesh.named import NamedMesh
from fem_ssb.mesh.read import CLOSING, ENDS, ORIENTATIONS, PERIODIC, POROSITY, SIMPLEX
from fem_ssb.mesh.session import gmsh_session

KINDS = {2: "triangle", 3: "tetra"}
"""meshio's names of the cells."""


def write_mesh(mesh: NamedMesh, path: str | Path) -> None:
    """Write a mesh from rank 0: ".msh" (Gmsh 4.1), ".vtu" or ".xdmf". Collective.

    Gmsh files have a physical group for each region, interface and boundary, an entity for each grain, and sections of
    their own for the grains' orientations, the cracks that close, periodic axes, the ends of the stack and porosities:
    `read_msh` gives the mesh back. VTU and XDMF files
    (with their data in an .h5 file beside) have the cells with "region" and "grain" numbers: `read_mesh` gives the
    regions back.

    Args:
        mesh: the mesh.
        path: its ending says the format. Lengths are in metres.

    Raises:
        InputError: on all ranks, for another ending, a folder that cannot be written to, or a crack that closes in a
            file other than Gmsh's.
    """
    path = Path(path)
    if path.suffix not in (".msh", ".vtu", ".xdmf"):
        raise InputError(f"a mesh is written as .msh, .vtu or .xdmf, not '{path.name}'")
    if mesh.closing and path.suffix != ".msh":
        raise InputError(f"crack '{mesh.closing[0]}' closes, which only a .msh file tells: write the mesh as .msh")
    domain, tdim, comm = mesh.domain, mesh.dim, mesh.comm
    nodes = domain.geometry.index_map()
    owned = domain.topology.index_map(tdim).size_local
    cells = nodes.local_to_global(geometry_dofmap(domain)[:owned].ravel()).reshape(-1, tdim + 1)
    facets = {}
    for name in [*mesh.interfaces, *mesh.boundaries] if path.suffix == ".msh" else []:
        chosen = mesh.interface(name).facets if name in mesh.interfaces else mesh.boundaries[name]
        facets[name] = nodes.local_to_global(_nodes(mesh, chosen).ravel()).reshape(-1, tdim)
    mine = (
        domain.geometry.x[: nodes.size_local], cells, mesh.region_of_cell[:owned], mesh.grain_of_cell[:owned], facets
    )  # fmt: skip
    gathered = comm.gather(mine)
    error: Exception | None = None
    if gathered is not None:
        try:
            x, cells, region, grain = (np.concatenate([part[k] for part in gathered]) for k in range(4))
            every = {name: np.concatenate([part[4][name] for part in gathered]) for name in facets}
            _save(mesh, path, x, cells, region, grain, every)
        except Exception as problem:
            error = InputError(f"cannot write {path}: {problem}")
    raise_on_all(comm, error)


def _nodes(mesh: NamedMesh, facets: np.ndarray) -> np.ndarray:
    """Geometry nodes of facets, shape (n, tdim)."""
    from dolfinx.mesh import entities_to_geometry

    tdim, topology = mesh.dim, mesh.domain.topology
    topology.create_connectivity(tdim - 1, tdim)
    topology.create_connectivity(tdim, tdim - 1)
    if not len(facets):
        return np.zeros((0, tdim), dtype=np.int32)
    return np.asarray(entities_to_geometry(mesh.domain, tdim - 1, facets))


def _save(
    mesh: NamedMesh,
    path: Path,
    x: np.ndarray,
    cells: np.ndarray,
    region: np.ndarray,
    grain: np.ndarray,
    facets: dict[str, np.ndarray],
) -> None:
    """Write what is gathered."""
    tdim = mesh.dim
    if path.suffix != ".msh":
        data = {"region": [region], "grain": [grain]}
        meshio.Mesh(x, [(KINDS[tdim], cells)], cell_data=data).write(path)
        return
    order = np.argsort(grain, kind="stable")
    sizes = np.bincount(grain, minlength=len(mesh.region_of_grain))
    grains = np.split(cells[order], np.cumsum(sizes)[:-1])
    with gmsh_session({"Mesh.MshFileVersion": 4.1, "Mesh.Binary": 0}):
        for number, nodes in enumerate(grains, start=1):
            gmsh.model.addDiscreteEntity(tdim, number)
            if number == 1:
                gmsh.model.mesh.addNodes(tdim, number, np.arange(1, len(x) + 1), x.ravel())
            if len(nodes):
                gmsh.model.mesh.addElementsByType(number, SIMPLEX[tdim], [], nodes.ravel() + 1)
        for k, name in enumerate(mesh.region_names):
            gmsh.model.addPhysicalGroup(tdim, np.flatnonzero(mesh.region_of_grain == k) + 1, name=name)
        for name, nodes in facets.items():
            entity = gmsh.model.addDiscreteEntity(tdim - 1)
            if len(nodes):
                gmsh.model.mesh.addElementsByType(entity, SIMPLEX[tdim - 1], [], nodes.ravel() + 1)
            gmsh.model.addPhysicalGroup(tdim - 1, [entity], name=name)
        turns = mesh.orientations.reshape(-1, 9)
        gmsh.model.setAttribute(ORIENTATIONS, [" ".join(f"{value:.17g}" for value in row) for row in turns])
        porosity = [f"{share:.17g} {name}" for name, share in mesh.porosity.items()]
        axes = [str(axis) for axis in mesh.periodic]
        for section, lines in ((CLOSING, mesh.closing), (PERIODIC, axes), (ENDS, mesh.ends), (POROSITY, porosity)):
            if lines:
                gmsh.model.setAttribute(section, list(lines))
        gmsh.write(str(path))
    if not path.is_file():
        raise OSError("Gmsh wrote nothing: does the folder exist?")
