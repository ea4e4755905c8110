"""The tags of single files on demand: those likely asked for next come in the same query."""

from __future__ import annotations

import os
from collections import OrderedDict
from typing import TYPE_CHECKING, Self

import msgspec

from whet.codebase.cache import Identity, Prefetcher, is_racy
from whet.codebase.cache.identity import now_ns
from whet.codebase.tags.reading import LARGEST_BYTES
from whet.codebase.tags.run import FileTags, decoded, fact_to_keep, known_as, taken
from whet.errors import TargetError

if TYPE_CHECKING:
    from pathlib import Path

    from whet.codebase.cache import FactCache
    from whet.codebase.cache._schema import NewFact
    from whet.records import CacheStatistics

KEPT = 512  # files in memory


class TagLookup:
    """Asks the cache for one file after the other, as an analyzer or an editor does.

    Whether loading ahead pays is measured over all lookups of a project, kept with the cache, and
    decides whether the next one loads ahead.

    Args:
        root: An existing folder.
        cache: Where facts are kept.
        kept: Files whose tags stay in memory.
    """

    def __init__(self, root: Path, cache: FactCache, *, kept: int = KEPT) -> None:
        self._root = os.fsencode(root)
        self._cache = cache
        self._kept = kept
        self._key = known_as(root, cache)
        self._known = cache.files(self._key)
        self._memory: OrderedDict[str, FileTags] = OrderedDict()
        self._new: list[NewFact] = []
        self._ahead = Prefetcher(self._known)
        self._ahead.resume(cache.prefetched())

    def __enter__(self) -> Self:
        """Nothing more is needed."""
        return self

    def __exit__(self, *_: object) -> None:
        """Keep what was read."""
        self.close()

    def tags_of(self, path: str) -> FileTags:
        """The tags of a file as it is now.

        Args:
            path: Relative to the root.

        Raises:
            TargetError: There is no such file, or tags are not read from its language.
        """
        from whet.codebase.tags.languages import language_of
        from whet.codebase.tags.listing import Source

        language = language_of(path)
        try:
            identity = Identity.of(os.lstat(self._root + b"/" + os.fsencode(path)))
        except OSError as error:
            raise TargetError(f"file {path!r}", error.strerror or "there is none") from error
        if language is None:
            raise TargetError(f"file {path!r}", "is in no language that tags are read from")
        self._ahead.asked(path)
        file = self._remembered(path, identity) or self._loaded(path, identity)
        if file is None:
            source = Source(path, language, identity)
            file, reading = taken(self._root, source, LARGEST_BYTES)
            self._cache.misses += 1
            if not is_racy(file.identity, reading.checked_ns):
                self._remember(path, file)
            if (fact := fact_to_keep(source, reading)) is not None:
                self._new.append(fact)
        return file

    def statistics(self) -> CacheStatistics:
        """What the cache holds, and how well loading ahead served."""
        return msgspec.structs.replace(self._cache.statistics(), prefetch=self._ahead.statistics())

    def close(self) -> None:
        """Keep what was read, and how well loading ahead served."""
        if self._new:
            self._cache.keep(self._key, self._new, now_ns=now_ns())
            self._new = []
        self._cache.keep_prefetched(self._ahead.statistics())
        self._cache.release()

    def _remembered(self, path: str, identity: Identity) -> FileTags | None:
        file = self._memory.get(path)
        if file is None or file.identity != identity:
            return None
        self._memory.move_to_end(path)
        self._cache.hits += 1
        return file

    def _loaded(self, path: str, identity: Identity) -> FileTags | None:
        """From the cache, with those that are likely next."""
        entry = self._known.get(path)
        if entry is None or entry[1:5] != identity:
            return None
        likely = [p for p in self._ahead.next_files(self._memory) if p in self._known]
        rows = {p: self._known[p][5] for p in (path, *likely)}
        wanted = list(rows.values())
        heads, packed = self._cache.heads(wanted), self._cache.tags(wanted)
        for name, row in rows.items():
            if row in heads and row in packed:
                status = Identity(*self._known[name][1:5])
                facts = decoded(heads[row], packed[row])
                self._remember(name, FileTags(name, status, facts, ""))
        self._ahead.loaded_ahead(name for name in likely if name in self._memory)
        self._cache.hits += path in self._memory
        return self._memory.get(path)

    def _remember(self, path: str, file: FileTags) -> None:
        self._memory[path] = file
        self._memory.move_to_end(path)
        while len(self._memory) > self._kept:
            self._ahead.dropped(self._memory.popitem(last=False)[0])
