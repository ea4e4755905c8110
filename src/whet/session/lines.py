"""Lines of a changed file as lines of the original: pure."""

from __future__ import annotations

from collections import defaultdict
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

import msgspec

from whet.records import LineTime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from whet.records import CpuProfile


def line_map(original: bytes, changed: bytes) -> list[int]:
    """For each line of a changed file (index 0 is line 1), the line of the original it is from.

    A line that was put in belongs to the original line before which, or instead of which, it
    stands.
    """
    before, after = original.splitlines(), changed.splitlines()
    found: list[int] = []
    matcher = SequenceMatcher(a=before, b=after, autojunk=False)
    for _, start, end, first, last in matcher.get_opcodes():
        found += [min(start + offset, max(start, end - 1)) + 1 for offset in range(last - first)]
    return [min(line, max(len(before), 1)) for line in found]


def in_original_lines(cpu: CpuProfile, maps: Mapping[str, list[int]]) -> CpuProfile:
    """A CPU profile of changed files, told in the lines of the originals.

    Args:
        cpu: As it was sampled.
        maps: By file, from `line_map`; files that are not there did not change.
    """

    def line(file: str, number: int) -> int:
        known = maps.get(file)
        return known[number - 1] if known and 1 <= number <= len(known) else number

    functions = []
    for function in cpu.functions:
        seconds: defaultdict[int, float] = defaultdict(float)
        for row in function.lines:
            seconds[line(function.file, row.line)] += row.self_s
        rows = tuple(
            LineTime(line=number, self_s=each)
            for number, each in sorted(seconds.items(), key=lambda item: -item[1])
        )
        place = line(function.file, function.line)
        functions.append(msgspec.structs.replace(function, line=place, lines=rows))
    frames = tuple(
        msgspec.structs.replace(frame, line=line(frame.file, frame.line)) for frame in cpu.frames
    )
    return msgspec.structs.replace(cpu, functions=tuple(functions), frames=frames)
