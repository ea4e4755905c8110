"""One file from the disk to its facts; whatever is wrong with it is said beside it."""

from __future__ import annotations

import errno
import gc
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from whet.codebase.cache.identity import Identity, blob_id, now_ns
from whet.codebase.tags.extraction import Unfit, extract
from whet.codebase.tags.symbols import Facts  # noqa: TC001 - msgspec resolves annotations

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LARGEST_BYTES = 4_000_000  # beyond it a file is generated: its tags tell nothing and take seconds


class Reading(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What came of one file.

    Attributes:
        identity: Its status when it was opened; None: it could not be.
        checked_ns: When that status was taken.
        blob: The name of its content; b"" where it was not read.
        facts: What is in it; None where there is a problem.
        problem: Why there are no facts.
    """

    identity: Identity | None
    checked_ns: int
    blob: bytes = b""
    facts: Facts | None = None
    problem: str = ""


def read_file(root: bytes, path: bytes, language: str, largest_bytes: int) -> Reading:
    """Read one file and find its tags. Never raises for what is wrong with the file.

    Args:
        root: The folder that `path` is relative to.
        path: As the file system spells it.
        language: The language that its name tells.
        largest_bytes: A file beyond it is not read.
    """
    checked = now_ns()
    identity = None
    try:
        identity, data = load(root + b"/" + path, largest_bytes)
        return Reading(identity, checked, blob_id(data), _extracted(data, language, path))
    except Unfit as unfit:
        return Reading(identity, checked, problem=str(unfit))
    except FileNotFoundError:
        return Reading(None, checked, problem="gone since it was listed")
    except OSError as error:
        return Reading(identity, checked, problem=error.strerror or str(error))
    except MemoryError:
        gc.collect()
        return Reading(identity, checked, problem="not enough memory to parse it")


def _extracted(data: bytes, language: str, path: bytes) -> Facts:
    try:
        return extract(data, language, os.fsdecode(path))
    except MemoryError:
        gc.collect()
        return extract(data, language, os.fsdecode(path))


def load(place: bytes, largest_bytes: int) -> tuple[Identity, bytes]:
    """The status and bytes of a regular file; links and devices are never opened for reading.

    Raises:
        Unfit: No regular file, or too large.
        OSError: It cannot be read.
    """
    try:
        opened = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Unfit("a symbolic link, which is not followed") from error
        raise
    try:
        status = os.fstat(opened)
        if not stat.S_ISREG(status.st_mode):
            raise Unfit("no regular file")
        if status.st_size > largest_bytes:
            raise Unfit(f"larger than {largest_bytes:,} bytes")
        data = os.read(opened, status.st_size + 1)
        while len(data) <= largest_bytes and (more := os.read(opened, 1 << 20)):
            data += more
    finally:
        os.close(opened)
    if len(data) > largest_bytes:
        raise Unfit(f"larger than {largest_bytes:,} bytes")
    return Identity.of(status), data


def read_files(
    root: bytes, files: Iterable[tuple[bytes, str]], largest_bytes: int
) -> Iterator[Reading]:
    """Several files; trees hold no cycles, and nodes are many."""
    with without_collector():
        for path, language in files:
            yield read_file(root, path, language, largest_bytes)


@contextmanager
def without_collector() -> Iterator[None]:
    """A stretch that makes many objects and no cycles: looking for some would find nothing."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
