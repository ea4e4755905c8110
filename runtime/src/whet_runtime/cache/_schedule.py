"""Refresh on a schedule: keys that are loaded anew every so often, whether read or not."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count
from threading import Condition, Thread
from typing import TYPE_CHECKING

from whet_runtime._steps import adrive, drive
from whet_runtime.cache._backoff import wait_after
from whet_runtime.clock import SYSTEM_CLOCK, Clock
from whet_runtime.errors import MisuseError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Hashable
    from random import Random

    from whet_runtime._steps import Steps

_LONGEST_S = 3_600.0


class Refresh:
    """One key that is refreshed every so often, until it is cancelled.

    Attributes:
        key: Of the cache.
        interval_s: Seconds from the end of one refresh to the next.
        failures: In a row; the wait doubles with each.
        done: Refreshes that went well.
        cancelled: Whether it ended.
    """

    def __init__(
        self, key: Hashable, interval_s: float, refresh: Callable[[], Steps[bool]], random: Random
    ) -> None:
        if not interval_s > 0:
            raise MisuseError(f"interval_s={interval_s!r}", "it must be above 0", "Give seconds.")
        self.key = key
        self.interval_s = interval_s
        self.failures = 0
        self.done = 0
        self.cancelled = False
        self._refresh = refresh
        self._random = random
        self._task: asyncio.Task[None] | None = None

    def cancel(self) -> None:
        """Ends it. From any thread for scheduled ones; from its own loop for tasks."""
        self.cancelled = True
        if self._task is not None:
            self._task.cancel()

    def wait_s(self) -> float:
        """Seconds until the next refresh: the interval, doubled for each failure, with jitter."""
        if not self.failures:
            return self.interval_s
        longest = max(_LONGEST_S, self.interval_s)
        return wait_after(self.failures + 1, self.interval_s, longest, self._random)

    def note(self, *, well: bool) -> None:
        """Notes how a refresh ended."""
        self.failures = 0 if well else self.failures + 1
        self.done += well

    def run(self) -> None:
        """Refreshes once, in this thread."""
        self.note(well=drive(self._refresh()))

    async def keep(self) -> None:
        """Refreshes until cancelled, in this loop."""
        import asyncio

        while not self.cancelled:
            await asyncio.sleep(self.wait_s())
            self.note(well=await adrive(self._refresh()))

    def begin(self) -> None:
        """Starts `keep` as a task of the running loop."""
        import asyncio

        self._task = asyncio.get_running_loop().create_task(self.keep())


class Schedule:
    """A thread that hands due refreshes to workers. It ends when nothing is left to do.

    Args:
        submit: Runs a call in a worker thread; whether there was room.
        clock: What tells the time.
    """

    def __init__(
        self, submit: Callable[[Callable[[], object]], bool], clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self._submit = submit
        self._now = clock.monotonic
        self._due: list[tuple[float, int, Refresh]] = []
        self._turn = count().__next__
        self._changed = Condition()
        self._thread: Thread | None = None
        self._running = 0

    def add(self, refresh: Refresh) -> None:
        """Takes a refresh in; the first is due after its wait."""
        with self._changed:
            heappush(self._due, (self._now() + refresh.wait_s(), self._turn(), refresh))
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._run, name="whet-refresh", daemon=True)
                self._thread.start()
            self._changed.notify()

    def take_due(self) -> list[Refresh]:
        """The refreshes that are due now; the cancelled ones are forgotten."""
        with self._changed:
            due: list[Refresh] = []
            while self._due and (self._due[0][2].cancelled or self._due[0][0] <= self._now()):
                refresh = heappop(self._due)[2]
                if not refresh.cancelled:
                    due.append(refresh)
            return due

    def run_one(self, refresh: Refresh) -> None:
        """Refreshes, and schedules the next."""
        if refresh.cancelled:
            return
        refresh.run()
        if not refresh.cancelled:
            self.add(refresh)

    def _run(self) -> None:
        while True:
            for refresh in self.take_due():
                if not self._submit(lambda one=refresh: self.run_one(one)):  # type: ignore[misc]  # a bound default
                    refresh.note(well=False)
                    self.add(refresh)
            with self._changed:
                if not self._due:
                    self._thread = None
                    return
                self._changed.wait(min(1.0, max(0.0, self._due[0][0] - self._now())))
