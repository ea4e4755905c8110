"""Functions that hold memory, do I/O or wait are hot places, however little they compute."""

from __future__ import annotations

import pytest

from whet.codebase.cache import FileCache
from whet.diagnosis import function_finder, hot_places
from whet.records import (
    Allocation,
    CpuProfile,
    Environment,
    Frame,
    FunctionTime,
    IoProfile,
    IoSite,
    MemoryProfile,
    Profile,
    Stack,
    Wait,
    Workload,
)

SOURCE = """\
def main():
    rows = [row(n) for n in range(9)]
    return save(rows)


def row(n):
    return [n] * 100


class Store:
    def save(self, rows):
        return [open(str(r)).read() for r in rows]


open("log").read()
"""


@pytest.fixture
def profile():
    environment = Environment(
        os="linux", machine="x", cpu_model=None, cores=2, load_1m=None, governor=None,
        cpu_quota=None, memory_bytes=None, interpreter=None, dont_write_bytecode=False,
        whet_version="0",
    )  # fmt: skip
    frames = tuple(Frame(name=name, file="app.py", line=line)
                   for name, line in (("main", 2), ("row", 7)))  # fmt: skip
    cpu = CpuProfile(
        sampler="py-spy", approximate=False, rate_hz=100, samples=100, errors=0, total_s=1.0,
        functions=(
            FunctionTime(name="main", file="app.py", line=1, self_s=1, total_s=1, self_share=0.9,
                         total_share=0.9),
        ),
        frames=frames, stacks=(Stack(frames=(0, 1), seconds=1.0),),
        waits=(Wait(kind="io", thread="t", place="app.py:12 Store.save", seconds=1.0),),
    )  # fmt: skip
    memory = MemoryProfile(
        peak_bytes=1000, average_bytes=1, growth_bytes_per_s=None, start_bytes=1, end_bytes=1,
        interval_s=0.1,
        allocations=(
            Allocation(file="app.py", line=7, name="row", bytes=400, count=1),
            Allocation(file="app.py", line=2, name="main", bytes=100, count=1),
            Allocation(file="/usr/lib/x.py", line=2, name="x", bytes=400, count=1),
        ),
    )  # fmt: skip
    sites = (
        IoSite(kind="read", target="1", call_site="app.py:12", count=9),
        IoSite(kind="read", target="log", call_site="app.py:15", count=1),
    )
    io = IoProfile(
        file_reads=10, file_writes=0, network_calls=0, subprocesses=0, sites=sites
    )  # fmt: skip
    return Profile(
        workload=Workload(kind="script", target="app.py"), environment=environment,
        plain_wall_s=4.0, plain_cpu_s=1.0, cpu=cpu, memory=memory, io=io,
    )  # fmt: skip


def test_functions_are_hot_by_memory_by_io_and_by_waiting(profile, tmp_path):
    (tmp_path / "app.py").write_text(SOURCE)
    find = function_finder(FileCache(tmp_path))
    hot = {place.name: place for place in hot_places(profile, ["app.py"], function_at=find)}
    assert set(hot) == {"main", "row", "Store.save", "<module>"}
    assert hot["main"].memory_shares == {2: 0.1}
    assert hot["main"].memory_totals == {2: 0.5}, "with what the functions below hold"
    assert hot["row"].memory_shares == {7: 0.4}
    assert (hot["row"].line, hot["row"].total_share) == (6, 0.0)
    assert hot["Store.save"].io_shares == {12: 0.9}
    assert hot["Store.save"].wait_shares == {12: 0.25}
    assert hot["<module>"].io_shares == {15: 0.1}


def test_without_sources_only_time_makes_a_place_hot(profile):
    assert [place.name for place in hot_places(profile, ["app.py"])] == ["main"]


def test_a_file_that_cannot_be_read_has_no_functions(tmp_path):
    (tmp_path / "broken.py").write_text("def f(:\n")
    find = function_finder(FileCache(tmp_path))
    assert find("gone.py", 1) is None
    assert find("broken.py", 1) is None
