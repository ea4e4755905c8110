"""The Python files of a project, one after the other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from whet.codebase.files import project_files
from whet.codebase.syntax import SourceModule
from whet.records import printable
from whet.records.event import ignore_event

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Sequence

    from whet.codebase.cache import FileCache
    from whet.records.event import OnEvent


def python_files(
    project: str | os.PathLike[str],
    excludes: Sequence[str] = (),
    *,
    on_event: OnEvent = ignore_event,
) -> list[str]:
    """The Python files of a project, relative to it; links are left out.

    Raises:
        TargetError: No such directory.
    """
    files = project_files(project, excludes, on_event=on_event)
    return [f for f in files if f.endswith(".py") and not Path(project, f).is_symlink()]


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
            data = Path(project, file).read_bytes() if cache is None else cache.read(file)
            yield SourceModule(data, printable(file))
        except OSError as error:
            missing = SourceModule(b"", printable(file))
            missing.tree, missing.reason = None, f"not analyzed: {error.strerror or error}"
            yield missing
