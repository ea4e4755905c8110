"""Which files a project consists of: what git tracks or would track, no environments or caches."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from whet.codebase.scan import ScanOptions, scan_names
from whet.errors import GitError, TargetError
from whet.records.event import Event, ignore_event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whet.records.event import OnEvent

# Directories that hold products of tools, never the project's own source.
NOT_SOURCE = frozenset({
    ".eggs", ".git", ".hg", ".hypothesis", ".import_linter_cache", ".ipynb_checkpoints",
    ".mypy_cache", ".nox", ".pytest_cache", ".ruff_cache", ".svn", ".tox", ".venv", ".whet",
    "__pycache__", "__pypackages__", "node_modules",
})  # fmt: skip
_PRUNED = tuple(f"{name}/" for name in sorted(NOT_SOURCE))


def project_files(
    root: str | os.PathLike[str],
    excludes: Sequence[str] = (),
    *,
    on_event: OnEvent = ignore_event,
) -> list[str]:
    """The files of a project, sorted, relative to its root, with `/` between the parts.

    Tracked files and those that git neither knows nor ignores; also right outside of
    repositories, where only the ignore files count. Symlinks are entries and never followed;
    the content of nested repositories and submodules belongs to them. Names that are no UTF-8
    are decoded as `os.fsdecode` does, so they open.

    Args:
        root: The project's directory, which may lie anywhere inside a repository.
        excludes: Patterns of `fnmatch` for a path, a directory above it, or one part of it.
        on_event: Hears what could not be taken into account because git is missing or refuses.

    Raises:
        TargetError: No such directory.
    """
    folder = Path(root)
    if not folder.is_dir():
        raise TargetError(f"project {os.fspath(root)!r}", "there is no such directory")
    environments: dict[str, bool] = {}
    names = _names(folder, on_event)
    return sorted(name for name in names if _belongs(folder, name, excludes, environments))


def is_excluded(path: str, excludes: Sequence[str]) -> bool:
    """Whether a pattern covers a relative path, a directory above it, or one part of it."""
    parts = path.split("/")
    above = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    return any(
        fnmatchcase(candidate, pattern.rstrip("/"))
        for pattern in excludes
        for candidate in (*above, *parts)
    )


def _names(folder: Path, on_event: OnEvent) -> set[str]:
    """Everything that belongs below a folder, in any order."""
    heard = _notes_only(on_event)
    options = ScanOptions(exclude=_PRUNED, on_event=heard)
    try:
        return {name for batch in scan_names(folder, options) for name in batch}
    except TargetError as bare:
        heard(Event(kind="note", stage="files", message=f"{bare.what} {bare.reason}"))
        return set()
    except GitError as refused:
        message = f"{refused}. Files are listed without it"
        heard(Event(kind="note", stage="files", message=message))
        without = ScanOptions(use_git=False, exclude=_PRUNED, on_event=heard)
        return {name for batch in scan_names(folder, without) for name in batch}


def _notes_only(on_event: OnEvent) -> OnEvent:
    """A listener that hands on what could not be taken into account, not progress."""

    def hear(event: Event) -> None:
        if event.kind == "note":
            on_event(event)

    return hear


def _belongs(
    folder: Path, name: str, excludes: Sequence[str], environments: dict[str, bool]
) -> bool:
    """Whether a listed name is the project's own; `environments` remembers looked-at folders."""
    *above, last = name.split("/")
    if not NOT_SOURCE.isdisjoint(above) or last.endswith((".pyc", ".pyo")):
        return False
    for n in range(len(above)):
        directory = "/".join(above[: n + 1])
        if directory not in environments:
            environments[directory] = (folder / directory / "pyvenv.cfg").exists()
        if environments[directory]:
            return False
    return not is_excluded(name, excludes)
