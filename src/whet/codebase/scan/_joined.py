"""Which files are there, from two quick answers of git instead of a look at each tracked name.

Asked with an index that does not exist, git's walk lists every file that no rule ignores, whether
tracked or not: what it lists is there. The real index, listed alone, says which of these are
tracked; only tracked names that the walk did not meet (deleted, or ignored by a rule) need a look.
Measured on 20,000 files this takes 1.5 times git's plain listing; a stat a file takes 2.5 times.

Where the index would have changed the walk its effect is added: folders of submodules are theirs
though nothing is checked out, and a repository inside in which files are tracked is entered.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from whet.codebase.git import git, git_chunks
from whet.codebase.scan._batch import Batch
from whet.codebase.scan._presence import Presence

if TYPE_CHECKING:
    from collections.abc import Iterator

_WALKED = ("ls-files", "-z", "-o", "--exclude-standard")
_SUBMODULE = b"160000 "
_BATCH_FILES = 1000


def tells_names_apart(folder: Path) -> bool:
    """Whether a file has one name only here, so that git's and the folder's can be compared."""
    place = folder.resolve()
    other = place.parent / place.name.swapcase()
    if not sys.platform.startswith("linux") or other == place:
        return False
    return not (other.exists() and other.samefile(place))


def files_there(folder: Path) -> Iterator[Batch]:
    """The files of a work tree that are there, tracked and untracked ones in turn.

    Raises:
        GitError: Git is missing or refused.
    """
    index = _Index(folder)
    nowhere = Path(tempfile.gettempdir(), f"whet-no-index-{secrets.token_hex(16)}")
    place = {"GIT_INDEX_FILE": os.fspath(nowhere)}
    unseen = set(index.names)
    for chunk in git_chunks(folder, *_WALKED, environment=place):
        # Operations on whole sets and texts: one for each name would cost as much as git's walk.
        names = os.fsdecode(chunk.removesuffix(b"\0")).split("\0")
        unseen.difference_update(names)
        if not index.names.issuperset(names):
            new = [name for name in names if name not in index.names]
            yield Batch(index.untracked(new), tracked=False)
            names = [name for name in names if name in index.names]
        yield Batch(names, tracked=True)
    there = Presence(os.fspath(folder))
    rest = sorted(unseen)
    for at in range(0, len(rest), _BATCH_FILES):
        yield Batch(there.files(rest[at : at + _BATCH_FILES]), tracked=True)


class _Index:
    """What a repository's index says of names below a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.names = set(_names(git(folder, "ls-files", "-z", "-c")))
        self._theirs: dict[str, bool] = {"": False}  # folders that belong to a submodule

    def untracked(self, names: list[str]) -> list[str]:
        """Those of the names that git would list with this index, and what it would add."""
        kept = []
        for name in names:
            if name.endswith("/"):  # a repository
                kept += self._inside(name)
            elif not self._is_theirs(name.rpartition("/")[0]):
                kept.append(name)
        return kept

    def _inside(self, repository: str) -> list[str]:
        """New files in a repository inside: git enters it where it tracks files there."""
        if not any(name.startswith(repository) for name in self.names):
            return []
        asked = (*_WALKED, "--", f":(literal){repository}")
        return [name for name in _names(git(self._folder, *asked)) if not name.endswith("/")]

    def _is_theirs(self, folder: str) -> bool:
        known = self._theirs.get(folder)
        if known is None:
            known = self._is_theirs(folder.rpartition("/")[0]) or (
                folder in self.names and self._is_submodule(folder)
            )
            self._theirs[folder] = known
        return known

    def _is_submodule(self, folder: str) -> bool:
        """A tracked name that is a folder now is a submodule, or was a file."""
        asked = ("ls-files", "-z", "-s", "--", f":(literal){folder}")
        return git(self._folder, *asked).startswith(_SUBMODULE)


def _names(listed: bytes) -> list[str]:
    """The names of a listing, each of which ends with a NUL byte."""
    return os.fsdecode(listed).split("\0")[:-1]
