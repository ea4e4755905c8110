from dataclasses import dataclass

import pytest

from whet.errors import InstrumentError, UsageError, WorkloadFailed
from whet.profiling import _py_spy, cpu, profile
from whet.profiling._rig import Rig
from whet.records import CpuProfile, from_json, to_json

BUSY = """
import sys, threading
LOCK = threading.Lock()
class Mill:
    def grind(self, n):
        return sum(i * i for i in range(n))
    def rest(self):
        return len(range(10))
def held():
    import time
    with LOCK:
        time.sleep(0.4)
def blocked():
    with LOCK:
        pass
if __name__ == "__main__":
    mill = Mill()
    for _ in range(50):
        mill.rest()
    mill.grind(8_000_000)
    threads = [threading.Thread(target=each) for each in (held, blocked)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    open("data.txt", "w").close()
    open("data.txt").read()
    import colorsys
    sys.exit(3)
"""


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    """One program profiled with every instrument, and what was told meanwhile."""
    import sys

    from whet.workloads import Launch, find_interpreter, parse_target

    root = tmp_path_factory.mktemp("busy")
    (root / "app.py").write_text(BUSY)
    workload = parse_target("app.py", root)
    interpreter = find_interpreter(root, python=sys.executable)

    def launch_of(plan, wrap):
        return Launch(workload=workload, root=root, interpreter=interpreter, plan=plan, wrap=wrap)

    events = []
    instruments = ("cpu", "memory", "io", "imports", "calls", "allocations")
    return profile(launch_of, instruments, budget_s=100, on_event=events.append), events


def test_the_function_that_takes_the_time_comes_first(busy):
    first = busy[0].cpu.functions[0]
    assert (first.name, first.file, first.line) == ("Mill.grind", "app.py", 5)
    assert first.self_share > 0.3
    assert first.lines[0].line == 6
    assert busy[0].cpu.samples >= 30
    assert not busy[0].cpu.approximate


def test_calls_are_counted_in_a_run_of_their_own(busy):
    calls = {each.name: each.calls for each in busy[0].cpu.functions}
    assert calls["Mill.grind"] == 1
    assert busy[0].cpu.function_calls > 50


def test_waiting_is_kept_apart_by_thread_and_kind(busy):
    found = {(each.kind, each.place) for each in busy[0].cpu.waits}
    assert ("sleep", "app.py:12 held") in found
    assert ("lock", "app.py:14 blocked") in found
    assert busy[0].cpu.lock_share > 0


def test_every_other_part_is_measured_too(busy):
    record = busy[0]
    assert record.memory.peak_bytes >= record.memory.average_bytes > 1_000_000
    assert record.memory.allocator.startswith("memray ")
    assert (record.io.file_reads, record.io.file_writes) == (1, 1)
    assert {site.call_site for site in record.io.sites} == {"app.py:24", "app.py:25"}
    assert "colorsys" in {each.module for each in record.imports}
    assert record.failures == ()


def test_every_instrument_states_what_it_cost(busy):
    names = [each.instrument for each in busy[0].overheads]
    assert names == ["cpu", "waiting", "memory", "io", "imports", "calls", "allocations"]
    assert all(each.cpu_ratio > 0 for each in busy[0].overheads)
    assert busy[0].overhead_ratio == busy[0].overheads[0].cpu_ratio


def test_the_end_of_the_program_is_noted_not_hidden(busy):
    assert "the workload ends with exit status 3" in busy[0].notes


def test_progress_is_told_with_what_is_left(busy):
    events = busy[1]
    assert [each.message for each in events][:3] == ["plain run", "cpu", "memory"]
    assert events[-1].status == "done"
    assert events[1].remaining_s > 0


def test_a_profile_survives_being_saved(busy):
    assert from_json(to_json(busy[0]), type(busy[0])) == busy[0]


def test_bottlenecks_name_what_was_seen(busy):
    first = busy[0].bottlenecks[0]
    assert first.relative_slowdown > 2
    assert any("Mill.grind" in each.component for each in busy[0].bottlenecks)


def test_where_py_spy_may_not_look_the_probe_samples(launches, monkeypatch):
    def refused(*_args, **_options):
        raise InstrumentError("py-spy", "Permission denied")

    monkeypatch.setattr(cpu, "record", refused)
    source = "def grind(n):\n    return sum(i * i for i in range(n))\ngrind(2_000_000)\n"
    found = profile(launches(source), ("cpu",))
    assert isinstance(found.cpu, CpuProfile)
    assert (found.cpu.sampler, found.cpu.approximate) == ("in-process", True)
    assert found.cpu.functions[0].name == "grind"
    assert [(each.instrument, each.reason) for each in found.failures] == [
        ("cpu", "py-spy Permission denied")
    ]


def test_an_instrument_that_fails_leaves_the_others(launches, monkeypatch):
    def refused(*_args, **_options):
        raise InstrumentError("the CPU", "cannot be seen")

    monkeypatch.setattr(cpu, "measure", refused)
    found = profile(launches("print(sum(range(20_000_000)))\n"), ("cpu", "memory", "calls"))
    assert found.cpu is None
    assert found.memory is not None
    assert [each.instrument for each in found.failures] == ["cpu"]


def test_a_program_without_the_probe_says_which_instruments_saw_nothing(launches):
    target = "sh -c 'exit 0'"
    found = profile(launches("", target=target), ("io", "imports"))
    assert (found.io, found.imports) == (None, None)
    assert all("no process of the workload carried it" in each.reason for each in found.failures)


def test_a_short_program_is_sampled_again_and_again(launches):
    source = "def grind(n):\n    return sum(i * i for i in range(n))\ngrind(200_000)\n"
    found = profile(launches(source), ("cpu",))
    assert found.cpu.functions[0].name == "grind"
    assert any("times are those of one" in note for note in found.notes)
    assert found.cpu.total_s < 1


def test_a_program_that_does_not_end_is_refused(launches):
    with pytest.raises(WorkloadFailed, match="did not end within"):
        profile(launches("while True: pass\n", timeout_s=0.3), ("memory",))


def test_an_unknown_instrument_is_refused(launches):
    with pytest.raises(UsageError, match=r"'disk'.*Choose from cpu"):
        profile(launches(""), ("disk",))


def test_instruments_that_no_longer_fit_the_budget_are_named(launches):
    found = profile(launches("import time; time.sleep(0.2)\n"), ("cpu", "io"), budget_s=0.1)
    assert [each.instrument for each in found.failures] == ["cpu", "io"]
    assert "budget" in found.failures[0].reason


@dataclass
class Slow:
    """A plain run that took long."""

    wall_s: float = 60.0
    cpu_s: float = 60.0
    exit_code: int = 0
    timed_out: bool = False


def test_a_long_run_is_not_counted_call_by_call_without_a_budget(launches, monkeypatch):
    monkeypatch.setattr(Rig, "plain", lambda *_: Slow())
    found = profile(launches(""), ("calls",))
    assert "give a budget" in found.failures[0].reason


def test_a_leak_shows_over_repetitions(launches):
    source = (
        "import time\nKEPT = []\n"
        "def leak():\n    KEPT.append(bytearray(b'x') * 3_000_000)\n    time.sleep(0.08)\n"
    )
    found = profile(launches(source, target="app:leak"), ("memory",))
    assert found.memory.leak_bytes_per_repetition == pytest.approx(3_000_000, rel=0.5)


def test_a_running_program_can_be_looked_at(tmp_path):
    import subprocess
    import sys

    from whet.profiling import attach

    path = tmp_path / "app.py"
    path.write_text(
        "def spin():\n    while True:\n        sum(range(1000))\nprint('up', flush=True)\nspin()\n"
    )
    with subprocess.Popen([sys.executable, path], stdout=subprocess.PIPE) as program:
        try:
            program.stdout.readline()
            found = attach(program.pid, 1, 100, tmp_path)
        finally:
            program.kill()
    assert found.cpu.functions[0].name == "spin"
    assert found.memory.peak_bytes > 1_000_000
    assert found.overhead_ratio is None


def test_a_process_that_is_not_there_is_refused(tmp_path):
    from whet.errors import TargetError
    from whet.profiling import attach

    with pytest.raises(TargetError, match="not running"):
        attach(2**22 + 1, 1, 100, tmp_path)


def test_a_program_that_is_no_python_is_refused_with_the_reason_of_py_spy(tmp_path):
    import subprocess

    from whet.profiling import attach

    with subprocess.Popen(["sleep", "30"]) as program:
        try:
            with pytest.raises(InstrumentError, match=r"(?i)python"):
                attach(program.pid, 1, 100, tmp_path)
        finally:
            program.kill()


def test_py_spy_must_be_there(monkeypatch):
    monkeypatch.setattr(_py_spy.sys, "executable", "/nowhere/python")
    monkeypatch.setattr(_py_spy.shutil, "which", lambda _: None)
    with pytest.raises(InstrumentError, match="not installed"):
        _py_spy.py_spy_path()
