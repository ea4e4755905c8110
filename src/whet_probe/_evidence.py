"""What remedies ask about values: types, sizes, equality, order, aliasing."""

from __future__ import annotations

from _collections import deque  # type: ignore[import-not-found] # built in

from whet_probe._arrays import length_of
from whet_probe._character import Character
from whet_probe._kinds import type_name
from whet_probe._traits import (
    equality_is_plain,
    is_hashable,
    order_of,
    shape_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from whet_probe._gate import Allowance

    Write = Callable[[str, dict[str, Any]], None]

FIRST = 32
"""Of the observations looked at, those looked at in depth; later ones at powers of two."""

COST_OF_VALUE = 2
"""Parts (about 1 µs each) that a look costs beside those of the value."""

MAX_ELEMENTS = 10_000
MAX_SHAPES = 8
IMMORTAL = 1 << 28  # reference counts above this are not counts

_CONTAINERS = frozenset([list, tuple, set, frozenset, deque, dict])
_VIEWS = frozenset([type({}.keys()), type({}.values()), type({}.items())])


def is_described(index: int, first: int) -> bool:
    """Whether the observation of this index (from 0) is looked at in depth."""
    return index < first or not index & (index - 1)


class ValueTally:
    """What the values of one expression were."""

    def __init__(self, site: str, write: Write, allowance: Allowance) -> None:
        self.site = site
        self.write = write
        self.allowance = allowance
        self.reset()

    def reset(self) -> None:
        """Nothing seen yet."""
        self.allowance.gate.open()
        self.allowance.reset()
        self.looks = 0
        self.types: dict[type, int] = {}
        self.described = 0
        self.sizes: list[int] = []
        self.size_min: int | None = None
        self.size_max: int | None = None
        self.element_types: dict[str, int] = {}
        self.element_shapes: set[str | None] = set()
        self.complete = True
        self.hashable: bool | None = True
        self.unhashable = False
        self.plain = True
        self.ordered = True
        self.smallest: int | None = None
        self.all_ints = True
        self.objects: set[int] = set()
        self.references: int | None = None
        # Identity, length, order, first and last element (by identity) of the last list looked at.
        self._last = (0, 0, "", 0, 0)
        self.character = Character()

    def see(self, value: Any, references: int) -> None:
        """One observation that the gate lets through: cheap questions, the others by sample."""
        index = self.looks
        self.looks = index + 1
        kind = type(value)
        self.types[kind] = self.types.get(kind, 0) + 1
        if len(self.objects) < MAX_ELEMENTS:
            self.objects.add(id(value))
        if references < IMMORTAL and (self.references is None or references > self.references):
            self.references = max(references, 0)
        if kind is int:
            self.smallest = value if self.smallest is None else min(self.smallest, value)
        else:
            self.all_ints = False
        if kind in _CONTAINERS or kind is str or kind is bytes or kind in _VIEWS:
            self._size(len(value))
        elif self.character.forms.holds(value):
            self._size(length_of(value))
        described = is_described(index, FIRST)
        parts = COST_OF_VALUE + self.character.see(value, deep=described)
        if kind not in _CONTAINERS:
            self._itself(value)
        elif described or self._grew(value):
            parts += self._elements(value)
        self.allowance.pay(parts)

    def _grew(self, value: Any) -> bool:
        """Whether a list is the one looked at last, with more behind it.

        Another list may have come to lie in the same place: its ends tell them apart.
        """
        identity, size, _, first, last = self._last
        if type(value) is not list or id(value) != identity or len(value) <= size:
            return False
        return not size or (id(value[0]) == first and id(value[size - 1]) == last)

    def _size(self, size: int) -> None:
        if self.size_min is None or size < self.size_min:
            self.size_min = size
        if self.size_max is None or size > self.size_max:
            self.size_max = size
        if len(self.sizes) < MAX_ELEMENTS:
            self.sizes.append(size)
        else:  # thin out: every value of the first ones is replaced in turn
            self.sizes[self.looks * 2654435761 % MAX_ELEMENTS] = size

    def _itself(self, value: Any) -> None:
        self.described += 1
        self._judge(value)
        if order_of(value) is None:
            self.ordered = False

    def _judge(self, value: Any) -> None:
        if self.plain and not equality_is_plain(value):
            self.plain = False
        answer = is_hashable(value)
        if answer is False:
            self.unhashable = True
        elif answer is None:
            self.hashable = None

    def _elements(self, value: Any) -> int:
        """All elements, or of a list that grew since the last look the new ones: their number."""
        grew = self._grew(value)
        start = self._last[1] if grew else 0
        order: str | None = self._last[2] if grew else ""
        self.described += 1
        if type(value) is list:
            items = value[start : start + MAX_ELEMENTS]
            size = start + len(items)
        else:
            items = list(value)
            size = len(items)
            items = items[:MAX_ELEMENTS]
        if len(value) - start > MAX_ELEMENTS:
            self.complete = False
        for item in items:
            name = type_name(type(item))
            self.element_types[name] = self.element_types.get(name, 0) + 1
            if len(self.element_shapes) <= MAX_SHAPES:
                self.element_shapes.add(shape_of(item))
            self._judge(item)
            if order is not None:
                word = order_of(item)
                order = word if order in ("", word) else None
        if order is None:
            self.ordered = False
        if type(value) is list:
            ends = (id(value[0]), id(value[size - 1])) if size else (0, 0)
            self._last = (id(value), size, order or "", *ends)
        return len(items)

    def finish(self) -> None:
        """One line with the tally."""
        observations = self.allowance.gate.passed
        if not observations:
            return
        sizes = sorted(self.sizes)
        fields = {
            "site": self.site,
            "observations": observations,
            "described": self.described,
            "types": named_types(self.types),
            "size_min": self.size_min,
            "size_median": float(sizes[len(sizes) // 2]) if sizes else None,
            "size_max": self.size_max,
            "element_types": self.element_types,
            "element_shapes": _few_shapes(self.element_shapes),
            "elements_complete": self.complete,
            "hashable": False if self.unhashable else self.hashable,
            "plain_equality": self.plain,
            "total_order": self.ordered,
            "smallest": self.smallest if self.all_ints else None,
            "distinct_objects": len(self.objects),
            "max_references": self.references,
            **self.character.fields(),
        }
        self.write("value", fields)


def _few_shapes(shapes: set[str | None]) -> list[str] | None:
    known = [shape for shape in shapes if shape is not None]
    return sorted(known) if len(known) == len(shapes) <= MAX_SHAPES else None


def named_types(types: dict[type, int]) -> dict[str, int]:
    named: dict[str, int] = {}
    for kind, number in types.items():
        named[type_name(kind)] = named.get(type_name(kind), 0) + number
    return named
