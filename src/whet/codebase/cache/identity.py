"""When a file is still the one that was read: by its status first, by its content else.

The content's name is git's blob id of the bytes as they lie on the disk, so it is the same in
every checkout, clone and branch. Git's index is not asked for it: it holds the name of what
filters and line-ending conversion made of the file, and hashing all of Django costs 0.06 s.
"""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import os

_TICK_NS = 20_000_000  # the clock of file times moves in steps of up to 10 ms on Linux
_COARSE_NS = 2_000_000_000  # where a file system keeps whole or even seconds only
_SECOND_NS = 1_000_000_000


class Identity(NamedTuple):
    """The status of a file: when all of it is as it was, the content is as it was.

    The change time cannot be set by programs, so tools that restore the modification time after
    an edit are seen.
    """

    mtime_ns: int
    ctime_ns: int
    size: int  # bytes
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> Identity:
        """The identity in what `stat` says."""
        return cls(status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)


def is_racy(identity: Identity, checked_ns: int) -> bool:
    """Whether a file could have changed after it was read without its status showing it.

    Git's rule: a file written in the same tick of the clock in which it was read, or later, must
    be read again.

    Args:
        identity: The file's status.
        checked_ns: When that status was taken, nanoseconds since the epoch.
    """
    modified, changed = identity[0], identity[1]
    latest = max(modified, changed)
    if latest < checked_ns - _COARSE_NS:
        return False
    whole = modified % _SECOND_NS == 0 and changed % _SECOND_NS == 0
    return whole or latest >= checked_ns - _TICK_NS


def blob_id(data: bytes) -> bytes:
    """Git's name of a content (SHA-1), as 20 bytes."""
    digest = hashlib.sha1(b"blob %d\0" % len(data), usedforsecurity=False)
    digest.update(data)
    return digest.digest()


def now_ns() -> int:
    """The time on the clock that file times are taken from."""
    return time.time_ns()
