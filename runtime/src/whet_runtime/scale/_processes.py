"""CPU time and size of other processes, from /proc; unknown elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

_USER, _SYSTEM = 11, 12  # fields of /proc/PID/stat behind the name: utime and stime
_RESIDENT = 1  # field of /proc/PID/statm


def cpu_s(pid: int) -> float | None:
    """CPU seconds that a process has used; None where that cannot be read."""
    fields = _read(pid, "stat").rpartition(")")[2].split()
    if len(fields) <= _SYSTEM:
        return None
    return (int(fields[_USER]) + int(fields[_SYSTEM])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid: int) -> int | None:
    """Resident size of a process; None where that cannot be read."""
    fields = _read(pid, "statm").split()
    if len(fields) <= _RESIDENT:
        return None
    return int(fields[_RESIDENT]) * os.sysconf("SC_PAGE_SIZE")


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text("utf-8", "replace")
    except OSError:
        return ""
