"""What some calls are asked beyond their values: files read, what became of results, time.

Only calls of a function whose site asks for it pay for it (`asks`: "files", "results", "time",
"repeats").
"""

from __future__ import annotations

import os
import time

from whet_probe._repeats import Repeats
from whet_probe._values import fingerprint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_PATHS = 5_000
"""Different files of one function that are remembered."""

MAX_RESULTS = 8
"""Results of one function that are looked at again when the program ends."""

MAX_RESULT_PARTS = 200_000
"""Parts of all kept results of one function; each takes about 1 µs, twice."""

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CODE = (".py", ".pyc", ".so", ".pyd")
_RENAMED = ("os.rename", "os.link", "os.symlink")
_TOUCHED = ("os.remove", "os.truncate", "os.utime")
_HOLDERS = frozenset([list, dict, set])
_PLAIN = frozenset([int, str, bytes, bool, type(None), float])


class FilesRead:
    """The files that the calls of one function read, and whether they stayed as they were."""

    def __init__(self) -> None:
        self.reads = self.most_in_one_call = 0
        self.unknown = False
        self.changed: set[str] = set()
        self._signatures: dict[str, object] = {}

    @property
    def distinct(self) -> int:
        """How many different files were read."""
        return len(self._signatures)

    def see_read(self, path: str) -> None:
        """A file is about to be opened for reading by a call."""
        self.reads += 1
        known = self._signatures.get(path)
        found = _signature(path)
        if known is None and len(self._signatures) >= MAX_PATHS:
            self.unknown = True
        elif known is None:
            self._signatures[path] = found
        elif known != found:
            self.changed.add(path)

    def see_change(self, path: str) -> None:
        """A file is about to be written, renamed or removed by this process."""
        if path in self._signatures:
            self.changed.add(path)


def _signature(path: str) -> object:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return "missing"
    return status.st_mtime_ns, status.st_size, status.st_ino, status.st_dev


def path_of(word: object) -> str | None:
    """The absolute path that an audit event names; None: it is a descriptor, or program code."""
    if not isinstance(word, (str, bytes)):
        return None
    path = os.path.abspath(os.fsdecode(word))
    return None if path.endswith(_CODE) else path


def read_and_changed(event: str, arguments: tuple[Any, ...]) -> tuple[str | None, list[str]]:
    """The file that an audit event is about to read, and those that it is about to change."""
    if event == "open":
        path, _, flags = arguments
        name = path_of(path)
        if name is None:
            return None, []
        return (None, [name]) if isinstance(flags, int) and flags & _WRITING else (name, [])
    if event in _RENAMED:
        return None, [name for name in map(path_of, arguments[:2]) if name]
    if event in _TOUCHED:
        return None, [name for name in map(path_of, arguments[:1]) if name]
    return None, []


class KeptResults:
    """The first results of one function that can be changed, looked at again at the end.

    Only lists, dicts and sets of built-in values are kept: holding those longer than the program
    does is felt by nobody.
    """

    def __init__(self) -> None:
        self._kept: list[tuple[Any, str]] = []
        self._left = MAX_RESULT_PARTS

    def see(self, value: object) -> int:
        """A result; returns the parts that were looked at."""
        if len(self._kept) >= MAX_RESULTS or type(value) not in _HOLDERS:
            return 0
        if any(value is known for known, _ in self._kept):
            return 0
        parts = _parts_of_plain(value, self._left)
        if parts:
            self._left -= parts
            found = fingerprint(value, most=MAX_RESULT_PARTS)
            if not found.truncated:
                self._kept.append((value, found.digest))
        return parts

    def compare(self) -> tuple[int, int]:
        """How many results were kept, and how many of them were changed by somebody."""
        changed = 0
        for value, digest in self._kept:
            changed += fingerprint(value, most=MAX_RESULT_PARTS).digest != digest
        return len(self._kept), changed


def _parts_of_plain(value: object, most: int) -> int:
    """How many parts a value of exact built-in types has; 0: it has others, or too many."""
    pending: list[Any] = [value]
    parts = 0
    while pending:
        item = pending.pop()
        parts += 1
        kind = type(item)
        if parts > most:
            return 0
        if kind is dict:
            pending += [*item, *item.values()]
        elif kind in (list, set, tuple, frozenset):
            pending += item
        elif kind not in _PLAIN:
            return 0
    return parts


class Asked:
    """The answers for one function; what was not asked stays None.

    Args:
        asks: Words of the site.
    """

    def __init__(self, asks: tuple[str, ...]) -> None:
        self.files = FilesRead() if "files" in asks else None
        self.results = KeptResults() if "results" in asks else None
        self.repeats = Repeats() if "repeats" in asks else None
        self.timed = "time" in asks
        self.wall_s = self.cpu_s = 0.0

    def now(self) -> tuple[float, float] | None:
        """The clocks as a call begins, where time is asked for."""
        return (time.perf_counter(), time.thread_time()) if self.timed else None

    def see_end(self, began: tuple[float, float] | None) -> None:
        """A call ends that began at these clocks."""
        if began is not None:
            self.wall_s += time.perf_counter() - began[0]
            self.cpu_s += time.thread_time() - began[1]

    def fields(self) -> dict[str, Any]:
        """For the line of the function."""
        found: dict[str, Any] = {}
        if self.files is not None:
            known = not self.files.unknown
            found["files_read"] = self.files.reads
            found["files_distinct"] = self.files.distinct if known else None
            found["files_changed"] = len(self.files.changed) if known else None
            found["files_most_in_one_call"] = self.files.most_in_one_call
        if self.results is not None:
            found["results_kept"], found["results_changed"] = self.results.compare()
        if self.repeats is not None:
            found["repeats"] = self.repeats.again
            found["repeats_changed"] = self.repeats.changed
        if self.timed:
            found["wall_s"], found["cpu_s"] = self.wall_s, self.cpu_s
        return found
