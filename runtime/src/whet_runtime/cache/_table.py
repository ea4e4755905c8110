"""The table behind the memory tier: nodes, bounds, queues and counters, changed under one lock."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any

from whet_runtime.cache._fork import guard_forks
from whet_runtime.cache._node import FOREVER, GONE, Extra, Node
from whet_runtime.cache._reading import Misses
from whet_runtime.cache._tags import TagTable

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from whet_runtime.cache._priority import Lru
    from whet_runtime.cache._s3fifo import S3Fifo

_CLAIM_S = 30.0  # how long one reader has a refresh for itself
_SWEPT = 4  # old entries that each insertion looks at while a sweep is on


class Table:
    """Nodes by key.

    Values that leave are handed back to the caller and die with the lock free: their destructors
    may run anything, this cache included.

    Args:
        policy: Which node leaves.
        now: The monotonic clock.
        keeps_values: Whether readers do not check `wake`, so that no value may be cleared.
    """

    fork_rank = 2  # inner: taken after the locks of what uses it

    def __init__(
        self, policy: S3Fifo | Lru, now: Callable[[], float], *, keeps_values: bool
    ) -> None:
        self.policy = policy
        self.nodes: dict[Hashable, Node] = {}
        self.lock = RLock()  # re-entrant: garbage collection may run a destructor at any time
        self.tags = TagTable()
        self.misses = Misses()
        self.inserted = self.updated = self.evicted = self.expired = 0
        self.invalidated = self.refused = self.retired_reads = self.held_bytes = 0
        self.size_bound: float = FOREVER
        self.bytes_bound: float = FOREVER
        self._now = now
        self._keeps_values = keeps_values
        self._sweeping: list[Hashable] = []
        self._sweep_at = self._next_end = FOREVER
        guard_forks(self)

    def put(  # noqa: PLR0913, PLR0917  (the slots of a node)
        self,
        key: Any,
        value: Any,
        now: float,
        wake: float,
        weight: int,
        used: float,
        extra: Extra | None,
    ) -> bool:
        """Stores a value and makes room; whether it was taken."""
        dropped: list[Any] = []
        with self.lock:
            old = self.nodes.get(key)
            if weight > self.bytes_bound:
                self.refused += 1
                if old is not None:
                    dropped.append(self.remove(old))
                return False
            if old is not None and self._update(old, value, now, wake, weight, extra, dropped):
                return True
            node = Node()
            node.key = key
            node.value = value
            node.wake = wake
            node.weight = weight
            node.used = used
            node.extra = extra
            if extra is not None:
                extra.end, node.wake = wake, GONE
            node.reads = 0
            self.nodes[key] = node
            self.inserted += 1
            self.held_bytes += weight
            self.policy.admit(node)
            if len(self.nodes) > self.size_bound or self.held_bytes > self.bytes_bound:
                self.make_room(now, dropped)
            if now >= self._sweep_at:
                self._sweep_some(now)
            elif wake < self._sweep_at:
                self._sweep_at = wake
        return True

    def _update(  # noqa: PLR0913, PLR0917  (the slots of a node)
        self,
        node: Node,
        value: Any,
        now: float,
        wake: float,
        weight: int,
        extra: Extra | None,
        dropped: list[Any],
    ) -> bool:
        """Gives a living node a new value; one that is over is removed instead.

        A node never gets or loses its extras: updates without the lock rely on that.
        """
        if not self.lives(node):
            dropped.append(self.remove_dead(node))
            return False
        if (node.extra is None) is not (extra is None):
            dropped.append(self.remove(node))
            return False
        dropped.append(node.value)
        node.value = value
        if extra is None:
            node.wake = wake
        else:
            extra.end = wake
            node.extra = extra.after(node.extra)
        self.updated += 1
        self.held_bytes += weight - node.weight
        self.policy.reweigh(node, weight)
        if self.held_bytes > self.bytes_bound:
            self.make_room(now, dropped)
        return True

    def _sweep_some(self, now: float) -> None:
        """Drops those of the next few old entries that are over, so that none stays for good.

        A sweep begins when the first entry must have expired; `_sweep_at` lies in the past while
        it goes on, and then is the earliest end that it met.
        """
        if not self._sweeping:
            self._sweeping, self._next_end = list(self.nodes), FOREVER
        for key in self._sweeping[-_SWEPT:]:
            node = self.nodes.get(key)
            if node is not None and node.end() <= now:
                self.remove_dead(node)
            elif node is not None:
                self._next_end = min(self._next_end, node.end())
        del self._sweeping[-_SWEPT:]
        if not self._sweeping:
            self._sweep_at = self._next_end

    def make_room(self, now: float, dropped: list[Any]) -> None:
        """Evicts until both bounds hold; the lock is held."""
        nodes, policy = self.nodes, self.policy
        while len(nodes) > self.size_bound or self.held_bytes > self.bytes_bound:
            node = policy.victim(len(nodes), now)
            if node is None:
                return
            if node.end() <= now:
                self.expired += 1
            else:
                self.evicted += 1
            del nodes[node.key]
            dropped.append(self._leave(node))

    def remove(self, node: Node) -> Any:
        """Takes a node out of table and queue, and hands its value back; the lock is held."""
        del self.nodes[node.key]
        self.policy.discard(node)
        return self._leave(node)

    def remove_dead(self, node: Node) -> Any:
        """As `remove`, for a node that is over."""
        if node.end() <= self._now():
            self.expired += 1
        else:
            self.invalidated += 1
        return self.remove(node)

    def _leave(self, node: Node) -> Any:
        value = node.value
        self.held_bytes -= node.weight
        self.retired_reads += node.reads
        if not self._keeps_values:
            node.wake = GONE
            node.extra = None
            node.value = None
        return value

    def clear(self) -> None:
        """Removes everything."""
        with self.lock:
            values = [self.remove(node) for node in list(self.nodes.values())]
            self.tags.clear()
            self._sweeping = []
        del values  # they die with the lock free

    def lives(self, node: Node | None) -> bool:
        """Whether a read would serve a node."""
        if node is None or node.end() <= self._now():
            return False
        extra = node.extra
        return extra is None or extra.live()

    # What a read of an entry with extras, or past its time, looks at.

    def closer(self, node: Node) -> bool:
        """Whether a node that is over or has extras is served; what is over is removed."""
        now, extra = self._now(), node.extra
        if node.end() <= now or (extra is not None and not extra.live()):
            self.misses.count += 1
            self._drop(node)
            return False
        if extra is not None and extra.window is not None:
            extra.roll(node.reads, now)
        return True

    def closer_claiming(self, node: Node) -> bool:
        """As `closer`, but past the soft lifetime one reader is told to refresh."""
        if not self.closer(node):
            return False
        extra, now = node.extra, self._now()
        if extra is None or now < extra.soft:
            return True
        with self.lock:
            if now < extra.claimed:
                return True
            extra.claimed = now + _CLAIM_S
        return False

    def _drop(self, node: Node) -> None:
        """Removes a node that is over, unless somebody was faster."""
        value = None
        with self.lock:
            if self.nodes.get(node.key) is node and not self.lives(node):
                value = self.remove_dead(node)
        del value  # dies with the lock free

    def new_extra(self, tags: Iterable[str], soft: float, window: float) -> Extra:
        """The extras of a new entry, with the present generations of its tags."""
        with self.lock:
            return Extra(self.tags.of(tags), soft, window)

    # Forks.

    def before_fork(self) -> None:
        """Takes the lock."""
        self.lock.acquire()

    def after_fork(self, *, in_child: bool) -> None:  # noqa: ARG002  (both sides alike)
        """Lets the lock go."""
        self.lock.release()
