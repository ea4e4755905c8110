"""Reads profiles that other tools made: cProfile, line_profiler and memory_profiler.

Such a file may come from anywhere, so nothing in it is run: pickles are read by an unpickler that
knows one harmless class, and `marshal`, which broken input can crash, is read in a process of its
own.
"""

from __future__ import annotations

import io
import json
import pickle
import re
import subprocess
import sys
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NoReturn

from whet.errors import TargetError
from whet.profiling.memory import profile_of
from whet.records import Allocation, CpuProfile, FunctionTime, LineTime, MemoryProfile

if TYPE_CHECKING:
    from pathlib import Path

_LARGEST_BYTES = 200_000_000
_KINDS = "cProfile (pstats), line_profiler (.lprof), memory_profiler (.dat or text)"
_MEBIBYTE = 1 << 20
_MARSHAL_LIMIT_S = 60.0
_FOREIGN_FOLDERS = ("site-packages", "dist-packages", "/lib/python", "<", "~")

# Runs isolated in whet's own interpreter; a crash there is an exit status here.
_READ_MARSHAL = """
import json, marshal, sys
stats = marshal.load(sys.stdin.buffer)
rows = [[f, l, n, v[0], v[1], v[2], v[3]] for (f, l, n), v in stats.items()]
json.dump(rows, sys.stdout)
"""


def read_profile(path: Path) -> CpuProfile | MemoryProfile:
    """A profile made elsewhere, by its content.

    Times and calls are as the other tool gives them; there are no stacks. `sampler` and
    `allocator` name the tool.

    Raises:
        TargetError: The file is missing, too large, or none of the known kinds.
    """
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise TargetError(str(path), f"is larger than {_LARGEST_BYTES // 1_000_000} MB")
        raw = path.read_bytes()
    except OSError as error:
        raise TargetError(str(path), error.strerror or "cannot be read") from error
    if raw.startswith(b"\x80"):
        return _line_profiler(path, raw)
    if raw.startswith((b"CMDLINE", b"MEM ", b"FUNC ")):
        return _mprof(path, raw)
    if b"Line #" in raw and b"Mem usage" in raw:
        return _memory_text(path, raw)
    return _pstats(path, raw)


def _refuse(path: Path, reason: str) -> NoReturn:
    raise TargetError(f"profile {path}", reason, f"Known are {_KINDS}")


def _pstats(path: Path, raw: bytes) -> CpuProfile:
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _READ_MARSHAL],
            input=raw, capture_output=True, check=True, timeout=_MARSHAL_LIMIT_S,
        )  # fmt: skip
        rows = [
            (str(file), int(line), str(name), int(calls), float(self_s), float(total_s))
            for file, line, name, _, calls, self_s, total_s in json.loads(done.stdout)
        ]
    except (subprocess.SubprocessError, ValueError, TypeError):
        _refuse(path, "is no profile that whet knows")
    if not rows:
        _refuse(path, "holds no function")
    total = sum(self_s for *_, self_s, _ in rows)
    functions = [
        _function(file, line, name, calls=calls, self_s=self_s, total_s=total_s, whole_s=total)
        for file, line, name, calls, self_s, total_s in rows
    ]
    return _cpu_profile("cProfile", functions, total, sum(calls for *_, calls, _, _ in rows))


class _LineStats:
    """What is left of line_profiler's class: its values."""


class _Unpickler(pickle.Unpickler):
    """Knows the class that line_profiler saves and nothing else, so no code can be named."""

    def find_class(self, module: str, name: str) -> type:
        """The inert stand-in for line_profiler's class; a plain dict for its mapping."""
        if name == "LineStats" and module.partition(".")[0] in {"line_profiler", "_line_profiler"}:
            return _LineStats
        if (module, name) == ("builtins", "object"):
            return object
        reason = f"{module}.{name} is not allowed"
        raise pickle.UnpicklingError(reason)


def _line_profiler(path: Path, raw: bytes) -> CpuProfile:
    try:
        stats = _Unpickler(io.BytesIO(raw)).load()
        if not isinstance(stats, _LineStats):
            _refuse(path, "is a pickle, but not one of line_profiler")
        unit, timings = float(vars(stats)["unit"]), dict(vars(stats)["timings"])
        functions = [_timed(key, rows, unit) for key, rows in timings.items()]
    except (TargetError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - hostile pickles raise anything
        _refuse(path, f"is a pickle that is not read: {error}")
    total = sum(each.total_s for each in functions)
    shared = [
        _function(
            each.file, each.line, each.name, calls=each.calls, self_s=each.self_s,
            total_s=each.total_s, whole_s=total, lines=each.lines,
        )
        for each in functions
    ]  # fmt: skip
    return _cpu_profile("line_profiler", shared, total, None)


def _timed(key: Any, rows: Any, unit: float) -> FunctionTime:
    file, line, name = key
    by_line: dict[int, float] = defaultdict(float)
    hits = 0
    for number, count, ticks in rows:
        by_line[int(number)] += float(ticks) * unit
        hits = hits or int(count)  # the first line of the body runs once a call
    total = sum(by_line.values())
    hottest = sorted(by_line.items(), key=lambda pair: -pair[1])
    lines = tuple(LineTime(line=number, self_s=seconds) for number, seconds in hottest)
    return _function(
        str(file), int(line), str(name), calls=hits or None, self_s=total, total_s=total,
        whole_s=total, lines=lines,
    )  # fmt: skip


def _function(  # noqa: PLR0913 - the columns of a foreign table
    file: str, line: int, name: str, *, calls: int | None, self_s: float, total_s: float,
    whole_s: float, lines: tuple[LineTime, ...] = (),
) -> FunctionTime:  # fmt: skip
    whole = whole_s or 1.0
    return FunctionTime(
        name=name,
        file=file,
        line=line,
        self_s=self_s,
        total_s=total_s,
        self_share=self_s / whole,
        total_share=min(1.0, total_s / whole),
        calls=calls,
        lines=lines,
        in_project=not any(mark in file for mark in _FOREIGN_FOLDERS),
    )


def _cpu_profile(
    tool: str, functions: list[FunctionTime], total_s: float, calls: int | None
) -> CpuProfile:
    return CpuProfile(
        sampler=tool,
        approximate=False,
        rate_hz=0.0,  # not sampled
        samples=0,
        errors=0,
        total_s=total_s,
        functions=tuple(sorted(functions, key=lambda each: (-each.self_s, each.name))),
        function_calls=calls,
    )


def _mprof(path: Path, raw: bytes) -> MemoryProfile:
    """The time series of `mprof run`: lines `MEM mebibytes unix-time`."""
    points = re.findall(rb"^MEM ([\d.]+) ([\d.]+)", raw, re.MULTILINE)
    try:
        series = tuple((float(at), int(float(size) * _MEBIBYTE)) for size, at in points)
    except ValueError:
        _refuse(path, "has a line MEM that is no number")
    if not series:
        _refuse(path, "has no line MEM")
    start = series[0][0]
    relative = tuple((at - start, size) for at, size in series)
    return profile_of(relative, (relative[-1][0] / max(1, len(series) - 1)) or 0.0)


_ROW = re.compile(r"^\s*(\d+)\s+(-?[\d.]+) MiB\s+(-?[\d.]+) MiB\s+(\d+)?\s?(.*)$")


def _memory_text(path: Path, raw: bytes) -> MemoryProfile:
    """The table of `@profile`: usage after each line and its increment, not over time."""
    file, usages, allocations = "", list[int](), []
    for text in raw.decode("utf-8", "replace").splitlines():
        if text.startswith("Filename:"):
            file = text.partition(":")[2].strip()
        row = _ROW.match(text)
        if row is None:
            continue
        line, usage, increment, count, source = row.groups()
        usages.append(int(float(usage) * _MEBIBYTE))
        grown = int(float(increment) * _MEBIBYTE)
        if usages[1:] and grown > 0:
            allocations.append(
                Allocation(file=file, line=int(line), name=source.strip()[:80], bytes=grown,
                           count=int(count or 1))
            )  # fmt: skip
    if not usages:
        _refuse(path, "is a table of memory_profiler without rows")
    return MemoryProfile(
        peak_bytes=max(usages),
        average_bytes=sum(usages) // len(usages),
        growth_bytes_per_s=None,
        start_bytes=usages[0],
        end_bytes=usages[-1],
        interval_s=0.0,
        allocations=tuple(sorted(allocations, key=lambda each: -each.bytes)),
        allocator="memory_profiler (average over lines, not over time)",
    )
