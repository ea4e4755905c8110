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

UNBOUND = 1 << 60  # an int: they are compared with ints at each insertion
_CLAIM_S = 30.0  # how long one reader has a refresh for itself
_TICK_S = 0.001
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
        self.updated = self.evicted = self.expired = self.invalidated = self.refused = 0
        self.left = self.retired_reads = self.held_bytes = 0
        self.size_bound = UNBOUND
        self.bytes_bound = UNBOUND
        self._now = now
        self._keeps_values = keeps_values
        self.wake = FOREVER  # of entries that are written now
        self.tick_at = GONE
        self._sweeping: list[Hashable] = []
        self.sweep_at = self._next_end = FOREVER
        self._tidying = False
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
        if extra is not None:
            extra.end, wake = wake, GONE
        while True:
            dropped: list[Any] = []  # dies with the lock free
            with self.lock:
                old = self.nodes.get(key)
                if weight > self.bytes_bound:
                    self.refused += 1
                    if old is not None:
                        dropped.append(self.remove(old))
                    return False
                if old is not None and self._update(old, value, now, wake, weight, extra, dropped):
                    return True
                end = wake if extra is None else extra.end
                self._next_end = min(self._next_end, end)
                self.sweep_at = min(self.sweep_at, end)
            if self._insert(key, value, now, wake, weight, used, extra):
                return True

    def _insert(  # noqa: PLR0913, PLR0917 - the slots of a node
        self,
        key: Hashable,
        value: Any,
        time: float,
        wake: float,
        weight: int,
        used: float,
        extra: Extra | None,
    ) -> bool:
        """Puts in a node for a key that is new; whether it was."""
        node = Node()
        node.key = key
        node.value = value
        node.wake = wake
        node.weight = weight
        node.reads = 0
        node.used = used
        node.extra = extra
        with self.lock:
            if self.nodes.setdefault(key, node) is not node:
                return False
            self.held_bytes += weight
            self.policy.admit(node)
        self.tidy(time)
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

        A node never gets or loses its extras, and gets its weight before its value: updates
        without the lock rely on both.
        """
        if not self.lives(node):
            dropped.append(self.remove_dead(node))
            return False
        if (node.extra is None) is not (extra is None):
            dropped.append(self.remove(node))
            return False
        self.held_bytes += weight - node.weight
        self.policy.reweigh(node, weight)
        dropped.append(node.value)
        node.value = value
        if extra is None:
            node.wake = wake
        else:
            node.extra = extra.after(node.extra)
        self.updated += 1
        if self.held_bytes > self.bytes_bound:
            self.make_room(now, dropped)
        return True

    def tick(self, now: float, life: float) -> float:
        """When entries end that are written now, and for a while from now on.

        One float for all that are written within a millisecond: reads find it in the processor's
        cache, and an entry takes 24 bytes less. Entries end that much early, never late. Where
        the lock is taken nobody waits for it: the float is for the caller alone then.
        """
        wake = now + life
        if self.lock.acquire(blocking=False):
            try:
                self.wake = wake  # before `tick_at`: who sees that must not see old ends
                self.sweep_at = min(self.sweep_at, wake)
                self.tick_at = now + min(_TICK_S, life / 100)
            finally:
                self.lock.release()
        return wake

    def tidy(self, now: float) -> None:
        """What an insertion without the lock leaves to do now and then: room, and a sweep.

        One thread does it for all: who finds another at it goes on, and that one looks again at
        the end, when it has said that it is no longer at it.
        """
        while not self._tidying:
            dropped: list[Any] = []  # dies with the lock free
            with self.lock:
                self._tidying = True
                try:
                    made = self.make_room(now, dropped)
                    if now >= self.sweep_at:
                        self.sweep_some(now, dropped)
                finally:
                    self._tidying = False
            if not made or not self._is_over():
                return

    def _is_over(self) -> bool:
        return len(self.nodes) > self.size_bound or self.held_bytes > self.bytes_bound

    def sweep_some(self, now: float, dropped: list[Any]) -> None:
        """Drops those of the next few old entries that are over, so that none stays for good.

        A sweep begins when the first entry must have expired; `sweep_at` lies in the past while
        it goes on, and then is the earliest end that it met. The lock is held.
        """
        if not self._sweeping:
            self._sweeping, self._next_end = list(self.nodes), self.wake
        for key in self._sweeping[-_SWEPT:]:
            node = self.nodes.get(key)
            if node is not None and node.end() <= now:
                dropped.append(self.remove_dead(node))
            elif node is not None:
                self._next_end = min(self._next_end, node.end())
        del self._sweeping[-_SWEPT:]
        if not self._sweeping:
            self.sweep_at = self._next_end

    def make_room(self, now: float, dropped: list[Any]) -> bool:
        """Evicts until both bounds hold, or until nothing is left to evict; the lock is held.

        Returns:
            Whether the bounds hold: a node that is just being put in cannot leave yet.
        """
        nodes = self.nodes
        while self._is_over():
            leaving = self.policy.victims(len(nodes), now)
            if leaving is None:
                return False
            dropped += leaving
            left = weight = reads = over = 0
            for node in leaving:
                held = nodes.pop(node.key, None)
                if held is node:
                    left += 1
                    weight += node.weight
                    reads += node.reads
                    if node.wake <= now and node.end() <= now:
                        over += 1
                elif held is not None:  # a destructor that garbage collection ran was faster
                    nodes[node.key] = held
            self.held_bytes -= weight
            self.retired_reads += reads
            self.expired += over
            self.evicted += left - over
            self.left += left
        return True

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
        self.left += 1
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

    def after_fork(self, *, in_child: bool) -> None:
        """Lets the lock go. In a child no other thread comes to the end of its insertion."""
        if in_child and self.policy.mend(self.nodes.values()):
            self.held_bytes = sum(node.weight for node in self.nodes.values())
        self.lock.release()
