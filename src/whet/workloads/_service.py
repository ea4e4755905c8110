"""Starts a service, waits until it is ready, drives it and stops it."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whet.workloads._spawn import spawn
from whet.workloads.command import resolve_python

if TYPE_CHECKING:
    from collections.abc import Callable

    from whet.records import ServiceSpec
    from whet.workloads.launch import Launch
    from whet.workloads.meter import Meter

_POLL_S = 0.02
_LOCAL = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Failure(Exception):
    """The service did not start, was not ready, or could not be driven or stopped."""

    def __init__(self, reason: str, way_out: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.way_out = way_out


class _Running:
    """The service process, waited for in a thread by a spawner of its own."""

    def __init__(self, request: dict[str, Any], meter: Meter | None) -> None:
        self.pid = 0
        self.answer: dict[str, Any] | None = None
        self.error: BaseException | None = None
        self._meter = meter
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._wait, args=(request,), daemon=True)
        self._thread.start()
        self._started.wait()

    def _wait(self, request: dict[str, Any]) -> None:
        try:
            self.answer = spawn(request, self._note)
        except BaseException as error:  # noqa: BLE001 - carried to the thread that waits
            self.error = error
        finally:
            self._started.set()

    def _note(self, pid: int) -> None:
        self.pid = pid
        if self._meter is not None:
            self._meter.start(pid)
        self._started.set()

    @property
    def ended(self) -> bool:
        return not self._thread.is_alive()

    def join(self, timeout_s: float) -> bool:
        self._thread.join(timeout_s)
        return self.ended

    def signal(self, number: int, *, group: bool = False) -> None:
        if not self.pid or self.ended:
            return  # its number may be that of another process by now
        try:
            (os.killpg if group else os.kill)(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return


def drive_service(
    service: ServiceSpec,
    launch: Launch,
    request: dict[str, Any],
    folder: Path,
    meter: Meter | None,
) -> dict[str, Any]:
    """Run a service through one drive.

    CPU time, memory and I/O are those of the service's process; wall time is that of the drive;
    stdout is what the driver printed, stderr what the service did.

    Raises:
        Failure: It did not become ready, the drive failed, or it did not stop.
    """
    log = folder / "service.out"
    running = _Running({**request, "stdout": str(log)}, meter)
    try:
        if running.error is not None:
            raise running.error
        _await_ready(service, launch, running, [log, Path(request["stderr"])])
        driver = _drive(service, launch, request, folder)
    finally:
        forced = _stop(service, running)
        if meter is not None:
            meter.stop()
    if running.answer is None or "error" in running.answer:
        reason = "ended without a trace" if running.answer is None else running.answer["error"]
        raise Failure(f"the service could not be measured: {reason}")
    if forced:
        reason = f"the service did not stop within {service.stop_timeout_s:g} s of "
        raise Failure(reason + service.stop_signal, "Raise service.stop_timeout_s")
    return _merged(running.answer, driver, service)


def _merged(
    answer: dict[str, Any], driver: dict[str, Any], service: ServiceSpec
) -> dict[str, Any]:
    status = answer["status"]
    wanted = int(getattr(signal, service.stop_signal))
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == wanted:
        status = 0  # it ended as it was told to
    # The driver's failure is the run's failure.
    status = driver["status"] or status
    return {
        **answer,
        "status": status,
        "stopped": driver["stopped"] or answer["stopped"],
        "wall_s": driver["wall_s"],
        "run_queue_s": None,
    }


def _await_ready(
    service: ServiceSpec, launch: Launch, running: _Running, logs: list[Path]
) -> None:
    check = ready_check(service.ready, launch.root / launch.workload.cwd, logs)
    deadline = time.monotonic() + service.ready_timeout_s
    while True:
        if running.ended:
            error = (running.answer or {}).get("error")
            if error is not None:
                raise Failure(f"{service.start[0]!r} could not be started: {error}")
            raise Failure("the service ended before it was ready" + _last_words(logs))
        if check():
            return
        if time.monotonic() > deadline:
            reason = f"the service was not ready ({service.ready}) within "
            reason += f"{service.ready_timeout_s:g} s"
            raise Failure(reason + _last_words(logs), "Check service.ready")
        time.sleep(_POLL_S)


def _last_words(logs: list[Path]) -> str:
    for log in reversed(logs):
        lines = log.read_text(errors="replace").strip().splitlines() if log.is_file() else []
        if lines:
            return f"; its last line: {lines[-1][:200]}"
    return ""


def ready_check(ready: str, cwd: Path, logs: list[Path]) -> Callable[[], bool]:
    """What tells whether a service is ready.

    Args:
        ready: `http://…`, `tcp:HOST:PORT`, `file:PATH` or `log:REGEX`.
        cwd: What a relative path starts from.
        logs: Files of the service's output.

    Raises:
        Failure: The text is none of these.
    """
    scheme, _, rest = ready.partition(":")
    if scheme in {"http", "https"}:
        return lambda: _answers(ready)
    if scheme == "tcp":
        host, _, port = rest.rpartition(":")
        if port.isdigit():
            return lambda: _accepts(host or "127.0.0.1", int(port))
    if scheme == "file" and rest:
        return (cwd / rest).exists
    if scheme == "log" and rest:
        try:
            pattern = re.compile(rest.encode())
        except re.error as error:
            raise Failure(f"service.ready {ready!r} is not a pattern: {error}") from error
        return lambda: any(log.is_file() and pattern.search(log.read_bytes()) for log in logs)
    way_out = "Use http://…, tcp:HOST:PORT, file:PATH or log:REGEX"
    raise Failure(f"service.ready {ready!r} is not understood", way_out)


def _answers(url: str) -> bool:
    try:
        with _LOCAL.open(url, timeout=2.0) as response:
            return bool(response.status < 500)  # noqa: PLR2004 - HTTP server errors
    except urllib.error.HTTPError as error:
        return error.code < 500  # noqa: PLR2004 - HTTP server errors
    except (OSError, ValueError):
        return False


def _accepts(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=2.0):
            return True
    except OSError:
        return False


def _drive(
    service: ServiceSpec, launch: Launch, request: dict[str, Any], folder: Path
) -> dict[str, Any]:
    words = resolve_python(list(service.drive), launch.interpreter)
    if not words:
        raise Failure("the service workload names no drive command", "Set service.drive")
    driver = {**request, "argv": words, "stderr": str(folder / "drive.err")}
    driver["env"] = {k: v for k, v in request["env"].items() if k != "WHET_PROBE_PLAN"}
    answer = spawn(driver)
    if "error" in answer:
        raise Failure(f"the drive {shlex.join(words)!r} could not be started: {answer['error']}")
    return answer


def _stop(service: ServiceSpec, running: _Running) -> bool:
    """Stop the service; True if it had to be killed."""
    running.signal(int(getattr(signal, service.stop_signal, signal.SIGTERM)))
    if running.join(service.stop_timeout_s):
        return False
    running.signal(signal.SIGKILL, group=True)
    running.join(service.stop_timeout_s)
    return True
