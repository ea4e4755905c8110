"""The session as Markdown, for a pull request or a chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.reports import _figures as figures
from whet.reports._inert import markdown_block, markdown_code, markdown_text, shortened
from whet.reports._next_steps import next_commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.records import FixVerdict, SessionRecord, Verdict

_PATCH_LIMIT = 20_000


def render(session: SessionRecord) -> str:
    """The report as GitHub-flavored Markdown."""
    sections = (
        _head(session),
        _whole(session),
        _fixes(session),
        _advice(session),
        _findings(session),
        _hot_functions(session),
        _validations(session),
        _goals(session),
        _environment(session),
        _next_steps(session),
    )
    texts = ("\n".join(lines).strip("\n") for lines in sections)
    return "\n\n".join(filter(None, texts)) + "\n"


def _head(session: SessionRecord) -> Iterator[str]:
    yield f"# whet: {markdown_text(session.project)}"
    yield ""
    yield f"**{markdown_text(figures.headline(session))}**"
    yield ""
    took = figures.seconds(session.duration_s)
    yield (
        f"Session {markdown_code(session.session_id)}, {session.status}, {took}, "
        f"{session.runs_used} runs of the workload, objective: {session.objective}."
    )
    if session.workload:
        yield f"Workload: {markdown_code(session.workload.spelled)}."


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(header) + " |"
    yield "| " + " | ".join("---" for _ in header) + " |"
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def _whole(session: SessionRecord) -> Iterator[str]:
    if not session.whole:
        return
    yield "## Before and after"
    yield ""
    yield from _table(
        ("metric", "original", "fixed", "verdict", "effect", "rests on"),
        [_verdict_row(verdict) for verdict in session.whole],
    )


def _verdict_row(verdict: Verdict) -> tuple[str, ...]:
    return (
        figures.METRICS[verdict.metric],
        figures.amount(verdict.metric, verdict.baseline),
        figures.amount(verdict.metric, verdict.candidate),
        verdict.outcome,
        markdown_text("; ".join(filter(None, (figures.effect(verdict), verdict.reason)))),
        markdown_text(figures.basis(verdict)),
    )


def _fixes(session: SessionRecord) -> Iterator[str]:
    for title, fixes in (
        ("Kept", figures.kept(session)),
        ("Needs your consent", figures.proposals(session)),
        ("Tried and dropped", figures.dropped(session)),
        ("Not tried", figures.untried(session)),
    ):
        if fixes:
            yield ""
            yield f"## {title}"
            for fix in fixes:
                yield ""
                yield from _fix(session, fix)


def _fix(session: SessionRecord, fix: FixVerdict) -> Iterator[str]:
    yield f"### {markdown_text(figures.fix_title(session, fix))}"
    yield ""
    yield f"{markdown_code(f'{fix.file}:{fix.line}')}, remedy {markdown_code(fix.remedy)}"
    yield ""
    yield markdown_text(fix.reason)
    yield ""
    if fix.proposal and not fix.kept:
        command = f"whet fix --consent {figures.consent_name(session, fix)}"
        yield f"Take it with {markdown_code(command)}."
        yield ""
    for verdict in fix.verdicts:
        yield f"- {markdown_text(figures.sentence(verdict))}"
        yield f"  ({markdown_text(figures.basis(verdict))})"
        if verdict.rerun:
            yield f"  again: {markdown_code(verdict.rerun)}"
    if fix.patch:
        yield ""
        yield markdown_block(shortened(fix.patch, _PATCH_LIMIT), "diff")


def _advice(session: SessionRecord) -> Iterator[str]:
    found = figures.advice(session)
    if not found:
        return
    yield "## Advice"
    yield ""
    yield "What the evidence speaks for and no remedy rewrites."
    yield ""
    yield from _table(
        ("place", "remedy", "attainable", "finding", "evidence"),
        [
            (
                markdown_code(f"{finding.file}:{finding.line}"),
                markdown_code(finding.remedy),
                figures.percent(finding.attainable_gain),
                markdown_text(finding.message),
                markdown_text(figures.evidence(finding)),
            )
            for finding in found
        ],
    )


def _findings(session: SessionRecord) -> Iterator[str]:
    refused = [finding for finding in session.findings if finding.refused or finding.declined]
    if not refused:
        return
    yield "## Found but not touched"
    yield ""
    yield from _table(
        ("place", "remedy", "attainable", "finding", "why not"),
        [
            (
                markdown_code(f"{finding.file}:{finding.line}"),
                markdown_code(finding.remedy),
                figures.percent(finding.attainable_gain),
                markdown_text(finding.message),
                markdown_text("declined before" if finding.declined else finding.refused or ""),
            )
            for finding in refused
        ],
    )


def _hot_functions(session: SessionRecord) -> Iterator[str]:
    cpu = session.profile.cpu if session.profile else None
    if cpu is None or not cpu.functions:
        return
    yield "## Where the time went"
    yield ""
    yield from _table(
        ("function", "self", "share", "total", "calls"),
        [
            (
                markdown_code(f"{entry.name} {entry.file}:{entry.line}"),
                figures.seconds(entry.self_s),
                figures.percent(entry.self_share),
                figures.seconds(entry.total_s),
                "not counted" if entry.calls is None else f"{entry.calls:,}",
            )
            for entry in cpu.functions[:10]
        ],
    )


def _validations(session: SessionRecord) -> Iterator[str]:
    found = session.whole_validation
    if found is None:
        return
    yield "## Same results?"
    yield ""
    yield (
        f"{found.outcome}: {found.calls_compared:,} calls compared, {found.calls_replayed:,} "
        f"replayed, {found.inputs_generated:,} inputs made up, "
        f"{found.tests_run:,} tests, {found.outputs_compared:,} outputs, "
        f"{found.files_compared:,} files."
    )
    for place in found.not_reached:
        yield f"- not reached: {markdown_text(place)}"
    for note in found.notes:
        yield f"- {markdown_text(note)}"


def _goals(session: SessionRecord) -> Iterator[str]:
    if session.goals:
        yield "## Goals"
        yield ""
        for goal in session.goals:
            text = f"{goal.goal}: {goal.wanted_percent:g} % wanted, {figures.goal_text(goal)}"
            yield f"- {markdown_text(text)}"


def _environment(session: SessionRecord) -> Iterator[str]:
    rows = figures.environment_rows(session)
    if rows:
        yield "## Measured on"
        yield ""
        yield from _table(
            ("what", "value"), [(name, markdown_text(value)) for name, value in rows]
        )
    failures = session.profile.failures if session.profile else ()
    lines = [f"{failure.instrument}: {failure.reason}" for failure in failures]
    lines += session.notes
    if lines:
        yield ""
        for line in lines:
            yield f"- {markdown_text(line)}"


def _next_steps(session: SessionRecord) -> Iterator[str]:
    yield "## Next"
    yield ""
    for command, purpose in next_commands(session):
        yield f"- {markdown_code(command)} {markdown_text(purpose)}"
