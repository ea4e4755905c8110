"""The conductor's end of the spawner: one small process, reused for run after run."""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whet.errors import MeasurementError

if TYPE_CHECKING:
    from collections.abc import Callable

_SCRIPT = Path(__file__).with_name("_spawner.py")
_GRACE_S = 3.0
# Orphans of a workload become children of the spawner, which can then end them. The setting
# survives the change of program, so the spawner itself stays without ctypes: small.
_ADOPT = """\
import ctypes, os, sys
try:
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
except (OSError, AttributeError):
    pass
os.execv(sys.executable, [sys.executable, "-I", "-S", sys.argv[1]])
"""
_idle: list[Spawner] = []
_lock = threading.Lock()


class Spawner:
    """One spawner process; serves one run at a time."""

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._process = subprocess.Popen(
            _command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C reaches whet alone, which then ends the run
            cwd="/",
        )

    @property
    def usable(self) -> bool:
        """Alive and ours: a forked copy of whet must not talk through its parent's pipes."""
        return self._owner == os.getpid() and self._process.poll() is None

    def serve(
        self, request: dict[str, Any], started: Callable[[int], None] | None = None
    ) -> dict[str, Any]:
        """Run one program.

        Args:
            request: What `_spawner.serve` reads.
            started: Called with the program's process id as soon as it runs.

        Returns:
            The answer of `_spawner.serve`, or `{"error": …, "errno": …}`.
        """
        first = self._exchange(request)
        if "error" in first:
            return first
        pid = int(first["pid"])
        try:
            if started is not None:
                started(pid)
            return self._read()
        except BaseException:
            _kill(pid)
            self.close()
            raise

    def close(self) -> None:
        """End the process; what it runs, and what that left running elsewhere, ends first."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        if self._owner != os.getpid():
            return
        self._process.terminate()
        try:
            self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _exchange(self, request: dict[str, Any]) -> dict[str, Any]:
        stdin = self._process.stdin
        if stdin is None:  # pragma: no cover - Popen was given a pipe
            raise AssertionError
        stdin.write(json.dumps(request).encode() + b"\n")
        stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        stdout = self._process.stdout
        raw = stdout.readline() if stdout is not None else b""
        if not raw:
            reason = "ended unexpectedly; a workload may have killed it"
            raise MeasurementError("the process that starts workloads", reason, "Run it again")
        answer: dict[str, Any] = json.loads(raw)
        return answer


def _command() -> list[str]:
    if os.uname().sysname == "Linux":
        return [sys.executable, "-I", "-S", "-c", _ADOPT, str(_SCRIPT)]
    return [sys.executable, "-I", "-S", str(_SCRIPT)]


def _kill(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def spawn(request: dict[str, Any], started: Callable[[int], None] | None = None) -> dict[str, Any]:
    """Run one program through an idle spawner, or a new one."""
    with _lock:
        while _idle and not _idle[-1].usable:
            _idle.pop().close()
        spawner = _idle.pop() if _idle else Spawner()
    answer = spawner.serve(request, started)
    with _lock:
        _idle.append(spawner)
    return answer


@atexit.register
def close_spawners() -> None:
    """End all idle spawners."""
    with _lock:
        while _idle:
            _idle.pop().close()
