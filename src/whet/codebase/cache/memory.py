"""File contents and syntax trees in memory, shared by all readers and threads of a run.

Contents are found by path and checked by the file's status; trees are found by content, so
copies of a file share one. What was used least recently goes first, within a bucket of files of
like size: one large file does not push out hundreds of small ones.
"""

from __future__ import annotations

import os
import threading
from collections import ChainMap, OrderedDict
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from whet.codebase.cache.identity import Identity, blob_id, is_racy, now_ns
from whet.codebase.cache.prefetch import Prefetcher
from whet.records.tags import MemoryCacheStatistics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

LIMIT_BYTES = 100_000_000
TREES = 500
_TREE_BYTES = 20  # a tree takes about so many bytes for each byte of source: measured on `ast`
_SIZES = (10_000, 100_000)
_SHARES = (0.35, 0.35, 0.30)
_LARGEST_SHARE = 0.5  # of a bucket: what is larger is read, but not kept

T = TypeVar("T")


class _Content(NamedTuple):
    identity: Identity
    checked_ns: int
    data: bytes


class _Tree(NamedTuple, Generic[T]):
    tree: T
    bytes: int


class FileCache:
    """What was read in this run.

    Args:
        root: Paths are relative to it.
        limit_bytes: Of contents.
        trees: How many syntax trees are kept.
        memory_bytes: Of contents and trees together, estimated; None: `limit_bytes` five-fold.
        files: All files there are, for loading ahead.
        load_ahead: Load those that are likely next.
    """

    def __init__(
        self,
        root: Path,
        *,
        limit_bytes: int = LIMIT_BYTES,
        trees: int = TREES,
        memory_bytes: int | None = None,
        files: Iterable[str] = (),
        load_ahead: bool = True,
    ) -> None:
        self.root = root
        self.limit_bytes = limit_bytes
        self.tree_limit = trees
        self.tree_bytes_limit = max(0, (memory_bytes or 5 * limit_bytes) - limit_bytes)
        self._lock = threading.RLock()
        self._parsing = threading.RLock()
        self._buckets: tuple[OrderedDict[str, _Content], ...] = tuple(
            OrderedDict() for _ in _SHARES
        )
        self._held = [0] * len(_SHARES)
        self._evictions = [0] * len(_SHARES)
        self._trees: OrderedDict[tuple[bytes, str], _Tree[object]] = OrderedDict()
        self._tree_bytes = 0
        self._ahead = Prefetcher(files)
        self._loads_ahead = load_ahead
        self._reads = self._saved = self._tree_hits = self._tree_misses = 0

    def read(self, file: str) -> bytes:
        """The bytes of a file, from memory where its status says that they are current.

        Raises:
            OSError: It cannot be read.
        """
        with self._lock:
            foretold = self._ahead.asked(file)
            data = self._known(file)
            self._saved += data is not None
            self._reads += data is None
        known = data is not None
        if data is None:
            data = self._load(file)
        if self._loads_ahead and (foretold or not known):
            self._load_ahead()
        return data

    def tree(self, file: str, parse: Callable[[bytes], T], *, form: str) -> T:
        """The syntax tree of a file's content.

        Args:
            file: Relative to the root.
            parse: Makes a tree; called once for each content, whichever files hold it.
            form: Names what `parse` makes, such as "ast".

        Raises:
            OSError: The file cannot be read; what `parse` raises passes through.
        """
        data = self.read(file)
        key = (blob_id(data), form)
        known = self._known_tree(key)
        if known is None:
            # One at a time: a content is parsed once, parsers written in C keep the interpreter's
            # lock anyway, and `ast` of Python 3.11 is not safe in threads (python/cpython 106905).
            with self._parsing:
                known = self._known_tree(key)
                if known is None:
                    known = _Tree(parse(data), _TREE_BYTES * len(data))
                    self._keep_tree(key, known)
        return known.tree  # type: ignore[return-value]  # kept as object

    def _known_tree(self, key: tuple[bytes, str]) -> _Tree[object] | None:
        with self._lock:
            known = self._trees.get(key)
            if known is not None:
                self._trees.move_to_end(key)
                self._tree_hits += 1
            return known

    def _keep_tree(self, key: tuple[bytes, str], made: _Tree[object]) -> None:
        with self._lock:
            self._tree_misses += 1
            self._trees[key] = made
            self._tree_bytes += made.bytes
            while self._trees and (
                len(self._trees) > self.tree_limit or self._tree_bytes > self.tree_bytes_limit
            ):
                self._tree_bytes -= self._trees.popitem(last=False)[1].bytes

    def statistics(self) -> MemoryCacheStatistics:
        """How well it served so far."""
        with self._lock:
            asked = self._reads + self._saved
            parsed = self._tree_hits + self._tree_misses
            return MemoryCacheStatistics(
                contents=sum(map(len, self._buckets)),
                bytes=sum(self._held),
                limit_bytes=self.limit_bytes,
                trees=len(self._trees),
                tree_limit=self.tree_limit,
                reads=self._reads,
                reads_saved=self._saved,
                hit_rate=self._saved / asked if asked else None,
                tree_hit_rate=self._tree_hits / parsed if parsed else None,
                fragmentation=self._fragmentation(),
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
        with (self.root / file).open("rb") as opened:
            identity = Identity.of(os.fstat(opened.fileno()))
            data = opened.read()
        number = sum(len(data) >= end for end in _SIZES)
        with self._lock:
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

    def _load_ahead(self) -> None:
        with self._lock:
            wanted = self._ahead.next_files(ChainMap(*self._buckets))
        for file in wanted:
            try:
                self._load(file)
            except OSError:
                continue
            with self._lock:
                self._ahead.loaded_ahead([file])
