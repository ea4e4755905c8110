"""Bad input on the command line: one clear line, the right exit code, nothing damaged."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def whet(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", "whet", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def refused(done, code, *words):
    """Check that a command was refused in one line which says what, why and what to do."""
    assert done.returncode == code, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("whet: ")
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in last


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "ok.py").write_text("print(sum(range(1000)))\n")
    (folder / "broken.py").write_text("def x(:\n")
    return folder


def snapshot(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("frobnicate",), 2, ("frobnicate", "unknown")),
        (("profil",), 2, ("Did you mean `whet profile`?",)),
        (("profile", "--project", "nowhere"), 2, ("nowhere", "does not exist")),
        (("profile", "-w", "ko.py"), 2, ("there is no 'ko.py'", "Did you mean 'ok.py'?")),
        (("profile", "-w", "ok.py | cat"), 2, ("without a shell",)),
        (("profile", "-w", "ok.py '"), 2, ("is not a command line",)),
        (("profile", "-w", "ok.py", "--instruments", "cpuu"), 2, ("'cpuu'", "Choose from cpu")),
        (("profile", "--pid", "999999999"), 2, ("is not running",)),
        (("profile", "-w", "ok.py", "--python", "/none"), 3, ("'/none'", "does not exist")),
        (("profile", "-w", "ok.py", "--python", "/bin/true"), 3, ("does not answer as a Python",)),
        (("compare", "-w", "ok.py", "mian"), 2, ("'mian'", "not in a git repository")),
        (("compare", "-w", "ok.py", "--confidence", "7", ".", "."), 2, ("0.5", "below 1")),
        (("compare", "--command", "one"), 2, ("--command",)),
    ],
)
def test_wrong_command_lines_are_refused(project, arguments, code, words):
    before = snapshot(project)
    refused(whet(*arguments, cwd=project), code, *words)
    assert snapshot(project) == before


def test_a_folder_without_python_is_refused(tmp_path):
    refused(whet("profile", cwd=tmp_path), 2, "no Python files")


def test_a_workload_that_hangs_ends_at_its_limit(project):
    (project / "hang.py").write_text("import time\ntime.sleep(1000)\n")
    done = whet("profile", "-q", "-w", "hang.py", "--timeout", "1", cwd=project)
    refused(done, 3, "did not end within 1 s", "--timeout")


def test_a_workload_that_hangs_takes_no_more_than_the_budget(project):
    (project / "hang.py").write_text("import time\ntime.sleep(1000)\n")
    done = whet("run", "-q", "-w", "hang.py", "--budget", "2", cwd=project)
    refused(done, 3, "did not end within the whole budget of 2 s", "--budget")


def test_a_command_that_fails_makes_a_comparison_void(project):
    done = whet("compare", "-q", "--command", "false", "true", cwd=project)
    assert done.returncode == 3
    assert "the baseline failed with exit status 1" in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("raise ValueError('no')", "exit status 1"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
        ("input()", "exit status 1"),
    ],
)
def test_the_profile_of_a_failing_program_says_that_it_failed(project, program, said):
    (project / "bad.py").write_text(program + "\n")
    done = whet("profile", "-q", "-w", "bad.py", "--instruments", "memory", cwd=project)
    assert "Traceback" not in done.stderr
    assert said in done.stdout + done.stderr


def test_what_a_program_leaves_behind_is_left_in_the_copy(project):
    (project / "writes.py").write_text(
        "open('left', 'w').write('x'); open('ok.py', 'w').close()\n"
    )
    before = snapshot(project)
    done = whet("profile", "-q", "-w", "writes.py", "--instruments", "memory", cwd=project)
    assert done.returncode == 0, done.stderr
    assert snapshot(project) == before


def test_a_write_outside_of_the_copy_stops_whet(project):
    target = Path.home() / ".whet-bad-input-test"
    (project / "writes.py").write_text(f"open({str(target)!r}, 'a').close()\n")
    try:
        done = whet("profile", "-q", "-w", "writes.py", "--instruments", "memory", cwd=project)
        refused(done, 3, ".whet-bad-input-test", "--allow-effects")
    finally:
        target.unlink(missing_ok=True)


def test_symlink_loops_and_odd_names_are_copied(project):
    (project / "loop").symlink_to(".")
    (project / "self").symlink_to("self")
    (project / os.fsdecode(b"caf\xe9.py")).write_bytes(b"# -*- coding: latin-1 -*-\nx = '\xe9'\n")
    done = whet("profile", "-q", "-w", "ok.py", "--instruments", "memory", cwd=project)
    assert done.returncode == 0, done.stderr


def test_a_program_that_prints_much_does_not_fill_memory(project):
    (project / "loud.py").write_text("for _ in range(200): print('x' * 500_000)\n")
    done = whet("profile", "-q", "-w", "loud.py", "--instruments", "memory", "--json", cwd=project)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout) < 200_000
