"""The process that starts workloads answers each request, whatever becomes of the program."""

import errno
import json
import os
import signal
import subprocess
import sys

import pytest

MAIN = "from whet.workloads import _spawner; _spawner.main()"
ADOPT = "import ctypes; ctypes.CDLL(None).prctl(36, 1, 0, 0, 0); "  # as `_spawn` does
COMMAND = [sys.executable, "-c", ADOPT + MAIN if sys.platform == "linux" else MAIN]
linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")


class Asking:
    """Requests and answers over the pipes of a process."""

    def __init__(self, process, folder):
        self.process = process
        self.out = folder / "out"
        self.folder = folder

    def ask(self, *argv, **changes):
        request = {
            "argv": list(argv), "cwd": str(self.folder), "env": dict(os.environ),
            "stdin": os.devnull, "stdout": str(self.out), "stderr": str(self.folder / "err"),
        }  # fmt: skip
        self.process.stdin.write(json.dumps(request | changes) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self):
        return json.loads(self.process.stdout.readline())

    def run(self, *argv, **changes):
        pid = self.ask(*argv, **changes)["pid"]
        return pid, self.answer()


def piped(command):
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )


@pytest.fixture
def spawner(tmp_path):
    yield from asking(COMMAND, tmp_path)


@pytest.fixture
def patient_spawner(tmp_path):
    """It waits for helpers so long that no load of the machine makes leftovers of them."""
    patient = MAIN.replace("_spawner.main()", "_spawner.GRACE_S = 60; _spawner.main()")
    yield from asking([*COMMAND[:-1], COMMAND[-1].replace(MAIN, patient)], tmp_path)


def asking(command, folder):
    with piped(command) as process:
        yield Asking(process, folder)
        process.stdin.close()
        assert process.wait(60) == 0


def test_one_spawner_serves_request_after_request(spawner):
    pid, found = spawner.run("/bin/sh", "-c", "echo $$; exit 3")
    assert os.waitstatus_to_exitcode(found["status"]) == 3
    assert int(spawner.out.read_text()) == pid
    assert (found["stopped"], found["leftovers"]) == (None, False)
    assert found["wall_s"] > 0
    assert found["cpu_s"] >= 0
    assert found["peak"] > 0
    _, found = spawner.run("/bin/sh", "-c", "kill -9 $$")
    assert os.waitstatus_to_exitcode(found["status"]) == -signal.SIGKILL


@linux
def test_io_and_time_in_the_run_queue_are_read_before_the_process_is_gone(spawner):
    _, found = spawner.run("/bin/echo", "x" * 1000)
    assert found["io"]["wchar"] >= 1000
    assert found["run_queue_s"] >= 0


def test_what_cannot_be_started_is_an_answer_and_not_the_end(spawner, tmp_path):
    assert spawner.ask("no-such-program")["errno"] == errno.ENOENT
    assert spawner.ask("/bin/true", cwd=str(tmp_path / "gone"))["errno"] == errno.ENOENT
    assert spawner.ask("/bin/true", stdin=str(tmp_path / "gone"))["errno"] == errno.ENOENT
    assert spawner.ask(str(tmp_path))["errno"] == errno.EACCES
    assert spawner.run("/bin/true")[1]["status"] == 0


def test_a_run_ends_at_its_limits_of_time_and_output(spawner):
    _, found = spawner.run("/bin/sleep", "600", timeout_s=0.1)
    assert (found["stopped"], os.waitstatus_to_exitcode(found["status"])) == ("timeout", -9)
    _, found = spawner.run("/bin/sh", "-c", "while :; do echo y; done", limit_bytes=1000)
    assert (found["stopped"], os.waitstatus_to_exitcode(found["status"])) == ("output", -9)
    _, found = spawner.run("/bin/sh", "-c", f"rm {spawner.out}; sleep 0.2", limit_bytes=1000)
    assert (found["stopped"], found["status"]) == (None, 0)


def test_what_ends_just_after_the_program_is_no_leftover(patient_spawner):
    _, found = patient_spawner.run("/bin/sh", "-c", "sleep 0.05 & exit 0")
    assert found["leftovers"] is False


def test_what_outlives_the_program_for_long_is_killed_and_told(spawner, tmp_path):
    _, found = spawner.run("/bin/sh", "-c", "sleep 600 & echo $! > pid; exit 0")
    assert found["leftovers"] is True
    assert gone(int((tmp_path / "pid").read_text()))


@linux
def test_a_daemon_in_a_session_of_its_own_is_ended_too(spawner, tmp_path):
    daemon = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(600)"
    code = (
        "import os, subprocess, sys\n"
        f"subprocess.Popen([sys.executable, '-c', {daemon!r}], start_new_session=True)\n"
        "while not os.path.exists('pid') or not open('pid').read(): pass\n"
    )
    _, found = spawner.run(sys.executable, "-c", code)
    assert found["leftovers"] is True
    assert gone(int((tmp_path / "pid").read_text()))


def test_a_program_ends_with_its_conductor(tmp_path):
    code = f"import subprocess; subprocess.run({COMMAND!r})"
    with piped([sys.executable, "-c", code]) as conductor:
        asking = Asking(conductor, tmp_path)
        pid = asking.ask("/bin/sleep", "600")["pid"]
        conductor.kill()
        conductor.wait()
        assert conductor.stdout.readline() == ""  # the spawner has ended, without an answer
    assert gone(pid)


def test_a_program_ends_with_a_spawner_that_is_told_to_end(tmp_path):
    with piped(COMMAND) as process:
        pid = Asking(process, tmp_path).ask("/bin/sleep", "600")["pid"]
        process.terminate()
        assert process.wait(60) == 0
    assert gone(pid)


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False
