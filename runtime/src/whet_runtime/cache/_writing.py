"""The write of the memory tier: a closure over its table, for the same reason as its reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from whet_runtime.cache._node import FOREVER, MAIN, SMALL, Node
from whet_runtime.cache._reading import refuse
from whet_runtime.cache._weigh import PLAIN, weigh

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from whet_runtime.cache._s3fifo import S3Fifo
    from whet_runtime.cache._table import Table


class Write(Protocol):
    """Stores one value."""

    def __call__(
        self,
        key: Hashable,
        value: Any,
        *,
        lifetime_s: float | None = None,
        soft_s: float | None = None,
        tags: Iterable[str] = (),
    ) -> bool:
        """Stores a value; whether it was taken.

        Args:
            key: Any hashable value.
            value: Any value; `None` and falsy values are values.
            lifetime_s: Seconds until it is never served again; `None` for the tier's own.
            soft_s: Seconds until a `claim` is told to refresh it; `None` for never.
            tags: Names by which `invalidate` finds it.

        Raises:
            KeyRefused: The key cannot be hashed.
            MisuseError: A lifetime, weight or cost that is not above 0, or extras of a bare tier.
        """
        ...


def plain_write(
    table: Table,
    policy: S3Fifo,
    now: Callable[[], float],
    life: float,
    weigher: Callable[[Any, Any], int] | None,
    other: Write,
) -> Write:
    """A write of entries without extras into a table whose policy is S3-FIFO.

    Args:
        table: Where entries are kept.
        policy: Of the table.
        now: The monotonic clock.
        life: Seconds that an entry lives.
        weigher: Bytes of an entry, or `None` where none is weighed.
        other: Writes all the rest.
    """
    held, insert = table.nodes.get, _insertion(table, policy)
    ends = life != FOREVER
    least = 0 if weigher is None else 1
    light = PLAIN if weigher is weigh else frozenset()  # of equal size: of equal weight

    def put(  # no star before `lifetime_s`: it would cost a tenth of each call
        key: Any, value: Any, lifetime_s: Any = None, soft_s: Any = None, tags: Any = ()
    ) -> bool:
        if lifetime_s is not None or soft_s is not None or tags:
            return other(key, value, lifetime_s=lifetime_s, soft_s=soft_s, tags=tags)
        try:
            node = held(key)
        except TypeError as error:
            raise refuse(key) from error
        time = now() if ends else 0.0
        wake = table.tick(time, life) if time >= table.tick_at else table.wake
        if node is None:
            weight = 0 if weigher is None else weigher(key, value)
            fits = least <= weight <= table.bytes_bound
            return (fits and insert(key, value, time, wake, weight)) or other(key, value)
        old, kind = node.value, type(value)
        if weigher is None:
            weight = 0
        elif kind in light and kind is type(old) and value.__sizeof__() == old.__sizeof__():
            weight = node.weight
        else:
            weight, old = weigher(key, value), node.value
        # An update in place, without the lock: see Node. No call comes between test and store.
        if node.weight == weight and node.value is old and node.wake > time and not node.extra:
            node.value = value
            node.wake = wake
            table.updated += 1
            return True
        return other(key, value)

    return put


def _insertion(table: Table, policy: S3Fifo) -> Callable[[Any, Any, float, float, int], bool]:
    """What puts in a key if it is new, without the lock (but `tidy` takes it now and then).

    A node is in the table before it is counted and queued. Who removes it meanwhile marks it as
    being in no queue, and eviction passes over what is not in the table. So each step leaves all
    right, and the bounds hold when those who insert have come to the end.
    """
    nodes, new = table.nodes, table.nodes.setdefault
    to_small, to_main = policy.small.append, policy.main.append

    def insert(key: Any, value: Any, time: float, wake: float, weight: int) -> bool:
        node = Node()
        node.key = key
        node.value = value
        node.wake = wake
        node.weight = weight
        node.reads = node.used = 0
        node.extra = None
        place, ghost = SMALL, policy.ghost
        if ghost is not None:
            slots = ghost.slots
            rest = hash(key) % ghost.span
            slot, mark = rest % slots, rest // slots + 1
            if ghost.young[slot] == mark or ghost.old[slot] == mark:
                ghost.forget(slot, mark)  # what leaves the main queue is no ghost
                place = MAIN
        node.place = place
        if new(key, node) is not node:
            return False
        if weight:
            table.held_bytes += weight
            if not place:
                policy.small_bytes += weight
        (to_main if place else to_small)(node)
        if (
            len(nodes) > table.size_bound
            or table.held_bytes > table.bytes_bound
            or time >= table.sweep_at
        ):
            table.tidy(time)
        return True

    return insert
