"""Pytest plugin: the `verify` fixture checks a number against its reference and remembers it for a table.

    @pytest.mark.system("A6")
    def test_brick_layer(verify):
        verify(computed, reference, rtol=1e-10, what="σ_eff", source="series circuit")

`pytest --systems-report FILE` writes the table in Markdown, one line a check, sorted by the row of docs/systems.md.
Works under mpirun: all ranks agree on each check, rank 0 writes.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import pytest
from mpi4py import MPI

OUTSIDE = "–"  # id of checks that belong to no row of the systems table
TITLES = ("id", "what", "status", "reference", "computed", "deviation", "tolerance", "source")


@dataclass
class Check:
    """One line of the table."""

    what: str
    status: str
    reference: str = ""
    computed: str = ""
    deviation: str = ""
    tolerance: str = ""
    source: str = ""


@dataclass
class Verify:
    """Checks of one test; each call asserts on all ranks and is remembered."""

    comm: MPI.Comm
    checks: list[Check] = field(default_factory=list)

    def __call__(self, computed, reference, *, rtol=None, atol=None, what, source):
        """Assert |computed − reference| ≤ rtol·|reference| or ≤ atol; exactly one of them is given.

        Args:
            computed: the number of the programme.
            reference: the number that it must hit.
            rtol: relative tolerance.
            atol: absolute tolerance.
            what: what the number is, with its unit.
            source: where the reference is from.
        """
        if (rtol is None) == (atol is None):
            raise TypeError("give either rtol or atol")
        computed, reference = float(computed), float(reference)
        difference = abs(computed - reference)
        if rtol is not None:
            deviation, tolerance, limit = difference / abs(reference), f"{rtol:.3g}", rtol
        else:
            deviation, tolerance, limit = difference, f"{atol:.3g} abs", atol
        shown = f"{deviation:.1e}" + (" abs" if atol is not None else "")
        self._record(
            deviation <= limit, Check(what, "", f"{reference:.7g}", f"{computed:.7g}", shown, tolerance, source)
        )

    def below(self, computed, limit, *, what, source):
        """Assert computed ≤ limit."""
        check = Check(what, "", f"≤ {limit:.7g}", f"{computed:.7g}", source=source)
        self._record(bool(computed <= limit), check)

    def trend(self, values, direction, *, what, source):
        """Assert that a sequence is strictly "rising" or "falling"."""
        signs = {"rising": 1.0, "falling": -1.0}
        steps = np.diff(np.asarray(values, dtype=float)) * signs[direction]
        shown = ", ".join(f"{v:.4g}" for v in values)
        self._record(bool(len(steps) and (steps > 0).all()), Check(what, "", direction, shown, source=source))

    def _record(self, holds, check):
        holds = self.comm.allreduce(bool(holds), op=MPI.LAND)
        check.status = "pass" if holds else "FAIL"
        self.checks.append(check)
        assert holds, (
            f"{check.what}: computed {check.computed}, reference {check.reference}, "
            f"deviation {check.deviation}, tolerance {check.tolerance} ({check.source})"
        )


class SystemsReport:
    """Collects the checks of a session and writes them, also those of the workers of pytest-xdist.

    Args:
        path: file to write, None = nowhere.
    """

    def __init__(self, path):
        self.path = Path(path) if path else None
        self.lines: list[tuple[str, Check]] = []

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item, call):
        """Where the test ran: put its checks into the report, as plain data that a worker can send."""
        report = (yield).get_result()
        ids = [str(i) for mark in item.iter_markers("system") for i in mark.args]
        verify = item.funcargs.get("verify") if hasattr(item, "funcargs") else None
        if report.when == "setup" and not report.passed:
            checks = [Check(item.name, "skipped" if report.skipped else "ERROR")]
        elif report.when == "call":
            checks = list(verify.checks) if verify else []
            if report.failed and not any(c.status == "FAIL" for c in checks):
                checks.append(Check(item.name, "ERROR"))
            elif report.skipped:
                checks.append(Check(item.name, "skipped"))
        else:
            return
        if not ids and verify is None:
            return
        report.user_properties += [("systems", (i, asdict(c))) for c in checks for i in ids or [OUTSIDE]]

    def pytest_runtest_logreport(self, report):
        if report.when in ("setup", "call"):
            found = [value for key, value in report.user_properties if key == "systems"]
            self.lines += [(i, Check(**c)) for i, c in found]

    def pytest_sessionfinish(self):
        if self.path is None or MPI.COMM_WORLD.rank != 0:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(table(self.lines), encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter):
        if self.path is not None and MPI.COMM_WORLD.rank == 0:
            good = sum(c.status == "pass" for _, c in self.lines)
            terminalreporter.write_line(
                f"systems report: {good} of {len(self.lines)} checks pass, written to {self.path}"
            )


def table(lines):
    """Markdown table of (id, check) pairs, sorted by id, A2 before A10, those outside of the table last."""
    rows = [TITLES, ["---"] * len(TITLES)]
    for i, c in sorted(lines, key=lambda line: _order(line[0])):
        rows.append([i, c.what, c.status, c.reference, c.computed, c.deviation, c.tolerance, c.source])
    return "".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |\n" for row in rows)


def _order(identifier):
    letter, number, rest = re.fullmatch(r"(\D*)(\d*)(.*)", identifier).groups()
    return (identifier == OUTSIDE, letter, int(number or 0), rest)


def pytest_addoption(parser):
    parser.addoption(
        "--systems-report", metavar="FILE", help="write the checks of verification tests as a Markdown table"
    )


def pytest_configure(config):
    path = None if hasattr(config, "workerinput") else config.getoption("--systems-report")
    config.pluginmanager.register(SystemsReport(path), "systems_report_lines")


@pytest.fixture
def verify():
    """Check numbers against references and remember them for `--systems-report`."""
    return Verify(MPI.COMM_WORLD)
