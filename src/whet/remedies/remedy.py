"""What a remedy is: knowledge of one kind of cure, as a value."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from whet.errors import WhetError
from whet.records import Edit, Evidence, HotPlace, Match, Metric, Record, Safety

if TYPE_CHECKING:
    from collections.abc import Callable

    from whet.codebase.syntax import SourceModule

Family = Literal[
    "algorithms",
    "containers",
    "calls",
    "imports",
    "memory",
    "numeric",
    "libraries",
    "sql",
    "structure",
    "ci",
]


class Admission(Record, frozen=True):
    """Whether the evidence admits a fix.

    Attributes:
        reason: Why not; None: admitted.
        evidence: What was seen, for people: short names, plain values.
        removable: Share of the place's time (0-1) that the cure can take away at the most.
        safety: As what it is admitted, where that is less than the match could be; None: as the
            match says.
    """

    reason: str | None = None
    evidence: dict[str, Any] = {}  # noqa: RUF012 -- msgspec copies mutable defaults
    removable: float = 0.0
    safety: Literal["advice"] | None = None

    @property
    def admitted(self) -> bool:
        """Whether the fix may be tried."""
        return self.reason is None


def refused(reason: str, **evidence: Any) -> Admission:
    """The evidence does not admit the fix."""
    return Admission(reason=reason, evidence=evidence)


def gone(match: Match) -> WhetError:
    """The error of a rewrite that does not find its match in the module."""
    place = f"{match.remedy} at {match.file}:{match.span.line}"
    return WhetError(place, "the source is another by now", "Diagnose it again")


@dataclass(frozen=True, kw_only=True, slots=True)
class Remedy:
    """A cure, named by the bad pattern; its module's docstring is its page.

    Attributes:
        name: As its file, with underscores.
        title: What the fix does, as the subject of a commit.
        claims: The metric that the fix is judged on.
        keeps_state: The cure keeps something between calls, so only whole runs judge it.
        safety: The most that its matches can be; each match says its own.
        share: What of the place's time counts: that of the lines alone, of the lines with what
            they call, of the whole function with what it calls, or of the import.
        detect: Matches within a hot place. Pure.
        admit: Whether the evidence admits the fix. Pure.
        rewrite: The edits. Pure. None: advice, of which every match has the safety "advice". A
            remedy that rewrites may give advice too, by its matches or its admissions.
    """

    name: str
    family: Family
    title: str
    claims: Metric
    keeps_state: bool
    safety: Safety
    share: Literal["lines", "lines with callees", "function", "import"]
    detect: Callable[[SourceModule, HotPlace], list[Match]]
    admit: Callable[[Match, Evidence], Admission]
    rewrite: Callable[[SourceModule, Match], tuple[Edit, ...]] | None

    @property
    def page(self) -> str:
        """The documentation: the docstring of the module that holds the remedy."""
        return (sys.modules[self.detect.__module__].__doc__ or "").strip()
