"""Deadlines of many tasks in one thread."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from threading import Condition, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from whet_runtime.clock import Clock

_SLACK = 64  # dead entries that are not worth a sweep


class Deadline:
    """One moment and what is to be done then."""

    __slots__ = ("action", "at_s")

    def __init__(self, at_s: float, action: Callable[[], None]) -> None:
        self.at_s = at_s
        self.action: Callable[[], None] | None = action

    def __lt__(self, other: Deadline) -> bool:
        """Earlier."""
        return self.at_s < other.at_s


class Timer:
    """Runs actions when their time has come; its thread starts with the first deadline.

    Deadlines that were called off are swept out when they outnumber the live ones, so that many
    short tasks with long time-outs do not fill the memory.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._changed = Condition()
        self._heap: list[Deadline] = []
        self._dead = 0
        self._thread: Thread | None = None
        self._closed = False

    def at(self, at_s: float, action: Callable[[], None]) -> Deadline:
        """Run an action at a moment of the monotonic clock."""
        deadline = Deadline(at_s, action)
        with self._changed:
            heappush(self._heap, deadline)
            if self._thread is None and not self._closed:
                self._thread = Thread(target=self._run, name="whet-deadlines", daemon=True)
                self._thread.start()
            if self._heap[0] is deadline:
                self._changed.notify()
        return deadline

    def call_off(self, deadline: Deadline) -> None:
        """Forget a deadline."""
        with self._changed:
            if deadline.action is None:
                return
            deadline.action = None
            self._dead += 1
            if self._dead > _SLACK and self._dead * 2 > len(self._heap):
                self._heap = [entry for entry in self._heap if entry.action is not None]
                heapify(self._heap)
                self._dead = 0

    def run_due(self) -> None:
        """Run every action whose time has come."""
        while True:
            with self._changed:
                if not self._heap or self._heap[0].at_s > self._clock.monotonic():
                    return
                due = heappop(self._heap)
                action, due.action = due.action, None
                if action is None:
                    self._dead -= 1
            if action is not None:
                action()

    def close(self) -> None:
        """End the thread; what was not due is forgotten."""
        with self._changed:
            self._closed = True
            self._heap.clear()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            self.run_due()
            with self._changed:
                if self._closed:
                    return
                left_s = self._heap[0].at_s - self._clock.monotonic() if self._heap else None
                if left_s is None or left_s > 0:
                    self._changed.wait(left_s)
