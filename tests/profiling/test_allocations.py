"""Which lines hold the memory: by memray where its build fits, else by tracemalloc."""

import msgspec
import pytest

from whet.profiling import allocations
from whet.profiling._rig import Rig

HOLDER = """\
import os, sys
loud = [name for name in sys.modules if name.split(".")[0] in ("memray", "rich")]
def hold():
    return bytearray(30_000_000)
kept = hold()
if os.fork() == 0:
    inherited = [0] * 5_000_000
    sys.exit(0)
os.wait()
print(loud)
"""


@pytest.fixture
def measured(launches, tmp_path):
    def measure(**changes):
        launch_of = launches(HOLDER)

        def changed(plan, wrap):
            launch = launch_of(plan, wrap)
            interpreter = msgspec.structs.replace(launch.interpreter, **changes)
            return msgspec.structs.replace(launch, interpreter=interpreter)

        rig = Rig(changed, tmp_path)
        plain = rig.plain()
        assert plain.stdout.head == "[]\n"
        return allocations.measure(rig, plain)

    return measure


def test_memray_of_whets_own_is_carried_into_an_interpreter_that_it_fits(measured):
    found = measured()
    assert found.allocator.startswith("memray ")
    places = {(each.file, each.line, each.name): each.bytes for each in found.allocations}
    assert places["app.py", 4, "hold"] == pytest.approx(30_000_000, rel=0.01)
    assert places["app.py", 7, "<module>"] == pytest.approx(40_000_000, rel=0.01)  # the child's
    assert found.cost.cpu_ratio > 0


def test_tracemalloc_takes_over_where_memray_does_not_fit_and_says_why(measured):
    found = measured(version=(3, 99, 0))
    assert found.allocator == "tracemalloc"
    assert "the target is cpython 3.99" in found.notes[0]
    largest = {(each.file, each.line) for each in found.allocations[:2]}
    assert largest == {("app.py", 4), ("app.py", 7)}
    assert {each.file for each in found.allocations if "whet_probe" in each.file} == set()


def test_a_program_meets_nothing_of_memray(launches, tmp_path):
    launch_of = launches(HOLDER.replace("bytearray(30_000_000)", "b''"))
    from whet.workloads import run

    rig = Rig(launch_of, tmp_path)
    package = allocations.memray_folder()
    (tmp_path / "out").mkdir()
    plan = {"memray": {"package": str(package), "out": str(tmp_path / "out")}}
    outcome = rig.probed(plan).outcome
    assert (outcome.exit_code, outcome.stdout.head) == (0, "[]\n")
    assert run(rig.bare).stdout.head == "[]\n"
