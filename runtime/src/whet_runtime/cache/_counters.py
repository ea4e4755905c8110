"""Counters of a shared tier, exact under threads."""

from __future__ import annotations

import threading


class Counters:
    """What a tier did since it was opened."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.hits = self.misses = self.writes = self.removals = 0
        self.evictions = self.faults = self.corrupt = 0

    def read(self, hits: int, misses: int) -> None:
        """Counts the keys of one read."""
        with self._lock:
            self.hits += hits
            self.misses += misses

    def hit(self) -> None:
        """Counts a read of one key that found it."""
        with self._lock:
            self.hits += 1

    def wrote(self, records: int) -> None:
        """Counts stored records."""
        with self._lock:
            self.writes += records

    def removed(self, keys: int) -> None:
        """Counts removals by key."""
        with self._lock:
            self.removals += keys

    def evicted(self, records: int) -> None:
        """Counts records that made room."""
        with self._lock:
            self.evictions += records

    def failed(self) -> None:
        """Counts an operation that the tier could not carry out."""
        with self._lock:
            self.faults += 1

    def unreadable(self, records: int = 1) -> None:
        """Counts records that were dropped because they cannot be read."""
        with self._lock:
            self.corrupt += records
