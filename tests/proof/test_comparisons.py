"""What counts as a difference between two runs, and what is only said: pure functions."""

import msgspec
import pytest

from whet.proof.calls import Stream, compare_streams, difference
from whet.proof.evidence import notes_of
from whet.proof.outputs import Ground, Traces, compare_traces, ground_of, traces_of
from whet.proof.replay import compare_replays
from whet.proof.suite import Covered, compare_tests
from whet.records import OutputDigest, RunOutcome


def call(number=0, result="1", **more):
    return {
        "i": number,
        "a": f"a{number}",
        "at": f"({number},)",
        "r": result,
        "rt": result,
        **more,
    }


def stream(*calls, threads=1, count=None, elsewhere=()):
    found = Stream()
    found.main = list(calls)
    found.elsewhere = list(elsewhere)
    found.count = len(calls) + len(elsewhere) if count is None else count
    found.threads = threads
    return found


def test_calls_beyond_those_described_are_counted_and_said():
    found = compare_streams(stream(call(), count=9), stream(call(), count=9), "m.py::f")
    assert (found.difference, found.compared) == (None, 1)
    assert found.notes == ("1 of 9 calls of m.py::f were compared one by one",)


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"o": "another order"}, "m.py::f returns a set that is iterated in another order"),
        ({"cut": True}, "some values of m.py::f are larger than what is compared"),
        ({"opaque": True}, "some values of m.py::f are compared by their type alone"),
    ],
)
def test_what_is_compared_in_part_is_said(change, note):
    found = compare_streams(stream(call()), stream(call(**change)), "m.py::f")
    assert (found.difference, found.notes) == (None, (note,))


def test_calls_of_several_threads_are_compared_in_any_order():
    ours = stream(call(0), call(1, "2"), threads=2)
    same = stream(call(1, "2"), elsewhere=[call(0)])
    assert compare_streams(ours, same, "m.py::f").difference is None
    other = stream(call(1, "3"), elsewhere=[call(0)])
    found = compare_streams(ours, other, "m.py::f").difference
    assert (found.expected, found.actual) == ("f(1): 2", "f(1): 3")
    fewer = compare_streams(ours, stream(call(0), threads=2), "m.py::f").difference
    assert (fewer.expected, fewer.actual) == ("f(1): 2", "no such call")
    more = compare_streams(stream(call(0), threads=2), ours, "m.py::f").difference
    assert (more.expected, more.actual) == ("no such call", "f(1): 2")
    assert "too many to compare" in compare_streams(
        stream(call(), count=9, threads=2), same, "m.py::f"
    ).notes[0]  # fmt: skip


def test_a_memo_makes_no_call_that_the_original_did_not_make():
    ours = stream(call(0), call(1), call(0))
    assert (
        compare_streams(ours, stream(call(0), call(1)), "m.py::f", fewer=True).difference is None
    )
    found = compare_streams(ours, stream(call(2)), "m.py::f", fewer=True).difference
    assert (found.detail, found.actual) == (
        "arguments that the original was never given", "f(2): 1",
    )  # fmt: skip
    found = compare_streams(ours, stream(call(0, "9")), "m.py::f", fewer=True).difference
    assert (found.expected, found.actual) == ("1", "9")


def test_a_change_that_leaves_no_call_out_is_compared_call_by_call():
    ours = stream(call(0), call(1) | {"a": "a0"}, call(2, "9") | {"a": "a0"})
    assert compare_streams(ours, ours, "m.py::f", fewer=True).compared == 3
    theirs = stream(call(0), call(1) | {"a": "a0"}, call(2) | {"a": "a0"})
    found = compare_streams(ours, theirs, "m.py::f", fewer=True).difference
    assert (found.expected, found.actual) == ("9", "1")


def turns(*results, **more):
    """Calls with the same arguments and these results."""
    return [call(n, result, **more) | {"a": "a"} for n, result in enumerate(results)]


@pytest.mark.parametrize(
    ("results", "kept", "expected"),
    [
        ("1122", "12", None),
        ("1122", "1", "2"),
        ("1221", "12", "1"),
        ("1111", "1", None),
        ("1111", "", None),
    ],
)
def test_what_is_left_out_had_the_outcome_of_the_call_before(results, kept, expected):
    ours, theirs = stream(*turns(*results)), stream(*turns(*kept))
    found = compare_streams(ours, theirs, "m.py::f", fewer=True).difference
    assert (found and found.expected) == expected


@pytest.mark.parametrize("hidden", [{"opaque": 1}, {"cut": "a"}])
def test_arguments_seen_in_part_may_be_other_ones(hidden):
    ours, theirs = stream(*turns("1", "2", "1", **hidden)), stream(*turns("1", "2", **hidden))
    assert compare_streams(ours, theirs, "m.py::f", fewer=True).difference is None


def test_what_was_not_looked_at_is_no_outcome():
    ours = stream(*turns("1"), call(8, "2") | {"a": "a"}, count=9)
    assert compare_streams(ours, stream(*turns("1")), "m.py::f", fewer=True).difference is None


def test_each_part_of_a_call_can_differ():
    raising = {"i": 0, "a": "a0", "at": "(0,)", "x": "E", "xt": "E()"}
    assert difference(call(), raising, "m.py::f").actual == "raises E()"
    yielding = call(y=[2, "d"])
    assert (
        difference(yielding, call(y=[3, "d"]), "m.py::f").actual == "1 after handing out 3 values"
    )
    assert difference(call(), call(a="b", at="(9,)"), "m.py::f").actual == "f(9), call 1"
    mutated = difference(call(m={"0": ["d", "[1]"]}), call(m={"0": ["e", "[2]"]}), "m.py::f")
    assert (mutated.detail, mutated.actual) == ("argument 1 after the call of f(0), call 1", "[2]")


def test_a_difference_deeper_than_what_is_shown_says_so():
    hidden = ", in what is not shown"
    found = difference(call(), call(a="b"), "m.py::f")
    assert found.detail == "arguments of f(0), call 1" + hidden
    assert difference(call(), call() | {"r": "d"}, "m.py::f").detail.endswith(hidden)
    mutated = difference(call(m={"0": ["d", "…"]}), call(m={"0": ["e", "…"]}), "m.py::f")
    assert mutated.detail == "argument 1 after the call of f(0), call 1" + hidden


def test_a_tolerance_is_relative_and_counts_floats():
    ours, close, far = call(fr=["1.0"]), call(fr=["1.0000001"]), call(fr=["1.1"])
    assert difference(ours, close, "m.py::f", 1e-6) is None
    assert difference(ours, far, "m.py::f", 1e-6) is not None
    assert difference(ours, call(fr=["1.0", "2.0"]), "m.py::f", 1e-6) is not None


def replayed(number=0, result="1", **more):
    return [{"name": "m.py::f", **call(number, result), **more}] * 2


def test_calls_that_cannot_be_replayed_on_either_side_are_named():
    skipped = [{"skipped": "m is gone", "name": "m.py::f"}] * 2
    ours = {"a": replayed(), "b": skipped, "c": replayed(2)}
    found = compare_replays(ours, ours, {"a": skipped, "c": replayed(2)}, None)
    assert (found.difference, found.compared) == (None, 1)
    assert found.notes == ["not replayed: in the candidate: m is gone", "not replayed: m is gone"]


def test_a_test_that_fails_on_the_original_says_nothing_about_the_change():
    found = Covered()
    ours = {"t::a": "passed", "t::b": "failed: no", "t::c": "skipped"}
    compare_tests(ours, {**ours, "t::b": "passed"}, found)
    assert (found.difference, found.run) == (None, 1)
    assert found.notes == ["1 covering tests fail on the original too: t::b"]
    compare_tests({"t::a": "passed"}, {}, found)
    assert (found.difference.place, found.difference.actual) == ("t::a", "did not run")


def test_what_differs_between_two_runs_of_the_same_code_is_named_and_no_ground():
    one = Traces("exit status 0", (b"a", b"b"), (b"x",), {"f": "1", "g": ""})
    again = Traces("exit status 1", (b"a", b"c"), (), {"f": "2", "g": ""})
    ground = ground_of(one, again)
    assert ground.named == (
        "the exit status", "stdout, line 2", "stderr (another number of lines)", "file f",
    )  # fmt: skip
    assert Ground(functions={0: "m.py::f"}).named == ("calls of m.py::f",)
    assert compare_traces(one, again, ground) is None
    found = compare_traces(one, Traces("exit status 0", (b"z", b"b"), (), one.files), ground)
    assert (found.place, found.detail, found.actual) == ("stdout", "line 1", "z")


@pytest.mark.parametrize(
    ("theirs", "place", "expected", "actual"),
    [
        (Traces("killed by SIGKILL", (b"a",), (), {"f": "1"}), "exit status", "exit status 0",
         "killed by SIGKILL"),
        (Traces("exit status 0", (), (), {"f": "1"}), "stdout", "a", "(end of output)"),
        (Traces("exit status 0", (b"a",), (), {"f": ""}), "f", "sha256 1", "deleted"),
        (Traces("exit status 0", (b"a",), (), {}), "f", "sha256 1", "not written"),
    ],
)  # fmt: skip
def test_each_trace_can_differ(theirs, place, expected, actual):
    ours = Traces("exit status 0", (b"a",), (), {"f": "1"})
    found = compare_traces(ours, theirs, Ground())
    assert (found.place, found.expected, found.actual) == (place, expected, actual)


def outcome(**changes):
    run = RunOutcome(
        exit_code=0, signal=None, timed_out=False, wall_s=1.0, cpu_s=1.0, waiting_s=None,
        peak_bytes=None, average_bytes=None, io_operations=None, read_bytes=None,
        written_bytes=None, stdout=OutputDigest(sha256="", length=0),
        stderr=OutputDigest(sha256="", length=0),
    )  # fmt: skip
    return msgspec.structs.replace(run, **changes)


def test_how_a_run_ended_is_said_in_words(tmp_path):
    def ending(**changes):
        return traces_of(outcome(**changes), tmp_path).exit

    assert ending() == "exit status 0"
    assert ending(exit_code=None, timed_out=True) == "stopped by the time-out"
    assert ending(exit_code=None, signal="SIGSEGV") == "killed by SIGSEGV"


def test_the_path_of_the_copy_is_masked_in_output_and_files(tmp_path):
    (tmp_path / "log").write_text(f"in {tmp_path}\n")
    head = OutputDigest(sha256="", length=9, head=f"{tmp_path}/x\n")
    found = traces_of(outcome(stdout=head, files={"log": "any", "gone": ""}), tmp_path)
    assert found.stdout == (b"<project>/x",)
    assert found.files["gone"] == ""
    assert found.files["log"] not in {"", "any"}
    assert traces_of(outcome(stdout=head), tmp_path, is_pytest=True).stdout == ()


def test_what_the_probe_could_not_see_becomes_sentences():
    lines = [
        {"kind": "failure", "instrument": "observe", "error": "E", "message": "no"},
        {"kind": "observe", "what": "m.py::f", "count": 3},
        {"kind": "observe", "what": "f", "file": "a.py", "reason": "not found"},
        {"kind": "observe", "what": "", "file": "a.py", "reason": "does not parse"},
        {"kind": "exit"},
    ]
    assert notes_of(lines) == [
        "instrument observe: E: no",
        "3 calls were not described (m.py::f)",
        "f in a.py was not observed: not found",
        "a.py was not observed: does not parse",
    ]
