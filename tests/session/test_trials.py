"""A fix is kept only if nothing speaks against it: alone, among many, and with the others."""

from types import SimpleNamespace

import msgspec
import pytest

from whet.errors import MeasurementError, TargetError, UsageError, WorkloadFailed
from whet.records import (
    Counterexample,
    Fix,
    OutputDigest,
    RunOutcome,
    SessionRecord,
    Validation,
    Verdict,
    Workload,
)
from whet.session import court, renewal, setup, trials, whole
from whet.session.order import Prospect
from whet.session.work import Options
from whet.settings import Settings, WorkloadSettings, load_settings

EQUAL = Validation(outcome="equal")
DIFFERENT = Validation(
    outcome="different",
    counterexample=Counterexample(
        stage="calls", place="app.py::f", detail="result of f(1)", expected="2", actual="3"
    ),
)


def fix(number, **changes):
    plain = Fix(
        fix_id=f"fix{number}", title="t", remedy="r", file="app.py", line=number, function="f",
        functions=(), claims="cpu_time", keeps_state=False, safety="safe", attainable_gain=0.5,
        edits=(), sources={}, finding_id=f"finding{number}",
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


def verdict(outcome="faster", effect=0.5, p_value=1e-6, metric="cpu_time"):
    return Verdict(
        metric=metric, outcome=outcome, effect=effect, low=effect, high=effect,
        confidence=0.99, margin=0.01, processes=8, pairs=8, clock="cpu", design="whole runs",
        elapsed_s=1.0, p_value=p_value,
    )  # fmt: skip


class Session:
    """A session in memory."""

    def __init__(self, fixes):
        self.record = SessionRecord(
            session_id="s", project=".", start_time="t", fixes=tuple(fixes)
        )
        self.told, self.noted = [], []
        self.elapsed_s = 0.0

    def update(self, **changes):
        self.record = msgspec.structs.replace(self.record, **changes)

    def tell(self, _stage, text, **_):
        self.told.append(text)

    def note(self, *notes):
        self.noted += notes


class Held(SimpleNamespace):
    """A session's work with the seconds that a test says are left: a number or a function."""

    @property
    def left_s(self):
        return self.seconds() if callable(self.seconds) else self.seconds


@pytest.fixture
def held(monkeypatch):
    """Holds trials whose validations and measurements the test says."""

    def hold(fixes, *, validations=(), verdicts=(), left_s=1e6, consent=(), renewed=None):
        answers, figures = iter(validations), iter(verdicts)
        session = Session(map(fix, range(1, fixes + 1)) if isinstance(fixes, int) else fixes)
        run = Held(
            session=session, settings=Settings(), seconds=left_s, project=None,
            bench=SimpleNamespace(recent_s=1.0), prospects={}, options=Options(consent=consent),
            check_s=0.0, alone=set(),
        )  # fmt: skip

        def measured(*_, **__):
            found = next(figures)
            if isinstance(found, Exception):
                raise found
            return (found,)

        for module in (trials, whole):
            monkeypatch.setattr(module, "place", lambda *_: None)
        monkeypatch.setattr(trials, "files_after", lambda *_: {})
        monkeypatch.setattr(court, "validate", lambda *_: next(answers, EQUAL))
        monkeypatch.setattr(court, "measure", measured)
        monkeypatch.setattr(renewal, "renew", renewed or (lambda *_: None))
        trials.hold(run)
        whole.hold_whole(run)
        record = session.record
        return record, {v.fix_id: (v.kept, v.reason) for v in record.fix_verdicts}

    return hold


def test_fixes_that_are_equal_and_faster_are_kept_and_proven_together(held):
    record, found = held(2, verdicts=[verdict(), verdict(), verdict(effect=0.25)])
    assert [kept for kept, _ in found.values()] == [True, True]
    assert record.whole[0].effect == 0.25
    assert record.whole_validation == EQUAL
    assert set(record.validations) == {"fix1", "fix2"}


def test_a_fix_that_changes_a_result_is_refuted_and_not_measured(held):
    _, found = held(1, validations=[DIFFERENT])
    kept, reason = found["fix1"]
    assert not kept
    assert reason == "refuted: app.py::f differs (result of f(1)): 2 became 3"


def test_what_cannot_be_compared_or_measured_is_dropped_with_the_reason(held):
    unclear = Validation(outcome="not comparable", notes=("it prints the time",))
    _, found = held(
        3,
        validations=[unclear, Validation(outcome="not comparable")],
        verdicts=[MeasurementError("the host", "is on fire", "Wait")],
    )
    assert found == {
        "fix1": (False, "not comparable: it prints the time"),
        "fix2": (False, "not comparable: two runs of the same code differ"),
        "fix3": (False, "not proven: the host: is on fire. Wait"),
    }


def test_without_budget_nothing_is_tried_and_that_is_said(held):
    record, found = held(1, left_s=3.0)
    assert found == {"fix1": (False, "not tried: 3 s of the budget are left")}
    assert record.whole == ()


def test_a_gain_that_is_not_certain_among_many_is_dropped(held):
    _, found = held(2, verdicts=[verdict(p_value=1e-6), verdict(p_value=None), verdict()])
    assert found["fix1"][0] is True
    assert found["fix2"] == (
        False, "not certain enough among so many fixes (Holm's correction)",
    )  # fmt: skip


def test_fixes_are_tried_in_the_order_of_what_they_can_gain(held):
    fixes = [fix(1, attainable_gain=0.1), fix(2, attainable_gain=0.5),
             fix(3, claims="peak_memory", attainable_gain=0.9)]  # fmt: skip
    _, found = held(
        fixes, verdicts=[verdict("same"), verdict("same"), verdict("same", metric="peak_memory")]
    )
    assert list(found) == ["fix2", "fix1", "fix3"]


def test_what_a_kept_fix_made_cold_is_moot_and_what_it_made_hot_is_tried_first(held):
    def renewed(run, kept):
        assert [each.fix_id for each in kept][:1] == ["fix1"]
        run.prospects["fix2"] = Prospect(0.0, 0.004)
        run.prospects["fix4"] = Prospect(0.8, 0.9)

    fixes = [fix(1, attainable_gain=0.9), fix(2, attainable_gain=0.4),
             fix(3, attainable_gain=0.3), fix(4, attainable_gain=0.01)]  # fmt: skip
    record, found = held(fixes, verdicts=[verdict(), verdict("same"), verdict("same"), verdict()],
                         renewed=renewed)  # fmt: skip
    assert list(found) == ["fix1", "fix4", "fix3", "fix2"]
    little = "could gain 0.4 % at the most, less than the 1 % asked for"
    assert found["fix2"] == (False, f"moot since r at app.py:1 was kept: {little}")
    assert record.fix_verdicts[1].attainable_gain == 0.9


def test_small_gains_are_tried_early_in_the_budget_or_not_at_all(held):
    def renewed(run, _kept):
        run.prospects["fix2"] = Prospect(0.05, 0.06)

    fixes = [fix(1, attainable_gain=0.9), fix(2, attainable_gain=0.5)]
    figures = [verdict(), verdict(effect=0.97), verdict()]
    _, found = held(fixes, verdicts=list(figures), renewed=renewed, left_s=290.0)
    assert found["fix2"][0] is True
    _, found = held(fixes, verdicts=figures[:1] + figures[2:], renewed=renewed, left_s=200.0)
    assert found["fix2"] == (
        False,
        ("not tried: could gain 5.0 %, and what is below 10 % is tried in the first 105 s of the "
        "budget only; --budget gives more"),
    )  # fmt: skip


def test_of_two_fixes_on_the_same_lines_the_second_is_moot_if_the_first_is_kept(monkeypatch):
    def clash(_project, fixes):
        if len(fixes) == 2:
            raise TargetError("edits of one file", "they overlap")
        return {}

    fixes = [fix(1, attainable_gain=0.5), fix(2, attainable_gain=0.4)]
    monkeypatch.setattr(trials, "files_after", clash)
    kept = SimpleNamespace(project=None)
    reason = trials._overtaken(kept, fixes[1], (fixes[0],))
    assert reason == "moot: it touches the same lines as the kept r at app.py:1"


def test_what_needs_consent_is_proven_last_and_kept_only_with_consent(held):
    asks = fix(1, safety="consent", attainable_gain=0.9, evidence={"differs": "Order may vary."})
    figures = [verdict(effect=0.9), verdict(), verdict()]
    record, found = held([asks, fix(2)], verdicts=list(figures))
    assert list(found) == ["fix2", "fix1"]
    kept, reason = found["fix1"]
    assert not kept
    assert record.fix_verdicts[1].proposal
    assert reason.startswith("needs your consent: cpu_time faster, 0.500 of what it was")
    assert reason.endswith("; what differs: Order may vary")

    record, found = held([asks, fix(2)], verdicts=list(figures), consent=("finding1",))
    assert [kept for kept, _ in found.values()] == [True, True]
    assert list(found) == ["fix1", "fix2"]
    assert not record.fix_verdicts[0].proposal


@pytest.mark.parametrize(
    ("validations", "outcome", "reason"),
    [
        ([EQUAL, EQUAL, DIFFERENT], "faster", "the kept set together: refuted: app.py::f differs"),
        ([], "slower", "the kept set together is slower"),
        ([], "refuted", "the kept set together is refuted"),
    ],
)
def test_a_set_that_fails_as_a_whole_is_dropped_as_a_whole(held, validations, outcome, reason):
    figures = [verdict(), verdict(), verdict(outcome, 1.5)]
    _, found = held(2, validations=validations, verdicts=figures)
    kept, said = found["fix1"]
    assert not kept
    assert said.startswith(reason)


def test_a_set_of_one_fix_is_validated_once_and_measured_again_while_there_is_time(held):
    figures = [verdict(), verdict(effect=0.52)]
    record, found = held(1, validations=[EQUAL, DIFFERENT], verdicts=figures)
    assert found["fix1"][0] is True
    assert (record.whole[0].effect, record.whole_validation) == (0.52, EQUAL)


def test_the_trial_of_the_only_kept_fix_proves_the_set_where_no_time_is_left(held):
    left = iter([40.0, 40.0, 40.0])
    record, _ = held(1, verdicts=[verdict(effect=0.4)], left_s=lambda: next(left, 2.0))
    assert record.whole == record.fix_verdicts[0].verdicts


def outcome(**changes):
    empty = OutputDigest(sha256="", length=0)
    run = RunOutcome(
        exit_code=0, signal=None, timed_out=False, wall_s=1.0, cpu_s=1.0, waiting_s=None,
        peak_bytes=None, average_bytes=None, io_operations=None, read_bytes=None,
        written_bytes=None, stdout=empty, stderr=empty,
    )  # fmt: skip
    return msgspec.structs.replace(run, **changes)


def test_what_differs_between_two_runs_is_named():
    text = OutputDigest(sha256="1", length=1)
    other = outcome(exit_code=1, stdout=text, stderr=text, files={"new": "1"})
    assert setup.differs(outcome(), outcome()) == ()
    assert setup.differs(outcome(), other) == (
        "exit status", "standard output", "standard error", "file new",
    )  # fmt: skip
    assert setup.differs(outcome(), other, texts=False) == ("exit status", "file new")


def test_a_workload_that_does_not_end_well_is_not_measured():
    workload = Workload(kind="script", target="app.py", timeout_s=3.0)
    setup.require_success(outcome(), workload, 60)
    with pytest.raises(WorkloadFailed, match=r"did not end within 3\.0 s.*--timeout"):
        setup.require_success(outcome(exit_code=None, timed_out=True), workload, 60)
    with pytest.raises(WorkloadFailed, match="ended with SIGKILL"):
        setup.require_success(outcome(exit_code=None, signal="SIGKILL"), workload, 60)


def test_a_workload_comes_from_the_settings_in_every_form(tmp_path):
    (tmp_path / "app.py").write_text("")
    (tmp_path / "whet.yaml").write_text(
        "workload: {target: app.py, argv: [a], env: {X: y}, repetitions: 3, timeout_s: 9}\n"
    )
    found = setup.choose_workload(tmp_path, load_settings(tmp_path).settings)
    assert (found.kind, found.argv, found.env) == ("script", ("a",), {"X": "y"})
    assert (found.repetitions, found.timeout_s, found.chosen_by) == (3, 9.0, "settings")
    assert setup.workload_of(tmp_path, "app.py").target == "app.py"
    with pytest.raises(UsageError, match="names neither target nor service"):
        setup.workload_of(tmp_path, WorkloadSettings())


def test_a_project_is_a_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TargetError, match="is not a folder"):
        setup.resolve_project(tmp_path / "file")
    with pytest.raises(TargetError, match="does not exist"):
        setup.resolve_project(tmp_path / "gone")
