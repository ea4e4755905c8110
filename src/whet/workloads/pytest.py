"""Tests of the project: `pytest` or `pytest:NODEID`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.errors import InterpreterError

if TYPE_CHECKING:
    from pathlib import Path

    from whet.records import Interpreter, Workload

# What would measure something else than the tests, or make every run different, is switched off
# when it is installed: workers in other processes, coverage tracing, random order, calibration.
_SWITCHES = {
    "xdist": ("-n0",),
    "pytest_cov": ("--no-cov",),
    "pytest_randomly": ("--randomly-seed=0", "--randomly-dont-reorganize"),
    "pytest_benchmark": ("--benchmark-disable",),
}


def command(workload: Workload, root: Path, interpreter: Interpreter) -> list[str]:
    """The command line.

    `--verbosity=-2` leaves out the header and the summary line, whose times differ from run to
    run; `--rootdir` keeps a configuration above a copy from being taken.

    Raises:
        InterpreterError: pytest is not installed there.
    """
    if "pytest" not in interpreter.modules:
        what = f"workload {workload.spelled!r}"
        reason = f"pytest is not installed for {interpreter.path}"
        raise InterpreterError(what, reason, "Install it there or name another with --python")
    words = [interpreter.path, "-m", "pytest", "-p", "no:cacheprovider", f"--rootdir={root}"]
    words += ["--verbosity=-2", "--disable-warnings"]
    for module, switches in _SWITCHES.items():
        if module in interpreter.modules:
            words += switches
    if workload.target:
        words.append(workload.target)
    return [*words, *workload.argv]
