"""What remedies ask about values and calls: types, sizes, equality, hit rates, aliasing, I/O."""

from __future__ import annotations

import sys
from _collections import deque  # type: ignore[import-not-found] # built in
from _thread import get_ident

from whet_probe._arrays import length_of
from whet_probe._asked import Asked, read_and_changed
from whet_probe._character import Character
from whet_probe._kinds import type_name
from whet_probe._traits import (
    SCALARS,
    equality_is_plain,
    frozen_parts,
    is_hashable,
    key_of,
    order_of,
    shape_of,
)
from whet_probe._values import fingerprint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterable

    from whet_probe._gate import Allowance

    Write = Callable[[str, dict[str, Any]], None]

FIRST = 32
"""Of the observations looked at, those looked at in depth; later ones at powers of two."""

FIRST_CALLS = 20
"""Calls whose arguments are compared before and after; later ones at powers of two."""

COST_OF_VALUE, COST_OF_CALL = 2, 6
"""Parts (about 1 µs each) that a look costs beside those of the value."""

MAX_COMPARED = 500
"""Parts of an argument that are compared before and after a call."""

MAX_ELEMENTS = 10_000
MAX_SHAPES = 8
MAX_KEYS = 200_000

MAX_KEY_PARTS = 1_000_000
"""Parts of large arguments, or results, of one function that are looked at; then it is unknown."""

FREE_PARTS = 16
IMMORTAL = 1 << 28  # reference counts above this are not counts

_CONTAINERS = frozenset([list, tuple, set, frozenset, deque, dict])
_VIEWS = frozenset([type({}.keys()), type({}.values()), type({}.items())])
_IO_EVENTS = (
    "open",
    "socket.",
    "subprocess.",
    "os.",
    "shutil.",
    "sqlite3.",
    "urllib.",
    "tempfile.",
)


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
            "types": _named(self.types),
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


class CallToken:
    """One call under way."""

    __slots__ = ("before", "began", "io", "paths", "raised", "result", "tally")

    def __init__(self, tally: CallTally, before: dict[int, str]) -> None:
        self.tally = tally
        self.before = before
        self.io = 0
        self.paths: dict[str, int] = {}
        self.began = tally.asked.now()
        self.raised = False
        self.result: Any = None

    def see_yield(self, value: object) -> None:
        """Values handed out are results."""
        self.tally.see_result(value)

    def see_error(self, _error: BaseException) -> None:
        """The call ends with an exception."""
        self.raised = True

    def see_read(self, path: str) -> None:
        """A file is about to be read while the call is under way."""
        files = self.tally.asked.files
        if files is not None:
            files.see_read(path)
            times = self.paths[path] = self.paths.get(path, 0) + 1
            files.most_in_one_call = max(files.most_in_one_call, times)

    def leave(self, arguments: tuple[Any, ...]) -> None:
        """The call is over."""
        tally = self.tally
        tally.asked.see_end(self.began)
        _under_way_here().remove(self)
        tally.io_events += self.io
        result, self.result = self.result, None
        if self.raised:
            tally.raised += 1
        elif not tally.generator:
            tally.see_result(result)
            if tally.asked.repeats is not None and arguments:
                tally.asked.repeats.see(arguments[0], result)
        for place, digest in self.before.items():
            if fingerprint(arguments[place], most=MAX_COMPARED).digest != digest:
                tally.mutated += 1
                break


class CallTally:
    """What the calls of one function were."""

    def __init__(
        self, site: str, write: Write, allowance: Allowance, asks: tuple[str, ...] = ()
    ) -> None:
        self.name = site
        self.write = write
        self.allowance = allowance
        self.asks = asks
        self.site: Any = None
        self.module = ""
        self.generator = False
        self.reset()

    def reset(self) -> None:
        """Nothing seen yet."""
        self.allowance.gate.open()
        self.allowance.reset()
        self.asked = Asked(self.asks)
        self.described = self.raised = self.mutated = self.io_events = 0
        self.keyed = 0
        self.keys: set[Any] = set()
        self.key_parts = self.result_parts = 0
        self.frozen_arguments: bool | None = True
        self.argument_types: dict[tuple[type, ...], int] = {}
        self.result_types: dict[type, int] = {}
        self.frozen_results: bool | None = True
        self.threads: set[int] = set()

    def enter(self, _index: int, arguments: tuple[Any, ...]) -> CallToken:
        """A call begins that the gate lets through."""
        looks = self.described
        self.described = looks + 1
        types = tuple([type(value) for value in arguments])
        self.argument_types[types] = self.argument_types.get(types, 0) + 1
        if self.frozen_arguments and len(self.keys) < MAX_KEYS:
            self._see_key(types, arguments)
        before: dict[int, str] = {}
        parts = COST_OF_CALL
        self.threads.add(get_ident())
        if not self.frozen_arguments and is_described(looks, FIRST_CALLS):
            for place, value in enumerate(arguments):
                if not frozen_parts(value):
                    print_ = fingerprint(value, most=MAX_COMPARED)
                    before[place] = print_.digest
                    parts += 2 * print_.nodes
        self.allowance.pay(parts)
        token = CallToken(self, before)
        _under_way_here().append(token)
        return token

    def _see_key(self, types: tuple[type, ...], arguments: tuple[Any, ...]) -> None:
        """Remember arguments, as long as that is cheap."""
        parts = frozen_parts(arguments)
        self.key_parts += max(0, parts - FREE_PARTS)
        if not parts:
            self.frozen_arguments = False
        elif self.key_parts > MAX_KEY_PARTS:
            self.frozen_arguments = None
        else:
            self.keyed += 1
            self.keys.add((types, key_of(arguments)))

    def see_result(self, value: Any) -> None:
        """A result, or a value handed out."""
        kind = type(value)
        self.result_types[kind] = self.result_types.get(kind, 0) + 1
        if self.asked.results is not None:
            self.allowance.pay(2 * self.asked.results.see(value))
        if self.frozen_results and kind not in SCALARS:
            parts = frozen_parts(value)
            self.result_parts += max(0, parts - FREE_PARTS)
            if not parts:
                self.frozen_results = False
            elif self.result_parts > MAX_KEY_PARTS:
                self.frozen_results = None

    def finish(self) -> None:
        """One line with the tally."""
        calls = self.allowance.gate.passed
        if not calls and self.site is None:
            return
        types: dict[type, int] = {}
        for kinds, number in self.argument_types.items():
            for kind in kinds:
                types[kind] = types.get(kind, 0) + number
        known = calls > 0 and self.frozen_arguments is True
        fields = {
            "site": self.name,
            "calls": calls,
            "described": self.described,
            "raised": self.raised,
            "distinct_arguments": len(self.keys) if known else None,
            "hit_rate": 1 - len(self.keys) / self.keyed if known and self.keyed else None,
            "arguments_immutable": self.frozen_arguments if calls else None,
            "argument_types": _named(types),
            "result_types": _named(self.result_types),
            "results_immutable": self.frozen_results if self.result_types else None,
            "io_events": self.io_events,
            "generator": self.generator,
            "threads": max(len(self.threads), 1),
            "arguments_mutated": self.mutated,
            **self.asked.fields(),
        }
        self.write("call-evidence", fields)


def _few_shapes(shapes: set[str | None]) -> list[str] | None:
    known = [shape for shape in shapes if shape is not None]
    return sorted(known) if len(known) == len(shapes) <= MAX_SHAPES else None


def _named(types: dict[type, int]) -> dict[str, int]:
    named: dict[str, int] = {}
    for kind, number in types.items():
        named[type_name(kind)] = named.get(type_name(kind), 0) + number
    return named


_under_way: dict[int, list[CallToken]] = {}


def _under_way_here() -> list[CallToken]:
    """The observed calls that run in this thread."""
    return _under_way.setdefault(get_ident(), [])


def watch_io(functions: Iterable[object]) -> None:
    """Count audit events that tell of I/O for the calls under way in their thread."""
    reading = [f for f in functions if isinstance(f, CallTally) and "files" in f.asks]

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if not event.startswith(_IO_EVENTS):
            return
        here = _under_way.get(get_ident(), ())
        for token in here:
            token.io += 1
        if reading:
            read, changed = read_and_changed(event, arguments)
            if read is not None:
                for token in here:
                    token.see_read(read)
            for path in changed:
                for tally in reading:
                    if tally.asked.files is not None:
                        tally.asked.files.see_change(path)

    sys.addaudithook(hook)
