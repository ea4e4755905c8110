"""With hostile inputs a change of behavior is refused: fixed code does what the original did."""

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


class Angry:
    """Cannot be compared or hashed."""

    def __eq__(self, other):
        raise ValueError("do not touch")

    __hash__ = None

    def __repr__(self):
        return "Angry()"


class Word(str):
    """A subclass whose equality ignores case, unlike its hash."""

    __slots__ = ()

    def __eq__(self, other):
        return self.lower() == str(other).lower()

    __hash__ = str.__hash__


HOSTILE = st.one_of(
    st.integers(-3, 12),
    st.booleans(),
    st.sampled_from([0.0, -0.0, 1.0, NAN, float("inf")]),
    st.sampled_from(["a", "b", "ab", "", "A"]),
    st.builds(Odd, st.integers(0, 3)),
    st.builds(Word, st.sampled_from(["a", "A", "b"])),
    st.just(None),
    st.tuples(st.integers(0, 2)),
    st.lists(st.integers(0, 1), max_size=1),
    st.builds(Angry),
    st.binary(max_size=1),
)
TAME = st.one_of(st.lists(st.integers(0, 60), min_size=40, max_size=80))
LISTS = st.one_of(st.lists(HOSTILE, max_size=60), TAME, st.lists(st.just(NAN), max_size=3))
SETTINGS = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def shown(value):
    """A value with its exact types, as far as anybody can see it."""
    if isinstance(value, list | tuple):
        return type(value).__name__, [shown(item) for item in value]
    return type(value).__name__, repr(value)


def outcome(module, function, arguments):
    """Result or exception, and what the arguments became."""
    try:
        result = shown(getattr(module, function)(*arguments))
    except Exception as error:  # noqa: BLE001 -- compared, whatever it is
        result = type(error).__name__, str(error)
    return result, [shown(argument) for argument in arguments]


def agrees(bench, source, remedy, function, arguments):
    """Whether the remedy was refused, or changed nothing that can be seen."""
    fixed = bench.fix(
        source, remedy, lambda module: getattr(module, function)(*copy.deepcopy(arguments))
    )
    if fixed is None:
        return "refused"
    before = outcome(bench.load(source), function, copy.deepcopy(arguments))
    after = outcome(bench.load(fixed), function, copy.deepcopy(arguments))
    assert before == after, fixed
    return "admitted"


MEMBERSHIP = [
    """
def f(names):
    seen = []
    for name in names:
        if name not in seen:
            seen.append(name)
    return seen
""",
    """
def f(names):
    known = list(names)
    return [name in known for name in names for _ in range(9)]
""",
    """
def f(names):
    found = []
    for name in list(names):
        if name in names:
            found.append(name)
    return found
""",
    """
def f(names):
    return [name in ["a", "b", "c", "d", "e", "f", "g", 1, 2, None] for name in names]
""",
]


@pytest.mark.parametrize("source", MEMBERSHIP)
@given(names=LISTS)
@example(names=[NAN, NAN] * 30)
@example(names=[1, 1.0, True] * 30)
@example(names=[Odd(1), 2] * 30)
@example(names=[[1]] * 30)
@SETTINGS
def test_membership_answers_alike_or_is_refused(bench, source, names):
    agrees(bench, source, "membership_in_list", "f", [names])


@pytest.mark.parametrize("source", MEMBERSHIP)
def test_membership_of_tame_elements_is_admitted(bench, source):
    names = [i * 7 % 61 for i in range(200)]
    assert agrees(bench, source, "membership_in_list", "f", [names]) == "admitted"


@pytest.mark.parametrize(
    "make", [lambda: iter(range(9)), lambda: {1: 2}, lambda: "ab", lambda: range(50)]
)
def test_membership_in_what_is_no_list_is_refused(bench, make):
    source = "def f(xs):\n    found = 0\n    for i in range(40):\n        found += i in xs\n"
    fixed = bench.fix(source, "membership_in_list", lambda module: module.f(make()))
    assert fixed is None


QUEUES = [
    """
def f(items):
    out = []
    queue = list(items)
    while queue:
        out.append(queue.pop(0))
        if len(queue) > 90 and out[-1] is not None:
            queue.append(None)
    return out
""",
    """
def f(items):
    path = []
    for item in items:
        path.insert(0, item)
    return path
""",
    """
def f(items):
    queue = [item for item in items]
    while queue:
        first = queue[0]
        if first is None:
            return queue
        queue.pop(0)
    return queue
""",
]


@pytest.mark.parametrize("source", QUEUES)
@given(items=LISTS)
@SETTINGS
def test_a_queue_works_alike_or_is_refused(bench, source, items):
    agrees(bench, source, "queue_in_list", "f", [items + items])


@pytest.mark.parametrize("source", QUEUES)
def test_a_long_queue_is_admitted(bench, source):
    assert agrees(bench, source, "queue_in_list", "f", [list(range(100))]) == "admitted"


def test_an_iterator_that_raises_leaves_the_same_error(bench):
    source = QUEUES[1]

    def broken():
        yield from range(99)
        raise KeyError("in the middle")

    fixed = bench.fix(source, "queue_in_list", lambda module: module.f(broken()))
    before = outcome(bench.load(source), "f", [broken()])[0]
    after = outcome(bench.load(fixed), "f", [broken()])[0]
    assert before == after == ("KeyError", "'in the middle'")


SORTS = [
    "def f(xs):\n    return sorted(xs)[0]\n",
    "def f(xs):\n    return sorted(xs)[-1]\n",
    "def f(xs):\n    return sorted(xs, reverse=True)[0]\n",
    "def f(xs):\n    return sorted(xs, reverse=True)[:3]\n",
    "def f(xs):\n    return sorted((x for x in xs), reverse=True)[-1]\n",
    "def f(xs):\n    return sorted(xs, key=lambda x: (-x, 1))[:2]\n",
    "def f(xs):\n    return sorted(xs, key=lambda x: x % 2, reverse=True)[:4]\n",
]
NUMBERS = st.lists(
    st.one_of(st.integers(-5, 5), st.booleans(), st.sampled_from([0.0, -0.0, 1.0, NAN, 2.5])),
    min_size=33,
    max_size=60,
)


@pytest.mark.parametrize("source", SORTS)
@given(xs=st.one_of(LISTS, NUMBERS))
@example(xs=[1, True, 1.0] * 20)
@example(xs=[0.0, -0.0] * 20)
@example(xs=[NAN, 1.0, 0.5] * 20)
@example(xs=[])
@SETTINGS
def test_the_few_smallest_are_alike_or_refused(bench, source, xs):
    agrees(bench, source, "sorted_for_few", "f", [xs])


@pytest.mark.parametrize("source", SORTS)
def test_a_sort_of_many_numbers_is_admitted_and_an_empty_one_raises_alike(bench, source):
    numbers = [i * 37 % 101 for i in range(100)]
    assert agrees(bench, source, "sorted_for_few", "f", [numbers]) == "admitted"
    fixed = bench.fix(source, "sorted_for_few", lambda module: module.f(list(numbers)))
    assert outcome(bench.load(source), "f", [[]]) == outcome(bench.load(fixed), "f", [[]])


@pytest.mark.parametrize("limits", [[0, 3], [-1], [None], [True]])
def test_a_limit_that_could_mean_something_else_is_refused(bench, limits):
    source = "def f(xs, n):\n    return sorted(xs)[:n]\n"

    def run(module):
        for limit in limits:
            module.f(list(range(90)), limit)

    assert bench.fix(source, "sorted_for_few", run) is None


PURE = [
    "def f(x):\n    return str(x) * 2\n",
    "def f(x):\n    return x == 1, x\n",
    "def f(x, y=2):\n    return (x, y)\n",
    "def f(x):\n    parts = [1]\n    parts.append(2)\n    return parts\n",
    "def f(x):\n    if not x:\n        raise ValueError(x)\n    return -1\n",
]


@pytest.mark.parametrize("source", PURE)
@given(xs=st.lists(HOSTILE, min_size=1, max_size=6))
@example(xs=[1, True, 1.0])
@example(xs=[0.0, -0.0])
@example(xs=[Word("a"), Word("A"), "a"])
@example(xs=["a"])
@example(xs=[1, True])
@SETTINGS
def test_a_memo_answers_alike_or_is_refused(bench, source, xs):
    calls = xs * 30

    def run(module):
        return [outcome(module, "f", [x]) for x in calls]

    fixed = bench.fix(source, "repeated_pure_call", run)
    if fixed is not None:
        assert run(bench.load(source)) == run(bench.load(fixed))


def test_a_memo_for_few_kinds_of_plain_arguments_is_admitted(bench):
    for source in PURE[:3]:
        fixed = bench.fix(source, "repeated_pure_call", lambda m: [m.f(i % 4) for i in range(99)])
        assert fixed is not None
        assert "lru_cache(maxsize=4096, typed=True)" in fixed


def test_a_memo_that_would_be_imported_too_late_is_refused(bench):
    source = PURE[0] + "\n\nfrom functools import lru_cache\nCACHE = lru_cache\n"
    fixed = bench.fix(source, "repeated_pure_call", lambda m: [m.f(i % 4) for i in range(99)])
    assert fixed is None


def test_results_that_can_be_changed_are_not_remembered(bench):
    fixed = bench.fix(PURE[3], "repeated_pure_call", lambda m: [m.f(1) for _ in range(99)])
    assert fixed is None


def test_few_hits_are_refused(bench):
    fixed = bench.fix(PURE[0], "repeated_pure_call", lambda m: [m.f(i) for i in range(99)])
    assert fixed is None


PATTERNS = st.text(alphabet=r"ab\d[]()+*?|^$.{}1,-", max_size=8)


@given(pattern=PATTERNS, text=st.one_of(st.text(alphabet="ab1-", max_size=6), HOSTILE))
@SETTINGS
def test_a_pattern_finds_alike_or_is_refused(bench, pattern, text):
    source = f"import re\n\n\ndef f(text):\n    return re.findall({pattern!r}, text)\n"
    agrees(bench, source, "pattern_in_function", "f", [text])


@pytest.mark.parametrize(
    ("outside", "safety"),
    [(frozenset(), "safe"), (frozenset({"P"}), "gated"), (frozenset({"*"}), "gated"),
     (None, "gated")],
)  # fmt: skip
def test_a_named_pattern_that_other_files_could_replace_is_not_safe_by_construction(
    bench, outside, safety
):
    source = "import re\nP = 'a+'\ndef f(text):\n    return re.match(P, text)\n"
    module = bench.module(source, outside=outside)
    (match,) = bench.matches(module, find_remedy("pattern_in_function"))
    assert match.safety == safety


def test_a_pattern_that_does_not_compile_still_raises_in_the_function(bench):
    source = "import re\n\n\ndef f(text):\n    return re.findall('(', text)\n"
    assert agrees(bench, source, "pattern_in_function", "f", ["a"]) == "refused"


def test_patterns_of_methods_of_one_name_go_together(bench):
    source = "import re\n" + "".join(
        f"class {kind}:\n    def m(self, text):\n        return re.findall('{kind}+', text)\n"
        for kind in "ABC"
    )

    def run(module):
        return [getattr(module, kind)().m("AABBC") for kind in "ABC"]

    fixed = bench.fix(source, "pattern_in_function", run)
    assert fixed.count("re.compile") == 3
    assert run(bench.load(fixed)) == [["AA"], ["BB"], ["C"]]


@pytest.mark.parametrize(
    "source",
    [
        "def f(text):\n    return re.findall('a+', text)\nimport re\n",
        "import re\ndef f(text):\n    return re.findall(\n        'a+',  # why\n        text)\n",
    ],
)
def test_a_pattern_stays_where_its_import_comes_later_or_a_comment_would_be_lost(bench, source):
    assert bench.fix(source, "pattern_in_function", lambda m: m.f("aab")) is None


def test_an_import_that_the_run_needs_stays(bench):
    from whet.remedies import find_remedy

    source = "import colorsys\n\n\ndef f(x):\n    return colorsys.ONE_THIRD\n"
    remedy = find_remedy("heavy_import_unused")
    module = bench.module(source)
    matches = bench.matches(module, remedy, {"colorsys": 0.5})
    evidence = bench.observe(module, matches, lambda m: m.f(1))
    assert remedy.admit(matches[0], evidence).reason == "f uses it and was called"
    assert bench.matches(bench.module(source, outside=None), remedy, {"colorsys": 0.5}) == []
    used = bench.module(source, outside=frozenset({"colorsys"}))
    assert bench.matches(used, remedy, {"colorsys": 0.5}) == []


@pytest.mark.parametrize(
    ("name", "reason"), [("requests", "may have effects"), ("readline", "effects of its own")]
)
def test_an_import_that_may_register_something_is_refused_with_the_reason(bench, name, reason):
    from whet.records import Evidence
    from whet.remedies import find_remedy

    remedy = find_remedy("heavy_import_unused")
    module = bench.module(f"import {name}\n\n\ndef f(x):\n    return {name}.x\n")
    (match,) = bench.matches(module, remedy, {name: 0.5})
    assert reason in remedy.admit(match, Evidence()).reason
