"""Searching, counting, joining and putting together: fixed code does what the original did."""

from __future__ import annotations

import copy

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from whet.remedies import find_remedy

NAN = float("nan")


class Odd(int):
    """Equal to everything, with a hash of its own."""

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 7

    def __lt__(self, other):
        return True


class Mine(list):
    """A list that is put together in its own way."""

    __slots__ = ()

    def __radd__(self, other):
        return [*other, "mine", *self]

    def __iter__(self):
        return iter(["other"])


class Angry:
    """Cannot be compared or hashed."""

    def __eq__(self, other):
        raise ValueError("do not touch")

    __hash__ = None

    def __repr__(self):
        return "Angry()"


HOSTILE = st.one_of(
    st.integers(-3, 12),
    st.booleans(),
    st.sampled_from([0.0, -0.0, 1.0, NAN]),
    st.sampled_from(["a", "b", ""]),
    st.builds(Odd, st.integers(0, 3)),
    st.tuples(st.integers(0, 2)),
    st.lists(st.integers(0, 1), max_size=1),
    st.builds(Angry),
    st.none(),
)
NUMBERS = st.lists(st.integers(0, 60), max_size=80)
LISTS = st.one_of(st.lists(HOSTILE, max_size=50), NUMBERS, st.just([NAN] * 30))
ROWS = st.one_of(
    st.lists(st.lists(st.integers(0, 3), max_size=3), max_size=40),
    st.lists(
        st.one_of(
            st.lists(st.integers(0, 3), max_size=2), st.builds(Mine, st.just([1])), st.none(),
            st.text("ab", max_size=2), st.tuples(st.integers()), st.just(range(2)),
        ),
        max_size=40,
    ),
)  # fmt: skip
CHUNKS = st.lists(
    st.one_of(
        st.binary(max_size=9), st.builds(bytearray, st.binary(max_size=9)),
        st.text("a", max_size=1),
        st.just(memoryview(b"abc")), st.lists(st.integers(0, 9), max_size=2),
    ),
    max_size=9,
)  # fmt: skip
SETTINGS = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def shown(value):
    """A value with its exact types, as far as anybody can see it."""
    if isinstance(value, list | tuple) and type(value) is not Mine:
        return type(value).__name__, [shown(item) for item in value]
    return type(value).__name__, repr(value)


def outcome(module, arguments):
    """Result or exception, and what the arguments became."""
    try:
        result = shown(module.f(*arguments))
    except Exception as error:  # noqa: BLE001 -- compared, whatever it is
        result = type(error).__name__, str(error)
    return result, [shown(argument) for argument in arguments]


def copied(arguments):
    """Arguments of their own for each run; a memory view cannot be copied."""
    return [
        list(argument) if type(argument) is list else copy.copy(argument) for argument in arguments
    ]


_FIXED = {}  # the same evidence is asked about many inputs


def agrees(bench, source, remedy, seen, asked=None):
    """Whether the remedy was refused, or changed nothing that can be seen.

    The evidence is that of the arguments `seen`; compared is what happens with those `asked`.
    """
    known = repr((source, remedy, seen))
    if known not in _FIXED:
        _FIXED[known] = bench.fix(source, remedy, lambda module: module.f(*copied(seen)))
    fixed = _FIXED[known]
    if fixed is None:
        return "refused"
    arguments = seen if asked is None else asked
    before = outcome(bench.load(source), copied(arguments))
    assert before == outcome(bench.load(fixed), copied(arguments)), fixed
    return "admitted"


LOOKUPS = [
    ("count_in_loop", "def f(xs, ys):\n    return [xs.count(y) for y in ys]\n"),
    (
        "count_in_loop",
        """
def f(xs, ys):
	out = []
	for y in ys:
		if xs.count(y) > 1:
			out.append((y, xs.count(y)))
	return out
""",  # tabs
    ),
    ("index_in_loop", "def f(xs, ys):\n    return [xs.index(y) for y in ys]\n"),
    (
        "index_in_loop",
        """
def f(xs, ys):
    known = sorted(xs) if False else list(xs)
    out = []
    for y in ys:
        try:
            out.append(-xs.index(y))
        except ValueError as error:
            out.append(str(error))
    return out
""",
    ),
    (
        "nested_loop_join",
        """
def f(xs, ys):
    out = []
    for y in ys:
        for x in xs:
            if x == y:
                out.append((x, y))
        else:
            out.append(None)
    return out
""",
    ),
    (
        "nested_loop_join",
        "def f(xs, ys):\r\n    return [(x, y) for y in ys for x in xs if y == x and x]\r\n",
    ),
    (
        "remove_in_loop",
        """
def f(xs, ys):
    left = list(xs)
    for y in ys:
        if y in left:
            left.remove(y)
    return left
""",
    ),
    (
        "remove_in_loop",
        """
def f(xs, ys):
    for x in xs[:]:
        if x % 3 == 0 or x in ys:
            xs.remove(x)
""",
    ),
    ("any_of_a_list", "def f(xs, ys):\n    return [any([x == y for x in xs]) for y in ys]\n"),
    ("any_of_a_list", "def f(xs, ys):\n    return all([x in ys or x for x in xs])\n"),
    (
        "sort_for_few",
        "def f(xs, ys):\n    zs = list(xs)\n    zs.sort()\n    return zs[-1], ys\n",
    ),
    (
        "sort_for_few",
        "def f(xs, ys):\n    zs = xs + ys\n    zs = [*zs]\n    zs.sort()\n    return zs[0]\n",
    ),
    (
        "sort_for_few",
        """
def f(xs, ys):
    zs = [*xs, *ys]
    zs.sort(key=lambda z: (-z, z), reverse=True)
    return zs[:2]
""",
    ),
]  # fmt: skip
LONG = [i * 7 % 61 for i in range(120)]
EARLY = {"any_of_a_list": ([1, 0, *range(2, 60)], [1, 2])}
NEVER = {LOOKUPS[-2]}  # its list is bound twice


@pytest.mark.parametrize(("remedy", "source"), LOOKUPS)
@given(xs=LISTS, ys=LISTS)
@example(xs=[NAN] * 40, ys=[NAN] * 9)
@example(xs=[1, 1.0, True] * 20, ys=[True, 1.0, 1] * 9)
@example(xs=[Odd(1), 2] * 30, ys=[2, Odd(3)] * 9)
@example(xs=[[1]] * 30, ys=[[1], [2]] * 9)
@example(xs=[(0.0,), (-0.0,)] * 30, ys=[(0,)] * 20)
@SETTINGS
def test_lookups_answer_alike_or_are_refused(bench, remedy, source, xs, ys):
    agrees(bench, source, remedy, [xs, ys])


@pytest.mark.parametrize(("remedy", "source"), LOOKUPS)
def test_lookups_among_tame_elements_are_admitted(bench, remedy, source):
    seen = EARLY.get(remedy, (LONG, [*range(0, 61, 2)] * 2))
    expected = "refused" if (remedy, source) in NEVER else "admitted"
    assert agrees(bench, source, remedy, [list(part) for part in seen]) == expected


@pytest.mark.parametrize(("remedy", "source"), [each for each in LOOKUPS if each not in NEVER])
@given(xs=NUMBERS, ys=NUMBERS)
@example(xs=[], ys=[])
@example(xs=[], ys=[1])
@example(xs=[1], ys=[])
@example(xs=[3, 3, 3, 4, 3], ys=[3, 3])
@SETTINGS
def test_what_tame_evidence_admits_holds_for_other_numbers_too(bench, remedy, source, xs, ys):
    seen = EARLY.get(remedy, (LONG, [*range(0, 61, 2)] * 2))
    agrees(bench, source, remedy, [list(part) for part in seen], [xs, ys])


PUT_TOGETHER = [
    ("sum_of_lists", "def f(rows):\n    return sum(rows, [])\n"),
    ("sum_of_lists", "def f(rows):\n    return sum((row for row in rows), [])\n"),
    ("sum_of_lists", "def f(rows):\n    return sum(rows, ())\n"),
    (
        "list_added_anew",
        "def f(rows):\n    r = []\n    for row in rows:\n        r = r + row\n    return r\n",
    ),
    (
        "list_added_anew",
        """
def f(rows):
    r = [0]
    for x in rows:
        r = r + [len(r), x]
    return r
""",
    ),
]


@pytest.mark.parametrize(("remedy", "source"), PUT_TOGETHER)
@given(rows=ROWS)
@example(rows=[Mine([1])] * 30)
@example(rows=[[1], range(2)] * 30)
@example(rows=["ab"] * 30)
@example(rows=[(1,)] * 30)
@SETTINGS
def test_lists_are_put_together_alike_or_it_is_refused(bench, remedy, source, rows):
    agrees(bench, source, remedy, [rows])


@pytest.mark.parametrize(("remedy", "source"), PUT_TOGETHER)
def test_plain_lists_are_put_together_in_one_pass(bench, remedy, source):
    rows = [(i,) if "()" in source else [i, i] for i in range(90)]
    assert agrees(bench, source, remedy, [rows]) == "admitted"


BYTES = """
def f(chunks):
    data = b"<"
    for chunk in chunks:
        data += chunk
        if len(data) > 9_000:
            break
    return data[1:], data
"""


@given(chunks=CHUNKS)
@SETTINGS
def test_bytes_grow_alike_or_it_is_refused(bench, chunks):
    seen = [[*chunks, b"x" * 9_001]]
    agrees(bench, BYTES, "bytes_added", seen)


def test_plain_bytes_grow_in_a_bytearray(bench):
    assert (
        agrees(bench, BYTES, "bytes_added", [[b"abc"] * 3_100], [[b"", b"x" * 9_999, b"y"]])
        == "admitted"
    )


BEGUN = """
def f(head, chunks):
    data = head()
    for chunk in chunks:
        data += chunk
    return data
"""


class Grown(bytes):
    """Bytes with a sum of their own."""

    def __add__(self, other):
        return Grown(b"(" + bytes(self) + other + b")")


@pytest.mark.parametrize("head", [bytearray(b"<"), Grown(b"<"), None, "<", 3])
def test_what_does_not_begin_as_plain_bytes_is_left_alone(bench, head):
    assert agrees(bench, BEGUN, "bytes_added", [lambda: head, [b"abc"] * 3_100]) == "refused"


def test_bytes_that_a_call_returned_grow_in_a_bytearray(bench):
    assert agrees(bench, BEGUN, "bytes_added", [lambda: b"<", [b"abc"] * 3_100]) == "admitted"


QUEUE = """
class Queue:
    def __init__(self, items):
        self._items = list(items)

    def all(self):
        out = []
        while self._items:
            out.append(self._items[0])
            self._items.pop(0)
        return out

    def rest(self):
        try:
            while True:
                self._items.pop(0)
        except IndexError:
            return -1


def f(items):
    queue = Queue(items)
    return queue.all(), queue.rest()
"""


DIRECT = QUEUE.replace(
    "out.append(self._items[0])\n            self._items.pop(0)",
    "item = self._items.pop(0)\n            out.append(item)",
)


def test_an_objects_queue_gets_advice_where_nothing_comes_between_the_test_and_the_taking(bench):
    chosen = find_remedy("queue_in_attribute")
    assert bench.matches(bench.module(QUEUE), chosen) == []
    assert len(bench.matches(bench.module(DIRECT), chosen)) == 1


CHANGED_ELSEWHERE = [
    ("count_in_loop", "[xs.count(y) + note(xs) for y in ys]"),
    ("count_in_loop", "[xs.count(y) + note(0) for y in ys]"),
    ("index_in_loop", "[xs.index(y) + note(0) for y in ys]"),
    ("nested_loop_join", "[note(x) for y in ys for x in xs if x == y]"),
]


@pytest.mark.parametrize(("remedy", "expression"), CHANGED_ELSEWHERE)
def test_a_list_that_a_called_function_may_change_is_refused(bench, remedy, expression):
    source = (
        "LOG = []\n\n\ndef note(x):\n    LOG[0].append(99)\n    return 0\n\n\n"
        f"def f(xs, ys):\n    LOG[:] = [xs]\n    return {expression}\n"
    )
    assert agrees(bench, source, remedy, [list(range(60)), list(range(60))]) == "refused"


LAYOUTS = [
    (
        "count_in_loop",
        """
async def f(xs, ys):
    return [xs.count(y) for y in ys]
""",
        True,
    ),
    (
        "count_in_loop",
        """
def f(xs, ys):
    if ys: return [xs.count(y) for y in ys]
""",
        False,
    ),
    (
        "count_in_loop",
        """
def f(xs, ys):
    return [xs.count(  # how often
        y) for y in ys]
""",
        False,
    ),
    (
        "count_in_loop",
        """
def f(xs, ys):
    def g():
        return xs
    return [xs.count(y) for y in ys], g
""",
        False,
    ),
    (
        "count_in_loop",
        """
def f(xs, ys):
    return [[xs.count(x) for x in xs] for xs in ys]
""",
        False,
    ),
    (
        "count_in_loop",
        """
def f(größen, ys):
    return [größen.count(y) for y in ys]
""",
        True,
    ),
    (
        "index_in_loop",
        """
def f(xs, ys):
    return {y: xs.index(y) for y in ys}
""",
        True,
    ),
    (
        "index_in_loop",
        """
from m import *
def f(xs, ys):
    return [xs.index(y) for y in ys]
""",
        False,
    ),
    (
        "index_in_loop",
        """
def f(xs, ys):
    global xs2
    exec('xs = 1')
    return [xs.index(y) for y in ys]
""",
        False,
    ),
    (
        "index_in_loop",
        """
def f(xs, ys):
    match ys:
        case [*xs]:
            return [xs.index(y) for y in ys]
""",
        False,
    ),
    (
        "nested_loop_join",
        """
def f(xs, ys):
    for y in ys:
        for x in xs:
            if x == y: print(x)
""",
        True,
    ),
    (
        "nested_loop_join",
        """
async def f(xs, ys):
    async for y in ys:
        for x in xs:
            if x == y: print(x)
""",
        True,
    ),
    (
        "remove_in_loop",
        """
def f(xs):
    if xs: y = 1; return 2
    for x in xs[:]:
        if x: xs.remove(x)
""",
        True,
    ),
    (
        "list_added_anew",
        """
def f(xs):
    r = []
    for x in xs:
        r = (r + [x])
    return r
""",
        False,
    ),
    (
        "list_added_anew",
        """
def f(xs):
    r = []
    for x in xs:
        r = r + \\
            [x]
    return r
""",
        False,
    ),
    (
        "bytes_added",
        """
def f(xs):
    d = b''
    for x in xs:
        d += x
    def g():
        return d
    return g
""",
        False,
    ),
    (
        "sort_for_few",
        """
def f(xs):
    ys = list(xs); ys.sort()
    return ys[0]
""",
        False,
    ),
    (
        "sum_of_lists",
        """
class A:
    @staticmethod
    def f(xs):
        return sum(xs, [])
""",
        True,
    ),
]


@pytest.mark.parametrize(("remedy", "source", "found"), LAYOUTS)
def test_where_it_is_looked_for(bench, remedy, source, found):
    module = bench.module(source)
    chosen = find_remedy(remedy)
    matches = bench.matches(module, chosen)
    assert bool(matches) is found
    for match in matches:
        fixed = bench.module(module.apply(chosen.rewrite(module, match)))
        assert fixed.tree is not None, fixed.reason
