"""Fixes on trial: put into the copies, validated, measured, kept or dropped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from whet.errors import WhetError
from whet.records import FixVerdict
from whet.session import budget, court, keeping, renewal, screening
from whet.session.changes import files_after
from whet.session.order import LARGE_GAIN, decidable, next_fix, too_small
from whet.session.placing import kept, place
from whet.stats import Schedule
from whet.store.scratch import scratch_folder

if TYPE_CHECKING:
    from whet.records import Fix, Validation, Verdict
    from whet.session.work import Run


def hold(run: Run) -> None:
    """Try the fixes that have no verdict yet, the most promising first, each upon those kept."""
    session = run.session
    renewal.first_prospects(run)
    if kept(run):  # an interrupted session goes on
        _renew(run)
    while (fix := _next(run)) is not None:
        verdict = _try(run, fix)
        session.update(fix_verdicts=(*session.record.fix_verdicts, verdict))
        session.tell(
            "judge",
            f"{fix.file}:{fix.line} {fix.remedy}: {verdict.reason}",
            kind="verdict",
            count=len(session.record.fix_verdicts),
            total=len(session.record.fixes),
        )
        if verdict.kept:
            _renew(run)
    if run.options.consent and not any(map(run.options.agreed, session.record.fixes)):
        session.note(f"consent to {' '.join(run.options.consent)}: no fix is of this name")


def _next(run: Run) -> Fix | None:
    record = run.session.record
    return next_fix(
        record.fixes,
        {verdict.fix_id for verdict in record.fix_verdicts},
        run.prospects,
        run.settings.objective,
        agreed={fix.fix_id for fix in record.fixes if run.options.agreed(fix)},
    )


def _renew(run: Run) -> None:
    """Look again where the time goes, if there is time for that and for one more trial."""
    if run.left_s < budget.renewal_s(run) + budget.next_check_s(run) + budget.least_s(run):
        return
    already = kept(run)
    place(run, already, "a", "c")
    renewal.renew(run, already)


def _try(run: Run, fix: Fix) -> FixVerdict:
    already = kept(run)
    prospect = run.prospects.get(fix.fix_id)
    reason = _overtaken(run, fix, already) or _not_worth(run, fix)
    if reason is None:
        reason = _no_time(run)
    verdict = dropped(fix, reason) if reason else _heard(run, fix, already)
    gain = fix.attainable_gain if prospect is None else round(prospect.most, 6)
    return msgspec.structs.replace(verdict, attainable_gain=gain)


def _overtaken(run: Run, fix: Fix, already: tuple[Fix, ...]) -> str | None:
    """Why a fix cannot be applied upon the kept ones; None: it can."""
    for other in already:
        try:
            files_after(run.project, (other, fix))
        except WhetError:
            place = f"{other.file}:{other.line}"
            return f"moot: it touches the same lines as the kept {other.remedy} at {place}"
    return None


def _not_worth(run: Run, fix: Fix) -> str | None:
    """Why a trial would decide nothing; None: it may."""
    prospect = run.prospects.get(fix.fix_id)
    if prospect is None:
        return None
    units = (budget.trial_s(run, fix) - run.check_s) / budget.unit_s(run)
    if prospect.likely < LARGE_GAIN and units < Schedule().full_units:
        first = f"{budget.small_until_s(run):.0f} s of the budget only; --budget gives more"
        return (
            f"not tried: could gain {100 * prospect.likely:.1f} %, and what is below "
            f"{100 * LARGE_GAIN:g} % is tried in the first {first}"
        )
    verdicts = [v for each in run.session.record.fix_verdicts for v in each.verdicts]
    least = decidable([v for v in verdicts if v.metric == fix.claims], units)
    reason = too_small(prospect, run.settings.optimization.performance_threshold, least)
    if reason is None:
        return None
    if kept(run) and prospect.likely < (fix.attainable_gain or 0.0) / 2:
        last = kept(run)[-1]
        return f"moot since {last.remedy} at {last.file}:{last.line} was kept: {reason}"
    return f"not tried: {reason}"


def _no_time(run: Run) -> str | None:
    if run.left_s < budget.next_check_s(run) + budget.least_s(run):
        return f"not tried: {max(run.left_s, 0):.0f} s of the budget are left"
    return None


def _heard(run: Run, fix: Fix, already: tuple[Fix, ...]) -> FixVerdict:
    """Validated, screened and measured."""
    try:
        place(run, already, "a", "c")
        place(run, (*already, fix), "b")
        if not already:
            run.alone.add(fix.fix_id)
        with scratch_folder("calls") as folder:
            calls = Path(folder) / "calls.pickle"
            started_s = run.session.elapsed_s
            validation = court.validate(run, fix, calls)
            budget.note_check(run, run.session.elapsed_s - started_s)
            known = {**run.session.record.validations, fix.fix_id: validation}
            run.session.update(validations=known)
            if validation.outcome != "equal":
                return dropped(fix, unequal(validation))
            if run.left_s < budget.least_s(run):
                return dropped(fix, f"not measured: {max(run.left_s, 0):.0f} s are left")
            screened = screening.screen(run, fix, validation, calls, budget.run_s(run))
        if screened is not None:
            return dropped(fix, screened.reason, screened.verdicts)
        verdicts = court.measure(run, (fix.claims,), budget.trial_s(run, fix))
    except WhetError as error:
        return dropped(fix, f"not proven: {error}")
    reason = keeping.objection(verdicts, fix.claims, run.settings)
    if reason is None and fix.safety == "consent" and not run.options.agreed(fix):
        return proposed(fix, verdicts)
    return judged(fix, verdicts, reason)


def judged(fix: Fix, verdicts: tuple[Verdict, ...], reason: str | None) -> FixVerdict:
    """The verdict on a measured fix; `reason` is the objection to it."""
    return FixVerdict(
        fix_id=fix.fix_id,
        remedy=fix.remedy,
        file=fix.file,
        line=fix.line,
        kept=reason is None,
        reason=reason or keeping.praise(verdicts[0]),
        verdicts=verdicts,
        patch=fix.patch,
    )


def proposed(fix: Fix, verdicts: tuple[Verdict, ...]) -> FixVerdict:
    """The verdict on a fix that is proven, and kept only if the user agrees to what differs."""
    found = judged(fix, verdicts, None)
    words = found.reason.removeprefix("kept: ")
    differs = str(fix.evidence.get("differs", "")).rstrip(".")
    reason = f"needs your consent: {words}" + (f"; what differs: {differs}" if differs else "")
    return msgspec.structs.replace(found, kept=False, proposal=True, reason=reason)


def dropped(fix: Fix, reason: str, verdicts: tuple[Verdict, ...] = ()) -> FixVerdict:
    """The verdict on a fix that whole runs did not measure."""
    return FixVerdict(
        fix_id=fix.fix_id,
        remedy=fix.remedy,
        file=fix.file,
        line=fix.line,
        kept=False,
        reason=reason,
        verdicts=verdicts,
        patch=fix.patch,
    )


def unequal(validation: Validation) -> str:
    """Why validation does not let a fix pass, in words."""
    shown = validation.counterexample
    if validation.outcome == "different" and shown is not None:
        return (
            f"refuted: {shown.place} differs ({shown.detail}): "
            f"{shown.expected[:200]} became {shown.actual[:200]}"
        )
    masked = ", ".join(validation.masked)
    notes = "; ".join(validation.notes)
    return f"not comparable: {masked or notes or 'two runs of the same code differ'}"
