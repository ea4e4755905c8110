"""Samples the resident size of a process tree while a run waits."""

from __future__ import annotations

import os
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Meter:
    """The resident size of a run's processes over time, sampled in a thread.

    Pages that processes share are counted once for each. A meter serves one run at a time; a new
    run begins a new series.

    Args:
        interval_s: Between two samples; reading costs about 40 µs a process.
    """

    def __init__(self, interval_s: float = 0.02) -> None:
        self.interval_s = interval_s
        self._samples: list[tuple[float, int]] = []
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, pid: int) -> None:
        """Begin sampling the tree below a process."""
        self._samples = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, args=(pid,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End sampling."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    @property
    def series(self) -> tuple[tuple[float, int], ...]:
        """(seconds since the start of the run, bytes), in order."""
        return tuple(self._samples)

    @property
    def peak_bytes(self) -> int | None:
        """The largest sample; None if the run ended before the first."""
        return max((size for _, size in self._samples), default=None)

    @property
    def average_bytes(self) -> int | None:
        """The mean over time (each sample stands until the next); None without samples."""
        samples = self._samples
        if not samples:
            return None
        span = samples[-1][0] - samples[0][0]
        if span <= 0:
            return samples[0][1]
        area = 0.0
        for (at, size), (after, _) in pairwise(samples):
            area += size * (after - at)
        return int(area / span)

    def _sample(self, pid: int) -> None:
        read = tree_bytes if sys.platform == "linux" else _tree_bytes_psutil
        started = time.monotonic()
        while True:
            size = read(pid)
            if size is None:
                return
            if size:
                self._samples.append((time.monotonic() - started, size))
            if self._stop.wait(self.interval_s):
                return


def tree_bytes(pid: int) -> int | None:
    """Resident bytes of a process and its descendants; None when it is gone. Linux."""
    total = _resident(pid)
    if total is None:
        return None
    pending, seen = _children(pid), {pid}
    while pending:
        child = pending.pop()
        if child not in seen:
            seen.add(child)
            total += _resident(child) or 0
            pending += _children(child)
    return total


def _resident(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * _PAGE_BYTES
    except (OSError, IndexError):
        return None


def _children(pid: int) -> list[int]:
    """Children of all threads of a process."""
    found: list[int] = []
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            raw = (thread / "children").read_bytes()
            found += [int(word) for word in raw.split()]
    except OSError:
        return found
    return found


def _tree_bytes_psutil(pid: int) -> int | None:
    import psutil

    try:
        process = psutil.Process(pid)
        tree = [process, *process.children(recursive=True)]
    except psutil.Error:
        return None
    total = 0
    for member in tree:
        try:
            total += member.memory_info().rss
        except psutil.Error:
            continue
    return total
