"""Recordings by py-spy: one run of the workload each."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from whet.errors import InstrumentError
from whet.profiling._speedscope import read_speedscope

if TYPE_CHECKING:
    from whet.profiling._rig import Measured, Rig
    from whet.profiling._speedscope import Sampled
    from whet.records import RunOutcome

_ATTEMPTS = 3
_FEW_ERRORS = 10  # the beginning and the end of a program cost some
_LOST = "lost sight of the program, which may forbid to be looked at"
_SUMMARY = re.compile(r"Samples: (\d+) Errors: (\d+)")
_ERROR = re.compile(r"^(?:Error|Reason|thread .* panicked.*|.*[Pp]ermission.*): ?.*", re.MULTILINE)


class Recording(NamedTuple):
    """What one run showed.

    Args:
        sampled: Its stacks.
        errors: How many samples failed.
        measured: The run.
    """

    sampled: Sampled
    errors: int
    measured: Measured


def record(rig: Rig, rate_hz: float, *, idle: bool = False) -> Recording:
    """One run of the workload under py-spy.

    Raises:
        InstrumentError: py-spy is missing, may not look, or does not know this Python.
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            return _record(rig, rate_hz, idle=idle)
        except _TooShort:
            continue
    return _record(rig, rate_hz, idle=idle)


def refuse_cut_short(outcome: RunOutcome, plain: RunOutcome) -> None:
    """py-spy has ended a program that it might not look at any more."""
    if outcome.signal is not None and plain.signal is None:
        raise InstrumentError("py-spy", _LOST)


class _TooShort(InstrumentError):
    """The program ended before py-spy had found it: a race that another run may win."""


def _record(rig: Rig, rate_hz: float, *, idle: bool) -> Recording:
    output = rig.new_file("py-spy.json")
    words = [py_spy_path(), "record", "--rate", f"{rate_hz:.0f}", "--format", "speedscope"]
    words += ["--full-filenames", "--subprocesses", "--output", str(output)]
    words += ["--idle"] if idle else []
    measured = rig.probed({"attach": {}}, (*words, "--"), required=False)
    said = measured.outcome.stderr.tail + measured.outcome.stdout.tail
    if not output.exists():
        kind = _TooShort if "No python processes found" in said else InstrumentError
        raise kind("py-spy", _why(said, measured.outcome))
    ended_at_s = measured.ended_at_s()
    if ended_at_s is not None and ended_at_s > output.stat().st_mtime:
        raise InstrumentError("py-spy", _LOST)  # it stopped while the program went on
    recording = Recording(read_speedscope(output), sampling_errors(said), measured)
    if recording.errors > max(_FEW_ERRORS, recording.sampled.samples):
        # It was shut out once the program ran: what it saw is the start alone.
        reason = f"could not look in {recording.errors} of its samples"
        raise InstrumentError("py-spy", f"{reason} and saw {recording.sampled.samples}")
    return recording


def _why(said: str, outcome: RunOutcome) -> str:
    if outcome.timed_out:
        return "was stopped by the time-out"
    return explained(said) or f"wrote no recording (exit status {outcome.exit_code})"


def explained(said: str) -> str:
    """What py-spy gives as the reason in what it printed; empty if it gives none."""
    lines = [match.group().strip() for match in _ERROR.finditer(said)]
    return "; ".join(lines[:3])


def sampling_errors(said: str) -> int:
    """How many samples failed, from the summary that py-spy prints."""
    summary = _SUMMARY.findall(said)
    return int(summary[-1][1]) if summary else 0


def py_spy_path() -> str:
    """The py-spy that came with whet, else the one on the path.

    Raises:
        InstrumentError: There is none.
    """
    beside = Path(sys.executable).with_name("py-spy")
    found = str(beside) if beside.is_file() else shutil.which("py-spy")
    if found is None:
        raise InstrumentError("py-spy", "is not installed", "Install py-spy")
    return found


def py_spy_version() -> str:
    """The version of the installed py-spy; empty if only the program is there."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("py-spy")
    except PackageNotFoundError:
        return ""
