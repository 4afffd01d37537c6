"""Series and checkpoints do not depend on how many ranks write and read them.

Run as a script, `mpirun -n N python3 test_output_parallel.py write|read|series FOLDER`, this is one side of it.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from dolfinx import fem
from mpi4py import MPI

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))

import test_output as unit

from fem_ssb.output import FieldSeries, read_checkpoint, read_snapshot, read_times, write_checkpoint

pytestmark = pytest.mark.skipif(MPI.COMM_WORLD.size > 1, reason="starts mpirun itself")
LAUNCHER = ("PMIX_", "OMPI_COMM_", "OMPI_UNIVERSE_", "PRTE_LAUNCHED")


def run(ranks, mode, folder):
    """Run this file under mpirun, in 2D and 3D."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(LAUNCHER)}
    command = ["mpirun", "-n", str(ranks), sys.executable, __file__, mode, str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("written", "read"), [(2, (1, 3)), (3, (2,)), pytest.param(1, (3,), marks=pytest.mark.slow)])
def test_checkpoint_of_every_space_is_read_on_other_ranks(tmp_path, written, read):
    run(written, "write", tmp_path)
    for ranks in read:
        run(ranks, "read", tmp_path)


@pytest.mark.parametrize("ranks", [2, 3])
def test_series_is_the_closed_form_on_any_ranks(tmp_path, ranks):
    run(ranks, "series", tmp_path)
    for dim in (2, 3):
        unit.check_closed_form(tmp_path / f"{dim}D" / "fields.xdmf", dim)


def test_series_goes_on_with_other_ranks(tmp_path):
    run(1, "series", tmp_path)
    run(3, "go on", tmp_path)
    run(2, "go on", tmp_path)
    for dim in (2, 3):
        path = tmp_path / f"{dim}D" / "fields.xdmf"
        assert read_times(path) == [0.0, 1.5, 3.0, 4.5]
        unit.check_closed_form(path, dim, step=1)
        for step in (2, 3):
            snapshot = read_snapshot(path, step)
            x = snapshot.points[snapshot.cells].transpose(2, 0, 1)
            expected = unit.temperature(x, snapshot.cell["region"][:, None])
            assert np.allclose(snapshot.nodal["temperature [K]"][snapshot.cells], expected, rtol=1e-13)


def write(folder, dim):
    mesh = unit.layered_mesh(dim, n=3 if dim == 3 else 6)
    functions = {name: unit.stamp(mesh, V) for name, (V, _) in unit.checkpoint_spaces(mesh).items()}
    write_checkpoint(folder, mesh, functions, {"ranks": mesh.comm.size})


def read(folder, dim):
    mesh = unit.layered_mesh(dim, n=3 if dim == 3 else 6)
    spaces = unit.checkpoint_spaces(mesh)
    functions = {name: fem.Function(V) for name, (V, _) in spaces.items()}
    read_checkpoint(folder, mesh, functions)
    unit.check_same(mesh, spaces, functions)


def series(folder, dim):
    unit.write_closed_form_series(folder / "fields.xdmf", unit.layered_mesh(dim))


def go_on(folder, dim):
    """One time more, of a field that is broken at one interface only."""
    mesh = unit.layered_mesh(dim)
    space = unit.broken_space(mesh.domain, ("Lagrange", 1), broken=unit.facets(mesh, "anode|separator"))
    T = fem.Function(space.V)
    unit.fill(T, mesh, mesh.region_of_cell, unit.temperature)
    last = mesh.comm.bcast(read_times(folder / "fields.xdmf")[-1])
    result = FieldSeries(folder / "fields.xdmf", mesh, unit.split_space(mesh), append_after=last)
    result.write(last + 1.5, nodal={"temperature [K]": T})


if __name__ == "__main__":
    modes = {"write": write, "read": read, "series": series, "go on": go_on}
    for dim in (2, 3):
        modes[sys.argv[1]](Path(sys.argv[2]) / f"{dim}D", dim)
