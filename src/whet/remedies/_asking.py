"""What the run showed at the sites of one match, by the role that each plays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.remedies._admission import types_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from whet.records import Evidence, Match, ValueEvidence


def asked(match: Match, evidence: Evidence) -> dict[str, list[ValueEvidence]]:
    """The sites that the run came to, by role; roles that it never came to are left out."""
    found: dict[str, list[ValueEvidence]] = {}
    for site in match.values:
        value = evidence.values.get(site.site)
        if value is not None and value.observations:
            found.setdefault(site.role, []).append(value)
    return found


def missed(match: Match, evidence: Evidence) -> str | None:
    """Why the evidence is not whole: some of the match's places were not reached."""
    seen = asked(match, evidence)
    if not seen:
        return "the run never came here"
    reached = sum(len(values) for values in seen.values())
    return None if reached == len(match.values) else "the run did not come to every place of it"


def kinds_of(values: Iterable[ValueEvidence]) -> set[str]:
    """The exact types that some sites held."""
    return {name for value in values for name in types_of(value.types)}


def others_than(
    allowed: Collection[str], values: Iterable[ValueEvidence], what: str
) -> str | None:
    """Why the types that sites held are not those that a cure is exact for."""
    odd = kinds_of(values) - set(allowed)
    return f"{what} was of type {', '.join(sorted(odd))}" if odd else None


def looks(values: Iterable[ValueEvidence]) -> int:
    """How often some sites were come to."""
    return sum(value.observations for value in values)


def median_size(values: Iterable[ValueEvidence]) -> float:
    """The size that values had, by the sites' medians and how often each was come to."""
    sized = [(v.size_median, v.observations) for v in values if v.size_median is not None]
    count = sum(number for _, number in sized)
    return sum(size * number for size, number in sized) / count if count else 0.0
