"""Temporary folders of one whet process, and what killed ones left behind.

All of them lie below one folder, `whet-…` in the temporary folder, that the process holds locked
as long as it lives. A folder whose lock is free belongs to nobody any more: the kernel frees it
however a process ends, which neither process ids (reused, and other ones in a container) nor the
age of a file can tell.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from whet.store._files import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "whet-"
_LOCK = ".whet-in-use"
_held: dict[tuple[int, str], Path] = {}  # by process and temporary folder


def new_scratch(name: str) -> Path:
    """A new private folder; whoever asks removes it, else it goes when the process ends.

    Raises:
        StoreError: It cannot be made: disk full, or a temporary folder that is not writable.
    """
    base = _base()
    try:
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=base))
    except OSError as error:
        raise refusal(base, error) from error


@contextmanager
def scratch_folder(name: str) -> Iterator[Path]:
    """A private folder for a while."""
    folder = new_scratch(name)
    try:
        yield folder
    finally:
        remove_scratch(folder)


def remove_scratch(folder: Path) -> None:
    """Remove a folder, also where folders in it are read-only."""
    for base, names, _ in os.walk(folder):
        for name in names:
            path = Path(base) / name
            if not path.is_symlink():
                with suppress(OSError):
                    path.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


def abandoned() -> list[Path]:
    """Folders that whet processes of this user left when they were killed."""
    found = []
    for path in sorted(Path(tempfile.gettempdir()).glob(f"{PREFIX}*")):
        with suppress(OSError):
            if path.lstat().st_uid == os.getuid() and not path.is_symlink() and _is_free(path):
                found.append(path)
    return found


def _is_free(folder: Path) -> bool:
    try:
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False  # not ours, or just being made
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _base() -> Path:
    """The folder that this process holds; made on first use, removed when the process ends."""
    key = (os.getpid(), tempfile.gettempdir())
    base = _held.get(key)
    if base is None or not base.is_dir():
        base = _held[key] = _hold(Path(key[1]))
    return base


def _hold(parent: Path) -> Path:
    try:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent)).resolve()
        # Locked before it gets its name, so nobody ever finds it free. Programs that are started
        # do not inherit it: only this process and its forks hold it.
        draft = folder / f"{_LOCK}.new"
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        draft.rename(folder / _LOCK)
    except OSError as error:
        raise refusal(parent, error) from error
    atexit.register(_release, os.getpid(), folder)
    return folder


def _release(owner: int, folder: Path) -> None:
    if owner == os.getpid():
        remove_scratch(folder)
