"""Git's listing of a folder, parsed a chunk at a time.

`git ls-files -t` writes a tag before each name: `?` untracked, `H` tracked, `M` once for each side
of a conflict, `S` left out by a sparse checkout. Nearly all are `H`, so a chunk is cleaned by one
replacement instead of one operation a name.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from whet.codebase.git import git, git_chunks, is_bare
from whet.codebase.scan._batch import Batch
from whet.codebase.scan._joined import files_there, tells_names_apart
from whet.codebase.scan._presence import Presence
from whet.errors import GitError, TargetError
from whet.store.scratch import scratch_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_LISTED = ("ls-files", "-z", "-t", "--exclude-standard")


def listed_by_git(folder: Path, *, present: bool, exclude: Sequence[str]) -> Iterator[Batch]:
    """What git lists below a folder.

    Raises:
        TargetError: A bare repository.
        GitError: Git is missing, or refuses.
    """
    try:
        yield from _in_repository(folder, present=present)
    except GitError as refused:
        if "not a git repository" not in refused.reason:
            if is_bare(folder):
                raise _bare(folder) from refused
            raise
    else:
        return
    yield from _outside(folder, exclude)


def _bare(folder: Path) -> TargetError:
    reason = "is a bare repository: it has no files, only history"
    return TargetError(f"folder {os.fspath(folder)!r}", reason, "`whet commits` reads its history")


def _in_repository(folder: Path, *, present: bool) -> Iterator[Batch]:
    if present and tells_names_apart(folder):
        yield from files_there(folder)
        return
    there = Presence(os.fspath(folder)).files if present else list
    for names, tracked in _parsed(folder, (*_LISTED, "-c", "-o"), {}):
        yield Batch(there(names) if tracked else names, tracked)


def _outside(folder: Path, exclude: Sequence[str]) -> Iterator[Batch]:
    """Git's own walk and ignore rules for a folder that is in no repository."""
    with scratch_folder("empty") as empty:
        git(empty, "init", "--quiet", "--bare", "--template=", ".")
        place = {"GIT_DIR": os.fspath(empty), "GIT_WORK_TREE": os.fspath(folder.resolve())}
        more = [f"--exclude={pattern}" for pattern in exclude]
        asked = ("-c", "core.bare=false", *_LISTED, "-o", *more)
        for names, _ in _parsed(folder, asked, place):
            yield Batch(names, None)


def _parsed(
    folder: Path, asked: Sequence[str], environment: Mapping[str, str]
) -> Iterator[tuple[list[str], bool]]:
    """Names with whether git knows them; untracked ones come first."""
    last = ""
    for chunk in git_chunks(folder, *asked, environment=environment):
        text = "\0" + os.fsdecode(chunk.removesuffix(b"\0"))
        known = text.find("\0H ")
        if known < 0 or "\0M " in text or "\0S " in text:
            new, old = _by_tag(text[1:].split("\0"), last)
            last = old[-1] if old else last
        else:
            new = [entry[2:] for entry in text[1:known].split("\0")] if known else []
            old = text[known + 3 :].replace("\0H ", "\0").split("\0")
        if new:
            # A nested repository is one entry that ends with a slash: its content is its own.
            yield [name for name in new if name[-1] != "/"], False
        yield old, True


def _by_tag(entries: list[str], last: str) -> tuple[list[str], list[str]]:
    """Untracked and tracked names of a chunk; an unmerged file has an entry for each side."""
    new = [entry[2:] for entry in entries if entry[0] == "?"]
    old = []
    for entry in entries:
        name = entry[2:]
        if entry[0] != "?" and (entry[0] != "M" or name != last):
            old.append(name)
            last = name
    return new, old
