"""Whether two versions of the code gave the same result, told without running code of theirs."""

from __future__ import annotations

import collections

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

MAX_NODES = 100_000
"""Parts of a result that are compared; larger results are compared up to here."""

ATOMS = (int, str, bytes, bytearray, bool, type(None), float, complex)

# How to read a container without running code of a subclass.
SEQUENCES: dict[type, Callable[[Any], Any]] = {
    list: list.__iter__,
    tuple: tuple.__iter__,
    collections.deque: collections.deque.__iter__,
    dict: dict.items,
}


def difference(left: Any, right: Any, budget: list[int]) -> str:
    """Where two results differ, or "" when they agree.

    Built-in values must agree in exact type and value (floats bit for bit, NaN with NaN); objects
    in the name of their type and their attributes. No code of theirs is run. What neither shows,
    such as the inside of an iterator, is not compared.
    """
    budget[0] -= 1
    if budget[0] < 0:
        return ""
    kind = type(left)
    other = type(right)
    if (kind.__module__, kind.__qualname__) != (other.__module__, other.__qualname__):
        return "%s against %s" % (kind.__qualname__, other.__qualname__)
    if kind in ATOMS:
        return "" if repr(left) == repr(right) else "%.200r against %.200r" % (left, right)
    if kind in (set, frozenset):
        return _sets(left, right)
    for container, elements in SEQUENCES.items():
        if isinstance(left, container):
            found = _sequences(list(elements(left)), list(elements(right)), budget)
            return found or _objects(left, right, budget)
    return _objects(left, right, budget)


def _sequences(left: list[Any], right: list[Any], budget: list[int]) -> str:
    if len(left) != len(right):
        return "%d against %d elements" % (len(left), len(right))
    for index, (one, other) in enumerate(zip(left, right)):  # noqa: B905 - equal lengths; no `strict` in 3.9
        if one is other:
            continue
        found = difference(one, other, budget)
        if found:
            return "element %d: %s" % (index, found)
    return ""


def _sets(left: Any, right: Any) -> str:
    if len(left) != len(right):
        return "%d against %d elements" % (len(left), len(right))
    ours = sorted(repr(x) if type(x) in ATOMS else type(x).__qualname__ for x in left)
    theirs = sorted(repr(x) if type(x) in ATOMS else type(x).__qualname__ for x in right)
    return "" if ours == theirs else "sets with other elements"


def _objects(left: Any, right: Any, budget: list[int]) -> str:
    for name in _attribute_names(type(left)):
        try:
            one = object.__getattribute__(left, name)
            other = object.__getattribute__(right, name)
        except Exception:  # noqa: S112 - an attribute that is not set
            continue
        if one is other:
            continue
        found = difference(one, other, budget)
        if found:
            return "%s of %s: %s" % (name, type(left).__qualname__, found)
    return ""


def _attribute_names(kind: type) -> list[str]:
    names = ["__dict__"] if getattr(kind, "__dictoffset__", 0) else []
    for base in kind.__mro__:
        slots = base.__dict__.get("__slots__", ())
        slots = (slots,) if isinstance(slots, str) else slots
        names.extend(name for name in slots if not name.startswith("__"))
    return names
