"""Which files a project consists of: what git tracks or would track, no environments or caches."""

from __future__ import annotations

import os
import stat
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from whet.codebase.git import git, is_bare, top_level, try_git
from whet.errors import GitError, TargetError
from whet.records.event import Event, ignore_event
from whet.store.scratch import scratch_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from whet.records.event import OnEvent

# Directories that hold products of tools, never the project's own source.
NOT_SOURCE = frozenset({
    ".eggs", ".git", ".hg", ".hypothesis", ".import_linter_cache", ".ipynb_checkpoints",
    ".mypy_cache", ".nox", ".pytest_cache", ".ruff_cache", ".svn", ".tox", ".venv", ".whet",
    "__pycache__", "__pypackages__", "node_modules",
})  # fmt: skip
_LISTED = ("ls-files", "-z", "--exclude-standard")


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
        on_event: Hears when ignore rules could not be asked for because git is missing.

    Raises:
        TargetError: No such directory.
    """
    folder = Path(root)
    if not folder.is_dir():
        raise TargetError(f"project {os.fspath(root)!r}", "there is no such directory")
    names = _names(folder, on_event)
    environments: dict[str, bool] = {}
    kept = (name for name in names if _belongs(folder, name, excludes, environments))
    return sorted(name for name in kept if _is_entry(folder, name))


def is_excluded(path: str, excludes: Sequence[str]) -> bool:
    """Whether a pattern covers a relative path, a directory above it, or one part of it."""
    parts = path.split("/")
    above = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    return any(
        fnmatchcase(candidate, pattern.rstrip("/"))
        for pattern in excludes
        for candidate in (*above, *parts)
    )


def _names(folder: Path, on_event: OnEvent) -> Iterable[str]:
    """Everything git lists below a folder, in any order; a plain walk where there is no git."""
    try:
        if top_level(folder) is not None:
            return set(_decoded(git(folder, *_LISTED, "-c", "-o")))
    except GitError as refused:
        _note(on_event, f"{refused}. Files are listed without it")
    try:
        if is_bare(folder):
            _note(on_event, f"{folder} is a bare repository: it has no files, only history")
            return ()
        return _outside_repository(folder)
    except GitError as missing:
        _note(on_event, f"{missing.what} {missing.reason}: ignore rules are not applied")
        return _walk(folder)


def _outside_repository(folder: Path) -> list[str]:
    """Git's own walk and ignore rules for a folder that is in no repository."""
    with scratch_folder("empty") as empty:
        git(empty, "init", "--quiet", "--bare", "--template=", ".")
        place = {"GIT_DIR": os.fspath(empty), "GIT_WORK_TREE": os.fspath(folder.resolve())}
        pruned = [f"--exclude={name}/" for name in sorted(NOT_SOURCE)]
        asked = ("-c", "core.bare=false", *_LISTED, "-o", *pruned)
        result = try_git(folder, *asked, environment=place)
    if result.exit_code:
        raise GitError("git ls-files", result.stderr.decode("utf-8", "replace").strip())
    return _decoded(result.stdout)


def _decoded(listed: bytes) -> list[str]:
    return [os.fsdecode(name) for name in listed.split(b"\0") if name]


def _walk(folder: Path) -> Iterator[str]:
    for base, directories, names in os.walk(folder):
        links = [name for name in directories if Path(base, name).is_symlink()]
        directories[:] = sorted(
            name
            for name in directories
            if name not in NOT_SOURCE
            and name not in links
            and not Path(base, name, ".git").exists()
        )
        for name in (*names, *links):
            yield Path(base, name).relative_to(folder).as_posix()


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


def _is_entry(folder: Path, name: str) -> bool:
    """Whether it is a file or symlink now: not deleted, no submodule, no nested repository."""
    try:
        mode = (folder / name).lstat().st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) or stat.S_ISLNK(mode)


def _note(on_event: OnEvent, message: str) -> None:
    on_event(Event(kind="note", stage="files", message=message))
