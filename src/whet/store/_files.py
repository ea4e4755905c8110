"""Files that are whole or not there: atomic writes, appended lines, records read back."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from whet.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

R = TypeVar("R")
_CLEAN = "`whet clean` removes what whet keeps"


def refusal(path: Path, error: OSError) -> StoreError:
    """The error that a failed file operation becomes."""
    way_out = "Free some space, or run `whet clean`" if error.errno in {28, 122} else ""
    return StoreError(str(path), error.strerror or str(error), way_out)


def make_folder(path: Path) -> Path:
    """A private folder (mode 0700), made if it is missing.

    Raises:
        StoreError: It cannot be made, or a link or file lies there.
    """
    if path.is_symlink():
        raise StoreError(str(path), "is a symbolic link, which whet does not follow", "Remove it")
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise refusal(path, error) from error
    return path


def write_whole(path: Path, raw: bytes, *, mode: int = 0o600) -> None:
    """Replace a file so that readers see the old or the new content, also after a crash.

    Raises:
        StoreError: Disk full, read-only, or the folder is gone.
    """
    temporary = ""
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
        raise refusal(path, error) from error


def append_line(path: Path, raw: bytes) -> None:
    """Add one line. A line torn by an earlier crash is closed first.

    Raises:
        StoreError: Disk full or read-only.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            size = file.seek(0, os.SEEK_END)
            torn = b""
            if size:
                file.seek(size - 1)
                torn = b"" if file.read(1) == b"\n" else b"\n"
            file.write(torn + raw + b"\n")
    except OSError as error:
        raise refusal(path, error) from error


def read_record(path: Path, kind: type[R]) -> R | None:
    """A record read back; None if the file is not there.

    Raises:
        StoreError: Unreadable, or not what whet wrote.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise refusal(path, error) from error
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StoreError(str(path), f"is not what whet wrote: {error}", _CLEAN) from error


def read_lines(path: Path, kind: type[R]) -> Iterator[R]:
    """The records of an appended file; torn lines are left out.

    Raises:
        StoreError: Unreadable.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        raise refusal(path, error) from error
    for line in raw.splitlines():
        with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
            yield msgspec.json.decode(line, type=kind)


def _sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut, where the platform lets folders be opened."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
