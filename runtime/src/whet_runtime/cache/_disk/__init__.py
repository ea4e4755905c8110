"""The disk tier: one SQLite database and a folder of large values, for any number of processes.

A killed writer loses at most what it was writing and what waited to be written with it. After a
power failure the last moments may be missing, invalidations among them: SQLite does not wait for
the disk at each write.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from whet_runtime._steps import InThread
from whet_runtime.cache._breaker import Breaker
from whet_runtime.cache._counters import Counters
from whet_runtime.cache._disk._entries import Entries
from whet_runtime.cache._disk._notices import Listener
from whet_runtime.cache._disk._store import Store
from whet_runtime.cache._tier import Notice, Record, Seen, TierStatistics
from whet_runtime.clock import SYSTEM_CLOCK
from whet_runtime.errors import MisuseError, TierUnavailable

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence

    from whet_runtime._steps import Steps
    from whet_runtime.clock import Clock

__all__ = ["DiskTier"]

_SMALLEST_BOUND_BYTES = 262_144
# Copying the log into the database is a tenth of what writes take when it is four times as long.
_LOG_PAGES = (1_000, 4_000)  # least and most
_LOG_SHARE = 65_536  # a page of log for so many bytes of the bound: a 16th of it


class DiskTier:
    """A tier on disk.

    Args:
        directory: Its own directory; made if missing, mode 0700. On a local file system: SQLite's
            log does not work over a network.
        max_bytes: The bound of database pages and value files; kept within a 64th of it for each
            writing process. SQLite's log comes on top: a 16th of it, at least 4 MB, at most 16.
        timeout_s: The longest wait for another process's write.
        poll_s: How often invalidations of other processes are looked for, once `listen` is called.
        delay_s: How long a value of up to 32 KB may wait to be written together with others, at
            most 32. This process sees it at once, others when it is written; a process that is
            killed before leaves what was there. 0 writes each value before `write` returns.
        clock: What tells the time.

    Raises:
        MisuseError: A bound below 256 KiB, a time that is not positive, or no file locks here.
    """

    name = "disk"

    def __init__(
        self,
        directory: str | os.PathLike[str],
        *,
        max_bytes: int = 1_000_000_000,
        timeout_s: float = 0.25,
        poll_s: float = 0.05,
        delay_s: float = 0.01,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        if max_bytes < _SMALLEST_BOUND_BYTES:
            raise MisuseError(
                f"max_bytes={max_bytes}",
                "a database with its log does not fit",
                f"Give at least {_SMALLEST_BOUND_BYTES}",
            )
        if timeout_s <= 0 or poll_s <= 0 or delay_s < 0:
            raise MisuseError(
                f"timeout_s={timeout_s}, poll_s={poll_s}, delay_s={delay_s}",
                "the first two must be positive and the last not negative",
                "Give seconds",
            )
        self.max_bytes = max_bytes
        self._poll_s = poll_s
        self._counters = Counters()
        log_pages = min(max(_LOG_PAGES[0], max_bytes // _LOG_SHARE), _LOG_PAGES[1])
        self._store = Store(Path(directory).absolute(), timeout_s, log_pages)
        self._entries = Entries(
            self._store, clock, max_bytes, self._counters, delay_s, self._write_late
        )
        self._breaker = Breaker(self._entries.probe, slow_s=timeout_s * 2)
        self._listeners: list[Listener] = []
        self._closed = False

    def read(self, keys: Sequence[str], tags: Sequence[str] = ()) -> Steps[Seen]:
        """What is at the keys, and the tags as they are now."""
        entries = self._entries
        seen: Seen
        if len(keys) == 1 and not tags:
            seen = yield _Guarded(self, entries.read_one, keys)
        else:
            seen = yield _Guarded(self, entries.read, (keys, tags))
        if entries.notes_are_due:
            with suppress(TierUnavailable):  # what was read is good all the same
                yield _Guarded(self, entries.note_use, ())
        return seen

    def generations(self, tags: Sequence[str]) -> Steps[Mapping[str, int]]:
        """The tags as they are now, made where missing."""
        found: Mapping[str, int] = yield self._step(self._entries.generations, tags)
        return found

    def write(self, key: str, record: Record, *, seen: int | None) -> Steps[bool]:
        """Takes a record unless the mark at its key has changed; whether it did.

        One that waits to be written is dropped if somebody else changes the key before that.
        """
        stored: bool = yield _Guarded(self, self._entries.write, (key, record, seen))
        self._counters.wrote(stored)
        return stored

    def write_many(self, records: Mapping[str, Record]) -> Steps[int]:
        """Stores records whatever is there; how many."""
        count: int = yield self._step(self._entries.write_many, records)
        self._counters.wrote(count)
        return count

    def remove(self, keys: Sequence[str]) -> Steps[int]:
        """Removes keys and tells other processes; how many were there."""
        count: int = yield self._step(self._entries.remove, keys)
        self._counters.removed(len(keys))
        return count

    def renew(self, tags: Sequence[str]) -> Steps[None]:
        """Invalidates tags and tells other processes."""
        yield self._step(self._entries.renew, tags)

    def clear(self) -> Steps[None]:
        """Removes everything and tells other processes."""
        yield self._step(self._entries.clear)

    def covered(self, tag: str, limit: int) -> Steps[list[str]]:
        """Up to `limit` keys whose live record carries the tag; reads every entry."""
        keys: list[str] = yield self._step(self._entries.covered, tag, limit)
        return keys

    def lease(self, key: str, seconds: float) -> Steps[int | None]:
        """A token when this caller may load the key."""
        token: int | None = yield self._step(self._entries.lease, key, seconds)
        return token

    def release(self, key: str, token: int) -> Steps[None]:
        """Gives a lease back."""
        yield self._step(self._entries.release, key, token)

    def listen(self, receive: Callable[[Notice], None]) -> None:
        """Hands on invalidations of other processes, at most `poll_s` later."""
        self._listeners.append(Listener(self._store, self._entries.origin, receive, self._poll_s))

    def statistics(self) -> TierStatistics:
        """Counters; the bytes are `None` while the database cannot be asked."""
        counters = self._counters
        state = "closed" if self._closed else "unavailable" if self._breaker.open else "open"
        used_bytes = None
        if state == "open":
            try:
                used_bytes = self._entries.used_bytes()
            except TierUnavailable:
                used_bytes = None
        return TierStatistics(
            name=self.name,
            hits=counters.hits,
            misses=counters.misses,
            writes=counters.writes,
            removals=counters.removals,
            evictions=counters.evictions,
            faults=counters.faults,
            corrupt=counters.corrupt + self._store.replacements,
            size=None,
            memory_bytes=used_bytes,
            max_size=None,
            max_bytes=self.max_bytes,
            state=state,
        )

    def close(self) -> Steps[None]:
        """Ends the threads and closes the database."""
        self._closed = True
        yield InThread(self._close)

    def _close(self) -> None:
        self._breaker.close()
        for listener in self._listeners:
            listener.close()
        with suppress(TierUnavailable):  # counted
            self.guarded(self._entries.flush, ())
        self._store.close()
        self._entries.close()

    def _write_late(self) -> None:
        """Writes what waits; while the circuit is open it waits on."""
        if not self._breaker.open:
            with suppress(TierUnavailable):  # counted
                self.guarded(self._entries.flush, ())

    def _step(self, operation: Callable[..., Any], *arguments: Any) -> _Guarded:
        return _Guarded(self, operation, arguments)

    def guarded(self, operation: Callable[..., Any], arguments: Sequence[Any]) -> Any:
        """Carries out an operation unless the disk failed a moment ago."""
        breaker = self._breaker
        if breaker.open and not breaker.allows():
            self._counters.failed()
            raise self._store.unavailable("it failed a moment ago and is being probed")
        began = monotonic()
        try:
            result = operation(*arguments)
        except TierUnavailable:
            self._counters.failed()
            if not self._closed:
                self._breaker.failed()
            raise
        except Exception as error:
            self._counters.failed()
            raise self._store.unavailable(f"{type(error).__name__}: {error}") from error
        breaker.answered(monotonic() - began)
        return result


class _Guarded:
    """A step that is one operation on the disk."""

    __slots__ = ("arguments", "operation", "tier")

    def __init__(
        self, tier: DiskTier, operation: Callable[..., Any], arguments: Sequence[Any]
    ) -> None:
        self.tier = tier
        self.operation = operation
        self.arguments = arguments

    def run(self) -> Any:
        """Carries it out here."""
        return self.tier.guarded(self.operation, self.arguments)

    async def arun(self) -> Any:
        """Carries it out in a worker thread."""
        import asyncio

        return await asyncio.to_thread(self.run)
