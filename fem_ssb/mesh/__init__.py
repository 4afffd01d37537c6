"""Meshes with named regions, interfaces and boundaries."""

from fem_ssb.mesh.build import mesh_stack
from fem_ssb.mesh.estimate import estimated_cells
from fem_ssb.mesh.foreign import read_mesh
from fem_ssb.mesh.fronts import Front, crack_fronts
from fem_ssb.mesh.image import from_image
from fem_ssb.mesh.image_files import read_image
from fem_ssb.mesh.interface import Interface, label_jumps
from fem_ssb.mesh.measure import bounding_box, measures
from fem_ssb.mesh.named import NamedMesh
from fem_ssb.mesh.neper import read_neper
from fem_ssb.mesh.read import from_gmsh, read_msh
from fem_ssb.mesh.refine import refine
from fem_ssb.mesh.write import write_mesh

__all__ = [
    "Front",
    "Interface",
    "NamedMesh",
    "bounding_box",
    "crack_fronts",
    "estimated_cells",
    "from_gmsh",
    "from_image",
    "label_jumps",
    "measures",
    "mesh_stack",
    "read_image",
    "read_mesh",
    "read_msh",
    "read_neper",
    "refine",
    "write_mesh",
]
