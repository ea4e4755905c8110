"""Which files are likely asked for next: learned successors first, neighbors in the folder else.

Five candidates a file, the ten best scored are loaded. The hit rate is measured, and once it shows
that loading ahead does not pay it is switched off; it is tried again after a while, because what
reads the files changes (a walk in order can be foretold, a search cannot).
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from typing import TYPE_CHECKING

from whet.records.tags import PrefetchStatistics

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

CANDIDATES = 5  # a file
BEST = 10  # loaded at once
_DECIDED = 40  # loaded files after which the hit rate is believed
_LEAST_RATE = 0.2  # below it loading ahead costs more than it saves
_REST = 500  # files asked for before it is tried again
_RECENT = 8
_MOST_LEARNED = 20_000  # files whose successors are remembered
_PER_FILE = 4  # successors
_SUCCESSOR_WEIGHT = 4.0
_NEIGHBOR_WEIGHT = 2.0


class Prefetcher:
    """Foretells, and counts how often it was right. Not safe for threads: its owner locks."""

    def __init__(self, files: Iterable[str] = ()) -> None:
        self._order: list[str] = []
        self._place: dict[str, int] = {}
        self._next: OrderedDict[str, Counter[str]] = OrderedDict()
        self._recent: list[str] = []
        self._waiting: set[str] = set()
        self.active = True
        self.loaded = self.used = self.wasted = 0
        self._window_used = self._window_decided = 0
        self._rested = 0
        self.know(files)

    def __bool__(self) -> bool:
        """Whether it knows of files that could come next."""
        return bool(self._order)

    def know(self, files: Iterable[str]) -> None:
        """Take the files there are; neighbors are those next to each other by name."""
        self._order = sorted(files)
        self._place = {file: place for place, file in enumerate(self._order)}

    def asked(self, file: str) -> bool:
        """Note that a file is asked for. Returns whether it had been loaded ahead."""
        if self._recent and self._recent[-1] != file:
            self._learn(self._recent[-1], file)
        self._recent = [*self._recent[-(_RECENT - 1) :], file]
        if not self.active:
            self._rested += 1
            if self._rested >= _REST:
                self.active, self._rested = True, 0
        right = file in self._waiting
        if right:
            self._waiting.discard(file)
            self.used += 1
            self._decide(used=True)
        return right

    def dropped(self, file: str) -> None:
        """Note that a file went out of memory; if nobody had asked for it, it was in vain."""
        if file in self._waiting:
            self._waiting.discard(file)
            self.wasted += 1
            self._decide(used=False)

    def next_files(self, known: Container[str] = ()) -> list[str]:
        """The files to load now, the likeliest first; none while switched off.

        Args:
            known: Those in memory already.
        """
        if not self.active:
            return []
        scores: Counter[str] = Counter()
        for age, file in enumerate(reversed(self._recent)):
            for rank, (candidate, weight) in enumerate(self._candidates(file)[:CANDIDATES]):
                scores[candidate] += weight / (1 + age) / (1 + rank)  # type: ignore[assignment]  # a Counter holds any number
        best = [file for file, _ in scores.most_common(BEST + len(self._recent))]
        return [f for f in best if f not in known and f not in self._recent][:BEST]

    def loaded_ahead(self, files: Iterable[str]) -> None:
        """Note what was loaded; the oldest that nobody asked for count as vain."""
        for file in files:
            if file not in self._waiting:
                self._waiting.add(file)
                self.loaded += 1

    def statistics(self) -> PrefetchStatistics:
        """What it did so far."""
        decided = self.used + self.wasted
        return PrefetchStatistics(
            loaded=self.loaded,
            used=self.used,
            wasted=self.wasted,
            hit_rate=self.used / decided if decided else None,
            active=self.active,
        )

    def _candidates(self, file: str) -> list[tuple[str, float]]:
        learned = self._next.get(file, Counter())
        found = [
            (name, _SUCCESSOR_WEIGHT * times) for name, times in learned.most_common(_PER_FILE)
        ]
        place = self._place.get(file)
        if place is not None:
            folder = file.rpartition("/")[0]
            for step in (1, 2, 3, 4, -1):
                at = place + step
                if 0 <= at < len(self._order):
                    near = self._order[at]
                    same = near.rpartition("/")[0] == folder
                    found.append((near, _NEIGHBOR_WEIGHT if same else 1.0))
        return found

    def _learn(self, before: str, after: str) -> None:
        successors = self._next.setdefault(before, Counter())
        self._next.move_to_end(before)
        successors[after] += 1
        if len(successors) > 2 * _PER_FILE:
            self._next[before] = Counter(dict(successors.most_common(_PER_FILE)))
        if len(self._next) > _MOST_LEARNED:
            self._next.popitem(last=False)

    def _decide(self, *, used: bool) -> None:
        self._window_used += used
        self._window_decided += 1
        if self._window_decided >= _DECIDED:
            self.active = self._window_used / self._window_decided >= _LEAST_RATE
            self._window_used = self._window_decided = 0
