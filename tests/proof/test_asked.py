"""What only some remedies ask: files read, results changed by callers, time waited, attributes."""

from __future__ import annotations

import ast
import sys

import pytest

from whet.proof.evidence import collect_evidence, merge_calls
from whet.records import CallEvidence, CallSite, Match, Span, ValueSite, Workload
from whet.workloads import Launch, find_interpreter


@pytest.fixture
def asked(tmp_path):
    """The evidence of `f` in a script, and of the first mention of a name in it."""

    def make(source, *asks, name=None):
        (tmp_path / "app.py").write_text(source)
        nodes = [
            n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Name) and n.id == name
        ]
        loads = [n for n in nodes if isinstance(n.ctx, ast.Load)][-1:]
        spans = [
            Span(
                line=n.lineno, column=n.col_offset, end_line=n.lineno, end_column=n.end_col_offset
            )
            for n in loads
        ]
        match = Match(
            match_id="m", remedy="r", file="app.py", function="", message="", safety="safe",
            span=Span(line=1, column=0, end_line=1, end_column=0),
            values=tuple(ValueSite(site="v", file="app.py", span=s, role="x") for s in spans),
            calls=(CallSite(site="f", file="app.py", name="f", line=0, asks=asks),),
        )  # fmt: skip
        interpreter = find_interpreter(tmp_path, sys.executable)

        def launch_of(plan, wrap):
            workload = Workload(kind="script", target="app.py")
            return Launch(
                workload=workload, root=tmp_path, interpreter=interpreter, plan=plan, wrap=wrap
            )

        return collect_evidence(launch_of, [match])

    return make


READS = """
import os, pathlib
def f(path):
    with open(path) as file:
        return file.read()
for name in ("a", "b"):
    with open(name, "w") as out: out.write("x")
for _ in range(3): f("a")
f("b")
{more}
f("b"); f(os.path.abspath("b"))
"""


def files(found):
    call = found.calls["f"]
    return call.files_read, call.files_distinct, call.files_changed, call.files_most_in_one_call


@pytest.mark.parametrize(
    "more",
    [
        "pathlib.Path('b').write_text('y')",
        "open('c', 'w').close(); os.replace('c', 'b')",
        "os.system('echo more > b')",
        "os.remove('b'); open('b', 'w').close()",
    ],
)
def test_a_file_that_changes_between_two_reads_is_told(asked, more):
    assert files(asked(READS.format(more=more), "files")) == (6, 2, 1, 1)


def test_files_read_again_are_counted_by_their_absolute_path(asked):
    assert files(asked(READS.format(more=""), "files")) == (6, 2, 0, 1)


def test_reads_of_one_file_within_a_call_are_counted(asked):
    source = "def f():\n    for _ in range(5):\n        open('app.txt').close()\n"
    assert files(asked(source + "open('app.txt', 'w').close()\nf(); f()\n", "files")) == (
        10, 1, 0, 5,
    )  # fmt: skip


def test_what_was_not_asked_is_unknown(asked):
    call = asked(READS.format(more="")).calls["f"]
    assert (call.files_read, call.results_kept, call.wall_s) == (None, None, None)


def test_results_that_callers_change_are_told(asked):
    source = "def f(n):\n    return {'n': [n]}\none = f(1); f(2); f(3)\none['n'].append(4)\n"
    call = asked(source, "results").calls["f"]
    assert (call.results_kept, call.results_changed) == (3, 1)


def test_objects_are_not_kept_alive_to_see_what_becomes_of_them(asked):
    source = """
class Box: pass
def f():
    return [Box()]
f()
"""
    assert asked(source, "results").calls["f"].results_kept == 0


def test_time_spent_waiting_is_told_from_time_spent_computing(asked):
    source = "import time\ndef f():\n    time.sleep(0.05)\nfor _ in range(3): f()\n"
    call = asked(source, "time").calls["f"]
    assert call.wall_s >= 0.15
    assert call.cpu_s < call.wall_s / 2


def test_attributes_of_instances_are_gathered_and_those_of_hostile_ones_are_unknown(asked):
    source = """
class Point:
    def __init__(self, x):
        self.x = x
        self.y = 1
class Odd:
    @property
    def __dict__(self): raise SystemExit(9)
def f(made):
    return made
f(Point(1))
{more}
"""
    seen = asked(source.format(more="p = Point(2); p.z = 3; f(p)"), name="made")
    assert seen.values["v"].attributes == ("x", "y", "z")
    assert asked(source.format(more="f(Odd())"), name="made").values["v"].attributes is None


def test_two_processes_are_added_up_and_what_one_did_not_tell_stays_unknown():
    one = CallEvidence(
        site="f", calls=1, described=1, raised=0, distinct_arguments=None, hit_rate=None,
        arguments_immutable=None, files_read=3, files_distinct=1, files_most_in_one_call=2,
        wall_s=0.5,
    )  # fmt: skip
    both = merge_calls(one, one)
    assert (both.files_read, both.files_distinct, both.files_most_in_one_call) == (6, 2, 2)
    assert (both.wall_s, both.results_kept) == (1.0, None)
