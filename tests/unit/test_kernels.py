"""Kernels that a killed run has left half compiled do not stop later runs."""

import os
import time

from fem_ssb.parallel import ABANDONED, remove_abandoned_kernels


def test_only_what_will_never_be_ready_is_removed(tmp_path):
    for name in ("ready.c", "ready.c.cached", "killed.c", "under_way.c", "other.txt"):
        (tmp_path / name).touch()
    long_ago = time.time() - ABANDONED - 1
    for name in ("ready.c", "ready.c.cached", "killed.c", "other.txt"):
        os.utime(tmp_path / name, (long_ago, long_ago))
    remove_abandoned_kernels(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["other.txt", "ready.c", "ready.c.cached", "under_way.c"]
    remove_abandoned_kernels(tmp_path / "not there")
