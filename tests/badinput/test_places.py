"""Projects and machines as they come: git in every state, no space, no rights, odd names."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from whet.session.setup import resolve_project
from whet.store import open_store

LIGHT = "optimization: {profiling_enabled: false}\nworkload: ok.py\n"
WHO = ("-c", "user.name=a", "-c", "user.email=a@localhost")


@pytest.fixture
def light(project):
    """A project whose sessions only run the workload: nothing is profiled."""
    (project / "whet.yaml").write_text(LIGHT)
    return project


def git(folder, *words):
    subprocess.run(["git", *WHO, *words], cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize(
    "command",
    ["run", "check", "profile", "fix", "compare -w a.py . .", "run --dry-run"],
)
def test_a_folder_without_python_is_refused(whet, tmp_path, command):
    done = whet(*command.split(), cwd=tmp_path)
    done.refused(2)
    assert "no Python files" in done.err or "neither" in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "command",
    ["run", "check", "fix", "status --project", "revert --project", "report --project", "clean",
     "config", "doctor", "overview", "profile --project", "prove x --project",
     "compare --command a b --project"],
)  # fmt: skip
def test_a_project_that_is_not_there_is_refused(whet, tmp_path, command):
    done = whet(*command.split(), "no-such-folder", cwd=tmp_path)
    done.refused(2, "no-such-folder")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_given_to_profile_is_the_project(whet, light):
    words = ("profile", "-q", "--instruments", "memory")
    assert "ok.py" in whet(*words, light, cwd="/tmp").fine()
    assert not (light / ".whet").exists()


def test_a_temporary_folder_inside_the_project_is_refused(spawn_whet, light):
    inside = light / "tmp"
    inside.mkdir()
    for command in ("profile", "run", "check"):
        done = spawn_whet(command, "-q", cwd=light, env={"TMPDIR": str(inside)})
        done.refused(2, str(inside), "inside the project", "set TMPDIR")
        assert list(inside.iterdir()) == []


def test_git_in_every_state_is_a_project(whet, light, tree_of, tmp_path):
    states = {"no repository": light}
    states["empty"] = copy(light, tmp_path / "empty")
    git(states["empty"], "init", "-q")
    states["dirty"] = copy(states["empty"], tmp_path / "dirty")
    git(states["dirty"], "add", ".")
    git(states["dirty"], "commit", "-qm", "one")
    (states["dirty"] / "ok.py").write_text("print(1)\n")
    git(states["dirty"], "commit", "-qam", "two")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{states['dirty']}", "shallow")
    states["shallow"] = tmp_path / "shallow"
    (states["dirty"] / "ok.py").write_text("print(2)\n")
    for name, folder in states.items():
        before = tree_of(folder)
        assert "nothing" in whet("check", "-q", cwd=folder).fine(), name
        assert whet("fix", "-q", "--branch", cwd=folder).code == 0, name
        for words in (("status",), ("report",), ("overview",), ("clean",)):
            whet(*words, cwd=folder).fine()
        whet("revert", cwd=folder).refused(2, "nothing of it is delivered")
        whet("clean", "--all", "--yes", cwd=folder).fine()
        assert tree_of(folder) == before, name


def copy(source, target):
    shutil.copytree(source, target)
    return target


def test_a_bare_repository_has_no_program_to_run(whet, light, tmp_path):
    git(light, "init", "-q")
    git(light, "add", ".")
    git(light, "commit", "-qm", "one")
    git(tmp_path, "clone", "-q", "--bare", str(light), "bare.git")
    bare = tmp_path / "bare.git"
    before = sorted(path.name for path in bare.iterdir())
    for command in ("run", "check", "profile"):
        whet(command, cwd=bare).refused(2, "workload of", "no Python files")
    whet("status", cwd=bare).fine()
    assert sorted(path.name for path in bare.iterdir()) == before


def test_odd_files_do_not_stop_a_session(whet, light):
    (light / "loop").symlink_to(".")
    (light / "self").symlink_to("self")
    (light / "dangling.py").symlink_to("nowhere.py")
    (light / os.fsdecode(b"caf\xe9.py")).write_bytes(b"# -*- coding: latin-1 -*-\nx = '\xe9'\n")
    (light / "nul.py").write_bytes(b"x = 1\0\n")
    (light / "cookie.py").write_bytes(b"# -*- coding: no-such -*-\nx = 1\n")
    (light / "generated.py").write_text("VALUES = [\n" + "    123456789,\n" * 400_000 + "]\n")
    os.mkfifo(light / "pipe")
    (light / "whet.yaml").write_text("workload: ok.py\nprofiling: {memory_profiling: false}\n")
    (light / "ok.py").write_text("print(sum(i * i for i in range(1_000_000)))\n")
    out = whet("check", "-q", "--budget", "8", cwd=light).fine()
    assert "nothing found" in out


def test_a_project_whose_name_is_no_utf_8_has_sessions_and_reports(whet, light):
    odd = light.rename(light.parent / os.fsdecode(b"caf\xe9"))
    whet("run", "-q", cwd=odd).fine()
    for line in ("status", "status --json", "report", "report --json", "report --format full",
                 "report --format html", "report --format markdown", "report --format csv",
                 "overview", "overview --json", "clean", "clean --json", "doctor"):  # fmt: skip
        whet(*line.split(), cwd=odd).fine()
    whet("revert", cwd=odd).refused(2, "nothing of it is delivered")


def test_only_one_session_at_a_time(whet, light):
    with open_store(resolve_project(light)).lock():
        for command in ("run -q", "check -q", "prove -q x.patch", "revert"):
            (light / "x.patch").write_text(
                "--- a/ok.py\n+++ b/ok.py\n@@ -1 +1 @@\n-print(sum(range(1000)))\n+print(499500)\n"
            )
            done = whet(*command.split(), cwd=light)
            if command == "revert":
                done.refused(2, "there is none yet")
            else:
                done.refused(3, f"another session is running (process {os.getpid()})")
        whet("status", cwd=light).fine()
        whet("profile", "-q", "--instruments", "memory", cwd=light).fine()


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="only root can mount")
def test_a_full_disk_is_one_line_wherever_it_is_met(spawn_whet, light, tmp_path, tree_of):
    small = tmp_path / "small"
    small.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=256k", "whet", str(small)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not permitted here")
    try:
        before = tree_of(light)
        full = {"TMPDIR": str(small)}
        (small / "filler").write_bytes(b"x" * 150_000)
        done = spawn_whet("run", "-q", cwd=light, env=full)
        done.refused(3)
        assert "No space left" in done.err or "are free" in done.err, done.err
        assert [path.name for path in small.iterdir()] == ["filler"]
        assert tree_of(light) == before
        crowded = copy(light, small / "crowded")
        (crowded / "filler").write_bytes(b"x" * 60_000)
        done = spawn_whet("run", "-q", cwd=crowded)
        done.refused(3, "No space left", "Free some space")
        assert (crowded / "ok.py").read_bytes() == (light / "ok.py").read_bytes()
        spawn_whet("status", cwd=crowded)
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_standard_output_that_is_full_or_gone_is_no_traceback(light):
    whet = [sys.executable, "-P", "-m", "whet", "config"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            whet, cwd=light, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 3
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr
    line = f"{sys.executable} -P -m whet config | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", line], cwd=light, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="only root can mount")
def test_a_read_only_project_keeps_its_state_elsewhere(spawn_whet, light, tmp_path, tree_of):
    words = ["mount", "--bind", "-o", "ro", str(light), str(light)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not permitted here")
    try:
        before = tree_of(light)
        state = {"XDG_STATE_HOME": str(tmp_path / "state")}
        spawn_whet("run", "-q", cwd=light, env=state).fine()
        assert "done" in spawn_whet("status", cwd=light, env=state).fine()
        assert len(list((tmp_path / "state" / "whet").iterdir())) == 1
        assert tree_of(light) == before
        assert not (light / ".whet").exists()
    finally:
        subprocess.run(["umount", str(light)], check=True)


def test_a_current_folder_that_is_gone_is_refused(whet, tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    here = Path.cwd()
    os.chdir(gone)
    try:
        gone.rmdir()
        for line in ("overview", "run", "status", "compare -w x a b"):
            whet(*line.split()).refused(2, "the current folder: is gone")
    finally:
        os.chdir(here)


def test_a_bug_in_whet_is_one_line_unless_asked_for_more(whet, light, monkeypatch):
    from whet.cli import overview

    def buggy(_arguments):
        raise KeyError("x")

    monkeypatch.setattr(overview, "run", buggy)
    whet("overview", cwd=light).refused(3, "a bug in whet: KeyError: 'x'", "WHET_TRACEBACK=1")
    with pytest.raises(KeyError):
        whet("overview", cwd=light, env={"WHET_TRACEBACK": "1"})
