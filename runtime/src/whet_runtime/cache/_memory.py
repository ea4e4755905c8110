"""The memory tier: bounded by entries and bytes, read without a lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from whet_runtime.cache._node import FOREVER, WINDOW_S, Extra, Node
from whet_runtime.cache._priority import Gdsf, Lru
from whet_runtime.cache._reading import bare_read, refuse, stamped, timed_read
from whet_runtime.cache._s3fifo import S3Fifo
from whet_runtime.cache._table import UNBOUND, Table
from whet_runtime.cache._weigh import weigh
from whet_runtime.cache._writing import plain_write
from whet_runtime.clock import SYSTEM_CLOCK, Clock
from whet_runtime.errors import MisuseError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from whet_runtime.cache._reading import Read
    from whet_runtime.cache._writing import Write

MISSING: Any = type("Missing", (), {"__repr__": lambda _: "<missing>"})()
_POLICIES = ("s3fifo", "lru")


class MemoryStatistics(NamedTuple):
    """What a memory tier did since it was made, and what it holds."""

    hits: int
    misses: int | None  # None when they are not counted
    insertions: int
    updates: int
    evictions: int
    expirations: int  # entries dropped because their time was over
    invalidations: int  # entries dropped because one of their tags was invalidated
    refused: int  # values heavier than the whole tier, or offered while it is bypassed
    size: int
    memory_bytes: int | None  # by the weigher; None where nothing is weighed
    max_size: int | None
    max_bytes: int | None


class Reads(NamedTuple):
    """How often one key was read."""

    total: int
    recent: float | None  # within the last hour; None where entries live longer untracked


class MemoryTier:
    """A cache in this process: S3-FIFO, two bounds, lifetimes, tags, statistics.

    `get(key, default=None)`, `claim(key, default=None)` and `set` are functions kept in
    attributes, and take no lock. `claim` differs from `get` in one thing: past the soft lifetime
    of an entry it gives one caller the default, who then refreshes it, while all others are still
    served. `set` is described at `Write`. From 200 entries on up to a hundredth of them, 32 at
    most, leave at a time.

    Args:
        max_size: Most entries, at least 1; `None` for no bound.
        max_memory_mb: Most megabytes (10^6 bytes) by the weigher; `None` for no bound.
        lifetime_s: Seconds after which an entry is never served again; `None` for no end. It may
            end a millisecond early (a hundredth, where that is less).
        eviction: "s3fifo" or "lru".
        weigher: Bytes of an entry by key and value, an int above 0. Without one, `weigh` where
            there is a byte bound, else nothing is weighed.
        cost: What loading an entry costs, by key and value, above 0. When given, eviction weighs
            frequency and cost against size (GDSF) and `eviction` does not count.
        statistics: Whether misses and recent reads are counted. Without them and without a
            lifetime reads are faster still, and entries can have neither lifetimes nor tags.
        clock: What tells the time.

    Raises:
        MisuseError: A bound, lifetime or name that cannot be.
    """

    def __init__(  # noqa: PLR0913  (each is a setting of its own, with a default)
        self,
        max_size: int | None = 1_000,
        max_memory_mb: float | None = 50.0,
        lifetime_s: float | None = 3_600.0,
        *,
        eviction: str = "s3fifo",
        weigher: Callable[[Any, Any], int] | None = None,
        cost: Callable[[Any, Any], float] | None = None,
        statistics: bool = True,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        _check(max_size, max_memory_mb, lifetime_s, eviction)
        self.lifetime_s = lifetime_s
        self._bare = lifetime_s is None and not statistics
        self._life = FOREVER if lifetime_s is None else float(lifetime_s)
        self._now = clock.monotonic
        self._cost = cost
        self._weigh = weigher or (None if max_memory_mb is None and cost is None else weigh)
        policy = Gdsf() if cost else Lru() if eviction == "lru" else S3Fifo()
        self._table = table = Table(policy, self._now, keeps_values=self._bare)
        self.get: Read = self._reader(table.closer)
        self.claim: Read = self._reader(table.closer_claiming)
        self.set: Write = (
            plain_write(table, policy, self._now, self._life, self._weigh, self._set)
            if isinstance(policy, S3Fifo)
            else self._set
        )
        self.resize(max_size, None if max_memory_mb is None else int(max_memory_mb * 1e6))

    def _reader(self, closer: Callable[[Node], bool]) -> Read:
        table = self._table
        read = (
            bare_read(table.nodes)
            if self._bare
            else timed_read(table.nodes, self._now, closer, table.misses)
        )
        if isinstance(table.policy, Lru) and table.policy.reads_stamp:
            return stamped(table.nodes, read, table.policy.stamp, MISSING)
        return read

    def _set(
        self,
        key: Hashable,
        value: Any,
        *,
        lifetime_s: float | None = None,
        soft_s: float | None = None,
        tags: Iterable[str] = (),
    ) -> bool:
        """Stores any value: see `Write`."""
        weight = 0 if self._weigh is None else self._weigh(key, value)
        if lifetime_s is None and soft_s is None and not tags:
            life, extra = self._life, None
        else:
            life = self._check_life(lifetime_s)
            extra = self._extra(soft_s, tags)
        used = 0.0 if self._cost is None else self._density(key, value, weight)
        if weight < 1 and self._weigh is not None:
            raise _refused(f"weight {weight!r} of cache key {key!r}")
        now = 0.0 if life == FOREVER and extra is None else self._now()
        try:
            hash(key)
        except TypeError as error:
            raise refuse(key) from error
        return self._table.put(key, value, now, now + life, weight, used, extra)

    def _check_life(self, lifetime_s: float | None) -> float:
        if self._bare:
            raise MisuseError(
                "lifetime_s, soft_s or tags of a cache entry",
                "the tier was made without lifetime and statistics",
                "Make it with statistics=True.",
            )
        if lifetime_s is None:
            return self._life
        if not lifetime_s > 0:
            raise _refused(f"lifetime_s={lifetime_s!r}")
        return lifetime_s

    def _density(self, key: Any, value: Any, weight: int) -> float:
        cost = 1.0 if self._cost is None else self._cost(key, value)
        if not cost > 0:
            raise _refused(f"cost {cost!r} of cache key {key!r}")
        return cost / weight

    def _extra(self, soft_s: float | None, tags: Iterable[str]) -> Extra:
        now = self._now()
        soft = FOREVER if soft_s is None else now + soft_s
        names = (tags,) if isinstance(tags, str) else tags
        return self._table.new_extra(names, soft, now)

    def delete(self, key: Hashable) -> bool:
        """Removes a key; whether a read would have found it."""
        value = None
        with self._table.lock:
            node = self._find(key)
            if node is None:
                return False
            lived = self._table.lives(node)
            value = self._table.remove(node)
        del value  # dies with the lock free
        return lived

    def _find(self, key: Hashable) -> Node | None:
        try:
            return self._table.nodes.get(key)
        except TypeError as error:
            raise refuse(key) from error

    def invalidate(self, *tags: str) -> None:
        """Makes every entry that carries one of the tags unreadable, in time O(tags)."""
        with self._table.lock:
            for tag in tags:
                self._table.tags.end(tag)

    def clear(self) -> None:
        """Removes everything."""
        self._table.clear()

    def postpone(self, key: Hashable, seconds: float) -> None:
        """Tells nobody to refresh a key for so many seconds."""
        node = self.node(key)
        extra = node.extra if node is not None else None
        if extra is not None:
            extra.claimed = self._now() + seconds

    def keys_by_text(self, texts: frozenset[str]) -> list[Hashable]:
        """The keys held whose text for shared tiers is one of those given."""
        from whet_runtime.cache._keys import key_text

        plain = [text for text in texts if text in self._table.nodes]
        return plain + [
            key
            for key in list(self._table.nodes)
            if type(key) is not str and key_text(key) in texts
        ]

    def sweep(self) -> int:
        """Drops all entries whose time or tags are over, now; how many."""
        table = self._table
        with table.lock:
            over = [node for node in list(table.nodes.values()) if not table.lives(node)]
            dropped = [table.remove_dead(node) for node in over]
        return len(dropped)

    def resize(self, max_size: int | None, max_bytes: int | None) -> None:
        """Sets new bounds and evicts until they hold. With 0 nothing is kept or taken."""
        dropped: list[Any] = []
        table = self._table
        with table.lock:
            self.max_size, self.max_bytes = max_size, max_bytes
            entries, size = max_size, max_bytes
            if self._weigh is None and max_bytes is not None:  # each counts as one byte
                entries, size = min(max_bytes, UNBOUND if max_size is None else max_size), None
            table.size_bound = UNBOUND if entries is None else entries
            table.bytes_bound = UNBOUND if size is None else size
            if entries == 0:
                table.bytes_bound = -1  # less than the weight of any entry
            table.policy.resize(entries, size)
            table.make_room(self._now(), dropped)

    @property
    def default_life_s(self) -> float:
        """Seconds that an entry lives for which nothing else is said; infinite for no end."""
        return self._life

    # What it holds.

    def __len__(self) -> int:
        """Entries held, those included whose time is over and that nobody has met since."""
        return len(self._table.nodes)

    def __contains__(self, key: Hashable) -> bool:
        """Whether a read would find the key. Counts as no read."""
        return self._table.lives(self._find(key))

    def living(self) -> list[Node]:
        """The nodes that a read would serve, as they are now."""
        lives = self._table.lives
        return [node for node in list(self._table.nodes.values()) if lives(node)]

    def node(self, key: Hashable) -> Node | None:
        """The living node of a key. Counts as no read."""
        node = self._find(key)
        return node if self._table.lives(node) else None

    def covered(self, tag: str) -> list[Hashable]:
        """The keys that carry a tag. Looks at every entry."""
        return [
            node.key
            for node in self.living()
            if (extra := node.extra) and any(one.tag == tag for one in extra.generations)
        ]

    def reads(self, key: Hashable) -> Reads | None:
        """How often a key was read since it came into memory; `None` when it is not here."""
        node = self.node(key)
        if node is None:
            return None
        extra = node.extra
        if extra is not None:
            return Reads(node.reads, extra.recent(node.reads, self._now()))
        return Reads(node.reads, float(node.reads) if self._life <= WINDOW_S else None)

    def hottest(self, count: int) -> list[Hashable]:
        """The most read living keys, most first."""
        nodes = sorted(self.living(), key=lambda node: -node.reads)
        return [node.key for node in nodes[:count]]

    def statistics(self) -> MemoryStatistics:
        """The counters. Hits are summed over the entries, so this takes time O(entries)."""
        table = self._table
        with table.lock:
            return MemoryStatistics(
                hits=table.retired_reads
                + sum([node.reads for node in list(table.nodes.values())]),
                misses=None if self._bare else table.misses.count,
                insertions=table.left + len(table.nodes),
                updates=table.updated,
                evictions=table.evicted,
                expirations=table.expired,
                invalidations=table.invalidated,
                refused=table.refused,
                size=len(table.nodes),
                memory_bytes=None if self._weigh is None else table.held_bytes,
                max_size=self.max_size,
                max_bytes=self.max_bytes,
            )


def _refused(what: str) -> MisuseError:
    return MisuseError(what, "it must be above 0", "Correct it, or give None for the default.")


def _check(
    max_size: int | None, max_memory_mb: float | None, lifetime_s: float | None, eviction: str
) -> None:
    if max_size is not None and (max_size < 1 or max_size != int(max_size)):
        raise MisuseError(f"max_size={max_size!r}", "it must be an int above 0", "Or give None.")
    for name, value in (("max_memory_mb", max_memory_mb), ("lifetime_s", lifetime_s)):
        if value is not None and not value > 0:
            raise MisuseError(f"{name}={value!r}", "it must be above 0", "Or give None for none.")
    if eviction not in _POLICIES:
        names = " or ".join(repr(name) for name in _POLICIES)
        raise MisuseError(f"eviction={eviction!r}", "no such policy", f"Give {names}.")
