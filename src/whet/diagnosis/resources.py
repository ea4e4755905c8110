"""What lines hold or do beside computing: shares of peak memory, of I/O, of time that waits."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from whet.records import CpuProfile, Profile

Lines = dict[tuple[str, int], float]  # (file, line) -> share, 0 to 1

_PLACE = re.compile(r"^(?P<file>.+?):(?P<line>\d+)(?: .*)?$")


def memory_shares(profile: Profile, own: Collection[str]) -> Lines:
    """Share of peak memory that each line of the project's own files allocated itself."""
    memory = profile.memory
    if memory is None or memory.peak_bytes <= 0:
        return {}
    return _summed(
        ((each.file, each.line), each.bytes / memory.peak_bytes)
        for each in memory.allocations
        if each.file in own
    )


def memory_totals(profile: Profile, own: Collection[str]) -> Lines:
    """The same with what lines call: all that the functions seen below a line allocated.

    Those functions may have been called from elsewhere too, so this is an upper bound.
    """
    own_shares = memory_shares(profile, own)
    memory = profile.memory
    if profile.cpu is None or memory is None or (not own_shares and not memory.allocations):
        return own_shares
    by_function: defaultdict[tuple[str, str], float] = defaultdict(float)
    for each in memory.allocations:
        by_function[each.file, each.name] += each.bytes / max(memory.peak_bytes, 1)
    totals = dict(own_shares)
    for place, functions in _below(profile.cpu, own).items():
        below = sum(by_function.get(function, 0.0) for function in functions)
        if below:
            totals[place] = min(1.0, totals.get(place, 0.0) + below)
    return totals


def _below(cpu: CpuProfile, own: Collection[str]) -> dict[tuple[str, int], set[tuple[str, str]]]:
    """The functions that were seen called from each line, directly or not."""
    found: defaultdict[tuple[str, int], set[tuple[str, str]]] = defaultdict(set)
    for stack in cpu.stacks:
        frames = [cpu.frames[index] for index in stack.frames]
        for depth, frame in enumerate(frames):
            if frame.file in own:
                inner = {(each.file, each.name) for each in frames[depth + 1 :]}
                found[frame.file, frame.line] |= inner - {(frame.file, frame.name)}
    return dict(found)


def io_shares(profile: Profile, own: Collection[str]) -> Lines:
    """Share of all counted operations (files opened, connections, children, statements)."""
    if profile.io is None:
        return {}
    total = sum(site.count for site in profile.io.sites)
    rows = ((_place(site.call_site), site.count / total) for site in profile.io.sites if total)
    return _summed((place, share) for place, share in rows if place[0] in own)


def wait_shares(profile: Profile, own: Collection[str]) -> Lines:
    """Share of wall time that threads wait at each line, at the most all of it."""
    if profile.cpu is None or profile.plain_wall_s <= 0:
        return {}
    rows = ((_place(wait.place), wait.seconds) for wait in profile.cpu.waits)
    waits = _summed((place, seconds) for place, seconds in rows if place[0] in own)
    return {place: min(1.0, seconds / profile.plain_wall_s) for place, seconds in waits.items()}


def _place(text: str) -> tuple[str, int]:
    """File and line of "file:line" or "file:line function"; no file where it is neither."""
    match = _PLACE.match(text)
    return (match["file"], int(match["line"])) if match else ("", 0)


def _summed(rows: Iterable[tuple[tuple[str, int], float]]) -> Lines:
    found: defaultdict[tuple[str, int], float] = defaultdict(float)
    for place, share in rows:
        found[place] += share
    return dict(found)
