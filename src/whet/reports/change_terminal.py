"""What a user reads after `whet prove`: proven or not, why, and how far it was looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.reports import _figures as figures
from whet.reports._inert import visible
from whet.reports.terminal import verdict_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.records import Counterexample, FixVerdict, SessionRecord, Validation


def render(session: SessionRecord, counterexample: Counterexample | None = None) -> str:
    """The answer as text.

    Args:
        session: Holds one change that was brought from outside; redacted where it is shared.
        counterexample: Where the results differ, in full: who brings a change must see it.
    """
    verdict = session.fix_verdicts[0]
    validation = session.validations.get(verdict.fix_id)
    sections = (
        _answer(session, verdict),
        _counterexample(counterexample),
        _reach(validation) if validation else (),
        _measured(verdict),
        _closing(session),
    )
    return "\n\n".join("\n".join(lines) for lines in map(list, sections) if lines) + "\n"


def _answer(session: SessionRecord, verdict: FixVerdict) -> Iterator[str]:
    title = visible(figures.fix_title(session, verdict))
    if not verdict.kept:
        yield f"not proven: {title}"
        yield f"  {visible(verdict.reason)}"
        return
    yield f"proven: {title}"
    best = verdict.verdicts[0]
    yield f"  {figures.METRICS[best.metric]} {visible(figures.effect(best))}"


def _counterexample(found: Counterexample | None) -> Iterator[str]:
    if found is None:
        return
    yield f"Where the results differ ({visible(found.stage)}):"
    yield f"  {visible(found.place)}: {visible(found.detail)}"
    yield f"    as it is:   {visible(str(found.expected))}"
    yield f"    as changed: {visible(str(found.actual))}"


def _reach(validation: Validation) -> Iterator[str]:
    counts = (
        (validation.calls_compared, "calls of changed functions"),
        (validation.calls_replayed, "of them made again in fresh processes"),
        (validation.inputs_generated, "inputs that the workload never gave"),
        (validation.outputs_compared, "outputs of the workload"),
        (validation.files_compared, "files it wrote"),
        (validation.tests_run, "tests of the project that reach the change"),
    )
    equal = validation.outcome == "equal"
    yield (
        "Equal, as far as this reached:" if equal else f"Results: {validation.outcome}. Compared:"
    )
    for count, what in counts:
        yield f"  {count:>7,} {what}"
    for name in validation.not_reached:
        yield f"  nothing reached {visible(name)}"
    for note in (*validation.notes, *(f"masked: {part}" for part in validation.masked)):
        yield f"  {visible(note)}"


def _measured(verdict: FixVerdict) -> Iterator[str]:
    if not verdict.verdicts:
        return
    yield "The whole workload, as it is and as changed, run in pairs:"
    for each in verdict.verdicts:
        yield verdict_line(each, lambda text, _style: text)
        if each.reason:
            yield f"      {visible(each.reason)}"


def _closing(session: SessionRecord) -> Iterator[str]:
    workload = visible(session.workload.spelled) if session.workload else "the workload"
    yield f"Workload: {workload}. What it does not do, was not judged."
    yield f"`whet report {session.session_id} --format html -o report.html` keeps this as a page"
