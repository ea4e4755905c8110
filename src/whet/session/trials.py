"""Fixes on trial: put into the copies, validated, measured, kept or dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from whet.errors import WhetError
from whet.proof.paired import Bench as CourtBench
from whet.proof.paired import compare_runs
from whet.proof.trial import Rules
from whet.records import FixVerdict, Validation
from whet.session import keeping
from whet.session.changes import files_after, put_files
from whet.stats import holm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whet.records import Fix, Metric, Verdict
    from whet.session.work import Run

_LEAST_RUNS = 4 * 4 + 3  # a first look of the court, and its pilot
_WHOLE_UNITS = 8  # the figure that people quote deserves a narrow interval
_WHOLE_RUNS = 4 * _WHOLE_UNITS + 3
_CHECK_RUNS = 14  # about what validation takes
_TESTS_SHARE = 0.2  # of the time left, for one run of covering tests
_LEAST_TESTS_S = 5.0
_CONFIDENCE = 0.99
_METRICS: tuple[Metric, ...] = ("cpu_time", "wall_time", "peak_memory", "io_operations")


def hold(run: Run) -> None:
    """Try every fix that has no verdict yet, each upon those kept before it."""
    session = run.session
    tried = {verdict.fix_id for verdict in session.record.fix_verdicts}
    for number, fix in enumerate(session.record.fixes, 1):
        if fix.fix_id in tried:
            continue
        verdict = _try(run, fix)
        session.update(fix_verdicts=(*session.record.fix_verdicts, verdict))
        session.tell(
            "judge",
            f"{fix.file}:{fix.line} {fix.remedy}: {verdict.reason}",
            kind="verdict",
            count=number,
            total=len(session.record.fixes),
        )


def kept(run: Run) -> tuple[Fix, ...]:
    """The fixes kept so far, in order."""
    by_id = {fix.fix_id: fix for fix in run.session.record.fixes}
    return tuple(by_id[v.fix_id] for v in run.session.record.fix_verdicts if v.kept)


def _try(run: Run, fix: Fix) -> FixVerdict:
    run_s = _run_s(run)
    if run.left_s < (_LEAST_RUNS + _WHOLE_RUNS + 2 * _CHECK_RUNS) * run_s:
        return dropped(fix, f"not tried: {max(run.left_s, 0):.0f} s of the budget are left")
    already = kept(run)
    try:
        place(run, already, "a", "c")
        place(run, (*already, fix), "b")
        validation = validate(run, fix)
        run.session.update(validations={**run.session.record.validations, fix.fix_id: validation})
        if validation.outcome != "equal":
            return dropped(fix, unequal(validation))
        verdicts = measure(run, (fix.claims,), _budget_s(run))
    except WhetError as error:
        return dropped(fix, f"not proven: {error}")
    reason = keeping.objection(verdicts, fix.claims, run.settings)
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


def _run_s(run: Run) -> float:
    """Seconds that one run takes at present."""
    profile = run.session.record.profile
    return run.bench.recent_s or (profile.plain_wall_s if profile else 0.0)


def _budget_s(run: Run) -> float:
    """Seconds for one trial: a fair share of what is left, but enough for a first look.

    Rather few trials that decide than many that cannot: what is left over for the last ones is
    said. What the proof of the whole set takes is kept back.
    """
    tried = {verdict.fix_id for verdict in run.session.record.fix_verdicts}
    waiting = [fix for fix in run.session.record.fixes if fix.fix_id not in tried]
    look_s = _LEAST_RUNS * _run_s(run)
    free_s = run.left_s - (_WHOLE_RUNS + _CHECK_RUNS) * _run_s(run)
    return max(1.0, min(free_s, max(free_s / (len(waiting) + 1), 1.5 * look_s)))


def place(run: Run, fixes: Sequence[Fix], *copies: str) -> None:
    """Make copies hold the project with these fixes; everything else stays the original's."""
    touched = {edit.file for fix in run.session.record.fixes for edit in fix.edits}
    after = files_after(run.project, fixes)
    files = {f: after.get(f, (run.project / f).read_bytes()) for f in sorted(touched)}
    for copy in copies:
        put_files(run.bench.copies[copy], files)


def validate(run: Run, fix: Fix) -> Validation:
    """Whether copy B gives the same results as copy A."""
    from whet.proof.validate import Checks, Pair, ValidationCache
    from whet.proof.validate import validate as compare_results

    if run.validations is None:
        fixes = run.session.record.fixes
        run.validations = ValidationCache(
            functions=tuple(dict.fromkeys(name for each in fixes for name in each.functions)),
            stateful=frozenset(n for each in fixes if each.keeps_state for n in each.functions),
        )
    return compare_results(
        Pair(run.bench.launch("a"), run.bench.launch("b")),
        fix,
        Checks(
            tolerance=run.settings.tolerance,
            mask=run.options.allow_unrepeatable,
            tests_limit_s=max(_LEAST_TESTS_S, round(run.left_s * _TESTS_SHARE)),
            workers=run.settings.performance.max_workers,
        ),
        cache=run.validations,
        on_event=run.session.on_event,
    )


def measure(
    run: Run,
    claimed: tuple[Metric, ...],
    budget_s: float,
    *,
    patience_s: float = 0.0,
    give_up: bool = True,
) -> tuple[Verdict, ...]:
    """The court on whole runs of copy A (and its double C) against copy B."""
    bench = run.bench
    different = run.session.folder.read("repeatable", list[str]) or []
    return compare_runs(
        bench.launch("a"),
        bench.launch("b"),
        bench.launch("c"),
        rules=Rules(
            metrics=_METRICS,
            claimed=claimed,
            confidence=_CONFIDENCE,
            budget_s=budget_s,
            give_up=give_up,
            patience_s=patience_s,
            compare_output=not different,
        ),
        on_event=run.session.on_event,
        bench=CourtBench(
            run=bench.run,
            environment=run.session.record.environment,
            rerun=f"whet run {run.project} -w {bench.workload.spelled!r}",
        ),
    )


def hold_whole(run: Run) -> None:
    """The kept set against the original. A fix that Holm's correction drops leaves the set."""
    _correct(run)
    fixes = kept(run)
    if not fixes:
        return
    place(run, (), "a", "c")
    place(run, fixes, "b")
    validation = validate(run, _joined(fixes))
    run.session.update(whole_validation=validation)
    if validation.outcome != "equal":
        _drop_all(run, f"the kept set together: {unequal(validation)}")
        return
    claims = tuple(dict.fromkeys(fix.claims for fix in fixes))
    whole = measure(run, claims, max(1.0, run.left_s), patience_s=run.left_s)
    run.session.update(whole=whole)
    if any(v.outcome in {"refuted", "slower", "larger"} for v in whole if v.metric in claims):
        _drop_all(run, f"the kept set together is {whole[0].outcome}")


def _joined(fixes: Sequence[Fix]) -> Fix:
    """All fixes as one, for validation."""
    return msgspec.structs.replace(
        fixes[0],
        fix_id="whole",
        title="the kept set",
        remedy="whole",
        functions=tuple(dict.fromkeys(name for fix in fixes for name in fix.functions)),
        keeps_state=any(fix.keeps_state for fix in fixes),
        edits=tuple(edit for fix in fixes for edit in fix.edits),
    )


def _correct(run: Run) -> None:
    """Holm over the kept fixes: all of them together may err with 1 - confidence at most."""
    verdicts = run.session.record.fix_verdicts
    chosen = [verdict for verdict in verdicts if verdict.kept and verdict.verdicts]
    known = [v.verdicts[0].p_value for v in chosen]
    p_values = [1.0 if p is None else p for p in known]
    stands = dict(zip((v.fix_id for v in chosen), holm(p_values, 1 - _CONFIDENCE), strict=True))
    for fix_id, fine in stands.items():
        if not fine:
            _drop(run, fix_id, "not certain enough among so many fixes (Holm's correction)")


def _drop_all(run: Run, reason: str) -> None:
    for fix in kept(run):
        _drop(run, fix.fix_id, reason)


def _drop(run: Run, fix_id: str, reason: str) -> None:
    changed = tuple(
        msgspec.structs.replace(v, kept=False, reason=reason) if v.fix_id == fix_id else v
        for v in run.session.record.fix_verdicts
    )
    run.session.update(fix_verdicts=changed)


def dropped(fix: Fix, reason: str) -> FixVerdict:
    """The verdict on a fix that was not measured."""
    return FixVerdict(
        fix_id=fix.fix_id,
        remedy=fix.remedy,
        file=fix.file,
        line=fix.line,
        kept=False,
        reason=reason,
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
