"""Finds the workload of a project that names none."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from whet.errors import TargetError
from whet.records import Workload
from whet.workloads.asv import suite_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

_SKIPPED = frozenset({
    ".git", ".hg", ".svn", ".whet", "__pycache__", "node_modules", ".tox", ".nox", ".eggs",
    "build", "dist", "site-packages",
})  # fmt: skip
_MAX_FILES = 20_000
_SHOWN = 8  # candidates that an error lists
_NOT_WORKLOADS = frozenset({"setup.py", "conftest.py", "noxfile.py", "__init__.py", "fabfile.py"})
_MAIN_GUARD = re.compile(rb"^if __name__ == ['\"]__main__['\"]", re.MULTILINE)
_BENCHMARK_TEST = re.compile(rb"^\s*(async )?def test_\w*\([^)]*\bbenchmark\b", re.MULTILINE)
_SCRIPTS = re.compile(r"^\[project\.scripts\]", re.MULTILINE)


def discover(project: Path, configured: Workload | None = None) -> Workload:
    """The workload of a project: configured, benchmarks, tests, or what else it holds.

    The order is that of the documentation: `[tool.whet]` or `whet.yaml`; pytest-benchmark tests,
    an asv suite, then a program in `benchmarks/`; the test suite; the one script of a bare folder;
    the branches of a git repository without Python.

    Args:
        project: The user's project.
        configured: The workload of the settings, if they name one.

    Raises:
        TargetError: Nothing was found, or more than one script; says what to type.
    """
    project = Path(project)
    if not project.is_dir():
        reason = "is not a folder" if project.exists() else "does not exist"
        raise TargetError(f"project {str(project)!r}", reason, "Give the project's folder")
    if configured is not None:
        return configured
    files = list(_python_files(project))
    found = _benchmarks(project, files) or _tests(project, files) or _only_script(project, files)
    if found is not None:
        return found
    if not files and _is_repository(project):
        return Workload(kind="git", chosen_by="git repository without Python")
    raise _nothing(project, files)


def _python_files(project: Path) -> Iterator[str]:
    """Python files below the project, relative; environments and build products left out."""
    count = 0
    for folder, names, files in os.walk(project):
        names[:] = sorted(
            name
            for name in names
            if name not in _SKIPPED and not (Path(folder) / name / "pyvenv.cfg").exists()
        )
        for name in sorted(files):
            if name.endswith(".py"):
                count += 1
                if count > _MAX_FILES:
                    return
                yield os.path.relpath(Path(folder) / name, project)


def _benchmarks(project: Path, files: list[str]) -> Workload | None:
    tests = [path for path in files if _is_test(path) or _top(path) in {"benchmarks", "bench"}]
    for path in tests:
        if _BENCHMARK_TEST.search(_read(project / path)):
            return Workload(kind="pytest", target=path, chosen_by="pytest-benchmark tests")
    suite = suite_folder(project)
    if suite is not None:
        return Workload(kind="asv", target=suite, chosen_by="asv suite")
    programs = [
        path
        for path in files
        if _top(path) in {"benchmarks", "bench"} and not _is_test(path) and _runs(project / path)
    ]
    if len(programs) == 1:
        return Workload(kind="script", target=programs[0], chosen_by="benchmarks/")
    return None


def _tests(project: Path, files: list[str]) -> Workload | None:
    del project
    tests = [path for path in files if _is_test(path)]
    if not tests:
        return None
    return Workload(kind="pytest", chosen_by="test suite")


def _only_script(project: Path, files: list[str]) -> Workload | None:
    """The one program of a bare folder: a file with a main guard, or the only file."""
    top = [path for path in files if os.sep not in path and path not in _NOT_WORKLOADS]
    guarded = [path for path in top if _runs(project / path)]
    only = guarded if len(guarded) == 1 else top
    if len(only) != 1:
        return None
    return Workload(kind="script", target=only[0], chosen_by="the only script")


def _nothing(project: Path, files: list[str]) -> TargetError:
    what = f"workload of {str(project)!r}"
    looked = "no workload in [tool.whet] or whet.yaml, no benchmarks, no tests"
    packages = [str(Path(path).parent) for path in files if path.endswith("__main__.py")]
    if packages:
        module = re.sub(r"^src/", "", packages[0]).replace(os.sep, ".")
        return TargetError(what, looked, f"Try -w {shlex.quote('-m ' + module)}")
    scripts = [path for path in files if path not in _NOT_WORKLOADS and _runs(project / path)]
    top = [path for path in files if os.sep not in path and path not in _NOT_WORKLOADS]
    candidates = scripts or top
    if candidates:
        shown = ", ".join(candidates[:_SHOWN]) + (", …" if len(candidates) > _SHOWN else "")
        reason = f"{looked}, and more than one script: {shown}"
        return TargetError(what, reason, f"Name one: -w {shlex.quote(candidates[0])}")
    if _entry_point(project):
        return TargetError(what, looked, "Name a command: -w 'COMMAND ARGUMENTS'")
    if files:
        example = re.sub(r"^src/", "", files[0])[:-3].replace(os.sep, ".")
        return TargetError(what, looked, f"Name a callable: -w {example}:FUNCTION")
    reason = "no Python files and no git repository"
    return TargetError(what, reason, "Give another folder, or a command with -w 'COMMAND'")


def _entry_point(project: Path) -> bool:
    return bool(_SCRIPTS.search(_read(project / "pyproject.toml").decode(errors="replace")))


def _is_test(path: str) -> bool:
    name = Path(path).name
    return name.startswith("test_") or name.endswith("_test.py")


def _top(path: str) -> str:
    return path.split(os.sep, 1)[0]


def _runs(path: Path) -> bool:
    return bool(_MAIN_GUARD.search(_read(path)))


def _read(path: Path) -> bytes:
    """The first megabyte; unreadable files count as empty."""
    try:
        with path.open("rb") as file:
            return file.read(1_000_000)
    except OSError:
        return b""


def _is_repository(project: Path) -> bool:
    return any((folder / ".git").exists() for folder in (project, *project.resolve().parents))
