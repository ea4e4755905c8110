"""`whet hooks` and `whet track`, as users type them."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from whet.cli import hooks, main, track
from whet.codebase import activity
from whet.codebase.activity.staged import changed_lines, look_at_staged, staged_files


def whet(capsys, *words):
    code = main(list(words))
    out, err = capsys.readouterr()
    return code, out, err


def test_hooks_are_installed_shown_and_removed(repository, capsys, commit):
    code, out, _ = whet(capsys, "hooks")
    assert (code, "post-commit: not installed; `whet hooks install` does it" in out) == (0, True)
    path = Path(".git/hooks/post-commit")
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    assert whet(capsys, "hooks", "install", ".")[0] == 0
    made = commit()
    code, out, _ = whet(capsys, "hooks", "status")
    assert f"post-commit: runs, then {repository}/.git/whet-hooks/post-commit" in out
    assert "1 marks wait: `whet track ingest` records the commits" in out
    document = json.loads(whet(capsys, "hooks", "--json")[1])
    assert (document["form"], document["pending_marks"]) == ("folder", 1)
    path.unlink()
    assert "does not run: " in whet(capsys, "hooks", "status")[1]
    path.write_text("#!/bin/sh\n: another one\n")
    code, out, err = whet(capsys, "hooks", "uninstall")
    assert (code, err.startswith("note: ")) == (0, True)
    assert made in path.parent.parent.joinpath("logs/HEAD").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("status", "--pre-commit"), "--pre-commit: belongs to `whet hooks install`"),
        (("install", "--relevant", "x"), "--relevant: needs --pre-commit"),
        (("install", "missing"), "there is no such directory"),
        (("instal",), "invalid choice: 'instal'"),
    ],
)
def test_wrong_words_are_one_clear_error(repository, capsys, words, said):
    code, _, err = whet(capsys, "hooks", *words)
    assert (code, err.count("\n")) == (2, 1)
    assert said in err
    assert not (repository / ".git/whet").exists()


def test_outside_of_a_repository_the_error_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for command in (["hooks", "install"], ["track"], ["track", "export"]):
        code, _, err = whet(capsys, *command)
        assert (code, err.count("\n")) == (3, 1)
        assert "this is not a git repository" in err


@pytest.mark.usefixtures("repository")
def test_commits_are_recorded_counted_and_exported(capsys, git, commit):
    Path("a.py").write_text("x = 1\n")
    first = commit("one")
    git("mv", "a.py", "b.py")
    second = commit("two\n\nbody")
    git("commit", "-q", "--amend", "-m", "three")
    code, out, _ = whet(capsys, "track", "-q")
    assert (code, out) == (0, "3 commits recorded, 1 of them only in the reflog; 3 in all\n")
    assert json.loads(whet(capsys, "track", "ingest", "--json", "-q")[1])["recorded"] == 0
    lines = [json.loads(line) for line in whet(capsys, "track", "export")[1].splitlines()]
    assert len(lines) == 2
    by_message = {line["message"]: line for line in lines}
    assert by_message["three\n"] == {
        "sha": git("rev-parse", "HEAD").decode().strip(),
        "author": "=Ada",
        "email": "ada@example.org",
        "date": "2026-03-01T10:00:00+02:00",
        "parents": [first],
        "message": "three\n",
        "files": [{"path": "b.py", "old_path": "a.py", "added": 0, "deleted": 0}],
    }
    every = whet(capsys, "track", "export", "--all")[1].splitlines()
    assert second in {json.loads(line)["sha"] for line in every}
    assert whet(capsys, "track", "days")[1] == "2026-03-01 2\n"
    document = json.loads(whet(capsys, "track", "days", "--json")[1])
    assert document["commits_by_day"] == {"2026-03-01": 2}


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("export", "--follow"), "--follow and --pause: belong to `whet track ingest`"),
        (("ingest", "--all"), "--all: belongs to `whet track export`"),
        (("ingest", "--batch", "0"), "is no whole number above 0"),
        (("ingest", "--every", "nan"), "is no number of seconds above 0"),
    ],
)
def test_options_of_other_actions_are_one_clear_error(capsys, words, said):
    code, _, err = whet(capsys, "track", *words)
    assert (code, err.count("\n"), said in err) == (2, 1, True)


def test_what_is_lost_or_incomplete_is_told(repository, capsys, monkeypatch, commit):
    commit()
    report = activity.ingest(repository)
    told = type(report)(
        repository="r", recorded=0, batches=0, on_branches=0, from_reflog=0, marks=1,
        without_files=2, lost=("1" * 40,), total=1, notes=("commit x cannot be read",),
    )  # fmt: skip
    monkeypatch.setattr(activity, "ingest", lambda *_, **__: told)
    _, out, err = whet(capsys, "track", "-q")
    assert "1 were noted but pruned before they were read" in out
    assert "2 without their files: objects are missing here" in out
    assert err == "note: commit x cannot be read\n"


def test_following_shows_each_ingestion_that_found_something(
    repository, capsys, monkeypatch, commit
):
    commit()
    real = activity.follow

    def twice(*words, **options):
        reports = real(*words, **options, sleep=lambda _seconds: commit())
        activity.install_hooks(repository)
        yield next(reports)
        yield next(reports)

    monkeypatch.setattr(activity, "follow", twice)
    code, out, _ = whet(capsys, "track", "--follow", "-q")
    assert (code, len(out.splitlines())) == (0, 2)


# The look at staged files


def test_the_look_reads_what_is_staged_and_not_the_work_tree(repository, git):
    Path("a.py").write_text("def (:\n")
    Path("b.txt").write_text("x")
    Path("c.py").write_text("x = 1\n")
    git("add", "-A")
    Path("a.py").write_text("fine = 1\n")
    assert staged_files(repository, ["*.py"], {}) == [b"a.py", b"c.py"]
    report = look_at_staged(repository, ["*.py"], {})
    assert report.files == 1
    assert report.notes[0].startswith("a.py: not analyzed")


def test_the_index_of_a_partial_commit_is_the_one_that_is_read(repository, git, commit):
    Path("a.py").write_text("x = 1\n")
    commit()
    Path("a.py").write_text("def (:\n")
    git("add", "a.py")
    other = repository / ".git/other-index"
    subprocess.run(["git", "read-tree", "HEAD"], check=True,
                   env=os.environ | {"GIT_INDEX_FILE": str(other)})  # fmt: skip
    assert look_at_staged(repository, ["*.py"], {"GIT_INDEX_FILE": ".git/other-index"}).files == 0
    assert look_at_staged(repository, ["*.py"], {"GIT_INDEX_FILE": ".git/index"}).notes


COPY = "".join(f"    total += weigh(item_{n}, factor={n})\n" for n in range(9))


def test_only_findings_on_changed_lines_are_told(repository, git, commit):
    Path("old.py").write_text(f"def f():\n{COPY}\n\ndef g():\n{COPY}\n\nx = 1\n")
    commit()
    Path("old.py").write_text(Path("old.py").read_text().replace("x = 1", "x = 2"))
    git("add", "-A")
    assert changed_lines(repository, ["*.py"], {}) == {"old.py": [(25, 25)]}
    assert not look_at_staged(repository, ["*.py"], {}).findings
    Path("new.py").write_text(f"def h():\n{COPY}")
    git("add", "-A")
    (finding,) = look_at_staged(repository, ["*.py"], {}).findings
    assert finding.rule == "duplicated-code"


def test_changed_lines_are_no_headers_and_odd_names_are_read(repository, git, commit):
    Path("caf\u00e9 x.py").write_text("a = 1\n")
    commit()
    Path("caf\u00e9 x.py").write_text('a = """\n++ b/other.py\n@@ -1 +7 @@\n"""\n')
    Path("gone.py").write_text("x = 1\n")
    git("add", "-A")
    changed = changed_lines(repository, ["*.py"], {})
    assert changed == {"caf\u00e9 x.py": [(1, 4)], "gone.py": [(1, 1)]}


def test_a_commit_with_the_hook_is_told_of_findings_and_goes_through(repository, capsys, git):
    assert whet(capsys, "hooks", "install", "--pre-commit")[0] == 0
    Path("json.py").write_text("raise SystemExit('imported')\n")  # must not shadow anything
    Path("a.py").write_text(f"def f():\n{COPY}\n\ndef g():\n{COPY}")
    Path("b.py").write_text("def (:\n")
    git("add", "-A")
    done = subprocess.run(["git", "commit", "-q", "-m", "x"], check=True, capture_output=True)
    said = done.stderr.decode()
    assert "whet: a.py:2: 9 lines (99 tokens) stand in 2 places\n" in said
    assert "whet: b.py: not analyzed" in said
    assert (repository / ".git/whet/spool").read_text().split() == [
        git("rev-parse", "HEAD").decode().strip()
    ]


@pytest.mark.usefixtures("repository")
def test_the_look_as_json_and_with_a_pathspec_of_others(capsys, git):
    Path("a.py").write_text("x = 1\n")
    git("add", "-A")
    code, out, _ = whet(capsys, "hooks", "pre-commit", "--json")
    assert (code, json.loads(out)["files"]) == (0, 1)
    code, out, _ = whet(capsys, "hooks", "pre-commit", "--json", "--relevant", "*.rs")
    assert json.loads(out)["files"] == 0


def test_submodules_and_conflicts_are_passed_over(repository):
    Path("sub.py").mkdir()
    subprocess.run(["git", "init", "-q"], cwd="sub.py", check=True)
    subprocess.run(["git", "commit", "-q", "--allow-empty", "-m", "x"], cwd="sub.py", check=True)
    Path("a.py").write_text("x = 1\n")
    subprocess.run(["git", "-c", "advice.addEmbeddedRepo=false", "add", "-A"], check=True)
    assert look_at_staged(repository, ["*.py"], {}).files == 1


def test_the_commands_say_in_one_line_what_they_do():
    for command in (hooks, track):
        assert "Examples:" in command.__doc__
        assert "\n" not in command.SUMMARY
