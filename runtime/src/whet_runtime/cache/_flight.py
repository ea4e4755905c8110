"""Single flight: one load a key, however many threads and tasks ask for it.

Who asks first leads; the others wait, threads on a lock and tasks on a future of their own loop,
so both may wait for the same load. What the loader returns goes to all. What it raises goes to
all who waited, and is not kept: the next call loads again. A leader that is cancelled or
interrupted is no answer: one of those who wait leads anew.

Who would wait for itself, through however many loads, never waits: a loader that needs its own key
gets an error at once, and two loads that need each other's keys each load on their own.
"""

from __future__ import annotations

import sys
from threading import Lock, get_ident
from typing import TYPE_CHECKING, Any, NamedTuple

from whet_runtime.errors import LoadCycleError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

FLYING, LANDED, FAILED, ABANDONED = range(4)


class Owner(NamedTuple):
    """Who loads or waits: a thread, and the task that runs in it."""

    thread: int
    task: Any


def present_owner() -> Owner:
    """Who is running."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None or asyncio._get_running_loop() is None:  # noqa: SLF001 - the cheap way to ask
        return Owner(get_ident(), None)
    return Owner(get_ident(), asyncio.current_task())


class Flight:
    """One load in progress.

    Attributes:
        key: What is loaded.
        started: The number of invalidations before it began.
        tags: Of the value, or `None` while only the value itself will tell them.
        owner: Who leads.
        stale: Whether what was found should be refreshed.
    """

    __slots__ = ("_lock", "_wake", "key", "outcome", "owner", "stale", "started", "state", "tags")

    def __init__(self, key: Hashable, started: int, tags: tuple[str, ...] | None) -> None:
        self.key = key
        self.started = started
        self.tags = tags
        self.owner = present_owner()
        self.state = FLYING
        self.stale = False
        self.outcome: Any = None
        self._lock = Lock()
        self._wake: list[Callable[[], object]] = []

    def end(self, state: int, outcome: Any = None) -> None:
        """Tells all who wait."""
        with self._lock:
            self.outcome, self.state = outcome, state
            wake, self._wake = self._wake, []
        for one in wake:
            one()

    def on_end(self, wake: Callable[[], object]) -> None:
        """Calls `wake`, from any thread, when the load is over; at once if it is."""
        with self._lock:
            if self.state == FLYING:
                self._wake.append(wake)
                return
        wake()


class Join:
    """A step: waits for a flight. Answers whether there was no way to wait (a cycle)."""

    __slots__ = ("flight",)

    def __init__(self, flight: Flight) -> None:
        self.flight = flight

    def run(self) -> bool:
        """Blocks this thread until the load is over."""
        me = present_owner()
        blocked = Owner(me.thread, None)
        if not _may_wait(me, blocked, self.flight):
            return True
        gate = Lock()
        gate.acquire()
        self.flight.on_end(gate.release)
        try:
            gate.acquire()
        finally:
            _WAITING.pop(blocked, None)
        return False

    async def arun(self) -> bool:
        """Lets other tasks run until the load is over."""
        import asyncio

        me = present_owner()
        if not _may_wait(me, me, self.flight):
            return True
        loop = asyncio.get_running_loop()
        over: asyncio.Future[None] = loop.create_future()
        self.flight.on_end(lambda: _tell(loop, over))
        try:
            await over
        finally:
            _WAITING.pop(me, None)
        return False


def _tell(loop: Any, over: Any) -> None:
    """Ends a wait in another thread's loop, if that loop still runs."""
    try:
        loop.call_soon_threadsafe(lambda: over.done() or over.set_result(None))
    except RuntimeError:  # the loop was closed: nobody waits there
        return


_WAITING: dict[Owner, Flight] = {}  # a thread that blocks stands here without its task
_WAITING_LOCK = Lock()


def _may_wait(me: Owner, blocked: Owner, flight: Flight) -> bool:
    """Whether waiting closes no circle; if so the wait is noted.

    Args:
        me: Who asks.
        blocked: Who stands still while waiting: the task, or the thread with all its tasks.
        flight: What would be waited for.
    """
    if flight.owner == me and flight.state == FLYING:
        raise LoadCycleError(
            f"cache key {flight.key!r}",
            "its loader asks the cache for the same key",
            "Let the loader compute the value without the cache.",
        )
    with _WAITING_LOCK:
        ahead: Flight | None = flight
        while ahead is not None and ahead.state == FLYING:
            owner = ahead.owner
            if owner == blocked or (blocked.task is None and owner.thread == blocked.thread):
                return False
            ahead = _WAITING.get(owner) or _WAITING.get(Owner(owner.thread, None))
        _WAITING[blocked] = flight
    return True
