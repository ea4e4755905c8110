"""Proposals are taken by name, with the rest proven again; else all stays as it was."""

from __future__ import annotations

from types import SimpleNamespace

import msgspec
import pytest

from whet.errors import UsageError, WhetError
from whet.records import Fix, FixVerdict, SessionRecord, Validation, Verdict
from whet.session import consent

VERDICT = Verdict(
    metric="wall_time", outcome="faster", effect=0.5, low=0.4, high=0.6, confidence=0.99,
    margin=0.01, processes=8, pairs=8, clock="wall", design="interpreter pairs", elapsed_s=1.0,
    p_value=1e-6,
)  # fmt: skip


def fix(number, **changes):
    plain = Fix(
        fix_id=f"fix{number}", title="t", remedy="r", file="app.py", line=number, function="f",
        functions=(), claims="wall_time", keeps_state=False, safety="consent",
        attainable_gain=0.5, finding_id=f"finding{number}",
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


def judged(number, *, kept=False):
    return FixVerdict(
        fix_id=f"fix{number}", remedy="r", file="app.py", line=number, kept=kept,
        proposal=not kept, reason="kept" if kept else "needs your consent", verdicts=(VERDICT,),
    )  # fmt: skip


RECORD = SessionRecord(
    session_id="s", project=".", start_time="t",
    fixes=(fix(1, safety="safe"), fix(2), fix(3, finding_id=None)),
    fix_verdicts=(judged(1, kept=True), judged(2), judged(3)),
    whole=(VERDICT,), whole_validation=Validation(outcome="equal"),
)  # fmt: skip


class Session:
    """A session in memory."""

    def __init__(self):
        self.record, self.noted = RECORD, []

    def update(self, **changes):
        self.record = msgspec.structs.replace(self.record, **changes)

    def note(self, *notes):
        self.noted += notes


def test_a_proposal_is_named_by_its_finding_or_by_itself_where_somebody_brought_it():
    assert consent._proposal(RECORD, "finding2").fix_id == "fix2"
    assert consent._proposal(RECORD, "fix3").fix_id == "fix3"


@pytest.mark.parametrize("name", ["finding1", "nothing", ""])
def test_what_is_kept_already_or_unknown_cannot_be_agreed_to(name):
    with pytest.raises(UsageError, match="It proposes: finding2, fix3"):
        consent._proposal(RECORD, name)


def test_a_taken_proposal_is_kept_once_the_grown_set_is_proven(monkeypatch):
    monkeypatch.setattr(consent, "hold_whole", lambda run: run.session.update(whole=()))
    run = SimpleNamespace(session=Session())
    consent._prove(run, ["fix2"])
    found = {verdict.fix_id: verdict for verdict in run.session.record.fix_verdicts}
    assert [found[name].kept for name in ("fix1", "fix2", "fix3")] == [True, True, False]
    assert found["fix2"].reason.endswith("with your consent")
    assert run.session.record.whole == ()


def test_where_the_grown_set_fails_the_session_stays_as_it_was(monkeypatch):
    def fail(run):
        run.session.update(
            fix_verdicts=tuple(
                msgspec.structs.replace(each, kept=False, reason="the kept set together: refuted")
                for each in run.session.record.fix_verdicts
            ),
            whole=(), whole_validation=Validation(outcome="different"),
        )  # fmt: skip

    monkeypatch.setattr(consent, "hold_whole", fail)
    run = SimpleNamespace(session=Session())
    consent._prove(run, ["fix2"])
    record = run.session.record
    assert record.fix_verdicts[0] == RECORD.fix_verdicts[0]
    assert record.fix_verdicts[1].proposal
    assert record.fix_verdicts[1].reason == "the kept set together: refuted"
    assert (record.whole, record.whole_validation) == (RECORD.whole, RECORD.whole_validation)
    assert "were not taken" in run.session.noted[0]


def test_proposals_on_the_same_lines_cannot_be_taken_together(monkeypatch, tmp_path):
    def overlap(*_):
        raise WhetError("edits of one file", "they overlap")

    monkeypatch.setattr(consent, "files_after", overlap)
    with pytest.raises(UsageError, match="proposals finding2 and fix3: they overlap"):
        consent._joined(tmp_path, RECORD, [RECORD.fixes[1], RECORD.fixes[2]])
