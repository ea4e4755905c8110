"""`whet prove`: somebody else's change is proven, not proven, or refuted with a counterexample."""

import json
import subprocess

import pytest

from whet.cli import main
from whet.session.prove import changed_files

APP = """
def digits(numbers):
    found = []
    for number in numbers:
        if str(number % 3001) not in found:
            found.append(str(number % 3001))
    return found


print(len(digits(range(9000))))
"""
FASTER = """
def digits(numbers):
    found = {}
    for number in numbers:
        found[str(number % 3001)] = None
    return list(found)


print(len(digits(range(9000))))
"""
WRONG = FASTER.replace("list(found)", "sorted(found)")


def git(folder, *words):
    name = ["-c", "user.name=n", "-c", "user.email=e@x"]
    done = subprocess.run(["git", *name, *words], cwd=folder, check=True, capture_output=True)
    return done.stdout


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with the branches `faster` and `wrong`, and a patch file of each."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    git(folder, "init", "-q", "-b", "main")
    (folder / "app.py").write_text(APP)
    git(folder, "add", "app.py")
    git(folder, "commit", "-qm", "as it is")
    for name, text in (("faster", FASTER), ("wrong", WRONG)):
        git(folder, "checkout", "-qb", name, "main")
        (folder / "app.py").write_text(text)
        git(folder, "commit", "-qam", name)
        (tmp_path / f"{name}.patch").write_bytes(git(folder, "diff", "main", name))
    git(folder, "checkout", "-q", "main")
    return folder


def test_a_faster_branch_is_proven_with_what_was_compared_and_measured(repository, capsys):
    assert main(["prove", "faster", "-q", "--budget", "40"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("proven: the change faster\n  CPU time ")
    assert "calls of changed functions" in text
    assert "What it does not do, was not judged." in text
    assert (repository / "app.py").read_text() == APP


def test_a_wrong_patch_is_refuted_by_the_call_that_differs(repository, capsys):
    patch = str(repository.parent / "wrong.patch")
    assert main(["prove", patch, "-q", "--budget", "30", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["proven"] is False
    found = document["validation"]["counterexample"]
    assert (found["stage"], found["place"]) == ("calls", "app.py::digits")
    assert document["verdicts"] == []
    assert main(["prove", "wrong", "-q", "--budget", "30"]) == 1
    text = capsys.readouterr().out
    assert text.startswith("not proven: the change wrong\n  refuted: ")
    assert "Where the results differ (calls):\n  app.py::digits: " in text
    assert "    as it is:   ['0', '1', '2'" in text
    assert "    as changed: ['0', '1', '10'" in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("main", "changes no file of the project"),
        ("nowhere", "no such commit, branch or tag"),
        ("../stale.patch", "does not apply"),
        ("../deletes.patch", "deletes app.py"),
    ],
)
def test_a_change_that_cannot_be_tried_is_one_line(repository, capsys, change, said):
    (repository.parent / "stale.patch").write_text(
        "--- a/app.py\n+++ b/app.py\n@@ -1 +1 @@\n-nothing\n+something\n"
    )
    git(repository, "rm", "-q", "app.py")
    (repository.parent / "deletes.patch").write_bytes(git(repository, "diff", "--cached"))
    git(repository, "reset", "-q", "--hard")
    assert main(["prove", change, "-q"]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_branch_that_left_main_long_ago_is_judged_by_its_own_change_alone(repository):
    (repository / "newer.txt").write_text("newer\n")
    (repository / "app.py").write_text(APP + "# said later\n")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "main goes on")
    after = changed_files(repository, "faster")
    assert set(after) == {"app.py"}
    assert after["app.py"].decode() == FASTER + "# said later\n"
    assert changed_files(repository, "HEAD~1") == {"app.py": APP.encode()}  # an older state


@pytest.mark.parametrize(("body", "outcome"), [(APP, "equal"), (WRONG, "different")])
def test_calls_of_a_function_that_moved_are_compared(repository, capsys, body, outcome):
    function, _, rest = body.partition("\n\n\nprint")
    (repository / "_digits.py").write_text(function)
    (repository / "app.py").write_text(f"from _digits import digits\n\nprint{rest}")
    git(repository, "add", "-N", "_digits.py")
    patch = repository.parent / "moved.patch"
    patch.write_bytes(git(repository, "diff", "main"))
    git(repository, "checkout", "-q", "app.py")
    (repository / "_digits.py").unlink()
    git(repository, "rm", "-q", "--cached", "_digits.py")
    main(["prove", str(patch), "-q", "--budget", "5", "--json"])
    found = json.loads(capsys.readouterr().out)["validation"]
    assert (found["outcome"], found["not_reached"]) == (outcome, [])
    if outcome == "equal":
        assert found["calls_compared"] > 0
    else:
        assert found["counterexample"]["place"] == "app.py::digits"
