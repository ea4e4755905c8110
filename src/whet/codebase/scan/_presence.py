"""Which tracked names are there as files: a directory is read once instead of a stat a file."""

from __future__ import annotations

import os
import stat
from contextlib import suppress


class Presence:
    """Tells files from what is gone, in memory of one path of directories.

    Git lists by name, so all names below a directory follow each other, and only the directories
    above the current one need to be held. A tracked name below a symbolic link is not there: its
    directory was replaced.

    Args:
        root: The directory that the names are relative to.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._above = [_Folder(root, "")]

    def files(self, names: list[str]) -> list[str]:
        """The names that are regular files or symbolic links now, in the same order."""
        directories = dict.fromkeys([name.rpartition("/")[0] for name in names])
        there: set[str] = set()
        for directory in directories:
            folder = self._enter(directory)
            if folder.path == directory:
                there.update(folder.files)
            else:
                directories[directory] = False
        kept = [name for name in names if name in there]
        if len(kept) == len(names):
            return kept
        return [
            name
            for name in names
            if name in there
            or (directories[name.rpartition("/")[0]] is None and _is_file(f"{self._root}/{name}"))
        ]

    def _enter(self, directory: str) -> _Folder:
        """The directory; where it is gone, the last one above it that is there."""
        above = self._above
        inside = directory + "/"
        while not inside.startswith(above[-1].prefix):
            above.pop()
        while above[-1].path != directory:
            last = above[-1]
            part = directory[len(last.prefix) :].partition("/")[0]
            if not last.holds_folder(part):
                break
            above.append(_Folder(self._root, last.prefix + part))
        return above[-1]


class _Folder:
    """A directory, read when a name in it is asked for: those between need no reading."""

    def __init__(self, root: str, path: str) -> None:
        self.path = path  # relative to the root, "" for the root itself
        self.prefix = f"{path}/" if path else ""
        self._place = f"{root}/{path}" if path else root
        self._files: list[str] | None = None
        self._folders: frozenset[str] = frozenset()

    @property
    def files(self) -> list[str]:
        """Regular files and symbolic links, relative to the root."""
        if self._files is None:
            self._files, self._folders = _read(self._place, self.prefix)
        return self._files

    def holds_folder(self, name: str) -> bool:
        """Whether a real directory lies in it: a link to one does not count."""
        return name in self._folders or stat.S_ISDIR(_mode(f"{self._place}/{name}"))


def _is_file(path: str) -> bool:
    """Whether a name is there that was not among its directory's.

    File systems that fold case or normalize names list others than git knows.
    """
    mode = _mode(path)
    return stat.S_ISREG(mode) or stat.S_ISLNK(mode)


def _mode(path: str) -> int:
    try:
        return os.lstat(path).st_mode
    except OSError:
        return 0


def _read(place: str, prefix: str) -> tuple[list[str], frozenset[str]]:
    """Names of the files, with a prefix, and of the directories in a directory."""
    try:
        with os.scandir(place) as entries:
            found = list(entries)
    except OSError:  # gone, or not readable: then each name is asked for
        return [], frozenset()
    with suppress(OSError):  # asking whether a link that leads to itself is a file is an error
        files = [prefix + entry.name for entry in found if entry.is_file()]
        if len(files) == len(found):
            return files, frozenset()
    files = [prefix + entry.name for entry in found if entry.is_symlink() or entry.is_file()]
    folders = [entry.name for entry in found if not entry.is_symlink() and entry.is_dir()]
    return files, frozenset(folders)
