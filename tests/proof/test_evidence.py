"""Evidence describes the values of expressions and the calls of functions."""

from __future__ import annotations

import ast
import builtins
import sys

import pytest

from whet.proof.evidence import collect_evidence, merge_calls
from whet.records import CallEvidence, CallSite, Match, Span, ValueSite, Workload
from whet.workloads import Launch, find_interpreter
from whet_probe import _call_evidence
from whet_probe._gate import Allowance, Gate, Purse


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory):
    return find_interpreter(tmp_path_factory.mktemp("nowhere"), sys.executable)


@pytest.fixture
def collect(tmp_path, interpreter):
    """Evidence of the expressions given by their text, and of functions by name."""

    def make(source, expressions=(), functions=(), **more):
        (tmp_path / "app.py").write_text(source)
        tree = ast.parse(source)
        values = tuple(
            ValueSite(site=text, file="app.py", span=_span(tree, source, text), role="container")
            for text in expressions
        )
        calls = tuple(
            CallSite(site=n, file="app.py", name=n.partition("@")[0], line=0) for n in functions
        )
        match = Match(
            match_id="m", remedy="r", file="app.py", function="", message="", safety="safe",
            span=Span(line=1, column=0, end_line=1, end_column=0), values=values, calls=calls,
        )  # fmt: skip

        def launch_of(plan, wrap):
            workload = Workload(kind="script", target="app.py")
            return Launch(
                workload=workload, root=tmp_path, interpreter=interpreter, plan=plan, wrap=wrap
            )

        return collect_evidence(launch_of, [match], **more)

    return make


def _span(tree, source, text):
    """The first place that reads an expression."""
    found = [
        (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
        for node in ast.walk(tree)
        if isinstance(node, ast.expr)
        and isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
        and ast.get_source_segment(source, node) == text
    ]
    line, column, end_line, end_column = min(found)
    return Span(line=line, column=column, end_line=end_line, end_column=end_column)


def test_a_growing_list_is_looked_at_element_by_element(collect):
    source = """
def dedupe(items):
    seen = []
    for item in items:
        if item not in (seen):
            seen.append(item)
    return seen
dedupe([str(n % 200) for n in range(1000)])
"""
    found = collect(source, ["seen"]).values["seen"]
    assert (found.observations, found.types) == (1000, {"list": 1000})
    assert (found.size_min, found.size_max, found.element_types.keys()) == (0, 200, {"str"})
    assert (found.hashable, found.plain_equality, found.total_order) == (True, True, True)
    assert (found.elements_complete, found.max_references) == (True, 0)


@pytest.mark.parametrize(
    ("elements", "hashable", "plain", "ordered"),
    [
        ("1, 2.5", True, True, True),
        ("1, 'a'", True, True, False),
        ("float('nan')", True, False, False),
        ("[1]", False, False, False),
        ("(1, 'a'), (2, 'b')", True, True, True),
        ("(1, [2])", False, False, False),
        ("object()", None, False, False),
        ("None", True, True, False),
    ],
)
def test_elements_are_judged_by_exact_types(collect, elements, hashable, plain, ordered):
    found = collect(f"def f(box):\n    return len(box)\nf([{elements}])\n", ["box"]).values["box"]
    assert (found.hashable, found.plain_equality, found.total_order) == (hashable, plain, ordered)


def test_a_value_somebody_else_holds_too_has_more_references(collect):
    source = "kept = {}\ndef f():\n    kept[1] = mine = []\n    return len(mine)\nf()\n"
    assert collect(source, ["mine"]).values["mine"].max_references == 1


def test_the_hit_rate_and_types_of_calls_are_counted(collect):
    source = "def f(x, y=1):\n    return (x, y)\nfor n in range(100): f(n % 10)\nf(True)\n"
    found = collect(source, functions=["f"]).calls["f"]
    assert (found.calls, found.distinct_arguments) == (101, 11)
    assert found.hit_rate == pytest.approx(1 - 11 / 101)
    assert found.argument_types == {"int": 201, "bool": 1}
    assert (found.results_immutable, found.arguments_immutable) == (True, True)
    assert (found.io_events, found.raised, found.arguments_mutated) == (0, 0, 0)


def test_what_speaks_against_a_memo_is_seen(collect):
    source = """
def reads(x):
    return open(__file__).close()
def lists(x):
    x.append(1)
    return x
def raises(x):
    raise ValueError
def hands_out(x):
    yield x
def never():
    pass
reads(1); lists([]); list(hands_out(1))
try: raises(1)
except ValueError: pass
"""
    names = ["reads", "lists", "raises", "hands_out", "never"]
    calls = collect(source, functions=names).calls
    assert calls["reads"].io_events == 1
    assert (calls["lists"].results_immutable, calls["lists"].arguments_mutated) == (False, 1)
    assert (calls["lists"].distinct_arguments, calls["lists"].hit_rate) == (None, None)
    assert (calls["raises"].raised, calls["hands_out"].generator) == (1, True)
    assert (calls["never"].calls, calls["never"].hit_rate) == (0, None)


def test_two_questions_about_one_function_are_both_answered(collect):
    source = "def f(x):\n    return x * 2\nfor n in range(6):\n    f(n % 3)\n"
    found = collect(source, functions=["f@one", "f@other"])
    assert found.notes == ()
    assert [(c.calls, c.result_types, c.hit_rate) for c in found.calls.values()] == [
        (6, {"int": 6}, 0.5)
    ] * 2


def test_a_generator_asked_about_twice_tells_both_what_it_yields(collect):
    source = "def f(x):\n    got = yield x\n    yield got\nlist(f(1))\n"
    calls = collect(source, functions=["f@one", "f@other"]).calls.values()
    assert [call.result_types for call in calls] == [{"int": 1, "NoneType": 1}] * 2


def test_large_tables_handed_to_every_call_are_not_looked_at_for_ever(monkeypatch):
    looked = []
    judge = _call_evidence.frozen_parts
    monkeypatch.setattr(_call_evidence, "MAX_KEY_PARTS", 5_000)
    monkeypatch.setattr(
        _call_evidence, "frozen_parts", lambda value: looked.append(1) or judge(value)
    )
    lines = []
    allowance = Allowance(Gate("test"), Purse(1_000_000, 1))
    tally = _call_evidence.CallTally("f", lambda _, fields: lines.append(fields), allowance)
    table = tuple((n, n) for n in range(300))
    for number in range(1_000):
        token = tally.enter(builtins.__whet_tick_test__(), (number, table))
        token.result = table
        token.leave((number, table))
    tally.finish()
    assert len(looked) < 500  # of 2,000 tables
    unknown = ("arguments_immutable", "distinct_arguments", "hit_rate", "results_immutable")
    assert [lines[0][name] for name in unknown] == [None] * 4


def test_a_parameter_that_is_assigned_anew_is_no_changed_argument(collect):
    source = """
def search(wanted, table, last):
    while table[last] > wanted:
        last -= 1
    return last
def empties(rows):
    rows.clear()
    rows = None
    return 1
rows = [1, 2, 3]
search(1, rows, 2)
empties(rows)
"""
    calls = collect(source, functions=["search", "empties"]).calls
    assert calls["search"].arguments_mutated == 0
    assert calls["empties"].arguments_mutated == 1


def test_sites_that_are_not_there_are_named(collect):
    found = collect("def f():\n    pass\n", functions=["f", "g"])
    assert found.notes == ("g in app.py was not observed: not defined in this file",)


def test_nothing_is_run_without_sites(collect):
    assert collect("raise SystemExit(3)\n").values == {}


def test_a_failing_run_is_said(collect):
    found = collect("def f():\n    pass\nf()\nraise SystemExit(3)\n", functions=["f"])
    assert found.notes == ("the evidence run ended with exit status 3",)
    assert found.calls["f"].calls == 1


def test_two_processes_have_a_memo_each():
    one = CallEvidence(
        site="f", calls=10, described=10, raised=0, distinct_arguments=5, hit_rate=0.5,
        arguments_immutable=True, results_immutable=True,
    )  # fmt: skip
    both = merge_calls(one, one)
    assert (both.calls, both.distinct_arguments, both.hit_rate) == (20, 10, 0.5)


def test_every_call_is_counted_however_few_are_looked_at(collect, monkeypatch):
    monkeypatch.setattr("whet.proof.evidence.LEAST_BUDGET", 0)
    source = """
def f(x):
    if x % 1000 == 0:
        raise ValueError(x)
    return x
def total(items):
    return sum([n for n in range(20) if n in items])
for n in range(20_000):
    try: f(n)
    except ValueError: pass
for n in range(500): total([1, 2])
"""
    found = collect(source, ["items"], ["f"], plain_cpu_s=0.0)
    call, value = found.calls["f"], found.values["items"]
    assert (call.calls, call.raised) == (20_000, 20)
    assert value.observations == 10_000
    assert 16 <= call.described < 200
    assert 16 <= value.described < 200
