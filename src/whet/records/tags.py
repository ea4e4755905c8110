"""Definitions and references in source files, and what is counted of them."""

from __future__ import annotations

from typing import Literal

from whet.records._base import Record


class Tag(Record, frozen=True):
    """One definition or reference: a line of `whet tags --jsonl`."""

    file: str  # relative to the project, with `/`
    line: int  # of the name, from 1
    name: str
    kind: Literal["def", "ref"]
    symbol: str  # what is defined (class, function, method, ...) or done with it (call, type, ...)


class TagProblem(Record, frozen=True):
    """A file whose tags are missing or may be incomplete."""

    file: str
    reason: str
    read: bool  # whether tags were found all the same


class FileIdentifiers(Record, frozen=True):
    """The definitions of one file by kind."""

    file: str
    language: str
    size_bytes: int
    lines: int
    modified: str  # UTC, ISO 8601
    constants: int
    classes: int  # with interfaces, structs, unions, enums
    functions: int  # with methods
    variables: int  # with fields
    other: int  # macros, modules, names of types
    unknown: int  # definitions without a name
    references: int


class IdentifierStatistics(Record, frozen=True):
    """What `whet tags --stats` counts."""

    files: tuple[FileIdentifiers, ...]
    totals: dict[str, int]  # by kind
    languages: dict[str, int]  # files
    problems: tuple[TagProblem, ...]
    files_read: int  # parsed in this run; the others came from the cache
    processes: int  # that parsed, this one included
    elapsed_s: float
    files_per_s: float | None  # of all files; None: too fast to tell
    version: int = 1


class MapSymbol(Record, frozen=True):
    """One definition in the map of a repository."""

    name: str
    symbol: str
    line: int
    rank: float  # share of all importance, 0-1
    source: str  # the line as it stands in the file; "" where it cannot be read


class MapFile(Record, frozen=True):
    """The definitions of one file that matter most."""

    file: str
    rank: float  # share of all importance, 0-1
    symbols: tuple[MapSymbol, ...]  # by line


class RepositoryMap(Record, frozen=True):
    """The symbols that matter most by who refers to whom, within a budget."""

    files: tuple[MapFile, ...]  # the most important first
    lines: int  # of the map
    tokens: int  # of the map, estimated at four characters each
    definitions: int  # in the repository
    references: int  # between its files
    version: int = 1


class CacheBucket(Record, frozen=True):
    """What the cache holds of source files of one size."""

    sources: str  # "below 10 KB", "10-100 KB", "above 100 KB"
    entries: int
    bytes: int
    limit_bytes: int
    evicted: int  # since the cache was made


class PrefetchStatistics(Record, frozen=True):
    """What was loaded before it was asked for."""

    loaded: int  # files
    used: int  # those asked for later
    wasted: int  # removed unused
    hit_rate: float | None  # of what was loaded; None: nothing decided yet
    active: bool  # switched off once it does not pay


class CacheStatistics(Record, frozen=True):
    """What `whet tags --cache-stats` shows."""

    path: str | None
    usable: bool
    reason: str | None  # why it is not used, or not written to
    files: int
    contents: int
    bytes: int  # of packed facts
    limit_bytes: int
    disk_bytes: int | None
    buckets: tuple[CacheBucket, ...]
    hits: int  # in this run, by status
    content_hits: int  # in this run, by content
    misses: int
    hit_rate: float | None  # of this run; None: nothing was asked
    version: int = 1


class MemoryCacheStatistics(Record, frozen=True):
    """How well contents and trees are shared in memory by the readers of one run."""

    contents: int  # files in memory now
    bytes: int  # of their contents
    limit_bytes: int  # that contents may take
    trees: int  # syntax trees in memory now
    tree_limit: int  # trees, at most
    reads: int  # of the disk, those ahead included
    reads_saved: int  # files asked for again whose contents were still there and current
    hit_rate: float | None  # of what was asked for: in memory, asked for before or read ahead
    tree_hit_rate: float | None  # of trees that were asked for
    fact_hit_rate: float | None  # of what else is made of contents
    fragmentation: float | None  # share of reserved bucket bytes that lies idle while others evict
    read_ms: float | None  # one read that somebody waited for, on average
    prefetch: PrefetchStatistics  # what was read ahead
