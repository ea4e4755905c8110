"""Time and memory of one call of a function in this very process."""

from __future__ import annotations

import copy
import threading
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

from whet.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_INTERVAL_S = 0.001
_BYTES_A_MEGABYTE = 1e6


class MemoryUse(Record, frozen=True):
    """The resident size of this process around one call, in MB (10^6 bytes)."""

    initial_mb: float
    final_mb: float
    allocated_mb: float  # final - initial; negative when memory was given back
    peak_mb: float  # largest sample, at least one a millisecond as far as the call lets it
    growth_mb_per_s: float
    elapsed_s: float
    result: Any = None


class CallCost(Record, frozen=True):
    """Time and Python memory of one call."""

    elapsed_s: float  # wall time of a call that nothing else watched
    current_mb: float | None  # held after the call; None: the data cannot be copied for it
    peak_mb: float | None
    result: Any = None


def measure_call(
    func: Callable[..., Any], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
) -> MemoryUse:
    """Calls a function once and watches the resident size of this process meanwhile.

    An exception of the function is raised as it is.
    """
    import psutil

    process = psutil.Process()

    def resident() -> int:
        size: int = process.memory_info().rss
        return size

    samples = [resident()]
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(_INTERVAL_S):
            samples.append(resident())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    started = time.perf_counter()
    try:
        result = func(*args, **(kwargs or {}))
    finally:
        elapsed = time.perf_counter() - started
        stop.set()
        watcher.join()
    initial, final = samples[0], resident()
    return MemoryUse(
        initial_mb=initial / _BYTES_A_MEGABYTE,
        final_mb=final / _BYTES_A_MEGABYTE,
        allocated_mb=(final - initial) / _BYTES_A_MEGABYTE,
        peak_mb=max(*samples, final) / _BYTES_A_MEGABYTE,
        growth_mb_per_s=(final - initial) / _BYTES_A_MEGABYTE / elapsed if elapsed > 0 else 0.0,
        elapsed_s=elapsed,
        result=result,
    )


def cost_of_call(func: Callable[[Any], Any], data: Any) -> CallCost:
    """Times `func(data)`, then calls it again on a copy with every allocation followed.

    Following allocations costs several times the run, so it is never done in the timed call. The
    copy is made first: the timed call may change its data.
    """
    try:
        spare, copied = copy.deepcopy(data), True
    except Exception:  # noqa: BLE001 - user's objects refuse to be copied in any way they like
        spare, copied = None, False
    started = time.perf_counter()
    result = func(data)
    elapsed = time.perf_counter() - started
    current, peak = _traced(func, spare) if copied else (None, None)
    return CallCost(elapsed_s=elapsed, current_mb=current, peak_mb=peak, result=result)


def _traced(func: Callable[[Any], Any], data: Any) -> tuple[float | None, float | None]:
    if tracemalloc.is_tracing():  # somebody else's measurement: leave it alone
        return None, None
    tracemalloc.start()
    try:
        held = func(data)
        current, peak = tracemalloc.get_traced_memory()
        del held
    finally:
        tracemalloc.stop()
    return current / _BYTES_A_MEGABYTE, peak / _BYTES_A_MEGABYTE
