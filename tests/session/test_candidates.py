"""Candidates from outside: asked for, refused with the reason, or made into fixes."""

from __future__ import annotations

import json
import os
import select
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.cli import main
from whet.codebase.syntax import SourceModule, apply_edits
from whet.errors import UsageError, WhetError
from whet.records import HotPlace
from whet.session import Options
from whet.session.answers import Candidate, candidates_of, edits_between, fix_of, patched
from whet.session.asking import LARGEST_BYTES, Unanswered, answer
from whet.session.loop import optimize
from whet.settings import load_settings
from whet.workloads import parse_target

ROOT = Path(__file__).resolve().parent.parent.parent
ADAPTER = ROOT / "examples" / "candidates" / "assistant.py"
SOURCE = "import os\n\n\ndef slow(n):\n    return sum(i for i in range(n))\n\n\nLAST = 1\n"
DIFF = """\
--- a/app.py
+++ b/app.py
@@ -2,5 +2,5 @@


 def slow(n):
-    return sum(i for i in range(n))
+    return sum(range(n))

"""


def python(code):
    return (sys.executable, "-c", code)


def test_an_answer_is_one_diff_or_several_behind_titles():
    assert candidates_of(" \n") == ()
    diff = DIFF.rstrip("\n") + "\n"
    assert candidates_of(f"Here you are:\n{DIFF}") == (Candidate("candidate 1", diff),)
    several = f"=== candidate: first\n{DIFF}=== candidate: \x1b[31msecond\nwhy\n{DIFF}"
    assert [each.title for each in candidates_of(several)] == ["first", "[31msecond"]
    assert {each.diff for each in candidates_of(several)} == {diff}


@pytest.mark.parametrize("text", ["no diff", "--- a/app.py\n+++ b/app.py\n", "=== candidate: x\n"])
def test_garbage_is_refused(text):
    with pytest.raises(WhetError, match="no unified diff"):
        candidates_of(text)


def test_a_diff_is_applied_to_the_one_file():
    assert (
        patched(SOURCE.encode(), "app.py", DIFF)
        == SOURCE.replace("sum(i for i in range(n))", "sum(range(n))").encode()
    )
    bare = DIFF.replace("a/app.py", "app.py").replace("b/app.py", "app.py")
    assert b"sum(range(n))" in patched(SOURCE.encode(), "app.py", bare)


@pytest.mark.parametrize(
    ("diff", "reason"),
    [
        (DIFF.replace("b/app.py", "b/other.py"), "touches 'b/other.py'"),
        (DIFF.replace("a/app.py", "/dev/null"), "touches '/dev/null'"),
        (DIFF.replace("app.py", "../app.py"), "touches"),
        (DIFF + DIFF.replace("app.py", "setup.py"), "touches 'a/setup.py'"),
        ("diff --git a/app.py b/b.py\nrename from app.py\nrename to b.py\n" + DIFF, "rename"),
        ("diff --git a/app.py b/app.py\nold mode 100644\nnew mode 100755\n" + DIFF, "mode"),
        (DIFF.replace("i for i", "j for j"), "does not apply"),
        (DIFF.replace("+    return sum(range(n))", "+    return sum(i for i in range(n))"),
         "changes nothing"),
    ],
)  # fmt: skip
def test_a_diff_that_does_not_fit_is_refused_with_the_reason(diff, reason):
    with pytest.raises(WhetError, match=reason):
        patched(SOURCE.encode(), "app.py", diff)


PLACE = HotPlace(file="app.py", name="slow", line=4, self_share=0.5, total_share=0.8)


def test_a_candidate_becomes_a_fix_that_claims_the_metric_of_the_session():
    module = SourceModule(SOURCE.encode(), "app.py")
    fix = fix_of(Candidate("quick sum", DIFF), module, PLACE, "cpu_time", "gated")
    assert fix.functions == ("app.py::slow",)
    assert (fix.claims, fix.safety, fix.keeps_state) == ("cpu_time", "gated", True)
    assert fix.attainable_gain == 0.8
    assert fix.finding_id == fix.fix_id  # by which consent is given
    assert b"sum(range(n))" in module.apply(fix.edits)


def test_a_candidate_that_leaves_a_broken_file_is_refused():
    module = SourceModule(SOURCE.encode(), "app.py")
    broken = DIFF.replace("+    return sum(range(n))", "+    return sum(range(n)")
    with pytest.raises(WhetError, match="does not parse"):
        fix_of(Candidate("x", broken), module, PLACE, "cpu_time", "gated")


ROWS = st.lists(st.sampled_from(["x = 1", "y = 'é'", "", "if x: pass", "# \x0c"]), max_size=8)


@given(ROWS, ROWS, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_edits_make_the_one_file_of_the_other(old, new, newline, old_ends, new_ends):
    before = (newline.join(old) + newline * old_ends).encode()
    after = (newline.join(new) + newline * new_ends).encode()
    edits = edits_between(SourceModule(before, "a.py"), SourceModule(after, "a.py"))
    if newline == "\n" or newline.encode() in before:
        assert apply_edits(before, edits) == after


def test_the_command_reads_the_request_and_its_answer_is_returned():
    code = "import sys; print(sys.stdin.read().upper())"
    assert answer(python(code), b"question", 20) == "QUESTION\n"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import time; time.sleep(60)", "did not answer within"),
        ("import sys; sys.exit('no quota left')", "exit status 1: no quota left"),
        ("while True: print('x' * 10_000)", f"longer than {LARGEST_BYTES}"),
        ("import sys; sys.stdout.buffer.write(b'\\xff\\xfe')", "not UTF-8"),
        ("import sys, os, time; os.close(1); sys.stdin.read(); time.sleep(60)", "did not answer"),
    ],
)
def test_a_command_that_does_not_answer_is_ended_with_the_reason(code, reason):
    with pytest.raises(Unanswered, match=reason):
        answer(python(code), b"{}", 1.0)


def has_ended(pid):
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], 10)[0])
    finally:
        os.close(descriptor)


def test_what_the_command_started_is_ended_with_it(tmp_path):
    mark = tmp_path / "pid"
    code = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(mark)!r}, 'w').write(str(child.pid))\n"
        "child.wait()"
    )
    with pytest.raises(Unanswered):
        answer(python(code), b"{}", 2.0)
    assert has_ended(int(mark.read_text()))


def test_a_command_that_is_not_there_is_a_usage_error():
    with pytest.raises(UsageError, match="cannot be started"):
        answer(("/no/such/command",), b"{}", 1.0)


@pytest.mark.parametrize("text", ["", "'unbalanced"])
def test_a_command_line_that_is_none_is_refused(tmp_path, capsys, text):
    assert main(["run", str(tmp_path), "--candidates", text]) == 2
    assert "command line" in capsys.readouterr().err


def test_project_configuration_cannot_name_a_command(tmp_path, capsys):
    (tmp_path / "pyproject.toml").write_text('[tool.whet]\ncandidates = "touch pwned"\n')
    (tmp_path / "app.py").write_text("print(1)\n")
    assert main(["run", str(tmp_path), "-w", "app.py"]) == 2
    assert "candidates" in capsys.readouterr().err
    assert not (tmp_path / "pwned").exists()


PROGRAM = """\
def slow(n):
    total = 0
    for i in range(n):
        total += i
    return total


print(slow(4_000_000))
"""
ASKED = """\
import difflib, json, pathlib, sys
request = json.load(sys.stdin)
pathlib.Path({log!r}).write_text(json.dumps(request))
text = request["source"]["text"]
def diff(new, file="app.py"):
    names = "a/" + file, "b/" + file
    return "".join(difflib.unified_diff(text.splitlines(True), new.splitlines(True), *names))
body = text[text.index("    total = 0"):text.index("    return total")]
good = text.replace(body, "    total = sum(range(n))\\n")
print("=== candidate: builtin sum")
print(diff(good), end="")
print("=== candidate: elsewhere")
print(diff(good, "other.py"), end="")
print("=== candidate: broken")
print(diff(text.replace("return total", "return (total")), end="")
"""


def test_a_session_asks_about_hot_places_and_takes_what_fits(tmp_path):
    project, log = tmp_path / "project", tmp_path / "request.json"
    project.mkdir()
    (project / "app.py").write_text(PROGRAM)
    words = python(ASKED.format(log=str(log)))
    settings = load_settings(project, None, {"budget_s": 60.0}).settings
    options = Options(until="fix", candidates=words)
    session = optimize(project, settings, parse_target("app.py", project), options)
    (fix,) = [fix for fix in session.fixes if fix.remedy == "candidate"]
    assert fix.title == "builtin sum (slow)"
    assert fix.functions == ("app.py::slow",)
    notes = [note for note in session.notes if "refused" in note]
    assert len(notes) == 2
    assert "touches" in notes[0]
    assert "does not parse" in notes[1]
    request = json.loads(log.read_text())
    assert list(request) == [
        "version", "kind", "place", "source", "profile", "evidence", "constraints"
    ]  # fmt: skip
    assert request["place"]["function"] == "slow"
    assert request["place"]["total_share"] > 0.5
    assert request["source"]["text"] == PROGRAM
    assert request["constraints"]["editable_files"] == ["app.py"]
    assert (project / "app.py").read_text() == PROGRAM


REQUEST = {
    "place": {"first_line": 4, "last_line": 5, "total_share": 0.8, "line_shares": {"5": 0.8}},
    "source": {"file": "app.py", "text": SOURCE, "function": "def slow(n): ..."},
    "profile": {"workload": "app.py"},
    "evidence": [{"line": 5, "message": "summed", "evidence": {"calls": 3}}],
    "constraints": {"rules": ["Keep names."], "python": "3.11", "limit_s": 20},
}
ANSWERED = "Sure:\n```python\ndef slow(n):\n    return sum(range(n))\n```\nDone.\n"


def adapted(reply):
    echo = f"import sys; sys.stdin.read(); print({reply!r})"
    return subprocess.run(
        [sys.executable, str(ADAPTER)], input=json.dumps(REQUEST), capture_output=True, text=True,
        check=False, env={**os.environ, "ASSISTANT_COMMAND": shlex.join(python(echo))},
    )  # fmt: skip


def test_the_example_adapter_makes_a_diff_of_what_an_assistant_says():
    done = adapted(ANSWERED)
    assert (done.stderr, done.returncode) == ("", 0)
    (candidate,) = candidates_of(done.stdout)
    assert b"sum(range(n))" in patched(SOURCE.encode(), "app.py", candidate.diff)
    assert adapted("NOTHING").stdout == ""


def test_the_example_adapter_says_what_it_needs():
    done = subprocess.run(
        [sys.executable, str(ADAPTER)], input=json.dumps(REQUEST), capture_output=True, text=True,
        check=False, env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert done.returncode == 1
    assert "ASSISTANT_COMMAND" in done.stderr
