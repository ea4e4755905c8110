"""How many processes read, and which files together: pure arithmetic."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

THRESHOLD_BYTES = 2_500_000  # about 0.4 s of parsing: below it starting processes costs more
MOST_PROCESSES = 8
_PROCESS_BYTES = 80_000_000  # that one process may take at its peak
_SMALLEST, _LARGEST = 24_000, 256_000  # bytes of source in a batch
_FILES = 200  # in a batch
_SHARES = 6  # batches that each process would get, if all were as large as the next
_ALONE = 400_000  # a file so large is a batch, and goes first


class Batch(NamedTuple):
    """Files that one process reads in one go: `start` inclusive, `stop` exclusive."""

    start: int
    stop: int
    bytes: int


def usable_cores() -> int:
    """The processor cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # only Linux tells
        return os.cpu_count() or 1


def processes_for(
    asked: int | None, total_bytes: int, threshold_bytes: int, available_bytes: int | None
) -> int:
    """How many processes read, this one included.

    Args:
        asked: By the user; None: the usable cores, 8 at the most.
        total_bytes: Of all files to read.
        threshold_bytes: Below it everything is read here.
        available_bytes: Memory that can be had; None: unknown.
    """
    if total_bytes < threshold_bytes:
        return 1
    wanted = asked if asked is not None else min(usable_cores(), MOST_PROCESSES)
    if available_bytes is not None:
        wanted = min(wanted, 1 + max(0, available_bytes // _PROCESS_BYTES - 1))
    return max(1, wanted)


def batches(
    sizes: Sequence[int], processes: int, available_bytes: int | None = None
) -> list[Batch]:
    """Neighboring files of about equal bytes together, smaller towards the end.

    Args:
        sizes: Of the files, in bytes.
        processes: That share them.
        available_bytes: Memory that can be had; where it is short, batches are small.
    """
    short = available_bytes is not None and available_bytes < 2 * processes * _PROCESS_BYTES
    largest = _SMALLEST if short else _LARGEST
    found: list[Batch] = []
    rest = sum(sizes)
    start = held = 0
    for at, size in enumerate(sizes):
        target = max(_SMALLEST, min(largest, rest // (_SHARES * processes)))
        full = held + size > target or at - start >= _FILES
        if at > start and (full or size >= _ALONE):
            found.append(Batch(start, at, held))
            rest -= held
            start, held = at, 0
        held += size
    if len(sizes) > start:
        found.append(Batch(start, len(sizes), held))
    return found


def schedule(planned: Sequence[Batch]) -> list[int]:
    """The order in which batches are handed out: the few large ones first, so none comes last."""
    large = [n for n, batch in enumerate(planned) if batch.bytes >= _ALONE]
    large.sort(key=lambda number: -planned[number].bytes)
    return large + [n for n, batch in enumerate(planned) if batch.bytes < _ALONE]


def available_memory() -> int | None:
    """The memory that can be had without pushing others out, in bytes; None: unknown."""
    values = [value for value in (_free_of_machine(), _free_of_group()) if value is not None]
    return min(values, default=None)


def _free_of_machine() -> int | None:
    try:
        with open("/proc/meminfo", "rb") as file:  # noqa: PTH123 - asked for between batches
            for line in file:
                if line.startswith(b"MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def _free_of_group() -> int | None:
    """What the control group of this process leaves (version 2)."""
    values = []
    for name in ("memory.max", "memory.current"):
        try:
            with open(f"/sys/fs/cgroup/{name}", "rb") as file:  # noqa: PTH123 - as above
                values.append(int(file.read()))
        except (OSError, ValueError):
            return None
    return max(0, values[0] - values[1])
