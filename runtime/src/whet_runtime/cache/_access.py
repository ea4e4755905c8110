"""Reads of keys that are not in memory: what decides promotion."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from whet_runtime.cache._node import WINDOW_S

if TYPE_CHECKING:
    from collections.abc import Hashable


class Promotion(NamedTuple):
    """When a value found in a shared tier moves up into memory: either is enough."""

    reads: int = 10  # more than so many reads in all
    recent: int = 3  # at least so many within the last hour


PROMOTION = Promotion()


class AccessLog:
    """How often keys were read from shared tiers, for the keys read last.

    Args:
        most: Keys remembered; the one whose record is oldest goes first.
        rule: When a key is promoted.
    """

    def __init__(self, most: int, rule: Promotion) -> None:
        self._most = most
        self._rule = rule
        self._seen: dict[Hashable, tuple[int, deque[float]]] = {}

    def note(self, key: Hashable, now: float) -> bool:
        """Counts a read; whether the key is to be promoted."""
        total, times = self._seen.pop(key, (0, None))
        times = deque(maxlen=max(1, self._rule.recent)) if times is None else times
        times.append(now)
        self._seen[key] = (total + 1, times)
        while len(self._seen) > self._most:
            try:
                del self._seen[next(iter(self._seen))]
            except (KeyError, StopIteration, RuntimeError):  # another thread was at it too
                break
        return total + 1 > self._rule.reads or self._is_recent(times, now)

    def _is_recent(self, times: deque[float], now: float) -> bool:
        return len(times) >= self._rule.recent > 0 and now - times[0] < WINDOW_S

    def reads(self, key: Hashable, now: float) -> tuple[int, int]:
        """Reads in all and of the last hour; of the latter only as many as the rule needs."""
        total, times = self._seen.get(key, (0, ()))
        return total, sum(1 for time in times if now - time < WINDOW_S)
