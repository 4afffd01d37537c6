"""From seeds to a mesh with names: Voronoi grains in a cube, 1000 cells a grain.

    ./fenicsx python3 benchmarks/meshing.py --json meshing.json

First on one process, from the seeds to the tagged Gmsh mesh (tessellation, short edges removed, faces and grains
meshed, worst cells improved), for a ladder of sizes with as many cells in each grain (the cost of a cell is in CPU
time of the one process, which other work on the machine disturbs less than wall time); then a million cells on 2
ranks, to the distributed DOLFINx mesh with regions, grains, interfaces and boundaries. Times are wall times, memory
is the peak of the process (both ranks' sum), gamma is Gmsh's quality. The exit code is 1 if for 1000 grains and at
least a million cells the first part exceeds 10 s, the second a further 25 s, gamma is below 0.10 or in the mean
below 0.6, or if the cost of a cell differs by more than 30 % over the ladder.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LADDER = (100, 300, 1000, 2000)
GRAINS, CELLS_A_GRAIN = 1000, 1030
LARGEST_SERIAL, LARGEST_DISTRIBUTION, LEAST_GAMMA, LEAST_MEAN, LARGEST_SLOPE = 10.0, 25.0, 0.10, 0.6, 1.3


def polycrystal(grains, seed):
    """A cube of grains and the mesh size that gives `CELLS_A_GRAIN` cells each."""
    import fem_ssb as ssb
    from fem_ssb.mesh.estimate import CELL

    stack = ssb.Stack(width=1e-5, dim=3)
    stack.layer("separator", "LLZO", thickness=1e-5, grains=ssb.Voronoi(count=grains, seed=seed))
    return stack, 1e-5 * (CELL[3] * grains * CELLS_A_GRAIN) ** (-1 / 3)


def peak():
    """Largest memory of this process so far (MB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def serial(grains, seed):
    """One process, seeds to Gmsh mesh."""
    from fem_ssb.mesh.build import make_mesh

    stack, size = polycrystal(grains, seed)
    start, busy = time.perf_counter(), time.process_time()
    _, raw = make_mesh(stack, size)
    return {
        "grains": grains,
        "cells": len(raw.cells),
        "seconds": time.perf_counter() - start,
        "cpu_seconds": time.process_time() - busy,
        "gamma": raw.quality,
        "mean_gamma": raw.mean_quality,
        "memory_MB": peak(),
    }


def distributed(grains, seed):
    """All ranks, seeds to named mesh; the time after the Gmsh mesh is ready on rank 0."""
    from mpi4py import MPI

    from fem_ssb.mesh import build

    comm = MPI.COMM_WORLD
    made, make = [], build.make_mesh

    def timed(*arguments):
        result = make(*arguments)
        made.append(time.perf_counter())
        return result

    build.make_mesh = timed
    stack, size = polycrystal(grains, seed)
    comm.barrier()
    mesh = stack.mesh(comm, size)
    comm.barrier()
    stop = time.perf_counter()
    memory = comm.reduce(peak())
    cells = mesh.domain.topology.index_map(3).size_global
    if comm.rank:
        return None
    return {"ranks": comm.size, "cells": cells, "seconds": stop - made[0], "memory_MB": memory}


def run(kind, grains, seed, ranks):
    """One measurement in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "out.json"
        command = [sys.executable, __file__, "--one", kind, "--ladder", str(grains), "--seed", str(seed)]
        if ranks > 1:
            command = ["mpirun", "-n", str(ranks), *command]
        subprocess.run([*command, "--json", str(file)], check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
        return json.loads(file.read_text())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ladder", type=int, nargs="+", default=LADDER, help="numbers of grains")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=1, help="take the fastest of so many runs")
    parser.add_argument("--json", help="write the numbers here")
    parser.add_argument("--one", choices=("serial", "distributed"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        found = {"serial": serial, "distributed": distributed}[arguments.one](arguments.ladder[0], arguments.seed)
        if found:
            Path(arguments.json).write_text(json.dumps(found))
        return 0

    print("one process, seeds to tagged Gmsh mesh")
    print("grains     cells   seconds  CPU µs/cell   gamma: least   mean   memory (MB)")
    rows = []
    for grains in arguments.ladder:
        runs = [run("serial", grains, arguments.seed, 1) for _ in range(arguments.repeat)]
        row = min(runs, key=lambda each: each["seconds"])
        row["us_per_cell"] = 1e6 * row["cpu_seconds"] / row["cells"]
        rows.append(row)
        print(
            f"{grains:6d} {row['cells']:9d} {row['seconds']:9.2f} {row['us_per_cell']:12.2f} {row['gamma']:14.3f} "
            f"{row['mean_gamma']:6.3f} {row['memory_MB']:13.0f}",
            flush=True,
        )
    cost = [row["us_per_cell"] for row in rows]
    slope = max(cost) / min(cost)
    print(f"cost of a cell, largest over smallest: {slope:.2f} (at most {LARGEST_SLOPE})")
    spread = run("distributed", GRAINS, arguments.seed, arguments.ranks)
    print(
        f"{spread['cells']} cells to a named mesh on {spread['ranks']} ranks: a further {spread['seconds']:.1f} s "
        f"(at most {LARGEST_DISTRIBUTION:g}), {spread['memory_MB']:.0f} MB together"
    )
    checks = {
        "cost of a cell": slope <= LARGEST_SLOPE,
        "distribution": spread["seconds"] <= LARGEST_DISTRIBUTION,
    }
    for row in rows:
        if row["grains"] == GRAINS:
            checks |= {
                "a million cells": row["cells"] >= 1e6,
                "time": row["seconds"] <= LARGEST_SERIAL,
                "least gamma": row["gamma"] >= LEAST_GAMMA,
                "mean gamma": row["mean_gamma"] >= LEAST_MEAN,
            }
    for name, reached in checks.items():
        print(f"{name}: {'reached' if reached else 'MISSED'}")
    if arguments.json:
        report = {"serial": rows, "slope": slope, "distributed": spread, "checks": checks}
        Path(arguments.json).write_text(json.dumps(report, indent=1))
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
