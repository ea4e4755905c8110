"""What a user reads first: what got faster, by how much, what was kept, what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.reports import _figures as figures
from whet.reports._inert import visible
from whet.reports._next_steps import next_commands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from whet.records import Finding, FixVerdict, SessionRecord, Verdict

_CODES = {"bold": "1", "dim": "2", "green": "32", "red": "31", "yellow": "33"}
_COLOR_OF = {
    "faster": "green", "smaller": "green", "slower": "red", "larger": "red", "refuted": "red",
    "undecided": "yellow", "void": "yellow",
}  # fmt: skip
_LISTED = 12  # findings shown; the rest is counted


def render(session: SessionRecord, *, color: bool = False) -> str:
    """The summary as text.

    Args:
        session: What the session recorded, redacted where it shall be shared.
        color: Emphasis by ANSI codes; only for terminals that want it.
    """
    paint = _painted if color else _plain
    sections = (
        _head(session, paint),
        _whole(session, paint),
        _kept(session, paint),
        _proposals(session, paint),
        _advice(session, paint),
        _listed(session, figures.dropped(session), "Tried and dropped:", paint),
        _listed(session, figures.untried(session), "Not tried:", paint),
        _refused(session, paint),
        _goals(session),
        _gaps(session, paint),
        _next_steps(session, paint),
    )
    return "\n\n".join("\n".join(lines) for lines in map(list, sections) if lines) + "\n"


def _painted(text: str, style: str) -> str:
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if style in _CODES else text


def _plain(text: str, _style: str) -> str:
    return text


def _head(session: SessionRecord, paint: Callable[[str, str], str]) -> Iterator[str]:
    took = figures.seconds(session.duration_s)
    state = session.status if session.duration_s is None else f"{session.status} after {took}"
    yield paint(visible(f"{session.project}  {session.session_id}  {state}"), "dim")
    if session.workload is not None:
        chosen = visible(f"{session.workload.spelled} ({session.workload.chosen_by})")
        yield paint(f"workload: {chosen}; runs used: {session.runs_used}", "dim")
    yield ""
    yield paint(visible(figures.headline(session)), "bold")


def _whole(session: SessionRecord, paint: Callable[[str, str], str]) -> Iterator[str]:
    if not session.whole:
        return
    yield "The whole workload, original and fixed run in pairs:"
    for verdict in session.whole:
        yield verdict_line(verdict, paint)
        if verdict.reason:
            yield paint(f"      {visible(verdict.reason)}", "dim")


def verdict_line(verdict: Verdict, paint: Callable[[str, str], str]) -> str:
    """One metric, before and after, with outcome and interval."""
    before = figures.amount(verdict.metric, verdict.baseline)
    after = figures.amount(verdict.metric, verdict.candidate)
    outcome = paint(f"{verdict.outcome:<9}", _COLOR_OF.get(verdict.outcome, ""))
    name = figures.METRICS[verdict.metric]
    return f"  {name:<14} {before:>13} -> {after:<13} {outcome} {visible(figures.effect(verdict))}"


def _kept(session: SessionRecord, paint: Callable[[str, str], str]) -> Iterator[str]:
    kept = figures.kept(session)
    if not kept:
        return
    yield "Kept, each with equal results and a gain proven by itself:"
    for fix in kept:
        gain = figures.effect(fix.verdicts[0]) if fix.verdicts else "not judged alone"
        yield f"  {paint('+', 'green')} {_place(fix)}  {visible(figures.fix_title(session, fix))}"
        yield f"      {visible(gain)}"


def _proposals(session: SessionRecord, paint: Callable[[str, str], str]) -> Iterator[str]:
    proposed = figures.proposals(session)
    if not proposed:
        return
    yield "Proven, but it needs your consent:"
    for fix in proposed:
        yield f"  {paint('?', 'yellow')} {_place(fix)}  {visible(figures.fix_title(session, fix))}"
        if fix.verdicts:
            yield f"      {visible(figures.effect(fix.verdicts[0]))}"
        yield f"      differs: {visible(figures.differs(session, fix))}"
        name = visible(figures.consent_name(session, fix))
        yield f"      take it with: {paint(f'whet fix --consent {name}', 'bold')}"


def _advice(session: SessionRecord, paint: Callable[[str, str], str]) -> Iterator[str]:
    found = figures.advice(session)
    if not found:
        return
    yield "Advice, which no remedy rewrites:"
    for finding in found[:_LISTED]:
        yield f"  {paint('i', 'dim')} {_place(finding)}  {visible(finding.message)}"
        yield f"      {visible(figures.evidence(finding))}"
    if len(found) > _LISTED:
        yield f"  and {len(found) - _LISTED} more: `whet report --format markdown`"


def _listed(
    session: SessionRecord, fixes: list[FixVerdict], title: str, paint: Callable[[str, str], str]
) -> Iterator[str]:
    if not fixes:
        return
    yield title
    for fix in fixes:
        refuted = any(verdict.outcome == "refuted" for verdict in fix.verdicts)
        mark = paint("x", "red") if refuted else paint("-", "yellow")
        yield f"  {mark} {_place(fix)}  {visible(figures.fix_title(session, fix))}"
        yield f"      {visible(fix.reason)}"


def _place(fix: FixVerdict | Finding) -> str:
    return visible(f"{fix.file}:{fix.line}")


def _refused(session: SessionRecord, paint: Callable[[str, str], str]) -> Iterator[str]:
    refused = [finding for finding in session.findings if finding.refused or finding.declined]
    if not refused:
        return
    yield "Found but not touched:"
    for finding in refused[:_LISTED]:
        why = "declined before" if finding.declined else finding.refused or ""
        yield f"  {paint('o', 'dim')} {_place(finding)}  {visible(finding.message)}"
        yield f"      {visible(why)}"
    if len(refused) > _LISTED:
        yield f"  and {len(refused) - _LISTED} more: `whet report --format markdown`"


def _goals(session: SessionRecord) -> Iterator[str]:
    if not session.goals:
        return
    yield "Goals:"
    for goal in session.goals:
        name = visible(goal.goal)
        yield f"  {name}: {goal.wanted_percent:g} % wanted, {figures.goal_text(goal)}"


def _gaps(session: SessionRecord, paint: Callable[[str, str], str]) -> Iterator[str]:
    failures = session.profile.failures if session.profile else ()
    lines = [f"{failure.instrument}: {failure.reason}" for failure in failures]
    lines += [
        f"{stage.name} {stage.status}: {stage.reason}"
        for stage in session.stages
        if stage.reason and stage.status in {"failed", "skipped"} and stage.name != "tune"
    ]
    lines += session.notes
    if lines:
        yield "Not measured, or worth knowing:"
        for line in lines:
            yield paint(f"  {visible(line)}", "dim")


def _next_steps(session: SessionRecord, paint: Callable[[str, str], str]) -> Iterator[str]:
    yield "Next:"
    for command, purpose in next_commands(session):
        yield f"  {paint(visible(command), 'bold')}  {visible(purpose)}"
