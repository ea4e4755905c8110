"""Fingerprints tell values apart by exact type and structure, and run no code of the user's."""

from __future__ import annotations

import datetime as dt
import functools
import threading
import weakref
from collections import Counter, OrderedDict, defaultdict, deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet_probe._texts import text_of
from whet_probe._values import fingerprint

NUMBERS = st.none() | st.booleans() | st.integers() | st.floats()
ATOMS = NUMBERS | st.text(max_size=5) | st.binary(max_size=5)
VALUES = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=3), inner, max_size=4)
        | st.frozensets(ATOMS, max_size=4)
    ),
    max_leaves=12,
)


def digest(value):
    return fingerprint(value).digest


def exact(value):
    """A text that is equal for equal values of equal types."""
    if isinstance(value, frozenset):
        return "frozenset" + str(sorted(exact(item) for item in value))
    if isinstance(value, list | tuple):
        return type(value).__name__ + str([exact(item) for item in value])
    if isinstance(value, dict):
        return "dict" + str([(key, exact(item)) for key, item in value.items()])
    return type(value).__name__ + repr(value)


@given(VALUES, VALUES)
def test_fingerprints_agree_exactly_where_values_do(one, other):
    assert (digest(one) == digest(other)) == (exact(one) == exact(other))


@given(VALUES)
def test_a_copy_has_the_same_fingerprint_and_a_short_text(value):
    import copy

    assert digest(copy.deepcopy([value])) == digest([value])
    assert len(text_of(value)) <= 300


def test_numbers_of_any_size_are_told_apart():
    assert digest(10**5000) != digest(10**5000 + 1)
    assert text_of(10**5000).endswith("…")


class Plain:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class Slots:
    __slots__ = ("a", "b")


class Hostile:
    def _no(self, *_):
        raise SystemExit

    __getattr__ = __eq__ = __hash__ = __repr__ = __len__ = __iter__ = __bool__ = _no
    __class__ = property(_no)
    __dict__ = property(_no)


class HostileDict(dict):
    def _no(self, *_):
        raise SystemExit

    items = keys = values = __iter__ = __len__ = __getitem__ = __repr__ = _no


class Text(str):
    __slots__ = ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, 1.0),
        (0.0, -0.0),
        ("a", b"a"),
        ("a", Text("a")),
        ([1], (1,)),
        ({1: 2, 3: 4}, {3: 4, 1: 2}),
        (OrderedDict(a=1), {"a": 1}),
        (Counter("a"), {"a": 1}),
        (deque([1], 3), deque([1], 4)),
        (defaultdict(int), defaultdict(list)),
        (Plain(a=1), Plain(a=2)),
        (Plain(a=1), Plain(b=1)),
        (ValueError("a"), ValueError("b")),
        (ValueError("a"), KeyError("a")),
        (dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 1, fold=1)),  # noqa: DTZ001
        (int, bool),
        ("\ud800", "\ud801"),
    ],
)
def test_values_that_differ_have_different_fingerprints(one, other):
    assert digest(one) != digest(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({1, 2, "a"}, {"a", 2, 1}),
        (float("nan"), float("nan")),
        (Plain(a=1, b=2), Plain(b=2, a=1)),
        (iter([1]), iter([2])),
        (threading.Lock(), threading.Lock()),
        (HostileDict(a=1), HostileDict(a=1)),
        (Hostile(), Hostile()),
    ],
    ids=["set", "nan", "attributes", "iterators", "locks", "hostile dicts", "hostile objects"],
)
def test_values_that_cannot_be_told_apart_have_one_fingerprint(one, other):
    assert digest(one) == digest(other)


def test_sharing_and_cycles_are_seen():
    inner = [1]
    assert digest([inner, inner]) != digest([[1], [1]])
    cycle: list = []
    cycle.append(cycle)
    other: list = []
    other.append(other)
    assert digest(cycle) == digest(other) != digest([[]])


def test_slots_and_attributes_tell_an_object():
    one, other = Slots(), Slots()
    one.a = other.a = 1
    assert digest(one) == digest(other)
    other.b = 2
    assert digest(one) != digest(other)
    assert text_of(other) == f"{__name__}.Slots(a=1, b=2)"


def test_an_object_is_the_same_with_slots_and_with_a_dictionary():
    def point(slots):
        kind = type("Point", (), {"__module__": "app", **slots})
        made = kind()
        made._Point__x, made.b, made.a = 1, [2], 3
        return made

    slotted = point({"__slots__": ("a", "_Point__x", "b")})
    assert digest(slotted) == digest(point({}))
    assert text_of(slotted) == text_of(point({}))
    slotted.b.append(1)
    assert digest(slotted) != digest(point({}))


def test_what_cannot_be_read_is_counted_and_not_consumed():
    numbers = iter([1, 2])
    handed_out = (number for number in [3])
    found = fingerprint([numbers, handed_out])
    assert (found.opaque, found.plain) == (2, False)
    assert (next(numbers), next(handed_out)) == (1, 3)
    assert text_of(handed_out) == "<generator>"


def test_nothing_is_kept_alive():
    value = Plain(a=[1])
    gone = weakref.ref(value)
    digest(value)
    text_of(value)
    del value
    assert gone() is None


def test_large_values_are_cut_and_say_so():
    assert fingerprint(list(range(50_000))).truncated
    assert fingerprint("a" * 3_000_000).truncated
    assert not fingerprint(list(range(1_000))).truncated
    nested: list = []
    for _ in range(5_000):
        nested = [nested]
    assert not fingerprint(nested).truncated
    assert text_of(nested) == "[[[[…]]]]"


def test_the_root_is_replaced_in_strings():
    one = fingerprint(["/tmp/a/x", b"/tmp/a/y"], "/tmp/a")
    other = fingerprint(["/tmp/b/x", b"/tmp/b/y"], "/tmp/b")
    assert one.digest == other.digest
    assert text_of("/tmp/a/x", "/tmp/a") == "'<root>/x'"


def test_floats_are_set_aside_when_a_tolerance_will_compare_them():
    one = fingerprint([0.1, {"a": 0.2}], tolerant=True)
    other = fingerprint([0.3, {"a": 0.4}], tolerant=True)
    assert one.digest == other.digest
    assert (one.floats, other.floats) == ([0.1, 0.2], [0.3, 0.4])


def test_the_order_of_a_set_is_told_apart_from_its_elements():
    one, other = {0, 8}, {8, 0}
    assert list(one) != list(other)
    assert digest(one) == digest(other)
    assert fingerprint(one).order != fingerprint(other).order


def named():
    """A function that is its own each time and has one name."""

    def width(text):
        return len(text)

    return width


def memo(function, **settings):
    kept = functools.lru_cache(**settings)(named() if function is None else function)
    kept("a")
    return kept


def marked(function, **attributes):
    for name, value in attributes.items():
        setattr(function, name, value)
    return function


@pytest.mark.parametrize("settings", [{"maxsize": 8, "typed": True}, {"maxsize": None}])
def test_a_memo_counts_as_the_function_whose_results_it_keeps(settings):
    plain, kept = {"filters": [named()]}, {"filters": [memo(None, **settings)]}
    one, other = fingerprint(plain), fingerprint(kept)
    assert one.digest == other.digest
    assert (one.nodes, one.opaque) == (other.nodes, other.opaque)
    assert (
        text_of(plain)
        == text_of(kept)
        == f"{{'filters': [<function {__name__}.named.<locals>.width>]}}"
    )


def test_a_memo_reached_through_a_bound_method_counts_as_the_function():
    class Page:
        def plain(self, text):
            return text

    page = Page()
    before = digest([page.plain, functools.partial(Page.plain, page)])
    Page.plain = functools.lru_cache(Page.plain)
    assert digest([page.plain, functools.partial(Page.plain, page)]) == before


def test_a_partial_call_is_told_without_addresses_of_the_interpreter():
    text = text_of(functools.partial(len, [1]))
    called = "<builtin_function_or_method builtins.len>"
    assert text == f"functools.partial(args=([1],), func={called}, keywords={{}})"


def test_attributes_of_a_function_are_seen_through_its_memo():
    before, after = memo(marked(named(), takes="context")), marked(memo(None), takes="context")
    assert digest(before) == digest(after) == digest(marked(named(), takes="context"))
    assert text_of(after).endswith("width takes='context'>")


def test_a_function_with_itself_as_an_attribute_is_read_to_the_end():
    function = named()
    function.itself = function
    assert not fingerprint(function).truncated


def other_inside():
    """A memo that calls another function than it names."""
    return functools.update_wrapper(functools.lru_cache()(lambda text: text), named())


def renamed(name, value):
    kept = memo(None)
    setattr(kept, name, value)
    return kept


@pytest.mark.parametrize(
    "other",
    [
        lambda: memo(len),
        lambda: memo(digest),
        lambda: memo(lambda text: text),
        lambda: marked(memo(None), takes="context"),
        lambda: memo(marked(named(), takes="context")),
        lambda: marked(named(), takes="context"),
        other_inside,
        lambda: renamed("__wrapped__", None),
        lambda: renamed("__qualname__", "height"),
        lambda: renamed("__module__", "elsewhere"),
        lambda: functools.partial(named()),
    ],
    ids=[
        "builtin", "function", "lambda", "marked memo", "memo of marked", "marked", "other inside",
        "unnamed", "other name", "other module", "partial",
    ],
)  # fmt: skip
def test_a_memo_of_something_else_is_told_apart(other):
    assert len({digest(named()), digest(memo(None)), digest(other())}) == 2


def test_attributes_of_functions_that_differ_are_told_apart():
    assert digest(marked(named(), calls=[1])) != digest(marked(named(), calls=[2]))
    assert digest(marked(memo(None), calls=[1])) != digest(marked(memo(None), calls=[2]))
