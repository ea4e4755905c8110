"""Where something was measured: every figure carries it."""

from __future__ import annotations

from whet.records._base import Record


class Interpreter(Record, frozen=True):
    """A Python that runs the target."""

    path: str
    version: tuple[int, int, int]
    implementation: str = "cpython"
    prefix: str = ""
    free_threaded: bool = False
    chosen_by: str = ""  # "--python", "$VIRTUAL_ENV", ".venv", "python3 on the path", "whet's own"
    modules: tuple[str, ...] = ()  # of pytest, xdist, coverage, numpy ...: what is installed there
    editable: tuple[str, ...] = ()  # folders that editable installs and .pth files put on the path


class Environment(Record, frozen=True):
    """The machine's condition at the time of a measurement; unknown is None."""

    os: str
    machine: str
    cpu_model: str | None
    cores: int
    load_1m: float | None
    governor: str | None
    cpu_quota: float | None  # cores the cgroup grants
    memory_bytes: int | None
    interpreter: Interpreter | None
    dont_write_bytecode: bool
    whet_version: str
