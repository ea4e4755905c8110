"""The keys that were evicted lately, as hashes in a flat table: eight to sixteen bytes a key."""

from __future__ import annotations

from array import array

_LOW = 0xFF
_MIX = 0x9E3779B1  # spreads hashes that differ in few bits, as those of integers do
_SPAN = 128  # ticks that a hash is remembered, of 256 that can be told apart
_SLOTS = 4  # for each hash


class Ghost:
    """A set of hashes that forgets the oldest, approximately first in first out.

    A slot of 16 bits holds eight bits of the hash and the tick at which it came. With four slots
    for each hash, one in nine is overwritten before its time. Ticks come round, so that in one
    case of fifty a hash from long ago is taken for a late one, which only admits its key early.

    Args:
        limit: How many hashes are remembered, at least 1.

    Source: the ghost queue of S3-FIFO, Yang et al., "FIFO queues are all you need for cache
        eviction", SOSP 2023, section 4.
    """

    __slots__ = ("_added", "_bits", "_every", "_mask", "_slots", "_tick", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._bits = max(8, (_SLOTS * limit - 1).bit_length())
        self._mask = (1 << self._bits) - 1
        self._slots = array("H", bytes(2 << self._bits))
        self._every = -(-limit // _SPAN)
        self._tick = _SPAN + 1  # empty slots (tick 0) are beyond the span
        self._added = 0

    def add(self, key_hash: int) -> None:
        """Remembers a hash."""
        self._added += 1
        if self._added >= self._every:
            self._added = 0
            self._tick = (self._tick + 1) & _LOW
        mixed = key_hash * _MIX
        mixed ^= mixed >> 29  # what differs high must differ low
        self._slots[mixed & self._mask] = (mixed >> self._bits & _LOW) << 8 | self._tick

    def take(self, key_hash: int) -> bool:
        """Whether a hash is remembered; it is forgotten by asking."""
        mixed = key_hash * _MIX
        mixed ^= mixed >> 29  # what differs high must differ low
        slot = self._slots[mixed & self._mask]
        if slot >> 8 != mixed >> self._bits & _LOW or (self._tick - slot) & _LOW > _SPAN:
            return False
        self._slots[mixed & self._mask] = (self._tick - _SPAN - 1) & _LOW
        return True
