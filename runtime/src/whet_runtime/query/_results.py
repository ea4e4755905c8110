"""Where results of queries are kept: in this process, or in a tier that processes share."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from whet_runtime._steps import drive
from whet_runtime.cache._numbers import random_number
from whet_runtime.cache._tier import Record
from whet_runtime.clock import SYSTEM_CLOCK
from whet_runtime.errors import CodecError, TierUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from whet_runtime.cache._codec import ValueCodec
    from whet_runtime.cache._memory import MemoryTier
    from whet_runtime.cache._tier import SharedTier
    from whet_runtime.clock import Clock


class Rows(NamedTuple):
    """The result of a query."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


class Found(NamedTuple):
    """What was found, and what a store has to match: the state before the load."""

    rows: Rows | None
    generations: Mapping[str, int]
    mark: int
    usable: bool = True  # False: the place is out of reach, nothing is to be stored


class Results(Protocol):
    """A place for results."""

    def find(self, key: str, tags: Sequence[str]) -> Found:
        """What is at a key, while none of its tags was renewed."""
        ...

    def store(self, key: str, rows: Rows, life_s: float, before: Found) -> None:
        """Keeps a result that was loaded after `before` was found."""
        ...

    def renew(self, tags: Sequence[str]) -> None:
        """Makes every result that carries one of the tags stale."""
        ...


class LocalResults:
    """Results in this process's memory.

    Args:
        memory: Bounds them.
    """

    def __init__(self, memory: MemoryTier) -> None:
        self._memory = memory
        self._generations: dict[str, int] = {}
        self._lock = threading.Lock()

    def find(self, key: str, tags: Sequence[str]) -> Found:
        """What is at a key, while none of its tags was renewed."""
        with self._lock:
            current = {tag: self._generations.setdefault(tag, random_number()) for tag in tags}
        kept = self._memory.get(key)
        rows = None
        if kept is not None and kept[0] == current:
            rows = Rows(kept[1].columns, list(kept[1].rows))  # the caller may change its list
        return Found(rows, current, 0)

    def store(self, key: str, rows: Rows, life_s: float, before: Found) -> None:
        """Keeps a result; one whose tag was renewed meanwhile never matches."""
        kept = Rows(rows.columns, list(rows.rows))
        self._memory.set(key, (before.generations, kept), lifetime_s=life_s)

    def renew(self, tags: Sequence[str]) -> None:
        """Makes every result that carries one of the tags stale."""
        with self._lock:
            for tag in tags:
                self._generations[tag] = random_number()


class SharedResults:
    """Results in a tier that processes share.

    A renewal that did not get through is repeated before anything is read again.

    Args:
        tier: Redis or disk.
        codec: Writes the rows.
        clock: What tells the time.
    """

    def __init__(self, tier: SharedTier, codec: ValueCodec, clock: Clock = SYSTEM_CLOCK) -> None:
        self._tier = tier
        self._codec = codec
        self._clock = clock
        self._owed: set[str] = set()
        self._lock = threading.Lock()

    def find(self, key: str, tags: Sequence[str]) -> Found:
        """What is at a key, while none of its tags was renewed."""
        try:
            self._pay()
            seen = drive(self._tier.read([key], tags))
        except TierUnavailable:
            return Found(None, {}, 0, usable=False)
        record, mark = seen.sights[key]
        rows = None
        if record is not None and record.generations == seen.generations:
            with suppress(CodecError):
                columns, found = self._codec.decode(record.body, record.fingerprint)
                rows = Rows(tuple(columns), [tuple(row) for row in found])
        return Found(rows, seen.generations, mark)

    def store(self, key: str, rows: Rows, life_s: float, before: Found) -> None:
        """Keeps a result unless its key or tags changed, or its values cannot be written."""
        if not before.usable:
            return
        now_s = self._clock.time()
        with suppress(CodecError, TierUnavailable):
            body, fingerprint = self._codec.encode(
                [list(rows.columns), list(map(list, rows.rows))]
            )
            end_s = now_s + life_s
            record = Record(
                body, fingerprint, now_s, end_s, end_s, before.generations, 0.0, len(body)
            )
            drive(self._tier.write(key, record, seen=before.mark))

    def renew(self, tags: Sequence[str]) -> None:
        """Makes every result that carries one of the tags stale, now or before the next read."""
        with self._lock:
            self._owed.update(tags)
        with suppress(TierUnavailable):
            self._pay()

    def _pay(self) -> None:
        """Repeats what did not get through.

        Raises:
            TierUnavailable: It still does not.
        """
        if self._owed:
            with self._lock:
                owed = tuple(self._owed)
            drive(self._tier.renew(owed))
            with self._lock:
                self._owed.difference_update(owed)


class Flights:
    """One load for all threads that ask the same at the same state of the tables."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flying: dict[object, _Flight] = {}

    def join(self, key: object) -> tuple[_Flight, bool]:
        """The flight of a key, and whether the caller is to carry it out."""
        with self._lock:
            flight = self._flying.get(key)
            if flight is None:
                flight = self._flying[key] = _Flight()
                return flight, True
            return flight, False

    def land(self, key: object, rows: Rows | None) -> None:
        """Hands the result to those who wait; `None` lets each of them load for itself."""
        with self._lock:
            flight = self._flying.pop(key)
        flight.rows = rows
        flight.landed.set()


class _Flight:
    def __init__(self) -> None:
        self.rows: Rows | None = None
        self.landed = threading.Event()
