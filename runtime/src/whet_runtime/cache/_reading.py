"""The reads of the memory tier: closures over its table, because every nanosecond is the user's.

A closure finds table, clock and counters in cells; a method would look each of them up by name.
None takes a lock: one dictionary look-up and one increment are each atomic under the interpreter's
lock. On an interpreter without it nothing breaks, but counters may miss increments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from whet_runtime.errors import KeyRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from whet_runtime.cache._node import Node


class Misses:
    """The counter that reads share."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


class Read(Protocol):
    """Reads one key."""

    def __call__(self, key: Hashable, default: Any = None, /) -> Any:
        """The value at the key, or the default."""
        ...


def refuse(key: object) -> KeyRefused:
    """The error for a key that has no hash."""
    return KeyRefused(
        f"cache key of type {type(key).__name__}",
        "it cannot be hashed",
        "Use a tuple instead of a list and a frozenset instead of a set.",
    )


def bare_read(table: dict[Hashable, Node]) -> Read:
    """A read of entries without lifetime and tags, that keeps no count of misses."""

    def get(key: Hashable, default: Any = None, /) -> Any:
        try:
            node = table[key]
        except KeyError:
            return default
        except TypeError as error:
            raise refuse(key) from error
        node.reads += 1
        return node.value

    return get


def timed_read(
    table: dict[Hashable, Node],
    now: Callable[[], float],
    closer: Callable[[Node], bool],
    misses: Misses,
) -> Read:
    """A read of entries with lifetimes and tags.

    Args:
        table: Node by key.
        now: The monotonic clock.
        closer: Whether a node whose time is over or that has extras is to be served.
        misses: The counter of misses.
    """

    def get(key: Hashable, default: Any = None, /) -> Any:
        try:
            node = table[key]
        except KeyError:
            misses.count += 1
            return default
        except TypeError as error:
            raise refuse(key) from error
        value = node.value  # before `wake`: see Node
        if node.wake <= now() and not closer(node):
            return default
        node.reads += 1
        return value

    return get


def stamped(
    table: dict[Hashable, Node], read: Read, stamp: Callable[[], int], missing: object
) -> Read:
    """A read that also says when, for eviction by last use."""

    def get(key: Hashable, default: Any = None, /) -> Any:
        value = read(key, missing)
        if value is missing:
            return default
        node = table.get(key)
        if node is not None:
            node.used = stamp()
        return value

    return get
