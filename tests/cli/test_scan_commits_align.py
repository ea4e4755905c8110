"""`whet scan`, `whet commits` and `whet align`, as users type them."""

import csv
import json
import os
import subprocess
import sys

import pytest

from whet.cli import main
from whet.codebase.activity import recorded_commits


@pytest.fixture
def forked(repository, git, commit):
    commit("base\n\nwith a body", a_py="1\n", b_py="1\n")
    git("checkout", "-q", "-b", "topic")
    commit("topic", a_py="2\n")
    git("checkout", "-q", "-b", "other", "main")
    commit("other", c_py="1\n")
    git("checkout", "-q", "main")
    commit("main", a_py="3\n")
    return repository


def whet(capfdbinary, *words):
    code = main(list(words))
    sys.stdout.flush()
    out, err = capfdbinary.readouterr()
    return code, out, err.decode()


def test_scan_prints_a_path_a_line(forked, capfdbinary, git):
    (forked / os.fsdecode(b"raw\xff")).touch()
    (forked / "gone.py").touch()
    git("add", "gone.py")
    (forked / "gone.py").unlink()
    assert whet(capfdbinary, "scan") == (0, b"raw\xff\na.py\nb.py\n", "")
    assert whet(capfdbinary, "scan", ".", "-0")[1] == b"raw\xff\0a.py\0b.py\0"
    assert whet(capfdbinary, "scan", str(forked), "--unchecked")[1].split() == [
        b"raw\xff", b"a.py", b"b.py", b"gone.py",
    ]  # fmt: skip
    code, out, err = whet(capfdbinary, "scan", "--no-git")
    assert (code, out.split()) == (0, [b"a.py", b"b.py"])
    assert "1 names below" in err


def test_scan_prints_one_document_that_can_be_read_by_lines(forked, capfdbinary):
    code, out, _ = whet(capfdbinary, "scan", ".", "--json")
    document = json.loads(out)
    assert (code, document["version"], len(document["files"])) == (0, 1, 2)
    assert document["files"][0]["path"] == "a.py"
    assert document["files"][0]["size_bytes"] == 2
    assert json.loads(out.splitlines()[1].rstrip(b",")) == document["files"][0]
    (forked / "empty").mkdir()
    assert json.loads(whet(capfdbinary, "scan", "empty", "--json")[1])["files"] == []


def test_names_cannot_act_on_a_terminal(repository):
    import pty

    (repository / "red\x1b[31m").touch()
    controller, terminal = pty.openpty()
    words = [sys.executable, "-m", "whet", "scan"]
    subprocess.run(words, stdout=terminal, stderr=subprocess.DEVNULL, check=True)
    os.close(terminal)
    shown = os.read(controller, 1000)
    os.close(controller)
    assert b"\x1b[31m" not in shown
    assert b"red\\x1b[31m" in shown


@pytest.mark.usefixtures("repository")
def test_what_cannot_be_scanned_is_one_line(capfdbinary):
    code, _, err = whet(capfdbinary, "scan", "nowhere")
    assert (code, err) == (2, "whet: folder 'nowhere': there is no such directory\n")


@pytest.mark.usefixtures("forked")
def test_commits_are_lines_for_people_and_for_programs(capfdbinary):
    code, out, _ = whet(capfdbinary, "commits", "--limit", "1")
    assert code == 0
    assert out.decode().split("  ")[1:] == ["2026-03-01", "=Ada", "1 files +1 -1", "main\n"]
    code, out, _ = whet(capfdbinary, "commits", ".", "--jsonl")
    newest, oldest = map(json.loads, out.splitlines())
    assert newest["files"] == [{"path": "a.py", "old_path": None, "added": 1, "deleted": 1}]
    assert (oldest["message"], oldest["date"]) == (
        "base\n\nwith a body\n", "2026-03-01T10:00:00+02:00",
    )  # fmt: skip
    document = json.loads(whet(capfdbinary, "commits", "--json", "--all", "--no-lines")[1])
    assert [len(found["files"]) for found in document["commits"]] == [1, 1, 1, 2]
    assert document["commits"][0]["files"][0]["added"] is None


@pytest.mark.usefixtures("forked")
def test_commits_are_chosen(capfdbinary):
    def subjects(*words):
        out = whet(capfdbinary, "commits", "--jsonl", *words)[1]
        return [json.loads(line)["message"].partition("\n")[0] for line in out.splitlines()]

    assert subjects("--range", "main..topic", "--range", "other") == ["topic", "other"]
    assert subjects("--path", "c.py", "--all") == ["other"]
    assert subjects("--since", "2026-03-02") == []
    assert subjects("--until", "2026-03-02") == ["main", "base"]
    code, _, err = whet(capfdbinary, "commits", "--since", "1.yaer")
    assert (code, "'yaer' is no word of a date" in err) == (2, True)


def test_commits_become_a_table_that_no_spreadsheet_runs(forked, capfdbinary):
    assert whet(capfdbinary, "commits", "--csv", "out.csv") == (0, b"", "")
    with open("out.csv", newline="") as file:  # noqa: PTH123
        rows = list(csv.DictReader(file))
    assert [(row["author"], row["path"], row["added"]) for row in rows] == [
        ("'=Ada", "a.py", "1"), ("'=Ada", "a.py", "1"), ("'=Ada", "b.py", "1"),
    ]  # fmt: skip
    assert whet(capfdbinary, "commits", "--csv", "-")[1] == (forked / "out.csv").read_bytes()
    out = whet(capfdbinary, "commits", "--csv", "-", "--range", "main..main")[1]
    assert out.startswith(b"sha,author,email,date,parents,message,path,")
    assert [path.name for path in forked.glob(".whet-*")] == []


def test_a_table_that_cannot_be_finished_is_not_there(forked, capfdbinary, git):
    for target, reason in ((".", "is a folder"), ("no/where", "its folder does not exist")):
        code, _, err = whet(capfdbinary, "commits", "--csv", target)
        assert (code, reason in err) == (2, True)
    blob = git("rev-parse", "main~1:a.py").decode().strip()
    (forked / ".git/objects" / blob[:2] / blob[2:]).unlink()
    code, _, err = whet(capfdbinary, "commits", "--csv", "out.csv")
    assert (code, err.startswith("whet: git log in .: ")) == (3, True)
    assert sorted(path.name for path in forked.iterdir()) == [".git", "a.py", "b.py"]


@pytest.mark.usefixtures("forked")
def test_commits_are_kept_with_the_recorded_ones(capfdbinary):
    code, out, _ = whet(capfdbinary, "commits", "--store")
    assert (code, out.startswith(b"2 commits stored, 2 of them new, in ")) == (0, True)
    out = whet(capfdbinary, "commits", "--all", "--store")[1]
    assert out.startswith(b"4 commits stored, 2 of them new")
    assert len(list(recorded_commits("."))) == 4
    code, _, err = whet(capfdbinary, "commits", "--store", "--no-lines")
    assert (code, "Leave --no-lines out" in err) == (2, True)


@pytest.mark.usefixtures("forked")
def test_branches_and_a_plan_are_shown(capfdbinary):
    code, out, err = whet(capfdbinary, "align", ".", "--plan", "--rebase")
    assert (code, err) == (0, "")
    assert out.decode().splitlines() == [
        "main...other: 1 ahead, 1 behind, 1 files +1 -0",
        "main...topic: 1 ahead, 1 behind, 1 files +1 -1, conflicts in a.py",
        "",
        "plan for main:",
        "  1. other: merge, no conflict; rebases cleanly",
        "  2. topic: merge and resolve a.py; a rebase would conflict",
    ]
    every = whet(capfdbinary, "align", "--all", "--no-conflicts")[1].decode().splitlines()
    assert [line.partition(":")[0] for line in every] == [
        "main...other", "main...topic", "other...topic",
    ]  # fmt: skip


@pytest.mark.usefixtures("forked")
def test_alignment_is_one_document(capfdbinary):
    out = whet(capfdbinary, "align", ".", "--json", "--plan", "--pair", "main...topic")[1]
    document = json.loads(out)
    assert [pair["conflicts"] for pair in document["pairs"]] == [["a.py"]]
    assert [step["action"] for step in document["plan"]["steps"]] == ["merge", "resolve"]
    chosen = whet(capfdbinary, "align", ".", "topic", "--into", "other", "--json")[1]
    assert [(p["left"], p["right"]) for p in json.loads(chosen)["pairs"]] == [("other", "topic")]
    some = whet(capfdbinary, "align", ".", "topic", "other", "--all", "--json")[1]
    assert [(p["left"], p["right"]) for p in json.loads(some)["pairs"]] == [("topic", "other")]


def test_odd_alignments_are_said(forked, capfdbinary, tmp_path, git, commit):
    git("checkout", "-q", "--orphan", "pages")
    commit("pages")
    git("checkout", "-q", "main")
    git("branch", "done")
    git("branch", "ready", "main")
    git("checkout", "-q", "ready")
    commit("ready", d_py="1")
    git("checkout", "-q", "main")
    git("config", "merge.theirs.driver", "true")
    code, out, err = whet(capfdbinary, "align", "--plan")
    shown = out.decode()
    assert code == 0
    assert "main...pages: 1 ahead, 2 behind, unrelated histories" in shown
    assert "done: nothing to do: it is contained already" in shown
    assert "ready: fast-forward" in shown
    assert "pages: leave alone: its history is unrelated" in shown
    assert "note: merge.theirs.driver: not run" in err
    shallow = tmp_path / "shallow"
    git("clone", "-q", "--depth=1", f"file://{forked}", str(shallow))
    code, out, err = whet(capfdbinary, "align", str(shallow), "--plan")
    assert (code, out) == (0, b"no two branches to compare\n")
    git("-C", str(shallow), "branch", "second")
    code, out, err = whet(capfdbinary, "align", str(shallow), "--into", "main")
    assert "note: a shallow clone" in err


@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--rebase"], "belongs to --plan"),
        (["--pair", "main"], "names no two branches"),
        (["--pair", "main...nowhere"], "there is no such commit"),
        ([".", "nowhere"], "there is no such commit"),
    ],
)
def test_a_wrong_alignment_is_one_line(capfdbinary, words, said):
    code, out, err = whet(capfdbinary, "align", *words)
    assert (code, out, err.count("\n"), said in err) == (2, b"", 1, True)


@pytest.mark.usefixtures("repository")
def test_many_conflicts_are_shortened(capfdbinary, git, commit):
    names = {f"f{n}_py": "1\n" for n in range(8)}
    commit("base", **names)
    git("checkout", "-q", "-b", "topic")
    commit("topic", **dict.fromkeys(names, "2\n"))
    git("checkout", "-q", "main")
    commit("main", **dict.fromkeys(names, "3\n"))
    out = whet(capfdbinary, "align")[1].decode()
    assert out.endswith("conflicts in f0.py, f1.py, f2.py, f3.py, f4.py and 3 more\n")


def test_outside_of_a_repository_there_are_no_commits(tmp_path, capfdbinary):
    for command in ("commits", "align"):
        code, _, err = whet(capfdbinary, command, str(tmp_path))
        assert (code, "this is not a git repository" in err) == (3, True)
