"""Interrupted at any stage: the tree is as it was, nothing is left, and the session goes on."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

MEMORY_ONLY = """\
workload: app.py
profiling: {cpu_profiling: false, io_profiling: false, network_profiling: false}
"""
PATIENT_S = 60  # bound of waits that end at once unless something is broken
PROGRAM = """\
import os, subprocess, time
marks = {marks!r}
number = len(os.listdir(marks))
open(os.path.join(marks, str(number)), "w").close()
if number == {hangs}:
    child = subprocess.Popen(["sleep", "300"], start_new_session=True)
    with open(os.path.join(marks, "pid"), "w") as file:
        file.write(str(child.pid))
    os.rename(os.path.join(marks, "pid"), os.path.join(marks, "hangs"))
    time.sleep(300)
print(sum(range(1000)))
"""


def hanging(project, tmp_path, run):
    """Make the program hang in one of its runs; gives the file that holds its child's number."""
    marks = tmp_path / "marks"
    marks.mkdir()
    (project / "app.py").write_text(PROGRAM.format(marks=str(marks), hangs=run))
    (project / "whet.yaml").write_text(MEMORY_ONLY)
    return marks / "hangs"


@pytest.fixture
def start_whet(project):
    """Starts whet as a terminal does, with signals that reach it; ends what is left of it."""
    started = []
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # ignored below `nohup` and `... &`
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}

    def start(env, *words):
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "whet", "run", "-q", *words],
            cwd=project, env={**os.environ, **env}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for number, handler in before.items():
        signal.signal(number, handler)
    for process in started:
        process.terminate()  # it takes its workload along
        process.communicate(timeout=PATIENT_S)


def await_file(path, process):
    await_(lambda: path.exists() or process.poll() is not None)
    assert process.poll() is None, process.communicate()


def await_(condition):
    deadline = time.monotonic() + PATIENT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def has_ended(number):
    """Whether a process is gone; in a container nobody may reap it."""
    shown = subprocess.run(
        ["ps", "-o", "stat=", "-p", number], capture_output=True, text=True, check=False
    )
    return shown.stdout.strip()[:1] in {"", "Z", "X"}


def await_no_child(started):
    """The spawner of a killed whet needs a moment to notice."""
    await_(lambda: has_ended(started.read_text()))


@pytest.mark.parametrize(
    ("number", "run", "stage"),
    [
        (signal.SIGINT, 0, "workload"),
        (signal.SIGTERM, 3, "profile"),
        (signal.SIGHUP, 1, "workload"),
        (signal.SIGKILL, 4, "profile"),
    ],
)
def test_an_interrupted_session_leaves_nothing_and_goes_on(  # noqa: PLR0913, PLR0917 - fixtures
    spawn_whet, start_whet, project, tmp_path, tree_of, number, run, stage
):
    started = hanging(project, tmp_path, run)
    before = tree_of(project)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    env = {"TMPDIR": str(temporary)}
    process = start_whet(env, "--json")
    await_file(started, process)
    process.send_signal(number)
    _, said = process.communicate(timeout=PATIENT_S)
    assert "Traceback" not in said
    await_no_child(started)
    assert tree_of(project) == before
    sessions = json.loads(spawn_whet("status", "--json", cwd=project).fine())["sessions"]
    states = {each["name"]: each["status"] for each in sessions[-1]["stages"]}
    if number is signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL
        assert states[stage] == "running"
        assert "left over by a killed whet" in spawn_whet("clean", cwd=project, env=env).fine()
        spawn_whet("clean", "--yes", cwd=project, env=env).fine()
    else:
        assert process.returncode == 130
        assert said.splitlines() == ["whet: interrupted; `whet status` shows what is kept"]
        assert (sessions[-1]["status"], states[stage]) == ("interrupted", "failed")
    assert list(temporary.iterdir()) == []
    whole = json.loads(spawn_whet("run", "-q", "--json", cwd=project, env=env).fine())
    assert whole["optimization_session"]["session_id"] == sessions[-1]["session_id"]
    assert tree_of(project) == before
    assert list(temporary.iterdir()) == []


def test_what_a_living_whet_uses_is_never_cleaned(spawn_whet, start_whet, project, tmp_path):
    started = hanging(project, tmp_path, 0)
    process = start_whet({"TMPDIR": str(tmp_path)})
    await_file(started, process)
    used = sorted(tmp_path.glob("whet-*"))
    assert len(used) == 1
    done = spawn_whet("clean", "--yes", cwd=project, env={"TMPDIR": str(tmp_path)})
    assert "left over" not in done.fine()
    spawn_whet("clean", "--all", "--yes", cwd=project).refused(3, "another session is running")
    assert sorted(tmp_path.glob("whet-*")) == used
    process.terminate()
    process.communicate(timeout=PATIENT_S)
    await_no_child(started)
    assert list(tmp_path.glob("whet-*")) == []
