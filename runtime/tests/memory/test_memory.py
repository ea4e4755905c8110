"""Memory is measured where it was asked for, and not at all where it was not."""

import sys
import threading
import tracemalloc

import pytest
from whet_runtime import memory
from whet_runtime.errors import MisuseError
from whet_runtime.memory import (
    MemoryMonitor,
    MemoryProfiler,
    peak_resident_bytes,
    resident_bytes,
)


class Readings:
    """A process whose memory is what a test says."""

    def __init__(self, *sizes):
        self.sizes = list(sizes)
        self.seen = threading.Event()

    def __call__(self):
        if len(self.sizes) > 1:
            return self.sizes.pop(0)
        self.seen.set()
        return self.sizes[0]


def test_a_monitor_tells_start_peak_end_and_increase_in_megabytes():
    read = Readings(10_000_000, 35_000_000, 12_000_000)
    with MemoryMonitor(0.001, read_bytes=read, read_peak_bytes=lambda: None) as monitor:
        assert monitor.record()["end_memory_mb"] is None
        assert read.seen.wait(10)
    assert monitor.record() == {
        "start_memory_mb": 10.0,
        "peak_memory_mb": 35.0,
        "end_memory_mb": 12.0,
        "memory_increase_mb": 2.0,
    }


def test_a_peak_between_two_looks_is_found_where_it_is_the_highest_of_all_times():
    peaks = Readings(50_000_000, 80_000_000)
    with MemoryMonitor(3600, read_bytes=lambda: 10_000_000, read_peak_bytes=peaks) as monitor:
        pass
    assert monitor.record()["peak_memory_mb"] == 80.0


def test_an_old_peak_of_the_process_is_not_the_blocks():
    with MemoryMonitor(
        3600, read_bytes=lambda: 10_000_000, read_peak_bytes=lambda: 80_000_000
    ) as monitor:
        pass
    assert monitor.record()["peak_memory_mb"] == 10.0


def test_memory_can_be_checked_at_any_time_and_counts_for_the_peak_within_the_block():
    read = Readings(1_000_000, 2_000_000, 9_000_000, 2_000_000)
    monitor = MemoryMonitor(3600, read_bytes=read, read_peak_bytes=lambda: None)
    assert monitor.check_memory() == 1.0
    with monitor:
        assert monitor.check_memory() == 9.0
    assert monitor.record()["peak_memory_mb"] == 9.0


def test_real_memory_is_seen():
    with MemoryMonitor(0.001) as monitor:
        block = bytearray(40_000_000)
        block[::4096] = b"x" * len(block[::4096])
        high = monitor.check_memory()
        del block
    record = monitor.record()
    assert high >= record["start_memory_mb"] + 30
    assert record["peak_memory_mb"] >= high
    assert record["end_memory_mb"] < high


def test_what_the_system_does_not_tell_is_none():
    with MemoryMonitor(read_bytes=lambda: None, read_peak_bytes=lambda: None) as monitor:
        assert monitor.check_memory() is None
    assert set(monitor.record().values()) == {None}


def test_off_nothing_is_read_and_no_thread_runs():
    def read():
        raise AssertionError

    threads = threading.active_count()
    with MemoryMonitor(enabled=False, read_bytes=read, read_peak_bytes=read) as monitor:
        assert threading.active_count() == threads
    assert set(monitor.record().values()) == {None}


def test_a_monitor_can_be_used_again_but_not_within_itself():
    monitor = MemoryMonitor(3600)
    with monitor, pytest.raises(MisuseError, match="in use already"):
        monitor.__enter__()
    with monitor:
        assert monitor.record()["end_memory_mb"] is None


def test_a_monitor_that_never_looks_away_is_refused():
    with pytest.raises(MisuseError, match="every_s=0"):
        MemoryMonitor(0)


def test_a_profile_names_the_lines_that_hold_most():
    profiler = MemoryProfiler(top=3)
    profiler.start()
    kept = [bytes(100_000) for _ in range(50)]
    gone = bytes(20_000_000)
    del gone
    assert profiler.profile()["memory_diff"] >= 5.0
    profile = profiler.stop()
    first = profile["top_allocations"][0]
    assert (first["file"], first["count"] >= 50) == (__file__, True)
    assert first["size_mb"] == pytest.approx(5.0, abs=0.1)
    assert len(profile["top_allocations"]) <= 3
    assert profile["current_memory"] >= profile["memory_diff"] >= 5.0
    assert profile["peak_memory"] >= 25.0
    assert not tracemalloc.is_tracing()
    assert profiler.profile() == profile
    assert len(kept) == 50


def test_the_tracing_of_others_is_used_and_left_on():
    tracemalloc.start()
    try:
        higher = bytes(30_000_000)
        del higher
        with MemoryProfiler() as profiler:
            kept = bytes(1_000_000)
        assert tracemalloc.is_tracing()
        profile = profiler.profile()
        assert profile["peak_memory"] is None  # theirs was higher, and is not ours to reset
        assert profile["memory_diff"] >= 1.0
        assert kept
    finally:
        tracemalloc.stop()


def test_a_profiler_that_is_off_traces_nothing():
    with MemoryProfiler(enabled=False) as profiler:
        assert not tracemalloc.is_tracing()
    assert profiler.profile() == {
        "current_memory": None,
        "peak_memory": None,
        "memory_diff": None,
        "top_allocations": [],
    }


def test_a_profiler_used_out_of_turn_says_so():
    with pytest.raises(MisuseError, match="never started"):
        MemoryProfiler().stop()
    with MemoryProfiler() as profiler, pytest.raises(MisuseError, match="started before"):
        profiler.start()
    with pytest.raises(MisuseError, match="top=-1"):
        MemoryProfiler(top=-1)


def test_the_systems_figures_are_of_this_process():
    assert 1_000_000 < resident_bytes() <= peak_resident_bytes() + 1_000_000


def test_a_system_that_does_not_say_is_not_guessed_at(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    assert resident_bytes() is None
    monkeypatch.setattr(sys, "platform", "darwin")
    assert resident_bytes() is None  # its library is not here
    monkeypatch.setitem(sys.modules, "resource", None)
    assert peak_resident_bytes() is None


def test_a_missing_proc_is_not_known(monkeypatch):
    def missing(*_):
        raise FileNotFoundError

    monkeypatch.setattr(memory, "open", missing, raising=False)
    assert resident_bytes() is None
