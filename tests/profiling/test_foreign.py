import cProfile
import os
import pickle

import pytest

from whet.errors import TargetError
from whet.profiling import read_profile
from whet.records import CpuProfile, MemoryProfile


def work(n):
    return sorted(range(n))


def test_a_profile_of_cprofile_is_read(tmp_path):
    profiler = cProfile.Profile()
    profiler.runcall(lambda: [work(2000) for _ in range(30)])
    profiler.dump_stats(tmp_path / "x.pstats")
    found = read_profile(tmp_path / "x.pstats")
    assert isinstance(found, CpuProfile)
    calls = {each.name: each.calls for each in found.functions}
    assert (calls["work"], calls["<built-in method builtins.sorted>"]) == (30, 30)
    assert found.sampler == "cProfile"
    assert sum(each.self_share for each in found.functions) == pytest.approx(1)


class LineStats:
    def __init__(self, timings, unit):
        self.timings = timings
        self.unit = unit


def line_profile(path, module="line_profiler._line_profiler", timings=None, protocol=2):
    LineStats.__module__ = module
    timings = {("app.py", 2, "slow"): [(3, 4, 10), (4, 400, 90)]} if timings is None else timings
    raw = pickle.dumps((1,), 2)[:2]
    body = pickle.PROTO + b"\x02" + pickle.GLOBAL + module.encode() + b"\nLineStats\n"
    state = pickle.dumps({"timings": timings, "unit": 1e-3}, protocol)[2:-1]
    path.write_bytes(body + pickle.EMPTY_TUPLE + pickle.NEWOBJ + state + pickle.BUILD + b".")
    assert raw


def test_a_profile_of_line_profiler_is_read(tmp_path):
    line_profile(tmp_path / "x.lprof")
    (function,) = read_profile(tmp_path / "x.lprof").functions
    assert (function.name, function.file, function.line, function.calls) == (
        "slow",
        "app.py",
        2,
        4,
    )
    assert function.self_s == pytest.approx(0.1)
    assert [(each.line, each.self_s) for each in function.lines] == [
        (4, pytest.approx(0.09)),
        (3, pytest.approx(0.01)),
    ]


class Attack:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.mkdir, (self.marker,)


def test_a_pickle_that_names_code_is_refused_and_not_run(tmp_path):
    marker = tmp_path / "pwned"
    (tmp_path / "x.lprof").write_bytes(pickle.dumps(Attack(str(marker))))
    with pytest.raises(TargetError, match="not allowed"):
        read_profile(tmp_path / "x.lprof")
    assert not marker.exists()


@pytest.mark.parametrize("value", [{"timings": 1}, 7, "text"])
def test_another_pickle_is_refused(tmp_path, value):
    (tmp_path / "x.lprof").write_bytes(pickle.dumps(value))
    with pytest.raises(TargetError, match="line_profiler"):
        read_profile(tmp_path / "x.lprof")


def test_a_line_profile_with_odd_values_is_refused(tmp_path):
    line_profile(tmp_path / "x.lprof", timings={"key": [1]})
    with pytest.raises(TargetError, match="not read"):
        read_profile(tmp_path / "x.lprof")


def test_a_series_of_mprof_is_read(tmp_path):
    lines = ["CMDLINE python app.py"]
    lines += [f"MEM {10 + i}.5 {1700000000 + i / 10:.4f}" for i in range(30)]
    (tmp_path / "x.dat").write_text("\n".join(lines) + "\n")
    found = read_profile(tmp_path / "x.dat")
    assert isinstance(found, MemoryProfile)
    assert found.peak_bytes == int(39.5 * 2**20)
    assert found.growth_bytes_per_s == pytest.approx(10 * 2**20, rel=0.01)
    assert found.interval_s == pytest.approx(0.1, rel=0.01)


def test_a_table_of_memory_profiler_is_read(tmp_path):
    (tmp_path / "x.txt").write_text(
        "Filename: app.py\n\nLine #    Mem usage    Increment  Occurrences   Line Contents\n"
        "=============================================================\n"
        "     2     23.1 MiB     23.1 MiB           1   @profile\n"
        "     3                                         def f():\n"
        "     4     43.1 MiB     20.0 MiB           5       x = [0] * 10**6\n"
        "     5     33.1 MiB    -10.0 MiB           1       del x\n"
    )
    found = read_profile(tmp_path / "x.txt")
    assert (found.peak_bytes, found.start_bytes) == (int(43.1 * 2**20), int(23.1 * 2**20))
    assert [(each.file, each.line, each.name, each.count) for each in found.allocations] == [
        ("app.py", 4, "x = [0] * 10**6", 5)
    ]


@pytest.mark.parametrize(
    "content",
    [b"", b"garbage", b"\xe3\x00", b"\x80\x04garbage", b"CMDLINE x\n", b"MEM 1.2.3 4\n",
     b"Line # Mem usage\n", b"[" + b"\xff" * 50, b"{0"],
)  # fmt: skip
def test_what_is_no_profile_is_refused_in_one_line(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(TargetError) as caught:
        read_profile(tmp_path / "x")
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(TargetError, match="No such file"):
        read_profile(tmp_path / "nothing")
