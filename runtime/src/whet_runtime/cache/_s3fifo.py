"""S3-FIFO: which entry leaves, with reads that move nothing."""

from __future__ import annotations

from collections import deque

from whet_runtime.cache._ghost import Ghost
from whet_runtime.cache._node import FOREVER, MAIN, OUT, SMALL, Node

_SHARE = 10  # the small queue has one tenth
_AGAIN = 2  # reads in the small queue that open the main one
_MOST = 3  # reads that count


class S3Fifo:
    """Two first-in-first-out queues and a memory of what left the first.

    New entries enter a small queue of a tenth of the room. Those read at least twice there move
    on to the main queue, the others leave and are remembered as ghosts; a key that comes back
    while it is remembered enters the main queue at once. The main queue gives each entry as many
    more rounds as it had reads, three at most. A read adds one to a counter and moves nothing,
    which is why it needs no lock. All methods are called under the tier's lock.

    Its hit ratios beside other policies are in benchmarks/results/cache.md.

    Source: Yang, Zhang, Qiu, Yue, Vinayak: "FIFO queues are all you need for cache eviction",
        SOSP 2023.
    """

    reads_stamp = False  # a read need not say when

    def __init__(self) -> None:
        self._small: deque[Node] = deque()
        self._main: deque[Node] = deque()
        self._dead = 0
        self._small_count = 0
        self._small_bytes = 0
        self._ghost: Ghost | None = None
        self.resize(None, None)

    def resize(self, entries: int | None, bound_bytes: int | None) -> None:
        """Takes new bounds; the tier then asks for victims until they hold."""
        self._entries = FOREVER if entries is None else entries
        self._small_share = self._entries / _SHARE
        self._small_bytes_share = FOREVER if bound_bytes is None else bound_bytes / _SHARE

    def admit(self, node: Node) -> None:
        """Takes in a new node."""
        if self._ghost is not None and self._ghost.take(hash(node.key)):
            node.place = MAIN
            self._main.append(node)
        else:
            node.place = SMALL
            self._small.append(node)
            self._small_count += 1
            self._small_bytes += node.weight

    def reweigh(self, node: Node, weight: int) -> None:
        """Notes an update in place. It is no use: what is written need not be wanted."""
        if node.place == SMALL:
            self._small_bytes += weight - node.weight
        node.weight = weight

    def discard(self, node: Node) -> None:
        """Notes that the tier removed a node; its place in the queue is freed later."""
        if node.place == SMALL:
            self._small_count -= 1
            self._small_bytes -= node.weight
        node.place = OUT
        self._dead += 1  # those that eviction meets meanwhile are not taken off: it is a bound
        if self._dead > 32 + (len(self._small) + len(self._main)) // 2:
            self._compact()

    def _compact(self) -> None:
        self._small = deque(node for node in self._small if node.place == SMALL)
        self._main = deque(node for node in self._main if node.place == MAIN)
        self._dead = 0

    def victim(self, held: int, now: float) -> Node | None:
        """Takes the next node out of its queue: it leaves the cache. `None` when there is none.

        Args:
            held: How many entries the tier holds.
            now: Monotonic time; what has expired leaves without another round.
        """
        small, main = self._small, self._main
        by_size = held > self._entries
        while True:
            if small and (
                not main
                or (by_size and self._small_count >= self._small_share)
                or (not by_size and self._small_bytes >= self._small_bytes_share)
            ):
                node = small.popleft()
                if node.place == SMALL and self._leaves_small(node, held, now):
                    return node
            elif main:
                node = main.popleft()
                if node.place == MAIN and self._leaves_main(node, now):
                    return node
            else:
                return None

    def _leaves_small(self, node: Node, held: int, now: float) -> bool:
        self._small_count -= 1
        self._small_bytes -= node.weight
        if node.wake > now or node.end() > now:
            if node.reads - node.used >= _AGAIN:
                node.used = node.reads
                node.place = MAIN
                self._main.append(node)
                return False
            ghost = self._ghost
            if ghost is None or not ghost.limit // 2 <= held <= ghost.limit * 4:
                ghost = self._ghost = Ghost(max(1, held - held // _SHARE))
            ghost.add(hash(node.key))
        node.place = OUT
        return True

    def _leaves_main(self, node: Node, now: float) -> bool:
        rounds = node.reads - node.used
        if rounds > 0 and (node.wake > now or node.end() > now):
            node.used = node.reads - min(rounds, _MOST) + 1
            self._main.append(node)
            return False
        node.place = OUT
        return True
