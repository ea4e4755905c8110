"""Inputs that the workload never gave reveal what its own inputs cannot."""

from __future__ import annotations

import math
import pickle
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.proof.inputs import (
    compare_generated,
    generate,
    generate_hinted,
    hints_of,
    judge_generated,
    plain_calls,
    variants,
)
from whet.records import Workload
from whet.workloads import Launch, find_interpreter


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory):
    return find_interpreter(tmp_path_factory.mktemp("nowhere"), sys.executable)


@pytest.fixture
def compare(tmp_path, interpreter):
    """Compares two versions of `core.f` on inputs made from recorded arguments."""

    def make(a, b, *recorded, hints=()):
        launches = []
        for name, text in (("a", a), ("b", b)):
            root = tmp_path / name
            root.mkdir()
            (root / "core.py").write_text(text)
            workload = Workload(kind="script", target="main.py")
            launches.append(Launch(workload=workload, root=root, interpreter=interpreter))
        calls = tmp_path / "1.pickle"
        calls.write_bytes(b"".join(pickle.dumps(("core", "f", args, {}), 4) for args in recorded))
        return compare_generated(*launches, [calls], {"f": list(hints)}, tmp_path)

    return make


@pytest.mark.parametrize(
    ("a", "b", "recorded", "shown"),
    [
        ("sorted(x)[0]", "min(x)", ([2, 1],), "IndexError"),
        ("sorted(x)[0]", "min(x) if x else [][0]", ([2.5, 1.5],), "nan"),
        ("list(dict.fromkeys(x))", "x", (["a", "b"],), "'a'"),
        ("x.lower()", "x.casefold()", ("strasse",), "ß"),
        ("str(x)", "repr(x + 0.0)", (1.5,), "-0.0"),
    ],
)
def test_a_wrong_change_that_no_recorded_input_reveals_is_shown_in_full(
    compare, a, b, recorded, shown
):
    found = compare(f"def f(x):\n    return {a}\n", f"def f(x):\n    return {b}\n", recorded)
    assert found.difference is not None
    assert found.difference.stage == "inputs"
    text = found.difference.detail + found.difference.expected + found.difference.actual
    assert shown in text


def test_a_right_change_agrees_on_every_input(compare):
    a = "def f(x, n):\n    return sorted(x)[:n]\n"
    b = a.replace("sorted(x)[:n]", "nsmallest(n, x) if n >= 0 else sorted(x)[:n]")
    b = "from heapq import nsmallest\n" + b
    found = compare(a, b, ([3, 1, 2], 2))
    assert (found.difference, found.notes) == (None, [])
    assert found.compared > 15


def test_other_messages_of_the_same_exception_are_no_difference(compare):
    a = "def f(x):\n    return x.pop(0)\n"
    b = "from collections import deque\ndef f(x):\n    first = deque(x).popleft()\n"
    b += "    del x[0]\n    return first\n"
    assert compare(a, b, ([1, 2],)).difference is None


def test_made_up_inputs_can_do_nothing_but_compute(compare, tmp_path):
    kept = tmp_path / "kept"
    kept.write_text("precious")
    text = f"import os\ndef f(x):\n    os.remove({str(kept)!r})\n    return x\n"
    opened = text.replace("os.remove(", "open(").replace(f"{str(kept)!r}", f"{str(kept)!r}, 'w'")
    found = compare(text, opened, (1,))
    assert (found.difference, found.compared) == (None, 0)
    assert kept.read_text() == "precious"


def test_a_call_that_lasts_says_nothing_and_ends(compare):
    text = "def f(x):\n    while x > 100: pass\n    return x\n"
    found = compare(text, text.replace("return x", "return x + 0"), (1,))
    assert found.difference is None
    assert found.compared > 1


def test_what_differs_only_on_inputs_that_hints_allow_is_named(compare):
    a = "def f(x):\n    return x * 2\n"
    b = "def f(x):\n    return x << 1\n"
    found = compare(a, b, (3,), hints=[{"int", "float"}])
    assert found.difference is None
    assert any(
        "only its type hints allow: exception of core:f(1.5)" in note for note in found.notes
    )


def test_calls_with_objects_are_left_out():
    calls = [("m", "f", (Path("x"),), {}), ("m", "f", (1,), {})]
    data = b"".join(pickle.dumps(call, 4) for call in calls)
    assert list(plain_calls(data + b"\x80\x04torn")) == [calls[1]]


def test_inputs_are_the_same_whenever_they_are_made():
    calls = [(([n, n + 1], "ab"), {"k": 1.5}) for n in range(30)]
    assert pickle.dumps(generate(calls)) == pickle.dumps(generate(calls))
    assert len(generate(calls)) == 60
    assert generate([((object(),), {})]) == []


def test_hints_name_plain_types_of_each_parameter():
    source = b"class A:\n    def f(self, x: list[float], y: 'str', z: int | None = 1, q=2): ...\n"
    assert hints_of(source, "A.f") == [set(), {"float"}, set(), {"int"}, set()]
    assert hints_of(b"def (", "f") == hints_of(b"", "f") == []
    made = generate_hinted([(([1, 2],), {})], [{"float"}])
    assert made[0] == (([1, 1.5, 2, 1.5],), {})


def test_an_input_that_the_original_does_not_repeat_says_nothing():
    line = {"name": "core:f", "at": "(1,)", "a": "1", "r": "1", "m": {}}
    other = {**line, "r": "2"}
    assert judge_generated({"k": [line]}, {"k": [other]}, {"k": [other]}, None).compared == 0
    assert judge_generated({"k": [line]}, {}, {"k": [other]}, None).difference is None


plain = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner)
    | st.dictionaries(st.text(max_size=3), inner, max_size=3) | st.frozensets(st.integers()),
    max_leaves=8,
)  # fmt: skip


def kinds(value):
    """The exact types inside a value; empty containers are of any kind."""
    found = {type(value)}
    if isinstance(value, dict):
        return found.union(*(kinds(x) for pair in value.items() for x in pair))
    if isinstance(value, list | tuple | frozenset):
        return found.union(*(kinds(x) for x in value))
    return found


@given(plain)
def test_variants_hold_no_type_that_the_value_does_not(value):
    for new in variants(value):
        assert type(new) is type(value)
        assert kinds(new) <= kinds(value)


def test_floats_get_nan_and_negative_zero():
    made = variants(2.5)
    assert math.isnan(made[0])
    assert math.copysign(1, made[1]) == -1
