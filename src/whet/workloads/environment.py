"""The machine's condition: figures mean nothing without it."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING

from whet import __version__
from whet.records import Environment

if TYPE_CHECKING:
    from whet.records import Interpreter


def describe_environment(interpreter: Interpreter | None) -> Environment:
    """The machine's condition now; what the platform does not say is None."""
    return Environment(
        os=f"{platform.system()} {platform.release()}",
        machine=platform.machine(),
        cpu_model=_cpu_model(),
        cores=usable_cores(),
        load_1m=_load(),
        governor=read_text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        cpu_quota=cpu_quota(),
        memory_bytes=_memory_bytes(),
        interpreter=interpreter,
        dont_write_bytecode=bool(os.environ.get("PYTHONDONTWRITEBYTECODE")),
        whet_version=__version__,
    )


def usable_cores() -> int:
    """Cores that this process may run on."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def _cpu_model() -> str | None:
    text = read_text("/proc/cpuinfo") or ""
    for line in text.splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or None


def _load() -> float | None:
    try:
        return os.getloadavg()[0]
    except OSError:
        return None


def cpu_quota() -> float | None:
    """Cores that the control group grants; None without a limit."""
    text = read_text("/sys/fs/cgroup/cpu.max")
    if text is not None:
        words = text.split()
        return None if words[0] == "max" else int(words[0]) / int(words[1])
    quota = read_text("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")
    period = read_text("/sys/fs/cgroup/cpu/cpu.cfs_period_us")
    if quota is None or period is None or int(quota) <= 0:
        return None
    return int(quota) / int(period)


def _memory_bytes() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None


def read_text(path: str) -> str | None:
    """A small file's text without surrounding blanks; None if it is not there."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None
