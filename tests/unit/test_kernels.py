"""Kernels are opened by their name, and those that a killed run has left half compiled do not stop later runs."""

import os
import time

import ufl
from dolfinx import fem, mesh
from mpi4py import MPI

from fem_ssb import kernels


def test_only_what_will_never_be_ready_is_removed(tmp_path):
    for name in ("ready.c", "ready.c.cached", "killed.c", "under_way.c", "other.txt"):
        (tmp_path / name).touch()
    long_ago = time.time() - kernels.ABANDONED - 1
    for name in ("ready.c", "ready.c.cached", "killed.c", "other.txt"):
        os.utime(tmp_path / name, (long_ago, long_ago))
    kernels.remove_abandoned(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["other.txt", "ready.c", "ready.c.cached", "under_way.c"]
    kernels.remove_abandoned(tmp_path / "not there")


def test_a_kernel_is_compiled_once_and_then_found_without_a_listing(tmp_path, monkeypatch):
    x = ufl.SpatialCoordinate(mesh.create_unit_interval(MPI.COMM_SELF, 4))
    length = x[0] * ufl.dx
    searched = []
    search = kernels.look_in_listing
    monkeypatch.setattr(kernels, "look_in_listing", lambda *args: searched.append(args) or search(*args))
    values = [fem.assemble_scalar(fem.form(length, jit_options={"cache_dir": str(tmp_path)})) for _ in range(3)]
    assert len(searched) == 1 and len(list(tmp_path.glob("*.c"))) == 1
    assert values == [values[0]] * 3 and abs(values[0] - 0.5) < 1e-14
