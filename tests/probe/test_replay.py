"""Recorded calls are made again in fresh processes and compared."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys

import pytest

from whet.proof.replay import compare_replays
from whet_probe._replay import _pickles, moved

MODULE = """
import asyncio
state = []
def double(x): return 2 * x
def fails(x): raise ValueError(x)
def mutates(x): x.append(1)
def counts(): state.append(1); return len(state)
def hands_out(n): yield from range(n)
async def later(): return 1
number = 3
class K:
    @classmethod
    def make(cls, x): return x
    @property
    def size(self): return 4
"""


@pytest.fixture
def replayed(tmp_path):
    def replay(*calls):
        (tmp_path / "core.py").write_text(MODULE)
        path = tmp_path / "calls.pickle"
        path.write_bytes(b"".join(pickle.dumps(call) for call in calls))
        result = tmp_path / "result"
        specification = {"calls": [str(path)], "result": str(result), "root": str(tmp_path)}
        code = f"from whet_probe._replay import main; main({specification!r})"
        subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
        return [json.loads(line) for line in result.read_text().splitlines()]

    return replay


def test_each_call_is_made_twice_with_fresh_arguments(replayed):
    found = replayed(("core", "double", (2,), {}), ("core", "mutates", ([],), {}),
                     ("core", "K.make", (5,), {}))  # fmt: skip
    assert [[line["rt"] for line in pair] for pair in found] == [
        ["4", "4"], ["None", "None"], ["5", "5"]
    ]  # fmt: skip
    assert [line["m"]["0"][1] for line in found[1]] == ["[1]", "[1]"]


def test_state_kept_between_calls_shows(replayed):
    (pair,) = replayed(("core", "counts", (), {}))
    assert [line["rt"] for line in pair] == ["1", "2"]


def test_exceptions_and_values_of_generators_are_told(replayed):
    fails, hands_out = replayed(("core", "fails", (1,), {}), ("core", "hands_out", (3,), {}))
    assert fails[0]["xt"] == "ValueError(1)"
    assert (hands_out[0]["rt"], hands_out[0]["y"]) == ("[0, 1, 2]", [3, ""])


def test_what_cannot_be_made_again_is_told_with_the_reason(replayed):
    found = replayed(("core", "later", (), {}), ("core", "number", (), {}),
                     ("core", "gone", (), {}), ("nowhere", "f", (), {}))  # fmt: skip
    assert [pair[0]["skipped"] for pair in found] == [
        "coroutines are not replayed",
        "it is no function any more",
        "AttributeError: module 'core' has no attribute 'gone'",
        "ModuleNotFoundError: No module named 'nowhere'",
    ]


def test_a_torn_last_pickle_is_dropped(tmp_path):
    path = tmp_path / "calls.pickle"
    whole = pickle.dumps((1, 2))
    path.write_bytes(whole + pickle.dumps("x" * 100)[:-5])
    assert _pickles(str(path)) == [whole]


def line(result="1", **more):
    return {"name": "m:f", "a": "a", "at": "(1,)", "r": result, "rt": result, **more}


def test_a_call_that_does_not_repeat_itself_tells_nothing():
    ours = {"k": [line("1"), line("1")]}
    found = compare_replays(ours, {"k": [line("2"), line("2")]}, {"k": [line("3")] * 2}, None)
    assert (found.compared, found.difference) == (0, None)
    assert found.notes == ["not replayed: m:f does not repeat itself"]


def test_a_process_that_ends_in_the_candidate_is_a_difference():
    ours = {"k": [line(), line()]}
    found = compare_replays(ours, ours, {}, None)
    assert (found.difference.stage, found.difference.actual) == ("replay", "the process ended")


def test_a_second_call_with_another_result_is_a_difference():
    ours = {"k": [line(), line()]}
    found = compare_replays(ours, ours, {"k": [line(), line("2")]}, None)
    assert (found.difference.expected, found.difference.actual) == ("1", "2")


def test_paths_into_one_copy_become_paths_into_the_other():
    arguments = ("/tmp/x/a/data.txt", [b"/tmp/x/a", {"/tmp/x/a/b": "/tmp/x/aa"}], "/tmp/x/c")
    raw = pickle.dumps(("m", "f", arguments, {}))
    found = pickle.loads(moved(raw, ["/tmp/x/a", "/tmp/x/b"], "/tmp/x/b"))[2]
    assert found == (
        "/tmp/x/b/data.txt", [b"/tmp/x/b", {"/tmp/x/b/b": "/tmp/x/ba"}], "/tmp/x/c"
    )  # fmt: skip
    assert moved(raw, ["/tmp/x/a"], "/tmp/longer") == raw
