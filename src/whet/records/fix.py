"""One concrete change and what validation found about it."""

from __future__ import annotations

from typing import Any, Literal

from whet.records._base import Record
from whet.records.finding import Metric, Safety, Span


class Edit(Record, frozen=True):
    """Replace a stretch of a file; an empty stretch inserts."""

    file: str
    span: Span
    text: str


class Fix(Record, frozen=True):
    """A change that claims one metric."""

    fix_id: str
    title: str
    remedy: str  # or the name of whoever brought it: "patch", "branch"
    file: str
    line: int
    function: str
    functions: tuple[str, ...]  # qualified "file::name" of the functions whose behavior may change
    claims: Metric
    keeps_state: bool  # between calls: memo, constant, lazy import: interpreter pairs only
    safety: Safety
    attainable_gain: float | None
    edits: tuple[Edit, ...] = ()
    patch: str = ""  # unified diff against the project
    evidence: dict[str, Any] = {}
    finding_id: str | None = None
    sources: dict[str, str] = {}  # file -> sha256 of what it was written against
    moved: dict[str, str] = {}  # of `functions`, those that lie in another file now -> that file
    family: str = ""  # of the remedy: "algorithms", "containers", ...; "" where nobody said


class Counterexample(Record, frozen=True):
    """Where A and B differ, in full."""

    stage: Literal["calls", "replay", "inputs", "tests", "output", "files", "exit"]
    place: str  # function, test, stream or file
    detail: str
    expected: str  # from A
    actual: str  # from B


class Validation(Record, frozen=True):
    """Whether the change gives the same results, and how far that was looked at."""

    outcome: Literal["equal", "different", "not comparable"]
    counterexample: Counterexample | None = None
    calls_compared: int = 0
    calls_replayed: int = 0
    inputs_generated: int = 0  # made up from recorded ones, and compared
    tests_run: int = 0
    outputs_compared: int = 0
    files_compared: int = 0
    seeds: tuple[int, ...] = ()
    not_reached: tuple[str, ...] = ()  # what none of the stages reached, named
    masked: tuple[str, ...] = ()  # what differs between two runs of the same code
    notes: tuple[str, ...] = ()
