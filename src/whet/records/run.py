"""What one run of a workload did."""

from __future__ import annotations

from typing import Literal

from whet.records._base import Record


class OutputDigest(Record, frozen=True):
    """A stream of output: its digest and its first and last bytes."""

    sha256: str
    length: int  # bytes
    head: str = ""  # up to 4 kB, undecodable bytes escaped
    tail: str = ""
    path: str | None = None  # where the whole of it lies, while the session keeps it


class Effect(Record, frozen=True):
    """Something that reaches outside: a write outside the copy, a connection."""

    kind: Literal["write", "delete", "network", "signal"]
    target: str  # path, or host:port
    call_site: str = ""  # file:line in the target's code, where known


class RunOutcome(Record, frozen=True):
    """One run. Clocks are those of the whole process tree that was waited for."""

    exit_code: int | None  # None: killed by a signal or by the time-out
    signal: str | None
    timed_out: bool
    wall_s: float
    cpu_s: float  # user + system, waited-for children included
    waiting_s: float | None  # wall - CPU - run queue; None where the platform does not say
    peak_bytes: int | None  # of the largest process
    average_bytes: int | None  # of the tree, over time; None unless metered
    io_operations: int | None  # read and write calls of the tree
    read_bytes: int | None
    written_bytes: int | None
    stdout: OutputDigest
    stderr: OutputDigest
    files: dict[str, str] = {}  # relative path -> sha256 of files the run wrote ("" if deleted)
    effects: tuple[Effect, ...] = ()
    processes: int = 1  # that the probe saw
    unprobed_processes: int = 0  # children the probe could not reach
    leftover_processes: int = 0  # groups of background children that outlived the run, killed
    stopped_by: str | None = None  # "timeout", "output": whet ended the run
