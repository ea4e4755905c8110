"""What remedies ask about calls: arguments, results, hit rates, I/O."""

from __future__ import annotations

import sys
from _thread import get_ident

from whet_probe._asked import Asked, read_and_changed
from whet_probe._evidence import is_described, named_types
from whet_probe._traits import SCALARS, frozen_parts, key_of
from whet_probe._values import fingerprint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterable

    from whet_probe._gate import Allowance

    Write = Callable[[str, dict[str, Any]], None]

FIRST_CALLS = 20
"""Calls whose arguments are compared before and after; later ones at powers of two."""

COST_OF_CALL = 6
"""Parts (about 1 µs each) that a look costs beside those of the arguments."""

MAX_COMPARED = 500
"""Parts of an argument that are compared before and after a call."""

MAX_KEYS = 200_000

MAX_KEY_PARTS = 1_000_000
"""Parts of large arguments, or results, of one function that are looked at; then it is unknown."""

FREE_PARTS = 16
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
            "argument_types": named_types(types),
            "result_types": named_types(self.result_types),
            "results_immutable": self.frozen_results if self.result_types else None,
            "io_events": self.io_events,
            "generator": self.generator,
            "threads": max(len(self.threads), 1),
            "arguments_mutated": self.mutated,
            **self.asked.fields(),
        }
        self.write("call-evidence", fields)


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
