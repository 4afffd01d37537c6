"""Small meshes as files, for quick tests and for other programmes.

    ./fenicsx python3 meshes/ready.py            meshes/ready/*.msh, as they are in the repository

Regions, interfaces, boundaries, grains and orientations are in the files: `ssb.read_msh(comm, path)`.
"""

from pathlib import Path

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import um

FOLDER = Path(__file__).with_name("ready")


def polycrystal(dim):
    """A dozen grains between two electrodes."""
    s = ssb.Stack(width=6 * um, dim=dim)
    s.layer("anode", "Li", thickness=2 * um)
    s.layer("separator", "LLZO", thickness=6 * um, grains=ssb.Voronoi(12, seed=2))
    s.layer("counter", "Li", thickness=2 * um)
    return s


def composite():
    """Particles that touch in an electrolyte, on a collector."""
    s = ssb.Stack(width=12 * um)
    s.layer("separator", "Li6PS5Cl", thickness=3 * um)
    particles = ssb.Phase("active", "NMC811", fraction=0.5, diameter=4 * um, spread=0.2)
    phases = [particles, ssb.Phase("electrolyte", "Li6PS5Cl")]
    s.layer("cathode", ssb.Packing(*phases, contact=0.05, seed=1), thickness=10 * um)
    s.layer("collector", "Al", thickness=1.5 * um)
    return s


def cracked():
    """A slit with both its faces in one electrolyte."""
    s = ssb.Stack(width=8 * um)
    s.layer("separator", "LLZO", thickness=8 * um)
    s.crack("crack", ssb.Slit([(3 * um, 4 * um), (5 * um, 4 * um)]), tip_size=0.2 * um)
    return s


READY = {
    "polycrystal_2d": (lambda: polycrystal(2), 0.8 * um),
    "polycrystal_3d": (lambda: polycrystal(3), 1.5 * um),
    "composite_2d": (composite, 0.9 * um),
    "crack_2d": (cracked, 0.9 * um),
}
"""Stack and mesh size of each file."""

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, (stack, size) in READY.items():
        mesh = stack().mesh(MPI.COMM_WORLD, size=size)
        ssb.write_mesh(mesh, FOLDER / f"{name}.msh")
        if MPI.COMM_WORLD.rank == 0:
            print(f"{name}: {len(mesh.region_of_cell)} cells, {len(mesh.region_of_grain)} grains")
