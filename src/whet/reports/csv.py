"""The session's verdicts as CSV: a row a metric of every fix and of the whole kept set."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from whet.reports._inert import csv_cell

if TYPE_CHECKING:
    from whet.records import SessionRecord, Verdict

HEADER = (
    "session_id", "scope", "remedy", "file", "line", "kept", "metric", "outcome", "effect",
    "low", "high", "confidence", "baseline", "candidate", "processes", "pairs", "clock",
    "elapsed_s", "reason",
)  # fmt: skip


def render(session: SessionRecord) -> str:
    """The verdicts as RFC 4180 text; unknown is an empty cell, effect below 1 is better."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for row in _rows(session):
        writer.writerow([csv_cell(value) for value in row])
    return out.getvalue()


def _rows(session: SessionRecord) -> list[tuple[object, ...]]:
    whole: tuple[object, ...] = (session.session_id, "whole", None, None, None, None)
    rows = [(*whole, *_figures(verdict), verdict.reason) for verdict in session.whole]
    for fix in session.fix_verdicts:
        place = (session.session_id, "fix", fix.remedy, fix.file, fix.line, fix.kept)
        if not fix.verdicts:
            rows.append((*place, *([None] * 12), fix.reason))
        rows += [(*place, *_figures(verdict), verdict.reason) for verdict in fix.verdicts]
    return rows


def _figures(verdict: Verdict) -> tuple[object, ...]:
    return (
        verdict.metric, verdict.outcome, verdict.effect, verdict.low, verdict.high,
        verdict.confidence, verdict.baseline, verdict.candidate, verdict.processes,
        verdict.pairs, verdict.clock, verdict.elapsed_s,
    )  # fmt: skip
