"""File contents, syntax trees and facts in memory, shared by all readers and threads of a run.

Contents are found by path and checked by the file's status; trees and facts are found by content,
so copies of a file share one. What was used least recently goes first, within a bucket of files of
like size: one large file does not push out hundreds of small ones.

Files that are likely next are read ahead by threads, but only where reading takes long, as it does
over a network: it is measured as the run goes. On a local disk a read takes a tenth of a
millisecond, cold, and less than foretelling it, so there nothing is read ahead.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Generic, NamedTuple, Self, TypeVar

from whet.codebase.cache.identity import Identity, blob_id, is_racy, now_ns
from whet.codebase.cache.prefetch import Prefetcher
from whet.records.tags import MemoryCacheStatistics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future, ThreadPoolExecutor
    from pathlib import Path

LIMIT_BYTES = 100_000_000
TREES = 500
SLOW_S = 0.001  # a read that takes longer is worth reading ahead
_JUDGED = 8  # latest reads that are looked at: a quarter may be quick, or slow by a busy machine
_READERS = 4  # threads: what they wait for is not the processor
_TREE_BYTES = 20  # a tree takes about so many bytes for each byte of source: measured on `ast`
_FACT_BYTES = 2
_SIZES = (10_000, 100_000)
_SHARES = (0.35, 0.35, 0.30)
_LARGEST_SHARE = 0.5  # of a bucket: what is larger is read, but not kept

T = TypeVar("T")


class _Content(NamedTuple):
    identity: Identity
    checked_ns: int
    data: bytes


class _Made(NamedTuple, Generic[T]):
    made: T
    bytes: int


class _Kept:
    """What was made of contents, the least recently used out first."""

    def __init__(self, limit_bytes: int, most: int | None = None) -> None:
        self.limit_bytes = limit_bytes
        self.most = most
        self.held: OrderedDict[tuple[bytes, str], _Made[object]] = OrderedDict()
        self.bytes = self.hits = self.misses = 0

    def get(self, key: tuple[bytes, str]) -> _Made[object] | None:
        known = self.held.get(key)
        if known is not None:
            self.held.move_to_end(key)
            self.hits += 1
        return known

    def keep(self, key: tuple[bytes, str], made: _Made[object]) -> None:
        self.misses += 1
        self.held[key] = made
        self.bytes += made.bytes
        while self.held and (
            self.bytes > self.limit_bytes or (self.most is not None and len(self.held) > self.most)
        ):
            self.bytes -= self.held.popitem(last=False)[1].bytes

    @property
    def hit_rate(self) -> float | None:
        asked = self.hits + self.misses
        return self.hits / asked if asked else None


def _content(path: Path) -> tuple[Identity, bytes]:
    """What is in a file, and its status before it was read."""
    with path.open("rb") as opened:
        identity = Identity.of(os.fstat(opened.fileno()))
        return identity, opened.read()


class FileCache:
    """What was read in this run.

    Args:
        root: Paths are relative to it.
        limit_bytes: Of contents.
        trees: How many syntax trees are kept.
        memory_bytes: Of contents, trees and facts together, estimated; None: `limit_bytes`
            five-fold.
        files: All files there are; without them nothing is read ahead.
        load: Reads a file; raises OSError.
        clock: Seconds, for how long reads take.
    """

    def __init__(  # noqa: PLR0913 - what it reads with and by what clock has defaults
        self,
        root: Path,
        *,
        limit_bytes: int = LIMIT_BYTES,
        trees: int = TREES,
        memory_bytes: int | None = None,
        files: Iterable[str] = (),
        load: Callable[[Path], tuple[Identity, bytes]] = _content,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.root = root
        self.limit_bytes = limit_bytes
        left = max(0, (5 * limit_bytes if memory_bytes is None else memory_bytes) - limit_bytes)
        self._trees = _Kept(left // 2, trees)
        self._facts = _Kept(left - left // 2)
        self._lock = threading.RLock()
        self._making = threading.RLock()
        self._buckets: tuple[OrderedDict[str, _Content], ...] = tuple(
            OrderedDict() for _ in _SHARES
        )
        self._held = [0] * len(_SHARES)
        self._evictions = [0] * len(_SHARES)
        self._read, self._clock = load, clock
        self._waits_s: deque[float] = deque(maxlen=_JUDGED)  # of who asked, not of those ahead
        self._waited_s = 0.0
        self._asked_for = self._loads = self._waits = self._found = self._again = 0
        self._ahead = Prefetcher(files)
        self._coming: dict[str, Future[None]] = {}
        self._readers: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        """Nothing more is needed."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the threads that read ahead, if there are any."""
        if self._readers is not None:
            self._readers.shutdown(cancel_futures=True)
            self._readers = None

    def read(self, file: str) -> bytes:
        """The bytes of a file, from memory where its status says that they are current.

        Raises:
            OSError: It cannot be read.
        """
        with self._lock:
            self._asked_for += 1
            coming = self._coming.get(file)
        if coming is not None:
            coming.exception()  # who reads ahead meets errors again when it is asked for
        with self._lock:
            foretold = bool(self._ahead) and self._ahead.asked(file)
            data = self._known(file)
            self._found += data is not None
            self._again += data is not None and not foretold
        if data is None:
            began = self._clock()
            data = self._load(file)
            self._note_wait(self._clock() - began)
        if self._ahead and self._is_slow():
            self._read_ahead()
        return data

    def tree(self, file: str, parse: Callable[[bytes], T], *, form: str) -> T:
        """The syntax tree of a file's content; nobody may change it.

        Args:
            file: Relative to the root.
            parse: Makes a tree; called once for each content, whichever files hold it.
            form: Names what `parse` makes, such as "ast".

        Raises:
            OSError: The file cannot be read; what `parse` raises passes through.
        """
        return self._made(self._trees, (file, form), parse, _TREE_BYTES)

    def facts(self, file: str, make: Callable[[bytes], T], *, form: str) -> T:
        """Something small that is made of a file's content; bounded by bytes, not by number.

        Args:
            file: Relative to the root.
            make: Makes it; called once for each content, whichever files hold it.
            form: Names what `make` makes.

        Raises:
            OSError: The file cannot be read; what `make` raises passes through.
        """
        return self._made(self._facts, (file, form), make, _FACT_BYTES)

    def _made(
        self, kept: _Kept, what: tuple[str, str], make: Callable[[bytes], T], weight: int
    ) -> T:
        file, form = what
        data = self.read(file)
        key = (blob_id(data), form)
        # One at a time: a content is parsed once, parsers written in C keep the interpreter's
        # lock anyway, and `ast` of Python 3.11 is not safe in threads (python/cpython 106905).
        with self._making:
            with self._lock:
                known = kept.get(key)
            if known is None:
                known = _Made(make(data), weight * len(data))
                with self._lock:
                    kept.keep(key, known)
        return known.made  # type: ignore[return-value]  # kept as object

    def statistics(self) -> MemoryCacheStatistics:
        """How well it served so far."""
        with self._lock:
            return MemoryCacheStatistics(
                contents=sum(map(len, self._buckets)),
                bytes=sum(self._held),
                limit_bytes=self.limit_bytes,
                trees=len(self._trees.held),
                tree_limit=self._trees.most or 0,
                reads=self._loads,
                reads_saved=self._again,
                hit_rate=self._found / self._asked_for if self._asked_for else None,
                tree_hit_rate=self._trees.hit_rate,
                fact_hit_rate=self._facts.hit_rate,
                fragmentation=self._fragmentation(),
                read_ms=1000 * self._waited_s / self._waits if self._waits else None,
                prefetch=self._ahead.statistics(),
            )

    def _fragmentation(self) -> float | None:
        """Idle bytes of buckets that never evicted, while another had to, of the limit."""
        if not any(self._evictions):
            return 0.0 if any(self._held) else None
        pairs = zip(_SHARES, self._held, self._evictions, strict=True)
        idle = sum(self.limit_bytes * share - held for share, held, out in pairs if not out)
        return max(0.0, idle) / self.limit_bytes if self.limit_bytes else None

    def _known(self, file: str) -> bytes | None:
        for number, bucket in enumerate(self._buckets):
            content = bucket.get(file)
            if content is None:
                continue
            try:
                current = Identity.of((self.root / file).stat())
            except OSError:
                current = None
            if current == content.identity and not is_racy(current, content.checked_ns):
                bucket.move_to_end(file)
                return content.data
            self._held[number] -= len(content.data)
            del bucket[file]
        return None

    def _load(self, file: str) -> bytes:
        """Read and keep; read outside of the lock, so threads read at the same time."""
        checked = now_ns()
        identity, data = self._read(self.root / file)
        number = sum(len(data) >= end for end in _SIZES)
        with self._lock:
            self._loads += 1
            share = self.limit_bytes * _SHARES[number]
            self._known(file)
            bucket = self._buckets[number]
            if len(data) <= share * _LARGEST_SHARE and file not in bucket:
                bucket[file] = _Content(identity, checked, data)
                self._held[number] += len(data)
            while self._held[number] > share:
                gone, content = bucket.popitem(last=False)
                self._held[number] -= len(content.data)
                self._evictions[number] += 1
                self._ahead.dropped(gone)
        return data

    def _note_wait(self, took_s: float) -> None:
        with self._lock:
            self._waits_s.append(took_s)
            self._waited_s += took_s
            self._waits += 1

    def _is_slow(self) -> bool:
        """Whether reads take so long that the next ones should begin before they are asked for.

        Three in four of the latest must: one that is slow by itself had to wait for a processor.
        """
        with self._lock:
            latest = sorted(self._waits_s)
        return len(latest) == _JUDGED and latest[_JUDGED // 4] >= SLOW_S

    def _read_ahead(self) -> None:
        from concurrent.futures import ThreadPoolExecutor

        with self._lock:
            if self._readers is None:
                self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="whet-read-ahead")
            known = {*self._coming, *(file for bucket in self._buckets for file in bucket)}
            for file in self._ahead.next_files(known):
                self._coming[file] = self._readers.submit(self._arrive, file)

    def _arrive(self, file: str) -> None:
        try:
            self._load(file)
        finally:
            with self._lock:
                if any(file in bucket for bucket in self._buckets):
                    self._ahead.loaded_ahead([file])
                self._coming.pop(file, None)
