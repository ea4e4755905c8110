"""Sampled stacks, summed into functions, lines and distinct stacks; pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from whet.profiling._places import IMPORT_PLACE, Place, RawFrame, is_comprehension
from whet.records import Frame, FunctionTime, LineTime, Stack

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whet.profiling._places import Places

_LINES_KEPT = 25


class RawStack(NamedTuple):
    """Time seen with one stack: frames outermost first."""

    process: int
    thread: str
    frames: tuple[RawFrame, ...]
    seconds: float


@dataclass(slots=True)
class _Sums:
    """What one function adds up to."""

    self_s: float = 0.0
    total_s: float = 0.0
    in_project: bool = False
    lines: dict[int, float] = field(default_factory=lambda: defaultdict(float))


class Summary(NamedTuple):
    """Functions, frames and stacks of a set of samples."""

    total_s: float
    functions: tuple[FunctionTime, ...]
    frames: tuple[Frame, ...]
    stacks: tuple[Stack, ...]


def cleaned(frames: Iterable[RawFrame], places: Places) -> tuple[Place, ...]:
    """A stack as places: without whet's own frames, with import machinery only where it is on top.

    A comprehension that runs in the function that holds it is one place with it. A stack whose top
    belongs to whet is empty: it is no time of the program.
    """
    kept: list[Place] = []
    hidden_top = False
    for frame in frames:
        hidden_top = bool(frame.file) and places.is_hidden(frame)
        if hidden_top or not frame.file:
            continue
        place = places.place(frame)
        if kept and kept[-1].file == IMPORT_PLACE:
            kept.pop()
        nested = is_comprehension(frame.name)
        if nested and kept and kept[-1][:3] == place[:3]:
            kept.pop()
        kept.append(place)
    return () if hidden_top else tuple(kept)


def summarize(stacks: Iterable[RawStack], places: Places, *, runs: int = 1) -> Summary:
    """Adds stacks up.

    Args:
        stacks: What was sampled, over all runs.
        places: Where the sources lie.
        runs: How many equal runs were sampled; times are those of one run.

    Returns:
        Functions by self time, hottest first; recursion counts once in `total_s`.
    """
    merged: dict[tuple[int, str, tuple[Place, ...]], float] = defaultdict(float)
    for stack in stacks:
        path = cleaned(stack.frames, places)
        if path:
            merged[stack.process, stack.thread, path] += stack.seconds / runs
    sums: dict[tuple[str, str, int], _Sums] = defaultdict(_Sums)
    for (_, _, path), seconds in merged.items():
        _add(sums, path, seconds)
    total = sum(merged.values())
    functions = sorted(
        (_function(key, one, total) for key, one in sums.items()),
        key=lambda each: (-each.self_s, -each.total_s, each.file, each.line),
    )
    frames, numbered = _numbered(merged)
    return Summary(total, tuple(functions), frames, numbered)


def _add(sums: dict[tuple[str, str, int], _Sums], path: tuple[Place, ...], seconds: float) -> None:
    top = path[-1]
    own = sums[top.name, top.file, top.line]
    own.self_s += seconds
    own.lines[top.hot_line] += seconds
    for key, in_project in {(p.name, p.file, p.line): p.in_project for p in path}.items():
        one = sums[key]
        one.total_s += seconds
        one.in_project = in_project


def _function(key: tuple[str, str, int], one: _Sums, total: float) -> FunctionTime:
    name, file, line = key
    hottest = sorted(one.lines.items(), key=lambda pair: (-pair[1], pair[0]))[:_LINES_KEPT]
    return FunctionTime(
        name=name,
        file=file,
        line=line,
        self_s=one.self_s,
        total_s=one.total_s,
        self_share=one.self_s / total,
        total_share=min(1.0, one.total_s / total),
        lines=tuple(LineTime(line=each, self_s=seconds) for each, seconds in hottest),
        in_project=one.in_project,
    )


def _numbered(
    merged: dict[tuple[int, str, tuple[Place, ...]], float],
) -> tuple[tuple[Frame, ...], tuple[Stack, ...]]:
    """Stacks as indices into a table of frames, longest time first."""
    table: dict[Frame, int] = {}
    stacks = []
    for (process, thread, path), seconds in sorted(
        merged.items(), key=lambda item: (-item[1], item[0][:2])
    ):
        frames = [Frame(name=p.name, file=p.file, line=p.hot_line) for p in path]
        numbers = tuple(table.setdefault(frame, len(table)) for frame in frames)
        stacks.append(Stack(frames=numbers, seconds=seconds, process=process, thread=thread))
    return tuple(table), tuple(stacks)
