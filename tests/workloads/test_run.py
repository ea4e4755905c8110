import os
import sys
import threading
import time
from pathlib import Path

import pytest

from whet.errors import InterpreterError, TargetError, UsageError, WorkloadFailed
from whet.records import Interpreter, ServiceSpec, Workload
from whet.workloads import Launch, Meter, ProbePlan, command_of, read_lines, run
from whet.workloads import _spawn as spawn_module
from whet.workloads._outcome import unprobed

linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")


def test_a_run_reports_exit_code_output_and_both_clocks(run_script):
    outcome = run_script("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")
    assert (outcome.exit_code, outcome.signal, outcome.timed_out) == (3, None, False)
    assert (outcome.stdout.head, outcome.stderr.head) == ("out\n", "err\n")
    assert 0 < outcome.cpu_s < 60
    assert outcome.wall_s > 0
    assert outcome.peak_bytes > 1_000_000
    assert outcome.stdout.path is None


def test_a_run_killed_by_a_signal_has_no_exit_code(run_script):
    outcome = run_script("import os; os.kill(os.getpid(), 9)")
    assert (outcome.exit_code, outcome.signal) == (None, "SIGKILL")


def test_a_run_that_takes_too_long_is_killed_with_its_children(run_script):
    source = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'while True: pass'])"
    outcome = run_script(source, timeout_s=0.5)
    assert (outcome.timed_out, outcome.signal, outcome.stopped_by) == (True, "SIGKILL", "timeout")


def test_a_run_that_prints_without_end_fails_and_names_the_limit(run_script):
    with pytest.raises(WorkloadFailed, match=r"printed more than 1 MB"):
        run_script("while True: print('x' * 10000)", output_limit_bytes=1_000_000)


def test_children_that_outlive_the_run_are_killed_and_noted(run_script, tmp_path):
    pid = tmp_path / "pid"
    source = (
        "import subprocess, sys\n"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(pid)!r}, 'w').write(str(p.pid))"
    )
    outcome = run_script(source)
    assert outcome.leftover_processes == 1
    assert _gone(int(pid.read_text()))


@linux
def test_what_a_child_used_that_the_run_did_not_wait_for_is_counted(run_script):
    outcome = run_script(
        "import os, time\n"
        "reader, writer = os.pipe()\n"
        "if os.fork() == 0:\n"
        "    while time.process_time() < 0.3: sum(range(1000))\n"
        "    os.write(writer, b'x')\n"
        "    os._exit(0)\n"
        "os.read(reader, 1)\n"
    )
    assert outcome.cpu_s > 0.3


def _gone(pid):
    """Whether a killed process ends (in a container nobody may reap it)."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            with Path(f"/proc/{pid}/stat").open() as file:
                if file.read().rpartition(")")[2].split()[0] in {"Z", "X"}:
                    return True
        except OSError:
            return True
        os.sched_yield()
    return False


def test_standard_input_is_empty_or_the_named_file(run_script, write):
    source = "import sys; print(repr(sys.stdin.read()))"
    assert run_script(source).stdout.head == "''\n"
    write("input.txt", "some bytes")
    workload = Workload(kind="script", target="app.py", stdin="input.txt")
    assert run_script(source, workload).stdout.head == "'some bytes'\n"


def test_a_missing_standard_input_or_working_directory_is_refused(run_script):
    for options, message in (({"stdin": "gone"}, "standard input"), ({"cwd": "gone"}, "working")):
        with pytest.raises(TargetError, match=message):
            run_script("", Workload(kind="script", target="app.py", **options))


def test_a_command_that_is_not_there_is_one_clear_error(launch):
    with pytest.raises(WorkloadFailed, match=r"'no-such-program' could not be started"):
        run(launch(Workload(kind="command", argv=("no-such-program",))))


def test_the_workload_sees_arguments_environment_and_working_directory(run_script, write):
    write("sub/data.txt", "")
    source = "import os, sys; print(sys.argv[1:], os.environ['X'], os.listdir('.'), __name__)"
    workload = Workload(
        kind="script", target="app.py", argv=("a b", "c"), env={"X": "1"}, cwd="sub"
    )
    outcome = run_script(source, workload, environment={"Y": "2"})
    assert outcome.stdout.head == "['a b', 'c'] 1 ['data.txt'] __main__\n"


def test_the_hash_seed_is_set_when_given(run_script):
    source = "print(hash('x'))"
    seeds = [run_script(source, hash_seed=seed).stdout.sha256 for seed in (1, 1, 2)]
    assert seeds[0] == seeds[1] != seeds[2]


def test_scratch_keeps_the_whole_output(run_script, tmp_path):
    outcome = run_script("print('y' * 9000)", scratch=tmp_path / "scratch")
    assert len(outcome.stdout.head) == len(outcome.stdout.tail) == 4096
    assert Path(outcome.stdout.path).read_text() == "y" * 9000 + "\n"


def test_undecodable_output_is_shown_escaped(run_script):
    outcome = run_script("import sys; sys.stdout.buffer.write(b'\\xff\\xfe')")
    assert outcome.stdout.head == "\\xff\\xfe"


@linux
def test_io_calls_are_counted_and_sleep_counts_as_waiting(run_script):
    outcome = run_script("import time; time.sleep(0.3)")
    assert outcome.io_operations > 0
    assert outcome.waiting_s > 0.2


def test_the_peak_is_the_workloads_own_and_not_that_of_a_large_parent(run_script):
    ballast = bytearray(150_000_000)
    ballast[::4096] = b"x" * len(ballast[::4096])
    outcome = run_script("pass")
    assert outcome.peak_bytes < 60_000_000


def test_a_module_is_run_as_a_program(launch, write):
    write("pkg/__init__.py", "")
    write("pkg/__main__.py", "import sys; print(sys.argv[1:], __package__)")
    workload = Workload(kind="module", target="pkg", argv=("1",))
    assert run(launch(workload)).stdout.head == "['1'] pkg\n"


def test_a_callable_is_imported_as_a_script_would_and_repeated(launch, write):
    write(
        "src/tool/work.py", "class C:\n    @staticmethod\n    def go():\n        print(__name__)"
    )
    write("jobs.py", "async def wait():\n    print('awaited')")
    workload = Workload(kind="callable", target="tool.work:C.go", repetitions=3)
    assert run(launch(workload)).stdout.head == "tool.work\n" * 3
    workload = Workload(kind="callable", target="jobs:wait")
    assert run(launch(workload)).stdout.head == "awaited\n"


def test_a_program_is_started_as_often_as_asked_until_it_fails(launch, write):
    write("job.py", "import os, sys; print(len(sys.argv)); sys.exit(os.path.exists('stop'))")
    workload = Workload(kind="script", target="job.py", argv=("a b", "c"), repetitions=3)
    outcome = run(launch(workload))
    assert (outcome.stdout.head, outcome.exit_code) == ("3\n" * 3, 0)
    write("stop", "")
    outcome = run(launch(workload))
    assert (outcome.stdout.head, outcome.exit_code) == ("3\n", 1)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"kind": "script", "target": "job.py", "stdin": "job.py"}, "only the first one"),
        (
            {
                "kind": "service",
                "service": ServiceSpec(start=("true",), ready="tcp:127.0.0.1:1", drive=("true",)),
            },
            "a service is started once",
        ),
    ],
)
def test_what_cannot_be_repeated_is_refused(launch, write, fields, reason):
    write("job.py", "")
    with pytest.raises(UsageError, match=reason):
        run(launch(Workload(repetitions=2, **fields)))


def test_a_leading_python_is_the_chosen_interpreter(launch, bare_python):
    source = "import sys; print(sys.executable)"
    workload = Workload(kind="command", argv=("python", "-c", source))
    assert run(launch(workload)).stdout.head.strip() == bare_python
    workload = Workload(kind="command", argv=("sh", "-c", "command -v python"))
    assert run(launch(workload)).stdout.head.strip() == bare_python


def test_pytest_switches_off_what_would_measure_something_else(project):
    modules = ("pytest", "xdist", "pytest_cov")
    interpreter = Interpreter(path="py", version=(3, 12, 0), modules=modules)
    workload = Workload(kind="pytest", target="tests/test_a.py::test_b", argv=("-k", "x"))
    words = command_of(Launch(workload=workload, root=project, interpreter=interpreter))
    assert words[:5] == ["py", "-m", "pytest", "-p", "no:cacheprovider"]
    assert words[-5:] == ["-n0", "--no-cov", "tests/test_a.py::test_b", "-k", "x"]


def test_pytest_output_does_not_differ_from_run_to_run(launch, write):
    write(
        "test_it.py", "import pytest\n@pytest.mark.parametrize('n', range(30))\ndef test(n): pass"
    )
    workload = Workload(kind="pytest")
    outcomes = [run(launch(workload, python=sys.executable)) for _ in range(2)]
    assert [outcome.exit_code for outcome in outcomes] == [0, 0]
    assert outcomes[0].stdout.sha256 == outcomes[1].stdout.sha256


def test_missing_pytest_is_one_clear_error(launch):
    with pytest.raises(InterpreterError, match="pytest is not installed"):
        run(launch(Workload(kind="pytest")))


def test_wrap_goes_in_front_and_py_spy_does_not_hide_the_status(launch, write, tmp_path):
    write("app.py", "import sys; sys.exit(7)")
    stand_in = tmp_path / "py-spy"
    stand_in.write_text('#!/bin/sh\nshift\nshift\n"$@"\nexit 0\n')
    stand_in.chmod(0o700)
    outcome = run(launch(wrap=(str(stand_in), "--subprocesses", "--")))
    assert outcome.exit_code == 7
    write("app.py", "import os; os.kill(os.getpid(), 15)")
    outcome = run(launch(wrap=(str(stand_in), "--subprocesses", "--")))
    assert (outcome.exit_code, outcome.signal) == (None, "SIGTERM")


def test_the_meter_follows_the_tree_over_time(run_script):
    source = (
        "import subprocess, sys, time\n"
        "code = 'import time; x = bytearray(60_000_000); time.sleep(0.4)'\n"
        "subprocess.run([sys.executable, '-c', code])"
    )
    meter = Meter(0.01)
    outcome = run_script(source, meter=meter)
    assert meter.peak_bytes > 60_000_000
    assert outcome.average_bytes == meter.average_bytes
    assert 0 < meter.average_bytes <= meter.peak_bytes
    assert [at for at, _ in meter.series] == sorted(at for at, _ in meter.series)


def test_a_meter_without_samples_knows_nothing():
    meter = Meter()
    assert (meter.series, meter.peak_bytes, meter.average_bytes) == ((), None, None)


def test_runs_may_go_on_side_by_side(launch, write):
    write("app.py", "import time; time.sleep(0.2); print('done')")
    heads = []
    threads = [
        threading.Thread(target=lambda: heads.append(run(launch()).stdout.head)) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heads == ["done\n"] * 3


def test_interrupting_whet_kills_the_workload(launch, write, monkeypatch):
    write("app.py", "import time; time.sleep(600)")
    pids = []

    def interrupt(_self):
        raise KeyboardInterrupt

    original = spawn_module.Spawner.serve

    def serve(self, request, _started=None):
        def note(pid):
            pids.append(pid)
            monkeypatch.setattr(spawn_module.Spawner, "_read", interrupt)

        return original(self, request, note)

    monkeypatch.setattr(spawn_module.Spawner, "serve", serve)
    with pytest.raises(KeyboardInterrupt):
        run(launch())
    assert _gone(pids[0])


def test_a_dead_spawner_is_replaced(run_script):
    run_script("pass")
    spawn_module._idle[-1]._process.kill()
    spawn_module._idle[-1]._process.wait()
    assert run_script("print(1)").stdout.head == "1\n"


def test_the_probe_records_every_process_of_a_run(run_script, project, tmp_path):
    source = (
        "import os, subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', 'pass'])\n"
        "subprocess.run([sys.executable, '-I', '-c', 'pass'])\n"
        "open('made.txt', 'w').write('hello')\n"
        "open('gone.txt', 'w').close(); os.remove('gone.txt')\n"
    )
    plan = ProbePlan(instruments={"effects": {}}, out=tmp_path / "records", root=project)
    outcome = run_script(source, plan=plan)
    assert (outcome.processes, outcome.unprobed_processes) == (2, 1)
    assert outcome.effects == ()
    assert sorted(outcome.files) == ["gone.txt", "made.txt"]
    assert outcome.files["gone.txt"] == ""
    assert outcome.files["made.txt"].startswith("2cf24dba5fb0a30e")


def test_unprobed_children_are_counted_parent_by_parent():
    lines = [
        {"kind": "process", "pid": 1, "ppid": 0, "forked": False, "process_file": "a"},
        {"kind": "child", "python": True, "process_file": "a"},
        {"kind": "child", "python": False, "process_file": "a"},
        {"kind": "child", "python": True, "process_file": "a"},
        {"kind": "process", "pid": 2, "ppid": 1, "forked": False, "process_file": "b"},
        {"kind": "process", "pid": 3, "ppid": 1, "forked": True, "process_file": "c"},
    ]
    assert unprobed(lines) == 1


def test_a_torn_last_line_is_dropped(tmp_path):
    (tmp_path / "1-5.jsonl").write_bytes(
        b'{"v": 1, "kind": "a"}\n{"v": 9}\nnot json\n{"v": 1, "ki'
    )
    assert [line["kind"] for line in read_lines(tmp_path)] == ["a"]


SERVER = """
import http.server, sys, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b'hi')
server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
open('port', 'w').write(str(server.server_address[1]))
print('listening', flush=True)
server.serve_forever()
"""
DRIVE = """
import urllib.request
port = open('port').read()
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
print(opener.open('http://127.0.0.1:' + port).read())
"""


def service(**options):
    values = {
        "start": ("python", "server.py"),
        "ready": "log:listening",
        "drive": ("python", "drive.py"),
        **options,
    }
    return Workload(kind="service", service=ServiceSpec(**values))


def test_a_service_is_started_driven_and_stopped(launch, write):
    write("server.py", SERVER)
    write("drive.py", DRIVE)
    outcome = run(launch(service()))
    assert outcome.exit_code == 0
    assert outcome.stdout.head == "b'hi'\n"
    assert "GET / HTTP" in outcome.stderr.head
    assert outcome.peak_bytes > 1_000_000


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"start": ("python", "-c", "print('no luck')")}, "ended before it was ready.*no luck"),
        ({"ready": "file:never", "ready_timeout_s": 0.3}, r"was not ready \(file:never\)"),
        ({"ready": "tcp:127.0.0.1:1", "ready_timeout_s": 0.3}, "was not ready"),
        ({"ready": "http://127.0.0.1:1/", "ready_timeout_s": 0.3}, "was not ready"),
        ({"ready": "log:("}, "is not a pattern"),
        ({"ready": "soon"}, "is not understood"),
        ({"drive": ()}, "names no drive"),
        ({"drive": ("no-such-driver",)}, "could not be started"),
        ({"start": ("no-such-server",)}, "could not be"),
    ],
)
def test_a_service_that_cannot_be_measured_says_why(launch, write, options, message):
    write("server.py", SERVER)
    write("drive.py", DRIVE)
    with pytest.raises(WorkloadFailed, match=message):
        run(launch(service(**options)))


def test_a_service_that_does_not_stop_is_killed(launch, write):
    stubborn = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SERVER
    write("server.py", stubborn)
    write("drive.py", DRIVE)
    with pytest.raises(WorkloadFailed, match="did not stop within"):
        run(launch(service(stop_timeout_s=0.3)))


def test_a_failing_drive_fails_the_run(launch, write):
    write("server.py", SERVER)
    write("drive.py", "raise SystemExit(4)")
    assert run(launch(service())).exit_code == 4


def test_a_service_without_a_specification_is_refused(launch):
    with pytest.raises(TargetError, match="names no start"):
        run(launch(Workload(kind="service")))


def test_the_git_workload_runs_whets_own_engine(project):
    interpreter = Interpreter(path="py", version=(3, 12, 0))
    workload = Workload(kind="git")
    words = command_of(Launch(workload=workload, root=project, interpreter=interpreter))
    assert words == [sys.executable, "-m", "whet.codebase.branches", str(project)]


def test_the_users_environment_is_otherwise_unchanged(run_script, monkeypatch):
    monkeypatch.setenv("KEPT", "yes")
    monkeypatch.setenv("WHET_PROBE_PLAN", os.devnull)
    outcome = run_script("import os; print(os.environ['KEPT'], 'WHET_PROBE_PLAN' in os.environ)")
    assert outcome.stdout.head == "yes False\n"
