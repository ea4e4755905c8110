"""Runs a launch: environment, spawner, outcome."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whet.errors import TargetError, UsageError, WorkloadFailed
from whet.store.scratch import scratch_folder
from whet.workloads import _environment, _outcome
from whet.workloads._service import Failure, drive_service
from whet.workloads._spawn import spawn
from whet.workloads.probe import compile_probe, shared_probe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from whet.records import RunOutcome, Workload
    from whet.workloads.launch import Launch
    from whet.workloads.meter import Meter


# py-spy ends with 0 whatever the program did. A shell between the two keeps the status; py-spy
# follows it with `--subprocesses` and finds no Python in it. It kills what it started as soon as
# the last Python has ended: so the shell that keeps the status is not the one that it started.
_SHELL_SIGNAL = 128
_STATUS_VARIABLE = "WHET_STATUS_FILE"
# py-spy leaves files of its own where it is killed: its temporary folder is the run's, that of the
# program is the user's again.
_TMPDIR_VARIABLE = "WHET_TMPDIR"
# Where the probe's instrument `attach` reads that py-spy has begun.
_SAYS_VARIABLE = "WHET_SAMPLER_SAYS"
_RESTORE = (
    f'if [ -n "${{{_TMPDIR_VARIABLE}+set}}" ]; then TMPDIR=${_TMPDIR_VARIABLE}; '
    f"else unset TMPDIR; fi; unset {_TMPDIR_VARIABLE}"
)
_WRITE_STATUS = f'"$@"; echo $? > "${_STATUS_VARIABLE}"'
_KEEP_STATUS = ("sh", "-c", f"{_RESTORE}; sh -c '{_WRITE_STATUS}' sh \"$@\"; :", "sh")


def hides_status(wrap: tuple[str, ...]) -> bool:
    """Whether what is put in front of the command does not pass on how the command ended."""
    return bool(wrap) and Path(wrap[0]).name == "py-spy" and "--subprocesses" in wrap


_counting = threading.Lock()
_started = 0


def runs_started() -> int:
    """How many runs this process has started, of whatever launch."""
    return _started


def _count_run() -> None:
    global _started  # noqa: PLW0603 - a count of the whole process
    with _counting:
        _started += 1


def command_of(launch: Launch) -> list[str]:
    """The command line of a launch, `wrap` included."""
    from importlib import import_module

    kind = import_module(f"whet.workloads.{launch.workload.kind}")
    words: list[str] = kind.command(launch.workload, launch.root, launch.interpreter)
    keep = _KEEP_STATUS if hides_status(launch.wrap) else ()
    return [*launch.wrap, *keep, *_repeated(launch.workload), *words]


_REPEAT = 'n=$1; shift; while [ "$n" -gt 0 ]; do "$@" || exit; n=$((n - 1)); done'


def _repeated(workload: Workload) -> tuple[str, ...]:
    """Words that start a program again and again, until it fails; a callable repeats itself."""
    if workload.repetitions == 1 or workload.kind == "callable":
        return ()
    what = f"{workload.repetitions} repetitions of {workload.spelled!r}"
    if workload.kind == "service":
        raise UsageError(what, "a service is started once", "Repeat in what drives it")
    if workload.stdin is not None:
        reason = "only the first one would get the standard input"
        raise UsageError(what, reason, "Leave --stdin or --repetitions out")
    return ("sh", "-c", _REPEAT, "sh", str(workload.repetitions))


def run(launch: Launch, *, meter: Meter | None = None) -> RunOutcome:
    """Run a workload once and say what it did. A failing workload is an outcome, not an error.

    Args:
        launch: The run.
        meter: Samples the resident size of the process tree meanwhile.

    Raises:
        WorkloadFailed: It could not be started at all, or it printed more than the limit.
        TargetError: The working directory or the file for standard input is not there.
    """
    _count_run()
    with _folder(launch) as folder:
        request = _request(launch, folder)
        if launch.workload.kind == "service":
            answer = _serve(launch, request, folder, meter)
        else:
            answer = _spawn(request, meter)
            if hides_status(launch.wrap):
                _reveal_status(answer, folder / "status")
        _refuse(launch, answer)
        outcome = _outcome.read(launch, answer, request, meter)
    if outcome.stopped_by == "output":
        limit = launch.output_limit_bytes / 1e6
        reason = f"printed more than {limit:g} MB and was stopped"
        way_out = "Redirect its output, or measure a smaller piece of work"
        raise WorkloadFailed(f"workload {launch.workload.spelled!r}", reason, way_out)
    return outcome


@contextmanager
def _folder(launch: Launch) -> Iterator[Path]:
    """Where the output of a run goes: a new folder in `scratch`, or one that is removed."""
    if launch.scratch is not None:
        launch.scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        yield Path(tempfile.mkdtemp(prefix=f"run-{time.time_ns()}-", dir=launch.scratch))
        return
    with scratch_folder("run") as folder:
        yield folder


def _request(launch: Launch, folder: Path) -> dict[str, Any]:
    workload = launch.workload
    cwd = launch.root / workload.cwd
    what = f"workload {workload.spelled!r}"
    if Path(workload.cwd).is_absolute() or os.path.normpath(workload.cwd).startswith(".."):
        reason = f"its working directory {workload.cwd!r} is not relative to the project"
        raise TargetError(what, reason, "whet runs copies: name a folder inside the project")
    if not cwd.is_dir():
        raise TargetError(what, f"its working directory {workload.cwd!r} is not in the project")
    stdin = Path(os.devnull)
    if workload.stdin is not None:
        stdin = launch.root / workload.stdin
        if not stdin.is_file():
            raise TargetError(what, f"its standard input {workload.stdin!r} is not a file")
    environment = _environment.variables(launch)
    if launch.plan is not None:
        probe = launch.probe or shared_probe()
        compile_probe(probe, launch.interpreter.path)
        _environment.add_probe(environment, launch, probe)
    if hides_status(launch.wrap):
        environment[_STATUS_VARIABLE] = str(folder / "status")
        environment[_SAYS_VARIABLE] = str(folder / "stdout")
        if "TMPDIR" in environment:
            environment[_TMPDIR_VARIABLE] = environment["TMPDIR"]
        environment["TMPDIR"] = str(folder)
    return {
        "argv": command_of(launch),
        "cwd": str(cwd),
        "env": environment,
        "stdin": str(stdin),
        "stdout": str(folder / "stdout"),
        "stderr": str(folder / "stderr"),
        "timeout_s": launch.limit_s,
        "limit_bytes": launch.output_limit_bytes,
    }


def _spawn(request: dict[str, Any], meter: Meter | None) -> dict[str, Any]:
    started: Callable[[int], None] | None = None if meter is None else meter.start
    try:
        return spawn(request, started)
    finally:
        if meter is not None:
            meter.stop()


def _reveal_status(answer: dict[str, Any], path: Path) -> None:
    """Put the program's own status, kept by the shell, in place of the wrapper's.

    A shell that kept none was killed: py-spy does that, and ends with 0, when it may not look at
    the program any more.
    """
    if answer.get("status") != 0:
        return
    if not path.is_file():
        answer["status"] = int(signal.SIGKILL)
        return
    text = path.read_text().strip()
    if text.isdigit():
        code = int(text)
        # A shell reports a signal as 128 and its number; a wait status holds it in the low bits.
        answer["status"] = code - _SHELL_SIGNAL if code > _SHELL_SIGNAL else code << 8


def _serve(
    launch: Launch, request: dict[str, Any], folder: Path, meter: Meter | None
) -> dict[str, Any]:
    service = launch.workload.service
    if service is None:
        raise TargetError("the service workload", "names no start command", "Set service.start")
    try:
        return drive_service(service, launch, request, folder, meter)
    except Failure as failure:
        what = f"workload {launch.workload.spelled!r}"
        raise WorkloadFailed(what, failure.reason, failure.way_out) from failure


def _refuse(launch: Launch, answer: dict[str, Any]) -> None:
    if "error" not in answer:
        return
    first = command_of(launch)[0]
    reason = f"{first!r} could not be started: {answer['error']}"
    way_out = "Check the command" if launch.workload.kind == "command" else ""
    raise WorkloadFailed(f"workload {launch.workload.spelled!r}", reason, way_out)
