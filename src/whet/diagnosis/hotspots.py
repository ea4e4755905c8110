"""Hot places: the functions of the project that the profile saw at work, and its slow imports."""

from __future__ import annotations

from collections import defaultdict
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from whet.records import HotPlace

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from whet.records import CpuProfile, FunctionTime, Profile

LEAST_SHARE = 0.01  # of all time; below it no cure can be proven within a sensible budget
MOST_PLACES = 30
_TEST_FOLDERS = frozenset({"test", "tests", "testing"})
MODULE = "<module>"


def hot_places(
    profile: Profile,
    project_files: Collection[str],
    *,
    excludes: Iterable[str] = (),
    least_share: float = LEAST_SHARE,
    most: int = MOST_PLACES,
) -> tuple[HotPlace, ...]:
    """The functions and imports worth looking at, hottest first.

    Args:
        profile: What the run showed. Without a CPU part or imports there are no such places.
        project_files: The project's own files, relative; others are not ours to change.
        excludes: Patterns of paths that are left alone.
        least_share: Share of all time (0-1) below which a place is not hot.
        most: How many functions at the most.
    """
    own = {file for file in project_files if file.endswith(".py") and not is_test(file)}
    patterns = tuple(excludes)
    own = {file for file in own if not any(fnmatchcase(file, pattern) for pattern in patterns)}
    places = [*_functions(profile.cpu, own), *_imports(profile, own)]
    hot = [place for place in places if _heat(place) >= least_share]
    return tuple(sorted(hot, key=_heat, reverse=True)[:most])


def is_test(file: str) -> bool:
    """Whether a file belongs to tests by its name or folder."""
    path = PurePosixPath(file)
    name = path.name
    by_name = name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"
    return by_name or bool(_TEST_FOLDERS & set(path.parts[:-1]))


def _heat(place: HotPlace) -> float:
    return max(place.total_share, place.self_share, *place.imports.values(), 0.0)


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
    return [
        HotPlace(file=file, name=MODULE, line=1, self_share=0.0, total_share=0.0, imports=shares)
        for file, shares in pulled.items()
    ]


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
