"""What single remedies ask: how many values differ, which are trees, what a logger lets by."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.proof.evidence import merge_values
from whet.records import ValueEvidence
from whet_probe._character import MAX_TREE, Character, is_tree, level_of


def seen(*values):
    character = Character()
    for value in values:
        character.see(value, deep=True)
    return character.fields()


@given(st.lists(st.one_of(st.text(), st.integers(), st.none(), st.booleans(), st.binary())))
def test_values_that_differ_are_counted_with_their_types(values):
    different = {(type(value), value) for value in values}
    assert seen(*values)["distinct_values"] == (len(different) or None)


def test_values_of_other_kinds_leave_the_count_unknown():
    assert seen("a", ["b"])["distinct_values"] is None
    assert seen("a", type("Text", (str,), {})("a"))["distinct_values"] is None


PLAIN = st.recursive(
    st.one_of(st.integers(), st.text(), st.none(), st.floats()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
)


@given(st.lists(PLAIN))
def test_fresh_lists_and_dicts_of_scalars_are_a_tree_unless_a_part_is_reached_twice(value):
    assert is_tree(value)[0] is True
    shared = [1]
    assert is_tree([value, shared, {"a": shared}])[0] is False


def test_cycles_subclasses_other_containers_and_objects_are_no_tree():
    circle = []
    circle.append(circle)
    for value in (circle, (1,), {1}, [object()], [type("Mine", (dict,), {})()], [{(1, 2): 3}]):
        assert is_tree(value)[0] is False
    assert is_tree([0] * (MAX_TREE + 1))[0] is None


def test_scalars_alone_say_nothing_about_trees():
    assert seen(1, "a")["plain_tree"] is None
    assert seen(1, [])["plain_tree"] is True
    assert seen([], object())["plain_tree"] is False


@pytest.fixture
def logger():
    logger = logging.Logger("mine")  # noqa: LOG001 -- known to nobody else
    logger.parent = logging.Logger("above", logging.ERROR)  # noqa: LOG001 -- same
    return logger


def test_a_logger_takes_its_level_from_above_and_from_what_is_disabled(logger):
    assert level_of(logger) == logging.ERROR
    logger.setLevel(logging.INFO)
    assert seen(logger, logger.parent)["log_level"] == logging.INFO
    logger.disabled = True
    assert level_of(logger) > logging.CRITICAL
    assert level_of(logging) == max(logging.root.getEffectiveLevel(), logging.root.manager.disable)


def test_loggers_with_a_mind_of_their_own_have_no_known_level(logger):
    logger.isEnabledFor = lambda _level: True
    assert level_of(logger) is None
    assert level_of(type("Mine", (logging.Logger,), {})("x")) is None
    assert seen(logging.root, "text")["log_level"] is None


@given(st.lists(st.lists(st.one_of(st.booleans(), st.integers(0, 1), st.just("")))))
def test_how_far_any_and_all_would_look_is_counted_over_all_lists(lists):
    looked = {True: 0, False: 0}
    for each in lists:
        for wanted in looked:
            hits = [place for place, item in enumerate(each, 1) if bool(item) is wanted]
            looked[wanted] += min(hits, default=len(each))
    whole = sum(map(len, lists))
    shares = [looked[wanted] / whole if whole else None for wanted in (True, False)]
    fields = seen(*lists)
    assert [fields["any_share"], fields["all_share"]] == shares


def test_the_truth_of_objects_with_code_of_their_own_is_not_asked():
    class Moody:
        def __bool__(self):
            raise ValueError

    assert seen([True], [False, Moody()])["any_share"] is None


@pytest.mark.parametrize(
    ("field", "one", "other", "both"),
    [
        ("any_share", 0.25, 0.5, 0.5),
        ("all_share", 0.25, None, None),
        ("distinct_values", 3, 4, 7),
        ("distinct_values", 3, None, None),
        ("plain_tree", True, False, False),
        ("plain_tree", True, None, None),
        ("log_level", 30, 10, 10),
        ("log_level", 30, None, None),
    ],
)
def test_what_two_processes_saw_is_joined_carefully(field, one, other, both):
    seen_by = [
        ValueEvidence(site="s", observations=1, described=1, types={}, **{field: value})
        for value in (one, other)
    ]
    assert getattr(merge_values(*seen_by), field) == both
