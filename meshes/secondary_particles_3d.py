"""Dense composite of polycrystalline active particles and a solid electrolyte, as after pressing.

    ./fenicsx python3 meshes/secondary_particles_3d.py   meshes/secondary_particles_3d.png and the numbers

Each particle of active material consists of primary grains with an orientation of their own.
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import um


def stack():
    """The layers."""
    s = ssb.Stack(width=12 * um, dim=3)
    s.layer("separator", "Li6PS5Cl", thickness=2 * um)
    phases = [
        ssb.Phase("active", "NMC811", fraction=0.5, diameter=6 * um, spread=0.2, grain=2.5 * um),
        ssb.Phase("electrolyte", "Li6PS5Cl", diameter=4 * um),
    ]
    s.layer("cathode", ssb.Mixture(phases, seed=3), thickness=12 * um)
    return s


def mesh(comm):
    """The mesh."""
    return stack().mesh(comm, size=1.2 * um)


if __name__ == "__main__":
    stack().plot("meshes/secondary_particles_3d.png", size=1.2 * um)
    print(stack().summary(1.2 * um)["layers"]["cathode"]["phases"])
    print(mesh(MPI.COMM_WORLD).summary()["quality"])
