"""What a shared tier (Redis, disk) is to the cache: records in, records out, faults said aloud.

Every operation is a generator of steps (see `_steps`): written once, driven by a thread or by an
event loop. Rules of the contract, which the tests of each tier check:

*   **Faults.** An operation that cannot be carried out raises `TierUnavailable` after a bounded
    wait (a time-out, an open circuit, a full disk) and counts it. It raises nothing else. The
    cache turns it into a miss, or remembers an invalidation that did not get through and repeats
    it before the tier is trusted again.
*   **Corrupt or foreign bytes** (header, format version, checksum) are a miss, counted as
    `corrupt` and removed; never an exception.
*   **Expiry.** `read` never returns a record beyond its hard expiry. A record past its soft
    expiry is returned: the cache refreshes it in the background.
*   **Tags are generations.** Each tag has a random 63-bit id at the tier; a record carries the
    ids of its tags as they were *before its value was loaded*; `read` returns it only while all
    of them are still current. Invalidation renews the id: O(1) in the number of keys, and one
    round trip. An id that the tier lost (evicted) is made anew at random, which makes its records
    stale, never fresh.
*   **Marks close the race of keys.** Each stored record, and each removal, leaves a random id (the
    mark) at its key. `read` answers the mark it saw (0: nothing there), and `write(...,
    seen=mark)` stores only if the mark is still the same. So a value that was loaded before
    somebody invalidated its key is never stored after it. A removal's mark must outlive the
    longest load: `GRACE_S`. `seen=None` writes whatever is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from whet_runtime._steps import Steps

GRACE_S = 60.0  # how long the mark of a removal stays: the longest load that is protected
ANY_TAG = "*"  # renewed by the cache with every invalidation of tags; reserved, never in a record


class Record(NamedTuple):
    """A value as a shared tier keeps it. Times are seconds since 1970 (wall clock, shared)."""

    body: bytes  # the encoded value
    fingerprint: int  # of the codec and of the value's type; a codec refuses what it does not know
    created_s: float
    soft_s: float  # from here on refreshed ahead; equal to `hard_s` when there is no refresh
    hard_s: float  # never served from here on
    generations: Mapping[str, int]  # tag -> its id when the load began
    load_s: float  # what loading cost, for early refresh (XFetch); 0.0 when not known
    weight: int  # bytes of the body plus what the tier adds; informative


class Sight(NamedTuple):
    """What a tier holds at one key."""

    record: Record | None  # None: absent, expired, invalidated or corrupt
    mark: int  # random id of whatever is at the key; 0 when nothing is


class Seen(NamedTuple):
    """What one read of several keys and tags showed, in one round trip where the tier can."""

    sights: Mapping[str, Sight]  # every key asked for
    generations: Mapping[str, int]  # every tag asked for, as it is now; made when missing


class Notice(NamedTuple):
    """An invalidation made elsewhere: drop these from the near tier."""

    keys: Sequence[str] = ()
    tags: Sequence[str] = ()
    everything: bool = False  # also sent after a lost connection: what was missed is not known


class TierStatistics(NamedTuple):
    """Counters of one tier since it was opened; `None` where the tier cannot tell."""

    name: str
    hits: int
    misses: int
    writes: int
    removals: int  # by key
    evictions: int | None
    faults: int  # operations that ended in TierUnavailable
    corrupt: int  # records dropped as unreadable
    size: int | None  # records held
    memory_bytes: int | None  # bytes held, in memory or on disk
    max_size: int | None
    max_bytes: int | None
    state: str  # "open", "unavailable" (circuit open, read-only) or "closed"


class SharedTier(Protocol):
    """A tier that several processes use. Keys and tags are text; a namespace is the tier's own."""

    name: str  # "redis", "disk": the name in statistics

    def read(self, keys: Sequence[str], tags: Sequence[str] = ()) -> Steps[Seen]:
        """What is at the keys, and the current generations of the tags (made if missing)."""
        ...

    def generations(self, tags: Sequence[str]) -> Steps[Mapping[str, int]]:
        """The current generation of each tag, made if missing; `ANY_TAG` is read last."""
        ...

    def write(self, key: str, record: Record, *, seen: int | None) -> Steps[bool]:
        """Stores a record unless the mark at its key is not `seen` any more; whether it did."""
        ...

    def write_many(self, records: Mapping[str, Record]) -> Steps[int]:
        """Stores records whatever is there, in as few round trips as possible; how many."""
        ...

    def remove(self, keys: Sequence[str]) -> Steps[int]:
        """Removes keys, leaves marks for `GRACE_S`, tells other processes; how many were there."""
        ...

    def renew(self, tags: Sequence[str]) -> Steps[None]:
        """Gives each tag a new random generation in one round trip, and tells other processes."""
        ...

    def clear(self) -> Steps[None]:
        """Removes everything of this namespace, and tells other processes."""
        ...

    def covered(self, tag: str, limit: int) -> Steps[list[str]]:
        """Up to `limit` keys whose live record carries the tag. May scan: it is for people."""
        ...

    def lease(self, key: str, seconds: float) -> Steps[int | None]:
        """A token when this caller may load the key, `None` while another process holds it."""
        ...

    def release(self, key: str, token: int) -> Steps[None]:
        """Gives the lease back, if the token still owns it."""
        ...

    def listen(self, receive: Callable[[Notice], None]) -> None:
        """Calls `receive`, from any thread, with invalidations made by other processes.

        A tier that cannot be told pushes nothing; the cache's near lifetime is the backstop.
        """
        ...

    def statistics(self) -> TierStatistics:
        """Counters, without waiting."""
        ...

    def close(self) -> Steps[None]:
        """Releases connections and threads. Operations afterwards raise `TierUnavailable`."""
        ...


class Codec(Protocol):
    """Values to bytes and back. Both methods raise `CodecError`, and nothing else."""

    def encode(self, value: object) -> tuple[bytes, int]:
        """The bytes and the fingerprint of codec, format and type."""
        ...

    def decode(self, body: bytes, fingerprint: int) -> object:
        """The value; a fingerprint that is not one of this codec is refused."""
        ...
