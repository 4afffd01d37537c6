"""What all tests share: the communicator, the systems report, the marker of tests that run on several ranks."""

import os
from pathlib import Path

import pytest
from mpi4py import MPI

pytest_plugins = ["systems_report"]
PARALLEL = Path(__file__).parent / "parallel"


def pytest_xdist_auto_num_workers(config):
    """One process a core; under mpirun the ranks themselves are the processes."""
    return 0 if MPI.COMM_WORLD.size > 1 else len(os.sched_getaffinity(0))


def pytest_configure(config):
    config.addinivalue_line("markers", "parallel: runs on any number of ranks; test_parallel.py starts it on 2 and 3")


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(PARALLEL):
            item.add_marker(pytest.mark.parallel)


@pytest.fixture
def comm():
    """All ranks of this run."""
    return MPI.COMM_WORLD
