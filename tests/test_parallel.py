"""The tests marked `parallel`, all of tests/parallel and some others, on 2 and 3 ranks (those in tests/unit: slow)."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from mpi4py import MPI

ROOT = Path(__file__).parents[1]
# Settings that ./fenicsx exports; nothing else of an MPI run around this one may leak into the inner one.
KEPT = {
    "OMPI_ALLOW_RUN_AS_ROOT",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM",
    "OMPI_MCA_rmaps_base_oversubscribe",
    "PRTE_MCA_mapby",
}
PREFIXES = ("OMPI_", "PMIX_", "PRTE_", "PMI_", "HYDRA_")
# Dear ones left out of the three ranks of every day: others like them stay (3D for 2D, lithium for sodium).
# The slow run on two ranks has them all.
LIKE_OTHERS = [
    f"tests/verification/{test}"
    for test in (
        "test_deflection_choice.py::test_a_boundary_above_the_limit_is_left[coarse]",
        "test_host_surfaces.py::test_charge_until_a_voltage_and_hold_it[2-steps0]",
        "test_isolated_lithium.py::test_lithium_found_is_charge_lost",
        "test_plating_rate.py::test_thickness_of_a_capacity[2-Na-NZSP-2.38e-05-8.88]",
        "test_protocols.py::test_lithium_over_cycles[2]",
        "test_pulse_window.py::test_what_of_a_pulse_reacts[4e-06-3]",
        "test_seebeck.py::test_entropy_of_a_host",
        "test_snap_back.py::test_damaged_bar_softens",
        "test_snap_back.py::test_the_weaker_of_both_breaks[interface]",
        "test_stack_pressure.py::test_lithium_creeps_into_a_crack",
        "test_stack_pressure.py::test_voids_close",
        "test_stress_shift.py::test_open_circuit_voltage_of_unequal_stress[Na-NZSP-2.38e-05-246.7]",
    )
]
LONGEST = 1500  # seconds; a rank that fails alone leaves the others waiting


def environment():
    """This environment without traces of an MPI run."""
    return {k: v for k, v in os.environ.items() if k in KEPT or not k.startswith(PREFIXES)}


@pytest.mark.skipif(MPI.COMM_WORLD.size > 1, reason="runs mpirun itself")
@pytest.mark.skipif(shutil.which("mpirun") is None, reason="no mpirun")
@pytest.mark.parametrize(
    ("folder", "ranks"),
    [
        ("parallel", 2),
        ("parallel", 3),
        ("verification", 3),
        *(pytest.param(*run, marks=pytest.mark.slow) for run in [("verification", 2), ("unit", 2), ("unit", 3)]),
    ],
)
def test_on_several_ranks(folder, ranks):
    command = ["mpirun", "-n", str(ranks), sys.executable, "-m", "pytest", f"tests/{folder}", "-p", "no:cacheprovider"]
    command += ["-m", "parallel and not slow", "-q", "--color=no"]
    if (folder, ranks) == ("verification", 3):
        command += [f"--deselect={test}" for test in LIKE_OTHERS]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment(),
            timeout=LONGEST,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except subprocess.TimeoutExpired as late:
        output = late.stdout or b""
        pytest.fail(f"{' '.join(command)} took more than {LONGEST} s\n" + output.decode(errors="replace"))
    print(done.stdout)
    assert done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}"
    passed = [int(n) for n in re.findall(r"(\d+) passed", done.stdout)]
    assert len(passed) == ranks and min(passed) > 0, f"not all of {ranks} ranks ran tests: {passed}\n{done.stdout}"
