"""Eviction by priority: least recently used, and by frequency, cost and size (GDSF)."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

from whet_runtime.cache._node import MAIN, OUT, Node

if TYPE_CHECKING:
    from collections.abc import Collection


class Lru:
    """Least recently used first, exactly. A read stamps its node and takes no lock.

    The heap may be older than the truth: stamps only rise, so whoever looks for a victim takes the
    lowest entry, puts it back when its node was read meanwhile, and otherwise has the oldest.
    All methods but `stamp` are called under the tier's lock.
    """

    reads_stamp = True

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Node, int]] = []
        self._dead = 0
        self._turn = count().__next__
        self.stamp = count(1).__next__  # atomic: made in C

    def resize(self, entries: int | None, bound_bytes: int | None) -> None:
        """Bounds do not matter to the order."""

    def admit(self, node: Node) -> None:
        """Takes in a new node."""
        node.place = MAIN
        self._touch(node)
        self._push(node, self._priority(node))

    def _push(self, node: Node, priority: float) -> None:
        heappush(self._heap, (priority, self._turn(), node, node.reads))

    def _touch(self, node: Node) -> None:
        node.used = self.stamp()

    def _priority(self, node: Node) -> float:
        return node.used

    def _present(self, node: Node, _noted: float, _reads: int) -> float:
        return node.used

    def reweigh(self, node: Node, weight: int) -> None:
        """Notes an update in place: a use, with a new weight."""
        node.weight = weight
        self._touch(node)

    def discard(self, node: Node) -> None:
        """Notes that the tier removed a node."""
        node.place = OUT
        self._dead += 1
        if self._dead > 32 + len(self._heap) // 2:
            self._heap = [entry for entry in self._heap if entry[2].place != OUT]
            heapify(self._heap)
            self._dead = 0

    def mend(self, _nodes: Collection[Node]) -> bool:
        """False: nodes are put in under the lock, so that a fork finds all of them in order."""
        return False

    def victims(self, _held: int, now: float) -> list[Node] | None:
        """Takes out the node of the lowest priority: it leaves the cache."""
        while self._heap:
            noted, _, node, reads = heappop(self._heap)
            if node.place == OUT:
                self._dead -= 1
                continue
            priority = self._present(node, noted, reads)
            if priority > noted and node.end() > now:
                self._push(node, priority)
                continue
            node.place = OUT
            self._left(noted)
            return [node]
        return None

    def _left(self, priority: float) -> None:
        """Nothing: the order of uses is all there is."""


class Gdsf(Lru):
    """Greedy-Dual-Size-Frequency: keeps what is read often, costly to load and small.

    Priority = L + (reads + 1) · cost / weight, where L is the priority of the last one that left,
    so that what is not read any more sinks. On a trace of a content network it served 4 to 5
    points more requests than S3-FIFO and 4 points fewer bytes. The tier puts cost / weight into
    `Node.used`; L is taken when the heap first meets a node with new reads.

    Source: Cherkasova: "Improving WWW proxies performance with Greedy-Dual-Size-Frequency
        caching policy", HP Laboratories HPL-98-69R1, 1998.
    """

    reads_stamp = False

    def __init__(self) -> None:
        super().__init__()
        self._level = 0.0

    def _touch(self, node: Node) -> None:
        """Nothing: only reads raise a priority."""

    def _priority(self, node: Node) -> float:
        return self._level + (node.reads + 1) * node.used

    def _present(self, node: Node, noted: float, reads: int) -> float:
        return noted if node.reads == reads else self._priority(node)

    def _left(self, priority: float) -> None:
        self._level = max(self._level, priority)
