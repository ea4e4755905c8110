"""Hot places: where the project's own code spends time or memory, does I/O, waits or imports."""

from __future__ import annotations

from collections import defaultdict
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from whet.diagnosis.resources import io_shares, memory_shares, memory_totals, wait_shares
from whet.records import HotPlace

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from whet.records import CpuProfile, FunctionTime, Profile

    FunctionAt = Callable[[str, int], tuple[str, int] | None]
    """From file and line to qualified name and line of the `def`; None: module level."""

LEAST_SHARE = 0.01  # of all time; below it no cure can be proven within a sensible budget
MOST_PLACES = 30
_TEST_FOLDERS = frozenset({"test", "tests", "testing"})
MODULE = "<module>"


def hot_places(
    profile: Profile,
    project_files: Collection[str],
    *,
    excludes: Iterable[str] = (),
    function_at: FunctionAt | None = None,
    least_share: float = LEAST_SHARE,
    most: int = MOST_PLACES,
) -> tuple[HotPlace, ...]:
    """The functions and imports worth looking at, hottest first.

    Args:
        profile: What the run showed. Without a CPU part or imports there are no such places;
            places hot by memory, I/O or waiting come from those parts.
        project_files: The project's own files, relative; others are not ours to change.
        excludes: Patterns of paths that are left alone.
        function_at: Tells which function a line lies in; without it only time is looked at.
        least_share: Share (0-1) of time, peak memory or I/O below which a place is not hot.
        most: How many functions at the most.
    """
    own = {file for file in project_files if file.endswith(".py") and not is_test(file)}
    patterns = tuple(excludes)
    own = {file for file in own if not any(fnmatchcase(file, pattern) for pattern in patterns)}
    functions = _with_resources(_functions(profile.cpu, own), profile, own, function_at)
    places = [*functions, *_imports(profile, own)]
    hot = [place for place in places if _heat(place) >= least_share]
    return tuple(sorted(hot, key=_heat, reverse=True)[:most])


def is_test(file: str) -> bool:
    """Whether a file belongs to tests by its name or folder."""
    path = PurePosixPath(file)
    name = path.name
    by_name = name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"
    return by_name or bool(_TEST_FOLDERS & set(path.parts[:-1]))


def _heat(place: HotPlace) -> float:
    resources = (place.memory_shares, place.io_shares, place.wait_shares)
    sums = (sum(shares.values()) for shares in resources)
    return max(place.total_share, place.self_share, *place.imports.values(), *sums, 0.0)


def _functions(cpu: CpuProfile | None, own: set[str]) -> list[HotPlace]:
    if cpu is None or not cpu.total_s:
        return []
    # A sampler inside the program names the line after a slow call: then the function's share
    # stands for its lines, an upper bound.
    exact = not cpu.approximate
    totals = _line_totals(cpu, own) if exact else {}
    return [
        HotPlace(
            file=function.file,
            name=function.name,
            line=function.line,
            self_share=function.self_share,
            total_share=function.total_share,
            line_shares=_line_shares(function, cpu) if exact else {},
            line_totals=totals.get(function.file, {}),
            calls=function.calls,
        )
        for function in cpu.functions
        if function.file in own
    ]


def _line_shares(function: FunctionTime, cpu: CpuProfile) -> dict[int, float]:
    return {row.line: row.self_s / cpu.total_s for row in function.lines}


def _line_totals(cpu: CpuProfile, own: set[str]) -> dict[str, dict[int, float]]:
    """Share of all time with a line anywhere on the stack; recursion counts once."""
    totals: defaultdict[str, defaultdict[int, float]] = defaultdict(lambda: defaultdict(float))
    for stack in cpu.stacks:
        lines = {(cpu.frames[index].file, cpu.frames[index].line) for index in stack.frames}
        for file, line in lines:
            if file in own:
                totals[file][line] += stack.seconds / cpu.total_s
    return {file: dict(lines) for file, lines in totals.items()}


def _with_resources(
    places: list[HotPlace], profile: Profile, own: set[str], function_at: FunctionAt | None
) -> list[HotPlace]:
    """The places, and those beside them that only memory, I/O or waiting shows."""
    if function_at is None:
        return places
    found = {
        "memory_shares": memory_shares(profile, own),
        "memory_totals": memory_totals(profile, own),
        "io_shares": io_shares(profile, own),
        "wait_shares": wait_shares(profile, own),
    }
    lines = sorted({place for shares in found.values() for place in shares})
    known = {_key(place): place for place in places}
    inside: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
    for file, line in lines:
        name, start = function_at(file, line) or (MODULE, 1)
        cold = HotPlace(file=file, name=name, line=start, self_share=0.0, total_share=0.0)
        known.setdefault(_key(cold), cold)
        inside[_key(cold)].add(line)
    for key, its_lines in inside.items():
        known[key] = _placed(known[key], its_lines, found)
    return list(known.values())


def _key(place: HotPlace) -> tuple[str, int]:
    return place.file, 0 if place.name == MODULE else place.line


def _placed(
    place: HotPlace, lines: Collection[int], found: Mapping[str, Mapping[tuple[str, int], float]]
) -> HotPlace:
    shares = {
        field: {line: known[place.file, line] for line in sorted(lines)
                if (place.file, line) in known}
        for field, known in found.items()
    }  # fmt: skip
    return msgspec.structs.replace(place, **shares)


def _imports(profile: Profile, own: set[str]) -> list[HotPlace]:
    """Modules of the project that pull in something slow."""
    if not profile.imports or profile.plain_cpu_s <= 0:
        return []
    by_module = {name: file for file in sorted(own) for name in module_names(file)}
    by_module["__main__"] = _main_file(profile, own) or ""
    pulled: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for entry in profile.imports:
        file = by_module.get(entry.imported_by or "")
        if file:
            pulled[file][entry.module] = min(1.0, entry.cumulative_s / profile.plain_cpu_s)
    interpreter = profile.environment.interpreter
    python = interpreter.version if interpreter is not None else None
    return [
        HotPlace(
            file=file, name=MODULE, line=1, self_share=0.0, total_share=0.0, imports=shares,
            python=python,
        )
        for file, shares in pulled.items()
    ]  # fmt: skip


def _main_file(profile: Profile, own: set[str]) -> str | None:
    """The file that runs as `__main__`, where the workload says it."""
    workload = profile.workload
    if workload.kind == "script":
        path = PurePosixPath(workload.cwd, workload.target).as_posix()
        return path if path in own else None
    if workload.kind == "module":
        wanted = {workload.target, f"{workload.target}.__main__"}
        found = [file for file in sorted(own) if wanted & set(module_names(file))]
        return next((f for f in found if f.endswith("__main__.py")), found[0] if found else None)
    return None


def module_names(file: str) -> list[str]:
    """The dotted names that a file may be imported by: "src/a/b.py" is src.a.b and a.b."""
    path = PurePosixPath(file)
    parts = [*path.parts[:-1], path.stem]
    if parts[-1] == "__init__":
        parts.pop()
    shortest = 1 if len(parts) == 1 or parts[0] == "src" else 0
    dotted = [".".join(parts[start:]) for start in range(max(1, shortest + 1))]
    return [name for name in dotted if name]
