"""What a run did, put together from the spawner's answer, its output and the probe's lines."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whet.records import Effect, OutputDigest, RunOutcome
from whet.workloads.lines import read_lines

if TYPE_CHECKING:
    from whet.workloads.launch import Launch
    from whet.workloads.meter import Meter

_EDGE_BYTES = 4096
_BYTES_PER_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


def read(
    launch: Launch, answer: dict[str, Any], request: dict[str, Any], meter: Meter | None
) -> RunOutcome:
    """The outcome of one run.

    Args:
        launch: The run.
        answer: Of the spawner.
        request: What the spawner was asked; names the files of the output.
        meter: The meter that was running, if one was.
    """
    status = int(answer["status"])
    io = answer["io"]
    probed = _probed(launch)
    peak = int(answer["peak"]) * _BYTES_PER_RSS_UNIT
    killed = os.WIFSIGNALED(status)
    stopped = answer["stopped"]
    return RunOutcome(
        exit_code=None if killed else os.WEXITSTATUS(status),
        signal=_signal_name(os.WTERMSIG(status)) if killed else None,
        timed_out=stopped == "timeout",
        wall_s=answer["wall_s"],
        cpu_s=answer["cpu_s"],
        waiting_s=_waiting_s(answer),
        peak_bytes=peak or None,
        average_bytes=None if meter is None else meter.average_bytes,
        io_operations=None if io is None else io["syscr"] + io["syscw"],
        read_bytes=None if io is None else io["rchar"],
        written_bytes=None if io is None else io["wchar"],
        stdout=digest(Path(request["stdout"]), keep=launch.scratch is not None),
        stderr=digest(Path(request["stderr"]), keep=launch.scratch is not None),
        files=probed["files"],
        effects=probed["effects"],
        processes=probed["processes"],
        unprobed_processes=probed["unprobed"],
        leftover_processes=int(bool(answer["leftovers"])),
        stopped_by=stopped,
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _waiting_s(answer: dict[str, Any]) -> float | None:
    """Wall time neither spent running nor ready to run, of the first process's first thread."""
    if answer["run_queue_s"] is None:
        return None
    waiting: float = answer["wall_s"] - answer["cpu_s"] - answer["run_queue_s"]
    return max(0.0, waiting)


def digest(path: Path, *, keep: bool) -> OutputDigest:
    """A file's digest, first and last bytes. A file that is gone reads as empty."""
    sha, length, head, tail = hashlib.sha256(), 0, b"", b""
    if path.is_file():
        with path.open("rb") as file:
            while part := file.read(1 << 20):
                sha.update(part)
                length += len(part)
                if len(head) < _EDGE_BYTES:
                    head = (head + part)[:_EDGE_BYTES]
                tail = (tail + part)[-_EDGE_BYTES:]
    return OutputDigest(
        sha256=sha.hexdigest(),
        length=length,
        head=head.decode("utf-8", "backslashreplace"),
        tail=tail.decode("utf-8", "backslashreplace"),
        path=str(path) if keep else None,
    )


_KINDS = frozenset({"process", "child", "effect", "file"})


def _probed(launch: Launch) -> dict[str, Any]:
    """What the probe's lines say about processes, effects and files."""
    told = () if launch.plan is None else read_lines(launch.plan.out)
    lines = [line for line in told if line["kind"] in _KINDS]  # observed calls are a hundredfold
    files: dict[str, str] = {}
    effects: dict[Effect, None] = {}
    for line in lines:
        if line["kind"] == "effect":
            kind, target, site = line["effect"], line["target"], line["call_site"]
            effects[Effect(kind=kind, target=target, call_site=site)] = None
        elif line["kind"] == "file":
            _note_file(files, launch.root, line["path"])
    return {
        "files": files,
        "effects": tuple(effects),
        "processes": max(1, len({line["pid"] for line in lines if line["kind"] == "process"})),
        "unprobed": unprobed(lines),
    }


def unprobed(lines: list[dict[str, Any]]) -> int:
    """Python children that were started and in which the probe did not start.

    Those run with `-I`, `-E` or `-S` or a cleared environment. Children of programs other than
    Python are not seen.
    """
    pid_of = {line["process_file"]: line["pid"] for line in lines if line["kind"] == "process"}
    started = Counter(
        pid_of.get(line["process_file"])
        for line in lines
        if line["kind"] == "child" and line["python"]
    )
    arrived = Counter(
        line["ppid"] for line in lines if line["kind"] == "process" and not line["forked"]
    )
    return sum(max(0, count - arrived[pid]) for pid, count in started.items())


def _note_file(files: dict[str, str], root: Path, path: str) -> None:
    """The digest of a file that the run wrote, by its path relative to the root."""
    real = os.path.realpath(path)
    base = os.path.realpath(root)
    if not real.startswith(base + os.sep):
        return
    relative = os.path.relpath(real, base)
    if relative in files:
        return
    if not Path(real).exists():
        files[relative] = ""
    elif Path(real).is_file():
        files[relative] = digest(Path(real), keep=False).sha256
