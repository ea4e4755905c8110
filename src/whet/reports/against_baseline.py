"""A session's profile beside one that was saved before: what moved, as notes.

A saved baseline was measured at another time on a machine in another state: it shows where to
look and decides nothing. `whet compare` decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from whet.reports import _figures as figures

if TYPE_CHECKING:
    from collections.abc import Callable

    from whet.records import Profile, SessionRecord

_SHOWN = 3


def add_baseline(session: SessionRecord, name: str, baseline: Profile) -> SessionRecord:
    """The session with notes that put its profile beside the baseline."""
    heading = f"beside baseline {name!r} (measured earlier: a hint, not a verdict):"
    if session.profile is None:
        lines = ["the session holds no profile"]
    else:
        lines = [*_totals(session.profile, baseline), *_moved(session.profile, baseline)]
    notes = tuple(f"{heading} {line}" for line in lines)
    return msgspec.structs.replace(session, notes=session.notes + notes)


def _totals(now: Profile, then: Profile) -> list[str]:
    lines = [
        _line("CPU time of a run", figures.seconds, then.plain_cpu_s, now.plain_cpu_s),
        _line("wall time of a run", figures.seconds, then.plain_wall_s, now.plain_wall_s),
    ]
    if now.memory and then.memory:
        peaks = (then.memory.peak_bytes, now.memory.peak_bytes)
        lines.append(_line("peak memory", figures.megabytes, *peaks))
    if now.io and then.io:
        lines.append(f"files read: {then.io.file_reads} then, {now.io.file_reads} now")
    if now.workload.spelled != then.workload.spelled:
        lines.insert(0, f"another workload: {then.workload.spelled!r} then")
    return lines


def _line(what: str, shown: Callable[[float | None], str], then: float, now: float) -> str:
    ratio = f" ({now / then:.2f} times)" if then > 0 else ""
    return f"{what}: {shown(then)} then, {shown(now)} now{ratio}"


def _moved(now: Profile, then: Profile) -> list[str]:
    """The functions whose share of the time changed most."""
    if now.cpu is None or then.cpu is None:
        return []
    before = {(entry.file, entry.name): entry.self_share for entry in then.cpu.functions}
    after = {(entry.file, entry.name): entry.self_share for entry in now.cpu.functions}
    moved = sorted(
        before.keys() | after.keys(),
        key=lambda place: (-abs(after.get(place, 0) - before.get(place, 0)), place),
    )
    return [
        f"{place[1]} ({place[0]}): {figures.percent(before.get(place, 0))} of the time then, "
        f"{figures.percent(after.get(place, 0))} now"
        for place in moved[:_SHOWN]
    ]
