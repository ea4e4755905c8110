"""The Python files and documents of a project, one after the other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from whet.codebase.files import project_files
from whet.codebase.structure.promises import is_document, promises_of
from whet.codebase.syntax import SourceModule
from whet.records import printable
from whet.records.event import ignore_event

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Sequence

    from whet.codebase.cache import FileCache
    from whet.codebase.structure.promises import Promise
    from whet.records.event import OnEvent


class Sources(NamedTuple):
    """The files of a project that analyzers read, relative to it; links are left out."""

    python: list[str]
    documents: list[str]


def sources_of(
    project: str | os.PathLike[str],
    excludes: Sequence[str] = (),
    *,
    on_event: OnEvent = ignore_event,
) -> Sources:
    """The Python files and documents of a project.

    Raises:
        TargetError: No such directory.
    """
    wanted = [
        file
        for file in project_files(project, excludes, on_event=on_event)
        if (file.endswith(".py") or is_document(file)) and not Path(project, file).is_symlink()
    ]
    python = [file for file in wanted if file.endswith(".py")]
    return Sources(python, [file for file in wanted if not file.endswith(".py")])


def promises_in(
    project: str | os.PathLike[str], files: Iterable[str], cache: FileCache | None = None
) -> Iterator[Promise]:
    """What documents promise, those left out that cannot be read.

    Args:
        project: Its folder.
        files: Relative to it.
        cache: Whom contents are asked of; None: the disk.
    """
    for file in files:
        try:
            data = _content(project, file, cache)
        except OSError:
            continue
        yield from promises_of(data.decode("utf-8", "replace"), printable(file))


def modules_of(
    project: str | os.PathLike[str], files: Iterable[str], cache: FileCache | None = None
) -> Iterator[SourceModule]:
    """These files read and parsed, no tree kept; one that is gone or unreadable says so.

    Args:
        project: Its folder.
        files: Relative to it.
        cache: Whom contents are asked of; None: the disk.
    """
    for file in files:
        try:
            yield SourceModule(_content(project, file, cache), printable(file))
        except OSError as error:
            missing = SourceModule(b"", printable(file))
            missing.tree, missing.reason = None, f"not analyzed: {error.strerror or error}"
            yield missing


def _content(project: str | os.PathLike[str], file: str, cache: FileCache | None) -> bytes:
    return Path(project, file).read_bytes() if cache is None else cache.read(file)
