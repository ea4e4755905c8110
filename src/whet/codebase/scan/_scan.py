"""The scan itself: git where it is, `rignore` where it is missing, one record a file."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from whet.codebase.scan._git import listed_by_git
from whet.errors import GitError, TargetError
from whet.records.event import Event, ignore_event
from whet.records.scan import ScannedFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scan._batch import Batch
    from whet.records.event import OnEvent


class ScanOptions(NamedTuple):
    """How a folder is scanned.

    Attributes:
        present: Leave out what git lists although it is not there as a file: deleted but tracked
            files and the folders of submodules. False is quicker and lists what git lists.
        use_git: False walks with `rignore` and reads git's index without git.
        exclude: Patterns in the syntax of `.gitignore` that are ignored as well; they only count
            outside of repositories and do not touch tracked files.
        on_event: Hears progress after each batch, and what could not be taken into account.
    """

    present: bool = True
    use_git: bool = True
    exclude: tuple[str, ...] = ()
    on_event: OnEvent = ignore_event


DEFAULT = ScanOptions()


def scan(
    folder: str | os.PathLike[str], options: ScanOptions = DEFAULT, *, details: bool = False
) -> Iterator[ScannedFile]:
    """The files below a folder: tracked ones, and those that git neither knows nor ignores.

    Symbolic links are entries and never followed; the content of submodules and nested
    repositories is theirs. They come in no particular order.

    Args:
        folder: Any directory, inside of a repository or not.
        options: See `ScanOptions`.
        details: Ask the file system for kind, size and time of each.

    Raises:
        TargetError: No such directory, or a bare repository.
        GitError: There is a repository, but git refuses to read it.
    """
    described = _described if details else _named
    for batch in _batches(Path(folder), options):
        yield from described(os.fspath(folder), batch)


def scan_names(
    folder: str | os.PathLike[str], options: ScanOptions = DEFAULT
) -> Iterator[list[str]]:
    """The names that `scan` finds, in batches as git hands them out; empty ones are left out.

    Raises:
        TargetError: No such directory, or a bare repository.
        GitError: There is a repository, but git refuses to read it.
    """
    for batch in _batches(Path(folder), options):
        yield batch.names


def _batches(folder: Path, options: ScanOptions) -> Iterator[Batch]:
    if not folder.is_dir():
        raise TargetError(f"folder {os.fspath(folder)!r}", "there is no such directory")
    count = 0
    for batch in _source(folder, options):
        if batch.names:
            count += len(batch.names)
            yield batch
            progress = Event(kind="progress", stage="scan", message="files", count=count)
            options.on_event(progress)


def _source(folder: Path, options: ScanOptions) -> Iterator[Batch]:
    if options.use_git:
        try:
            yield from listed_by_git(folder, present=options.present, exclude=options.exclude)
        except GitError as missing:
            if missing.what != "git":
                raise
            _note(options, f"{missing.what} {missing.reason}: the rules are read without it")
        else:
            return
    from whet.codebase.scan._walk import walked

    yield from walked(folder, exclude=options.exclude, note=lambda text: _note(options, text))


def _named(_folder: str, batch: Batch) -> Iterator[ScannedFile]:
    tracked = batch.tracked
    for name in batch.names:
        yield ScannedFile(path=name, tracked=tracked)


def _described(folder: str, batch: Batch) -> Iterator[ScannedFile]:
    for name in batch.names:
        try:
            found = os.lstat(f"{folder}/{name}")
        except OSError:
            continue  # gone since it was listed
        link = stat.S_ISLNK(found.st_mode)
        if link or stat.S_ISREG(found.st_mode):
            yield ScannedFile(
                path=name,
                tracked=batch.tracked,
                kind="symlink" if link else "file",
                size_bytes=found.st_size,
                modified_ns=found.st_mtime_ns,
            )


def _note(options: ScanOptions, message: str) -> None:
    options.on_event(Event(kind="note", stage="scan", message=message))
