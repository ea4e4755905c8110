"""The tags of a whole tree: from the cache where nothing changed, read from the files else."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from whet.codebase.cache import FactCache, blob_id
from whet.codebase.cache._schema import NewFact, Seen
from whet.codebase.cache.identity import now_ns
from whet.codebase.tags.extraction import Unfit
from whet.codebase.tags.listing import Source, sources
from whet.codebase.tags.parallel import Demand, Reader
from whet.codebase.tags.plan import THRESHOLD_BYTES, available_memory
from whet.codebase.tags.reading import LARGEST_BYTES, Reading, load, read_file, without_collector
from whet.codebase.tags.recipe import recipe
from whet.codebase.tags.symbols import SYMBOLS, Facts, pack, unpack
from whet.records import Event, Tag, printable
from whet.records.event import ignore_event
from whet.records.tags import TagProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from pathlib import Path

    from whet.codebase.cache import Identity
    from whet.records.event import OnEvent

_AHEAD = 300  # cached files whose facts are loaded in one go
_KEEP_FILES, _KEEP_BYTES = 250, 1_000_000  # read files between two transactions
_head = msgspec.msgpack.Decoder(Facts)


class TagOptions(NamedTuple):
    """How tags are read.

    Attributes:
        languages: Names; None: all that are known.
        excludes: Patterns of paths left out.
        processes: That read, this one included; None: as many as cores, 8 at the most.
        threshold_bytes: Changed source below it is read without further processes.
        largest_bytes: Files beyond it are not read.
        memory: Tells the available memory in bytes, None where unknown.
        on_event: Hears progress and notes.
    """

    languages: frozenset[str] | None = None
    excludes: Sequence[str] = ()
    processes: int | None = None
    threshold_bytes: int = THRESHOLD_BYTES
    largest_bytes: int = LARGEST_BYTES
    memory: Callable[[], int | None] = available_memory
    on_event: OnEvent = ignore_event


class FileTags(NamedTuple):
    """What is known of one file.

    Attributes:
        path: Relative to the root, decoded as `os.fsdecode` does.
        identity: Its status.
        facts: None where it could not be read. From the cache they hold no tags unless asked for.
        problem: Why it could not be read, or is incomplete; "" where all is well.
    """

    path: str
    identity: Identity
    facts: Facts | None
    problem: str

    def tags(self) -> Iterator[Tag]:
        """Its definitions and references by line; none where it could not be read."""
        file = printable(self.path)
        for line, name, code in unpack(self.facts.tags) if self.facts else ():
            kind, symbol = SYMBOLS[code]
            yield Tag(file=file, line=line, name=name, kind=kind, symbol=symbol)


class TagRun:
    """One pass over a tree. Make it, then take `files()` once; the rest is filled in meanwhile.

    Args:
        root: An existing folder.
        options: See `TagOptions`.
        cache: Where facts are kept; None: nowhere.
        only: Look at this one file below the root.

    Attributes:
        total: Files of known languages.
        reused: Files whose facts came from the cache.
        parsed: Files that were read and parsed.
        processes: How many processes parsed, this one included.
        problems: What is wrong with files, by path.
        elapsed_s: Wall time from the beginning to the last file.

    Raises:
        TargetError: No such folder.
        GitError: Git refuses to list it.
    """

    def __init__(
        self,
        root: Path,
        options: TagOptions = TagOptions(),  # noqa: B008 - immutable
        cache: FactCache | None = None,
        *,
        only: str | None = None,
    ) -> None:
        self._began_s = time.perf_counter()
        self._options = options
        self._cache = cache or FactCache(None)
        self._root = os.fsencode(root)
        self._key = known_as(root, self._cache)
        with without_collector():
            found = sources(root, options.languages, options.excludes, options.on_event, only)
            self._rows = self._known(found, whole=only is None)
        self._sources = found
        self._stale = [source for source in found if source.path not in self._rows]
        demand = Demand(
            options.processes,
            options.threshold_bytes,
            options.largest_bytes,
            options.memory,
            options.on_event,
        )
        self._reader = Reader(self._root, self._stale, demand)
        self._new: list[NewFact] = []
        self.total = len(found)
        self.reused = len(self._rows)
        self.parsed = 0
        self.processes = self._reader.processes
        self.problems: list[TagProblem] = []
        self.elapsed_s: float | None = None

    def files(self, *, tags: bool = True) -> Iterator[FileTags]:
        """Every file, by path.

        Args:
            tags: Load the tags of cached files too; without them only what is counted.
        """
        fresh = self._fresh()
        try:
            for at in range(0, len(self._sources), _AHEAD):
                some = self._sources[at : at + _AHEAD]
                cached = self._load(some, tags=tags)
                for source in some:
                    if source.path not in self._rows:
                        yield self._checked(next(fresh))
                    else:
                        yield self._checked(cached.get(source.path) or self._again(source))
                self._progress(at + len(some))
        finally:
            fresh.close()
            self._finish()

    def update(self) -> None:
        """Read what changed and keep it; what is cached is not even loaded."""
        try:
            for file in self._fresh():
                self._checked(file)
        finally:
            self._finish()

    def _known(self, found: Sequence[Source], *, whole: bool) -> dict[str, int]:
        """The rows of facts for the files that are still what they were."""
        known = self._cache.files(self._key)
        rows = {
            path: entry[5]
            for path, _, identity in found
            if (entry := known.get(path)) is not None and entry[1:5] == identity
        }
        stale = [source for source in found if source.path not in rows]
        self._cache.hits += len(rows)
        if stale and not self._cache.is_empty():
            rows |= self._by_content(stale)
        self._cache.misses += len(found) - len(rows)
        everything = whole and self._options.languages is None and not self._options.excludes
        if everything and len(known) + len(stale) > len(found):
            there = {source.path for source in found}
            self._cache.forget(self._key, [path for path in known if path not in there])
        if rows:
            self._cache.touch(self._key, now_ns=now_ns())
        self._cache.release()  # workers may be forked from here on
        return rows

    def _by_content(self, stale: Sequence[Source]) -> dict[str, int]:
        """Files that moved, were touched or checked out again: their content is known."""
        rows: dict[str, int] = {}
        seen = []
        for source in stale:
            checked = now_ns()
            path = os.fsencode(source.path)
            try:
                identity, data = load(self._root + b"/" + path, self._options.largest_bytes)
            except (OSError, Unfit, MemoryError):
                continue
            key = (blob_id(data), _recipe_of(source))
            row = self._cache.by_content([key]).get(key)
            if row is not None:
                rows[source.path] = row
                seen.append(Seen(source.path, identity, checked, row))
        self._cache.content_hits += len(rows)
        self._cache.renew(self._key, seen, now_ns=now_ns())
        return rows

    def _load(self, some: Sequence[Source], *, tags: bool) -> dict[str, FileTags]:
        rows = {
            source.path: self._rows[source.path] for source in some if source.path in self._rows
        }
        heads = self._cache.heads(list(rows.values()))
        packed = self._cache.tags(list(rows.values())) if tags else {}
        found = {}
        for source in some:
            row = rows.get(source.path)
            if row is None or row not in heads or (tags and row not in packed):
                continue
            facts = decoded(heads[row], packed[row] if tags else b"")
            found[source.path] = FileTags(source.path, source.identity, facts, "")
        return found

    def _again(self, source: Source) -> FileTags:
        """A file whose facts another process evicted meanwhile, or that cannot be loaded."""
        path = os.fsencode(source.path)
        reading = read_file(self._root, path, source.language, self._options.largest_bytes)
        self.reused -= 1
        return self._taken(source, reading)

    def _fresh(self) -> Generator[FileTags]:
        """The files that had to be read, in order; kept in the cache as they come."""
        waiting = 0
        try:
            for source, reading in zip(self._stale, self._reader, strict=True):
                file = self._taken(source, reading)
                waiting += len(file.facts.tags) if file.facts else 0
                if len(self._new) >= _KEEP_FILES or waiting >= _KEEP_BYTES:
                    self._keep()
                    waiting = 0
                yield file
        finally:
            self.processes = self._reader.processes

    def _taken(self, source: Source, reading: Reading) -> FileTags:
        self.parsed += reading.facts is not None
        if self._cache.path is not None and (fact := fact_to_keep(source, reading)) is not None:
            self._new.append(fact)
        return _file(source, reading)

    def _checked(self, file: FileTags) -> FileTags:
        """Note what is wrong with a file."""
        facts, problem = file.facts, file.problem
        if facts is not None and facts.broken:
            problem = "syntax errors: some tags may be missing"
        elif facts is not None and facts.encoding == "latin-1":
            problem = "not UTF-8, read as latin-1"
        if problem:
            path, read = printable(file.path), facts is not None
            self.problems.append(TagProblem(file=path, reason=problem, read=read))
        return file._replace(problem=problem)

    def _keep(self) -> None:
        if self._new:
            self._cache.keep(self._key, self._new, now_ns=now_ns())
            self._new = []

    def _finish(self) -> None:
        self._keep()
        self._cache.release()
        self.elapsed_s = time.perf_counter() - self._began_s

    def _progress(self, count: int) -> None:
        elapsed_s = time.perf_counter() - self._began_s
        left = elapsed_s * (self.total - count) / count
        self._options.on_event(
            Event(
                kind="progress", stage="tags", message="files", count=count, total=self.total,
                elapsed_s=elapsed_s, remaining_s=left,
            )
        )  # fmt: skip


def known_as(root: Path, cache: FactCache) -> bytes:
    """A root as the cache calls it: with the recipe, relative to the cache's own place."""
    if cache.path is None:
        return b""
    place = os.path.relpath(root.resolve(), cache.path.parent)
    return recipe() + b" " + os.fsencode(place)


def decoded(head: bytes, tags: bytes) -> Facts:
    """Facts as the cache holds them: what is counted, and the packed tags."""
    facts = _head.decode(head)
    return msgspec.structs.replace(facts, tags=tags) if tags else facts


def fact_to_keep(source: Source, reading: Reading) -> NewFact | None:
    """What the cache keeps of a file that was read; None where nothing could be."""
    if reading.facts is None:
        return None
    return NewFact(
        source.path,
        reading.identity or source.identity,
        reading.checked_ns,
        reading.blob,
        _recipe_of(source),
        pack(msgspec.structs.replace(reading.facts, tags=b"")),
        reading.facts.tags,
    )


def _file(source: Source, reading: Reading) -> FileTags:
    identity = reading.identity or source.identity
    return FileTags(source.path, identity, reading.facts, reading.problem)


def _recipe_of(source: Source) -> bytes:
    """How the facts of a content are made: headers of C and C++ are told apart by content."""
    end = ".h" if source.path.endswith(".h") else ""
    return recipe() + f"{source.language}{end}".encode()
