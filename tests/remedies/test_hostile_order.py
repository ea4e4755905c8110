"""Lists kept in order and smallest elements: fixed code does what the original did."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

NAN = float("nan")


class Odd(int):
    """Smaller than everything."""

    def __lt__(self, other):
        return True

    def __eq__(self, other):
        return self is other

    __hash__ = int.__hash__


ANYTHING = st.one_of(
    st.integers(-3, 3),
    st.booleans(),
    st.sampled_from([0.0, -0.0, 1.0, NAN]),
    st.sampled_from(["a", "b"]),
    st.builds(Odd, st.integers(0, 3)),
    st.tuples(st.integers(0, 2), st.sampled_from(["a", "b"])),
    st.tuples(st.sampled_from([0, 0.0, False, -0.0])),
    st.frozensets(st.integers(0, 2)),
    st.none(),
)
KINDS = st.one_of(
    st.lists(ANYTHING, min_size=1, max_size=50),
    st.lists(st.integers(-9, 9), min_size=40, max_size=50),
    st.lists(st.sampled_from([0.0, -0.0, 1.5]), min_size=40, max_size=50),
    st.lists(st.booleans() | st.integers(0, 1), min_size=40, max_size=50),
    st.lists(st.tuples(st.integers(0, 2), st.text("ab", max_size=1)), min_size=40, max_size=50),
    st.lists(st.tuples(st.sampled_from([1, True, 1.0])), min_size=40, max_size=50),
)
SETTINGS = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def outcome(module, items):
    try:
        return repr(module.f(list(items)))
    except Exception as error:  # noqa: BLE001 -- compared, whatever it is
        return type(error).__name__, str(error)


def agrees(bench, source, remedy, items):
    """Whether the remedy was refused, or changed nothing that can be seen."""
    fixed = bench.fix(source, remedy, lambda module: module.f(list(items)))
    if fixed is None:
        return "refused"
    assert fixed != source
    assert outcome(bench.load(source), items) == outcome(bench.load(fixed), items), fixed
    return "admitted"


SORTS = [
    """
def f(items):
    kept = []
    seen = []
    for item in items:
        kept.append(item)
        kept.sort()
        seen.append(kept[0])
        if len(kept) > 45:
            kept.pop()
    return seen, [x for x in kept]
""",
    """
def f(items):
    kept = sorted(items)
    for item in items:
        for again in (item, kept[0]):
            kept.append(again)
            kept.sort()
    return kept
""",
]


@pytest.mark.parametrize("source", SORTS)
@given(items=KINDS)
@example(items=[NAN, 1.0, 0.5] * 20)
@example(items=[frozenset({i % 3}) for i in range(60)])
@SETTINGS
def test_a_list_kept_in_order_is_alike_or_it_is_refused(bench, source, items):
    agrees(bench, source, "sort_in_loop", items)


@pytest.mark.parametrize("source", SORTS)
@pytest.mark.parametrize("make", [int, float, str, lambda i: (i, str(i))])
def test_a_long_list_of_ordered_elements_is_admitted(bench, source, make):
    items = [make(i * 37 % 101) for i in range(90)]
    assert agrees(bench, source, "sort_in_loop", items) == "admitted"
    windows = source.replace("\n", "\r\n").replace("    ", "\t")
    assert agrees(bench, windows, "sort_in_loop", items) == "admitted"


SMALLEST = [
    """
def f(items):
    left = list(items)
    taken = []
    while left:
        first = min(left)
        left.remove(first)
        taken.append(first)
        if len(taken) % 3 == 1:
            left.append(first)
        if len(taken) > 120:
            break
    return taken
""",
    """
def f(items):
    count = 0
    left = [item for item in items]
    while len(left) >= 1:
        left.remove(min(left))
        count += 1
        if not left:
            count = -count
    return count
""",
]


@pytest.mark.parametrize("source", SMALLEST)
@given(items=KINDS)
@example(items=[1, True] * 30)
@example(items=[(0.0,), (-0.0,)] * 30)
@SETTINGS
def test_the_smallest_elements_come_alike_or_it_is_refused(bench, source, items):
    agrees(bench, source, "smallest_by_min_and_remove", items)


@pytest.mark.parametrize("source", SMALLEST)
@pytest.mark.parametrize("make", [int, str, lambda i: (i + 0.5, (i, str(i)))])
def test_many_elements_whose_equals_are_alike_are_admitted(bench, source, make):
    items = [make(i * 37 % 71) for i in range(90)]
    assert agrees(bench, source, "smallest_by_min_and_remove", items) == "admitted"


@pytest.mark.parametrize(
    "items", [[1, True] * 30, [1.0, 1] * 30, [(0, 0.0), (0, -0.0)] * 30], ids=repr
)
def test_equals_that_differ_are_refused(bench, items):
    assert agrees(bench, SMALLEST[0], "smallest_by_min_and_remove", items) == "refused"


def test_recursion_is_remembered_by_the_remedy_for_repeated_calls(bench):
    source = "def f(n):\n    return n if n < 2 else f(n - 1) + f(n - 2)\n"
    fixed = bench.fix(source, "repeated_pure_call", lambda module: module.f(12))
    assert fixed is not None
    assert bench.load(fixed).f(12) == bench.load(source).f(12) == 144
