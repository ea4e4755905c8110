"""Inputs of other sizes, made from recorded ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet_probe._scaled import NoSize, parts_of, resized, scaler, size_of

SCALARS = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text())
LISTS = st.lists(SCALARS, min_size=1, max_size=20)


@given(LISTS, st.integers(1, 200))
def test_a_list_keeps_its_beginning_and_gets_the_asked_size(items, size):
    made = resized(items, size)
    assert len(made) == size
    assert made[: len(items)] == items[:size]
    assert {type(item) for item in made} <= {type(item) for item in items}


@given(st.lists(st.integers(-99, 99), min_size=1, unique=True), st.integers(1, 300))
def test_different_numbers_stay_different(items, size):
    assert len(set(resized(items, size))) == size


@given(st.sets(st.integers(), min_size=1, max_size=20), st.integers(1, 100))
def test_a_set_of_numbers_is_as_large_as_asked(items, size):
    assert len(resized(items, size)) == size


@pytest.mark.parametrize("value", ["abc", b"abc", bytearray(b"abc"), range(5, 50, 5), (1, "a"),
                                   {"a": 1, "b": [2]}, frozenset("xyz")])  # fmt: skip
def test_every_container_keeps_its_type(value):
    for size in (1, 2, 7, 40):
        made = resized(value, size)
        assert type(made) is type(value)
        assert len(made) == size


def test_a_set_of_what_cannot_be_made_different_is_refused():
    with pytest.raises(NoSize, match="NoneType"):
        resized({None}, 5)


def test_arguments_of_the_largest_size_are_scaled_together():
    make = scaler(([1, 2, 3], ["a", "b", "c"], [9], 7), {"flag": True, "more": (4, 5, 6)})
    args, keywords = make(5)
    assert [len(each) for each in args[:3]] == [5, 5, 1]
    assert args[3] == 7
    assert keywords == {"flag": True, "more": (4, 5, 6, 7, 8)}


def test_without_a_container_the_largest_number_is_the_size():
    make = scaler((3, "", True, 12), {})
    assert make(40) == ((3, "", True, 40), {})


@pytest.mark.parametrize("args", [(), (None, 0.5), ([], ""), (True,)])
def test_what_has_no_size_is_refused(args):
    assert size_of(args, {}) == 0
    with pytest.raises(NoSize):
        scaler(args, {})


NINE = {n: str(n) for n in range(9)}


@pytest.mark.parametrize("data", [list(range(50)), tuple("abcdefgh"), "some text", b"bytes",
                                  NINE, set(range(30)), range(20)])  # fmt: skip
def test_parts_lie_in_the_data_and_vary(data):
    part = parts_of(data)
    size = len(data) // 2
    made = [part(size) for _ in range(5)]
    assert all(type(each) is type(data) and len(each) == size for each in made)
    assert all(item in data for each in made for item in each)
    assert any(each != made[0] for each in made)
    assert part(len(data)) == data


def test_what_has_no_parts_says_so():
    assert parts_of(7) is None
    assert parts_of(iter([1])) is None
