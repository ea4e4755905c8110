import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.errors import InstrumentError
from whet.profiling._places import Places, RawFrame
from whet.profiling._speedscope import read_speedscope
from whet.profiling._stacks import RawStack, summarize

MAIN = RawFrame("main", "/p/app.py", 3)
WORK = RawFrame("work", "/p/app.py", 9)
IMPORT = RawFrame("_find_and_load", "<frozen importlib._bootstrap>", 1)


@pytest.fixture
def places(tmp_path):
    return Places(tmp_path)


def stack(*frames, seconds=1.0, process=0):
    return RawStack(process, "MainThread", frames, seconds)


def by_name(summary):
    return {each.name: each for each in summary.functions}


def test_self_time_is_the_top_frames_and_total_time_that_of_all(places):
    found = by_name(summarize([stack(MAIN, WORK, seconds=3), stack(MAIN)], places))
    assert (found["work"].self_s, found["work"].total_s) == (3, 3)
    assert (found["main"].self_s, found["main"].total_s) == (1, 4)
    assert found["work"].self_share == pytest.approx(0.75)


def test_recursion_counts_once(places):
    found = by_name(summarize([stack(MAIN, WORK, WORK, WORK)], places))
    assert found["work"].total_s == 1


def test_lines_of_a_function_come_hottest_first(places):
    other = WORK._replace(line=10)
    found = by_name(summarize([stack(WORK), stack(other, seconds=2)], places))
    assert [(each.line, each.self_s) for each in found["work"].lines] == [(10, 2), (9, 1)]


def test_times_are_those_of_one_run(places):
    found = summarize([stack(WORK), stack(WORK)], places, runs=2)
    assert found.total_s == 1


def test_import_machinery_shows_only_on_top(places):
    found = summarize([stack(MAIN, IMPORT, IMPORT, WORK), stack(MAIN, IMPORT)], places)
    names = [[found.frames[number].name for number in each.frames] for each in found.stacks]
    assert sorted(names) == [["main", "<import>"], ["main", "work"]]


def test_time_of_the_probe_itself_is_no_time_of_the_program(places):
    probe = RawFrame("count", "/x/whet_probe/_io.py", 4)
    found = summarize([stack(MAIN, probe), stack(probe, MAIN)], places)
    assert found.total_s == 1
    assert [each.name for each in found.functions] == ["main"]


def test_a_comprehension_is_part_of_its_function(source_file):
    area = RawFrame("Shape.area", str(source_file), 5)
    inner = RawFrame("Shape.area.<locals>.<listcomp>", str(source_file), 5)
    found = summarize([stack(area, inner)], Places(source_file.parent))
    assert [(each.name, each.self_s) for each in found.functions] == [("Shape.area", 1)]
    assert len(found.stacks[0].frames) == 1


frames = st.builds(
    RawFrame, st.sampled_from("abc"), st.sampled_from(["/p/x.py", "/q/y.py"]), st.integers(1, 3)
)
stacks = st.lists(
    st.builds(
        RawStack,
        st.integers(0, 1),
        st.just("t"),
        st.lists(frames, min_size=1, max_size=6).map(tuple),
        st.floats(0.001, 1),
    ),
    min_size=1,
)


@given(stacks)
def test_no_time_is_lost_or_made_up(sampled):
    from pathlib import Path

    found = summarize(sampled, Places(Path("/p")))
    whole = pytest.approx(sum(each.seconds for each in sampled))
    assert found.total_s == whole
    assert sum(each.self_s for each in found.functions) == whole
    assert sum(each.seconds for each in found.stacks) == whole
    for each in found.functions:
        assert each.self_s <= each.total_s + 1e-9
        assert 0 <= each.self_share <= each.total_share + 1e-9 <= 1 + 1e-8


def recording(**changes):
    return {
        "shared": {"frames": [
            {"name": 'process 7:""', "file": "", "line": 0},
            {"name": "thread (9): worker", "file": "", "line": 0},
            {"name": "main", "file": "/p/app.py", "line": 3},
        ]},
        "profiles": [
            {"name": 'Process 7 Thread 7 ""', "samples": [[0, 2]], "weights": [0.01]},
            {"name": 'Process 7 Thread 9 "work \\"er"', "samples": [[0, 1, 2]], "weights": [0.02]},
            {"name": 'Process 8 Thread 12 ""', "samples": [[0]], "weights": [0.01]},
            {"name": "odd", "samples": [], "weights": []},
        ],
        **changes,
    }  # fmt: skip


def test_a_recording_is_read_by_process_and_thread(tmp_path):
    path = tmp_path / "r.json"
    path.write_text(json.dumps(recording()))
    found = read_speedscope(path)
    assert [each[:2] for each in found.stacks] == [(0, "MainThread"), (0, 'work \\"er')]
    assert all(each.frames == (MAIN,) for each in found.stacks)
    assert (found.samples, found.processes) == (3, 3)


def test_a_missing_or_broken_recording_is_an_error_of_the_instrument(tmp_path):
    path = tmp_path / "r.json"
    with pytest.raises(InstrumentError, match="no recording"):
        read_speedscope(path)
    path.write_text('{"profiles": 3}')
    with pytest.raises(InstrumentError, match="cannot be read"):
        read_speedscope(path)
