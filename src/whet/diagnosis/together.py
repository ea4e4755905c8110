"""Findings too small to be judged alone, joined to one: their fix is tried as a whole."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whet.records import Finding, Match

SMALL_GAIN = 0.05
"""Share of all time (0-1) below which the court needs long for one fix alone."""


def join_small(found: Sequence[Finding]) -> list[Finding]:
    """Small admitted findings of one remedy in one function become one finding.

    A function that sends a dozen constant patterns through `re.sub` loses one or two percent at
    each: no trial could tell one of these gains from noise, but all of them together.

    Args:
        found: Findings in any order; what is refused, declined, advice or large stays alone.

    Returns:
        The findings; a joined one stands for its first by line, whose id it has, and holds the
        other matches as `parts`.
    """
    groups: defaultdict[tuple[str, ...], list[Finding]] = defaultdict(list)
    alone = []
    for finding in found:
        small = finding.attainable_gain < SMALL_GAIN and finding.safety != "advice"
        if small and finding.function and not (finding.refused or finding.declined):
            key = (finding.remedy, finding.file, finding.function, finding.safety)
            groups[key].append(finding)
        else:
            alone.append(finding)
    return alone + [_joined(group) for group in groups.values()]


def _joined(group: list[Finding]) -> Finding:
    if len(group) == 1:
        return group[0]
    group = sorted(group, key=lambda finding: finding.line)
    first = group[0]
    matches = [finding.match for finding in group if finding.match is not None]
    return msgspec.structs.replace(
        first,
        message=f"{first.message}, and {len(group) - 1} more of the kind",
        attainable_gain=round(min(1.0, sum(finding.attainable_gain for finding in group)), 6),
        evidence={
            **first.evidence,
            "share": round(min(1.0, sum(f.evidence.get("share", 0.0) for f in group)), 6),
            "lines": ", ".join(str(finding.line) for finding in group),
        },
        match=_all_lines(matches),
        parts=tuple(matches[1:]),
    )


def _all_lines(matches: Sequence[Match]) -> Match:
    """The first match, with the lines and sites of all."""
    return msgspec.structs.replace(
        matches[0],
        lines=tuple(sorted({line for match in matches for line in match.lines})),
        values=tuple(dict.fromkeys(site for match in matches for site in match.values)),
        calls=tuple(dict.fromkeys(site for match in matches for site in match.calls)),
        imports=tuple(dict.fromkeys(name for match in matches for name in match.imports)),
    )
