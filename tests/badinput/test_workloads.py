"""Workloads that misbehave: one clear line, or a stated partial result; nothing is left."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from whet.cli import main

FAILING = {
    "raises": ("raise ValueError('no such luck')", "1: ValueError: no such luck (bad.py:1)"),
    "exits": ("raise SystemExit(7)", "exit status 7"),
    "exits hard": ("import os; print('x', flush=True); os._exit(5)", "exit status 5"),
    "kills itself": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
    "crashes": ("import os; os.abort()", "SIGABRT"),
    "wants input": ("input()", "EOFError"),
    "wants a terminal": ("open('/dev/tty')", "No such device"),
    "is no Python": ("def x(:", "SyntaxError"),
    "closes stderr": ("import os; os.close(2); os._exit(3)", "exit status 3"),
    "runs out of recursion": ("f = lambda: f()\nf()", "RecursionError"),
}


@pytest.mark.parametrize("case", FAILING)
def test_a_workload_that_fails_by_itself_is_refused_with_how_it_ended(whet, project, case):
    program, *words = FAILING[case]
    (project / "bad.py").write_text(program + "\n")
    done = whet("run", "-q", "-w", "bad.py", cwd=project)
    done.refused(3, "workload 'bad.py'", *words, "Make it run by itself first")


@pytest.mark.parametrize("command", ["run", "check", "prove x.patch"])
def test_a_workload_that_hangs_ends_at_its_limit(whet, project, command):
    (project / "x.patch").write_text(
        "--- a/ok.py\n+++ b/ok.py\n@@ -1 +1 @@\n-print(sum(range(1000)))\n+print(499500)\n"
    )
    (project / "hang.py").write_text("import time\nwhile True: time.sleep(100)\n")
    words = (*command.split(), "-q", "-w", "hang.py", "--timeout", "0.3")
    whet(*words, cwd=project).refused(3, "did not end within 0.3 s", "--timeout")


def test_daemons_and_forks_end_with_the_workload(whet, project):
    (project / "forks.py").write_text(
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        open('pid', 'w').write(str(os.getpid()))\n"
        "        os.execvp('sleep', ['sleep', '1000'])\n"
        "    os._exit(0)\n"
        "os.wait()\n"
        "while not os.path.exists('pid'): time.sleep(0.01)\n"
        "print(open('pid').read() and 'done')\n"
    )
    words = ("profile", "-q", "-w", "forks.py", "--instruments", "memory", "--json")
    profile = json.loads(whet(*words, cwd=project).fine())
    assert profile["memory"]["peak_bytes"] > 0
    assert not sleepers("1000")


def sleepers(seconds):
    found = subprocess.run(
        ["ps", "-eo", "args"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [line for line in found if line == f"sleep {seconds}"]


def test_a_program_that_prints_without_end_is_stopped(whet, project):
    (project / "loud.py").write_text("while True: print('x' * 1_000_000)\n")
    done = whet("run", "-q", "-w", "loud.py", cwd=project)
    done.refused(3, "printed more than 256 MB", "Redirect its output")


def test_what_is_left_behind_or_where_it_goes_stays_in_the_copy(whet, project, tree_of):
    (project / "moves.py").write_text(
        "import os\n"
        "open('left', 'w').write('x'); open('ok.py', 'w').close(); os.unlink('broken.py')\n"
        "os.chmod('.', 0o555); os.chdir('/')\n"
    )
    before = tree_of(project)
    whet("profile", "-q", "-w", "moves.py", "--instruments", "memory", cwd=project).fine()
    assert tree_of(project) == before


def test_an_interpreter_that_cannot_be_used_is_refused(whet, project, tmp_path):
    old = tmp_path / "python2.7"
    old.write_text("#!/bin/sh\ncase \"$1\" in -c) echo '[2, 7, 18]';; *) exit 2;; esac\n")
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nexit 0\n")
    empty = tmp_path / "empty"
    empty.write_text("")
    for path in (old, silent, empty):
        path.chmod(0o755)
    folder = tmp_path / "folder"
    folder.mkdir()
    cases = {
        str(old): ("is Python 2.7.18; whet measures 3.8",),
        str(silent): ("does not answer as a Python",),
        str(empty): ("cannot be",),
        str(folder): ("is a folder without bin/python",),
        "/nowhere/python": ("does not exist",),
        "no-such-python": ("is not on the path",),
    }
    for command in (
        "run --dry-run -w ok.py", "profile -w ok.py", "compare -w ok.py .", "check -w ok.py",
        "fix -w ok.py", "run -w ok.py",
    ):  # fmt: skip
        for python, words in cases.items():
            done = whet(*command.split(), "--python", python, cwd=project)
            done.refused(3, f"interpreter {python!r}", *words)


@pytest.mark.parametrize("version", ["3.8", "3.9", "3.13"])
def test_other_pythons_without_pip_or_packages_are_measured(whet, project, python_of, version):
    python = python_of(version)
    target = project.parent / "environment"
    words = [python, "-m", "venv", "--without-pip", str(target)]
    subprocess.run(words, check=True, capture_output=True)
    words = ("profile", "-q", "-w", "ok.py", "--python", target, "--instruments", "io")
    profile = json.loads(whet(*words, "--json", cwd=project).fine())
    found = profile["environment"]["interpreter"]
    assert ".".join(map(str, found["version"][:2])) == version
    assert profile["plain_cpu_s"] > 0
    assert profile["io"] is not None


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root can give rights away"
)
def test_where_ptrace_is_refused_the_sampler_inside_the_program_is_used(spawn_whet, project):
    (project / "locked.py").write_text(
        "import ctypes\n"
        "ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE: nobody may look\n"
        "print(sum(i * i for i in range(3000000)))\n"
    )
    done = spawn_whet(
        "profile", "-q", "-w", "locked.py", "--instruments", "cpu", "--json", "--budget", "4",
        cwd=project,
        before=("setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace"),
    )  # fmt: skip
    profile = json.loads(done.fine())
    assert profile["cpu"]["sampler"] == "in-process"
    assert profile["cpu"]["approximate"] is True
    assert profile["failures"][0]["instrument"] == "cpu"


def test_secrets_of_the_command_line_are_in_no_document(whet, project, tmp_path):
    program = "import sys\nprint(len(sys.argv), sum(i * i for i in range(300000)))\n"
    (project / "login.py").write_text(program)
    secret = "hunter2-hunter2"
    target = ("-w", f"login.py --password {secret}", "--env", f"API_TOKEN={secret}")
    out = tmp_path / "out"
    out.mkdir()
    names = ("csv", "json", "text", "flamegraph", "speedscope", "pprof")
    exports = [word for name in names for word in ("--export", f"{name}={out / name}")]
    words = ("profile", "-q", "--instruments", "cpu", "--budget", "4", *exports, *target)
    shown = [whet(*words, cwd=project).fine()]
    reports = [w for e in ("html", "md", "csv", "json") for w in ("--report", out / f"r.{e}")]
    (project / "whet.yaml").write_text("optimization: {profiling_enabled: false}\n")
    shown.append(whet("run", "-q", "--budget", "30", *reports, *target, cwd=project).fine())
    shown += [whet(*line.split(), cwd=project).fine() for line in (
        "status", "status --json", "report", "report --format full", "report --format html",
    )]  # fmt: skip
    shown.append(whet("check", "-q", "--json", *target, cwd=project).fine())
    assert not [text for text in shown if secret in text]
    assert not [path.name for path in out.iterdir() if secret.encode() in path.read_bytes()]
    assert len(list(out.iterdir())) == 10


def test_a_command_is_run_where_python_is_the_targets_own(project, capfd, monkeypatch):
    monkeypatch.chdir(project)
    command = f"{sys.executable} ok.py"
    assert main(["compare", "-q", "--json", "--budget", "1", "--command", command, "true"]) == 1
    assert json.loads(capfd.readouterr().out)["verdicts"][0]["outcome"] == "refuted"


def test_a_workload_that_kills_what_started_it_is_told(whet, project):
    (project / "rude.py").write_text(
        "import os, signal, time\nos.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(1000)\n"
    )
    whet("run", "-q", "-w", "rude.py", cwd=project).refused(3, "a workload may have killed it")
    whet("profile", "-q", "-w", "ok.py", "--instruments", "memory", cwd=project).fine()


def test_projects_with_modules_of_pythons_own_start_up_still_run_callables(whet, project):
    (project / "sitecustomize.py").write_text("raise SystemExit(3)\n")
    (project / "mine.py").write_text("def work(): return sum(range(1000))\n")
    words = ("profile", "-q", "-w", "mine:work", "--instruments", "memory", "--json")
    assert json.loads(whet(*words, cwd=project).fine())["notes"] == []
