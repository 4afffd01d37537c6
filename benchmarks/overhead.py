"""What the toolkit costs over hand-written DOLFINx: the same mesh, element, solver and tolerance, in one run.

    ./fenicsx python3 benchmarks/overhead.py --unknowns 100000 --ranks 2 --json overhead.json

Wall time is from the distributed mesh to the solution (spaces, forms without compilation, matrix, assembly, solve):
the least of several repetitions, the two variants in turn. Peak memory is the largest of each variant in a process of
its own. The exit code is 1 if time exceeds 1.05 or memory 1.10 of hand-written, or
if the two solutions differ.
"""

import argparse
import gc
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LARGEST_TIME, LARGEST_MEMORY, LARGEST_DIFFERENCE = 1.05, 1.10, 1e-5
KINDS = ("conduction", "elasticity", "heat")
VARIANTS = ("hand", "toolkit")


def polycrystal(unknowns, kind):
    """A cube of 20 grains with so many unknowns, within a tenth."""
    from mpi4py import MPI

    import fem_ssb as ssb

    nodes = unknowns / (3 if kind == "elasticity" else 1)
    stack = ssb.Stack(width=1e-5, dim=3)
    grains = ssb.Voronoi(count=20, seed=7)
    boundaries = ssb.GrainBoundaries(resistance=0.0)
    stack.layer("separator", "LLZO", thickness=1e-5, grains=grains, grain_boundaries=boundaries)
    return stack.mesh(MPI.COMM_WORLD, size=0.885e-5 * nodes ** (-1 / 3), max_cells=50_000_000)


def toolkit(kind, mesh):
    """Solution and number of linear iterations, through `Model`."""
    from handwritten import OPTIONS, STEP

    import fem_ssb as ssb

    physics = {"conduction": ssb.Conduction, "heat": ssb.Heat, "elasticity": lambda: ssb.Elasticity(degree=1)}[kind]()
    field = {"conduction": "ionic_potential", "heat": "temperature", "elasticity": "displacement"}[kind]
    model = ssb.Model(mesh, [physics], options=OPTIONS[kind])
    held = {
        "conduction": [("bottom", 0.0), ("top", 0.1)],
        "elasticity": [("bottom", 0.0), ("top", 1e-8)],
        "heat": [("bottom", 310.0)],
    }[kind]
    model.apply(*(ssb.Fixed(field, name, value) for name, value in held))
    state = model.solve(dt=STEP)
    return state[field], model.linear_iterations


def hand(kind, mesh):
    from handwritten import solve

    return solve(kind, mesh)


def timed(kind, unknowns, repetitions):
    """Wall times by variant, and the difference of the solutions."""
    import numpy as np

    mesh = polycrystal(unknowns, kind)
    comm = mesh.comm
    times, found = {v: [] for v in VARIANTS}, {}
    for repetition in range(repetitions + 1):  # the first compiles and is not counted
        for variant in VARIANTS if repetition % 2 else VARIANTS[::-1]:
            gc.collect()
            comm.barrier()
            began = time.perf_counter()
            u, iterations = globals()[variant](kind, mesh)
            comm.barrier()
            if repetition:
                times[variant].append(time.perf_counter() - began)
            found[variant] = (np.sort(u.x.array), iterations, u.function_space.dofmap)
    dofmap = found["hand"][2]
    size = dofmap.index_map.size_global * dofmap.index_map_bs
    a, b = found["hand"][0], found["toolkit"][0]
    spread = max(comm.allgather(float(np.ptp(a))))
    difference = max(comm.allgather(float(np.abs(a - b).max(initial=0.0)))) / spread
    return {
        "kind": kind, "unknowns": size, "ranks": comm.size, "difference": difference,
        **{f"{v} [s]": min(times[v]) for v in VARIANTS}, **{f"{v} iterations": found[v][1] for v in VARIANTS},
    }  # fmt: skip


def peak(kind, unknowns, variant):
    """Peak memory of all ranks [MB]: with the mesh alone, and after the solve."""
    mesh = polycrystal(unknowns, kind)
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the peak so far was the mesh generator's: start anew
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    globals()[variant](kind, mesh)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"mesh [MB]": mesh.comm.allreduce(before) / 1024, "peak [MB]": mesh.comm.allreduce(after) / 1024}


def worker(arguments):
    from mpi4py import MPI

    if arguments.worker == "time":
        result = timed(arguments.kind, arguments.unknowns, arguments.repetitions)
    else:
        result = peak(arguments.kind, arguments.unknowns, arguments.worker)
    if MPI.COMM_WORLD.rank == 0:
        Path(arguments.json).write_text(json.dumps(result))


def started(arguments, kind, job):
    """Result of a worker on all ranks."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "result.json"
        command = ["mpirun", "-n", str(arguments.ranks), sys.executable, __file__, "--worker", job, "--kind", kind]
        command += ["--unknowns", str(arguments.unknowns), "--repetitions", str(arguments.repetitions)]
        command += ["--json", str(out)]
        subprocess.run(command, check=True, env=os.environ)
        return json.loads(out.read_text())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unknowns", type=int, default=1_000_000)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--kind", choices=KINDS, help="one problem instead of all")
    parser.add_argument("--json", help="file for the numbers")
    parser.add_argument("--worker", choices=("time", *VARIANTS), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        return worker(arguments)
    rows, failed = [], False
    print("problem       unknowns  hand [s] toolkit [s]  ratio  memory  iterations")
    for kind in [arguments.kind] if arguments.kind else KINDS:
        row = started(arguments, kind, "time")
        memory = {v: started(arguments, kind, v) for v in VARIANTS}
        row["time ratio"] = row["toolkit [s]"] / row["hand [s]"]
        row["memory ratio"] = memory["toolkit"]["peak [MB]"] / memory["hand"]["peak [MB]"]
        row |= {f"{v} {key}": value for v in VARIANTS for key, value in memory[v].items()}
        row["passed"] = bool(
            row["time ratio"] <= LARGEST_TIME
            and row["memory ratio"] <= LARGEST_MEMORY
            and row["difference"] <= LARGEST_DIFFERENCE
        )
        failed |= not row["passed"]
        rows.append(row)
        print(
            f"{kind:12s}{row['unknowns']:10d}{row['hand [s]']:10.2f}{row['toolkit [s]']:12.2f}{row['time ratio']:7.3f}"
            f"{row['memory ratio']:8.3f}  {row['hand iterations']}, {row['toolkit iterations']}"
            f"{'' if row['passed'] else '   NOT REACHED'}", flush=True,
        )  # fmt: skip
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(rows, indent=2) + "\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
