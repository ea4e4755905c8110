"""A profile for people: tables on a terminal, plain text elsewhere."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from whet.records import MemoryProfile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from whet.records import CpuProfile, IoProfile, Profile

_BARS = "▁▂▃▄▅▆▇█"
_LINES_SHOWN = 3
_MEGABYTE = 1e6

_Row = tuple[str, ...]


def render(profile: Profile, *, limit: int = 10) -> str:
    """The profile as plain text.

    Args:
        profile: What to show.
        limit: Functions, waits, imports and sites that are listed.
    """
    parts: list[str] = [_head(profile)]
    if profile.cpu is not None:
        parts += _cpu(profile.cpu, limit)
    if profile.memory is not None:
        parts += _memory(profile.memory, limit)
    if profile.io is not None:
        parts += _io(profile.io, limit)
    if profile.imports is not None:
        parts += _imports(profile, limit)
    if profile.bottlenecks:
        rows = [
            (f"{each.execution_time:.3f} s", f"{each.relative_slowdown:.1f}x", each.component)
            for each in profile.bottlenecks[:limit]
        ]
        parts += ["Bottlenecks (more than twice the mean)", _table(("time", "mean", ""), rows)]
        parts += [f"  {each.component}: {each.suggestion}" for each in profile.bottlenecks[:3]]
    parts += _foot(profile)
    return "\n".join(_printable(part) for part in parts) + "\n"


def render_part(part: CpuProfile | MemoryProfile, *, limit: int = 10) -> str:
    """A part of a profile alone, such as one that was read from another tool's file."""
    shown = _memory(part, limit) if isinstance(part, MemoryProfile) else _cpu(part, limit)
    return _printable("\n".join(shown).lstrip("\n")) + "\n"


def _printable(text: str) -> str:
    """Without control characters: names come from the user's program."""
    return "".join(each if each.isprintable() or each == "\n" else "?" for each in text)


def _head(profile: Profile) -> str:
    times = f"{profile.plain_wall_s:.3f} s wall, {profile.plain_cpu_s:.3f} s CPU without whet"
    return f"{profile.workload.spelled}: {times}"


def _cpu(cpu: CpuProfile, limit: int) -> Iterator[str]:
    about = " (approximate: sampled from inside)" if cpu.approximate else ""
    yield (
        f"\nCPU: {cpu.samples} samples at {cpu.rate_hz:g} Hz by {cpu.sampler}{about}, "
        f"{cpu.errors} errors, {cpu.processes} process(es), {cpu.threads} thread(s)"
    )
    rows = []
    for each in cpu.functions[:limit]:
        calls = "" if each.calls is None else f"{each.calls:,}"
        a_call = "" if not each.calls else _duration(each.total_s / each.calls)
        rows.append((
            f"{each.self_s:.3f}", f"{each.self_share:.1%}", f"{each.total_s:.3f}", calls, a_call,
            each.name, f"{_short(each.file)}:{each.line}",
        ))  # fmt: skip
    yield _table(("self s", "self", "total s", "calls", "a call", "function", "place"), rows)
    hot = [
        (f"{line.self_s:.3f}", f"{line.self_s / cpu.total_s:.1%}", f"{each.file}:{line.line}")
        for each in cpu.functions[:limit]
        if each.in_project
        for line in each.lines[:_LINES_SHOWN]
    ]
    hot.sort(key=lambda row: -float(row[0]))
    if hot:
        yield "\nHot lines of this project"
        yield _table(("self s", "self", "line"), hot[:limit])
    if cpu.function_calls is not None:
        yield f"{cpu.function_calls:,} calls of Python functions"
    if cpu.waits:
        yield "\nWaiting (not running)"
        waits = [
            (f"{each.seconds:.3f}", each.kind, each.thread, _short(each.place))
            for each in cpu.waits[:limit]
        ]
        yield _table(("s", "on", "thread", "place"), waits)
    if cpu.lock_share:
        yield f"{cpu.lock_share:.1%} of all thread time is spent waiting for locks"


def _memory(memory: MemoryProfile, limit: int) -> Iterator[str]:
    yield (
        f"\nMemory: peak {_mb(memory.peak_bytes)}, average {_mb(memory.average_bytes)}, "
        f"start {_mb(memory.start_bytes)}, end {_mb(memory.end_bytes)}"
    )
    if memory.series:
        yield f"  {sparkline([size for _, size in memory.series])}"
    if memory.growth_bytes_per_s is not None:
        yield f"  grows by {memory.growth_bytes_per_s / _MEGABYTE:+.2f} MB/s after start-up"
    if memory.leak_bytes_per_repetition is not None:
        yield f"  {memory.leak_bytes_per_repetition / 1e3:+.1f} kB stay with every repetition"
    if memory.allocations:
        yield f"Allocations by line ({memory.allocator})"
        rows = [
            (_mb(each.bytes), f"{each.count:,}", f"{_short(each.file)}:{each.line} {each.name}")
            for each in memory.allocations[:limit]
        ]
        yield _table(("size", "count", "line"), rows)


def _io(io: IoProfile, limit: int) -> Iterator[str]:
    connections = "unmeasured" if io.network_calls is None else io.network_calls
    sql = "" if io.sql_statements is None else f", {io.sql_statements} SQL statements"
    yield (
        f"\nI/O: {io.file_reads} files opened to read, {io.file_writes} to write, "
        f"{connections} connections, {io.subprocesses} subprocesses{sql}"
    )
    if io.read_bytes is not None and io.written_bytes is not None:
        yield f"  {_mb(io.read_bytes)} read, {_mb(io.written_bytes)} written"
    rows = [
        (f"{site.count:,}", site.kind, _short(site.call_site), _short(site.target))
        for site in io.sites[:limit]
    ]
    if rows:
        yield _table(("count", "kind", "where", "what"), rows)


def _imports(profile: Profile, limit: int) -> Iterator[str]:
    modules = profile.imports or ()
    total = sum(each.self_s for each in modules)
    yield f"\nImports: {len(modules)} modules, {total:.3f} s CPU"
    rows = [
        (
            f"{1e3 * each.cumulative_s:.1f}", f"{1e3 * each.self_s:.1f}",
            "" if each.memory_bytes is None else _mb(each.memory_bytes),
            each.module, each.imported_by or "",
        )
        for each in modules[:limit]
    ]  # fmt: skip
    if rows:
        yield _table(("total ms", "self ms", "memory", "module", "imported by"), rows)


def _foot(profile: Profile) -> Iterator[str]:
    costs = [
        f"{each.instrument} {each.cpu_ratio:.2f}x"
        for each in profile.overheads
        if each.cpu_ratio is not None
    ]
    if costs:
        yield "\nCPU time of each instrumented run / plain run: " + ", ".join(costs)
    for failure in profile.failures:
        yield f"not measured: {failure.instrument}: {failure.reason}"
    for note in profile.notes:
        yield f"note: {note}"


def sparkline(values: Sequence[float], width: int = 60) -> str:
    """Values as a line of bars from zero to the largest; of each stretch the largest."""
    if not values:
        return ""
    step = max(1, -(-len(values) // width))
    peaks = [max(values[at : at + step]) for at in range(0, len(values), step)]
    top = max(peaks) or 1
    return "".join(_BARS[min(7, int(8 * max(0, value) / top))] for value in peaks)


def _duration(seconds: float) -> str:
    for factor, unit in ((1.0, "s"), (1e3, "ms"), (1e6, "us")):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def _mb(size: float) -> str:
    return f"{size / _MEGABYTE:.1f} MB"


def _short(path: str, most: int = 60) -> str:
    """A path whose end says most: the folders of an installation are left out."""
    for mark in ("/site-packages/", "/dist-packages/"):
        if mark in path:
            path = path.rpartition(mark)[2]
    home = os.sep + "lib" + os.sep + "python"
    if home in path:
        path = path.rpartition(home)[2].partition("/")[2]
    path = " ".join(path.split())
    return path if len(path) <= most else "..." + path[3 - most :]


def _table(head: _Row, rows: Sequence[_Row]) -> str:
    """Columns aligned with blanks; numbers to the right."""
    everything = [head, *rows]
    widths = [max(len(row[column]) for row in everything) for column in range(len(head))]
    right = [_numeric(row[column] for row in rows) for column in range(len(head))]
    lines = []
    for row in everything:
        cells = [
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ]
        lines.append(("  " + "  ".join(cells)).rstrip())
    return "\n".join(lines)


def _numeric(cells: Iterable[str]) -> bool:
    return all(not cell or cell[0].isdigit() or cell[0] in "+-" for cell in cells)
