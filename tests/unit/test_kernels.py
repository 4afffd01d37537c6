"""Kernels are opened by their name, and those that a killed run has left half compiled do not stop later runs."""

import fcntl

import pytest
import ufl
from dolfinx import fem, mesh
from ffcx.codegeneration import jit
from mpi4py import MPI

from fem_ssb import kernels


def length(folder):
    """Of a unit interval, compiled into a folder."""
    x = ufl.SpatialCoordinate(mesh.create_unit_interval(MPI.COMM_SELF, 4))
    return fem.assemble_scalar(fem.form(x[0] * ufl.dx, jit_options={"cache_dir": str(folder), "timeout": 1}))


def test_what_a_killed_run_has_left_is_compiled_anew(tmp_path, monkeypatch):
    def killed(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(jit, "_compile_objects", killed)
        with pytest.raises(KeyboardInterrupt):
            length(tmp_path)
    (source,) = tmp_path.glob("*.c")
    assert not source.with_suffix(".c.cached").exists()
    kernels._lock.release()
    assert not list(tmp_path.glob("*.lock"))
    with open(source.with_suffix(".lock"), "w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)  # another run is at it: it is waited for
        with pytest.raises(TimeoutError):
            length(tmp_path)
    assert abs(length(tmp_path) - 0.5) < 1e-14


def test_a_kernel_is_compiled_once_and_then_found_without_a_listing(tmp_path, monkeypatch):
    searched = []
    search = kernels.look_in_listing
    monkeypatch.setattr(kernels, "look_in_listing", lambda *args: searched.append(args) or search(*args))
    values = [length(tmp_path) for _ in range(3)]
    assert len(searched) == 1 and len(list(tmp_path.glob("*.c"))) == 1
    assert values == [values[0]] * 3 and abs(values[0] - 0.5) < 1e-14
