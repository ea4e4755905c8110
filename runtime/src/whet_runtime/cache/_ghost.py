"""The keys that were evicted lately, as marks in flat tables: about sixteen bytes a key."""

from __future__ import annotations

_MARKS = 127  # different marks: small integers, made once
_SPREAD = 8  # slots for each key of a generation: one key in seventeen is overwritten early


class Ghost:
    """A set of keys that forgets the oldest, approximately first in first out.

    There are two tables of marks: keys are added to the young one, and when that has its fill it
    becomes the old one. So a key is remembered while `generation` to twice as many others come.
    With `rest = hash % span`, slot `rest % slots` holds `rest // slots + 1`, or 0 for none (hashes
    have 61 bits, and each operation on one takes as long as five on the rest); `slots` is a prime,
    so that keys at regular distances, as integers often are, do not meet in few slots. One key in
    a thousand that was never added is taken for one that was, which only admits it early.

    `S3Fifo` reads and writes the tables itself: a call for each key would double the time.

    Args:
        generation: How many keys a table takes in, at least 1.

    Source: the ghost queue of S3-FIFO, Yang et al., "FIFO queues are all you need for cache
        eviction", SOSP 2023, section 4.
    """

    __slots__ = ("added", "generation", "old", "slots", "span", "young")

    def __init__(self, generation: int) -> None:
        self.generation = generation
        self.slots = _prime_from(_SPREAD * generation)
        self.span = _MARKS * self.slots
        self.old = self.young = bytearray(self.slots)
        self.added = 0

    def recall(self, key: object) -> bool:
        """Whether a key is remembered; it then is no longer."""
        rest = hash(key) % self.span
        slot, mark = rest % self.slots, rest // self.slots + 1
        if mark not in {self.young[slot], self.old[slot]}:
            return False
        self.forget(slot, mark)
        return True

    def forget(self, slot: int, mark: int) -> None:
        """Forgets a key that was found in a slot."""
        for marks in (self.young, self.old):
            if marks[slot] == mark:
                marks[slot] = 0

    def turn(self) -> None:
        """Forgets the old generation and begins a new one."""
        self.old, self.young = self.young, bytearray(self.slots)
        self.added = 0


def _prime_from(number: int) -> int:
    """The least odd prime that is not below a number."""
    number = max(3, number | 1)
    while any(number % one == 0 for one in range(3, int(number**0.5) + 1, 2)):
        number += 2
    return number
