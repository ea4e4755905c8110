import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from whet.records import Workload
from whet.workloads import Launch, ProbePlan, find_interpreter, make_copies, run
from whet_probe import _sampler


def of_kind(lines, kind):
    return [line for line in lines if line["kind"] == kind]


@pytest.fixture
def outside():
    """A folder outside the project and the temporary folder."""
    folder = Path.home() / f".whet-test-{os.getpid()}"
    folder.mkdir()
    yield folder
    subprocess.run(["rm", "-rf", folder], check=True)


def test_effects_outside_are_told_with_their_line(probed, outside, python):
    source = (
        "import os, shutil, socket, sqlite3\n"
        f"base = {str(outside)!r}\n"
        "open(base + '/a', 'w').close()\n"
        "os.rename(base + '/a', base + '/b')\n"
        "os.chmod(base + '/b', 0o600)\n"
        "os.mkdir(base + '/d'); open(base + '/d/e', 'wb').close()\n"
        "shutil.rmtree(base + '/d')\n"
        "os.symlink('b', base + '/l'); os.truncate(base + '/b', 0)\n"
        "sqlite3.connect(base + '/db').close()\n"
        "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "s.connect(('203.0.113.9', 9)); s.connect(('127.0.0.1', 9))\n"
        "try: os.kill(1, 18)\n"
        "except OSError: pass\n"
        "os.kill(os.getpid(), 0)\n"
    )
    outcome, _ = probed(source, "effects", python=python)
    assert outcome.exit_code == 0, outcome.stderr.head
    told = {
        (effect.kind, effect.target.replace(str(outside), "BASE"), effect.call_site)
        for effect in outcome.effects
    }
    # CONT to process 1 reaches outside the run's own tree.
    assert told == {
        ("write", "BASE/a", "app.py:3"),
        ("delete", "BASE/a", "app.py:4"),
        ("write", "BASE/b", "app.py:4"),
        ("write", "BASE/b", "app.py:5"),
        ("write", "BASE/d", "app.py:6"),
        ("write", "BASE/d/e", "app.py:6"),
        ("delete", "BASE/d/e", "app.py:7"),
        ("delete", "BASE/d", "app.py:7"),
        ("write", "BASE/l", "app.py:8"),
        ("write", "BASE/b", "app.py:8"),
        ("write", "BASE/db", "app.py:9"),
        ("network", "203.0.113.9:9", "app.py:11"),
        ("signal", "signal 18 to process 1", "app.py:12"),
    }


def test_what_stays_inside_is_no_effect(probed):
    source = (
        "import os, subprocess, sys, tempfile, signal\n"
        "open('made', 'w').close(); os.mkdir('folder'); os.rename('made', 'folder/moved')\n"
        "tempfile.mkstemp(); open(os.devnull, 'w').close()\n"
        "child = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE)\n"
        "child.send_signal(signal.SIGTERM); child.wait()\n"
        "os.makedirs('__pycache__', exist_ok=True); open('__pycache__/x.pyc', 'w').close()\n"
    )
    outcome, _ = probed(source, "effects")
    assert outcome.exit_code == 0, outcome.stderr.head
    assert outcome.effects == ()
    assert set(outcome.files) == {"made", "folder/moved"}


def test_a_write_into_the_original_from_a_copy_is_an_effect(tmp_path, bare_python):
    project = tmp_path / "project"
    project.mkdir()
    (project / "app.py").write_text(f"open({str(project / 'x')!r}, 'w').close()")
    with make_copies(project) as copies:
        launch = Launch(
            workload=Workload(kind="script", target="app.py"),
            root=copies["a"],
            interpreter=find_interpreter(project, bare_python),
            plan=ProbePlan(instruments={"effects": {}}, out=tmp_path / "o", root=copies["a"]),
        )
        assert [effect.target for effect in run(launch).effects] == [str(project / "x")]


def test_a_cleared_environment_is_an_unprobed_process(probed):
    source = (
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', 'pass'], env={})\n"
        "subprocess.run([sys.executable, '-E', '-c', 'pass'])\n"
        "subprocess.run([sys.executable, '-c', 'pass'])\n"
        "subprocess.run(['true'])\n"
    )
    outcome, _ = probed(source, "effects")
    assert (outcome.processes, outcome.unprobed_processes) == (2, 2)


def test_io_is_counted_by_call_site_and_imports_are_not(probed, python):
    source = (
        "import json, sqlite3, socket, subprocess, sys, decimal\n"
        "for _ in range(3):\n"
        "    open('f', 'w').write('x')\n"
        "    open('f').read()\n"
        "s = socket.socket()\n"
        "try: s.connect(('127.0.0.1', 1))\n"
        "except OSError: pass\n"
        "subprocess.run(['true'])\n"
        "c = sqlite3.connect(':memory:'); c.execute('select 1')\n"
    )
    outcome, lines = probed(source, "io", python=python)
    assert outcome.exit_code == 0, outcome.stderr.head
    last = of_kind(lines, "io")[-1]
    counts = {key: last[key] for key in ("reads", "writes", "network", "subprocesses", "sql")}
    assert counts == {"reads": 3, "writes": 3, "network": 1, "subprocesses": 1, "sql": 1}
    sites = {(s["io"], s["target"], s["call_site"], s["count"]) for s in of_kind(lines, "io_site")}
    assert sites == {
        ("read", "f", "app.py:4", 3),
        ("write", "f", "app.py:3", 3),
        ("network", "127.0.0.1:1", "app.py:6", 1),
        ("subprocess", "true", "app.py:8", 1),
        ("sql", "select 1", "app.py:9", 1),
    }


def test_files_opened_again_and_again_are_counted_exactly(probed, python):
    source = (
        "import os, tokenize\n"
        "os.mkdir('d')\n"
        "for _ in range(70):\n"
        "    open('f', 'a').close(); open('f').close()\n"
        "    tokenize.open('f').close()\n"
        "for n in range(40): open(f'd/{n % 20}', 'w').close()\n"
        "if os.fork() == 0:\n"
        "    for _ in range(30): open('f').close()\n"
        "    raise SystemExit\n"
        "os.wait()\n"
        "os.chdir('d')\n"
        "for _ in range(5): open('../f').close()\n"
        "os.open('1', os.O_RDONLY)\n"
    )
    outcome, lines = probed(source, "io", python=python)
    assert outcome.exit_code == 0, outcome.stderr.head
    last = {}
    for line in of_kind(lines, "io"):
        last[line["process_file"]] = (line["reads"], line["writes"])
    assert list(last.values()) == [(146, 110), (30, 0)]
    sites = {
        (site["io"], site["target"], site["call_site"]): site["count"]
        for site in of_kind(lines, "io_site")
    }
    assert sites["write", "f", "app.py:4"] == sites["read", "f", "app.py:4"] == 70
    assert sites["read", "f", "app.py:5"] == 70
    assert sites["write", "d/7", "app.py:6"] == 2
    assert sites["read", "f", "app.py:8"] == 30
    assert sites["read", "d/1", "app.py:13"] == 1
    assert sum(sites.values()) == 286


def test_io_of_a_killed_process_is_not_lost(probed):
    _, lines = probed(
        "import os\nfor _ in range(5): open('f', 'w')\nos.kill(os.getpid(), 9)", "io"
    )
    assert of_kind(lines, "io")[-1]["writes"] >= 4


def test_imports_nest_exactly_and_know_who_pulled_them_in(probed, python, tmp_path):
    project = tmp_path / "project"
    (project / "one.py").write_text("import two\nsum(range(300000))\n")
    (project / "two.py").write_text("sum(range(600000))\n")
    source = "import one\ntry: import missing\nexcept ImportError: pass\nimport two\n"
    _, lines = probed(source, "imports", python=python)
    found = {line["module"]: line for line in of_kind(lines, "import")}
    assert "missing" not in found
    one, two = found["one"], found["two"]
    assert (one["imported_by"], two["imported_by"]) == ("__main__", "one")
    assert one["order"] < two["order"]
    assert one["cumulative_s"] == pytest.approx(one["self_s"] + two["cumulative_s"])
    assert two["self_s"] > one["self_s"] > 0
    assert one["file"] == str(project / "one.py")
    assert (one["warm"], two["warm"]) == (False, False)
    _, lines = probed(source, "imports", python=python)
    assert {line["module"]: line["warm"] for line in of_kind(lines, "import")}["one"] is True


def test_tracebacks_of_failed_imports_look_as_without_the_probe(probed, python):
    source = "import importlib\nimportlib.import_module('no_such_thing')\n"
    plain, _ = probed(source, python=python)
    outcome, _ = probed(source, "imports", python=python)
    assert outcome.stderr.head == plain.stderr.head


def test_calls_are_counted_exactly(probed, python):
    source = (
        "import threading\n"
        "def leaf(): pass\n"
        "def gen():\n"
        "    yield 1\n"
        "    yield 2\n"
        "def work():\n"
        "    for _ in range(10): leaf()\n"
        "work()\n"
        "list(gen())\n"
        "t = threading.Thread(target=work); t.start(); t.join()\n"
    )
    _, lines = probed(source, python=python, counter={"functions": [["app.py", 2]]})
    calls = {
        line["name"]: line["calls"]
        for line in of_kind(lines, "function_calls")
        if line["file"] == "app.py"
    }
    assert calls["leaf"] == 20
    assert calls["work"] == 2
    assert calls["gen"] == 1
    assert of_kind(lines, "calls")[0]["total"] > 23


HOT = (
    "import threading, time\n"
    "def burn(s):\n"
    "    end = time.thread_time() + s\n"
    "    while time.thread_time() < end: sum(range(1000))\n"
    "def wait(): time.sleep(0.3)\n"
    "def helper(): burn(0.2)\n"
    "t = threading.Thread(target=helper); t.start(); t.join()\n"
    "burn(0.2)\n"
    "wait()\n"
)


def test_the_sampler_charges_cpu_time_to_the_thread_that_used_it(probed, python):
    _, lines = probed(HOT, "sampler", python=python)
    seconds = {}
    for line in of_kind(lines, "sample"):
        names = [name for name, _, _ in line["frames"]]
        thread = "main" if line["thread"] == "main" else "other"
        if "burn" in names:
            seconds[thread] = seconds.get(thread, 0.0) + line["seconds"]
        assert names[-1] != "wait"
    assert seconds["main"] == pytest.approx(0.2, abs=0.08)
    assert seconds["other"] == pytest.approx(0.2, abs=0.08)


def test_samples_on_jumps_without_a_line_are_given_the_line_before(probed, python):
    source = (
        "def first_seen(words):\n"
        "    seen = []\n"
        "    for word in words:\n"
        "        if word not in seen:\n"
        "            seen.append(word)\n"
        "    return seen\n"
        "first_seen([str(number % 2500) for number in range(6000)])\n"
    )
    _, lines = probed(source, python=python, sampler={"rate_hz": 500.0})
    seconds = {}
    for line in of_kind(lines, "sample"):
        name, _, at = line["frames"][-1]
        seconds[name, at] = seconds.get((name, at), 0.0) + line["seconds"]
    assert max(seconds, key=seconds.get)[0] == "first_seen"
    assert {at for name, at in seconds if name == "first_seen"} <= {2, 3, 4, 5, 6}


@pytest.mark.skipif(sys.version_info < (3, 10), reason="such jumps came with 3.10")
def test_a_line_of_code_is_found_for_every_offset():
    code = test_a_line_of_code_is_found_for_every_offset.__code__
    last = code.co_firstlineno + len(Path(__file__).read_text().splitlines())
    for offset in range(0, len(code.co_code), 2):
        known = [line for start, end, line in code.co_lines() if start <= offset < end]
        found = _sampler.line_at(code, -1 - offset)
        assert [found] == known or (known == [None] and code.co_firstlineno <= found < last)
    assert _sampler.line_at(code, 7) == 7


def test_a_thread_that_ends_while_it_is_sampled_is_charged_once():
    sampler = _sampler.Sampler(lambda _kind, _fields: None, 100.0)
    sampler._watching = True  # no thread of the sampler's own: this test takes its part
    native = []

    def work():
        sampler.thread_entered()
        native.append(threading.get_native_id())
        sampler.thread_left()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert sampler._spent(native[0], 0.2) == 0.0
    assert sampler._lost_s > 0


def test_a_sampled_program_may_replace_itself(probed):
    source = (
        "import os, sys\n"
        "if len(sys.argv) == 1:\n"
        "    sum(range(3000000))\n"
        "    code = 'sum(range(5000000)); print(7)'\n"
        "    os.execv(sys.executable, [sys.executable, '-I', '-c', code])\n"
    )
    outcome, _ = probed(source, "sampler")
    assert (outcome.exit_code, outcome.stdout.head) == (0, "7\n")


def test_allocations_are_those_near_the_peak(probed, python):
    source = (
        "def big():\n"
        "    x = [bytes(1000) for _ in range(20000)]\n"
        "    sum(range(4000000))\n"
        "    return len(x)\n"
        "big()\n"
    )
    _, lines = probed(source, "allocations", python=python)
    (traced,) = of_kind(lines, "traced")
    assert 20_000_000 < traced["peak_bytes"] < 40_000_000
    first = of_kind(lines, "allocation")[0]
    assert (first["file"], first["line"]) == ("app.py", 2)
    assert first["bytes"] > 10_000_000


def test_instruments_leave_output_and_status_alone(probed):
    source = "import sys\nprint('out')\nprint('err', file=sys.stderr)\nsys.exit(5)\n"
    for name in ("effects", "io", "imports", "counter", "sampler", "allocations"):
        outcome, lines = probed(source, name)
        seen = (outcome.exit_code, outcome.stdout.head, outcome.stderr.head)
        assert seen == (5, "out\n", "err\n"), name
        assert of_kind(lines, "failure") == []


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_the_threads_sampler_charges_each_thread_its_own_time(monkeypatch):
    written = []
    sampler = _sampler.Sampler(lambda kind, fields: written.append((kind, fields)), 1000.0)
    sampler._watching = True  # this test takes the part of the sampler's thread
    began, go = threading.Event(), threading.Event()

    def work():
        sampler.thread_entered()
        began.set()
        end = time.thread_time() + 0.02
        while time.thread_time() < end:
            pass
        go.wait(60)
        sampler.thread_left()

    thread = threading.Thread(target=work)
    thread.start()
    began.wait(60)
    ((_, native),) = sampler._threads.items()
    while _sampler.thread_s(native) < 0.02:
        pass
    looks = iter([None])

    def look(_seconds):
        if next(looks, "done") == "done":
            sampler._active = False

    monkeypatch.setattr(time, "sleep", look)
    sampler._sample_threads()
    monkeypatch.undo()
    go.set()
    thread.join()
    monkeypatch.setattr(_sampler._signal, "signal", lambda *_: None)
    sampler.finish()
    assert _sampler.thread_s(2**22 + 1) is None
    others = [
        fields for kind, fields in written if kind == "sample" and fields["thread"] != "main"
    ]
    assert sum(fields["seconds"] for fields in others) == pytest.approx(0.02, abs=0.02)
    assert others[0]["frames"][-1][0].rpartition(".")[2] in {"work", "wait"}
