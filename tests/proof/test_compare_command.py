"""`whet compare` and `whet selftest` from end to end."""

import json
import shlex
import subprocess
import sys

import pytest

from whet.cli import main
from whet.cli._verdicts import as_text, exit_code, sentence
from whet.proof import Bench
from whet.proof.selftest import hold_selftest
from whet.records import Claim, Verdict

WORK = "import sys\nfrom lib import work\nprint(work(int(sys.argv[1])))\n"
LIB = "def work(n):\n    total = 0\n    for i in range(n):\n        total += i * i\n"
LIB += "    return total\n"
FAST = "def work(n):\n    return (n - 1) * n * (2 * n - 1) // 6\n"


@pytest.fixture(name="project", autouse=True)
def _project(tmp_path, monkeypatch):
    """A repository with a slow commit, its tag, and faster files as they are."""
    project = tmp_path / "shop"
    project.mkdir()
    (project / "app.py").write_text(WORK)
    (project / "lib.py").write_text(LIB)
    for words in ("init -q", "add .", "commit -qm slow", "tag slow"):
        identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", *identity, *words.split()], cwd=project, check=True)
    (project / "lib.py").write_text(FAST)
    monkeypatch.chdir(project)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "")
    return project


def compare(capsys, *words):
    code = main(["compare", "-q", "--python", sys.executable, *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def document(capsys, *words):
    code, out, _ = compare(capsys, "--json", *words)
    return code, json.loads(out)


def test_a_git_ref_is_compared_with_the_files_as_they_are(project, capsys):
    code, found = document(capsys, "-w", "app.py 1000000", "slow")
    assert (code, found["outcome"], found["metric"]) == (0, "faster", "cpu_time"), found
    assert found["low"] <= found["effect"] <= found["high"] < 1
    assert found["kind"] == "compare"
    assert [one["metric"] for one in found["verdicts"]] == [
        "cpu_time", "wall_time", "peak_memory", "io_operations",
    ]  # fmt: skip
    assert found["verdicts"][0]["environment"]["interpreter"]["path"] == sys.executable
    rerun = found["verdicts"][0]["rerun"]
    assert rerun.startswith("whet compare -q --python ")
    assert rerun.endswith(" --json -w 'app.py 1000000' slow")
    assert sorted(path.name for path in project.iterdir()) == [".git", "app.py", "lib.py"]


def test_the_other_way_round_it_is_slower_and_a_gate_fails(project, capsys):
    (project.parent / "old").mkdir()
    (project.parent / "old" / "app.py").write_text(WORK)
    (project.parent / "old" / "lib.py").write_text(LIB)
    code, out, _ = compare(capsys, "-w", "app.py 1000000", "--claim", "2x faster", ".", "../old")
    assert code == 1
    assert "slower than A (effect" in out
    assert "The claim '2x faster' is refuted." in out
    assert "I/O operations:" in out


def test_other_output_refutes(project, capsys):
    (project / "lib.py").write_text("def work(n):\n    return 1\n")
    code, out, _ = compare(capsys, "-w", "app.py 1000", "slow", ".")
    assert code == 1
    assert out.startswith("Refuted: the candidate prints something else: line 1 is '1'")


def test_a_failing_baseline_is_void(project, capsys):
    (project / "lib.py").write_text("raise SystemExit(4)\n")
    code, out, _ = compare(capsys, "-w", "app.py 1000", ".", "slow")
    assert (code, out.strip()) == (
        3, "Void, nothing was judged: the baseline failed with exit status 4.",
    )  # fmt: skip


def test_a_script_outside_both_versions_runs_on_each(project, capsys):
    for name, text in (("one", LIB), ("two", FAST)):
        (project.parent / name).mkdir()
        (project.parent / name / "lib.py").write_text(text)
    (project / "lib.py").unlink()
    code, found = document(capsys, "-w", "app.py 1000000", "../one", "../two")
    assert (code, found["outcome"]) == (0, "faster")


def test_a_workload_that_writes_outside_its_copy_is_refused(project, capsys):
    target = project.parent.parent / "outside.txt"
    home = __import__("pathlib").Path.home() / f".whet-test-{project.parent.name}"
    (project / "lib.py").write_text(f"open({str(home)!r}, 'w').close()\n" + FAST)
    try:
        code, _, err = compare(capsys, "-w", "app.py 1000", ".", ".")
    finally:
        home.unlink(missing_ok=True)
    assert code == 3
    assert "reaches outside its copy" in err
    assert not target.exists()


def test_two_commands_are_compared_where_they_are(capsys):
    python = shlex.quote(sys.executable)
    words = [f"{python} -c 'sum(range({n}))'" for n in (2_000_000, 100)]
    code, found = document(capsys, "--command", *words, "--claim", "1% fewer I/O operations")
    assert (code, found["metric"]) == (1, "io_operations")
    assert (found["outcome"], found["claim"]["answer"]) == ("same", "refuted")


def test_two_functions_are_compared_side_by_side(project, capsys):
    (project / "two.py").write_text(
        "def f(): return sum(range(20000))\ndef g(): return sum(range(20000)) + 0 * f()\n"
    )
    code, found = document(capsys, "--callable", "two:f", "two:g")
    assert (code, found["outcome"], found["design"]) == (1, "slower", "in-process pairs")


def test_two_environments_are_compared_on_the_same_code(project, capsys):
    (project / "app.py").write_text(
        "import os\nsum(range(int(os.environ['SIZE'])))\nprint('done')\n"
    )
    code, found = document(
        capsys, "-w", "app.py", "--env-a", "SIZE=100", "--env-b", "SIZE=5000000"
    )
    assert (code, found["outcome"]) == (1, "slower")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "nothing to compare is given"),
        (["-w", "app.py", "--command", "a", "b"], "--command and -w together"),
        (["-w", "app.py"], "needs a baseline and a candidate"),
        (["-w", "app.py", "a", "b", "c"], "needs a baseline and a candidate"),
        (["--command", "a", "b", "main"], "does not go with --command"),
        (["-w", "app.py", "slow", "--env-a", "A=1"], "cannot be compared at once"),
        (["-w", "app.py", "--env-a", "A"], "is not NAME=VALUE"),
        (["-w", "app.py", "slow", "nowhere"], "nowhere"),
        (["-w", "none.py", "slow"], "none.py"),
        (["--callable", "two", "two:g"], "is not module:function"),
        (["--command", "'", "b"], "is not a command line"),
        (["--command", "", "b"], "is empty"),
        (["--command", "a", "b", "--confidence", "2"], "must be at least 0.5"),
        (["--command", "a", "b", "--claim", "nice"], "not understood"),
        (["--callable", "a:f", "a:g", "--project", "/no/such"], "is not a folder"),
    ],
)
def test_a_wrong_command_line_gets_one_clear_error(capsys, words, said):
    code, out, err = compare(capsys, *words)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_a_version_outside_a_repository_needs_to_be_a_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text("print()\n")
    code, _, err = compare(capsys, "-w", "app.py", "main", ".")
    assert code == 2
    assert "is no folder" in err


def test_a_claim_about_memory_cannot_be_answered_by_functions_side_by_side(project, capsys):
    (project / "two.py").write_text("def f(): return 1\ndef g(): return 1\n")
    code, _, err = compare(capsys, "--callable", "two:f", "two:g", "--claim", "2x less memory")
    assert code == 2
    assert "peak_memory" in err


def verdict(outcome, metric="cpu_time", effect=0.5556, low=0.541, high=0.571, **changes):
    fields = {
        "confidence": 0.99, "margin": 0.01, "processes": 8, "pairs": 8, "clock": "cpu",
        "design": "in-process pairs", "elapsed_s": 9.6, "reason": "because", **changes,
    }  # fmt: skip
    return Verdict(metric=metric, outcome=outcome, effect=effect, low=low, high=high, **fields)


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (verdict("faster"), "B is 1.80x faster than A (effect 0.556, 99 % interval 0.541-0.571;"),
        (verdict("faster", processes=16), "B is 1.80x faster than A (effect 0.556, 99 % inter"),
        (verdict("slower", effect=1.02), "B is 2.0 % slower than A"),
        (verdict("same", effect=1.0), "B is the same as A within 1 %"),
        (verdict("smaller", "peak_memory", 0.7), "B needs 30.0 % less memory than A"),
        (verdict("larger", "peak_memory", 1.5), "B needs 50.0 % more memory than A"),
        (verdict("smaller", "io_operations", 0.33), "B needs 67.0 % fewer I/O operations than A"),
        (verdict("larger", "io_operations", 2), "B needs 100.0 % more I/O operations than A"),
        (verdict("undecided"), "Undecided: because (effect 0.556"),
        (verdict("undecided", effect=None, low=None), "Undecided: because (8 processes"),
        (verdict("refuted"), "Refuted: because."),
        (verdict("void"), "Void, nothing was judged: because."),
    ],
)  # fmt: skip
def test_a_verdict_is_a_sentence(one, said):
    text = sentence(one).replace("\u00d7", "x").replace("\u2013", "-")
    assert text.startswith(said)


def test_exit_codes_follow_the_outcome():
    assert exit_code([verdict("faster")]) == 0
    assert exit_code([verdict("undecided")]) == 0
    assert exit_code([verdict("faster"), verdict("larger", "peak_memory")]) == 1
    assert exit_code([verdict("refuted")]) == 1
    assert exit_code([verdict("void")]) == 3
    refuted = Claim(text="", metric="cpu_time", effect=0.1, answer="refuted")
    assert exit_code([verdict("faster", claim=refuted)]) == 1


def test_metrics_that_were_not_measured_are_said_so():
    text = as_text([verdict("faster"), verdict("undecided", "io_operations", None, None)])
    assert "I/O operations: undecided (because)" in text


class Court:
    """Gives the verdicts that the test says; a trial takes ten seconds."""

    def __init__(self, outcomes):
        self.outcomes = outcomes
        self.now = 0.0

    def monotonic_s(self):
        return self.now

    def hold(self, percent, _confidence, _bench):
        self.now += 10
        return verdict(self.outcomes[percent], elapsed_s=10.0)


def test_the_selftest_counts_false_verdicts_and_power():
    court = Court({0: "slower", 2: "undecided", 5: "slower", 10: "slower"})
    found = hold_selftest(None, budget_s=600, clock=court, hold=court.hold)
    rows = {row.percent: row for row in found.rows}
    assert [rows[p].trials for p in (0, 10, 5, 2)] == [30, 10, 10, 10]
    assert (rows[0].wrong, rows[0].rate, rows[0].bound) == (30, 1.0, 1.0)
    assert (rows[2].expected, rows[2].rate) == (0, 0.0)
    assert rows[5].bound == pytest.approx(0.741, abs=0.001)
    assert rows[5].median_s == 10


def test_the_selftest_holds_every_kind_of_trial_once_at_least():
    court = Court({0: "same", 2: "void", 5: "faster", 10: "slower"})
    rows = {row.percent: row for row in hold_selftest(
        None, budget_s=1, clock=court, hold=court.hold).rows}  # fmt: skip
    assert {row.trials for row in rows.values()} == {1}
    assert (rows[2].void, rows[5].wrong, rows[0].wrong) == (1, 1, 0)


def test_a_trial_of_the_selftest_really_measures(tmp_path):
    from whet.proof import selftest
    from whet.workloads import inspect_interpreter

    (tmp_path / "selftest_work.py").write_text(selftest._SOURCE)
    trial = selftest._trial(tmp_path, inspect_interpreter(sys.executable))
    assert trial(10, 0.9, Bench()).outcome in {"slower", "undecided"}


def test_the_selftest_explains_itself_in_words(monkeypatch, capsys):
    from whet.proof import selftest

    court = Court({0: "same", 2: "void", 5: "slower", 10: "slower"})
    real = selftest.hold_selftest
    monkeypatch.setattr(
        selftest, "hold_selftest",
        lambda interpreter, budget_s, **_: real(
            interpreter, budget_s=budget_s, clock=court, hold=court.hold
        ),
    )  # fmt: skip
    assert main(["selftest", "--budget", "100", "-q"]) == 0
    out = capsys.readouterr().out
    assert "identical code: 0 of" in out
    assert " 5 % more work: found in" in out
    assert main(["selftest", "--budget", "0"]) == 2
