"""A service: started, found ready, driven and stopped; the service's process is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.errors import TargetError
from whet.workloads.command import resolve_python

if TYPE_CHECKING:
    from pathlib import Path

    from whet.records import Interpreter, Workload


def command(workload: Workload, root: Path, interpreter: Interpreter) -> list[str]:
    """The command line that starts the service."""
    del root
    if workload.service is None or not workload.service.start:
        raise TargetError("the service workload", "names no start command", "Set service.start")
    return resolve_python(list(workload.service.start), interpreter)
