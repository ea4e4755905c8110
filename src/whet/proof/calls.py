"""Streams of calls compared: pure, from the probe's lines to the first difference."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from whet.records import Counterexample

if TYPE_CHECKING:
    from collections.abc import Iterable

Call = dict[str, Any]

_PARTS = {"a": "arguments", "r": "result", "x": "exception", "y": "values handed out"}


@dataclass
class Stream:
    """The calls of one function in one run.

    Attributes:
        main: Calls of the first process, in their order.
        elsewhere: Calls of its children.
        count: All calls; None where a process was ended before it could say.
        threads: That called it in one process, at the most.
        tests: Tests that reached it, where they were asked for.
        whole: Where threads were started, calls up to here are known to be in one order.
        partial: Where calls are told by their arguments, there were too many to see all.
    """

    main: list[Call] = field(default_factory=list)
    elsewhere: list[Call] = field(default_factory=list)
    count: int = 0
    threads: int = 0
    tests: set[str] = field(default_factory=set)
    whole: int | None = None
    partial: bool = False

    @property
    def described(self) -> int:
        """Calls that were looked at one by one."""
        return len(self.main) + len(self.elsewhere)

    @property
    def reached(self) -> bool:
        """Whether it was called at all."""
        return bool(self.count or self.described)


def streams_of(lines: Iterable[dict[str, Any]], functions: int) -> list[Stream]:
    """The streams of the functions numbered from 0, from the lines of one run."""
    calls: list[tuple[list[Call], list[Call]]] = [([], []) for _ in range(functions)]

    def keep(number: int, call: Call, *, elsewhere: bool) -> None:
        calls[number][elsewhere].append(call)

    streams = gather(lines, functions, keep)
    for stream, (main, elsewhere) in zip(streams, calls, strict=True):
        stream.main, stream.elsewhere = sorted(main, key=_index), elsewhere
    return streams


class Keep(Protocol):
    """Takes one call; `elsewhere` is in a child of the first process."""

    def __call__(self, number: int, call: Call, *, elsewhere: bool) -> None:
        """Keep a call of the function with this number."""


def gather(lines: Iterable[dict[str, Any]], functions: int, keep: Keep) -> list[Stream]:
    """The streams without their calls, each of which is handed on as it is read."""
    streams = [Stream() for _ in range(functions)]
    first = None
    for line in lines:
        first = first or line["process_file"]
        if line["kind"] == "call":
            keep(line["f"], line, elsewhere=line["process_file"] != first)
        elif line["kind"] == "calls":
            stream = streams[line["f"]]
            stream.count += line["count"]
            stream.threads = max(stream.threads, line["threads"])
            stream.tests.update(line.get("tests", ()))
            stream.partial |= line.get("partial", False)
            if "whole" in line:
                stream.whole = min(line["whole"], stream.whole or line["whole"])
    return streams


def _index(call: Call) -> int:
    return int(call["i"])


@dataclass(frozen=True)
class Comparison:
    """What comparing two streams found."""

    difference: Counterexample | None = None
    compared: int = 0
    notes: tuple[str, ...] = ()


def compare_streams(
    a: Stream, b: Stream, name: str, *, fewer: bool = False, tolerance: float | None = None
) -> Comparison:
    """Whether a function did the same in two runs.

    Args:
        a: Of the original.
        b: Of the candidate.
        name: Of the function, for the counterexample.
        fewer: The candidate may leave calls out that it has the answer of already (a memo): each
            call that it makes must be one that the original made, with the same outcome, and
            each one it leaves out must have had the outcome of the one before.
        tolerance: Relative difference of floats that counts as none; None compares bit for bit.
    """
    if fewer and a.count != b.count:
        return _compare_fewer(a, b, name, tolerance)
    if max(a.threads, b.threads) > 1 or a.elsewhere or b.elsewhere:
        return _compare_unordered(a, b, name)
    return _compare_ordered(a, b, name, tolerance)


def _compare_ordered(a: Stream, b: Stream, name: str, tolerance: float | None) -> Comparison:
    theirs = {_index(call): call for call in b.main}
    ordered = min(a.count + 1, a.whole or a.count + 1, b.whole or a.count + 1)
    compared, notes = 0, _Notes(name)
    for call in a.main:
        other = theirs.get(_index(call))
        if other is None or _index(call) >= ordered:
            continue
        found = difference(call, other, name, tolerance)
        if found is not None:
            return Comparison(found, compared, notes.all())
        compared += 1
        notes.look(call, other)
    if a.count != b.count:
        found = Counterexample(
            stage="calls", place=name, detail="number of calls",
            expected=str(a.count), actual=str(b.count),
        )  # fmt: skip
        return Comparison(found, compared, notes.all())
    if a.count > compared:
        notes.add(f"{compared} of {a.count} calls of {name} were compared one by one")
    return Comparison(None, compared, notes.all())


def _compare_unordered(a: Stream, b: Stream, name: str) -> Comparison:
    """Threads and processes share work in an order of their own: the calls as a multiset."""
    ours, theirs = a.main + a.elsewhere, b.main + b.elsewhere
    if a.count > len(ours) or b.count > len(theirs):
        note = f"calls of {name} on several threads or processes were too many to compare"
        return Comparison(None, 0, (note,))
    common = _common_arguments(ours + theirs)
    left = Counter(_signature(call, common) for call in ours)
    right = Counter(_signature(call, common) for call in theirs)
    if left == right:
        return Comparison(None, len(ours))
    texts = {_signature(call, common): call for call in [*theirs, *ours]}
    lost, new = list(left - right), list(right - left)
    found = Counterexample(
        stage="calls", place=name, detail="calls on several threads or processes",
        expected=_sentence(name, texts[lost[0]]) if lost else "no such call",
        actual=_sentence(name, texts[new[0]]) if new else "no such call",
    )  # fmt: skip
    return Comparison(found, 0)


def _compare_fewer(a: Stream, b: Stream, name: str, tolerance: float | None) -> Comparison:
    """The candidate's calls beside those of the original with the same arguments.

    A function may look at more than its arguments. So a call that the candidate leaves out had
    to have the outcome of the one before it: with each arguments, both go through the same
    outcomes. Where several orders are right, or values are seen in part, it is only told that
    each call is one of those that the original made.
    """
    known: dict[str, list[Call]] = {}
    for call in a.main + a.elsewhere:
        known.setdefault(call["a"], []).append(call)
    compared = 0
    for call in b.main + b.elsewhere:
        originals = known.get(call["a"])
        if originals is None:
            if not a.count or a.partial:
                continue
            found = Counterexample(
                stage="calls", place=name, detail="arguments that the original was never given",
                expected="no such call", actual=_sentence(name, call),
            )  # fmt: skip
            return Comparison(found, compared)
        differences = [difference(each, call, name, tolerance) for each in originals]
        if None not in differences:
            return Comparison(differences[0], compared)
        compared += 1
    note = f"{name}: {compared} calls with distinct arguments compared ({a.count} calls)"
    return Comparison(_stale(a, b, name), compared, (note,))


def _stale(a: Stream, b: Stream, name: str) -> Counterexample | None:
    """A call left out although the original came to another outcome than before it.

    Arguments that the candidate was never given tell nothing: another change of a set may spare
    these calls.
    """
    if max(a.threads, b.threads) > 1 or a.elsewhere or b.elsewhere:
        return None
    ours, theirs = _without_gaps(a.main), _without_gaps(b.main)
    positions = _common_arguments(ours + theirs)
    made = _turns(theirs, positions)
    for arguments, turns in _turns(ours, positions).items():
        others = made.get(arguments)
        if others is None or any("cut" in call or "opaque" in call for call in turns + others):
            continue
        for number, call in enumerate(turns):
            other = others[number] if number < len(others) else None
            if other is None or _signature(call, positions) != _signature(other, positions):
                return Counterexample(
                    stage="calls", place=name,
                    detail=f"{_called(name, call)} had another outcome before, with the same "
                    "arguments",
                    expected=_outcome(call), actual=_outcome(other) if other else "no such call",
                )  # fmt: skip
    return None


def _without_gaps(calls: list[Call]) -> list[Call]:
    """The first calls, up to one that was not looked at: of these all outcomes are known."""
    return [call for number, call in enumerate(calls) if _index(call) == number]


def _turns(calls: list[Call], positions: set[str]) -> dict[str, list[Call]]:
    """By arguments, the calls whose outcome is not that of the one before."""
    found: dict[str, list[Call]] = {}
    for call in calls:
        turns = found.setdefault(call["a"], [])
        if not turns or _signature(turns[-1], positions) != _signature(call, positions):
            turns.append(call)
    return found


def difference(
    call: Call, other: Call, name: str, tolerance: float | None = None, stage: str = "calls"
) -> Counterexample | None:
    """Where two calls differ, in full; None when they agree."""
    for part in ("a", "x", "r", "y"):
        if call.get(part) != other.get(part):
            return _counterexample(call, other, name, _PARTS[part], stage)
        if tolerance is not None and not _close(call, other, "f" + part, tolerance):
            return _counterexample(call, other, name, _PARTS[part], stage)
    after, others = call.get("m", {}), other.get("m", {})
    for position in sorted(set(after) & set(others)):
        if after[position][0] != others[position][0]:
            detail = f"argument {int(position) + 1} after the call of {_called(name, call)}"
            return _shown(stage, name, detail, after[position][1], others[position][1])
    return None


def _close(call: Call, other: Call, part: str, tolerance: float) -> bool:
    ours, theirs = call.get(part, ()), other.get(part, ())
    return len(ours) == len(theirs) and all(
        one == two or math.isclose(float(one), float(two), rel_tol=tolerance)
        for one, two in zip(ours, theirs, strict=True)
    )


def _counterexample(call: Call, other: Call, name: str, part: str, stage: str) -> Counterexample:
    if part == "arguments":
        expected, actual = _called(name, call), _called(name, other)
    else:
        expected, actual = _outcome(call), _outcome(other)
    return _shown(stage, name, f"{part} of {_called(name, call)}", expected, actual)


def _shown(stage: str, name: str, detail: str, expected: str, actual: str) -> Counterexample:
    """A counterexample; texts that are too short for the difference are said to be."""
    return Counterexample(
        stage=stage,  # type: ignore[arg-type] # one of the stages by construction
        place=name, detail=detail + (", in what is not shown" if expected == actual else ""),
        expected=expected, actual=actual,
    )  # fmt: skip


def _call_text(name: str, call: Call) -> str:
    text = str(call.get("at", "(…)"))
    return name.rpartition("::")[2] + (text[:-2] + ")" if text.endswith(",)") else text)


def _called(name: str, call: Call) -> str:
    number = f", call {call['i'] + 1}" if "i" in call else ""
    return _call_text(name, call) + number


def _outcome(call: Call) -> str:
    text = f"raises {call['xt']}" if "x" in call else str(call.get("rt", ""))
    if "y" in call:
        text += f" after handing out {call['y'][0]} values"
    return text


def _sentence(name: str, call: Call) -> str:
    return f"{_call_text(name, call)}: {_outcome(call)}"


def _common_arguments(calls: list[Call]) -> set[str]:
    """Positions of arguments that every call says the state of afterwards."""
    return set.intersection(*(set(call.get("m", ())) for call in calls)) if calls else set()


def _signature(call: Call, positions: set[str]) -> tuple[Any, ...]:
    after = tuple(call["m"][position][0] for position in sorted(positions))
    handed_out = tuple(call.get("y", ()))
    return (call["a"], call.get("r"), call.get("x"), handed_out, after)


class _Notes:
    """What cannot be seen in the calls or is seen in part, each said once."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._found: dict[str, None] = {}

    def add(self, note: str) -> None:
        self._found[note] = None

    def look(self, call: Call, other: Call) -> None:
        if call.get("o") != other.get("o"):
            self.add(f"{self._name} returns a set that is iterated in another order")
        if call.get("cut") or other.get("cut"):
            self.add(f"some values of {self._name} are larger than what is compared")
        if call.get("opaque") or other.get("opaque"):
            self.add(f"some values of {self._name} are compared by their type alone")

    def all(self) -> tuple[str, ...]:
        return tuple(self._found)
