"""What may be asked for next: by what was asked for before, and by the time of day."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from math import floor
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable

_DAY_S = 86_400.0
_SLOT_S = 900.0  # the time of day is kept in quarters of an hour
_FOLLOWERS = 4  # keys remembered that followed one key
_LEAST_SHARE = 0.3  # of the times that the best follower has to have come
_SURE_SHARE, _SURE_SEEN = 0.5, 2
_TIMES = 64  # accesses remembered of one key


class Guess(NamedTuple):
    """A key that may come next."""

    key: Hashable
    sure: bool  # it followed twice at least, and half of the times


class Sequence:
    """Which key follows which: a Markov chain of first order, bounded.

    Args:
        most: Keys remembered; the one not met for longest goes first.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._followers: dict[Hashable, dict[Hashable, int]] = {}

    def note(self, previous: Hashable, key: Hashable) -> None:
        """Learns that `key` was asked for after `previous`."""
        followers = self._followers.pop(previous, None)
        if followers is None:
            followers = {}
            if len(self._followers) >= self._most:
                del self._followers[next(iter(self._followers))]
        self._followers[previous] = followers
        if key not in followers and len(followers) >= _FOLLOWERS:
            rarest = min(followers, key=followers.__getitem__)
            if followers[rarest] > 1:  # it fades before it is forgotten
                followers[rarest] -= 1
                return
            del followers[rarest]
        followers[key] = followers.get(key, 0) + 1

    def predict(self, key: Hashable) -> Guess | None:
        """The key that most often followed, if it did so often enough."""
        followers = self._followers.get(key)
        if not followers:
            return None
        best = max(followers, key=followers.__getitem__)
        seen, times = followers[best], sum(followers.values())
        if seen < _LEAST_SHARE * times:
            return None
        return Guess(best, seen >= _SURE_SEEN and seen >= _SURE_SHARE * times)


class Rhythm:
    """When a key is asked for: at even intervals, or at the same time of day.

    Args:
        most: Keys remembered; the one not asked for for longest goes first.
        least_accesses: A key with no more recorded accesses than this is not predicted.
    """

    def __init__(self, most: int = 10_000, least_accesses: int = 10) -> None:
        self._most = most
        self._least = least_accesses
        self._times: dict[Hashable, deque[float]] = {}

    def note(self, key: Hashable, time_s: float) -> None:
        """Learns an access; seconds since 1970, in a time zone of your choice."""
        times = self._times.pop(key, None)
        if times is None:
            times = deque(maxlen=max(_TIMES, self._least + 1))
            if len(self._times) >= self._most:
                del self._times[next(iter(self._times))]
        self._times[key] = times
        times.append(time_s)

    def predict(self, key: Hashable, now_s: float) -> float | None:
        """When the key will be asked for next, or `None` when nothing says so."""
        times = self._times.get(key)
        if times is None or len(times) <= self._least:
            return None
        even = _next_even(times)
        if even is not None and even >= now_s - _SLOT_S:
            return max(even, now_s)
        return _next_of_day(times, now_s)

    def due(self, now_s: float, ahead_s: float) -> list[Hashable]:
        """The keys that will be asked for within so many seconds."""
        return [
            key
            for key in list(self._times)
            if (when := self.predict(key, now_s)) is not None and when <= now_s + ahead_s
        ]


def _next_even(times: deque[float]) -> float | None:
    """The next of evenly spaced times; `None` when they are not."""
    ordered = sorted(times)
    gaps = [later - earlier for earlier, later in pairwise(ordered)]
    middle = median(gaps)
    if middle <= 0:
        return None
    spread = median([abs(gap - middle) for gap in gaps])
    return ordered[-1] + middle if spread <= 0.2 * middle else None


def _next_of_day(times: deque[float], now_s: float) -> float | None:
    """The next time of day at which it was asked for on two days at least, and on most of them."""
    days_of: dict[int, set[int]] = {}
    for time in times:
        days_of.setdefault(floor(time % _DAY_S / _SLOT_S), set()).add(floor(time / _DAY_S))
    days = len({day for seen in days_of.values() for day in seen})
    slots = [slot for slot, seen in days_of.items() if len(seen) >= max(2, 0.6 * days)]
    if not slots:
        return None
    midnight = floor(now_s / _DAY_S) * _DAY_S
    starts = [midnight + slot * _SLOT_S for slot in slots]
    return min(
        max(now_s, start) if start + _SLOT_S > now_s else start + _DAY_S for start in starts
    )
