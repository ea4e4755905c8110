"""Findings of analyzers, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.records import AnalysisReport, StructureFinding

SHOWN = 10  # findings of one analyzer
_ENDS = 3  # other places of a finding


def render(report: AnalysisReport, *, every: bool = False) -> str:
    """The findings by analyzer, the gravest first.

    Args:
        report: What was found.
        every: All of them, with all their places; else some of each.
    """
    lines = [f"{report.project}: {report.files} files, {report.code_lines} lines of code"]
    for run in report.runs:
        found = [f for f in report.findings if f.analyzer == run.analyzer]
        lines += ["", f"{run.analyzer}: {len(found) or 'nothing'} found"]
        for finding in found if every else found[:SHOWN]:
            lines += _finding(finding, every=every)
        if len(found) > SHOWN and not every:
            lines.append(f"  {len(found) - SHOWN} more: `whet analyze --all`")
    if report.not_decidable:
        lines += ["", "Not decided by source alone, so nothing is said about connascence of:"]
        lines += [f"  {kind}: {why}" for kind, why in report.not_decidable.items()]
    lines += ["", *(f"Note: {note}" for note in report.notes)] if report.notes else []
    return "\n".join(lines) + "\n"


def _finding(finding: StructureFinding, *, every: bool) -> Iterator[str]:
    rule = "" if finding.rule == finding.analyzer else f" ({finding.rule})"
    place = finding.place
    yield f"  {place.file}:{place.line}: {finding.message}{rule}"
    ends = finding.related if every else finding.related[:_ENDS]
    for end in ends:
        symbol = f" {end.symbol}" if end.symbol else ""
        yield f"    {end.file}:{end.line}{symbol}"
    more = len(finding.related) - len(ends)
    if more:
        yield f"    and {more} more place{'s' * (more > 1)}"
