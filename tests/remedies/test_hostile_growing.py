"""Texts, copies, prefix sums and missing keys: fixed code does what the original did."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from whet.remedies import find_remedy

NAN = float("nan")


class Odd(int):
    """Equal to everything, with sums of its own."""

    def __eq__(self, other):
        return True

    def __add__(self, other):
        return Odd(7)

    __radd__ = __add__

    def __hash__(self):
        return 7


class Loud(str):
    """A text that is put together in its own way."""

    __slots__ = ()

    def __add__(self, other):
        return Loud(f"{self!s}+{other!s}")


class Backup(dict):
    """A dict that always has an answer."""

    def __missing__(self, key):
        return "made up"


ANYTHING = st.one_of(
    st.integers(-3, 12),
    st.booleans(),
    st.sampled_from([0.0, -0.0, 1.0, NAN, 1e308]),
    st.sampled_from(["a", "b", "", "ü"]),
    st.builds(Odd, st.integers(0, 3)),
    st.builds(Loud, st.sampled_from(["a", "b"])),
    st.none(),
    st.tuples(st.integers(0, 2)),
    st.lists(st.integers(0, 1), max_size=1),
    st.binary(max_size=1),
)
SETTINGS = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def shown(value):
    """A value with its exact types, as far as anybody can see it."""
    if isinstance(value, list | tuple):
        return type(value).__name__, [shown(item) for item in value]
    if isinstance(value, dict):
        return type(value).__name__, [(shown(k), shown(v)) for k, v in value.items()]
    return type(value).__name__, repr(value)


def outcome(module, arguments):
    try:
        result = shown(module.f(*arguments))
    except Exception as error:  # noqa: BLE001 -- compared, whatever it is
        result = type(error).__name__, str(error)
    return result, [shown(argument) for argument in arguments]


def agrees(bench, source, remedy, make):
    """Whether the remedy was refused, or changed nothing that can be seen."""
    fixed = bench.fix(source, remedy, lambda module: module.f(*make()))
    if fixed is None:
        return "refused"
    assert fixed != source
    assert outcome(bench.load(source), make()) == outcome(bench.load(fixed), make()), fixed
    return "admitted"


FRONT = """
def f(lines, head=""):
    text = ""
    for line in lines:
        if line == "b":
            continue
        text = line + head + text
    return text
"""


@given(lines=st.lists(ANYTHING, min_size=1, max_size=8))
@example(lines=["a"])
@example(lines=[Loud("a"), "a"])
@SETTINGS
def test_a_text_grows_alike_or_is_refused(bench, lines):
    def make():
        return lines * 3, "x" * 2_000

    agrees(bench, FRONT, "text_grown_in_front", make)


def test_a_long_text_of_plain_strings_is_admitted(bench):
    for newline in ("\n", "\r\n"):
        source = FRONT.replace("    ", "\t").replace("\n", newline)
        made = agrees(bench, source, "text_grown_in_front", lambda: (["ä"] * 900, "some text"))
        assert made == "admitted"


def test_a_loop_that_is_left_by_an_exception_leaves_the_same_one(bench):
    source = FRONT.replace('line == "b"', "not len(line)")
    fixed = bench.fix(source, "text_grown_in_front", lambda m: m.f(["ab" * 50] * 100))
    for lines in (["a", "", 5], ["a", ""], []):
        assert outcome(bench.load(source), [lines]) == outcome(bench.load(fixed), [lines])


def test_what_holds_no_text_by_then_stays_if_the_loop_has_no_turn(bench):
    source = FRONT.replace("    for", "    if not lines:\n        text = None\n    for")
    fixed = bench.fix(source, "text_grown_in_front", lambda m: m.f(["ab" * 50] * 100))
    assert bench.load(fixed).f([]) is None


COPIES = [
    "def f(xs, ys):\n    for x in xs:\n        ys.append(x)\n    return ys\n",
    "def f(xs, ys):\n    ys = []\n    for x in xs: ys.append(x)\n    return ys\n",
    "def f(xs, ys):\n    ys = [0]\n    for x in (xs + xs):\n        ys.append(x)\n    return ys\n",
]
CONTAINERS = st.one_of(
    st.lists(ANYTHING, min_size=1, max_size=30),
    st.lists(st.integers(), min_size=16, max_size=30),
    st.lists(st.integers(), min_size=16, max_size=30).map(tuple),
    st.dictionaries(st.integers(), st.integers(), min_size=16, max_size=20),
    st.text(min_size=16),
)


@pytest.mark.parametrize("source", COPIES)
@given(xs=CONTAINERS, ys=st.sampled_from([[], [1], "ab", None, bytearray()]))
@SETTINGS
def test_a_copy_is_alike_or_refused(bench, source, xs, ys):
    def make():
        return xs, list(ys) if isinstance(ys, list) else ys

    agrees(bench, source, "copy_by_append", make)


@pytest.mark.parametrize("source", COPIES)
def test_a_copy_of_many_elements_is_admitted(bench, source):
    assert agrees(bench, source, "copy_by_append", lambda: (list(range(40)), [])) == "admitted"


def test_an_iterator_may_look_at_what_is_copied_so_it_is_refused(bench):
    def make():
        ys = []
        return (len(ys) for _ in range(40)), ys

    assert agrees(bench, COPIES[0], "copy_by_append", make) == "refused"


def test_the_same_list_on_both_sides_is_refused_or_ends(bench):
    source = "def f(xs, ys):\n    for x in list(xs):\n        ys.append(x)\n    return ys\n"

    def make():
        xs = list(range(20))
        return xs, xs

    assert agrees(bench, source, "copy_by_append", make) == "admitted"


SUMS = [
    "def f(xs):\n    return [sum(xs[:i]) for i in range(len(xs) + 1)]\n",
    "def f(xs):\n    return {i: sum(xs[: i + 1]) for i, x in enumerate(xs) if x}\n",
    """
def f(xs):
    found = []
    for i in range(1, len(xs)):
        if xs[i]:
            found.append((sum(xs[:i]), sum(xs[:i + 1])))
    return found
""",
]


@pytest.mark.parametrize("source", SUMS)
@given(xs=st.one_of(st.lists(ANYTHING, max_size=50), st.lists(st.integers(), min_size=40)))
@example(xs=[True] * 40)
@example(xs=[0.1] * 40)
@example(xs=[Odd(3)] * 40)
@example(xs=[10**30] * 40)
@example(xs="a" * 40)
@SETTINGS
def test_sums_of_beginnings_are_alike_or_refused(bench, source, xs):
    agrees(bench, source, "prefix_sum_in_loop", lambda: (xs,))


@pytest.mark.parametrize("source", SUMS)
def test_sums_of_many_ints_are_admitted(bench, source):
    numbers = [3, 0, -1] * 20
    assert agrees(bench, source, "prefix_sum_in_loop", lambda: (numbers,)) == "admitted"
    assert agrees(bench, source, "prefix_sum_in_loop", lambda: (tuple(numbers),)) == "admitted"


LOOKUPS = [
    """
def f(table, keys):
    found = []
    for key in keys:
        try:
            found.append(0)
        finally:
            pass
        try:
            value = table[key]
        except KeyError:
            value = -1
            found.append(key)
        found.append(value)
    return found
""",
    """
def f(table, keys):
    for key in keys:
        try:
            table[key] += 1
        except (KeyError, LookupError):
            table[key] = 1
    return table
""",
    """
def at(table, key):
    try: return table[key, 1]
    except KeyError: pass

def f(table, keys):
    return [at(table, key) for key in keys]
""",
]
TABLES = [{}, {1: 2, "a": 0, (0, 1): 3}, Backup({1: 2}), [1, 2, 3], None]


@pytest.mark.parametrize("source", LOOKUPS)
@pytest.mark.parametrize("table", TABLES, ids=lambda table: type(table).__name__)
@given(keys=st.lists(ANYTHING, min_size=1, max_size=9))
@SETTINGS
def test_missing_keys_are_found_alike_or_it_is_refused(bench, source, table, keys):
    def make():
        return type(table)(table) if table is not None else None, keys * 60

    agrees(bench, source, "key_missing_by_exception", make)


@pytest.mark.parametrize("source", LOOKUPS)
def test_often_missing_keys_are_admitted(bench, source):
    def make():
        return {1: 2}, [str(i) for i in range(200)]

    assert agrees(bench, source, "key_missing_by_exception", make) == "admitted"


def test_seldom_missing_keys_stay_as_they_are(bench):
    def make():
        return dict.fromkeys(range(200), 1), list(range(220))

    assert agrees(bench, LOOKUPS[0], "key_missing_by_exception", make) == "refused"


OWNED = """
class Report:
    def __init__(self):
        self.text = ""

    def add(self, lines, head):
        for line in lines:
            if line == "b":
                continue
            self.text += head
            for part in (line, head):
                self.text += part
            if line == "stop":
                return 1
        return 0


def f(lines, head="", kind=Report):
    report = kind()
    found = []
    for _ in range(2):
        try:
            found.append(report.add(lines, head))
        except Exception as error:
            found.append(type(error).__name__)
        found.append((report.text, dict(vars(report))))
    return found
"""


@given(lines=st.lists(ANYTHING, min_size=1, max_size=8))
@example(lines=["a"])
@example(lines=[Loud("a"), "a"])
@SETTINGS
def test_a_text_of_an_object_grows_alike_or_is_refused(bench, lines):
    agrees(bench, OWNED, "text_grown_in_attribute", lambda: (lines * 30, "x" * 200))


@pytest.mark.parametrize("end", [[], ["stop", "a"], ["a", 5], [None]])
def test_a_text_is_whole_however_the_loop_ends(bench, end):
    fixed = bench.fix(OWNED, "text_grown_in_attribute", lambda m: m.f(["ab"] * 99, "head " * 20))
    assert fixed is not None
    for lines in (["ab", "b", *end], end, []):
        before, after = bench.load(OWNED), bench.load(fixed)
        assert outcome(before, [lines, "x"]) == outcome(after, [lines, "x"])


def test_tabs_and_windows_line_endings_stay(bench):
    source = OWNED.replace("    ", "\t").replace("\n", "\r\n")
    made = agrees(bench, source, "text_grown_in_attribute", lambda: (["ä"] * 99, "x" * 90))
    assert made == "admitted"


@pytest.mark.parametrize(
    "lines",
    [(str(i) for i in range(200)), type("Own", (), {"__iter__": lambda _: iter("a" * 200)})()],
    ids=["generator", "iterable"],
)
def test_code_that_runs_between_two_parts_could_look_so_it_is_refused(bench, lines):
    assert bench.fix(OWNED, "text_grown_in_attribute", lambda m: m.f(lines, "x" * 90)) is None


def test_an_object_of_a_derived_class_is_refused(bench):
    def run(module):
        module.f(["a"] * 200, "x" * 90, type("Derived", (module.Report,), {}))

    assert bench.fix(OWNED, "text_grown_in_attribute", run) is None


CACHED = """
{head}
CACHE = {{}}


def f(keys, cache=CACHE):
    own = {{}}
    for key in keys:
        try:
            value = {table}[key]
        except KeyError:
            value = key
        own[value] = key
    return own
"""


@pytest.mark.parametrize(
    ("head", "table", "answer"),
    [
        ("", "CACHE", "admitted"),
        ("import threading", "own", "admitted"),
        ("import threading", "CACHE", "refused"),
        ("import threading", "cache", "refused"),
        ("from concurrent.futures import ThreadPoolExecutor", "CACHE", "refused"),
    ],
)
def test_a_thread_may_take_a_key_away_between_two_look_ups(bench, head, table, answer):
    source = CACHED.format(head=head, table=table)
    assert agrees(bench, source, "key_missing_by_exception", lambda: (range(200),)) == answer


def test_a_table_that_is_named_over_two_lines_stays(bench):
    source = CACHED.format(head="", table="(cache\n            .real)")
    assert bench.load(source.replace("            .real", "")).f([1]) == {1: 1}
    assert bench.matches(bench.module(source), find_remedy("key_missing_by_exception")) == []
