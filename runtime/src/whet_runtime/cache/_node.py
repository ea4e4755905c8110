"""The entry of the memory tier. Every slot is eight bytes of every entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Hashable

    from whet_runtime.cache._tags import Generation

WINDOW_S = 3600.0  # reads are recent for an hour
FOREVER = float("inf")
GONE = -FOREVER  # the `wake` of a node that is out of the table
SMALL, MAIN, OUT = range(3)  # the queue a node waits in


class _Read:
    """What reads look at: slots of a base lie first, side by side, in one line of the cache."""

    __slots__ = ("reads", "value", "wake")
    value: Any
    wake: float
    reads: int


class Node(_Read):
    """One key and its value. The table fills the slots: without `__init__` that costs a third.

    Readers take no lock. They read `value` first and `wake` and `extra` after it; who removes a
    node writes `wake` and `extra` first and `value` last; and a node that is over gets no new
    value but is replaced (one that lives may get one: then both values are right). So a reader
    never returns what was cleared, or what was over before the reader began. Eviction takes a node
    out as it is: who still reads or updates it was there before the eviction.

    Attributes:
        key: As given.
        value: As given; `None` once the node was removed.
        wake: Monotonic time from which a read looks closer: the end of its lifetime, and always
            for an entry with `extra`, so that reads of the others pay for one comparison only.
        weight: Bytes by the weigher.
        reads: How often it was read: the hits of the statistics and the frequency of eviction.
        used: For S3-FIFO the part of `reads` that eviction has taken into account, for LRU when
            it was last used, for GDSF its cost by weight.
        place: The queue it waits in.
        extra: What few entries have, or `None`. Then the lifetime ends as it says.
    """

    __slots__ = ("extra", "key", "place", "used", "weight")
    key: Hashable
    weight: int
    used: float
    place: int
    extra: Extra | None

    def end(self) -> float:
        """Monotonic time from which it is not served."""
        extra = self.extra
        return self.wake if extra is None else extra.end


class Extra:
    """Tags, refresh ahead and the window of recent reads of one entry.

    Attributes:
        generations: Of the entry's tags; all must be live.
        end: Monotonic time from which the entry is not served.
        soft: Monotonic time from which one reader is asked to refresh.
        claimed: Until when that reader has the refresh for itself.
        window: Start of the present window of recent reads, or `None` when they are not kept.
        before: `reads` when the present window began.
        previous: Reads in the window before.
    """

    __slots__ = ("before", "claimed", "end", "generations", "previous", "soft", "window")

    def __init__(
        self, generations: tuple[Generation, ...], soft: float, window: float | None
    ) -> None:
        self.generations = generations
        self.end = FOREVER
        self.soft = soft
        self.claimed = GONE
        self.window = window
        self.before = 0
        self.previous = 0

    def live(self) -> bool:
        """Whether none of the entry's tags was invalidated."""
        for generation in self.generations:  # noqa: SIM110  (a generator costs five times as much)
            if not generation.live:
                return False
        return True

    def after(self, old: Extra | None) -> Extra:
        """The same, for an entry whose earlier reads the old extras counted."""
        if old is not None:
            self.window, self.before, self.previous = old.window, old.before, old.previous
        return self

    def roll(self, reads: int, now: float) -> None:
        """Begins a new window of recent reads once the present one is over.

        Args:
            reads: Of the entry, so far.
            now: Monotonic time.
        """
        if self.window is None or now - self.window < WINDOW_S:
            return
        windows = int((now - self.window) // WINDOW_S)
        self.previous = reads - self.before if windows == 1 else 0
        self.before = reads
        self.window += windows * WINDOW_S

    def recent(self, reads: int, now: float) -> float:
        """Reads of the last hour: those of this window and the due share of the one before."""
        self.roll(reads, now)
        if self.window is None:
            return float(reads)
        share = 1.0 - (now - self.window) / WINDOW_S
        return reads - self.before + self.previous * share
