"""What is run and measured."""

from __future__ import annotations

import shlex
from typing import Literal

from whet.records._base import Record

WorkloadKind = Literal[
    "callable", "script", "module", "pytest", "asv", "command", "service", "git"
]


class ServiceSpec(Record, frozen=True):
    """How a service is started, found ready, driven and stopped."""

    start: tuple[str, ...]
    ready: str  # "http://127.0.0.1:8000/health", "tcp:127.0.0.1:8000", "file:PATH" or "log:REGEX"
    drive: tuple[str, ...]
    stop_signal: str = "SIGTERM"
    ready_timeout_s: float = 30.0
    stop_timeout_s: float = 10.0


class Workload(Record, frozen=True):
    """One thing to run, exactly as the user would run it.

    `target` by kind: callable "module:function"; script "path.py"; module "package.module" (as
    `python -m`); pytest "" or a node id; asv the suite's folder (in `argv` the benchmarks' names,
    all without); command "" (all of it in `argv`); service "" (in
    `service`); git "" (branch alignment of the project's repository).
    """

    kind: WorkloadKind
    target: str = ""
    argv: tuple[str, ...] = ()
    cwd: str = "."  # relative to the project
    env: dict[str, str] = {}
    stdin: str | None = None  # file whose bytes become standard input; None is empty input
    timeout_s: float | None = None
    repetitions: int = 1  # how often one measured run repeats it (small workloads)
    chosen_by: str = "named"  # why this one: "named", "[tool.whet]", "tests", ...
    service: ServiceSpec | None = None

    @property
    def spelled(self) -> str:
        """The workload as the user would write it after `-w` or `--`."""
        if self.kind == "pytest":
            return f"pytest:{self.target}" if self.target else "pytest"
        if self.kind == "git":
            return "git"
        if self.kind == "asv":
            return shlex.join(("asv", *self.argv))
        if self.kind == "service":
            return "service " + " ".join(self.service.start if self.service else ())
        words = ("-m", self.target) if self.kind == "module" else (self.target,)
        return shlex.join(word for word in (*words, *self.argv) if word)
