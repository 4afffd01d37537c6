"""Iterations of conjugate gradients for elastic grains with cohesive boundaries in 3D: by size and by stiffness.

    ./fenicsx python3 benchmarks/elasticity.py --largest 200000
    ./fenicsx mpirun -n 2 python3 benchmarks/elasticity.py --json elasticity.json     1e6 unknowns, some 10 GB

A cube of bricks whose rows are shifted by half a brick, pulled; the boundaries have the stiffness K in units of E/L.
Counted are the iterations of one linear solve to 1e-8, for 5e4, 2e5, 5e5 and 1e6 unknowns at K = 1e4, and for K from
1e2 to 1e6 at 5e4 unknowns, with linear and with quadratic displacement. The exit code is 1 if the most iterations of a
series exceed the fewest by more than 20 %.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from dolfinx import mesh
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.mesh.measure import vertices

LARGEST_SPREAD = 1.2
CELLS = {1: (20, 36, 51, 66), 2: (10, 17, 24, 31)}  # along an edge, by degree: 5e4, 2e5, 5e5 and 1e6 unknowns
STIFFNESSES = (1e2, 1e3, 1e4, 1e5, 1e6)
PRESETS = {1: ssb.solvers.presets.LEVELLED_LINEAR, 2: ssb.solvers.presets.LEVELLED_QUADRATIC}
ITERATIVE = {
    degree: {"ksp_type": "cg", "ksp_rtol": 1e-8, **preset} for degree, preset in PRESETS.items()
}  # also where the toolkit would solve directly


def bricks(comm, cells):
    """A unit cube of about 3 × 3 × 3 bricks; the boundaries between them are rough, since cells do not end there."""
    domain = mesh.create_unit_cube(comm, cells, cells, cells, ghost_mode=mesh.GhostMode.shared_facet)
    topology = domain.topology.index_map(3)
    owned_and_ghosts = np.arange(topology.size_local + topology.num_ghosts, dtype=np.int32)
    x, y, z = vertices(domain, 3, owned_and_ghosts).mean(axis=1).T
    a = np.floor(3 * x)
    b = np.floor(3 * y + 0.5 * (a % 2))
    c = np.floor(3 * z + 0.5 * (b % 2))
    grain = (a + 4 * (b + 4 * c)).astype(np.int32)
    stiffness = IsotropicStiffness(1.0, 0.25)
    body = ssb.Material.custom("grain", kind="electrolyte", stiffness=stiffness, thermal_expansion=0.0)
    return ssb.NamedMesh.from_cells(
        domain, ["body"], np.zeros_like(grain), grain, np.zeros(64, np.int32), materials={"body": body}
    )


def iterations(comm, degree, cells, stiffness):
    """(Unknowns, iterations of a linear solve)."""
    law = ssb.Cohesive(np.sqrt(stiffness / 50), 1.0)  # K = 50σ_c²/G_c
    physics = [ssb.Elasticity(degree=degree, cohesive={"body|body": law})]
    model = ssb.Model(bricks(comm, cells), physics, options=ITERATIVE[degree])
    model.apply(ssb.Fixed("displacement", "left", 0.0), ssb.Fixed("displacement", "right", 1e-9, component=0))
    model.solve()
    return model.state.spaces["displacement"].num_dofs, model.linear_iterations / model.iterations


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--largest", type=float, default=1.2e6, help="unknowns up to which the ladder goes")
    parser.add_argument("--degree", type=int, choices=tuple(CELLS), help="one degree instead of both")
    parser.add_argument("--json", help="file for the numbers")
    arguments = parser.parse_args()
    comm, rows, failed = MPI.COMM_WORLD, [], False
    for degree in [arguments.degree] if arguments.degree else CELLS:
        sizes = [n for n in CELLS[degree] if 3 * (degree * n + 2) ** 3 < arguments.largest]
        series = {
            "size": [(n, 1e4) for n in sizes],
            "stiffness": [(CELLS[degree][0], K) for K in STIFFNESSES],
        }
        for name, cases in series.items():
            found = []
            for n, K in cases:
                unknowns, count = iterations(comm, degree, n, K)
                found.append(count)
                rows.append({"degree": degree, "unknowns": unknowns, "K [E/L]": K, "iterations": count})
                if comm.rank == 0:
                    print(f"degree {degree}{unknowns:10d} unknowns   K = {K:7.0e} E/L {count:8.1f}", flush=True)
            spread = max(found) / min(found)
            failed |= spread > LARGEST_SPREAD
            if comm.rank == 0:
                note = "" if spread <= LARGEST_SPREAD else "   NOT REACHED"
                print(f"degree {degree}, by {name}: most over fewest {spread:.3f}{note}", flush=True)
    if arguments.json and comm.rank == 0:
        Path(arguments.json).write_text(json.dumps({"ranks": comm.size, "rows": rows}, indent=2) + "\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
