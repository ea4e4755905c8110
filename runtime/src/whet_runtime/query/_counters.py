"""What a query cache did."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class QueryStatistics(NamedTuple):
    """Counters since the cache was made."""

    hits: int
    loads: int
    bypasses: int  # carried out without looking into the cache
    refusals: Mapping[str, int]  # bypasses by reason
    renewals: Mapping[str, int]  # by table; `*` is the whole database

    @property
    def hit_rate(self) -> float | None:
        """Hits of all reads, 0 to 1; `None` before the first."""
        reads = self.hits + self.loads + self.bypasses
        return self.hits / reads if reads else None


class QueryCounters:
    """Counts, exactly under threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hits = self._loads = 0
        self._refusals: Counter[str] = Counter()
        self._renewals: Counter[str] = Counter()

    def hit(self) -> None:
        """One result came from the cache."""
        with self._lock:
            self._hits += 1

    def loaded(self) -> None:
        """One result came from the database, to be kept."""
        with self._lock:
            self._loads += 1

    def bypassed(self, reason: str) -> None:
        """One statement was carried out without the cache."""
        with self._lock:
            self._refusals[reason] += 1

    def renewed(self, tables: Iterable[str]) -> None:
        """Results that read these tables became stale."""
        with self._lock:
            self._renewals.update(tables)

    def snapshot(self) -> QueryStatistics:
        """The counters of now."""
        with self._lock:
            return QueryStatistics(
                self._hits,
                self._loads,
                self._refusals.total(),
                dict(self._refusals),
                dict(self._renewals),
            )
