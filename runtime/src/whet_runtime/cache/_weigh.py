"""What an entry weighs in bytes, without walking everything it holds."""

from __future__ import annotations

from collections import deque
from sys import getsizeof
from typing import Any

ENTRY_BYTES = 170  # the tier's own: node, lifetime, place in table, queue and ghost; measured
ATOMS = frozenset({bool, bytearray, bytes, complex, float, int, str, type(None)})
PLAIN = ATOMS - {bytearray}  # their size stays as it is
_MANY = 1_024
_SHARED = tuple(range(_MANY))  # one object a weight, not one an entry: each would be 32 bytes
_SAMPLED = 64  # children of one container that are weighed; the others are taken for alike
_STEPS = 512  # objects visited in all


def weigh(key: Any, value: Any) -> int:
    """Bytes of key and value and of the entry itself.

    Exact for numbers, texts and bytes. Containers and plain objects are followed; of more than 64
    children an even sample is weighed, and after 512 objects the rest is taken for alike. Objects
    that several entries share count in each.
    """
    size = ENTRY_BYTES + (value.__sizeof__() if type(value) in ATOMS else _deep(value))
    size += key.__sizeof__() if type(key) is str or type(key) in ATOMS else _deep(key)
    return _SHARED[size] if size < _MANY else size


def _deep(root: Any) -> int:
    """The bytes of an object and of what it holds."""
    seen: set[int] = set()
    queue: deque[tuple[Any, float]] = deque([(root, 1.0)])
    total, steps = 0.0, 0
    while queue and steps < _STEPS:
        steps += 1
        item, share = queue.popleft()
        if id(item) in seen:
            continue
        seen.add(id(item))
        total += share * getsizeof(item, 64)
        picked, count = _children(item)
        if picked:
            queue.extend((child, share * count / len(picked)) for child in picked)
    if queue:  # what was not visited weighs as much, each, as what was
        total += total / steps * sum(share for _, share in queue)
    return int(total)


def _children(item: Any) -> tuple[list[Any], int]:
    """An even sample of what an object holds, and how many objects that is in all."""
    kind = type(item)
    if kind in ATOMS:
        return [], 0
    if isinstance(item, dict):
        pairs = _sample(list(item.items()))
        return [one for pair in pairs for one in pair], 2 * len(item)
    if isinstance(item, list | tuple | set | frozenset | deque):
        return _sample(list(item)), len(item)
    fields = getattr(item, "__dict__", None)
    if isinstance(fields, dict) and not isinstance(item, type):
        return [fields], 1
    named = getattr(kind, "__slots__", ())
    held = [getattr(item, name, None) for name in ((named,) if type(named) is str else named)]
    return held, len(held)


def _sample(held: list[Any]) -> list[Any]:
    return held[:: max(1, len(held) // _SAMPLED)]
