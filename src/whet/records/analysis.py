"""What built-in analyzers say about how a project's code hangs together."""

from __future__ import annotations

from typing import Literal

from whet.records._base import Record
from whet.records.tags import MemoryCacheStatistics


class CodePlace(Record, frozen=True):
    """A stretch of a file that belongs to a finding."""

    file: str
    line: int  # from 1
    end_line: int  # inclusive
    symbol: str = ""  # qualified name of the function or class; empty: module level


class StructureFinding(Record, frozen=True):
    """One place where code hangs together badly, with what was measured."""

    finding_id: str  # stays the same while lines above it move
    analyzer: Literal[
        "connascence", "god-object", "duplication", "cohesion", "cycle", "safety", "mece"
    ]
    rule: str  # such as connascence-of-meaning
    level: Literal["note", "warning", "error"]
    place: CodePlace
    message: str
    measures: dict[str, float] = {}  # name of the measure to its value
    related: tuple[CodePlace, ...] = ()  # the other ends


class AnalyzerRun(Record, frozen=True):
    """What one analyzer did."""

    analyzer: str
    findings: int
    elapsed_s: float
    counts: dict[str, int] = {}  # what it counted on its way, such as pairs it compared


class AnalysisReport(Record, frozen=True):
    """What `whet analyze` found, the gravest first."""

    project: str
    files: int  # read
    code_lines: int  # lines with tokens other than comments
    findings: tuple[StructureFinding, ...]
    runs: tuple[AnalyzerRun, ...]
    not_decidable: dict[str, str] = {}  # kinds of connascence nothing is said about, and why
    notes: tuple[str, ...] = ()  # what could not be read
    cache: MemoryCacheStatistics | None = None  # what reading took
    version: int = 1
