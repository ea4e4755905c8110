"""Proposals taken: proven, with something else changed too, and kept since the user agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from whet.errors import UsageError, WhetError
from whet.session import keeping
from whet.session.changes import files_after
from whet.session.loop import hold_bench
from whet.session.placing import kept
from whet.session.stages import goals_of
from whet.session.whole import hold_whole
from whet.workloads import runs_started

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from whet.records import Fix, FixVerdict, SessionRecord
    from whet.session.work import Options, Run
    from whet.settings import Settings
    from whet.store import SessionFolder


def take_proposals(
    project: Path, settings: Settings, folder: SessionFolder, options: Options
) -> SessionRecord:
    """Keep the proposals that `options.consent` names, and prove the grown set as a whole.

    Where the set does not pass, the session stays as it was and the proposal says why.

    Args:
        project: The user's project; it is only read.
        settings: Effective settings; their budget is that of this proof alone.
        folder: The session that proposed them.
        options: How the proof is held, and what the user agrees to.

    Raises:
        UsageError: The session proposes none of this name, or they cannot be joined.
    """
    record = folder.load()
    chosen = [_proposal(record, name) for name in options.consent]
    fixes = _joined(project, record, chosen)
    budget_s = settings.budget_s + (record.duration_s or 0.0)
    longer = msgspec.structs.replace(settings, budget_s=budget_s)

    def steps(run: Run) -> None:
        before = runs_started()
        with run.session.stage("combine"):
            _prove(run, [fix.fix_id for fix in fixes])
        used = run.session.record.runs_used + runs_started() - before
        run.session.update(runs_used=used, goals=goals_of(run))

    return hold_bench(project, longer, record.workload, options, steps, folder)


def proposes(record: SessionRecord) -> bool:
    """Whether a session proposes anything that was not taken yet."""
    return any(verdict.proposal and not verdict.kept for verdict in record.fix_verdicts)


def _proposal(record: SessionRecord, name: str) -> Fix:
    by_id = {fix.fix_id: fix for fix in record.fixes}
    open_ones = [by_id[v.fix_id] for v in record.fix_verdicts if v.proposal and not v.kept]
    found = [fix for fix in open_ones if name and name_of(fix).startswith(name)]
    if len(found) != 1:
        known = ", ".join(map(name_of, open_ones))
        reason = "several begin so" if found else f"session {record.session_id} proposes none"
        raise UsageError(f"finding {name!r}", reason, f"It proposes: {known}" if known else "")
    return found[0]


def name_of(fix: Fix) -> str:
    """By what consent is given: the finding, or the fix itself where somebody else brought it."""
    return fix.finding_id or fix.fix_id


def _joined(project: Path, record: SessionRecord, chosen: Sequence[Fix]) -> Sequence[Fix]:
    """The chosen ones, if they can be applied together upon what was kept."""
    by_id = {fix.fix_id: fix for fix in record.fixes}
    already = [by_id[verdict.fix_id] for verdict in record.fix_verdicts if verdict.kept]
    try:
        files_after(project, (*already, *chosen))
    except WhetError as error:
        names = " and ".join(map(name_of, chosen))
        way_out = "Take one of them, or `whet run` again"
        raise UsageError(f"proposals {names}", error.reason, way_out) from error
    return chosen


def _prove(run: Run, chosen: Sequence[str]) -> None:
    before = run.session.record
    run.session.update(fix_verdicts=tuple(_agreed(v, chosen) for v in before.fix_verdicts))
    hold_whole(run)
    if set(chosen) <= {fix.fix_id for fix in kept(run)}:
        return
    reasons = {v.fix_id: v.reason for v in run.session.record.fix_verdicts}
    run.session.update(
        fix_verdicts=tuple(
            msgspec.structs.replace(v, reason=reasons[v.fix_id]) if v.fix_id in chosen else v
            for v in before.fix_verdicts
        ),
        whole=before.whole,
        whole_validation=before.whole_validation,
    )
    run.session.note("the proposals were not taken: with the kept fixes they do not pass")


def _agreed(verdict: FixVerdict, chosen: Sequence[str]) -> FixVerdict:
    if verdict.fix_id not in chosen:
        return verdict
    reason = f"{keeping.praise(verdict.verdicts[0])}, with your consent"
    return msgspec.structs.replace(verdict, kept=True, reason=reason)
