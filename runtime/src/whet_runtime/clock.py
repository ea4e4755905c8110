"""Time as an argument: what is measured with a clock that jumps, and what is not.

Lifetimes inside a process count on the monotonic clock, which no administrator can set. Only what
several processes share (the record of a shared tier) carries wall-clock times.
"""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What tells the time; tests pass their own."""

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        ...

    def time(self) -> float:
        """Seconds since 1970 by the machine's calendar, which may jump."""
        ...


class SystemClock:
    """The machine's clocks. Both are plain C functions: a read costs tens of nanoseconds."""

    monotonic = staticmethod(time.monotonic)
    time = staticmethod(time.time)


SYSTEM_CLOCK = SystemClock()
