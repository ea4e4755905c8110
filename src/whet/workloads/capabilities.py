"""What can be measured here, and what cannot, and why."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from whet.errors import WhetError
from whet.records import Interpreter, Record
from whet.workloads.environment import describe_environment
from whet.workloads.interpreter import find_interpreter

if TYPE_CHECKING:
    from collections.abc import Callable

_TIMEOUT_S = 1.5
_BUSY = 0.5  # load per core above which wall time says little
_LITTLE_SPACE_BYTES = 1_000_000_000
Status = Literal["yes", "limited", "no"]


class Capability(Record, frozen=True):
    """One thing that whet can measure or use here, fully, with limits, or not."""

    name: str
    status: Status
    detail: str
    way_out: str = ""


def capabilities(project: Path, python: str | None = None) -> tuple[Capability, ...]:
    """Look at everything that decides what can be measured, within about two seconds.

    Args:
        project: The user's project.
        python: Interpreter named by the user.

    Returns:
        In a fixed order; what is not there is an answer, never an error.
    """
    try:
        interpreter: Interpreter | None = find_interpreter(project, python)
        target = _target(interpreter)
    except WhetError as error:
        interpreter = None
        target = Capability(
            name="interpreter", status="no", detail=f"{error.what} {error.reason}",
            way_out=error.way_out,
        )  # fmt: skip
    checks: list[Callable[[], Capability]] = [
        lambda: _sampling(interpreter),
        lambda: _allocations(interpreter),
        _counters,
        _load,
        _quota,
        _governor,
        _bytecode,
        _space,
        _git,
        _pythons,
        lambda: _server("redis", os.environ.get("REDIS_URL"), 6379, ()),
        lambda: _server(
            "postgresql",
            os.environ.get("DATABASE_URL"),
            5432,
            ("/var/run/postgresql/.s.PGSQL.5432",),
        ),
    ]
    with ThreadPoolExecutor(len(checks)) as pool:
        found = list(pool.map(lambda check: check(), checks))
    return (target, *found)


def _target(interpreter: Interpreter | None) -> Capability:
    if interpreter is None:  # pragma: no cover - the caller has one
        raise AssertionError
    spelled = ".".join(map(str, interpreter.version))
    detail = f"{interpreter.implementation} {spelled} at {interpreter.path}"
    detail += f" ({interpreter.chosen_by})"
    if interpreter.version < (3, 9):
        limits = "; evidence and fixes need 3.9: only whole commands are measured"
        return Capability(name="interpreter", status="limited", detail=detail + limits)
    return Capability(name="interpreter", status="yes", detail=detail)


def _sampling(interpreter: Interpreter | None) -> Capability:
    """Whether py-spy may look into a child of the target's interpreter: it is tried."""
    name = "cpu sampling"
    program = shutil.which("py-spy", path=_path_with_own_scripts())
    if program is None:
        way_out = "Install py-spy beside whet"
        return Capability(name=name, status="limited", detail=_FALLBACK, way_out=way_out)
    path = interpreter.path if interpreter is not None else sys.executable
    with subprocess.Popen(
        [path, "-I", "-S", "-c", "print(flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        try:
            if child.stdout is not None:
                child.stdout.readline()
            command = [program, "dump", "--pid", str(child.pid)]
            answer = subprocess.run(
                command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
            )
            refused = answer.stderr.strip() if answer.returncode else None
        except (subprocess.TimeoutExpired, OSError) as error:
            refused = str(error)
        finally:
            child.kill()
    if refused is None:
        return Capability(name=name, status="yes", detail="py-spy may attach to children")
    reason = refused.splitlines()[0] if refused else "py-spy failed"
    way_out = "Allow ptrace (SYS_PTRACE in a container; root on macOS) for exact lines"
    return Capability(
        name=name, status="limited", detail=f"{_FALLBACK} ({reason[:120]})", way_out=way_out
    )


_FALLBACK = "the probe's own sampler: lines are approximate"


def _path_with_own_scripts() -> str:
    """The path with the folder of whet's own interpreter in front: py-spy lies beside it."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


def _allocations(interpreter: Interpreter | None) -> Capability:
    from importlib.util import find_spec

    name = "allocations"
    if find_spec("memray") is None or interpreter is None:
        return Capability(name=name, status="limited", detail="tracemalloc: 4 to 7 times slower")
    fits = interpreter.version[:2] == sys.version_info[:2]
    if fits and interpreter.implementation == sys.implementation.name:
        return Capability(name=name, status="yes", detail="memray fits the interpreter")
    major, minor = sys.version_info[:2]
    detail = f"tracemalloc (4 to 7 times slower): memray here is built for {major}.{minor}"
    return Capability(name=name, status="limited", detail=detail)


def _counters() -> Capability:
    name = "i/o and waiting"
    missing = [file for file in ("io", "schedstat") if not _readable(f"/proc/self/{file}")]
    if not missing:
        return Capability(name=name, status="yes", detail="/proc counts calls and queueing")
    detail = f"not counted by the platform: {', '.join(missing)}"
    return Capability(name=name, status="limited", detail=detail)


def _readable(path: str) -> bool:
    try:
        return bool(Path(path).read_bytes())
    except OSError:
        return False


def _load() -> Capability:
    environment = describe_environment(None)
    load, cores = environment.load_1m, environment.cores
    detail = f"load {'unknown' if load is None else format(load, '.1f')} on {cores} cores"
    if load is not None and load > _BUSY * cores:
        way_out = "Stop other programs, or expect more runs and 'undecided' for wall time"
        return Capability(name="load", status="limited", detail=detail, way_out=way_out)
    return Capability(name="load", status="yes", detail=detail)


def _quota() -> Capability:
    quota = describe_environment(None).cpu_quota
    if quota is None:
        return Capability(name="cgroup", status="yes", detail="no CPU quota")
    detail = f"{quota:g} cores granted: throttling shows as waiting"
    return Capability(name="cgroup", status="limited", detail=detail)


def _governor() -> Capability:
    governor = describe_environment(None).governor
    if governor in {None, "performance"}:
        detail = "performance" if governor else "not told by the platform"
        return Capability(name="governor", status="yes", detail=detail)
    way_out = "Set the governor to performance for steadier times"
    detail = f"{governor}: the clock rate changes"
    return Capability(name="governor", status="limited", detail=detail, way_out=way_out)


def _bytecode() -> Capability:
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):
        detail = "PYTHONDONTWRITEBYTECODE is set: every run compiles what it imports"
        way_out = "Unset PYTHONDONTWRITEBYTECODE"
        return Capability(name="bytecode", status="limited", detail=detail, way_out=way_out)
    return Capability(name="bytecode", status="yes", detail="is cached")


def _space() -> Capability:
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    detail = f"{free / 1e9:.1f} GB free in {folder} for copies"
    if free < _LITTLE_SPACE_BYTES:
        way_out = "Set TMPDIR to a larger disk"
        return Capability(name="disk", status="limited", detail=detail, way_out=way_out)
    return Capability(name="disk", status="yes", detail=detail)


def _git() -> Capability:
    program = shutil.which("git")
    if program is None:
        way_out = "Install git to compare refs and to deploy to a branch"
        return Capability(name="git", status="no", detail="not on the path", way_out=way_out)
    answer = subprocess.run(
        [program, "--version"], capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
    )
    return Capability(name="git", status="yes", detail=answer.stdout.strip())


def _pythons() -> Capability:
    """Interpreters that `--python` could name, by the names on the path; none is run."""
    names = {f"python3.{minor}" for minor in range(8, 21)}
    found = sorted(
        {
            name
            for folder in os.environ.get("PATH", "").split(os.pathsep)
            for name in names
            if (Path(folder or ".") / name).exists()
        },
        key=lambda name: int(name.rpartition(".")[2]),
    )
    detail = ", ".join(found) or "none with a version in its name on the path"
    return Capability(name="pythons", status="yes" if found else "limited", detail=detail)


def _server(name: str, url: str | None, port: int, sockets: tuple[str, ...]) -> Capability:
    """Whether something listens where a server usually does; nothing is said to it."""
    for path in sockets:
        if Path(path).is_socket():
            return Capability(name=name, status="yes", detail=f"listens at {path}")
    host = "127.0.0.1"
    try:
        parts = urlsplit(url) if url else None
        if parts is not None and parts.hostname and parts.scheme.startswith(name[:5]):
            host, port = parts.hostname, parts.port or port
        with socket.create_connection((host, port), timeout=0.5):
            return Capability(name=name, status="yes", detail=f"listens at {host}:{port}")
    except (OSError, ValueError):
        detail = f"nothing listens at {host}:{port}; needed only for workloads that use it"
        return Capability(name=name, status="no", detail=detail)
