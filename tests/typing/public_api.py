"""The public API as typed code uses it; read by mypy, never run."""

from __future__ import annotations

from whet.records import SessionRecord, from_json
from whet.reports import a3, csv, full, html, markdown, terminal
from whet.reports.redaction import redact


def report_formats(raw: bytes) -> tuple[bytes, bytes, str, str, str, str]:
    """Every format takes the same record."""
    session: SessionRecord = redact(from_json(raw, SessionRecord))
    return (
        a3.render(session),
        full.render(session),
        html.render(session),
        markdown.render(session),
        csv.render(session),
        terminal.render(session, color=False),
    )


def improvement(session: SessionRecord) -> float | None:
    """What was not decided is None, and typed code has to say what to do then."""
    return a3.document(session).benchmark_results.improvement_percentage
