"""The loads of one cache, and the invalidations that happen while they run.

A value that was read before an invalidation must not be stored after it. Each load notes how many
invalidations there had been when it began; when it ends, its key and tags are looked up among
those invalidated since, under the lock that invalidation takes first. Only what happens during
loads is remembered.
"""

from __future__ import annotations

from threading import RLock, get_ident
from typing import TYPE_CHECKING

from whet_runtime.cache._flight import ABANDONED, FLYING, Flight
from whet_runtime.cache._fork import guard_forks

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

_MOST_NOTED = 10_000  # beyond, all loads in progress count as overtaken


class Flights:
    """The loads of one cache by key."""

    fork_rank = 1  # outer: the memory tier's lock is taken inside it

    def __init__(self) -> None:
        self.lock = RLock()
        self._by_key: dict[Hashable, Flight] = {}
        self._flying: set[Flight] = set()
        self._count = 0
        self._floor = 0
        self._keys: dict[Hashable, int] = {}
        self._tags: dict[str, int] = {}
        guard_forks(self)

    def join(self, key: Hashable, tags: tuple[str, ...] | None = ()) -> tuple[Flight, bool]:
        """The flight of a key, and whether the caller leads it."""
        with self.lock:
            flight = self._by_key.get(key)
            if flight is not None:
                return flight, False
            flight = self._by_key[key] = self._begin(key, tags)
            return flight, True

    def alone(self, key: Hashable) -> Flight:
        """A flight that nobody can join."""
        with self.lock:
            return self._begin(key, None)

    def _begin(self, key: Hashable, tags: tuple[str, ...] | None) -> Flight:
        flight = Flight(key, self._count, tags)
        self._flying.add(flight)
        return flight

    def end(self, flight: Flight, state: int, outcome: object = None) -> None:
        """Takes a flight out and tells those who wait."""
        with self.lock:
            if self._by_key.get(flight.key) is flight:
                del self._by_key[flight.key]
            self._flying.discard(flight)
            if not self._flying:
                self._keys.clear()
                self._tags.clear()
        flight.end(state, outcome)

    def overtaken(self, flight: Flight, tags: Iterable[str]) -> bool:
        """Whether the key or a tag was invalidated since the load began; the lock is held."""
        if flight.started < self._floor or self._keys.get(flight.key, 0) > flight.started:
            return True
        return any(self._tags.get(tag, 0) > flight.started for tag in tags)

    def note(self, keys: Iterable[Hashable] = (), tags: Iterable[str] = ()) -> None:
        """Notes an invalidation. Those who ask for such a key from now on start another load."""
        with self.lock:
            self._count += 1
            for key in keys:
                self._by_key.pop(key, None)
                if self._flying:
                    self._keys[key] = self._count
            ended = set(tags)
            if self._flying and ended:
                self._tags.update(dict.fromkeys(ended, self._count))
                for flight in list(self._by_key.values()):
                    if flight.tags is None or not ended.isdisjoint(flight.tags):
                        del self._by_key[flight.key]
            if len(self._keys) + len(self._tags) > _MOST_NOTED:
                self.note_all()

    def note_all(self) -> None:
        """Notes that everything was invalidated."""
        with self.lock:
            self._count += 1
            self._floor = self._count
            self._by_key.clear()
            self._keys.clear()
            self._tags.clear()

    def __len__(self) -> int:
        """Loads in progress."""
        return len(self._flying)

    def before_fork(self) -> None:
        """Takes the lock."""
        self.lock.acquire()

    def after_fork(self, *, in_child: bool) -> None:
        """Lets the lock go. In a child the other threads' loads never end: they are forgotten."""
        if in_child:
            mine = get_ident()
            for flight in list(self._flying):
                if flight.owner.thread != mine:
                    self._flying.discard(flight)
                    if self._by_key.get(flight.key) is flight:
                        del self._by_key[flight.key]
                    if flight.state == FLYING:
                        flight.state = ABANDONED
        self.lock.release()
