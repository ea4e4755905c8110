"""S3-FIFO: which entry leaves, with reads that move nothing."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from whet_runtime.cache._ghost import Ghost
from whet_runtime.cache._node import FOREVER, MAIN, OUT, SMALL, Node

if TYPE_CHECKING:
    from collections.abc import Collection

_SHARE = 10  # the small queue has one tenth
_AGAIN = 2  # reads in the small queue that open the main one
_MOST = 3  # reads that count
_REMEMBERED = 0.9  # a generation of ghosts, of the entries held
_AT_ONCE = 32  # victims, since one alone costs twice as much as one of many
_AT_ONCE_SHARE = 100  # but no more than this part of what is held


class S3Fifo:
    """Two first-in-first-out queues and a memory of what left the first.

    New entries enter a small queue of a tenth of the room. Those read at least twice there move
    on to the main queue, the others leave and are remembered as ghosts; a key that comes back
    while it is remembered enters the main queue at once. The main queue gives each entry as many
    more rounds as it had reads, three at most. A read adds one to a counter and moves nothing,
    which is why it needs no lock; an insertion (`_writing`) asks for a ghost and
    appends to a queue, and needs none either. All methods are called under the tier's lock.

    Attributes:
        small: The small queue; nodes that were removed stay in it until they come to its end.
        main: The main queue, likewise.
        small_bytes: Weight of the living nodes in the small queue.
        ghost: Keys that left the small queue, once any has.

    Its hit ratios beside other policies are in benchmarks/results/cache.md.

    Source: Yang, Zhang, Qiu, Yue, Vinayak: "FIFO queues are all you need for cache eviction",
        SOSP 2023.
    """

    reads_stamp = False  # a read need not say when

    def __init__(self) -> None:
        self.small: deque[Node] = deque()
        self.main: deque[Node] = deque()
        self.small_bytes = 0
        self._small_dead = 0
        self._main_dead = 0
        self.ghost: Ghost | None = None
        self.resize(None, None)

    def resize(self, entries: int | None, bound_bytes: int | None) -> None:
        """Takes new bounds; the tier then asks for victims until they hold."""
        self._entries = FOREVER if entries is None else entries
        self._small_share = self._entries / _SHARE
        self._small_bytes_share = FOREVER if bound_bytes is None else bound_bytes / _SHARE

    def admit(self, node: Node) -> None:
        """Takes in a new node: `_writing` does the same, with fewer calls."""
        place, ghost = SMALL, self.ghost
        if ghost is not None and ghost.recall(node.key):
            place = MAIN
        node.place = place
        if place == MAIN:
            self.main.append(node)
        else:
            self.small_bytes += node.weight
            self.small.append(node)

    def reweigh(self, node: Node, weight: int) -> None:
        """Notes an update in place. It is no use: what is written need not be wanted."""
        if node.place == SMALL:
            self.small_bytes += weight - node.weight
        node.weight = weight

    def discard(self, node: Node) -> None:
        """Notes that the tier removed a node; its place in the queue is freed later."""
        if node.place == SMALL:
            self._small_dead += 1
            self.small_bytes -= node.weight
        elif node.place == MAIN:
            self._main_dead += 1
        node.place = OUT
        dead = self._small_dead + self._main_dead
        if dead > 32 + (len(self.small) + len(self.main)) // 2:
            self._small_dead -= _without_dead(self.small)
            self._main_dead -= _without_dead(self.main)

    def mend(self, nodes: Collection[Node]) -> bool:
        """Makes the queues anew if any node is in none; whether that was so."""
        dead = self._small_dead + self._main_dead
        if len(self.small) + len(self.main) - dead == len(nodes):
            return False
        self.small.clear()
        self.main.clear()
        self._small_dead = self._main_dead = self.small_bytes = 0
        for node in nodes:
            if node.place == MAIN:
                self.main.append(node)
            else:
                self.small.append(node)
                self.small_bytes += node.weight
        return True

    def victims(self, held: int, now: float) -> list[Node] | None:
        """Takes the next nodes out of one queue: they leave the cache. `None` when none is left.

        Args:
            held: How many entries the tier holds.
            now: Monotonic time; what has expired leaves without another round.
        """
        most = min(_AT_ONCE, held // _AT_ONCE_SHARE) or 1
        small = self.small
        if not self.main:
            due = True
        elif held > self._entries:
            due = len(small) - self._small_dead >= self._small_share
        else:
            due = self.small_bytes >= self._small_bytes_share
        if not (due and small):
            return self._leaving_main(now, most) if self.main else None
        ghost = self.ghost
        if ghost is None or ghost.added >= ghost.generation:
            ghost = self._ghosts(held)
        main, young, slots, span = self.main, ghost.young, ghost.slots, ghost.span
        leaving: list[Node] = []
        for _ in range(min(most, len(small))):
            node = small.popleft()
            if node.place != SMALL:
                self._small_dead -= 1
                continue
            self.small_bytes -= node.weight
            if node.wake > now or node.end() > now:
                if node.reads >= _AGAIN:
                    node.used = node.reads
                    node.place = MAIN
                    main.append(node)
                    continue
                rest = hash(node.key) % span
                young[rest % slots] = rest // slots + 1
            node.place = OUT
            leaving.append(node)
        ghost.added += len(leaving)
        return leaving

    def _leaving_main(self, now: float, most: int) -> list[Node]:
        leaving: list[Node] = []
        main = self.main
        while main and len(leaving) < most:
            node = main.popleft()
            if node.place != MAIN:
                self._main_dead -= 1
                continue
            rounds = node.reads - node.used
            if rounds > 0 and (node.wake > now or node.end() > now):
                node.used = node.reads - min(rounds, _MOST) + 1
                main.append(node)
                continue
            node.place = OUT
            leaving.append(node)
        return leaving

    def _ghosts(self, held: int) -> Ghost:
        """The next generation of ghosts, all new where the tier has grown or shrunk much."""
        generation = max(1, int(held * _REMEMBERED))
        ghost = self.ghost
        if ghost is None or not ghost.generation // 2 <= generation <= ghost.generation * 2:
            ghost = self.ghost = Ghost(generation)
        else:
            ghost.turn()
        return ghost


def _without_dead(queue: deque[Node]) -> int:
    """Takes out the nodes that left the tier; how many. Others may append meanwhile."""
    dead = 0
    for _ in range(len(queue)):
        node = queue.popleft()
        if node.place == OUT:
            dead += 1
        else:
            queue.append(node)
    return dead
