"""What can be read of a repository without git: where it lies, its index, one setting.

Source: git's `Documentation/gitformat-index.txt` and `gitrepository-layout.txt`.
"""

from __future__ import annotations

import os
import re
import struct
from pathlib import Path
from typing import NamedTuple

from whet.errors import GitError

_HEADER = struct.Struct(">4sLL")
_EXTENSION = struct.Struct(">4sL")
_STAT_BYTES = 40  # times, device, inode, mode, owner and size of an entry
_MODE_AT = 24  # within them
_VERSIONS = (2, 3, 4)
_SHARED_NAMES = 4  # from this version on names share the beginning of the one before
_FOLDER, _SUBMODULE = 0o040000, 0o160000
_LONG_FLAGS = 0x4000  # an entry of version 3 with two more bytes
_HASH_BYTES = {"sha1": 20, "sha256": 32}
_OBJECT_FORMAT = re.compile(r"^\s*objectformat\s*=\s*(\w+)", re.IGNORECASE | re.MULTILINE)
_EXCLUDES = re.compile(r'^\s*excludesfile\s*=\s*"?([^"\n]+?)"?\s*$', re.IGNORECASE | re.MULTILINE)


class Tracked(NamedTuple):
    """What an index names."""

    files: list[str]
    submodules: frozenset[str]


class GitFolder(NamedTuple):
    """A repository's folders.

    Attributes:
        own: Of this work tree: it holds the index.
        common: Shared by all work trees: it holds the configuration.
    """

    own: Path
    common: Path

    def tracked(self) -> Tracked:
        """The names in the index, in git's order.

        Raises:
            GitError: The index is split, damaged or of an unknown version.
        """
        place = self.own / "index"
        try:
            raw = place.read_bytes()
        except FileNotFoundError:
            return Tracked([], frozenset())
        except OSError as error:
            raise GitError(os.fspath(place), error.strerror or "cannot be read") from error
        found = _OBJECT_FORMAT.search(self._config())
        try:
            return _names(raw, _HASH_BYTES[found[1].lower() if found else "sha1"])
        except (KeyError, IndexError, ValueError, struct.error) as error:
            reason = "cannot be read without git (split, damaged or too new)"
            raise GitError(os.fspath(place), reason, "Install git") from error

    def excludes_file(self) -> Path | None:
        """What `core.excludesFile` of the repository itself names; None if it names nothing."""
        found = _EXCLUDES.search(self._config())
        return Path(found[1]).expanduser() if found else None

    def _config(self) -> str:
        try:
            return (self.common / "config").read_text("utf-8", "surrogateescape")
        except OSError:
            return ""


def enclosing(folder: Path) -> tuple[Path, GitFolder] | None:
    """The top of the work tree that holds a folder, and its repository; None outside of any."""
    for top in (folder, *folder.parents):
        own = _git_folder(top / ".git")
        if own is not None:
            common = own / "commondir"
            if not common.is_file():
                return top, GitFolder(own, own)
            return top, GitFolder(own, own / common.read_text("utf-8", "surrogateescape").strip())
    return None


def is_repository(path: str) -> bool:
    """Whether a directory is the top of a work tree."""
    place = path + "/.git"
    # Asked for every entry of a walk: nearly all have no .git.
    return os.path.lexists(place) and _git_folder(Path(place)) is not None


def _git_folder(place: Path) -> Path | None:
    if place.is_file():
        words = place.read_bytes()[: 1 << 16]
        if not words.startswith(b"gitdir: "):
            return None
        place = place.parent / os.fsdecode(words[8:].rstrip(b"\r\n"))
    common = place / "commondir"
    shared = place
    if common.is_file():
        shared = place / common.read_text("utf-8", "surrogateescape").strip()
    if not (place / "HEAD").is_file() or not (shared / "refs").is_dir():
        return None
    return place if (shared / "objects").is_dir() else None


def _names(raw: bytes, hash_bytes: int) -> Tracked:
    signature, version, entries = _HEADER.unpack_from(raw)
    if signature != b"DIRC" or version not in _VERSIONS:
        raise ValueError(version)
    at = _HEADER.size
    modes: dict[str, int] = {}  # an unmerged file has an entry for each side
    name = b""
    for _ in range(entries):
        (mode,) = struct.unpack_from(">L", raw, at + _MODE_AT)
        flags_at = at + _STAT_BYTES + hash_bytes
        (flags,) = struct.unpack_from(">H", raw, flags_at)
        name_at = flags_at + (4 if flags & _LONG_FLAGS else 2)
        if version == _SHARED_NAMES:
            dropped, name_at = _offset(raw, name_at)
            end = raw.index(b"\0", name_at)
            name = name[: len(name) - dropped] + raw[name_at:end]
            at = end + 1
        else:
            end = raw.index(b"\0", name_at)
            name = raw[name_at:end]
            at += (end - at + 8) // 8 * 8  # padded with one to eight zero bytes
        modes[os.fsdecode(name)] = mode
    _refuse_split(raw, at, hash_bytes)
    return Tracked(
        [name for name, mode in modes.items() if mode not in {_FOLDER, _SUBMODULE}],
        frozenset(name for name, mode in modes.items() if mode == _SUBMODULE),
    )


def _offset(raw: bytes, at: int) -> tuple[int, int]:
    """A number in git's offset encoding, and where it ends."""
    value = raw[at] & 0x7F
    while raw[at] & 0x80:
        at += 1
        value = ((value + 1) << 7) | (raw[at] & 0x7F)
    return value, at + 1


def _refuse_split(raw: bytes, at: int, hash_bytes: int) -> None:
    """Extensions that change what the entries mean cannot be ignored: their names are small."""
    while at < len(raw) - hash_bytes:
        name, size = _EXTENSION.unpack_from(raw, at)
        if name[:1].islower():
            raise ValueError(name)
        at += _EXTENSION.size + size
