"""Places where time is lost, and what the run showed about them."""

from __future__ import annotations

from typing import Any, Literal

from whet.records._base import Record

Safety = Literal["safe", "gated", "consent", "advice"]
"""How a match may be used: equal by construction; equal on what the run showed, so gated by
evidence; different in a way that the user must agree to (durability, order, threads); never
rewritten, only told."""

Metric = Literal["cpu_time", "wall_time", "peak_memory", "io_operations"]


class Span(Record, frozen=True):
    """A stretch of source, as `ast` counts: lines from 1, columns in UTF-8 bytes from 0."""

    line: int
    column: int
    end_line: int
    end_column: int


class HotPlace(Record, frozen=True):
    """A function of the project that profiling found hot."""

    file: str  # relative to the project
    name: str  # qualified name as the profiler gave it
    line: int
    self_share: float
    total_share: float
    line_shares: dict[int, float] = {}  # line -> share of all time, on top of the stack
    calls: int | None = None
    line_totals: dict[int, float] = {}  # line -> share of all time, with what it calls
    imports: dict[str, float] = {}  # "<module>" places: imported module -> share of all time
    memory_shares: dict[int, float] = {}  # line -> share of peak memory that it allocated
    memory_totals: dict[int, float] = {}  # line -> the same, with what it calls: an upper bound
    io_shares: dict[int, float] = {}  # line -> share of all counted reads, writes, connections ...
    wait_shares: dict[int, float] = {}  # line -> share of wall time that threads wait there
    python: tuple[int, int, int] | None = None  # the target's interpreter; "<module>" places only


class ValueSite(Record, frozen=True):
    """An expression whose values the evidence run shall describe."""

    site: str  # unique within the session
    file: str
    span: Span
    role: str  # "container", "probe", "iterable", ...


class CallSite(Record, frozen=True):
    """A function whose calls the evidence run shall describe."""

    site: str
    file: str
    name: str  # qualified name, such as "Parser.parse"
    line: int  # of the `def`
    asks: tuple[str, ...] = ()  # beyond the usual: "files", "results", "time", "repeats"


class ValueEvidence(Record, frozen=True):
    """What the values of one expression were.

    `observations` is exact. A site that is reached very often is looked at in ever longer steps
    (`described` counts the looks in depth): types, sizes and properties are those of the looks.
    `hashable`, `plain_equality` and `total_order` speak of the elements of a list, tuple, set,
    frozenset, deque or dict (its keys), and of the value itself where it is anything else.
    """

    site: str
    observations: int
    described: int  # of these, how many were looked at in depth
    types: dict[str, int]  # exact type -> observations
    size_min: int | None = None
    size_median: float | None = None
    size_max: int | None = None
    element_types: dict[str, int] = {}  # exact type -> described elements
    element_shapes: tuple[str, ...] | None = (
        None  # exact types, those within tuples too; None: many
    )
    elements_complete: bool = False  # every element of every described value was looked at
    hashable: bool | None = None
    plain_equality: bool | None = None  # elements compare as builtins do, no NaN
    total_order: bool | None = None  # elements are of one comparable builtin kind, no NaN, deeply
    smallest: int | None = None  # of the values themselves, where all were exact ints
    distinct_objects: int | None = None
    max_references: int | None = None  # beyond the local name: above 0 the value may be aliased
    attributes: tuple[str, ...] | None = None  # of instances with a dict, all names that were seen
    distinct_values: int | None = None  # among the looks, where all were str, bytes, int or None
    forms: tuple[str, ...] | None = None  # of arrays, columns and frames, such as "int64[1]"
    plain_tree: bool | None = None  # dicts and lists of scalars all the way down, none shared
    log_level: int | None = None  # plain loggers only: the least level that one lets through
    any_share: float | None = None  # of a list's elements, until the first that is true
    all_share: float | None = None  # of a list's elements, until the first that is false


class CallEvidence(Record, frozen=True):
    """What the calls of one function were; a function that was never called has calls 0.

    `calls` and `raised` are exact; all else speaks of the `described` calls. A function that is
    called very often is looked at in ever longer steps.
    """

    site: str
    calls: int
    described: int
    raised: int
    distinct_arguments: int | None  # None: unhashable arguments among them
    hit_rate: float | None  # 1 - distinct/calls
    arguments_immutable: bool | None
    argument_types: dict[str, int] = {}
    result_types: dict[str, int] = {}
    results_immutable: bool | None = None  # deeply
    io_events: int = 0  # audit events raised while it ran
    generator: bool = False
    threads: int = 1
    arguments_mutated: int = 0
    self_s: float | None = None
    files_read: int | None = None  # files opened for reading; None: not asked, likewise below
    files_distinct: int | None = None
    files_changed: int | None = None  # of these, those that were written, or other when read again
    files_most_in_one_call: int | None = None  # most reads of one file within one call
    repeats: int | None = None  # calls on an object that had been called on before
    repeats_changed: int | None = None  # of these, with another result than before
    results_kept: int | None = None  # containers of built-in values, looked at again at the end
    results_changed: int | None = None  # of these, changed since by whoever got them
    wall_s: float | None = None  # of the described calls, with what they call
    cpu_s: float | None = None  # of these, that the thread itself computed


class ImportEvidence(Record, frozen=True):
    """What the imports of one module did beside defining it."""

    module: str
    imports: int  # processes that imported it
    effects: tuple[str, ...]  # such as "warning filters", "registries"; empty: nothing was seen
    extras: tuple[str, ...] = ()  # submodules loaded that their package alone does not load


class Evidence(Record, frozen=True):
    """All that the evidence run showed, by site; imports by module."""

    values: dict[str, ValueEvidence] = {}
    calls: dict[str, CallEvidence] = {}
    imports: dict[str, ImportEvidence] = {}
    overhead_ratio: float | None = None
    notes: tuple[str, ...] = ()


class Match(Record, frozen=True):
    """A remedy's pattern found in the source: not yet a finding, evidence is still owed."""

    match_id: str
    remedy: str
    file: str
    span: Span
    function: str  # qualified name, "" for module level
    message: str
    safety: Safety
    values: tuple[ValueSite, ...] = ()
    calls: tuple[CallSite, ...] = ()
    imports: tuple[str, ...] = ()  # modules whose import the evidence run shall watch for effects
    lines: tuple[int, ...] = ()  # whose time the cure lessens; empty: the whole function
    data: dict[str, Any] = {}  # the remedy's own notes for its rewrite


class Finding(Record, frozen=True):
    """A place where time, memory or I/O is lost, with the evidence and the attainable gain."""

    finding_id: str
    remedy: str
    file: str
    line: int
    function: str
    message: str
    safety: Safety
    claims: Metric
    attainable_gain: float  # share of the workload's time (0-1) that could vanish at the most
    evidence: dict[str, Any]
    match: Match | None = None
    parts: tuple[Match, ...] = ()  # further matches of the same remedy that its fix rewrites too
    refused: str | None = None  # why the evidence does not admit the fix; None: admitted
    declined: bool = False  # the user declined it before
