"""How much memory a stretch of an application takes: of the process, and by the line.

    with MemoryMonitor() as memory:          # the process, as the system sees it
        build_index()
    print(memory.record()["memory_increase_mb"])

    profiler = MemoryProfiler()              # Python's own allocations, with their lines
    profiler.start()
    build_index()
    print(profiler.stop()["top_allocations"])

MB are 10^6 bytes. What a platform does not tell is None. Off (`enabled=False`, or not started)
neither starts a thread, nor traces, nor reads anything.
"""

from __future__ import annotations

import sys
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, TypedDict

from whet_runtime.errors import MisuseError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

MB = 1_000_000


class MemoryRecord(TypedDict):
    """What a `MemoryMonitor` saw, in MB; None: not known, or not yet.

    Args:
        start_memory_mb: Resident at the start.
        peak_memory_mb: The most that was seen resident in between.
        end_memory_mb: Resident at the end.
        memory_increase_mb: End less start.
    """

    start_memory_mb: float | None
    peak_memory_mb: float | None
    end_memory_mb: float | None
    memory_increase_mb: float | None


class Allocation(TypedDict):
    """A line and what it allocated that is still held.

    Args:
        file: Path of the source.
        line: Number in it, from 1.
        size_mb: More than at the start, in MB.
        count: Blocks more than at the start.
    """

    file: str
    line: int
    size_mb: float
    count: int


class MemoryProfile(TypedDict):
    """What a `MemoryProfiler` saw of Python's allocations, in MB; None where it is off.

    Args:
        current_memory: Held now.
        peak_memory: The most that was held at once since the start; None if somebody else traces
            and had a higher peak before.
        memory_diff: Held now less held at the start; both count only what tracing has seen.
        top_allocations: The lines that hold most more than at the start.
    """

    current_memory: float | None
    peak_memory: float | None
    memory_diff: float | None
    top_allocations: list[Allocation]


class MemoryMonitor:
    """The memory of the process during a block; the peak is sampled in between.

    A thread of its own looks every `every_s`. A peak between two looks is still found where it
    is the highest of the process's life, which the system keeps.

    Args:
        every_s: Seconds between two looks.
        enabled: Off, every figure is None and nothing runs.
        read_bytes: Reads the resident size, in bytes; None where it is not known.
        read_peak_bytes: Reads the highest resident size of the process's life, likewise.

    Raises:
        MisuseError: `every_s` is not above 0.
    """

    def __init__(
        self,
        every_s: float = 0.01,
        *,
        enabled: bool = True,
        read_bytes: Callable[[], int | None] | None = None,
        read_peak_bytes: Callable[[], int | None] | None = None,
    ) -> None:
        if not every_s > 0:
            raise MisuseError(f"every_s={every_s}", "a look takes time", "Give a time above 0 s")
        self.enabled = enabled
        self._every_s = every_s
        self._read = read_bytes or resident_bytes
        self._read_peak = read_peak_bytes or peak_resident_bytes
        self._start: int | None = None
        self._end: int | None = None
        self._peak: int | None = None
        self._life_peak: int | None = None
        self._stop = Event()
        self._thread: Thread | None = None

    def __enter__(self) -> Self:
        """Begins to look.

        Raises:
            MisuseError: It looks already.
        """
        if self._thread is not None:
            raise MisuseError(
                "MemoryMonitor", "it is in use already", "Make one for each block"
            )  # fmt: skip
        if self.enabled:
            self._start = self._peak = self._read()
            self._end = None
            self._life_peak = self._read_peak()
            self._stop.clear()
            self._thread = Thread(target=self._look, name="whet-memory-monitor", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        """Looks once more and ends."""
        if self._thread is None:
            return
        self._stop.set()
        self._thread.join()
        self._thread = None
        self._end = self._note()
        life_peak = self._read_peak()
        if life_peak is not None and life_peak > (self._life_peak or life_peak):
            self._peak = max(self._peak or 0, life_peak)

    def check_memory(self) -> float | None:
        """Resident memory now, in MB, at any time; within the block it counts for the peak."""
        now = self._read() if self._thread is None else self._note()
        return _mb(now)

    def record(self) -> MemoryRecord:
        """The figures so far; those of the end are None before it."""
        known = self._start is not None and self._end is not None
        return MemoryRecord(
            start_memory_mb=_mb(self._start),
            peak_memory_mb=_mb(self._peak),
            end_memory_mb=_mb(self._end),
            memory_increase_mb=_mb((self._end or 0) - (self._start or 0)) if known else None,
        )

    def _look(self) -> None:
        while not self._stop.wait(self._every_s):
            self._note()

    def _note(self) -> int | None:
        now = self._read()
        if now is not None and (self._peak is None or now > self._peak):
            self._peak = now
        return now


class MemoryProfiler:
    """What Python code allocated between two moments, and the lines that still hold it.

    It traces every allocation with `tracemalloc`, which slows allocating code by two to four
    times while it runs; before `start` and after `stop` it costs nothing. If somebody else traces
    already, their tracing is used and left on.

    Args:
        top: Lines in the profile.
        enabled: Off, `start` does nothing and every figure is None, the list empty.

    Raises:
        MisuseError: `top` is negative.
    """

    def __init__(self, top: int = 10, *, enabled: bool = True) -> None:
        if top < 0:
            raise MisuseError(f"top={top}", "a list has no fewer than no lines", "Give 0 or more")
        self.top = top
        self.enabled = enabled
        self._before: Any = None
        self._bytes_before = self._peak_before = 0
        self._ours = False
        self._last: MemoryProfile | None = None

    def start(self) -> None:
        """Begins to trace.

        Raises:
            MisuseError: It traces already.
        """
        if self._before is not None:
            raise MisuseError("MemoryProfiler", "it was started before", "Stop it first")
        if not self.enabled:
            return
        import tracemalloc

        self._ours = not tracemalloc.is_tracing()
        if self._ours:
            tracemalloc.start()
        self._before = tracemalloc.take_snapshot()
        self._bytes_before, self._peak_before = tracemalloc.get_traced_memory()
        if self._ours:
            tracemalloc.reset_peak()  # the snapshot's own memory is no peak of the program
            self._peak_before = 0

    def stop(self) -> MemoryProfile:
        """The profile; tracing ends.

        Raises:
            MisuseError: It was not started.
        """
        profile = self.profile()
        if self._ours:
            import tracemalloc

            tracemalloc.stop()
        self._before, self._ours, self._last = None, False, profile
        return profile

    def profile(self) -> MemoryProfile:
        """The profile up to now, or the last one after `stop`.

        Raises:
            MisuseError: It was never started.
        """
        if not self.enabled:
            return MemoryProfile(
                current_memory=None, peak_memory=None, memory_diff=None, top_allocations=[]
            )
        if self._before is None:
            if self._last is None:
                raise MisuseError("MemoryProfiler", "it was never started", "Call start() first")
            return self._last
        import tracemalloc

        current, peak = tracemalloc.get_traced_memory()
        return MemoryProfile(
            current_memory=current / MB,
            peak_memory=peak / MB if peak > self._peak_before else None,
            memory_diff=(current - self._bytes_before) / MB,
            top_allocations=self._top_allocations(tracemalloc),
        )

    def __enter__(self) -> Self:
        """Starts."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        """Stops; `profile()` then gives the figures."""
        if self.enabled:
            self.stop()

    def _top_allocations(self, tracemalloc: Any) -> list[Allocation]:
        now = tracemalloc.take_snapshot().filter_traces(
            [tracemalloc.Filter(inclusive=False, filename_pattern=tracemalloc.__file__)]
        )
        grown = [each for each in now.compare_to(self._before, "lineno") if each.size_diff > 0]
        return [
            Allocation(
                file=each.traceback[0].filename,
                line=each.traceback[0].lineno,
                size_mb=each.size_diff / MB,
                count=each.count_diff,
            )
            for each in grown[: self.top]
        ]


def resident_bytes() -> int | None:
    """Memory of this process that is resident now, in bytes; None where the system does not say.

    Linux: /proc/self/statm. macOS: libproc's proc_pidinfo. Elsewhere not known.
    """
    system: str = sys.platform  # mypy would leave out what is not its own
    if system == "linux":
        try:
            with open("/proc/self/statm", "rb") as file:  # noqa: PTH123  (asked hundreds of times)
                pages = int(file.read().split()[1])
        except OSError:
            return None  # /proc is not mounted
        import resource

        return pages * resource.getpagesize()
    return _darwin_resident_bytes() if system == "darwin" else None


def peak_resident_bytes() -> int | None:
    """The most that was resident in this process's life, in bytes; None where not known."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _darwin_resident_bytes() -> int | None:
    """The resident size in libproc's `struct proc_taskinfo`: its second 64-bit number."""
    import ctypes
    import os

    numbers = (ctypes.c_uint64 * 12)()  # the structure's 96 bytes
    flavor_task_info = 4
    try:
        library = ctypes.CDLL("/usr/lib/libproc.dylib")
        size = library.proc_pidinfo(
            os.getpid(), flavor_task_info, ctypes.c_uint64(0), numbers, ctypes.sizeof(numbers)
        )
    except (OSError, AttributeError):
        return None
    return int(numbers[1]) if size == ctypes.sizeof(numbers) else None


def _mb(count: int | None) -> float | None:
    return None if count is None else count / MB
