"""The kept set as a whole: corrected for many trials, validated and judged like one fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from whet.session import budget, court, keeping
from whet.session.placing import kept, place
from whet.session.trials import unequal
from whet.stats import holm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whet.records import Fix
    from whet.session.work import Run


def hold_whole(run: Run) -> None:
    """The kept set against the original. A fix that Holm's correction drops leaves the set.

    A set of one fix was compared with the original when that fix was tried: it is validated no
    second time, and measured again only where the time that is left may tell more.
    """
    _correct(run)
    fixes = kept(run)
    if not fixes:
        return
    known = len(fixes) == 1 and fixes[0].fix_id in run.alone
    place(run, (), "a", "c")
    place(run, fixes, "b")
    validations = run.session.record.validations
    validation = validations[fixes[0].fix_id] if known else court.validate(run, _joined(fixes))
    run.session.update(whole_validation=validation)
    if validation.outcome != "equal":
        _drop_all(run, f"the kept set together: {unequal(validation)}")
        return
    claims = tuple(dict.fromkeys(fix.claims for fix in fixes))
    if known and run.left_s < budget.first_look_s(run):
        whole = next(v.verdicts for v in run.session.record.fix_verdicts if v.kept)
    else:
        whole = court.measure(run, claims, max(1.0, run.left_s), patience_s=run.left_s)
    run.session.update(whole=whole)
    if any(v.outcome in {"refuted", "slower", "larger"} for v in whole if v.metric in claims):
        _drop_all(run, f"the kept set together is {whole[0].outcome}")
        return
    for verdict in whole:
        if verdict.metric not in claims and verdict.outcome in keeping.BAD and verdict.effect:
            more = 100 * (verdict.effect - 1)
            run.session.note(f"the kept set together: {verdict.metric} is {more:.2g} % more")


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
    alpha = 1 - court.CONFIDENCE
    stands = dict(zip((v.fix_id for v in chosen), holm(p_values, alpha), strict=True))
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
