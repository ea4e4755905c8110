"""Files without git: `rignore` applies the ignore rules, the index is read for what is tracked.

Rust's `ignore` crate agrees with git on every tree that the tests make. What it does not know is
added here: tracked files count though a rule ignores them, nested repositories are left alone, and
a repository's own `core.excludesFile` replaces the user's.
"""

from __future__ import annotations

import os
import stat
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from whet.codebase.scan._batch import Batch
from whet.codebase.scan._dotgit import GitFolder, Tracked, enclosing, is_repository
from whet.codebase.scan._presence import Presence
from whet.errors import GitError
from whet.store.scratch import scratch_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import rignore

_BATCH_FILES = 1000


def walked(
    folder: Path, *, exclude: Sequence[str], note: Callable[[str], None]
) -> Iterator[Batch]:
    """The files below a folder, found without git.

    Args:
        folder: Any directory.
        exclude: Patterns in the syntax of `.gitignore`; they only count outside of repositories.
        note: Hears what could not be taken into account.
    """
    folder = Path(os.path.abspath(folder))  # noqa: PTH100 - links above must stay as they are
    found = enclosing(folder)
    if found is None:
        yield from _outside(folder, exclude, note)
        return
    top, repository = found
    tracked = _tracked(repository, note)
    prefix = "" if top == folder else f"{folder.relative_to(top).as_posix()}/"
    own = [name[len(prefix) :] for name in tracked.files if name.startswith(prefix)]
    known = set(own)
    rules = repository.excludes_file()
    if rules is not None:
        note(f"{rules}: without git its rules count before those of the folders")
    # From the top, as rules above the folder count: whether one ignores the folder, too.
    below = _rignore(top, rules, note, submodules=tracked.submodules)
    new = (name[len(prefix) :] for name in below if name.startswith(prefix))
    for names in _batched(name for name in new if name not in known):
        yield Batch(names, tracked=False)
    there = Presence(os.fspath(folder))
    for at in range(0, len(own), _BATCH_FILES):
        yield Batch(there.files(own[at : at + _BATCH_FILES]), tracked=True)


def _outside(folder: Path, exclude: Sequence[str], note: Callable[[str], None]) -> Iterator[Batch]:
    with scratch_folder("excluded") as scratch:
        rules = scratch / "rules"
        rules.write_text("".join(f"{pattern}\n" for pattern in exclude), "utf-8")
        for names in _batched(_rignore(folder, rules, note, submodules=None)):
            yield Batch(names, None)


def _tracked(repository: GitFolder, note: Callable[[str], None]) -> Tracked:
    try:
        return repository.tracked()
    except GitError as unread:
        note(f"{unread}. Tracked files that a rule ignores are left out")
        return Tracked([], frozenset())


def _rignore(
    top: Path,
    rules: Path | None,
    note: Callable[[str], None],
    *,
    submodules: frozenset[str] | None,
) -> Iterator[str]:
    """Names below a folder that no rule ignores.

    Args:
        top: Where the walk begins.
        rules: A file with further rules.
        note: Hears what is left out.
        submodules: Folders whose content is not the repository's; None outside of repositories.
    """
    import rignore

    walk = rignore.walk(
        top,
        ignore_hidden=False,
        read_ignore_files=False,
        read_parents_ignores=False,
        read_git_ignore=True,
        read_global_git_ignore=rules is None or submodules is None,
        read_git_exclude=True,
        require_git=submodules is not None,
        follow_links=False,
        additional_ignore_paths=[os.fspath(rules)] if rules else None,
        overrides=["!.git"],
    )
    start = len(os.fspath(top).rstrip("/")) + 1
    theirs = "\0"  # what the last nested repository's names begin with
    for path in _readable(walk, top, note):
        if path.startswith(theirs) or len(path) < start:
            continue
        mode = _mode(path)
        if stat.S_ISREG(mode) or stat.S_ISLNK(mode):
            yield path[start:]
        elif path[start:] in (submodules or ()) or is_repository(path):
            theirs = path + "/"


def _readable(walk: rignore.Walker, top: Path, note: Callable[[str], None]) -> Iterator[str]:
    """The paths of a walk; `rignore` cannot hand out names that are no UTF-8."""
    lost = 0
    while True:
        try:
            path = next(walk, None)
        except ValueError:
            lost += 1
            continue
        if path is None:
            break
        yield os.fspath(path)
    if lost:
        note(f"{lost} names below {top} are no UTF-8: untracked ones are left out without git")


def _mode(path: str) -> int:
    try:
        return os.lstat(path).st_mode
    except OSError:
        return 0


def _batched(names: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(names, _BATCH_FILES)):
        yield batch
