"""Properties that are read again: kept where nothing can change, else refused."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from whet.remedies import find_remedy

NAME = "property_worked_out_again"
SETTINGS = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
FROZEN = """
from dataclasses import dataclass


@dataclass(frozen=True)
class Thing:
    held: object

    @property
    def shown(self):
        return {body}
"""
BODIES = [
    "(str(self.held), 1)",
    "str(self.held) * 2",
    "tuple([self.held])",
    "len(self.held)",
    "list([self.held])",
]
HELD = st.one_of(
    st.integers(),
    st.floats(),
    st.text(max_size=3),
    st.lists(st.integers(), max_size=2),
    st.tuples(st.lists(st.integers(), max_size=1)),
    st.tuples(st.integers(), st.booleans()),
    st.dictionaries(st.integers(), st.integers(), max_size=1),
    st.none(),
)


def read_often(module, held):
    """What each read gives; what can be changed is changed in between."""
    thing = module.Thing(held)
    found = []
    for i in range(60):
        try:
            result = thing.shown
        except Exception as error:  # noqa: BLE001 -- compared, whatever it is
            result = repr(error)
        found.append((type(result).__name__, repr(result)))
        for part in (held, *(held if isinstance(held, tuple) else ()), result):
            if isinstance(part, list):
                part.append(i)
            elif isinstance(part, dict):
                part[i] = i
    return found, repr(thing), thing == module.Thing(held)


def copied(held):
    return eval(repr(held), {"nan": float("nan"), "inf": float("inf")})


@pytest.mark.parametrize("body", BODIES)
@given(held=HELD)
@SETTINGS
def test_reads_are_alike_or_it_is_refused(bench, body, held):
    source = FROZEN.format(body=body)
    fixed = bench.fix(source, NAME, lambda module: read_often(module, copied(held)))
    if fixed is not None:
        before, after = bench.load(source), bench.load(fixed)
        assert read_often(before, copied(held)) == read_often(after, copied(held)), fixed


@pytest.mark.parametrize("body", BODIES[:4])
def test_immutable_attributes_are_admitted(bench, body):
    fixed = bench.fix(FROZEN.format(body=body), NAME, lambda module: read_often(module, (1, "a")))
    assert fixed is not None
    assert "@cached_property" in fixed


def test_a_class_that_is_not_frozen_needs_consent(bench):
    source = FROZEN.format(body=BODIES[0])
    for text, safety in ((source, "gated"), (source.replace("(frozen=True)", ""), "consent")):
        (match,) = bench.matches(bench.module(text), find_remedy(NAME))
        assert match.safety == safety


def test_a_result_that_changes_is_refused(bench):
    source = FROZEN.format(body=BODIES[0]).replace("(frozen=True)", "")

    def run(module):
        thing = module.Thing(1)
        for i in range(90):
            thing.held = i // 10
            assert thing.shown == (str(i // 10), 1)

    assert bench.fix(source, NAME, run) is None


def test_objects_that_are_read_once_are_refused(bench):
    source = FROZEN.format(body=BODIES[0])
    kept = []

    def run(module):
        for i in range(90):
            kept.append(module.Thing(i))
            assert kept[-1].shown == (str(i), 1)

    assert bench.fix(source, NAME, run) is None


def test_a_property_that_has_two_names_is_refused(bench):
    source = FROZEN.format(body=BODIES[0]) + "    other = shown\n"
    assert bench.load(source).Thing(1).other == ("1", 1)
    assert bench.fix(source, NAME, lambda module: read_often(module, 1)) is None


@pytest.mark.parametrize(
    ("outside", "safety"),
    [(set(), "gated"), ({"LIMIT"}, "consent"), ({"vars"}, "consent"), ({"__dict__"}, "consent")],
)
def test_what_other_files_could_replace_or_look_at_needs_consent(bench, outside, safety):
    source = "LIMIT = 2\n" + FROZEN.format(body="str(self.held)[:LIMIT]")
    module = bench.module(source, outside=frozenset(outside))
    (match,) = bench.matches(module, find_remedy(NAME))
    assert match.safety == safety
