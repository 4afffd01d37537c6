"""The same numbers on any number of ranks, runs that go on with other ranks, and errors that end all ranks.

Run as a script, `mpirun -n N python3 test_ranks.py MODE FOLDER`, this is one side of it.
"""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from mpi4py import MPI

sys.path.insert(0, str(Path(__file__).parent))

from small_cells import cell, plain, stack
from test_parallel import environment

import fem_ssb as ssb
from fem_ssb.output import read_history

pytestmark = [
    pytest.mark.skipif(MPI.COMM_WORLD.size > 1, reason="starts mpirun itself"),
    pytest.mark.skipif(shutil.which("mpirun") is None, reason="no mpirun"),
]
ONCE = "said once"


# -- one side -------------------------------------------------------------------------------------------------


def wave(t):
    return 5.0 * (1 + 0.5 * np.sin(t / 100))


def coupled(comm, **more):
    return cell(comm, current=wave, toughness=2e-3, **more)


def warm_box(comm):
    """Conduction, kinetics and heat in 3D."""
    return cell(comm, ("Conduction", "ButlerVolmer", "Heat"), dim=3, grains=4, pores=False, size=2.5e-6)


MODELS = {"all 2D": coupled, "warm 3D": warm_box}


def write_numbers(comm, folder):
    for name, make in MODELS.items():
        result = make(comm).run(600.0, quiet=True)
        if comm.rank == 0:
            columns = {k: v.astype(float).tolist() for k, v in result.history.items()}
            (folder / f"{name}.json").write_text(json.dumps(columns))


def cut_off(comm, folder):
    """The first half of a run; something that no run expects ends it on all ranks."""
    model, steps = coupled(comm), []
    heat = model.physics[-1]

    def cut(state):
        steps.append(1)
        if len(steps) == 11:
            raise RuntimeError(ONCE)

    heat.advance = cut
    model.run(600.0, output=folder, quiet=True, checkpoint_every=4)


def on_one_rank(comm, folder):
    if comm.rank == 1:
        raise ValueError(ONCE)
    comm.barrier()


def no_solution(comm, folder):
    plain(comm, settings={"options": {"snes_max_it": 1}}).run(10.0, output=folder, quiet=True)


def turns_nan(comm, folder):
    plain(comm, current=lambda t: 5.0 if t < 300 else float("nan")).run(600.0, output=folder, quiet=True)


def no_history(comm, folder):
    """A finished run goes on without its history: reading it fails on rank 0 alone."""
    model = plain(comm)
    model.run(10.0, output=folder, quiet=True)
    if comm.rank == 0:
        (folder / "history.csv").unlink()
    model.run(10.0, output=folder, quiet=True, resume=True)


def unknown_material(comm, folder):
    made = stack(grains=0, pores=False)
    made.layer("more", "Lithum", thickness=1e-6)
    ssb.Model(made.mesh(comm, size=3e-6), [ssb.Conduction()]).solve()


def too_many_cells(comm, folder):
    stack(grains=0, pores=False).mesh(comm, size=1e-8, max_cells=1000)


def folder_is_a_file(comm, folder):
    plain(comm).run(10.0, output=folder / "file", quiet=True)


ERRORS = {
    "on_one_rank": (on_one_rank, f"ValueError: {ONCE}"),
    "no_solution": (no_solution, "did not converge in 2 iterations"),
    "turns_nan": (turns_nan, "current density into 'anode' [A/m²] at t = 300 s must be finite, not nan"),
    "no_history": (no_history, "no history at"),
    "unknown_material": (unknown_material, "unknown material 'Lithum': did you mean 'Li'"),
    "too_many_cells": (too_many_cells, "more than max_cells = 1000"),
    "folder_is_a_file": (folder_is_a_file, "cannot be made"),
}


# -- tests ----------------------------------------------------------------------------------------------------


def run(ranks, mode, folder, succeeds=True):
    """Run this file under mpirun; returns what it says."""
    command = ["mpirun", "-n", str(ranks), sys.executable, __file__, mode, str(folder)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=240, check=False)
    assert (done.returncode == 0) is succeeds, done.stdout + done.stderr
    return done.stdout + done.stderr


def assert_same(found, expected, rtol):
    """All columns but counters and imbalances, relative to the largest value of each."""
    assert list(found) == list(expected)
    for name, values in expected.items():
        if not any(word in name for word in ("iterations", "sweeps", "imbalance")):
            size = np.nanmax(np.abs(values)) or 1.0
            np.testing.assert_allclose(found[name], values, rtol=0, atol=rtol * size, equal_nan=True, err_msg=name)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Numbers of one rank."""
    folder = tmp_path_factory.mktemp("alone")
    run(1, "numbers", folder)
    return {name: json.loads((folder / f"{name}.json").read_text()) for name in MODELS}


@pytest.mark.parametrize("ranks", [2, 3, pytest.param(4, marks=pytest.mark.slow)])
def test_the_same_numbers_on_any_ranks(tmp_path, alone, ranks):
    run(ranks, "numbers", tmp_path)
    for name, expected in alone.items():
        found = json.loads((tmp_path / f"{name}.json").read_text())
        assert len(found["time [s]"]) > 10
        for column in ("voltage [V]", "current density [A/m2]", "area-specific resistance [ohm m2]"):
            np.testing.assert_allclose(found[column], expected[column], rtol=1e-10, err_msg=f"{name}: {column}")
        assert_same(found, expected, 1e-8)


@pytest.fixture(scope="module")
def halves(tmp_path_factory):
    """A whole run on two ranks, and one that was cut off."""
    folder = tmp_path_factory.mktemp("halves")
    run(2, "whole", folder / "whole")
    said = run(2, "cut_off", folder / "cut", succeeds=False)
    assert said.count(f"RuntimeError: {ONCE}") == 1, said
    record = json.loads((folder / "cut" / "run.json").read_text())
    assert (record["status"], record["reason"]) == ("stopped", f"RuntimeError: {ONCE}")
    return folder


@pytest.mark.parametrize(("ranks", "rtol"), [(2, 1e-8), (1, 1e-6), pytest.param(3, 1e-6, marks=pytest.mark.slow)])
def test_a_run_goes_on_with_other_ranks(tmp_path, halves, ranks, rtol):
    shutil.copytree(halves / "cut", tmp_path / "cut")
    run(ranks, "resume", tmp_path / "cut")
    whole = read_history(halves / "whole" / "history.csv")
    assert whole["max damage [1]"][-1] > 0.003
    assert_same(read_history(tmp_path / "cut" / "history.csv"), whole, rtol)


@pytest.mark.parametrize("what", ERRORS)
def test_an_error_ends_all_ranks_and_is_said_once(tmp_path, what):
    _, message = ERRORS[what]
    (tmp_path / "file").write_text("mine")
    began = time.monotonic()
    said = run(2, what, tmp_path, succeeds=False)
    assert said.count(message) == 1, said
    assert said.count("Error: ") == 1, said
    assert time.monotonic() - began < 120
    if (tmp_path / "run.json").exists():
        assert json.loads((tmp_path / "run.json").read_text())["status"] == "stopped"


if __name__ == "__main__":
    mode, place = sys.argv[1], Path(sys.argv[2])
    if mode == "numbers":
        write_numbers(MPI.COMM_WORLD, place)
    elif mode == "cut_off":
        cut_off(MPI.COMM_WORLD, place)
    elif mode in ("whole", "resume"):
        coupled(MPI.COMM_WORLD).run(600.0, output=place, quiet=True, checkpoint_every=4, resume=mode == "resume")
    else:
        ERRORS[mode][0](MPI.COMM_WORLD, place)
