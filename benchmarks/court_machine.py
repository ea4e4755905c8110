"""What else the machine does while a trial is held: recorded, and made on purpose."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    State = Literal["idle", "busy", "loaded"]

CORES = os.cpu_count() or 1
LOADED_PER_CORE = 3.0
IDLE_PER_CORE = 1.25  # two trials at a time on two cores, and now and then a daemon
_SPIN = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: sum(range(10000))"


class Watch:
    """Counts the runnable tasks of the machine whenever it is told to, this process included.

    It looks before and after each run of a trial, while the measured process itself is absent and
    this one runs in its place: so the count is that of the machine while it measured.
    """

    def __init__(self) -> None:
        self._counts: list[int] = []

    def look(self) -> None:
        """Count once; where the system does not tell (no /proc), nothing is counted."""
        try:
            fields = Path("/proc/loadavg").read_text().split()
        except OSError:
            return
        self._counts.append(int(fields[3].partition("/")[0]))

    def record(self) -> dict[str, Any]:
        """Mean runnable tasks, None where nobody tells; load average of the last minute."""
        return {
            "runnable": round(fmean(self._counts), 2) if self._counts else None,
            "load": round(os.getloadavg()[0], 2),
            "cores": CORES,
        }


def state_of(row: dict[str, Any]) -> State:
    """How loaded the machine was during a trial, by the tasks that it could have run at a time.

    "loaded": at least three a core. "idle": at most one and a quarter a core, so hardly anybody
    had to wait.
    """
    runnable = row["load"] if row["runnable"] is None else row["runnable"]
    per_core = runnable / row["cores"]
    if per_core >= LOADED_PER_CORE:
        return "loaded"
    return "idle" if per_core <= IDLE_PER_CORE else "busy"


@contextmanager
def spinners(count: int) -> Iterator[None]:
    """Busy processes that end with this one."""
    started = [subprocess.Popen([sys.executable, "-c", _SPIN]) for _ in range(count)]
    try:
        yield
    finally:
        for process in started:
            process.terminate()
            process.wait()
