"""Proven fixes are delivered, listed, declined and taken back by the commands."""

import json
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from whet.cli import main
from whet.records import Edit, Finding, Fix, FixVerdict, SessionRecord, Span, Verdict
from whet.session.changes import digest
from whet.store import open_store

BEFORE, AFTER = b"a = 1\nb = 2\n", b"changed = 1\nb = 2\n"
VERDICT = Verdict(
    metric="cpu_time", outcome="faster", effect=0.5, low=0.49, high=0.51, confidence=0.99,
    margin=0.01, processes=8, pairs=16, clock="cpu", design="interpreter pairs", elapsed_s=3.0,
)  # fmt: skip
FIX = Fix(
    fix_id="3f9c2a", title="Rename", remedy="renaming", file="app.py", line=1, function="",
    functions=(), claims="cpu_time", keeps_state=False, safety="safe", attainable_gain=0.5,
    edits=(
        Edit(file="app.py", span=Span(line=1, column=0, end_line=1, end_column=1),
             text="changed"),
    ),
    sources={"app.py": digest(BEFORE)},
)  # fmt: skip
KEPT = FixVerdict(
    fix_id="3f9c2a", remedy="renaming", file="app.py", line=1, kept=True, reason="kept",
    verdicts=(VERDICT,),
)  # fmt: skip
FINDING = Finding(
    finding_id="f1a", remedy="renaming", file="app.py", line=1, function="", message="a name",
    safety="safe", claims="cpu_time", attainable_gain=0.5, evidence={},
)  # fmt: skip


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_bytes(BEFORE)
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for words in ("init -q", "add .", "commit -qm one"):
        subprocess.run(["git", *identity, *words.split()], cwd=folder, check=True)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def session(project):
    """A finished session that kept one fix."""
    folder = open_store(project).new_session()
    record = SessionRecord(
        session_id=folder.session_id, project=str(project.resolve()), start_time="t",
        status="done", findings=(FINDING, msgspec.structs.replace(FINDING, finding_id="f1b")),
        fixes=(FIX,), fix_verdicts=(KEPT,),
    )  # fmt: skip
    folder.save(record)
    return folder


def answer(capsys, *words, code=0):
    assert main(list(words)) == code
    return json.loads(capsys.readouterr().out)


def said(capsys, *words, code=0):
    assert main(list(words)) == code
    captured = capsys.readouterr()
    return captured.err if code else captured.out


def test_in_place_and_back(project, session, capsys):
    assert "take back with: whet revert" in said(capsys, "fix", "--in-place")
    assert Path("app.py").read_bytes() == AFTER
    assert "delivered: 1 as in-place" in said(capsys, "status")
    assert "whet report" in said(capsys)
    assert "could not take them back" in said(capsys, "clean", "--sessions", "--yes", code=2)
    done = answer(capsys, "revert", "--json")
    assert done["session_id"] == session.session_id
    assert len(done["done"]) == 1
    assert Path("app.py").read_bytes() == BEFORE
    assert "taken back: 1 as in-place" in said(capsys, "status", session.session_id)
    assert said(capsys, "clean", "--sessions", "--yes")
    assert open_store(project).sessions() == []


def test_one_fix_is_taken_back_by_its_name(session, capsys):
    said(capsys, "fix", "--in-place")
    assert said(capsys, "revert", "3f9")
    assert Path("app.py").read_bytes() == BEFORE
    assert "there is none of this name" in said(capsys, "revert", "3f9", code=2)
    assert "nothing of it is delivered" in said(capsys, "revert", session.session_id, code=2)


@pytest.mark.usefixtures("session")
def test_a_branch_with_its_evidence(project, capsys):
    document = answer(capsys, "fix", "--branch", "--json", "--fail-on", "kept", code=1)
    assert document["verdicts"][0]["outcome"] == "faster"
    assert document["verdicts"][0]["remedy"] == "renaming"
    assert [d["form"] for d in document["deployments"]] == ["branch"]
    log = subprocess.run(
        ["git", "log", "-1", "--format=%B", "whet/fixes"],
        cwd=project, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "faster, 0.500 of what it was" in log
    assert said(capsys, "revert") == "removed branch whet/fixes\n"


@pytest.mark.usefixtures("session")
def test_patches_lie_where_they_were_asked_for(project, capsys):
    assert "whet fix --branch" in said(capsys)  # the overview's next step
    assert "git apply" in said(capsys, "fix", "--patch", "fixes", "--only", "renaming")
    assert [path.name for path in (project / "fixes").iterdir()] == ["0001-renaming.patch"]
    assert "in " in said(capsys, "fix", "--fail-on", "nothing-kept")


def test_a_folder_that_cannot_be_made_is_one_error(project, session, capsys):
    assert "app.py" in said(capsys, "fix", "--patch", "app.py/x", code=3)
    assert session.load().deployments == ()
    assert (project / "app.py").read_bytes() == BEFORE


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("fix", "--only", "other"), "kept none of this name"),
        (("fix", "--session", "opt-none"), "there is none of this name"),
        (("fix", "--decline", "f9"), "Known: f1a, f1b"),
        (("fix", "--decline", "f1"), "several begin so"),
        (("fix", "--branch", "HEAD^"), "no name git takes"),
        (("revert", "zzz"), "there is none of this name"),
    ],
)
@pytest.mark.usefixtures("session")
def test_what_is_not_known_is_refused_in_one_line(capsys, words, message):
    error = said(capsys, *words, code=2)
    assert message in error
    assert error.count("\n") == 1


def test_a_declined_finding_is_remembered(project, session, capsys):
    assert "will not be offered again" in said(capsys, "fix", "--decline", "f1a")
    assert [fix.finding_id for fix in open_store(project).declined()] == ["f1a"]
    assert session.load().deployments == ()


def test_a_session_that_stopped_says_how_to_go_on(session, capsys):
    session.save(msgspec.structs.replace(session.load(), status="interrupted"))
    assert "goes on where it stopped" in said(capsys)
    assert "go on with the same `whet run` command" in said(capsys, "status")


def test_no_session_yet(project, capsys):
    assert "no session yet" in said(capsys, "status")
    assert "there is none yet" in said(capsys, "revert", code=2)
    shutil.rmtree(project / ".git")
    (project / "other.py").write_text("")  # which of two is meant?
    assert "whet run -w TARGET" in said(capsys)
